"""Every option of the checks on words, once where it holds and once where it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from asr_qa.core.checks.chance import chance
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding, Match
from asr_qa.core.transcript import Word
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"


def judge(body: str, call: str, **known: Any) -> Finding:
    """The finding of a rule with this body for a sketched call."""
    (finding,) = evaluate(parse_rules(HEAD + body).ruleset, sketched_call(call, **known))
    return finding


def verdict(check: str, call: str, *, polarity: str = "require") -> str:
    return judge(f"{polarity}: {check}", call).verdict.value


@pytest.mark.parametrize(
    ("phrase", "call", "expected"),
    [
        ("您好", "A 0-2 您好，请讲", "met"),
        ("您好", "A 0-2 请讲", "not_met"),
        ("[您好, 你好]", "A 0-2 你好", "met"),
        ("{any_of: [您好, 你好]}", "A 0-2 喂", "not_met"),
        ("{all_of: [姓名, 电话]}", "A 0-3 请说姓名 | A 5-8 还有电话", "met"),
        ("{all_of: [姓名, 电话]}", "A 0-3 请说姓名再说姓名", "not_met"),
        ("{n_of: {n: 2, of: [姓名, 电话, 地址]}}", "A 0-3 说姓名和地址", "met"),
        ("{n_of: {n: 2, of: [姓名, 电话, 地址]}}", "A 0-3 说姓名姓名", "not_met"),
        ("{none_of: [不知道, 随便]}", "A 0-3 我来查一下", "met"),
        ("{none_of: [不知道, 随便]}", "A 0-3 我不知道", "not_met"),
        ("{any_of: [那个, 就是说], min_count: 3}", "A 0-4 那个那个就是说好", "met"),
        ("{any_of: [那个, 就是说], min_count: 3}", "A 0-4 那个就是说好", "not_met"),
        ("{any_of: [保证], exclude: [不能保证, 保证金]}", "A 0-3 我保证退款", "met"),
        ("{any_of: [保证], exclude: [不能保证, 保证金]}", "A 0-3 我不能保证退保证金", "not_met"),
        ("{any_of: [富士康]}", "A 0-3 我在付式康上班", "met"),
        ("{any_of: [富士康], match: [exact]}", "A 0-3 我在付式康上班", "not_met"),
        ("{any_of: [富士康], match: exact}", "A 0-3 我在富士康上班", "met"),
        ("{any_of: [查一下], match: [exact, homophone]}", "A 0-3 我擦一下", "not_met"),
        ("{any_of: [查一下], match: [exact, near]}", "A 0-3 我擦一下", "met"),
        ("{any_of: [获刑]}", "A 0-3 他或行了", "not_met"),
        ("{any_of: [获刑], allow_short: true}", "A 0-3 他货型了", "met"),
        ("{any_of: [获刑], allow_short: true, tones: true}", "A 0-3 他货型了", "met"),
        ("{any_of: [获刑], allow_short: true, tones: true}", "A 0-3 他火星了", "not_met"),
        ("{any_of: [获刑], allow_short: true}", "A 0-3 他火星了", "met"),
        ("{any_of: [欢迎致电], tones: true}", "A 0-3 您好欢迎治店", "met"),
        ("{any_of: [欢迎致电], tones: true}", "A 0-3 您好欢迎值店", "not_met"),
        ("{any_of: [欢迎致电], tones: true}", "A 0-3 您好欢迎自店", "met"),
        ("{any_of: [理想产品], tones: true}", "A 0-3 力想产品", "not_met"),
        ("{any_of: [理想产品], tones: true}", "A 0-3 梨想产品", "met"),  # a third tone before a third one
        ("{any_of: [还款日期], tones: true}", "A 0-3 环款日期", "met"),  # 还 is open: huan or hai
        ("{any_of: [请您稍等片刻], match: [exact, fuzzy]}", "A 0-3 请您收等片刻", "met"),
        ("{any_of: [请您稍等片刻], match: [exact, homophone, near]}", "A 0-3 请您收等片刻", "not_met"),
        ("请您稍等", "A 0-3 请您收等", "met"),  # of four syllables each has its initial or its final
        ("请您稍等", "A 0-3 请您一等", "not_met"),
        ("我的欠款", "A 0-3 我的款", "not_met"),  # ... and none is missing
        ("我的欠款", "A 0-3 我的宽带", "not_met"),
        ("请您稍等片刻", "A 0-3 请您等片刻", "met"),
        ("24小时内", "A 0-3 二十四小时内回复", "met"),
        ("百分之百", "A 0-3 100%没问题", "met"),
        ("thank you", "A 0-3 Thank you, sir", "met"),
        ("art", "A 0-3 let us start now", "not_met"),
        ("10元", "A 0-3 一共110元", "not_met"),
    ],
)
def test_phrase(phrase: str, call: str, expected: str) -> None:
    assert verdict(f"{{phrase: {phrase}}}", call) == expected


@pytest.mark.parametrize(
    ("text", "match", "cost"),
    [
        ("欢迎致电", Match.EXACT, 0.0),
        ("欢迎治店", Match.HOMOPHONE, 0.0),
        ("欢迎自店", Match.NEAR, 0.2),
    ],
)
def test_each_match_is_labelled_and_priced(text: str, match: Match, cost: float) -> None:
    finding = judge("require: {phrase: 欢迎致电}", f"A 0-4 您好{text}")
    (evidence,) = finding.evidence
    # six characters in 4 s: the last four begin after two of them
    assert (evidence.match, evidence.text) == (match, text)
    assert evidence.start == pytest.approx(4 * 2 / 6)
    assert finding.confidence == pytest.approx(chance(cost, 1.0))


def test_the_trace_says_how_words_match_and_what_that_is_worth() -> None:
    def note(text: str) -> str:
        trace = judge("require: {phrase: 请您稍等片刻}", f"A 0-3 {text}").trace
        assert trace is not None
        return trace.children[0].note

    assert note("请您稍等片刻") == f"exact {chance(0, 1.0):.2f}"
    assert note("请您烧等片客") == f"homophone {chance(0, 1.0):.2f}"
    assert note("请您收等片刻") == f"fuzzy 0.5 syllables {chance(0.5, 1.0):.2f}"
    assert "exact" not in note("好的")


def test_a_slip_is_worth_less_than_near_syllables() -> None:
    slip = judge("require: {phrase: 请您稍等片刻}", "A 0-3 请您收等片刻").confidence
    near = judge("require: {phrase: 请您稍等片刻}", "A 0-3 请您烧等片刻").confidence
    assert slip is not None
    assert near is not None
    assert slip < near


def test_confidence_of_words_counts() -> None:
    assert judge("require: {phrase: 欢迎治店}", "A 0-4 ~0.3 欢迎致电").confidence == pytest.approx(chance(0.0, 0.3))


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("A 0-2 本次通话将 | A 3-4 被录音", "met"),
        ("A 0-2 本次通话将 | B 2-3 喂 | A 3-4 被录音", "met"),
        ("A 0-2 本次通话将 | A 4.5-6 被录音", "not_met"),
        ("A 0-2 本次通话将 | B 2-4 被录音", "not_met"),
    ],
)
def test_a_phrase_spans_neighbouring_sentences_of_one_speaker(call: str, expected: str) -> None:
    assert verdict("{phrase: 本次通话将被录音, role: agent}", call) == expected


def test_hits_of_several_phrases_on_the_same_words_count_once() -> None:
    finding = judge("require: {phrase: {any_of: [您好, 您好吗], min_count: 2}}", "A 0-3 您好吗")
    assert finding.verdict == "not_met"


@pytest.mark.parametrize(
    ("regex", "call", "expected"),
    [
        ("'保证.{0,4}退'", "A 0-3 我保证给您退", "met"),
        ("'保证.{0,4}退'", "A 0-3 我保证明天下午就退", "not_met"),
        ("{pattern: 保证, exclude: 不能保证}", "A 0-3 不能保证", "not_met"),
        ("{pattern: 保证, exclude: 不能保证}", "A 0-5 不能保证但是我保证", "met"),
        ("{pattern: '[0-9]{11}'}", "A 0-5 号码是幺三八零零幺三八零零零", "met"),
        ("{pattern: '[0-9]{11}'}", "A 0-5 号码是幺三八零零", "not_met"),
        ("'一定能'", "A 0-3 一定能解决", "met"),
        ("{pattern: 好, min_count: 3}", "A 0-3 好好好", "met"),
        ("{pattern: 好, min_count: 3}", "A 0-3 好好", "not_met"),
        ("'您.?好'", "A 0-1 您 | A 9-10 好", "not_met"),
        ("'ok'", "A 0-1 OK", "met"),
        ("'[^[:digit:]]好的'", "A 0-2 行好的", "met"),
        ("'[^[:digit:]]好的'", "A 0-2 好的", "not_met"),
        ("'VIP会员'", "A 0-2 您是VIP会员", "met"),
        ("'(VIP|ETC).{0,2}卡'", "A 0-2 您的etc卡", "met"),
        ("'VIP会员'", "A 0-2 您是会员", "not_met"),
    ],
)
def test_regex(regex: str, call: str, expected: str) -> None:
    assert verdict(f"{{regex: {regex}}}", call) == expected


@pytest.mark.parametrize(
    ("script", "call", "expected"),
    [
        ('"为了(保证|提升)服务质量，[您的]通话将[被]录音"', "A 0-6 为了提升服务质量通话将录音", "met"),
        ('"为了(保证|提升)服务质量，[您的]通话将[被]录音"', "A 0-6 为了保证服务质量您的通话将被录音", "met"),
        ('"为了(保证|提升)服务质量，[您的]通话将[被]录音"', "A 0-6 通话将录音", "not_met"),
        ('"您好{称呼}欢迎致电"', "A 0-6 您好王先生欢迎致电", "met"),
        ('"您好{称呼}欢迎致电"', "A 0-6 欢迎致电您好", "not_met"),
        ('"您好{称呼}欢迎致电"', "A 0-9 您好我今天真的特别高兴能够接到这个电话欢迎致电", "not_met"),
        ("{lines: [感谢来电, 祝您愉快]}", "A 0-3 感谢来电 | A 4-6 祝您愉快", "met"),
        ("{lines: [感谢来电, 祝您愉快]}", "A 0-3 祝您愉快 | A 4-6 感谢来电", "not_met"),
        ("{lines: [感谢来电, 祝您愉快], ordered: false}", "A 0-3 祝您愉快 | A 4-6 感谢来电", "met"),
        ("{lines: [感谢来电, 祝您愉快, 再见再见], coverage: 0.6}", "A 0-3 感谢来电 | A 4-6 再见再见", "met"),
        ("{lines: [感谢来电, 祝您愉快, 再见再见], coverage: 0.7}", "A 0-3 感谢来电 | A 4-6 再见再见", "not_met"),
        ("{lines: 感谢来电, match: exact}", "A 0-3 感谢莱店", "not_met"),
        ("{lines: 感谢来电}", "A 0-3 感谢莱店", "met"),
    ],
)
def test_script(script: str, call: str, expected: str) -> None:
    assert verdict(f"{{script: {script}}}", call) == expected


@pytest.mark.parametrize(
    ("sequence", "call", "expected"),
    [
        ("[抱歉, 核实, 处理]", "A 0-2 非常抱歉 | A 3-4 我核实 | A 5-6 给您处理", "met"),
        ("[抱歉, 核实, 处理]", "A 0-2 给您处理 | A 3-4 我核实 | A 5-6 非常抱歉", "not_met"),
        ("[抱歉, 核实]", "A 0-1 核实 | A 2-3 抱歉 | A 4-5 核实", "met"),
        ("[[抱歉, 理解您], [核实, 查一下]]", "A 0-1 理解您 | A 2-3 查一下", "met"),
        ("[抱歉, {regex: '(核|查)实'}]", "A 0-1 抱歉 | A 2-3 查实", "met"),
        ("[抱歉, {script: '为您(处理|解决)'}]", "A 0-1 抱歉 | A 2-3 为您解决", "met"),
        ("[抱歉, 抱歉]", "A 0-1 抱歉", "not_met"),
        ("{steps: [抱歉, 核实], max_gap: 5}", "A 0-1 抱歉 | A 4-5 核实", "met"),
        ("{steps: [抱歉, 核实], max_gap: 5}", "A 0-1 抱歉 | A 9-10 核实", "not_met"),
        ("{steps: [抱歉, 核实], max_gap: 5}", "A 0-1 抱歉 | A 6-7 抱歉 | A 9-10 核实", "met"),
        ("[{phrase: 投诉, role: customer}, {phrase: 抱歉, role: agent}]", "B 0-1 投诉 | A 2-3 抱歉", "met"),
        (
            "[{phrase: 投诉, role: customer}, {phrase: 抱歉, role: agent}]",
            "B 0-1 投诉 | B 2-3 抱歉 | A 4-5 好",
            "not_met",
        ),
    ],
)
def test_sequence(sequence: str, call: str, expected: str) -> None:
    assert verdict(f"{{sequence: {sequence}}}", call) == expected


def test_a_sequence_gives_its_role_to_its_steps() -> None:
    assert verdict("{sequence: [抱歉, 核实], role: agent}", "A 0-1 抱歉 | B 2-3 核实 | A 4-5 好") == "not_met"


def test_a_missing_sentence_shows_where_it_was_looked_for() -> None:
    finding = judge("require: {phrase: 您好, role: agent, within: {first_seconds: 15}}", "A 0-2 喂 | B 20-60 说")
    (evidence,) = finding.evidence
    assert (evidence.start, evidence.end, evidence.match) == (0.0, 15.0, Match.TIMING)
    assert "您好" in evidence.text


def test_a_forbidden_phrase_shows_every_hit() -> None:
    finding = judge("forbid: {phrase: 绝对}", "A 0-2 绝对 | A 5-7 绝对")
    assert finding.verdict == "not_met"
    assert [(e.start, e.end, e.text) for e in finding.evidence] == [(0.0, 2.0, "绝对"), (5.0, 7.0, "绝对")]


def test_words_without_times_are_laid_out_evenly() -> None:
    facts = sketched_call("A 0-4 您好请讲")
    (said,) = facts.transcript.utterances
    bare = replace(facts, transcript=replace(facts.transcript, utterances=(replace(said, words=()),)))
    (finding,) = evaluate(parse_rules(HEAD + "require: {phrase: 请讲}").ruleset, bare)
    assert [(e.start, e.end) for e in finding.evidence] == [(2.0, 4.0)]


def test_a_long_word_is_spread_over_its_characters() -> None:
    facts = sketched_call("A 0-4 您好请讲")
    (said,) = facts.transcript.utterances
    coarse = replace(said, words=(Word("您好请讲", 0.0, 4.0, 0.5),))
    facts = replace(facts, transcript=replace(facts.transcript, utterances=(coarse,)))
    (finding,) = evaluate(parse_rules(HEAD + "require: {phrase: 请讲}").ruleset, facts)
    assert [(e.start, e.end) for e in finding.evidence] == [(2.0, 4.0)]
    assert finding.confidence == pytest.approx(chance(0.0, 0.5))
