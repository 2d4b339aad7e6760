from __future__ import annotations

import pytest

from asr_qa.core.phonetic import NEAR_COST, PART_COST, SEPARATOR, SoundIndex, cost, slips, syllables


def find(text: str, key: str, limit: int) -> list[tuple[int, int]]:
    return SoundIndex(text, syllables(text)).find(key, syllables(key), limit=limit)


def price(one: str, other: str) -> int:
    return cost(one, syllables(one)[0], other, syllables(other)[0])


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("富", "富", 0),
        ("获", "或", 0),  # huo huo
        ("是", "四", NEAR_COST),  # shi si
        ("吃", "次", NEAR_COST),  # chi ci
        ("纸", "子", NEAR_COST),  # zhi zi
        ("难", "蓝", NEAR_COST),  # nan lan
        ("富", "虎", NEAR_COST),  # fu hu
        ("热", "乐", NEAR_COST),  # re le
        ("半", "帮", NEAR_COST),  # ban bang
        ("本", "崩", NEAR_COST),  # ben beng
        ("宾", "冰", NEAR_COST),  # bin bing
        ("宽", "框", NEAR_COST),  # kuan kuang
        ("烧", "收", PART_COST),  # shao shou: final
        ("八", "他", PART_COST),  # ba ta: initial
        ("八", "心", 2 * PART_COST),
        ("a", "a", 0),
        ("a", "b", 2 * PART_COST),
        ("a", "八", 2 * PART_COST),
    ],
)
def test_cost_of_a_syllable(one: str, other: str, expected: int) -> None:
    assert price(one, other) == price(other, one) == expected


def test_polyphones_are_read_by_their_context() -> None:
    assert syllables("银行") == ("yin", "hang")
    assert syllables("行动") == ("xing", "dong")


def test_the_same_character_is_the_same_sound_whatever_its_reading() -> None:
    assert cost("行", "hang", "行", "xing") == 0


def test_a_key_is_found_where_it_sounds_the_same() -> None:
    # 故事康 is what a recogniser made of 富士康: gu/fu differ in the initial, shi/shi agree, kang/kang agree.
    assert find("我在故事康上班", "富士康", 0) == []
    assert find("我在付式康上班", "富士康", 0) == [(2, 0)]
    assert find("我在故事康上班", "富士康", PART_COST) == [(2, PART_COST)]


def test_no_key_runs_across_a_separator() -> None:
    assert find(f"欢迎{SEPARATOR}致电", "欢迎致电", 10 * PART_COST) == []


def test_a_key_longer_than_the_text_is_not_found() -> None:
    assert find("欢迎", "欢迎致电", 1000) == []
    assert find("", "欢迎", 1000) == []


def test_one_syllable_in_five_may_slip() -> None:
    assert [slips(n) for n in (3, 4, 5, 9, 10)] == [0, 0, 1, 1, 2]
