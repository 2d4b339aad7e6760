"""Whole call documents without what is private in them: in every copy of the words, and in the sound of reports."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.core.actions import Action
from asr_qa.core.checks.base import CallFacts
from asr_qa.core.document import CallDocument
from asr_qa.core.evaluate import evaluate
from asr_qa.core.event import Event
from asr_qa.core.finding import Evidence, Finding, Match, Trace, Verdict
from asr_qa.core.metrics import measure
from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.core.redacted import Veil, may_hold_private, private_seconds, redacted
from asr_qa.core.scorecard import Scorecard, Section
from asr_qa.core.segment import Segment
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import build_timeline
from asr_qa.pipeline.backtest import trial, try_call
from asr_qa.pipeline.documents import to_dict, to_json
from asr_qa.pipeline.rescore import Judging
from asr_qa.render.clips import silenced
from asr_qa.render.html import ReportCall, render_report
from asr_qa.ruleset.loader import parse_rules
from asr_qa.testing import make_document, make_recording

CALL = parse_sketch(
    "A 0-2 请说一下您的手机号 | B 3-5 一三八零零 | A 5-6 嗯 | B 6-8 一三八零零零 | A 9-12 好的，一三八零零一三八零零零"
    " | B 13-16 卡号是6222021234567894对吧 | A 17-19 一共三百元，稍等一下"
)
SAID = CALL.transcript.utterances
LEFT = re.compile("一三八零|八零零|6222|0212|7894")


def document(**changes: Any) -> CallDocument:
    recording = make_recording(duration=20.0)
    return replace(make_document(), **{"recording": recording, "utterances": SAID, **changes})


def evidence(text: str, start: float, end: float, role: Role | None = Role.CUSTOMER) -> Evidence:
    return Evidence(role, start, end, text, Match.EXACT)


def shown(text: str, start: float = 13.0, end: float = 16.0, role: Role | None = Role.CUSTOMER) -> str:
    return Veil(SAID, mask="*").copy(text, role, Segment(start, end))


def test_a_copy_is_masked_where_its_words_are() -> None:
    assert shown("卡号是6222021234567894对吧") == "卡号是****************对吧"
    assert shown("4567894对吧") == "*******对吧", "a copy that begins inside the number"
    assert shown("是62") == "是**", "two digits of it"
    assert shown("一三八零零一三八零零零", 3, 8) == "*" * 11, "over two turns"
    assert shown("13800138000", 3, 8) == "*" * 11, "spelt in another way"
    assert shown("一三八零零 一三八零零零", 3, 8) == "***** ******"
    assert shown("好的 … 卡号是6222021234567894", role=None) == "好的 … 卡号是****************"
    assert shown("一共三百元", 17, 19, Role.AGENT) == "一共三百元"
    assert shown("嗯", 5, 6, Role.AGENT) == "嗯"
    assert shown("") == ""


def test_words_that_stand_elsewhere_too_are_told_by_their_seconds() -> None:
    said = parse_sketch("B 0-4 卡号6222021234567894 | B 90-93 还有一二三四那个 | B 120-122 四").transcript.utterances
    veil = Veil(said, mask="*")
    assert veil.copy("四", Role.CUSTOMER, Segment(120, 122)) == "四"
    assert veil.copy("4", Role.CUSTOMER, Segment(0, 4)) == "*"
    assert veil.copy("1234", Role.CUSTOMER, Segment(90, 93)) == "1234"
    assert veil.copy("1234", Role.CUSTOMER, Segment(0, 4)) == "****"


def test_a_text_that_nobody_said_loses_its_numerals_only_near_something_private() -> None:
    assert shown("（读作）六二二二 共 16 位") == "（读作）**** 共 ** 位"
    assert shown("12.5 秒，3 次", 17.5, 19.0, Role.AGENT) == "12.5 秒，3 次"
    assert shown("heard 6222021234567894", 17.5, 19.0, None) == "heard ****************"


def facts_of() -> CallFacts:
    timeline = build_timeline(CALL.speech, CALL.transcript, CALL.duration)
    metrics = measure(timeline, CALL.transcript)
    recording = make_recording(duration=20.0)
    return CallFacts(recording=recording, transcript=CALL.transcript, timeline=timeline, metrics=metrics)


def full() -> CallDocument:
    number = "卡号是6222021234567894对吧"
    trace = Trace("id", Verdict.MET, ((13.0, 16.0),), "check digit of 6222021234567894", (Trace("x", Verdict.MET),))
    finding = Finding("ENT-001", "v", Verdict.NOT_MET, 0.9, (evidence(number, 13, 16), evidence("好的", 9, 12)), trace)
    reason = Reason(test="acknowledges", text="一三八零零", value=2.0)
    event = Event(kind="dead_air", start=3.0, end=9.0, waived_by="一三八零零零", reasons=(reason,))
    action = Action(kind="callback", due=None, role=Role.AGENT, start=9, end=12, text="好的，一三八零零一三八零零零")
    return document(findings=(finding,), events=(event,), actions=(action,))


def test_every_copy_in_a_document_is_masked_and_nothing_else_changes() -> None:
    before, after = full(), redacted(full())
    assert LEFT.search(to_json(before))
    assert not LEFT.search(to_json(after)), LEFT.findall(to_json(after))
    assert (after.score_sheet, after.metrics, after.recording) == (before.score_sheet, before.metrics, before.recording)
    assert [(e.start, e.end, e.match) for e in after.findings[0].evidence] == [(13, 16, "exact"), (9, 12, "exact")]
    assert after.findings[0].evidence[1].text == "好的"
    assert after.events[0].reasons[0].value == 2.0
    assert redacted(after) == after, "masking twice changes nothing"


def test_a_document_without_anything_private_is_the_same_one() -> None:
    plain = document(utterances=parse_sketch("A 0-2 一共三百元").transcript.utterances)
    assert redacted(plain) is plain


def test_prompts_are_masked_too() -> None:
    call = parse_sketch("A 0-3 欢迎致电 | B 4-9 一三八零零一三八零零零")
    timeline = build_timeline(call.speech, call.transcript, call.duration)
    whole = replace(document(utterances=call.transcript.utterances), events=timeline.events)
    assert not re.search("一三八零零", json.dumps(to_dict(redacted(whole)), ensure_ascii=False))


def test_what_rules_found_is_masked() -> None:
    ruleset = parse_rules(ENTITY).ruleset
    findings = evaluate(ruleset, facts_of())
    assert LEFT.search(str(findings)), "the rule shows the number"
    assert not LEFT.search(str(redacted(document(findings=findings)).findings))


ENTITY = """
rules:
  - id: ENT-001
    name: entity.card
    title: {zh: 不报卡号, en: No card number}
    severity: minor
    class: compliance
    forbid: {entity: {kind: bank_card}, role: customer}
  - id: ENT-002
    name: entity.mobile
    title: {zh: 手机号, en: Mobile}
    severity: minor
    class: compliance
    forbid: {regex: {pattern: '一三八'}}
