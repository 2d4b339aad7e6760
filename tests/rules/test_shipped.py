"""The shipped rules and the default scorecard, together."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from asr_qa.bootstrap import Rules
from asr_qa.config import shipped
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding, Verdict
from asr_qa.core.report import KpiOptions
from asr_qa.core.rule import Ruleset, Severity
from asr_qa.core.scorecard import Fatal, Kind, Scorecard, ScoreSheet, Source, facts_of, score
from asr_qa.ruleset.cases import load_cases, sketched_call
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import card_issues, load_scorecard, rules_of_others, scorecard_names

FOLDER = shipped("rules")

CATALOGUE = {
    **dict.fromkeys(("OPEN-001", "OPEN-002", "OPEN-003", "OPEN-004", "OPEN-005"), "opening"),
    **dict.fromkeys((f"COMP-00{n}" for n in range(1, 8)), "compliance"),
    **dict.fromkeys((f"LANG-00{n}" for n in range(1, 8)), "language"),
    **dict.fromkeys((*(f"SERV-00{n}" for n in range(1, 10)), "SERV-010"), "service"),
    **dict.fromkeys((f"CLOS-00{n}" for n in range(1, 5)), "closing"),
    **dict.fromkeys((f"TIME-00{n}" for n in range(1, 8)), "timing"),
    **dict.fromkeys((f"SALE-{n:03}" for n in range(1, 13)), "sales"),
    **dict.fromkeys((f"CMPL-00{n}" for n in range(1, 9)), "complaint"),
    **dict.fromkeys((f"EN-{n:03}" for n in range(1, 17)), "english"),
}
CARDS = ("complaint", "inbound", "inbound_en", "outbound_sales")
OF_OTHER_CARDS = ("sales", "complaint", "english")
"""Packs that the card of inbound calls leaves out."""

# A call that does everything right, as it is spoken every day; times leave 0.5 s between speakers.
GOOD = """
A 0.5-8 您好欢迎致电华信客服中心工号1024为您服务本次通话将被录音请问您贵姓
| B 8.5-13 我姓王我的宽带一直连不上太慢了你们怎么回事
| A 13.5-21 王先生我理解您的心情非常抱歉给您带来不便您是想报修宽带对吗
| B 21.5-22 对
| A 22.5-26 好的我帮您查一下请稍等
| A 33-42 让您久等了查到是线路故障我为您安排师傅上门我们会在24小时内给您回电
| B 42.5-43.5 那好吧
| A 44-50 这样处理您看可以吗请问还有其他可以帮您的吗
| B 50.5-51.5 没有了谢谢
| A 52-60 感谢您的来电有任何问题欢迎随时致电祝您生活愉快再见
"""

# And one that does nearly everything wrong.
BAD = """
B 1-5 喂我要投诉你们太慢了
| A 20-23 你急什么
| B 23.5-27 你什么态度我要查一下我的余额
| A 27.5-33 余额是三百块这是你自己的问题我保证明天好
| B 33.5-37 明天还不好呢
| A 55-58 我也不知道你有病吧
"""

# What agents say every day and no forbidding rule may take offence at; many sound or look like forbidden words.
EVERYDAY = """
为了保证服务质量本次通话将被录音
您的保证金三个工作日内原路退回
这个时间我不敢保证建议您留意短信
不一定能赶上今天的班次
绝大部分快递明天能到
我对您反映的情况非常重视
您的问题我们一定会尽力处理
请问您方便提供一下订单号吗
请不要把验证码告诉任何人
验证码已经发到您的手机请您自己输入
您可以在首页点击忘记密码重新设置
您设置的密码不要告诉其他人
我们工作人员不会向您索要验证码
逾期可能会影响您的征信建议您尽快还款
我们会派人上门维修请保持电话畅通
您可以关注我们的微信公众号
您可以添加企业微信咨询
您的手机号后四位是一二三四对吗
订单尾号是八零六六二一
客服热线是四零零八二零八八二零
这个费用一共是一千二百三十四元五角
您是二零二六年十一月二十三号下的单
有没有办法我帮您看一下
这个情况我不太了解我帮您转接专员
我不清楚具体时间我去核实一下再回复您
您那边还有什么问题吗
您请说我在听
您慢慢说不着急
如果您不满意可以向我们投诉
没关系这个不影响使用
您提到的问题跟网络有关系
这不是您的问题是系统故障
请您听清楚以后按井号键
请问您听明白了吗
您急需的话我帮您加急
您别急我马上帮您查
滚动播放的通知您看到了吗
您有病历的话请拍照上传
他妈妈的手机号登记过吗
废物利用活动已经结束
这个套餐您看需要得到家人同意吗
阿拉伯语服务请按三
主要得看库存情况
那个月的账单已经出了
那您对这个处理结果满意吗
我重复一下您的地址
我已经跟您说明了退款规则
我刚才帮您查过了
您到底是哪个型号我帮您对一下
快递员会提前联系您
起始地址是您家吗
其实你可以选择自取
后果我帮您评估一下
给您好评返现活动已结束
请您不要连接公共网络
请问您寄什么东西
您的号码是多少
您那边翻不翻得到短信
请您稍后去试一下
请把身份证发给我们邮箱
抱怨的问题我们记录了
您找别的渠道也可以
通知您家人来取也可以
"""


@cache
def rules() -> Ruleset:
    return load_ruleset(FOLDER)


@cache
def card(name: str = "inbound") -> Scorecard:
    return load_scorecard(name, FOLDER, rules())


@cache
def applied(name: str) -> Ruleset:
    return Rules(rules(), card(name), rules_of_others(FOLDER, card(name))).applied


def _score(call: str, *, on: str = "inbound", **known: object) -> tuple[dict[str, Finding], ScoreSheet]:
    facts = sketched_call(call, **known)  # type: ignore[arg-type]
    findings = evaluate(applied(on), facts)
    return {f.rule_id: f for f in findings}, score(card(on), findings, facts=facts_of(facts.recording))


def test_catalogue_is_complete_and_lies_in_its_packs() -> None:
    assert {rule.id: rule.pack for rule in rules().rules} == CATALOGUE


def test_names_begin_with_their_pack_and_everything_is_explained() -> None:
    for rule in rules().rules:
        assert rule.name.startswith(rule.pack + ".")
        assert rule.title_zh
        assert rule.title_en
        assert rule.rationale, rule.id
        assert rule.false_positives, rule.id


def test_every_rule_has_three_cases_of_each_verdict_that_count() -> None:
    cases = Counter((c.rule_id, c.verdict) for c in load_cases(rules(), FOLDER) if not c.known_miss)
    verdicts = (Verdict.MET, Verdict.NOT_MET)
    assert [(rule, v.value) for rule in CATALOGUE for v in verdicts if cases[rule, v] < 3] == []


def test_rules_of_words_do_not_apply_to_other_languages() -> None:
    found, _ = _score("A 0-3 hello how can I help | B 4-6 my line is down", metadata={"language": "en"})
    spoken = {rule for rule in found if not rule.startswith("TIME") and rule not in ("OPEN-004", "OPEN-005")}
    assert {found[rule].verdict for rule in spoken} == {Verdict.NOT_APPLICABLE}
    assert found["OPEN-004"].verdict is Verdict.MET


def test_there_are_four_cards_and_between_them_they_use_every_rule() -> None:
    assert tuple(scorecard_names(FOLDER)) == CARDS
    used = {rule for name in CARDS for criterion in card(name).criteria for rule in criterion.rules}
    assert used == set(CATALOGUE)
    of_inbound = {rule for rule, pack in CATALOGUE.items() if pack not in OF_OTHER_CARDS}
    assert {rule for criterion in card().criteria for rule in criterion.rules} == of_inbound


@pytest.mark.parametrize("name", CARDS)
def test_cards_add_up_and_have_no_issues(name: str) -> None:
    shown = card(name)
    assert [section.title["zh"] for section in shown.sections] == ["业务准确性", "软技巧", "技术能力", "合规"]
    assert sum(criterion.points for criterion in shown.criteria if criterion.kind is not Kind.BONUS) == 100
    for parts in (shown.sections, shown.criteria, shown.bands):
        assert all(part.title["en"] for part in parts)
    assert [str(issue) for issue in card_issues(FOLDER, rules())] == []


@pytest.mark.parametrize("name", CARDS)
def test_cards_take_classes_and_fatal_scopes_from_their_rules(name: str) -> None:
    for criterion in card(name).criteria:
        named = [rule for rule in rules().rules if rule.id in criterion.rules]
        assert {rule.error_class.value for rule in named} <= {criterion.error_class.value}, criterion.id
        if any(rule.severity is Severity.FATAL for rule in named):
            assert criterion.fatal is Fatal.SHEET, criterion.id
        if any(rule.assisted for rule in named):
            assert criterion.source is Source.ASSISTED, criterion.id


def test_the_published_card_of_inbound_calls_has_not_changed() -> None:
    """Sheets refer to it: a change needs a new version."""
    assert card().stamp == "inbound@1+894adaddc57f"


def test_calls_are_tried_by_the_rules_of_their_card_alone() -> None:
    found, _ = _score(GOOD)
    assert set(found) == {rule for rule, pack in CATALOGUE.items() if pack not in OF_OTHER_CARDS}
    found, _ = _score(GOOD, on="complaint")
    assert {CATALOGUE[rule] for rule in found} >= {"complaint", "service"}
    assert not {CATALOGUE[rule] for rule in found} & {"sales", "english"}


def test_indicators_name_sections_and_rules_that_exist() -> None:
    options = KpiOptions()
    sections = {section.id for section in card().sections}
    assert {options.accuracy_section, *options.quality_sections} <= sections
    assert options.complaint_rule in CATALOGUE


def test_good_call_loses_nothing_and_passes() -> None:
    found, sheet = _score(GOOD, ring_seconds=6)
    assert {rule: f.verdict.value for rule, f in found.items() if f.verdict is Verdict.NOT_MET} == {}
    assert {rule for rule, f in found.items() if f.verdict is Verdict.NOT_APPLICABLE} == {
        "COMP-001",  # no account data
        "COMP-005",  # no complaint
        "SERV-004",  # no silence of ten seconds
        "SERV-007",  # no transfer
    }
    assert not sheet.fatal
    assert sheet.points == 100
    # 100 - 4 - 3 - 2 - 1 not applicable = 90; 5 + 7 manual and 1 + 1 assisted are left to people
    assert sheet.assessed_share == pytest.approx(76 / 90)


def test_bad_call_is_fatal_and_every_deduction_has_a_place() -> None:
    found, sheet = _score(BAD, ring_seconds=30)
    broken = {rule for rule, finding in found.items() if finding.verdict is Verdict.NOT_MET}
    assert broken == {
        *("OPEN-001", "OPEN-002", "OPEN-003", "OPEN-004", "OPEN-005"),
        *("COMP-001", "COMP-003", "COMP-005", "LANG-001", "LANG-002", "LANG-003", "LANG-005", "LANG-006"),
        *("SERV-001", "SERV-002", "SERV-003", "SERV-004", "SERV-006", "SERV-009", "SERV-010"),
        *("CLOS-001", "CLOS-002", "CLOS-003", "CLOS-004", "TIME-001", "TIME-002", "TIME-005"),
    }
    assert all(found[rule].evidence for rule in broken)
    assert found["LANG-002"].evidence[0].start == pytest.approx(55 + 3 * 5 / 9, abs=0.5)
    assert (sheet.points, sheet.fatal) == (0, True)
    assert {section.id: section.points for section in sheet.sections}["accuracy"] == pytest.approx(2)


def test_everyday_sentences_break_no_forbidding_rule() -> None:
    forbidding = {rule.id for rule in rules().rules if rule.polarity == "forbid"}
    taken = [
        (text, finding.rule_id, finding.evidence[0].text)
        for text in EVERYDAY.split()
        for finding in evaluate(rules(), sketched_call(f"A 0-8 {text} | B 9-10 嗯"))
        if finding.rule_id in forbidding and finding.verdict is Verdict.NOT_MET
    ]
    assert taken == []


def test_call_without_speech_has_no_points_rather_than_none_lost() -> None:
    found, sheet = _score("end 30", warnings=("no_speech",))
    assert {f.verdict for f in found.values()} <= {Verdict.UNDETERMINED, Verdict.NOT_APPLICABLE}
    assert sheet.points is None
    assert not sheet.fatal


def test_mechanical_reply_earns_two_of_five() -> None:
    _, sheet = _score("B 0-4 怎么回事太慢了 | A 5-8 非常抱歉 | B 9-10 嗯 | A 11-13 再见")
    empathy = next(result for result in sheet.criteria if result.id == "empathy")
    assert (empathy.points, empathy.verdict) == (2, Verdict.NOT_MET)


# --- the other cards

GOOD_SALE = """
A 0.5-8 您好我是华信银行的客户经理工号1024给您来电是想介绍一款理财请问您现在方便吗
| B 8.5-10 你说吧
| A 10.5-20 这款产品每月定投五百元年化三个点投资有风险历史业绩不代表未来
| B 20.5-22 听着还行
| A 22.5-26 请问您同意办理吗
| B 26.5-28 同意
| A 28.5-33 好的已经为您办理了请留意短信
| B 33.5-34.5 嗯好
| A 35-40 感谢您的接听祝您生活愉快再见
"""
BAD_SALE = """
A 0-3 喂是王先生吧
| B 4-5 谁啊
| A 5.5-12 我们保证您每年收益八个点机会难得
| B 12.5-14 不需要
| A 14.5-18 您的银行卡号是多少
| B 18.5-20 没兴趣别再打了
| A 20.5-26 您先听我说完已经为您办理了
| B 26.5-28 你干什么
"""
GOOD_COMPLAINT = """
A 0.5-6 您好投诉热线工号1024本次通话将被录音
| B 6.5-12 我要投诉冰箱坏了修了两次太差了我要找你们领导
| A 12.5-20 非常抱歉给您带来不便我理解您的心情马上为您升级处理
| B 20.5-21.5 快点
| A 22-31 您反映的是冰箱修了两次没好对吗这是我们的失误责任由我们来承担
| B 31.5-32.5 对
| A 33-42 给您换货您看可以吗我们会在24小时内给您回电
| B 42.5-43.5 可以
| A 44-53 已经登记您的工单号是8866我会持续跟进您对这个处理还满意吗
| B 53.5-54.5 行吧
| A 55-58 感谢您的来电再见
"""
GOOD_ENGLISH = """
A 0.5-7 Good morning, my name is Anna, this call may be recorded. How can I help?
| B 7.5-12 my line is down for the third time, this is ridiculous
| A 12.5-18 I am so sorry, that must be frustrating. What is your date of birth?
| B 18.5-20 May first
| A 20.5-26 Thank you. Just to confirm, your line is down since this morning?
| B 26.5-27.5 yes
| A 28-36 A technician comes tomorrow, your bill is not affected. Is there anything else I can do?
| B 36.5-37.5 no
| A 38-41 Thanks for calling, have a great day!
"""


@pytest.mark.parametrize(
    ("call", "on", "known"),
    [
        (GOOD_SALE, "outbound_sales", {"direction": "outbound"}),
        (GOOD_COMPLAINT, "complaint", {}),
        (GOOD_ENGLISH, "inbound_en", {"metadata": {"language": "en"}}),
    ],
)
def test_good_calls_lose_nothing_on_their_cards(call: str, on: str, known: dict[str, object]) -> None:
    found, sheet = _score(call, on=on, **known)
    assert {rule: f.verdict.value for rule, f in found.items() if f.verdict is Verdict.NOT_MET} == {}
    assert (sheet.points, sheet.band, sheet.fatal) == (100, "excellent", False)
    assert sheet.assessed_share >= 0.8


def test_a_bad_sale_is_fatal_and_every_deduction_has_a_place() -> None:
    found, sheet = _score(BAD_SALE, on="outbound_sales", direction="outbound")
    broken = {rule for rule, finding in found.items() if finding.verdict is Verdict.NOT_MET}
    sale = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
    assert broken >= {f"SALE-{n:03}" for n in sale}
    assert all(found[rule].evidence for rule in broken)
    assert (sheet.points, sheet.band, sheet.fatal) == (0, "failed", True)


def test_terms_are_asked_for_only_where_something_was_signed() -> None:
    lines = {line.id: line for line in _score(GOOD_SALE, on="outbound_sales", direction="outbound")[1].criteria}
    assert lines["contract_terms"].verdict is Verdict.UNDETERMINED  # a person decides
    lines = {
        line.id: line
        for line in _score("A 0-3 您好 | B 4-5 不要", on="outbound_sales", direction="outbound")[1].criteria
    }
    assert lines["contract_terms"].verdict is Verdict.NOT_APPLICABLE


def test_a_bad_line_takes_no_more_than_the_cap_of_technical_skills() -> None:
    call = "B 0-2 喂我要投诉 | A 20-22 喂请讲 | B 23-25 修了两次 | A 45-46 那又怎么 | B 47-49 什么 | A 70-73 行吧"
    _, sheet = _score(call, on="complaint")
    technical = next(section for section in sheet.sections if section.id == "technical")
    lost = sum(
        line.max_points - (line.points or 0)
        for line in sheet.criteria
        if line.points is not None
        and line.id
        in (
            "first_response",
            "wait_announced",
            "thanks_for_waiting",
            "no_dead_air",
            "no_serious_dead_air",
            "no_interruptions",
            "no_talk_over",
            "speech_rate",
        )
    )
    assert technical.points == technical.max_points - min(lost, 10)
