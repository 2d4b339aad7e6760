"""Checks on figures and events."""

from __future__ import annotations

from dataclasses import replace

import pytest

from asr_qa.core.checks.timing import EVENT_KINDS, METRICS
from asr_qa.core.evaluate import CallFacts, evaluate
from asr_qa.core.finding import Finding, Match
from asr_qa.core.recording import Role
from asr_qa.core.timeline import CallTimeline, Event
from asr_qa.ruleset import describe_words
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
# A: ##            ########
# B:     ######
#    0 2 4     10  20     30     agent 2 + 10 s, customer 6 s, the agent answers after 10 s
CALL = "A 0-2 您好请讲您好请讲 | B 4-10 我想查一下我的账单 | A 20-30 好的好的好的好的好的好的"


def judge(body: str, facts: CallFacts) -> Finding:
    (finding,) = evaluate(parse_rules(HEAD + body).ruleset, facts)
    return finding


def with_events(*events: Event) -> CallFacts:
    facts = sketched_call(CALL + " | end 90")
    timeline = CallTimeline(facts.timeline.duration, facts.timeline.speech, facts.timeline.turns, events)
    return replace(facts, timeline=timeline)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("{name: first_response, at_most: 0}", "met"),
        ("{name: first_response, above: 0}", "not_met"),
        ("{name: duration, at_least: 31, at_most: 31}", "met"),
        ("{name: duration, below: 31}", "not_met"),
        ("{name: speech_seconds.agent, at_least: 12}", "met"),
        ("{name: speech_seconds.customer, above: 6}", "not_met"),
        ("{name: longest_silence, at_most: 10}", "met"),
        ("{name: response_latency.median, at_most: 3}", "not_met"),
        ("{name: response_latency.worst, above: 9, below: 11}", "met"),
        ("{name: dead_air_count, at_most: 0}", "not_met"),
        ("{name: turns.agent, at_least: 2}", "met"),
        ("{name: ring_seconds, at_most: 15}", "undetermined"),
        ("{name: talk_ratio, at_most: 1}", "met"),
    ],
)
def test_metric(metric: str, expected: str) -> None:
    assert judge(f"require: {{metric: {metric}}}", sketched_call(CALL)).verdict == expected


def test_a_metric_takes_its_role_from_the_scope() -> None:
    facts = sketched_call(CALL)
    agent = judge("require: {metric: {name: speech_seconds, at_least: 12}, role: agent}", facts)
    customer = judge("require: {metric: {name: speech_seconds, at_least: 12}, role: customer}", facts)
    assert (agent.verdict, customer.verdict) == ("met", "not_met")


@pytest.mark.parametrize(("ring", "expected"), [(15.0, "met"), (15.5, "not_met")])
def test_ring_time_comes_from_the_recording(ring: float, expected: str) -> None:
    facts = sketched_call(CALL, ring_seconds=ring)
    assert judge("require: {metric: {name: ring_seconds, at_most: 15}}", facts).verdict == expected


@pytest.mark.parametrize(
    ("metric", "place"),
    [
        ("first_response, above: 99", (0.0, 0.0)),
        ("longest_silence, above: 99", (10.0, 20.0)),
        ("dead_air_seconds, above: 99", (10.0, 20.0)),
        ("response_latency.worst, above: 99", (10.0, 20.0)),
        ("response_latency.median, above: 99", (10.0, 20.0)),
        ("longest_monologue.agent, above: 99", (20.0, 30.0)),
        ("talk_ratio, above: 0.99", (0.0, 31.0)),
    ],
)
def test_a_failed_metric_names_the_place_that_shows_it_best(metric: str, place: tuple[float, float]) -> None:
    finding = judge(f"require: {{metric: {{name: {metric}}}}}", sketched_call(CALL))
    assert finding.verdict == "not_met"
    assert [(e.start, e.end, e.match) for e in finding.evidence] == [(*place, Match.TIMING)]


def test_every_metric_can_be_asked_for() -> None:
    facts = sketched_call(CALL, ring_seconds=3.0)
    for name in sorted(METRICS):
        role = ", role: agent" if "." not in name and f"{name}.agent" in METRICS else ""
        finding = judge(f"require: {{metric: {{name: {name}, at_least: 0}}{role}}}", facts)
        assert finding.verdict == "met", name
        assert name.split(".")[0] in {key.split(".")[0] for key in describe_words.METRICS["zh"]}


