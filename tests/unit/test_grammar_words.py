"""What the newer checks find is told to a Chinese reader in Chinese, with its seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Trace
from asr_qa.render import wording
from asr_qa.render.because import because
from asr_qa.render.texts import Texts
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
FAILING = [
    ("forbid: {repetition: {within_seconds: 60, about: [账单]}, role: customer}", "我的账单怎么多了", "3.0, 9.0 秒"),
    ("forbid: {repetition: {}, role: customer}", "「我的账单怎么多了」说了 2 次", "3.0, 9.0 秒"),
    ("forbid: {entity: {kind: [mobile, amount], valid: any}, role: customer}", "说出 手机号/金额", ""),
    ("require: {phrase: {any_of: [账单], count: {at_most: 1}}, role: customer}", "听到 2 次，最多允许 1 次", ""),
    ("require: {phrase: 您, role: agent, every: sentence}", "2 句中 1 句成立", "每一句里"),
    ("require: {phrase: {all_of: [您好, 请讲]}, role: agent, same: turn}", "同一个话轮里", "0 个成立"),
    ("require: {script: [您好, 我的账单怎么多了], role: agent}", "2 句话术中说了 1 句", "由客户在 3.0 秒说出"),
    ("require: {phrase: {any_of: [我的账单], wrong_party: true}, role: agent}", "由客户在 3.0 秒说出", ""),
    ("require: {phrase: 抱歉, role: agent, after: {phrase: 账单, sentences: 2}}", "2 句话内", ""),
    ("require: {similarity: [抱歉], role: agent}", "没有安装句义模型", "意思相近于"),
]
CALL = "A 0-2 您好 | B 3-6 我的账单怎么多了 | A 7-8 多少 | B 9-12 我的账单怎么多了 | B 13-15 二十块"
LETTERS = re.compile(r"[A-Za-z]{2,}")


def lines(trace: Trace) -> Iterator[str]:
    texts = Texts("zh")
    yield wording.condition(trace.condition, "zh")
    yield wording.note(trace.note, texts)
    for child in trace.children:
        yield from lines(child)


@pytest.mark.parametrize(("body", "first", "second"), FAILING)
def test_a_finding_explains_itself_in_chinese(body: str, first: str, second: str) -> None:
    rules = parse_rules(HEAD + body).ruleset
    (finding,) = evaluate(rules, sketched_call(CALL))
    assert finding.verdict.value in ("not_met", "undetermined")
    assert finding.trace is not None
    told = "\n".join(lines(finding.trace.children[0]))
    assert first in told
    assert second in told
    assert not LETTERS.search(told), told
    assert finding.verdict.value == "undetermined" or all(e.end > e.start >= 0 for e in finding.evidence)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (FAILING[1][0], "因为客户在 3.0 秒说了「我的账单怎么多了」，客户在 9.0 秒说了「我的账单怎么多了」；"),
        (FAILING[2][0], "因为客户在 13.0 秒说了「二十块」。"),
        (FAILING[4][0], "因为在 7.0–8.0 秒没有听到坐席说「您」；2 句中 1 句成立。"),
        ("require: {phrase: 抱歉, role: agent}", "因为在 0.0–16.0 秒没有听到坐席说「抱歉」。"),
        ("require: {regex: 抱歉, role: agent}", "因为在 0.0–16.0 秒没有听到坐席说出要求的话。"),
        ("forbid: {event: dead_air}", ""),
        (FAILING[9][0], "请人工确认：没有安装句义模型。"),
    ],
)
def test_a_deduction_is_one_sentence_with_its_seconds(body: str, sentence: str) -> None:
    (finding,) = evaluate(parse_rules(HEAD + body).ruleset, sketched_call(CALL))
    told = because(finding, Texts("zh"))
    assert told.startswith(sentence)
    assert told.count("。") == bool(sentence)
    english = because(finding, Texts("en"))
    assert bool(english) is bool(sentence)


@pytest.mark.parametrize(
    ("body", "zh", "en"),
    [
        ("require: {phrase: 抱歉, role: agent}", "没有听到坐席说「抱歉」", "the agent was not heard to say “抱歉”"),
        ("require: {phrase: 抱歉}", "没有听到有人说「抱歉」", "nobody was heard to say “抱歉”"),
        ("forbid: {phrase: 二十块, role: customer}", "客户在", "the customer said “二十块”"),
    ],
)
def test_a_sentence_names_the_party_or_that_it_was_nobody(body: str, zh: str, en: str) -> None:
    (finding,) = evaluate(parse_rules(HEAD + body).ruleset, sketched_call(CALL))
    assert zh in because(finding, Texts("zh"))
    assert en in because(finding, Texts("en"))


def test_a_stretch_searched_for_words_and_patterns_is_named_once() -> None:
    body = "require: {any: [{phrase: 抱歉, role: agent}, {regex: 对不.起, role: agent}]}"
    (finding,) = evaluate(parse_rules(HEAD + body).ruleset, sketched_call(CALL))
    assert len(finding.evidence) == 2
    assert because(finding, Texts("zh")) == "因为在 0.0–16.0 秒没有听到坐席说「抱歉」。"
    assert because(finding, Texts("en")) == "Because from 0.0 to 16.0 s the agent was not heard to say “抱歉”."


def test_many_places_are_counted() -> None:
    call = " | ".join(f"A {3 * n}-{3 * n + 2} 绝对没问题" for n in range(5))
    (finding,) = evaluate(parse_rules(HEAD + "forbid: {phrase: 绝对没问题, role: agent}").ruleset, sketched_call(call))
    assert because(finding, Texts("zh")).endswith("等共 5 处。")
    quiet = sketched_call("A 0-2 您好 | A 14-16 您好")
    (finding,) = evaluate(parse_rules(HEAD + "forbid: {event: dead_air}").ruleset, quiet)
    assert because(finding, Texts("zh")) == "因为在 2.0 秒处冷场 12.0 秒 [dead_air]。"
