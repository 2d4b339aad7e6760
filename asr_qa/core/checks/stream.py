"""The words of one speaker as a stream to search: three readings, each character tied to its words, and their sounds.

Sentences that follow one another within JOIN seconds run together, so that a phrase may span them; a separator
stands wherever no phrase may run across. Everything a role says is made comparable once per call (`Source`); a `Stream`
is what of it begins in a scope. A word is read in its whole sentence, also where a scope cuts that.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np

from asr_qa.core import numbers
from asr_qa.core.checks.syllables import Sounds, units
from asr_qa.core.finding import Match
from asr_qa.core.phonetic import SEPARATOR, is_mandarin, readings
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Track
from asr_qa.core.text import PLAIN as PLAIN_CHAIN
from asr_qa.core.text import Normalised, normalise
from asr_qa.core.transcript import HEARD, Utterance, Word, spread

JOIN = 2.0
"""Seconds between two words above which no phrase runs from one to the other."""
_LONG_WORD = 2
"""CJK characters above which a word's time is spread over them."""
_MARKS = "，。？！、；：…,?!;:"
_SIMPLE = re.compile(f"[\u4e00-\u9fff{_MARKS}]*")
_DROPPED = str.maketrans("", "", _MARKS)


Ranges = tuple[tuple[int, int], ...]
"""Stretches of words: index of the first, and one past the last."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with the words behind each character."""

    text: str
    firsts: Sequence[int]
    """Index of the first word behind each character."""
    lasts: Sequence[int]

    def words(self, start: int, end: int) -> tuple[int, int]:
        """First and last word behind the characters from `start` up to `end`."""
        return self.firsts[start], self.lasts[end - 1]


@dataclass(slots=True)
class Source:
    """Everything one role says."""

    role: Role
    words: Sequence[Word]
    plain: Reading
    folded: Reading
    """The same object as `plain` where there are no numbers."""
    spoken: Reading
    said: Sequence[str]
    """How each character of `spoken` is read."""
    _sounds: Sounds | None = field(default=None, init=False)
    _starts: list[float] | None = field(default=None, init=False)
    _sorted: bool = field(default=True, init=False)
    _sums: list[tuple[float, int]] | None = field(default=None, init=False)
    _held: dict[str, bool] = field(default_factory=dict, init=False)

    @property
    def sounds(self) -> Sounds:
        """The syllables; made when first asked for."""
        if self._sounds is None:
            self._sounds = _sounds_of(self)
        return self._sounds

    def holds(self, text: str) -> bool:
        """Whether a text stands anywhere in the plain or in the folded reading."""
        found = self._held.get(text)
        if found is None:
            found = self._held[text] = text in self.plain.text or text in self.folded.text
        return found

    def heard(self, first: int, last: int) -> str:
        """What the words from `first` to `last` say, as written."""
        return _written(self.words[first : last + 1])

    def clarity_of(self, ranges: Ranges) -> tuple[float, int]:
        """Sum and number of the confidences of some words, as far as they are known."""
        if self._sums is None:
            known = [(0.0, 0) if w.confidence is None else (w.confidence, 1) for w in self.words]
            sums = accumulate((part for part, _ in known), initial=0.0)
            counts = accumulate((number for _, number in known), initial=0)
            self._sums = list(zip(sums, counts, strict=True))
        total = sum(self._sums[end][0] - self._sums[start][0] for start, end in ranges)
        return total, sum(self._sums[end][1] - self._sums[start][1] for start, end in ranges)

    def ranges(self, windows: Track) -> Ranges:
        """The stretches of words that begin in each of the windows."""
        if self._starts is None:
            self._starts = [word.start for word in self.words]
            self._sorted = all(one <= other for one, other in pairwise(self._starts))
        starts = self._starts
        if self._sorted:
            pairs = ((bisect_left(starts, w.start - EPSILON), bisect_left(starts, w.end - EPSILON)) for w in windows)
            return tuple((first, end) for first, end in pairs if end > first)
        found: list[tuple[int, int]] = []
        for window in windows:
            inside = [i for i, start in enumerate(starts) if start in window]
            edges = [0, *(n for n, (i, j) in enumerate(pairwise(inside), 1) if j != i + 1), len(inside)]
            found += [(inside[a], inside[b - 1] + 1) for a, b in pairwise(edges) if b > a]
        return tuple(found)


@dataclass(slots=True, unsafe_hash=True)
class Place:
    """First and last word of something found in a stream; never changed, but made so often that to freeze it costs."""

    first: int
    last: int
    match: Match
    worth: float
    key: str
    cost: float = 0.0
    """In syllables."""

    def overlaps(self, other: Place) -> bool:
        """Whether the two share a word."""
        return self.first <= other.last and other.first <= self.last

    @property
    def rank(self) -> tuple[float, int, int]:
        """Smallest for what is preferred."""
        return (-self.worth, self.first - self.last, self.first)


