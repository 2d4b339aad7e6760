"""Words of one sentence made comparable: their plain, folded and spoken readings, each character tied to its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from asr_qa.core import numbers
from asr_qa.core.phonetic import is_mandarin
from asr_qa.core.segment import EPSILON
from asr_qa.core.text import PLAIN, Normalised, normalise
from asr_qa.core.transcript import HEARD, Utterance, Word, spread

JOIN = 2.0
"""Seconds between two words above which no phrase runs from one to the other."""
_CJK = "\u2e80"
"""First character of the scripts that do not part their words by blanks."""
_LONG_WORD = 2
"""CJK characters above which a word's time is spread over them."""
_MARKS = "，。？！、；：…,?!;:"
_SIMPLE = re.compile(f"[\u4e00-\u9fff{_MARKS}]*|[\u4e00-\u9fff0-9，。？！、；,?!;]*")
"""Texts whose plain reading is what is left without the marks: a point or a colon may belong to a number."""
_MAY_BE_NUMBER = re.compile(f"[0-9]|{numbers.MAY_BE_SAID.pattern}")
_MAY_BE_LATIN = re.compile("[A-Za-z\x80-\u2e7f]")
_MARK = re.compile(f"[{_MARKS}]")


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
    plain: Reading
    folded: Reading
    spoken: Reading


def timed_words(utterance: Utterance) -> Sequence[Word]:
    """Words of an utterance, none longer than two characters; laid out evenly where the engine gave no times."""
    if utterance.status != HEARD:
        return ()
    if not utterance.words:
        return spread(utterance.text, utterance.segment, confidence=utterance.confidence)
    if max([len(word.text) for word in utterance.words]) <= _LONG_WORD:
        return utterance.words
    return tuple(part for word in utterance.words for part in _parts(word))


def pieces_of(utterance: Utterance, base: int) -> list[Piece]:
    """An utterance cut at long pauses; none where it was not understood or says nothing."""
    words = timed_words(utterance)
    if not words:
        return []
    cuts = [n for n, (one, other) in enumerate(pairwise(words), 1) if other.start - one.end > JOIN + EPSILON]
    if not cuts:
        piece = _piece(words, base)
        return [piece] if piece.plain.text else []
    found: list[Piece] = []
    for first, end in pairwise([0, *cuts, len(words)]):
        piece = _piece(words[first:end], base)
        if piece.plain.text:
            found.append(piece)
            base += end - first
    return found


def _piece(words: Sequence[Word], base: int) -> Piece:
    """Words made comparable; `base` is the index of the first of them in the stream."""
    texts = [word.text for word in words]
    text = "".join(texts)
    if not _SIMPLE.fullmatch(text):
        return _mixed_piece(words, base)
    owners: Sequence[int]
    if len(text) == len(texts) and all(texts):
        owners = range(base, base + len(texts))
    else:
        owners = [number for number, said in enumerate(texts, base) for _ in said]
    plain = _unmarked(text, owners)
    if not _MAY_BE_NUMBER.search(plain.text):
        return Piece(words, plain, plain, plain)
    return _with_numbers(words, plain)


def _unmarked(text: str, owners: Sequence[int]) -> Reading:
    """A text without its punctuation."""
    texts: list[str] = []
    kept: list[int] = []
    done = 0
    for mark in _MARK.finditer(text):
        at = mark.start()
        texts.append(text[done:at])
        kept += owners[done:at]
        done = at + 1
    if not done:
        return Reading(text, owners, owners)
    kept += owners[done:]
    return Reading("".join(texts) + text[done:], kept, kept)


def _mixed_piece(words: Sequence[Word], base: int) -> Piece:
    """The same for a text with letters, digits or unusual marks."""
    text, owners = "", []
    for number, word in enumerate(words, base):
        part = word.text
        if part[:1] < _CJK:
            part = _spaced(text, part)
        text += part
        owners += [number] * len(part)
    return _with_numbers(words, _rewritten(Reading(text, owners, owners), normalise(text, PLAIN)))


def _with_numbers(words: Sequence[Word], plain: Reading) -> Piece:
    """The same once its plain reading is known."""
    return Piece(words, plain, _edited(plain, numbers.said(plain.text)), _edited(plain, numbers.written(plain.text)))


def _edited(reading: Reading, edits: Iterable[numbers.Edit]) -> Reading:
    """A reading with some stretches rewritten: the same object where there are none."""
    texts: list[str] = []
    firsts: list[int] = []
    lasts: list[int] = []
    done = 0
    for first, end, new in edits:
        texts += (reading.text[done:first], new)
        even = len(new) == end - first  # then letter for letter
        firsts += reading.firsts[done : end if even else first]
        lasts += reading.lasts[done : end if even else first]
        if not even:
            firsts += [reading.firsts[first]] * len(new)
            lasts += [reading.lasts[end - 1]] * len(new)
        done = end
    if not done:
        return reading
    texts.append(reading.text[done:])
    return Reading("".join(texts), [*firsts, *reading.firsts[done:]], [*lasts, *reading.lasts[done:]])


def _rewritten(reading: Reading, new: Normalised) -> Reading:
    """A reading after some steps of normalising."""
    if new.text == reading.text:
        return reading
    firsts = [reading.firsts[first] for first, _ in new.spans]
    return Reading(new.text, firsts, [reading.lasts[end - 1] for _, end in new.spans])


def _parts(word: Word) -> tuple[Word, ...]:
    if len(word.text) <= _LONG_WORD or sum(map(is_mandarin, word.text)) <= _LONG_WORD:
        return (word,)
    pace = (word.end - word.start) / len(word.text)
    return tuple(
        Word(char, word.start + i * pace, word.start + (i + 1) * pace, word.confidence)
        for i, char in enumerate(word.text)
    )


def written(words: Iterable[Word]) -> str:
    """Words as they are written."""
    words = tuple(words)
    text = "".join([word.text for word in words])
    if not _MAY_BE_LATIN.search(text):
        return text.strip()
    text = ""
    for word in words:
        text += _spaced(text, word.text)
    return text.strip()


def _spaced(text: str, part: str) -> str:
    """The next word, with a blank before it where two Latin words would run together."""
    return " " + part if text and part and is_latin(text[-1]) and is_latin(part[0]) else part


def is_latin(char: str) -> bool:
    """Whether a character is a letter of a script that parts its words by blanks."""
    return char.isalpha() and char < _CJK
