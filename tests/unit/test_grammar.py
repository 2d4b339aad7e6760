"""Every option of the newer checks and scopes, once where it holds and once where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asr_qa.core.evaluate import CallFacts, evaluate
from asr_qa.core.finding import Finding, Match, Trace
from asr_qa.core.transcript import Word
from asr_qa.errors import RulesetError
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"


def weakly(facts: CallFacts, confidence: float) -> CallFacts:
    """The same call, every word heard with this confidence."""
    utterances = tuple(
        replace(said, words=tuple(Word(w.text, w.start, w.end, confidence) for w in said.timed))
        for said in facts.transcript.utterances
    )
    return replace(facts, transcript=replace(facts.transcript, utterances=utterances))


def judge(body: str, call: str, *, confidence: float | None = None, **known: Any) -> Finding:
    """The finding of a rule with this body for a sketched call."""
    facts = sketched_call(call, **known)
    if confidence is not None:
        facts = weakly(facts, confidence)
    return evaluate(parse_rules(HEAD + body).ruleset, facts)[0]


def verdict(body: str, call: str, **options: Any) -> str:
    return judge(body, call, **options).verdict.value


def places(finding: Finding) -> list[tuple[float, float]]:
    return [(round(e.start, 1), round(e.end, 1)) for e in finding.evidence]


def top(finding: Finding) -> Trace:
    """The trace of the first condition."""
    assert finding.trace is not None
    return finding.trace.children[0]


AGAIN = "B 3-6 我的账单怎么多了二十块 | A 7-8 您好请讲 | B 9-12 我的帐单怎么多了20块"


@pytest.mark.parametrize(
    ("options", "call", "expected"),
    [
        ("{}", AGAIN, "not_met"),
        ("{}", "B 3-6 我的账单怎么多了二十块 | B 9-12 我想问一下宽带怎么续费", "met"),
        ("{}", "A 3-6 我的账单怎么多了二十块 | B 9-12 我的账单怎么多了二十块", "met"),  # the other party said it first
        ("{times: 3}", AGAIN, "met"),
        ("3", AGAIN + " | B 14-17 我的账单怎么多了二十块", "not_met"),
        ("{within_seconds: 3}", AGAIN, "not_met"),
        ("{within_seconds: 2.5}", AGAIN, "met"),
        ("{min_characters: 12}", AGAIN, "met"),
        ("{min_characters: 11}", AGAIN, "not_met"),
        ("{}", "B 0-1 好的 | B 2-3 好的", "met"),
        ("{min_characters: 2}", "B 0-1 好的 | B 2-3 好的", "not_met"),
        ("{similarity: 1.0}", "B 0-3 我的账单怎么多了 | B 5-8 我的账单怎么错了", "met"),
        ("{similarity: 0.8}", "B 0-3 我的账单怎么多了 | B 5-8 我的账单怎么错了", "not_met"),
        ("{about: [账单]}", AGAIN, "not_met"),
        ("{about: [宽带]}", AGAIN, "met"),
        ("{ignore: [账单]}", AGAIN, "met"),
        ("{ignore: [宽带]}", AGAIN, "not_met"),
        ("{}", "B 0-6 怎么还没有修好？我说怎么还没有修好？", "not_met"),  # two sentences of one line
    ],
)
def test_repetition(options: str, call: str, expected: str) -> None:
    assert verdict(f"forbid: {{repetition: {options}, role: customer}}", call) == expected


def test_a_repetition_shows_every_time_it_was_said() -> None:
    found = judge("forbid: {repetition: {}, role: customer}", AGAIN)
    assert places(found) == [(3.0, 6.0), (9.0, 12.0)]
    assert found.evidence[0].match is Match.EXACT
    assert top(found).note == "said 2 times, at 3.0, 9.0 s: [我的账单怎么多了二十块]; exact 1.00"


def test_a_repetition_heard_weakly_is_for_a_person() -> None:
    body = "forbid: {repetition: {}, role: customer}"
    assert verdict(body, AGAIN, confidence=0.2) == "undetermined"
    assert verdict(body, AGAIN, confidence=0.9) == "not_met"


def test_a_sentence_heard_weakly_does_not_hide_those_that_were_said_again() -> None:
    # the first is too early for the third, and heard too weakly to count with the second
    call = "B 0-3 ~0.3 我的账单不对啊 | B 100-103 我的账单不对啊 | B 200-203 我的账单不对啊"
    found = judge("forbid: {repetition: {within_seconds: 120}, role: customer}", call)
    assert found.verdict.value == "not_met"
    assert places(found) == [(100.0, 103.0), (200.0, 203.0)]


def test_a_repetition_outside_its_window_does_not_count() -> None:
    scope = "within: {first_seconds: 8}"
    assert verdict(f"forbid: {{repetition: {{}}, role: customer, {scope}}}", AGAIN) == "met"
    assert verdict("require: {repetition: {}, role: customer, within: {first_seconds: 8}}", AGAIN) == "not_met"


@pytest.mark.parametrize(
    ("entity", "said", "expected"),
    [
        ("mobile", "我的手机是幺三八零零一三八零零零", "met"),
        ("phone", "我的手机是13800138000", "met"),
        ("phone", "零一零八八六六七七五五", "met"),
        ("landline", "13800138000", "not_met"),
        ("{kind: id_card, valid: true}", "身份证幺幺零幺零幺幺九九零零三零七一二三四", "not_met"),
        ("{kind: id_card, valid: false}", "身份证幺幺零幺零幺幺九九零零三零七一二三四", "met"),
        ("{kind: id_card, valid: true}", "身份证11010519491231002X", "met"),
        ("{kind: bank_card, valid: true}", "卡号是6222020200123456787", "not_met"),
        ("{kind: bank_card, valid: false}", "卡号是6222020200123456787", "met"),
        ("{kind: bank_card, valid: true}", "卡号是4111111111111111", "met"),
        ("{kind: bank_card, valid: any}", "卡号是6222020200123456787", "met"),
        ("amount", "一共三百二十块五", "met"),
        ("amount", "我们一块去", "not_met"),
        ("percent", "优惠百分之十五", "met"),
        ("date", "下周三回复您", "met"),
        ("{kind: date, valid: true}", "二月三十号", "not_met"),
        ("time", "明天下午三点", "met"),
        ("[date, time]", "下午三点", "met"),
        ("duration", "24小时内", "met"),
        ("duration", "二零二六年", "not_met"),
        ("e_mail", "abc@qq.com", "met"),
        ("plate", "京A12345", "met"),
        ("number", "验证码是482913", "met"),
        ("number", "我有299元", "not_met"),  # an amount
        ("{kind: number, min_digits: 6}", "工号4829", "not_met"),
        ("{kind: number, min_digits: 6}", "工号482913", "met"),
        ("{kind: number, max_digits: 4}", "工号482913", "not_met"),
        ("{kind: amount, count: {at_least: 2}}", "先付100元，再付50元", "met"),
        ("{kind: amount, count: {at_least: 2}}", "先付100元", "not_met"),
        ("{kind: amount, count: {at_most: 1}}", "先付100元，再付50元", "not_met"),
    ],
)
def test_entity(entity: str, said: str, expected: str) -> None:
    assert verdict(f"require: {{entity: {entity}, role: agent}}", f"A 0-9 {said}") == expected


def test_an_entity_is_one_role_s_and_lies_in_its_window() -> None:
    call = "A 0-2 您好 | B 3-9 一三八零零一三八零零零"
    assert verdict("require: {entity: mobile, role: agent}", call) == "not_met"
    assert verdict("require: {entity: mobile, role: customer}", call) == "met"
    assert verdict("require: {entity: mobile, role: customer, within: {first_seconds: 5}}", call) == "not_met"


def test_an_entity_heard_weakly_is_no_failure_of_a_forbidding_rule() -> None:
    body = "forbid: {entity: mobile, role: agent}"
    assert verdict(body, "A 0-9 一三八零零一三八零零零", confidence=0.1) == "undetermined"
    found = judge(body, "A 0-9 一三八零零一三八零零零")
    assert (found.verdict.value, found.evidence[0].text) == ("not_met", "一三八零零一三八零零零")


COUNTED = "{any_of: [您], count: {%s}}"


@pytest.mark.parametrize(
    ("count", "said", "require", "forbid"),
    [
        ("at_least: 2", 2, "met", "not_met"),
        ("at_least: 2", 1, "not_met", "met"),
        ("at_most: 2", 2, "met", "not_met"),
        ("at_most: 2", 3, "not_met", "met"),
        ("at_most: 0", 0, "met", "not_met"),
        ("exactly: 2", 1, "not_met", "met"),
        ("exactly: 2", 2, "met", "not_met"),
        ("exactly: 2", 3, "not_met", "met"),
        ("above: 1, below: 3", 2, "met", "not_met"),
        ("above: 2", 2, "not_met", "met"),
    ],
)
def test_counts(count: str, said: int, require: str, forbid: str) -> None:
    call = "A 0-9 喂" + "您，" * said
    for check in (f"phrase: {COUNTED % count}", f"regex: {{pattern: 您, count: {{{count}}}}}"):
        assert verdict(f"require: {{{check}, role: agent}}", call) == require
        assert verdict(f"forbid: {{{check}, role: agent}}", call) == forbid


def test_doubt_in_a_count_reads_by_what_it_decides() -> None:
    # three 您, one of them heard with 0.1: too weak to hold against anybody
    facts = sketched_call("A 0-8 您您您好")
    (said,) = facts.transcript.utterances
    words = tuple(Word(w.text, w.start, w.end, 0.1 if n == 2 else 0.9) for n, w in enumerate(said.timed))
    facts = replace(facts, transcript=replace(facts.transcript, utterances=(replace(said, words=words),)))

    def come_out(polarity: str, count: str) -> str:
        rules = parse_rules(f"{HEAD}{polarity}: {{phrase: {COUNTED % count}, role: agent}}").ruleset
        return evaluate(rules, facts)[0].verdict.value

    assert come_out("require", "at_least: 2") == "met"
    assert come_out("require", "at_least: 3") == "undetermined"  # weak presence does not prove
    assert come_out("forbid", "at_least: 3") == "undetermined"  # nor does it convict
    assert come_out("require", "at_most: 2") == "undetermined"  # a third one may be too many
    assert come_out("require", "at_most: 1") == "not_met"
    assert come_out("require", "exactly: 2") == "undetermined"


def test_speech_that_was_not_understood_may_hold_one_more() -> None:
    call = "A 0-2 您好 | A 3-9 ?"
    assert verdict(f"require: {{phrase: {COUNTED % 'at_least: 2'}, role: agent}}", call) == "undetermined"
    assert verdict(f"forbid: {{phrase: {COUNTED % 'at_most: 1'}, role: agent}}", call) == "undetermined"
    assert verdict(f"require: {{phrase: {COUNTED % 'at_most: 1'}, role: agent}}", call) == "met"


@pytest.mark.parametrize(
    ("units", "call", "expected"),
    [
        ("every: sentence", "A 0-2 您好 | A 3-5 请您稍等", "met"),
        ("every: sentence", "A 0-2 您好 | A 3-5 稍等", "not_met"),
        ("every: sentence", "A 0-2 您好 | B 3-5 喂喂 | A 6-8 您请讲", "met"),  # the customer's do not count
        ("every: {unit: sentence, min_characters: 3}", "A 0-2 请问您 | A 3-4 嗯", "met"),
        ("every: sentence", "A 0-2 您好 | A 3-6 ?", "undetermined"),
        ("every: turn", "A 0-2 您好 | A 3-5 稍等 | B 6-8 我要办业务 | A 9-11 您请讲", "met"),
        ("every: turn", "A 0-2 您好 | B 6-8 我要办业务 | A 9-11 什么业务", "not_met"),
        ("every: turn", "A 0-2 请讲 | B 3-4 嗯 | A 5-7 您好", "met"),  # an acknowledgement ends no turn
        ("same: sentence", "A 0-2 好 | A 3-5 您好", "met"),
        ("same: sentence", "A 0-2 好 | A 3-5 好的", "not_met"),
        ("same: sentence", "A 0-2 好 | A 3-6 ?", "undetermined"),
    ],
)
def test_every_and_same(units: str, call: str, expected: str) -> None:
    assert verdict(f"require: {{phrase: 您, role: agent, {units}}}", call) == expected


def test_words_in_the_same_sentence_or_turn() -> None:
    body = "require: {phrase: {all_of: [姓名, 电话]}, role: agent%s}"
    apart_, together = "A 0-2 说姓名 | A 3-5 说电话", "A 0-2 您好 | A 3-5 说姓名和电话"
    assert verdict(body % "", apart_) == "met"
    assert verdict(body % ", same: sentence", apart_) == "not_met"
    assert verdict(body % ", same: turn", apart_) == "met"
    assert verdict(body % ", same: sentence", together) == "met"
    found = judge(body % ", same: sentence", together)
    assert places(found) == [(3.3, 4.0), (4.3, 5.0)]


def test_a_sentence_without_the_words_is_shown_with_its_seconds() -> None:
    found = judge("require: {phrase: 您, role: agent, every: sentence}", "A 0-2 您好 | A 3-5 请讲 | A 6-8 您说")
    assert places(found) == [(3.0, 5.0)]
    assert top(found).note == "2 of 3 sentences; exact 0.99"


def test_no_sentence_in_scope_is_not_applicable() -> None:
    body = "require: {phrase: 您, role: agent, every: sentence, within: {from_seconds: 30}}"
    assert verdict(body, "A 0-2 您好 | B 40-42 再见") == "not_applicable"
    assert verdict("require: {phrase: 您, role: agent, every: sentence}", "B 40-42 再见") == "undetermined"


@pytest.mark.parametrize(
    ("anchor", "call", "expected"),
    [
        ("sentences: 1", "B 0-2 我要投诉 | A 3-5 抱歉", "met"),
        ("sentences: 1", "B 0-2 我要投诉 | A 3-5 好的 | A 6-8 抱歉", "not_met"),
        ("sentences: 2", "B 0-2 我要投诉 | A 3-5 好的 | A 6-8 抱歉", "met"),
        ("sentences: 1", "B 0-2 我要投诉 | B 3-4 快点 | A 5-7 抱歉", "met"),  # counted are those of the agent
        ("sentences: 2, seconds: 3", "B 0-2 我要投诉 | A 3-5 好的 | A 6-8 抱歉", "not_met"),
    ],
)
def test_a_window_of_sentences_after_an_anchor(anchor: str, call: str, expected: str) -> None:
    body = f"require: {{phrase: 抱歉, role: agent, after: {{phrase: 投诉, role: customer, {anchor}}}}}"
    assert verdict(body, call) == expected


def test_a_window_of_sentences_before_and_around_an_anchor() -> None:
    before = "require: {phrase: 稍等, role: agent, before: {phrase: 查到, role: agent, sentences: 1}}"
    assert verdict(before, "A 0-2 请稍等 | A 3-5 查到了") == "met"
    assert verdict(before, "A 0-2 请稍等 | A 3-5 嗯嗯 | A 6-8 查到了") == "not_met"
    near = "require: {phrase: 抱歉, role: agent, near: {phrase: 投诉, role: customer, sentences: 1}}"
    assert verdict(near, "A 0-2 抱歉 | B 3-5 投诉 | A 6-8 嗯嗯") == "met"
    assert verdict(near, "A 0-2 抱歉 | A 3-4 那个 | B 5-7 投诉 | A 8-9 嗯嗯") == "not_met"


@pytest.mark.parametrize(
    ("hit", "expected"),
    [("1", "not_met"), ("2", "met"), ("last", "met"), ("any", "not_met"), ("each", "met")],
)
def test_anchors_within_what_is_forbidden(hit: str, expected: str) -> None:
    # 不知道 follows the first 投诉 only
    call = "B 0-2 投诉 | A 3-5 不知道 | B 20-22 投诉 | A 23-25 好的"
    body = f"forbid: {{phrase: 不知道, role: agent, after: {{phrase: 投诉, role: customer, hit: {hit}, seconds: 5}}}}"
    assert verdict(body, call) == expected


@pytest.mark.parametrize(
    "asked",
    [
        "{any_of: [我要投诉], min_count: 2}",
        "{any_of: [我要投诉], count: {exactly: 2}}",
        "{all_of: [我要投诉, 我的姓名]}",
        "{n_of: {n: 2, of: [我要投诉, 我的姓名, 非常生气]}}",
    ],
)
def test_words_said_too_seldom_are_no_anchor(asked: str) -> None:
    body = f"require: {{phrase: 非常抱歉, role: agent, after: {{phrase: {asked}, role: customer}}}}"
    assert verdict(body, "B 0-2 我要投诉 | A 3-5 好的知道了") == "not_applicable"
    assert verdict(body, "B 0-2 我要投诉 | B 3-5 我的姓名 | B 6-8 我要投诉 | A 9-10 好的知道了") == "not_met"
    assert verdict(body, "B 0-2 我要投诉 | B 3-5 我的姓名 | B 6-8 我要投诉 | A 9-11 非常抱歉") == "met"


@pytest.mark.parametrize("end", [7, 8])
def test_nothing_can_be_said_after_an_anchor_that_ends_the_call(end: int) -> None:
    body = "require: {phrase: 非常抱歉, role: agent, after: {phrase: 我要投诉, role: customer, hit: each}}"
    assert verdict(body, f"B 0-2 我要投诉 | A 3-5 非常抱歉 | B 6-7 我要投诉 | end {end}") == "not_met"


def test_the_first_sentences_reach_to_the_end_of_the_one_that_ends_last() -> None:
    call = "A 0-10 您好这里是客服中心本次通话会录音 | B 1-2 喂 | A 11-13 再见"
    assert verdict("require: {phrase: 通话会录音, within: {first_sentences: 2}}", call) == "met"
    assert verdict("require: {phrase: 再见, within: {first_sentences: 2}}", call) == "not_met"


TWO = """
rules:
  - {id: X-001, name: x.a, title: {zh: 甲, en: a}, severity: minor, class: customer, %s}
  - {id: X-002, name: x.b, title: {zh: 乙, en: b}, severity: minor, class: customer, prerequisites: [X-001],
     require: {phrase: 抱歉, role: agent}}
