"""Figures over many calls: what goes wrong, for whom, where in the call, and the indicators of a period.

Counts come first and rates are derived from them, each with its n and a 95 % interval. What was not assessed is
in no denominator; a figure without a single assessed call is None, never 0. Definitions: docs/scorecards.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import sqrt
from typing import NamedTuple

from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.scorecard import SAME_POINTS, ErrorClass, Scorecard, ScoreSheet, SectionResult, class_errors
from asr_qa.errors import UsageError

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""

MIN_CALLS = 5
"""Groups with fewer assessed calls are listed but not ranked."""

PHASE_SECONDS = 30.0
"""Longest opening and closing phase; a third of the call where that is shorter."""

DIMENSIONS = ("rule", "agent", "queue", "team", "phase")

_DETERMINED = (Verdict.MET, Verdict.NOT_MET)


class Interval(NamedTuple):
    """Bounds of a share, 0 to 1."""

    low: float
    high: float


def wilson(k: int, n: int) -> Interval | None:
    """Wilson 95 % score interval of k successes in n trials; None without trials.

    Raises:
        ValueError: k is not within 0 and n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is not a share")
    if n == 0:
        return None
    share, spread = k / n, Z95**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = Z95 * sqrt((share * (1 - share) + spread / 4) / n) / (1 + spread)
    return Interval(0.0 if k == 0 else middle - half, 1.0 if k == n else middle + half)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A rule's verdict in one call, reduced to what reports need."""

    rule_id: str
    verdict: Verdict
    phases: tuple[str, ...] = ()
    """Where in the call its evidence lies; ("whole",) where it has none."""
    hits: int = 0
    """Places of evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSummary:
    """One call, reduced to what reports need: small enough to hold a month of them."""

    recording_id: str
    agent: str | None
    queue: str | None
    team: str | None
    started_at: str | None
    outcomes: tuple[Outcome, ...]
    sheet: ScoreSheet

    @classmethod
    def from_document(cls, document: CallDocument) -> CallSummary:
        """The summary of a call document."""
        recording = document.recording
        return cls(
            recording_id=recording.id,
            agent=recording.agent_id,
            queue=recording.queue,
            team=recording.team,
            started_at=recording.started_at,
            outcomes=tuple(_outcome(finding, recording.duration) for finding in document.findings),
            sheet=document.score_sheet,
        )


def phase_of(time: float, duration: float) -> str:
    """Opening, middle or closing of a call of `duration` seconds: where `time` lies."""
    edge = min(PHASE_SECONDS, duration / 3)
    if time < edge:
        return "opening"
    return "closing" if time >= duration - edge else "middle"


def _outcome(finding: Finding, duration: float) -> Outcome:
    phases = dict.fromkeys(phase_of(evidence.start, duration) for evidence in finding.evidence)
    return Outcome(
        rule_id=finding.rule_id,
        verdict=finding.verdict,
        phases=tuple(phases) or ("whole",),
        hits=len(finding.evidence),
    )


Calls = Iterable[CallDocument | CallSummary]
Decisions = Mapping[tuple[str, str], Verdict]
"""(recording id, criterion id or rule id) -> what a person decided."""


# --- error patterns


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPattern:
    """An error that recurs in a group of calls."""

    group: Mapping[str, str | None]
    """Dimension -> value, in the order asked for; None where the call does not say."""
    calls: int
    """Calls with the error."""
    assessed: int
    """Calls of the group in which it could be told whether the error occurred: the n of the rate."""
    hits: int
    """Places of the error in all calls together."""
    low: float
    """Lower bound of the rate's 95 % interval."""
    high: float
    ranked: bool
    """Enough calls to compare with others."""
    recordings: tuple[str, ...]
    """Calls with the error, in the order given."""

    @property
    def rate(self) -> float:
        """Calls with the error / calls assessed."""
        return self.calls / self.assessed


