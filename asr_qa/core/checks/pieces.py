"""Words of one sentence made comparable: their plain, folded and spoken readings, each character tied to its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import sub

from asr_qa.core import numbers
from asr_qa.core.phonetic import SEPARATOR, is_mandarin
from asr_qa.core.segment import EPSILON
from asr_qa.core.text import PLAIN, Normalised, normalise
from asr_qa.core.transcript import HEARD, Utterance, Word, spread

JOIN = 2.0
"""Seconds between two words above which no phrase runs from one to the other."""
_CJK = "\u2e80"
"""First character of the scripts that do not part their words by blanks."""
LONG_WORD = 2
"""CJK characters above which a word's time is spread over them."""
_MARKS = "，。？！、；：…,?!;:"
_SIMPLE = re.compile(f"[\u4e00-\u9fff{_MARKS}]*|[\u4e00-\u9fff0-9，。？！、；,?!;]*")
"""Texts whose plain reading is what is left without the marks: a point or a colon may belong to a number."""
SIMPLE_LINES = re.compile(f"[\u4e00-\u9fff{_MARKS}{SEPARATOR}]*|[\u4e00-\u9fff0-9，。？！、；,?!;{SEPARATOR}]*")
"""Several of them, with separators between."""
MAY_BE_NUMBER = re.compile(f"[0-9]|{numbers.MAY_BE_SAID.pattern}")
_MAY_BE_LATIN = re.compile("[A-Za-z\x80-\u2e7f]")
_MARK = re.compile(f"[{_MARKS}]")
CUT = JOIN + EPSILON


@dataclass(slots=True)
class Reading:
    """A text with the words behind each character; never changed, but made too often to be frozen."""

    text: str
    firsts: Sequence[int]
    """Index of the first word behind each character."""
    lasts: Sequence[int]

    def words(self, start: int, end: int) -> tuple[int, int]:
        """First and last word behind the characters from `start` up to `end`."""
        return self.firsts[start], self.lasts[end - 1]


@dataclass(slots=True)
class Piece:
    """Words of one sentence that are said without a long pause, made comparable; words count from the first said."""

    words: Sequence[Word]
    texts: Sequence[str]
    starts: Sequence[float]
    ends: Sequence[float]
    plain: Reading
    folded: Reading
    spoken: Reading


def pieces_of(utterance: Utterance, base: int) -> list[Piece]:
    """An utterance cut at long pauses; none where it was not understood or says nothing."""
    words, texts = _timed_words(utterance)
    if not words:
        return []
    starts, ends = [word.start for word in words], [word.end for word in words]
    pauses = list(map(sub, starts[1:], ends))
    cuts = [n for n, pause in enumerate(pauses, 1) if pause > CUT] if pauses and max(pauses) > CUT else []
    found: list[Piece] = []
    for first, end in pairwise([0, *cuts, len(words)]):
        plain, folded, spoken = _readings(texts[first:end], base)
        if plain.text:
            part = slice(first, end)
            found.append(Piece(words[part], texts[part], starts[part], ends[part], plain, folded, spoken))
            base += end - first
    return found


def _timed_words(utterance: Utterance) -> tuple[Sequence[Word], list[str]]:
    """Words of an utterance, none longer than two characters, and their texts; laid out evenly where none are timed."""
    if utterance.status != HEARD:
        return (), []
    words: Sequence[Word] = utterance.words
    if not words:
        words = spread(utterance.text, utterance.segment, confidence=utterance.confidence)
        return words, [word.text for word in words]
    texts = [word.text for word in words]
    if max(map(len, texts)) > LONG_WORD:
        words = tuple(part for word in words for part in parts_of(word))
        texts = [word.text for word in words]
    return words, texts


Readings = tuple[Reading, Reading, Reading]
"""Plain, folded and spoken."""


def _readings(texts: Sequence[str], base: int) -> Readings:
    """Words made comparable; `base` is the index of the first of them in the stream."""
    text = "".join(texts)
    if not _SIMPLE.fullmatch(text):
        return _of_mixed(texts, base)
    owners: Sequence[int]
    if len(text) == len(texts) and all(texts):
        owners = range(base, base + len(texts))
    else:
        owners = [number for number, said in enumerate(texts, base) for _ in said]
    plain = unmarked(text, owners)
    if not MAY_BE_NUMBER.search(plain.text):
        return plain, plain, plain
    return _with_numbers(plain)


