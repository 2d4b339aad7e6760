"""The timing block of a scorecard."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from asr_qa.config import shipped
from asr_qa.core.lexicon import ACKNOWLEDGEMENTS, EXCUSES
from asr_qa.core.options import TimingOptions
from asr_qa.core.scorecard import Scorecard
from asr_qa.errors import RulesetError
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.ruleset.timing import TimingModel


def load(tmp_path: Path, timing: str = "") -> Scorecard:
    rules = shipped("rules")
    card = (rules / "scorecards" / "inbound.yml").read_text(encoding="utf-8")
    path = tmp_path / "card.yml"
    path.write_text(f"{card}\n{timing}\n", encoding="utf-8")
    return load_scorecard(path, rules)


def test_a_card_without_timing_has_the_defaults_and_keeps_its_digest(tmp_path: Path) -> None:
    card = load(tmp_path)
    assert card.timing is None
    assert card.digest == load_scorecard("inbound", shipped("rules")).digest


def test_a_card_sets_what_it_names_and_is_stamped_by_it(tmp_path: Path) -> None:
    card = load(tmp_path, "timing: {dead_air_min: 8, dead_air_serious: 20, more_excuses: [系统有点慢]}")
    assert card.timing == TimingOptions(dead_air_min=8, dead_air_serious=20, excuses=(*EXCUSES, "系统有点慢"))
    assert card.timing.acknowledgements is ACKNOWLEDGEMENTS
    assert card.stamp != load(tmp_path).stamp != load(tmp_path, "timing: {dead_air_min: 9}").stamp


def test_lists_are_replaced_or_extended(tmp_path: Path) -> None:
    card = load(tmp_path, "timing: {acknowledgements: [嗯], more_acknowledgements: uh-huh}")
    assert card.timing is not None
    assert card.timing.acknowledgements == ("嗯", "uh-huh")


@pytest.mark.parametrize(
    ("timing", "message"),
    [
        ("timing: {dead_air_min: -1}", "dead_air_min: must be at least 0, found -1"),
        ("timing: {dead_air: 3}", "unknown key 'dead_air'"),
        ("timing: {silence_min: 6}", "dead_air_min 5 is below silence_min 6"),
        ("timing: {dead_air_serious: 4}", "dead_air_serious 4 is below dead_air_min 5"),
        ("timing: {turn_taken: 2}", "turn_taken 2 is above turn_bridge 1"),
        ("timing: {backchannel_min: 0.6}", "backchannel_max 0.5 is below backchannel_min 0.6"),
        ("timing: {more_excuses: ['，']}", "phrase '，' is empty"),
        ("timing: {hold_min: '5'}", "hold_min: expected a number, found '5'"),
        ("timing: {backchannel_confidence: 1.5}", "backchannel_confidence: must be at most 1, found 1.5"),
    ],
)
def test_a_mistake_has_its_line(tmp_path: Path, timing: str, message: str) -> None:
    with pytest.raises(RulesetError) as caught:
        load(tmp_path, timing)
    (issue,) = caught.value.issues
    lines = (tmp_path / "card.yml").read_text(encoding="utf-8").splitlines()
    assert message in issue.message
    assert lines[issue.line - 1].startswith("timing:")


def test_every_parameter_can_be_set() -> None:
    names = {field.name for field in fields(TimingOptions)}
    assert names | {"more_acknowledgements", "more_excuses", "more_prompts"} == set(TimingModel.model_fields)
    for name in names - {"acknowledgements", "excuses", "prompts"}:
        value = getattr(TimingOptions(), name)
        assert getattr(TimingModel.model_validate({name: value}).options(), name) == value
    assert TimingModel().options() == TimingOptions()
