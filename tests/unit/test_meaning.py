"""Rules on meaning: with vectors that are made up, with the model where it is installed, and what lint says without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.asr import sentences
from asr_qa.bootstrap import find_embed
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Finding, Match
from asr_qa.core.transcript import Word
from asr_qa.ruleset import lint as linting
from asr_qa.ruleset.cases import sketched_call
from asr_qa.ruleset.loader import parse_rules

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
TOPICS = ("投诉", "领导", "账单")


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """A direction for each topic; what names none points elsewhere."""
    rows = [[float(topic in text) for topic in TOPICS] + [float(not any(t in text for t in TOPICS))] for text in texts]
    array = np.array(rows, dtype=np.float32).reshape(len(texts), len(TOPICS) + 1)
    return np.asarray(array / np.linalg.norm(array, axis=1, keepdims=True), dtype=np.float32)


def judge(body: str, call: str, *, confidence: float | None = None) -> Finding:
    facts = replace(sketched_call(call), embed=embed)
    if confidence is not None:
        said = facts.transcript.utterances
        words = [tuple(Word(w.text, w.start, w.end, confidence) for w in one.timed) for one in said]
        heard = tuple(replace(one, words=own) for one, own in zip(said, words, strict=True))
        facts = replace(facts, transcript=replace(facts.transcript, utterances=heard))
    return evaluate(parse_rules(HEAD + body).ruleset, facts)[0]


@pytest.mark.parametrize(
    ("options", "call", "expected"),
    [
        ("[我要投诉你们]", "B 0-3 那我就去投诉了", "met"),
        ("[我要投诉你们]", "B 0-3 我问一下账单", "not_met"),
        ("[我要投诉你们]", "A 0-3 那我就去投诉了 | B 4-5 好的好的", "not_met"),  # the other party says it
        ("[我要投诉你们, 叫你们领导来]", "B 0-3 让领导跟我说", "met"),
        ("{like: [我要投诉你们], at_least: 0.8}", "B 0-3 投诉到你们领导", "not_met"),  # 0.71 close
        ("{like: [我要投诉你们], at_least: 0.7}", "B 0-3 投诉到你们领导", "met"),
        ("{like: [我要投诉你们], min_characters: 9}", "B 0-3 那我就去投诉了", "not_met"),
        ("{like: [我要投诉你们], count: {at_least: 2}}", "B 0-3 我就去投诉了。我真的去投诉", "met"),
        ("{like: [我要投诉你们], count: {at_least: 2}}", "B 0-3 那我就去投诉了", "not_met"),
    ],
)
def test_similarity(options: str, call: str, expected: str) -> None:
    assert judge(f"require: {{similarity: {options}, role: customer}}", call).verdict.value == expected


def test_a_sentence_of_that_meaning_is_shown_whole() -> None:
    (evidence,) = judge("require: {similarity: [我要投诉], role: customer}", "B 2-5 那我就去投诉了").evidence
    assert (evidence.start, evidence.end, evidence.match) == (2.0, 5.0, Match.SIMILAR)


def test_a_sentence_heard_weakly_does_not_convict() -> None:
    body = "forbid: {similarity: [我要投诉], role: agent}"
    assert judge(body, "A 0-3 那你去投诉吧", confidence=0.2).verdict.value == "undetermined"
    assert judge(body, "A 0-3 那你去投诉吧", confidence=0.9).verdict.value == "not_met"


def test_a_sentence_must_lie_in_the_scope() -> None:
    body = "require: {similarity: [我要投诉], role: customer, within: {first_seconds: 5}}"
    assert judge(body, "B 0-3 我就去投诉了 | A 8-9 好的").verdict.value == "met"
    assert judge(body, "B 0-2 喂您好啊 | B 6-8 我就去投诉了").verdict.value == "not_met"


def test_the_model_is_only_looked_for_where_a_rule_asks() -> None:
    assert find_embed(parse_rules(HEAD + "require: {phrase: 您好}").ruleset) is None
    asks = parse_rules(HEAD + "require: {similarity: [您好]}").ruleset
    assert (find_embed(asks) is not None) is sentences.is_installed()


def test_lint_tells_where_the_model_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = parse_rules(HEAD + "require: {similarity: [您好]}")
    monkeypatch.setattr(linting, "SENTENCE_MODEL", "no_such_package")
    issues = [one for one in linting.lint(loaded.ruleset, ()) if "meaning" in one.hint]
    assert [(one.severity, one.hint) for one in issues] == [("warning", "install asr-qa[meaning]")]


@pytest.mark.skipif(not sentences.is_installed(), reason="the extra `meaning` is not installed")
def test_the_model_puts_like_by_like() -> None:
    vectors = sentences.embed(["叫你们经理过来接电话", "我要找你们领导", "您的订单已经发货了"])
    assert vectors.shape == (3, 512)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-3)
    close, far = vectors[0] @ vectors[1], vectors[0] @ vectors[2]
    assert close > far + 0.1
    assert sentences.embed([]).shape[0] == 0
