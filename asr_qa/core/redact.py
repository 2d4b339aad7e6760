"""What is private in a call, where and when it is said; and the call with it masked.

    found = find_private(transcript.utterances)
    utterances = redact(transcript.utterances, found)

A number is followed across the turns of one speaker, over the 嗯 and the prompts of the other side; a part of it that
is read back is found too. Nothing here keeps the number itself: a `Private` can be logged.
"""

from __future__ import annotations

import itertools
import sys
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from asr_qa.core.contact import Contact, contacts
from asr_qa.core.dictation import alone, has_digit, pieces, tails, without
from asr_qa.core.digits import Row, groups_of, rows, value_of
from asr_qa.core.likely import Likely, between, expected, may_go_on, widened
from asr_qa.core.likely import alone as likely_alone
from asr_qa.core.masking import MASK, Clock, Place, masked
from asr_qa.core.numbernames import no_whole
from asr_qa.core.numberplan import SHORTEST, Kind, announced
from asr_qa.core.numerals import Span
from asr_qa.core.privatenumber import Number, private_numbers
from asr_qa.core.stream import NEAR_TURNS, Readings, Stream, is_soon, read_in, streams_of
from asr_qa.core.transcript import Utterance

_READ_BACK = 45.0
"""Seconds around a number in which parts of it count; anywhere in the call where they are called its last digits."""
_TAIL_NAME = 8
"""Characters before a part in which it may be called that."""
_FRAGMENT = range(4, 7)
"""Digits of a part that is not private by itself."""
_PIECE_TRUST = 0.5
_MOST = 5
"""Characters of a number, or of part of it, beside which there may be more."""
_FEW = 3
"""Characters of one beside which a turn is weighed as one of its own."""
_LONGEST_REPEATED = 40
_LOOKS = 16
"""Times a call is looked through at most; the second look hardly ever finds anything."""
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


def find_private(utterances: Sequence[Utterance]) -> tuple[Private, ...]:
    """Everything private in the utterances of a call, which are in order of start.

    It is looked for again in what is left when all of it is masked, until nothing more is found: what stands beside a
    number may look like something else without it, and a copy that is masked already must say what the call says.

    Returns:
        In order of the first place; linear in the length of the texts.
    """
    found = more = _found_in(utterances)
    shown = tuple(utterances)
    for _ in range(_LOOKS):
        before, shown = shown, redact(shown, more)
        if shown == before:
            break
        more = _found_in(shown)
        found += tuple(_outside(found, more))
    return tuple(sorted(found, key=_in_order))


def _in_order(private: Private) -> tuple[float, int, int]:
    first = private.places[0]
    return first.start, first.utterance, first.first


def _found_in(utterances: Sequence[Utterance]) -> tuple[Private, ...]:
    clocks = _Clocks(utterances)
    numbers: list[tuple[Number, Private]] = []
    others: list[Private] = []
    short: list[tuple[Stream, Span]] = []
    wholes: dict[Stream, list[Span]] = {}
    fragments: list[tuple[str, Place, bool]] = []
    reading = Readings()
    for stream in streams_of(utterances):
        said = rows(stream.text)
        hits = list(private_numbers(stream.text, said, stream.before))
        whole = wholes[stream] = sorted((hit.first, hit.last) for hit in hits)
        numbers += ((hit, clocks.private(stream, hit)) for hit in hits)
        others += (clocks.private(stream, hit) for hit in contacts(stream.text))
        short += ((stream, span) for span in _pieces(stream, said, whole))
        reading.add(stream, whole)
        fragments += (
            (value, place, no_whole(stream.text, max(0, hit[0] - _TAIL_NAME), hit[0]))
            for value, hit in _fragments(stream.text, said, hits)
            for place in clocks.places(stream, *hit)
        )
    short += reading.spans()
    parts = [*short, *((stream, span) for stream, whole in wholes.items() for span in whole)]
    short += _beside_numbers(utterances, list(wholes), parts)
    holding = {stream.index_at(first) for stream, (first, last) in parts if last - first >= _FEW}
    weighed = (
        (stream, part)
        for stream, span in read_in(utterances, list(wholes), holding)
        for part in without(span, wholes[stream])
    )
    short += ((stream, part) for stream, part in weighed if has_digit(stream.text, part))
    found = [*others, *_outside(others, (private for _, private in numbers)), *_read_back(numbers, fragments)]
    rest = dict.fromkeys((s, part) for s, span in short for part in without(span, wholes[s]))
    found += _outside(found, [clocks.piece(stream, *span) for stream, span in rest if _says(stream.text, span)])
    return tuple(dict.fromkeys(found))


def _says(text: str, span: Span) -> bool:
    return any(char.isalnum() for char in text[slice(*span)])


def _pieces(stream: Stream, said: Sequence[Row], whole: Sequence[Span]) -> list[Span]:
    """The pieces of numbers that stand in one stream by themselves."""
    return [
        *pieces(stream.text, said, whole, stream.lately),
        *tails(stream.text, whole),
        *alone(stream.text, stream.turns, said, stream.before),
        *likely_alone(stream.text, stream.turns),
        *(span for number in whole for span in widened(stream.text, number, stream.around(number))),
    ]


