from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.errors import Issue
from asr_qa.ruleset.cases import load_cases
from asr_qa.ruleset.lint import RuleUse, lint
from asr_qa.ruleset.loader import load_rules, parse_rules

RULE = """\
id: X-001
name: x.y
title: {zh: 测, en: test}
severity: minor
class: customer
require:
  phrase: 您好请讲
"""
CASES = """\
- {name: a, call: "A 0-2 您好请讲", expect: met}
- {name: b, call: "A 1-2 您好请讲", expect: met}
- {name: c, call: "A 0-2 喂", expect: not_met}
- {name: d, call: "A 0-2 请讲", expect: not_met}
"""


def lint_folder(folder: Path, rule: str, cases: str = CASES) -> list[Issue]:
    (folder / "x.yml").write_text(rule, encoding="utf-8")
    (folder / "x.cases.yml").write_text(cases, encoding="utf-8")
    loaded = load_rules(folder)
    return list(lint(loaded.ruleset, load_cases(loaded.ruleset, folder), sources=loaded.sources))


def test_a_clean_rule_has_no_issues(tmp_path: Path) -> None:
    assert lint_folder(tmp_path, RULE) == []


@pytest.mark.parametrize(
    ("cases", "message"),
    [
        ("[]", "has 0 cases that are met and 0 that are not"),
        ("\n".join(CASES.splitlines()[:3]), "has 2 cases that are met and 1 that are not"),
        (CASES.replace("name: d,", "name: d, known_miss: true,"), "has 2 cases that are met and 1 that are not"),
        (CASES.replace("name: b", "name: a"), "case 'a' stands twice"),
    ],
)
def test_cases_that_are_missing_or_double(tmp_path: Path, cases: str, message: str) -> None:
    (issue,) = lint_folder(tmp_path, RULE, cases)
    assert message in issue.message
    assert issue.severity == "warning"


@pytest.mark.parametrize(
    ("condition", "line", "message", "severity"),
    [
        ("phrase: {any_of: [您好请讲, 获刑], allow_short: true}", 7, "获刑: two syllables matched by sound", "warning"),
        (
            "phrase: {any_of: [您好, 获刑, 绝对, 保证], match: [exact, near]}",
            7,
            "您好/获刑/绝对 and 1 more: too",
            "warning",
        ),
        ("phrase: {any_of: [获刑], match: [homophone]}", 7, "获刑: never found", "error"),
        ("phrase:\n    - 您好请\n    - 您好请讲", 9, "'您好请讲' adds nothing", "warning"),
        ("phrase: {any_of: [不能保证], exclude: [保证]}", 7, "'不能保证' never counts", "warning"),
        (
            "phrase: 为了保证服务质量本次通话将被录音\n  within: {first_seconds: 1}",
            7,
            "cannot be said within 1 s",
            "warning",
        ),
        ("phrase: 您好请讲\n  after: {phrase: [请讲话, 请讲话吧]}", 8, "'请讲话吧' adds nothing", "warning"),
        ("regex: '您好，请讲'", 7, "looks for ，", "warning"),
    ],
)
def test_conditions_that_are_not_wise(tmp_path: Path, condition: str, line: int, message: str, severity: str) -> None:
    (issue,) = lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", condition))
    assert message in issue.message
    assert (issue.line, issue.severity) == (line, severity)


@pytest.mark.parametrize(
    "condition",
    [
        "phrase: [您好, 你好]",  # short keys are matched exactly by default
        "phrase: {any_of: [绝对, 我绝对], match: [exact, homophone, near]}",  # 我绝对 is found by sound, 绝对 is not
        "phrase: [您好请讲, 您好请讲话]",  # from five syllables up one may slip: the longer one finds more
        "regex: '您好.{0,3}(?!不)请讲'",
        "phrase: {all_of: [您好请讲, 您好请讲话]}",
    ],
)
def test_conditions_that_are_fine(tmp_path: Path, condition: str) -> None:
    assert lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", condition)) == []


def double(second: str, *, first: str = RULE) -> str:
    other = second.replace("id: X-001", "id: X-002").replace("x.y", "x.z")
    return "rules:\n" + "".join("- " + rule.replace("\n", "\n  ").rstrip() + "\n" for rule in (first, other))


def cross_issues(text: str, uses: list[RuleUse] | None = None) -> list[str]:
    found = lint(parse_rules(text).ruleset, (), uses or [])
    return [issue.message for issue in found if "cases that are met" not in issue.message]


def test_two_rules_that_ask_for_the_same() -> None:
    assert cross_issues(double(RULE)) == ["asks for the same as X-001"]
    assert cross_issues(double(RULE.replace("require", "forbid"))) == []


def test_a_rule_that_rests_on_a_retired_one() -> None:
    text = double(RULE.replace("phrase: 您好请讲", "rule: X-001"), first=RULE + "status: retired\n")
    assert cross_issues(text) == ["rests on X-001, which is retired"]


@pytest.mark.parametrize(
    ("status", "rule_id", "message", "severity"),
    [
        ("stable", "X-01", "there is no rule 'X-01'", "error"),
        ("retired", "X-001", "rule X-001 is retired", "error"),
        ("draft", "X-001", "rule X-001 is draft", "error"),
        ("test", "X-001", "still being tested", "warning"),
    ],
)
def test_scorecards_name_rules_that_give_findings(status: str, rule_id: str, message: str, severity: str) -> None:
    ruleset = parse_rules(RULE + f"status: {status}\n").ruleset
    issues = [i for i in lint(ruleset, (), [RuleUse("card.yml", 12, rule_id)]) if i.path == "card.yml"]
    (issue,) = issues
    assert message in issue.message
    assert (issue.line, issue.severity) == (12, severity)


def test_a_scorecard_on_a_stable_rule_is_fine() -> None:
    assert cross_issues(RULE, [RuleUse("card.yml", 12, "X-001")]) == []


@pytest.mark.parametrize(
    ("entry", "named"),
    [
        ("本产品不保证收益，投资有风险", "a Chinese comma"),
        ("您好请讲、早上好请讲", "an enumeration comma"),
        ("您好请讲｜早上好请讲", "a full-width bar"),
        ("您好请讲|早上好请讲", "a bar"),
    ],
)
@pytest.mark.parametrize("shape", ["phrase: [%s]", "phrase: {any_of: [晚上好请讲, %s]}"])
def test_a_phrase_that_may_be_meant_as_several(tmp_path: Path, entry: str, named: str, shape: str) -> None:
    (issue,) = lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", shape % entry))
    assert (issue.line, issue.severity) == (7, "warning")
    assert f"{entry!r}: one phrase with {named}" in issue.message
    assert "write a comma ','" in issue.hint


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_sentence_is_meant(tmp_path: Path, quote: str) -> None:
    sentence = f"phrase: [{quote}本产品不保证收益，投资有风险{quote}]"
    assert lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", sentence)) == []
