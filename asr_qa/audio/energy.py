"""Level of a channel frame by frame, and the noise under it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr_qa.pipeline.ports import Samples

Decibels = NDArray[np.float32]

FRAMES_PER_SECOND = 100
SILENT_DB = -100.0
"""Level of digital zero, dB full scale."""
NOT_SENT_DB = -75.0
"""Below this nothing was sent: digital zero or the idle steps of A-law and mu-law."""

_CHUNK_SECONDS = 60
_SMOOTHING = 5
_REACH = 5
"""Seconds to both sides that share one noise floor."""
_FLOOR_BIAS = 2.0
"""dB from the quietest tenth of steady noise to its mean."""
_FLOOR_LOWEST = -65.0
"""dB full scale; a quieter line is as good as silent."""
_CLEARLY_LOUD = 6.0
_AFTERMATH = 0.3
"""Seconds around loud frames that may still hold voice and so say nothing about the noise."""
_ENOUGH_NOISE = 30
"""Frames needed for a mean."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of 10 ms frames in dB full scale."""

    raw: Decibels
    """Root mean square of each frame."""
    smooth: Decibels
    """`raw` averaged over 50 ms."""
    noise: Decibels
    """Mean level of the noise under each frame."""

    @property
    def above_noise(self) -> Decibels:
        """How far each frame stands out of the noise."""
        return self.smooth - self.noise


def measure_levels(samples: Samples, sample_rate: int) -> Levels:
    """Levels of one channel; whole frames only, a rest shorter than 10 ms is left out."""
    raw = frame_levels(samples, sample_rate)
    smooth = moving_mean(raw, _SMOOTHING)
    return Levels(raw, smooth, _noise_mean(smooth, floor_near(smooth, sent=raw > NOT_SENT_DB, lowest=_FLOOR_LOWEST)))


def frame_levels(samples: Samples, sample_rate: int) -> Decibels:
    """Root mean square of each 10 ms frame in dB full scale, a constant offset left out."""
    hop = sample_rate // FRAMES_PER_SECOND
    levels = [_block_levels(block.reshape(-1, hop)) for block in _blocks(samples, hop)]
    return np.concatenate(levels) if levels else np.zeros(0, np.float32)


def moving_mean(values: Decibels, width: int) -> Decibels:
    """Mean over an odd number of frames around each; the first and last values are held beyond the ends."""
    if values.size == 0:
        return values
    padded = np.pad(values.astype(np.float64), width // 2, mode="edge")
    sums = np.cumsum(np.concatenate(([0.0], padded)))
    return np.asarray((sums[width:] - sums[:-width]) / width, dtype=np.float32)


def _blocks(samples: Samples, hop: int) -> Iterator[Samples]:
    """Pieces of a minute, so that long calls on disk are never copied whole."""
    whole, step = len(samples) // hop * hop, hop * FRAMES_PER_SECOND * _CHUNK_SECONDS
    for start in range(0, whole, step):
        yield samples[start : min(start + step, whole)]


def _block_levels(frames: NDArray[np.int16]) -> Decibels:
    scaled = frames.astype(np.float32) / np.float32(32768)
    scaled -= scaled.mean(axis=1, keepdims=True)
    power = np.einsum("ij,ij->i", scaled, scaled) / frames.shape[1]
    return np.asarray(10.0 * np.log10(power + 10 ** (SILENT_DB / 10)), dtype=np.float32)


def floor_near(smooth: Decibels, *, sent: NDArray[np.bool_], lowest: float) -> Decibels:
    """First guess at the noise: the quietest second nearby, what was not sent left aside.

    Args:
        smooth: Levels of frames in dB, averaged over 50 ms.
        sent: Frames in which the line carried anything.
        lowest: dB; a quieter line is as good as silent.
    """
    if smooth.size == 0:
        return smooth
    heard = np.where(sent, smooth, np.inf)
    seconds = -(-smooth.size // FRAMES_PER_SECOND)
    padded = np.pad(heard, (0, seconds * FRAMES_PER_SECOND - smooth.size), mode="edge")
    quiet = np.sort(padded.reshape(seconds, FRAMES_PER_SECOND), axis=1)[:, FRAMES_PER_SECOND // 10]
    nearest = sliding_window_view(np.pad(quiet, _REACH, mode="edge"), 2 * _REACH + 1).min(axis=1)
    known = np.where(np.isfinite(nearest), nearest, lowest)
    return np.maximum(seconds_to_frames(known, smooth.size) + _FLOOR_BIAS, lowest).astype(np.float32)


def _noise_mean(smooth: Decibels, floor: Decibels) -> Decibels:
    """Second guess: the mean of all frames nearby that are far from anything loud."""
    if smooth.size == 0:
        return floor
    quiet = ~widen(smooth > floor + (_CLEARLY_LOUD - _FLOOR_BIAS), round(_AFTERMATH * FRAMES_PER_SECOND))
    quiet &= smooth > NOT_SENT_DB
    second = np.arange(smooth.size) // FRAMES_PER_SECOND
    window = np.ones(2 * _REACH + 1)
    counts = np.convolve(np.bincount(second, quiet), window, "same")
    sums = np.convolve(np.bincount(second, np.where(quiet, smooth, 0.0)), window, "same")
    known = counts >= _ENOUGH_NOISE
    if not known.any():
        return floor
    means = np.interp(np.arange(counts.size), np.flatnonzero(known), sums[known] / counts[known])
    return np.maximum(seconds_to_frames(means, smooth.size), _FLOOR_LOWEST).astype(np.float32)


def widen(mask: NDArray[np.bool_], frames: int) -> NDArray[np.bool_]:
    """The mask with its true runs longer by that many frames on both sides."""
    sums = np.cumsum(np.concatenate(([0], np.pad(mask, frames).astype(np.int64))))
    width = 2 * frames + 1
    return np.asarray(sums[width:] > sums[:-width])


def seconds_to_frames(values: NDArray[np.float64], frames: int) -> NDArray[np.float64]:
    """One value a second, interpolated to every frame."""
    seconds = min(values.size, -(-frames // FRAMES_PER_SECOND))
    middles = (np.arange(seconds) + 0.5) * FRAMES_PER_SECOND
    return np.interp(np.arange(frames), middles, values[:seconds])
