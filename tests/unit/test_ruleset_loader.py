"""Rule files: what is read, and what each mistake is called and where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asr_qa.core.rule import AllOf, AnyOf, Check, Condition, EventCount, Phrase, Script, Severity, Status, descend
from asr_qa.errors import Issue, RulesetError
from asr_qa.ruleset.loader import load_rules, load_ruleset, parse_rules
from asr_qa.ruleset.source import MAX_BYTES

GOOD = """\
id: OPEN-001
name: opening.greeting
title: {zh: 问候, en: Greeting}
severity: minor
class: customer
require:
  phrase: 您好
"""


def with_id(text: str, number: int) -> str:
    return text.replace("OPEN-001", f"OPEN-{number:03}").replace("opening.greeting", f"opening.greeting_{number}")


def issues(text: str) -> tuple[Issue, ...]:
    with pytest.raises(RulesetError) as caught:
        parse_rules(text)
    return caught.value.issues


def only(text: str) -> Issue:
    (issue,) = issues(text)
    return issue


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_folder_is_read_with_packs_lists_and_all_but_cases_and_scorecards(tmp_path: Path) -> None:
    write(tmp_path, "opening/greeting.yml", GOOD)
    write(tmp_path, "opening/greeting.cases.yml", "- not: a rule")
    write(tmp_path, "scorecards/inbound.yml", "not: a rule")
    items = "".join("- " + with_id(GOOD, n).replace("\n", "\n  ").rstrip() + "\n" for n in (2, 3))
    write(tmp_path, "closing/two.yaml", "rules:\n" + items)
    loaded = load_rules(tmp_path)
    assert [(rule.id, rule.pack) for rule in loaded.ruleset.rules] == [
        ("OPEN-001", "opening"),
        ("OPEN-002", "closing"),
        ("OPEN-003", "closing"),
    ]
    source = loaded.sources["OPEN-003"]
    assert (Path(source.path).name, source.line, source.stem) == ("two.yaml", 9, "two")


def test_a_rule_is_read_whole() -> None:
    text = GOOD.replace("severity: minor", "severity: fatal") + (
        "status: test\nassisted: true\nrationale: 因为\nfalse_positives: 没有\n"
        "effective: {from: 2026-01-01}\nexcept: [{phrase: a}, {phrase: b}]\n"
        "applies_when: {queue: [x, y], metadata: {k: v}, has: ring_seconds}\n"
    )
    rule = parse_rules(text).ruleset.rules[0]
    assert (rule.severity, rule.status, rule.assisted) == (Severity.FATAL, Status.TEST, True)
    assert (rule.title_zh, rule.title_en, rule.rationale, rule.false_positives) == (
        "问候",
        "Greeting",
        "因为",
        ("没有",),
    )
    assert (rule.effective_from, rule.effective_until) == ("2026-01-01", None)
    assert isinstance(rule.exceptions, AnyOf)
    assert rule.applies_when.fields == (("queue", ("x", "y")),)
    assert rule.applies_when.metadata == (("k", ("v",)),)
    assert rule.applies_when.has == ("ring_seconds",)


@pytest.mark.parametrize("short", ["您好", "[您好]", "{any_of: 您好}", "{any_of: [您好]}"])
def test_short_forms_mean_the_same(short: str) -> None:
    rule = parse_rules(GOOD.replace("phrase: 您好", f"phrase: {short}")).ruleset.rules[0]
    assert rule.condition == Check(Phrase(phrases=("您好",)))


@pytest.mark.parametrize(
    "pattern",
    [
        "[0-9]{11,}",
        "保证.{0,8}(赔|退)?.{0,8}款",
        "(王|李)+(先生|女士)",
        "(?<!不)(能|会)一定.*好",
        "(今|明)天(上午)?.{0,6}回(电|复)",
    ],
)
def test_patterns_that_are_safe(pattern: str) -> None:
    assert parse_rules(GOOD.replace("phrase: 您好", f"regex: '{pattern}'")).ruleset.rules


def test_an_event_without_count_means_at_least_one() -> None:
    rule = parse_rules(GOOD.replace("phrase: 您好", "event: hold")).ruleset.rules[0]
    assert isinstance(rule.condition, Check)
    assert isinstance(rule.condition.options, EventCount)
    assert rule.condition.options.count.at_least == 1


def test_lists_at_the_top_become_logic() -> None:
    listed = GOOD.replace("  phrase: 您好", "  - phrase: 您好\n  - phrase: 请讲")
    assert isinstance(parse_rules(listed).ruleset.rules[0].condition, AllOf)
    assert isinstance(parse_rules(listed.replace("require", "forbid")).ruleset.rules[0].condition, AnyOf)


def test_three_mistakes_are_three_issues_with_their_lines() -> None:
    text = """\
