"""What each side says in a call as one text, and which turns may be part of a number that is being read out.

A number is asked for or announced, and from then on it is being read out for as long as turns follow that are mainly
digits: by the one who was asked, and by the other side, which reads it back.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from asr_qa.core.dictation import Turn, answers, is_nothing, opening
from asr_qa.core.digits import HARD_BREAK, fold_width, rows
from asr_qa.core.lexicon import acknowledges
from asr_qa.core.numbernames import asks
from asr_qa.core.numerals import Span, mostly_numerals
from asr_qa.core.readout import Around, digits_in, read_out, step
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Utterance

_SOFT_BREAK = "，"
"""Between two turns of one speaker that may belong together."""
_FOLLOWS = 15.0
"""Seconds after which a turn does not go on with the number of the one before."""
_ASKED_LATELY = 20.0
"""Seconds after a question for a number, or after the last digits, for which it is still being answered."""
_SOON = 6
"""Turns after a question that was misheard, in one of which at least there are digits."""
_PROMPT = 12
"""Letters of the longest remark of the other side that a number goes on after."""
_CONTEXT = 16
"""Characters before a number in which it may be announced."""
_CLEAR = 2
"""Digits of a turn that is weighed though nobody asked for a number."""
NEAR_TURNS = 4
"""Those beside a turn in which more of a number may be said, of both sides ..."""
_BESIDE = 15.0
"""... and the seconds until then."""


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What one role says in the call, as one text."""

    text: str
    """One character for each of the raw texts, as `fold_width` makes them, and the breaks."""
    starts: tuple[int, ...]
    """Where each utterance begins in it."""
    indices: tuple[int, ...]
    """Which utterance that is."""
    asked: tuple[str, ...]
    """The last words of the other side before it."""
    questions: tuple[Question, ...]
    """What asks for a number or announces it, where that was not long ago."""

    @property
    def turns(self) -> list[Span]:
        """Where each utterance stands."""
        return [
            (first, then - 1) for first, then in zip(self.starts, (*self.starts[1:], len(self.text) + 1), strict=True)
        ]

    def index_at(self, at: int) -> int:
        """Which utterance a place is in."""
        return self.indices[bisect_right(self.starts, at) - 1]

    def begins_anew(self, turn: Span) -> bool:
        """Whether no number goes on in a turn from the one before."""
        return self.text[max(0, turn[0] - 1)] == HARD_BREAK

    def around(self, span: Span) -> Span:
        """The turns in which a stretch lies, in one."""
        then = bisect_left(self.starts, span[1])
        first = self.starts[bisect_right(self.starts, span[0]) - 1]
        return first, self.starts[then] - 1 if then < len(self.starts) else len(self.text)

    def lately(self, at: int) -> str:
        """What was said before a place in its own turn; where that asks for no number, what was asked for lately."""
        own = self._own(at)
        return own if asks(own) else self.questions[bisect_right(self.starts, at) - 1].words

    def before(self, at: int) -> str:
        """What was said before a place, the other side's question included where the turn has just begun."""
        turn = bisect_right(self.starts, at) - 1
        own = self._own(at)
        return (self.asked[turn] + own) if at - self.starts[turn] < _CONTEXT else own

    def _own(self, at: int) -> str:
        return self.text[max(0, at - _CONTEXT) : at].rsplit(HARD_BREAK)[-1]


@dataclass(frozen=True, slots=True)
class Question:
    """What a turn may be the answer to."""

    words: str = ""
    """What asks for a number or announces it; nothing where no number is expected."""
    number: int = -1
    """Which reading of a number in the call that is."""
    offset: int = 0
    """From which character on the turn may answer it; it announces the number itself before that."""
    direct: bool = False
    """Whether it is the first turn after the other side has asked."""


@dataclass(slots=True)
class Readings:
    """The turns of both sides that may be part of each number that is read out."""

    turns: dict[int, list[tuple[int, Stream, Turn]]] = field(default_factory=dict)
    """Of each number, with the index of the utterance."""

    def add(self, stream: Stream, whole: Sequence[Span]) -> None:
        """Take up the turns of one side.

        Args:
            stream: What it says.
            whole: The numbers in it that are private by themselves, in order.
        """
        for index, question, (first, last) in zip(stream.indices, stream.questions, stream.turns, strict=True):
            if question.words:
                turn = Turn(stream.text, first + question.offset, last, whole)
                self.turns.setdefault(question.number, []).append((index, stream, turn))

    def spans(self) -> Iterator[tuple[Stream, Span]]:
        """What of them is hidden."""
        for turns in self.turns.values():
            said = sorted(turns, key=lambda one: one[0])
            yield from ((said[at][1], span) for at, span in answers([turn for *_, turn in said]))


def streams_of(utterances: Sequence[Utterance]) -> Iterator[Stream]:
    """One stream for each role, of utterances in order of start."""
    texts = [fold_width(utterance.text) for utterance in utterances]
    questions = _questions(utterances, texts)
    goes_on = list(map(_lets_go_on, texts))
    for role in dict.fromkeys(utterance.role for utterance in utterances):
        yield _stream(utterances, role, questions, texts, goes_on)


