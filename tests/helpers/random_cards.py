"""Scorecards and calls of all kinds, for the laws of score sheets and for their second reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from asr_qa.core.card import Band, Criterion, Fatal, Kind, Level, Scorecard, Section, Source, VerdictIs, When
from asr_qa.core.finding import Evidence, Finding, Match, Verdict

RULES = ("R0", "R1", "R2", "R3")
Seen = Mapping[str, tuple[Verdict, int]]
"""Verdict and number of hits by rule."""
Facts = Mapping[str, str | None]

_rules = st.lists(st.sampled_from(RULES), min_size=1, max_size=3, unique=True).map(tuple)
_verdicts = st.lists(st.sampled_from(Verdict), min_size=1, max_size=3, unique=True).map(tuple)
_queues = st.lists(st.sampled_from(("a", "b", "c")), min_size=1, max_size=2, unique=True).map(tuple)
_facts: st.SearchStrategy[dict[str, tuple[str, ...]]] = st.one_of(
    st.builds(dict), st.fixed_dictionaries({"queue": _queues})
)

calls: st.SearchStrategy[Facts] = st.fixed_dictionaries({"queue": st.sampled_from(("a", "b", None))})
"""What is known of a call."""


def verdicts(*of: Verdict) -> st.SearchStrategy[Seen]:
    """A verdict of every rule, any or some of those given."""
    one = st.tuples(st.sampled_from(of or tuple(Verdict)), st.integers(0, 4))
    return st.fixed_dictionaries(dict.fromkeys(RULES, one))


some_verdicts: st.SearchStrategy[Seen] = st.dictionaries(
    st.sampled_from(RULES), st.tuples(st.sampled_from(Verdict), st.integers(0, 4))
)
"""Verdicts of some of the rules: the others were not judged."""


def findings(seen: Seen) -> list[Finding]:
    """What rules found, each hit a second long."""
    return [
        Finding(
            rule_id=rule,
            rule_version="",
            verdict=verdict,
            confidence=None,
            evidence=tuple(Evidence(None, float(at), at + 1.0, "", Match.EXACT) for at in range(hits)),
        )
        for rule, (verdict, hits) in seen.items()
    ]


@st.composite
def cards(draw: st.DrawFn, *, capped: bool = True, conditions: bool = True) -> Scorecard:
    """A card of a few sections.

    Args:
        capped: Whether sections may have caps.
        conditions: Whether criteria may rest on verdicts; on the queue of the call they may in any case.
    """
    sections: list[Section] = []
    before: list[str] = []
    for i in range(draw(st.integers(1, 3))):
        lines: list[Criterion] = []
        for j in range(draw(st.integers(1, 4))):
            line = draw(_criteria(f"c{i}_{j}"))
            lines.append(replace(line, when=draw(st.none() | _whens(tuple(before)))) if conditions else line)
            before.append(line.id)
        # Conditions look ahead as well as back.
        order = draw(st.permutations(lines))
        cap = draw(st.none() | st.integers(1, 20).map(float)) if capped else None
        sections.append(Section(id=f"s{i}", title={}, criteria=tuple(order), cap=cap))
    return Scorecard(
        id="c",
        version="1",
        title={},
        sections=tuple(draw(st.permutations(sections))),
        points=draw(st.sampled_from((100.0, 20.0))),
        min_assessed_share=draw(st.sampled_from((0.0, 0.5, 1.0))),
        bonus_max=draw(st.sampled_from((0.0, 3.0))),
        bands=(Band(id="high", title={}, at_least=15.0), Band(id="low", title={}, at_least=0.0)),
    )


@st.composite
def _criteria(draw: st.DrawFn, name: str) -> Criterion:
    kind, rules, points = draw(st.sampled_from(Kind)), draw(_rules), float(draw(st.integers(1, 20)))
    line = Criterion(
        id=name,
        title={},
        points=points,
        kind=kind,
        rules=rules,
        source=draw(st.sampled_from((Source.AUTO, Source.AUTO, Source.AUTO, Source.MANUAL, Source.ASSISTED))),
        fatal=Fatal.NONE if kind is Kind.BONUS else draw(st.sampled_from((Fatal.NONE, *Fatal))),
        applies_when=draw(_facts),
    )
    if kind is Kind.PER_HIT:
        return replace(line, per_hit=float(draw(st.integers(1, 5))), cap=draw(st.none() | st.floats(1, points)))
    if kind is Kind.GRADED:
        middle = Level(points=points / 2, anchor="", rules=draw(st.lists(st.sampled_from(rules)).map(tuple)))
        lowest = Level(points=draw(st.sampled_from((0.0, points / 4))), anchor="")
        return replace(line, levels=(Level(points=points, anchor="", rules=rules), middle, lowest))
    return line


@st.composite
def _whens(draw: st.DrawFn, before: tuple[str, ...], depth: int = 1) -> When:
    named = st.builds(lambda one, asked: VerdictIs(id=one, verdicts=asked), st.sampled_from(RULES), _verdicts)
    other = st.builds(lambda one, asked: VerdictIs(id=one, verdicts=asked), st.sampled_from(before or ("",)), _verdicts)
    parts = st.lists(_whens(before, depth - 1), min_size=2, max_size=2).map(tuple) if depth else st.just(())
    return When(
        rules=tuple(draw(st.lists(named, max_size=1))),
        criteria=tuple(draw(st.lists(other, max_size=1))) if before else (),
        any_of=draw(st.one_of(st.just(()), parts)),
        facts=draw(_facts) if depth == 0 else {},
    )
