"""Learn where in a turn a number is read out: the weights of asr_qa/core/words/readout.zh.txt.

    python tests/benchmarks/redact_readout.py --out DIR [--out DIR ...] --phrases PHRASES > WEIGHTS

DIR are those of bench_redact_heard.py, of which the parts of `--parts` are learnt from, and PHRASES is that of
bench_phrases.py, whose sentences are other talk. To what was heard come calls that are put together of it
(redact_dialogues.py). A chain of two states for each turn, fitted by gradient descent (AdaGrad) on its likelihood, with
the weights held small; what weighs hardly anything is left out. The same command prints the same weights.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
from bench_redact import ROLES as SIDES
from bench_redact_heard import ROLES, Case, _entries, _phrases, cases
from numpy.typing import NDArray
from redact_dialogues import Maker, Said
from redact_spoken import PARTS

from asr_qa.core.digits import DIGITS, fold_width
from asr_qa.core.masking import Clock
from asr_qa.core.readout import Marks, may_hold
from asr_qa.core.stream import streams_of, surroundings
from asr_qa.core.transcript import Utterance

HEAD = """\
# What speaks for a character being part of a number that is read out: natural logarithms, then the marks that weigh so
# much, as asr_qa/core/readout.py names them. Made by tests/benchmarks/redact_readout.py."""
WITH, WITHOUT = 6000, 7000
"""Calls that are put together."""
HEARD_WEIGHT, PHRASE_WEIGHT = 4.0, 2.0
"""Times a turn counts that was heard as it is."""
RARE = 8
"""Times a mark is met; rarer ones are left out."""
SLIGHT = 0.1
"""Weights below are left out."""
ROUNDS, BATCH, RATE, SMALL = 6, 64, 0.15, 3e-4
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Turn:
    """One to learn from."""

    marks: list[list[str]]
    """Of each character."""
    private: Sequence[bool]
    weight: float


