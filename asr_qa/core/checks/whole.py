"""Numbers and codes are found whole: 三天内 is not said in 十三天内, 24小时 not in 124小时, IP not in VIP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from asr_qa.core import numbers

_NUMERALS = "零〇一二两三四五六七八九十百千万亿幺"
_MEASURES = f"{numbers.COUNTED}日号时刻折十百"
_BEGINS = re.compile(f"[{_NUMERALS}][到至{_NUMERALS}{_MEASURES}]|百分之")
"""一定 and 一起 are words: that a number stands before them means nothing."""
_ENDS = re.compile(f"(?:[{_NUMERALS}第]|百分之)[{_NUMERALS}]$")
_LATIN = re.compile("[a-z]{2}")
_UNITS = frozenset("十百千万亿点分")
_SURE = 3
"""Digits said one by one that are one number: 周三一天 is none."""
_PARTS = frozenset(f"{_NUMERALS}点分之")
_REACH = 24
"""Characters of the longest number, to either side."""
_AROUND = 2


@lru_cache(maxsize=100_000)
def number_ends(text: str) -> tuple[bool, bool]:
    """Whether a phrase begins with a number in words, and whether it ends with one."""
    if not numbers.MAY_BE_SAID.search(text):
        return False, False
    return _BEGINS.match(text) is not None, _ENDS.search(text) is not None


def cuts(text: str, at: int) -> bool:
    """Whether a place, the first character behind it, lies within a number that is said in words."""
    if not 0 < at < len(text) or text[at] not in _PARTS or text[at - 1] not in _PARTS:
        return False
    first, end = at, at
    while first and at - first < _REACH and text[first - 1] in _PARTS:
        first -= 1
    while end < len(text) and end - at < _REACH and text[end] in _PARTS:
        end += 1
    first, end = max(0, first - _AROUND), end + _AROUND
    there = ((first + one, first + other) for one, other, _ in numbers.said(text[first:end]))
    return any(
        one < at < other and (other - one >= _SURE or not _UNITS.isdisjoint(text[one:other])) for one, other in there
    )


def is_whole(ends: tuple[bool, bool], text: str, start: int, end: int) -> bool:
    """Whether the characters from `start` up to `end` are no part of a longer number.

    Args:
        ends: Of the phrase that is said there, as `number_ends` has them.
    """
    return not (ends[0] and cuts(text, start)) and not (ends[1] and cuts(text, end))


def is_heard_whole(
    ends: tuple[bool, bool], text: str, chars: Sequence[int], start: int, end: int, added: Sequence[int]
) -> bool:
    """The same for syllables from `start` up to `end`, which must not be part of a longer code either.

    Args:
        text: The spoken reading.
        chars: The character behind each of its syllables.
        added: Those of the syllables that are not in the phrase: they must not change a number of it.
    """
    first, last = chars[start], chars[end - 1] + 1
    if (start and first == chars[start - 1]) or (end < len(chars) and chars[end] == chars[end - 1]):
        return False
    if _LATIN.fullmatch(text[max(0, first - 1) : first + 1]) or _LATIN.fullmatch(text[last - 1 : last + 1]):
        return False
    if any(text[chars[one]] in _UNITS and (cuts(text, chars[one]) or cuts(text, chars[one] + 1)) for one in added):
        return False
    return is_whole(ends, text, first, last)
