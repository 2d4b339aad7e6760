from __future__ import annotations

import re

import pytest

from asr_qa.config import shipped
from asr_qa.core.rule import Rule
from asr_qa.ruleset import describe_words
from asr_qa.ruleset.describe import describe
from asr_qa.ruleset.loader import load_ruleset, parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
OTHER = HEAD.replace("X-001", "Y-001").replace("x.y", "y.y") + "require: {phrase: a}"


def rule_of(body: str) -> Rule:
    text = HEAD + body
    text = "rules:\n" + "".join("- " + rule.replace("\n", "\n  ") + "\n" for rule in (text, OTHER))
    rule = parse_rules(text).ruleset.get("X-001")
    assert rule is not None
    return rule


@pytest.mark.parametrize(
    ("body", "chinese", "english"),
    [
        (
            "require: {phrase: [您好, 你好], role: agent, within: {first_seconds: 30}}",
            "坐席须在开场 30 秒内说出「您好」「你好」之一。",
            "The agent must say “您好” or “你好” in the first 30 s.",
        ),
        ("forbid: {phrase: 绝对, role: agent}", "坐席不得说出「绝对」。", "The agent must not say “绝对”."),
        (
            "forbid: {phrase: {any_of: [那个], min_count: 6}, role: agent}",
            "坐席不得说出「那个」 6 次或更多。",
            "The agent must not say “那个” 6 times or more.",
        ),
        (
            "require: {phrase: {any_of: [您], count: {at_least: 2, at_most: 5}}, role: agent}",
            "坐席须说出「您」 2 到 5 次。",
            "The agent must say “您” 2 to 5 times.",
        ),
        (
            "require: {phrase: {n_of: {n: 2, of: [姓名, 地址, 电话]}}}",
            "任何一方须说出「姓名」「地址」「电话」中的至少 2 个。",
            "Anybody must say at least 2 of “姓名”, “地址”, “电话”.",
        ),
        (
            "require: {phrase: {all_of: [姓名, 地址]}}",
            "任何一方须说出「姓名」和「地址」。",
            "Anybody must say “姓名” and “地址”.",
        ),
        ("require: {phrase: {none_of: [不知道]}}", "任何一方不得说出「不知道」。", "Anybody must not say “不知道”."),
        (
            "forbid: {phrase: {any_of: [保证], exclude: [保证金]}}",
            "任何一方不得说出「保证」（「保证金」不算）。",
            "Anybody must not say “保证” (“保证金” does not count).",
        ),
        (
            "require: {phrase: [a, b, c, d, e, f]}",
            "任何一方须说出「a」「b」「c」「d」「e」等 6 种说法。",
            "Anybody must say “a” or “b” or “c” or “d” or “e” or another of 6 phrases.",
        ),
        (
            "forbid: {regex: {pattern: '保证.{0,4}退', exclude: [不保证]}}",
            "任何一方不得说出符合模式「保证.{0,4}退」的话（「不保证」不算）。",
            "Anybody must not say something like /保证.{0,4}退/ (“不保证” does not count).",
        ),
        (
            "require: {script: {lines: ['欢迎致电{公司}', '请问{事}'], coverage: 0.8}, role: agent}",
            "坐席须说出话术「欢迎致电{公司}」「请问{事}」，按顺序（至少 80%）。",
            "The agent must say the script “欢迎致电{公司}”, “请问{事}” in this order (at least 80%).",
        ),
        (
            "require: {sequence: {steps: [抱歉, 核实], max_gap: 60}, role: agent}",
            "坐席须依次先说出「抱歉」，再说出「核实」（每步间隔不超过 60 秒）。",
            "The agent must say “抱歉”, then “核实” (at most 60 s between steps).",
        ),
        (
            "forbid: {repetition: {times: 3, within_seconds: 60, ignore: [您好]}, role: agent}",
            "坐席不得把同样的话说 3 遍或更多（60 秒内）（提到「您好」的话不算）。",
            "The agent must not say the same thing 3 times or more (within 60 s) (not where “您好” is said).",
        ),
        (
            "forbid: {entity: {kind: [id_card, bank_card], valid: true}, role: agent}",
            "坐席不得说出有效的身份证号码或银行卡号。",
            "The agent must not say an id card number or a bank card number that is valid.",
        ),
        (
            "forbid: {similarity: {like: [这不归我们管]}, role: agent}",
            "坐席不得说出与「这不归我们管」意思相近的话。",
            "The agent must not say something that means “这不归我们管”.",
        ),
        (
            "require: {phrase: 您, role: agent, every: sentence}",
            "坐席每句话须说出「您」。",
            "The agent must say “您” in every sentence.",
        ),
        (
            "forbid: {phrase: {all_of: [退, 保证]}, role: agent, same: {unit: turn, min_characters: 4}}",
            "坐席不得在同一次发言里说出「退」和「保证」（不到 4 个字的不看）。",
            "The agent must not say “退” and “保证” in one turn (those under 4 characters are left out).",
        ),
        (
            "applies_when: {direction: inbound, has: ring_seconds}\n"
            "require: {metric: {name: ring_seconds, at_most: 15}}",
            "当呼叫方向为呼入，且已知振铃时长时，振铃时长须不超过 15 秒。",
            "When the direction is inbound and the ringing time is known: the ringing time must be at most 15 s.",
        ),
        (
            "forbid: {metric: {name: characters_per_minute.agent, above: 280}}",
            "坐席语速不得大于 280 字/分钟。",
            "The rate of speech of the agent must not be above 280 characters/min.",
        ),
        (
            "require: {phrase: 抱歉, role: agent, after: {phrase: 投诉, role: customer, hit: each, seconds: 30}}",
            "坐席须在客户每次说出「投诉」之后 30 秒内说出「抱歉」。",
            "The agent must say “抱歉” within 30 s after every time that the customer says “投诉”.",
        ),
        (
            "require: {phrase: 抱歉, before: {rule: Y-001, hit: 1}, near: {event: hold, hit: last, sentences: 2}}",
            "任何一方须在规则 Y-001（问候）第一次命中之前、最后一次保持音乐前后 2 句话内说出「抱歉」。",
            "Anybody must say “抱歉” before the first hit of rule Y-001 (问候), within 2 sentences around the last "
            "stretch of hold music.",
        ),
        (
            "require: {phrase: 抱歉, after: {phrase: 投诉, hit: 3}}",
            "任何一方须在任何一方第 3 次说出「投诉」之后说出「抱歉」。",
            "Anybody must say “抱歉” after the 3rd time that anybody says “投诉”.",
        ),
        (
            "forbid: {event: {kind: dead_air, waived: false, min_seconds: 15}}",
            "不得出现 15 秒以上的未告知等待的冷场。",
            "There must be no unannounced stretch of dead air of 15 s or more.",
        ),
        (
            "require: {event: {kind: interruption, by: agent, count: {at_most: 2}}}",
            "坐席抢话次数须不超过 2 次。",
            "The number of interruptions by the agent must be at most 2.",
        ),
        (
            "require: {any: [{phrase: 您好}, {not: {rule: {id: Y-001, verdict: hit}}}]}",
            "须满足其中一项：（任何一方说出「您好」），或者（规则 Y-001（问候）不为「有命中」）。",
            "One of these must hold: (anybody says “您好”) or (rule Y-001 (问候) is not hit).",
        ),
        (
            "forbid: {all: [{phrase: 您好}, {not: {any: [{phrase: 再见}, {event: hold}]}}]}",
            "不得同时出现：（任何一方说出「您好」），并且（并非（（任何一方说出「再见」），或者（出现保持音乐）））。",
            "These may not hold together: (anybody says “您好”) and (it is not so that (anybody says “再见”) or "
            "(there is a stretch of hold music)).",
        ),
        (
            "forbid: {phrase: 保证}\nexcept: {phrase: 按合同}",
            "任何一方不得说出「保证」；但任何一方说出「按合同」时除外。",
            "Anybody must not say “保证”; except where anybody says “按合同”.",
        ),
        (
            "assisted: true\nforbid: {phrase: 俺}",
            "任何一方不得说出「俺」（仅供人工参考）。",
            "Anybody must not say “俺” (a hint for the reviewer).",
        ),
        (
            "prerequisites: [Y-001]\neffective: {from: 2026-01-01, until: 2026-12-31}\nforbid: {phrase: 俺}",
            "自 2026-01-01 起到 2026-12-31 为止，在规则 Y-001（问候）符合的前提下，任何一方不得说出「俺」。",
            "From 2026-01-01 until 2026-12-31: Where rule Y-001 (问候) is met: anybody must not say “俺”.",
        ),
        (
            "require: {phrase: 抱歉, role: agent, after: {phrase: [投诉, 不满], role: customer, seconds: 60}}",
            "坐席须在客户说出「投诉」或「不满」之后 60 秒内说出「抱歉」。",
            "The agent must say “抱歉” within 60 s after the customer says “投诉” or “不满”.",
        ),
        (
            "forbid: {phrase: 抱歉, role: agent, near: {phrase: 投诉, hit: any, seconds: 5, sentences: 3}}",
            "坐席不得在任何一方说出「投诉」前后 5 秒、3 句话内说出「抱歉」。",
            "The agent must not say “抱歉” within 5 s and 3 sentences around any time that anybody says “投诉”.",
        ),
        (
            "require: {phrase: 久等, role: agent, after: {event: hold}, within: {last_percent: 20}}",
            "坐席须在通话最后 20% 的时间内、保持音乐之后说出「久等」。",
            "The agent must say “久等” in the last 20 % of the call, after a stretch of hold music.",
        ),
        (
            "require: {sequence: [{phrase: 请问您同意吗, role: agent}, {phrase: 我同意, role: customer}], role: agent}",
            "坐席须依次先说出「请问您同意吗」，再由客户说出「我同意」。",
            "The agent must say “请问您同意吗”, then “我同意” said by the customer.",
        ),
        (
            "require: {entity: {kind: number, min_digits: 4, max_digits: 8}, role: agent}",
            "坐席须说出数字（4 到 8 位）。",
            "The agent must say a number (4 to 8 digits).",
        ),
        (
            "forbid: {metric: {name: silence_share, above: 0.3}}",
            "静音占比不得大于 30%。",
            "The share of silence must not be above 30 %.",
        ),
        (
            "require: {metric: {name: interruptions.agent, at_most: 2}}",
            "坐席抢话次数须不超过 2 次。",
            "The number of interruptions of the agent must be at most 2.",
        ),
        (
            "require: {phrase: {any_of: [工号], count: {exactly: 1}}, role: agent}",
            "坐席须说出「工号」正好 1 次。",
            "The agent must say “工号” exactly once.",
        ),
        (
            "require: {event: {kind: hold, max_seconds: 60, count: {at_most: 2}}, within: {first_percent: 50}}",
            "在通话前 50% 的时间内，60 秒以内的保持音乐次数须不超过 2 次。",
            "The number of stretches of hold music of 60 s at most in the first 50 % of the call must be at most 2.",
        ),
        (
            "forbid: {rule: {id: Y-001, verdict: [not_met, undetermined]}}",
            "规则 Y-001（问候）不得为「不符合」或「待人工」。",
            "Rule Y-001 (问候) may not come out as not met or undetermined.",
        ),
        (
            "applies_when: {queue: [loan, card], metadata: {product: x}}\nforbid: {phrase: 俺}",
            "当队列为「loan」或「card」，且「product」为「x」时，任何一方不得说出「俺」。",
            "When the queue is “loan” or “card” and “product” is “x”: anybody must not say “俺”.",
        ),
    ],
)
def test_a_rule_is_one_plain_sentence(body: str, chinese: str, english: str) -> None:
    rule = rule_of(body)
    titles = {"Y-001": "问候"}
    assert describe(rule, titles=titles) == chinese
    assert describe(rule, "en", titles=titles) == english


