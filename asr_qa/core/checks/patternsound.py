"""Patterns by sound: what is written with other characters of the same syllables is found, too.

A recogniser writes 转接 as 专接 and 李女士 as 里女是; a pattern that reads characters is deaf to all of that. Here the
words become a row of signs, one for each syllable (core.sounds), and a pattern is rewritten so that each Chinese
character in it stands for the signs that are the same syllable to the ear, or near ones. All else in it (repeats,
choices, digits, letters, what may stand between) means what it meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from asr_qa.core.checks.literals import WIDE, spelt_out
from asr_qa.core.checks.pieces import Reading
from asr_qa.core.phonetic import is_mandarin, readings
from asr_qa.core.sounds import NEAR, SAME, ear, unit

LEAST = 3
"""Characters (or sets of such) that one way through a pattern must spell out to be looked for by sound: two syllables
in any context are mostly something else."""
_SIGNS = 0x4E00
"""Signs are Chinese characters, so that a dot, \\w or a range of all of them means what it meant."""
_HEAD = re.compile(r"\(\?(?:P?<[^=!>]*>|P[=>][^)]*\)|#[^)]*\)|[a-zA-Z-]*:?)?|\\.", re.DOTALL)
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
    """A pattern by sound, of the choices at its top only those that spell out enough; None where none of them does."""
    ways = [way for way in choices(pattern) if spelt_out(way) >= LEAST]
    if not ways:
        return None
    same, near = ("|".join(_rewritten(way, accents, limit) for way in ways) for limit in (SAME, NEAR))
    return BySound(same, near, min(map(spelt_out, ways)))


def choices(pattern: str) -> list[str]:
    """What stands between the bars at the top of a pattern."""
    found, depth = [""], 0
    for part in _parts(pattern):
        if part == "|" and not depth:
            found.append("")
            continue
        if part.startswith("(") and not part.endswith(")"):
            depth += 1
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


def sounded(reading: Reading, spoken: Reading, said: Sequence[str]) -> Reading:
    """A reading with a sign in place of each Chinese character.

    Args:
        reading: The plain or the folded one.
        spoken: The same words with numbers spelt out.
        said: How each character of `spoken` is read.
    """
    if reading is spoken:
        heard = [*said]
    else:
        known = {(first, char): one for first, char, one in zip(spoken.firsts, spoken.text, said, strict=True)}
        pairs = zip(reading.firsts, reading.text, strict=True)
        heard = [known.get(pair) or _alone(pair[1]) for pair in pairs]
    pairs_ = zip(reading.text, heard, strict=True)
    return Reading("".join([_sign(char, one) for char, one in pairs_]), reading.firsts, reading.lasts)


def _sign(char: str, reading: str) -> str:
    return chr(_SIGNS + unit(reading)[0]) if is_mandarin(char) else char
