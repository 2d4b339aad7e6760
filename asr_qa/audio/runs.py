"""Runs of true frames as pairs of frame numbers, [first, behind the last)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Runs = list[tuple[int, int]]


def runs_of(mask: NDArray[np.bool_]) -> Runs:
    """The runs of true values in a mask."""
    steps = np.diff(mask.astype(np.int8), prepend=np.int8(0), append=np.int8(0))
    return list(zip(np.flatnonzero(steps == 1).tolist(), np.flatnonzero(steps == -1).tolist(), strict=True))


def join_runs(runs: Iterable[tuple[int, int]], *, gap: int) -> Runs:
    """The runs in order, those less than `gap` frames apart joined."""
    joined: Runs = []
    for first, behind in runs:
        if joined and first - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], behind)
        else:
            joined.append((first, behind))
    return joined


def groups_of(runs: Iterable[tuple[int, int]], *, gap: int) -> list[Runs]:
    """The runs in order, those less than `gap` frames apart in one group."""
    groups: list[Runs] = []
    for run in runs:
        if groups and run[0] - groups[-1][-1][1] < gap:
            groups[-1].append(run)
        else:
            groups.append([run])
    return groups


def mask_of(runs: Iterable[tuple[int, int]], *, frames: int) -> NDArray[np.bool_]:
    """The runs as a mask of that many frames."""
    mask = np.zeros(frames, np.bool_)
    for first, behind in runs:
        mask[max(0, first) : max(0, behind)] = True
    return mask
