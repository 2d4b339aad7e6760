"""Callbacks that were promised, and when they are due."""

from __future__ import annotations

from datetime import datetime

import pytest

from asr_qa.core.actions import Action, due_of, find_actions
from asr_qa.core.recording import Role
from asr_qa.core.sketch import parse_sketch

START = "2026-11-20T16:00:00+08:00"
"""A Friday."""
SAID = datetime.fromisoformat(START)


def actions(call: str, *, started_at: str | None = START) -> tuple[Action, ...]:
    return find_actions(parse_sketch(call).transcript, started_at=started_at)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("二十四小时内给您回电", "2026-11-21T16:00:00+08:00"),
        ("24小时之内", "2026-11-21T16:00:00+08:00"),
        ("两个小时后", "2026-11-20T18:00:00+08:00"),
        ("一个半小时内", "2026-11-20T17:30:00+08:00"),
        ("半小时内", "2026-11-20T16:30:00+08:00"),
        ("三十分钟以内", "2026-11-20T16:30:00+08:00"),
        ("一个工作日内", "2026-11-23T23:59:00+08:00"),  # Monday
        ("三个工作日内", "2026-11-25T23:59:00+08:00"),
        ("三天内", "2026-11-23T16:00:00+08:00"),
        ("今天之内", "2026-11-20T23:59:00+08:00"),
        ("今天下班前", "2026-11-20T18:00:00+08:00"),
        ("今晚", "2026-11-20T22:00:00+08:00"),
        ("明天下午三点前", "2026-11-21T15:00:00+08:00"),
        ("明天上午十点半", "2026-11-21T10:30:00+08:00"),
        ("明天下午", "2026-11-21T18:00:00+08:00"),
        ("明天十点", "2026-11-21T10:00:00+08:00"),
        ("后天15点", "2026-11-22T15:00:00+08:00"),
        ("晚上", None),  # of which day
        ("周一上午", "2026-11-23T12:00:00+08:00"),
        ("下周三", "2026-11-25T23:59:00+08:00"),
        ("周五", "2026-11-20T23:59:00+08:00"),
        ("this will be done within 24 hours", "2026-11-21T16:00:00+08:00"),
        ("in 2 business days", "2026-11-24T23:59:00+08:00"),
        ("tomorrow afternoon", "2026-11-21T18:00:00+08:00"),
        ("on Monday morning", "2026-11-23T12:00:00+08:00"),
        # left open
        ("尽快", None),
        ("几天之内", None),
        ("明天三点", None),  # morning or afternoon
        ("明天25点", None),
        ("明天或者后天", None),  # which of them
        ("有结果了", None),
    ],
)
def test_due_is_what_was_said_and_nothing_else(text: str, due: str | None) -> None:
    found = due_of(text, SAID)
    assert (found.isoformat() if found else None) == due


def test_a_promise_has_its_sentence_its_seconds_and_its_moment() -> None:
    (action,) = actions("B 0-3 什么时候有结果 | A 4-8 我们会在24小时内给您回电 | B 9-10 好")
    assert action == Action(
        kind="callback",
        due="2026-11-21T16:00:08+08:00",
        role=Role.AGENT,
        start=4,
        end=8,
        text="我们会在24小时内给您回电",
    )


@pytest.mark.parametrize(
    "text",
    ["再联系您", "主动联系您", "给您回复", "跟您联系", "给您回电话", "we will call you back", "I'll get back to you"],
)
def test_a_promise_without_a_time_is_due_at_no_known_moment(text: str) -> None:
    (action,) = actions(f"A 0-4 {text} | B 5-6 好")
    assert action.due is None


@pytest.mark.parametrize(
    "call",
    [
        "A 0-4 明天就能送到 | B 5-6 好",
        "B 0-4 你给我回个电话 | A 5-6 好的",
        "B 0-4 我明天再联系您 | A 5-6 好的",
        "A 0-4 我们不会联系您的 | B 5-6 好",
        "A 0-4 无法与您联系 | B 5-6 哦",
        "A 0-4 昨天给您打电话没有人接 | B 5-6 哦",
        "A 0-4 I tried to call you back yesterday | B 5-6 oh",
        "A 0-4 ? | B 5-6 哦",
    ],
)
def test_what_is_no_promise_of_the_agent_is_no_action(call: str) -> None:
    assert actions(call) == ()


def test_the_time_may_be_said_a_little_earlier_or_later() -> None:
    (later,) = actions("A 0-3 会给您回电 | B 4-5 啥时候 | A 6-8 两小时内 | B 9-10 好")
    assert (later.due, later.text) == ("2026-11-20T18:00:08+08:00", "会给您回电 … 两小时内")
    (earlier,) = actions("A 0-3 两小时内处理 | B 4-5 嗯 | A 6-8 会给您回电 | B 9-10 好")
    assert (earlier.due, earlier.start) == ("2026-11-20T18:00:03+08:00", 6)
    (far,) = actions("A 0-3 会给您回电 | B 4-18 我跟你说我这个事情很急的你们要抓紧 | A 19-21 两小时内 | B 22-23 好")
    assert far.due is None
    (others,) = actions("A 0-3 会给您回电 | B 4-6 两小时内吧 | A 7-8 嗯")
    assert others.due is None


def test_a_promise_said_again_is_one() -> None:
    (action,) = actions("A 0-3 会给您回电 | A 4-8 明天下午给您回电 | B 9-10 好")
    assert action.due == "2026-11-21T18:00:00+08:00"
    (again,) = actions("A 0-3 明天下午给您回电 | B 4-30 我再说说我的情况 | A 31-34 好的那明天下午再联系您")
    assert again.start == 0
    assert len(actions("A 0-3 明天下午给您回电 | B 4-30 我再说说我的情况 | A 31-34 后天下午再联系您一次")) == 2


@pytest.mark.parametrize("started_at", [None, "", "yesterday"])
def test_without_a_start_nothing_is_due_at_a_known_moment(started_at: str | None) -> None:
    (action,) = actions("A 0-4 24小时内给您回电 | B 5-6 好", started_at=started_at)
    assert action.due is None


def test_a_start_without_a_zone_gives_a_moment_without_one() -> None:
    (action,) = actions("A 0-4 明天下午三点给您回电 | B 5-6 好", started_at="2026-11-20T16:00:00")
    assert action.due == "2026-11-21T15:00:00"
