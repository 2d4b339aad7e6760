"""How much of the numbers said in composed calls is masked, and how many of the other sentences are touched.

    python tests/benchmarks/bench_redact_calls.py --truth DIR --documents DIR

compose.py writes NAME.wav and NAME.truth.json, `asr-qa process --out DIR` NAME.json. Each call is masked as a whole. A
number counts as masked when every numeral heard in the seconds in which it was said is; another sentence is touched
when one of its own letters is, and not where a number before or after it was heard in its seconds. Sentences that were
cut off, and those right beside a number of the same side, are left out. Prints Markdown with Wilson's 95 % intervals.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_redact import NUMBER, share
from bench_redact_heard import NUMERAL, utterance_of

from asr_qa.core.digits import canonical
from asr_qa.core.masking import MASK, Clock
from asr_qa.core.redact import find_private, redact

BESIDE = 1.0
"""Seconds beside a number in which words may be put down to the wrong sentence."""


def main() -> None:
    """Count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, required=True, nargs="+")
    parser.add_argument("--documents", type=Path, required=True, nargs="+", help="one for each --truth")
    options = parser.parse_args()
    measure(list(zip(options.truth, options.documents, strict=True)))


def measure(folders: Sequence[tuple[Path, Path]]) -> None:
    """Print how many numbers of composed calls are masked, and how many other sentences are touched."""
    kept, touched = [], []
    for truth, documents in folders:
        for path in sorted(truth.glob("*.truth.json")):
            document = documents / f"{path.name.removesuffix('.truth.json')}.json"
            if document.is_file():
                letters = list(_letters(json.loads(document.read_text("utf-8"))["utterances"]))
                for number, turn in _turns(json.loads(path.read_text("utf-8"))):
                    mine = [letter for letter in letters if letter.role == turn["role"] and _in(turn, letter.at)]
                    if number:
                        kept.append(all(letter.masked or not NUMERAL.match(letter.char) for letter in mine))
                    else:
                        own = canonical(turn["text"])
                        touched.append(any(letter.masked and canonical(letter.char) in own for letter in mine))
    print("| composed calls | n | share | 95 % |\n|---|---|---|---|")
    print(f"| numbers said, wholly masked | {share(sum(kept), len(kept))} |")
    print(f"| other sentences touched | {share(sum(touched), len(touched))} |")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was heard in a call."""

    role: str
    at: float
    """Second."""
    char: str
    masked: bool


def _letters(rows: Sequence[dict[str, Any]]) -> Iterator[Letter]:
    words = [[[word["text"], word["start"], word["end"]] for word in row["words"]] for row in rows]
    heard = [utterance_of({**row, "words": said}) for row, said in zip(rows, words, strict=True)]
    for before, after in zip(heard, redact(heard, find_private(heard)), strict=True):
        clock = Clock(before)
        for at, char in enumerate(before.text):
            if char.isalnum():
                place = clock.place(0, at, at + 1)
                yield Letter(before.role, (place.start + place.end) / 2, char, after.text[at] == MASK)


def _turns(truth: dict[str, Any]) -> Iterator[tuple[bool, dict[str, Any]]]:
    """The sentences said in whole, each with whether it is a number; those beside a number of the same side aside."""
    turns = [*truth["turns"], *truth["backchannels"]]
    numbers = [turn for turn in turns if turn["text"] is None or NUMBER.fullmatch(turn["text"].strip("\ufeff "))]
    for turn in turns:
        number = turn in numbers
        near = [n for n in numbers if n["role"] == turn["role"] and n["start"] - BESIDE < turn["end"]]
        if turn["text"] is not None and (number or not any(turn["start"] < n["end"] + BESIDE for n in near)):
            yield number, turn


def _in(turn: dict[str, Any], at: float) -> bool:
    return any(start <= at <= end for start, end in turn.get("speech") or [[turn["start"], turn["end"]]])


if __name__ == "__main__":
    main()
