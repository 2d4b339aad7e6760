"""The drawings of the definitions: one each, as the code draws them, and shown in the docs."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from asr_qa.core.metrics import measure
from asr_qa.core.options import definitions
from asr_qa.core.sketch import parse_sketch
from asr_qa.core.timeline import build_timeline
from asr_qa.render.drawings import EXAMPLES, draw

DOCS = Path(__file__).parents[2] / "docs"


def test_every_definition_has_a_drawing_that_the_docs_show() -> None:
    assert set(EXAMPLES) == set(definitions())
    page = (DOCS / "definitions.md").read_text(encoding="utf-8")
    assert [name for name in EXAMPLES if f"](definitions/{name}.svg)" not in page] == []


def test_the_rate_written_in_its_drawing_is_the_one_measured() -> None:
    call = parse_sketch(EXAMPLES["speech_rate"].sketch)
    timeline = build_timeline(call.speech, call.transcript, call.duration)
    assert measure(timeline, call.transcript).characters_per_minute.agent == pytest.approx(165)
    ((_, _, text),) = EXAMPLES["speech_rate"].find(timeline)
    assert "165 a minute" in text


@pytest.mark.parametrize("name", EXAMPLES)
def test_drawings_are_those_that_the_code_makes(name: str) -> None:
    drawn = draw(name, EXAMPLES[name])
    assert (DOCS / "definitions" / f"{name}.svg").read_text(encoding="utf-8") == drawn, (
        "run python docs/draw_definitions.py"
    )
    texts = [element.text for element in ET.fromstring(drawn).iter() if element.text]
    assert definitions()[name] in texts
    assert any("度量" in text for text in texts)