def bare(sentence: str) -> str:
    """A sentence without what it quotes and without ids of rules."""
    without = re.sub(r"[「“][^」”]*[」”]|/.*?/(?= |,|\)|\.$)|[A-Z][A-Z0-9]*-\d+|\d{4}-\d\d-\d\d", "", sentence)
    return re.sub(r"「.*」", "", without)


def test_every_shipped_rule_can_be_said_without_words_of_code() -> None:
    rules = load_ruleset(shipped("rules")).rules
    titles = {rule.id: rule.title_zh for rule in rules}
    for rule in rules:
        sentence = describe(rule, titles=titles)
        assert sentence.endswith("。")
        assert bare(sentence).count("。") == 1, sentence
        assert not re.search(r"[A-Za-z_]{2,}", bare(sentence)), sentence
        assert "  " not in sentence
        english = describe(rule, "en")
        assert english.endswith(".")
        assert "_" not in bare(english), english
        assert "None" not in sentence + english


@pytest.mark.parametrize(
    "name", [name for name in dir(describe_words) if name.isupper() and isinstance(getattr(describe_words, name), dict)]
)
def test_both_languages_have_the_same_words(name: str) -> None:
    table = getattr(describe_words, name)
    assert set(table["zh"]) == set(table["en"])


def test_every_name_of_the_grammar_has_a_word() -> None:
    from asr_qa.core.checks.timing import EVENT_KINDS, METRICS
    from asr_qa.core.entities import ENTITIES

    plain = {name if name in describe_words.METRICS["zh"] else name.split(".")[0] for name in METRICS}
    assert plain <= set(describe_words.METRICS["zh"])
    assert set(EVENT_KINDS) <= set(describe_words.EVENTS["zh"])
    assert set(ENTITIES) <= set(describe_words.ENTITIES["zh"])
