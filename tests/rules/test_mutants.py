"""The cases of the shipped rules tell each rule from the same rule with a wrong party, window or polarity."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import yaml

from asr_qa.config import shipped
from asr_qa.core.rule import Rule, Ruleset
from asr_qa.ruleset.cases import Case, load_cases, run_case
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.mutants import CORE_GROUPS, Mutant, caught, mutants

LEAST = 0.95
"""Share of the mutants that cases must catch, those apart that no call can tell."""
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.yml"


@cache
def rules() -> Ruleset:
    return load_ruleset(shipped("rules"))


@cache
def cases() -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for case in load_cases(rules(), shipped("rules")):
        if not case.known_miss:
            found[case.rule_id].append(case)
    return found


def rule(name: str) -> Rule:
    found = rules().get(name)
    assert found is not None
    return found


def test_cases_catch_wrong_parties_windows_and_polarities() -> None:
    same = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    made, survived, told = 0, [], []
    for one in rules().rules:
        for mutant in mutants(one):
            listed = mutant.key in same.get(one.id, {})
            if mutant.group not in CORE_GROUPS and not listed:
                continue
            made += mutant.group in CORE_GROUPS
            noticed = caught(mutant, rules(), cases()[one.id])
            if listed:
                told += [f"{one.id} {mutant.key}"] if noticed else []
            elif not noticed:
                survived.append(f"{one.id} {mutant.key}")
    assert told == [], "not equivalent after all: take them off the list"
    assert 1 - len(survived) / made >= LEAST, survived
    assert {name for name in same if rules().get(name) is None} == set()


def test_every_group_is_made_of_a_rule_that_has_it() -> None:
    found = {mutant.group for one in rules().rules for mutant in mutants(one)}
    assert found == CORE_GROUPS | {"anchor", "bound", "exception", "applies", "match", "phrase"}


def test_mutants_differ_from_their_rule_and_from_each_other() -> None:
    made = list(mutants(rule("SERV-005")))
    keys = [mutant.key for mutant in made]
    assert len({mutant.rule for mutant in made} | {rule("SERV-005")}) == len(made) + 1
    assert len(set(keys)) == len(keys)
    assert "condition.parts[0].scope role swapped" in keys
    assert "condition.parts[1].scope.anchors[0] seconds doubled" in keys


def test_a_mutant_is_caught_by_the_case_that_tells_it_apart() -> None:
    """OPEN-001 asks for a greeting of the agent within 15 s; the cases are picked by hand."""
    by_name = {case.name: case for case in cases()["OPEN-001"]}
    made = {mutant.key: mutant for mutant in mutants(rule("OPEN-001"))}

    def told(key: str, *names: str) -> bool:
        mutant: Mutant = made[key]
        assert all(run_case(rules(), by_name[name]).ok for name in names)
        return caught(mutant, rules(), [by_name[name] for name in names])

    assert told("condition.scope role swapped", "只有客户问候")
    assert not told("condition.scope role swapped", "英语通话不适用")
    assert told("condition.scope.within first_seconds doubled", "问候太晚")
    assert not told("condition.scope.within first_seconds doubled", "标准问候")
    assert told("condition.scope.within first_seconds halved", "十几秒时问候")
    assert told("flipped", "标准问候")
