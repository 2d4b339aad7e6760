"""Laws of rules: what lies outside a scope never matters, logic is logic, and nothing falls over."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from asr_qa.core.evaluate import CallFacts, evaluate
from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Ruleset
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
WORDS = (
    "您好",
    "请稍等",
    "投诉",
    "二十四小时内",
    "保证",
    "一三八",
    "喂",
    "抱歉",
    "行",
    "银",
    "OK",
    "百分之",
    "百",
    "?",
)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])

sentence = st.lists(st.sampled_from(WORDS[:-1]), min_size=1, max_size=4).map("".join) | st.just("?")
slots = st.lists(st.tuples(st.sampled_from("AB"), sentence), min_size=0, max_size=4)


def part(slots: list[tuple[str, str]], start: float) -> list[str]:
    """Sentences of 2 s, one every 2.5 s, from `start` on."""
    return [f"{role} {start + 2.5 * n}-{start + 2.5 * n + 2} {text}" for n, (role, text) in enumerate(slots)]


@cache
def ruleset(body: str) -> Ruleset:
    return parse_rules(HEAD + body).ruleset


def verdict(rules: Ruleset, facts: CallFacts) -> tuple[Verdict, tuple[object, ...], float | None]:
    (finding,) = evaluate(rules, facts)
    said = tuple(e for e in finding.evidence if e.text and not e.text.startswith("（"))
    return finding.verdict, said, finding.confidence


CHECKS = (
    "phrase: {any_of: [请稍等, 二十四小时内, 银行, 百分之百]}",
    "phrase: {any_of: [投诉], min_count: 2}",
    "phrase: {none_of: [保证]}",
    "regex: '[0-9]{2,}'",
    "script: '您好[请]{x}稍等'",
    "sequence: [抱歉, 请稍等]",
)


@pytest.mark.parametrize("polarity", ["require", "forbid"])
@pytest.mark.parametrize("check", CHECKS)
@RELAXED
@given(inside=slots, before=slots, after=slots)
def test_words_outside_the_window_never_matter(
    polarity: str,
    check: str,
    inside: list[tuple[str, str]],
    before: list[tuple[str, str]],
    after: list[tuple[str, str]],
) -> None:
    # 0 ........ 20 ........ 40 ........ 60      only 20 .. 40 is in scope; "喂" at both ends keeps the call's shape
    fixed = ["A 0-1 喂", "B 1-2 喂", "A 70-71 喂"]
    rules = ruleset(f"{polarity}: {{{check}, role: agent, within: {{from_seconds: 20, to_seconds: 40}}}}")
    alone = sketched_call(" | ".join(fixed + part(inside, 20)))
    among = sketched_call(" | ".join(fixed + part(before, 9) + part(inside, 20) + part(after, 45)))
    assert verdict(rules, alone) == verdict(rules, among)


@pytest.mark.parametrize("check", CHECKS)
@RELAXED
@given(mine=slots, theirs=slots)
def test_words_of_the_other_role_never_matter(
    check: str, mine: list[tuple[str, str]], theirs: list[tuple[str, str]]
) -> None:
    fixed = ["A 0-1 喂", "A 70-71 喂"]
    said = [("A", text) for _, text in mine]
    other = [("B", text) for _, text in theirs]
    rules = ruleset(f"require: {{{check}, role: agent}}")
    alone = sketched_call(" | ".join(fixed + part(said, 20)))
    among = sketched_call(" | ".join(fixed + part(said, 20) + part(other, 21)))
    assert verdict(rules, alone) == verdict(rules, among)


@RELAXED
@given(call=st.lists(st.tuples(st.sampled_from("AB"), sentence), min_size=1, max_size=8), cut=st.integers(1, 19))
def test_a_window_that_cuts_a_sentence_sees_only_its_words(call: list[tuple[str, str]], cut: int) -> None:
    facts = sketched_call(" | ".join(part(call, 0)))
    # a phrase that the window cuts is not inside it, so what is left of it is no fuzzy match either
    listened = "{any_of: [请稍等, 二十四小时内, 银行, 百分之百], match: [exact, homophone, near]}"
    rules = ruleset(f"require: {{phrase: {listened}, within: {{first_seconds: {cut}}}}}")
    kept = tuple(
        replace(u, words=tuple(w for w in u.words if w.start < cut - 1e-6))
        for u in facts.transcript.utterances
        if u.start < cut
    )
    cut_facts = replace(
        facts, transcript=replace(facts.transcript, utterances=tuple(u for u in kept if u.words or not u.text))
    )
    (whole,), (part_only,) = evaluate(rules, facts), evaluate(rules, cut_facts)
    if any(u.words for u in cut_facts.transcript.utterances):
        assert [e for e in whole.evidence if e.match != "timing"] == [
            e for e in part_only.evidence if e.match != "timing"
        ]


@RELAXED
@given(call=st.lists(st.tuples(st.sampled_from("AB"), sentence), min_size=1, max_size=8))
def test_not_turns_a_verdict_round(call: list[tuple[str, str]]) -> None:
    facts = sketched_call(" | ".join(part(call, 0)))
    opposite = {Verdict.MET: Verdict.NOT_MET, Verdict.NOT_MET: Verdict.MET}
    for check in ("phrase: 投诉, role: agent", "event: dead_air", "metric: {name: ring_seconds, at_most: 1}"):
        forbidden = verdict(ruleset(f"forbid: {{{check}}}"), facts)[0]
        negated = verdict(ruleset(f"require: {{not: {{{check}}}}}"), facts)[0]
        twice = verdict(ruleset(f"forbid: {{not: {{not: {{{check}}}}}}}"), facts)[0]
        assert forbidden == negated == twice
        assert opposite.get(forbidden, forbidden) != forbidden or forbidden is Verdict.UNDETERMINED


@RELAXED
@given(call=st.lists(st.tuples(st.sampled_from("AB"), sentence), min_size=1, max_size=8))
def test_findings_stay_in_the_call_and_confidence_between_0_and_1(call: list[tuple[str, str]]) -> None:
    facts = sketched_call(" | ".join(part(call, 0)))
    end = facts.timeline.duration
    timing = ("event: dead_air", "event: {kind: hold, count: {at_most: 0}}", "metric: {name: duration, below: 5}")
    for check in (*CHECKS, *timing, "not: {not: {phrase: 投诉}}", "all: [{phrase: {none_of: [保证]}}]"):
        for polarity in ("require", "forbid"):
            (finding,) = evaluate(ruleset(f"{polarity}: {{{check}}}"), facts)
            assert finding.confidence is None or 0 <= finding.confidence <= 1
            assert all(0 <= e.start <= e.end <= end for e in finding.evidence)
            if finding.verdict is Verdict.NOT_MET:
                assert finding.evidence


@RELAXED
@given(raw=st.text(max_size=40), phrase=st.sampled_from(["您好请讲", "thank you", "24小时"]))
def test_any_text_can_be_searched(raw: str, phrase: str) -> None:
    facts = sketched_call("A 0-2 喂")
    (said,) = facts.transcript.utterances
    odd = replace(said, text=raw, words=())
    facts = replace(facts, transcript=replace(facts.transcript, utterances=(odd, said)))
    (finding,) = evaluate(ruleset(f"require: {{phrase: {phrase}}}"), facts)
    assert finding.verdict in (Verdict.MET, Verdict.NOT_MET)
