"""How likely it is that words were really said, from how they match what was heard: what hits are priced with.

Two small logistic models, fitted where the truth is known (tests/benchmarks/bench_phrases.py fit) and kept with their
provenance in chance.json: one for a match in the text, one for a stretch that was listened to again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

FILE = "chance.json"
_BOUNDS = (0.01, 0.99)
"""Nothing that was heard is certain, and nothing that matched is impossible."""
_CERTAIN = 30.0
"""Log-odds far beyond the bounds."""
LEAST_CLARITY = 0.4
"""Mean confidence of words below which matches were too few to measure how many are right."""
TYPICAL_CLARITY = 0.8
"""Taken for words whose confidence is not known: somewhat more than that of words on the line of the bench."""


def text_features(cost: float, clarity: float | None) -> tuple[float, ...]:
    """What bears on a match in the text.

    Args:
        cost: What it differs by, in syllables; 0 for the same words or the same syllables.
        clarity: Mean confidence of its words, 0 to 1; None where it is not known.
    """
    return (1.0, cost, float(cost > 0), TYPICAL_CLARITY if clarity is None else clarity)


def sound_features(ratio: float, cost: float, length: int, clarity: float) -> tuple[float, ...]:
    """What bears on a stretch that was listened to again.

    Args:
        ratio: Log-likelihood of the phrase there, less that of what was heard.
        cost: What it differs by from what was heard, in syllables.
        length: Syllables of the phrase.
        clarity: Mean confidence of the syllables that the phrase would change, 0 to 1.
    """
    return (1.0, ratio / max(length, 1), cost, clarity)


def chance(cost: float, clarity: float | None) -> float:
    """Probability that a phrase was said where the text matches it; arguments as for `text_features`.

    Nothing was measured on words heard with less confidence than LEAST_CLARITY: there it sinks in proportion.
    """
    base, per_cost, rough, per_clarity = _weights("text")  # what `probability` does, for the hundreds of hits of a call
    odds = base + per_cost * cost + (rough if cost > 0 else 0.0)
    likely = _bounded(odds + per_clarity * (TYPICAL_CLARITY if clarity is None else clarity))
    return likely if clarity is None or clarity >= LEAST_CLARITY else likely * (clarity / LEAST_CLARITY)


def chance_again(ratio: float, cost: float, length: int, clarity: float) -> float:
    """Probability that a phrase was said where the audio was listened to again; as for `sound_features`."""
    return probability(_weights("sound"), sound_features(ratio, cost, length, clarity))


def probability(weights: Sequence[float], features: Sequence[float]) -> float:
    """The logistic model."""
    return _bounded(sum([weight * feature for weight, feature in zip(weights, features, strict=True)]))


def _bounded(odds: float) -> float:
    """Log-odds as a probability."""
    low, high = _BOUNDS
    likely = 1.0 / (1.0 + math.exp(-odds)) if abs(odds) < _CERTAIN else float(odds > 0)
    return low if likely < low else high if likely > high else likely


@cache
def _weights(name: str) -> tuple[float, ...]:
    return tuple(_models()[name]["weights"])


@cache
def _models() -> Mapping[str, Any]:
    models: dict[str, Any] = json.loads(files("asr_qa.core.checks").joinpath(FILE).read_text("utf-8"))
    return models
