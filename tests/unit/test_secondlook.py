"""Listening again where a finding costs most: what is asked of the audio, and what its answer changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

from asr_qa.core.checks.again import Again, nearest
from asr_qa.core.checks.chance import chance, chance_again
from asr_qa.core.checks.stream import build_source
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding, Match, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance, Word
from asr_qa.pipeline.ports import SpokenChannel, Weigher
from asr_qa.pipeline.secondlook import LOOKS, clarity_of, look_again
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\n"
FATAL = HEAD + "severity: fatal\nclass: customer\n"
COMPLIANCE = HEAD + "severity: minor\nclass: compliance\n"
MINOR = HEAD + "severity: minor\nclass: customer\n"
NOTICE = "require: {phrase: 通话会被录音, role: agent}"
UNLIKE = "A 0-3 通话火车录音 | B 4-6 好的"
"""Too far from the phrase for a match in the text."""


@dataclass
class Ears:
    """Finds every phrase so much likelier than what was heard."""

    ratio: float
    asked: list[tuple[Role, Segment, tuple[str, ...]]] = field(default_factory=list)

    def weigh(self, channel: SpokenChannel, span: Segment, texts: Sequence[str], *, language: str) -> list[float]:
        self.asked.append((channel.role, span, tuple(texts)))
        return [-20.0, -20.0 + self.ratio]


def channels() -> tuple[SpokenChannel, ...]:
    return tuple(SpokenChannel(role, np.zeros(16000 * 10, np.int16), ()) for role in (Role.AGENT, Role.CUSTOMER))


def heard(body: str, call: str, ears: Ears) -> tuple[Finding, tuple[Again, ...], Finding]:
    """The finding before, what listening again gave, and the finding with it."""
    ruleset: Ruleset = parse_rules(body).ruleset
    facts = sketched_call(call)
    (before,) = evaluate(ruleset, facts)
    again = look_again(facts, [before], ruleset, channels(), ears)
    (after,) = evaluate(ruleset, replace(facts, again=again))
    return before, again, after


@pytest.mark.parametrize("head", [FATAL, COMPLIANCE])
def test_the_audio_speaks_for_a_phrase_that_the_text_does_not_have(head: str) -> None:
    before, again, after = heard(head + NOTICE, UNLIKE, Ears(20.0))
    assert before.verdict is not Verdict.MET
    assert [look.phrase for look in again] == ["通话会被录音"]
    assert after.verdict is Verdict.MET
    assert [(e.match, e.start, e.end) for e in after.evidence] == [(Match.ACOUSTIC, again[0].start, again[0].end)]
    assert after.confidence == again[0].chance


def test_it_is_asked_about_the_utterance_as_heard_and_with_the_phrase_in_it() -> None:
    ears = Ears(20.0)
    heard(FATAL + NOTICE, UNLIKE, ears)
    assert ears.asked == [(Role.AGENT, Segment(0.0, 3.0), ("通话火车录音", "通话会被录音"))]


def test_audio_that_speaks_against_it_leaves_it_not_met() -> None:
    before, again, after = heard(FATAL + NOTICE, UNLIKE, Ears(-60.0))
    assert again[0].chance < 0.1
    assert after.verdict is before.verdict


def test_a_phrase_possibly_said_goes_to_a_person() -> None:
    _, again, _ = heard(FATAL + NOTICE, UNLIKE, Ears(0.0))
    facts = replace(sketched_call(UNLIKE), again=(replace(again[0], chance=0.3),))
    (finding,) = evaluate(parse_rules(FATAL + NOTICE).ruleset, facts)
    assert finding.verdict is Verdict.UNDETERMINED
    assert finding.trace is not None
    assert (
        finding.trace.children[0].note == "possibly said: heard with confidence 0.30 only; acoustic 1.6 syllables 0.30"
    )


def test_a_rough_match_that_the_audio_denies_is_none() -> None:
    rough = "A 0-3 为了保证质量通话会被路过 | B 4-6 好的"
    before, again, after = heard(FATAL + "forbid: {phrase: 为了保证质量通话会被录音, role: agent}", rough, Ears(-80.0))
    assert before.evidence[0].match is Match.FUZZY
    assert again[0].chance < 0.1
    assert after.verdict is Verdict.MET


@pytest.mark.parametrize(
    ("body", "call"),
    [
        (MINOR + NOTICE, UNLIKE),  # a minor rule
        (FATAL + NOTICE, "A 0-3 通话会被录音 | B 4-6 好的"),  # found word for word
        (
            FATAL + "require: {phrase: {any_of: [通话会被录音], match: [exact]}, role: agent}",
            UNLIKE,
        ),  # only the very words
        (FATAL + NOTICE, "A 0-3 今天天气不错啊 | B 4-6 好的"),  # nothing like it
        (FATAL + NOTICE, "B 0-3 通话火车录音 | A 4-6 好的"),  # the wrong role
        (FATAL + "require: {phrase: 再见, role: agent}", "A 0-3 在家 | B 4-6 好的"),  # too short to tell
    ],
)
def test_nobody_listens_again_without_need(body: str, call: str) -> None:
    ears = Ears(20.0)
    assert heard(body, call, ears)[1] == ()
    assert ears.asked == []


def test_a_call_costs_no_more_than_so_many_looks() -> None:
    many = " | ".join(f"A {n * 4}-{n * 4 + 3} 通话火车录音" for n in range(LOOKS + 3))
    ears = Ears(-60.0)
    heard(FATAL + NOTICE, many, ears)
    assert len(ears.asked) == LOOKS


def test_it_looks_only_where_the_phrase_was_to_be_said() -> None:
    body = FATAL + "require: {phrase: 通话会被录音, role: agent, within: {first_seconds: 5}}"
    ears = Ears(20.0)
    before, _, after = heard(body, "A 0-3 今天天气不错 | B 4-6 好的 | A 20-23 通话火车录音", ears)
    assert ears.asked == []
    assert (before.verdict, after.verdict) == (Verdict.NOT_MET, Verdict.NOT_MET)


def test_ears_are_a_weigher() -> None:
    assert isinstance(Ears(0.0), Weigher)


def test_chances_fall_with_what_differs_and_rise_with_what_is_heard() -> None:
    costs = [chance(cost, 0.8) for cost in (0.0, 0.2, 0.6, 1.2, 2.0)]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) == len(costs)
    ratios = [chance_again(ratio, 1.0, 6, 0.5) for ratio in (-60.0, -20.0, -6.0, 0.0, 6.0)]
    assert ratios == sorted(ratios)
    assert chance_again(0.0, 0.5, 6, 0.5) > chance_again(0.0, 2.0, 6, 0.5)


def test_another_word_that_was_heard_surely_speaks_against_a_phrase() -> None:
    assert chance_again(-4.0, 1.0, 6, 0.9) < chance_again(-4.0, 1.0, 6, 0.3)
    chances = []
    for sure in (0.3, 0.95):
        words = tuple(
            Word(text, at, at + 0.2, sure if text in "火车" else 0.9) for at, text in enumerate("通话火车录音")
        )
        said = Utterance(Role.AGENT, 0.0, 6.0, "通话火车录音", confidence=0.8, words=words)
        source = build_source(Role.AGENT, [(said, None)])
        assert source is not None
        place = nearest(source, "通话会被录音", said.segment)
        assert place is not None
        chances.append(clarity_of(source, "通话会被录音", place))
    assert chances == [pytest.approx(0.3), pytest.approx(0.95)]


def test_words_heard_with_little_confidence_are_worth_less() -> None:
    assert chance(0.0, 0.2) == pytest.approx(chance(0.0, 0.4) / 2, rel=0.05)
    assert chance(0.0, 0.0) == 0.0


@pytest.mark.parametrize(("chance_there", "verdict"), [(0.5, Verdict.MET), (0.2, Verdict.UNDETERMINED)])
def test_a_rough_match_that_the_audio_doubts_goes_to_a_person(chance_there: float, verdict: Verdict) -> None:
    phrase = "为了保证质量通话会被录音"
    facts = sketched_call("A 0-5 为了保证质量通话火被录音 | B 6-8 好的")
    ruleset = parse_rules(FATAL + f"require: {{phrase: {phrase}, role: agent}}").ruleset
    (before,) = evaluate(ruleset, facts)
    assert [e.match for e in before.evidence] == [Match.FUZZY]
    look = Again(role=Role.AGENT, start=0.0, end=5.0, phrase=phrase, chance=chance_there, cost=0.5)
    (after,) = evaluate(ruleset, replace(facts, again=(look,)))
    assert after.verdict is verdict
