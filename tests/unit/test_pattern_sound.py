"""Patterns by sound: what recognisers write for what was said, and what they must not be taken for."""

import re

import pytest
import regex

from asr_qa.core.checks.base import CallView
from asr_qa.core.checks.patternsound import by_sound, choices
from asr_qa.core.checks.words import find_pattern
from asr_qa.core.finding import Match
from asr_qa.core.recording import Role
from asr_qa.core.sounds import DEFAULT_ACCENTS
from asr_qa.ruleset.cases import sketched_call

ALL = ("exact", "homophone", "near")
SURNAME = "[王李张刘陈马](先生|女士|小姐)"


def found(text: str, pattern: str, match: tuple[str, ...] = ALL, exclude: tuple[str, ...] = ()) -> list[str]:
    """What is found in one sentence of the agent, each as 'words kind'."""
    view = CallView(sketched_call(f"A 0-9 {text}"))
    (stream,) = view.streams(Role.AGENT, (view.whole,))
    hits = find_pattern(stream, pattern, match=match, exclude=exclude)
    return [f"{hit.text} {hit.match}" for hit in hits]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("李女士您好", SURNAME, ["李女士 exact"]),
        ("里女是您好", SURNAME, ["里女是 homophone"]),
        ("您女士您好", SURNAME, []),
        ("那就是女式大衣", SURNAME, []),
        ("为您专借到后台的砖员", "转接.{0,4}专员", ["专借到后台的砖员 homophone"]),
        ("为您专借到后台那边的一位砖员", "转接.{0,4}专员", []),  # what may stand between is as long as it was
        ("公单号是一二三四五", "工单号(是)?[0-9]{4,}", ["公单号是一二三四五 homophone"]),
        ("公单号是多少", "工单号(是)?[0-9]{4,}", []),
        ("还有其踏可以邦您的吗", "还有(什么|其他).{0,8}(需要|帮|问题)", ["还有其踏可以邦 homophone"]),
        ("流来和蓝瓜", "牛奶.{0,2}南瓜", ["流来和蓝瓜 near"]),
        ("今天下班钱给您回", "下班(之)?前.{0,4}回", ["下班钱给您回 homophone"]),
        ("银航卡的卡号", "银行卡.?的?卡号", ["银航卡的卡号 homophone"]),
    ],
)
def test_what_a_recogniser_wrote_is_found(text: str, pattern: str, expected: list[str]) -> None:
    assert found(text, pattern) == expected


def test_as_written_is_all_that_counts_unless_more_is_asked_for() -> None:
    assert found("里女是您好", SURNAME, ("exact",)) == []
    assert found("流来和蓝瓜", "牛奶.{0,2}南瓜", ("exact", "homophone")) == []


def test_what_is_heard_more_closely_comes_first() -> None:
    assert found("李女士和里女是", SURNAME) == ["李女士 exact", "里女是 homophone"]


def test_what_is_left_out_is_left_out_by_sound() -> None:
    assert found("不能宝正收益", "保证.{0,2}收益", exclude=("不能保证",)) == []
    assert found("我宝正收益", "保证.{0,2}收益", exclude=("不能保证",)) == ["宝正收益 homophone"]


def test_two_characters_alone_are_found_as_written_only() -> None:
    pattern = "明天|今天上午|后天"
    assert found("名天", pattern) == []
    assert found("今天尚午", pattern) == ["今天尚午 homophone"]
    for vague in ("明天|后天", "明天[一-龥]", "[^不]明天", r"明天\w", "明天.{3}", "明天(几点)?", "单号.{0,4}[0-9]{3,}"):
        assert by_sound(vague, DEFAULT_ACCENTS) is None, vague


def test_what_cannot_be_rewritten_is_not_looked_for_by_sound() -> None:
    for pattern in (r"\u5de5\u5355\u53f7", r"(明天)|(工单号).{0,3}\2"):
        assert by_sound(pattern, DEFAULT_ACCENTS) is None, pattern


def test_an_accent_that_is_not_switched_on_is_heard() -> None:
    near = by_sound("牛奶南瓜", ())
    assert near is not None
    assert near.same == near.near


def test_a_near_match_is_worth_less_than_the_same_syllables() -> None:
    view = CallView(sketched_call("A 0-4 流来南瓜 | A 5-9 牛乃男瓜"))
    (stream,) = view.streams(Role.AGENT, (view.whole,))
    near, same = find_pattern(stream, "牛奶南瓜", match=ALL)
    assert (near.match, same.match) == (Match.NEAR, Match.HOMOPHONE)
    assert near.confidence < same.confidence


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("甲|乙", ["甲", "乙"]),
        ("(甲|乙)丙|丁", ["(甲|乙)丙", "丁"]),
        (r"甲\|乙|[|]丙", [r"甲\|乙", "[|]丙"]),
        ("(?:甲|(?P<名>乙))(?=丙|丁)", ["(?:甲|(?P<名>乙))(?=丙|丁)"]),
        ("[]|]甲|[^]|]乙", ["[]|]甲", "[^]|]乙"]),
        ("(?#甲|乙)丙|丁", ["(?#甲|乙)丙", "丁"]),
        (r"(?<!不)保证\(|\)丁", [r"(?<!不)保证\(", r"\)丁"]),
    ],
)
def test_choices_are_told_from_bars_inside(pattern: str, expected: list[str]) -> None:
    assert choices(pattern) == expected


@pytest.mark.parametrize(
    "pattern",
    [
        "(?P<名>工单号)(?P=名)",
        r"[\]一-九]{2,3}个工单[一-龥]",
        "(?i)VIP会员卡",
        r"\d+个工作日\b",
        "[^不没别]保证收益",
        "(?<!不能)保证收益",
        "保证(?!金)(收益|回报)",
        "(?P<名>您)?工单号(?(名)码|呢)",
    ],
)
def test_what_is_rewritten_is_still_a_pattern(pattern: str) -> None:
    made = by_sound(pattern, DEFAULT_ACCENTS)
    assert made is not None
    regex.compile(made.same)
    regex.compile(made.near)
    assert re.sub(r"[\u4e00-\u9fff\[\]|]", "", made.same).count("(") == pattern.count("(")