def test_figures_of_a_role_are_undetermined_where_roles_are_not_known() -> None:
    facts = sketched_call(CALL, warnings=["roles_unknown"])
    assert judge("require: {metric: {name: turns.agent, at_least: 1}}", facts).verdict == "undetermined"


EVENTS = (
    Event(kind="dead_air", start=5, end=11),
    Event(kind="dead_air", start=40, end=60, waived_by="请稍等"),
    Event(kind="interruption", start=20, end=21, by=Role.AGENT),
    Event(kind="interruption", start=25, end=26, by=Role.CUSTOMER),
)


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("dead_air", "met"),
        ("{kind: hold}", "not_met"),
        ("{kind: dead_air, min_seconds: 6}", "met"),
        ("{kind: dead_air, min_seconds: 6, max_seconds: 10}", "met"),
        ("{kind: dead_air, min_seconds: 21}", "not_met"),
        ("{kind: dead_air, max_seconds: 5}", "not_met"),
        ("{kind: dead_air, waived: false, min_seconds: 10}", "not_met"),
        ("{kind: dead_air, waived: true, min_seconds: 10}", "met"),
        ("{kind: dead_air, waived: true, count: {exactly: 1}}", "met"),
        ("{kind: dead_air, count: {exactly: 1}}", "not_met"),
        ("{kind: interruption, by: agent, count: {at_most: 1}}", "met"),
        ("{kind: interruption, count: {at_most: 1}}", "not_met"),
        ("{kind: interruption, count: {above: 1, below: 3}}", "met"),
        ("{kind: interruption, count: {at_least: 3}}", "not_met"),
        ("{kind: interruption}, role: customer, within: {first_seconds: 22}", "not_met"),
        ("{kind: interruption}, role: agent, within: {first_seconds: 22}", "met"),
    ],
)
def test_event(event: str, expected: str) -> None:
    assert judge(f"require: {{event: {event}}}", with_events(*EVENTS)).verdict == expected


def test_forbidden_events_are_shown_one_by_one() -> None:
    finding = judge("forbid: {event: {kind: dead_air}}", with_events(*EVENTS))
    assert finding.verdict == "not_met"
    assert [(e.start, e.end, e.text) for e in finding.evidence] == [
        (5, 11, "dead_air 6.0 s"),
        (40, 60, "dead_air 20.0 s"),
    ]


def test_too_many_events_are_shown_one_by_one() -> None:
    finding = judge("require: {event: {kind: interruption, count: {at_most: 1}}}", with_events(*EVENTS))
    assert [(e.start, e.role) for e in finding.evidence] == [(20, Role.AGENT), (25, Role.CUSTOMER)]


def test_events_of_a_role_are_undetermined_where_roles_are_not_known() -> None:
    facts = replace(with_events(*EVENTS), warnings=("roles_unknown",))
    assert judge("forbid: {event: {kind: interruption, by: agent}}", facts).verdict == "undetermined"
    assert judge("forbid: {event: {kind: dead_air}}", facts).verdict == "not_met"


def test_who_hung_up_is_undetermined_where_nothing_tells() -> None:
    asked = "forbid: {event: {kind: hang_up_side, by: agent}}"
    assert judge(asked, with_events()).verdict == "undetermined"
    for by, expected in ((Role.AGENT, "not_met"), (Role.CUSTOMER, "met")):
        assert judge(asked, with_events(Event(kind="hang_up_side", start=30.0, end=30.0, by=by))).verdict == expected


def test_a_call_without_speech_has_no_verdict_on_events() -> None:
    facts = with_events()
    silent = replace(facts, timeline=CallTimeline(30.0))
    assert judge("forbid: {event: {kind: dead_air}}", silent).verdict == "undetermined"


def test_every_kind_of_event_has_a_chinese_name() -> None:
    assert describe_words.EVENTS["zh"].keys() == EVENT_KINDS
    assert describe_words.EVENTS["en"].keys() == EVENT_KINDS


