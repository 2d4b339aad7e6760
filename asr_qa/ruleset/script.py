"""Script templates: (a|b) one of, [x] optional, {slot} a few words of any kind."""

from __future__ import annotations

from collections.abc import Iterator

from asr_qa.core.text import plain
from asr_qa.messages import SaidError, say

MAX_VARIANTS = 256
"""Ways to say one line above which it has to be split."""
_WIDE = str.maketrans("（）｜［］｛｝", "()|[]{}")
_CLOSING = {"(": ")", "[": "]"}

Tokens = tuple[str | None, ...]
"""Texts and slots (None) in the order they are said."""


def variants(line: str) -> tuple[tuple[str, ...], ...]:
    """Every way to say a line, each a chain of texts with a slot between each two.

    Raises:
        SaidError: A bracket is left open, the line says nothing, or there are more than MAX_VARIANTS ways.
    """
    options, rest = _alternatives(line.translate(_WIDE), "")
    if rest:
        raise SaidError(say("script_closes", sign=rest[0], line=line))
    chains = dict.fromkeys(_chain(tokens) for tokens in options)
    if () in chains:
        raise SaidError(say("script_empty", line=line))
    return tuple(chains)


def _alternatives(text: str, closing: str) -> tuple[list[Tokens], str]:
    """Read alternatives up to a closing bracket; gives what is left from there on."""
    found: list[Tokens] = []
    current: list[Tokens] = [()]
    while text and text[0] not in ")]":
        if text[0] == "|":
            found, current, text = found + current, [()], text[1:]
            continue
        options, text = _piece(text)
        current = [(*one, *other) for one in current for other in options]
        if len(current) + len(found) > MAX_VARIANTS:
            raise SaidError(say("script_many", limit=MAX_VARIANTS))
    if closing and not text.startswith(closing):
        raise SaidError(say("script_missing", sign=closing))
    return found + current, text


def _piece(text: str) -> tuple[list[Tokens], str]:
    """Read one bracket, slot or stretch of plain text."""
    if (first := text[0]) in _CLOSING:
        options, rest = _alternatives(text[1:], _CLOSING[first])
        return ([(), *options] if first == "[" else options), rest[1:]
    if first == "{":
        name, closed, rest = text[1:].partition("}")
        if not closed:
            raise SaidError(say("script_slot", name=name))
        return [(None,)], rest
    length = next((i for i, char in enumerate(text) if char in "()[]{}|"), len(text))
    if length == 0:
        raise SaidError(say("script_nothing", sign=first))
    return [(text[:length],)], text[length:]


def _chain(tokens: Tokens) -> tuple[str, ...]:
    return tuple(_texts(tokens))


def _texts(tokens: Tokens) -> Iterator[str]:
    """Neighbouring texts joined, slots as cuts, what says nothing left out."""
    text = ""
    for token in (*tokens, None):
        if token is not None:
            text += token
            continue
        if plain(text):
            yield text
        text = ""
