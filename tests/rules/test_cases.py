"""Every case beside every shipped rule."""

from __future__ import annotations

from functools import cache

import pytest

from asr_qa.config import shipped
from asr_qa.core.rule import Ruleset
from asr_qa.ruleset.cases import Case, load_cases, run_case
from asr_qa.ruleset.lint import lint
from asr_qa.ruleset.loader import load_rules, load_ruleset

FOLDER = shipped("rules")


@cache
def shipped_rules() -> Ruleset:
    return load_ruleset(FOLDER)


CASES = load_cases(shipped_rules(), FOLDER)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_case(case: Case) -> None:
    result = run_case(shipped_rules(), case)
    assert result.ok, f"{case.path}:{case.line}: {result.message}"


def test_shipped_rules_have_no_lint_errors_and_enough_cases() -> None:
    loaded = load_rules(FOLDER)
    issues = lint(loaded.ruleset, CASES, sources=loaded.sources)
    assert [str(i) for i in issues if i.severity == "error" or "cases that are met" in i.message] == []


def test_there_are_at_least_25_rules() -> None:
    assert len(shipped_rules().rules) >= 25