def error_patterns(
    documents: Calls,
    *,
    by: Sequence[str] = ("rule",),
    since: datetime | None = None,
    until: datetime | None = None,
    decisions: Decisions | None = None,
    min_calls: int = MIN_CALLS,
) -> tuple[ErrorPattern, ...]:
    """Errors by group: ranked ones first, by the lower bound of their rate; then those with too few calls.

    Args:
        documents: Calls, as documents or summaries.
        by: Dimensions to group by, of DIMENSIONS. Without "rule" any rule's error counts, once a call.
        since: Only calls that started then or later; calls without a start are left out once a bound is given.
        until: Only calls that started before.
        decisions: What people decided; they overrule the machine. A criterion decided "met" clears all of its rules,
            one decided "not_met" is an error of its rule if it rests on one, of its own otherwise.
        min_calls: Groups with fewer assessed calls are not ranked.

    Raises:
        UsageError: An unknown dimension, or one named twice.
    """
    _check_dimensions(by)
    assessed: dict[tuple[str | None, ...], dict[str, None]] = defaultdict(dict)
    errors: dict[tuple[str | None, ...], dict[str, int]] = defaultdict(dict)
    wide = tuple(name for name in by if name != "phase")
    human = _by_recording(decisions or {})
    for call in in_period(documents, since=since, until=until):
        for outcome in _decided(call, human.get(call.recording_id, {})):
            assessed[_key(call, outcome.rule_id, None, wide)][call.recording_id] = None
            if outcome.verdict is Verdict.NOT_MET:
                for phase in outcome.phases if "phase" in by else (None,):
                    found = errors[_key(call, outcome.rule_id, phase, by)]
                    found[call.recording_id] = found.get(call.recording_id, 0) + max(1, outcome.hits)
    # A phase has no denominator of its own: its errors are counted among all calls of the rest of the group.
    of_wide = [by.index(name) for name in wide]
    patterns = [
        _pattern(dict(zip(by, key, strict=True)), found, len(assessed[tuple(key[i] for i in of_wide)]), min_calls)
        for key, found in errors.items()
    ]
    return tuple(sorted(patterns, key=_rank))


