from __future__ import annotations

import pytest

from asr_qa.config import shipped
from asr_qa.ruleset.describe import describe
from asr_qa.ruleset.loader import load_ruleset, parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "require: {phrase: [您好, 你好], role: agent, within: {first_seconds: 30}}",
            "坐席须在开场 30 秒内说出「您好」「你好」之一。",
        ),
        ("forbid: {phrase: 绝对, role: agent}", "坐席不得说出「绝对」。"),
        ("forbid: {phrase: {any_of: [那个], min_count: 6}, role: agent}", "坐席不得共至少 6 次说出「那个」。"),
        (
            "applies_when: {direction: inbound, has: ring_seconds}\n"
            "require: {metric: {name: ring_seconds, at_most: 15}}",
            "当呼叫方向为呼入，且已知振铃时长时，须满足：振铃时长不超过 15 秒。",
        ),
        (
            "require: {phrase: 抱歉, role: agent, after: {phrase: 投诉, role: customer, hit: each, seconds: 30}}",
            "坐席须在每一次客户说出「投诉」之后 30 秒内说出「抱歉」。",
        ),
        (
            "forbid: {event: {kind: dead_air, waived: false, min_seconds: 15}}",
            "不得出现：有15 秒以上的未告知等待的冷场。",
        ),
        ("require: {event: {kind: interruption, by: agent, count: {at_most: 2}}}", "须满足：坐席抢话次数不超过 2。"),
        ("require: {sequence: [抱歉, 核实], role: agent}", "坐席须依次先说出「抱歉」，再说出「核实」。"),
        (
            "require: {any: [{phrase: 您好}, {not: {rule: {id: X-001, verdict: hit}}}]}".replace("X-001", "Y-001"),
            "须满足：（任何一方说出「您好」），或者（并非（规则 Y-001 有命中））。",
        ),
        (
            "forbid: {phrase: 保证}\nexcept: {phrase: 按合同}",
            "任何一方不得说出「保证」；但任何一方说出「按合同」时除外。",
        ),
        ("assisted: true\nforbid: {phrase: 俺}", "任何一方不得说出「俺」（仅供人工参考）。"),
    ],
)
def test_a_rule_is_one_plain_sentence(body: str, sentence: str) -> None:
    text = HEAD + body
    if "Y-001" in body:
        other = HEAD.replace("X-001", "Y-001").replace("x.y", "y.y") + "require: {phrase: a}"
        text = "rules:\n" + "".join("- " + rule.replace("\n", "\n  ") + "\n" for rule in (text, other))
    rule = parse_rules(text).ruleset.get("X-001")
    assert rule is not None
    assert describe(rule) == sentence


def test_every_shipped_rule_can_be_said() -> None:
    for rule in load_ruleset(shipped("rules")).rules:
        sentence = describe(rule)
        assert sentence.endswith("。")
        assert sentence.count("。") == 1
        assert "None" not in sentence
