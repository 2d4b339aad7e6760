"""Codes of letters as they are read aloud."""

from __future__ import annotations

import pytest

from asr_qa.core.checks.index import PhraseIndex
from asr_qa.core.checks.stream import build_source
from asr_qa.core.finding import Match
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance, spread


def matches(key: str, heard: str) -> set[Match]:
    utterance = Utterance(Role.AGENT, 0, 4, heard, words=spread(heard, Segment(0, 4)))
    source = build_source(Role.AGENT, [(utterance, None)])
    assert source is not None
    return {place.match for place in PhraseIndex({key: 2}).search(source).get(key, [])}


@pytest.mark.parametrize(
    ("key", "heard", "match"),
    [
        ("APP下载", "请到诶批批下载", Match.HOMOPHONE),
        ("诶批批下载", "请到 A P P 下载", Match.HOMOPHONE),
        ("VIP客户", "尊敬的微爱批客户", Match.HOMOPHONE),
        ("5G套餐", "办理五记套餐", Match.HOMOPHONE),
        ("4S店", "去四艾丝店", Match.HOMOPHONE),
        ("Wi-Fi密码", "您的 wifi 密码", Match.HOMOPHONE),
        ("e租宝理财", "一租保理财", Match.HOMOPHONE),
        ("幺零零八六", "拨打一零零八六", Match.HOMOPHONE),
        ("银行转账", "银航转账", Match.HOMOPHONE),
    ],
)
def test_codes_match_how_they_are_read(key: str, heard: str, match: Match) -> None:
    assert match in matches(key, heard)


def test_words_are_no_codes() -> None:
    assert matches("hello客服", "哈喽客服") == set()
