"""The score sheet a call earns on a scorecard.

The definitions in words, with worked examples, are in docs/scorecards.md. In short:

- a criterion is *applicable* unless its conditions or all of its rules say otherwise, and *assessed* when its
  points are known; only assessed criteria are in the denominator;
- what is undetermined, manual or assisted is not assessed until a person decides;
- a section loses no more than its cap, unless something fatal takes all of it;
- points of the sheet = points of the card x earned / assessed, plus bonus points;
- no verdict that is unknown ever costs points; no violation raises them, except that of a rule which a condition
  looks at, and one that settles an open line of a section whose cap is used up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from asr_qa.core.card import (
    SAME_POINTS,
    Band,
    Criterion,
    CriterionResult,
    Fatal,
    Kind,
    Level,
    Scorecard,
    ScoreSheet,
    Section,
    SectionResult,
    Source,
    VerdictIs,
    When,
)
from asr_qa.core.evaluate import DEFAULT_LANGUAGE
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.languages import is_spoken
from asr_qa.core.recording import Recording
from asr_qa.core.rule import ErrorClass
from asr_qa.errors import ConfigurationError, ConflictError, NotFoundError, Said, UsageError
from asr_qa.messages import error_of, say

__all__ = [
    "SAME_POINTS",
    "Band",
    "Criterion",
    "CriterionResult",
    "Decision",
    "ErrorClass",
    "Fatal",
    "Kind",
    "Level",
    "ScoreSheet",
    "Scorecard",
    "Section",
    "SectionResult",
    "Source",
    "VerdictIs",
    "When",
    "applies",
    "apply_review",
    "choose_card",
    "class_errors",
    "facts_of",
    "score",
]

_NAMED = ("direction", "queue", "team", "agent_id", "customer_id", "case_id")
"""Columns of a manifest that a recording has fields for."""

Decision = Verdict | float
"""What a person decides about a criterion: a verdict, or points."""


def score(
    scorecard: Scorecard, findings: Iterable[Finding], *, facts: Mapping[str, str | None] | None = None
) -> ScoreSheet:
    """The sheet a call earns.

    Args:
        scorecard: What counts.
        findings: Of the call; a rule without a finding counts as undetermined.
        facts: Metadata of the call that `applies_when` looks at (queue, direction, language, ...).
    """
    look = _Looking({finding.rule_id: finding for finding in findings}, facts or {})
    return _sheet(scorecard, _lines(scorecard, lambda criterion, lines: _assess(criterion, look, lines)))


def apply_review(
    sheet: ScoreSheet,
    scorecard: Scorecard,
    decisions: Mapping[str, Decision],
    *,
    findings: Iterable[Finding] | None = None,
    facts: Mapping[str, str | None] | None = None,
) -> ScoreSheet:
    """The sheet as a person decided it: a new one, the machine's stays as it is.

    A verdict that agrees with the machine keeps the machine's points. A new "met" earns all points; a new "not met"
    earns the lowest level (graded), loses one hit (per_hit) or everything; points between 0 and the criterion's
    maximum are taken as given.

    Args:
        sheet: A sheet made on `scorecard`.
        scorecard: The card the sheet was made on.
        decisions: Criterion id -> verdict or points. Criteria not named stay as they are, but for those whose
            conditions look at other criteria: they are assessed again, by what was decided of those.
        findings: Of the call; without them conditional criteria stay as they are, too.
        facts: As for `score`.

    Raises:
        ConflictError: The sheet was made on another card or version.
        NotFoundError: The card has no such criterion.
        UsageError: Points out of range.
    """
    if (sheet.scorecard, sheet.version) != (scorecard.id, scorecard.version):
        made_on = f"{sheet.scorecard}@{sheet.version}"
        raise ConflictError(f"the sheet was made on scorecard {made_on}, not {scorecard.label}: review it on {made_on}")
    if unknown := sorted(set(decisions) - {criterion.id for criterion in scorecard.criteria}):
        raise NotFoundError(f"scorecard {scorecard.label} has no criterion {', '.join(unknown)}")
    machine = {result.id: result for result in sheet.criteria}
    look = None if findings is None else _Looking({f.rule_id: f for f in findings}, facts or {})

    def review(criterion: Criterion, lines: Lines) -> CriterionResult:
        if criterion.id in decisions:
            return _decide(machine[criterion.id], criterion, decisions[criterion.id])
        if look is not None and criterion.when is not None and criterion.when.criterion_ids:
            return _assess(criterion, look, lines)
        return machine[criterion.id]

    return _sheet(scorecard, _lines(scorecard, review))


def class_errors(scorecard: Scorecard, sheet: ScoreSheet) -> dict[ErrorClass, bool | None]:
    """Whether the call has an error of each class; None where no criterion of the class was assessed."""
    verdicts: dict[ErrorClass, list[Verdict]] = {error_class: [] for error_class in ErrorClass}
    classes = {criterion.id: criterion.error_class for criterion in scorecard.criteria if criterion.kind != Kind.BONUS}
    for result in sheet.criteria:
        if result.points is not None and result.id in classes:
            verdicts[classes[result.id]].append(result.verdict)
    return {name: Verdict.NOT_MET in seen if seen else None for name, seen in verdicts.items()}


def facts_of(recording: Recording) -> dict[str, str | None]:
    """What `applies_when` may ask about a call: every column its manifest may have; the language is zh unless named."""
    named: dict[str, str | None] = {name: getattr(recording, name) for name in _NAMED}
    language = recording.metadata.get("language") or DEFAULT_LANGUAGE
    return {**recording.metadata, "language": language, **named}


def applies(when: Mapping[str, tuple[str, ...]], facts: Mapping[str, str | None]) -> bool:
    """Whether the facts of a call have the values asked for; an unknown fact has none of them."""
    return all(_has(name, facts.get(name), values) for name, values in when.items())


def _has(name: str, value: str | None, values: tuple[str, ...]) -> bool:
    return value is not None and (is_spoken(value, values) if name == "language" else value in values)


def choose_card(cards: Sequence[Scorecard], facts: Mapping[str, str | None]) -> Scorecard:
    """The card that a call is scored on: the one for such calls, else the one for all that no other is for.

    Args:
        cards: Those there are; a single one takes every call.
        facts: Of the call, as `facts_of` gives them.

    Raises:
        ConfigurationError: Several cards are for such calls, or none is.
    """
    if len(cards) == 1:
        return cards[0]
    fit = [card for card in cards if card.applies_when and applies(card.applies_when, facts)]
    fit = fit or [card for card in cards if not card.applies_when]
    if len(fit) == 1:
        return fit[0]
    asked = sorted({name for card in cards for name in card.applies_when})
    call = tuple(_fact(name, facts.get(name)) for name in asked)
    if not fit:
        raise error_of(ConfigurationError, "card_none", call=call)
    raise error_of(ConfigurationError, "card_several", cards=tuple(card.label for card in fit), call=call)


def _fact(name: str, value: str | None) -> Said:
    return say("fact", name=name, value=value) if value else say("fact_unknown", name=name)


@dataclass(frozen=True, slots=True)
class _Looking:
    """What a criterion is assessed by."""

    findings: Mapping[str, Finding]
    facts: Mapping[str, str | None]

    def verdict(self, rule: str) -> Verdict:
        """Of a rule; one without a finding is undetermined."""
        return self.findings[rule].verdict if rule in self.findings else Verdict.UNDETERMINED


Lines = Mapping[str, CriterionResult]


def _lines(scorecard: Scorecard, assess: Callable[[Criterion, Lines], CriterionResult]) -> tuple[CriterionResult, ...]:
    """Every line of a sheet, each after those its conditions look at; in the order of the card."""
    criteria = {criterion.id: criterion for criterion in scorecard.criteria}
    lines: dict[str, CriterionResult] = {}

    def settle(name: str, below: tuple[str, ...]) -> None:
        if name in below:
            raise UsageError(f"scorecard {scorecard.label}: criteria rest on each other: {' -> '.join((*below, name))}")
        when = criteria[name].when
        for other in sorted(when.criterion_ids if when else ()):
            if other in criteria and other not in lines:
                settle(other, (*below, name))
        lines[name] = assess(criteria[name], lines)

    for name in criteria:
        if name not in lines:
            settle(name, ())
    return tuple(lines[name] for name in criteria)


def _assess(criterion: Criterion, look: _Looking, lines: Lines) -> CriterionResult:
    levels = {rule for level in criterion.levels for rule in level.rules} if criterion.kind == Kind.GRADED else ()
    verdicts = {rule: look.verdict(rule) for rule in criterion.rules if not levels or rule in levels}
    silent = bool(verdicts) and all(verdict is Verdict.NOT_APPLICABLE for verdict in verdicts.values())
    holds = True if criterion.when is None else _holds(criterion.when, look, lines)
    if silent or holds is False or not applies(criterion.applies_when, look.facts):
        return _result(criterion, Verdict.NOT_APPLICABLE, None)
    seen = tuple(rule for rule in criterion.rules if rule in look.findings)
    if holds is None or criterion.source != Source.AUTO:
        return _result(criterion, Verdict.UNDETERMINED, None, seen)
    points = _points(criterion, verdicts, look.findings)
    if points is None:
        return _result(criterion, Verdict.UNDETERMINED, None, seen)
    return _result(criterion, _verdict(criterion, points), points, seen)


def _holds(when: When, look: _Looking, lines: Lines) -> bool | None:
    """Whether conditions hold; None where that rests on something undetermined."""
    parts: list[bool | None] = [applies(when.facts, look.facts)]
    parts += [_came_out(look.verdict(one.id), one) for one in when.rules]
    parts += [_came_out(lines[one.id].verdict, one) if one.id in lines else None for one in when.criteria]
    if when.any_of:
        ways = [_holds(part, look, lines) for part in when.any_of]
        parts.append(True if True in ways else None if None in ways else False)
    return False if False in parts else None if None in parts else True


def _came_out(verdict: Verdict, wanted: VerdictIs) -> bool | None:
    if verdict in wanted.verdicts:
        return True
    return None if verdict is Verdict.UNDETERMINED else False


def _points(criterion: Criterion, verdicts: Mapping[str, Verdict], findings: Mapping[str, Finding]) -> float | None:
    """Points that the verdicts earn; None where an unknown one could still matter.

    The best case takes every unknown verdict as met. Only where even that earns nothing is the result known: were a
    partial result fixed early, a further violation could bring points into the sheet that were left out before.
    """
    broken = {rule for rule, verdict in verdicts.items() if verdict is Verdict.NOT_MET}
    if criterion.kind == Kind.GRADED:
        best = _graded(criterion, verdicts)
    else:
        best = _earned(criterion, broken, sum(max(1, len(findings[rule].evidence)) for rule in broken))
    if Verdict.UNDETERMINED in verdicts.values() and best > SAME_POINTS:
        return None
    return best


def _earned(criterion: Criterion, broken: set[str], hits: int) -> float:
    if criterion.kind == Kind.PER_HIT:
        return max(0.0, criterion.points - min(hits * criterion.per_hit, _cap(criterion)))
    return 0.0 if broken else criterion.points


def _graded(criterion: Criterion, verdicts: Mapping[str, Verdict]) -> float:
    """Points of the highest level that is reached, of those that say something about the call.

    A level of whose rules none applies is no level of this call: it is not reached by what was never asked. A call
    on the highest level that is left lost nothing and earns all points.
    """
    asked = [
        (level, [verdicts[rule] for rule in level.rules if verdicts[rule] is not Verdict.NOT_APPLICABLE])
        for level in criterion.levels
    ]
    left = [(level, seen) for level, seen in asked if seen or not level.rules]
    for place, (level, seen) in enumerate(left):
        if Verdict.NOT_MET not in seen:
            return level.points if place else criterion.points
    return 0.0


def _cap(criterion: Criterion) -> float:
    return criterion.points if criterion.cap is None else criterion.cap


def _verdict(criterion: Criterion, points: float) -> Verdict:
    return Verdict.MET if points >= criterion.points - SAME_POINTS else Verdict.NOT_MET


def _result(
    criterion: Criterion, verdict: Verdict, points: float | None, seen: tuple[str, ...] = ()
) -> CriterionResult:
    return CriterionResult(
        id=criterion.id,
        points=points,
        max_points=criterion.points,
        verdict=verdict,
        source=criterion.source.value,
        finding_ids=seen,
    )


def _decide(result: CriterionResult, criterion: Criterion, decision: Decision) -> CriterionResult:
    if not isinstance(decision, Verdict):
        if not 0 <= decision <= criterion.points:
            raise UsageError(f"criterion {criterion.id}: {decision:g} points are not within 0 and {criterion.points:g}")
        return replace(result, points=float(decision), verdict=_verdict(criterion, decision))
    if decision is result.verdict:
        return result
    if decision in (Verdict.NOT_APPLICABLE, Verdict.UNDETERMINED):
        return replace(result, points=None, verdict=decision)
    points = criterion.points if decision is Verdict.MET else _worst(criterion)
    return replace(result, points=points, verdict=decision)


def _worst(criterion: Criterion) -> float:
    """Points of a criterion that a person calls not met without saying how far."""
    if criterion.kind == Kind.GRADED:
        return criterion.levels[-1].points
    return _earned(criterion, {criterion.id}, 1)


def _sheet(scorecard: Scorecard, results: Sequence[CriterionResult]) -> ScoreSheet:
    by_id = {result.id: result for result in results}
    tallies = [_tally(section, by_id) for section in scorecard.sections]
    assessed = sum(tally.assessed for tally in tallies)
    applicable = sum(tally.applicable for tally in tallies)
    share = min(1.0, assessed / applicable) if applicable else 0.0
    fatal = {criterion.fatal for criterion in scorecard.criteria if by_id[criterion.id].verdict is Verdict.NOT_MET}
    known = assessed > 0 and share >= scorecard.min_assessed_share - SAME_POINTS
    points = _total(scorecard, tallies, zero=Fatal.SHEET in fatal) if known else None
    band = scorecard.band_of(points)
    return ScoreSheet(
        scorecard=scorecard.id,
        version=scorecard.version,
        points=points,
        max_points=scorecard.points,
        assessed_share=share,
        fatal=bool(fatal - {Fatal.NONE}),
        sections=tuple(tally.result for tally in tallies),
        criteria=tuple(results),
        band=band.id if band else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tally:
    """Sums over the criteria of one section; a bonus counts only in `bonus`."""

    id: str
    earned: float
    bonus: float
    assessed: float
    applicable: float
    touched: bool
    """Something in it, be it a bonus, was assessed."""

    @property
    def result(self) -> SectionResult:
        points = self.earned + self.bonus if self.touched else None
        return SectionResult(id=self.id, points=points, max_points=self.assessed)


def _tally(section: Section, by_id: Mapping[str, CriterionResult]) -> _Tally:
    pairs = [(criterion, by_id[criterion.id]) for criterion in section.criteria]
    counted = [result for criterion, result in pairs if criterion.kind != Kind.BONUS]
    extra = [result for criterion, result in pairs if criterion.kind == Kind.BONUS]
    zero = any(c.fatal == Fatal.SECTION and result.verdict is Verdict.NOT_MET for c, result in pairs)
    assessed = sum(result.max_points for result in counted if result.points is not None)
    earned = sum(result.points or 0.0 for result in counted)
    if section.cap is not None:
        earned = max(earned, assessed - section.cap)
    return _Tally(
        id=section.id,
        earned=0.0 if zero else earned,
        bonus=0.0 if zero else sum(result.points or 0.0 for result in extra),
        assessed=assessed,
        applicable=sum(result.max_points for result in counted if result.verdict is not Verdict.NOT_APPLICABLE),
        touched=any(result.points is not None for _, result in pairs),
    )


def _total(scorecard: Scorecard, tallies: Sequence[_Tally], *, zero: bool) -> float:
    if zero:
        return 0.0
    earned = sum(tally.earned for tally in tallies) / sum(tally.assessed for tally in tallies)
    bonus = sum(tally.bonus for tally in tallies)
    return min(scorecard.points + scorecard.bonus_max, scorecard.points * earned + bonus)
