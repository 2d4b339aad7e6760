"""What is private in a call, where and when it is said; and the call with it masked.

    found = find_private(transcript.utterances)
    utterances = redact(transcript.utterances, found)

A number is followed across the turns of one speaker, over the 嗯 and the prompts of the other side; a part of it that
is read back is found too. Nothing here keeps the number itself: a `Private` can be logged.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from asr_qa.core.contact import Contact, contacts
from asr_qa.core.dictation import Span, answers, asks, pieces, tails
from asr_qa.core.digits import HARD_BREAK, Row, fold_width, groups_of, rows, value_of
from asr_qa.core.lexicon import acknowledges
from asr_qa.core.masking import MASK, Clock, Place, masked
from asr_qa.core.numberplan import Kind, announced
from asr_qa.core.privatenumber import Number, private_numbers
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Utterance

_SOFT_BREAK = "，"
"""Between two turns of one speaker that may belong together."""
_FOLLOWS = 15.0
"""Seconds after which a turn does not go on with the number of the one before."""
_ASKED_LATELY = 20.0
"""Seconds for which a question for a number is still being answered."""
_PROMPT = 12
"""Letters of the longest remark of the other side that a number goes on after."""
_CONTEXT = 16
"""Characters before a number in which it may be announced."""
_READ_BACK = 45.0
"""Seconds around a number in which parts of it count."""
_FRAGMENT = range(4, 7)
"""Digits of a part that is not private by itself."""
_PIECE_TRUST = 0.5
_LONGEST_REPEATED = 40
_QUANTITY = tuple("年月日号元块万千百十人个点分")


@dataclass(frozen=True, slots=True)
class Private:
    """Something private that was said."""

    kind: Kind
    places: tuple[Place, ...]
    """One per utterance it runs through, in order."""
    confidence: float
    """0 to 1."""
    reason: str
    """Why it is taken for that, for a Chinese reader; never the thing itself."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """What one role says in the call, as one text."""

    text: str
    """One character for each of the raw texts, as `fold_width` makes them, and the breaks."""
    starts: tuple[int, ...]
    """Where each utterance begins in it."""
    indices: tuple[int, ...]
    """Which utterance that is."""
    asked: tuple[str, ...]
    """The last words of the other side before it."""

    questions: tuple[str, ...]
    """The last remark of the other side before it that asks for a number, where that was not long ago."""

    def lately(self, at: int) -> str:
        """What was said before a place in its own turn; where that asks for no number, what was asked for lately."""
        own = self._own(at)
        return own if asks(own) else self.questions[bisect_right(self.starts, at) - 1]

    def answers(self) -> Iterator[list[Span]]:
        """The turns that may answer each question for a number, where they stand."""
        turns = zip(self.questions, zip(self.starts, (*self.starts[1:], len(self.text) + 1), strict=True), strict=True)
        for question, group in groupby(turns, key=itemgetter(0)):
            if question:
                yield [(first, then - 1) for _, (first, then) in group]

    def before(self, at: int) -> str:
        """What was said before a place, the other side's question included where the turn has just begun."""
        turn = bisect_right(self.starts, at) - 1
        own = self._own(at)
        return (self.asked[turn] + own) if at - self.starts[turn] < _CONTEXT else own

    def _own(self, at: int) -> str:
        return self.text[max(0, at - _CONTEXT) : at].rsplit(HARD_BREAK)[-1]


