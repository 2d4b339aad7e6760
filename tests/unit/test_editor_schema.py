"""JSON Schemas for editors: they take every shipped file and every short form, and no mistakes."""

from __future__ import annotations

import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from asr_qa.config import shipped
from asr_qa.ruleset.editor import DIALECT, KINDS_OF_FILES, Kind, schema_of
from asr_qa.ruleset.source import read_source

HEAD = {"id": "X-001", "name": "x.y", "title": {"zh": "测", "en": "test"}, "severity": "minor", "class": "customer"}
FILES = sorted(path for path in shipped("rules").rglob("*.yml"))


@cache
def validator(kind: Kind) -> jsonschema.Draft202012Validator:
    schema = schema_of(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def as_json(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: as_json(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json(value) for value in data]
    return data.isoformat() if isinstance(data, datetime.date) else data


def kind_of(path: Path) -> Kind:
    if path.parent.name == "scorecards":
        return "scorecard"
    if path.stem == "pack":
        return "pack"
    return "cases" if path.stem.endswith(".cases") else "rule"


def takes(kind: Kind, text: str) -> bool:
    return bool(validator(kind).is_valid(as_json(yaml.safe_load(text))))


def takes_condition(text: str) -> bool:
    return bool(validator("rule").is_valid(HEAD | {"require": yaml.safe_load(text)}))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_file_fits(path: Path) -> None:
    errors = validator(kind_of(path)).iter_errors(as_json(read_source(path).data))
    assert [error.message for error in errors] == []


@pytest.mark.parametrize("kind", KINDS_OF_FILES)
def test_every_key_is_described(kind: Kind) -> None:
    schema = schema_of(kind)
    assert schema["$schema"] == DIALECT
    silent = [
        f"{name}.{key}"
        for name, definition in schema["$defs"].items()
        for key, part in definition.get("properties", {}).items()
        if not part.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize(
    "condition",
    [
        "{phrase: 您好}",
        "{phrase: [您好, 你好]}",
        '{phrase: ["${products}"]}',
        "{phrase: {any_of: 您好, match: exact}}",
        "{phrase: {n_of: {n: 2, of: [a, b, c]}}}",
        "{regex: 'a.b'}",
        "{script: '您好[啊]'}",
        "{script: ['您好', '再见']}",
        "{sequence: [抱歉, [核实, 查询], {regex: 处理}]}",
        "{entity: mobile}",
        "{entity: [mobile, id_card]}",
        "{repetition: 3}",
        "{similarity: 不归我们管}",
        "{event: dead_air}",
        "{rule: OPEN-001}",
        "{rule: {id: OPEN-001, verdict: [met, hit]}}",
        "{metric: {name: interruptions.agent, at_most: 2}}",
        "{phrase: a, every: sentence}",
        '{phrase: a, within: {first_seconds: "${seconds}"}}',
        "{phrase: a, after: {phrase: 投诉, role: customer, hit: each, seconds: 3}}",
        "{any: [{phrase: a}, {not: {event: hold}}]}",
        "[{phrase: a}, {phrase: b}]",
    ],
)
def test_short_forms_fit(condition: str) -> None:
    assert takes_condition(condition)


@pytest.mark.parametrize(
    "condition",
    [
        "{phrse: 您好}",
        "{phrase: 7}",
        "{phrase: []}",
        "{phrase: {any_of: [a], all_of: [b]}}",
        "{phrase: a, regex: b}",
        "{role: agent}",
        "{phrase: a, role: agnt}",
        "{phrase: a, within: {}}",
        "{phrase: a, within: {first_seconds: 0}}",
        "{phrase: a, within: {first_seconds: 三十}}",
        "{phrase: a, after: {seconds: 3}}",
        "{phrase: {any_of: [a], match: [loud]}}",
        "{metric: {name: silences, at_most: 1}}",
        "{event: noise}",
        "{entity: passport}",
        "{rule: {id: OPEN-001, verdict: maybe}}",
        "{any: []}",
        "{phrase: a, every: word}",
    ],
)
def test_mistakes_do_not_fit(condition: str) -> None:
    assert not takes_condition(condition)


@pytest.mark.parametrize(
    ("kind", "text", "fits"),
    [
        ("rule", "{id: OPEN-001, severity: fatal}", True),
        ("rule", "{severity: fatal}", False),
        ("rule", "{rules: [{id: OPEN-001, status: retired}]}", True),
        ("rule", "{rules: []}", False),
        ("cases", '[{name: a, call: "A 0-1 b", expect: met}]', True),
        ("cases", '[{name: a, call: "A 0-1 b", expect: {verdict: met, at: [0, 1]}, recording: {queue: x}}]', True),
        ("cases", '[{name: a, call: "A 0-1 b", expect: good}]', False),
        ("cases", '[{name: a, call: "A 0-1 b"}]', False),
        ("cases", "{name: a}", False),
        ("pack", "{id: a, title: {zh: a, en: a}, variables: {company: [华信, 华], hours: 24}}", True),
        ("pack", "{id: a, title: {zh: a, en: a}, extends: shipped, without: OPEN-001}", True),
        ("pack", "{id: A, title: {zh: a, en: a}}", False),
        ("pack", "{id: a, title: {zh: a, en: a}, variables: {company: {zh: a}}}", False),
        ("scorecard", "{id: a}", False),
    ],
)
def test_other_files(kind: Kind, text: str, fits: bool) -> None:
    assert takes(kind, text) is fits
