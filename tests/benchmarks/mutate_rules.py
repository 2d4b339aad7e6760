"""How many mutants of the shipped rules their cases catch.

    python tests/benchmarks/mutate_rules.py                      # all groups, about three minutes of one core
    python tests/benchmarks/mutate_rules.py --groups role,window,polarity --rules my-rules/ --list

A mutant is a rule with one thing wrong (asr_qa/ruleset/mutants.py): another party, a window doubled, halved, moved or
removed, the opposite asked for, another hit of an anchor, a bound moved by a fifth, an exception or a condition
dropped, matching by sound switched off, one phrase dropped. It is caught when a case of its rule comes out otherwise
than it should; known misses do not count as cases. Mutants that no call can tell from their rule are listed with the
reason in tests/rules/equivalent_mutants.yml and stand in a column of their own: they count as not caught.
Prints Markdown with Wilson's 95 % intervals; exit code 1 where the three core groups stay below 95 %.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from asr_qa.config import shipped
from asr_qa.core.report import wilson
from asr_qa.core.rule import Ruleset
from asr_qa.ruleset.cases import Case, load_cases
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.mutants import CORE_GROUPS, caught, mutants

GROUPS = ("role", "window", "polarity", "anchor", "bound", "exception", "applies", "match", "phrase")
LEAST = 0.95
EQUIVALENT = Path(__file__).parents[1] / "rules" / "equivalent_mutants.yml"


def main() -> int:
    options = arguments()
    ruleset = load_ruleset(options.rules)
    cases = cases_of(ruleset, options.rules)
    begun = time.process_time()
    results = list(tried(ruleset, cases, frozenset(options.groups.split(","))))
    spent = time.process_time() - begun
    said = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8"))
    rules = len({rule for rule, _, _, _ in results})
    print(f"{rules} rules, {sum(map(len, cases.values()))} cases, {len(results)} mutants, {spent:.0f} s of one core\n")
    print("| group | mutants | caught | share | 95 % interval | equivalent, not caught |")
    print("|---|---|---|---|---|---|")
    for name, groups in (*((group, {group}) for group in GROUPS), ("role, window, polarity", CORE_GROUPS)):
        row(name, [result for result in results if result[1] in groups], said)
    if options.list:
        for rule, group, key, noticed in results:
            if not noticed:
                print(f"- {rule} {group}: {key}" + (f" ({reason})" if (reason := said.get(rule, {}).get(key)) else ""))
    core = [noticed for _, group, _, noticed in results if group in CORE_GROUPS]
    return int(bool(core) and sum(core) / len(core) < LEAST)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rules", type=Path, default=shipped("rules"))
    parser.add_argument("--groups", default=",".join(GROUPS))
    parser.add_argument("--list", action="store_true", help="name every mutant that is not caught")
    return parser.parse_args()


def cases_of(ruleset: Ruleset, folder: Path) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = defaultdict(list)
    for case in load_cases(ruleset, folder):
        if not case.known_miss:
            found[case.rule_id].append(case)
    return found


def tried(
    ruleset: Ruleset, cases: dict[str, list[Case]], groups: frozenset[str]
) -> Iterator[tuple[str, str, str, bool]]:
    """Rule, group, key and whether it was caught, for every mutant of the groups."""
    for rule in ruleset.rules:
        for mutant in mutants(rule):
            if mutant.group in groups:
                yield rule.id, mutant.group, mutant.key, caught(mutant, ruleset, cases[rule.id])


def row(name: str, results: Iterable[tuple[str, str, str, bool]], said: dict[str, dict[str, str]]) -> None:
    outcomes = Counter[str]()
    for rule, _, key, noticed in results:
        same = not noticed and key in said.get(rule, {})
        outcomes["caught" if noticed else "equivalent" if same else "missed"] += 1
    n = outcomes.total()
    if not n:
        return
    interval = wilson(outcomes["caught"], n)
    shown = f"{interval.low:.1%}-{interval.high:.1%}" if interval else ""
    print(
        f"| {name} | {n} | {outcomes['caught']} | {outcomes['caught'] / n:.1%} | {shown} | {outcomes['equivalent']} |"
    )


if __name__ == "__main__":
    sys.exit(main())
