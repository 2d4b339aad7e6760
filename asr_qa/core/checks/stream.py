"""The words of one speaker as a stream to search: three readings, each character tied to its words, and their sounds.

Sentences that follow one another within JOIN seconds run together, so that a phrase may span them; a separator
stands wherever no phrase may run across. Everything a role says is made comparable once per call (`Source`); a `Stream`
is what of it begins in a scope. A word is read in its whole sentence, also where a scope cuts that.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise
from math import fsum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.atonce import at_once
from asr_qa.core.checks.literals import Literals, Needs
from asr_qa.core.checks.patternsound import signs_of, sounded
from asr_qa.core.checks.pieces import JOIN, Piece, Reading, is_latin, may_be_latin, pieces_of, written
from asr_qa.core.checks.stretches import Ranges, Stretches, stretches_of
from asr_qa.core.checks.syllables import Sounds, units
from asr_qa.core.finding import Match
from asr_qa.core.phonetic import SEPARATOR, readings
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Track
from asr_qa.core.sounds import DEFAULT_ACCENTS
from asr_qa.core.transcript import Utterance, Word

Said = tuple[float, float, str, float | None]
"""What some words say: when they begin and end in seconds, as written, and their mean confidence where it is known."""


@dataclass(slots=True)
class Source:
    """Everything one role says."""

    role: Role
    words: Sequence[Word]
    texts: Sequence[str]
    """What each of the words says."""
    starts: Sequence[float]
    ends: Sequence[float]
    plain: Reading
    folded: Reading
    """The same object as `plain` where there are no numbers."""
    spoken: Reading
    said: Sequence[str]
    """How each character of `spoken` is read."""
    sought: Literals | None = None
    """Texts that patterns are known to need."""
    accents: tuple[str, ...] = DEFAULT_ACCENTS
    """Sounds that who listens does not part."""
    _sounds: Sounds | None = field(default=None, init=False)
    _places: NDArray[np.int32] | None = field(default=None, init=False)
    _behind: list[int] | None = field(default=None, init=False)
    _sorted: bool | None = field(default=None, init=False)
    _spaced: bool | None = field(default=None, init=False)
    _confidences: list[float | None] | None = field(default=None, init=False)
    _sums: tuple[list[float], list[int]] | None = field(default=None, init=False)
    _stretches: Stretches | None = field(default=None, init=False)
    _signs: tuple[Reading, Reading] | None = field(default=None, init=False)

    @property
    def sounds(self) -> Sounds:
        """The syllables; made when first asked for."""
        if self._sounds is None:
            self._sounds, self._places = _sounds_of(self)
        return self._sounds

    @property
    def behind(self) -> Sequence[int]:
        """The character of `spoken` behind each syllable."""
        if self._behind is None:
            if self._places is None:
                self._sounds, self._places = _sounds_of(self)
            self._behind = self._places.tolist()
        return self._behind

    @property
    def stretches(self) -> Stretches:
        """All that stands between separators."""
        if self._stretches is None:
            self._stretches = stretches_of(self.plain, self.folded, ((0, len(self.words)),), self.sought)
        return self._stretches

    @property
    def signs(self) -> tuple[Reading, Reading]:
        """The plain and the folded reading by sound: a sign for each syllable."""
        if self._signs is None:
            plain = sounded(self.plain, self.spoken, signs_of(self.spoken.text, self.said))
            same = self.folded is self.plain
            self._signs = plain, plain if same else sounded(self.folded, self.plain, plain.text)
        return self._signs

    def heard(self, first: int, last: int) -> str:
        """What the words from `first` to `last` say, as written."""
        texts = self.texts[first : last + 1]
        if self._spaced is None:
            self._spaced = may_be_latin("".join(self.texts))
        return written(texts) if self._spaced else "".join(texts).strip()

    def said_in(self, first: int, last: int) -> Said:
        """What the words from `first` to `last` say."""
        known = self.confidences[first : last + 1]
        if None in known:
            known = [one for one in known if one is not None]
        clarity = fsum(known) / len(known) if known else None  # type: ignore[arg-type] # None is gone
        return self.starts[first], self.ends[last], self.heard(first, last), clarity

    @property
    def confidences(self) -> list[float | None]:
        """How surely each word was heard."""
        if self._confidences is None:
            self._confidences = [word.confidence for word in self.words]
        return self._confidences

    def clarity_of(self, ranges: Ranges) -> tuple[float, int]:
        """Sum and number of the confidences of some words, as far as they are known."""
        if self._sums is None:
            sums = list(accumulate([confidence or 0.0 for confidence in self.confidences], initial=0.0))
            counts = list(accumulate([confidence is not None for confidence in self.confidences], initial=0))
            self._sums = sums, counts
        sums, counts = self._sums
        total = sum([sums[end] - sums[start] for start, end in ranges])
        return total, sum([counts[end] - counts[start] for start, end in ranges])

    def ranges(self, windows: Track) -> Ranges:
        """The stretches of words that begin in each of the windows."""
        starts = self.starts
        if self._sorted is None:
            self._sorted = starts == sorted(starts)
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
    hit: Any = field(default=None, init=False, repr=False, compare=False)
    """What checks make of it."""

    def overlaps(self, other: Place) -> bool:
        """Whether the two share a word."""
        return self.first <= other.last and other.first <= self.last


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
        return self.source.words if self.whole else [w for a, b in self.ranges for w in self.source.words[a:b]]

    def heard(self, first: int, last: int) -> str:
        """What the words from `first` to `last` say, as written."""
        return written([word.text for word in self.words[first : last + 1]])

    @cached_property
    def whole(self) -> bool:
        """Whether these are all the words of the role."""
        return self.ranges == ((0, len(self.source.words)),)

    @cached_property
    def stretches(self) -> Stretches:
        """What stands between separators."""
        source = self.source
        return source.stretches if self.whole else stretches_of(source.plain, source.folded, self.ranges)

    @cached_property
    def by_sound(self) -> Stretches:
        """The same by sound: a sign for each syllable."""
        return stretches_of(*self.source.signs, self.ranges)

    @cached_property
    def _touched(self) -> Set[int]:
        """Numbers of the source's stretches of which something is in scope."""
        return self.source.stretches.touching(self.ranges)

    def holds(self, needs: Needs) -> bool:
        """Whether one text of each set stands in any one stretch."""
        if not needs:
            return True
        # Of most patterns nothing is said in the whole call, or not in the few sentences in scope.
        found = self.source.stretches.holding(needs)
        if not found or self.whole:
            return bool(found)
        return not found.isdisjoint(self._touched) and bool(self.stretches.holding(needs))


