"""How far each moment stands out of the noise of its line, band by band.

One level over everything hides speech under whatever part of it is noisiest. Here the telephone band is cut into
bands, each divided by its own noise, and the mean taken: noise alone gives 1.0 within a few tenths of a dB whatever its
colour, so that speech well under the noise is still seen; a line cut at 300 Hz with hiss outside costs nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr_qa.audio.energy import FRAMES_PER_SECOND, Decibels, floor_near, moving_mean, seconds_to_frames, widen
from asr_qa.pipeline.ports import Samples

Ratios = NDArray[np.float32]
"""Power over the power of the noise, one a frame."""

_EDGES = (100, 250, 400, 550, 700, 900, 1100, 1300, 1500, 1750, 2000, 2250, 2500, 2800, 3100, 3400, 3700, 3950)
"""Hertz. Nothing below 100: mains hum, rumble and a constant offset say nothing about speech."""
_BIN = 50
"""Hertz from one line of the spectrum to the next: windows of 20 ms."""
_CHUNK = 60 * FRAMES_PER_SECOND
_SMALLEST = 1e-10
_LOWEST = -77.0
"""dB full scale of the noise in one band; the whole band is then at -65, as good as silent."""
_BIAS = 1.5
"""dB more in a narrow band than over the whole between its quietest tenth and its mean."""
_SMOOTHING = 5
_REACH = 5
"""Seconds to both sides that share one noise."""
_QUIET = 1.5
"""dB above the noise, as a mean over 90 ms; more is not noise."""
_QUIET_SMOOTHING = 9
_AFTERMATH = 30
"""Frames around what is not noise that may still hold voice."""
_ENOUGH = 30
"""Frames of noise needed for a mean."""
_PASSES = 2


def stand_out(samples: Samples, sample_rate: int, *, sent: NDArray[np.bool_]) -> Ratios:
    """How many times the noise each 10 ms frame carries; 1.0 is noise alone.

    Args:
        samples: One channel of 16 bit, at 8 kHz or more.
        sample_rate: Hertz, a multiple of 100.
        sent: Frames in which the line carried anything at all; no others tell about its noise.
    """
    bands = band_levels(samples, sample_rate, frames=sent.size)
    if sent.size == 0:
        return np.zeros(0, np.float32)
    ratios = np.zeros(sent.size, np.float32)
    for band in bands:
        smooth = moving_mean(band.astype(np.float32), _SMOOTHING)
        ratios += _over(band, floor_near(smooth, sent=sent, lowest=_LOWEST - _BIAS) + np.float32(_BIAS))
    ratios /= len(bands)
    for _ in range(_PASSES):
        ratios = _again(bands, ratios, sent)
    return ratios


def decibels(ratios: Ratios, *, width: int) -> Decibels:
    """The mean over `width` frames (odd) around each, in dB."""
    return np.asarray(10.0 * np.log10(np.maximum(moving_mean(ratios, width), 1e-9)), dtype=np.float32)


def band_levels(samples: Samples, sample_rate: int, *, frames: int) -> NDArray[np.float16]:
    """Level of every band in every frame in dB full scale, shape (bands, frames); half precision: calls are long."""
    hop, window = sample_rate // FRAMES_PER_SECOND, sample_rate // _BIN
    weights = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)).astype(np.float32) / np.float32(32768)
    bins = np.array(_EDGES) // _BIN
    scale = np.float32(2.0 / (window * window * 0.375))
    found = np.empty((bins.size - 1, frames), np.float16)
    for first in range(0, frames, _CHUNK):
        behind = min(frames, first + _CHUNK)
        part = _around(samples, first * hop - hop // 2, behind * hop + hop // 2)
        spectrum = np.fft.rfft(sliding_window_view(part, window)[::hop][: behind - first] * weights, axis=1)
        power = spectrum.real**2 + spectrum.imag**2
        sums = np.add.reduceat(power[:, : bins[-1]], bins[:-1], axis=1) * scale
        found[:, first:behind] = (10.0 * np.log10(sums + _SMALLEST)).T
    return found


def _around(samples: Samples, first: int, behind: int) -> NDArray[np.float32]:
    """The samples of a range that may reach over the ends, filled up with zeros."""
    inside = samples[max(first, 0) : behind].astype(np.float32)
    before = max(-first, 0)
    return np.pad(inside, (before, behind - first - before - inside.size))


def _again(bands: NDArray[np.float16], ratios: Ratios, sent: NDArray[np.bool_]) -> Ratios:
    """The ratios anew, the noise now the mean of the frames that did not stand out."""
    quiet = sent & ~widen(decibels(ratios, width=_QUIET_SMOOTHING) > _QUIET, _AFTERMATH)
    second = np.arange(quiet.size) // FRAMES_PER_SECOND
    counts = _nearby(np.bincount(second, quiet))
    known = np.flatnonzero(counts >= _ENOUGH)
    if known.size == 0:
        return ratios
    better = np.zeros_like(ratios)
    for band in bands:
        sums = _nearby(np.bincount(second, np.where(quiet, _power(band), 0.0)))
        means = 10.0 * np.log10(sums[known] / counts[known] + _SMALLEST)
        noise = seconds_to_frames(np.interp(np.arange(counts.size), known, means), quiet.size)
        better += _over(band, np.maximum(noise, _LOWEST).astype(np.float32))
    return better / np.float32(len(bands))


def _nearby(per_second: NDArray[Any]) -> NDArray[np.float64]:
    """Sums over the seconds that share one noise."""
    return np.convolve(per_second, np.ones(2 * _REACH + 1))[_REACH : _REACH + per_second.size]


def _power(levels: NDArray[np.floating]) -> Ratios:
    return np.asarray(np.exp(levels.astype(np.float32) * np.float32(np.log(10.0) / 10.0)), dtype=np.float32)


def _over(band: NDArray[np.float16], noise: Decibels) -> Ratios:
    """Power of a band over the power of its noise."""
    return _power(band.astype(np.float32) - noise)
