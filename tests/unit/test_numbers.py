"""Numbers as they are written and as they are said: a phrase written either way is found where either was heard."""

from __future__ import annotations

import pytest

from asr_qa.core.checks.index import PhraseIndex
from asr_qa.core.checks.stream import build_source
from asr_qa.core.finding import Match
from asr_qa.core.numberforms import forms, sayings
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.text import FOLDED, PLAIN, SPOKEN, normalise, plain
from asr_qa.core.transcript import Utterance, spread


def said(text: str) -> Utterance:
    end = 0.25 * len(text)
    return Utterance(Role.AGENT, 0, end, text, words=spread(text, Segment(0, end), confidence=0.9))


def kinds(heard: str, phrase: str) -> set[Match]:
    source = build_source(Role.AGENT, [(said(heard), None)])
    assert source is not None
    return {place.match for place in PhraseIndex({phrase: 3}).search(source).get(phrase, [])}


SAME = [
    ("24小时内", "二十四小时内", "廿四小时内"),
    ("35岁以上", "三十五岁以上", "卅五岁以上"),
    ("你们两个人", "你们2个人", "你们俩人"),
    ("费用是15000元", "费用是一万五千元", "费用是1.5万元", "费用是一万五元", "费用是一点五万元", "费用是1万5千元"),
    ("每月320.5元", "每月三百二十块五", "每月320块5", "每月三百二十元五角", "每月320块5毛", "每月320.50元"),
    ("每月300元套餐", "每月三百块钱套餐", "每月300块套餐", "每月¥300套餐"),
    ("每分钟0.3元", "每分钟三毛", "每分钟3角"),
    ("四分之三的人", "3/4的人", "4分之3的人"),
    ("利率是3.5%", "利率是百分之三点五", "利率是百分之3.5"),
    ("100%保证", "百分之百保证", "百分百保证", "百分之一百保证"),
    ("下午三点半联系", "下午3:30联系", "下午3点30联系", "下午三点三十分联系"),
    ("上午九点零五分开始", "上午9:05开始", "上午九点零五开始", "上午九点五分开始"),
    ("早上9:00-18:00营业", "早上九点到十八点营业", "早上9点至18点营业"),
    ("三到五个工作日", "3-5个工作日", "3~5个工作日", "三至五个工作日", "3到5个工作日"),
    ("2026-11-22到期", "2026年11月22日到期", "二零二六年十一月二十二号到期", "2026/11/22到期"),
    ("第3步操作", "第三步操作"),
    ("编号105号", "编号一百零五号", "编号一零五号", "编号幺零五号"),
    ("一共1200元", "一共一千二百元", "一共一千二元"),
    ("一共23000元", "一共两万三元", "一共两万三千块"),
    ("5G套餐", "五G套餐"),
    ("4S店", "四s店"),
    ("A4纸打印", "a四纸打印"),
    ("拨打13800138000", "拨打幺三八零零幺三八零零零", "拨打138-0013-8000", "拨打一三八，零零一三，八零零零"),
    ("工号0719", "工号洞拐幺勾", "工号零七幺九", "工号零七一九"),
    ("等一个半小时", "等1.5小时", "等1.5个小时"),
    ("请拨打110", "请拨打幺幺零", "请拨打一一零"),
]


@pytest.mark.parametrize(("phrase", "heard"), [(a, b) for ways in SAME for a in ways for b in ways])
def test_a_phrase_is_found_however_its_numbers_are_written(phrase: str, heard: str) -> None:
    assert Match.EXACT in kinds(f"那么{heard}好吧", phrase)


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("35天内", "三五天内"),  # three to five, not thirty-five
        ("23个人", "两三个人"),
        ("340元", "三四十元"),
        ("18岁", "十七八岁"),
        ("5元套餐", "3.5元套餐"),
        ("1元优惠", "一块优惠"),  # together
        ("下午3点15", "下午三点半"),
        ("30%优惠", "百分之三十五优惠"),
        ("15000元", "一万五千五元"),
        ("3到5天", "13到5天"),
    ],
)
def test_other_numbers_are_not_taken_for_it(phrase: str, heard: str) -> None:
    assert Match.EXACT not in kinds(f"那么{heard}好吧", phrase)


@pytest.mark.parametrize(
    ("phrase", "heard"),
    [
        ("拨打110报警电话", "拨打幺幺零保警电话"),
        ("拨打110报警电话", "拨打一一零保警电话"),
        ("拨打110报警电话", "拨打一百一十保警电话"),
        ("拨打幺幺零报警电话", "拨打110保警电话"),
        ("拨打一一零报警电话", "拨打要要零报警电话"),
        ("拨打10086号码", "拨打要零零八六号马"),
        ("拨打10086号码", "拨打医零零八六号马"),
        ("费用是15000元", "费用是一万五钱元"),
        ("两个工作日内", "2个工做日内"),
        ("2个工作日内", "凉个工作日内"),
        ("下午3:30联系您", "下午三点半连系您"),
        ("5G套餐资费", "五鸡套餐资费"),
    ],
)
def test_numbers_are_heard_through_homophones(phrase: str, heard: str) -> None:
    assert Match.HOMOPHONE in kinds(heard, phrase)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("3:30", "3点30"),
        ("09:00", "9点"),
        ("9:00-18:00", "9点到18点"),
        ("3-5天", "3到5天"),
        ("3 ~ 5 天", "3到5天"),
        ("3%-5%", "3%到5%"),
        ("3/4", "4分之3"),
        ("24/7", "247"),
        ("2026-11-22", "2026年11月22日"),
        ("2026.1.2", "2026年1月2日"),
        ("138-0013-8000", "13800138000"),
        ("021-65881234", "02165881234"),
        ("400-820-8820", "4008208820"),
        ("A4-5", "a45"),
        ("5-3", "53"),
        ("¥1,320.5", "1320.5元"),
        ("192.168.1.1", "192.168.1.1"),
    ],
)
def test_marks_in_numbers_are_read(raw: str, expected: str) -> None:
    assert plain(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("20000", "两万"),
        ("15000元", "一万五千元"),
        ("12345", "幺二三四五"),
        ("2个", "两个"),
        ("第2个", "第二个"),
        ("2月2号", "二月二号"),
        ("1/2", "二分之一"),
        ("2.5", "二点五"),
        ("廿四", "二十四"),
        ("2011年", "二零一一年"),
        ("3:30", "三点三十"),
    ],
)
def test_written_numbers_are_read_aloud(raw: str, expected: str) -> None:
    assert normalise(raw, SPOKEN).text == expected


def test_a_rewritten_number_stands_for_the_characters_it_was_made_of() -> None:
    # raw:    约 0 9 : 3 0 联 系
    # index:  0  1 2 3 4 5 6  7
    read = normalise("约09:30联系", PLAIN)
    assert read.text == "约9点30联系"
    assert read.spans == ((0, 1), (1, 6), (1, 6), (1, 6), (1, 6), (6, 7), (7, 8))
    folded = normalise("约一点五万元", FOLDED)
    assert folded.text == "约15000元"
    assert folded.spans == ((0, 1), *[(1, 5)] * 5, (5, 6))


def test_a_phrase_without_numbers_has_one_form_and_one_saying() -> None:
    assert forms("请您稍等") == ("请您稍等",)
    assert sayings("请您稍等", "请您稍等") == ("请您稍等",)


def test_forms_stay_few_where_a_phrase_is_full_of_numbers() -> None:
    folded = "到".join(["320.5元"] * 9)
    assert len(forms(folded)) < 60
    assert forms(folded)[0] == folded
