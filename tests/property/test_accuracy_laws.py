"""Laws of counting errors and of comparing two ways on the same calls."""

from __future__ import annotations

from functools import reduce
from operator import add

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from asr_qa.core.accuracy import (
    Errors,
    Interval,
    TrueTurn,
    comparable,
    count_errors,
    deal,
    difference_interval,
    errors_by_turn,
    rate_interval,
    verdict,
    word_outcomes,
)
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Word

A = Role.AGENT
texts = st.text(alphabet="您好再见三十五百分之 ，Ab7", min_size=0, max_size=6)


@st.composite
def calls(draw: st.DrawFn) -> tuple[list[TrueTurn], list[Word]]:
    """Turns of two seconds every three, some that do not count, and words anywhere."""
    said = draw(st.lists(st.none() | texts, min_size=1, max_size=5))
    turns = [TrueTurn(A, 3.0 * i, 3.0 * i + 2.0, text) for i, text in enumerate(said)]
    heard = draw(st.lists(st.tuples(st.floats(0, 3.0 * len(said)), texts.filter(bool)), max_size=8))
    return turns, [Word(text, start, start + 0.3, 0.5) for start, text in heard]


@given(calls())
def test_turns_add_up_to_the_call_aligned_at_once(call: tuple[list[TrueTurn], list[Word]]) -> None:
    turns, words = call
    total = reduce(add, (errors for _, errors in errors_by_turn(turns, words, role=A)), Errors())
    dealt = [(turn, part) for turn, part in zip(turns, deal(turns, words), strict=True) if turn.text is not None]
    said = "".join(comparable(turn.text or "") for turn, _ in dealt)
    heard = "".join(comparable("".join(word.text for word in part)) for _, part in dealt)
    assert total == count_errors(turns, words, role=A)
    assert (total.characters, total.wrong) == (len(said), Levenshtein.distance(said, heard))


@given(calls())
def test_a_lost_turn_has_no_word_and_every_character_wrong(call: tuple[list[TrueTurn], list[Word]]) -> None:
    turns, _ = call
    assert all(e.lost == 1 and e.wrong == e.characters for _, e in errors_by_turn(turns, [], role=A))


@given(calls())
def test_words_of_the_truth_itself_are_all_right(call: tuple[list[TrueTurn], list[Word]]) -> None:
    turns, _ = call
    words = [Word(turn.text, turn.start, turn.end, 0.9) for turn in turns if turn.text]
    found = word_outcomes(turns, words, role=A)
    assert all(right for _, right in found)
    assert len(found) == sum(bool(comparable(word.text)) for word in words)


@given(calls())
def test_where_nothing_is_wrong_no_word_is(call: tuple[list[TrueTurn], list[Word]]) -> None:
    turns, words = call
    found = word_outcomes(turns, words, role=A)
    assert len(found) <= len(words)
    if count_errors(turns, words, role=A).wrong == 0:
        assert all(right for _, right in found)


def test_only_the_words_that_are_wrong_are_called_so() -> None:
    turns = [TrueTurn(A, 0, 2, "您好再见"), TrueTurn(A, 3, 5, "三十五")]
    words = [Word("您", 0, 0.5), Word("号", 0.5, 1), Word("再见，", 1, 2), Word("三十", 3, 4), Word("六", 4, 5)]
    outcomes = {word.text: right for word, right in word_outcomes(turns, words, role=A)}
    # 35 and 36 share the 3, which 三十 and 六 write together with the 6
    assert outcomes == {"您": True, "号": False, "再见，": True, "三十": False, "六": False}


def test_an_insertion_belongs_to_the_turn_it_was_heard_in() -> None:
    turns = [TrueTurn(A, 0, 2, "您好"), TrueTurn(A, 3, 5, "再见")]
    words = [Word("您好", 0, 2), Word("啊", 3, 3.2), Word("再见", 3.2, 5)]
    assert [errors.wrong for _, errors in errors_by_turn(turns, words, role=A)] == [0, 1]


counts = st.lists(st.tuples(st.integers(0, 300), st.integers(0, 100)), min_size=1, max_size=12)


def as_errors(pairs: list[tuple[int, int]]) -> list[Errors]:
    return [Errors(characters, wrong) for characters, wrong in pairs]


@given(counts)
def test_a_rate_is_that_of_all_calls_together_and_its_bounds_hold_it(pairs: list[tuple[int, int]]) -> None:
    units = as_errors(pairs)
    found = rate_interval(units, draws=300)
    total = reduce(add, units)
    assert (found is None) == (total.characters == 0)
    if found:
        assert found.value == total.rate
        assert found.low <= found.high


@given(counts)
def test_a_way_does_not_differ_from_itself(pairs: list[tuple[int, int]]) -> None:
    found = difference_interval(as_errors(pairs), as_errors(pairs), draws=200)
    assert found in (None, Interval(0.0, 0.0, 0.0))


@given(counts, st.randoms(use_true_random=False))
def test_a_difference_turns_its_sign_with_the_sides(pairs: list[tuple[int, int]], rng) -> None:  # type: ignore[no-untyped-def]
    ours = as_errors(pairs)
    theirs = [Errors(one.characters, rng.randrange(100)) for one in ours]
    one, other = difference_interval(ours, theirs, draws=300), difference_interval(theirs, ours, draws=300)
    if one and other:
        assert (one.value, one.low, one.high) == pytest.approx((-other.value, -other.high, -other.low))


@given(counts, st.integers(1, 20))
def test_what_every_call_shares_has_no_width(pairs: list[tuple[int, int]], more: int) -> None:
    # One more error per character in every call: the calls differ, the difference does not.
    ours = as_errors(pairs)
    theirs = [Errors(one.characters, one.wrong + more * one.characters) for one in ours]
    found = difference_interval(ours, theirs, draws=200)
    if found:
        assert (found.value, found.low, found.high) == pytest.approx((-more, -more, -more))


def test_pairing_sees_what_two_intervals_hide() -> None:
    # Calls of very different difficulty, ours one error of a hundred better in each.
    theirs = [Errors(100, wrong) for wrong in (5, 60, 10, 45, 20, 70, 8, 30)]
    ours = [Errors(100, one.wrong - 2 + index % 2) for index, one in enumerate(theirs)]
    apart, alone = difference_interval(ours, theirs), rate_interval(ours)
    assert apart is not None
    assert alone is not None
    assert apart.high < 0 < alone.high - alone.low - 10 * (apart.high - apart.low)


def test_the_same_seed_gives_the_same_bounds_and_another_does_not() -> None:
    units = [Errors(100 + wrong, wrong) for wrong in (1, 7, 13, 29, 31, 37, 53)]
    assert rate_interval(units, draws=99, seed=4) == rate_interval(units, draws=99, seed=4)
    assert rate_interval(units, draws=99, seed=4) != rate_interval(units, draws=99, seed=5)


def test_other_calls_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="the same calls"):
        difference_interval([Errors(10, 1)], [Errors(11, 1)])


@pytest.mark.parametrize(
    ("difference", "word"),
    [
        (Interval(0.002, -0.004, 0.008), "equal"),
        (Interval(0.002, -0.004, 0.012), "equal?"),
        (Interval(-0.02, -0.04, -0.001), "better"),
        (Interval(-0.02, -0.04, 0.001), "better?"),
        (Interval(0.02, 0.001, 0.04), "worse"),
        (Interval(0.02, -0.001, 0.04), "worse?"),
    ],
)
def test_a_verdict_says_when_it_is_not_sure(difference: Interval, word: str) -> None:
    assert verdict(difference) == word
