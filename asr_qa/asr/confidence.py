"""Which map makes a model's word probabilities mean what they say: calibration.json, fitted where the truth is known.

A map belongs to the very weights it was fitted on; another model's probabilities are left as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from asr_qa.core.calibration import Calibration

FILE = "calibration.json"
"""Maps by "name@digest" of the weights; written by `bench_asr.py reliability --fit`."""


def calibration_for(model: str) -> Calibration | None:
    """The map of a model, by name and digest of its weights ("base@905e5bf8336b"); None where none was fitted."""
    entry = _entries().get(model)
    return read_entry(entry) if entry else None


def read_entry(entry: Mapping[str, Any]) -> Calibration:
    """The map of an entry of calibration.json; raises ValueError where its knots fall."""
    return Calibration(tuple((float(raw), float(share)) for raw, share in entry["knots"]), float(entry["context"]))


@cache
def _entries() -> dict[str, dict[str, Any]]:
    entries: dict[str, dict[str, Any]] = json.loads(files("asr_qa.asr").joinpath(FILE).read_text("utf-8"))
    return entries
