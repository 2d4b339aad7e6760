"""Rules written in traditional characters: transcripts are in simplified ones, so rules are read as such."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

_RANGE = re.compile(r"(.-.)", re.DOTALL)
"""A range in a set of characters: its ends are places in a table, not words."""


def simplified(text: str) -> str:
    """The text in simplified characters; 請您稍等 is 请您稍等."""
    return text if text.isascii() else _converter()(text)


def simplified_pattern(pattern: str) -> str:
    """A regular expression in simplified characters; ranges such as [一-龥] stay as they are."""
    if pattern.isascii():
        return pattern
    return "".join(part if _RANGE.fullmatch(part) else simplified(part) for part in _RANGE.split(pattern))


@cache
def _converter() -> Callable[[str], str]:
    from opencc import OpenCC  # here, for not every process that imports rules reads any

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
