"""How well a way heard the speech of calls: the counts of bench_vad.py and the figures made from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields

import numpy as np
from numpy.typing import NDArray
from truths import ROLES, Truth
from vad_calls import PAUSE, silences_of, truth_of
from vad_lines import QUIET_FROM
from vad_ways import Found

from asr_qa.core.segment import Segment, Track, bridge, intersect, total

FRAME = 0.02
"""Seconds."""
NEAR = 0.3
"""Seconds by which each edge of a silence may miss the true one, as score.py of the evaluation folder has it."""


@dataclass
class Tally:
    """Counts over the calls of one condition, or over conditions."""

    talk: list[float] = field(default_factory=list)
    """Relative error of speech seconds, one a role and call."""
    starts: list[float] = field(default_factory=list)
    """Seconds clipped at starts of stretches; below zero where speech was found early."""
    ends: list[float] = field(default_factory=list)
    lost: int = 0
    stretches: int = 0
    matched: int = 0
    true: int = 0
    found: int = 0
    hits: int = 0
    """Frames."""
    false_frames: int = 0
    missed_frames: int = 0
    breaths: float = 0.0
    """Seconds of false speech on the line with breaths."""
    clicks: float = 0.0
    quiet: float = 0.0
    """Seconds without speech on each of these lines."""
    audio: float = 0.0
    cpu: float = 0.0

    def add(self, other: Tally) -> None:
        """Count what another holds too."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def precision(self) -> float:
        """Share of frames found that are speech."""
        return self.hits / max(1, self.hits + self.false_frames)

    @property
    def recall(self) -> float:
        """Share of frames of speech that were found."""
        return self.hits / max(1, self.hits + self.missed_frames)

    @property
    def f1(self) -> float:
        """Over frames."""
        return 2 * self.hits / max(1, 2 * self.hits + self.false_frames + self.missed_frames)

    @property
    def silence_f1(self) -> float:
        """Over silences."""
        return 2 * self.matched / max(1, self.true + self.found)

    @property
    def false_speech(self) -> str:
        """Seconds an hour, of breaths and of clicks."""
        hours = max(self.quiet, 1e-9) / 3600
        return f"{self.breaths / hours:.0f} / {self.clicks / hours:.0f}"

    def clipped(self, edges: Sequence[float]) -> str:
        """Median and 95th percentile in ms."""
        clipped = np.maximum(0.0, edges) * 1000 if len(edges) else np.zeros(1)
        return f"{np.median(clipped):.0f} / {np.percentile(clipped, 95):.0f}"

    def row(self) -> str:
        """All figures as cells of a Markdown table."""
        cells = (
            f"{self.precision:.3f}",
            f"{self.recall:.3f}",
            f"{self.f1:.3f}",
            self.clipped(self.starts),
            self.clipped(self.ends),
            f"{self.lost / max(1, self.stretches):.1%}",
            f"{self.silence_f1:.3f} ({self.matched}/{self.true}/{self.found})",
            f"{max(self.talk, key=abs):+.2f}",
            self.false_speech,
            f"{100 * self.cpu / self.audio:.2f} %",
        )
        return " | ".join(cells)


Tallies = dict[str, Tally]
HEAD = (
    "precision | recall | F1 | start, ms clipped | end, ms clipped | lost | silence F1 | talk error | "
    "false speech, s/h | CPU"
)
SINGLE: dict[str, Callable[[Tally], str]] = {
    "F1 over frames of 20 ms": lambda t: f"{t.f1:.3f}",
    "silence F1": lambda t: f"{t.silence_f1:.3f}",
    "talk error": lambda t: f"{max(t.talk, key=abs):+.2f}",
    "ms clipped at starts, median / 95 %": lambda t: t.clipped(t.starts),
    "ms clipped at ends, median / 95 %": lambda t: t.clipped(t.ends),
    "false speech, s/h of breaths / clicks": lambda t: t.false_speech,
}


def together(tallies: Iterable[Tally]) -> Tally:
    """Counts of several conditions in one."""
    found = Tally()
    for tally in tallies:
        found.add(tally)
    return found


def add_call(tally: Tally, found: Found, truth: Truth) -> None:
    """Add what one way found in one call."""
    tracks = [bridge(track, PAUSE) for track in found.tracks]
    tally.cpu += found.cpu
    tally.audio += truth["duration"]
    for role, track in zip(ROLES, tracks, strict=True):
        said = truth_of(truth, role)
        tally.talk.append((total(track) - total(said)) / total(said))
        add_edges(tally, said, track)
        add_frames(tally, said, track, truth["duration"])
    true = tuple(Segment(silence["start"], silence["end"]) for silence in truth["silences"])
    silences = silences_of(tracks)
    tally.matched, tally.true = tally.matched + count_matches(true, silences), tally.true + len(true)
    tally.found += len(silences)


def add_quiet(tally: Tally, found: Found, seconds: float) -> None:
    """Add what one way found where nobody speaks."""
    quiet = (Segment(QUIET_FROM, seconds),)
    tally.quiet += total(quiet)
    breaths, clicks = (total(intersect(track, quiet)) for track in found.tracks)
    tally.breaths, tally.clicks = tally.breaths + breaths, tally.clicks + clicks


def add_edges(tally: Tally, truth: Track, found: Track) -> None:
    """Count how far the outer edges of what was found lie inside each true stretch."""
    tally.stretches += len(truth)
    for said in truth:
        heard = [segment for segment in found if segment & said]
        if heard:
            tally.starts.append(heard[0].start - said.start)
            tally.ends.append(said.end - heard[-1].end)
        else:
            tally.lost += 1


def add_frames(tally: Tally, truth: Track, found: Track, seconds: float) -> None:
    """Count frames of 20 ms."""
    said, heard = (frames(track, seconds) for track in (truth, found))
    tally.hits += int((said & heard).sum())
    tally.false_frames += int((heard & ~said).sum())
    tally.missed_frames += int((said & ~heard).sum())


def frames(track: Track, seconds: float) -> NDArray[np.bool_]:
    """Which frames have their middle in the track."""
    middles = (np.arange(int(seconds / FRAME)) + 0.5) * FRAME
    edges = np.array([edge for segment in track for edge in (segment.start, segment.end)])
    return np.asarray(np.searchsorted(edges, middles, side="right") % 2 == 1)


def count_matches(true: Track, found: Track) -> int:
    """How many silences were found with both edges within NEAR; each counts once."""
    free = list(found)
    for silence in true:
        near = [s for s in free if max(abs(s.start - silence.start), abs(s.end - silence.end)) <= NEAR]
        if near:
            free.remove(near[0])
    return len(found) - len(free)
