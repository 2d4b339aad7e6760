"""Mistakes are told in our words: nothing of what the library says shows through."""

from __future__ import annotations

import re

import pytest

from asr_qa.errors import RulesetError
from asr_qa.ruleset.loader import parse_rules

RULE = {
    "id": "X-001",
    "name": "x.y",
    "title": "{zh: 测, en: test}",
    "severity": "minor",
    "class": "customer",
    "require": "{phrase: 您好请讲}",
}
LEAKS = re.compile(
    r"[Ii]nput should|[Ss]tring should|should have|valid (string|list|dict)|pydantic|\bNone\b"
    r"|constrained|literal|<class|\bdict\b"
)
VALUES = ["", "~", "[]", "{}", "7", "-1.5", "true", ".nan", "2026-01-01", "x", "[1, ~]", "{a: 1}", "[[[]]]", "'${x}'"]
CONDITIONS = [
    "{{phrase: {0}}}",
    "{{phrase: {{any_of: {0}}}}}",
    "{{phrase: {{any_of: [a], match: {0}}}}}",
    "{{phrase: {{any_of: [a], min_count: {0}}}}}",
    "{{phrase: {{any_of: [a], allow_short: {0}}}}}",
    "{{phrase: {{any_of: [a], count: {0}}}}}",
    "{{phrase: {{n_of: {0}}}}}",
    "{{regex: {0}}}",
    "{{script: {{lines: {0}}}}}",
    "{{script: {{lines: [a], coverage: {0}}}}}",
    "{{sequence: {0}}}",
    "{{sequence: {{steps: [a, b], max_gap: {0}}}}}",
    "{{metric: {0}}}",
    "{{metric: {{name: {0}, at_most: 1}}}}",
    "{{metric: {{name: duration, at_most: {0}}}}}",
    "{{event: {0}}}",
    "{{event: {{kind: hold, waived: {0}}}}}",
    "{{rule: {0}}}",
    "{{any: {0}}}",
    "{{not: {0}}}",
    "{{phrase: a, role: {0}}}",
    "{{phrase: a, within: {0}}}",
    "{{phrase: a, within: {{first_seconds: {0}}}}}",
    "{{phrase: a, after: {0}}}",
    "{{phrase: a, after: {{phrase: b, hit: {0}}}}}",
    "{{phrase: a, every: {0}}}",
    "{{entity: {0}}}",
    "{{repetition: {0}}}",
    "{{similarity: {0}}}",
]


def told(text: str) -> str:
    try:
        parse_rules(text)
    except RulesetError as error:
        nowhere = [issue for issue in error.issues if not (issue.line and issue.column)]
        return f"{error}{' None' if nowhere else ''}"
    return ""


@pytest.mark.parametrize("condition", CONDITIONS)
def test_no_value_of_a_condition_brings_out_words_of_the_library(condition: str) -> None:
    for value in VALUES:
        rule = RULE | {"require": condition.format(value)}
        message = told("\n".join(f"{key}: {part}" for key, part in rule.items()))
        assert not LEAKS.search(message), message


@pytest.mark.parametrize("key", [*RULE, "status", "applies_when", "except", "rationale", "assisted", "effective"])
def test_no_value_of_a_rule_brings_out_words_of_the_library(key: str) -> None:
    for value in VALUES:
        message = told("\n".join(f"{name}: {part}" for name, part in (RULE | {key: value}).items()))
        assert not LEAKS.search(message), message


@pytest.mark.parametrize(
    ("key", "value", "hint"),
    [
        ("require", "{entity: 身份证}", "write id_card"),
        ("require", "{event: 静音}", "write silence"),
        ("require", "{metric: {name: 语速, at_most: 280}}", "write characters_per_minute.agent"),
        ("require", "{metric: {name: 抢话, at_most: 2}}", "write interruptions.agent"),
        ("require", "{metric: {name: 心情, at_most: 2}}", "known: "),
        ("require", "{sequence: 您好}", "e.g. [[...], [...]]"),
        ("require", "{phrase: {any_of: [您好请讲], count: 3}}", "e.g. {at_least: 3}"),
        ("require", "{phrase: 您好请讲, min_count: 3}", "phrase: {any_of: [...], min_count: ...}"),
        ("require", "{phrase: 您好请讲, wrong_party: true}", "phrase: {any_of: [...], wrong_party: ...}"),
        ("status", "启用", "write stable"),
        ("assisted", "是", "write true"),
    ],
)
def test_what_a_beginner_writes_is_answered_with_what_to_write(key: str, value: str, hint: str) -> None:
    rule = RULE | {key: value}
    with pytest.raises(RulesetError) as caught:
        parse_rules("\n".join(f"{name}: {text}" for name, text in rule.items()))
    assert hint in caught.value.issues[0].hint


def test_an_item_without_a_blank_after_its_dash_is_told_so() -> None:
    rule = "\n".join(f"{name}: {text}" for name, text in (RULE | {"require": "\n  phrase:\n  -您好\n  -你好"}).items())
    with pytest.raises(RulesetError) as caught:
        parse_rules(rule)
    (issue,) = caught.value.issues
    assert (issue.message, issue.hint) == (
        "not valid YAML: no blank after the dash of an item",
        "write a blank after '-'",
    )
