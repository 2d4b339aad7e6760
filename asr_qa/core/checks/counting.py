"""From hits to a verdict: enough of them, too many of them, and what doubtful ones mean for either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from asr_qa.core.checks.base import Hit, Looking, Outcome, Stance
from asr_qa.core.checks.logic import ALL, combine, negate, noted
from asr_qa.core.checks.words import absence, blocked, is_weak
from asr_qa.core.finding import Verdict
from asr_qa.core.kinds import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is counted."""

    shown: str
    """In words, for people."""
    seconds: float
    """The shortest time in which one can be said."""
    limit: float
    """Confidence below which a hit is doubtful."""
    different: bool = False
    """Count different keys rather than hits."""


def decide_least(hits: tuple[Hit, ...], looking: Looking, count: int, wanted: Wanted) -> Outcome:
    """Whether there are at least so many hits, by what is at stake.

    Doubtful hits leave it undetermined wherever something is at stake.
    """
    if (stop := blocked(looking)) is not None:
        return stop
    if not hits:
        return absence(looking, wanted=wanted.shown, seconds=wanted.seconds)
    strong = tuple([hit for hit in hits if not is_weak(hit, wanted.limit)])
    if (worths := _worths(strong, different=wanted.different)) and len(worths) >= count:
        return Outcome(verdict=Verdict.MET, hits=strong, confidence=worths[count - 1])
    doubtful = _worths(hits, different=wanted.different)
    if looking.stance is not Stance.NEUTRAL and len(doubtful) >= count:
        possibly = "possibly said: " if looking.stance.needs_presence else ""
        note = f"{possibly}heard with confidence {doubtful[count - 1]:.2f} only"
        return Outcome(verdict=Verdict.UNDETERMINED, hits=hits, confidence=doubtful[count - 1], note=note)
    missing = absence(looking, wanted=wanted.shown, seconds=wanted.seconds)
    note = f"{len(worths)} of {count} heard" if worths else ""
    return replace(missing, hits=strong, note=noted(missing.note, note))


def decide_count(hits: tuple[Hit, ...], looking: Looking, bounds: Bounds, wanted: Wanted) -> Outcome:
    """Whether the number of hits lies in bounds.

    "At most n" is the opposite of "n + 1 or more", and is decided as such: there a hit is what fails, and a doubtful
    one leaves it undetermined.
    """
    least, most = bounds.whole
    parts: list[Outcome] = []
    if least > 0:
        parts.append(decide_least(hits, looking, least, wanted))
    if most is not None:
        beyond = decide_least(hits, looking.staking(looking.stance.opposite), most + 1, wanted)
        parts.append(_limited(beyond, most))
    if not parts:
        return Outcome(verdict=Verdict.MET, hits=hits, confidence=1.0)
    notes = tuple(dict.fromkeys(part.note for part in parts))
    return replace(combine(parts, ALL), note=noted(*notes))


def _limited(beyond: Outcome, most: int) -> Outcome:
    """Not more than so many, from whether there are more."""
    outcome = negate(beyond)
    if outcome.verdict is Verdict.UNDETERMINED:
        return outcome
    return replace(outcome, note=f"heard {len(outcome.hits)} times, at most {most} allowed")


def _worths(hits: Iterable[Hit], *, different: bool) -> list[float]:
    """Confidences from the best down; of each phrase only the best where different ones are asked for."""
    if not different:
        return sorted([hit.confidence for hit in hits], reverse=True)
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.key] = max(best.get(hit.key, 0.0), hit.confidence)
    return sorted(best.values(), reverse=True)