"""


@given(st.lists(st.sampled_from("一三八零零6222021234567894，对吧嗯 "), max_size=40).map("".join))
def test_no_text_is_too_odd_for_a_copy(text: str) -> None:
    once = shown(text)
    assert len(once) == len(text)
    assert [c for c in once if not c.isalnum() and c != "*"] == [c for c in text if not c.isalnum()]


def test_seconds_of_what_is_private() -> None:
    seconds = private_seconds(SAID)
    assert any(part.start <= 3.0 and part.end >= 5.0 for part in seconds)
    assert not any(part.start < 18.0 and part.end > 17.5 for part in seconds)
    assert private_seconds(redacted(document()).utterances) == seconds, "of a masked call as of the whole one"


def test_a_quick_look_lets_nothing_through() -> None:
    for text in ("一三八", "13", "a@b.com", "三百号", "二零"):
        assert may_hold_private(text), text
    for text in ("好的谢谢", "一下", ""):
        assert not may_hold_private(text), text


# --- what leaves the machine


def test_clips_are_silent_where_something_private_is_said() -> None:
    samples = np.full((2, 5 * 16_000), 1000, np.int16)
    quiet = silenced(samples, 10.0, (Segment(9.0, 10.5), Segment(12.0, 13.0), Segment(14.9, 99.0)))
    heard = quiet.any(axis=0)
    assert [int(at) for at in np.flatnonzero(np.diff(heard.astype(int))) + 1] == [8_000, 32_000, 48_000, 78_400]
    assert samples.all(), "those decoded stay as they are"


def test_a_report_shows_and_plays_nothing_private() -> None:
    muted = []

    def source(call: ReportCall, _start: float, _end: float) -> None:
        muted.append(call.muted)

    ruleset = parse_rules(ENTITY).ruleset
    card = Scorecard(id="inbound", version="1", title={}, sections=(Section(id="s", title={}, criteria=()),))
    call = ReportCall(document=full())
    about: dict[str, Any] = {
        "ruleset": ruleset,
        "scorecard": card,
        "title": "t",
        "generated_at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    page = render_report([call], audio=source, **about)
    assert not LEFT.search(page)
    assert "一共三百元" in page
    assert muted
    assert all(seconds == private_seconds(SAID) for seconds in muted)
    assert LEFT.search(render_report([call], audio=source, unredacted=True, **about))


def test_examples_of_a_backtest_hold_nothing_private() -> None:
    """A regex that finds the number flips when it is taken back."""
    before, after = (
        parse_rules(ENTITY).ruleset,
        parse_rules(ENTITY.replace("forbid: {regex", "require: {regex")).ruleset,
    )
    card = Scorecard(id="inbound", version="1", title={}, sections=(Section(id="s", title={}, criteria=()),))
    facts = facts_of()
    scored = document(findings=evaluate(before, facts), metrics=facts.metrics, events=facts.timeline.events)
    compared = try_call(scored, trial(Judging(after, card)), human={})
    places = [place for flip in compared.flips for place in (flip.was, flip.now) if place]
    assert places
    assert not [place.text for place in places if "一三八" in place.text]
