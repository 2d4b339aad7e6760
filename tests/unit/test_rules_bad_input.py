"""Hostile files of rules and of the other system: a located message in both languages, and an end in sight."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from asr_qa.errors import Issue, RulesetError
from asr_qa.messages import line_of, message_in, row_of
from asr_qa.ruleset.loader import parse_rules
from asr_qa.ruleset.sca import import_sca, parse_sca

HEAD = "id: X-001\nname: x.y\ntitle: {zh: 测, en: test}\nseverity: minor\nclass: customer\n"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
BOMB = "".join(f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8))


def issues_of(read: Callable[[str], Any], text: str) -> tuple[Issue, ...]:
    with pytest.raises(RulesetError) as caught:
        read(text)
    return caught.value.issues


def told(issue: Issue) -> str:
    """The message with its code, after a look at both languages."""
    assert issue.said is not None
    row = row_of(issue, "zh")
    assert row["code"] == issue.said.code
    assert json.loads(json.dumps(row)) == row, "arguments are JSON"
    assert CHINESE.search(message_in(issue, "zh"))
    assert issue.said.code != "as_is"
    assert "错误：" in line_of(issue, "zh")
    return issue.said.code


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (HEAD + "require:\n\tphrase: 您好请讲\n", "yaml_tab", 7),
        (HEAD + "severity: major\nrequire: {phrase: 您好请讲}\n", "key_twice", 6),
        (HEAD + "require: &a {any: [*a]}\n", "alias_bomb", 6),
        ("a: &a [x,x,x,x,x,x,x,x,x]\n" + BOMB, "alias_bomb", 1),
        (HEAD + 'require: {regex: "(a+)+$"}\n', "pattern", 6),
        (HEAD + 'require: {regex: "(您好"}\n', "pattern", 6),
        (HEAD + 'require: {phrase: "😀"}\n', "phrase_empty", 6),
        (HEAD + "require: {phrase: \x07}\n", "not_yaml", 6),
        (HEAD + "require: {phrase: 您好请讲}\n---\n" + HEAD, "not_yaml", 7),
        (HEAD + "require: {phrase: 您好请讲, within: {first_seconds: .nan}}\n", "of_key", 6),
        (HEAD + f"require: {{phrase: {{any_of: [您好请讲], min_count: {'9' * 5000}}}}}\n", "value_unreadable", 6),
        (HEAD + "effective: {from: 2026-13-45}\nrequire: {phrase: 您好请讲}\n", "value_unreadable", 6),
        (HEAD + "require: " + "[" * 100_000, "nested_deeper", 6),
        (HEAD + "require: {phrase: [您好请讲, \n", "not_yaml", 7),
        (HEAD + "require: {phrase: [甲乙丙，丁戊己]}\n", "phrase_separator", 6),
        (HEAD + "require: {phrase: [甲乙丙、丁戊己；庚辛]}\n", "phrase_separator", 6),
        (HEAD + f"require: {{phrase: {'好' * 100_000}}}\n", "phrase_long", 6),
        (HEAD + "1: 2\nrequire: {phrase: 您好请讲}\n", "unknown_key", 6),
        (HEAD + "requires: {phrase: 您好请讲}\n", "unknown_key", 6),
        *(
            (HEAD + f"require: {{phrase: 您好请讲, {key}: }}\n", "of_key", 6)
            for key in ("role", "within", "after", "every", "same")
        ),
        (HEAD + "require: {phrase: 您好请讲, within: {first_seconds: }}\n", "of_key", 6),
        (HEAD + "require: {phrase: 您好请讲, after: {phrase: 我要投诉, seconds: }}\n", "of_key", 6),
        (HEAD + "applies_when: {queue: }\nrequire: {phrase: 您好请讲}\n", "of_key", 6),
        (HEAD + "effective: {from: }\nrequire: {phrase: 您好请讲}\n", "of_key", 6),
        (HEAD + "require: {phrase: {n_of: {n: 2, of: [您好请讲, 您好请讲]}}}\n", "n_too_many", 6),
        (HEAD + "require: {event: {kind: silence, min_seconds: 9, max_seconds: 5}}\n", "no_number", 6),
        ("~", "file_empty", 0),
        (
            HEAD + "require:\n  sequence: [您好请讲, {phrase: {any_of: [再见再见], count: {at_most: 2}}}]\n",
            "step_none",
            7,
        ),
    ],
)
def test_hostile_yaml_has_a_place_and_both_languages(text: str, code: str, line: int) -> None:
    found = [(told(issue), issue.line) for issue in issues_of(parse_rules, text)]
    assert (code, line) in found


def test_a_sentence_with_a_comma_is_meant_where_it_is_quoted_or_in_a_script() -> None:
    quoted = HEAD + 'require: {phrase: ["您好，请讲", 早上好呀]}\nfalse_positives: [客户先说，坐席后说]\n'
    assert parse_rules(quoted).ruleset.rules
    assert parse_rules(HEAD + "require: {script: {lines: [为了服务质量，通话将被录音]}}\n").ruleset.rules


def test_a_list_that_is_one_entry_is_shown_as_it_should_be_written() -> None:
    (issue,) = issues_of(parse_rules, HEAD + "require: {phrase: [甲乙丙，丁戊己]}\n")
    assert "[甲乙丙, 丁戊己]" in issue.hint
    assert "[甲乙丙, 丁戊己]" in line_of(issue, "zh")


def test_a_key_is_guessed_in_the_mapping_that_it_stands_in() -> None:
    (issue,) = issues_of(parse_rules, HEAD + "require: {phrase: 您好请讲, within: {last_second: 40}}\n")
    assert issue.hint == "did you mean 'last_seconds'?"
    (issue,) = issues_of(parse_rules, HEAD + "require: {phrase: 您好请讲, within: {zzz: 40}}\n")
    assert "first_sentences" in issue.hint


def test_a_list_of_50000_words_and_traditional_characters_are_read() -> None:
    words = "".join(f"      - 詞語說法{number}\n" for number in range(50_000))
    (rule,) = parse_rules(HEAD + "require:\n  phrase:\n    any_of:\n" + words).ruleset.rules
    assert "词语说法7" in str(rule.condition)[:500]


def rule_with(keywords: str = '["您好"]', **more: str) -> str:
    operator = f'{{"oid":"o","type":"INCLUDE_KEYWORDS","param":{{"keywords":{keywords}}}}}'
    rest = "".join(f',"{key}":{value}' for key, value in more.items())
    return f'{{"rid":"1","lambda":"c","conditions":[{{"cid":"c","operators":[{operator}]}}]{rest}}}'


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (f'{{"rules":[\n{rule_with()}'[:-20], "not_json", 2),
        ("", "not_json", 1),
        ("[" * 100_000, "json_deep", 1),
        ('{"rules":[\n{"rid":NaN}]}', "json_no_number", 2),
        (f'{{"rules":[\n{rule_with(level="1e400")}]}}', "json_at", 2),
        (f'{{"rules":[{rule_with(level="9" * 5000)}]}}', "not_json", 0),
        ('{"rules":[\n1]}', "json_at", 1),
        ('{"rules":[{"rid":{},"lambda":[],\n"conditions":"x"}]}', "json_at", 2),
        ("3", "json_rules", 0),
        ("null", "json_rules", 0),
        ('{"rules":[{\n"rid":"1","rid":"2"}]}', "key_twice", 2),
        (f'{{"rules":[{{"rid":"1","lambda":"{"(" * 5000}","conditions":[]}}]}}', "json_at", 1),
        ('{"rules":[]}', "json_at", 1),
        (" " * (17 * 2**20), "too_large", 0),
    ],
)
def test_hostile_json_has_a_place_and_both_languages(text: str, code: str, line: int) -> None:
    assert [(told(issue), issue.line) for issue in issues_of(parse_sca, text)] == [(code, line)]


def test_a_value_of_the_wrong_kind_loses_its_operator_only() -> None:
    (lost,) = import_sca(parse_sca(f'{{"rules":[{rule_with("[1,null,{}]")}]}}'))
    assert lost.rule is None
    assert [one.code for one in lost.lost] == ["of_part"]


def test_rules_of_one_id_stay_apart_and_say_so() -> None:
    first, second = import_sca(parse_sca(f'{{"rules":[{rule_with()},{rule_with()}]}}'))
    assert (first.id, second.id) == ("SCA-001", "SCA-002")
    assert not first.notes
    assert [one.code for one in second.notes] == ["note_same_rid"]


BEGINNERS = [
    ("require:{phrase: 您好请讲}\n", "unknown_key", "blank_after_colon"),
    ("require:\n  phrase:您好请讲\n  role: agent\n", "yaml_no_blank", "blank_after_colon"),
    ("require: {phrase: 您好请讲， role: agent}\n", "yaml_wide_comma", "write_sign"),
    ("require: ｛phrase: 您好请讲}\n", "yaml_wide_bracket", "write_signs"),
    ("require: {phrase: 【您好请讲】}\n", "phrase_wide_brackets", "square_brackets"),
    ("require: {phrase：您好请讲}\n", "unknown_key_wide_colon", "write_sign"),
    ("require：\n  phrase: 您好请讲\n", "yaml_wide_colon", "write_sign"),
    ("require: {phrase: *您好}\n", "not_yaml", "quote_star"),
    ("role: agent\nrequire: {phrase: 您好请讲}\n", "unknown_key_here", "indent_below"),
    ("require: {phrase: 您好请讲, role: 坐席}\n", "of_key", "write_word"),
    ("require: {phrase: 您好请讲, within: 30}\n", "of_key", "eg"),
    ("require: {phrase: 您好请讲, within: {first_seconds: 30秒}}\n", "of_key", "number_alone"),
    ("require: {phrase: 您好请讲, within: {first_seconds: 三十}}\n", "of_key", "number_in_digits"),
    ("require: {phrase: 您好请讲}\nassisted: 是\n", "of_key", "write_word"),
    ("require: {phrase: 您好请讲}\nrationale: 7\n", "of_key", "put_in_quotes"),
    ("require: {phrase: 您好请讲, role　: agent}\n", "wide_blank", "ordinary_blanks"),
]


@pytest.mark.parametrize(("text", "code", "advice"), BEGINNERS)
def test_what_beginners_mistype_is_named_with_what_to_write(text: str, code: str, advice: str) -> None:
    found = issues_of(parse_rules, HEAD + text)
    assert (code, advice) in [(told(issue), issue.advice.code if issue.advice else "") for issue in found]
