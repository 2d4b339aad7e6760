"""asr-qa rules: lint, test, show."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from cli_shell import Shell

from asr_qa.config import shipped
from asr_qa.render.locale import zh

RULE = """
id: TOY-001
name: toy.greeting
title: {zh: 说您好, en: Says hello}
severity: minor
class: customer
status: stable
require:
  phrase: {any_of: [您好呀朋友, 早上好朋友], match: [exact]}
  role: agent
  within: {first_seconds: 10}
except:
  phrase: {any_of: [已经问候过了]}
rationale: 礼貌
false_positives: [客户先说]
"""
CASES = """
- {name: said, call: "A 0-2 您好呀朋友", expect: {verdict: met, at: [0, 2]}}
- {name: said late, call: "A 0-1 喂 | A 20-22 您好呀朋友", expect: {verdict: not_met}}
- {name: other greeting, call: "A 0-2 早上好朋友", expect: {verdict: met}}
- {name: nothing, call: "A 0-2 喂", expect: {verdict: not_met}}
- {name: another word, call: "A 0-2 哈喽", expect: {verdict: met}, known_miss: true}
- {name: after the customer, call: "B 0-1 喂 | A 2-4 您好呀朋友", expect: {verdict: met}}
- {name: by the customer, call: "A 0-1 喂 | B 2-4 您好呀朋友", expect: {verdict: not_met}}
"""


@pytest.fixture
def folder(home: Path) -> Path:
    """A folder with one rule and its cases."""
    pack = home / "rules" / "toy"
    pack.mkdir(parents=True)
    (pack / "greeting.yml").write_text(RULE, encoding="utf-8")
    (pack / "greeting.cases.yml").write_text(CASES, encoding="utf-8")
    return home / "rules"


def test_lint_of_the_shipped_rules_finds_no_error(shell: Shell) -> None:
    result = shell("rules", "lint", "--json", "--lang", "en")
    assert result.code == 0
    assert result.json["errors"] == 0


def test_lint_says_when_all_is_well(shell: Shell, folder: Path) -> None:
    result = shell("rules", "lint", folder, "--lang", "en")
    assert (result.code, result.out) == (0, "no mistakes found\n")


def test_lint_names_every_mistake_with_file_and_line(shell: Shell, folder: Path) -> None:
    path = folder / "toy" / "greeting.yml"
    broken = RULE.replace("severity: minor", "severity: huge").replace("role: agent", "rolle: agent")
    path.write_text(broken.replace("first_seconds: 10", "first_seconds: -1"), encoding="utf-8")
    result = shell("rules", "lint", folder, "--lang", "en")
    assert result.code == 1
    lines = RULE.splitlines()
    for text in ("severity: minor", "role: agent", "within:"):
        number = next(index for index, line in enumerate(lines, 1) if text in line)
        assert re.search(rf"^{re.escape(str(path))}:{number}:\d+: error:", result.out, re.MULTILINE)
    assert result.out.splitlines()[-1] == "3 errors, 0 warnings, 1 note"


def test_lint_reads_cases_while_a_rule_is_broken(shell: Shell, folder: Path) -> None:
    (folder / "toy" / "greeting.yml").write_text(RULE.replace("severity: minor", "severity: huge"), encoding="utf-8")
    cases = folder / "toy" / "greeting.cases.yml"
    cases.write_text(CASES.replace("call:", "cal:", 1), encoding="utf-8")
    result = shell("rules", "lint", folder, "--lang", "en")
    assert re.search(rf"^{re.escape(str(cases))}:\d+:\d+: error: unknown key 'cal'", result.out, re.MULTILINE)
    assert "left out until the rules can be read" in result.out
    assert result.out.splitlines()[-1].endswith("0 warnings, 1 note")


def test_lint_compares_rules_while_a_case_is_broken(shell: Shell, folder: Path) -> None:
    twin = RULE.replace("TOY-001", "TOY-002").replace("toy.greeting", "toy.again")
    (folder / "toy" / "again.yml").write_text(twin, encoding="utf-8")
    cases = folder / "toy" / "greeting.cases.yml"
    cases.write_text(CASES.replace("call:", "cal:", 1), encoding="utf-8")
    result = shell("rules", "lint", folder, "--lang", "en")
    assert "unknown key 'cal'" in result.out
    assert "asks for the same as" in result.out
    assert "left out until the cases can be read" in result.out
    assert "are needed" not in result.out


def test_lint_with_warnings_only_succeeds(shell: Shell, folder: Path) -> None:
    (folder / "toy" / "greeting.cases.yml").write_text(CASES.splitlines()[1] + "\n", encoding="utf-8")
    result = shell("rules", "lint", folder, "--json", "--lang", "en")
    assert result.code == 0
    assert (result.json["errors"], result.json["warnings"]) == (0, 1)
    assert set(result.json["issues"][0]) == {
        *("path", "line", "column", "severity", "rule"),
        *("code", "args", "message", "hint_code", "hint_args", "hint"),
    }


def test_lint_finds_a_scorecard_that_names_no_rule(shell: Shell, home: Path) -> None:
    folder = Path(shutil.copytree(shipped("rules"), home / "rules"))
    card = folder / "scorecards" / "inbound.yml"
    card.write_text(card.read_text(encoding="utf-8").replace("OPEN-001", "OPEN-999"), encoding="utf-8")
    result = shell("rules", "lint", folder, "--lang", "en")
    assert result.code == 1
    assert f"{card}:" in result.out
    assert "OPEN-999" in result.out


def test_lint_of_a_missing_folder_is_an_error(shell: Shell, home: Path) -> None:
    result = shell("rules", "lint", home / "nowhere", "--lang", "en")
    assert result.code == 1
    assert "no such folder of rules" in result.out


def test_cases_and_known_misses_are_counted(shell: Shell, folder: Path) -> None:
    result = shell("rules", "test", folder, "--lang", "en")
    assert (result.code, result.out) == (0, "7 cases of 1 rule: 6 passed, 0 failed, 1 known miss\n")


@pytest.mark.parametrize("flag", ["--verbose", "-v"])
def test_known_misses_are_listed_when_asked_for(shell: Shell, folder: Path, flag: str) -> None:
    result = shell("rules", "test", folder, flag, "--lang", "en")
    assert result.code == 0
    assert "known misses (1):" in result.out
    assert "TOY-001 another word: expected met, got not_met" in result.out
    assert result.out.splitlines()[-1] == "7 cases of 1 rule: 6 passed, 0 failed, 1 known miss"


def test_lint_counts_one_warning_in_the_singular(shell: Shell, folder: Path) -> None:
    (folder / "toy" / "greeting.cases.yml").write_text(CASES.splitlines()[1] + "\n", encoding="utf-8")
    assert shell("rules", "lint", folder, "--lang", "en").out.splitlines()[-1] == "0 errors, 1 warning"


def test_lint_names_both_scorecards_of_one_id_and_version(shell: Shell, home: Path) -> None:
    folder = Path(shutil.copytree(shipped("rules"), home / "rules"))
    card = folder / "scorecards" / "inbound.yml"
    copy = Path(shutil.copy(card, card.with_name("my-inbound.yml")))
    result = shell("rules", "lint", folder, "--lang", "en")
    assert result.code == 1
    line = next(line for line in result.out.splitlines() if line.startswith(f"{copy}:"))
    assert "error" in line
    assert f"is already in {card}" in line
    text = copy.read_text(encoding="utf-8")
    copy.write_text(re.sub("^id: ", "id: my_", text, count=1, flags=re.MULTILINE), encoding="utf-8")
    assert shell("rules", "lint", folder, "--lang", "en").code == 0


def test_show_names_severities_as_the_report_does(shell: Shell) -> None:
    words = {row["id"]: row["severity"] for row in shell("rules", "show", "--json").json}
    for severity in set(words.values()):
        rule_id = next(rule_id for rule_id, value in words.items() if value == severity)
        shown = shell("rules", "show", rule_id).out.splitlines()[1]
        assert shown.startswith(zh.TEXTS[f"severity_{severity}"])


def test_a_case_that_fails_shows_expected_got_and_why(shell: Shell, folder: Path) -> None:
    path = folder / "toy" / "greeting.cases.yml"
    path.write_text(CASES.replace("A 0-2 早上好朋友", "A 0-2 早上坏朋友"), encoding="utf-8")
    result = shell("rules", "test", folder, "--lang", "en")
    assert result.code == 1
    assert f"FAILED {path}:4: TOY-001 other greeting" in result.out
    assert "expected met, got not_met" in result.out
    assert "not_met: phrase any of [您好呀朋友, 早上好朋友] by agent" in result.out


def test_a_known_miss_that_passes_fails_until_its_mark_is_gone(shell: Shell, folder: Path) -> None:
    path = folder / "toy" / "greeting.cases.yml"
    path.write_text(CASES.replace("A 0-2 哈喽", "A 0-2 您好呀朋友"), encoding="utf-8")
    result = shell("rules", "test", folder, "--lang", "en")
    assert result.code == 1
    assert "remove the mark known_miss" in result.out


def test_cases_are_chosen_by_pattern(shell: Shell, folder: Path) -> None:
    result = shell("rules", "test", folder, "-k", "SAID", "--json", "--lang", "en")
    assert [row["name"] for row in result.json["results"]] == ["said", "said late"]
    assert result.json["results"][0]["at"] == [[0.0, 2.0]]
    assert result.json["passed"] == 2


def test_a_pattern_without_cases_is_an_error(shell: Shell, folder: Path) -> None:
    result = shell("rules", "test", folder, "-k", "nonsense", "--lang", "en")
    assert result.code == 1
    assert "nonsense" in result.err


def test_show_lists_every_rule_in_80_columns(shell: Shell) -> None:
    result = shell("rules", "show")
    rules = shell("rules", "show", "--json").json
    assert result.code == 0
    assert {row["id"] for row in rules} <= {line.split()[0] for line in result.out.splitlines() if line.split()}
    assert "编号" in result.out


def test_show_says_one_rule_in_plain_words(shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QA_RULES_DIR", str(folder))
    chinese, english = shell("rules", "show", "toy-001"), shell("rules", "show", "TOY-001", "--lang", "en")
    assert "说您好" in chinese.out
    assert "坐席须" in chinese.out
    assert "识别的说法\n  您好呀朋友\n  早上好朋友\n" in chinese.out, "phrases of exceptions are not listened for"
    assert "Says hello" in english.out
    assert "false positives\n  客户先说" in english.out
    assert f"{folder}/toy/greeting.yml:" in chinese.out


def test_show_as_json_has_every_field(shell: Shell) -> None:
    row = shell("rules", "show", "COMP-003", "--json").json
    assert row["severity"] == "major"
    assert row["class"] == "compliance"
    assert row["phrases"]
    assert row["rationale"]
    assert Path(row["path"]).is_file()


def test_show_of_an_unknown_rule_suggests_one(shell: Shell) -> None:
    result = shell("rules", "show", "COMP-O03", "--lang", "en")
    assert result.code == 1
    assert "there is no rule COMP-O03" in result.err
    assert "COMP-003" in result.err


def test_cases_run_by_the_timing_of_the_scorecard(shell: Shell, home: Path) -> None:
    folder = Path(shutil.copytree(shipped("rules"), home / "rules"))
    assert shell("rules", "test", folder, "-k", "TIME-001", "--lang", "en").code == 0
    card = folder / "scorecards" / "inbound.yml"
    text = card.read_text(encoding="utf-8")
    (folder / "scorecards" / "patient.yml").write_text(
        text.replace("id: inbound", "id: patient") + "\ntiming: {dead_air_min: 12}\n", encoding="utf-8"
    )
    patient = shell("rules", "test", folder, "-k", "TIME-001", "--scorecard", "patient", "--lang", "en")
    assert patient.code == 1
    assert "expected not_met, got met" in patient.out
    assert "timing: scorecard patient@" in patient.out
    card.write_text(text + "\ntiming: {dead_air_min: 12}\n", encoding="utf-8")
    assert shell("rules", "test", folder, "-k", "TIME-001", "--lang", "en").code == 1


def test_cases_by_the_timing_of_a_card_that_is_not_there_are_an_error(shell: Shell, folder: Path) -> None:
    result = shell("rules", "test", folder, "--scorecard", "nowhere", "--lang", "en")
    assert result.code == 1
    assert "nowhere" in result.err


def test_lint_and_test_speak_chinese_unless_told_otherwise(shell: Shell, folder: Path) -> None:
    path = folder / "toy" / "greeting.yml"
    cases = path.with_name("greeting.cases.yml")
    cases.write_text(CASES.replace("A 0-2 早上好朋友", "A 0-2 早上坏朋友"), encoding="utf-8")
    failed = shell("rules", "test", folder)
    assert f"没通过 {cases}:4：TOY-001 other greeting\n  应当是“符合”，结果是“不符合”\n  原因：" in failed.out
    assert "不符合：说到其中一个 [您好呀朋友, 早上好朋友]" in failed.out
    assert "1 条规则的 7 个例子：5 个通过，1 个没通过，1 个已知漏判" in failed.out
    path.write_text(RULE.replace("role: agent", "rolle: agent"), encoding="utf-8")
    line = next(number for number, text in enumerate(RULE.splitlines(), start=1) if "role:" in text)
    assert f"{path}:{line}:3: 错误：不认识的键 rolle（是不是想写 role？）" in shell("rules", "lint", folder).out
    assert shell("rules", "test", folder).err.startswith(f"{path}:{line}:3: 错误：不认识的键")


def test_the_language_is_a_setting_that_an_option_overrides(
    shell: Shell, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASR_QA_LANG", "en")
    assert shell("rules", "lint", folder).out == "no mistakes found\n"
    assert shell("rules", "lint", folder, "--lang", "zh").out == "没有发现错误\n"
    (folder / "toy" / "greeting.yml").write_text("id: [", encoding="utf-8")
    assert "错误：YAML 格式不对" in shell("rules", "test", folder, "--lang", "zh").err
    assert "error: not valid YAML" in shell("rules", "test", folder).err


def test_lint_gives_programs_codes_and_arguments(shell: Shell, folder: Path) -> None:
    path = folder / "toy" / "greeting.yml"
    path.write_text(RULE.replace("role: agent", "rolle: agent"), encoding="utf-8")
    found = shell("rules", "lint", folder, "--json", "--lang", "zh").json["issues"]
    issue, _ = sorted(found, key=lambda one: one["severity"])
    assert (issue["code"], issue["args"]) == ("unknown_key", {"key": "rolle"})
    assert (issue["hint_code"], issue["hint_args"]) == ("did_you_mean", {"name": "role"})
    assert (issue["message"], issue["hint"]) == ("不认识的键 rolle", "是不是想写 role？")


def test_show_names_words_that_are_found_only_as_written(shell: Shell, folder: Path) -> None:
    path = folder / "toy" / "greeting.yml"
    path.write_text(RULE.replace("您好呀朋友,", "您好,"), encoding="utf-8")
    assert "  您好（两个字，只认原字，不按读音认）\n  早上好朋友\n" in shell("rules", "show", "TOY-001", folder).out
    assert shell("rules", "show", "TOY-001", folder, "--json").json["exact_only"] == ["您好"]


def test_a_card_that_comes_along_is_no_error_where_a_rule_is_left_out(shell: Shell, home: Path) -> None:
    folder = home / "mine"
    shell("rules", "new", "--id", "SERV-100", "--require", "您好请讲", "--dir", folder)
    pack = folder / "pack.yml"
    pack.write_text(pack.read_text(encoding="utf-8") + "without: [OPEN-002]\n", encoding="utf-8")
    result = shell("rules", "lint", folder, "--json")
    assert (result.code, result.json["errors"]) == (0, 0)
    (issue,) = (issue for issue in result.json["issues"] if issue["code"] == "card_unusable")
    assert (issue["severity"], issue["args"]["card"], issue["rule"]) == ("note", "inbound", "OPEN-002")
