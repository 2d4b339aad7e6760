"""What a reader of the report sees, word for word: read render_report.zh.txt and .en.txt beside this file.

After a change that is meant, write them again: python tests/golden/test_render_golden.py
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest

from asr_qa.core.document import CallDocument, CallWarning
from asr_qa.core.finding import Evidence, Finding, Match, Trace, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.scorecard import Criterion, Fatal, Scorecard, Section, score
from asr_qa.core.timeline import Event
from asr_qa.render.html import ReportCall, render_report
from asr_qa.render.texts import Lang
from asr_qa.ruleset.loader import parse_rules
from asr_qa.testing import make_document, make_recording, make_utterance

HERE = Path(__file__).parent
RULES = parse_rules("""
rules:
  - {id: G-001, name: g.notice, title: {zh: 告知录音, en: Recording notice}, severity: major, class: compliance,
     require: {phrase: {any_of: [本次通话将被录音]}, role: agent}, rationale: 监管要求}
  - {id: G-002, name: g.rude, title: {zh: 不辱骂客户, en: No rude words}, severity: fatal, class: customer,
     forbid: {phrase: {any_of: [闭嘴]}, role: agent}}
  - {id: G-003, name: g.dead_air, title: {zh: 没有冷场, en: No dead air}, severity: minor, class: customer,
     forbid: {event: {kind: dead_air}}}
""").ruleset
CARD = Scorecard(
    id="inbound",
    version="1",
    title={"zh": "评分表", "en": "Scorecard"},
    pass_points=60.0,
    sections=(
        Section(
            id="accuracy",
            title={"zh": "业务准确性", "en": "Accuracy"},
            criteria=(Criterion(id="air", title={"zh": "不冷场", "en": "No silence"}, points=3, rules=("G-003",)),),
        ),
        Section(
            id="compliance",
            title={"zh": "合规", "en": "Compliance"},
            criteria=(
                Criterion(id="notice", title={"zh": "录音告知", "en": "Notice"}, points=4, rules=("G-001",)),
                Criterion(
                    id="rude", title={"zh": "礼貌", "en": "Polite"}, points=3, rules=("G-002",), fatal=Fatal.SHEET
                ),
            ),
        ),
    ),
)


def finding(rule: str, verdict: Verdict, *evidence: Evidence) -> Finding:
    leaf = Trace("phrase any of [本次通话将被录音] by agent, first seconds 30", verdict)
    return Finding(rule, "1", verdict, 0.9, evidence, Trace(f"require {rule}", verdict, children=(leaf,)))


def document(number: int, *findings: Finding) -> CallDocument:
    found = [finding(rule.id, Verdict.MET) for rule in RULES.rules if rule.id not in {f.rule_id for f in findings}]
    ordered = sorted([*findings, *found], key=lambda f: f.rule_id)
    return make_document(make_recording(number), findings=ordered, sheet=score(CARD, ordered))


def calls() -> list[ReportCall]:
    good = ReportCall(document=document(1), expected={"G-001": Verdict.MET, "G-002": Verdict.MET})
    missing = Evidence(Role.AGENT, 0.0, 30.0, "（未听到：本次通话将被录音）", Match.TIMING)
    silent = Evidence(None, 31.25, 48.0, "dead_air 16.8 s", Match.TIMING)
    said = Evidence(Role.AGENT, 20.04, 20.96, "闭嘴", Match.HOMOPHONE)
    bad = document(
        2,
        finding("G-001", Verdict.NOT_MET, missing),
        finding("G-002", Verdict.NOT_MET, said),
        finding("G-003", Verdict.NOT_MET, silent),
    )
    bad = replace(
        bad,
        utterances=(*bad.utterances, make_utterance(Role.AGENT, 20.04, 22.0, "闭嘴听我说")),
        events=(Event(kind="dead_air", start=31.25, end=48.0),),
        warnings=(CallWarning(code="clipping", message="3 % of the samples", start=2.0, end=9.5),),
    )
    return [good, ReportCall(document=bad, expected={"G-001": Verdict.MET, "G-002": Verdict.NOT_MET})]


def audio(call: ReportCall, start: float, end: float) -> bytes | None:
    """A clip of everything but what lies after 30 s."""
    return b"OggS" + bytes(8) if start < 30 else None


def outline(lang: Lang) -> str:
    """The visible text, one block a line; links and players marked."""
    html = render_report(
        calls(), ruleset=RULES, scorecard=CARD, lang=lang, title="Golden",
        generated_at=datetime(2026, 3, 2, 8, 15, tzinfo=UTC), audio=audio,
    )  # fmt: skip
    body = html[html.index("<body>") :].replace(RULES.digest[:12], "DIGEST")
    body = re.sub(r'<audio [^>]*aria-label="([^"]*)"[^>]*>', r"\n[audio: \1]", body)
    body = re.sub(r"<title>(.*?)</title>", r"\n[\1]", body, flags=re.DOTALL)
    body = re.sub(r"</?(?:td|th|dt|dd|span|small|b|a|q|time|i)\b[^>]*>", " ", body)
    lines = (" ".join(line.split()) for line in unescape(re.sub(r"<[^>]*>", "\n", body)).splitlines())
    return "\n".join(line for line in lines if line) + "\n"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_reads_as_it_did(lang: Lang) -> None:
    assert outline(lang) == (HERE / f"render_report.{lang}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    for language in ("zh", "en"):
        (HERE / f"render_report.{language}.txt").write_text(outline(language), encoding="utf-8")
