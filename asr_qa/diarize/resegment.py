"""From windows to moments: whose voice each 10 ms is, with changes where there are pauses.

A window of a second says little about where in it the speaker changes. Between two states, one for each voice,
the cheapest path is sought (Viterbi): a frame costs what the windows over it say against its state, a change
costs much in the middle of speech, less where the sound dips, and little where the speech detector found a pause.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr_qa.diarize.cluster import Split, Vectors
from asr_qa.diarize.windows import LENGTH, Windows

_CHANGE = 30.0
"""Cost of a change in the middle of speech, in frames of full evidence (0.01 s each)."""
_CHANGE_IN_PAUSE = 6.0
_DIP = 8.0
"""dB below the speech around it at which a dip is nearly as good as a pause."""
_AROUND = 41
"""Frames of the speech around a dip."""
_MOST_EVIDENCE = 1.0

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def leaning(vectors: Vectors, split: Split) -> Floats:
    """How much each window speaks for the second voice (above 0) or the first (below), -1 to 1, shape (windows,).

    Scaled so that a window halfway between the two mean voices counts nothing and one at a mean counts fully.
    """
    return scaled((vectors @ (split.means[1] - split.means[0])).astype(np.float64))


def scaled(lean: Floats) -> Floats:
    """The same leanings, so that the window in the middle of them counts fully, and none counts more."""
    scale = max(float(np.median(np.abs(lean))), 1e-6)
    return np.asarray(np.clip(lean / scale, -_MOST_EVIDENCE, _MOST_EVIDENCE))


def evidence(windows: Windows, lean: Floats, *, frames: int) -> Floats:
    """How much each frame speaks for the second voice, from the windows over it: -1 to 1, shape (frames,)."""
    weight = np.bartlett(LENGTH + 2)[1:-1] + 0.02
    total, weights = np.zeros(frames), np.zeros(frames)
    for start, value in zip(windows.starts, lean, strict=True):
        total[start : start + LENGTH] += weight * value
        weights[start : start + LENGTH] += weight
    return total / np.maximum(weights, 1e-9)


def change_costs(spoken: Flags, power: NDArray[np.float32]) -> Floats:
    """Cost of a change just before each frame, shape (frames,)."""
    level = 10 * np.log10(np.maximum(power, 1e-10).astype(np.float64))
    kernel = np.ones(5) / 5
    smooth = np.convolve(level, kernel, mode="same")
    around = np.convolve(level, np.ones(_AROUND) / _AROUND, mode="same")
    dip = np.clip((around - smooth) / _DIP, 0.0, 1.0)
    inside = _CHANGE + (_CHANGE_IN_PAUSE - _CHANGE) * dip
    return np.where(spoken, inside, _CHANGE_IN_PAUSE)


def cheapest_path(lean: Floats, costs: Floats) -> Flags:
    """Which frames are the second voice's on the cheapest path.

    Args:
        lean: Evidence of each frame, -1 to 1; 0 where nobody speaks.
        costs: Cost of a change just before each frame.
    """
    count = len(lean)
    came_over = np.zeros((count, 2), np.bool_)
    first = second = 0.0
    for frame in range(count):
        value, cost = float(lean[frame]), float(costs[frame])
        to_first, to_second = second + cost, first + cost
        came_over[frame] = to_first < first, to_second < second
        first = min(first, to_first) + value
        second = min(second, to_second) - value
    path = np.zeros(count, np.bool_)
    state = int(second < first)
    for frame in range(count - 1, -1, -1):
        path[frame] = bool(state)
        state ^= int(came_over[frame, state])
    return path
