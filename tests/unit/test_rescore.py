"""A stored call judged again comes to what it came to, unless rules, card or timing say otherwise."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from asr_qa.core.checks.base import CallFacts
from asr_qa.core.document import CallDocument, TimingBasis
from asr_qa.core.evaluate import evaluate
from asr_qa.core.finding import Verdict
from asr_qa.core.metrics import measure
from asr_qa.core.options import TimingOptions, definitions, options_digest
from asr_qa.core.recording import Role
from asr_qa.core.rule import Ruleset
from asr_qa.core.scorecard import Criterion, ErrorClass, Scorecard, Section, facts_of, score
from asr_qa.core.segment import Segment
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript
from asr_qa.errors import ConflictError
from asr_qa.pipeline.backtest import changed_rules, dependants, trial, try_call, with_references
from asr_qa.pipeline.documents import from_json, to_dict, to_json
from asr_qa.pipeline.rescore import Judging, facts_of_call, is_timed_by, judge, rescored
from asr_qa.pipeline.stored import UnreadableError, read_scored
from asr_qa.ruleset.loader import parse_rules
from asr_qa.testing import make_document, make_models, make_recording, make_utterance

SLOW = TimingOptions(dead_air_min=9.0)
RULES = """
rules:
  - id: OPEN-901
    name: opening.greeting
    title: {zh: 问好, en: Greeting}
    severity: minor
    class: non_critical
    require: {phrase: {any_of: [您好]}, role: agent, within: {first_seconds: 15}}
  - id: OPEN-902
    name: opening.thanks
    title: {zh: 问好后致谢, en: Thanks after the greeting}
    severity: minor
    class: non_critical
    applies_when: {rule: OPEN-901}
    require: {phrase: {any_of: [感谢您的来电]}, role: agent}
  - id: TIME-901
    name: timing.dead_air
    title: {zh: 无冷场, en: No dead air}
    severity: minor
    class: non_critical
    require: {metric: {name: dead_air_count, at_most: 0}}
  - id: TIME-902
    name: timing.monologue
    title: {zh: 无独白, en: No monologue}
    severity: minor
    class: non_critical
    require: {metric: {name: longest_monologue.agent, at_most: 1}}
