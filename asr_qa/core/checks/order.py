"""Checks that rest on other checks: steps in order, and the outcome of another rule."""

from __future__ import annotations

from dataclasses import replace

from asr_qa.core.checks.base import Hit, Looking, Outcome
from asr_qa.core.finding import Trace, Verdict
from asr_qa.core.rule import RuleIs, Sequence
from asr_qa.core.segment import EPSILON, Segment, clip


def decide_sequence(options: Sequence, looking: Looking) -> Outcome:
    """Whether the steps are said one after the other.

    Every step takes its earliest hits that can follow a hit of the step before, so a chain is found where there is one.
    A step that does not hold has no hits to follow, and one that may hold leaves the whole chain undetermined.
    """
    outcomes = [looking.run(step, looking) for step in options.steps]
    traces = tuple(outcome.trace for outcome in outcomes if outcome.trace is not None)
    chains: list[tuple[Hit, ...]] = [()]
    for number, outcome in enumerate(outcomes, start=1):
        holds = outcome.verdict in (Verdict.MET, Verdict.UNDETERMINED)
        longer = _continued(chains, outcome.hits if holds else (), options.max_gap)
        if not longer:
            doubt = _doubt(options, outcomes, chains[0], number, looking)
            return _broken(options, outcomes, chains[0], number, traces, doubt=doubt)
        chains = longer
    chain = chains[0]
    confidence = min(hit.confidence for hit in chain)
    doubtful = next((outcome for outcome in outcomes if outcome.verdict is Verdict.UNDETERMINED), None)
    verdict, note = (Verdict.MET, "") if doubtful is None else (Verdict.UNDETERMINED, doubtful.note)
    trace = Trace("", verdict, children=traces)
    return Outcome(verdict=verdict, hits=chain, confidence=confidence, note=note, trace=trace)


def decide_rule(options: RuleIs, looking: Looking) -> Outcome:
    """Whether another rule came out as asked for; hits of one that is undetermined are in doubt themselves."""
    settled = looking.settled[options.id]
    wanted = set(options.verdicts)
    unknown = settled.verdict is Verdict.UNDETERMINED
    if settled.verdict.value in wanted or ("hit" in wanted and settled.hits and not unknown):
        return Outcome(
            verdict=Verdict.MET, hits=settled.hits, confidence=1.0, note=f"{options.id} is {settled.verdict}"
        )
    verdict = Verdict.UNDETERMINED if unknown else Verdict.NOT_MET
    return Outcome(verdict=verdict, confidence=None if unknown else 1.0, note=f"{options.id} is {settled.verdict}")


def _continued(chains: list[tuple[Hit, ...]], hits: tuple[Hit, ...], max_gap: float | None) -> list[tuple[Hit, ...]]:
    """Each hit with the first chain it can follow, the earliest hit first."""
    found: list[tuple[Hit, ...]] = []
    for hit in sorted(hits, key=lambda h: (h.end, h.start)):
        chain = next((chain for chain in chains if not chain or _follows(chain[-1], hit, max_gap)), None)
        if chain is not None:
            found.append((*chain, hit))
    return found


def _follows(one: Hit, other: Hit, max_gap: float | None) -> bool:
    gap = other.start - one.end
    return gap >= -EPSILON and (max_gap is None or gap <= max_gap + EPSILON)


def _doubt(options: Sequence, outcomes: list[Outcome], said: tuple[Hit, ...], number: int, looking: Looking) -> str:
    """Why step `number`, which is heard elsewhere, may have been said after the ones before, too; empty where not.

    A step that is heard clearly in the wrong place hides that it may have been said in the right one.
    """
    elsewhere = said and outcomes[number - 1].hits
    if not elsewhere or any(later.verdict is Verdict.NOT_MET for later in outcomes[number:]):
        return ""
    after = clip(looking.windows, Segment(said[-1].end, max(said[-1].end, looking.view.whole.end)))
    again = looking.run(options.steps[number - 1], looking.at(looking.role, after))
    follows = not again.hits or any(_follows(said[-1], hit, options.max_gap) for hit in again.hits)
    return again.note if again.verdict is Verdict.UNDETERMINED and follows else ""


def _broken(
    options: Sequence,
    outcomes: list[Outcome],
    said: tuple[Hit, ...],
    number: int,
    traces: tuple[Trace, ...],
    *,
    doubt: str = "",
) -> Outcome:
    """The chain stops before step `number`: not_met, or undetermined where that step may have been said."""
    failed = outcomes[number - 1]
    later = f", only before step {number - 1}" if failed.hits and failed.verdict is not Verdict.NOT_MET else ""
    note = f"step {number} of {len(options.steps)} not heard{later}"
    unknown = doubt or any(outcome.verdict is Verdict.UNDETERMINED for outcome in outcomes)
    verdict = Verdict.UNDETERMINED if unknown else Verdict.NOT_MET
    missing = failed.missing or tuple(hit.evidence for hit in failed.hits[:1])
    note = f"{note}; {doubt}" if doubt else note
    base = replace(failed, verdict=verdict, hits=said, missing=missing, note=note)
    return replace(base, trace=Trace("", verdict, children=traces))
