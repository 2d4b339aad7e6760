"""Laws of numbers: what is read aloud folds back, both ways settle at once, and every character keeps its place."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from asr_qa.core.numberforms import forms, sayings
from asr_qa.core.numbers import cardinal, in_words
from asr_qa.core.text import FOLDED, PLAIN, SPOKEN, fold_numbers, normalise, spell_numbers

LAWS = settings(max_examples=400, deadline=None)
value = st.one_of(st.integers(0, 99_999), st.integers(0, 10**12 - 1))
unit = st.sampled_from(["", "元", "块", "个", "小时", "年", "月", "点", "%", "号", "度"])
mixed = st.text("零〇一二两三五九十百千万亿幺廿卅俩洞拐点半元块毛角分之到第个月日年0123459.%:/-~¥，aG您", max_size=24)


def folded(text: str) -> str:
    return normalise(text, FOLDED).text


def spoken(text: str) -> str:
    return normalise(text, SPOKEN).text


@LAWS
@given(number=value)
@example(number=10)
@example(number=10_000)
@example(number=20_020)
@example(number=100_010_000)
def test_a_number_read_aloud_folds_back(number: int) -> None:
    assert folded(cardinal(number)) == str(number)
    assert folded(spoken(str(number))) == str(number)
    assert {folded(way) for way in in_words(str(number))} == {str(number)}


@LAWS
@given(number=value, after=unit, before=st.sampled_from(["", "第", "约"]))
def test_what_is_folded_or_read_stays_as_it_is(number: int, after: str, before: str) -> None:
    for text in (f"{before}{number}{after}", f"{before}{cardinal(number)}{after}"):
        assert folded(folded(text)) == folded(text)
        assert spoken(spoken(text)) == spoken(text)


@LAWS
@given(number=value, tenth=st.integers(1, 9))
def test_decimals_and_shares_fold_back(number: int, tenth: int) -> None:
    assert folded(spoken(f"{number}.{tenth}%")) == f"{number}.{tenth}%"
    assert folded(spoken(f"{number}.{tenth}元")) == f"{number}.{tenth}元"


@LAWS
@given(text=mixed)
def test_every_character_points_into_the_text_it_came_from(text: str) -> None:
    for chain in (PLAIN, FOLDED, SPOKEN):
        done = normalise(text, chain)
        assert len(done.spans) == len(done.text)
        assert all(0 <= first < last <= len(text) for first, last in done.spans)
        assert [first for first, _ in done.spans] == sorted(first for first, _ in done.spans)


@LAWS
@given(text=mixed)
def test_no_text_is_too_strange(text: str) -> None:
    simple = normalise(text, PLAIN)
    written, read = fold_numbers(simple).text, spell_numbers(simple).text
    assert forms(written)[0] == written
    assert sayings(read, written)[0] == read


@LAWS
@given(yuan=st.integers(2, 99_999), jiao=st.integers(1, 9))
def test_every_form_of_an_amount_has_the_same_forms(yuan: int, jiao: int) -> None:
    ways = set(forms(f"{yuan}.{jiao}元"))
    assert {f"{yuan}块{jiao}", f"{yuan}元{jiao}角", f"{yuan}.{jiao}0元"} <= ways
    assert all(set(forms(way)) == ways for way in ways)
