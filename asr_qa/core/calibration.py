"""From the probability a recogniser gives a word to how often such a word is right, and how well that is met.

A raw probability ranks words, it does not say how many of them are right. A monotone map, fitted where the truth is
known, turns it into that without changing the ranking.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Outcome = tuple[float, bool]
"""Confidence (0 to 1) of a word, and whether it is right."""

_LEAST = 1e-4
"""Probabilities are kept this far from 0 and 1: nothing is certain, and logarithms need it."""

_GRID = (0.0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
"""Where a curve is held as knots."""

_PRIOR = 2.0
"""Words as right as all are on average that are added to each group, so that none is called certain."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A monotone map of confidences: straight lines between knots, level outside them.

    Raises:
        ValueError: No knots, or they fall, or lie outside 0 to 1.
    """

    knots: tuple[tuple[float, float], ...]
    """(raw, calibrated), raw ascending, calibrated never falling."""
    context: float = 0.0
    """Weight of the utterance's mean confidence beside the word's own, both as log odds; 0 to 1."""

    def __post_init__(self) -> None:
        rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(self.knots))
        inside = all(0.0 <= value <= 1.0 for knot in self.knots for value in (*knot, self.context))
        if not self.knots or not rising or not inside:
            raise ValueError(f"knots must rise within 0 to 1, and context lie there: {self.knots}, {self.context}")

    def of(self, confidence: float, utterance: float | None = None) -> float:
        """The share of words of this confidence that are right.

        Args:
            confidence: The word's raw probability.
            utterance: Mean raw probability of the words of its utterance; the word's own where it is not known.
        """
        raw = blend(confidence, confidence if utterance is None else utterance, weight=self.context)
        after = bisect_left(self.knots, raw, key=lambda knot: knot[0])
        if after in (0, len(self.knots)):
            return self.knots[min(after, len(self.knots) - 1)][1]
        (x, y), (x_next, y_next) = self.knots[after - 1 : after + 1]
        return min(y_next, y + (y_next - y) * (raw - x) / (x_next - x))


IDENTITY = Calibration(((0.0, 0.0), (1.0, 1.0)))
"""Leaves confidences as they are."""


def blend(confidence: float, utterance: float, *, weight: float) -> float:
    """A word's confidence with its utterance's, as log odds; weight 0 is the word's own."""
    if weight == 0.0:
        return confidence
    return _chance((1 - weight) * _odds(confidence) + weight * _odds(utterance))


Fit = Callable[[Sequence[Outcome]], Calibration]
"""From outcomes to a map."""


def fit_isotonic(outcomes: Sequence[Outcome], *, groups: int = 12) -> Calibration:
    """The monotone map closest to the shares seen: equal groups in order of confidence, pooled where they fall.

    Args:
        outcomes: Words whose truth is known.
        groups: How many groups of about equal size to begin with; words of one confidence stay together.

    Raises:
        ValueError: No outcomes.
    """
    base = _base(outcomes)
    bins = _equal_groups(sorted(outcomes), groups)
    shares = [(sum(right for _, right in part) + _PRIOR * base) / (len(part) + _PRIOR) for part in bins]
    level = pool(shares, [len(part) + _PRIOR for part in bins])
    middles = [sum(raw for raw, _ in part) / len(part) for part in bins]
    return Calibration(tuple(zip(middles, level, strict=True)))


def fit_logistic(outcomes: Sequence[Outcome], *, rounds: int = 50) -> Calibration:
    """The map whose log odds are a line over the raw log odds, by Newton's method; a falling line is made level.

    Raises:
        ValueError: No outcomes.
    """
    base = _base(outcomes)
    points = [(_odds(raw), float(right)) for raw, right in outcomes]
    shift, slope = _odds(base), 0.0
    for _ in range(rounds):
        step = _newton(points, shift, slope)
        shift, slope = shift + step[0], slope + step[1]
        if max(map(abs, step)) < 1e-9:
            break
    if slope < 0.0:
        shift, slope = _odds(base), 0.0
    return Calibration(tuple((raw, _chance(shift + slope * _odds(raw))) for raw in _GRID))


