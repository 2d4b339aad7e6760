"""Which vectors are the same voice: spectral clustering into two, pure and deterministic.

Agglomerative clustering chains windows of one speaker to those of the other over the windows that hold both; the
second eigenvector of the graph of likenesses looks at all of them at once. What it says is then settled by moving
each vector to the nearer of the two mean voices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SCALE_QUANTILE = 0.3
"""Distance at which likeness has fallen to 1/e, as a quantile of all distances."""
_ROUNDS = 50
_MOST = 1200
"""Vectors in the graph; of more, as many evenly spread ones are taken (its cost grows with the third power)."""

Vectors = NDArray[np.float32]
"""Shape (vectors, size), each of length 1."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Split:
    """Vectors in two groups."""

    second: Flags
    """Which vectors are in the second group, shape (vectors,); the first vector is always in the first group."""
    means: Vectors
    """Mean vector of each group at length 1, shape (2, size)."""

    @property
    def likeness(self) -> float:
        """Cosine of the two means: near 1 where both groups are one voice."""
        return float(self.means[0] @ self.means[1])

    @property
    def smaller(self) -> int:
        """Vectors in the smaller group."""
        inside = int(self.second.sum())
        return min(inside, len(self.second) - inside)


def split_in_two(vectors: Vectors) -> Split | None:
    """The vectors in two groups as unlike as can be; None where there are fewer than two different ones."""
    if len(vectors) < 2:
        return None
    sample = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), _MOST)).round().astype(int)]
    second = _cut_graph(sample)
    return _settle(vectors, mean_voices(sample, second)) if second is not None else None


def _cut_graph(vectors: Vectors) -> Flags | None:
    likeness = _likeness(vectors)
    if likeness is None:
        return None
    root = np.sqrt(likeness.sum(axis=1))
    _, eigenvectors = np.linalg.eigh(likeness / root[:, None] / root[None])
    return _cut_line(eigenvectors[:, -2] / np.maximum(np.abs(eigenvectors[:, -1]), 1e-12))


def _likeness(vectors: Vectors) -> NDArray[np.float64] | None:
    """Likeness of every pair, 0 to 1, shape (vectors, vectors); None where all vectors are the same."""
    distances = 1.0 - np.clip((vectors @ vectors.T).astype(np.float64), -1.0, 1.0)
    scale = max(float(np.quantile(distances, _SCALE_QUANTILE)), 1e-3 * float(distances.max()))
    return np.asarray(np.exp(-((distances / scale) ** 2))) if distances.max() > 1e-6 else None


def _cut_line(values: NDArray[np.float64]) -> Flags | None:
    """Numbers in two groups around two means."""
    means = np.quantile(values, [0.1, 0.9])
    upper = np.zeros(len(values), np.bool_)
    for _ in range(_ROUNDS):
        now = np.abs(values - means[1]) < np.abs(values - means[0])
        if not now.any() or now.all():
            return None
        if np.array_equal(now, upper):
            break
        upper = now
        means = np.array([values[~upper].mean(), values[upper].mean()])
    return upper


def _settle(vectors: Vectors, means: Vectors) -> Split | None:
    """Move each vector to the nearer mean until none moves."""
    second = np.zeros(len(vectors), np.bool_)
    for _ in range(_ROUNDS):
        now = vectors @ means[1] > vectors @ means[0]
        if not now.any() or now.all():
            return None
        if np.array_equal(now, second):
            break
        second, means = now, mean_voices(vectors, now)
    return Split(second, means) if not second[0] else Split(~second, means[::-1].copy())


def mean_voices(vectors: Vectors, second: Flags) -> Vectors:
    """Mean vector of each of two groups at length 1, shape (2, size)."""
    means = np.stack([vectors[~second].mean(axis=0), vectors[second].mean(axis=0)])
    return np.asarray(means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9), np.float32)
