"""Conditions on verdicts, caps of sections, bands: by hand-made cards."""

from __future__ import annotations

import pytest

from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.scorecard import (
    Band,
    Criterion,
    CriterionResult,
    Fatal,
    Scorecard,
    ScoreSheet,
    Section,
    Source,
    VerdictIs,
    When,
    apply_review,
    score,
)
from asr_qa.errors import UsageError

MET, NOT_MET, NA, UNKNOWN = Verdict.MET, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.UNDETERMINED
BANDS = (
    Band(id="excellent", title={}, at_least=90),
    Band(id="passed", title={}, at_least=80),
    Band(id="failed", title={}, at_least=0),
)


def line(name: str, points: float = 10, *, when: When | None = None, **more: object) -> Criterion:
    rules = () if more.get("source") is Source.MANUAL else (f"R-{name}",)
    return Criterion(id=name, title={}, points=points, rules=rules, when=when, **more)  # type: ignore[arg-type]


def card(*lines: Criterion, cap: float | None = None, **more: object) -> Scorecard:
    section = Section(id="s", title={}, criteria=lines, cap=cap)
    known = {"min_assessed_share": 0.0, **more}
    return Scorecard(id="c", version="1", title={}, sections=(section,), **known)  # type: ignore[arg-type]


def found(**verdicts: Verdict) -> list[Finding]:
    return [Finding(rule_id=f"R-{n}", rule_version="", verdict=v, confidence=None) for n, v in verdicts.items()]


def of(sheet: ScoreSheet, name: str) -> CriterionResult:
    return next(result for result in sheet.criteria if result.id == name)


# --- conditions on rules and criteria


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [(MET, NOT_MET), (NOT_MET, NA), (NA, NA), (UNKNOWN, UNKNOWN)],
)
def test_a_criterion_applies_by_the_verdict_of_a_rule(verdict: Verdict, expected: Verdict) -> None:
    when = When(rules=(VerdictIs(id="R-a"),))
    sheet = score(card(line("a"), line("b", when=when)), found(a=verdict, b=NOT_MET))
    assert of(sheet, "b").verdict is expected
    assert of(sheet, "b").points == (0 if expected is NOT_MET else None)


def test_a_rule_without_a_finding_leaves_the_criterion_to_a_person() -> None:
    when = When(rules=(VerdictIs(id="R-gone"),))
    assert of(score(card(line("b", when=when)), found(b=MET)), "b").verdict is UNKNOWN


def test_undetermined_may_be_what_is_asked_for() -> None:
    when = When(rules=(VerdictIs(id="R-a", verdicts=(UNKNOWN, NOT_MET)),))
    assert of(score(card(line("b", when=when)), found(a=UNKNOWN, b=MET)), "b").verdict is MET


def test_a_criterion_may_stand_before_the_one_it_rests_on() -> None:
    when = When(criteria=(VerdictIs(id="late", verdicts=(NOT_MET,)),))
    lines = card(line("early", when=when), line("late"))
    assert of(score(lines, found(early=MET, late=NOT_MET)), "early").verdict is MET
    assert of(score(lines, found(early=MET, late=MET)), "early").verdict is NA
    assert [result.id for result in score(lines, ()).criteria] == ["early", "late"]


def test_a_condition_on_a_criterion_that_does_not_apply_does_not_hold() -> None:
    first = When(rules=(VerdictIs(id="R-x"),))
    lines = card(line("a", when=first), line("b", when=When(criteria=(VerdictIs(id="a"),))))
    assert of(score(lines, found(x=NOT_MET, a=MET, b=MET)), "b").verdict is NA


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (MET, NOT_MET, MET),
        (NOT_MET, MET, MET),
        (NOT_MET, NOT_MET, NA),
        (UNKNOWN, NOT_MET, UNKNOWN),
        (UNKNOWN, MET, MET),
    ],
)
def test_any_of_holds_by_one(a: Verdict, b: Verdict, expected: Verdict) -> None:
    ways = (When(rules=(VerdictIs(id="R-a"),)), When(rules=(VerdictIs(id="R-b"),)))
    assert of(score(card(line("c", when=When(any_of=ways))), found(a=a, b=b, c=MET)), "c").verdict is expected


def test_every_condition_must_hold_facts_too() -> None:
    when = When(rules=(VerdictIs(id="R-a"), VerdictIs(id="R-b")), facts={"queue": ("vip",)})
    lines = card(line("c", when=when))
    assert of(score(lines, found(a=MET, b=MET, c=MET), facts={"queue": "vip"}), "c").verdict is MET
    assert of(score(lines, found(a=MET, b=MET, c=MET), facts={"queue": "loan"}), "c").verdict is NA
    assert of(score(lines, found(a=MET, b=NOT_MET, c=MET), facts={"queue": "vip"}), "c").verdict is NA
    # one that does not hold settles it, whatever is unknown of the other
    assert of(score(lines, found(a=UNKNOWN, b=NOT_MET, c=MET), facts={"queue": "vip"}), "c").verdict is NA


