"""What every match of a pattern must hold: texts that are looked for before the pattern is tried at all, and how much
it spells out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]  # how patterns are parsed has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick

from asr_qa.core.phonetic import SEPARATOR, is_mandarin

Texts = frozenset[str]
Needs = tuple[tuple[str, ...], ...]
"""Sets of texts: one of each set must stand there."""
_POSIX = re.compile(r"\[:\^?\w+:\]")
"""[:digit:] inside a set: the parser takes it for letters, and what follows for texts."""
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
WIDE = 1000
"""Characters of a range that means any of them."""
_MOST = 50
"""More texts than these are not worth looking for."""


class Literals:
    """Texts that patterns need, looked for all at once; a text that runs across a separator stands nowhere."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = frozenset(text for text in texts if text and SEPARATOR not in text)
        self._automaton = ahocorasick.Automaton()
        for text in self.texts:
            self._automaton.add_word(text, text)
        if self.texts:
            self._automaton.make_automaton()

    def search(self, text: str) -> Iterator[tuple[int, str]]:
        """Each of them wherever it stands in a text, with its last character."""
        found: Iterator[tuple[int, str]] = self._automaton.iter(text) if self.texts else iter(())
        return found


@lru_cache(maxsize=10_000)
def required(pattern: str) -> Needs:
    """What every match of a pattern holds, in lower case, the rarest first; nothing where there is no telling."""
    if _POSIX.search(pattern):
        return ()
    try:
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return ()  # the engine that runs patterns knows more than this parser
    if parsed.state.flags & (re.IGNORECASE | re.VERBOSE | re.LOCALE):
        return ()
    found = sorted(_all(list(parsed)), key=_rarity, reverse=True)
    lower = (tuple(sorted({text.lower() for text in texts})) for texts in found if len(texts) <= _MOST)
    return tuple(dict.fromkeys(lower))


@lru_cache(maxsize=10_000)
def spelt_out(pattern: str) -> int:
    """Chinese characters that every match of a pattern holds at least, each named or of a set that names them all."""
    if _POSIX.search(pattern):
        return 0
    try:
        return _spelt(list(parser.parse(pattern)))
    except (re.error, OverflowError, RecursionError):
        return 0


def _spelt(items: Sequence[tuple[Any, Any]]) -> int:
    """The same for a row of parts."""
    count = 0
    for kind, value in items:
        if kind is codes.LITERAL:
            count += is_mandarin(chr(value))
        elif kind is codes.IN:
            count += all(map(_names, value))
        elif kind is codes.BRANCH:
            count += min(_spelt(list(branch)) for branch in value[1])
        elif kind in _REPEATS:
            count += value[0] * _spelt(list(value[2]))
        elif kind is codes.SUBPATTERN:
            count += _spelt(list(value[3]))
        elif kind is codes.ATOMIC_GROUP:
            count += _spelt(list(value))
    return count


def _names(member: tuple[Any, Any]) -> bool:
    """Whether a member of a set names Chinese characters: one, or a few in a row."""
    kind, value = member
    if kind is codes.RANGE:
        return bool(value[1] - value[0] < WIDE) and is_mandarin(chr(value[0]))
    return kind is codes.LITERAL and is_mandarin(chr(value))


def _rarity(texts: Texts) -> tuple[int, int]:
    """Greater for what is rarer: the set whose shortest text is longest."""
    return min(map(len, texts)), -len(texts)


def _all(items: Sequence[tuple[Any, Any]]) -> list[Texts]:
    """All that a row of parts needs."""
    found: list[Texts] = []
    run = ""
    for kind, value in items:
        if kind is codes.LITERAL:
            run += chr(value)
            continue
        found += [frozenset({run})] if run else []
        run = ""
        found += _part(kind, value)
    return found + ([frozenset({run})] if run else [])


def _part(kind: Any, value: Any) -> list[Texts]:
    """What one part needs that is no letter."""
    if kind is codes.SUBPATTERN:
        _, on, off, inner = value
        return [] if on or off else _all(list(inner))
    if kind is codes.BRANCH:
        either = _any(_all(list(branch)) for branch in value[1])
        return [either] if either else []
    if kind in _REPEATS and value[0] > 0:
        return _all(list(value[2]))
    if kind is codes.ATOMIC_GROUP:
        return _all(list(value))
    if kind is codes.IN:
        return _one_of(value)
    return []


def _one_of(members: Iterable[tuple[Any, Any]]) -> list[Texts]:
    """The letters of a set; nothing where they are many, or those that are not in it."""
    found: set[str] = set()
    for kind, value in members:
        if kind not in (codes.LITERAL, codes.RANGE):
            return []
        first, last = (value, value) if kind is codes.LITERAL else value
        if last - first + len(found) >= _MOST:
            return []
        found |= set(map(chr, range(first, last + 1)))
    return [frozenset(found)] if found else []


def _any(branches: Iterable[Sequence[Texts]]) -> Texts:
    """What one of several branches needs, by what is rarest in each; nothing where one of them needs nothing."""
    found: set[str] = set()
    for needs in branches:
        if not needs:
            return frozenset()
        rarest: Texts = max(needs, key=_rarity)
        found |= rarest
    return frozenset(found)
