"""What a person decides about a machine's score sheet: decisions, their causes, the states of a review.

The machine's sheet is never changed. A decision stands beside one line of it and either *confirms* it, *overrides* it
(which needs a cause: every override is a machine error that somebody will want to count) or *assesses* what the
machine left open (a manual criterion, or one it could not determine; no cause needed, nobody erred).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.scorecard import CriterionResult, ScoreSheet
from asr_qa.core.segment import EPSILON
from asr_qa.errors import ConflictError, UsageError

MAX_COMMENT = 2000
"""Characters of a comment."""


class Cause(StrEnum):
    """Why the machine was wrong, or seemed so."""

    ASR_ERROR = "asr_error"
    """识别错误: the words were said but not heard, or heard but not said."""
    RULE_GAP = "rule_gap"
    """规则缺失: a way of saying it that no rule knows."""
    RULE_TOO_WIDE = "rule_too_wide"
    """规则过宽: the rule hit what it does not mean."""
    ROLE_SWAP = "role_swap"
    """角色错位: agent and customer were taken for each other."""
    REVIEWER_SLIP = "reviewer_slip"
    """人工失误: an earlier human decision was wrong."""
    OTHER = "other"
    """其他: say what in the comment."""


class ReviewState(StrEnum):
    """Where a review stands."""

    OPEN = "open"
    """Being worked on by its reviewer."""
    RELEASED = "released"
    """Finished: the agent may see it, figures count it."""


TRANSITIONS: Mapping[ReviewState, frozenset[ReviewState]] = {
    ReviewState.OPEN: frozenset({ReviewState.RELEASED}),
    ReviewState.RELEASED: frozenset({ReviewState.OPEN}),
}
"""From a state to those that may follow it."""


class DecisionKind(StrEnum):
    """What a decision does to the machine's line."""

    CONFIRM = "confirm"
    OVERRIDE = "override"
    ASSESS = "assess"


class FlagReason(StrEnum):
    """Why a person should look at a call first; the gravest reason that applies."""

    FATAL = "fatal"
    """The sheet is fatal, or a fatal rule was not met."""
    BELOW_PASS_MARK = "below_pass_mark"  # noqa: S105 - no password
    MAJOR_NOT_MET = "major_not_met"
    UNDETERMINED = "undetermined"
    """A major or fatal rule could not be determined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person says of one line of the score sheet."""

    criterion_id: str
    verdict: Verdict
    points: float | None
    """Points given; None where not applicable."""
    cause: Cause | None = None
    comment: str = ""


def kind_of(decision: Decision, line: CriterionResult) -> DecisionKind:
    """Whether the decision confirms, overrides or first assesses the machine's line."""
    if line.verdict is Verdict.UNDETERMINED:
        return DecisionKind.ASSESS
    return DecisionKind.CONFIRM if _agrees(decision, line) else DecisionKind.OVERRIDE


def confirm(line: CriterionResult, comment: str = "") -> Decision:
    """The decision that leaves the machine's line as it is.

    Raises:
        UsageError: The machine left the line open: there is nothing to confirm.
    """
    if line.verdict is Verdict.UNDETERMINED:
        raise UsageError(f"criterion {line.id} is undetermined: there is nothing to confirm; give a verdict instead")
    decision = Decision(criterion_id=line.id, verdict=line.verdict, points=line.points, comment=comment)
    return _checked(decision, line)


def override(
    line: CriterionResult,
    verdict: Verdict,
    *,
    points: float | None = None,
    cause: Cause | None = None,
    comment: str = "",
) -> Decision:
    """A decision of one's own; met without points earns all of them, not met none.

    Raises:
        UsageError: No cause where one is needed, points out of range, or a verdict that decides nothing.
    """
    given = _default_points(line, verdict) if points is None else points
    return _checked(Decision(criterion_id=line.id, verdict=verdict, points=given, cause=cause, comment=comment), line)


def move(state: ReviewState, target: ReviewState) -> ReviewState:
    """The target state, where the step is legal.

    Raises:
        ConflictError: The review cannot go from one to the other.
    """
    if target not in TRANSITIONS[state]:
        raise ConflictError(f"the review is {state.value}: it cannot become {target.value}")
    return target


def line_of(sheet: ScoreSheet, criterion_id: str) -> CriterionResult | None:
    """The line of one criterion, or None."""
    return next((line for line in sheet.criteria if line.id == criterion_id), None)


