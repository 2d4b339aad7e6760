"""Laws of rules nothing of which is heard: their answer from another call is the one worked out anew."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr_qa.core.checks.again import Again
from asr_qa.core.checks.compiled import Compiled, compiled
from asr_qa.core.checks.unheard import unheard
from asr_qa.core.evaluate import CallFacts, apply
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

CHECKS = (
    "phrase: {any_of: [请稍等, 二十四小时内]}",
    "phrase: {any_of: [您好], min_count: 2, wrong_party: true}",
    "phrase: {all_of: [投诉, 请稍等], match: [exact]}",
    "phrase: {n_of: {n: 2, of: [抱歉, 投诉, 再见]}, exclude: [不投诉]}",
    "phrase: {none_of: [保证]}",
    "phrase: {any_of: [投诉, 再见]}, every: sentence",
    "phrase: {any_of: [再见], count: {at_most: 1}}",
    "regex: '(?:不|没)投诉'",
    "regex: '请.{0,3}等'",
    "regex: '[0-9]{2,}'",
    "script: {lines: [您好, '(请稍等|抱歉)', '再见{话}您好'], coverage: 0.6}",
    "script: {lines: [二十四小时内]}",
    "sequence: [请稍等, 再见]",
    "sequence: [{regex: '投诉'}, {script: {lines: [抱歉]}}]",
    "sequence: [您好, {phrase: 再见, role: agent}]",
)
SCOPES = (
    "",
    ", role: agent",
    ", role: agent",
    ", role: customer",
    ", role: agent, within: {first_seconds: 6}",
    ", within: {last_seconds: 5}",
    ", role: customer, within: {first_sentences: 1}",
    ", role: agent, within: {from_seconds: 50, to_seconds: 60}",
)
MORE = ("", "except: {phrase: 喂}\n", "applies_when: {phrase: 喂}\n", "applies_when: {queue: [数]}\n")
WORDS = ("您好", "请稍等", "投诉", "二十四小时内", "抱歉", "再见", "喂", "24", "不投诉", "嗯")
WARNINGS = ("truncated", "roles_unknown", "begins_in_speech", "dead_channel", "too_short", "one_sided")

rules = st.tuples(st.sampled_from(["require", "forbid"]), *(map(st.sampled_from, (CHECKS, SCOPES, MORE))))
sentence = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map("".join) | st.just("?")
lines = st.lists(
    st.tuples(st.sampled_from("ABABO"), st.sampled_from(["", "~0.9", "~0.9", "~0.3"]), sentence), max_size=7
)


@cache
def ruleset(*written: tuple[str, str, str, str]) -> Ruleset:
    heads = (
        f"id: X-{n:03d}\nname: x.y{n}\ntitle: {{zh: 测, en: t}}\nseverity: minor\nclass: customer\n" for n in range(99)
    )
    bodies = (f"{polarity}: {{{check}{scope}}}\n{more}" for polarity, check, scope, more in written)
    rows = ((head + body).rstrip().replace("\n", "\n    ") for head, body in zip(heads, bodies, strict=False))
    return parse_rules("rules:\n" + "".join(f"  - {row}\n" for row in rows)).ruleset


@st.composite
def calls(draw: st.DrawFn) -> CallFacts:
    said = draw(lines)
    parts = [f"{role} {2.5 * n}-{2.5 * n + 2} {sure} {text}" for n, (role, sure, text) in enumerate(said)]
    facts = sketched_call(" | ".join(parts))
    again = (Again(role=Role.AGENT, start=0.0, end=2.0, phrase="请稍等", chance=0.9, cost=1.0),)
    return replace(
        facts,
        warnings=draw(st.just(()) | st.just(()) | st.tuples(st.sampled_from(WARNINGS))),
        again=draw(st.sampled_from([(), (), again])),
    )


def worked_out(ready: Compiled) -> Compiled:
    """The same rules, nothing known of them before a call."""
    return replace(ready, plans=tuple(replace(plan, unheard=None) for plan in ready.plans))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(written=st.lists(rules, min_size=1, max_size=8), heard=st.lists(calls(), min_size=2, max_size=4))
def test_rules_come_out_in_each_call_as_when_each_is_worked_out(
    written: list[tuple[str, str, str, str]], heard: list[CallFacts]
) -> None:
    ready = compiled(ruleset(*written))
    for facts in heard:
        assert apply(ready, facts) == apply(worked_out(ready), facts)


def test_most_kinds_of_rules_have_an_answer_for_silence() -> None:
    written = [("forbid", check, "", "") for check in CHECKS]
    answered = [unheard(rule) is not None for rule in ruleset(*written).rules]
    assert answered == [check not in (*CHECKS[4:7], CHECKS[14]) for check in CHECKS]


def test_an_answer_is_taken_over_from_the_first_call_with_place_and_clarity_of_its_own() -> None:
    rules = ruleset(("require", CHECKS[0], SCOPES[4], ""))
    ready = compiled(rules)
    first, second = (
        apply(ready, sketched_call(f"A 0-2 ~{sure} 您好 | A 2-{end} ~{sure} 再见"))[0]
        for sure, end in ((0.9, 4), (0.6, 3))
    )
    assert first.trace is second.trace
    assert [(f.confidence, f.evidence[0].end) for f in (first, second)] == [(0.9, 5.0), (0.6, 4.0)]
