"""What every match of a pattern must hold: texts that are looked for before the pattern is tried at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from re import _constants as codes  # type: ignore[attr-defined]  # how patterns are parsed has no public name
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

Texts = frozenset[str]
_POSIX = re.compile(r"\[:\^?\w+:\]")
"""[:digit:] inside a set: the parser takes it for letters, and what follows for texts."""
_MOST = 50
"""More texts than these are not worth looking for."""


@lru_cache(maxsize=10_000)
def required(pattern: str) -> tuple[str, ...]:
    """Texts of which every match of a pattern holds at least one, in lower case; none where there is no telling."""
    if _POSIX.search(pattern):
        return ()
    try:
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return ()  # the engine that runs patterns knows more than this parser
    if parsed.state.flags & (re.IGNORECASE | re.VERBOSE | re.LOCALE):
        return ()
    found = _of(list(parsed))
    return tuple(sorted({text.lower() for text in found})) if found and len(found) <= _MOST else ()


def _of(items: Sequence[tuple[Any, Any]]) -> Texts:
    """Of all that a row of parts needs, what is rarest: the set whose shortest text is longest."""
    choices: list[Texts] = []
    run = ""
    for kind, value in items:
        if kind is codes.LITERAL:
            run += chr(value)
            continue
        choices += [frozenset({run})] if run else []
        run = ""
        if inner := _part(kind, value):
            choices.append(inner)
    choices += [frozenset({run})] if run else []
    return max(choices, key=lambda texts: (min(map(len, texts)), -len(texts)), default=frozenset())


def _part(kind: Any, value: Any) -> Texts:
    """What one part needs that is no letter."""
    if kind is codes.SUBPATTERN:
        _, on, off, inner = value
        return frozenset() if on or off else _of(list(inner))
    if kind is codes.BRANCH:
        return _any(_of(list(branch)) for branch in value[1])
    if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT) and value[0] > 0:
        return _of(list(value[2]))
    if kind is codes.ATOMIC_GROUP:
        return _of(list(value))
    return frozenset()


def _any(branches: Iterable[Texts]) -> Texts:
    """What one of several branches needs; nothing where one of them needs nothing."""
    found: set[str] = set()
    for texts in branches:
        if not texts:
            return frozenset()
        found |= texts
    return frozenset(found)
