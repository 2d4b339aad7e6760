"""Regular expressions that are safe to run on every call."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from math import prod
from re import _constants, _parser  # type: ignore[attr-defined]  # the only reader of patterns there is
from typing import Any

import regex

from asr_qa.errors import Said
from asr_qa.messages import say
from asr_qa.ruleset.foreign import translated

MAX_PATTERN = 1000
"""Characters of the longest pattern."""
MAX_PATHS = 3_000_000
"""Ways to try a pattern from one place above which it is refused."""
_LONGEST = 3000
"""Characters of a very long call: what an open-ended repeat can reach."""
_ENOUGH = 64
"""Rounds that make any choice explode."""
_APPROXIMATE = re.compile(r"(?<!\\)(?:\\\\)*\{(?!\d*,?\d*\})")
"""A brace that the engine reads as "about so", e.g. {e<=1}, and the parser that bounds patterns reads as letters."""
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT}


def pattern_problem(pattern: str) -> Said | None:
    """Why a pattern cannot be used; None where it can."""
    if len(pattern) > MAX_PATTERN:
        return say("pattern_long", limit=MAX_PATTERN)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # a set that will be read otherwise one day
            compiled = re.compile(pattern)
            tree = _parser.parse(pattern)
            regex.compile(pattern)
    except (re.error, regex.error, RecursionError, OverflowError, FutureWarning) as error:
        return say("pattern_wrong", problem=translated(str(error)))
    if _APPROXIMATE.search(pattern):
        return say("pattern_about")
    if compiled.match("") is not None:
        return say("pattern_empty")
    if _paths(tree) > MAX_PATHS:
        return say("pattern_slow")
    return None


def literals(pattern: str) -> frozenset[str]:
    """The characters a (valid) pattern names one by one, outside sets."""
    return frozenset(_literals(_parser.parse(pattern)))


def _literals(tree: Any) -> Iterator[str]:
    for kind, value in tree:
        if kind is _constants.LITERAL:
            yield chr(value)
        elif kind is not _constants.IN:
            for part in _parts(value):
                yield from _literals(part)


def _paths(tree: Any) -> float:
    """Upper estimate of the ways in which a pattern can be tried from one place: what backtracking costs at worst."""
    ways = 1.0
    for kind, value in tree:
        if kind in _REPEATS:
            ways *= _repeated(_paths(value[2]), *(int(bound) for bound in value[:2]))
        elif kind is _constants.BRANCH:
            ways *= sum(_paths(branch) for branch in value[1])
        else:
            ways *= prod(_paths(part) for part in _parts(value))
    return ways


def _repeated(inner: float, least: int, most: int) -> float:
    """Ways through a repeat: its lengths, or, where each round has several ways, all their combinations."""
    most = min(most, _LONGEST)
    if inner <= 1.0:
        return most - least + 1.0
    return (most - least + 1.0) * inner ** min(most, _ENOUGH)


def _parts(value: Any) -> list[Any]:
    """The patterns inside a node's value, however deep they are wrapped."""
    if isinstance(value, _parser.SubPattern):
        return [value]
    if isinstance(value, list | tuple):
        return [part for item in value for part in _parts(item)]
    return []
