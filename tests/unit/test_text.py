from __future__ import annotations

import pytest

from asr_qa.core.text import FOLDED, PLAIN, SPOKEN, drop_fillers, normalise, plain


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("您好，欢迎致电！", "您好欢迎致电"),
        ("ＡＢＣ　１２", "abc12"),
        ("Thank you, Sir", "thank you sir"),
        ("好 的", "好的"),
        ("打 10086 吧", "打10086吧"),
        ("1.5元", "1.5元"),
        ("第1.第2", "第1第2"),
        ("「…」", ""),
    ],
)
def test_plain_drops_case_width_punctuation_and_blanks(raw: str, expected: str) -> None:
    assert plain(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("百分之百", "100%"),
        ("百分之一百", "100%"),
        ("百分之三十", "30%"),
        ("二十四小时", "24小时"),
        ("一三八零零幺三八", "13800138"),
        ("十天", "10天"),
        ("两百五", "250"),
        ("两百零五", "205"),
        ("一万二", "12000"),
        ("三千零二十", "3020"),
        ("两万三千", "23000"),
        ("3万块", "30000块"),
        ("一亿", "100000000"),
        ("万分抱歉", "万分抱歉"),
    ],
)
def test_numbers_are_folded_to_digits(raw: str, expected: str) -> None:
    assert normalise(raw, FOLDED).text == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("24小时", "二十四小时"),
        ("100%", "百分之百"),
        ("30%", "百分之三十"),
        ("13800138000", "幺三八零零幺三八零零零"),
        ("0571", "零五七幺"),
        ("2026年", "二零二六年"),
        ("205", "二百零五"),
        ("1010", "一千零一十"),
        ("10分钟", "十分钟"),
        ("99.5%", "百分之九十九点五"),
        ("0", "零"),
    ],
)
def test_numbers_are_spelled_as_they_are_read(raw: str, expected: str) -> None:
    assert normalise(raw, SPOKEN).text == expected


def test_each_character_keeps_its_place_in_the_raw_text() -> None:
    # raw:    您 好 ， 二 十 四 小 时
    # index:  0  1  2  3  4  5  6  7
    folded = normalise("您好，二十四小时", FOLDED)
    assert folded.text == "您好24小时"
    assert folded.spans == ((0, 1), (1, 2), (3, 6), (3, 6), (6, 7), (7, 8))


def test_a_number_read_digit_by_digit_keeps_a_place_per_digit() -> None:
    assert normalise("幺三八", FOLDED).spans == ((0, 1), (1, 2), (2, 3))


def test_one_character_that_becomes_two_points_to_the_one() -> None:
    widened = normalise("㎏", PLAIN)
    assert widened.text == "kg"
    assert widened.spans == ((0, 1), (0, 1))


def test_fillers_go_when_asked_for() -> None:
    assert normalise("嗯您呃好", (*PLAIN, drop_fillers)).text == "您好"
    assert normalise("嗯您好", PLAIN).text == "嗯您好"
