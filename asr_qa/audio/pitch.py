"""Pitch of a voice frame by frame: the YIN estimator (de Cheveigné and Kawahara, 2002) in numpy.

A telephone line takes the fundamental away; its period is still there in the harmonics, which is what this looks for.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr_qa.pipeline.ports import SAMPLE_RATE, Samples

Hertz = NDArray[np.float32]

HOP = 0.02
"""Seconds between frames."""
LOWEST, HIGHEST = 65.0, 450.0
"""Hertz looked for."""

_RATE = 8000
_SMOOTH = 3
"""Samples at 8 kHz that are averaged: 10 dB less at 2 kHz, nothing at 2.7 kHz."""
_WIDTH = 256
"""Samples compared with themselves a period later: 32 ms, two periods of the lowest voice."""
_LAGS = int(_RATE / LOWEST) + 2
_SIZE = 512
"""Of the transform: at least width and lags together."""
_SURE = 0.15
"""Aperiodicity under which the first period found is taken."""
_VOICED = 0.30
"""Aperiodicity above which a frame has no pitch."""
_BATCH = 2000
"""Frames worked at once: some 20 MB."""


def pitch_of(samples: Samples, sample_rate: int = SAMPLE_RATE) -> Hertz:
    """Pitch every 20 ms in hertz, NaN where there is none, shape (frames,).

    Args:
        samples: One stretch of one channel.
        sample_rate: A multiple of 8000 Hz.
    """
    narrow = _narrow(samples, sample_rate // _RATE)
    span = _WIDTH + _LAGS
    if narrow.size < span:
        return np.zeros(0, np.float32)
    frames = sliding_window_view(narrow, span)[:: round(HOP * _RATE)]
    parts = [_periods(_aperiodicity(frames[at : at + _BATCH])) for at in range(0, len(frames), _BATCH)]
    return steady(np.concatenate(parts))


def steady(pitch: Hertz) -> Hertz:
    """The pitch without frames that fit neither neighbour: leaps of more than a fifth from frame to frame."""
    if pitch.size == 0:
        return pitch
    note = 12 * np.log2(pitch)
    leap = np.abs(np.diff(note)) > 7.0
    unknown = np.isnan(np.diff(note))
    apart = leap | unknown
    lonely = np.concatenate(([True], apart)) & np.concatenate((apart, [True]))
    return np.where(lonely, np.float32(np.nan), pitch).astype(np.float32)


def _narrow(samples: Samples, step: int) -> NDArray[np.float32]:
    """At 8000 Hz and mostly below 2 kHz: periods of higher partials fall between samples, and are no part of pitch."""
    width = _SMOOTH * step
    sums = np.cumsum(np.concatenate(([0], samples.astype(np.int64))))
    means = (sums[width:] - sums[:-width])[::step] / width
    return np.asarray(means / 32768, np.float32)


def _aperiodicity(frames: NDArray[np.float32]) -> NDArray[np.float32]:
    """YIN's normalised difference of each frame from itself, shape (frames, lags): 0 where it repeats exactly."""
    centred = frames - frames.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, _SIZE)
    head = np.fft.rfft(centred[:, :_WIDTH], _SIZE)
    alike = np.fft.irfft(spectrum * head.conj(), _SIZE)[:, :_LAGS]
    sums = np.cumsum(np.pad(centred.astype(np.float64) ** 2, ((0, 0), (1, 0))), axis=1)
    power = sums[:, _WIDTH : _WIDTH + _LAGS] - sums[:, :_LAGS]
    difference = np.maximum(power[:, :1] + power - 2 * alike, 0.0)
    mean = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, _LAGS)
    scaled = np.ones_like(difference)
    np.divide(difference[:, 1:], mean, out=scaled[:, 1:], where=mean > 1e-9)
    return np.asarray(scaled, np.float32)


def _periods(aperiodicity: NDArray[np.float32]) -> Hertz:
    """Hertz of the first clear dip, else of the deepest; NaN where even that is shallow."""
    first = int(_RATE / HIGHEST)
    inner = aperiodicity[:, first:-1]
    dip = (inner <= aperiodicity[:, first - 1 : -2]) & (inner < aperiodicity[:, first + 1 :])
    depth = np.where(dip, inner, np.float32(1.0))
    clear = depth < _SURE
    chosen = np.where(clear.any(axis=1), clear.argmax(axis=1), depth.argmin(axis=1))
    rows = np.arange(len(aperiodicity))
    lag = chosen + first
    before, here, after = (aperiodicity[rows, lag + by].astype(np.float64) for by in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=np.abs(bend) > 1e-9)
    hertz = _RATE / (lag + np.clip(shift, -0.5, 0.5))
    return np.where(depth[rows, chosen] < _VOICED, hertz, np.nan).astype(np.float32)
