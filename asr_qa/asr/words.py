"""From what a recogniser emits to words: tokens joined, simplified characters, times on the recording clock."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from asr_qa.asr.packing import Placed
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Word, spread


@dataclass(frozen=True, slots=True)
class Token:
    """What a recogniser emits at once: a character, a mark, or a part of a word of letters."""

    text: str
    """Begins with a blank where the recogniser's own marks say that a new word begins."""
    start: float
    """Second of the window."""
    probability: float | None = None
    """None where the engine gives none."""


@dataclass(frozen=True, slots=True)
class StartedWord:
    """A word of which only the start is known."""

    text: str
    start: float
    """Second of the window."""
    confidence: float | None = None


CONTINUES = "@@"
"""Paraformer's mark after a part of a word that the next token goes on with."""


def joined(tokens: Iterable[Token]) -> list[StartedWord]:
    """Words of tokens: parts of a word of letters together, marks with the word before them."""
    groups: list[list[Token]] = []
    glued = False
    for token in tokens:
        bare = token.text.strip()
        if not bare:
            glued = False
            continue
        mark = not any(char.isalnum() for char in bare)
        if groups and (mark or glued or _goes_on(groups[-1][-1].text, token.text)):
            groups[-1].append(token)
        elif not mark:
            groups.append([token])
        glued = bare.endswith(CONTINUES)
    return [_word(group) for group in groups]


def _goes_on(before: str, text: str) -> bool:
    """Whether a token is the next part of a word that BPE cut: letters without a blank right after letters."""
    return _latin(before[-1:]) and _latin(text[:1])


def _latin(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "'")


def _word(group: Sequence[Token]) -> StartedWord:
    known = [token.probability for token in group if token.probability is not None]
    confidence = sum(known) / len(known) if known else None
    return StartedWord("".join(t.text.strip().removesuffix(CONTINUES) for t in group), group[0].start, confidence)


def anchored(text: str, starts: Sequence[float], within: Segment) -> list[StartedWord]:
    """Words of a text whose tokens cannot be read one by one.

    Args:
        text: What was heard.
        starts: Times of the tokens, seconds of the window; the words get them in proportion.
        within: Stretch of the window over which the words are laid evenly where there are no times.
    """
    words = spread(text, within)
    times = [starts[index * len(starts) // len(words)] if starts else word.start for index, word in enumerate(words)]
    return [StartedWord(word.text, time) for word, time in zip(words, times, strict=True)]


def on_recording(words: Sequence[StartedWord], placed: Placed) -> tuple[Word, ...]:
    """Words on the recording clock, in order, inside their piece; the outer edges are the speech detector's."""
    edges = [placed.to_recording(word.start) for word in words[1:]]
    edges = list(itertools.accumulate([placed.piece.start, *edges, placed.piece.end], max))
    return tuple(Word(word.text, edges[i], edges[i + 1], word.confidence) for i, word in enumerate(words))


@cache
def simplifier() -> Callable[[str], str]:
    """From traditional to simplified characters."""
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
