"""What is not known never counts against anybody: below a `not`, behind an anchor, at the end of half a recording."""

from __future__ import annotations

import pytest

from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-00{n}\nname: x.y{n}\ntitle: {{zh: 测, en: test}}\nseverity: minor\nclass: customer\n"
SILENCE = "A 0-4 您好请讲 | A 20-23 您的余额是五百"
AT_ONCE = "A 0-6 您好请讲我来帮您 | B 3-9 我想问一下账单的事情"
WEAK = "B 0-4 ~0.2 我要投诉你们 | A 5-8 ~0.9 您的余额是五百"


def judge(bodies: tuple[str, ...], call: str, *warnings: str) -> list[Finding]:
    rows = (HEAD.format(n=n) + body for n, body in enumerate(bodies, start=1))
    text = "rules:\n" + "".join("  - " + row.replace("\n", "\n    ") + "\n" for row in rows)
    return list(evaluate(parse_rules(text).ruleset, sketched_call(call, warnings=list(warnings))))


def verdict(body: str, call: str, *warnings: str) -> str:
    return judge((body,), call, *warnings)[-1].verdict.value


@pytest.mark.parametrize(
    "when",
    [
        "{not: {phrase: [身份已经核实], role: agent}}",
        "{phrase: {none_of: [身份已经核实]}, role: agent}",
        "{phrase: {any_of: [身份已经核实], count: {at_most: 0}}, role: agent}",
        "{not: {any: [{phrase: [身份已经核实], role: agent}, {regex: 核实过了}]}}",
    ],
)
@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("~0.9 身份已经核实过了", "not_applicable"),
        ("~0.9 您好有什么可以帮您", "not_met"),
        ("?", "undetermined"),
        ("~0.15 身份已经核实过了", "undetermined"),
    ],
)
def test_a_rule_for_calls_without_words_does_not_fire_where_they_may_have_been_said(
    when: str, said: str, expected: str
) -> None:
    body = f"applies_when: {when}\nforbid: {{phrase: [您的余额], role: agent}}"
    assert verdict(body, f"A 0-4 {said} | A 5-8 ~0.9 您的余额是五百") == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("require: {phrase: 非常抱歉, role: agent, after: {rule: X-001}}", "undetermined"),
        ("forbid: {phrase: 您的余额, role: agent, after: {rule: X-001}}", "undetermined"),
        ("require: {phrase: 您的余额, role: agent, after: {rule: X-001, hit: each}}", "met"),
        ("forbid: {phrase: 非常抱歉, role: agent, after: {rule: X-001}}", "met"),
    ],
)
def test_a_hit_of_a_rule_that_is_in_doubt_convicts_nobody(body: str, expected: str) -> None:
    first, second = judge(("forbid: {phrase: 我要投诉, role: customer}", body), WEAK)
    assert (first.verdict.value, second.verdict.value) == ("undetermined", expected)


@pytest.mark.parametrize(
    ("anchor", "call", "warning"),
    [
        ("before: {event: silence, min_seconds: 10, hit: each, seconds: 10}", SILENCE, "one_sided"),
        ("after: {event: overlap, seconds: 10}", AT_ONCE, "one_channel"),
        ("after: {event: overlap, by: agent, seconds: 10}", AT_ONCE, "crosstalk"),
        ("after: {event: interruption, seconds: 10}", AT_ONCE, "one_channel"),
    ],
)
def test_events_that_are_not_known_are_no_anchors_either(anchor: str, call: str, warning: str) -> None:
    body = f"require: {{phrase: 再见再见, {anchor}}}"
    assert verdict(body, call) in ("not_met", "not_applicable")
    (finding,) = judge((body,), call, warning)
    assert finding.verdict.value == "undetermined"
    assert finding.trace is not None
    assert finding.trace.children[0].note.startswith("it is not known whether event")


def test_dead_air_is_no_anchor_where_nobody_knows_who_announced_it() -> None:
    body = "require: {phrase: 让您久等, after: {event: dead_air, waived: false, seconds: 10}}"
    call = "A 0-4 您好请讲 | B 30-33 您好"
    assert verdict(body, call) == "not_met"
    assert verdict(body, call, "roles_unknown") == "undetermined"


ENDS = ("last_seconds: 5", "last_percent: 50", "last_sentences: 1")
STARTS = ("first_seconds: 5", "first_sentences: 1", "from_seconds: 1, to_seconds: 9")


@pytest.mark.parametrize("polarity", ["forbid", "applies_when"])
@pytest.mark.parametrize(
    ("within", "warning", "phrase"),
    [
        *((within, "truncated", "请稍等一下") for within in ENDS),
        *((within, "begins_in_speech", "我要查账单") for within in STARTS[2:]),
        *((within, "begins_in_speech", "您好请讲") for within in STARTS[:2]),
        ("last_percent: 40", "begins_in_speech", "请稍等一下"),
        ("first_percent: 40", "ends_in_speech", "您好请讲"),
    ],
)
def test_where_the_call_ends_is_not_known_of_half_a_recording(
    polarity: str, within: str, warning: str, phrase: str
) -> None:
    check = f"{{phrase: {phrase}, within: {{{within}}}}}"
    body = f"forbid: {check}" if polarity == "forbid" else f"applies_when: {check}\nforbid: {{phrase: 您好请讲}}"
    call = "A 0-4 您好请讲 | B 4-8 我要查账单 | A 8-12 请稍等一下"
    assert verdict(body, call) == "not_met"
    assert verdict(body, call, warning) == "undetermined"


def test_the_other_end_of_half_a_recording_is_known() -> None:
    call = "A 0-4 您好请讲 | B 4-8 我要查账单 | A 8-12 请稍等一下"
    assert verdict("forbid: {phrase: 您好请讲, within: {first_seconds: 5}}", call, "truncated") == "not_met"
    assert verdict("forbid: {phrase: 请稍等一下, within: {last_seconds: 5}}", call, "begins_in_speech") == "not_met"


def test_what_is_in_doubt_is_no_evidence_of_what_is_not() -> None:
    """A criterion that takes points for each hit would charge it."""
    body = "forbid: {any: [{phrase: 你这个人滚蛋, role: agent}, {phrase: 你是神经病, role: agent}]}"
    call = "A 0-3 ~0.95 你这个人滚蛋吧 | A 4-8 ~0.2 你是神经病啊 | B 9-12 ~0.9 什么"
    (finding,) = judge((body,), call)
    assert finding.verdict.value == "not_met"
    assert [evidence.text for evidence in finding.evidence] == ["你这个人滚蛋"]