Find = Callable[[Iterable[str], int], Mapping[str, Sequence[Place]]]
"""Where each of some phrases is said, wherever it is; by sound from so many syllables up (0: never)."""


class Stream:
    """Words of one role inside some scope: nothing runs from one stretch of them into the next."""

    def __init__(self, source: Source, ranges: Ranges, find: Find) -> None:
        self.source = source
        self.ranges = ranges
        """The stretches of the source's words that are in scope."""
        self.find = find

    @property
    def role(self) -> Role:
        """Whose words these are."""
        return self.source.role

    @property
    def clarity(self) -> tuple[float, int]:
        """Sum and number of the confidences of its words, as far as they are known."""
        return self.source.clarity_of(self.ranges)

    @cached_property
    def words(self) -> Sequence[Word]:
        """The words, in order."""
        return self.source.words if self._whole else [w for a, b in self.ranges for w in self.source.words[a:b]]

    @cached_property
    def plain(self) -> Reading:
        """Without punctuation, in one case."""
        return self._cut(self.source.plain)

    @cached_property
    def folded(self) -> Reading:
        """Numbers as digits; the same object as `plain` where there are none."""
        return self.plain if self.source.folded is self.source.plain else self._cut(self.source.folded)

    @cached_property
    def spoken(self) -> Reading:
        """Numbers as they are read aloud."""
        return self.plain if self.source.spoken is self.source.plain else self._cut(self.source.spoken)

    def heard(self, first: int, last: int) -> str:
        """What the words from `first` to `last` say, as written."""
        return _written(self.words[first : last + 1])

    @property
    def _whole(self) -> bool:
        return self.ranges == ((0, len(self.source.words)),)

    def _cut(self, reading: Reading) -> Reading:
        return reading if self._whole else _cut(reading, self.ranges)


@dataclass(slots=True)
class _Piece:
    """Words of one sentence that are said without a long pause, made comparable; words count from the first said."""

    words: Sequence[Word]
    plain: Reading
    folded: Reading
    spoken: Reading


def build_source(role: Role, utterances: Iterable[tuple[Utterance, str | None]]) -> Source | None:
    """Everything a role says; None where it says nothing that was understood.

    Args:
        utterances: Each with its sounds (an entry of `sounds_of`) where they are known.
    """
    words: list[Word] = []
    pieces: list[_Piece] = []
    said: list[Sequence[str]] = []
    for utterance, sounds in utterances:
        found = _pieces(utterance, len(words))
        known = sounds.split(" ") if sounds else []
        if len(known) != sum(len(piece.spoken.text) for piece in found):
            known = [reading for piece in found for reading in readings(piece.spoken.text)]
        at = 0
        for piece in found:
            words += piece.words
            pieces.append(piece)
            said.append(known[at : at + len(piece.spoken.text)])
            at += len(piece.spoken.text)
    if not pieces:
        return None
    glue = [_glue(one, other) for one, other in pairwise(pieces)]
    plain = _joined([piece.plain for piece in pieces], glue)
    same = all(piece.folded is piece.plain for piece in pieces)
    spoken_same = all(piece.spoken is piece.plain for piece in pieces)
    spoken = plain if spoken_same else _joined([piece.spoken for piece in pieces], glue)
    flat = [*said[0]]
    for joint, readings_ in zip(glue, said[1:], strict=True):
        flat += joint
        flat += readings_
    return Source(role, words, plain, plain if same else _joined([p.folded for p in pieces], glue), spoken, flat)


def sounds_of(utterances: Iterable[Utterance]) -> tuple[str, ...]:
    """How each utterance is read, as one text of syllables with tones: what is dear to work out, to be stored."""
    return tuple(
        " ".join(reading for piece in _pieces(utterance, 0) for reading in readings(piece.spoken.text))
        for utterance in utterances
    )


def timed_words(utterance: Utterance) -> Sequence[Word]:
    """Words of an utterance, none longer than two characters; laid out evenly where the engine gave no times."""
    if utterance.status != HEARD:
        return ()
    if not utterance.words:
        return spread(utterance.text, utterance.segment, confidence=utterance.confidence)
    if all(len(word.text) <= _LONG_WORD for word in utterance.words):
        return utterance.words
    return tuple(part for word in utterance.words for part in _parts(word))