"""


def rules(text: str = RULES) -> Ruleset:
    return parse_rules(text, shown="r.yml").ruleset


def card(timing: TimingOptions | None = None) -> Scorecard:
    criteria = tuple(
        Criterion(id=name, title={}, points=10.0, rules=(rule,), error_class=ErrorClass.NON_CRITICAL)
        for name, rule in (("greeting", "OPEN-901"), ("thanks", "OPEN-902"), ("dead_air", "TIME-901"))
    )
    section = Section(id="all", title={}, criteria=criteria)
    return Scorecard(id="small", version="1", title={}, sections=(section,), timing=timing)


def document(by: Judging) -> CallDocument:
    """A call with six seconds of dead air, worked through as the pipeline does."""
    recording = make_recording(1, duration=40.0)
    lines = (
        (Role.AGENT, 1.0, 3.0, "您好请讲"),
        (Role.CUSTOMER, 4.0, 6.0, "我想查订单"),
        (Role.AGENT, 12.5, 15.0, "查好了"),
    )
    utterances = tuple(make_utterance(*line) for line in lines)
    speech = {role: tuple(Segment(u.start, u.end) for u in utterances if u.role is role) for role in Role}
    speech = {role: track for role, track in speech.items() if track}
    transcript = Transcript(utterances, "replay", "zh")
    timeline = build_timeline(speech, transcript, 40.0, options=by.options, holds=())
    metrics = measure(timeline, transcript, options=by.options)
    facts = CallFacts(recording=recording, transcript=transcript, timeline=timeline, metrics=metrics)
    findings = evaluate(by.ruleset, facts)
    return replace(
        make_document(recording, models=make_models(ruleset_digest=by.ruleset.digest, scorecard=by.scorecard.stamp)),
        utterances=utterances,
        events=timeline.events,
        metrics=metrics,
        findings=findings,
        score_sheet=score(by.scorecard, findings, facts=facts_of(recording)),
        definitions=definitions(by.options),
        timing=TimingBasis(options=options_digest(by.options), speech=speech, turns=timeline.turns, holds=()),
    )


BY = Judging(rules(), card())


def verdicts(findings: object) -> dict[str, Verdict]:
    return {finding.rule_id: finding.verdict for finding in findings}  # type: ignore[attr-defined]


def test_a_stored_call_judged_again_is_what_it_was() -> None:
    stored = document(BY)
    judged = judge(read_scored(to_json(stored)), BY)
    assert to_dict(replace(stored, findings=judged.findings, score_sheet=judged.sheet)) == to_dict(stored)
    assert verdicts(judged.findings)["TIME-901"] is Verdict.NOT_MET


def test_what_is_read_for_rescoring_is_what_the_document_says() -> None:
    stored = from_json(to_json(document(BY)))
    call = read_scored(to_json(stored))
    for field in fields(CallDocument):
        if field.name not in ("events", "findings", "voice", "actions"):
            assert getattr(call, field.name) == getattr(stored, field.name), field.name
    assert call.events == tuple(replace(event, definition="", reasons=()) for event in stored.events)
    assert call.findings == tuple(replace(finding, trace=None) for finding in stored.findings)
    assert stored.events, "there is something to compare"
    assert stored.findings


def test_other_timing_is_found_anew_from_the_speech_kept() -> None:
    slow = Judging(BY.ruleset, card(SLOW))
    stored = read_scored(to_json(document(BY)))
    assert not is_timed_by(stored, SLOW)
    facts, wanted = facts_of_call(stored, SLOW), facts_of_call(document(slow), SLOW)
    assert facts.metrics == wanted.metrics
    assert [(e.kind, e.start, e.end) for e in facts.timeline.events] == [
        (e.kind, e.start, e.end) for e in wanted.timeline.events
    ]
    again = rescored(document(BY), slow, version="2")
    assert verdicts(again.findings)["TIME-901"] is Verdict.MET
    assert again.metrics.dead_air_count == 0
    assert again.definitions == definitions(SLOW)
    assert again.timing is not None
    assert again.timing.options == options_digest(SLOW)
    assert to_dict(rescored(again, BY, version="0")) == to_dict(
        replace(document(BY), models=replace(document(BY).models, version="0"))
    ), "and back again"


def test_a_document_without_speech_is_judged_by_its_own_timing_only() -> None:
    old = replace(document(BY), timing=None)
    assert verdicts(judge(old, BY).findings) == verdicts(document(BY).findings)
    with pytest.raises(ConflictError, match="--reprocess"):
        judge(old, Judging(BY.ruleset, card(SLOW)))


def test_a_parameter_that_an_older_version_did_not_name_is_no_difference() -> None:
    said = definitions(TimingOptions())
    older = {**said, "dead_air": "dead_air(min=5.0)"}
    assert is_timed_by(replace(document(BY), timing=None, definitions=older), TimingOptions())
    other = {**said, "dead_air": "dead_air(min=6.0)"}
    assert not is_timed_by(replace(document(BY), timing=None, definitions=other), TimingOptions())


@pytest.mark.parametrize("body", ["", "{", "[]", "null", '{"schema_version": 1}', "\ud800".encode("utf-8", "replace")])
def test_what_is_no_document_is_corrupt(body: str) -> None:
    with pytest.raises(UnreadableError, match="document 7") as caught:
        read_scored(body, name="document 7")
    assert caught.value.reason == "corrupt"


@pytest.mark.parametrize("version", [0, 2, "one", None])
def test_another_schema_is_named_as_such(version: object) -> None:
    body = {**to_dict(document(BY)), "schema_version": version}
    with pytest.raises(UnreadableError, match="--reprocess") as caught:
        read_scored(json.dumps(body))
    assert caught.value.reason == "other_schema"


# --- trying some rules only


def changed() -> Ruleset:
    return rules(RULES.replace("[您好]", "[早上好]").replace("at_most: 0", "at_most: 5"))


def test_all_rules_are_tried_by_default() -> None:
    compared = try_call(document(BY), trial(Judging(changed(), card())), human={})
    flips = {flip.rule_id: (flip.before, flip.after) for flip in compared.flips}
    assert flips == {
        "OPEN-901": (Verdict.MET, Verdict.NOT_MET),
        "OPEN-902": (Verdict.NOT_MET, Verdict.NOT_APPLICABLE),
        "TIME-901": (Verdict.NOT_MET, Verdict.MET),
    }


def test_a_rule_that_is_tried_takes_those_that_rest_on_it_along() -> None:
    by = trial(Judging(changed(), card()), only=["OPEN-901"])
    assert by.only == frozenset({"OPEN-901", "OPEN-902"})
    compared = try_call(document(BY), by, human={})
    assert [flip.rule_id for flip in compared.flips] == ["OPEN-901", "OPEN-902"]
    assert compared.after.criteria["dead_air"] is Verdict.NOT_MET, "kept as it was"
    assert compared.after.criteria["greeting"] is Verdict.NOT_MET


def test_only_what_is_needed_is_judged() -> None:
    ruleset = rules()
    assert [rule.id for rule in with_references(ruleset, frozenset({"OPEN-902"})).rules] == ["OPEN-901", "OPEN-902"]
    assert dependants(ruleset, ["TIME-901"]) == {"TIME-901"}
    assert changed_rules(ruleset, changed()) == {"OPEN-901", "TIME-901"}
    assert changed_rules(ruleset, ruleset) == frozenset()