def pool(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The never falling values closest to those given, by weighted squares (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, w_one, n_one), (other, w_other, n_other) = blocks[-2:]
            together = w_one + w_other
            blocks[-2:] = [((one * w_one + other * w_other) / together, together, n_one + n_other)]
    return [value for value, _, count in blocks for _ in range(count)]


@dataclass(frozen=True, slots=True)
class Bin:
    """Words of like confidence."""

    low: float
    high: float
    words: int
    confidence: float
    """Mean of theirs."""
    right: float
    """Share of them that is right."""


@dataclass(frozen=True, slots=True)
class Reliability:
    """How well confidences say what is right."""

    words: int
    right: float
    """Share of all."""
    calibration_error: float
    """Mean distance between confidence and share right, over bins weighted by their words."""
    brier: float
    """Mean squared distance between confidence and outcome (1 right, 0 wrong)."""
    log_loss: float
    """Mean negative natural log of the probability given to what came out."""
    auc: float | None
    """Chance that a right word has more confidence than a wrong one; None where all are right, or none."""
    bins: tuple[Bin, ...]
    """Those with words in them."""


def reliability(outcomes: Sequence[Outcome], *, bins: int = 10) -> Reliability:
    """How well the confidences of some words say which are right; raises ValueError without any."""
    base = _base(outcomes)
    total = len(outcomes)
    held = _bins(outcomes, bins)
    return Reliability(
        words=total,
        right=base,
        calibration_error=sum(b.words * abs(b.confidence - b.right) for b in held) / total,
        brier=sum((raw - right) ** 2 for raw, right in outcomes) / total,
        log_loss=log_loss(outcomes),
        auc=_auc(outcomes),
        bins=held,
    )


def log_loss(outcomes: Sequence[Outcome]) -> float:
    """Mean negative natural log of the probability given to what came out; lower is better."""
    chances = (_kept(raw if right else 1.0 - raw) for raw, right in outcomes)
    return -sum(map(math.log, chances)) / len(outcomes)


def _bins(outcomes: Sequence[Outcome], count: int) -> tuple[Bin, ...]:
    held: list[list[Outcome]] = [[] for _ in range(count)]
    for raw, right in outcomes:
        held[min(int(raw * count), count - 1)].append((raw, right))
    return tuple(
        Bin(
            i / count,
            (i + 1) / count,
            len(part),
            sum(raw for raw, _ in part) / len(part),
            sum(right for _, right in part) / len(part),
        )
        for i, part in enumerate(held)
        if part
    )


def _auc(outcomes: Sequence[Outcome]) -> float | None:
    """By ranks; words of one confidence share the middle of theirs."""
    ordered = sorted(outcomes)
    good = sum(right for _, right in ordered)
    if good in (0, len(ordered)):
        return None
    ranks = 0.0
    first = 0
    for part in _equal_groups(ordered, len(ordered)):
        ranks += sum(right for _, right in part) * (first + (len(part) + 1) / 2)
        first += len(part)
    return (ranks - good * (good + 1) / 2) / (good * (len(ordered) - good))


def _equal_groups(ordered: Sequence[Outcome], count: int) -> list[Sequence[Outcome]]:
    """At most so many groups of about equal size; equal confidences stay in one."""
    groups: list[Sequence[Outcome]] = []
    first = 0
    while first < len(ordered):
        last = max(first + 1, round((len(groups) + 1) * len(ordered) / count))
        while last < len(ordered) and ordered[last][0] == ordered[last - 1][0]:
            last += 1
        groups.append(ordered[first:last])
        first = last
    return groups


def _newton(points: Iterable[tuple[float, float]], shift: float, slope: float) -> tuple[float, float]:
    """One step up the likelihood; a little weight on small numbers keeps it finite where the classes do not mix."""
    g0, g1, h00, h01, h11 = -1e-3 * shift, -1e-3 * slope, 1e-3, 0.0, 1e-3
    for x, y in points:
        p = _chance(shift + slope * x)
        g0, g1 = g0 + y - p, g1 + (y - p) * x
        w = p * (1 - p)
        h00, h01, h11 = h00 + w, h01 + w * x, h11 + w * x * x
    det = h00 * h11 - h01 * h01
    return (h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det


def _base(outcomes: Sequence[Outcome]) -> float:
    """Share of all that is right."""
    if not outcomes:
        raise ValueError("no words whose truth is known: nothing to fit or to judge by")
    return sum(right for _, right in outcomes) / len(outcomes)


def _kept(chance: float) -> float:
    return min(max(chance, _LEAST), 1.0 - _LEAST)


def _odds(chance: float) -> float:
    return math.log(_kept(chance) / (1.0 - _kept(chance)))


def _chance(odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(odds, -30.0), 30.0)))
