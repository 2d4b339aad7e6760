"""Scorecards, and the score sheet a call earns on one.

The definitions in words, with worked examples, are in docs/scorecards.md. In short:

- a criterion is *applicable* unless its conditions or all of its rules say otherwise, and *assessed* when its
  points are known; only assessed criteria are in the denominator;
- what is undetermined, manual or assisted is not assessed until a person decides;
- points of the sheet = points of the card x earned / assessed, plus bonus points;
- no verdict that is unknown ever costs points, and no violation ever raises them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.options import TimingOptions
from asr_qa.core.recording import Recording
from asr_qa.core.rule import ErrorClass as ErrorClass
from asr_qa.errors import ConflictError, NotFoundError, UsageError

SAME_POINTS = 1e-9
"""Points closer than this are the same."""


class Kind(StrEnum):
    """How a criterion turns verdicts into points."""

    MET = "met"
    """All points or none."""
    PER_HIT = "per_hit"
    """Some points off for every place where a rule was broken, down to a floor."""
    GRADED = "graded"
    """The points of the highest level whose rules are all met."""
    BONUS = "bonus"
    """Points on top when met; never in the denominator."""


class Source(StrEnum):
    """Who assesses a criterion."""

    AUTO = "auto"
    MANUAL = "manual"
    """A person, without help."""
    ASSISTED = "assisted"
    """A person; the findings of the rules are shown as hints."""


class Fatal(StrEnum):
    """What a criterion takes with it when it is not met."""

    NONE = "none"
    SECTION = "section"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a graded criterion."""

    points: float
    anchor: str
    """What a call on this level is like, in words a reviewer can compare with."""
    rules: tuple[str, ...] = ()
    """Rules that must all be met; none for the lowest level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of a scorecard."""

    id: str
    title: Mapping[str, str]
    """By language: zh, en."""
    points: float
    """The most it can earn."""
    kind: Kind = Kind.MET
    source: Source = Source.AUTO
    rules: tuple[str, ...] = ()
    """Ids of the rules it rests on; empty only where it is manual."""
    error_class: ErrorClass = ErrorClass.NON_CRITICAL
    fatal: Fatal = Fatal.NONE
    per_hit: float = 0.0
    """Points off for each hit (kind per_hit)."""
    cap: float | None = None
    """The most that hits can take; None: all points."""
    levels: tuple[Level, ...] = ()
    """Kind graded: from most points to fewest, the last without rules."""
    applies_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Facts of the call and the values they may have; otherwise not applicable."""
    guidance: str = ""
    """How a reviewer decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of criteria."""

    id: str
    title: Mapping[str, str]
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The definition of a score; never changed once sheets were made on it."""

    id: str
    version: str
    title: Mapping[str, str]
    sections: tuple[Section, ...]
    points: float = 100.0
    """Full points of a sheet."""
    pass_points: float | None = None
    """Points from which a call passes."""
    min_assessed_share: float = 0.5
    """A sheet with less than this share of its applicable points assessed has no total."""
    bonus_max: float = 0.0
    """How far bonus points may lift a sheet above the full points."""
    timing: TimingOptions | None = None
    """Parameters of the definitions of timing; None: the defaults."""
    digest: str = ""
    """Of the definition's content."""

    @property
    def label(self) -> str:
        """ "id@version", as score sheets name it."""
        return f"{self.id}@{self.version}"

    @property
    def stamp(self) -> str:
        """The label with the content's digest: what documents carry, so that an edit without a new version shows."""
        return f"{self.label}+{self.digest[:12]}" if self.digest else self.label

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria in order."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One line of a score sheet."""

    id: str
    points: float | None
    """Points earned; None where not assessed or not applicable."""
    max_points: float
    verdict: Verdict
    source: str
    """ "auto", "manual" or "assisted"."""
    finding_ids: tuple[str, ...] = ()
    """Rule ids of the findings it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionResult:
    """Points of one section; None where nothing in it was assessed."""

    id: str
    points: float | None
    max_points: float
    """Of the criteria that were assessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """The machine's result for one call on one scorecard; never changed once made."""

    scorecard: str
    version: str
    points: float | None
    """Scaled to the full points of the card; None where too little was assessed."""
    max_points: float
    assessed_share: float
    """Share of the applicable points that could be assessed, 0 to 1."""
    fatal: bool
    sections: tuple[SectionResult, ...] = ()
    criteria: tuple[CriterionResult, ...] = ()


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
    by_rule = {finding.rule_id: finding for finding in findings}
    results = [_assess(criterion, by_rule, facts or {}) for criterion in scorecard.criteria]
    return _sheet(scorecard, results)