def in_force(decisions: Iterable[Decision]) -> dict[str, Decision]:
    """The last decision of each criterion; `decisions` in the order they were made."""
    return {decision.criterion_id: decision for decision in decisions}


def decided_line(line: CriterionResult, decision: Decision | None) -> CriterionResult:
    """The line as the person sees it; the machine's own where nothing was decided."""
    return line if decision is None else replace(line, verdict=decision.verdict, points=decision.points)


def open_lines(sheet: ScoreSheet, decisions: Iterable[Decision]) -> tuple[str, ...]:
    """Criteria a person still has to decide before release: those that the machine left undetermined."""
    decided = in_force(decisions)
    return tuple(c.id for c in sheet.criteria if c.verdict is Verdict.UNDETERMINED and c.id not in decided)


def flag_reason(
    sheet: ScoreSheet, findings: Iterable[Finding], *, severities: Mapping[str, str], pass_mark: float | None = None
) -> FlagReason | None:
    """Why the call is flagged for review, or None.

    Flagged is a call whose sheet is fatal, whose points are below the pass mark of the card, in which a major or
    fatal rule is not met, or in which one of these could not be determined.

    Args:
        sheet: The machine's score sheet.
        findings: All findings of the call.
        severities: Severity (minor, major, fatal) by rule id; a rule that is missing counts as minor.
        pass_mark: Points below which the call has failed; None where the card has no such mark.
    """
    grave = {(f.verdict, severities.get(f.rule_id, "minor")) for f in findings}
    if sheet.fatal or (Verdict.NOT_MET, "fatal") in grave:
        return FlagReason.FATAL
    if pass_mark is not None and sheet.points is not None and sheet.points < pass_mark - EPSILON:
        return FlagReason.BELOW_PASS_MARK
    if (Verdict.NOT_MET, "major") in grave:
        return FlagReason.MAJOR_NOT_MET
    undetermined = any(verdict is Verdict.UNDETERMINED and severity != "minor" for verdict, severity in grave)
    return FlagReason.UNDETERMINED if undetermined else None


def _agrees(decision: Decision, line: CriterionResult) -> bool:
    if decision.verdict is not line.verdict:
        return False
    if decision.points is None or line.points is None:
        return decision.points is line.points
    return abs(decision.points - line.points) <= EPSILON


def _default_points(line: CriterionResult, verdict: Verdict) -> float | None:
    return {Verdict.MET: line.max_points, Verdict.NOT_MET: 0.0}.get(verdict)


def _checked(decision: Decision, line: CriterionResult) -> Decision:
    where = f"criterion {line.id}"
    if decision.verdict is Verdict.UNDETERMINED:
        raise UsageError(f"{where}: a person decides met, not_met or not_applicable, not undetermined")
    if decision.verdict is Verdict.NOT_APPLICABLE and decision.points is not None:
        raise UsageError(f"{where}: not_applicable has no points; leave them out")
    if decision.points is not None and not 0 <= decision.points <= line.max_points:
        raise UsageError(f"{where}: {decision.points:g} points are outside 0 to {line.max_points:g}")
    _check_full(decision, line)
    if len(decision.comment) > MAX_COMMENT:
        raise UsageError(f"{where}: the comment has {len(decision.comment)} characters; at most {MAX_COMMENT}")
    if kind_of(decision, line) is DecisionKind.OVERRIDE and decision.cause is None:
        causes = ", ".join(cause.value for cause in Cause)
        raise UsageError(f"{where}: an override needs a cause, one of {causes}")
    if decision.cause is Cause.OTHER and not decision.comment.strip():
        raise UsageError(f"{where}: cause other needs a comment that says what it was")
    return decision


def _check_full(decision: Decision, line: CriterionResult) -> None:
    # The scorecard calls a line met exactly where it has all its points; a decision may not say otherwise.
    if decision.points is None or line.max_points <= 0:
        return
    full = decision.points >= line.max_points - EPSILON
    if decision.verdict is Verdict.MET and not full:
        raise UsageError(
            f"criterion {line.id}: met earns all {line.max_points:g} points; for {decision.points:g} points say not_met"
        )
    if decision.verdict is Verdict.NOT_MET and full:
        raise UsageError(f"criterion {line.id}: not_met earns less than all {line.max_points:g} points")
