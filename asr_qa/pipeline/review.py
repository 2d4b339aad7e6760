"""Reviewing a call: begin, confirm or override line by line, release. The machine's sheet stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from asr_qa.core.finding import Verdict
from asr_qa.core.review import (
    Cause,
    Decision,
    DecisionKind,
    ReviewState,
    confirm,
    in_force,
    kind_of,
    line_of,
    move,
    open_lines,
    override,
)
from asr_qa.core.scorecard import CriterionResult, Scorecard, ScoreSheet, apply_review, facts_of
from asr_qa.errors import ConflictError, NotFoundError, UsageError
from asr_qa.pipeline.store import DecisionEntry, Review, StaleRevisionError, Store, StoredCall

Scorecards = Mapping[str, Scorecard]
"""Scorecards by label, "id@version"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a reviewer wants to record for a criterion; no verdict and no points is a confirmation."""

    verdict: Verdict | None = None
    points: float | None = None
    cause: Cause | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewLine:
    """A criterion as the machine saw it and, beside that, as a person did."""

    machine: CriterionResult
    entry: DecisionEntry | None = None
    """The decision in force; None where nobody decided."""
    kind: DecisionKind | None = None
    history: tuple[DecisionEntry, ...] = ()
    """Every decision on this criterion, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """All there is to see of the review of a call's current document."""

    call: StoredCall
    review: Review | None
    """None before anybody began."""
    lines: tuple[ReviewLine, ...]
    machine_sheet: ScoreSheet
    human_sheet: ScoreSheet | None
    """The sheet with the decisions in force; None where the scorecard of that version is not at hand."""
    open_criteria: tuple[str, ...]
    """Criteria that the machine left open and nobody has decided."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The current sheet of a call as people decided it, in whichever version they did."""

    sheet: ScoreSheet
    earlier: bool
    """Nobody released a review of this version: what was decided of an earlier one is carried over."""


@dataclass(frozen=True, slots=True)
class Reviewer:
    """Who reviews."""

    name: str
    manages: bool = False
    """May work on reviews that others began, and reopen released ones."""


def view_review(store: Store, call_id: str, *, scorecards: Scorecards) -> ReviewView:
    """The review of the call's current document.

    Raises:
        NotFoundError: There is no such call.
        ConflictError: The call has not been scored.
    """
    call = scored_call(store, call_id)
    review = store.find_review(_document_id(call))
    return _view(call, review, scorecards)


def reviewed_sheet(store: Store, call_id: str, *, scorecards: Scorecards) -> Reviewed | None:
    """The call's current sheet with what released reviews of any version decided, of each criterion the newest.

    None where no review is released, nothing of it is on this sheet, or the scorecard is not at hand.

    Raises:
        NotFoundError: There is no such call.
        ConflictError: The call has not been scored.
    """
    call = scored_call(store, call_id)
    card = _card(_sheet(call), scorecards)
    released = [review for review in store.reviews(call_id) if review.state is ReviewState.RELEASED]
    if card is None or not released:
        return None
    current = any(review.document_id == call.document_id for review in released)
    most = {criterion.id: criterion.points for criterion in card.criteria}
    made = [entry.decision for review in released for entry in review.entries]
    # Another version of the card may give a criterion fewer points: there the verdict says what it earns.
    kept = [
        one if (one.points or 0.0) <= most[one.criterion_id] else replace(one, points=None)
        for one in made
        if one.criterion_id in most
    ]
    sheet = _human_sheet(call, kept, card) if kept or current else None
    return None if sheet is None else Reviewed(sheet, earlier=not current)


def begin_review(store: Store, call_id: str, who: Reviewer, *, now: datetime, scorecards: Scorecards) -> ReviewView:
    """Begin the review of the current document, or go on with one's own.

    Raises:
        ConflictError: Somebody else is reviewing the call, or it has not been scored.
        NotFoundError: There is no such call.
    """
    call = scored_call(store, call_id)
    review = store.start_review(_document_id(call), who.name, now=now)
    _check_owner(review, who)
    return _view(call, review, scorecards)


def decide(
    store: Store,
    call_id: str,
    criterion_id: str,
    judgement: Judgement,
    *,
    who: Reviewer,
    expected_revision: int,
    now: datetime,
    scorecards: Scorecards,
) -> ReviewView:
    """Confirm or override one line; what was decided before stays in the history.

    Raises:
        NotFoundError: There is no such call, review or criterion.
        UsageError: An override without a cause, or points or verdict that make no sense.
        ConflictError: The review is released or somebody else's.
        StaleRevisionError: The review was changed since it was read.
    """
    call = scored_call(store, call_id)
    review = _need_review(store, call, expected_revision)
    _check_owner(review, who)
    if review.state is not ReviewState.OPEN:
        raise ConflictError(f"the review of call {call_id} is {review.state.value}; a lead can reopen it")
    sheet = _sheet(call)
    line = line_of(sheet, criterion_id)
    if line is None:
        known = ", ".join(one.id for one in sheet.criteria)
        raise NotFoundError(f"the score sheet of call {call_id} has no criterion {criterion_id}; it has {known}")
    entry = DecisionEntry(
        decision=_judge(sheet, line, judgement, _card(sheet, scorecards)),
        machine_verdict=line.verdict,
        machine_points=line.points,
        reviewer=who.name,
        decided_at=now,
    )
    changed = store.record_decision(review.id, entry, expected_revision=expected_revision)
    return _view(call, changed, scorecards)


