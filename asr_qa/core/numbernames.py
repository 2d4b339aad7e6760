"""How a private number is asked for and announced: 您的手机号是多少, 我的卡号是; and what a recogniser makes of it.

Names are misheard as well: 首帝号, 受激好 for 手机号, 引力看毫思躲上 for 您的卡号是多少. They are known again by their
sound, without tones, where few of their initials and finals differ. Whether a number follows is for the digits to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from asr_qa.core.lexicon import read_parts
from asr_qa.core.phonetic import near_sound, syllables

_WORDS = read_parts("numbers.zh")
NAMES = _WORDS["names"]
"""Of private numbers, where they stand in a turn."""


def _any(part: str) -> str:
    return "|".join(_WORDS[part])


_ASKED = re.compile(
    rf"(?:{_any('beginnings')})(?:号码?|方式)?.{{0,4}}(?:{_any('asking')})"
    rf"|(?:{_any('last words')})(?:码)?[^\n]{{0,3}}$"
    r"|[您你]记一下[^\n]?$"
)
_ANNOUNCED = re.compile(
    rf"(?:(?:{_any('announcing')})(?:号码?)?|[号好厚后耗][是式为事]|号码|打这个电话|(?:电话|手机|座机|身份证|卡)是|(?<![0-9一二三四五六七八九十几])[号厚]|记一下|[念报]给[你您])"
    r"(?:是|为|式)?[，,：: ]*"
)
"""Says that a number follows; its name may be misheard."""
_ASKED_ROUGHLY = re.compile(r"[号码].{0,3}多少|是多少[?？]?$")
"""The name of the number may be misheard."""
_NO_WHOLE = re.compile(rf"{_any('part')}|[后末][三四五六]位")
_NO_NUMBER = re.compile(_any("measures").replace(" ", "|"))
_GAP = 3
"""Letters that may stand between the announcement and the first digit."""
_TO_END = 5
"""Letters that may stand after a name with which a question ends."""
_AHEAD = 8
"""Letters from a name that was misheard to the first clear digit; the first digits are misheard as well."""
_LONGEST = 60
"""Letters of a turn in which sounds are compared; longer ones are no turn of a number that is read out."""

Parts = tuple[str, str]
"""Classes of the initial and the final of a syllable."""


def asks(words: str, *, sounds: bool = True) -> bool:
    """Whether somebody is asked for a number, or announces one with the last words.

    Args:
        words: The last words said.
        sounds: Whether to compare sounds, too, which takes a while: where digits follow.
    """
    if no_whole(words):
        return False
    if _ASKED.search(words):
        return True
    if _ASKED_ROUGHLY.search(words):
        return not _NO_NUMBER.search(words)
    return sounds and "多少" not in words and _ends_with_name(words)


def no_whole(words: str, first: int = 0, last: int | None = None) -> bool:
    """Whether the last digits of a number, or a code, are spoken of."""
    return _NO_WHOLE.search(words, first, len(words) if last is None else last) is not None


def measures(words: str) -> bool:
    """Whether money, time or a measure is spoken of: digits are an amount then."""
    return _NO_NUMBER.search(words) is not None


def announcement(text: str, first: int) -> Iterator[int]:
    """Where a number may begin that is announced before the first clear digit of a turn, the likeliest first.

    Args:
        text: Went through `fold_width`.
        first: Where the first clear digit stands. Up to three letters may stand between the announcement and it: the
            first digits, misheard; some more where the name is known by its sound alone.
    """
    end = max((name.end() for name in _ANNOUNCED.finditer(text, 0, first)), default=-1)
    if end >= 0 and _letters(text[end:first]) <= _GAP:
        yield end
    if len(text) <= _LONGEST:
        yield from (end for end in _heard_names(text[: first + 1]) if _letters(text[end:first]) <= _AHEAD)


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in text)


def _ends_with_name(words: str) -> bool:
    if any(_is_near(words, key, allowed) for key, allowed in _QUESTIONS_BY_SOUND):
        return True
    return any(_letters(words[end:]) <= _TO_END for end in _heard_names(words))


def _is_near(words: str, key: tuple[Parts, ...], allowed: int) -> bool:
    return any(True for _ in _near(_sounds(words), key, allowed))


def _heard_names(text: str) -> Iterator[int]:
    """Where names of numbers end, known by their sound; signs after them belong to them."""
    sounds = _sounds(text)
    ends = {end for key, allowed in _NAMES_BY_SOUND for end in _near(sounds, key, allowed)}
    for end in sorted(ends):
        yield end + len(text[end:]) - len(text[end:].lstrip(" ，,：:是"))


def _near(sounds: tuple[Parts, ...], key: tuple[Parts, ...], allowed: int) -> Iterator[int]:
    for first in range(len(sounds) - len(key) + 1):
        left = allowed
        for said, wanted in zip(sounds[first:], key, strict=False):
            left -= (said[0] != wanted[0]) + (said[1] != wanted[1])
            if left < 0:
                break
        else:
            yield first + len(key)


@lru_cache(maxsize=4096)
def _sounds(text: str) -> tuple[Parts, ...]:
    return tuple(_parts(syllable) for syllable in syllables(text))


@lru_cache(maxsize=2048)
def _parts(syllable: str) -> Parts:
    """号 is often heard as 后, and 座 as 作."""
    initial, final = near_sound(syllable)
    return initial, "ao" if (initial, final) == ("h", "ou") else final


def _keys(part: str) -> tuple[tuple[tuple[Parts, ...], int], ...]:
    """Names of a part as they sound, with how many of their initials and finals may differ."""
    lines = (line.rsplit(" ", 1) for line in _WORDS[part])
    return tuple((tuple(map(_parts, key.split())), int(allowed)) for key, allowed in lines)


_NAMES_BY_SOUND = _keys("names by sound")
_QUESTIONS_BY_SOUND = _keys("questions by sound")
