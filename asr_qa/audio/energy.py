"""Level of a channel frame by frame, its noise floor, and how loud its speech is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from asr_qa.pipeline.ports import Samples

FRAMES_PER_SECOND = 100
SILENT_DB = -100.0
"""Level of digital zero, dB full scale."""

_CHUNK_SECONDS = 60
_FLOOR_REACH = 5
"""Seconds to both sides in which the quietest second sets the noise floor."""
_FLOOR_BIAS = 2.0
"""dB from the tenth percentile of steady noise to its mean level."""
_FLOOR_LOWEST = -65.0
"""dB full scale; below this a line is as good as silent (mu-law steps lie near -72 dB)."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of 10 ms frames in dB full scale."""

    raw: NDArray[np.float32]
    """Root mean square of each frame."""
    smooth: NDArray[np.float32]
    """`raw` averaged over three frames."""
    noise: NDArray[np.float32]
    """The noise floor under each frame."""
    speech: float
    """Level of loud speech (95th percentile of what stands out of the noise); SILENT_DB where nothing does."""

    def threshold(self, *, above_noise: float, below_speech: float) -> NDArray[np.float32]:
        """Level for each frame that speech must exceed."""
        return np.asarray(np.maximum(self.noise + above_noise, self.speech - below_speech), dtype=np.float32)

    def above_noise(self, first: int, behind: int) -> float:
        """Most dB by which a frame of the run stands out of the noise."""
        return float((self.smooth[first:behind] - self.noise[first:behind]).max())


def measure_levels(samples: Samples, sample_rate: int) -> Levels:
    """Levels of one channel; whole frames only, a rest shorter than 10 ms is left out."""
    raw = frame_levels(samples, sample_rate)
    smooth = _smooth(raw)
    noise = _noise_floor(smooth)
    loud = smooth[smooth > noise + 10.0]
    speech = float(np.percentile(loud, 95)) if loud.size else SILENT_DB
    return Levels(raw, smooth, noise, speech)


def frame_levels(samples: Samples, sample_rate: int) -> NDArray[np.float32]:
    """Root mean square of each 10 ms frame in dB full scale."""
    hop = sample_rate // FRAMES_PER_SECOND
    levels = [_block_levels(block.reshape(-1, hop)) for block in _blocks(samples, hop)]
    return np.concatenate(levels) if levels else np.zeros(0, np.float32)


def _blocks(samples: Samples, hop: int) -> Iterator[Samples]:
    """Pieces of a minute, so that long calls on disk are never copied whole."""
    whole, step = len(samples) // hop * hop, hop * FRAMES_PER_SECOND * _CHUNK_SECONDS
    for start in range(0, whole, step):
        yield samples[start : min(start + step, whole)]


def _block_levels(frames: NDArray[np.int16]) -> NDArray[np.float32]:
    scaled = frames.astype(np.float32) / np.float32(32768)
    power = np.einsum("ij,ij->i", scaled, scaled) / frames.shape[1]
    return np.asarray(10.0 * np.log10(power + 10 ** (SILENT_DB / 10)), dtype=np.float32)


def _smooth(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    if levels.size == 0:
        return levels
    padded = np.pad(levels, 1, mode="edge")
    return np.asarray((padded[:-2] + padded[1:-1] + padded[2:]) / 3, dtype=np.float32)


def _noise_floor(levels: NDArray[np.float32]) -> NDArray[np.float32]:
    """The quietest second nearby, interpolated between seconds."""
    if levels.size == 0:
        return levels
    seconds = -(-levels.size // FRAMES_PER_SECOND)
    padded = np.pad(levels, (0, seconds * FRAMES_PER_SECOND - levels.size), mode="edge")
    quiet = np.percentile(padded.reshape(seconds, FRAMES_PER_SECOND), 10, axis=1)
    lowest = sliding_window_view(np.pad(quiet, _FLOOR_REACH, mode="edge"), 2 * _FLOOR_REACH + 1).min(axis=1)
    middles = (np.arange(seconds) + 0.5) * FRAMES_PER_SECOND
    floor = np.interp(np.arange(levels.size), middles, lowest) + _FLOOR_BIAS
    return np.asarray(np.maximum(floor, _FLOOR_LOWEST), dtype=np.float32)
