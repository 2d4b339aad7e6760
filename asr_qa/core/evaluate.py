"""Rules applied to a call: four-valued logic, scope, exceptions and applicability; one finding per rule.

Verdicts combine as in Kleene's logic with *undetermined* as the unknown, and *not_applicable* as a
part that is simply left out. A rule only ever sees its scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from asr_qa.core.checks import CHECKS
from asr_qa.core.checks.base import CallFacts, CallView, Looking, Outcome, Settled, Stance
from asr_qa.core.checks.compiled import Compiled, Plan, compiled
from asr_qa.core.checks.logic import ALL, ANY, combine, negate, noted
from asr_qa.core.checks.remembered import Remembered
from asr_qa.core.checks.scope import adrift, place, resolve
from asr_qa.core.checks.units import by_units
from asr_qa.core.checks.wording import priced, say
from asr_qa.core.finding import Evidence, Finding, Match, Trace, Verdict
from asr_qa.core.languages import is_spoken
from asr_qa.core.recording import Recording
from asr_qa.core.rule import AnyOf, Check, Condition, Not, Rule, Ruleset

__all__ = ["CallFacts", "apply", "evaluate"]

DEFAULT_LANGUAGE = "zh"
_KEPT_EVIDENCE = 20
_KEPT_TRACES = 16


def evaluate(ruleset: Ruleset, call: CallFacts, *, drafts: bool = False) -> tuple[Finding, ...]:
    """Apply every stable and test rule to a call.

    Args:
        drafts: Apply drafts, too. Retired rules only run where another rule still rests on them, and give no finding.

    Returns:
        One finding per rule, in order of rule id.
    """
    return apply(compiled(ruleset, ruleset.accents.of(call.recording.queue)), call, drafts=drafts)


def apply(ready: Compiled, call: CallFacts, *, drafts: bool = False) -> tuple[Finding, ...]:
    """The same for a ruleset that is made ready for the accents of a call."""
    view = CallView(call, index=ready.index)
    settled: dict[str, Settled] = {}
    looking = Looking(
        view=view, role=None, windows=(view.whole,), stance=Stance.NEUTRAL, settled=settled, run=_decide_check
    )
    silent = _silent(ready, looking)
    findings: list[Finding] = []
    for number, plan in enumerate(ready.plans):
        finding = silent.get(number)
        if finding is None or not plan.free:
            finding, settled[plan.rule.id] = _judge(plan, looking, finding)
        elif plan.awaited:
            settled[plan.rule.id] = _SETTLED[finding.verdict]
        findings.append(finding)
    return tuple([findings[number] for number in (ready.reported_with_drafts if drafts else ready.reported)])


def _silent(ready: Compiled, looking: Looking) -> dict[int, Finding]:
    """What rules come to nothing of which is heard, where they apply; by number."""
    found: dict[int, Finding] = {}
    for alike in ready.alike:
        found.update(alike.findings(looking, lambda rule: _settle(rule, looking, None)[0]))
    return found


def _judge(plan: Plan, looking: Looking, silent: Finding | None) -> tuple[Finding, Settled]:
    """Decide a rule, or say why it does not apply.

    Args:
        silent: What it comes to where it applies, as nothing of it is heard; None where something may be.
    """
    rule = plan.rule
    if plan.free:
        return _settle(rule, looking, None)
    if plan.filtered and (reason := _inapplicable(rule, looking.view.facts.recording)) is not None:
        return _unsettled(rule, Outcome(verdict=Verdict.NOT_APPLICABLE, note=reason))
    if rule.prerequisites and (barred := _barred(rule, looking.settled)) is not None:
        return _unsettled(rule, barred)
    if silent is not None:
        return silent, _SETTLED[silent.verdict]
    gate = _gate(rule, looking)
    if gate is not None and gate.verdict is not Verdict.MET:
        unknown = gate.verdict is Verdict.UNDETERMINED
        verdict = Verdict.UNDETERMINED if unknown else Verdict.NOT_APPLICABLE
        return _unsettled(rule, replace(gate, verdict=verdict, confidence=None, hits=(), missing=()), gate)
    return _settle(rule, looking, gate)


def _unsettled(rule: Rule, outcome: Outcome, *parts: Outcome) -> tuple[Finding, Settled]:
    """What comes of a rule whose condition is not looked at."""
    return _finding(rule, outcome, parts), _SETTLED[outcome.verdict]


_SETTLED = {verdict: Settled(verdict) for verdict in Verdict}
"""Rules decided without any hits."""


def _settle(rule: Rule, looking: Looking, gate: Outcome | None) -> tuple[Finding, Settled]:
    """Decide a rule that applies."""
    forbids = rule.polarity == "forbid"
    found = decide(rule.condition, looking.staking(Stance.FORBIDDEN if forbids else Stance.REQUIRED))
    outcome = negate(found) if forbids else found
    parts = [found] if gate is None else [gate, found]
    if rule.exceptions is not None and outcome.verdict in (Verdict.NOT_MET, Verdict.UNDETERMINED):
        excuse = decide(rule.exceptions, looking.staking(Stance.REQUIRED))
        outcome = _excused(outcome, excuse)
        parts.append(excuse)
    if outcome.verdict is Verdict.NOT_MET and not (outcome.missing or outcome.hits):
        whole = looking.view.whole
        outcome = replace(outcome, missing=(Evidence(None, whole.start, whole.end, outcome.note, Match.TIMING),))
    settled = Settled(outcome.verdict, found.hits) if found.hits else _SETTLED[outcome.verdict]
    return _finding(rule, outcome, parts), settled


def decide(condition: Condition, looking: Looking) -> Outcome:
    """How a condition comes out, with its trace."""
    if isinstance(condition, Check):
        return _decide_check(condition, looking)
    if isinstance(condition, Not):
        inner = decide(condition.part, looking.staking(looking.stance.opposite))
        return _traced(condition, negate(inner), (inner,))
    outcomes = tuple(decide(part, looking) for part in condition.parts)
    return _traced(condition, combine(outcomes, ANY if isinstance(condition, AnyOf) else ALL), outcomes)


def _decide_check(check: Check, looking: Looking) -> Outcome:
    """The outcome of a check; rules that ask for the same share it."""
    one = _one(check)
    known: tuple[Check, Outcome] | None = looking.known.get(id(one))
    if known is None:
        known = looking.known[id(one)] = one, _checked(one, looking)  # which holds on to it, so that its id stays its
    return known[1]


_checks: dict[Check, Check] = {}
_one: Remembered[Check, Check] = Remembered(lambda check: _checks.setdefault(check, check))
"""One check for all that say the same. Never forgotten: its id stands for it while a call is judged, and a process sees
few checks that differ."""


def _checked(check: Check, looking: Looking) -> Outcome:
    """Resolve the scope, decide in every stretch it names, and note what came out."""
    scope = check.scope
    outcome = _looked(check, looking) if scope.anchors else _look(check, place(scope, looking))
    if scope.within is not None and outcome.verdict is Verdict.MET and not looking.stance.needs_presence:
        outcome = _doubted(outcome, looking, adrift(scope.within, looking.view.facts))
    return _noted(check, outcome)


def _looked(check: Check, looking: Looking) -> Outcome:
    """Decide in every stretch that anchors name."""
    where = resolve(check.scope, looking)
    if not where.tracks:
        verdict = Verdict.UNDETERMINED if where.unknown else Verdict.NOT_APPLICABLE
        return Outcome(verdict=verdict, note=where.note)
    role = check.scope.role or looking.role
    outcomes = [_look(check, looking.at(role, track)) for track in where.tracks]
    if len(outcomes) == 1:
        return _doubted(outcomes[0], looking, where.note)
    note = f"{sum(o.verdict is Verdict.MET for o in outcomes)} of {len(outcomes)} places"
    return _doubted(replace(combine(outcomes, ALL), note=note), looking, where.note)


def _doubted(outcome: Outcome, looking: Looking, doubt: str) -> Outcome:
    """An outcome that rests on a place of which there is doubt: it never counts against anybody."""
    against = Verdict.NOT_MET if looking.stance.needs_presence else Verdict.MET
    if not doubt or outcome.verdict is not against:
        return outcome
    return replace(outcome, verdict=Verdict.UNDETERMINED, note=noted(doubt, outcome.note))


def _look(check: Check, looking: Looking) -> Outcome:
    """Decide a check in one stretch: as a whole, or unit by unit."""
    decide_one = CHECKS[check.options.kind]
    if check.scope.units is None:
        return decide_one(check.options, looking)
    return by_units(check.scope.units, looking, lambda part: decide_one(check.options, part))


def _noted(check: Check, outcome: Outcome) -> Outcome:
    """The outcome of a check, which nobody else holds yet, with its trace."""
    steps = outcome.trace.children if outcome.trace else ()
    verdict, note = outcome.verdict, outcome.note
    said, known = _told(check)
    if outcome.hits or steps:
        own = outcome.hits[:_KEPT_EVIDENCE]
        worth = priced(own)
        told = note and worth and f"{note}; {worth}"
        outcome.trace = Trace(said, verdict, tuple([hit.at for hit in own]), told or note or worth, steps)
        return outcome
    if (trace := known.get((verdict, note))) is None:
        trace = Trace(said, verdict, (), note)
        if len(known) < _KEPT_TRACES:
            known[verdict, note] = trace
    outcome.trace = trace
    return outcome


@Remembered
def _told(check: Check) -> tuple[str, dict[tuple[Verdict, str], Trace]]:
    """A check in words, and its traces where it found nothing: they are the same in every call."""
    return say(check), {}


def _traced(condition: Condition, outcome: Outcome, parts: Iterable[Outcome]) -> Outcome:
    """The outcome of a condition, which nobody else holds yet, with its trace."""
    children = tuple([part.trace for part in parts if part.trace is not None])
    outcome.trace = Trace(say(condition), outcome.verdict, (), outcome.note, children)
    return outcome


def _excused(failure: Outcome, excuse: Outcome) -> Outcome:
    """A failure is cancelled by an exception that holds, and in doubt where the exception is."""
    if excuse.verdict is Verdict.MET:
        return Outcome(verdict=Verdict.MET, hits=excuse.hits, confidence=excuse.confidence, note="an exception applies")
    if excuse.verdict is Verdict.UNDETERMINED:
        return replace(failure, verdict=Verdict.UNDETERMINED, note="an exception may apply")
    return failure


def _finding(rule: Rule, outcome: Outcome, parts: Iterable[Outcome]) -> Finding:
    trace = _root(rule, outcome, tuple([part.trace for part in parts if part.trace is not None]))
    return Finding(rule.id, rule.version, outcome.verdict, outcome.confidence, _evidence(rule, outcome), trace)


def _root(rule: Rule, outcome: Outcome, children: tuple[Trace, ...]) -> Trace:
    """The trace of a rule; the same one in every call where what it was decided by is."""
    verdict, note = outcome.verdict, outcome.note
    said, known = _named(rule)
    for child in children:
        if child.at or child.children:
            return Trace(said, verdict, (), note, children)
    key = tuple(map(id, children))
    found = known.get(key)
    if found is not None and found.verdict is verdict and found.note == note:
        return found
    trace = Trace(said, verdict, (), note, children)
    if len(known) < _KEPT_TRACES:
        known[key] = trace  # holds on to its children, so that their ids stay theirs
    return trace


@Remembered
def _named(rule: Rule) -> tuple[str, dict[tuple[int, ...], Trace]]:
    """A rule in words, and its traces where nothing was found."""
    return f"{rule.polarity} {rule.name}", {}


def _evidence(rule: Rule, outcome: Outcome) -> tuple[Evidence, ...]:
    """What a finding rests on: the hits where it is met, else where it failed or is in doubt."""
    if outcome.verdict is Verdict.NOT_APPLICABLE:
        return ()
    if outcome.verdict is Verdict.MET:
        if rule.polarity == "forbid" and not outcome.note:
            return ()
    elif outcome.missing:
        return outcome.missing[:_KEPT_EVIDENCE]
    return tuple([hit.evidence for hit in outcome.hits[:_KEPT_EVIDENCE]])


def _inapplicable(rule: Rule, recording: Recording) -> str | None:
    """Why a rule does not apply to a recording, from what is known before listening."""
    day = (recording.started_at or "")[:10]
    if day and rule.effective_from and day < rule.effective_from:
        return f"takes effect on {rule.effective_from}"
    if day and rule.effective_until and day > rule.effective_until:
        return f"was in effect until {rule.effective_until}"
    when = rule.applies_when
    for name, allowed in when.fields:
        if not _allowed(name, _value(recording, name), allowed):
            return f"{name} is {_value(recording, name) or 'not known'}"
    for name, allowed in when.metadata:
        if recording.metadata.get(name) not in allowed:
            return f"{name} is {recording.metadata.get(name, 'not known')}"
    return next((f"{name} is not known" for name in when.has if _value(recording, name) is None), None)


def _barred(rule: Rule, settled: Mapping[str, Settled]) -> Outcome | None:
    """What stands in the way of a rule whose prerequisites are not all met; None where they are."""
    verdicts = {name: settled[name].verdict for name in rule.prerequisites}
    failed = [name for name, verdict in verdicts.items() if verdict not in (Verdict.MET, Verdict.UNDETERMINED)]
    if failed:
        note = f"prerequisite {failed[0]} is {verdicts[failed[0]]}"
        return Outcome(verdict=Verdict.NOT_APPLICABLE, note=note)
    unknown = [name for name, verdict in verdicts.items() if verdict is Verdict.UNDETERMINED]
    if unknown:
        return Outcome(verdict=Verdict.UNDETERMINED, note=f"prerequisite {unknown[0]} is undetermined")
    return None


def _value(recording: Recording, name: str) -> str | None:
    if name == "language":
        return recording.metadata.get("language") or DEFAULT_LANGUAGE
    value = getattr(recording, name, None)
    if value is None:
        value = recording.metadata.get(name)
    return None if value is None or value == "" else str(value)


def _allowed(name: str, value: str | None, allowed: tuple[str, ...]) -> bool:
    """Whether a value is one of those allowed; "zh-CN" is "zh"."""
    return value is not None and (is_spoken(value, allowed) if name == "language" else value in allowed)


def _gate(rule: Rule, looking: Looking) -> Outcome | None:
    condition = rule.applies_when.condition
    return None if condition is None else decide(condition, looking)
