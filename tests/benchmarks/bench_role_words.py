"""What phrases tell of who says them: how often each party says those of pipeline/words, in texts that tell the party.

    python tests/benchmarks/bench_role_words.py

The texts are the calls of the cases beside the shipped rules. Many of them are there to go wrong: the customer says
what the agent should, the agent is rude. No audio; 15 s of one core.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from asr_qa.core.recording import Role
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript
from asr_qa.errors import AsrQaError
from asr_qa.pipeline.roles import (
    AGENT_WORDS,
    CLOSING_SCRIPT,
    CUSTOMER_WORDS,
    OPENING_SCRIPT,
    POLITELY,
    decide_roles,
    find_phrases,
)

RULES = Path(__file__).parents[2] / "rules"
LISTS = {
    "opening": OPENING_SCRIPT,
    "closing": CLOSING_SCRIPT,
    "agent, 您": (*AGENT_WORDS, *POLITELY),
    "customer": CUSTOMER_WORDS,
}
PARTIES = (Role.AGENT, Role.CUSTOMER)


def calls() -> Iterator[tuple[Transcript, str | None]]:
    """The calls of all cases with words of both parties, and their direction where it is given."""
    for path in sorted(RULES.rglob("*.cases.yml")):
        for case in _cases(yaml.safe_load(path.read_text(encoding="utf-8"))):
            try:
                said = parse_sketch(case["call"]).transcript
            except AsrQaError:  # shows what is refused
                continue
            if set(PARTIES) <= {u.role for u in said.utterances if plain(u.text)}:
                yield said, (case.get("recording") or {}).get("direction")


def _cases(node: Any) -> Iterator[dict[str, Any]]:
    """Every mapping with a call in it, however deep."""
    if isinstance(node, dict) and isinstance(node.get("call"), str):
        yield node
    inner: Sequence[Any] = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    for each in inner:
        yield from _cases(each)


def main() -> None:
    found = list(calls())
    texts = {role: {plain(u.text) for said, _ in found for u in said.of(role)} for role in PARTIES}
    size = {role: sum(map(len, texts[role])) for role in PARTIES}
    print(f"{len(found)} calls; characters: agent {size[Role.AGENT]}, customer {size[Role.CUSTOMER]}")
    print("| list | agent | customer | times as often | log odds |\n|---|---|---|---|---|")
    for name, phrases in LISTS.items():
        said = {role: sum(len(find_phrases(text, phrases)) for text in texts[role]) for role in PARTIES}
        rate = {role: (said[role] + 0.5) / size[role] for role in PARTIES}
        times = rate[Role.AGENT] / rate[Role.CUSTOMER]
        print(f"| {name} | {said[Role.AGENT]} | {said[Role.CUSTOMER]} | {times:.2g} | {math.log(times):+.1f} |")
    decided = [decide_roles(said, direction=direction) for said, direction in found]
    known = [decision for decision in decided if decision.known]
    wrong = sum(decision.swapped for decision in known)
    print(f"roles of these calls by words alone: known {len(known)} of {len(decided)}, of them wrong {wrong}")


if __name__ == "__main__":
    main()
