"""Takes a constant offset (DC) out of a stream: it would hide speech from anything that goes by levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

WORTH_REMOVING = 0.01
"""Full scale is 1; a line with less keeps its samples bit for bit."""
_ENOUGH = 4000
"""Samples (0.25 s at 16 kHz) that tell an offset from a low sound."""
_WEIGHT = 0.3
"""Of the newest block in the running mean: an offset drifts slowly, if at all."""


class OffsetFilter:
    """Follows the mean of each channel and subtracts it from the first block on in which it is worth it."""

    def __init__(self, channels: int) -> None:
        self._mean = np.zeros(channels, np.float32)
        self._active = np.zeros(channels, np.bool_)

    def apply(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The samples (n, channels), full scale 1.0, without their offset."""
        before = self._mean
        if len(samples) >= _ENOUGH:
            before = self._follow(_offset(samples))
        if not self._active.any():
            return samples
        # From the old mean to the new one in a straight line: a step would be heard as a click.
        steps = np.linspace(0.0, 1.0, len(samples), dtype=np.float32)[:, None]
        return np.asarray(samples - (before + (self._mean - before) * steps), dtype=np.float32)

    def _follow(self, mean: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take in the offset of a block; returns what holds at its beginning."""
        found = ~self._active & (np.abs(mean) >= WORTH_REMOVING)
        before = np.where(found, mean, self._mean)
        self._active |= found
        followed = np.where(mean == 0, before, before + _WEIGHT * (mean - before))
        self._mean = np.where(self._active, followed, np.float32(0.0)).astype(np.float32)
        return before.astype(np.float32)


def _offset(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of each channel, where most samples lie on its side of zero: a burst at full scale is no offset."""
    mean, middle = samples.mean(axis=0, dtype=np.float64), np.median(samples, axis=0)
    return np.where(np.sign(mean) * middle >= np.abs(mean) / 2, mean, 0.0).astype(np.float32)