def _beside_numbers(
    utterances: Sequence[Utterance], streams: Sequence[Stream], found: Iterable[tuple[Stream, Span]]
) -> Iterator[tuple[Stream, Span]]:
    """What is likely part of a number in the turns, of both sides, soon before and after one that has most of it.

    So is what answers a question for one, and turns in a row that make one together.
    """
    holding = {stream.index_at(first) for stream, (first, last) in found if last - first >= _MOST}
    rows_of_turns = [run for stream in streams for run in _read_in_turns(utterances, stream)]
    for stream, index, part in itertools.chain(*rows_of_turns):
        holding.add(index)
        yield stream, (part.first, part.last)
    for stream in streams:
        for index, turn, question in zip(stream.indices, stream.turns, stream.questions, strict=True):
            beside = [
                at
                for at in range(index - NEAR_TURNS, index + NEAR_TURNS + 1)
                if at in holding and at != index and is_soon(utterances[index], utterances[at])
            ]
            if question.direct or (beside and beside[0] < index < beside[-1]):
                yield from ((stream, span) for span in between(stream.text, turn, asked=question.direct))
            elif beside and (likely := expected(stream.text, turn)):
                yield stream, (likely.first, likely.last)


def _read_in_turns(utterances: Sequence[Utterance], stream: Stream) -> Iterator[list[tuple[Stream, int, Likely]]]:
    """Turns of one side that are hardly anything but digits, with only murmurs between, enough for a number."""
    run: list[tuple[Stream, int, Likely]] = []
    for index, turn in zip(stream.indices, stream.turns, strict=True):
        if run and (stream.begins_anew(turn) or not is_soon(utterances[index], utterances[run[-1][1]])):
            yield from _enough(run)
            run = []
        if part := expected(stream.text, turn):
            run.append((stream, index, part))
        elif run and not may_go_on(stream.text, turn):
            yield from _enough(run)
            run = []
    yield from _enough(run)


def _enough(run: list[tuple[Stream, int, Likely]]) -> Iterator[list[tuple[Stream, int, Likely]]]:
    if len(run) > 1 and sum(part.clear for *_, part in run) >= SHORTEST:
        yield run


def numbers_said(utterances: Sequence[Utterance]) -> Iterator[tuple[Number | Contact | Row, tuple[Place, ...]]]:
    """Numbers, contacts and rows of digits with what they say, for checks that validate them: nothing to be logged.

    A row stands for itself whether or not it is private; the numbers among the rows come as numbers, too.
    """
    clocks = _Clocks(utterances)
    for stream in streams_of(utterances):
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


@dataclass(slots=True)
class _Clocks:
    """The clock of each utterance, made when it is first needed."""

    utterances: Sequence[Utterance]
    clocks: dict[int, Clock] = field(default_factory=dict)

    def private(self, stream: Stream, hit: Number | Contact) -> Private:
        """What was found in a stream, with its places in the call."""
        places = tuple(self.places(stream, hit.first, hit.last))
        return Private(hit.reading.kind, places, hit.reading.confidence, hit.reading.reason)

    def piece(self, stream: Stream, first: int, last: int) -> Private:
        """A piece of a number, with its places in the call."""
        kind = announced(stream.before(first)) or Kind.NUMBER
        return Private(kind, tuple(self.places(stream, first, last)), _PIECE_TRUST, "号码的片段：前文在报号码")

    def places(self, stream: Stream, first: int, last: int) -> Iterator[Place]:
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
    """What is no part of something else that was found: numbers in an address, pieces in what is read back."""
    spans: dict[int, list[tuple[int, int]]] = {}
    for place in (place for other in others for place in other.places):
        insort(spans.setdefault(place.utterance, []), (place.first, place.last))
    for number in numbers:
        if not all(_covers(spans.get(place.utterance, []), place) for place in number.places):
            yield number


def _covers(spans: list[tuple[int, int]], place: Place) -> bool:
    before = bisect_right(spans, (place.first, sys.maxsize)) - 1
    return before >= 0 and spans[before][1] >= place.last


def _read_back(
    numbers: Iterable[tuple[Number, Private]], fragments: Iterable[tuple[str, Place, bool]]
) -> Iterator[Private]:
    """Parts of a number that are said again, by anybody, soon before or after it; as its last digits at any time."""
    heard: dict[str, list[tuple[float, Private]]] = {}
    for number, private in numbers:
        if len(number.digits) <= _LONGEST_REPEATED:
            for part in _parts(number.digits):
                heard.setdefault(part, []).append((private.places[0].start, private))
    for times in heard.values():
        times.sort(key=lambda entry: entry[0])
    for value, place, tail in fragments:
        near = heard.get(value, [])
        at = 0 if tail else bisect_left(near, place.start - _READ_BACK, key=lambda entry: entry[0])
        if at < len(near) and (tail or near[at][0] <= place.end + _READ_BACK):
            whole = near[at][1]
            yield Private(whole.kind, (place,), round(0.8 * whole.confidence, 2), "号码的一部分：复述、更正或重报")


def _parts(digits: str) -> set[str]:
    return {digits[i : i + size] for size in _FRAGMENT for i in range(len(digits) - size + 1)}