def test_what_does_not_apply_and_what_is_unknown_leave_the_denominator() -> None:
    when = When(rules=(VerdictIs(id="R-x"),))
    lines = card(line("a"), line("b", 30, when=when))
    away = score(lines, found(x=NOT_MET, a=MET, b=NOT_MET))
    assert (away.points, away.assessed_share) == (100, 1)
    unknown = score(lines, found(x=UNKNOWN, a=MET, b=NOT_MET))
    assert (unknown.points, unknown.assessed_share) == (100, 0.25)
    applies = score(lines, found(x=MET, a=MET, b=NOT_MET))
    assert (applies.points, applies.assessed_share) == (25, 1)


def test_a_fatal_criterion_that_does_not_apply_zeroes_nothing() -> None:
    lines = card(line("a"), line("b", when=When(rules=(VerdictIs(id="R-x"),)), fatal=Fatal.SHEET))
    assert score(lines, found(x=NOT_MET, a=MET, b=NOT_MET)).points == 100
    assert score(lines, found(x=MET, a=MET, b=NOT_MET)).points == 0


def test_criteria_that_rest_on_each_other_are_an_error_not_a_hang() -> None:
    one, other = When(criteria=(VerdictIs(id="b"),)), When(criteria=(VerdictIs(id="a"),))
    with pytest.raises(UsageError, match="a -> b -> a"):
        score(card(line("a", when=one), line("b", when=other)), ())


# --- reviews


def test_a_review_settles_what_rests_on_the_line() -> None:
    when = When(criteria=(VerdictIs(id="judged", verdicts=(NOT_MET,)),))
    lines = card(line("judged", source=Source.MANUAL), line("b", when=when))
    findings = found(b=NOT_MET)
    machine = score(lines, findings)
    assert (of(machine, "b").verdict, machine.points) == (UNKNOWN, None)
    wrong = apply_review(machine, lines, {"judged": NOT_MET}, findings=findings)
    assert (of(wrong, "b").verdict, wrong.points) == (NOT_MET, 0)
    right = apply_review(machine, lines, {"judged": MET}, findings=findings)
    assert (of(right, "b").verdict, right.points) == (NA, 100)
    # a person's word about the line itself stands
    own = apply_review(machine, lines, {"judged": MET, "b": MET}, findings=findings)
    assert (of(own, "b").verdict, own.points) == (MET, 100)


def test_without_findings_conditional_lines_stay() -> None:
    when = When(criteria=(VerdictIs(id="a"),))
    lines = card(line("a"), line("b", when=when))
    machine = score(lines, found(a=MET, b=MET))
    assert of(apply_review(machine, lines, {"a": NOT_MET}), "b").verdict is MET
    again = apply_review(machine, lines, {"a": NOT_MET}, findings=found(a=MET, b=MET))
    assert of(again, "b").verdict is NA


# --- caps and bands


@pytest.mark.parametrize(("broken", "points"), [(0, 40), (1, 30), (2, 25), (4, 25)])
def test_a_section_loses_no_more_than_its_cap(broken: int, points: float) -> None:
    lines = [line(name) for name in "abcd"]
    verdicts = {name: NOT_MET if index < broken else MET for index, name in enumerate("abcd")}
    sheet = score(card(*lines, cap=15), found(**verdicts))
    assert (sheet.sections[0].points, sheet.points) == (points, points / 40 * 100)


def test_a_cap_is_of_what_was_assessed_and_yields_to_what_is_fatal() -> None:
    lines = card(line("a"), line("b"), line("c", fatal=Fatal.SECTION), cap=5)
    assert score(lines, found(a=NOT_MET, b=UNKNOWN, c=MET)).sections[0].points == 15  # of 20
    assert score(lines, found(a=MET, b=MET, c=NOT_MET)).sections[0].points == 0


@pytest.mark.parametrize(
    ("broken", "band"), [("", "excellent"), ("a", "excellent"), ("ab", "passed"), ("abc", "failed")]
)
def test_a_sheet_is_in_the_first_band_it_reaches(broken: str, band: str) -> None:
    lines = [line(name) for name in "abcdefghij"]
    sheet = score(card(*lines, bands=BANDS), found(**{n: NOT_MET if n in broken else MET for n in "abcdefghij"}))
    assert sheet.band == band


def test_without_points_or_bands_there_is_no_band() -> None:
    assert score(card(line("a"), bands=BANDS), found(a=UNKNOWN)).band is None
    assert score(card(line("a")), found(a=MET)).band is None


def test_a_fatal_error_is_in_the_lowest_band() -> None:
    lines = card(line("a", fatal=Fatal.SHEET), line("b", 90), bands=BANDS)
    assert score(lines, found(a=NOT_MET, b=MET)).band == "failed"
