"""How likely a stretch of a turn is a number that was read out, by all that recognisers make of digits.

Each character, or the syllable it is read as, speaks for a number or against it; the weights are data
(`words/digit_odds.zh.txt`), counted in what a recogniser made of numbers and of other talk by
tests/benchmarks/bench_redact_heard.py. A stretch is as likely as its weights together. Units, names of numbers and
the numbers of services speak against it as they do in `numerals`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from asr_qa.core.digits import DIGITS, NUMERALS
from asr_qa.core.lexicon import acknowledges, read_parts
from asr_qa.core.numerals import LONGEST, Span, kinds_of
from asr_qa.core.phonetic import syllables

_LINES = [line.split() for line in read_parts("digit_odds.zh")["odds"]]
_ODDS = {sound: float(odds) for odds, *sounds in _LINES for sound in sounds}
_AGAINST = min(float(odds) for odds, *_ in _LINES)
"""Of a syllable that is not in the list, and of a unit or a name."""
_BETWEEN = -0.2
"""Of a sign, a blank, a hesitation."""
_WRITTEN = "0-9"
"""In the list, for every digit that is written as one."""
_LETTER = "A-Z"
_DIGITS = re.compile(f"[{DIGITS}]")
_MASKED = re.compile(r"[*＊]")
_NEARBY = 12
"""Characters beside a number in which more of it may lie."""
_ALONE = 11.0
"""Odds of a stretch of many numerals, some of them misheard, that is part of a number whatever is said around it."""
_MANY, _CLEAR = 6, 3
"""Its numerals, and how many of them are digits at least."""
_EXPECTED = 4.5
"""Odds of a stretch of a turn in which a number is expected ..."""
_WHATEVER = 12.0
"""... whatever else is said in it; with lower ones it is most of the turn."""
_UNSURE = 0.5
"""Those of 一 beside a number: it may belong to the word after it."""
_DIGIT = 2.0
"""Those of one digit: enough in a short turn between parts of a number."""
_SHORT = 6
"""Letters of one."""
_COUNTED = tuple("万千百亿多余")
"""After figures that count something."""
_APART = frozenset("比到至和或年月日点")
"""Stand between two figures."""


@dataclass(frozen=True, slots=True)
class Likely:
    """The stretch of a text that is likeliest a number."""

    odds: float
    """Natural logarithm."""
    first: int
    last: int
    """First character and one past the last."""
    clear: int
    """Digits in it."""
    numerals: int
    """Digits and what sounds like them."""
    of_turn: int
    """Those of the whole turn."""
    letters: int
    """Letters and digits of the turn, without hesitations."""


def alone(text: str, turns: Sequence[Span]) -> Iterator[Span]:
    """Stretches of turns that are numbers, though some of their digits were misheard and nobody asked for one."""
    for first, last in turns:
        found = likeliest(text, first, last, clear=_CLEAR)
        if (
            found is not None
            and found.odds >= _ALONE
            and found.numerals >= _MANY
            and found.clear >= _CLEAR
            and not _is_row(text, found)
        ):
            yield found.first, found.last


def expected(text: str, turn: Span) -> Likely | None:
    """What of a turn is part of a number, where there are other parts of it in turns beside; not a figure among words.

    Args:
        text: Went through `fold_width`.
        turn: Where the turn stands.
    """
    found = likeliest(text, *turn, clear=2)
    if found is None or found.odds < _EXPECTED or found.clear < 2 or _is_figure(text, found):
        return None
    sure = found.odds >= _WHATEVER and _APART.isdisjoint(text[found.first : found.last])
    return found if sure or 2 * found.of_turn >= found.letters else None


def between(text: str, turn: Span, *, asked: bool) -> Iterator[Span]:
    """What of a turn is part of a number.

    Args:
        text: Went through `fold_width`.
        turn: Where the turn stands: there are parts of a number before it and after it.
        asked: Whether a number was asked for right before it, in place of that.
    """
    found = likeliest(text, *turn)
    if found is None:
        return
    sure = asked or 2 * found.of_turn >= found.letters or found.first - turn[0] <= 1
    enough = found.odds >= _EXPECTED and sure
    enough |= not asked and found.letters <= _SHORT and found.odds >= _DIGIT
    if enough and found.clear and not _is_figure(text, found):
        yield found.first, found.last
    yield from between(text, (turn[0], found.first), asked=asked)
    yield from between(text, (found.last, turn[1]), asked=asked)


def may_go_on(text: str, turn: Span) -> bool:
    """Whether a turn does not end a number that is read out before it: a murmur, or a digit that was misheard."""
    part = text[slice(*turn)]
    return "c" in kinds_of(part) or acknowledges(part) or not any(map(str.isalnum, part))


def _is_figure(text: str, found: Likely) -> bool:
    """Whether it counts something, or goes on as an amount or the like."""
    beside = text[max(0, found.first - 1) : found.first] + text[found.last : found.last + 1]
    return text.startswith(_COUNTED, found.last) or any(char in NUMERALS for char in beside)


def _is_row(text: str, found: Likely) -> bool:
    """Whether it is nothing but digits, which are judged by what they say, or figures with a word between."""
    part = text[found.first : found.last]
    if found.clear < found.numerals:
        return False
    return found.clear == sum(map(str.isalnum, part)) or not _APART.isdisjoint(part)


def likeliest(text: str, first: int, last: int, *, clear: int = 1) -> Likely | None:
    """The stretch of a turn that is likeliest a number; None where nothing speaks for one, or the turn is too long.

    Args:
        text: Went through `fold_width`.
        first: First character of the turn.
        last: One past its last.
        clear: Digits that the turn must have for anybody to look.
    """
    part = text[first:last]
    if len(part) > LONGEST or len(_DIGITS.findall(part)) < clear or _MASKED.search(part):
        return None
    weights, kinds = _weights(part)
    best, begin, end = 0.0, 0, 0
    total, since = 0.0, 0
    for at, weight in enumerate(weights):
        if total <= 0:
            total, since = 0.0, at
        total += weight
        if total > best:
            best, begin, end = total, since, at + 1
    if not end:
        return None
    inside = kinds[begin:end]
    numerals, of_turn = (sum(kind in "csn" for kind in part) for part in (inside, kinds))
    letters = len(kinds) - kinds.count(" ")
    return Likely(best, first + begin, first + end, inside.count("c"), numerals, of_turn, letters)


def widened(text: str, span: Span, bounds: Span) -> Iterator[Span]:
    """What is likely part of a number, right before and right after what is known of it.

    Args:
        text: Went through `fold_width`.
        span: The number.
        bounds: Its turn.
    """
    first, last = max(bounds[0], span[0] - _NEARBY), min(bounds[1], span[1] + _NEARBY)
    if _MASKED.search(text, first, last):
        return
    weights, kinds = _weights(text[first:last])
    begin, end = span[0] - first, span[1] - first
    after = _farthest(weights[end:], kinds[end:])
    before = _farthest(weights[:begin][::-1], kinds[:begin][::-1])
    if before:
        yield span[0] - before, span[0]
    if after:
        yield span[1], span[1] + after


def _farthest(weights: Sequence[float], kinds: str) -> int:
    """How many of the first speak most for a number together; none where they do not, or no digit is among them."""
    best, size, total = _UNSURE, 0, 0.0
    for at, (weight, kind) in enumerate(zip(weights, kinds, strict=True)):
        total += weight
        if kind == "q" or total < _AGAINST:
            break
        if total > best:
            best, size = total, at + 1
    return size if "c" in kinds[:size] else 0


@lru_cache(maxsize=2048)
def _weights(part: str) -> tuple[tuple[float, ...], str]:
    """What each character speaks for, and its kind as of `kinds_of`."""
    kinds = kinds_of(part)
    return tuple(
        _BETWEEN if kind == " " else _AGAINST if kind == "q" else _ODDS.get(_as_listed(char, said), _AGAINST)
        for char, said, kind in zip(part, syllables(part), kinds, strict=True)
    ), kinds


def _as_listed(char: str, said: str) -> str:
    if char.isascii():
        return _WRITTEN if char.isdecimal() else _LETTER
    return char if char in _ODDS else said
