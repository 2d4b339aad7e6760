"""Character errors and word edges, turn by turn."""

from __future__ import annotations

import pytest

from asr_qa.core.accuracy import Errors, TrueTurn, comparable, count_errors
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Word, spread

A, C = Role.AGENT, Role.CUSTOMER
#            0    2    4    6    8   10
# agent      您好您好        再见再见
# customer        我要投诉
TRUTH = [TrueTurn(A, 0, 2, "您好您好"), TrueTurn(C, 3, 5, "我要投诉"), TrueTurn(A, 6, 8, "再见再见")]


def words(*said: tuple[float, float, str]) -> list[Word]:
    return [word for start, end, text in said for word in spread(text, Segment(start, end))]


def test_a_perfect_transcript_has_no_errors() -> None:
    heard = words((0, 2, "您好，您好。"), (6, 8, "再见再见"))
    assert count_errors(TRUTH, heard, role=A) == Errors(characters=8, wrong=0, turns=2, edges=2)


def test_wrong_missing_and_invented_characters_count_once_each() -> None:
    heard = words((0, 2, "啊您号您好"), (6, 8, "再"))  # 1 put in, 1 changed, 3 left out
    counted = count_errors(TRUTH, heard, role=A)
    assert (counted.characters, counted.wrong) == (8, 5)
    assert counted.rate == pytest.approx(5 / 8)


def test_words_on_the_wrong_role_are_errors_of_both() -> None:
    assert count_errors(TRUTH, [], role=C).wrong == 4
    assert count_errors(TRUTH, words((3, 5, "我要投诉")), role=A).wrong >= 4


def test_turns_that_were_cut_off_take_their_words_and_do_not_count() -> None:
    truth = [*TRUTH, TrueTurn(A, 9, 10, None)]
    heard = words((0, 2, "您好您好"), (6, 8, "再见再见"), (9, 10, "随便什么"))
    assert count_errors(truth, heard, role=A) == Errors(8, 0, 2, 2)


def test_edges_further_off_than_the_limit_are_wrong() -> None:
    heard = words((0.31, 2, "您好您好"), (6.29, 8.29, "再见再见"))
    assert count_errors(TRUTH, heard, role=A).edges == 1


def test_errors_add_up_and_nothing_has_no_rate() -> None:
    assert Errors(10, 1, 2, 1) + Errors(10, 3, 2, 2) == Errors(20, 4, 4, 3)
    assert Errors().rate is None
    assert Errors().edge_share is None


@pytest.mark.parametrize(("one", "other"), [("二十四小时", "24小时"), ("OK，好的。", "ok好的"), ("１２３", "123")])
def test_how_a_number_or_a_letter_is_written_is_no_error(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)
