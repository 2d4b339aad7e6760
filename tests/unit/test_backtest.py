"""Counting what differs: flips, moves, agreement with people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from asr_qa.core.backtest import CallRef, Compared, Side, Tally
from asr_qa.core.confusion import Confusion, confusions, share
from asr_qa.core.finding import Verdict
from asr_qa.core.report import wilson
from asr_qa.render.backtest import sheets
from asr_qa.testing import make_finding, make_line, make_sheet

MET, NOT_MET, NA, OPEN = Verdict.MET, Verdict.NOT_MET, Verdict.NOT_APPLICABLE, Verdict.UNDETERMINED
RESTS = {"greeting": ("OPEN-001",), "closing": ("CLOS-001", "CLOS-002")}
CARDS = {"inbound@1": RESTS}


def side(verdicts: Mapping[str, Verdict], *, points: float | None = 80.0, fatal: bool = False) -> Side:
    findings = [make_finding(rule, verdict) for rule, verdict in verdicts.items()]
    lines = [make_line(criterion, verdicts.get(rules[0], MET)) for criterion, rules in RESTS.items()]
    return Side.of(findings, replace(make_sheet(lines, fatal=fatal), points=points))


def compared(before: Side, after: Side, human: Mapping[str, Verdict] | None = None, *, number: int = 1) -> Compared:
    call = CallRef(id=f"{number:04d}", path=f"/{number}.wav", agent=f"A{number % 2}", queue=None, started_at=None)
    return Compared(call=call, before=before, after=after, human=human or {})


def tally(*calls: Compared, keep: int = 5) -> Tally:
    counted = Tally(keep=keep, rests_before=CARDS, rests_after=CARDS)
    for call in calls:
        counted.add(call)
    return counted


def test_a_flip_is_counted_by_what_it_was_and_is() -> None:
    counted = tally(
        compared(side({"OPEN-001": MET}), side({"OPEN-001": NOT_MET})),
        compared(side({"OPEN-001": MET}), side({"OPEN-001": NOT_MET}), number=2),
        compared(side({"OPEN-001": OPEN}), side({"OPEN-001": OPEN}), number=3),
    )
    assert counted.verdicts == {"OPEN-001": {(MET, NOT_MET): 2, (OPEN, OPEN): 1}}
    assert [example.call.id for example in counted.examples["OPEN-001", MET, NOT_MET]] == ["0001", "0002"]


def test_a_new_rule_gives_examples_where_it_fails_and_a_removed_one_none() -> None:
    counted = tally(
        compared(side({"OLD-001": MET}), side({"NEW-001": NOT_MET})),
        compared(side({"OLD-001": MET}), side({"NEW-001": MET}), number=2),
    )
    assert counted.verdicts["NEW-001"] == {(None, NOT_MET): 1, (None, MET): 1}
    assert counted.verdicts["OLD-001"] == {(MET, None): 2}
    assert set(counted.examples) == {("NEW-001", None, NOT_MET)}


def test_examples_show_the_evidence_of_both_sides() -> None:
    before = Side.of([make_finding("OPEN-001", MET, at=2.0, text="您好")], make_sheet([]))
    after = Side.of([make_finding("OPEN-001", NOT_MET, at=None)], make_sheet([]))
    (flip,) = compared(before, after).flips
    assert flip.was is not None
    assert (flip.was.start, flip.was.text, flip.was.role) == (2.0, "您好", "agent")
    assert flip.now is None


def test_no_more_examples_are_kept_than_asked_for_whatever_the_order() -> None:
    calls = [compared(side({"OPEN-001": MET}), side({"OPEN-001": NOT_MET}), number=n) for n in (5, 3, 9, 1)]
    kept = tally(*calls, keep=2).examples["OPEN-001", MET, NOT_MET]
    assert [example.call.id for example in kept] == ["0001", "0003"]


def test_sheets_move_by_points_per_agent() -> None:
    counted = tally(
        compared(side({}, points=80.0), side({}, points=70.0), number=1),
        compared(side({}, points=90.0), side({}, points=90.0), number=2),
        compared(side({}, points=90.0), side({}, points=None), number=3),
        compared(side({}, points=None), side({}, points=50.0), number=4),
        compared(side({}, points=60.0), side({}, points=0.0, fatal=True), number=5),
    )
    found = sheets(counted)
    assert (found["with_total_before_and_after"], found["lost_total"], found["gained_total"]) == (3, 1, 1)
    assert (found["moved"], found["became_fatal"], found["no_longer_fatal"]) == (2, 1, 0)
    assert found["mean_before"] == pytest.approx((80 + 90 + 60) / 3, abs=1e-3)
    assert found["mean_move"] == pytest.approx(-70 / 3, abs=1e-3)
    assert [(move["call_id"], move["points"]) for move in found["down"]] == [("0005", -60.0), ("0001", -10.0)]
    assert found["up"] == []
    bars = {(bar["from"], bar["to"]): bar["calls"] for bar in found["distribution"]}
    assert bars[None, -20.0] == 1
    assert bars[-20.0, -10.0] == 1, "an edge belongs to the farther bar"
    assert bars[0.0, 0.0] == 1
    assert sum(bars.values()) == 3
    agents = {row["agent"]: row for row in found["agents"]}
    assert (agents["A1"]["calls"], agents["A1"]["moved"], agents["A1"]["fatal_after"]) == (3, 2, 1)
    assert agents["A0"]["mean_move"] == 0.0


def test_a_decision_on_a_criterion_of_one_rule_is_one_about_the_rule() -> None:
    decided = {"greeting": NOT_MET}
    assert dict(confusions(decided, RESTS, {"OPEN-001": NOT_MET})) == {"OPEN-001": Confusion(confirmed=1)}
    assert dict(confusions(decided, RESTS, {"OPEN-001": MET})) == {"OPEN-001": Confusion(missed=1)}
    assert dict(confusions(decided, RESTS, {"OPEN-001": OPEN})) == {"OPEN-001": Confusion(missed=1, left_open=1)}
    assert dict(confusions({"greeting": MET}, RESTS, {"OPEN-001": NOT_MET})) == {"OPEN-001": Confusion(false_alarms=1)}
    assert dict(confusions({"greeting": NA}, RESTS, {"OPEN-001": OPEN})) == {"OPEN-001": Confusion(passed=1)}


def test_not_met_on_a_criterion_of_several_rules_confirms_those_that_failed_only() -> None:
    verdicts = {"CLOS-001": NOT_MET, "CLOS-002": MET}
    assert dict(confusions({"closing": NOT_MET}, RESTS, verdicts)) == {"CLOS-001": Confusion(confirmed=1)}
    assert dict(confusions({"closing": MET}, RESTS, verdicts)) == {
        "CLOS-001": Confusion(false_alarms=1),
        "CLOS-002": Confusion(passed=1),
    }


def test_precision_and_recall_have_intervals_and_are_none_of_nothing() -> None:
    found = Confusion(confirmed=8, false_alarms=2, missed=1, passed=30)
    low, high = wilson(8, 10) or (0, 0)
    assert (found.precision.value, found.precision.n) == (0.8, 10)
    assert (found.precision.low, found.precision.high) == (low, high)
    assert found.recall.value == pytest.approx(8 / 9)
    assert (Confusion(passed=5).precision.value, Confusion(passed=5).recall.value) == (None, None)
    assert share(0, 0).n == 0


def test_agreement_with_people_before_and_after() -> None:
    counted = tally(
        compared(side({"OPEN-001": NOT_MET}), side({"OPEN-001": MET}), {"greeting": MET}),
        compared(side({"OPEN-001": MET}), side({"OPEN-001": NOT_MET}), {"greeting": MET}, number=2),
        compared(side({"OPEN-001": MET}), side({"OPEN-001": MET}), number=3),
    )
    assert counted.reviewed == 2
    assert counted.agreement["inbound", "greeting"] == {(False, True): 1, (True, False): 1}
    assert counted.accuracy_before["OPEN-001"] == Confusion(false_alarms=1, passed=1)
    assert counted.examples["OPEN-001", NOT_MET, MET][0].human is MET
