"""How much two parties speak at once, of what chance would give: what the definition double_talk rests on.

    python tests/benchmarks/bench_double_talk.py --truth DIR

DIR holds truth files of composed calls (call-*.truth.json, in folders below it too). Beside each call as it is, its
agent is put together with the customer of the next one: crossed lines. Prints a Markdown table; nothing is run where
DIR holds no call.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from truths import Truth, transcript_of, true_speech, utterances

from asr_qa.core.recording import Role
from asr_qa.core.timeline import build_timeline
from asr_qa.core.unknown import AtOnce, spoken_at_once


def at_once(agents: Truth, customers: Truth) -> AtOnce:
    """What the agent of one call and the customer of another say at once."""
    sides = {Role.AGENT: agents, Role.CUSTOMER: customers}
    speech = {role: true_speech(truth)[role] for role, truth in sides.items()}
    said = (line for role, truth in sides.items() for line in utterances(truth) if line.role is role)
    return spoken_at_once(build_timeline(speech, transcript_of(*said), max(agents["duration"], customers["duration"])))


def row(name: str, found: Sequence[AtOnce]) -> str:
    """One line of the table."""
    shares = np.array([one.seconds / one.chance for one in found])
    least, low, middle, high, most = np.percentile(shares, [0, 10, 50, 90, 100])
    warned = sum(one.is_double_talk for one in found)
    return (
        f"| {name} | {len(found)} | {least:.2f} | {low:.2f} | {middle:.2f} | {high:.2f} | {most:.2f} "
        f"| {warned / len(found):.0%} |"
    )


def main(folder: Path) -> None:
    """Print the table."""
    truths = [json.loads(path.read_text()) for path in sorted(folder.rglob("call-*.truth.json"))]
    if not truths:
        print(f"no call-*.truth.json below {folder}: nothing is measured")
        return
    print("| calls | n | least | 10 % | middle | 90 % | most | warned of |\n|---|---|---|---|---|---|---|---|")
    print(row("as they are", [at_once(truth, truth) for truth in truths]))
    print(row("crossed", [at_once(*pair) for pair in zip(truths, [*truths[1:], truths[0]], strict=True)]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="folder of call-*.truth.json")
    main(parser.parse_args().truth)
