"""The maps of confidences that are shipped."""

from __future__ import annotations

import json
from importlib.resources import files

import pytest

from asr_qa.asr.confidence import FILE, calibration_for, read_entry

ENTRIES = json.loads(files("asr_qa.asr").joinpath(FILE).read_text("utf-8"))


@pytest.mark.parametrize("model", ENTRIES)
def test_every_shipped_map_keeps_the_order_and_uses_the_scale(model: str) -> None:
    calibration = calibration_for(model)
    assert calibration is not None
    mapped = [calibration.of(raw / 20, raw / 20) for raw in range(21)]
    assert mapped == sorted(mapped)
    assert mapped[-1] - mapped[0] > 0.3, "a map this flat tells nothing"


def test_the_embedded_model_is_calibrated_and_only_those_weights() -> None:
    assert calibration_for("base@905e5bf8336b") is not None
    assert calibration_for("base@000000000000") is None
    assert calibration_for("large-v3@905e5bf8336b") is None


def test_an_entry_whose_knots_fall_is_refused() -> None:
    with pytest.raises(ValueError, match="knots must rise"):
        read_entry({"knots": [[0.1, 0.9], [0.9, 0.1]], "context": 0})
