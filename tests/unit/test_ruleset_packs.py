"""Packs: what is inherited, changed and left out, and variables with the places of their mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_qa.core.rule import Check, Phrase, Regex, Repetition, Rule, Script, Sequence, Similarity, Within
from asr_qa.errors import Issue, RulesetError
from asr_qa.ruleset.cases import load_cases, run_cases
from asr_qa.ruleset.loader import LoadedRules, load_rules

PACK = """\
id: base
title: {zh: 基础, en: Base}
version: "1"
variables:
  company: 华信宽带
"""
RULE = """\
id: {id}
name: x.{name}
title: {{zh: 测, en: test}}
severity: minor
class: customer
require:
  phrase: 欢迎致电${{company}}
  role: agent
"""
CASES = """\
- {name: said, call: "A 0-3 欢迎致电${company}", expect: met}
- {name: another company, call: "A 0-3 欢迎致电大地保险", expect: not_met}
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rule_text(number: int = 1) -> str:
    return RULE.format(id=f"X-{number:03}", name=f"y{number}")


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "base"
    write(folder, "pack.yml", PACK)
    write(folder, "opening/a.yml", rule_text(1))
    write(folder, "opening/a.cases.yml", CASES)
    write(folder, "opening/b.yml", rule_text(2))
    return folder


@pytest.fixture
def acme(base: Path) -> Path:
    folder = base.parent / "acme"
    write(folder, "pack.yml", "id: acme\ntitle: {zh: 甲, en: Acme}\nextends: base\n")
    return folder


def phrases(rule: Rule | None) -> tuple[str, ...]:
    assert rule is not None
    assert isinstance(rule.condition, Check)
    assert isinstance(rule.condition.options, Phrase)
    return rule.condition.options.phrases


def issues(folder: Path) -> tuple[Issue, ...]:
    with pytest.raises(RulesetError) as caught:
        load_rules(folder)
    return caught.value.issues


def one_rule(folder: Path, body: str, variables: str) -> LoadedRules:
    text = rule_text().split("require:")[0] + body
    write(folder, "pack.yml", PACK.split("variables:")[0] + f"variables: {variables}\n")
    write(folder, "a.yml", text)
    return load_rules(folder)


def only_condition(loaded: LoadedRules) -> Check:
    condition = loaded.ruleset.rules[0].condition
    assert isinstance(condition, Check)
    return condition


def test_a_variable_is_filled_in_from_the_pack(base: Path) -> None:
    loaded = load_rules(base)
    assert phrases(loaded.ruleset.get("X-001")) == ("欢迎致电华信宽带",)
    assert loaded.warnings == ()
    assert run_cases(loaded.ruleset, base).ok


def test_an_inheriting_pack_has_the_rules_with_values_of_its_own(base: Path, acme: Path) -> None:
    write(acme, "pack.yml", "id: acme\ntitle: {zh: 甲, en: A}\nextends: base\nvariables: {company: 大地银行}\n")
    ours, theirs = load_rules(acme).ruleset, load_rules(base).ruleset
    assert phrases(ours.get("X-001")) == ("欢迎致电大地银行",)
    assert ours.digest != theirs.digest
    first, second = ours.get("X-001"), theirs.get("X-001")
    assert first is not None
    assert second is not None
    assert first.version != second.version
    assert run_cases(ours, acme).ok
    assert len(load_cases(ours, acme)) == 2


def test_a_settings_file_stands_above_packs(base: Path, acme: Path) -> None:
    settings = write(base.parent, "values.yml", "variables: {company: [中原电信, 中原宽带]}\n")
    loaded = load_rules(acme, settings=settings)
    assert phrases(loaded.ruleset.get("X-001")) == ("欢迎致电中原电信", "欢迎致电中原宽带")
    assert run_cases(loaded.ruleset, acme, settings=settings).ok


def test_keys_of_an_inherited_rule_are_changed_by_its_id(base: Path, acme: Path) -> None:
    write(acme, "mine/c.yml", "id: X-002\nseverity: fatal\nforbid: {phrase: 没办法}\n")
    rule = load_rules(acme).ruleset.get("X-002")
    assert rule is not None
    assert (rule.severity, rule.polarity, rule.name) == ("fatal", "forbid", "x.y2")
    assert phrases(rule) == ("没办法",)


def test_an_empty_value_takes_an_inherited_key_away(base: Path, acme: Path) -> None:
    write(base, "opening/b.yml", rule_text(2) + "rationale: 因为\n")
    write(acme, "c.yml", "id: X-002\nrationale:\n")
    rule = load_rules(acme).ruleset.get("X-002")
    assert rule is not None
    assert rule.rationale == ""


