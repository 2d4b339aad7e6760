"""Turns weighed by the learnt chain."""

from __future__ import annotations

from asr_qa.core.readout import Around, digits_in, read_out

ASKED = Around(asked=2, after=(5, 5))


def test_digits_that_were_half_understood_are_part_of_a_number_that_was_asked_for() -> None:
    ((first, last),) = read_out("要把旧流试要试零又旧", ASKED)
    assert first <= 1
    assert last == 10


def test_words_amounts_and_what_is_masked_are_not() -> None:
    for text in ("我想查一下这个月的账单", "一共是三百五十六块", "您稍等一下", "****1234", ""):
        assert read_out(text, Around()) == ()


def test_digits_are_counted_among_letters() -> None:
    assert digits_in("号1 3八") == (3, 4)