def _questions(utterances: Sequence[Utterance], texts: Sequence[str]) -> list[Question]:
    """For each utterance the question that it may answer."""
    found: list[Question] = []
    until, words, number = -1.0, "", -1
    asking: Role | None = None
    digits = [mostly_numerals(text) for text in texts]
    for at, (utterance, text) in enumerate(zip(utterances, texts, strict=True)):
        open_ = utterance.start <= until
        begins = opening(text)
        if begins is None and not asks(text[-_CONTEXT:], sounds=any(digits[at + 1 : at + 1 + _SOON])):
            direct = open_ and asking is not None and asking is not utterance.role
            found.append(Question(words, number, direct=direct) if open_ else Question())
            asking = None if direct else asking
            if open_ and digits[at]:
                until = max(until, utterance.end + _ASKED_LATELY)
            continue
        asking = utterance.role if begins is None else None
        number += 0 if open_ and number >= 0 else 1
        until, words = utterance.end + _ASKED_LATELY, text[:begins][-_CONTEXT:]
        found.append(Question(words, number, begins) if begins is not None else Question(words, number))
    return found


def _stream(
    utterances: Sequence[Utterance],
    role: Role,
    all_questions: Sequence[Question],
    texts: Sequence[str],
    lets_go_on: Sequence[bool],
) -> Stream:
    parts: list[str] = []
    starts: list[int] = []
    indices: list[int] = []
    asked: list[str] = []
    length, question, goes_on = 0, "", True
    for index, utterance in enumerate(utterances):
        if utterance.role is not role:
            question = utterance.text[-_CONTEXT:]
            goes_on = goes_on and lets_go_on[index]
            continue
        if indices:
            near = utterance.start - utterances[indices[-1]].end <= _FOLLOWS
            parts.append(_SOFT_BREAK if near and goes_on else HARD_BREAK)
            length += 1
        starts.append(length)
        indices.append(index)
        asked.append(question)
        parts.append(texts[index].replace(HARD_BREAK, " "))
        length += len(utterance.text)
        question, goes_on = "", True
    questions = tuple(all_questions[index] for index in indices)
    return Stream("".join(parts), tuple(starts), tuple(indices), tuple(asked), questions)


def _lets_go_on(text: str) -> bool:
    """Whether a number may go on after a remark of the other side: a murmur, a prompt, digits read back."""
    letters = sum(char.isalnum() for char in text)
    if letters <= _PROMPT or acknowledges(text):
        return True
    return 2 * sum(len(row.digits) for row in rows(text)) >= letters


def read_in(
    utterances: Sequence[Utterance], streams: Sequence[Stream], holding: Collection[int]
) -> Iterator[tuple[Stream, Span]]:
    """What of each turn is part of a number, weighed by itself and the turns beside it.

    Args:
        utterances: Of the call, in order of start.
        streams: All of its.
        holding: Which utterances hold a number, or most of one, for certain.
    """
    beside = _Beside(utterances, streams)
    near = {at + by for at in holding for by in range(-NEAR_TURNS, NEAR_TURNS + 1) if by}
    for stream in streams:
        for index, (first, last) in zip(stream.indices, stream.turns, strict=True):
            known = index in near and beside.reaches(index, holding)
            if beside.counts[index][0] < (1 if known or beside.asked[index] else _CLEAR):
                continue
            for begin, end in read_out(stream.text[first:last], beside.around(index), beside=known):
                span = first + begin, first + end
                if known or not is_nothing(stream.text, span):
                    yield stream, span


def surroundings(utterances: Sequence[Utterance], streams: Sequence[Stream]) -> list[Around]:
    """For each utterance what is known from those beside it."""
    beside = _Beside(utterances, streams)
    return [beside.around(at) for at in range(len(utterances))]


class _Beside:
    """The digits of each turn of a call, and where a number was asked for."""

    def __init__(self, utterances: Sequence[Utterance], streams: Sequence[Stream]) -> None:
        self.utterances = utterances
        self.counts = [(0, 0)] * len(utterances)
        self.asked = [0] * len(utterances)
        for stream in streams:
            for index, (first, last), question in zip(stream.indices, stream.turns, stream.questions, strict=True):
                self.counts[index] = digits_in(stream.text[first:last])
                self.asked[index] = 2 if question.direct else 1 if question.words else 0

    def around(self, at: int) -> Around:
        """What is known from the turns beside one."""
        before, after = (_most(self.utterances, self.counts, at, way) for way in (-1, 1))
        return Around(self.asked[at], before, after)

    def reaches(self, at: int, holding: Collection[int]) -> bool:
        """Whether a number is in another turn, soon before or after."""
        return any(
            there in holding and there != at and is_soon(self.utterances[at], self.utterances[there])
            for there in range(at - NEAR_TURNS, at + NEAR_TURNS + 1)
        )


def _most(utterances: Sequence[Utterance], counts: Sequence[tuple[int, int]], at: int, way: int) -> tuple[int, int]:
    """The most digits, and the largest share of them in fifths, in the turns soon before one, or after it."""
    most = share = 0
    for there in range(at + way, at + way * (NEAR_TURNS + 1), way):
        if not 0 <= there < len(utterances) or not is_soon(utterances[at], utterances[there]):
            break
        digits, letters = counts[there]
        most = max(most, digits)
        share = max(share, 5 * digits // letters if digits > 1 else 0)
    return step(most), share


def is_soon(one: Utterance, other: Utterance) -> bool:
    """Whether one turn is near enough to another in time that a number may go on in it."""
    return max(one.start, other.start) - min(one.end, other.end) <= _BESIDE