def main() -> None:
    """Print the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, required=True, action="append", help="folders of bench_redact_heard.py hear"
    )
    parser.add_argument("--phrases", type=Path, required=True, help="folder of bench_phrases.py hear")
    parser.add_argument("--parts", default="dev,test,held-a", help="which are learnt from")
    options = parser.parse_args()
    parts = options.parts.split(",")
    entries = [entry for out in options.out for entry in _entries(out / "heard.jsonl") if entry["part"] in parts]
    heard = [case for entry in entries for case in cases(entry)]
    talk = [case for part in PARTS if part in parts for case in _phrases(options.phrases / f"{part}.jsonl")]
    model = Model(list(_turns(heard, talk)))
    for _ in range(ROUNDS):
        print(f"{model.learn():.4f}", file=sys.stderr)
    print(HEAD)
    print("\n".join(model.lines()))


def _turns(heard: Sequence[Case], talk: Sequence[Case]) -> Iterator[Turn]:
    for case in heard:
        yield from _of_call(case.heard, [_private(case, said) for said in case.heard], HEARD_WEIGHT)
    for case in talk:
        yield from _of_call(case.heard, [[False] * len(said.text) for said in case.heard], PHRASE_WEIGHT)
    words = [char for case in heard for said in case.heard for char in said.text if char.isalnum() and char > "\x7f"]
    maker = Maker([piece for case in heard for piece in _pieces(case)], words, random.Random(5))
    for at in range(WITH + WITHOUT):
        said = maker.with_number() if at < WITH else maker.without()
        yield from _of_call(_laid_out(said), [turn.private for turn in said], 1.0)


def _of_call(call: Sequence[Utterance], private: Sequence[Sequence[bool]], weight: float) -> Iterator[Turn]:
    around = surroundings(call, list(streams_of(call)))
    for said, labels, beside in zip(call, private, around, strict=True):
        text = fold_width(said.text)
        if may_hold(text, beside):
            marks = Marks(text, beside)
            common = marks.common()
            yield Turn(
                [[*common, *marks.of_kind(kind), *own] for kind, own in zip(marks.kinds, marks.places(), strict=True)],
                labels,
                weight,
            )


def _private(case: Case, heard: Utterance) -> list[bool]:
    """Which characters were heard while the number was said; a sign, where both of its neighbours were."""
    clock = Clock(heard)
    spans = [(s["start"], s["end"]) for s in case.said["spans"] if s["private"] and ROLES[s["role"]] is heard.role]
    found: list[bool | None] = []
    for at, char in enumerate(heard.text):
        place = clock.place(0, at, at + 1)
        middle = (place.start + place.end) / 2
        found.append(any(start <= middle <= end for start, end in spans) if char.isalnum() else None)
    before = False
    for at, private in enumerate(found):
        then = next((other for other in found[at:] if other is not None), False)
        before = before and then if private is None else private
        found[at] = before
    return [bool(private) for private in found]


def _pieces(case: Case) -> Iterator[str]:
    """What was heard of the number, piece by piece, where there is a digit in it."""
    for heard in case.heard:
        text, private = fold_width(heard.text), _private(case, heard)
        piece = ""
        for char, inside in [*zip(text, private, strict=True), ("", False)]:
            piece += char if inside else ""
            if not inside and piece:
                if any(digit in DIGITS for digit in piece):
                    yield piece
                piece = ""


def _laid_out(said: Sequence[Said]) -> list[Utterance]:
    at, call = 0.0, []
    for turn in said:
        seconds = max(0.5, 0.2 * len(turn.text))
        call.append(Utterance(SIDES[turn.role], at, at + seconds, turn.text))
        at += seconds + 0.5
    return call


@dataclass(slots=True)
class Model:
    """Weights of marks and of the steps from one character to the next."""

    turns: list[Turn]
    names: list[str] = field(init=False)
    weights: Floats = field(init=False)
    steps: Floats = field(init=False)
    coded: list[tuple[Ints, Ints, float]] = field(init=False)
    """Marks by number, and which characters are private."""
    slopes: tuple[Floats, Floats] = field(init=False)
    """Squares of all gradients so far."""
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))

    def __post_init__(self) -> None:
        often = Counter(mark for turn in self.turns for marks in turn.marks for mark in marks)
        self.names = ["", *sorted(mark for mark, count in often.items() if count >= RARE)]
        numbers = {name: at for at, name in enumerate(self.names)}
        self.weights, self.steps = np.zeros(len(self.names)), np.zeros((2, 2))
        self.slopes = np.full(len(self.names), 1e-6), np.full((2, 2), 1e-6)
        self.coded = [
            (np.array([[numbers.get(m, 0) for m in marks] for marks in t.marks]), np.array(t.private, int), t.weight)
            for t in self.turns
        ]

    def learn(self) -> float:
        """Once through all turns; the loss of one, on average."""
        order = self.rng.permutation(len(self.coded))
        order = order[np.argsort([len(self.coded[at][1]) // 4 for at in order], kind="stable")]
        batches = [order[at : at + BATCH] for at in range(0, len(order), BATCH)]
        self.rng.shuffle(batches)
        return sum(self._step([self.coded[at] for at in batch]) for batch in batches) / len(order)

    def _step(self, batch: Sequence[tuple[Ints, Ints, float]]) -> float:
        longest, width = max(len(private) for _, private, _ in batch), batch[0][0].shape[1]
        marks = np.zeros((len(batch), longest, width), int)
        private, there = np.zeros((len(batch), longest), int), np.zeros((len(batch), longest))
        for row, (mine, labels, _) in enumerate(batch):
            marks[row, : len(labels)], private[row, : len(labels)], there[row, : len(labels)] = mine, labels, 1.0
        worth = np.array([weight for *_, weight in batch])
        scores = np.zeros((len(batch), longest, 2))
        scores[:, :, 1] = self.weights[marks].sum(2)
        ahead, behind = self._ways(scores, there)
        total = np.logaddexp.reduce(ahead[:, -1], axis=1)
        chance = np.exp(ahead[:, :, 1] + behind[:, :, 1] - total[:, None]) * there
        slope = np.zeros_like(self.weights)
        np.add.at(slope, marks, np.repeat(((chance - private) * worth[:, None])[:, :, None], width, 2))
        slope[0], turning, gold = 0.0, np.zeros((2, 2)), (scores[:, :, 1] * private).sum(1)
        for before, at in pairwise(range(longest)):
            both = ahead[:, before, :, None] + self.steps + (scores[:, at] + behind[:, at])[:, None, :]
            turning += (np.exp(both - total[:, None, None]) * (there[:, at] * worth)[:, None, None]).sum(0)
            np.subtract.at(turning, (private[:, before], private[:, at]), there[:, at] * worth)
            gold += self.steps[private[:, before], private[:, at]] * there[:, at]
        self._move(slope / len(batch) + SMALL * self.weights, turning / len(batch))
        return float(((total - gold) * worth).sum())

    def _ways(self, scores: Floats, there: Floats) -> tuple[Floats, Floats]:
        """Of each state of each character the logarithm of all ways to it, and from it to the end."""
        ahead, behind = np.zeros_like(scores), np.zeros_like(scores)
        ahead[:, 0] = scores[:, 0]
        for before, at in pairwise(range(scores.shape[1])):
            new = np.logaddexp.reduce(ahead[:, before, :, None] + self.steps, axis=1) + scores[:, at]
            ahead[:, at] = np.where(there[:, at, None] > 0, new, ahead[:, before])
        for then, at in pairwise(range(scores.shape[1] - 1, -1, -1)):
            new = np.logaddexp.reduce(self.steps + (scores[:, then] + behind[:, then])[:, None, :], axis=2)
            behind[:, at] = np.where(there[:, then, None] > 0, new, 0.0)
        return ahead, behind

    def _move(self, slope: Floats, turning: Floats) -> None:
        moved = slope != 0
        self.slopes[0][moved] += slope[moved] ** 2
        self.weights[moved] -= RATE * slope[moved] / np.sqrt(self.slopes[0][moved])
        self.slopes[1][...] += turning**2
        self.steps -= RATE * turning / np.sqrt(self.slopes[1])

    def lines(self) -> Iterator[str]:
        """The data file: steps, then weights with the names of what weighs so much."""
        yield "[steps]"
        yield " ".join(f"{step:+.2f}" for step in self.steps.ravel())
        yield "[weights]"
        alike = defaultdict(list)
        for name, weight in zip(self.names[1:], self.weights[1:], strict=True):
            if abs(weight) >= SLIGHT:
                alike[round(20 * weight)].append(name)
        yield from (f"{weight / 20:+.2f} {' '.join(names)}" for weight, names in sorted(alike.items(), reverse=True))


if __name__ == "__main__":
    main()
