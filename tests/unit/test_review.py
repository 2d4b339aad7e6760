"""Decisions, their causes, the states of a review, and why a call is flagged."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asr_qa.core.finding import Verdict
from asr_qa.core.review import (
    MAX_COMMENT,
    Cause,
    Decision,
    DecisionKind,
    FlagReason,
    ReviewState,
    confirm,
    decided_line,
    flag_reason,
    in_force,
    kind_of,
    line_of,
    move,
    open_lines,
    override,
)
from asr_qa.errors import ConflictError, UsageError
from asr_qa.testing import make_finding, make_line, make_sheet

MET = make_line("greeting", Verdict.MET, max_points=5)
NOT_MET = make_line("notice", Verdict.NOT_MET, max_points=10)
OPEN = make_line("empathy", Verdict.UNDETERMINED, max_points=5)


def test_confirm_keeps_the_machines_line_and_needs_no_cause() -> None:
    decision = confirm(NOT_MET, "听过了")
    assert (decision.verdict, decision.points, decision.cause) == (Verdict.NOT_MET, 0.0, None)
    assert kind_of(decision, NOT_MET) is DecisionKind.CONFIRM
    assert decided_line(NOT_MET, decision) == NOT_MET


def test_confirm_of_an_open_line_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing to confirm"):
        confirm(OPEN)


def test_override_needs_a_cause() -> None:
    with pytest.raises(UsageError, match="needs a cause, one of asr_error, rule_gap"):
        override(NOT_MET, Verdict.MET)


@pytest.mark.parametrize(
    ("verdict", "points", "given"),
    [(Verdict.MET, None, 10), (Verdict.NOT_MET, 4, 4), (Verdict.NOT_APPLICABLE, None, None)],
)
def test_override_gives_points_that_fit_the_verdict(
    verdict: Verdict, points: float | None, given: float | None
) -> None:
    decision = override(NOT_MET, verdict, points=points, cause=Cause.ASR_ERROR)
    assert decision.points == given
    assert kind_of(decision, NOT_MET) is DecisionKind.OVERRIDE


def test_deciding_an_open_line_needs_no_cause() -> None:
    decision = override(OPEN, Verdict.NOT_MET, points=2)
    assert kind_of(decision, OPEN) is DecisionKind.ASSESS


@pytest.mark.parametrize(
    ("verdict", "points", "words"),
    [
        (Verdict.UNDETERMINED, None, "a person decides"),
        (Verdict.NOT_APPLICABLE, 0, "has no points"),
        (Verdict.NOT_MET, -1, "outside 0 to 10"),
        (Verdict.NOT_MET, 10.5, "outside 0 to 10"),
        (Verdict.NOT_MET, float("nan"), "outside 0 to 10"),
        (Verdict.MET, 7, "met earns all 10 points"),
        (Verdict.NOT_MET, 10, "not_met earns less"),
    ],
)
def test_override_refuses_what_makes_no_sense(verdict: Verdict, points: float | None, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        override(NOT_MET, verdict, points=points, cause=Cause.RULE_GAP)


def test_other_causes_and_comments_are_checked() -> None:
    with pytest.raises(UsageError, match="needs a comment"):
        override(MET, Verdict.NOT_MET, cause=Cause.OTHER, comment="  ")
    with pytest.raises(UsageError, match="at most 2000"):
        confirm(MET, "长" * (MAX_COMMENT + 1))


def test_changing_back_to_the_machines_verdict_is_a_confirmation() -> None:
    assert kind_of(override(MET, Verdict.MET), MET) is DecisionKind.CONFIRM
    unequal = Decision(criterion_id="greeting", verdict=Verdict.MET, points=None)
    assert kind_of(unequal, MET) is DecisionKind.OVERRIDE


def test_the_last_decision_of_a_criterion_is_in_force() -> None:
    first, second = override(MET, Verdict.NOT_MET, cause=Cause.RULE_GAP), confirm(MET)
    assert in_force([first, confirm(NOT_MET), second])["greeting"] is second


def test_open_lines_are_those_nobody_decided() -> None:
    sheet = make_sheet([MET, OPEN, replace(OPEN, id="closing")])
    assert open_lines(sheet, [override(OPEN, Verdict.MET)]) == ("closing",)
    assert line_of(sheet, "empathy") is OPEN
    assert line_of(sheet, "nothing") is None


def test_reviews_move_between_open_and_released() -> None:
    assert move(ReviewState.OPEN, ReviewState.RELEASED) is ReviewState.RELEASED
    assert move(ReviewState.RELEASED, ReviewState.OPEN) is ReviewState.OPEN
    with pytest.raises(ConflictError, match="is released: it cannot become released"):
        move(ReviewState.RELEASED, ReviewState.RELEASED)


SEVERITIES = {"F": "fatal", "M": "major", "m": "minor"}


@pytest.mark.parametrize(
    ("points", "fatal", "findings", "reason"),
    [
        (100, False, {"F": Verdict.MET, "M": Verdict.MET, "m": Verdict.NOT_MET}, None),
        (100, True, {}, FlagReason.FATAL),
        (100, False, {"F": Verdict.NOT_MET, "M": Verdict.NOT_MET}, FlagReason.FATAL),
        (59.9, False, {"M": Verdict.NOT_MET}, FlagReason.BELOW_PASS_MARK),
        (60, False, {}, None),
        (100, False, {"M": Verdict.NOT_MET, "F": Verdict.UNDETERMINED}, FlagReason.MAJOR_NOT_MET),
        (100, False, {"M": Verdict.UNDETERMINED}, FlagReason.UNDETERMINED),
        (100, False, {"F": Verdict.UNDETERMINED}, FlagReason.UNDETERMINED),
        (100, False, {"m": Verdict.UNDETERMINED, "unknown": Verdict.NOT_MET}, None),
    ],
)
def test_flag_reason_names_the_gravest(
    points: float, fatal: bool, findings: dict[str, Verdict], reason: FlagReason | None
) -> None:
    sheet = make_sheet([MET], points=points, fatal=fatal)
    found = [make_finding(rule, verdict) for rule, verdict in findings.items()]
    assert flag_reason(sheet, found, severities=SEVERITIES, pass_mark=60) is reason


def test_a_sheet_without_total_is_never_below_the_mark() -> None:
    sheet = make_sheet([OPEN])
    assert sheet.points is None
    assert flag_reason(sheet, [], severities=SEVERITIES, pass_mark=60) is None
