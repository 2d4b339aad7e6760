"""How verdicts become points."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asr_qa.core.finding import Evidence, Finding, Match, Verdict
from asr_qa.core.languages import language_code
from asr_qa.core.scorecard import (
    Criterion,
    ErrorClass,
    Fatal,
    Kind,
    Level,
    Scorecard,
    ScoreSheet,
    Section,
    Source,
    applies,
    apply_review,
    class_errors,
    score,
)
from asr_qa.errors import ConflictError, NotFoundError, UsageError

MET, NOT_MET = Verdict.MET, Verdict.NOT_MET
NA, UNKNOWN = Verdict.NOT_APPLICABLE, Verdict.UNDETERMINED


def _finding(rule: str, verdict: Verdict, *, hits: int = 0) -> Finding:
    places = tuple(Evidence(None, float(at), at + 1.0, "", Match.EXACT) for at in range(hits))
    return Finding(rule_id=rule, rule_version="v", verdict=verdict, confidence=None, evidence=places)


def _card(*sections: tuple[Criterion, ...], share: float = 0.0, bonus_max: float = 0.0) -> Scorecard:
    return Scorecard(
        id="card",
        version="1",
        title={"zh": "卡"},
        sections=tuple(
            Section(id=f"s{number}", title={"zh": "类"}, criteria=criteria) for number, criteria in enumerate(sections)
        ),
        min_assessed_share=share,
        bonus_max=bonus_max,
    )


def _line(name: str, points: float, *rules: str) -> Criterion:
    return Criterion(id=name, title={"zh": name}, points=points, rules=rules or (name.upper(),))


def _points(sheet: ScoreSheet, name: str) -> float | None:
    return next(result.points for result in sheet.criteria if result.id == name)


def _verdict(sheet: ScoreSheet, name: str) -> Verdict:
    return next(result.verdict for result in sheet.criteria if result.id == name)


TWO = _card((_line("a", 30), _line("b", 10)))

GRADED = replace(
    _line("empathy", 5, "WORDS", "EMOTION"),
    kind=Kind.GRADED,
    levels=(
        Level(points=5, anchor="认同情绪并使用同理心话术", rules=("WORDS", "EMOTION")),
        Level(points=2, anchor="机械回复", rules=("WORDS",)),
        Level(points=0, anchor="没有回应情绪"),
    ),
)

PER_HIT = replace(_line("tics", 6, "TICS"), kind=Kind.PER_HIT, per_hit=2, cap=4)


def test_score_scales_earned_over_assessed_points_to_the_card() -> None:
    sheet = score(TWO, [_finding("A", MET), _finding("B", NOT_MET)])
    assert sheet.points == pytest.approx(75)  # 30 / 40 of 100
    assert [(s.points, s.max_points) for s in sheet.sections] == [(30, 40)]


@pytest.mark.parametrize("gone", [NA, UNKNOWN])
def test_score_leaves_what_is_not_assessed_out_of_the_denominator(gone: Verdict) -> None:
    sheet = score(TWO, [_finding("A", MET), _finding("B", gone)])
    assert sheet.points == 100
    assert sheet.sections[0].max_points == 30
    assert _points(sheet, "b") is None
    assert _verdict(sheet, "b") is gone


def test_assessed_share_counts_the_undetermined_but_not_the_not_applicable() -> None:
    unknown = score(TWO, [_finding("A", MET), _finding("B", UNKNOWN)])
    silent = score(TWO, [_finding("A", MET), _finding("B", NA)])
    assert unknown.assessed_share == pytest.approx(0.75)  # 30 / 40
    assert silent.assessed_share == 1  # 30 / 30


def test_sheet_below_the_assessed_limit_has_no_total() -> None:
    findings = [_finding("A", UNKNOWN), _finding("B", MET)]  # 10 / 40 assessed
    assert score(replace(TWO, min_assessed_share=0.26), findings).points is None
    assert score(replace(TWO, min_assessed_share=0.25), findings).points == 100


@pytest.mark.parametrize("verdict", [NA, UNKNOWN])
def test_sheet_on_which_nothing_is_assessed_has_no_total_and_is_never_zero(verdict: Verdict) -> None:
    sheet = score(TWO, [_finding("A", verdict), _finding("B", verdict)])
    assert sheet.points is None
    assert sheet.sections[0].points is None
    assert sheet.assessed_share == 0
    assert not sheet.fatal


def test_rule_without_a_finding_is_undetermined() -> None:
    sheet = score(TWO, [_finding("A", MET)])
    assert _verdict(sheet, "b") is UNKNOWN
    assert next(r for r in sheet.criteria if r.id == "b").finding_ids == ()


@pytest.mark.parametrize(
    ("one", "two", "verdict", "points"),
    [
        (MET, MET, MET, 10),
        (MET, NOT_MET, NOT_MET, 0),
        (UNKNOWN, NOT_MET, NOT_MET, 0),  # nothing can be earned any more: known
        (UNKNOWN, MET, UNKNOWN, None),
        (NA, MET, MET, 10),
        (NA, NOT_MET, NOT_MET, 0),
        (NA, UNKNOWN, UNKNOWN, None),
        (NA, NA, NA, None),
    ],
)
def test_criterion_of_two_rules(one: Verdict, two: Verdict, verdict: Verdict, points: float | None) -> None:
    sheet = score(_card((_line("c", 10, "X", "Y"),)), [_finding("X", one), _finding("Y", two)])
    assert (_verdict(sheet, "c"), _points(sheet, "c")) == (verdict, points)


@pytest.mark.parametrize(("hits", "points"), [(1, 4), (2, 2), (3, 2), (0, 4)])  # 6 - 2 per hit, at most 4 off
def test_per_hit_takes_points_for_each_place_up_to_the_cap(hits: int, points: float) -> None:
    sheet = score(_card((PER_HIT,)), [_finding("TICS", NOT_MET, hits=hits)])
    assert (_points(sheet, "tics"), _verdict(sheet, "tics")) == (points, NOT_MET)


def test_per_hit_without_a_violation_keeps_all_points() -> None:
    assert _points(score(_card((PER_HIT,)), [_finding("TICS", MET, hits=3)]), "tics") == 6


def test_per_hit_with_an_unknown_rule_waits_for_a_person_unless_nothing_is_left() -> None:
    two = replace(PER_HIT, rules=("TICS", "OTHER"), cap=None)
    some = score(_card((two,)), [_finding("TICS", NOT_MET, hits=1), _finding("OTHER", UNKNOWN)])
    gone = score(_card((two,)), [_finding("TICS", NOT_MET, hits=3), _finding("OTHER", UNKNOWN)])
    assert _points(some, "tics") is None
    assert _points(gone, "tics") == 0


@pytest.mark.parametrize(
    ("words", "emotion", "points", "verdict"),
    [
        (MET, MET, 5, MET),
        (MET, NOT_MET, 2, NOT_MET),
        (NOT_MET, NOT_MET, 0, NOT_MET),
        (NOT_MET, UNKNOWN, 0, NOT_MET),
        (MET, UNKNOWN, None, UNKNOWN),
        (UNKNOWN, NOT_MET, None, UNKNOWN),
        (NA, NA, None, NA),
    ],
)
def test_graded_earns_the_highest_level_whose_rules_are_met(
    words: Verdict, emotion: Verdict, points: float | None, verdict: Verdict
) -> None:
    sheet = score(_card((GRADED,)), [_finding("WORDS", words), _finding("EMOTION", emotion)])
    assert (_points(sheet, "empathy"), _verdict(sheet, "empathy")) == (points, verdict)


@pytest.mark.parametrize(
    ("high", "low", "points", "verdict"),
    [
        (NA, MET, 5, MET),  # the highest level that is left
        (NA, NOT_MET, 0, NOT_MET),  # earned 5 by a rule that does not apply
        (NOT_MET, NA, 0, NOT_MET),  # earned 2 by a rule that does not apply
        (MET, NA, 5, MET),
        (MET, NOT_MET, 5, MET),  # levels need not rest on each other
        (NA, UNKNOWN, None, UNKNOWN),
        (UNKNOWN, NA, None, UNKNOWN),
    ],
)
def test_a_level_of_whose_rules_none_applies_is_not_reached(
    high: Verdict, low: Verdict, points: float | None, verdict: Verdict
) -> None:
    levels = (
        Level(points=5, anchor="解决问题", rules=("HIGH",)),
        Level(points=2, anchor="有回应", rules=("LOW",)),
        Level(points=0, anchor="没有回应"),
    )
    card = _card((replace(GRADED, rules=("HIGH", "LOW"), levels=levels),))
    sheet = score(card, [_finding("HIGH", high), _finding("LOW", low)])
    assert (_points(sheet, "empathy"), _verdict(sheet, "empathy")) == (points, verdict)


def test_bonus_adds_points_and_stays_out_of_the_denominator() -> None:
    bonus = replace(_line("extra", 3), kind=Kind.BONUS)
    findings = [_finding("A", MET), _finding("B", NOT_MET)]
    card = _card((_line("a", 30), _line("b", 10), bonus))
    sheet = score(card, [*findings, _finding("EXTRA", MET)])
    assert sheet.points == pytest.approx(78)  # 30 / 40 of 100, + 3
    assert (sheet.sections[0].points, sheet.sections[0].max_points) == (33, 40)
    assert score(card, [*findings, _finding("EXTRA", NOT_MET)]).points == pytest.approx(75)


@pytest.mark.parametrize(("bonus_max", "points"), [(0, 100), (2, 102), (9, 103)])
def test_bonus_lifts_a_sheet_no_further_than_allowed(bonus_max: float, points: float) -> None:
    card = _card((_line("a", 40), replace(_line("extra", 3), kind=Kind.BONUS)), bonus_max=bonus_max)
    assert score(card, [_finding("A", MET), _finding("EXTRA", MET)]).points == points


def test_fatal_sheet_criterion_zeroes_the_sheet_but_not_its_lines() -> None:
    card = _card((replace(_line("a", 30), fatal=Fatal.SHEET), _line("b", 10)))
    sheet = score(card, [_finding("A", NOT_MET), _finding("B", MET)])
    assert (sheet.points, sheet.fatal) == (0, True)
    assert sheet.sections[0].points == 10


def test_fatal_sheet_criterion_gives_no_total_to_a_sheet_of_which_too_little_is_assessed() -> None:
    """What is fatal is told by `fatal`, never by a total that the rest of the call could not be asked for."""
    card = replace(_card((replace(_line("a", 10), fatal=Fatal.SHEET), _line("b", 30))), min_assessed_share=0.5)
    sheet = score(card, [_finding("A", NOT_MET), _finding("B", UNKNOWN)])  # 10 / 40 assessed
    assert (sheet.points, sheet.band, sheet.fatal) == (None, None, True)
    reviewed = apply_review(sheet, card, {"b": MET})
    assert (reviewed.points, reviewed.fatal) == (0, True)


def test_fatal_section_criterion_zeroes_its_section_only() -> None:
    card = _card((replace(_line("a", 10), fatal=Fatal.SECTION), _line("b", 30)), (_line("c", 60),))
    sheet = score(card, [_finding("A", NOT_MET), _finding("B", MET), _finding("C", MET)])
    assert [s.points for s in sheet.sections] == [0, 60]
    assert sheet.points == pytest.approx(60)
    assert sheet.fatal


@pytest.mark.parametrize("verdict", [MET, NA, UNKNOWN])
def test_fatal_criterion_needs_a_known_violation(verdict: Verdict) -> None:
    card = _card((replace(_line("a", 30), fatal=Fatal.SHEET), _line("b", 10)))
    sheet = score(card, [_finding("A", verdict), _finding("B", MET)])
    assert not sheet.fatal
    assert sheet.points == 100


@pytest.mark.parametrize("source", [Source.MANUAL, Source.ASSISTED])
def test_criterion_that_people_assess_waits_for_them(source: Source) -> None:
    card = _card((_line("a", 30), replace(_line("b", 10), source=source, fatal=Fatal.SHEET)))
    sheet = score(card, [_finding("A", MET), _finding("B", NOT_MET)])
    assert (_verdict(sheet, "b"), _points(sheet, "b")) == (UNKNOWN, None)
    assert (sheet.points, sheet.fatal) == (100, False)
    assert sheet.assessed_share == pytest.approx(0.75)
    assert sheet.criteria[1].finding_ids == ("B",)  # the hint is kept


def test_criterion_whose_conditions_fail_is_not_applicable() -> None:
    card = _card((_line("a", 30), replace(_line("b", 10), applies_when={"queue": ("complaint", "vip")})))
    findings = [_finding("A", MET), _finding("B", NOT_MET)]
    assert _verdict(score(card, findings, facts={"queue": "sales"}), "b") is NA
    assert _verdict(score(card, findings, facts={"queue": "vip"}), "b") is NOT_MET
    assert _verdict(score(card, findings), "b") is NA


def test_applies_asks_for_every_fact() -> None:
    when = {"queue": ("vip",), "language": ("zh", "yue")}
    assert applies(when, {"queue": "vip", "language": "yue"})
    assert not applies(when, {"queue": "vip", "language": None})
    assert applies({}, {})


# --- review


def _reviewed(card: Scorecard, findings: list[Finding], **decisions: Verdict | float) -> ScoreSheet:
    return apply_review(score(card, findings), card, decisions)


@pytest.mark.parametrize("language", ["yue", "zh-yue", "zh_yue_HK", "zh-YUE-hk", "yue-HK", "粤语"])
def test_a_language_is_read_in_one_way_wherever_it_is_asked_for(language: str) -> None:
    assert language_code(language) == "yue"
    assert applies({"language": ("yue",)}, {"language": language})
    assert not applies({"language": ("zh",)}, {"language": language})


def test_a_language_nobody_knows_is_only_itself() -> None:
    assert applies({"language": ("tlh",)}, {"language": "tlh"})
    assert not applies({"language": ("zh",)}, {"language": "tlh"})


def test_apply_review_recomputes_the_sheet_and_leaves_the_machine_alone() -> None:
    sheet = score(TWO, [_finding("A", NOT_MET), _finding("B", MET)])
    after = apply_review(sheet, TWO, {"a": MET})
    assert (sheet.points, after.points) == (25, 100)
    assert after.criteria[0].finding_ids == ("A",)


def test_apply_review_without_decisions_changes_nothing() -> None:
    sheet = score(_card((GRADED, PER_HIT)), [_finding("WORDS", MET), _finding("TICS", NOT_MET, hits=2)])
    assert apply_review(sheet, _card((GRADED, PER_HIT)), {}) == sheet


def test_apply_review_confirms_partial_points() -> None:
    findings = [_finding("WORDS", MET), _finding("EMOTION", NOT_MET)]
    assert _points(_reviewed(_card((GRADED,)), findings, empathy=NOT_MET), "empathy") == 2


@pytest.mark.parametrize(
    ("decision", "points", "verdict"),
    [(NOT_MET, 0, NOT_MET), (2.0, 2, NOT_MET), (5, 5, MET), (NA, None, NA), (UNKNOWN, None, UNKNOWN)],
)
def test_apply_review_overrides(decision: Verdict | float, points: float | None, verdict: Verdict) -> None:
    sheet = _reviewed(_card((GRADED,)), [_finding("WORDS", MET), _finding("EMOTION", MET)], empathy=decision)
    assert (_points(sheet, "empathy"), _verdict(sheet, "empathy")) == (points, verdict)


def test_apply_review_takes_one_hit_where_none_was_counted() -> None:
    assert _points(_reviewed(_card((PER_HIT,)), [_finding("TICS", MET)], tics=NOT_MET), "tics") == 4


def test_apply_review_lets_a_person_find_and_lift_a_fatal_error() -> None:
    card = _card((replace(_line("a", 30), fatal=Fatal.SHEET, source=Source.ASSISTED), _line("b", 10)))
    found = _reviewed(card, [_finding("A", MET), _finding("B", MET)], a=NOT_MET)
    assert (found.points, found.fatal, found.assessed_share) == (0, True, 1)
    lifted = apply_review(found, card, {"a": MET})
    assert (lifted.points, lifted.fatal) == (100, False)


def test_apply_review_refuses_what_does_not_fit() -> None:
    sheet = score(TWO, [_finding("A", MET)])
    with pytest.raises(NotFoundError, match="no criterion nope"):
        apply_review(sheet, TWO, {"nope": MET})
    with pytest.raises(ConflictError, match="card@1, not card@2"):
        apply_review(sheet, replace(TWO, version="2"), {"a": MET})
    for points in (-1.0, 31.0, float("nan")):
        with pytest.raises(UsageError, match="not within 0 and 30"):
            apply_review(sheet, TWO, {"a": points})


# --- classes of error


def test_class_errors_tells_error_none_and_unknown_apart() -> None:
    card = _card(
        (
            replace(_line("a", 10), error_class=ErrorClass.CUSTOMER),
            replace(_line("b", 10), error_class=ErrorClass.CUSTOMER),
            replace(_line("c", 10), error_class=ErrorClass.BUSINESS),
            replace(_line("d", 10), error_class=ErrorClass.COMPLIANCE),
        )
    )
    verdicts = {"A": MET, "B": NOT_MET, "C": MET, "D": UNKNOWN}
    sheet = score(card, [_finding(rule, verdict) for rule, verdict in verdicts.items()])
    assert class_errors(card, sheet) == {
        ErrorClass.CUSTOMER: True,
        ErrorClass.BUSINESS: False,
        ErrorClass.COMPLIANCE: None,
        ErrorClass.NON_CRITICAL: None,
    }


def test_class_errors_do_not_count_a_bonus_that_was_not_earned() -> None:
    card = _card((_line("a", 10), replace(_line("x", 5), kind=Kind.BONUS)))
    sheet = score(card, [_finding("A", MET), _finding("X", NOT_MET)])
    assert class_errors(card, sheet)[ErrorClass.NON_CRITICAL] is False
