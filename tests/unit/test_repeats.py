"""Repeat calls, counted by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from asr_qa.core.repeats import Contact, repeat_calls
from asr_qa.core.report import wilson

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


def call(name: str, customer: str, day: float, queue: str | None = None, direction: str | None = "inbound") -> Contact:
    at = START + timedelta(days=day)
    return Contact(call_id=name, customer_id=customer, at=at, queue=queue, direction=direction)


LAST = call("last", "z", 30)
"""Until when calls are known."""


def test_of_four_calls_whose_days_are_over_two_were_repeated() -> None:
    calls = [call("1", "a", 0), call("2", "a", 6), call("3", "a", 12), call("4", "b", 0), LAST]
    figure = repeat_calls(calls)  # 1 by 2, 2 by 3, 3 and 4 by none; the last one is too young
    assert (figure.value, figure.n, figure.count) == (0.5, 4, 2)
    assert (figure.low, figure.high) == wilson(2, 4)


@pytest.mark.parametrize(("day", "repeated"), [(0.01, 1), (7, 1), (7.01, 0), (0, 0)])
def test_the_days_are_counted_from_the_call(day: float, repeated: int) -> None:
    figure = repeat_calls([call("1", "a", 0), call("2", "a", day), LAST], counted={"1"})
    assert (figure.n, figure.count) == (1, repeated)


def test_another_queue_is_another_matter_and_an_unknown_one_may_be_the_same() -> None:
    for queue, other, repeated in (("loan", "card", 0), ("loan", "loan", 1), ("loan", None, 1), (None, "card", 1)):
        calls = [call("1", "a", 0, queue), call("2", "a", 1, other), LAST]
        assert repeat_calls(calls, counted={"1"}).count == repeated, (queue, other)


def test_calls_to_the_customer_neither_count_nor_repeat() -> None:
    calls = [call("1", "a", 0), call("2", "a", 1, direction="outbound"), call("3", "b", 0, direction="outbound"), LAST]
    figure = repeat_calls(calls)
    assert (figure.n, figure.count) == (1, 0)


def test_a_repeat_that_another_agent_took_counts_for_the_first() -> None:
    calls = [call("1", "a", 0), call("2", "a", 1), LAST]
    assert repeat_calls(calls, counted={"1"}).value == 1


def test_without_a_call_whose_days_are_over_there_is_no_figure() -> None:
    for calls in ([], [call("1", "a", 0), call("2", "a", 3)]):
        figure = repeat_calls(calls)
        assert (figure.value, figure.n, figure.count, figure.low) == (None, 0, None, None)
