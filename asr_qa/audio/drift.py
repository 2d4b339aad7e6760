"""Whether the clocks of two channels run apart, seen where one is heard on the other.

Where a channel carries a copy of another, the copy comes later by a constant delay. If the sample clocks differ, the
delay grows or shrinks steadily over the call. It is measured by correlation in a few windows spread over the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.runs import mask_of
from asr_qa.core.segment import Segment, Track, clip, total
from asr_qa.pipeline.ports import Samples

_PARTS = 10
"""Windows looked at, one in each tenth of the call."""
_WINDOW = 2.0
"""Seconds; in longer ones a drift smears the very delay that is looked for."""
_MIN_SPEECH = 1.0
"""Seconds of the copied voice that a window must hold."""
_FARTHEST = 0.5
"""Seconds by which the copy may come late or early."""
_CLEAR = 0.25
"""Correlation from which the delay is believed."""
_MIN_WINDOWS = 4
_MIN_MOVE = 0.003
"""Seconds; a delay that moves less over the call is as good as constant."""
_MAX_STRAY = 0.002
"""Seconds by which the middle delay may stray from a straight line."""
_SAME_WAVE = 0.6
"""Correlation of two copies of one signal; coding, noise and drift take away from 1."""
_SAME_GAIN = 2.0
"""dB by which two copies may differ otherwise in one window than in the middle one."""
_SAME_SHARE = 0.8
"""Share of the windows that must hold the same wave."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How fast one clock leaves another."""

    parts_per_million: float
    """By how much the delay of the copy grows; below 0 it shrinks."""
    moved: float
    """Seconds by which the delay moves between the first and the last window."""


def find_drift(x: Samples, y: Samples, sample_rate: int, *, y_only: Track) -> Drift | None:
    """How the delay of the copy of `y` on `x` moves over the call; None where it stays or cannot be seen.

    Args:
        x: The channel with the copy, 16 bit.
        y: The channel that is copied, as long.
        sample_rate: Hertz.
        y_only: Where `y` speaks and `x` does not.
    """
    measured = []
    for start in _window_starts(y_only, y.size / sample_rate):
        part = slice(round(start * sample_rate), round((start + _WINDOW) * sample_rate))
        alone = clip(y_only, Segment(start, start + _WINDOW))
        kept = [(round((s.start - start) * sample_rate), round((s.end - start) * sample_rate)) for s in alone]
        copy = x[part] * mask_of(kept, frames=x[part].size)  # what `x` says itself would drown the copy
        delay = _delay(copy.astype(np.float32), y[part].astype(np.float32), sample_rate)
        if delay is not None:
            measured.append((start, delay))
    if len(measured) < _MIN_WINDOWS:
        return None
    times, delays = np.array(measured).T
    # The middle one of all slopes: a single window that heard an echo does not count.
    pairs = combinations(range(times.size), 2)
    slope = float(np.median([(delays[j] - delays[i]) / (times[j] - times[i]) for i, j in pairs]))
    moved = slope * float(times[-1] - times[0])
    stray = float(np.median(np.abs(delays - slope * times - np.median(delays - slope * times))))
    return Drift(slope * 1e6, moved) if abs(moved) >= _MIN_MOVE and stray <= _MAX_STRAY else None


def copy_strength(x: Samples, y: Samples, sample_rate: int, *, y_speech: Track) -> float:
    """How far `x` is the same wave as `y` where `y` speaks: the middle correlation of windows; 0 without any."""
    found = []
    for start in _window_starts(y_speech, y.size / sample_rate):
        part = slice(round(start * sample_rate), round((start + _WINDOW) * sample_rate))
        found.append(_best_lag(x[part].astype(np.float32), y[part].astype(np.float32), sample_rate)[1])
    return float(np.median(found)) if found else 0.0


def is_late_copy(x: Samples, y: Samples, sample_rate: int, *, speech: Track) -> bool:
    """Whether both carry the same audio, one of them later or by another clock, whoever speaks.

    Where each is only heard on the other as well, it is the quieter one on the other's channel: the distance changes
    with the speaker, and that of two copies does not.

    Args:
        x: A channel, 16 bit.
        y: Another, as long.
        sample_rate: Hertz.
        speech: Where anybody speaks on either.
    """
    gains, windows = [], 0
    for start in _window_starts(speech, y.size / sample_rate):
        part = slice(round(start * sample_rate), round((start + _WINDOW) * sample_rate))
        one, other = x[part].astype(np.float32), y[part].astype(np.float32)
        windows += 1
        if _best_lag(one, other, sample_rate)[1] >= _SAME_WAVE:
            gains.append(20 * np.log10(np.std(one) / np.std(other)))
    if len(gains) < _MIN_WINDOWS or len(gains) < _SAME_SHARE * windows:
        return False
    return bool(np.max(np.abs(np.array(gains) - np.median(gains))) < _SAME_GAIN)


def _window_starts(track: Track, duration: float) -> list[float]:
    """The second at which each part of the call has most of the track in one window."""
    found = []
    step = duration / _PARTS
    for number in range(_PARTS):
        # Half a second short of where the next part begins: one window must not be counted for both.
        ends = min((number + 1) * step - 0.5, duration - _WINDOW)
        starts = np.arange(number * step, max(ends, number * step) + 1e-9, 1.0).tolist()
        spoken = [total(clip(track, Segment(at, at + _WINDOW))) for at in starts]
        if max(spoken) >= _MIN_SPEECH and starts[int(np.argmax(spoken))] + _WINDOW <= duration:
            found.append(starts[int(np.argmax(spoken))])
    return found


def _delay(x: NDArray[np.float32], y: NDArray[np.float32], sample_rate: int) -> float | None:
    """Seconds by which `x` follows `y`; None where they do not correlate."""
    delay, correlation = _best_lag(x, y, sample_rate)
    return delay if correlation >= _CLEAR else None


def _best_lag(x: NDArray[np.float32], y: NDArray[np.float32], sample_rate: int) -> tuple[float, float]:
    """Seconds by which `x` follows `y`, and their correlation there."""
    size = 1 << int(x.size + _FARTHEST * sample_rate).bit_length()
    spectra = np.fft.rfft(x - x.mean(), size), np.fft.rfft(y - y.mean(), size)
    correlation = np.fft.irfft(spectra[0] * np.conj(spectra[1]), size)
    reach = round(_FARTHEST * sample_rate)
    lags = np.concatenate([correlation[-reach:], correlation[: reach + 1]])
    scale = float(np.linalg.norm(x - x.mean()) * np.linalg.norm(y - y.mean()))
    best = int(np.abs(lags).argmax())  # some lines turn the copy upside down
    return (best - reach) / sample_rate, abs(float(lags[best])) / scale if scale > 0 else 0.0
