"""Cut a channel's speech into windows for the recogniser and map times back.

A window holds many short stretches of one channel's speech, so that the recogniser has context, with
the long silences between them cut to a short, truly silent one, so that it is not asked to hear
anything there. Single turns make more errors (no context), whole channels cost more (silence).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.segment import Segment, Track, bridge
from asr_qa.pipeline.ports import Samples, SpokenChannel

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How speech is put into windows; seconds."""

    window: float = 15.0
    """Longest window; the recogniser's own limit is 30."""
    piece_bridge: float = 0.5
    """Speech with pauses shorter than this stays one piece, and becomes one utterance."""
    margin: float = 0.15
    """Audio kept before and after each piece."""
    pause: float = 0.4
    """Longest pause left between two pieces of a window."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A piece of speech and where its audio lies in the window."""

    piece: Segment
    """On the recording clock."""
    audio: Segment
    """The audio taken for it (piece and margins), on the recording clock."""
    at: float
    """Second of the window at which that audio begins."""

    @property
    def end(self) -> float:
        """Second of the window at which its audio ends."""
        return self.at + self.audio.duration

    def distance(self, time: float) -> float:
        """Seconds between a moment of the window and this piece's audio; 0 inside."""
        return max(self.at - time, time - self.end, 0.0)

    def to_recording(self, time: float) -> float:
        """The moment of the recording for one of the window, kept inside the piece."""
        return min(max(self.audio.start + time - self.at, self.piece.start), self.piece.end)


@dataclass(frozen=True, slots=True)
class Window:
    """What is decoded at once."""

    channel: SpokenChannel
    placed: tuple[Placed, ...]

    @property
    def start(self) -> float:
        """Where its speech begins, on the recording clock."""
        return self.placed[0].piece.start

    @property
    def duration(self) -> float:
        """Seconds."""
        return self.placed[-1].end

    @property
    def speech(self) -> float:
        """Seconds of speech in it."""
        return sum(placed.piece.duration for placed in self.placed)

    def render(self) -> Audio:
        """The window's audio, shape (samples,), -1 to 1."""
        rate = self.channel.sample_rate
        audio = np.zeros(round(self.duration * rate) + 1, dtype=np.float32)
        for placed in self.placed:
            first = round(placed.audio.start * rate)
            part = self.channel.samples[first : first + round(placed.audio.duration * rate)]
            at = round(placed.at * rate)
            audio[at : at + len(part)] = part[: len(audio) - at].astype(np.float32) / 32768.0
        return audio


def pieces(channel: SpokenChannel, packing: Packing) -> Track:
    """The channel's speech as pieces, none longer than a window can hold."""
    longest = packing.window - 2 * packing.margin
    return tuple(
        part
        for piece in bridge(channel.speech, packing.piece_bridge)
        for part in _cut(piece, channel, longest, inside=channel.speech)
    )


def pack(channel: SpokenChannel, speech: Iterable[Segment], packing: Packing) -> list[Window]:
    """Windows over the pieces in order; a window ends at the longest pause near its end."""
    track = list(speech)
    windows: list[Window] = []
    first = 0
    while first < len(track):
        last = _fill(track, first, packing)
        windows.append(place(channel, track[first:last], packing))
        first = last
    return windows


GROUP = 24
"""Windows of a call worked on before its next: enough for batches of like length, few enough to see a call grow."""


def in_groups(windows: Iterable[Window], size: int = GROUP) -> Iterator[tuple[list[Window], float]]:
    """Windows of all channels in order of time, some at once, and the second up to which they go."""
    ordered = sorted(windows, key=lambda window: window.start)
    for first in range(0, len(ordered), size):
        following = ordered[first + size : first + size + 1]
        group = ordered[first : first + size]
        until = min((window.start for window in following), default=max(w.placed[-1].piece.end for w in group))
        yield group, until


def place(channel: SpokenChannel, track: Sequence[Segment], packing: Packing) -> Window:
    """One window over the pieces given."""
    placed: list[Placed] = []
    now = 0.0
    limit = len(channel.samples) / channel.sample_rate
    for index, piece in enumerate(track):
        before = piece.start - track[index - 1].end if index else 2 * packing.margin
        after = track[index + 1].start - piece.end if index + 1 < len(track) else 2 * packing.margin
        start = max(0.0, piece.start - min(packing.margin, max(0.0, before) / 2))
        end = min(limit, piece.end + min(packing.margin, max(0.0, after) / 2))
        if index:
            now += max(0.0, min(packing.pause, before) - 2 * packing.margin)
        placed.append(Placed(piece, Segment(start, max(start, end)), now))
        now = placed[-1].end
    return Window(channel, tuple(placed))


def halves(window: Window, packing: Packing) -> list[Window]:
    """The window in two, cut at its longest pause in the middle half; itself where it is one piece."""
    track = [placed.piece for placed in window.placed]
    if len(track) < 2:
        return [window]
    quarter = max(1, len(track) // 4)
    cuts = range(quarter, max(quarter + 1, len(track) - quarter + 1))
    cut = max((c for c in cuts if c < len(track)), key=lambda c: track[c].start - track[c - 1].end, default=1)
    return [place(window.channel, part, packing) for part in (track[:cut], track[cut:])]


def _fill(track: Sequence[Segment], first: int, packing: Packing) -> int:
    """Index past the last piece of the window that begins with `first`."""
    used = 0.0
    last = first
    while last < len(track):
        pause = min(packing.pause, track[last].start - track[last - 1].end) if last > first else 0.0
        used += pause + track[last].duration + (0.0 if last > first else 2 * packing.margin)
        if last > first and used > packing.window:
            return _longest_pause(track, first, last)
        last += 1
    return last


def _longest_pause(track: Sequence[Segment], first: int, last: int) -> int:
    """Where to end a full window: at the longest pause in its last third."""
    third = last - max(1, (last - first) // 3)
    return max(range(max(first + 1, third), last + 1), key=lambda cut: track[cut].start - track[cut - 1].end)


def _cut(piece: Segment, channel: SpokenChannel, longest: float, *, inside: Track) -> list[Segment]:
    """The piece in parts no longer than `longest`: at its pauses, or else where it is quietest."""
    parts: list[Segment] = []
    rest = piece
    while rest.duration > longest:
        earliest, latest = rest.start + longest * 0.6, rest.start + longest
        pauses = [
            (after.start - before.end, (after.start + before.end) / 2)
            for before, after in itertools.pairwise(inside)
            if earliest <= before.end and after.start <= latest
        ]
        at = max(pauses)[1] if pauses else _quietest(channel.samples, earliest, latest, channel.sample_rate)
        parts.append(Segment(rest.start, at))
        rest = Segment(at, rest.end)
    return [*parts, rest]


def _quietest(samples: Samples, start: float, end: float, rate: int) -> float:
    """The middle of the quietest 100 ms between two times."""
    hop = rate // 50
    part = samples[int(start * rate) : int(end * rate)].astype(np.float32)
    frames = part[: len(part) // hop * hop].reshape(-1, hop)
    if len(frames) < 5:
        return (start + end) / 2
    energy = np.convolve((frames**2).mean(axis=1), np.ones(5), mode="valid")
    return start + (int(energy.argmin()) + 2.5) * hop / rate