def test_a_first_response_is_shown_up_to_the_first_word_wherever_it_rang() -> None:
    facts = sketched_call("B 0-1 喂 | A 3-4 您好", ring_seconds=11)
    found = judge("require: {metric: {name: first_response, at_most: 13}}", facts)
    assert [(e.start, e.end, e.text) for e in found.evidence] == [(0.0, 3.0, "first_response = 14")]


def test_the_worst_wait_shown_is_the_one_measured() -> None:
    # an announced wait of 10 s is no latency; the agent answers late after 4 s
    facts = sketched_call(
        "A 0-2 请您稍等 | B 2.5-4 谢谢你啊哥们 | A 14-16 您的账单 | B 17-19 多少钱啊这个 | A 23-24 一百元"
    )
    found = judge("require: {metric: {name: response_latency.worst, at_most: 3}}", facts)
    assert [(e.start, e.end) for e in found.evidence] == [(19.0, 23.0)]


@pytest.mark.parametrize("metric", ["first_response", "response_latency.worst", "turns.agent"])
def test_figures_of_a_party_are_unknown_where_the_roles_are(metric: str) -> None:
    facts = replace(sketched_call(CALL), warnings=("swapped_roles",))
    assert judge(f"require: {{metric: {{name: {metric}, above: 99}}}}", facts).verdict == "undetermined"
    assert judge("require: {metric: {name: duration, above: 99}}", facts).verdict == "not_met"


@pytest.mark.parametrize("code", ["one_sided", "dead_channel"])
@pytest.mark.parametrize(
    "kind",
    ["overlap", "backchannel", "interruption", "talk_over", "silence", "dead_air", "monologue", "response_latency"],
)
def test_events_of_two_are_unknown_where_one_party_is_never_heard(code: str, kind: str) -> None:
    facts = replace(sketched_call(CALL), warnings=(code,))
    assert judge(f"forbid: {{event: {kind}}}", facts).verdict == "undetermined"


@pytest.mark.parametrize("metric", ["talk_ratio", "longest_monologue.agent", "longest_silence", "dead_air_count"])
def test_figures_of_two_are_unknown_where_one_party_is_never_heard(metric: str) -> None:
    facts = replace(sketched_call(CALL), warnings=("one_sided",))
    assert judge(f"require: {{metric: {{name: {metric}, above: 0.9}}}}", facts).verdict == "undetermined"


@pytest.mark.parametrize("code", ["swapped_roles", "roles_unknown", "dual_mono"])
@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # The one wait of 10 s may have been announced by whoever the agent is, so it is excused or not.
        ("forbid: {event: {kind: dead_air, waived: false}}", "undetermined"),
        ("forbid: {event: {kind: dead_air, waived: true}}", "undetermined"),
        ("forbid: {event: {kind: dead_air, waived: false, min_seconds: 15}}", "met"),
        ("require: {event: {kind: dead_air, waived: false, count: {at_most: 1}}}", "met"),
        ("forbid: {event: dead_air}", "not_met"),
        ("require: {metric: {name: dead_air_count, at_most: 0}}", "undetermined"),
        ("require: {metric: {name: excused_silence_seconds, at_most: 0}}", "undetermined"),
        ("require: {metric: {name: longest_silence, at_most: 9}}", "not_met"),
    ],
)
def test_what_excuses_a_wait_is_unknown_where_the_roles_are(code: str, asked: str, expected: str) -> None:
    facts = replace(sketched_call(CALL), warnings=(code,))
    assert judge(asked, facts).verdict == expected


def test_no_wait_needs_no_excuse_whoever_the_agent_is() -> None:
    facts = replace(sketched_call("A 0-2 您好请讲 | B 3-5 查订单 | A 6-8 好的"), warnings=("roles_unknown",))
    assert judge("require: {metric: {name: dead_air_count, at_most: 0}}", facts).verdict == "met"


@pytest.mark.parametrize("code", ["low_level", "gaps"])
def test_faint_or_broken_speech_tells_no_rate(code: str) -> None:
    asked = "require: {metric: {name: characters_per_minute.agent, at_most: 10}}"
    assert judge(asked, sketched_call(CALL)).verdict == "not_met"
    assert judge(asked, replace(sketched_call(CALL), warnings=(code,))).verdict == "undetermined"