def _pieces(utterance: Utterance, base: int) -> list[_Piece]:
    """An utterance cut at long pauses; none where it was not understood or says nothing."""
    words = timed_words(utterance)
    if not words:
        return []
    cuts = [n for n, (one, other) in enumerate(pairwise(words), 1) if other.start - one.end > JOIN + EPSILON]
    if not cuts:
        piece = _piece(words, base)
        return [piece] if piece.plain.text else []
    found: list[_Piece] = []
    for first, end in pairwise([0, *cuts, len(words)]):
        piece = _piece(words[first:end], base)
        if piece.plain.text:
            found.append(piece)
            base += end - first
    return found


def _piece(words: Sequence[Word], base: int) -> _Piece:
    """Words made comparable; `base` is the index of the first of them in the stream."""
    text = "".join([word.text for word in words])
    if not _SIMPLE.fullmatch(text):
        return _mixed_piece(words, base)
    owners = [number for number, word in enumerate(words, base) for _ in word.text]
    kept = text.translate(_DROPPED)
    if len(kept) != len(text):
        owners = [owner for char, owner in zip(text, owners, strict=True) if char not in _MARKS]
    plain = Reading(kept, owners, owners)
    if not numbers.MAY_BE_SAID.search(kept):
        return _Piece(words, plain, plain, plain)
    return _with_numbers(words, plain)


def _mixed_piece(words: Sequence[Word], base: int) -> _Piece:
    """The same for a text with letters, digits or unusual marks."""
    text, owners = "", []
    for number, word in enumerate(words, base):
        part = _spaced(text, word.text)
        text += part
        owners += [number] * len(part)
    return _with_numbers(words, _rewritten(Reading(text, owners, owners), normalise(text, PLAIN_CHAIN)))


def _with_numbers(words: Sequence[Word], plain: Reading) -> _Piece:
    """The same once its plain reading is known."""
    return _Piece(words, plain, _edited(plain, numbers.said(plain.text)), _edited(plain, numbers.written(plain.text)))


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


def _glue(one: _Piece, other: _Piece) -> str:
    """What stands between two pieces: a separator, a blank between Latin words, or nothing."""
    if other.words[0].start - one.words[-1].end > JOIN + EPSILON:
        return SEPARATOR
    return " " if _is_latin(one.plain.text[-1]) and _is_latin(other.plain.text[0]) else ""


def _joined(parts: Sequence[Reading], glue: Sequence[str]) -> Reading:
    texts, firsts, lasts = [parts[0].text], [*parts[0].firsts], [*parts[0].lasts]
    for joint, part in zip(glue, parts[1:], strict=True):
        if joint:
            texts.append(joint)
            firsts.append(lasts[-1])
            lasts.append(lasts[-1])
        texts.append(part.text)
        firsts += part.firsts
        lasts += part.lasts
    return Reading("".join(texts), firsts, lasts)


def _cut(reading: Reading, ranges: Ranges) -> Reading:
    """The characters all of whose words lie in some stretches, words counted anew."""
    texts: list[str] = []
    firsts: list[int] = []
    lasts: list[int] = []
    base = 0
    for start, end in ranges:
        first, last = bisect_left(reading.firsts, start), bisect_left(reading.lasts, end)
        if last > first and texts:
            texts.append(SEPARATOR)
            firsts.append(base - 1)
            lasts.append(base - 1)
        if last > first:
            texts.append(reading.text[first:last])
            firsts += [owner - start + base for owner in reading.firsts[first:last]]
            lasts += [owner - start + base for owner in reading.lasts[first:last]]
        base += end - start
    return Reading("".join(texts), firsts, lasts)


def _sounds_of(stream: Source) -> Sounds:
    spoken = stream.spoken
    codes, tones, places = units(spoken.text, stream.said)
    firsts, lasts = np.array(spoken.firsts, dtype=np.int32)[places], np.array(spoken.lasts, dtype=np.int32)[places]
    known = [1.0 if word.confidence is None else word.confidence for word in stream.words]
    clarity = np.array(known, dtype=np.float32)[firsts]
    return Sounds(codes, tones, firsts, lasts, clarity)


def _parts(word: Word) -> tuple[Word, ...]:
    if len(word.text) <= _LONG_WORD or sum(map(is_mandarin, word.text)) <= _LONG_WORD:
        return (word,)
    pace = (word.end - word.start) / len(word.text)
    return tuple(
        Word(char, word.start + i * pace, word.start + (i + 1) * pace, word.confidence)
        for i, char in enumerate(word.text)
    )


def _written(words: Iterable[Word]) -> str:
    text = ""
    for word in words:
        text += _spaced(text, word.text)
    return text.strip()


def _spaced(text: str, part: str) -> str:
    """The next word, with a blank before it where two Latin words would run together."""
    return " " + part if text and part and _is_latin(text[-1]) and _is_latin(part[0]) else part


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u2e80"
