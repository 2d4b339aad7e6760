"""The guides to writing rules: whatever they show can be copied and works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asr_qa.core.finding import Verdict
from asr_qa.ruleset.cases import load_cases, run_case
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import card_issues, load_scorecard

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
RECIPE = re.compile(r"^### \d+\. (.+)$", re.MULTILINE)
FILE = re.compile(r"```yml\n# (\S+)\n(.*?)```", re.DOTALL)
LEAST = 30


def recipes(name: str) -> list[tuple[str, str]]:
    """Rule and cases of every pair of blocks: the one written by hand, then the cookbook."""
    blocks = BLOCK.findall((DOCS / name).read_text(encoding="utf-8"))
    return list(zip(blocks[::2], blocks[1::2], strict=True))


@pytest.mark.parametrize("name", ["rules.md", "rules.zh.md"])
def test_every_recipe_comes_out_as_it_says(name: str, tmp_path: Path) -> None:
    for number, (rule, cases) in enumerate(recipes(name)):
        (tmp_path / f"r{number}.yml").write_text(rule, encoding="utf-8")
        (tmp_path / f"r{number}.cases.yml").write_text(cases, encoding="utf-8")
    ruleset = load_ruleset(tmp_path)
    results = [run_case(ruleset, case) for case in load_cases(ruleset, tmp_path)]
    assert [f"{result.case.id}: {result.message}" for result in results if not result.ok] == []
    verdicts = {(result.case.rule_id, result.case.verdict) for result in results}
    assert verdicts >= {(rule.id, verdict) for rule in ruleset.rules for verdict in (Verdict.MET, Verdict.NOT_MET)}


@pytest.mark.parametrize("name", ["rules.md", "rules.zh.md"])
def test_the_pack_and_the_card_of_the_guide_work(name: str, tmp_path: Path) -> None:
    for path, text in FILE.findall((DOCS / name).read_text(encoding="utf-8")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    folder = tmp_path / "my-rules"
    ruleset = load_ruleset(folder)
    own = [run_case(ruleset, case) for case in load_cases(ruleset, folder) if case.rule_id == "MY-200"]
    assert [result.message for result in own] == [""] * 6
    assert [issue for issue in card_issues(folder, ruleset) if issue.severity == "error"] == []
    assert load_scorecard("mine", folder, ruleset).points == 10


def test_both_guides_have_the_same_recipes() -> None:
    zh, en = ([rule for rule, _ in recipes(name)] for name in ("rules.zh.md", "rules.md"))
    assert zh == en
    assert len(RECIPE.findall((DOCS / "rules.md").read_text(encoding="utf-8"))) >= LEAST
