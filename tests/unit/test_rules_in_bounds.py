"""Values that can never be meant: languages no call has, shares above one, ids nobody could read."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.batch.manifest import read_manifest
from asr_qa.core.scorecard import Scorecard, applies, choose_card, facts_of
from asr_qa.errors import Issue, RulesetError
from asr_qa.messages import said_in
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.scorecards import card_issues
from asr_qa.testing import make_recording

FIELDS = ("agent_id", "customer_id", "case_id", "direction", "queue", "team")
RULE = """\
id: X-001
name: x.y
title: {zh: 测, en: test}
severity: minor
class: customer
"""
CARD = """\
id: small
version: "1"
title: {zh: 小卡, en: Small card}
points: 10
sections:
  - id: words
    title: {zh: 用语, en: Words}
    criteria:
      - id: one
        title: {zh: 一, en: One}
        points: 10
        rules: [X-001]
        class: customer
"""


def the_issue(text: str) -> Issue:
    with pytest.raises(RulesetError) as caught:
        parse_rules(text)
    (issue,) = caught.value.issues
    assert issue.said is not None
    assert said_in(issue.said, "zh") != said_in(issue.said, "en")
    return issue


@pytest.mark.parametrize(
    ("named", "column", "hint"),
    [
        ("Chinese", 16, "write zh"),
        ("[en, 中文]", 31, "write zh"),
        ("zh-CN", 16, "write zh"),
        ("EN", 16, "write en"),
        ("Klingon", 16, "codes such as zh, en, yue, ja"),
        ("auto", 16, "codes such as zh, en, yue, ja"),
    ],
)
def test_a_language_that_no_call_has_is_an_error_at_its_place(named: str, column: int, hint: str) -> None:
    issue = the_issue(f"{RULE}applies_when: {{language: {named}}}\nrequire: {{phrase: 您好}}\n")
    assert (issue.line, issue.column, issue.severity) == (6, column, "error")
    assert "no call has the language" in issue.message
    assert issue.hint == hint


def test_languages_as_calls_have_them_are_taken() -> None:
    rules = parse_rules(f"{RULE}applies_when: {{language: [zh, yue, en]}}\nrequire: {{phrase: 您好}}\n")
    assert rules.ruleset.rules[0].applies_when.fields == (("language", ("zh", "yue", "en")),)


@pytest.mark.parametrize(
    ("metric", "message", "hint"),
    [
        ("{name: silence_share, above: 30}", "silence_share is a share from 0 to 1: above 30", "write above: 0.3"),
        ("{name: talk_ratio, at_least: 0.2, at_most: 60}", "talk_ratio is a share", "write at_most: 0.6"),
        ("{name: talk_ratio, below: 1000}", "talk_ratio is a share", ""),
    ],
)
def test_a_share_above_one_is_an_error_at_its_place(metric: str, message: str, hint: str) -> None:
    issue = the_issue(f"{RULE}forbid:\n  metric: {metric}\n")
    assert (issue.line, issue.severity) == (7, "error")
    assert message in issue.message
    assert issue.hint == hint


@pytest.mark.parametrize("metric", ["{name: silence_share, above: 1}", "{name: longest_silence, above: 30}"])
def test_a_whole_share_and_seconds_are_taken(metric: str) -> None:
    assert parse_rules(f"{RULE}forbid:\n  metric: {metric}\n").ruleset.rules


@pytest.mark.parametrize(
    ("written", "line"),
    [(f"id: {'X' * 5000}-1", 1), (f"name: {'x' * 5000}.y", 2)],
)
def test_an_id_that_nobody_could_read_is_an_error(written: str, line: int) -> None:
    kept = [one for one in RULE.splitlines() if not one.startswith(written.split(":")[0] + ":")]
    kept.insert(line - 1, written)
    issue = the_issue("\n".join([*kept, "require: {phrase: 您好}"]))
    assert (issue.line, issue.severity) == (line, "error")
    assert "has more than 100 characters" in issue.message
    assert len(issue.message) < 300


def issues_of_card(folder: Path, text: str) -> list[Issue]:
    cards = folder / "scorecards"
    cards.mkdir(exist_ok=True)
    (cards / "small.yml").write_text(text, encoding="utf-8")
    return card_issues(folder)


def test_a_card_for_a_language_that_no_call_has(tmp_path: Path) -> None:
    (issue,) = issues_of_card(
        tmp_path, CARD.replace("points: 10\ns", "applies_when: {language: [en, 英语]}\npoints: 10\ns", 1)
    )
    assert (issue.line, issue.column, issue.severity) == (4, 31, "error")
    assert issue.hint == "write en"


def test_a_criterion_for_a_language_or_a_direction_that_no_call_has(tmp_path: Path) -> None:
    deep = "        applies_when: {any: [{language: english}, {direction: 呼入}]}\n"
    found = issues_of_card(tmp_path, CARD + deep)
    assert [(one.line, one.severity, one.hint) for one in found] == [(14, "error", "write en")]
    mended = issues_of_card(tmp_path, CARD + deep.replace("english", "en"))
    assert [(one.line, one.severity, one.message) for one in mended] == [
        (14, "warning", "no call has the direction '呼入'"),
    ]


@pytest.mark.parametrize("key", ["rule", "criterion"])
@pytest.mark.parametrize("value", ["5", "0.5", "true", ""])
def test_a_condition_on_what_is_no_name(tmp_path: Path, key: str, value: str) -> None:
    found = issues_of_card(tmp_path, f"{CARD}        applies_when: {{{key}: {value}}}\n")
    assert [(one.line, one.severity) for one in found] == [(14, "error")]


def test_an_id_on_a_card_that_nobody_could_read(tmp_path: Path) -> None:
    (issue,) = issues_of_card(tmp_path, CARD.replace("id: one", f"id: {'o' * 5000}"))
    assert (issue.line, issue.severity) == (9, "error")
    assert "has more than 100 characters" in issue.message


@pytest.mark.parametrize("spoken", ["en-US", "EN", "en_GB"])
def test_cards_know_a_language_with_its_country_as_rules_do(spoken: str) -> None:
    english = Scorecard(id="english", version="1", title={}, sections=(), applies_when={"language": ("en",)})
    others = Scorecard(id="others", version="1", title={}, sections=())
    call = make_recording(metadata={"language": spoken})
    assert applies(english.applies_when, facts_of(call))
    assert choose_card([others, english], facts_of(call)) is english


@pytest.mark.parametrize("column", ["agent_id", "customer_id", "case_id", "direction", "queue", "team", "product"])
def test_cards_may_ask_for_every_column_of_a_manifest(tmp_path: Path, column: str) -> None:
    (tmp_path / "night.csv").write_text(f"path,{column}\na.wav,outbound\n", encoding="utf-8")
    (row,) = read_manifest(tmp_path / "night.csv").rows
    given = {name: getattr(row.details, name) for name in FIELDS}
    call = make_recording(**given, metadata=row.details.metadata)
    assert applies({column: ("outbound",)}, facts_of(call))


def test_a_call_whose_language_was_left_empty_is_chinese() -> None:
    assert facts_of(make_recording(metadata={"language": ""}))["language"] == "zh"
