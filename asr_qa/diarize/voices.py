"""How many voices there are, from how alike the parts of what was said are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asr_qa.diarize.cluster import Split, Vectors, split_in_two
from asr_qa.diarize.windows import STEP, Windows

_LIKENESS = ((4, -1.0, -1.0), (8, 0.75, 0.86), (16, 0.85, 0.90), (np.inf, 0.88, 0.925))
"""Of a split whose smaller part has fewer windows than the first number: the likeness below which it is surely two
voices, and the one from which it is one voice.

A few windows differ from the rest by what is said in them, many only by who says it. Found on calls whose truth is
known: halves of one voice 0.88 and more where there are eight windows or more, two voices 0.67 to 0.92, so there is a
band in which nobody can be sure.
"""
SURE, _UNSURE = 0.98, 0.6
"""Confidence that there are two voices below that band, and at its upper end."""
_STEADY_WINDOWS = 100
"""Windows, half a minute of speech, from which it counts how steady the parts are."""
_STEADY = (0.2, 0.3)
"""Changes within speech, of as many as chance would make: two people take turns, so at most the first number says that
there are two however alike they sound; from the second one it says nothing. Halves of one voice change back and forth
at 0.30 to 0.62 on calls whose truth is known, two voices at 0.00 to 0.25, mixed ones with talk at once at 0.31.
"""
_THIRD_BELOW = 0.895
"""Likeness below which one of two voices is two voices itself."""
_RUN = 5
"""Windows in a row of a third voice that count: fewer may be both parties speaking at once."""
_THIRD_WINDOWS = 10
"""Windows in such runs that make a third voice: 3 s."""

_NEXT_BELOW = 0.935
_NEXT_WINDOWS = 20
_NEXT_ORDER = 0.8
"""A voice that comes after another, as in a transfer, may be as like it as these say: halves of one voice are as
unlike now and then, but mixed in time (order 0.81 at most on calls whose truth is known, 0.87 and more after nineteen
transfers in twenty).
"""
_CHANGED_BELOW = 0.925
_AROUND = 15
"""What is said before and after some moment, each of that many windows at least, is then as unlike as that: 0.92 at
most where the voice changes there, 0.928 and more at any moment of one voice.
"""


def two_voices(split: Split) -> float | None:
    """How sure it is that the two parts of a split are two people, 0 to 1; None where they are one."""
    sure, one = next(limits for windows, *limits in _LIKENESS if split.smaller < windows)
    if split.likeness >= one:
        return None
    return float(np.interp(split.likeness, [sure, one], [SURE, _UNSURE])) if one > sure else SURE


def steadied(confidence: float, split: Split, windows: Windows) -> float:
    """The confidence that there are two people, raised where the parts take turns as two people do.

    Args:
        confidence: From how alike the two parts are.
        split: The windows in two parts.
        windows: The windows.
    """
    if len(windows) < _STEADY_WINDOWS or confidence >= SURE:
        return confidence
    return float(np.interp(_restlessness(split, windows), _STEADY, [SURE, confidence]))


def _restlessness(split: Split, windows: Windows) -> float:
    """Changes from part to part without a pause, over those that chance would make with as many windows in each."""
    joined = np.diff(windows.starts) <= STEP
    changes = split.second[1:] != split.second[:-1]
    share = float(split.second.mean())
    return float(changes[joined].mean()) / (2 * share * (1 - share)) if joined.any() else np.inf


def has_third_voice(split: Split, vectors: Vectors, windows: Windows) -> bool:
    """Whether one of the two voices is more than one, as far as windows of nothing but speech tell.

    Args:
        split: The vectors in two voices.
        vectors: One for each window.
        windows: The windows.
    """
    groups = (windows.full & split.second, windows.full & ~split.second)
    return any(_is_mixed(vectors[group], windows.starts[group]) for group in groups)


def _is_mixed(vectors: Vectors, starts: NDArray[np.int64]) -> bool:
    parts = split_in_two(vectors) if len(vectors) >= 2 * _THIRD_WINDOWS else None
    if parts is None or parts.likeness >= _NEXT_BELOW:
        return False
    smaller = parts.second if parts.second.sum() <= len(vectors) / 2 else ~parts.second
    in_runs = sum(run for run in _runs(starts[smaller]) if run >= _RUN)
    if parts.likeness < _THIRD_BELOW and in_runs >= _THIRD_WINDOWS:
        return True
    return in_runs >= _NEXT_WINDOWS and _order(parts.second) >= _NEXT_ORDER and _changes(vectors)


def _changes(vectors: Vectors) -> bool:
    """Whether the mean voice before some moment is another than the mean voice after it."""
    sums = np.cumsum(vectors, axis=0, dtype=np.float64)
    before = sums[_AROUND - 1 : -_AROUND]
    after = sums[-1] - before
    lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    likeness = (before * after).sum(axis=1) / np.maximum(lengths, 1e-9)
    return bool((likeness < _CHANGED_BELOW).any())


def _order(second: NDArray[np.bool_]) -> float:
    """How far two groups of windows lie one after the other in time: 0.5 mixed, 1 one wholly after the other."""
    places = np.arange(len(second))
    later, count = float(places[second].sum()), int(second.sum())
    share = (later - count * (count - 1) / 2) / max(count * (len(second) - count), 1)
    return max(share, 1 - share)


def _runs(starts: NDArray[np.int64]) -> list[int]:
    """Lengths of rows of windows that follow each other."""
    if not len(starts):
        return []
    breaks = [index for index, (one, other) in enumerate(pairwise(starts), 1) if other - one > STEP]
    return [behind - first for first, behind in pairwise([0, *breaks, len(starts)])]
