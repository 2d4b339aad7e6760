"""What is likely part of a number, by all that recognisers make of digits."""

from __future__ import annotations

import pytest

from asr_qa.core.likely import alone, between, expected, likeliest, may_go_on, widened
from asr_qa.core.redact import find_private, redact
from asr_qa.core.sketch import parse_sketch


def part(text: str, span: tuple[int, int]) -> str:
    return text[slice(*span)]


def whole(text: str) -> tuple[int, int]:
    return 0, len(text)


def shown(sketch: str) -> list[str]:
    said = parse_sketch(sketch).transcript.utterances
    return [utterance.text for utterance in redact(said, find_private(said), mask="*")]


def test_a_stretch_weighs_as_its_characters_together() -> None:
    text = "请问您说的是九二妖五八吗"
    found = likeliest(text, *whole(text))
    assert found is not None
    assert part(text, (found.first, found.last)) == "九二妖五八"
    assert (found.clear, found.numerals) == (4, 5)
    alone_ = likeliest("妖五", 0, 2)
    assert alone_ is not None
    assert found.odds > alone_.odds


@pytest.mark.parametrize("text", ["", "请稍等一会儿吧", "您贵姓", "三＊＊＊五", "三" * 61])
def test_nothing_is_likely_without_digits_or_where_it_is_masked_or_long(text: str) -> None:
    found = likeliest(text, *whole(text))
    assert found is None or found.odds < 2


@pytest.mark.parametrize(
    "text", ["一共三百六十块零五毛", "七月二十八号到八月三号", "三个月两次", "10086", "比分117比116"]
)
def test_figures_are_not_alone(text: str) -> None:
    assert list(alone(text, [whole(text)])) == []


def test_a_row_with_digits_that_were_misheard_is_found_by_itself() -> None:
    text = "拿个蓝的三零六双吴七妖九后来说要等"
    assert [part(text, span) for span in alone(text, [whole(text)])] == ["三零六双吴七妖九"]


def test_beside_a_number_what_is_digits_belongs_to_it() -> None:
    text = "七分三八九五八九五双你，八月的"
    known = text.index("三"), text.index("双")
    assert [part(text, span) for span in widened(text, known, whole(text))] == ["七分"]
    assert list(widened("号码是三八九五八九五一共多少", (3, 10), (0, 14))) == []


def test_expected_digits_are_most_of_their_turn_or_count_nothing() -> None:
    assert expected("加九五五", (0, 4)) is not None
    assert expected("活动有三百多个人参加了你看呢", (0, 14)) is None
    assert expected("370万公款", (0, 7)) is None


def test_between_parts_one_digit_is_enough_in_a_short_turn() -> None:
    assert [part("三个把握", span) for span in between("三个把握", (0, 4), asked=False)] == ["三"]
    assert list(between("三号下午再说", (0, 6), asked=True)) == []


def test_a_murmur_lets_a_number_go_on_and_words_do_not() -> None:
    assert may_go_on("嗯", (0, 1))
    assert may_go_on("三个把握", (0, 4))
    assert not may_go_on("我找一下", (0, 4))


def test_turns_of_digits_make_a_number_together_though_nobody_asked() -> None:
    assert shown("B 0-2 六二一六 | A 2-3 好 | B 3-5 八二一 | A 5-6 好 | B 6-8 七一四") == [
        "****",
        "好",
        "***",
        "好",
        "***",
    ]
    assert shown("B 0-2 六二一六 | A 2-3 好 | B 3-5 八二一") == ["****", "好", "***"]
    assert shown("B 0-2 六二一 | A 2-3 好 | B 3-5 八二一") == ["六二一", "好", "八二一"]


def test_what_follows_a_number_soon_is_part_of_it() -> None:
    assert shown("B 0-4 六二二二零二零零一一二二三三四四 | B 5-6 加九五五")[1].endswith("***")
    assert shown("B 0-4 六二二二零二零零一一二二三三四四 | B 40-41 加九五五")[1] == "加九五五"
