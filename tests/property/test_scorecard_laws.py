"""Laws that hold for every scorecard and every set of verdicts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from random_cards import RULES, Facts, Seen, calls, cards, findings, some_verdicts, verdicts

from asr_qa.core.card import Criterion, Fatal, Kind, Scorecard, Section
from asr_qa.core.finding import Verdict
from asr_qa.core.scorecard import ScoreSheet, score

MET, NOT_MET, OPEN = Verdict.MET, Verdict.NOT_MET, Verdict.UNDETERMINED
NEAR = 1e-9
"""What adding numbers in another order may leave."""
PLAIN = cards(capped=False, conditions=False)
"""Cards on which no verdict changes what another is worth."""


def sheet_of(card: Scorecard, seen: Seen, facts: Facts | None = None) -> ScoreSheet:
    return score(card, findings(seen), facts=facts)


@given(PLAIN, some_verdicts, calls, st.sampled_from(RULES))
def test_a_violation_never_raises_points(card: Scorecard, seen: Seen, facts: Facts, rule: str) -> None:
    before = sheet_of(card, {**seen, rule: (MET, 0)}, facts)
    after = sheet_of(card, {**seen, rule: (NOT_MET, 1)}, facts)
    if before.points is not None and after.points is not None:
        assert after.points <= before.points + NEAR
    assert after.fatal >= before.fatal


@given(cards(conditions=False), verdicts(MET, NOT_MET), calls, st.sampled_from(RULES))
def test_where_all_is_known_a_violation_never_raises_points_under_caps_either(
    card: Scorecard, seen: Seen, facts: Facts, rule: str
) -> None:
    before = sheet_of(card, {**seen, rule: (MET, 0)}, facts)
    after = sheet_of(card, {**seen, rule: (NOT_MET, 1)}, facts)
    if before.points is not None and after.points is not None:
        assert after.points <= before.points + NEAR


def test_a_cap_forgives_a_violation_that_settles_an_open_line() -> None:
    lines = (
        Criterion(id="x", title={}, points=10, rules=("R0",)),
        Criterion(id="y", title={}, points=10, rules=("R1", "R2")),
    )
    card = Scorecard(id="c", version="1", title={}, sections=(Section(id="s", title={}, criteria=lines, cap=5),))
    seen = {"R0": (NOT_MET, 1), "R1": (OPEN, 0)}
    still_open, settled = (sheet_of(card, {**seen, "R2": (verdict, 0)}) for verdict in (MET, NOT_MET))
    assert (still_open.points, settled.points) == (50.0, 75.0)  # 5 of 10 and 15 of 20: docs/scorecards.md says so


@given(PLAIN, verdicts(), st.sampled_from(RULES))
def test_what_is_unknown_never_costs_points_compared_with_a_violation(card: Scorecard, seen: Seen, rule: str) -> None:
    unknown = sheet_of(card, {**seen, rule: (OPEN, 0)})
    broken = sheet_of(card, {**seen, rule: (NOT_MET, 4)})
    assert unknown.fatal <= broken.fatal
    for one, other in zip(unknown.criteria, broken.criteria, strict=True):
        assert one.points is None or other.points is None or one.points >= other.points


@given(PLAIN, verdicts())
def test_sections_add_up(card: Scorecard, seen: Seen) -> None:
    sheet = sheet_of(card, seen)
    lines = {result.id: result for result in sheet.criteria}
    for section, result in zip(card.sections, sheet.sections, strict=True):
        mine = [(criterion, lines[criterion.id]) for criterion in section.criteria]
        known = [line.points for _, line in mine if line.points is not None]
        zeroed = any(c.fatal is Fatal.SECTION and line.verdict is Verdict.NOT_MET for c, line in mine)
        assert result.points == (None if not known else 0 if zeroed else sum(known))
        counted = [line for c, line in mine if c.kind is not Kind.BONUS and line.points is not None]
        assert result.max_points == sum(line.max_points for line in counted)


@given(PLAIN, verdicts())
def test_points_stay_within_the_card(card: Scorecard, seen: Seen) -> None:
    sheet = sheet_of(card, seen)
    assert 0 <= sheet.assessed_share <= 1
    assert sheet.points is None or 0 <= sheet.points <= card.points + card.bonus_max
    assert all(r.points is None or 0 <= r.points <= r.max_points for r in sheet.criteria)


@given(PLAIN, verdicts())
def test_not_applicable_criteria_might_as_well_not_be_on_the_card(card: Scorecard, seen: Seen) -> None:
    whole = sheet_of(card, seen)
    gone = {r.id for r in whole.criteria if r.verdict is Verdict.NOT_APPLICABLE}
    rest = replace(
        card,
        sections=tuple(replace(s, criteria=tuple(c for c in s.criteria if c.id not in gone)) for s in card.sections),
    )
    without = sheet_of(rest, seen)
    assert (whole.points, whole.assessed_share, whole.fatal) == (without.points, without.assessed_share, without.fatal)


@given(PLAIN, st.sampled_from((Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE)))
def test_nothing_known_gives_no_points_at_all(card: Scorecard, verdict: Verdict) -> None:
    sheet = sheet_of(card, dict.fromkeys(RULES, (verdict, 0)))
    assert sheet.points is None
    assert not sheet.fatal


@given(PLAIN, verdicts())
def test_points_are_known_exactly_where_the_verdict_is(card: Scorecard, seen: Seen) -> None:
    for result in sheet_of(card, seen).criteria:
        assert (result.points is not None) == (result.verdict in (MET, Verdict.NOT_MET))