def unmarked(text: str, owners: Sequence[int]) -> Reading:
    """A text without its punctuation."""
    if not _MARK.search(text):
        return Reading(text, owners, owners)
    texts: list[str] = []
    kept: list[int] = []
    done = 0
    for mark in _MARK.finditer(text):
        at = mark.start()
        texts.append(text[done:at])
        kept += owners[done:at]
        done = at + 1
    kept += owners[done:]
    return Reading("".join(texts) + text[done:], kept, kept)


def _of_mixed(texts: Sequence[str], base: int) -> Readings:
    """The same for a text with letters, digits or unusual marks."""
    text, owners = "", []
    for number, part in enumerate(texts, base):
        if part[:1] < _CJK:
            part = _spaced(text, part)
        text += part
        owners += [number] * len(part)
    return _with_numbers(_rewritten(Reading(text, owners, owners), normalise(text, PLAIN)))


def _with_numbers(plain: Reading) -> Readings:
    """The same once the plain reading is known."""
    return plain, edited(plain, numbers.said(plain.text)), edited(plain, numbers.written(plain.text))


def edited(reading: Reading, edits: Iterable[numbers.Edit]) -> Reading:
    """A reading with some stretches rewritten: the same object where there are none."""
    edits = list(edits)
    if not edits:
        return reading
    text = replaced(reading.text, edits)
    if all(len(new) == end - first for first, end, new in edits):
        return Reading(text, reading.firsts, reading.lasts)  # letter for letter
    if reading.firsts is reading.lasts and all(len(new) in (0, end - first) for first, end, new in edits):
        kept: list[int] = []
        done = 0
        for first, end, new in edits:
            kept += reading.firsts[done : end if new else first]
            done = end
        kept += reading.firsts[done:]
        return Reading(text, kept, kept)
    firsts: list[int] = []
    lasts: list[int] = []
    done = 0
    for first, end, new in edits:
        even = len(new) == end - first  # then letter for letter
        firsts += reading.firsts[done : end if even else first]
        lasts += reading.lasts[done : end if even else first]
        if not even:
            firsts += [reading.firsts[first]] * len(new)
            lasts += [reading.lasts[end - 1]] * len(new)
        done = end
    return Reading(text, [*firsts, *reading.firsts[done:]], [*lasts, *reading.lasts[done:]])


def replaced(text: str, edits: Sequence[numbers.Edit]) -> str:
    """A text with some stretches rewritten."""
    texts: list[str] = []
    done = 0
    for first, end, new in edits:
        texts += (text[done:first], new)
        done = end
    return "".join(texts) + text[done:]


def _rewritten(reading: Reading, new: Normalised) -> Reading:
    """A reading after some steps of normalising."""
    if new.text == reading.text:
        return reading
    firsts = [reading.firsts[first] for first, _ in new.spans]
    return Reading(new.text, firsts, [reading.lasts[end - 1] for _, end in new.spans])


def parts_of(word: Word) -> tuple[Word, ...]:
    """A word of more than two Chinese characters as one word for each character."""
    if len(word.text) <= LONG_WORD or sum(map(is_mandarin, word.text)) <= LONG_WORD:
        return (word,)
    pace = (word.end - word.start) / len(word.text)
    return tuple(
        Word(char, word.start + i * pace, word.start + (i + 1) * pace, word.confidence)
        for i, char in enumerate(word.text)
    )


def may_be_latin(text: str) -> bool:
    """Whether there may be letters of a script that parts its words by blanks."""
    return _MAY_BE_LATIN.search(text) is not None


def written(texts: Sequence[str]) -> str:
    """Words as they are written."""
    text = "".join(texts)
    if not may_be_latin(text):
        return text.strip()
    text = ""
    for one in texts:
        text += _spaced(text, one)
    return text.strip()


def _spaced(text: str, part: str) -> str:
    """The next word, with a blank before it where two Latin words would run together."""
    return " " + part if text and part and is_latin(text[-1]) and is_latin(part[0]) else part


def is_latin(char: str) -> bool:
    """Whether a character is a letter of a script that parts its words by blanks."""
    return char.isalpha() and char < _CJK
