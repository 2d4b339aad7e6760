"""asr-qa rules new, schema and import-sca."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import pytest
import yaml
from cli_shell import Shell

from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.packs import shipped_rules

SAMPLE = Path(__file__).parents[1] / "assets" / "sca" / "upload_rule.json"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--require", "请问还有什么可以帮您", "--require", "还有其他需要吗", "--within-first", "30"],
            "坐席须在开场 30 秒内说出「请问还有什么可以帮您」「还有其他需要吗」之一。",
        ),
        (["--forbid", "绝对没问题"], "坐席不得说出「绝对没问题」。"),
        (["--require", "再见", "--within-last", "20"], "坐席须在结束前 20 秒内说出「再见」。"),
        (
            ["--require", "非常抱歉", "--after", "投诉", "--after-seconds", "20"],
            "坐席须在客户第一次说出「投诉」之后 20 秒内说出「非常抱歉」。",
        ),
        (["--require", "我姓王", "--role", "customer"], "客户须说出「我姓王」。"),
        (["--forbid", "绝对没问题", "--within-first", "10"], "坐席不得在开场 10 秒内说出「绝对没问题」。"),
    ],
)
def test_a_new_rule_has_cases_that_pass_and_no_mistakes(
    shell: Shell, home: Path, options: list[str], sentence: str
) -> None:
    folder = home / "mine"
    result = shell("rules", "new", "--id", "SERV-100", "--alone", "--dir", folder, *options)
    assert result.code == 0
    assert sentence in result.out
    assert f"asr-qa rules lint {folder}" in result.out
    cases = yaml.safe_load((folder / "custom" / "serv_100.cases.yml").read_text(encoding="utf-8"))
    assert sorted(case["expect"] for case in cases) == ["met"] * 3 + ["not_met"] * 3
    assert shell("rules", "lint", folder).out.splitlines()[-1] == "没有发现错误"
    assert shell("rules", "test", folder).out == "1 条规则的 6 个例子：6 个通过，0 个没通过，0 个已知漏判\n"


def test_a_new_folder_builds_on_the_shipped_rules(shell: Shell, home: Path) -> None:
    folder = home / "mine"
    assert shell("rules", "new", "--id", "OPEN-001", "--require", "您好请讲", "--dir", folder).code == 1
    assert not folder.exists()
    shell("rules", "new", "--id", "SERV-100", "--require", "您好请讲", "--dir", folder)
    ids = {rule.id for rule in load_ruleset(folder).rules}
    assert ids == {rule.id for rule in load_ruleset(shipped_rules()).rules} | {"SERV-100"}
    # Whoever inherits cannot mend what is shipped.
    assert shell("rules", "lint", folder).out == "没有发现错误\n"


def test_shipped_rules_are_copied_but_never_over_others(shell: Shell, home: Path) -> None:
    folder = home / "copy"
    assert shell("rules", "export", folder).code == 0
    assert load_ruleset(folder).digest == load_ruleset(shipped_rules()).digest
    again = shell("rules", "export", folder)
    assert again.code == 1
    assert "已经有了，不会覆盖" in again.err


def test_a_new_rule_names_schemas_that_it_fits(shell: Shell, home: Path) -> None:
    folder = home / "mine"
    shell("rules", "new", "--id", "SERV-100", "--require", "您好请讲", "--name", "opening.hello", "--dir", folder)
    for name, kind in (("hello.yml", "rule"), ("hello.cases.yml", "cases")):
        path = folder / "opening" / name
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# yaml-language-server: $schema=../.schema/{kind}.schema.json\n")
        schema = json.loads((path.parent / ".." / ".schema" / f"{kind}.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(text))


def test_nothing_is_overwritten(shell: Shell, home: Path) -> None:
    folder = home / "mine"
    first = ["rules", "new", "--id", "SERV-100", "--require", "您好请讲", "--dir", str(folder)]
    assert shell(*first).code == 0
    before = (folder / "custom" / "serv_100.yml").read_text(encoding="utf-8")
    again = shell("rules", "new", "--id", "SERV-101", "--name", "custom.serv_100", *first[4:])
    assert again.code == 1
    assert "不会覆盖" in again.err
    assert (folder / "custom" / "serv_100.yml").read_text(encoding="utf-8") == before
    other = shell(*first, "--name", "opening.other")
    assert other.code == 1
    assert "编号 SERV-100 已经用在" in other.err


@pytest.mark.parametrize(
    ("options", "english", "chinese"),
    [
        (["--id", "serv-1", "--require", "您好"], "'serv-1' is no id", "serv-1 不能作编号"),
        (["--id", "SERV-1", "--require", "，。"], "empty once punctuation is dropped", "去掉标点后什么也不剩"),
        (["--id", "SERV-1", "--require", "您好", "--forbid", "喂"], "write two rules", "写成两条规则"),
        (["--require", "您好"], "a rule needs an id", "规则要有编号"),
        (["--id", "SERV-1"], "say which words", "写上说法"),
        (["--id", "SERV-1", "--require", "您好", "--after-seconds", "5"], "goes with --after", "要和 --after"),
        (["--id", "SERV-1", "--require", "您好", "--name", "Greeting"], "is not written as a name", "不符合英文短名"),
    ],
)
def test_answers_that_make_no_rule(shell: Shell, home: Path, options: list[str], english: str, chinese: str) -> None:
    for lang, message in (("en", english), ("zh", chinese)):
        result = shell("rules", "new", "--dir", home / "mine", *options, "--lang", lang)
        assert result.code == 1
        assert message in result.err
    assert not (home / "mine").exists()


@pytest.mark.parametrize("kind", ["rule", "cases", "pack", "scorecard"])
def test_a_schema_is_printed(shell: Shell, kind: str) -> None:
    schema = shell("rules", "schema", kind).json
    jsonschema.Draft202012Validator.check_schema(schema)


def test_schemas_are_written(shell: Shell, home: Path) -> None:
    shell("rules", "schema", "--out", home / "one.json")
    assert json.loads((home / "one.json").read_text(encoding="utf-8"))["title"] == "质检规则"
    shell("rules", "schema", "--out", home / "all")
    assert len(list((home / "all").glob("*.schema.json"))) == 4


def test_rules_of_the_other_system_are_written_and_pass_lint(shell: Shell, home: Path) -> None:
    folder = home / "mine" / "sca"
    result = shell("rules", "import-sca", SAMPLE, "--out", folder)
    assert result.code == 0
    assert "22 条规则：17 条已迁移，1 条草稿，4 条未能迁移" in result.out
    assert "情绪模型没有对应的检测" in result.out
    assert len(list(folder.glob("*.yml"))) == 18
    assert "SOUND_CHANGE" in (folder / "not_carried_over.txt").read_text(encoding="utf-8")
    assert shell("rules", "lint", home / "mine", "--json").json["errors"] == 0
    again = shell("rules", "import-sca", SAMPLE, "--out", folder)
    assert again.code == 1
    assert "什么都没有写" in again.err


def test_without_a_folder_the_rules_are_printed(shell: Shell) -> None:
    result = shell("rules", "import-sca", SAMPLE)
    documents = [one for one in yaml.safe_load_all(result.out) if one]
    assert len(documents) == 18
    assert "注意" in result.err
    rows = shell("rules", "import-sca", SAMPLE, "--json").json
    assert sum(row["carried"] for row in rows) == 18


@pytest.mark.parametrize(("text", "message"), [("{", "JSON"), ("\udcff", "UTF-8")])
def test_what_is_no_json_is_an_error_with_its_place(shell: Shell, home: Path, text: str, message: str) -> None:
    path = home / "bad.json"
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    result = shell("rules", "import-sca", path)
    assert result.code == 1
    assert str(path) in result.err
    assert message in result.err


def test_rules_are_said_in_english_too(shell: Shell, home: Path) -> None:
    assert "坐席须在开场 15 秒内说出" in shell("rules", "show", "OPEN-001").out
    assert "the agent must say “您好”" in shell("rules", "show", "OPEN-001", "--lang", "en").out


def test_variables_come_from_a_file(shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = home / "mine"
    shell("rules", "new", "--id", "SERV-100", "--require", "欢迎致电${company}", "--dir", folder)
    assert not folder.exists()
    shell("rules", "new", "--id", "SERV-100", "--require", "欢迎致电华信", "--dir", folder)
    for path in (folder / "custom").glob("*.yml"):
        path.write_text(path.read_text(encoding="utf-8").replace("华信", "${company}"), encoding="utf-8")
    (folder / "pack.yml").write_text(
        "id: mine\ntitle: {zh: 我, en: Mine}\nvariables: {company: 华信}\n", encoding="utf-8"
    )
    values = home / "values.yml"
    values.write_text("variables: {company: 大地银行}\n", encoding="utf-8")
    assert shell("rules", "test", folder).code == 0
    monkeypatch.setenv("ASR_QA_RULES_VARIABLES", str(values))
    monkeypatch.setenv("ASR_QA_RULES_DIR", str(folder))
    assert shell("rules", "test", folder).code == 0
    assert "欢迎致电大地银行" in shell("rules", "show", "SERV-100").out
    shutil.rmtree(folder)


def test_a_new_rule_in_english_is_english_throughout(shell: Shell, home: Path) -> None:
    folder = home / "mine"
    options = ("--id", "SERV-100", "--require", "how may I help you", "--within-first", "20", "--lang", "en")
    made = shell("rules", "new", *options, "--dir", folder)
    assert made.out.startswith("SERV-100  The agent must say “how may I help you” in the first 20 s.")
    rule, cases, pack = ((folder / name) for name in ("custom/serv_100.yml", "custom/serv_100.cases.yml", "pack.yml"))
    assert all(path.read_text(encoding="utf-8").isascii() for path in (cases,))
    assert "en: Says how may I help you" in rule.read_text(encoding="utf-8")
    assert "without: [ids]" in pack.read_text(encoding="utf-8")
    titled = shell("rules", "new", "--id", "SERV-101", "--require", "您好请讲", "--title", "Greeting", "--dir", folder)
    assert titled.code == 0
    title = yaml.safe_load((folder / "custom" / "serv_101.yml").read_text(encoding="utf-8"))["title"]
    assert title == {"zh": "Greeting", "en": "Greeting"}


def test_a_new_rule_says_which_words_another_one_watches(shell: Shell, home: Path) -> None:
    made = shell("rules", "new", "--id", "SERV-100", "--forbid", "绝对没问题啊", "--dir", home / "mine")
    assert "已经被 LANG-001 的 绝对 查到" in made.out


def test_what_was_lost_is_said_in_english_too(shell: Shell, home: Path) -> None:
    result = shell("rules", "import-sca", SAMPLE, "--out", home / "sca", "--lang", "en")
    assert "22 rules; carried over: 17, drafts: 1, lost: 4" in result.out
    assert "no model of emotions" in result.out
