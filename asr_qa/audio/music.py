"""Music in one channel: notes that hold their pitch and come back to it, as no voice does.

A voice glides; its harmonics smear over the long windows used here. Notes stand as narrow peaks for a third of a
second and more, and the same few frequencies return within seconds. Five measures of that go through a logistic model
whose weights were fitted to eighteen pieces of music of two free games (Debian's frozen-bubble-data, blobwars-data),
twelve tunes made by formula, and speech in four languages, all sent through telephone lines; none of it is kept here.
A run of them must bring enough evidence together before anything is called music. Drums without notes are not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.runs import Runs, runs_of
from asr_qa.core.segment import Segment, Track, bridge
from asr_qa.pipeline.ports import SAMPLE_RATE, Samples

_WINDOW = 2048
"""128 ms: long enough to tell a held note from a glide."""
_HOP = 1024
_FIRST_BIN, _LAST_BIN = 26, 448
"""200 to 3500 Hz."""
_BATCH = 1024
"""Windows at once: a minute."""
_NOTHING, _FEW = 1.0, 20
"""Mean level (dB) of a frame in which nothing was sent, and frames that are too few to tell noise by."""
FRAME_SECONDS = _HOP / SAMPLE_RATE

_Map = NDArray[np.bool_]
_Curve = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicOptions:
    """What counts as music; times in seconds, levels in dB."""

    prominence: float = 9.0
    """A peak stands above the mean of its neighbourhood (400 Hz) by this much."""
    below_loudest: float = 42.0
    """Peaks further below the loud ones of the channel are hum of the line."""
    held: tuple[int, int, int] = (4, 6, 10)
    """Frames of 64 ms for which a note holds its pitch: short, middle, long."""
    often: tuple[float, float] = (0.3, 0.45)
    """Shares of four seconds in which a returning note sounds: some, many."""
    weights: tuple[float, float, float, float, float] = (-4.85, 1.93, 5.19, 6.13, 3.55)
    """Of notes held short, middle and long, and of notes that sound some and many of the time."""
    offset: float = -1.81
    doubt: float = 0.6
    """Log odds that count for nothing."""
    evidence: float = 3.5
    """Log odds times seconds needed to call a stretch music, and to end it."""
    min_stretch: float = 2.0
    """Shorter stretches are not kept."""
    unsure: float = 2.0
    """How far into a stretch its edge may lie, since the measures look two seconds ahead and back."""
    reach: float = 4.0
    """How far before and after it sounds that belong to it are looked for."""
    apart: float = 2.5
    """Pauses between such sounds."""
    above_floor: float = 5.0
    """Sound is what stands above the quietest places around."""
    known: float = 0.15
    """Share of a stretch in which a pitch must sound to be one of its own."""
    kinship: float = 0.22
    """Held notes of its own pitches at a time, less those of others, in a sound that belongs to it."""


def find_music(samples: Samples, *, options: MusicOptions | None = None) -> Track:
    """Stretches of music in one channel of 16-bit samples at SAMPLE_RATE."""
    o = options or MusicOptions()
    peaks = find_peaks(samples, options=o)
    if not len(peaks):
        return ()
    cores = _stretches(music_odds(peaks, options=o) - o.doubt, price=o.evidence / FRAME_SECONDS)
    near = _widened(peaks)
    notes = _held_map(near, o.held[0]) & peaks
    found = (_fitted(samples, _kinship(near, notes, core, o), core, options=o) for core in cores)
    return bridge((s for s in found if s.duration >= o.min_stretch), 1.0)


def find_peaks(samples: Samples, *, options: MusicOptions) -> _Map:
    """Where the spectrum has a narrow peak, shape (frames, bins)."""
    parts = [_prominent(levels, options.prominence) for levels in _spectra(samples)]
    if not parts:
        return np.zeros((0, _LAST_BIN - _FIRST_BIN), np.bool_)
    heights = np.concatenate([height for _, height in parts])
    peaks = np.concatenate([peak for peak, _ in parts])
    loud = float(np.percentile(heights.max(axis=1), 95))
    peaks &= heights > max(loud - options.below_loudest, 0.0)
    return peaks


def music_odds(peaks: _Map, *, options: MusicOptions) -> _Curve:
    """Log odds of music against speech in each frame."""
    near = _widened(peaks)
    measures = [np.minimum(_held(peaks, near, n), 6) / 6 for n in options.held]
    curves = [_centred(measure.astype(np.float32), 24) for measure in measures]
    share = _centred(near.astype(np.float32), 64)
    some, many = ((share > often).sum(axis=1) / 3 for often in options.often)
    curves += [np.minimum(some, 12) / 12, np.minimum(many, 8) / 8]
    weighted = (np.float32(w) * np.sqrt(np.maximum(c, 0)) for w, c in zip(options.weights, curves, strict=True))
    return np.asarray(np.sum(np.stack(list(weighted)), axis=0, dtype=np.float32) + options.offset, np.float32)


def _spectra(samples: Samples) -> Iterator[_Curve]:
    """Levels in dB over the least step of 16-bit samples, shape (frames, bins), a minute at a time."""
    taper = np.hanning(_WINDOW).astype(np.float32)
    frames = max(0, (len(samples) - _WINDOW) // _HOP + 1)
    for start in range(0, frames, _BATCH):
        count = min(_BATCH, frames - start)
        part = np.asarray(samples[start * _HOP : (start + count - 1) * _HOP + _WINDOW], np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(part, _WINDOW)[::_HOP] * taper
        power = np.abs(np.fft.rfft(windows, axis=1))[:, _FIRST_BIN:_LAST_BIN].astype(np.float32)
        yield 20 * np.log10(power / np.float32(_WINDOW / 4) + np.float32(1.0))


def _prominent(levels: _Curve, prominence: float) -> tuple[_Map, _Curve]:
    """Local maxima that stand out of their neighbourhood, and the levels."""
    flat = levels - _floor(levels)
    padded = np.pad(flat, ((0, 0), (13, 12)), mode="edge")
    sums = np.cumsum(padded, axis=1)
    mean = (sums[:, 25:] - sums[:, :-25]) / 25
    peaks = flat > mean + prominence
    peaks[:, 1:] &= levels[:, 1:] >= levels[:, :-1]
    peaks[:, :-1] &= levels[:, :-1] >= levels[:, 1:]
    return peaks, levels


def _floor(levels: _Curve) -> _Curve:
    """The noise of the line in each bin: where a filter cuts it off is an edge, which is no note.

    Taken from every fourth frame in which there is anything; a tenth of them hold no note.
    """
    heard = levels[::4][levels[::4].mean(axis=1) > _NOTHING]
    if len(heard) < _FEW:
        return np.zeros(levels.shape[1], np.float32)
    rank = len(heard) // 10
    return np.asarray(np.partition(heard, rank, axis=0)[rank], np.float32)


def _widened(peaks: _Map) -> _Map:
    """Peaks and the bins beside them: a note may waver by half a bin."""
    wide = peaks.copy()
    wide[:, 1:] |= peaks[:, :-1]
    wide[:, :-1] |= peaks[:, 1:]
    return wide


def _held(peaks: _Map, near: _Map, frames: int) -> NDArray[np.int64]:
    """How many notes of each frame hold their pitch for at least so many frames."""
    count: NDArray[np.int64] = (_held_map(near, frames) & peaks).sum(axis=1)
    return count


def _held_map(near: _Map, frames: int) -> _Map:
    """Where a pitch is held for at least so many frames."""
    held = np.zeros_like(near)
    if len(near) < frames:
        return held
    starts = near[: len(near) - frames + 1].copy()
    for step in range(1, frames):
        starts &= near[step : len(near) - frames + 1 + step]
    for step in range(frames):
        held[step : step + len(starts)] |= starts
    return held


def _centred(values: _Curve, frames: int) -> _Curve:
    """Mean over so many frames around each."""
    width = ((frames // 2, frames - 1 - frames // 2), *((0, 0),) * (values.ndim - 1))
    padded = np.pad(values, width, mode="edge")
    sums = np.cumsum(np.concatenate([np.zeros_like(padded[:1]), padded]), axis=0, dtype=np.float32)
    mean: _Curve = (sums[frames:] - sums[:-frames]) / np.float32(frames)
    return mean


def _stretches(odds: _Curve, *, price: float) -> Runs:
    """The runs of frames that are most likely music when every change costs `price`."""
    values = np.clip(odds, -4.0, 4.0).tolist()
    other, music = 0.0, -price
    from_other: list[bool] = []
    from_music: list[bool] = []
    for value in values:
        enter, leave = other - price > music, music - price > other
        from_other.append(enter)
        from_music.append(leave)
        music, other = (other - price if enter else music) + value, music - price if leave else other
    playing = music > other
    states = np.zeros(len(values), np.bool_)
    for index in range(len(values) - 1, -1, -1):
        states[index] = playing
        playing = not from_other[index] if playing else from_music[index]
    return runs_of(states)


def _kinship(near: _Map, notes: _Map, core: tuple[int, int], options: MusicOptions) -> NDArray[np.int64]:
    """Held notes of each frame that have a pitch of the core's own, less those that have not."""
    rim = min(16, (core[1] - core[0]) // 4)
    own = near[core[0] + rim : core[1] - rim].mean(axis=0) >= options.known
    kin: NDArray[np.int64] = (notes & own).sum(axis=1) - (notes & ~own).sum(axis=1)
    return kin


def _fitted(samples: Samples, kinship: NDArray[np.int64], core: tuple[int, int], *, options: MusicOptions) -> Segment:
    """The stretch with its edges where the sounds that belong to it begin and end."""
    first, behind = core[0] * FRAME_SECONDS, (core[1] + 1) * FRAME_SECONDS
    around = Segment(max(0.0, first - options.reach), min(len(samples) / SAMPLE_RATE, behind + options.reach))
    sounds = _sounds(samples, around, above_floor=options.above_floor)
    parts = [p for s in sounds for p in _split(s, first, behind)]
    unsure = min(options.unsure, (behind - first) / 3)
    edges = Segment(first + unsure, behind - unsure)
    rims = (Segment(first, edges.start), Segment(edges.end, behind))  # of steady music no sounds can be told apart
    parts = sorted([*parts, *(rim for rim in rims if not any(rim & part for part in parts))])
    for part in (*reversed([p for p in parts if p.start < edges.start]), *(p for p in parts if p.end > edges.end)):
        played = kinship[round(part.start / FRAME_SECONDS) : round(part.end / FRAME_SECONDS) + 1]
        balance = float(played.mean()) if played.size else 0.0
        runs_on = bool(edges & part) or ((edges ^ part).duration <= 0.0 and part.duration <= _OVER and balance >= 0.0)
        if runs_on or ((edges ^ part).duration <= options.apart and balance >= options.kinship):
            edges = edges | part
    return edges


_OVER = 1.0
"""Seconds by which a sound may run on beyond the stretch; what goes on longer must show that it belongs."""


def _split(sound: Segment, *times: float) -> list[Segment]:
    """The sound cut at those times that lie in it."""
    cuts = [sound.start, *(time for time in times if sound.start < time < sound.end), sound.end]
    return [Segment(start, end) for start, end in pairwise(cuts)]


def _sounds(samples: Samples, around: Segment, *, above_floor: float) -> Track:
    """What is louder than the quietest places around, pauses of 0.3 s bridged."""
    step = SAMPLE_RATE // 50
    part = np.asarray(samples[int(around.start * SAMPLE_RATE) : int(around.end * SAMPLE_RATE)], np.float32)
    blocks = part[: part.size // step * step].reshape(-1, step)
    level = 10 * np.log10(np.convolve((blocks**2).mean(axis=1), np.ones(5) / 5, mode="same") + 1.0)
    loud = runs_of(level > np.percentile(level, 3) + above_floor)
    found = bridge((Segment(first / 50, behind / 50) for first, behind in loud), 0.3)
    return tuple(s.shift(around.start) for s in found if s.duration >= 0.1)
