"""Lists of tens of thousands of words: readings are worked out only where they are asked for, and once."""

from __future__ import annotations

from itertools import islice, product

import pytest

from asr_qa.core.checks import index
from asr_qa.core.checks.index import MIN_SYLLABLES, PhraseIndex, key_of
from asr_qa.core.checks.stream import build_source
from asr_qa.core.finding import Match
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance, spread

COUNT = 50_000
FIRST, SECOND = "富士康华信宽带银行理财保险基金", "套餐费用订单退款工资账户密码号"


def words() -> list[str]:
    return ["".join(one) for one in islice(product(FIRST, SECOND, FIRST, SECOND[::-1]), COUNT)]


def test_a_list_that_is_matched_exactly_needs_no_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str) -> tuple[str, ...]:
        raise AssertionError(f"{text} was read aloud")

    monkeypatch.setattr(index, "readings", refuse)
    key_of.cache_clear()
    listed = words()
    assert len(set(listed)) == COUNT
    assert PhraseIndex(dict.fromkeys(listed, 0)).phrases.keys() == set(listed)


def test_a_long_list_is_read_aloud_and_found() -> None:
    listed = words()
    assert {len(key_of(word).codes) for word in listed} == {4}
    wanted = listed[COUNT // 2]
    text = f"您好{wanted}谢谢"
    source = build_source(Role.AGENT, [(Utterance(Role.AGENT, 0, 4, text, words=spread(text, Segment(0, 4))), None)])
    assert source is not None
    found = PhraseIndex(dict.fromkeys(listed, MIN_SYLLABLES)).search(source)
    assert {place.match for place in found[wanted]} >= {Match.EXACT, Match.HOMOPHONE}
