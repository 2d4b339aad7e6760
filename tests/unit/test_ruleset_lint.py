from __future__ import annotations

import re
from pathlib import Path

import pytest

from asr_qa.errors import Issue, RulesetError
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
- {name: e, call: "B 0-1 喂 | A 1-3 您好请讲", expect: met}
- {name: f, call: "B 0-1 喂 | A 1-3 请讲", expect: not_met}
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
        ("[]", "cases that are met: 0, that are not: 0;"),
        ("\n".join(CASES.splitlines()[:3]), "cases that are met: 2, that are not: 1;"),
        (CASES.replace("name: d,", "name: d, known_miss: true,"), "cases that are met: 3, that are not: 2;"),
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
        ("regex: 工号（是）[0-9]+", 7, "looks for （/）", "warning"),
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
    found = lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", condition))
    assert [issue for issue in found if issue.severity != "note"] == []


def double(second: str, *, first: str = RULE) -> str:
    other = second.replace("id: X-001", "id: X-002").replace("x.y", "x.z")
    return "rules:\n" + "".join("- " + rule.replace("\n", "\n  ").rstrip() + "\n" for rule in (first, other))


def cross_issues(text: str, uses: list[RuleUse] | None = None) -> list[str]:
    found = lint(parse_rules(text).ruleset, (), uses or [])
    return [issue.message for issue in found if "cases that are met" not in issue.message]


def test_two_rules_that_ask_for_the_same() -> None:
    assert cross_issues(double(RULE)) == ["asks for the same as X-001"]
    (message,) = cross_issues(double(RULE.replace("require", "forbid")))
    assert message == "'您好请讲' is asked for here, and X-002 forbids '您好请讲'"


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
    ("shape", "entry", "named"),
    [
        ("phrase:\n    - %s", "本产品不保证收益，投资有风险", "a Chinese comma"),
        ("phrase:\n    - %s", "您好请讲、早上好请讲", "an enumeration comma"),
        ("phrase:\n    - %s", "您好请讲；早上好请讲", "a Chinese semicolon"),
        ("phrase: [%s]", "您好请讲｜早上好请讲", "a full-width bar"),
        ("phrase: {any_of: [晚上好请讲, %s]}", "您好请讲|早上好请讲", "a bar"),
    ],
)
def test_a_phrase_that_may_be_meant_as_several(tmp_path: Path, entry: str, named: str, shape: str) -> None:
    (issue,) = lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", shape % entry))
    assert (issue.line, issue.severity) == (7 + shape.count("\n"), "warning")
    assert f"{entry!r}: one phrase with {named}" in issue.message
    assert "write a comma ','" in issue.hint


@pytest.mark.parametrize("shape", ["phrase: [%s]", "phrase: {any_of: [晚上好请讲, %s]}"])
@pytest.mark.parametrize("entry", ["本产品不保证收益，投资有风险", "您好请讲、早上好请讲"])
def test_a_list_that_is_one_entry_for_its_signs_is_refused(tmp_path: Path, entry: str, shape: str) -> None:
    column = len("  " + shape.partition("%")[0]) + 1
    with pytest.raises(RulesetError, match=re.escape(f"x.yml:7:{column}: error: {entry!r} is one entry")):
        lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", shape % entry))


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_quoted_sentence_is_meant(tmp_path: Path, quote: str) -> None:
    sentence = f"phrase: [{quote}本产品不保证收益，投资有风险{quote}]"
    assert lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", sentence)) == []


FORBID = RULE.replace("require:", "forbid:")


@pytest.mark.parametrize(
    ("first", "second", "messages"),
    [
        # The words that are asked for hold the words that are forbidden.
        ("phrase: 您好请讲话吧", "phrase: 请讲话", ["'您好请讲话吧' is asked for here, and X-002 forbids '请讲话'"]),
        (
            "phrase: [您好请讲话, 早上好呀]",
            "phrase: 请讲话",
            ["'您好请讲话' is one way to meet this rule, and X-002 forbids '请讲话'"],
        ),
        (
            "all: [{phrase: 您好请讲话}, {phrase: 再见朋友}]",
            "any: [{phrase: 再见朋友}, {phrase: 滚开}]",
            ["'再见朋友' is asked for here, and X-002 forbids '再见朋友'"],
        ),
        ("phrase: 请讲话\n  role: agent", "phrase: 请讲话\n  role: customer", []),
        ("phrase: 请讲话", "phrase: {any_of: [请讲话], exclude: [请讲话]}", []),
        ("phrase: 请讲话", "phrase: {any_of: [请讲话], min_count: 5}", []),
        ("phrase: 请讲话\n  within: {first_seconds: 10}", "phrase: 请讲话\n  within: {from_seconds: 20}", []),
        (
            "phrase: 请讲话\n  within: {first_seconds: 30}",
            "phrase: 请讲话\n  within: {from_seconds: 20}",
            ["'请讲话' is asked for here, and X-002 forbids '请讲话'"],
        ),
        ("phrase: 请讲话\n  after: {phrase: 投诉}", "phrase: 请讲\n  after: {phrase: 投诉}", []),
    ],
)
def test_rules_that_contradict_each_other(first: str, second: str, messages: list[str]) -> None:
    one, other = RULE.replace("phrase: 您好请讲", first), FORBID.replace("phrase: 您好请讲", second)
    found = [m for m in cross_issues(double(other, first=one)) if "forbids" in m]
    assert found == messages


def test_rules_for_other_calls_do_not_contradict() -> None:
    first = RULE + "applies_when: {direction: inbound}\n"
    assert cross_issues(double(FORBID + "applies_when: {direction: outbound}\n", first=first)) == []