def find_private(utterances: Sequence[Utterance]) -> tuple[Private, ...]:
    """Everything private in the utterances of a call, which are in order of start.

    Returns:
        In order of the first place; linear in the length of the texts.
    """
    clocks = _Clocks(utterances)
    numbers: list[tuple[Number, Private]] = []
    others: list[Private] = []
    fragments: list[tuple[str, Place]] = []
    for stream in _streams(utterances):
        said = rows(stream.text)
        hits = list(private_numbers(stream.text, said, stream.before))
        numbers += ((hit, clocks.private(stream, hit)) for hit in hits)
        others += (clocks.private(stream, hit) for hit in contacts(stream.text))
        whole = sorted((hit.first, hit.last) for hit in hits)
        short = [*pieces(stream.text, said, whole, stream.lately), *tails(stream.text, whole)]
        short += (span for turns in stream.answers() for span in answers(stream.text, turns, whole))
        others += (clocks.piece(stream, *span) for span in sorted(set(short)))
        fragments += (
            (value, place)
            for value, hit in _fragments(stream.text, said, hits)
            for place in clocks.places(stream, *hit)
        )
    found = [*others, *_outside(others, (private for _, private in numbers)), *_read_back(numbers, fragments)]
    return tuple(
        sorted(
            dict.fromkeys(found),
            key=lambda private: (private.places[0].start, private.places[0].utterance, private.places[0].first),
        )
    )


def numbers_said(utterances: Sequence[Utterance]) -> Iterator[tuple[Number | Contact | Row, tuple[Place, ...]]]:
    """Numbers, contacts and rows of digits with what they say, for checks that validate them: nothing to be logged.

    A row stands for itself whether or not it is private; the numbers among the rows come as numbers, too.
    """
    clocks = _Clocks(utterances)
    for stream in _streams(utterances):
        said = rows(stream.text)
        hits: list[Number | Contact | Row] = [*private_numbers(stream.text, said, stream.before)]
        hits += [*contacts(stream.text), *said]
        yield from ((hit, tuple(clocks.places(stream, hit.first, hit.last))) for hit in hits)


def redact(utterances: Sequence[Utterance], found: Iterable[Private], *, mask: str = MASK) -> tuple[Utterance, ...]:
    """The utterances with every letter and digit of what was found masked; punctuation, words and times stay.

    Args:
        utterances: Those that were searched.
        found: What to mask: all of `find_private`, or what a policy makes of it.
        mask: One character.

    Raises:
        ValueError: The mask is not one character, or a place is not in the utterances.
    """
    if len(mask) != 1 or mask.isalnum():
        raise ValueError(f"mask {mask!r}: give one character that is no letter or digit, such as {MASK!r}")
    places: dict[int, list[Place]] = {}
    for place in (place for private in found for place in private.places):
        if not 0 <= place.utterance < len(utterances) or place.last > len(utterances[place.utterance].text):
            raise ValueError(f"{place}: no such place; pass the utterances that were given to find_private")
        places.setdefault(place.utterance, []).append(place)
    return tuple(masked(u, places[i], mask) if i in places else u for i, u in enumerate(utterances))


def _streams(utterances: Sequence[Utterance]) -> Iterator[_Stream]:
    for role in dict.fromkeys(utterance.role for utterance in utterances):
        yield _stream(utterances, role)


def _stream(utterances: Sequence[Utterance], role: Role) -> _Stream:
    parts: list[str] = []
    starts: list[int] = []
    indices: list[int] = []
    asked: list[str] = []
    questions: list[str] = []
    length, question, goes_on, asking = 0, "", True, (-_ASKED_LATELY, "")
    for index, utterance in enumerate(utterances):
        if utterance.role is not role:
            question = utterance.text[-_CONTEXT:]
            asking = (utterance.end, question) if asks(question) else asking
            goes_on = goes_on and _lets_go_on(utterance.text)
            continue
        if indices:
            near = utterance.start - utterances[indices[-1]].end <= _FOLLOWS
            parts.append(_SOFT_BREAK if near and goes_on else HARD_BREAK)
            length += 1
        starts.append(length)
        indices.append(index)
        asked.append(question)
        questions.append(asking[1] if utterance.start - asking[0] <= _ASKED_LATELY else "")
        parts.append(fold_width(utterance.text).replace(HARD_BREAK, " "))
        length += len(utterance.text)
        question, goes_on = "", True
    return _Stream("".join(parts), tuple(starts), tuple(indices), tuple(asked), tuple(questions))


