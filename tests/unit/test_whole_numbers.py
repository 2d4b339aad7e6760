"""A number or a code is found whole: a promise of three days is not heard in one of thirteen."""

from __future__ import annotations

import pytest

from asr_qa.core.evaluate import evaluate
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"


def is_said(phrase: str, words: str) -> bool:
    rule = HEAD + f"require: {{phrase: ['{phrase}'], role: agent}}\n"
    (finding,) = evaluate(parse_rules(rule).ruleset, sketched_call(f"A 0-4 {words} | B 5-9 好的谢谢"))
    return finding.verdict.value == "met"


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("三天内", "十三天内答复您"),
        ("三天内", "二十三天内答复您"),
        ("三天内", "13天内答复您"),
        ("24小时内", "124小时内"),
        ("24小时内", "一百二十四小时内"),
        ("二十四小时", "一百二十四小时"),
        ("十五分钟", "二十五分钟"),
        ("五百元", "一千五百元"),
        ("五百元", "1500元"),
        ("8.5%", "利率18.5%"),
        ("百分之八点五", "百分之十八点五"),
        ("三个工作日", "三十个工作日"),
        ("三到五个工作日", "十三到五个工作日"),
        ("百分之十", "百分之十五"),
        ("10086", "请拨打110086"),
        ("IP电话", "您的VIP电话"),
        ("VIP客户", "您是VVIP客户"),
    ],
)
def test_not_within_a_longer_one(phrase: str, words: str) -> None:
    assert not is_said(phrase, words)


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("三天内", "这三天内答复您"),
        ("三天内", "山天内答复您"),
        ("五天内", "三到五天内答复您"),
        ("24小时内", "在二十四小时内"),
        ("24小时内", "二是四小时内"),
        ("一定帮您", "每月二十一定帮您"),
        ("一定帮您", "周三一定帮您"),
        ("一天内", "周三一天内"),
        ("块钱的套餐", "三百块钱的套餐"),
        ("三月五号", "二零二六年三月五号"),
        ("10086", "请拨打一零零八六"),
        ("VIP客户", "您是VIP客户"),
        ("VIP客户", "尊敬的 VIP 客户"),
    ],
)
def test_where_it_stands_by_itself(phrase: str, words: str) -> None:
    assert is_said(phrase, words)
