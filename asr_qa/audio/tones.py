"""Tones of the telephone network and of machines in one channel: keys, ring-back, busy, fax, beeps.

A frame of 40 ms is tonal when nearly all of its power lies in one or two narrow peaks, as it never does in speech for
long. Runs of such frames are named by their frequencies and by how long and in what rhythm they sound. What a fax
sends between its tones is found by its narrow or steady band.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.runs import Runs, join_runs, runs_of
from asr_qa.core.segment import Segment, Track, bridge, clip, union
from asr_qa.pipeline.ports import SAMPLE_RATE, Samples

_WINDOW = 640
_HOP = 320
_FFT = 1024
_BIN = SAMPLE_RATE / _FFT
_FIRST, _LAST = 10, 224
"""Bins of 156 to 3500 Hz."""
_LOBE = 4
"""Bins to either side that belong to a peak."""
_BATCH = 3000
"""Frames at once: a minute."""
FRAME_SECONDS = _HOP / SAMPLE_RATE

_KEYS_LOW = (697.0, 770.0, 852.0, 941.0)
_KEYS_HIGH = (1209.0, 1336.0, 1477.0, 1633.0)
_PROGRESS = (350.0, 400.0, 425.0, 440.0, 450.0, 460.0, 480.0, 620.0)
"""Dial, ring-back, busy and congestion tones of most countries; 460 is how 440 and 480 together look."""
_FAX = (1100.0, 2100.0)

_Curve = NDArray[np.float32]
_Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToneOptions:
    """What counts as a tone; times in seconds, levels in dB full scale, frequencies as shares or in hertz."""

    quietest: float = -55.0
    purity: float = 0.9
    """Share of the power that lies in the one or two peaks of a tonal frame."""
    tolerance: float = 0.02
    """How far a frequency may be off."""
    steady: float = 6.0
    """Hertz by which the frequency of a tone may stray."""
    min_key: float = 0.04
    min_progress: float = 0.2
    beat: float = 28.0
    """Hertz by which two call-progress tones too close to be told apart may stray as one ..."""
    min_beat: float = 0.8
    """... when they sound this long."""
    min_pair: float = 0.3
    """Of two such tones as far apart as 400 and 450 Hz now the one and now the other is the stronger, when they sound
    this long."""
    min_beep: float = 0.4
    """Tones of other frequencies ..."""
    lowest_beep: float = 300.0
    """... from here on: a voice that hums on a vowel leaves little but its pitch."""
    ring_pause: tuple[float, float] = (1.8, 5.5)
    """Pauses between the bursts of ring-back; shorter ones are busy or congestion tone."""
    lone_ring: tuple[float, float] = (0.7, 2.3)
    """How long a single burst sounds that is ring-back too ..."""
    lone_until: float = 5.5
    """... where it begins this early in the channel: the call was answered after it."""
    busy_burst: tuple[float, float] = (0.15, 0.85)
    """Bursts of busy and congestion tone, and the pauses between them."""
    busy_even: float = 0.1
    """How far these may be from their median."""
    busy_count: int = 3
    """Bursts in a row that make a busy tone."""
    fax_gap: float = 4.0
    """What sounds between the tones of a fax belongs to it."""
    band_share: float = 0.93
    """Share of the power that the 300 bit/s of a fax has between 1550 and 1950 Hz or 900 and 1260 Hz."""


@dataclass(frozen=True, slots=True)
class Tones:
    """Tones in one channel."""

    every: Track = ()
    """All tones, pauses left out."""
    ringing: Track = ()
    """Ring-back from its first burst to its last, pauses included."""
    busy: Track = ()
    """Busy and congestion tone from its first burst to its last, pauses included."""
    keys: Track = ()
    """Keys pressed."""


@dataclass(frozen=True, slots=True)
class _Frames:
    """What each frame of 20 ms shows."""

    level: _Curve
    first: _Curve
    """Frequency of the strongest peak, hertz."""
    second: _Curve
    """Frequency of the next peak."""
    one: _Curve
    """Share of the power in the strongest peak."""
    two: _Curve
    """Share of the power in both."""
    band: _Curve
    """Share of the power in the better of the two bands of slow modems."""


def find_tones(samples: Samples, *, options: ToneOptions | None = None) -> Tones:
    """Tones in one channel of 16-bit samples at SAMPLE_RATE."""
    o = options or ToneOptions()
    parts = list(_measured(samples))
    if not parts:
        return Tones()
    frames = _Frames(*(np.concatenate(column) for column in zip(*parts, strict=True)))
    sounding = frames.level > o.quietest
    keys = _long_enough(_is_key(frames, o) & sounding, o.min_key)
    pure = (frames.two > o.purity) & sounding
    progress = _steady_runs(_closed(pure & _is_progress(frames, o), 3), frames, o, shortest=o.min_progress)
    high = pure & (frames.one > o.purity) & (frames.first >= o.lowest_beep)
    beeps = _steady_runs(high, frames, o, shortest=o.min_beep)
    fax = _fax(frames, beeps, sounding, o)
    every = union(*(_track(runs) for runs in (keys, progress, beeps, fax)))
    bursts = _track(progress)
    return Tones(every, _ringing(bursts, o), _busy(bursts, o), _track(keys))


def _measured(samples: Samples) -> Iterator[tuple[_Curve, ...]]:
    """The columns of _Frames, a minute at a time."""
    taper = np.hanning(_WINDOW).astype(np.float32)
    scale = np.float32(1 / (32768.0**2 * (taper**2).sum() * _FFT / 2))
    frames = max(0, (len(samples) - _WINDOW) // _HOP + 1)
    for start in range(0, frames, _BATCH):
        count = min(_BATCH, frames - start)
        part = np.asarray(samples[start * _HOP : (start + count - 1) * _HOP + _WINDOW], np.float32)
        windows = np.lib.stride_tricks.sliding_window_view(part, _WINDOW)[::_HOP] * taper
        spectrum = np.fft.rfft(windows, _FFT, axis=1)[:, _FIRST - 1 : _LAST + 1]
        yield _columns((spectrum.real**2 + spectrum.imag**2).astype(np.float32), scale)


def _columns(power: _Curve, scale: np.float32) -> tuple[_Curve, ...]:
    """Measures of frames from their power, shape (frames, bins); 156 Hz stands in the second bin."""
    total = power.sum(axis=1) + np.float32(1.0)
    first, one, rest = _peak(power)
    second, two, _ = _peak(rest)
    bands = [power[:, _bins(low, high)].sum(axis=1) / total for low, high in ((1550, 1950), (900, 1260))]
    level = 10 * np.log10(total * scale + np.float32(1e-12))
    return level, first, second, one / total, (one + two) / total, np.maximum(*bands)


def _peak(power: _Curve) -> tuple[_Curve, _Curve, _Curve]:
    """Frequency and power of the strongest peak, and the power without it."""
    rows = np.arange(len(power))
    top = np.clip(power[:, 1:-1].argmax(axis=1) + 1, 1, power.shape[1] - 2)
    left, here, right = (np.sqrt(power[rows, top + step]) for step in (-1, 0, 1))
    bend = left - 2 * here + right
    shift = np.where(bend < 0, (left - right) / np.where(bend < 0, 2 * bend, 1), 0)
    near = top[:, None] + np.arange(-_LOBE, _LOBE + 1)[None, :]
    inside = (near >= 0) & (near < power.shape[1])
    near = np.clip(near, 0, power.shape[1] - 1)
    strength = (power[rows[:, None], near] * inside).sum(axis=1)
    rest = power.copy()
    rest[rows[:, None], near] = 0
    hertz = ((top + _FIRST - 1 + np.clip(shift, -0.5, 0.5)) * _BIN).astype(np.float32)
    return hertz, strength.astype(np.float32), rest


def _bins(low: float, high: float) -> slice:
    return slice(round(low / _BIN) - _FIRST + 1, round(high / _BIN) - _FIRST + 2)


def _close(hertz: _Curve, known: tuple[float, ...], tolerance: float) -> _Flags:
    """Whether each frequency is one of the known ones."""
    flags = np.zeros(hertz.size, np.bool_)
    for frequency in known:
        flags |= np.abs(hertz - frequency) < tolerance * frequency
    return flags


def _is_key(frames: _Frames, o: ToneOptions) -> _Flags:
    """One frequency of each group and neither 8 dB weaker than the other."""
    low, high = np.minimum(frames.first, frames.second), np.maximum(frames.first, frames.second)
    balanced = frames.two - frames.one > 0.16 * frames.one
    known = _close(low, _KEYS_LOW, o.tolerance) & _close(high, _KEYS_HIGH, o.tolerance)
    return known & balanced & (frames.two > o.purity)


def _is_progress(frames: _Frames, o: ToneOptions) -> _Flags:
    """The strongest frequency is that of a call-progress tone, and so is the second where there is one."""
    alone = frames.one > o.purity
    second = _close(frames.second, _PROGRESS, o.tolerance)
    return _close(frames.first, _PROGRESS, o.tolerance) & (alone | second)


def _long_enough(flags: _Flags, seconds: float) -> Runs:
    """Runs of frames; one frame looks 40 ms wide, so a run of n frames is (n + 1) * 20 ms long."""
    return [(a, b + 1) for a, b in runs_of(flags) if (b + 1 - a) * FRAME_SECONDS >= seconds - 1e-6]


def _steady_runs(flags: _Flags, frames: _Frames, o: ToneOptions, *, shortest: float) -> Runs:
    """Runs whose frequencies stay; of two tones that take turns in being the stronger both are looked at."""
    kept = []
    for first, behind in _long_enough(flags, shortest):
        inner = slice(first, max(first + 1, behind - 1))
        hertz = frames.first[inner]
        pair = np.sort(np.stack([hertz, frames.second[inner]]), axis=0)
        beats = shortest == o.min_progress and (behind - first) * FRAME_SECONDS >= o.min_beat
        spread = min(_spread(hertz), max(_spread(pair[0]), _spread(pair[1])))
        flips = shortest == o.min_progress and (behind - first) * FRAME_SECONDS >= o.min_pair
        if spread <= (o.beat if beats else o.steady) or (flips and _spread_of_two(hertz[1:-1]) <= o.steady):
            kept.append((first, behind))
    return kept


def _spread(hertz: _Curve) -> float:
    """Half of the range that nine tenths of the values lie in."""
    low, high = np.percentile(hertz, (5, 95))
    return float(high - low) / 2


def _spread_of_two(hertz: _Curve) -> float:
    """The spread of what lies above the middle and of what lies below it, whichever is greater."""
    upper = hertz > (hertz.min() + hertz.max()) / 2
    return max(_spread(hertz[upper]), _spread(hertz[~upper])) if upper.any() else 0.0


def _fax(frames: _Frames, beeps: Runs, sounding: _Flags, o: ToneOptions) -> Runs:
    """Slow modems, and all that sounds near them and near the calling and answer tones that go with them."""
    slow = _long_enough(_closed(frames.band > o.band_share, 3) & sounding, 0.5)
    slow = [(a, b) for a, b in slow if _wavers(frames.first[a : b - 1])]
    signs = [run for run in beeps if _close(frames.first[slice(*run)], _FAX, o.tolerance).mean() > 0.8]
    if not slow:
        return []
    gap = round(o.fax_gap / FRAME_SECONDS)
    found: Runs = []
    for first, behind in join_runs(sorted([*slow, *signs]), gap=gap):
        if any(first <= a < behind for a, _ in slow):
            found += [(first + a, first + b) for a, b in runs_of(sounding[first:behind])]
    return found


def _closed(flags: _Flags, frames: int) -> _Flags:
    """The flags with gaps of fewer frames closed."""
    closed = flags.copy()
    for first, behind in join_runs(runs_of(flags), gap=frames + 1):
        closed[first:behind] = True
    return closed


def _wavers(hertz: _Curve) -> bool:
    """Whether the frequency goes to and fro between two places, as bits do and a held tone does not."""
    return hertz.size > 0 and _spread(hertz) > 20.0


def _ringing(bursts: Track, o: ToneOptions) -> Track:
    """Ring-back with its pauses: bursts at the pauses of ring-back, two or more, or a single one at the start."""
    found = []
    shortest, longest = o.ring_pause
    long = bridge(bursts, 0.3)
    for stretch in bridge(long, longest):
        inside = clip(long, stretch)
        pauses = [b.start - a.end for a, b in pairwise(inside)]
        rings = sum(pause >= shortest for pause in pauses) >= len(pauses) / 2 if pauses else _rang_once(stretch, o)
        if rings:
            found.append(stretch)
    return tuple(found)


def _rang_once(burst: Segment, o: ToneOptions) -> bool:
    """Whether a burst that nothing follows is the ring-back of a call answered after it."""
    return o.lone_ring[0] <= burst.duration <= o.lone_ring[1] and burst.start <= o.lone_until


def _busy(bursts: Track, o: ToneOptions) -> Track:
    """Bursts and pauses of like length, too short for ring-back, at least `busy_count` in a row."""
    shortest, longest = o.busy_burst
    found = []
    for stretch in bridge(bursts, longest):
        inside = clip(bursts, stretch)
        inner = [burst.duration for burst in inside[1:-1]]  # the first and the last may be cut
        pauses = [b.start - a.end for a, b in pairwise(inside)]
        even = len(inside) >= o.busy_count and all(_even(part, shortest, o.busy_even) for part in (inner, pauses))
        if even and max(burst.duration for burst in inside) <= longest + FRAME_SECONDS:
            found.append(stretch)
    return tuple(found)


def _even(lengths: list[float], shortest: float, off: float) -> bool:
    """Whether all are much the same, and none too short; no lengths at all are."""
    return not lengths or (min(lengths) >= shortest and max(abs(length - median(lengths)) for length in lengths) <= off)


def _track(runs: Runs) -> Track:
    return union(Segment(first * FRAME_SECONDS, behind * FRAME_SECONDS) for first, behind in runs)
