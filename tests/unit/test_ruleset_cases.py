from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.core.timeline import TimingOptions
from asr_qa.errors import RulesetError
from asr_qa.ruleset.cases import CaseReport, load_cases, run_cases
from asr_qa.ruleset.loader import load_ruleset

RULE = """\
id: X-001
name: x.y
title: {zh: 测, en: test}
severity: minor
class: customer
applies_when: {direction: inbound}
require: {phrase: 您好, role: agent, within: {first_seconds: 10}}
"""


def run(folder: Path, cases: str, *, rule: str = RULE, name: str = "x") -> CaseReport:
    (folder / f"{name}.yml").write_text(rule, encoding="utf-8")
    (folder / f"{name}.cases.yml").write_text(cases, encoding="utf-8")
    return run_cases(load_ruleset(folder), folder)


@pytest.mark.parametrize(
    ("case", "outcome", "message"),
    [
        ("call: 'A 0-2 您好', expect: {verdict: met}", "passed", ""),
        ("call: 'A 0-2 您好', expect: met", "passed", ""),
        ("call: 'A 0-2 喂', expect: {verdict: met}", "failed", "expected met, got not_met"),
        ("call: 'A 0-2 喂 | A 3-5 您好', expect: {verdict: met, at: [3, 5]}", "passed", ""),
        ("call: 'A 0-2 喂 | A 3-5 您好', expect: {verdict: met, at: [2.6, 4.6]}", "passed", ""),
        (
            "call: 'A 0-2 喂 | A 3-5 您好', expect: {verdict: met, at: [0, 2]}",
            "failed",
            "expected evidence in 0-2 s, got 3.0-5.0",
        ),
        ("call: 'A 0-2 喂', expect: {verdict: not_met, at: [0, 10]}", "passed", ""),
        ("call: 'A 0-2 喂', expect: met, known_miss: true", "known_miss", "expected met, got not_met"),
        (
            "call: 'A 0-2 您好', expect: met, known_miss: true",
            "no_longer_missed",
            "no longer a miss: remove the mark known_miss",
        ),
        ("call: 'A 0-2 您好', recording: {direction: outbound}, expect: not_applicable", "passed", ""),
        ("call: 'A 0-2 您好', warnings: roles_unknown, expect: undetermined", "passed", ""),
    ],
)
def test_a_case_comes_out(tmp_path: Path, case: str, outcome: str, message: str) -> None:
    report = run(tmp_path, f"- {{name: c, {case}}}")
    (result,) = report.results
    assert (result.outcome, result.message) == (outcome, message)
    assert report.ok is (outcome in ("passed", "known_miss"))
    assert report.of(result.outcome) == (result,)


def test_a_case_may_have_holds_and_ring_time(tmp_path: Path) -> None:
    rule = RULE.replace("{phrase: 您好, role: agent, within: {first_seconds: 10}}", "{event: hold}")
    cases = """\
- {name: held, call: "A 0-2 您好 | A 20-22 喂", holds: [[5, 15]], expect: met}
- {name: not held, call: "A 0-2 您好 | A 20-22 喂", expect: not_met}
"""
    assert run(tmp_path, cases, rule=rule).ok


