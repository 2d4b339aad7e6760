"""Scope, logic, doubt, applicability and exceptions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.timeline import CallTimeline
from asr_qa.core.transcript import Transcript
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "name: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"


def rules(*bodies: str) -> str:
    """Rules X-001, X-002 ... with these bodies."""
    items = []
    for number, body in enumerate(bodies, start=1):
        text = f"id: X-{number:03}\n" + HEAD.replace("x.y", f"x.y{number}") + body
        items.append("  - " + text.replace("\n", "\n    "))
    return "rules:\n" + "\n".join(items)


def judge_all(bodies: tuple[str, ...], call: str, **known: Any) -> dict[str, Finding]:
    found = evaluate(parse_rules(rules(*bodies)).ruleset, sketched_call(call, **known), drafts=True)
    return {finding.rule_id: finding for finding in found}


def judge(body: str, call: str, **known: Any) -> Finding:
    return judge_all((body,), call, **known)["X-001"]


def verdict(body: str, call: str, **known: Any) -> str:
    return judge(body, call, **known).verdict.value


@pytest.mark.parametrize(
    ("scope", "call", "expected"),
    [
        ("role: agent", "A 0-1 喂 | B 2-3 您好", "not_met"),
        ("role: customer", "A 0-1 喂 | B 2-3 您好", "met"),
        ("role: other", "A 0-1 喂 | O 2-3 您好", "met"),
        ("within: {first_seconds: 5}", "A 3-4 您好 | A 6-8 喂", "met"),
        ("within: {first_seconds: 5}", "A 0-1 喂 | A 5-6 您好", "not_met"),
        # 您 begins at 4 s, 好 at 5 s: outside
        ("within: {first_seconds: 5}", "A 4-6 您好", "not_met"),
        ("within: {last_seconds: 5}", "A 0-1 喂 | A 8-10 您好", "met"),
        ("within: {last_seconds: 5}", "A 0-1 您好 | A 8-10 喂", "not_met"),
        # the end of the call is the last speech, not the end of the recording
        ("within: {last_seconds: 5}", "A 0-1 喂 | A 8-10 您好 | end 60", "met"),
        ("within: {first_sentences: 2}, role: agent", "A 0-1 喂 | B 2-3 嗯 | A 4-5 您好", "met"),
        ("within: {first_sentences: 1}, role: agent", "A 0-1 喂 | B 2-3 嗯 | A 4-5 您好", "not_met"),
        ("within: {last_sentences: 1}, role: agent", "A 0-1 您好 | A 4-5 喂 | B 6-7 您好", "not_met"),
        ("within: {last_sentences: 2}, role: agent", "A 0-1 您好 | A 4-5 喂 | B 6-7 您好", "met"),
        ("within: {first_percent: 50}", "A 0-1 喂 | A 4-5 您好 | A 9-10 喂", "met"),
        ("within: {first_percent: 30}", "A 0-1 喂 | A 4-5 您好 | A 9-10 喂", "not_met"),
        ("within: {last_percent: 60}", "A 0-1 喂 | A 4-5 您好 | A 9-10 喂", "met"),
        ("within: {last_percent: 50}", "A 0-1 喂 | A 4-5 您好 | A 9-10 喂", "not_met"),
        ("within: {from_seconds: 4, to_seconds: 6}", "A 4-6 您好", "met"),
        ("within: {from_seconds: 5, to_seconds: 9}", "A 4-6 您好", "not_met"),
        ("within: {first_seconds: 10, last_seconds: 10}", "A 0-1 喂 | A 7-8 您好 | A 14-15 喂", "met"),
        ("within: {first_seconds: 10, last_seconds: 10}", "A 0-1 您好 | A 7-8 喂 | A 14-15 喂", "not_met"),
    ],
)
def test_scope_by_role_time_and_position(scope: str, call: str, expected: str) -> None:
    assert verdict(f"require: {{phrase: 您好, {scope}}}", call) == expected


COMPLAINTS = "B 0-1 投诉 | A 4-5 抱歉 | B 20-21 投诉 | A 30-31 抱歉 | B 50-51 投诉 | A 52-53 喂"


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("after: {rule: X-001}", "met"),
        ("after: {rule: X-001, seconds: 5}", "met"),
        ("after: {rule: X-001, seconds: 2}", "not_met"),
        ("after: {rule: X-001, hit: 1, seconds: 5}", "met"),
        ("after: {rule: X-001, hit: 2, seconds: 5}", "not_met"),
        ("after: {rule: X-001, hit: 2, seconds: 15}", "met"),
        ("after: {rule: X-001, hit: last}", "not_met"),
        ("after: {rule: X-001, hit: each, seconds: 15}", "not_met"),
        ("after: {rule: X-001, hit: any, seconds: 5}", "met"),
        ("after: {rule: X-001, hit: 4}", "not_applicable"),
        ("before: {rule: X-001, hit: 1}", "not_met"),
        ("before: {rule: X-001, hit: 2, seconds: 16}", "met"),
        ("before: {rule: X-001, hit: 2, seconds: 15}", "not_met"),
        ("before: {rule: X-001, hit: last}", "met"),
        ("near: {rule: X-001, hit: 3, seconds: 21}", "met"),
        ("near: {rule: X-001, hit: 3, seconds: 10}", "not_met"),
        ("after: {phrase: [投诉], role: customer, hit: 2}", "met"),
        ("after: {phrase: {any_of: [投诉]}, role: agent}", "not_applicable"),
        ("after: {phrase: [投诉], exclude: [投诉]}", "not_applicable"),
        ("after: {event: dead_air, hit: 1}", "met"),
        ("after: {event: dead_air, min_seconds: 18, hit: 1}", "not_met"),
        ("before: {event: dead_air, min_seconds: 18, hit: 1}", "met"),
        ("after: {event: hold}", "not_applicable"),
        ("after: {rule: X-001, hit: 1}, before: {rule: X-001, hit: 2}", "met"),
        ("after: {rule: X-001, hit: 2}, before: {rule: X-001, hit: 2}", "not_met"),
        ("after: {rule: X-001, hit: 2}, within: {first_seconds: 29}", "not_met"),
    ],
)
def test_scope_by_anchor(anchor: str, expected: str) -> None:
    # B ##            ##                        ##
    # A     ##              ##                      ##
    #   0   4         20    30                  50  52
    bodies = ("require: {phrase: 投诉, role: customer}", f"require: {{phrase: 抱歉, role: agent, {anchor}}}")
    assert judge_all(bodies, COMPLAINTS)["X-002"].verdict == expected


def test_each_hit_of_an_anchor_needs_its_own() -> None:
    bodies = (
        "require: {phrase: 投诉, role: customer}",
        "require: {phrase: 抱歉, role: agent, after: {rule: X-001, hit: each, seconds: 5}}",
    )
    call = "B 0-1 投诉 | A 2-3 抱歉 | B 10-11 投诉 | A 12-13 抱歉"
    found = judge_all(bodies, call)["X-002"]
    assert found.verdict == "met"
    assert found.trace is not None
    assert found.trace.children[0].note == "2 of 2 places; exact 0.99"


def test_an_anchor_may_be_a_forbidden_phrase() -> None:
    bodies = ("forbid: {phrase: 绝对}", "require: {phrase: 更正, after: {rule: X-001}}")
    assert judge_all(bodies, "A 0-1 绝对 | A 2-3 更正")["X-002"].verdict == "met"
    assert judge_all(bodies, "A 2-3 更正")["X-002"].verdict == "not_applicable"


YES, NO, MAYBE, NA = (
    "{phrase: 您好}",
    "{phrase: 再见}",
    "{metric: {name: ring_seconds, at_most: 5}}",
    "{phrase: 您好, after: {phrase: 再见}}",
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (f"any: [{NO}, {YES}]", "met"),
        (f"any: [{NO}, {NO}]", "not_met"),
        (f"any: [{NO}, {MAYBE}]", "undetermined"),
        (f"any: [{YES}, {MAYBE}]", "met"),
        (f"any: [{NO}, {NA}]", "not_met"),
        (f"any: [{NA}, {NA}]", "not_applicable"),
        (f"all: [{YES}, {YES}]", "met"),
        (f"all: [{YES}, {NO}]", "not_met"),
        (f"all: [{YES}, {MAYBE}]", "undetermined"),
        (f"all: [{NO}, {MAYBE}]", "not_met"),
        (f"all: [{YES}, {NA}]", "met"),
        (f"all: [{NA}]", "not_applicable"),
        (f"not: {YES}", "not_met"),
        (f"not: {NO}", "met"),
        (f"not: {MAYBE}", "undetermined"),
        (f"not: {NA}", "not_applicable"),
        (f"any: [{{all: [{YES}, {NO}]}}, {{not: {NO}}}]", "met"),
    ],
)
def test_logic(condition: str, expected: str) -> None:
    opposite = {"met": "not_met", "not_met": "met"}.get(expected, expected)
    assert verdict(f"require: {{{condition}}}", "A 0-2 您好") == expected
    assert verdict(f"forbid: {{{condition}}}", "A 0-2 您好") == opposite


def test_a_list_means_all_when_required_and_any_when_forbidden() -> None:
    assert verdict(f"require: [{YES}, {NO}]", "A 0-2 您好") == "not_met"
    assert verdict(f"forbid: [{NO}, {YES}]", "A 0-2 您好") == "not_met"
    assert verdict(f"forbid: [{NO}]", "A 0-2 您好") == "met"


@pytest.mark.parametrize(
    ("when", "known", "applies"),
    [
        ("{direction: inbound}", {}, True),
        ("{direction: outbound}", {}, False),
        ("{direction: inbound}", {"direction": None}, False),
        ("{queue: [loan, card]}", {"queue": "card"}, True),
        ("{queue: [loan, card]}", {"queue": "other"}, False),
        ("{queue: loan}", {}, False),
        ("{team: a}", {"team": "a"}, True),
        ("{language: zh}", {}, True),
        ("{language: zh}", {"metadata": {"language": "zh-CN"}}, True),
        ("{language: zh}", {"metadata": {"language": "en"}}, False),
        ("{metadata: {product: [x, y]}}", {"metadata": {"product": "y"}}, True),
        ("{metadata: {product: x}}", {"metadata": {"product": "y"}}, False),
        ("{metadata: {product: x}}", {}, False),
        ("{has: ring_seconds}", {"ring_seconds": 0.0}, True),
        ("{has: ring_seconds}", {}, False),
        ("{has: [product]}", {"metadata": {"product": "x"}}, True),
        ("{phrase: 喂}", {}, True),
        ("{phrase: 投诉}", {}, False),
        ("{not: {phrase: 投诉}}", {}, True),
        ("{phrase: 喂, role: customer}", {}, False),
        ("{event: dead_air}", {}, False),
        ("{direction: inbound, phrase: 喂}", {}, True),
        ("{direction: outbound, phrase: 喂}", {}, False),
        ("{phrase: 喂, after: {phrase: 投诉}}", {}, False),
    ],
)
def test_applies_when(when: str, known: dict[str, object], applies: bool) -> None:
    body = f"applies_when: {when}\nrequire: {YES}"
    assert verdict(body, "A 0-2 喂 | B 3-4 好", **known) == ("not_met" if applies else "not_applicable")


@pytest.mark.parametrize(
    ("first", "when", "applies"),
    [
        (YES, "met", True),
        (YES, "not_met", False),
        (NO, "not_met", True),
        (NO, "[met, not_met]", True),
        (YES, "hit", True),
        (NO, "hit", False),
        (NA, "not_applicable", True),
    ],
)
def test_applies_when_another_rule_came_out_so(first: str, when: str, applies: bool) -> None:
    bodies = (f"require: {first}", f"applies_when: {{rule: {{id: X-001, verdict: {when}}}}}\nrequire: {NO}")
    assert (judge_all(bodies, "A 0-2 您好")["X-002"].verdict == "not_met") is applies


def test_a_rule_on_an_undetermined_rule_is_undetermined() -> None:
    bodies = (f"require: {MAYBE}", f"applies_when: {{rule: X-001}}\nrequire: {NO}", "require: {rule: X-001}")
    found = judge_all(bodies, "A 0-2 您好")
    assert found["X-002"].verdict == found["X-003"].verdict == "undetermined"


@pytest.mark.parametrize(
    ("started_at", "expected"),
    [
        ("2026-02-28T23:00:00+08:00", "not_applicable"),
        ("2026-03-01T00:00:00+08:00", "not_met"),
        ("2026-04-30T23:59:00+08:00", "not_met"),
        ("2026-05-01T00:00:00+08:00", "not_applicable"),
        (None, "not_met"),
    ],
)
def test_effective_dates(started_at: str | None, expected: str) -> None:
    body = f"effective: {{from: 2026-03-01, until: 2026-04-30}}\nrequire: {NO}"
    assert verdict(body, "A 0-2 您好", started_at=started_at) == expected


@pytest.mark.parametrize(
    ("body", "call", "expected"),
    [
        ("forbid: {phrase: 保证}\nexcept: [{phrase: 按合同}]", "A 0-2 按合同我保证", "met"),
        ("forbid: {phrase: 保证}\nexcept: [{phrase: 按合同}]", "A 0-2 我保证", "not_met"),
        ("require: {phrase: 录音}\nexcept: {phrase: 已经听过}", "A 0-2 您已经听过", "met"),
        ("require: {phrase: 录音}\nexcept: {phrase: 已经听过}", "A 0-2 您好", "not_met"),
        ("forbid: {phrase: 保证}\nexcept: [{phrase: 按合同}]", "A 0-2 我保证 | A 3-6 ?", "undetermined"),
    ],
)
def test_an_exception_cancels_a_failure(body: str, call: str, expected: str) -> None:
    assert verdict(body, call) == expected


@pytest.mark.parametrize(
    ("body", "call", "expected"),
    [
        # speech of the agent that could not be understood may have held the words
        ("require: {phrase: 您好, role: agent}", "A 0-2 ? | A 3-4 喂", "undetermined"),
        ("require: {phrase: 您好, role: agent}", "B 0-2 ? | A 3-4 喂", "not_met"),
        ("require: {phrase: 您好, role: agent, within: {first_seconds: 3}}", "A 0-2 喂 | A 5-7 ?", "not_met"),
        # two syllables take 0.24 s
        ("require: {phrase: 您好, role: agent}", "A 0-0.2 ? | A 3-4 喂", "not_met"),
        ("require: {phrase: 您好, role: agent}", "A 0-2 ? | A 3-4 您好", "met"),
        ("require: {regex: '您.?好', role: agent}", "A 0-2 ? | A 3-4 喂", "undetermined"),
        ("require: {script: '您好[吗]', role: agent}", "A 0-2 ? | A 3-4 喂", "undetermined"),
        ("require: {sequence: [您好, 再见], role: agent}", "A 0-2 ? | A 3-4 您好", "undetermined"),
        # what is forbidden and was not heard is not held against anybody
        ("forbid: {phrase: 绝对, role: agent}", "A 0-2 ? | A 3-4 喂", "met"),
        ("forbid: {not: {phrase: 您好, role: agent}}", "A 0-2 ? | A 3-4 喂", "undetermined"),
        ("require: {phrase: {none_of: [绝对]}, role: agent}", "A 0-2 ? | A 3-4 喂", "met"),
        # it only decides whether the rule applies: not heard means it does not
        ("applies_when: {phrase: 投诉}\nrequire: {phrase: 抱歉}", "B 0-2 ? | A 3-4 喂", "not_applicable"),
        # nothing heard at all
        ("require: {phrase: 您好}", "A 0-2 ?", "undetermined"),
        ("forbid: {phrase: 绝对}", "A 0-2 ?", "undetermined"),
        # words that were hardly heard may have been any; another's, or those out of scope, do not matter
        ("require: {phrase: 您好, role: agent}", "A 0-2 ~0.4 你在", "undetermined"),
        ("require: {phrase: 您好, role: agent}", "A 0-2 ~0.7 你在", "not_met"),
        ("require: {phrase: 您好, role: agent}", "A 0-2 喂 | B 3-5 ~0.2 你在", "not_met"),
        ("require: {phrase: 您好, role: agent, within: {first_seconds: 3}}", "A 0-2 喂 | A 5-9 ~0.2 你在", "not_met"),
        ("forbid: {phrase: 绝对, role: agent}", "A 0-2 ~0.4 你在", "met"),
        # no word of the role
        ("require: {phrase: 您好, role: agent}", "B 0-2 喂", "undetermined"),
        ("forbid: {phrase: 绝对, role: agent}", "B 0-2 喂", "met"),
    ],
)
def test_words_that_may_have_been_said(body: str, call: str, expected: str) -> None:
    assert verdict(body, call) == expected


def test_the_note_says_why_a_verdict_is_not_known() -> None:
    finding = judge("require: {phrase: 您好, role: agent}", "A 0-2 ? | A 3-4 喂")
    assert finding.trace is not None
    assert finding.trace.children[0].note == "2.0 s of speech in scope could not be understood, first at 0.0 s"


@pytest.mark.parametrize(
    ("body", "call", "expected"),
    [
        ("forbid: {phrase: 百分之百赔偿}", "A 0-2 ~0.9 百分之百赔常", "not_met"),
        ("forbid: {phrase: 百分之百赔偿}", "A 0-2 ~0.2 百分之百赔常", "undetermined"),  # half its price at 0.4
        ("forbid: {phrase: 百分之百赔偿}", "A 0-2 ~0.3 百分之百赔偿", "not_met"),
        ("forbid: {phrase: 百分之百赔偿}", "A 0-2 ~0.2 百分之百赔偿", "undetermined"),
        ("forbid: {phrase: {any_of: [百分之百赔偿], min_confidence: 0.9}}", "A 0-2 ~0.3 百分之百赔常", "undetermined"),
        ("forbid: {regex: {pattern: 赔偿, min_confidence: 0.9}}", "A 0-2 ~0.3 赔偿", "undetermined"),
        ("require: {phrase: 百分之百赔偿}", "A 0-2 ~0.3 百分之百赔常", "met"),
        ("require: {phrase: 百分之百赔偿}", "A 0-2 ~0.15 百分之百赔常", "undetermined"),  # possibly said: never not_met
        ("applies_when: {phrase: 百分之百赔偿}\nrequire: {phrase: 您好}", "A 0-2 ~0.15 百分之百赔常", "not_applicable"),
    ],
)
def test_weak_hits(body: str, call: str, expected: str) -> None:
    assert verdict(body, call) == expected


@pytest.mark.parametrize("code", ["roles_unknown", "dual_mono"])
def test_checks_on_a_role_need_known_roles(code: str) -> None:
    call = "A 0-2 您好绝对"
    assert verdict("require: {phrase: 您好, role: agent}", call, warnings=[code]) == "undetermined"
    assert verdict("forbid: {phrase: 绝对, role: agent}", call, warnings=[code]) == "undetermined"
    assert verdict("forbid: {phrase: 绝对}", call, warnings=[code]) == "not_met"


def test_a_role_on_a_dead_channel_cannot_be_judged() -> None:
    body = "forbid: {phrase: 绝对, role: agent}"
    assert verdict(body, "B 0-2 您好", warnings=["dead_channel"]) == "undetermined"
    assert verdict(body, "A 0-2 您好", warnings=["dead_channel"]) == "met"


def test_a_recording_that_breaks_off_has_no_missing_end() -> None:
    body = "require: {phrase: 再见, within: {last_seconds: 10}}"
    early = "require: {phrase: 再见, within: {first_seconds: 5}}"
    call = "A 0-2 您好 | A 20-22 好的"
    assert verdict(body, call, warnings=["truncated"]) == "undetermined"
    assert verdict(early, call, warnings=["truncated"]) == "not_met"
    assert verdict(body, call) == "not_met"


def test_a_call_without_anything_has_only_undetermined_findings() -> None:
    facts = sketched_call("A 0-2 您好")
    facts = replace(facts, transcript=Transcript(), timeline=CallTimeline(30.0), warnings=("no_speech",))
    bodies = (f"require: {YES}", f"forbid: {YES}", "require: {sequence: [您好, 再见]}", "require: {script: 您好}")
    found = evaluate(parse_rules(rules(*bodies, "forbid: {event: dead_air}")).ruleset, facts)
    assert {finding.verdict for finding in found} == {Verdict.UNDETERMINED}


@pytest.mark.parametrize(
    ("status", "drafts", "found"),
    [("stable", False, 1), ("test", False, 1), ("draft", False, 0), ("draft", True, 1), ("retired", True, 0)],
)
def test_status_decides_who_runs(status: str, drafts: bool, found: int) -> None:
    ruleset = parse_rules(rules(f"status: {status}\nrequire: {YES}")).ruleset
    assert len(evaluate(ruleset, sketched_call("A 0-2 您好"), drafts=drafts)) == found


def test_findings_come_in_order_of_id_whatever_rests_on_what() -> None:
    bodies = ("require: {rule: X-003}", f"require: {NO}", "require: {rule: X-002}")
    assert list(judge_all(bodies, "A 0-2 您好")) == ["X-001", "X-002", "X-003"]


def test_the_trace_mirrors_the_rule() -> None:
    body = "applies_when: {phrase: 喂}\nrequire: {any: [{phrase: 您好, role: agent}, {not: {event: dead_air}}]}"
    trace = judge(body, "A 0-2 喂您好").trace
    assert trace is not None
    gate, condition = trace.children
    assert gate.condition == "phrase any of [喂]"
    assert (condition.condition, condition.verdict) == ("any of 2", Verdict.MET)
    said, quiet = condition.children
    assert said.condition == "phrase any of [您好] by agent"
    (place,) = said.at
    assert place == pytest.approx((2 / 3, 2.0))
    assert quiet.condition == "not"
    assert quiet.children[0].condition == "event dead_air, count >= 1"
    assert quiet.children[0].verdict == Verdict.NOT_MET


def test_words_of_two_roles_never_make_one_phrase() -> None:
    assert verdict("require: {phrase: 您好请讲}", "A 0-1 您好 | B 1-2 请讲") == "not_met"


def test_evidence_names_the_role() -> None:
    assert judge(f"require: {YES}", "B 0-1 您好").evidence[0].role is Role.CUSTOMER
