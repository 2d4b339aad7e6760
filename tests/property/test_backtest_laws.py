"""What holds of every comparison: nothing flips against itself, backwards is transposed, parts add up to the whole."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from asr_qa.core.backtest import CallRef, Compared, Side, Tally
from asr_qa.core.finding import Verdict
from asr_qa.render.backtest import sheets
from asr_qa.testing import make_finding, make_line, make_sheet

RULES = ("OPEN-001", "CLOS-001", "COMP-001")
RESTS = {"greeting": ("OPEN-001",), "closing": ("CLOS-001", "COMP-001")}
CARDS = {"inbound@1": RESTS}

verdicts = st.sampled_from(Verdict)
totals = st.none() | st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    found = draw(st.dictionaries(st.sampled_from(RULES), verdicts))
    lines = [make_line(name, draw(verdicts)) for name in RESTS]
    sheet = replace(make_sheet(lines, fatal=draw(st.booleans())), points=draw(totals))
    return Side.of([make_finding(rule, verdict) for rule, verdict in found.items()], sheet)


@st.composite
def calls(draw: st.DrawFn) -> list[Compared]:
    human = st.dictionaries(st.sampled_from(tuple(RESTS)), verdicts)
    pairs = draw(st.lists(st.tuples(sides(), sides(), human), max_size=8))
    return [
        Compared(
            call=CallRef(id=f"{n:04d}", path=f"/{n}.wav", agent=f"A{n % 3}", queue=None, started_at=None),
            before=before,
            after=after,
            human=decided,
        )
        for n, (before, after, decided) in enumerate(pairs)
    ]


def count(every: list[Compared]) -> Tally:
    tally = Tally(keep=3, rests_before=CARDS, rests_after=CARDS)
    for one in every:
        tally.add(one)
    return tally


@given(calls())
def test_the_same_against_itself_flips_nothing(every: list[Compared]) -> None:
    tally = count([replace(one, after=one.before) for one in every])
    assert all(was is now for changes in tally.verdicts.values() for was, now in changes)
    assert not tally.examples
    assert [*tally.up, *tally.down, *tally.fatal_moves] == []
    assert tally.accuracy_before == tally.accuracy_after
    assert all(before == after for counts in tally.agreement.values() for before, after in counts)


@given(calls())
def test_backwards_is_transposed(every: list[Compared]) -> None:
    ahead = count(every)
    back = count([replace(one, before=one.after, after=one.before) for one in every])
    for rule, changes in ahead.verdicts.items():
        assert back.verdicts[rule] == {(now, was): n for (was, now), n in changes.items()}
    assert back.moves == {-move + 0.0: n for move, n in ahead.moves.items()}
    assert back.fatal == {(now, was): n for (was, now), n in ahead.fatal.items()}
    assert back.accuracy_before == ahead.accuracy_after
    assert [move.points for move in back.up] == [-move.points for move in ahead.down]


@given(calls(), st.integers(0, 8), st.randoms(use_true_random=False))
def test_tallies_of_parts_add_up_to_that_of_the_whole(every: list[Compared], cut: int, chance: object) -> None:
    whole = count(every)
    shuffled = list(every)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    parts = count(shuffled[:cut])
    parts.merge(count(shuffled[cut:]))
    for name in ("calls", "reviewed", "verdicts", "moves", "totals", "fatal", "examples", "up", "down", "fatal_moves"):
        assert getattr(parts, name) == getattr(whole, name), name
    assert parts.accuracy_after == whole.accuracy_after
    assert parts.agreement == whole.agreement
    assert sheets(parts) == sheets(whole)


@given(calls())
def test_every_call_is_counted_once_everywhere(every: list[Compared]) -> None:
    tally = count(every)
    found = sheets(tally)
    assert sum(tally.totals.values()) == sum(tally.fatal.values()) == len(every)
    assert sum(one["calls"] for one in found["agents"]) == len(every)
    assert sum(bar["calls"] for bar in found["distribution"]) == found["with_total_before_and_after"]
