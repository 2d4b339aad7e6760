"""Patterns by sound: what is written with other characters of the same syllables is found, too.

A recogniser writes 转接 as 专接 and 李女士 as 里女是; a pattern that reads characters is deaf to all of that. Here the
words become a row of signs, one for each syllable (core.sounds), and a pattern is rewritten so that each Chinese
character in it stands for the signs that are the same syllable to the ear, or near ones. All else in it (repeats,
choices, digits, letters, what may stand between) means what it meant.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import regex

from asr_qa.core.checks.literals import WIDE, spelt_out
from asr_qa.core.checks.pieces import Reading
from asr_qa.core.phonetic import is_mandarin, readings
from asr_qa.core.sounds import LETTER, NEAR, OPAQUE, SAME, ear, unit

LEAST = 3
"""Chinese characters (or sets of such) that one way through a pattern must spell out to be looked for by sound: two
syllables in any context are mostly something else, and a number after them does not help (但好像是300 is no 单号)."""
_SIGNS = 0x4E00
"""Signs are Chinese characters, so that a dot, \\w or a range of all of them means what it meant."""
_ESCAPED = re.compile(r"\\[uUxN]")
"""A character by its number or name: it would be looked for among the signs."""
_NOTHING = chr(_SIGNS + OPAQUE)
_RUN = 64
"""Characters that are compared at once."""
_HEAD = re.compile(r"\(\?(?:\([^)]*\)|P?<[^=!>]*>|P[=>][^)]*\)|#[^)]*\)|[a-zA-Z-]*:?)?|\\.", re.DOTALL)
"""What stands in a pattern and means no character: openings of groups with their names, escapes."""


@dataclass(frozen=True, slots=True)
class BySound:
    """A pattern rewritten for signs."""

    same: str
    """For the same syllables."""
    near: str
    """For near ones, too."""
    spelt: int
    """Characters that the shortest way through it spells out: as many may be near only."""


@lru_cache(maxsize=10_000)
def by_sound(pattern: str, accents: tuple[str, ...]) -> BySound | None:
    """A pattern by sound, of the choices at its top only those that spell out enough.

    None where none of them does, where characters are written as escapes, or where what is left is no pattern (a
    choice that refers back to one left out).
    """
    ways = [way for way in choices(pattern) if spelt_out(way) >= LEAST]
    if not ways or _ESCAPED.search(pattern):
        return None
    same, near = ("|".join(_rewritten(way, accents, limit) for way in ways) for limit in (SAME, NEAR))
    try:
        regex.compile(near)
    except regex.error:
        return None
    return BySound(same, near, min(map(spelt_out, ways)))


def choices(pattern: str) -> list[str]:
    """What stands between the bars at the top of a pattern."""
    found, depth = [""], 0
    for part in _parts(pattern):
        if part == "|" and not depth:
            found.append("")
            continue
        depth += part.startswith("(?(") or (part.startswith("(") and not part.endswith(")"))
        depth -= part == ")"
        found[-1] += part
    return found


def _parts(pattern: str) -> Iterator[str]:
    """A pattern in order: what means no character, sets, and single characters."""
    at = 0
    while at < len(pattern):
        head = _HEAD.match(pattern, at)
        if head is not None:
            part = head[0]
        else:
            part = pattern[at : _end_of_set(pattern, at)] if pattern[at] == "[" else pattern[at]
        yield part
        at += len(part)


def _end_of_set(pattern: str, at: int) -> int:
    """One past the bracket that closes the set that opens at a place."""
    end = at + 1 + pattern.startswith("^", at + 1)
    end += pattern.startswith("]", end)
    while end < len(pattern) and pattern[end] != "]":
        inner = _HEAD.match(pattern, end)
        end += len(inner[0]) if inner is not None and pattern[end] != "(" else 1
    return end + 1


def _rewritten(pattern: str, accents: tuple[str, ...], limit: int) -> str:
    """A pattern for signs; characters that follow each other are read as the words they make."""
    parts = list(_parts(pattern))
    said = _read(parts)
    return "".join(
        _set(part, accents, limit)
        if part.startswith("[")
        else _either(_signs(reading, accents, limit))
        if reading
        else part
        for part, reading in zip(parts, said, strict=True)
    )


def _read(parts: Sequence[str]) -> list[str]:
    """How each part is read that is a Chinese character; nothing for the others."""
    found: list[str] = []
    at = 0
    while at < len(parts):
        end = at
        while end < len(parts) and len(parts[end]) == 1 and is_mandarin(parts[end]):
            end += 1
        found += readings("".join(parts[at:end])) if end > at else [""]
        at = max(end, at + 1)
    return found


def _set(part: str, accents: tuple[str, ...], limit: int) -> str:
    """A set for signs; a range so wide that it means any Chinese character stays."""
    out, at, inner = "[", 1, len(part) - 1
    while at < inner:
        step = 2 if part[at] == "\\" else 3 if part[at + 1 : at + 2] == "-" and at + 2 < inner else 1
        some = part[at : at + step]
        named = _named(some[0], some[-1]) if step != 2 and is_mandarin(some[0]) else ""
        out += "".join(dict.fromkeys("".join(_signs(one, accents, limit) for one in map(_alone, named)))) or some
        at += step
    return out + "]"


def _named(first: str, last: str) -> str:
    """The characters of a range; none where it is too wide to mean each of them."""
    return "".join(map(chr, range(ord(first), ord(last) + 1))) if ord(last) - ord(first) < WIDE else ""


def _alone(char: str) -> str:
    """How a character is read by itself."""
    return readings(char)[0]


def _either(signs: str) -> str:
    return signs if len(signs) == 1 else f"[{signs}]"


@lru_cache(maxsize=10_000)
def _signs(reading: str, accents: tuple[str, ...], limit: int) -> str:
    """The signs of every syllable that may be heard for a reading at so much cost."""
    code = unit(reading)[0]
    costs = ear(accents).costs[code]
    return "".join(chr(_SIGNS + one) for one in sorted({code, *np.flatnonzero(costs <= limit).tolist()}))


def sounded(reading: Reading, like: Reading, signs: str) -> Reading:
    """A reading with a sign in place of each Chinese character.

    Args:
        reading: The plain or the folded one.
        like: The same words in another reading, most of it letter for letter: numbers are written otherwise.
        signs: Those of `like`.
    """
    text, firsts, lasts = reading.text, reading.firsts, reading.lasts
    if text == like.text:
        return Reading(signs, firsts, lasts)
    parts: list[str] = []
    at = other = 0
    while at < len(text):
        same = _common(text, at, like.text, other)
        parts.append(signs[other : other + same])
        at, other = at + same, other + same
        if at < len(text):
            end = bisect_right(lasts, lasts[at], at)
            parts += [_sign(_alone(char)) or _kept(char) for char in text[at:end]]
            other = bisect_right(like.lasts, lasts[at])
            at = end
    return Reading("".join(parts), firsts, lasts)


def _common(one: str, at: int, other: str, place: int) -> int:
    """How many characters are the same in two texts from some places on."""
    count = 0
    while (run := one[at + count : at + count + _RUN]) and run == other[place + count : place + count + _RUN]:
        count += len(run)
    pairs = zip(run, other[place + count : place + count + _RUN], strict=False)
    return count + next(
        (number for number, (a, b) in enumerate(pairs) if a != b), min(len(run), len(other) - place - count)
    )


def signs_of(text: str, said: Sequence[str]) -> str:
    """A sign for each Chinese character of a text, all others as they are.

    Args:
        said: How each character is read.
    """
    return "".join([sign or _kept(char) for char, sign in zip(text, map(_sign, said), strict=True)])


def _kept(char: str) -> str:
    """A character that has no reading; a Chinese one is like nothing."""
    return _NOTHING if is_mandarin(char) else char


@lru_cache(maxsize=8192)
def _sign(reading: str) -> str:
    """The sign of a reading; none for what is not read as a syllable."""
    code = unit(reading)[0]
    return chr(_SIGNS + code) if code < LETTER else ""
