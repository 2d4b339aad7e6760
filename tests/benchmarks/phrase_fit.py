"""Fit how likely a phrase was said (asr_qa/core/checks/chance.json) on the dev part, and check it on the test part."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from bench_asr_picture import picture
from numpy.typing import NDArray
from phrase_measure import Heard, Pair, load, others, pairs

from asr_qa.core.calibration import Bin
from asr_qa.core.checks import chance
from asr_qa.core.checks.stream import Place

RIDGE = 0.3
"""Keeps weights small where there is little to fit on."""
BINS = 10
Row = dict[str, Any]
Example = tuple[tuple[float, ...], bool]


def best_place(clip: Heard, phrase: str) -> Place | None:
    """The cheapest place of a phrase, as rules look for it."""
    return min(clip.places.get(phrase, ()), key=lambda place: (place.cost, place.first - place.last), default=None)


def text_examples(clips: Sequence[Heard]) -> list[Example]:
    """Every match in the text, and whether the phrase was said."""
    tried = [*pairs(clips), *others(clips)]
    return [(features, pair.said) for pair in tried if (features := _text(pair)) is not None]


def _text(pair: Pair) -> tuple[float, ...] | None:
    place = best_place(pair.clip, pair.phrase)
    if place is None or pair.clip.source is None:
        return None
    words = pair.clip.source.words[place.first : place.last + 1]
    clarity = sum(word.confidence or 0.0 for word in words) / len(words)
    return chance.text_features(place.cost, clarity)


def sound_examples(rows: Sequence[Row]) -> list[Example]:
    """Every stretch listened to again (written by `look`), and whether the phrase was said."""
    weighed = [row for row in rows if row["ratio"] is not None and row["set"] != "homophone"]
    return [
        (chance.sound_features(row["ratio"], row["cost"], row["length"], row["clarity"]), row["said"])
        for row in weighed
    ]


def fit(examples: Sequence[Example]) -> list[float]:
    """Logistic regression by Newton's method with a small ridge (not on the constant)."""
    x = np.array([features for features, _ in examples])
    y = np.array([float(said) for _, said in examples])
    ridge = np.diag([1e-6] + [RIDGE] * (x.shape[1] - 1))
    w: NDArray[np.float64] = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        step = np.linalg.solve((x.T * (p * (1 - p))) @ x + ridge, x.T @ (y - p) - ridge @ w)
        w += step
    return [round(float(weight), 4) for weight in w]


def checked(weights: Sequence[float], examples: Sequence[Example]) -> str:
    """Brier score, calibration error and base rate, in words."""
    outcomes = [(chance.probability(weights, features), said) for features, said in examples]
    brier = sum((p - said) ** 2 for p, said in outcomes) / len(outcomes)
    base = sum(said for _, said in outcomes) / len(outcomes)
    error = sum(b.words * abs(b.confidence - b.right) for b in bins(outcomes)) / len(outcomes)
    blind = base * (1 - base)
    return f"{len(outcomes)} matches, {base:.3f} said; Brier {brier:.3f} (base rate {blind:.3f}); ECE {error:.3f}"


def bins(outcomes: Sequence[tuple[float, bool]]) -> list[Bin]:
    """Tenths of probability with what was said in them."""
    found = []
    for tenth in range(BINS):
        low, high = tenth / BINS, (tenth + 1) / BINS
        mine = [(p, said) for p, said in outcomes if low <= p < high]
        if mine:
            mean, right = (float(np.mean([pair[at] for pair in mine])) for at in (0, 1))
            found.append(Bin(low, high, len(mine), mean, right))
    return found


def run(outs: Sequence[Path], known: Path, *, only: Sequence[str], write: bool, draw: Path | None) -> None:
    """Fit on dev, check on test; write the models and the picture where asked.

    Args:
        outs: Folders with what was heard, e.g. with more and with less noise.
        known: The models in use; those that are not to be fitted are checked on test as they are.
        only: Names of the models to be fitted.
    """
    models, curves = json.loads(known.read_text("utf-8")), []
    for name, read in _READERS.items():
        dev, test = ([example for out in outs for example in read(out, part)] for part in ("dev", "test"))
        if not dev or not test:
            continue
        weights = fit(dev) if name in only else models[name]["weights"]
        checks = {"dev": checked(weights, dev), "test": checked(weights, test)}
        if name in only:
            models[name] = {"weights": weights, **checks}
        curves.append((name, bins([(chance.probability(weights, f), said) for f, said in test])))
        print(name, json.dumps({"weights": weights, **checks}))
    if write:
        known.write_text(json.dumps(models, indent=1) + "\n", "utf-8")
    if draw:
        draw.write_text(picture(curves, title="Phrases said, by probability (test)"), "utf-8")


def _rows(out: Path, part: str) -> list[Row]:
    path = out / f"look-{part}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []


_READERS: dict[str, Callable[[Path, str], list[Example]]] = {
    "text": lambda out, part: text_examples(load(out, part)),
    "sound": lambda out, part: sound_examples(_rows(out, part)),
}
