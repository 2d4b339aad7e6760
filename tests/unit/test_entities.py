"""Amounts, dates, times and numbers as they are written and said, and what only looks like one."""

from __future__ import annotations

import pytest

from asr_qa.core.digits import fold_width
from asr_qa.core.entities import find_entities, is_valid
from asr_qa.core.numberplan import Kind
from asr_qa.core.quantities import quantities, small_number
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Utterance


def found(text: str) -> list[tuple[str, str]]:
    folded = fold_width(text)
    return [(one.kind, folded[one.first : one.last]) for one in quantities(folded)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三百二十块五", [("amount", "三百二十块五")]),
        ("一共299元", [("amount", "299元")]),
        ("贷款5万", [("amount", "5万")]),
        ("两万三", [("amount", "两万三")]),
        ("￥1,299.00", [("amount", "¥1,299.00")]),
        ("三块五毛钱", [("amount", "三块五毛钱")]),
        ("两百来块", [("amount", "两百来块")]),
        ("八毛", [("amount", "八毛")]),
        ("一千二百八十八块八", [("amount", "一千二百八十八块八")]),
        ("5万人", []),
        ("我们一块去", []),
        ("元旦快乐", []),
        ("百分之十五", [("percent", "百分之十五")]),
        ("3.5%", [("percent", "3.5%")]),
        ("明天下午三点", [("date", "明天"), ("time", "下午三点")]),
        ("十月一号", [("date", "十月一号")]),
        ("2026年3月5日", [("date", "2026年3月5日")]),
        ("下个月十号", [("date", "下个月十号")]),
        ("周一到周五", [("date", "周一"), ("date", "周五")]),
        ("月底前", [("date", "月底")]),
        ("3号楼", []),
        ("15:30", [("time", "15:30")]),
        ("上午十点一刻", [("time", "上午十点一刻")]),
        ("晚上8点半", [("time", "晚上8点半")]),
        ("快一点", []),
        ("有两点建议", []),
        ("三点五", []),
        ("24小时内", [("duration", "24小时内")]),
        ("三到五个工作日", [("duration", "三到五个工作日")]),
        ("半小时", [("duration", "半小时")]),
        ("三年", [("duration", "三年")]),
        ("二零二六年", [("date", "二零二六年")]),
        ("第三天", []),
    ],
)
def test_quantities(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("text", "valid"),
    [("二月三十号", False), ("二月二十九号", True), ("13月", False), ("2026-02-30", False), ("25:61", False)],
)
def test_the_calendar_and_the_clock_tell_what_cannot_be(text: str, valid: bool) -> None:
    (one,) = quantities(fold_width(text))
    assert one.valid is valid


@pytest.mark.parametrize(
    ("text", "value"), [("12", 12), ("十", 10), ("十二", 12), ("二十", 20), ("三", 3), ("零五", 5)]
)
def test_small_numbers(text: str, value: int) -> None:
    assert small_number(text) == value


def said(*texts: str) -> tuple[Utterance, ...]:
    """Lines of agent and customer by turns, 4 s each, one every 5 s."""
    roles = (Role.AGENT, Role.CUSTOMER)
    return tuple(Utterance(roles[n % 2], 5.0 * n, 5.0 * n + 4, text) for n, text in enumerate(texts))


def test_a_number_runs_on_in_the_next_line_of_its_speaker() -> None:
    lines = said("您的手机号", "幺三八零零", "嗯", "一三八零零零")
    mobile = next(one for one in find_entities(lines) if one.kind == "mobile")
    assert (mobile.role, mobile.digits, mobile.valid) == (Role.CUSTOMER, "13800138000", True)
    assert (mobile.start, mobile.end) == (5.0, 19.0)
    assert mobile.names == {"mobile", "phone"}


def test_what_is_asked_for_tells_what_a_number_is_that_breaks_its_plan() -> None:
    asked = find_entities(said("请报一下银行卡号", "六二二二零二零二零零一二三四五六七八七"))
    assert [(one.kind, one.valid) for one in asked] == [("bank_card", False), ("number", True)]
    unasked = find_entities(said("请讲", "六二二二零二零二零零一二三四五六七八七"))
    assert [one.kind for one in unasked] == ["number"]


def test_digits_of_amounts_and_plates_are_no_numbers() -> None:
    assert [one.kind for one in find_entities(said("一共12345元，车牌京A12345"))] == ["amount", "plate"]


@pytest.mark.parametrize("said_as", ["您的卡号是{}", "我的银行卡号是{}", "卡号{}吧", "卡号是{}是吧"])
@pytest.mark.parametrize("digits", ["6229141777631706", "6235925634168587", "6222020200112348"])
def test_words_around_a_card_are_no_digits_of_it(said_as: str, digits: str) -> None:
    """是 read as 4 made the first of these pass, and with another 是 behind it an identity card of the second."""
    read = "".join("零一二三四五六七八九"[int(digit)] for digit in digits)
    card = next(one for one in find_entities(said(said_as.format(read))) if one.kind != "number")
    assert (card.kind, card.digits, card.valid) == ("bank_card", digits, is_valid(Kind.BANK_CARD, digits))
    assert card.text == read


def test_digits_that_nobody_calls_a_card_are_none_by_a_word_beside_them() -> None:
    assert [one.kind for one in find_entities(said("是六二二九一四一七七七六三一七零六"))] == ["number"]


def test_what_sounds_like_a_digit_may_be_one_of_an_identity_card() -> None:
    """四一零一… heard as 是一零一…: place, day of birth and check digit agree."""
    lines = said("身份证号", "是一零一零一一九九零零三零七七五一三")
    assert [(one.digits, one.valid) for one in find_entities(lines) if one.kind == "id_card"] == [
        ("410101199003077513", True)
    ]
