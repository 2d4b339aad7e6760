"""Laws of the newer checks: counts and their opposites, windows, and that nothing falls over."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr_qa.core.digits import fold_width
from asr_qa.core.evaluate import evaluate
from asr_qa.core.quantities import quantities
from asr_qa.core.rule import Bounds, Ruleset
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
RELAXED = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
WORDS = (
    "您好",
    "请稍等",
    "我要投诉",
    "一三八零零一三八零零零",
    "二十四小时内",
    "三百块",
    "我的账单怎么多了",
    "嗯",
    "?",
)

lines = st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from(WORDS)), min_size=0, max_size=6)
CHECKS = (
    "repetition: {}",
    "repetition: {within_seconds: 4, min_characters: 3}",
    "entity: [mobile, amount, duration, number]",
    "phrase: {any_of: [您好], count: {at_most: 1}}",
    "phrase: {any_of: [您好], count: {exactly: 2}}",
    "phrase: {all_of: [您好, 请稍等]}, same: sentence",
    "phrase: 您好, every: sentence",
    "regex: 请, every: turn",
    "script: {lines: [您好, 请稍等, 我要投诉], coverage: 0.6}",
)


@cache
def ruleset(body: str) -> Ruleset:
    return parse_rules(HEAD + body).ruleset


def call(said: list[tuple[str, str]], start: float = 0.0) -> list[str]:
    """Lines of 2 s, one every 2.5 s."""
    return [f"{role} {start + 2.5 * n}-{start + 2.5 * n + 2} {text}" for n, (role, text) in enumerate(said)]


def outcome(body: str, parts: list[str]) -> tuple[str, tuple[object, ...]]:
    (finding,) = evaluate(ruleset(body), sketched_call(" | ".join(parts)))
    heard = tuple(e for e in finding.evidence if not e.text.startswith("（"))
    return finding.verdict.value, heard


@pytest.mark.parametrize("polarity", ["require", "forbid"])
@pytest.mark.parametrize("check", CHECKS)
@RELAXED
@given(inside=lines, before=lines, after=lines)
def test_what_is_said_outside_the_window_never_matters(
    polarity: str,
    check: str,
    inside: list[tuple[str, str]],
    before: list[tuple[str, str]],
    after: list[tuple[str, str]],
) -> None:
    fixed = ["A 0-1 喂", "B 1-2 喂", "A 70-71 喂"]
    body = f"{polarity}: {{{check}, role: agent, within: {{from_seconds: 20, to_seconds: 40}}}}"
    around = [*call(before, 3), *call(inside, 21), *call(after, 45)]
    assert outcome(body, [*fixed, *around]) == outcome(body, [*fixed, *call(inside, 21)])


@RELAXED
@given(said=lines, least=st.integers(1, 4))
def test_at_most_is_the_opposite_of_more(said: list[tuple[str, str]], least: int) -> None:
    few = f"forbid: {{phrase: {{any_of: [您好], count: {{at_most: {least - 1}}}}}, role: agent}}"
    many = f"require: {{phrase: {{any_of: [您好], count: {{at_least: {least}}}}}, role: agent}}"
    assert outcome(few, call(said))[0] == outcome(many, call(said))[0]


@RELAXED
@given(said=lines)
def test_every_sentence_of_one_is_the_sentence(said: list[tuple[str, str]]) -> None:
    parts = ["A 0-2 您好请稍等", *(f"B {3 + 3 * n}-{5 + 3 * n} {text}" for n, (_, text) in enumerate(said))]
    plain = "require: {phrase: 您好, role: agent}"
    assert outcome(plain, parts) == outcome("require: {phrase: 您好, role: agent, every: sentence}", parts)
    assert outcome(plain, parts) == outcome("require: {phrase: 您好, role: agent, same: sentence}", parts)


@RELAXED
@given(said=lines, times=st.integers(2, 4))
def test_fewer_repetitions_are_found_where_more_are(said: list[tuple[str, str]], times: int) -> None:
    rule = "forbid: {repetition: {times: %d, min_characters: 2}, role: customer}"
    if outcome(rule % (times + 1), call(said))[0] == "not_met":
        assert outcome(rule % times, call(said))[0] == "not_met"


NUMERALS = "零一二三四五六七八九十百千万两0123456789.,:：-/%"
UNITS = ("块", "元", "毛", "月", "日", "号", "年", "点", "半", "分", "天", "小时", "个", "周", "星期", "¥", "百分之")


@settings(max_examples=300, deadline=None)
@given(text=st.lists(st.sampled_from([*NUMERALS, *UNITS, "今天", "下午", "内", "的"]), max_size=30).map("".join))
def test_quantities_lie_in_their_text_and_those_of_one_kind_do_not_overlap(text: str) -> None:
    folded = fold_width(text)
    ends: dict[str, int] = {}
    for one in quantities(folded):
        assert ends.get(one.kind, 0) <= one.first < one.last <= len(folded)
        assert 0 < one.confidence <= 1
        ends[one.kind] = one.last


@given(
    low=st.none() | st.floats(0, 20, allow_nan=False),
    high=st.none() | st.floats(0, 20, allow_nan=False),
    value=st.integers(0, 25),
    strict=st.booleans(),
)
def test_the_whole_numbers_of_bounds_are_those_that_pass(
    low: float | None, high: float | None, value: int, *, strict: bool
) -> None:
    bounds = Bounds(above=low, below=high) if strict else Bounds(at_least=low, at_most=high)
    least, most = bounds.whole
    assert bounds.hold(value) == (value >= least and (most is None or value <= most))
