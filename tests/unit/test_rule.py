from __future__ import annotations

import re
from pathlib import Path

import pytest

from asr_qa.core.checks import CHECKS
from asr_qa.core.checks.timing import METRICS
from asr_qa.core.rule import Bounds, Check, Not, Phrase, Sequence, references, walk
from asr_qa.ruleset import schema
from asr_qa.ruleset.loader import parse_rules

DOCS = (Path(__file__).parents[2] / "docs" / "grammar.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        (Bounds(at_most=3), 3.0, 3.1),
        (Bounds(at_least=3), 3.0, 2.9),
        (Bounds(above=3), 3.1, 3.0),
        (Bounds(below=3), 2.9, 3.0),
        (Bounds(exactly=3), 3.0, 4.0),
        (Bounds(at_least=1, at_most=3), 2.0, 4.0),
    ],
)
def test_bounds(bounds: Bounds, inside: float, outside: float) -> None:
    assert bounds.hold(inside)
    assert not bounds.hold(outside)


def test_bounds_are_said_as_comparisons() -> None:
    assert str(Bounds(at_least=1, below=2.5)) == ">= 1 and < 2.5"


RULES = """\
rules:
  - {id: X-001, name: x.a, title: {zh: 测, en: t}, severity: minor, class: customer, require: {phrase: a}}
  - {id: X-002, name: x.b, title: {zh: 测, en: t}, severity: minor, class: customer, require: {phrase: b}}
  - {id: X-003, name: x.c, title: {zh: 测, en: t}, severity: minor, class: customer, require: {phrase: c}}
  - id: X-004
    name: x.d
    title: {zh: 测, en: t}
    severity: minor
    class: customer
    applies_when: {rule: X-001}
    require:
      any:
        - not: {phrase: d, after: {rule: X-002}}
        - sequence: [e, {phrase: f, before: {rule: X-003}}]
    except: {rule: X-001}
"""


def test_a_rule_knows_what_it_rests_on_however_deep() -> None:
    rule = parse_rules(RULES).ruleset.rules[-1]
    assert references(rule) == {"X-001", "X-002", "X-003"}


def test_walk_goes_through_logic_and_steps() -> None:
    parts = list(walk(parse_rules(RULES).ruleset.rules[-1]))
    phrases = [p.options.phrases[0] for p in parts if isinstance(p, Check) and isinstance(p.options, Phrase)]
    assert phrases == ["d", "e", "f"]
    assert any(isinstance(part, Not) for part in parts)
    assert any(isinstance(part, Check) and isinstance(part.options, Sequence) for part in parts)


def test_every_kind_of_check_has_one_function() -> None:
    assert set(CHECKS) == set(schema.KINDS) - {"any", "all", "not"}
    assert len(set(CHECKS.values())) == len(CHECKS)


def test_the_grammar_reference_names_every_key_and_metric() -> None:
    words = set(re.findall(r"[a-z_]+", DOCS))
    models = [m for m in vars(schema).values() if isinstance(m, type) and issubclass(m, schema.Strict)]
    keys = {field.alias or name for model in models for name, field in model.model_fields.items()}
    names = {part for metric in METRICS for part in metric.split(".")}
    assert sorted((keys | names) - words) == []


def test_the_sample_in_the_grammar_reference_is_a_rule() -> None:
    sample = DOCS.split("```yaml\n")[1].split("```")[0]
    anchor = "{id: OPEN-001, name: o.p, title: {zh: 测, en: t}, severity: minor, class: customer, require: {phrase: a}}"
    text = f"rules:\n- {anchor}\n- " + sample.replace("\n", "\n  ").rstrip() + "\n"
    assert parse_rules(text).ruleset.rules[1].title_zh == "开场告知录音"
