"""Sentences and turns: what a check that is made unit by unit looks at, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from asr_qa.core.checks.base import CallView, Looking, Outcome
from asr_qa.core.checks.logic import ALL, ANY, combine, noted
from asr_qa.core.checks.words import SYLLABLE_SECONDS, blocked
from asr_qa.core.finding import Verdict
from asr_qa.core.lexicon import acknowledges
from asr_qa.core.recording import Role
from asr_qa.core.rule import Units
from asr_qa.core.segment import Segment, clip
from asr_qa.core.transcript import UNINTELLIGIBLE, Utterance


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence (one line of the transcript) or a turn (the lines of one party in a row)."""

    role: Role
    segment: Segment
    characters: int
    """Letters said; what could be said in the time where it was not understood."""


def by_units(units: Units, looking: Looking, decide: Callable[[Looking], Outcome]) -> Outcome:
    """Decide in every unit, or in any single one, of those that begin in sight."""
    if (stop := blocked(looking)) is not None:
        return stop
    placed = [
        (unit, (part,))
        for window in looking.windows
        for unit in units_of(looking.view, units.of, looking.role, window)
        if unit.characters >= units.min_characters and (part := unit.segment & window)
    ]
    if not placed:
        return _no_units(units, looking, decide)
    known = not looking.view.facts.unsure_of_roles
    outcomes = [
        decide(replace(looking, role=unit.role if known else looking.role, windows=track)) for unit, track in placed
    ]
    held = sum(outcome.verdict is Verdict.MET for outcome in outcomes)
    note = f"{held} of {len(outcomes)} {units.of}s"
    if units.how == "every":
        return replace(combine(outcomes, ALL), note=note)
    outcome = combine(outcomes, ANY)
    if outcome.verdict is Verdict.MET:
        return replace(outcome, note=note)
    places = [replace(outcome.missing[0], start=w.start, end=w.end) for w in looking.windows if outcome.missing]
    doubt = next((o.note for o in outcomes if o.verdict is outcome.verdict and o.note), "")
    return replace(outcome, missing=tuple(places), note=noted(note, doubt))


def units_of(view: CallView, kind: str, role: Role | None, window: Segment) -> tuple[Unit, ...]:
    """The sentences or turns that begin in a window, of a role or of everybody but machines, in order of time.

    A turn is made of the lines in the window only, so that nothing outside it bears on where one begins.
    """
    make = _turns if kind == "turn" else _lines
    return view.once(("units", kind, role, window), lambda: tuple(make(view, role, window)))


def _lines(view: CallView, role: Role | None, window: Segment) -> Iterator[Unit]:
    for said in view.facts.transcript.utterances:
        if said.start in window and counts(view, said, role):
            yield _unit(said.role, [said])


def _turns(view: CallView, role: Role | None, window: Segment) -> Iterator[Unit]:
    """Lines of one party with nothing but acknowledgements of the other between them."""
    turn: list[Utterance] = []
    for said in view.facts.transcript.utterances:
        if said.start not in window or not counts(view, said, None):
            continue
        if turn and said.role is not turn[0].role:
            if said.text and acknowledges(said.text):
                continue
            if role in (None, turn[0].role):
                yield _unit(turn[0].role, turn)
            turn = []
        turn.append(said)
    if turn and role in (None, turn[0].role):
        yield _unit(turn[0].role, turn)


def counts(view: CallView, said: Utterance, role: Role | None) -> bool:
    """Whether a line is one of a role; where any will do, prompts are none of them."""
    if role is not None:
        return said.role is role
    spoken = view.automatic(said.role)
    return not (spoken and clip(spoken, said.segment))


def _unit(role: Role, lines: list[Utterance]) -> Unit:
    words = [word for line in lines for word in line.timed]
    start = min([lines[0].start, *(word.start for word in words)])
    end = max([line.end for line in lines] + [word.end for word in words])
    return Unit(role, Segment(start, end), sum(map(_characters, lines)))


def _characters(line: Utterance) -> int:
    if line.status == UNINTELLIGIBLE:
        return int(line.segment.duration / SYLLABLE_SECONDS)
    return sum(char.isalnum() for char in line.text)


def _no_units(units: Units, looking: Looking, decide: Callable[[Looking], Outcome]) -> Outcome:
    """Nothing in sight: every one of none says nothing, any one of none is an absence."""
    if units.how == "same" or (looking.role is not None and looking.role not in looking.view.pieces):
        return decide(looking)
    note = f"no {units.of} of this role in scope"
    return Outcome(verdict=Verdict.NOT_APPLICABLE, note=note)
