"""Laws that hold for every scorecard and every set of verdicts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from asr_qa.core.finding import Evidence, Finding, Match, Verdict
from asr_qa.core.scorecard import Criterion, Fatal, Kind, Level, Scorecard, ScoreSheet, Section, Source, score

RULES = tuple(f"R{number}" for number in range(6))
_RULE_SETS = st.lists(st.sampled_from(RULES), min_size=1, max_size=3, unique=True).map(tuple)
_POINTS = st.integers(1, 20).map(float)


@st.composite
def _criteria(draw: st.DrawFn, name: str) -> Criterion:
    kind = draw(st.sampled_from(Kind))
    rules = draw(_RULE_SETS)
    points = draw(_POINTS)
    line = Criterion(
        id=name,
        title={},
        points=points,
        kind=kind,
        rules=rules,
        source=draw(st.sampled_from((Source.AUTO, Source.AUTO, Source.MANUAL, Source.ASSISTED))),
        fatal=Fatal.NONE if kind is Kind.BONUS else draw(st.sampled_from(Fatal)),
    )
    if kind is Kind.PER_HIT:
        return replace(line, per_hit=draw(st.integers(1, 5)), cap=draw(st.none() | st.floats(1, points)))
    if kind is Kind.GRADED:
        middle = Level(points=points / 2, anchor="", rules=draw(st.lists(st.sampled_from(rules)).map(tuple)))
        return replace(line, levels=(Level(points=points, anchor="", rules=rules), middle, Level(points=0, anchor="")))
    return line


@st.composite
def _cards(draw: st.DrawFn) -> Scorecard:
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    sections = tuple(
        Section(id=f"s{i}", title={}, criteria=tuple(draw(_criteria(f"c{i}.{j}")) for j in range(size)))
        for i, size in enumerate(sizes)
    )
    share = draw(st.sampled_from((0.0, 0.5)))
    bonus_max = draw(st.sampled_from((0.0, 3.0)))
    return Scorecard(id="c", version="1", title={}, sections=sections, min_assessed_share=share, bonus_max=bonus_max)


_VERDICTS = st.fixed_dictionaries({rule: st.tuples(st.sampled_from(Verdict), st.integers(0, 4)) for rule in RULES})
Verdicts = dict[str, tuple[Verdict, int]]


def _sheet(card: Scorecard, verdicts: Verdicts) -> ScoreSheet:
    def finding(rule: str, verdict: Verdict, hits: int) -> Finding:
        places = tuple(Evidence(None, float(at), at + 1.0, "", Match.EXACT) for at in range(hits))
        return Finding(rule_id=rule, rule_version="", verdict=verdict, confidence=None, evidence=places)

    return score(card, [finding(rule, *outcome) for rule, outcome in verdicts.items()])


@given(_cards(), _VERDICTS, st.sampled_from(RULES))
def test_a_violation_never_raises_points(card: Scorecard, verdicts: Verdicts, rule: str) -> None:
    before = _sheet(card, {**verdicts, rule: (Verdict.MET, 0)})
    after = _sheet(card, {**verdicts, rule: (Verdict.NOT_MET, 1)})
    if before.points is not None and after.points is not None:
        assert after.points <= before.points + 1e-9
    assert after.fatal >= before.fatal


@given(_cards(), _VERDICTS, st.sampled_from(RULES))
def test_what_is_unknown_never_costs_points_compared_with_a_violation(
    card: Scorecard, verdicts: Verdicts, rule: str
) -> None:
    unknown = _sheet(card, {**verdicts, rule: (Verdict.UNDETERMINED, 0)})
    broken = _sheet(card, {**verdicts, rule: (Verdict.NOT_MET, 4)})
    assert unknown.fatal <= broken.fatal
    for one, other in zip(unknown.criteria, broken.criteria, strict=True):
        assert one.points is None or other.points is None or one.points >= other.points


@given(_cards(), _VERDICTS)
def test_sections_add_up(card: Scorecard, verdicts: Verdicts) -> None:
    sheet = _sheet(card, verdicts)
    lines = {result.id: result for result in sheet.criteria}
    for section, result in zip(card.sections, sheet.sections, strict=True):
        mine = [(criterion, lines[criterion.id]) for criterion in section.criteria]
        known = [line.points for _, line in mine if line.points is not None]
        zeroed = any(c.fatal is Fatal.SECTION and line.verdict is Verdict.NOT_MET for c, line in mine)
        assert result.points == (None if not known else 0 if zeroed else sum(known))
        counted = [line for c, line in mine if c.kind is not Kind.BONUS and line.points is not None]
        assert result.max_points == sum(line.max_points for line in counted)


@given(_cards(), _VERDICTS)
def test_points_stay_within_the_card(card: Scorecard, verdicts: Verdicts) -> None:
    sheet = _sheet(card, verdicts)
    assert 0 <= sheet.assessed_share <= 1
    assert sheet.points is None or 0 <= sheet.points <= card.points + card.bonus_max
    assert all(r.points is None or 0 <= r.points <= r.max_points for r in sheet.criteria)


@given(_cards(), _VERDICTS)
def test_not_applicable_criteria_might_as_well_not_be_on_the_card(card: Scorecard, verdicts: Verdicts) -> None:
    whole = _sheet(card, verdicts)
    gone = {r.id for r in whole.criteria if r.verdict is Verdict.NOT_APPLICABLE}
    rest = replace(
        card,
        sections=tuple(replace(s, criteria=tuple(c for c in s.criteria if c.id not in gone)) for s in card.sections),
    )
    without = _sheet(rest, verdicts)
    assert (whole.points, whole.assessed_share, whole.fatal) == (without.points, without.assessed_share, without.fatal)


@given(_cards(), st.sampled_from((Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE)))
def test_nothing_known_gives_no_points_at_all(card: Scorecard, verdict: Verdict) -> None:
    sheet = _sheet(card, dict.fromkeys(RULES, (verdict, 0)))
    assert sheet.points is None
    assert not sheet.fatal


@given(_cards(), _VERDICTS)
def test_points_are_known_exactly_where_the_verdict_is(card: Scorecard, verdicts: Verdicts) -> None:
    for result in _sheet(card, verdicts).criteria:
        assert (result.points is not None) == (result.verdict in (Verdict.MET, Verdict.NOT_MET))
