"""Laws of calibration: order is kept, what is pooled adds up, a map fitted to words describes those words."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.core.calibration import (
    IDENTITY,
    Calibration,
    blend,
    fit_isotonic,
    fit_logistic,
    pool,
    reliability,
)

shares = st.floats(0.0, 1.0)
outcomes = st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=60)
weighted = st.lists(st.tuples(shares, st.floats(0.1, 50.0)), min_size=1, max_size=30)
fits: st.SearchStrategy[Callable[[Sequence[tuple[float, bool]]], Calibration]] = st.sampled_from(
    (fit_isotonic, fit_logistic)
)


@given(outcomes, fits, st.lists(shares, min_size=2, max_size=20))
def test_a_fitted_map_never_falls_and_stays_a_probability(seen, fit, asked) -> None:  # type: ignore[no-untyped-def]
    mapped = [fit(seen).of(raw) for raw in sorted(asked)]
    assert all(one <= other + 1e-12 for one, other in pairwise(mapped))
    assert all(0.0 <= value <= 1.0 for value in mapped)


@given(outcomes)
def test_an_isotonic_map_has_the_average_of_what_it_was_fitted_on(seen: list[tuple[float, bool]]) -> None:
    # One group: level everywhere; what is added to a group has the average itself.
    calibration = fit_isotonic(seen, groups=1)
    assert calibration.knots[0][1] == pytest.approx(sum(right for _, right in seen) / len(seen))


@given(weighted)
def test_pooling_never_falls_and_keeps_the_weighted_sum(pairs: list[tuple[float, float]]) -> None:
    values, weights = [v for v, _ in pairs], [w for _, w in pairs]
    pooled = pool(values, weights)
    assert all(one <= other + 1e-12 for one, other in pairwise(pooled))
    assert sum(p * w for p, w in zip(pooled, weights, strict=True)) == pytest.approx(
        sum(v * w for v, w in pairs), abs=1e-9
    )


@given(weighted)
def test_pooling_leaves_alone_what_rises_already(pairs: list[tuple[float, float]]) -> None:
    values = sorted(v for v, _ in pairs)
    assert pool(values, [w for _, w in pairs]) == values


@given(shares)
def test_the_identity_changes_nothing(raw: float) -> None:
    assert IDENTITY.of(raw) == pytest.approx(raw)


@given(shares, shares, shares)
def test_a_blend_lies_between_word_and_utterance(word: float, utterance: float, weight: float) -> None:
    low, high = sorted((word, utterance))
    assert low - 1e-3 <= blend(word, utterance, weight=weight) <= high + 1e-3


@given(outcomes)
def test_bins_hold_every_word_and_add_up_to_all_of_them(seen: list[tuple[float, bool]]) -> None:
    found = reliability(seen)
    assert sum(b.words for b in found.bins) == found.words == len(seen)
    assert sum(b.words * b.right for b in found.bins) == pytest.approx(sum(right for _, right in seen))


@given(outcomes)
def test_the_order_of_words_does_not_matter(seen: list[tuple[float, bool]]) -> None:
    other = reliability(seen[::-1])
    found = reliability(seen)
    assert found.auc == other.auc
    assert found.brier == pytest.approx(other.brier)


@given(st.lists(shares, min_size=1), st.lists(shares, min_size=1))
def test_the_area_is_the_share_of_pairs_in_the_right_order(good: list[float], bad: list[float]) -> None:
    pairs = [(g > b) + 0.5 * (g == b) for g in good for b in bad]
    found = reliability([(g, True) for g in good] + [(b, False) for b in bad])
    assert found.auc == pytest.approx(sum(pairs) / len(pairs))


@pytest.mark.parametrize("fit", [fit_isotonic, fit_logistic])
def test_a_fit_undoes_overconfidence(fit) -> None:  # type: ignore[no-untyped-def]
    # Words of confidence p are right in p squared of the cases.
    rng = random.Random(3)
    seen = [(raw, rng.random() < raw**2) for raw in (rng.random() for _ in range(6000))]
    fresh = [(raw, rng.random() < raw**2) for raw in (rng.random() for _ in range(6000))]
    calibration = fit(seen)
    before, after = reliability(fresh), reliability([(calibration.of(raw), right) for raw, right in fresh])
    assert before.calibration_error == pytest.approx(1 / 2 - 1 / 3, abs=0.02)  # mean of p less mean of p squared
    assert after.calibration_error < 0.04
    assert after.brier < before.brier


@pytest.mark.parametrize(
    ("knots", "context"),
    [
        ((), 0.0),
        (((0.0, 0.5), (1.0, 0.4)), 0.0),
        (((0.5, 0.5), (0.5, 0.6)), 0.0),
        (((0.0, 1.1),), 0.0),
        (((0.0, 0.0),), 2),
    ],
)
def test_knots_that_fall_or_leave_the_scale_are_refused(knots: tuple[tuple[float, float], ...], context: float) -> None:
    with pytest.raises(ValueError, match="knots must rise"):
        Calibration(knots, context)


@pytest.mark.parametrize("fit", [fit_isotonic, fit_logistic, reliability])
def test_nothing_cannot_be_fitted(fit) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match="no words"):
        fit([])


def test_between_knots_the_map_is_a_straight_line() -> None:
    calibration = Calibration(((0.2, 0.1), (0.6, 0.5)))
    # level below 0.2 and above 0.6; a quarter of the way: 0.1 + 0.4 / 4
    assert [calibration.of(raw) for raw in (0.0, 0.2, 0.3, 0.6, 1.0)] == pytest.approx([0.1, 0.1, 0.2, 0.5, 0.5])