def build_source(role: Role, utterances: Iterable[tuple[Utterance, str | None]]) -> Source | None:
    """Everything a role says; None where it says nothing that was understood.

    Args:
        utterances: Each with its sounds (an entry of `sounds_of`) where they are known.
    """
    utterances = list(utterances)
    if (easy := at_once(utterances)) is not None:
        columns = easy.words, easy.texts, easy.starts, easy.ends
        return Source(role, *columns, easy.plain, easy.folded, easy.spoken, easy.said)
    return by_sentences(role, utterances)


def by_sentences(role: Role, utterances: Iterable[tuple[Utterance, str | None]]) -> Source | None:
    """The same, each utterance looked at by itself."""
    pieces: list[Piece] = []
    said: list[Sequence[str]] = []
    count = 0
    for utterance, sounds in utterances:
        found = pieces_of(utterance, count)
        known = sounds.split(" ") if sounds else []
        if len(known) != sum([len(piece.spoken.text) for piece in found]):
            known = [reading for piece in found for reading in readings(piece.spoken.text)]
        at = 0
        for piece in found:
            count += len(piece.words)
            pieces.append(piece)
            said.append(known[at : at + len(piece.spoken.text)])
            at += len(piece.spoken.text)
    if not pieces:
        return None
    words = [word for piece in pieces for word in piece.words]
    texts = [text for piece in pieces for text in piece.texts]
    starts = [start for piece in pieces for start in piece.starts]
    ends = [end for piece in pieces for end in piece.ends]
    glue = [_glue(one, other) for one, other in pairwise(pieces)]
    plain = _joined([piece.plain for piece in pieces], glue)
    same = all(piece.folded is piece.plain for piece in pieces)
    spoken_same = all(piece.spoken is piece.plain for piece in pieces)
    spoken = plain if spoken_same else _joined([piece.spoken for piece in pieces], glue)
    flat = [*said[0]]
    for joint, readings_ in zip(glue, said[1:], strict=True):
        flat += joint
        flat += readings_
    folded = plain if same else _joined([piece.folded for piece in pieces], glue)
    return Source(role, words, texts, starts, ends, plain, folded, spoken, flat)


def sounds_of(utterances: Iterable[Utterance]) -> tuple[str, ...]:
    """How each utterance is read, as one text of syllables with tones: what is dear to work out, to be stored."""
    return tuple(
        " ".join(reading for piece in pieces_of(utterance, 0) for reading in readings(piece.spoken.text))
        for utterance in utterances
    )


def _glue(one: Piece, other: Piece) -> str:
    """What stands between two pieces: a separator, a blank between Latin words, or nothing."""
    if other.starts[0] - one.ends[-1] > JOIN + EPSILON:
        return SEPARATOR
    return " " if is_latin(one.plain.text[-1]) and is_latin(other.plain.text[0]) else ""


def _joined(parts: Sequence[Reading], glue: Sequence[str]) -> Reading:
    texts, firsts = [parts[0].text], [*parts[0].firsts]
    # One list serves both ends where no character stands for more than one word.
    lasts = firsts if all(part.firsts is part.lasts for part in parts) else [*parts[0].lasts]
    for joint, part in zip(glue, parts[1:], strict=True):
        if joint:
            texts.append(joint)
            last = lasts[-1]
            firsts.append(last)
            if lasts is not firsts:
                lasts.append(last)
        texts.append(part.text)
        firsts += part.firsts
        if lasts is not firsts:
            lasts += part.lasts
    return Reading("".join(texts), firsts, lasts)


def _sounds_of(stream: Source) -> tuple[Sounds, NDArray[np.int32]]:
    """The syllables, and the character behind each."""
    spoken = stream.spoken
    codes, tones, places = units(spoken.text, stream.said)
    firsts = np.array(spoken.firsts, dtype=np.int32)[places]
    lasts = firsts if spoken.lasts is spoken.firsts else np.array(spoken.lasts, dtype=np.int32)[places]
    known = [1.0 if confidence is None else confidence for confidence in stream.confidences]
    clarity = np.array(known, dtype=np.float32)[firsts]
    return Sounds(codes, tones, firsts, lasts, clarity), places