"""


@pytest.mark.parametrize(
    ("first", "call", "expected"),
    [
        ("require: {phrase: 投诉, role: customer}", "B 0-2 投诉 | A 3-5 抱歉", "met"),
        ("require: {phrase: 投诉, role: customer}", "B 0-2 投诉 | A 3-5 好的", "not_met"),
        ("require: {phrase: 投诉, role: customer}", "B 0-2 你好 | A 3-5 抱歉", "not_applicable"),
        ("require: {phrase: 投诉, role: customer}", "B 0-2 ? | A 3-5 抱歉", "undetermined"),
        ("applies_when: {queue: card}, require: {phrase: 投诉}", "B 0-2 投诉 | A 3-5 抱歉", "not_applicable"),
    ],
)
def test_prerequisites(first: str, call: str, expected: str) -> None:
    findings = evaluate(parse_rules(TWO % first).ruleset, sketched_call(call))
    assert findings[1].verdict.value == expected
    if expected == "not_applicable":
        assert findings[1].trace is not None
        assert findings[1].trace.note.startswith("prerequisite X-001 is ")


def test_a_prerequisite_must_exist_and_not_rest_on_its_rule() -> None:
    alone = HEAD + "prerequisites: [X-009]\nrequire: {phrase: 您好}"
    with pytest.raises(RulesetError, match="there is no rule 'X-009'"):
        parse_rules(alone)
    with pytest.raises(RulesetError, match="in a circle"):
        parse_rules(TWO % "prerequisites: X-002, require: {phrase: 您好}")


SCRIPT = "require: {script: {lines: [欢迎致电, 请问姓名, 感谢来电], %s}, role: agent}"


def test_a_script_tells_line_by_line_what_was_said_where() -> None:
    found = judge(SCRIPT % "coverage: 1", "A 0-2 欢迎致电 | A 10-12 感谢来电")
    assert found.verdict.value == "not_met"
    assert [(e.text, e.start, e.end) for e in found.evidence] == [("（未听到：请问姓名）", 2.0, 10.0)]
    steps = top(found).children
    assert [(step.condition, step.verdict.value, step.at) for step in steps] == [
        ("line 1 [欢迎致电]", "met", ((0.0, 2.0),)),
        ("line 2 [请问姓名]", "not_met", ()),
        ("line 3 [感谢来电]", "met", ((10.0, 12.0),)),
    ]
    assert top(found).note == "2 of 3 lines said; exact 0.99"


def test_the_longest_row_of_lines_in_order_counts() -> None:
    # the first line comes last: the two others are in order all the same
    call = "A 0-2 请问姓名 | A 3-5 感谢来电 | A 6-8 欢迎致电"
    assert verdict(SCRIPT % "coverage: 0.6", call) == "met"
    assert verdict(SCRIPT % "coverage: 0.7", call) == "not_met"
    assert verdict(SCRIPT % "coverage: 1, ordered: false", call) == "met"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("我们一二三四五六七八九甲乙丙全部退还", "met"),
        ("我们一二三四五六七八九甲乙丙丁全部退还", "not_met"),
        ("我们，一二三，四五六，七八九，甲乙丙，全部退还", "met"),  # signs are not said
    ],
)
def test_a_slot_holds_twelve_characters(said: str, expected: str) -> None:
    assert verdict("require: {script: '我们{x}全部退还'}", f"A 0-9 {said}") == expected


def test_a_text_of_a_script_that_stands_too_early_does_not_hide_the_one_that_fits() -> None:
    # from the first 保证金 it is too far to 全部退还, from the second it is not
    call = "A 0-9 我们这里保证金的押金和保证金一共要九天才全部退还"
    assert verdict("require: {script: '我们{x}保证金{y}全部退还'}", call) == "met"


def test_lines_said_by_the_wrong_party_are_pointed_out() -> None:
    call = "A 0-2 欢迎致电 | B 3-5 请问姓名 | A 6-8 感谢来电"
    found = judge(SCRIPT % "coverage: 1", call)
    assert (found.verdict.value, top(found).note) == (
        "not_met",
        "2 of 3 lines said; 1 missing line said by customer, first at 3.0 s; exact 0.99",
    )
    assert top(found).children[1].note == "said by customer at 3.0 s"
    assert top(judge(SCRIPT % "coverage: 1, wrong_party: false", call)).note == "2 of 3 lines said; exact 0.99"


def test_a_phrase_said_by_the_wrong_party_is_pointed_out_where_asked_for() -> None:
    call = "A 0-2 您请讲 | B 3-5 感谢来电"
    found = judge("require: {phrase: {any_of: [感谢来电], wrong_party: true}, role: agent}", call)
    assert (found.verdict.value, top(found).note) == ("not_met", "said by customer at 3.0 s")
    assert top(judge("require: {phrase: 感谢来电, role: agent}", call)).note == ""


def test_a_script_that_is_forbidden_and_heard_weakly_is_for_a_person() -> None:
    body = "forbid: {script: {lines: [绝对, 保证]}, role: agent}"
    assert verdict(body, "A 0-2 绝对可以保证", confidence=0.1) == "undetermined"
    assert verdict(body, "A 0-2 绝对可以保证", confidence=0.9) == "not_met"


def test_a_pattern_that_takes_too_long_is_for_a_person_and_named() -> None:
    pattern = ".{0,90}.{0,90}.{0,90}[甲乙]{2}"
    found = judge(f"forbid: {{regex: '{pattern}', role: agent}}", "A 0-300 " + "甲啊" * 1500)
    assert found.verdict.value == "undetermined"
    assert top(found).note == f"pattern /{pattern}/ took too long"


@pytest.mark.parametrize("polarity", ["require", "forbid"])
def test_meaning_without_a_model_is_for_a_person(polarity: str) -> None:
    found = judge(f"{polarity}: {{similarity: {{like: [我要投诉]}}, role: customer}}", "B 0-2 我要投诉")
    assert (found.verdict.value, top(found).note) == ("undetermined", "no sentence model is installed")


def test_the_day_of_the_call_bounds_a_rule() -> None:
    body = "effective: {from: 2026-02-01, until: 2026-02-28}\nrequire: {phrase: 您好}"
    days = {"2026-01-31T23:00:00+08:00": "not_applicable", "2026-02-01T00:00:00+08:00": "not_met"}
    days |= {"2026-02-28T23:59:00+08:00": "not_met", "2026-03-01T00:00:00+08:00": "not_applicable"}
    for day, expected in days.items():
        assert verdict(body, "A 0-2 喂", started_at=day) == expected
    assert verdict(body, "A 0-2 喂") == "not_met"  # a call of an unknown day is judged


def test_traditional_characters_in_rules_are_read_as_simplified_ones() -> None:
    call = "A 0-2 请您稍等"
    assert verdict("require: {phrase: 請您稍等}", call) == "met"
    assert verdict("require: {regex: '請您.等'}", call) == "met"
    assert verdict("require: {script: '請[您]稍等'}", call) == "met"
    assert verdict("require: {regex: '[一-龥]您稍等'}", call) == "met"


def test_emoji_say_nothing() -> None:
    assert verdict("require: {phrase: 好的😀}", "A 0-2 好的") == "met"
    with pytest.raises(RulesetError, match="empty once punctuation is dropped"):
        parse_rules(HEAD + "require: {phrase: 😀}")


def test_a_list_of_ten_thousand_words_is_looked_through() -> None:
    words = ", ".join(f"词{chr(0x4E00 + n // 250)}{chr(0x5000 + n % 250)}" for n in range(10_000))
    body = f"forbid: {{phrase: {{any_of: [{words}], match: exact}}}}"
    found = judge(body, f"A 0-3 喂词{chr(0x4E00 + 30)}{chr(0x5000 + 7)}喂")
    assert (found.verdict.value, found.evidence[0].text) == ("not_met", f"词{chr(0x4E00 + 30)}{chr(0x5000 + 7)}")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("require: {phrase: {any_of: [a], count: {at_least: 2}, min_count: 2}}", "stand for the same thing"),
        ("require: {phrase: {all_of: [a, b], count: {at_least: 2}}}", "count goes with any_of only"),
        ("require: {phrase: {any_of: [a], count: {above: 1, below: 2}}}", "no number of hits meets count"),
        ("require: {regex: {pattern: a, count: {exactly: 1.5}}}", "no number of hits meets count"),
        ("require: {phrase: a, every: sentence, same: turn}", "every and same do not go together"),
        ("require: {repetition: {}, every: sentence}", "every does not go with repetition"),
        ("require: {phrase: a, every: word}", "is not one of sentence, turn"),
        ("require: {entity: {kind: amount, min_digits: 3}}", "min_digits does not go with amount"),
        ("require: {entity: {kind: amount, valid: true}}", "nothing tells a valid amount from others"),
        ("require: {entity: passport}", "is not one of phone"),
        ("require: {entity: {kind: number, min_digits: 9, max_digits: 3}}", "no number has at least 9"),
        ("require: {repetition: {times: 1}}", "times"),
        ("require: {similarity: {like: []}}", "like"),
        ("require: {phrase: a, near: {rule: X-001}}", "near needs seconds or sentences"),
    ],
)
def test_mistakes_are_named(body: str, message: str) -> None:
    with pytest.raises(RulesetError, match=message):
        parse_rules(HEAD + body)


def test_entities_may_be_steps_of_a_sequence() -> None:
    body = "require: {sequence: [请问手机号, {entity: mobile, role: customer}, 核对], role: agent}"
    call = "A 0-2 请问手机号 | B 3-8 一三八零零一三八零零零 | A 9-11 核对一下"
    assert verdict(body, call) == "met"
    assert verdict(body, "A 0-2 请问手机号 | B 3-8 不方便说 | A 9-11 核对一下") == "not_met"


def test_prerequisites_and_effective_days_show_in_the_version_and_defaults_do_not() -> None:
    def version(body: str) -> str:
        return parse_rules(HEAD + body).ruleset.rules[0].version

    plain = version("require: {phrase: 您好}")
    assert version("require: {phrase: {any_of: [您好], min_count: 1, wrong_party: false}}") == plain
    assert version("effective: {from: 2026-01-01}\nrequire: {phrase: 您好}") != plain
    assert version("require: {phrase: 您好, every: sentence}") != plain


def test_a_required_script_or_repetition_that_was_possibly_said_is_for_a_person() -> None:
    assert verdict(SCRIPT % "coverage: 0.3", "A 0-2 欢迎致电", confidence=0.1) == "undetermined"
    assert verdict("require: {repetition: {}, role: customer}", AGAIN, confidence=0.1) == "undetermined"
    assert verdict("require: {entity: mobile, role: agent}", "A 0-9 一三八零零一三八零零零", confidence=0.1) == (
        "undetermined"
    )
