"""Three-valued logic over outcomes: opposites, and the strongest verdict of several parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from asr_qa.core.checks.base import Outcome
from asr_qa.core.finding import Verdict

ANY = (Verdict.MET, Verdict.UNDETERMINED, Verdict.NOT_MET)
"""What decides where one part is enough, the strongest first."""
ALL = (Verdict.NOT_MET, Verdict.UNDETERMINED, Verdict.MET)
"""What decides where every part is needed."""
NEGATED = {Verdict.MET: Verdict.NOT_MET, Verdict.NOT_MET: Verdict.MET}


def negate(outcome: Outcome) -> Outcome:
    """The opposite: what was found, or else where nothing was, becomes what is shown of a failure."""
    verdict = NEGATED.get(outcome.verdict, outcome.verdict)
    shown = outcome.missing
    if outcome.hits and verdict is not Verdict.MET:
        shown = tuple([hit.evidence for hit in outcome.hits])
    return Outcome(
        verdict=verdict,
        hits=outcome.hits,
        missing=shown,
        confidence=outcome.confidence,
        note=outcome.note,
        trace=outcome.trace,
    )


def combine(outcomes: Iterable[Outcome], order: tuple[Verdict, ...]) -> Outcome:
    """The strongest verdict of the parts that apply; evidence from the parts that decided.

    What is in doubt is shown only where the whole is: it is no evidence of anything else.
    """
    parts = tuple(outcomes)
    found = {part.verdict for part in parts}
    verdict = next((v for v in order if v in found), Verdict.NOT_APPLICABLE)
    deciding = [part for part in parts if part.verdict is verdict]
    shown = parts if verdict is Verdict.UNDETERMINED else [p for p in parts if p.verdict is not Verdict.UNDETERMINED]
    pick: Callable[[Iterable[float]], float] = max if verdict is order[0] else min
    known = [part.confidence for part in deciding if part.confidence is not None]
    return Outcome(
        verdict=verdict,
        hits=tuple(dict.fromkeys(hit for part in shown for hit in part.hits)),
        missing=tuple(dict.fromkeys(e for part in deciding for e in part.missing)),
        confidence=pick(known) if known else None,
    )


def noted(*notes: str) -> str:
    """Remarks as one."""
    return "; ".join(filter(None, notes))
