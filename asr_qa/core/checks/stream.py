"""The words of one speaker as a stream to search: three readings, each character tied to its words.

Sentences that follow one another within JOIN seconds run together, so that a phrase may span
them; a separator stands wherever no phrase may run across.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.phonetic import SEPARATOR, SoundIndex, is_mandarin, syllables
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track
from asr_qa.core.text import FOLDED, PLAIN, SPOKEN, Normalised, normalise
from asr_qa.core.transcript import HEARD, Utterance, Word, spread

JOIN = 2.0
"""Seconds between two words above which no phrase runs from one to the other."""
_LONG_WORD = 2
"""CJK characters above which a word's time is spread over them."""

Owners = NDArray[np.int32]
"""Shape (characters, 2): index of the first and the last word behind each character."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with the words behind each character."""

    text: str
    owners: Owners

    def words(self, start: int, end: int) -> tuple[int, int]:
        """First and last word behind the characters from `start` up to `end`."""
        return int(self.owners[start, 0]), int(self.owners[end - 1, 1])


@dataclass(frozen=True, slots=True)
class Piece:
    """Words of one sentence that are said without a long pause, made comparable."""

    words: tuple[Word, ...]
    plain: Reading
    folded: Reading
    spoken: Reading
    sounds: tuple[str, ...]
    """One syllable per character of `spoken`."""


@dataclass(slots=True)
class Stream:
    """Words of one role inside some scope."""

    role: Role
    words: tuple[Word, ...]
    plain: Reading
    folded: Reading
    """The same object as `plain` where there are no numbers."""
    spoken: Reading
    sounds: tuple[str, ...]
    _index: SoundIndex | None = field(default=None, init=False)
    _clarity: tuple[float, int] | None = field(default=None, init=False)

    @property
    def clarity(self) -> tuple[float, int]:
        """Sum and number of the confidences of its words, as far as they are known."""
        if self._clarity is None:
            known = [word.confidence for word in self.words if word.confidence is not None]
            self._clarity = (sum(known), len(known))
        return self._clarity

    @property
    def index(self) -> SoundIndex:
        """The spoken reading, searchable by sound; made when first asked for."""
        if self._index is None:
            self._index = SoundIndex(self.spoken.text, self.sounds)
        return self._index

    def heard(self, first: int, last: int) -> str:
        """What the words from `first` to `last` say, as written."""
        return _written(self.words[first : last + 1]).strip()


def prepare(utterance: Utterance) -> tuple[Piece, ...]:
    """The pieces of an utterance, cut at long pauses; none where it was not understood or says nothing."""
    pieces: list[list[Word]] = []
    for word in timed_words(utterance):
        if not pieces or word.start - pieces[-1][-1].end > JOIN + EPSILON:
            pieces.append([])
        pieces[-1].append(word)
    return tuple(piece for words in pieces if (piece := make_piece(tuple(words))).plain.text)


def timed_words(utterance: Utterance) -> tuple[Word, ...]:
    """Words of an utterance, none longer than two characters; laid out evenly where the engine gave no times."""
    if utterance.status != HEARD:
        return ()
    if not utterance.words:
        return spread(utterance.text, utterance.segment, confidence=utterance.confidence)
    return tuple(part for word in utterance.words for part in _parts(word))


def make_piece(words: tuple[Word, ...]) -> Piece:
    """Words made comparable."""
    text, owners = _owned(words)
    plain, folded, spoken = (normalise(text, chain) for chain in (PLAIN, FOLDED, SPOKEN))
    return Piece(
        words,
        _reading(plain, owners),
        _reading(folded, owners),
        _reading(spoken, owners),
        syllables(spoken.text),
    )


def build_stream(role: Role, pieces: Iterable[Piece], windows: Track) -> Stream:
    """The stream of a role's words that begin inside the windows; no phrase runs from one window into the next."""
    chosen = list(_chosen(pieces, windows))
    offsets = np.cumsum([0, *(len(piece.words) for piece, _ in chosen)])
    glue = [_glue(one, other) for one, other in pairwise(chosen)] + [""]
    plain = _joined([p.plain for p, _ in chosen], glue, offsets)
    folded = _joined([p.folded for p, _ in chosen], glue, offsets)
    return Stream(
        role,
        tuple(word for piece, _ in chosen for word in piece.words),
        plain,
        plain if folded.text == plain.text else folded,
        _joined([p.spoken for p, _ in chosen], glue, offsets),
        tuple(sound for (piece, _), joint in zip(chosen, glue, strict=True) for sound in (*piece.sounds, *joint))
        if chosen
        else (),
    )


def _chosen(pieces: Iterable[Piece], windows: Track) -> Iterator[tuple[Piece, int]]:
    """What lies in each window, with the window's number; a piece that reaches out of it is made anew."""
    for piece in pieces:
        first, last = piece.words[0].start, piece.words[-1].start
        for number, window in enumerate(windows):
            if first in window and last in window:
                yield piece, number
            elif last >= window.start and first < window.end and (cut := _cut(piece, window)) is not None:
                yield cut, number


def _cut(piece: Piece, window: Segment) -> Piece | None:
    words = tuple(word for word in piece.words if word.start in window)
    if not words:
        return None
    cut = make_piece(words)
    return cut if cut.plain.text else None


def _glue(one: tuple[Piece, int], other: tuple[Piece, int]) -> str:
    """What stands between two pieces: a separator, a blank between Latin words, or nothing."""
    if one[1] != other[1] or other[0].words[0].start - one[0].words[-1].end > JOIN + EPSILON:
        return SEPARATOR
    return " " if _is_latin(one[0].plain.text[-1]) and _is_latin(other[0].plain.text[0]) else ""


def _joined(readings: Sequence[Reading], glue: Sequence[str], offsets: NDArray[np.int64]) -> Reading:
    if not readings:
        return Reading("", np.zeros((0, 2), dtype=np.int32))
    text = "".join(reading.text + joint for reading, joint in zip(readings, glue, strict=False))
    owners = [
        part
        for reading, joint, offset in zip(readings, glue, offsets, strict=False)
        for part in (reading.owners + offset, *([reading.owners[-1:] + offset] if joint else []))
    ]
    return Reading(text, np.concatenate(owners))


def _reading(normalised: Normalised, owners: Sequence[int]) -> Reading:
    pairs = [(owners[first], owners[end - 1]) for first, end in normalised.spans]
    return Reading(normalised.text, np.array(pairs, dtype=np.int32).reshape(len(pairs), 2))


def _parts(word: Word) -> tuple[Word, ...]:
    if len(word.text) <= _LONG_WORD or sum(map(is_mandarin, word.text)) <= _LONG_WORD:
        return (word,)
    pace = (word.end - word.start) / len(word.text)
    return tuple(
        Word(char, word.start + i * pace, word.start + (i + 1) * pace, word.confidence)
        for i, char in enumerate(word.text)
    )


def _owned(words: Sequence[Word]) -> tuple[str, list[int]]:
    """The text of some words, and for each character the index of its word."""
    text, owners = "", []
    for number, word in enumerate(words):
        part = _spaced(text, word.text)
        text += part
        owners += [number] * len(part)
    return text, owners


def _written(words: Iterable[Word]) -> str:
    text = ""
    for word in words:
        text += _spaced(text, word.text)
    return text


def _spaced(text: str, part: str) -> str:
    """The next word, with a blank before it where two Latin words would run together."""
    return " " + part if text and part and _is_latin(text[-1]) and _is_latin(part[0]) else part


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u2e80"