def test_mistakes_in_a_changed_rule_are_told_where_they_were_made(base: Path, acme: Path) -> None:
    ours = write(acme, "c.yml", "id: X-002\nseverity: huge\n")
    theirs = base / "opening" / "b.yml"
    theirs.write_text(rule_text(2).replace("role: agent", "rolle: agent"), encoding="utf-8")
    found = {(Path(issue.path).resolve(), issue.line, issue.column) for issue in issues(acme)}
    assert found == {(ours, 2, 1), (theirs, 8, 3)}


def test_rules_are_left_out_with_their_cases(base: Path, acme: Path) -> None:
    write(acme, "pack.yml", "id: acme\ntitle: {zh: 甲, en: A}\nextends: ../base\nwithout: [X-001]\n")
    ruleset = load_rules(acme).ruleset
    assert [rule.id for rule in ruleset.rules] == ["X-002"]
    assert load_cases(ruleset, acme) == ()


def test_cases_of_the_pack_replace_those_that_come_with_a_rule(base: Path, acme: Path) -> None:
    write(acme, "c.yml", "id: X-001\nrequire: {phrase: 您好请讲}\n")
    write(acme, "c.cases.yml", '- {name: ours, call: "A 0-2 您好请讲", expect: met}\n')
    ruleset = load_rules(acme).ruleset
    assert [case.name for case in load_cases(ruleset, acme)] == ["ours"]


def test_packs_inside_packs_share_the_variables_around_them(base: Path) -> None:
    write(base, "extra/pack.yml", "id: extra\ntitle: {zh: 加, en: Extra}\nvariables: {product: 宽带}\n")
    text = rule_text(3).replace("${company}", "${company}的${product}")
    write(base, "extra/c.yml", text)
    loaded = load_rules(base)
    assert phrases(loaded.ruleset.get("X-003")) == ("欢迎致电华信宽带的宽带",)
    rule = loaded.ruleset.get("X-003")
    assert rule is not None
    assert rule.pack == "extra"


def test_cases_of_an_inherited_rule_have_its_values_whatever_stands_around(base: Path) -> None:
    outer = base.parent / "outer"
    write(outer, "pack.yml", "id: outer\ntitle: {zh: 外, en: O}\nvariables: {company: 外公司}\n")
    write(outer, "below/pack.yml", f"id: below\ntitle: {{zh: 下, en: U}}\nextends: {base}\n")
    loaded = load_rules(outer)
    assert phrases(loaded.ruleset.get("X-001")) == ("欢迎致电华信宽带",)
    assert run_cases(loaded.ruleset, outer).ok


def test_the_shipped_rules_can_be_built_upon(tmp_path: Path) -> None:
    write(tmp_path, "pack.yml", "id: acme\ntitle: {zh: 甲, en: A}\nextends: shipped\n")
    assert load_rules(tmp_path).ruleset.get("OPEN-001") is not None


@pytest.mark.parametrize(
    ("pack", "line", "column", "message", "hint"),
    [
        ("extends: bass", 3, 1, "there is no pack 'bass'", "a folder beside this one"),
        ("extends: openin", 3, 1, "there is no pack 'openin'", "did you mean 'opening'?"),
        ("extends: base\nwithout: [X-009]", 4, 11, "there is no rule 'X-009' to leave out", "X-00"),
        ("without: [X-001]", 3, 1, "without goes with extends", "name the pack"),
        ("extends: base\nvariables: {Company: a}", 4, 13, "variable 'Company'", "company"),
        ("extends: base\nvariables: {company: []}", 4, 13, "without words", "write its value"),
        ("extends: base\nvariables: {company: {zh: a}}", 4, 13, "words, a number or a list", "华信"),
        ("extends: base\nvariables: {company: ' '}", 4, 13, "without words", "write its value"),
        ("extends: base\nvariables: {company: .inf}", 4, 13, "not .inf or .nan", "华信"),
        ("extends: base\nvariables: {company: .nan}", 4, 13, "not .inf or .nan", "华信"),
        ("extends: base\nvariables: {company: [华信, .inf]}", 4, 13, "not .inf or .nan", "华信"),
        ("extends: base\nvariables: {company: [华信, true]}", 4, 13, "read as something else", "quotes"),
        ("extends: base\nversion: 1.10", 4, 1, "version 1.1 is read as a number", "quotes"),
        ("extend: base", 3, 1, "unknown key 'extend'", "did you mean 'extends'?"),
    ],
)
def test_each_mistake_of_a_pack_has_a_place_and_a_hint(
    base: Path, acme: Path, pack: str, line: int, column: int, message: str, hint: str
) -> None:
    path = write(acme, "pack.yml", f"id: acme\ntitle: {{zh: 甲, en: A}}\n{pack}\n")
    write(acme, "c.yml", rule_text(7).replace("${company}", "我们"))
    (issue,) = issues(acme)
    assert (issue.path, issue.line, issue.column) == (str(path), line, column)
    assert message in issue.message
    assert hint in issue.hint