def set_review_state(
    store: Store,
    call_id: str,
    target: ReviewState,
    *,
    who: Reviewer,
    expected_revision: int,
    now: datetime,
    scorecards: Scorecards,
) -> ReviewView:
    """Release the review, or reopen it.

    Raises:
        NotFoundError: There is no such call or review.
        ConflictError: The step is not legal, or the review is somebody else's.
        StaleRevisionError: The review was changed since it was read.
    """
    call = scored_call(store, call_id)
    review = _need_review(store, call, expected_revision)
    _check_owner(review, who)
    changed = store.set_review(
        review.id,
        state=move(review.state, target),
        reviewer=review.reviewer,
        expected_revision=expected_revision,
        now=now,
    )
    return _view(call, changed, scorecards)


def scored_call(store: Store, call_id: str) -> StoredCall:
    """A call that has a document.

    Raises:
        NotFoundError: There is no such call.
        ConflictError: It has not been scored yet, or could not be.
    """
    call = store.get_call(call_id)
    if call is None:
        raise NotFoundError(f"there is no call {call_id}")
    if call.document is None:
        why = f" ({call.summary.failure_reason})" if call.summary.failure_reason else ""
        raise ConflictError(f"call {call_id} is {call.summary.state.value}{why}: it has no score sheet to review")
    return call


def _document_id(call: StoredCall) -> int:
    if call.document_id is None:
        raise ConflictError(f"call {call.summary.id} has no document")
    return call.document_id


def _sheet(call: StoredCall) -> ScoreSheet:
    if call.document is None:
        raise ConflictError(f"call {call.summary.id} has no score sheet")
    return call.document.score_sheet


def _need_review(store: Store, call: StoredCall, expected: int) -> Review:
    review = store.find_review(_document_id(call))
    if review is None:
        raise NotFoundError(f"nobody has begun to review call {call.summary.id}; begin with POST .../review")
    if review.revision != expected:
        raise StaleRevisionError(
            f"the review of call {call.summary.id} was changed meanwhile (revision {review.revision}, not {expected}); "
            "read it again and repeat"
        )
    return review


def _check_owner(review: Review, who: Reviewer) -> None:
    if review.reviewer != who.name and not who.manages:
        raise ConflictError(f"{review.reviewer} is reviewing call {review.call_id}; take another one, or ask a lead")


def _judge(sheet: ScoreSheet, line: CriterionResult, judgement: Judgement, card: Scorecard | None) -> Decision:
    if judgement.verdict is None:
        if judgement.points is not None:
            raise UsageError(f"criterion {line.id}: points need a verdict; say met, not_met or not_applicable")
        return confirm(line, judgement.comment)
    points = judgement.points
    if points is None and card is not None and judgement.verdict is not Verdict.UNDETERMINED:
        # The card knows what "not met" still earns: the lowest level, or all but one hit.
        decided = line_of(apply_review(sheet, card, {line.id: judgement.verdict}), line.id)
        points = decided.points if decided else None
    return override(line, judgement.verdict, points=points, cause=judgement.cause, comment=judgement.comment)


def _card(sheet: ScoreSheet, scorecards: Scorecards) -> Scorecard | None:
    return scorecards.get(f"{sheet.scorecard}@{sheet.version}")


def _view(call: StoredCall, review: Review | None, scorecards: Scorecards) -> ReviewView:
    sheet = _sheet(call)
    entries = review.entries if review else ()
    decisions = [entry.decision for entry in entries]
    return ReviewView(
        call=call,
        review=review,
        lines=tuple(_line(line, entries) for line in sheet.criteria),
        machine_sheet=sheet,
        human_sheet=_human_sheet(call, decisions, _card(sheet, scorecards)),
        open_criteria=open_lines(sheet, decisions),
    )


def _line(line: CriterionResult, entries: tuple[DecisionEntry, ...]) -> ReviewLine:
    history = tuple(entry for entry in entries if entry.decision.criterion_id == line.id)
    last = history[-1] if history else None
    return ReviewLine(machine=line, entry=last, kind=kind_of(last.decision, line) if last else None, history=history)


def _human_sheet(call: StoredCall, decisions: list[Decision], card: Scorecard | None) -> ScoreSheet | None:
    if card is None or call.document is None:
        return None
    values: dict[str, Verdict | float] = {
        name: decision.verdict if decision.points is None else decision.points
        for name, decision in in_force(decisions).items()
    }
    document = call.document
    facts = facts_of(document.recording)
    return apply_review(document.score_sheet, card, values, findings=document.findings, facts=facts)