def apply_review(sheet: ScoreSheet, scorecard: Scorecard, decisions: Mapping[str, Decision]) -> ScoreSheet:
    """The sheet as a person decided it: a new one, the machine's stays as it is.

    A verdict that agrees with the machine keeps the machine's points. A new "met" earns all points; a new "not met"
    earns the lowest level (graded), loses one hit (per_hit) or everything; points between 0 and the criterion's
    maximum are taken as given.

    Args:
        sheet: A sheet made on `scorecard`.
        scorecard: The card the sheet was made on.
        decisions: Criterion id -> verdict or points. Criteria not named stay as they are.

    Raises:
        ConflictError: The sheet was made on another card or version.
        NotFoundError: The card has no such criterion.
        UsageError: Points out of range.
    """
    if (sheet.scorecard, sheet.version) != (scorecard.id, scorecard.version):
        made_on = f"{sheet.scorecard}@{sheet.version}"
        raise ConflictError(f"the sheet was made on scorecard {made_on}, not {scorecard.label}: review it on {made_on}")
    criteria = {criterion.id: criterion for criterion in scorecard.criteria}
    if unknown := sorted(set(decisions) - set(criteria)):
        raise NotFoundError(f"scorecard {scorecard.label} has no criterion {', '.join(unknown)}")
    results = [
        _decide(result, criteria[result.id], decisions[result.id]) if result.id in decisions else result
        for result in sheet.criteria
    ]
    return _sheet(scorecard, results)


def class_errors(scorecard: Scorecard, sheet: ScoreSheet) -> dict[ErrorClass, bool | None]:
    """Whether the call has an error of each class; None where no criterion of the class was assessed."""
    verdicts: dict[ErrorClass, list[Verdict]] = {error_class: [] for error_class in ErrorClass}
    classes = {criterion.id: criterion.error_class for criterion in scorecard.criteria if criterion.kind != Kind.BONUS}
    for result in sheet.criteria:
        if result.points is not None and result.id in classes:
            verdicts[classes[result.id]].append(result.verdict)
    return {name: Verdict.NOT_MET in seen if seen else None for name, seen in verdicts.items()}


def facts_of(recording: Recording) -> dict[str, str | None]:
    """What `applies_when` may ask about a call: its metadata, direction, queue, team and language (zh unless named)."""
    named = {"direction": recording.direction, "queue": recording.queue, "team": recording.team}
    return {"language": "zh", **recording.metadata, **named}


def applies(when: Mapping[str, tuple[str, ...]], facts: Mapping[str, str | None]) -> bool:
    """Whether the facts of a call have the values asked for; an unknown fact has none of them."""
    return all(facts.get(name) in values for name, values in when.items())


def _assess(criterion: Criterion, findings: Mapping[str, Finding], facts: Mapping[str, str | None]) -> CriterionResult:
    verdicts = {rule: findings[rule].verdict if rule in findings else Verdict.UNDETERMINED for rule in criterion.rules}
    silent = bool(verdicts) and all(verdict is Verdict.NOT_APPLICABLE for verdict in verdicts.values())
    if silent or not applies(criterion.applies_when, facts):
        return _result(criterion, Verdict.NOT_APPLICABLE, None)
    seen = tuple(rule for rule in criterion.rules if rule in findings)
    if criterion.source != Source.AUTO:
        return _result(criterion, Verdict.UNDETERMINED, None, seen)
    points = _points(criterion, verdicts, findings)
    if points is None:
        return _result(criterion, Verdict.UNDETERMINED, None, seen)
    return _result(criterion, _verdict(criterion, points), points, seen)


def _points(criterion: Criterion, verdicts: Mapping[str, Verdict], findings: Mapping[str, Finding]) -> float | None:
    """Points that the verdicts earn; None where an unknown one could still matter.

    The best case takes every unknown verdict as met. Only where even that earns nothing is the result known: were a
    partial result fixed early, a further violation could bring points into the sheet that were left out before.
    """
    broken = {rule for rule, verdict in verdicts.items() if verdict is Verdict.NOT_MET}
    best = _earned(criterion, broken, sum(max(1, len(findings[rule].evidence)) for rule in broken))
    if Verdict.UNDETERMINED in verdicts.values() and best > SAME_POINTS:
        return None
    return best


def _earned(criterion: Criterion, broken: set[str], hits: int) -> float:
    if criterion.kind == Kind.PER_HIT:
        return max(0.0, criterion.points - min(hits * criterion.per_hit, _cap(criterion)))
    if criterion.kind == Kind.GRADED:
        return next((level.points for level in criterion.levels if not broken & set(level.rules)), 0.0)
    return 0.0 if broken else criterion.points


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
    return ScoreSheet(
        scorecard=scorecard.id,
        version=scorecard.version,
        points=_total(scorecard, tallies, zero=Fatal.SHEET in fatal) if known else None,
        max_points=scorecard.points,
        assessed_share=share,
        fatal=bool(fatal - {Fatal.NONE}),
        sections=tuple(tally.result for tally in tallies),
        criteria=tuple(results),
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
    return _Tally(
        id=section.id,
        earned=0.0 if zero else sum(result.points or 0.0 for result in counted),
        bonus=0.0 if zero else sum(result.points or 0.0 for result in extra),
        assessed=sum(result.max_points for result in counted if result.points is not None),
        applicable=sum(result.max_points for result in counted if result.verdict is not Verdict.NOT_APPLICABLE),
        touched=any(result.points is not None for _, result in pairs),
    )


def _total(scorecard: Scorecard, tallies: Sequence[_Tally], *, zero: bool) -> float:
    if zero:
        return 0.0
    earned = sum(tally.earned for tally in tallies) / sum(tally.assessed for tally in tallies)
    bonus = sum(tally.bonus for tally in tallies)
    return min(scorecard.points + scorecard.bonus_max, scorecard.points * earned + bonus)