def test_packs_that_extend_each_other_in_a_circle(base: Path, acme: Path) -> None:
    write(base, "pack.yml", PACK + "extends: acme\n")
    (issue,) = issues(acme)
    assert "circle: acme -> base -> acme" in issue.message
    assert f"{acme / 'pack.yml'}:3" in issue.hint
    assert f"{base / 'pack.yml'}:6" in issue.hint


def test_a_pack_that_extends_what_is_around_it_goes_in_a_circle(base: Path) -> None:
    write(base, "inner/pack.yml", "id: inner\ntitle: {zh: 内, en: In}\nextends: ../../base\n")
    (issue,) = issues(base)
    assert "circle" in issue.message


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        ("  phrase: 欢迎致电${compny}", 15, "variable 'compny' has no value", "did you mean 'company'?"),
        ("  phrase: 欢迎致电${}", 3, "${} is not a variable", "lower_case"),
        ('  phrase: ["好", "${product}"]', 18, "variable 'product' has no value", "under variables: in pack.yml"),
    ],
)
def test_a_variable_without_a_value_is_told_where_it_stands(
    base: Path, text: str, column: int, message: str, hint: str
) -> None:
    path = write(base, "opening/b.yml", rule_text(2).replace("  phrase: 欢迎致电${company}", text))
    (issue,) = issues(base)
    assert (issue.path, issue.line, issue.column) == (str(path), 7, column)
    assert message in issue.message
    assert hint in issue.hint


def test_places_stay_right_after_a_list_was_written_out(base: Path) -> None:
    write(base, "pack.yml", PACK.replace("华信宽带", "[甲, 乙, 丙]"))
    body = 'require:\n  phrase:\n    - "${company}你好"\n    - ""\n    - 您好\n'
    path = write(base, "opening/b.yml", rule_text(2).split("require:")[0] + body)
    (issue,) = issues(base)
    assert (issue.path, issue.line, issue.column) == (str(path), 9, 7)


def test_a_variable_that_no_rule_uses_is_a_warning(base: Path) -> None:
    path = write(base, "pack.yml", PACK + "  product: 宽带\n")
    (issue,) = load_rules(base).warnings
    assert (issue.path, issue.line, issue.severity) == (str(path), 6, "warning")
    assert "'product' is used by no rule" in issue.message


def test_a_settings_file_may_not_invent_variables(base: Path) -> None:
    settings = write(base.parent, "values.yml", "variables:\n  compny: a\n")
    (issue,) = load_rules(base, settings=settings).warnings
    assert (issue.path, issue.line) == (str(settings), 2)
    assert issue.hint == "did you mean 'company'?"


def test_a_settings_file_with_mistakes_stops_the_rules(base: Path) -> None:
    settings = write(base.parent, "values.yml", "varables: {company: a}\n")
    with pytest.raises(RulesetError, match="unknown key 'varables'"):
        load_rules(base, settings=settings)


def test_an_unquoted_variable_in_brackets_is_explained(base: Path) -> None:
    write(base, "opening/b.yml", rule_text(2).replace("欢迎致电${company}", "[${company}, 您好]"))
    (issue,) = issues(base)
    assert issue.line == 7
    assert 'put it in quotes: "${company}"' in issue.hint


def test_a_list_in_a_list_of_phrases_becomes_its_items(tmp_path: Path) -> None:
    loaded = one_rule(tmp_path, 'require: {phrase: ["${p}", "${p}与${q}", 您好]}\n', "{p: [甲, 乙], q: [丙, 丁]}")
    assert phrases(loaded.ruleset.rules[0]) == ("甲", "乙", "甲与丙", "甲与丁", "乙与丙", "乙与丁", "您好")


def test_in_a_script_and_a_pattern_a_list_is_one_of(tmp_path: Path) -> None:
    script = only_condition(one_rule(tmp_path, "require: {script: '欢迎致电${p}客服'}\n", "{p: [甲, 乙]}")).options
    assert isinstance(script, Script)
    assert script.lines == ("欢迎致电(甲|乙)客服",)
    regex = only_condition(one_rule(tmp_path, "require: {regex: '致电${p}.{0,3}好'}\n", "{p: [a.b, 乙]}")).options
    assert isinstance(regex, Regex)
    assert regex.pattern == r"致电(?:a\.b|乙).{0,3}好"


