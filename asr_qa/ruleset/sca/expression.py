"""Expressions such as a&&(b||!c)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from asr_qa.messages import SaidError, say

_TOKEN = re.compile(r"\s*(&&?|\|\|?|!|\(|\)|[A-Za-z0-9_]+|$)")
_WORDS = {"and": "&", "or": "|", "not": "!"}
_WIDE = str.maketrans("（）！＆｜", "()!&|")
MAX_LENGTH = 20_000
"""Characters of the longest expression."""
MAX_DEPTH = 15
"""Brackets and negations inside each other; each takes two levels of a rule."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A name, or an operator with its parts."""

    kind: str
    """ "name", "any", "all" or "not"."""
    name: str = ""
    parts: tuple[Expression, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Every name in it, each once, in order."""
        return tuple(dict.fromkeys(self._names()))

    def _names(self) -> Iterator[str]:
        if self.kind == "name":
            yield self.name
        for part in self.parts:
            yield from part._names()


def parse_expression(text: str) -> Expression:
    """Read an expression: ! binds closest, then &&, then ||.

    Raises:
        SaidError: It cannot be read; with the column.
    """
    if len(text) > MAX_LENGTH:
        raise SaidError(say("pattern_long", limit=MAX_LENGTH))
    reader = _Reader(list(_tokens(text.translate(_WIDE))))
    found = reader.either(0)
    sign, column = reader.next()
    if sign:
        raise SaidError(say("sign_too_many", sign=sign, column=column))
    return found


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    position = 0
    while True:
        token = _TOKEN.match(text, position)
        if token is None:
            raise SaidError(say("sign_unknown", sign=text[position:].lstrip()[:1], column=position + 1))
        word = _WORDS.get(token[1].lower(), token[1])
        yield (word[:1] if word[:1] in "&|" else word), token.start(1) + 1
        if not token[1]:
            return
        position = token.end()


class _Reader:
    def __init__(self, tokens: list[tuple[str, int]]) -> None:
        self._tokens, self._at = tokens, 0

    def next(self) -> tuple[str, int]:
        return self._tokens[self._at]

    def take(self) -> tuple[str, int]:
        token = self._tokens[self._at]
        self._at += bool(token[0])
        return token

    def either(self, depth: int) -> Expression:
        return self._row("|", "any", self.both, depth)

    def both(self, depth: int) -> Expression:
        return self._row("&", "all", self.single, depth)

    def _row(self, sign: str, kind: str, part: Callable[[int], Expression], depth: int) -> Expression:
        parts = [part(depth)]
        while self.next()[0] == sign:
            self.take()
            parts.append(part(depth))
        flat = [inner for one in parts for inner in (one.parts if one.kind == kind else (one,))]
        return parts[0] if len(parts) == 1 else Expression(kind, parts=tuple(flat))

    def single(self, depth: int) -> Expression:
        sign, column = self.take()
        if depth > MAX_DEPTH:
            raise SaidError(say("nested_deeper", limit=MAX_DEPTH))
        if sign == "!":
            inner = self.single(depth + 1)
            return inner.parts[0] if inner.kind == "not" else Expression("not", parts=(inner,))
        if sign == "(":
            inner = self.either(depth + 1)
            if self.take()[0] != ")":
                raise SaidError(say("bracket_open", column=column))
            return inner
        if not sign:
            raise SaidError(say("name_missing_end"))
        if sign in "&|)":
            raise SaidError(say("name_missing", sign=sign, column=column))
        return Expression("name", name=sign)
