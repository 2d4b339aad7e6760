"""Indicators and error patterns over many calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from asr_qa.core.document import CallDocument, Models
from asr_qa.core.finding import Evidence, Finding, Match, Verdict
from asr_qa.core.metrics import CallMetrics, Latency, PerRole
from asr_qa.core.recording import Recording, Role
from asr_qa.core.report import CallSummary, ErrorPattern, KpiOptions, Kpis, error_patterns, kpis, phase_of, wilson
from asr_qa.core.scorecard import Criterion, ErrorClass, Scorecard, Section, Source, apply_review, score
from asr_qa.errors import UsageError

MET, NOT_MET = Verdict.MET, Verdict.NOT_MET
NA, UNKNOWN = Verdict.NOT_APPLICABLE, Verdict.UNDETERMINED
NO_METRICS = CallMetrics(
    duration=300.0,
    speech_seconds=PerRole(),
    talk_ratio=None,
    silence_seconds=None,
    silence_share=None,
    longest_silence=None,
    dead_air_seconds=None,
    dead_air_count=None,
    hold_seconds=None,
    overlap_seconds=None,
    interruptions=PerRole(),
    talk_overs=PerRole(),
    backchannels=PerRole(),
    response_latency=Latency(),
    first_response=None,
    characters_per_minute=PerRole(),
    longest_monologue=PerRole(),
    turns=PerRole(),
)

CARD = Scorecard(
    id="card",
    version="1",
    title={},
    pass_points=60,
    min_assessed_share=0.3,
    sections=(
        Section(
            id="accuracy",
            title={},
            criteria=(
                Criterion(id="a1", title={}, points=20, rules=("A-1",), error_class=ErrorClass.BUSINESS),
                Criterion(id="a2", title={}, points=20, source=Source.MANUAL, error_class=ErrorClass.BUSINESS),
            ),
        ),
        Section(
            id="soft_skills",
            title={},
            criteria=(Criterion(id="s", title={}, points=40, rules=("S-1", "S-2"), error_class=ErrorClass.CUSTOMER),),
        ),
        Section(
            id="technical",
            title={},
            criteria=(Criterion(id="t", title={}, points=20, rules=("T-1",), error_class=ErrorClass.NON_CRITICAL),),
        ),
    ),
)


def _call(
    name: str,
    *,
    agent: str | None = "A1",
    queue: str | None = None,
    started_at: str | None = None,
    at: tuple[float, ...] = (),
    **verdicts: Verdict,
) -> CallDocument:
    """A call of 300 s; verdicts by rule with "_" for "-", A-1, S-1, S-2 and T-1 met unless given; hits at `at`."""
    outcome = {"A-1": MET, "S-1": MET, "S-2": MET, "T-1": MET}
    outcome |= {rule.replace("_", "-"): verdict for rule, verdict in verdicts.items()}
    places = tuple(Evidence(Role.AGENT, start, start + 1, "", Match.EXACT) for start in at)
    findings = tuple(
        Finding(rule, "v", verdict, None, places if verdict is NOT_MET else ()) for rule, verdict in outcome.items()
    )
    recording = Recording(
        id=name,
        path=name,
        sha256="",
        duration=300.0,
        sample_rate=8000,
        channels=2,
        role_by_channel=(Role.AGENT, Role.CUSTOMER),
        agent_id=agent,
        queue=queue,
        team="T",
        started_at=started_at,
    )
    return CallDocument(
        recording=recording,
        models=Models(asr="", vad="", diarization=None, ruleset_digest="", scorecard="card@1", version="0"),
        utterances=(),
        events=(),
        metrics=NO_METRICS,
        findings=findings,
        score_sheet=score(CARD, findings),
    )


# --- Wilson


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_published_values(k: int, n: int, low: float, high: float) -> None:
    interval = wilson(k, n)
    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_wilson_of_nothing_is_unknown_and_of_nonsense_refused() -> None:
    assert wilson(0, 0) is None
    for k, n in ((3, 2), (-1, 5)):
        with pytest.raises(ValueError, match="is not a share"):
            wilson(k, n)


@pytest.mark.parametrize("n", [1, 5, 400])
def test_wilson_mirrors_and_holds_the_share(n: int) -> None:
    for k in (0, 1, n // 2, n):
        one, other = wilson(k, n), wilson(n - k, n)
        assert one is not None
        assert other is not None
        assert one.low <= k / n <= one.high
        assert one.low == pytest.approx(1 - other.high)


# --- phases


@pytest.mark.parametrize(
    ("time", "duration", "phase"),
    [
        (29.9, 300, "opening"),
        (30, 300, "middle"),
        (269.9, 300, "middle"),
        (270, 300, "closing"),
        (10, 33, "opening"),
        (11, 33, "middle"),
        (22, 33, "closing"),
    ],
)
def test_phase_of(time: float, duration: float, phase: str) -> None:
    assert phase_of(time, duration) == phase


# --- error patterns


def _flat(patterns: tuple[ErrorPattern, ...]) -> list[tuple[tuple[str | None, ...], int, int]]:
    return [(tuple(p.group.values()), p.calls, p.assessed) for p in patterns]


def test_error_patterns_count_calls_with_the_error_among_those_where_it_could_be_told() -> None:
    calls = [_call("1", A_1=NOT_MET), _call("2"), _call("3", A_1=UNKNOWN), _call("4", A_1=NA)]
    (pattern,) = error_patterns(calls)
    assert (dict(pattern.group), pattern.calls, pattern.assessed) == ({"rule": "A-1"}, 1, 2)
    assert pattern.rate == 0.5
    interval = wilson(1, 2)
    assert interval is not None
    assert (pattern.low, pattern.high) == tuple(interval)
    assert pattern.recordings == ("1",)


def test_error_patterns_of_no_calls_or_no_errors_are_none() -> None:
    assert error_patterns([]) == ()
    assert error_patterns([_call("1")]) == ()


def test_error_patterns_rank_only_groups_with_enough_calls() -> None:
    # A1: 1 of 5; A2: 3 of 6; A3: 2 of 2, too few to rank although worst.
    calls = [_call(f"a{i}", agent="A1", A_1=NOT_MET if i < 1 else MET) for i in range(5)]
    calls += [_call(f"b{i}", agent="A2", A_1=NOT_MET if i < 3 else MET) for i in range(6)]
    calls += [_call(f"c{i}", agent="A3", A_1=NOT_MET) for i in range(2)]
    patterns = error_patterns(calls, by=("rule", "agent"))
    assert _flat(patterns) == [(("A-1", "A2"), 3, 6), (("A-1", "A1"), 1, 5), (("A-1", "A3"), 2, 2)]
    assert [pattern.ranked for pattern in patterns] == [True, True, False]
    assert [p.ranked for p in error_patterns(calls, by=("rule", "agent"), min_calls=6)] == [True, False, False]


def test_error_patterns_without_rule_count_a_call_once() -> None:
    calls = [_call("1", agent="A1", A_1=NOT_MET, T_1=NOT_MET), _call("2", agent="A1")]
    assert _flat(error_patterns(calls, by=("agent",))) == [(("A1",), 1, 2)]
    assert _flat(error_patterns(calls, by=("team",))) == [(("T",), 1, 2)]


def test_error_patterns_by_queue_keep_calls_without_one() -> None:
    calls = [_call("1", queue="loan", A_1=NOT_MET), _call("2", A_1=NOT_MET)]
    assert set(_flat(error_patterns(calls, by=("queue",)))) == {((None,), 1, 1), (("loan",), 1, 1)}


def test_error_patterns_by_phase_share_the_denominator_of_the_rule() -> None:
    # hits at 5 s and 290 s of 300: opening and closing; a second call without a place; a third without the error
    calls = [_call("1", at=(5.0, 8.0, 290.0), A_1=NOT_MET), _call("2", A_1=NOT_MET), _call("3")]
    patterns = error_patterns(calls, by=("rule", "phase"))
    assert _flat(patterns) == [(("A-1", "closing"), 1, 3), (("A-1", "opening"), 1, 3), (("A-1", "whole"), 1, 3)]
    assert error_patterns(calls)[0].hits == 4  # three places and one call without a place


def test_error_patterns_refuse_unknown_and_double_dimensions() -> None:
    with pytest.raises(UsageError, match="cannot group errors by colour"):
        error_patterns([], by=("rule", "colour"))
    with pytest.raises(UsageError, match="twice"):
        error_patterns([], by=("rule", "rule"))


def test_error_patterns_of_a_period() -> None:
    calls = [
        _call("before", started_at="2026-11-22T23:59:59+08:00", A_1=NOT_MET),
        _call("first", started_at="2026-11-23T00:00:00+08:00", A_1=NOT_MET),
        _call("elsewhere", started_at="2026-11-23T01:30:00+09:00", A_1=NOT_MET),  # 00:30 +08:00
        _call("local", started_at="2026-11-23T12:00:00", A_1=NOT_MET),
        _call("after", started_at="2026-11-24T00:00:00+08:00", A_1=NOT_MET),
        _call("unknown", A_1=NOT_MET),
        _call("garbled", started_at="yesterday", A_1=NOT_MET),
    ]
    zone = timezone(timedelta(hours=8))
    day = datetime(2026, 11, 23, tzinfo=zone)
    (pattern,) = error_patterns(calls, since=day, until=day + timedelta(days=1))
    assert pattern.recordings == ("first", "elsewhere", "local")
    naive = datetime(2026, 11, 23)  # noqa: DTZ001 - a bound without a zone compares clocks
    (pattern,) = error_patterns(calls, since=naive)
    assert pattern.recordings == ("first", "elsewhere", "local", "after")


def test_decisions_overrule_the_machine() -> None:
    calls = [_call("1", A_1=NOT_MET), _call("2"), _call("3", A_1=UNKNOWN)]
    decided = {("1", "a1"): MET, ("2", "a1"): NOT_MET, ("3", "a1"): NOT_MET, ("gone", "a1"): NOT_MET}
    (pattern,) = error_patterns(calls, decisions=decided)
    assert (pattern.recordings, pattern.assessed) == (("2", "3"), 3)
    (by_rule,) = error_patterns(calls, decisions={("2", "A-1"): NOT_MET, ("1", "A-1"): NA})
    assert (by_rule.recordings, by_rule.assessed) == (("2",), 1)


def test_decisions_on_criteria_without_a_rule_of_their_own() -> None:
    calls = [_call("1"), _call("2")]
    manual = error_patterns(calls, decisions={("1", "a2"): NOT_MET, ("2", "a2"): MET})
    assert _flat(manual) == [(("a2",), 1, 2)]
    # "s" rests on two rules: nobody knows which of them a person meant
    assert _flat(error_patterns(calls, decisions={("1", "s"): NOT_MET})) == [(("s",), 1, 1)]


def test_decision_on_a_criterion_of_two_rules_clears_both_and_confirms_as_found() -> None:
    calls = [_call("1", S_1=NOT_MET)]
    assert error_patterns(calls, decisions={("1", "s"): MET}) == ()
    assert _flat(error_patterns(calls, decisions={("1", "s"): NOT_MET})) == [(("S-1",), 1, 1)]


def test_summaries_give_what_documents_give() -> None:
    calls = [_call("1", at=(5.0,), A_1=NOT_MET), _call("2", agent="A2", T_1=NOT_MET)]
    summaries = [CallSummary.from_document(call) for call in calls]
    by = ("rule", "agent", "phase")
    assert error_patterns(summaries, by=by) == error_patterns(calls, by=by)
    assert kpis(summaries, CARD) == kpis(calls, CARD)


# --- indicators


def _kpis(*calls: CallDocument) -> Kpis:
    return kpis(calls, CARD, options=KpiOptions(complaint_rule="C-1"))


def test_kpis_without_an_assessed_call_are_unavailable_not_zero() -> None:
    silent = _call("1", A_1=UNKNOWN, S_1=UNKNOWN, S_2=UNKNOWN, T_1=UNKNOWN)
    for figures in (_kpis(), _kpis(silent)):
        shown = [figures.accuracy, figures.transaction_quality, figures.serious_error_rate, figures.complaint_rate]
        shown += [figures.pass_rate, figures.mean_points, *figures.class_accuracy.values()]
        assert [(figure.value, figure.n) for figure in shown] == [(None, 0)] * len(shown)


def test_kpis_of_four_calls() -> None:
    calls = (
        _call("1"),  # 80 / 80
        _call("2", A_1=NOT_MET),  # 60 / 80: 75 points
        _call("3", S_1=NOT_MET, T_1=NOT_MET),  # 20 / 80: 25 points, no pass
        _call("4", A_1=UNKNOWN, S_1=UNKNOWN),  # 20 of 100 assessed: no total
    )
    figures = _kpis(*calls)
    assert figures.calls == 4
    assert (figures.accuracy.count, figures.accuracy.n) == (2, 3)
    assert (figures.serious_error_rate.count, figures.serious_error_rate.n) == (1, 3)
    assert (figures.pass_rate.count, figures.pass_rate.n) == (2, 3)
    assert figures.mean_points.value == pytest.approx((100 + 75 + 25) / 3)
    # soft skills 40 + 40 + 0 of 120 and technical 20 + 20 + 0 + 20 of 80: 140 / 200
    assert figures.transaction_quality.value == pytest.approx(2 / 3 * 140 / 200)
    assert figures.transaction_quality.n == 4
    assert (figures.class_accuracy[ErrorClass.CUSTOMER].count, figures.class_accuracy[ErrorClass.CUSTOMER].n) == (2, 3)
    assert figures.class_accuracy[ErrorClass.COMPLIANCE].value is None
    interval = wilson(2, 3)
    assert (figures.accuracy.low, figures.accuracy.high) == interval


def test_complaint_rate_counts_calls_where_the_rule_applied() -> None:
    calls = [_call(str(i), C_1=verdict) for i, verdict in enumerate((MET, NOT_MET, NA, NA, UNKNOWN))]
    rate = _kpis(*calls).complaint_rate
    assert (rate.count, rate.n) == (2, 4)


def test_kpis_use_reviewed_sheets() -> None:
    call = _call("1", A_1=NOT_MET)
    reviewed = {"1": apply_review(call.score_sheet, CARD, {"a1": MET, "a2": NOT_MET})}
    figures = kpis([call], CARD, reviewed=reviewed)
    assert (figures.accuracy.value, figures.serious_error_rate.value) == (0, 0)
    assert figures.mean_points.value == pytest.approx(80)


def test_kpis_leave_out_calls_scored_on_other_cards_and_other_days() -> None:
    call = _call("1", started_at="2026-11-23T08:00:00+08:00")
    assert kpis([call], replace(CARD, id="other")).calls == 0
    later = datetime(2026, 11, 24, tzinfo=UTC)
    assert kpis([call], CARD, since=later).calls == 0
    assert kpis([call], CARD, until=later).calls == 1


def test_pass_rate_is_unavailable_on_a_card_without_pass_points() -> None:
    assert kpis([_call("1")], replace(CARD, pass_points=None)).pass_rate.value is None
