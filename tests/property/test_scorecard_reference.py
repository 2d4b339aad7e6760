"""Score sheets against a second reading of docs/scorecards.md, written apart from the code and slower."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from random_cards import Facts, Seen, calls, cards, findings, some_verdicts

from asr_qa.core.card import Criterion, Fatal, Kind, Scorecard, Source, When
from asr_qa.core.finding import Verdict
from asr_qa.core.scorecard import apply_review, score

MET, NOT_MET, NA, OPEN = Verdict.MET, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.UNDETERMINED
NEAR = 1e-6
Line = tuple[Verdict, float | None]


@dataclass
class Told:
    """What the docs make of a call."""

    lines: dict[str, Line]
    sections: dict[str, tuple[float | None, float]]
    share: float
    fatal: bool
    points: float | None
    band: str | None


def told(card: Scorecard, seen: Seen, facts: Facts) -> Told:
    lines: dict[str, Line] = {}
    waiting = list(card.criteria)
    while waiting:  # those first whose conditions look at nothing that is not there yet
        ready = next(c for c in waiting if c.when is None or c.when.criterion_ids <= lines.keys())
        waiting.remove(ready)
        lines[ready.id] = line_of(ready, seen, facts, lines)
    return summed(card, lines)


def line_of(one: Criterion, seen: Seen, facts: Facts, lines: Mapping[str, Line]) -> Line:
    verdicts = {rule: seen.get(rule, (OPEN, 0))[0] for rule in one.rules}
    conditions = [
        facts_hold(one.applies_when, facts),
        *([] if one.when is None else [holds(one.when, seen, facts, lines)]),
    ]
    if False in conditions or (verdicts and set(verdicts.values()) == {NA}):
        return NA, None
    if None in conditions or one.source is not Source.AUTO:
        return OPEN, None
    left = [rule for rule in one.rules if verdicts[rule] is not NA]
    unknown = [rule for rule in left if verdicts[rule] is OPEN]
    best = earned(one, left, {**verdicts, **dict.fromkeys(unknown, MET)}, seen)
    if unknown and best > NEAR:
        return OPEN, None
    return (MET if best >= one.points - NEAR else NOT_MET), best


def earned(one: Criterion, rules: list[str], verdicts: Mapping[str, Verdict], seen: Seen) -> float:
    broken = [rule for rule in rules if verdicts[rule] is NOT_MET]
    if one.kind is Kind.PER_HIT:
        off = one.per_hit * sum(max(1, seen[rule][1]) for rule in broken)
        return max(0.0, one.points - min(off, one.points if one.cap is None else one.cap))
    if one.kind is Kind.GRADED:
        return max(
            (level.points for level in one.levels if not set(level.rules) & set(broken)),
            default=0.0,
        )
    return 0.0 if broken else one.points


def facts_hold(wanted: Mapping[str, tuple[str, ...]], facts: Facts) -> bool:
    return all(facts.get(name) is not None and facts[name] in values for name, values in wanted.items())


def holds(when: When, seen: Seen, facts: Facts, lines: Mapping[str, Line]) -> bool | None:
    asked: list[bool | None] = [facts_hold(when.facts, facts)]
    for one in when.rules:
        verdict = seen.get(one.id, (OPEN, 0))[0]
        asked.append(True if verdict in one.verdicts else None if verdict is OPEN else False)
    for one in when.criteria:
        verdict = lines[one.id][0]
        asked.append(True if verdict in one.verdicts else None if verdict is OPEN else False)
    if when.any_of:
        ways = {holds(part, seen, facts, lines) for part in when.any_of}
        asked.append(True if True in ways else None if None in ways else False)
    return False if False in asked else None if None in asked else True


def summed(card: Scorecard, lines: Mapping[str, Line]) -> Told:
    total = most = applicable = extra = 0.0
    sections: dict[str, tuple[float | None, float]] = {}
    fatal = {c.fatal for c in card.criteria if lines[c.id][0] is NOT_MET} - {Fatal.NONE}
    for section in card.sections:
        counted = [c for c in section.criteria if c.kind is not Kind.BONUS]
        bonus = sum(lines[c.id][1] or 0.0 for c in section.criteria if c.kind is Kind.BONUS)
        known = sum(c.points for c in counted if lines[c.id][1] is not None)
        points = sum(lines[c.id][1] or 0.0 for c in counted)
        if section.cap is not None:
            points = max(points, known - section.cap)
        if any(c.fatal is Fatal.SECTION and lines[c.id][0] is NOT_MET for c in section.criteria):
            points = bonus = 0.0
        touched = any(lines[c.id][1] is not None for c in section.criteria)
        sections[section.id] = (points + bonus if touched else None, known)
        total, most, extra = total + points, most + known, extra + bonus
        applicable += sum(c.points for c in counted if lines[c.id][0] is not NA)
    share = most / applicable if applicable else 0.0
    sheet: float | None = None
    if most and share >= card.min_assessed_share - NEAR:
        sheet = min(card.points + card.bonus_max, card.points * total / most + extra)
        sheet = 0.0 if Fatal.SHEET in fatal else sheet
    reached = [band for band in card.bands if sheet is not None and sheet >= band.at_least - NEAR]
    return Told(
        dict(lines), sections, share, bool(fatal), sheet, max(reached, key=lambda b: b.at_least).id if reached else None
    )


def close(one: float | None, other: float | None) -> bool:
    return one is other or (one is not None and other is not None and abs(one - other) < NEAR)


@given(cards(), some_verdicts, calls)
def test_a_sheet_is_what_the_docs_say(card: Scorecard, seen: Seen, facts: Facts) -> None:
    sheet, wanted = score(card, findings(seen), facts=facts), told(card, seen, facts)
    assert {line.id: line.verdict for line in sheet.criteria} == {name: line[0] for name, line in wanted.lines.items()}
    assert all(close(line.points, wanted.lines[line.id][1]) for line in sheet.criteria)
    for section in sheet.sections:
        points, most = wanted.sections[section.id]
        assert close(section.points, points)
        assert close(section.max_points, most)
    assert close(sheet.assessed_share, wanted.share)
    assert sheet.fatal == wanted.fatal
    assert close(sheet.points, wanted.points)
    assert sheet.band == wanted.band


@given(cards(), some_verdicts, calls, st.dictionaries(st.integers(0, 11), st.sampled_from((MET, NOT_MET, NA))))
def test_a_review_is_what_the_docs_say(
    card: Scorecard, seen: Seen, facts: Facts, chosen: Mapping[int, Verdict]
) -> None:
    decided = {c.id: chosen[i] for i, c in enumerate(card.criteria) if i in chosen}
    machine = told(card, seen, facts)
    lines: dict[str, Line] = {}
    waiting = list(card.criteria)
    while waiting:
        one = next(c for c in waiting if c.when is None or c.when.criterion_ids <= lines.keys())
        waiting.remove(one)
        if one.id not in decided:
            rests = one.when is not None and bool(one.when.criterion_ids)
            lines[one.id] = line_of(one, seen, facts, lines) if rests else machine.lines[one.id]
            continue
        verdict = decided[one.id]
        worst = {Kind.GRADED: one.levels[-1].points if one.levels else 0.0, Kind.PER_HIT: 0.0}.get(one.kind, 0.0)
        if one.kind is Kind.PER_HIT:
            worst = max(0.0, one.points - min(one.per_hit, one.points if one.cap is None else one.cap))
        lines[one.id] = (
            machine.lines[one.id]
            if verdict is machine.lines[one.id][0]
            else (verdict, {MET: one.points, NOT_MET: worst}.get(verdict))
        )
    wanted = summed(card, lines)
    sheet = apply_review(score(card, findings(seen), facts=facts), card, decided, findings=findings(seen), facts=facts)
    assert {line.id: line.verdict for line in sheet.criteria} == {name: line[0] for name, line in lines.items()}
    assert all(close(line.points, lines[line.id][1]) for line in sheet.criteria)
    assert close(sheet.points, wanted.points)
    assert sheet.fatal == wanted.fatal
    assert sheet.band == wanted.band
