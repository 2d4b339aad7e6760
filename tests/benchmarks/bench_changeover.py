"""How far words tell that the channels of agent and customer change over in the middle: what CHANGED rests on.

    python tests/benchmarks/bench_changeover.py
    python tests/benchmarks/bench_changeover.py --truth DIR

Reads the truth files of the sample calls, or of composed calls (*.truth.json, in folders of DIR too): their words as
they are, then with the channels turned from the middle of the call on. Prints a Markdown table of the log odds on the
side of the change that tells less, and of how many calls are warned of.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from truths import ROLES, transcript_of, utterances

from asr_qa.config import shipped
from asr_qa.core.transcript import Transcript
from asr_qa.pipeline.changeover import Change, find_change


def turned(said: Transcript) -> Transcript:
    """The same with the two parties on each other's channel from the middle on."""
    middle = max(utterance.end for utterance in said.utterances) / 2
    return transcript_of(
        *(
            replace(one, role=one.role.opposite) if one.role in ROLES and one.start >= middle else one
            for one in said.utterances
        )
    )


def row(name: str, found: Sequence[Change]) -> str:
    """One line of the table."""
    least, low, middle, high, most = np.percentile([change.odds for change in found], [0, 10, 50, 90, 100])
    warned = sum(change.is_sure for change in found)
    return f"| {name} | {least:.1f} | {low:.1f} | {middle:.1f} | {high:.1f} | {most:.1f} | {warned} of {len(found)} |"


def main(folder: Path) -> None:
    """Print the table."""
    truths = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.rglob("*.truth.json"))]
    calls = [transcript_of(*utterances(truth)) for truth in truths]
    if not calls:
        print(f"no *.truth.json below {folder}: nothing is measured")
        return
    print("| channels | least | 10 % | middle | 90 % | most | warned of |\n|---|---|---|---|---|---|---|")
    print(row("as they are", [find_change(said) for said in calls]))
    print(row("turned in the middle", [find_change(turned(said)) for said in calls]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=shipped("sample_audio"), help="folder of truth files")
    main(parser.parse_args().truth)
