"""How each window sounds beside its vector: the outline of its spectrum, which shows a vocal tract and a telephone."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from asr_qa.diarize.mel import Frames

SIZE = 15
"""Numbers that describe an outline; how loud it is is none of them."""
_BANDS = slice(2, 27)
"""What a telephone lets through, about 250 to 3700 Hz."""
_LOUD_QUANTILE, _BELOW = 0.95, 2.5
"""Frames count that are no further below the loudest of their window than that, in natural logarithms of power."""
_LEAST_POWER = 1e-8

Outlines = NDArray[np.float64]
"""Shape (windows, SIZE)."""


def outlines(mels: Frames, starts: NDArray[np.int64], *, frames: int) -> Outlines:
    """The mean outline of the loud frames of each window.

    Args:
        mels: Power in mel bands, shape (all frames, bands).
        starts: First frame of each window.
        frames: Length of every window.
    """
    found = np.zeros((len(starts), SIZE))
    for index, start in enumerate(starts):
        levels = np.log(mels[start : start + frames, _BANDS].astype(np.float64) + _LEAST_POWER)
        loudness = levels.mean(axis=1)
        loud = loudness >= np.quantile(loudness, _LOUD_QUANTILE) - _BELOW
        found[index] = _cosines() @ levels[loud].mean(axis=0)
    return found


@cache
def _cosines() -> NDArray[np.float64]:
    """Cosine transform without its first row, shape (SIZE, bands)."""
    bands = _BANDS.stop - _BANDS.start
    waves = np.cos(np.pi * np.arange(1, SIZE + 1)[:, None] * (np.arange(bands) + 0.5) / bands)
    return np.asarray(waves * np.sqrt(2 / bands))