def test_a_case_brings_the_rules_its_rule_rests_on(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text(RULE.replace("X-001", "X-009").replace("x.y", "x.base"), encoding="utf-8")
    rule = RULE.replace("{phrase: 您好, role: agent, within: {first_seconds: 10}}", "{rule: X-009}")
    assert run(tmp_path, "- {name: c, call: 'A 0-2 您好', expect: met}", rule=rule).ok


def test_drafts_have_cases_and_retired_rules_have_not(tmp_path: Path) -> None:
    case = "- {name: c, call: 'A 0-2 您好', expect: met}"
    assert len(run(tmp_path, case, rule=RULE + "status: draft\n").results) == 1
    assert run(tmp_path, case, rule=RULE + "status: retired\n").results == ()


def test_every_mistake_in_a_case_file_is_reported_with_its_line(tmp_path: Path) -> None:
    cases = """\
- {name: a, call: "A 0-2 您好", expect: met}
- {name: b, call: "X 0-2 您好", expect: met}
- {name: c, cal: "A 0-2 您好", call: "A 0-2 您好", expect: met}
- {name: d, call: "A 0-2 您好", expect: good}
- {name: e, call: "A 0-2 您好", expect: met, rule: X-01}
- {name: f, call: "A 0-2 您好", expect: {verdict: met, at: [1]}}
- {name: g, call: "A 0-2 您好", expect: {verdict: met, at: [5, 1]}}
"""
    with pytest.raises(RulesetError) as caught:
        run(tmp_path, cases)
    found = [(issue.line, issue.message, issue.hint) for issue in caught.value.issues]
    assert [line for line, _, _ in found] == [2, 3, 4, 5, 6, 7]
    assert "unknown speaker 'X'" in found[0][1]
    assert found[1][1:] == ("unknown key 'cal'", "did you mean 'call'?")
    assert "'good' is not one of met, not_met" in found[2][1]
    assert found[3][1:] == ("there is no rule 'X-01'", "did you mean 'X-001'?")
    assert "at least 2 of them" in found[4][1]
    assert found[5][1:] == ("the end (1 s) is before the start (5 s)", "e.g. [1, 5]")


@pytest.mark.parametrize(
    ("keys", "place"),
    [("expect: met, holds: [[9, 5]]", "[9, 5]"), ("expect: {verdict: met, at: [9, 5]}", "at: [9, 5]")],
)
def test_a_stretch_that_ends_before_it_begins_is_told_where_it_stands(tmp_path: Path, keys: str, place: str) -> None:
    case = f'- {{name: c, call: "A 0-2 您好 | A 9-12 嗯", {keys}}}'
    with pytest.raises(RulesetError) as caught:
        run(tmp_path, case)
    (issue,) = caught.value.issues
    assert (issue.line, issue.column) == (1, case.index(place) + 1)


def test_a_case_beside_several_rules_names_its_own(tmp_path: Path) -> None:
    items = [RULE, RULE.replace("X-001", "X-002").replace("x.y", "x.z").replace("您好", "再见")]
    rules = "rules:\n" + "".join("- " + item.replace("\n", "\n  ").rstrip() + "\n" for item in items)
    with pytest.raises(RulesetError, match=r"x\.yml beside it has 2 rules \(name one with rule: ID\)"):
        run(tmp_path, "- {name: c, call: 'A 0-2 再见', expect: met}", rule=rules)
    assert run(tmp_path, "- {name: c, rule: X-002, call: 'A 0-2 再见', expect: met}", rule=rules).ok


def test_cases_without_a_rule_beside_them_are_wrong(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(RULE, encoding="utf-8")
    (tmp_path / "y.cases.yml").write_text("- {name: c, call: 'A 0-2 您好', expect: met}", encoding="utf-8")
    with pytest.raises(RulesetError, match=r"there is no y\.yml beside it"):
        load_cases(load_ruleset(tmp_path), tmp_path)


def test_a_case_file_is_a_list(tmp_path: Path) -> None:
    with pytest.raises(RulesetError, match="expected a list of cases"):
        run(tmp_path, "name: c")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("A 0-2 您好 A 10-15 请讲", "'A 10-15' stands inside what is said; write '|' before it"),
        ("A 0-2 喂 | A 3-5 您好 B 10.5-15", "'B 10.5-15' stands inside what is said"),
        ("A 0-2 您好 ｜ A 10-15 请讲", "full-width bar ｜ in the call; write '|'"),
        ("“A 0-2 您好”", "the call has quotes “ ” around it"),
    ],
)
def test_an_utterance_that_swallows_the_next_is_refused(tmp_path: Path, call: str, message: str) -> None:
    with pytest.raises(RulesetError) as caught:
        run(tmp_path, f"- {{name: a, call: A 0-2 您好, expect: met}}\n- {{name: b, call: {call}, expect: met}}")
    (issue,) = caught.value.issues
    assert (Path(issue.path).name, issue.line, issue.severity) == ("x.cases.yml", 2, "error")
    assert message in issue.message


@pytest.mark.parametrize(
    "call", ["A 0-2 您好 A 套餐", "A 0-2 您好 3-5 天", "A 0-2 您好\\nA 3-5 请讲", "A 0-2 您好|A 3-5 请讲"]
)
def test_text_that_only_resembles_an_utterance_is_read(tmp_path: Path, call: str) -> None:
    assert run(tmp_path, f'- {{name: a, call: "{call}", expect: met}}').ok


NO_DEAD_AIR = RULE.split("applies_when")[0] + "forbid: {event: {kind: dead_air, waived: false}}\n"
SIX_SECONDS = 'call: "A 0-2 您好 | B 3-5 查订单 | A 11-12 好的"'


@pytest.mark.parametrize(
    ("own", "in_force", "expected"),
    [
        ("", None, "not_met"),
        ("", TimingOptions(dead_air_min=8), "met"),
        ("timing: {dead_air_min: 8}, ", None, "met"),
        # The case's own block stands in place of the other, whole.
        ("timing: {dead_air_min: 5.5}, ", TimingOptions(dead_air_min=8), "not_met"),
        ("timing: {dead_air_serious: 20}, ", TimingOptions(dead_air_min=8), "not_met"),
    ],
)
def test_a_case_comes_out_by_the_timing_in_force(
    tmp_path: Path, own: str, in_force: TimingOptions | None, expected: str
) -> None:
    (tmp_path / "x.yml").write_text(NO_DEAD_AIR, encoding="utf-8")
    (tmp_path / "x.cases.yml").write_text(
        f"- {{name: six seconds, {SIX_SECONDS}, {own}expect: {expected}}}", encoding="utf-8"
    )
    assert run_cases(load_ruleset(tmp_path), tmp_path, timing=in_force).ok


def test_timing_of_a_case_is_checked(tmp_path: Path) -> None:
    with pytest.raises(RulesetError) as caught:
        run(tmp_path, f"- {{name: c, {SIX_SECONDS}, timing: {{dead_air_mim: 8}}, expect: met}}")
    assert "dead_air_mim" in caught.value.issues[0].message


def test_figures_of_a_case_follow_its_timing(tmp_path: Path) -> None:
    rule = RULE.split("applies_when")[0] + "require: {metric: {name: overlap_seconds, at_most: 0}}\n"
    call = 'call: "A 0-4 您好请讲 | B 3.5-6 查订单"'
    cases = f"- {{name: a, {call}, expect: not_met}}\n- {{name: b, {call}, timing: {{overlap_min: 1}}, expect: met}}"
    assert run(tmp_path, cases, rule=rule).ok


def test_a_case_in_traditional_characters_is_read_as_a_transcript_would_be(tmp_path: Path) -> None:
    rule = RULE.replace("phrase: 您好", "regex: '[0-9]个工作日内'")
    assert rule != RULE
    report = run(tmp_path, '- {name: x, call: "A 0-2 三個工作日內答復您", expect: met}\n', rule=rule)
    assert [result.outcome for result in report.results] == ["passed"]