id: OPEN-001
name: opening.greeting
titel: {zh: 问候, en: Greeting}
severity: grave
class: customer
require:
  phrase: {any_off: [您好]}
"""
    found = [(issue.line, issue.message, issue.hint) for issue in issues(text) if "missing" not in issue.message]
    assert found == [
        (3, "unknown key 'titel'", "did you mean 'title'?"),
        (4, "severity: 'grave' is not one of minor, major, fatal", ""),
        (7, "unknown key 'any_off'", "did you mean 'any_of'?"),
    ]
    assert [issue.message for issue in issues(text) if "missing" in issue.message] == ["key 'title' is missing"]


def test_mistakes_of_all_files_are_reported_together(tmp_path: Path) -> None:
    write(tmp_path, "a/one.yml", GOOD.replace("minor", "minr"))
    write(tmp_path, "b/two.yml", with_id(GOOD, 2).replace("phrase", "phrse"))
    with pytest.raises(RulesetError) as caught:
        load_ruleset(tmp_path)
    assert [(Path(i.path).name, i.line) for i in caught.value.issues][:2] == [("one.yml", 4), ("two.yml", 7)]
    assert "two.yml:7:3: error: unknown key 'phrse' (did you mean 'phrase'?)" in str(caught.value)


@pytest.mark.parametrize(
    ("condition", "line", "message"),
    [
        ("phrase: []", 7, "at least 1 of them"),
        ("phrase: ''", 7, "empty once punctuation is dropped"),
        ("phrase: [您好, '，。']", 7, "empty once punctuation is dropped"),
        ("phrase: 12345", 7, "expected a list, found 12345"),
        ("phrase: [10086]", 7, "expected text, found 10086"),
        ("phrase: {any_of: [a], all_of: [b]}", 7, "exactly one of any_of"),
        ("phrase: {match: [exact]}", 7, "exactly one of any_of"),
        ("phrase: {any_of: [a], match: [close]}", 7, "'close' is not one of exact, homophone, near, fuzzy"),
        ("phrase: {n_of: {n: 3, of: [a, b]}}", 7, "n is 3, but only 2 phrases"),
        ("phrase: {n_of: {n: 0, of: [a, b]}}", 7, "must be at least 1"),
        ("phrase: {all_of: [a], min_count: 2}", 7, "min_count goes with any_of only"),
        ("phrase: {any_of: [a], min_confidence: 2}", 7, "must be at most 1"),
        ("phrase: {any_of: [a], allow_short: maybe}", 7, "expected true or false"),
        ("regex: '(a'", 7, "not a regular expression"),
        ("regex: '(a+)+b'", 7, "can take too long"),
        ("regex: '(?:(?:x{0,50})y)*'", 7, "matches the empty text"),
        ("regex: '(?:(?:x{0,50})y)*z'", 7, "can take too long"),
        ("regex: '(.*a){12}b'", 7, "can take too long"),
        ("regex: '.*a.*b'", 7, "can take too long"),
        ("regex: '(a|bc)*d'", 7, "can take too long"),
        ("regex: {pattern: a, exclude: '['}", 7, "not a regular expression"),
        ("script: '(a|b'", 7, "')' is missing"),
        ("script: '[a]'", 7, "may say nothing at all"),
        ("script: 'a)'", 7, "closes nothing"),
        ("script: {lines: [a, '{x}']}", 7, "may say nothing at all"),
        ("script: 'a[b][c][d][e][f][g][h][i][j]'", 7, "more than 256 ways"),
        ("script: {lines: [a], coverage: 1.5}", 7, "must be at most 1"),
        ("sequence: [a]", 7, "at least 2 of them"),
        ("sequence: [a, {event: hold}]", 7, "step 2 is a event"),
        ("metric: {name: first_respons, at_most: 1}", 7, "unknown metric 'first_respons'"),
        ("metric: {name: first_response}", 7, "needs a comparison"),
        ("metric: {name: first_response, at_most: .nan}", 7, "expected a number"),
        ("metric: {name: first_response, at_most: -1}", 7, "must be at least 0"),
        ("metric: {name: first_response, at_most: 1, above: 2}", 7, "no number is both above 2 and below 1"),
        ("metric: {name: turns, at_most: 1}", 6, "is per role"),
        ("event: {kind: deadair}", 7, "is not one of silence, hold"),
        ("event: {kind: hold, count: {}}", 7, "count needs a comparison"),
        ("rule: {id: OPEN-001, verdict: good}", 7, "'good' is not one of met"),
        ("rule: OPEN-009", 7, "there is no rule 'OPEN-009'"),
        ("rule: {id: OPEN-009}", 7, "there is no rule 'OPEN-009'"),
        ("any: []", 7, "at least 1 of them"),
        ("any: [{phrase: a}]\n  role: agent", 6, "role does not go with any"),
        ("phrase: a\n  regex: b", 6, "has one kind, this has phrase, regex"),
        ("role: agent", 6, "a condition needs a kind"),
        ("phrase: a\n  role: boss", 8, "'boss' is not one of agent, customer, other"),
        ("phrase: a\n  within: {}", 8, "within needs a bound"),
        ("phrase: a\n  within: {first_seconds: 0}", 8, "greater than 0"),
        ("phrase: a\n  within: {first_percent: 120}", 8, "must be at most 100"),
        ("phrase: a\n  within: {from_seconds: 9, to_seconds: 9}", 8, "the window from 9 s to 9 s is empty"),
        ("phrase: a\n  within: {first_second: 9}", 8, "unknown key 'first_second'"),
        ("phrase: a\n  after: {}", 8, "exactly one of rule, event, phrase"),
        ("phrase: a\n  after: {rule: OPEN-009}", 8, "there is no rule 'OPEN-009'"),
        ("phrase: a\n  after: {event: hold, role: agent}", 8, "role goes with phrase, not with event"),
        ("phrase: a\n  after: {phrase: b, by: agent}", 8, "by goes with event, not with phrase"),
        ("phrase: a\n  after: {phrase: {none_of: [b]}}", 8, "cannot be an anchor"),
        ("phrase: a\n  after: {phrase: b, hit: 0}", 8, "must be at least 1"),
        ("phrase: a\n  near: {phrase: b}", 6, "near needs seconds"),
        ("metric: {name: duration, at_most: 1}\n  within: {first_seconds: 3}", 6, "does not go with metric"),
    ],
)
def test_each_mistake_has_a_name_and_a_place(condition: str, line: int, message: str) -> None:
    found = issues(GOOD.replace("phrase: 您好", condition))
    assert any(issue.line == line and message in issue.message for issue in found), found


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("OPEN-001", "open-1", 1, "id: 'open-1' is not written as an id"),
        ("opening.greeting", "Greeting", 2, "name: 'Greeting' is not written as a name"),
        ("require:", "demand:", 6, "unknown key 'demand'"),
        ("class: customer", "class: client", 5, "'client' is not one of customer"),
        ("severity: minor\n", "", 1, "key 'severity' is missing"),
        ("title: {zh: 问候, en: Greeting}", "title: 问候", 3, "title: expected a mapping"),
        ("severity: minor", "severity: minor\neffective: {from: 2026-02-01, until: 2026-01-01}", 5, "after it ends"),
        ("severity: minor", "severity: minor\neffective: {from: soon}", 5, "expected a date"),
        ("severity: minor", "severity: minor\nseverity: major", 5, "key 'severity' stands twice"),
        ("severity: minor", "severity: minor\nforbid: {phrase: a}", 1, "exactly one of require and forbid"),
    ],
)
def test_each_mistake_of_a_rule_has_a_name_and_a_place(old: str, new: str, line: int, message: str) -> None:
    found = issues(GOOD.replace(old, new))
    assert any(issue.line == line and message in issue.message for issue in found), found


def test_ids_and_names_are_used_once(tmp_path: Path) -> None:
    write(tmp_path, "a/one.yml", GOOD)
    write(tmp_path, "b/two.yml", GOOD)
    with pytest.raises(RulesetError) as caught:
        load_ruleset(tmp_path)
    messages = [(Path(i.path).name, i.line, i.message) for i in caught.value.issues]
    assert messages == [
        ("two.yml", 1, "id 'OPEN-001' is already used"),
        ("two.yml", 2, "name 'opening.greeting' is already used"),
    ]
    assert caught.value.issues[0].hint.endswith("one.yml:1")


def listed(*conditions: str) -> str:
    rules = [with_id(GOOD, n).replace("phrase: 您好", text) for n, text in enumerate(conditions, start=1)]
    return "rules:\n" + "".join("- " + rule.replace("\n", "\n  ").rstrip() + "\n" for rule in rules)


def test_rules_come_after_those_they_rest_on() -> None:
    text = listed("rule: OPEN-003", "phrase: a", "{phrase: b, after: {rule: OPEN-002}}")
    assert [rule.id for rule in parse_rules(text).ruleset.rules] == ["OPEN-002", "OPEN-003", "OPEN-001"]


def test_rules_that_rest_on_each_other_are_refused() -> None:
    issue = only(listed("rule: OPEN-002", "rule: OPEN-001"))
    assert issue.message.startswith("rules rest on each other in a circle: OPEN-00")
    assert only(GOOD.replace("phrase: 您好", "rule: OPEN-001")).message.endswith("OPEN-001 -> OPEN-001")


def test_a_rule_that_is_not_there_gets_a_hint() -> None:
    issue = only(listed("phrase: a", "rule: OPEN-01"))
    assert (issue.line, issue.hint) == (15, "did you mean 'OPEN-001'?")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 0, "the file is empty"),
        ("- a\n- b\n", 1, "expected a rule"),
        ("just words", 1, "expected a rule"),
        ("a: [1\nb: 2\n", 2, "not valid YAML"),
        ("a:\n\tb: 1\n", 2, "not valid YAML"),
        ("a: &x [*x]\n", 1, "aliases refer in a circle"),
        ("a: " + "[" * 60 + "]" * 60, 1, "nested deeper than 40"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
        ("rules: {a: 1}\n", 1, "expected a list of rules"),
        ("rules: []\n", 1, "expected a list of rules"),
        ("a: 2026-13-45\n", 1, "cannot be read"),
        ("a: !!python/object:os.system {}\n", 1, "unknown key 'a'"),
    ],
)
def test_files_that_are_not_rules(text: str, line: int, message: str) -> None:
    found = issues(text)
    assert any(issue.line == line and message in issue.message for issue in found), found


def test_an_alias_bomb_is_refused_quickly() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 9)]
    found = issues("\n".join(lines))
    assert any("blow the file up" in issue.message for issue in found)


def test_aliases_may_be_used() -> None:
    text = GOOD.replace(
        "phrase: 您好", "any:\n  - {phrase: &hi [您好, 你好], role: agent}\n  - {phrase: *hi, role: other}"
    )
    condition = parse_rules(text).ruleset.rules[0].condition
    assert isinstance(condition, AnyOf)
    assert [part.options.phrases for part in condition.parts if isinstance(part, Check)] == [("您好", "你好")] * 2  # type: ignore[union-attr]


def test_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    for folder, message in ((tmp_path / "none", "no such folder"), (tmp_path, "no rule files")):
        with pytest.raises(RulesetError, match=message):
            load_ruleset(folder)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "latin.yml").write_bytes(b"id: \xff\xfe")
    (tmp_path / "huge.yml").write_text("#" * (MAX_BYTES + 1))
    with pytest.raises(RulesetError) as caught:
        load_ruleset(tmp_path)
    assert [issue.message for issue in caught.value.issues] == ["larger than 4 MB", "not UTF-8 at byte 4"]


def test_the_digest_is_of_the_content_only(tmp_path: Path) -> None:
    write(tmp_path, "a/one.yml", GOOD)
    write(tmp_path, "a/two.yml", with_id(GOOD, 2))
    first = load_ruleset(tmp_path)
    (tmp_path / "a/one.yml").unlink()
    (tmp_path / "a/two.yml").unlink()
    write(tmp_path, "b/all.yml", "# a remark\n" + listed("{phrase: 您好}", "phrase: {any_of: [您好]}"))
    write(tmp_path, "b/all.yml", (tmp_path / "b/all.yml").read_text().replace("greeting_1", "greeting"))
    second = load_ruleset(tmp_path)
    assert first.digest == second.digest
    assert [r.version for r in first.rules] == [r.version for r in second.rules]


@pytest.mark.parametrize(
    ("old", "new"),
    [("您好", "你好"), ("minor", "major"), ("require", "forbid"), ("phrase", "regex"), ("问候", "开场")],
)
def test_a_changed_rule_has_another_version(old: str, new: str) -> None:
    one, other = parse_rules(GOOD).ruleset, parse_rules(GOOD.replace(old, new)).ruleset
    assert one.digest != other.digest
    assert one.rules[0].version != other.rules[0].version


def test_any_and_all_have_different_versions() -> None:
    one = parse_rules(GOOD.replace("phrase: 您好", "any: [{phrase: a}, {phrase: b}]")).ruleset
    other = parse_rules(GOOD.replace("phrase: 您好", "all: [{phrase: a}, {phrase: b}]")).ruleset
    assert one.digest != other.digest


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("id: A\nrequire：\n  phrase: [您好]\nrole: a\n", 2, "full-width colon ：", "write ':'"),
        ("id: A\nseverity： minor\nclass: x\n", 2, "full-width colon ：", "write ':'"),
        ("id： A\nname: b\n", 1, "full-width colon ：", "write ':'"),
        ("rules:\n  - id： A\n    name: b\n", 2, "full-width colon ：", "write ':'"),
        ("severity： minor\n", 1, "full-width colon ：", "write ':'"),
        ("a:\n\tb: 1\n", 2, "a tab", "indent with blanks"),
        ("a:\n  b: 1\n\tc: 1\n", 3, "a tab", "indent with blanks"),
    ],
)
def test_slips_of_the_keyboard_are_named(text: str, line: int, message: str, hint: str) -> None:
    with pytest.raises(RulesetError) as caught:
        parse_rules(text)
    (issue,) = caught.value.issues
    assert (issue.line, issue.hint) == (line, hint)
    assert message in issue.message


def test_a_full_width_colon_inside_braces_is_named() -> None:
    with pytest.raises(RulesetError) as caught:
        parse_rules("id: A\ntitle: {zh： 说, en: b}\n")
    assert [(issue.line, issue.hint) for issue in caught.value.issues if "：" in issue.message] == [(2, "write ':'")]


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ("", ("exact", "homophone", "near")),
        (", match: [exact, fuzzy]", ("exact", "fuzzy")),
        (", match: [exact, homophone, near, fuzzy]", ("exact", "homophone", "near", "fuzzy")),
    ],
)
def test_what_sets_a_rule_going_is_matched_fuzzily_only_where_the_rule_says_so(
    given: str, kinds: tuple[str, ...]
) -> None:
    asked = f"{{any_of: [我的宽带]{given}}}"
    parts = ("phrase: {}", "not: {{phrase: {}}}", "sequence: [{{phrase: {}}}, {{phrase: b}}]")
    when = "{any: [" + ", ".join("{" + part.format(asked) + "}" for part in parts) + "]}"
    (rule,) = parse_rules(f"{GOOD}  after: {{phrase: {asked}}}\napplies_when: {when}\n").ruleset.rules
    assert isinstance(rule.condition, Check)
    assert isinstance(rule.condition.options, Phrase)
    assert rule.condition.options.match == ("exact", "homophone", "near", "fuzzy")
    assert rule.condition.scope.anchors[0].phrase is not None
    assert rule.condition.scope.anchors[0].phrase.match == kinds
    found = [
        check.options.match for check in triggers(rule.applies_when.condition) if isinstance(check.options, Phrase)
    ]
    assert found[:3] == [kinds] * 3


def test_a_script_that_sets_a_rule_going_is_not_matched_fuzzily() -> None:
    (rule,) = parse_rules(f"{GOOD}applies_when: {{script: 您好欢迎致电}}\n").ruleset.rules
    (check,) = triggers(rule.applies_when.condition)
    assert isinstance(check.options, Script)
    assert check.options.match == ("exact", "homophone", "near")


def triggers(condition: Condition | None) -> Iterator[Check]:
    parts = () if condition is None else descend(condition)
    return (part for part in parts if isinstance(part, Check))
