"""Regular expressions that are safe to run on every call."""

from __future__ import annotations

import re
from collections.abc import Iterator
from re import _constants, _parser  # type: ignore[attr-defined]  # the only reader of patterns there is
from typing import Any

MAX_PATTERN = 1000
"""Characters of the longest pattern."""
_MANY = 20
"""Repeats from here up count as unbounded."""
_REPEATS = {_constants.MAX_REPEAT, _constants.MIN_REPEAT}


def pattern_problem(pattern: str) -> str:
    """Why a pattern cannot be used; empty where it can."""
    if len(pattern) > MAX_PATTERN:
        return f"longer than {MAX_PATTERN} characters"
    try:
        compiled = re.compile(pattern)
        tree = _parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return f"not a regular expression: {error}"
    if compiled.match("") is not None:
        return "matches the empty text"
    return "a repeat inside a repeat can run for ever; write it without nesting" if _nested(tree, False) else ""


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


def _nested(tree: Any, inside: bool) -> bool:
    """Whether an open-ended repeat contains another one."""
    for kind, value in tree:
        open_ended = kind in _REPEATS and value[1] >= _MANY
        if open_ended and inside:
            return True
        if any(_nested(part, inside or open_ended) for part in _parts(value)):
            return True
    return False


def _parts(value: Any) -> list[Any]:
    """The patterns inside a node's value, however deep they are wrapped."""
    if isinstance(value, _parser.SubPattern):
        return [value]
    if isinstance(value, list | tuple):
        return [part for item in value for part in _parts(item)]
    return []