def in_period(calls: Calls, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[CallSummary]:
    """Summaries of the calls that started in [since, until).

    A start without an offset is taken to be in the zone of the bound; where the bound has none, clocks are compared.
    """
    for call in calls:
        summary = CallSummary.from_document(call) if isinstance(call, CallDocument) else call
        if _starts(summary, since, until):
            yield summary


def _starts(call: CallSummary, since: datetime | None, until: datetime | None) -> bool:
    if since is None and until is None:
        return True
    if call.started_at is None:
        return False
    try:
        start = datetime.fromisoformat(call.started_at)
    except ValueError:
        return False
    return (since is None or _in_zone(start, since) >= since) and (until is None or _in_zone(start, until) < until)


def _in_zone(start: datetime, bound: datetime) -> datetime:
    return start.replace(tzinfo=bound.tzinfo) if start.tzinfo is None or bound.tzinfo is None else start


def _check_dimensions(by: Sequence[str]) -> None:
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise UsageError(f"cannot group errors by {', '.join(unknown)}: choose from {', '.join(DIMENSIONS)}")
    if len(set(by)) < len(by):
        raise UsageError(f"errors are grouped twice by the same: {', '.join(by)}")


def _key(call: CallSummary, rule: str, phase: str | None, by: Sequence[str]) -> tuple[str | None, ...]:
    values = {"rule": rule, "agent": call.agent, "queue": call.queue, "team": call.team, "phase": phase}
    return tuple(values[name] for name in by)


def _by_recording(decisions: Decisions) -> dict[str, dict[str, Verdict]]:
    grouped: dict[str, dict[str, Verdict]] = defaultdict(dict)
    for (recording, name), verdict in decisions.items():
        grouped[recording][name] = verdict
    return grouped


def _decided(call: CallSummary, decisions: Mapping[str, Verdict]) -> Iterator[Outcome]:
    """The outcomes that are known, people's word before the machine's; those of criteria without a rule too."""
    human = _rule_decisions(call, decisions)
    for outcome in call.outcomes:
        verdict = human.pop(outcome.rule_id, outcome.verdict)
        if verdict in _DETERMINED:
            moved = verdict is not outcome.verdict
            yield Outcome(rule_id=outcome.rule_id, verdict=verdict, phases=("whole",)) if moved else outcome
    for name, verdict in human.items():
        if verdict in _DETERMINED:
            yield Outcome(rule_id=name, verdict=verdict, phases=("whole",))


def _rule_decisions(call: CallSummary, decisions: Mapping[str, Verdict]) -> dict[str, Verdict]:
    """What people decided, told as verdicts of rules where that is possible and of the criterion where it is not."""
    human: dict[str, Verdict] = {}
    for criterion in call.sheet.criteria:
        verdict, rules = decisions.get(criterion.id), criterion.finding_ids
        if verdict is None:
            continue
        if len(rules) == 1 or (rules and verdict is not Verdict.NOT_MET):
            human.update(dict.fromkeys(rules, verdict))
        elif not rules or criterion.verdict is not Verdict.NOT_MET:
            human[criterion.id] = verdict
    return human | {o.rule_id: decisions[o.rule_id] for o in call.outcomes if o.rule_id in decisions}


def _pattern(group: Mapping[str, str | None], found: Mapping[str, int], n: int, min_calls: int) -> ErrorPattern:
    interval = wilson(len(found), n) or Interval(0.0, 1.0)
    return ErrorPattern(
        group=group,
        calls=len(found),
        assessed=n,
        hits=sum(found.values()),
        low=interval.low,
        high=interval.high,
        ranked=n >= min_calls,
        recordings=tuple(found),
    )


def _rank(pattern: ErrorPattern) -> tuple[bool, float, int, list[str]]:
    # Those with few calls have no order of merit: they stand by name.
    names = [value or "" for value in pattern.group.values()]
    return (not pattern.ranked, -pattern.low if pattern.ranked else 0.0, -pattern.calls if pattern.ranked else 0, names)


# --- indicators


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """An indicator with what it rests on."""

    value: float | None
    """None where no call was assessed."""
    n: int
    """Calls it rests on."""
    count: int | None = None
    """Calls counted, where it is a share of calls."""
    low: float | None = None
    """Bounds of the 95 % interval, where it is a share of calls."""
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """The indicators of a set of calls scored on one card."""

    calls: int
    accuracy: Figure
    """准确率: lost nothing in the accuracy section / section assessed."""
    transaction_quality: Figure
    """交易质量: accuracy x share of points earned in soft skills and technical skills together."""
    serious_error_rate: Figure
    """重大错误率: nothing earned in the accuracy section / section assessed."""
    complaint_rate: Figure
    """Calls in which the customer complained / calls where that is known."""
    pass_rate: Figure
    """Calls with the card's pass points / calls with a total."""
    mean_points: Figure
    """Mean of the totals; without interval."""
    class_accuracy: Mapping[ErrorClass, Figure]
    """Calls without an error of the class / calls with something of it assessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiOptions:
    """Which sections and which rule the indicators look at."""

    accuracy_section: str = "accuracy"
    quality_sections: tuple[str, ...] = ("soft_skills", "technical")
    complaint_rule: str = "COMP-005"
    """A rule that applies exactly to calls with a complaint."""


def kpis(
    documents: Calls,
    scorecard: Scorecard,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    reviewed: Mapping[str, ScoreSheet] | None = None,
    options: KpiOptions | None = None,
) -> Kpis:
    """The indicators of the calls that were scored on `scorecard` (any version).

    Args:
        documents: Calls, as documents or summaries; those scored on other cards are left out.
        scorecard: Gives pass points and the classes of criteria.
        since: As in `error_patterns`.
        until: As in `error_patterns`.
        reviewed: Recording id -> the sheet as people decided it, used instead of the machine's.
        options: Sections and rule to look at.
    """
    named, sheets = options or KpiOptions(), reviewed or {}
    calls = [
        replace(call, sheet=sheets.get(call.recording_id, call.sheet))
        for call in in_period(documents, since=since, until=until)
        if call.sheet.scorecard == scorecard.id
    ]
    sections = [section for call in calls if (section := _section_of(call, named.accuracy_section)) is not None]
    totals = [call.sheet.points for call in calls if call.sheet.points is not None]
    complaints = [o.verdict for call in calls for o in call.outcomes if o.rule_id == named.complaint_rule]
    accuracy = _share([(section.points or 0.0) >= section.max_points - SAME_POINTS for section in sections])
    errors = [class_errors(scorecard, call.sheet) for call in calls]
    return Kpis(
        calls=len(calls),
        accuracy=accuracy,
        transaction_quality=_transaction_quality(accuracy, calls, named),
        serious_error_rate=_share([(section.points or 0.0) <= SAME_POINTS for section in sections]),
        complaint_rate=_share([v in _DETERMINED for v in complaints if v is not Verdict.UNDETERMINED]),
        pass_rate=_pass_rate(totals, scorecard.pass_points),
        mean_points=Figure(value=sum(totals) / len(totals) if totals else None, n=len(totals)),
        class_accuracy={name: _share([not e[name] for e in errors if e[name] is not None]) for name in ErrorClass},
    )


def _section_of(call: CallSummary, name: str) -> SectionResult | None:
    """The section of that id where it was assessed."""
    return next((s for s in call.sheet.sections if s.id == name and s.points is not None and s.max_points > 0), None)


def _share(flags: Sequence[bool]) -> Figure:
    interval = wilson(sum(flags), len(flags))
    if interval is None:
        return Figure(value=None, n=0)
    return Figure(value=sum(flags) / len(flags), n=len(flags), count=sum(flags), low=interval.low, high=interval.high)


def _pass_rate(totals: Sequence[float], pass_points: float | None) -> Figure:
    return _share([] if pass_points is None else [points >= pass_points - SAME_POINTS for points in totals])


def _transaction_quality(accuracy: Figure, calls: Sequence[CallSummary], options: KpiOptions) -> Figure:
    pairs = [[s for name in options.quality_sections if (s := _section_of(call, name))] for call in calls]
    assessed = [sections for sections in pairs if sections]
    most = sum(section.max_points for sections in assessed for section in sections)
    earned = sum(section.points or 0.0 for sections in assessed for section in sections)
    if accuracy.value is None or not most:
        return Figure(value=None, n=0)
    return Figure(value=accuracy.value * earned / most, n=len(assessed))
