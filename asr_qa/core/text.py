"""Text made comparable: chains of small steps that never lose where each character came from.

Three readings of the same words are used for matching: PLAIN (no punctuation, one case), FOLDED
(numbers as digits: 百分之百 and 100% are both 100%) and SPOKEN (numbers as they are read aloud).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache, reduce

from asr_qa.core import numbers
from asr_qa.core.numbers import Edit

Span = tuple[int, int]
"""First character and one past the last, in the raw text."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text after some steps, each character with the stretch of the raw text it stands for."""

    text: str
    spans: tuple[Span, ...]
    """One per character of `text`."""


Step = Callable[[Normalised], Normalised]

_FILLERS = frozenset("嗯呃唔")
_APOSTROPHES = frozenset("'’‘`")


def normalise(text: str, chain: Iterable[Step]) -> Normalised:
    """Run a text through the steps of a chain, in order."""
    raw = Normalised(text, tuple((i, i + 1) for i in range(len(text))))
    return reduce(lambda done, step: step(done), chain, raw)


def fold_forms(raw: Normalised) -> Normalised:
    """Full-width, compatibility and upper-case forms become their plain ones (NFKC, lower case)."""
    if unicodedata.is_normalized("NFKC", raw.text) and raw.text == raw.text.lower():
        return raw
    return _gather((form, span) for char, span in zip(raw.text, raw.spans, strict=True) for form in _plain_form(char))


def drop_punctuation(raw: Normalised) -> Normalised:
    """Only letters, digits and % stay; one blank is left between two Latin words, a point inside a number.

    An apostrophe inside a word goes without a blank: I'm, I’m and Im are one.
    """
    text = raw.text
    if text.isalnum():
        return raw
    kept: list[tuple[str, Span]] = []
    pending = ""
    for index, (char, span) in enumerate(zip(text, raw.spans, strict=True)):
        if not (char.isalnum() or char == "%"):
            pending = pending or char
            continue
        before = kept[-1][0] if kept else ""
        if pending and _is_latin(before) and _is_latin(char):
            if not (pending in _APOSTROPHES and text[index - 2].isalnum()):
                kept.append((" ", span))
        elif pending == "." and text[index - 1] == "." and before.isdecimal() and char.isdecimal():
            kept.append((".", span))
        kept.append((char, span))
        pending = ""
    return _gather(kept)


def read_marks(raw: Normalised) -> Normalised:
    """Marks of numbers become what is read: 3:30 3点30, 3-5 3到5, 3/4 4分之3, 2026-11-22 2026年11月22日."""
    return _edited(raw, numbers.marked(raw.text))


def fold_numbers(raw: Normalised) -> Normalised:
    """Spoken numbers become digits: 二十四小时 24小时, 幺三八 138, 百分之百 100%, 1.5万 15000."""
    return _edited(raw, numbers.said(raw.text))


def spell_numbers(raw: Normalised) -> Normalised:
    """Written numbers become what is said: 24 二十四, 13800 幺三八零零, 100% 百分之百."""
    return _edited(raw, numbers.written(raw.text))


def drop_fillers(raw: Normalised) -> Normalised:
    """Hesitations (嗯 呃 唔) go."""
    return _gather((char, span) for char, span in zip(raw.text, raw.spans, strict=True) if char not in _FILLERS)


PLAIN: tuple[Step, ...] = (fold_forms, read_marks, drop_punctuation)
FOLDED: tuple[Step, ...] = (*PLAIN, fold_numbers)
SPOKEN: tuple[Step, ...] = (*PLAIN, spell_numbers)


def plain(text: str) -> str:
    """The text in its PLAIN reading."""
    return normalise(text, PLAIN).text


def _gather(pairs: Iterable[tuple[str, Span]]) -> Normalised:
    kept = list(pairs)
    return Normalised("".join(char for char, _ in kept), tuple(span for _, span in kept))


@lru_cache(maxsize=20000)
def _plain_form(char: str) -> str:
    return unicodedata.normalize("NFKC", char).lower()


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u2e80"


def _edited(raw: Normalised, edits: Iterable[Edit]) -> Normalised:
    """Rewrite some stretches; letters for letters where the lengths agree, else all stand for the whole stretch."""
    text, spans = raw.text, raw.spans
    out: list[tuple[str, Span]] = []
    done = 0
    for first, last, new in edits:
        out += zip(text[done:first], spans[done:first], strict=True)
        whole = (spans[first][0], spans[last - 1][1])
        same = len(new) == last - first
        out += ((char, spans[first + i] if same else whole) for i, char in enumerate(new))
        done = last
    if not done:
        return raw
    out += zip(text[done:], spans[done:], strict=True)
    return _gather(out)