def test_in_a_sequence_a_list_is_one_step(tmp_path: Path) -> None:
    loaded = one_rule(tmp_path, 'require: {sequence: ["${p}", 再见]}\n', "{p: [甲好, 乙好]}")
    options = only_condition(loaded).options
    assert isinstance(options, Sequence)
    first = options.steps[0].options
    assert isinstance(first, Phrase)
    assert (len(options.steps), first.phrases) == (2, ("甲好", "乙好"))


def test_a_number_stays_a_number(tmp_path: Path) -> None:
    body = 'require: {phrase: 您好, within: {first_seconds: "${seconds}"}}\n'
    assert only_condition(one_rule(tmp_path, body, "{seconds: 12.5}")).scope.within == Within(first_seconds=12.5)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("phrase: '请拨打${hotline}'", "请拨打4008001234"),
        ("phrase: '${hotline}'", "4008001234"),
        ("phrase: {any_of: ['${hotline}']}", "4008001234"),
        ("phrase: '一共${price}元'", "一共299.5元"),
    ],
)
def test_a_number_among_words_has_all_its_digits(tmp_path: Path, condition: str, expected: str) -> None:
    loaded = one_rule(tmp_path, f"require: {{{condition}}}\n", "{hotline: 4008001234, price: 299.5}")
    assert phrases(loaded.ruleset.rules[0]) == (expected,)


@pytest.mark.parametrize("written", ["007", "010", "0x1F", "1_000", "1:30"])
def test_a_number_that_yaml_reads_otherwise_stays_as_it_is_written(tmp_path: Path, written: str) -> None:
    alone = one_rule(tmp_path, "require: {phrase: '工号${staff}'}\n", f"{{staff: {written}}}")
    assert phrases(alone.ruleset.rules[0]) == (f"工号{written}",)
    listed = one_rule(tmp_path, "require: {phrase: ['工号${staff}']}\n", f"{{staff: [95588, {written}, 1.50]}}")
    assert phrases(listed.ruleset.rules[0]) == ("工号95588", f"工号{written}", "工号1.50")


def test_a_number_stays_a_number_inside_a_pattern_and_a_script(tmp_path: Path) -> None:
    regex = only_condition(one_rule(tmp_path, "require: {regex: {pattern: 保证, min_count: '${n}'}}\n", "{n: 2}"))
    assert isinstance(regex.options, Regex)
    assert regex.options.min_count == 2
    lines = "require: {script: {lines: [我要退款, 全部退还], coverage: '${n}'}}\n"
    script = only_condition(one_rule(tmp_path, lines, "{n: 0.5}"))
    assert isinstance(script.options, Script)
    assert script.options.coverage == 0.5


def test_a_list_is_written_out_in_every_list_of_phrases(tmp_path: Path) -> None:
    names = "{p: [华信, 大地]}"
    again = "require: {repetition: {about: ['${p}客服'], ignore: ['${p}您好']}}\n"
    repetition = only_condition(one_rule(tmp_path, again, names)).options
    assert isinstance(repetition, Repetition)
    assert repetition.about == ("华信客服", "大地客服")
    assert repetition.ignore == ("华信您好", "大地您好")
    close = only_condition(one_rule(tmp_path, "require: {similarity: {like: ['我要投诉${p}']}}\n", names)).options
    assert isinstance(close, Similarity)
    assert close.like == ("我要投诉华信", "我要投诉大地")


def test_signs_of_a_variable_can_be_meant_as_such(tmp_path: Path) -> None:
    loaded = one_rule(tmp_path, "require: {phrase: 您好}\nrationale: 写成$${company}\n", "{}")
    assert loaded.ruleset.rules[0].rationale == "写成${company}"


def test_lists_that_multiply_without_bound_are_refused(tmp_path: Path) -> None:
    words = ", ".join(f"词{n}" for n in range(600))
    with pytest.raises(RulesetError, match="too many phrases"):
        one_rule(tmp_path, 'require: {phrase: ["${p}${q}", 您好]}\n', f"{{p: [{words}], q: [{words}]}}")


def test_links_that_lead_back_are_read_once(base: Path) -> None:
    for name in ("again", "and_again"):
        (base / "opening" / name).symlink_to(base)
    (base / "opening" / "beside").symlink_to(base / "opening")
    assert [rule.id for rule in load_rules(base).ruleset.rules] == ["X-001", "X-002"]