def _lets_go_on(text: str) -> bool:
    """Whether a number may go on after a remark of the other side: a murmur, a prompt, digits read back."""
    letters = sum(char.isalnum() for char in text)
    if letters <= _PROMPT or acknowledges(text):
        return True
    return 2 * sum(len(row.digits) for row in rows(fold_width(text))) >= letters


@dataclass(slots=True)
class _Clocks:
    """The clock of each utterance, made when it is first needed."""

    utterances: Sequence[Utterance]
    clocks: dict[int, Clock] = field(default_factory=dict)

    def private(self, stream: _Stream, hit: Number | Contact) -> Private:
        """What was found in a stream, with its places in the call."""
        places = tuple(self.places(stream, hit.first, hit.last))
        return Private(hit.reading.kind, places, hit.reading.confidence, hit.reading.reason)

    def piece(self, stream: _Stream, first: int, last: int) -> Private:
        """A piece of a number, with its places in the call."""
        kind = announced(stream.before(first)) or Kind.NUMBER
        return Private(kind, tuple(self.places(stream, first, last)), _PIECE_TRUST, "号码的片段：前文在报号码")

    def places(self, stream: _Stream, first: int, last: int) -> Iterator[Place]:
        """A stretch of a stream, utterance by utterance."""
        for turn in range(bisect_right(stream.starts, first) - 1, bisect_left(stream.starts, last)):
            index, offset = stream.indices[turn], stream.starts[turn]
            begin, end = max(0, first - offset), min(last - offset, len(self.utterances[index].text))
            if begin < end:
                if index not in self.clocks:
                    self.clocks[index] = Clock(self.utterances[index])
                yield self.clocks[index].place(index, begin, end)


def _fragments(text: str, said: Sequence[Row], hits: Sequence[Number]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Short rows of digits that are no quantity: their digits and where they stand in the stream."""
    firsts = [hit.first for hit in hits]
    for row in said:
        before = bisect_right(firsts, row.last) - 1
        if (before >= 0 and hits[before].last > row.first) or text.startswith(_QUANTITY, row.last):
            continue
        sure = [digit for digit in row.digits if digit.sure]
        for part in (sure, *groups_of(sure)):
            if len(value_of(part)) in _FRAGMENT:
                yield value_of(part), (part[0].first, part[-1].last)


def _outside(others: Iterable[Private], numbers: Iterable[Private]) -> Iterator[Private]:
    """The numbers that are no part of an address or the like."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for place in (place for other in others for place in other.places):
        insort(spans.setdefault(place.utterance, []), (place.first, place.last))
    for number in numbers:
        if not all(_covers(spans.get(place.utterance, []), place) for place in number.places):
            yield number


def _covers(spans: list[tuple[int, int]], place: Place) -> bool:
    before = bisect_right(spans, (place.first, sys.maxsize)) - 1
    return before >= 0 and spans[before][1] >= place.last


def _read_back(numbers: Iterable[tuple[Number, Private]], fragments: Iterable[tuple[str, Place]]) -> Iterator[Private]:
    """Parts of a number that are said again, by anybody, soon before or after it."""
    heard: dict[str, list[tuple[float, Private]]] = {}
    for number, private in numbers:
        if len(number.digits) <= _LONGEST_REPEATED:
            for part in _parts(number.digits):
                heard.setdefault(part, []).append((private.places[0].start, private))
    for times in heard.values():
        times.sort(key=lambda entry: entry[0])
    for value, place in fragments:
        near = heard.get(value, [])
        at = bisect_left(near, place.start - _READ_BACK, key=lambda entry: entry[0])
        if at < len(near) and near[at][0] <= place.end + _READ_BACK:
            whole = near[at][1]
            yield Private(whole.kind, (place,), round(0.8 * whole.confidence, 2), "号码的一部分：复述、更正或重报")


def _parts(digits: str) -> set[str]:
    return {digits[i : i + size] for size in _FRAGMENT for i in range(len(digits) - size + 1)}