def test_words_that_another_rule_forbids_already() -> None:
    second = FORBID.replace("您好请讲", "[您好请讲呀, 别的说法]")
    (message,) = cross_issues(double(second, first=FORBID))
    assert message == "'您好请讲呀' is covered by '您好请讲' of X-001 already"


def test_the_same_sound_in_one_list(tmp_path: Path) -> None:
    (issue,) = lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", "phrase: [您好请讲, 换作是我, 换做是我]"))
    assert issue.message == "X-001: '换做是我' adds nothing: '换作是我' in the same list sounds the same"
    assert (issue.line, issue.column) == (7, 24)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("applies_when: {rule: X-001}", "rests on X-001, which is retired; so it never applies"),
        ("prerequisites: [X-001]", "rests on X-001, which is retired; so it never applies"),
    ],
)
def test_rules_that_can_never_apply(head: str, message: str) -> None:
    text = double(RULE.replace("您好请讲", "请您稍等") + head + "\n", first=RULE + "status: retired\n")
    assert cross_issues(text) == [message]
    assert cross_issues(text.replace("retired", "draft")) == [message.replace("retired", "a draft")]


def test_a_rule_that_needs_one_for_other_calls() -> None:
    second = RULE.replace("您好请讲", "请您稍等") + "prerequisites: [X-001]\napplies_when: {direction: outbound}\n"
    text = double(second, first=RULE + "applies_when: {direction: inbound}\n")
    assert cross_issues(text) == ["rests on X-001, which is for other calls; so it never applies"]


@pytest.mark.parametrize("direction", ["inbond", "呼入", "[inbound, out]"])
def test_a_direction_that_no_call_has(direction: str) -> None:
    (message,) = cross_issues(RULE + f"applies_when: {{direction: {direction}}}\n")
    assert message.startswith("no call has the direction")
    assert cross_issues(RULE + "applies_when: {direction: [inbound, outbound]}\n") == []


def test_a_rule_that_has_ended() -> None:
    ruleset = parse_rules(RULE + "effective: {until: 2026-03-01}\n").ruleset
    assert any("ended on 2026-03-01" in issue.message for issue in lint(ruleset, (), today="2026-03-02"))
    assert not any("ended" in issue.message for issue in lint(ruleset, (), today="2026-03-01"))


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (
            "script: [为了保证服务质量本次通话将被录音, 请问您贵姓]\n  within: {first_seconds: 2}",
            "the script takes 2.5 s to say at the least, its window is 2 s",
        ),
        (
            "sequence: [为了保证服务质量本次通话, 请问您贵姓]\n  within: {first_seconds: 1}",
            "the sequence takes 2.0 s to say at the least, its window is 1 s",
        ),
        (
            "phrase: 您好请讲\n  within: {first_percent: 30, last_percent: 40}",
            "the first 30 % and the last 40 % of a call never meet",
        ),
    ],
)
def test_windows_that_hold_nothing(condition: str, message: str) -> None:
    assert cross_issues(RULE.replace("phrase: 您好请讲", condition)) == [message]


def test_fifty_thousand_words_are_looked_through_and_told_briefly(tmp_path: Path) -> None:
    signs = [chr(0x4E00 + n) for n in range(230)]
    words = [a + b + "请讲话吧" for a in signs for b in signs][:50_000]
    listed = "".join(f"\n    - {word}" for word in words)
    found = lint_folder(
        tmp_path, RULE.replace("phrase: 您好请讲", f"phrase:{listed}\n  within: {{first_seconds: 0.5}}")
    )
    assert [issue.line for issue in found if "cannot be said" in issue.message] == [*range(8, 28)]
    assert any(re.search(r"\d{5} more phrases of this list: too long", issue.message) for issue in found)


def test_emoji_and_traditional_characters(tmp_path: Path) -> None:
    (issue,) = lint_folder(tmp_path, RULE.replace("您好请讲", "您好，請講😀"))
    assert "one phrase with a Chinese comma" in issue.message
    assert (issue.line, issue.column) == (7, 3)


def test_circles_of_rules_are_told_with_their_places() -> None:
    text = double(
        RULE.replace("phrase: 您好请讲", "rule: X-001"), first=RULE.replace("phrase: 您好请讲", "rule: X-002")
    )
    with pytest.raises(RulesetError) as caught:
        parse_rules(text)
    (issue,) = caught.value.issues
    assert "in a circle" in issue.message
    assert issue.column == 5
    assert "rules.yml:2, rules.yml:9" in issue.hint


def test_words_that_are_found_only_as_written_are_named_in_a_note(tmp_path: Path) -> None:
    (issue,) = lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", "phrase: [再见, 祝您生活愉快]"))
    assert issue.severity == "note"
    assert issue.message.endswith("再见: two syllables, so found only as written, not by sound")
    assert lint_folder(tmp_path, RULE.replace("phrase: 您好请讲", "phrase: [bye now, take care]")) == []


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("phrase: 机会难得\n  after: {phrase: [不需要呢], role: customer, hit: each}", True),
        ("any:\n    - {phrase: 机会难得, after: {phrase: [不需要呢], hit: each}}\n    - phrase: 别走别走", True),
        ("phrase: 机会难得\n  after: {phrase: [不需要呢], role: customer, hit: any}", False),
        ("not: {phrase: 机会难得, after: {phrase: [不需要呢], hit: each}}", False),
    ],
)
def test_forbidden_words_at_every_hit_are_a_trap(tmp_path: Path, condition: str, told: bool) -> None:
    text = RULE.replace("require:", "forbid:").replace("phrase: 您好请讲", condition)
    found = [issue.said.code for issue in lint_folder(tmp_path, text) if issue.said is not None]
    assert ("every_hit" in found) is told
    required = [issue.said.code for issue in lint_folder(tmp_path, text.replace("forbid:", "require:")) if issue.said]
    assert "every_hit" not in required
