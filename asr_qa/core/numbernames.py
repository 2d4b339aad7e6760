"""How a private number is asked for and announced: 您的手机号是多少, 我的卡号是; and what a recogniser makes of it.

Names are misheard as well: 首帝号, 受激好 for 手机号, 引力看毫思躲上 for 您的卡号是多少. They are known again by their
sound, without tones, where few of their initials and finals differ. Whether a number follows is for the digits to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce
from itertools import pairwise
from operator import ne

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

_FINALS, _INITIALS = 0x80000, 0x108000
"""From here on characters stand for classes of sounds; none of them is written."""


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
    sounds = _sounds(words)
    return bool(_ends(sounds, _QUESTIONS_BY_SOUND)) or any(
        _letters(words[end:]) <= _TO_END for end in _heard_names(words)
    )


def _heard_names(text: str) -> Iterator[int]:
    """Where names of numbers end, known by their sound; signs after them belong to them."""
    for end in _ends(_sounds(text), _NAMES_BY_SOUND):
        yield end + len(text[end:]) - len(text[end:].lstrip(" ，,：:是"))


@lru_cache(maxsize=4096)
def _sounds(text: str) -> str:
    return "".join(map(_parts, syllables(text)))


@lru_cache(maxsize=2048)
def _parts(syllable: str) -> str:
    """Two characters: of the class of its initial and of that of its final; no initial has that of a final."""
    initial, final = near_sound(syllable)
    if (initial, final) == ("h", "ou"):  # 号 is often heard as 后, and 座 as 作
        final = "ao"
    return chr(_INITIALS + _code(initial)) + (final if len(final) == 1 else chr(_FINALS + _code(final)))


def _code(letters: str) -> int:
    """A number below 2 ** 19 for up to four letters."""
    return reduce(lambda code, letter: code * 26 + (ord(letter) - ord("a")) % 26 + 1, letters[:4], 0)


@dataclass(frozen=True, slots=True)
class _Name:
    """A name as it sounds."""

    key: str
    """Of `_sounds`."""
    allowed: int
    """How many of its initials and finals may differ."""

    @property
    def pieces(self) -> Iterator[str]:
        """One piece more than initials and finals may differ, so that one at least is heard as it is."""
        edges = [len(self.key) * n // (self.allowed + 1) for n in range(self.allowed + 2)]
        return (self.key[first:last] for first, last in pairwise(edges))

    def ends(self, sounds: str) -> Iterator[int]:
        """After which syllables it ends."""
        for last in range(len(self.key), len(sounds) + 1, 2):
            if sum(map(ne, sounds[last - len(self.key) : last], self.key)) <= self.allowed:
                yield last // 2


class _Names:
    """Those of a part of the list, a line each: syllables, and how many initials and finals may differ."""

    def __init__(self, lines: Iterable[str]) -> None:
        pairs = (line.rsplit(" ", 1) for line in lines)
        self._names = tuple(_Name("".join(map(_parts, key.split())), int(allowed)) for key, allowed in pairs)
        pieces = dict.fromkeys(piece for name in self._names for piece in name.pieces)
        self._one = re.compile("|".join(map(re.escape, pieces)))

    def ends(self, sounds: str) -> tuple[int, ...]:
        """After which syllables one of them ends; only compared where a piece of one is heard as it is."""
        if not self._one.search(sounds):
            return ()
        return tuple(sorted({end for name in self._names for end in name.ends(sounds)}))


@lru_cache(maxsize=4096)
def _ends(sounds: str, names: _Names) -> tuple[int, ...]:
    return names.ends(sounds)


_NAMES_BY_SOUND = _Names(_WORDS["names by sound"])
_QUESTIONS_BY_SOUND = _Names(_WORDS["questions by sound"])
