"""Music in one channel: notes that hold their pitch and come back to it, as no voice does.

A voice glides; its harmonics smear over the long windows used here. Notes stand as narrow peaks for a third of a
second and more, and the same few frequencies return within seconds. Five measures of that go through a logistic model
whose weights were fitted to instrumental music and to speech in four languages, both sent through telephone lines;
a run of them must bring enough evidence together before anything is called music. Drums without notes are not found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
    doubt: float = 1.0
    """Log odds that count for nothing."""
    evidence: float = 4.5
    """Log odds times seconds needed to call a stretch music, and to end it."""
    min_stretch: float = 2.0
    """Shorter stretches are not kept."""
    edge: float = 0.8
    """How far an edge may be moved to the quiet place next to it."""


def find_music(samples: Samples, *, options: MusicOptions | None = None) -> Track:
    """Stretches of music in one channel of 16-bit samples at SAMPLE_RATE."""
    o = options or MusicOptions()
    peaks = find_peaks(samples, options=o)
    if not len(peaks):
        return ()
    stretches = _stretches(music_odds(peaks, options=o) - o.doubt, price=o.evidence / FRAME_SECONDS)
    found = (_trim(samples, first * FRAME_SECONDS, (behind + 1) * FRAME_SECONDS, o.edge) for first, behind in stretches)
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
    odds: _Curve = np.sum(np.stack(list(weighted)), axis=0, dtype=np.float32) + np.float32(options.offset)
    return odds


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
    padded = np.pad(levels, ((0, 0), (13, 12)), mode="edge")
    sums = np.cumsum(padded, axis=1)
    mean = (sums[:, 25:] - sums[:, :-25]) / 25
    peaks = levels > mean + prominence
    peaks[:, 1:] &= levels[:, 1:] >= levels[:, :-1]
    peaks[:, :-1] &= levels[:, :-1] >= levels[:, 1:]
    return peaks, levels


def _widened(peaks: _Map) -> _Map:
    """Peaks and the bins beside them: a note may waver by half a bin."""
    wide = peaks.copy()
    wide[:, 1:] |= peaks[:, :-1]
    wide[:, :-1] |= peaks[:, 1:]
    return wide


def _held(peaks: _Map, near: _Map, frames: int) -> NDArray[np.int64]:
    """How many notes of each frame hold their pitch for at least so many frames."""
    if len(peaks) < frames:
        return np.zeros(len(peaks), np.int64)
    starts = near[: len(near) - frames + 1].copy()
    for step in range(1, frames):
        starts &= near[step : len(near) - frames + 1 + step]
    held = np.zeros_like(near)
    for step in range(frames):
        held[step : step + len(starts)] |= starts
    count: NDArray[np.int64] = (held & peaks).sum(axis=1)
    return count


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


def _trim(samples: Samples, start: float, end: float, reach: float) -> Segment:
    """The stretch with both edges moved to where the sound next to a quiet place begins and ends."""
    duration = len(samples) / SAMPLE_RATE
    first = start if start < reach else _edge(samples, start, reach)
    behind = end if end > duration - reach else duration - _edge(samples[::-1], duration - end, reach)
    return Segment(max(0.0, first), max(first, min(duration, behind)))


def _edge(samples: Samples, time: float, reach: float) -> float:
    """Where sound rises by 6 dB after the quietest place near `time`."""
    step = SAMPLE_RATE // 50
    begin = max(0, int((time - reach) * SAMPLE_RATE))
    part = np.asarray(samples[begin : int((time + reach) * SAMPLE_RATE)], np.float32)
    blocks = part[: part.size // step * step].reshape(-1, step)
    if not len(blocks):
        return time
    level = 10 * np.log10(np.convolve((blocks**2).mean(axis=1), np.ones(5) / 5, mode="same") + 1.0)
    quiet = int(np.argmin(level[2:-2])) + 2 if level.size > 5 else 0
    louder = np.flatnonzero(level[quiet:] > level[quiet] + 6.0)
    return begin / SAMPLE_RATE + (quiet + (int(louder[0]) if louder.size else 0)) * step / SAMPLE_RATE
