"""The definitions behind the figures of a report: which one each figure names, and the list of all at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asr_qa.core.document import CallDocument
from asr_qa.core.metrics import DEFINITION_OF
from asr_qa.render.definitions import DEFINITION_TEXTS
from asr_qa.render.texts import Lang

_NAMES: Mapping[Lang, Mapping[str, str]] = {
    "zh": {
        "speech": "说话",
        "turn": "话轮",
        "silence": "静音",
        "hold": "保持",
        "ivr": "语音菜单",
        "dead_air": "冷场",
        "excuse": "事先说明",
        "overlap": "重叠",
        "backchannel": "附和",
        "interruption": "抢话",
        "talk_over": "叠话",
        "response_latency": "应答间隔",
        "speech_rate": "语速",
        "first_response": "首次应答",
        "monologue": "独白",
        "talk_ratio": "坐席说话占比",
        "hang_up_side": "挂机方",
        "double_talk": "双方一直同时说话",
        "duration": "时长",
        "ring": "振铃",
    },
    "en": {
        "speech": "Speech",
        "turn": "Turn",
        "silence": "Silence",
        "hold": "Hold",
        "ivr": "Automatic prompt",
        "dead_air": "Dead air",
        "excuse": "Announced wait",
        "overlap": "Overlap",
        "backchannel": "Back-channel",
        "interruption": "Interruption",
        "talk_over": "Talk-over",
        "response_latency": "Response latency",
        "speech_rate": "Speech rate",
        "first_response": "First response",
        "monologue": "Monologue",
        "talk_ratio": "Agent's share of talk",
        "hang_up_side": "Who hung up",
        "double_talk": "Both speak all the time",
        "duration": "Length",
        "ring": "Ringing",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One definition as a report lists it."""

    anchor: str
    name: str
    definitions: tuple[str, ...]
    """Id with the parameters in force; several where calls were measured with different ones."""
    text: str


def measures(documents: Sequence[CallDocument], lang: Lang) -> tuple[Measure, ...]:
    """Every definition that any of the calls was measured by, in the order of the published list."""
    in_force: dict[str, dict[str, None]] = {}
    for document in documents:
        for name, definition in document.definitions.items():
            in_force.setdefault(name, {})[definition] = None
    published = [name for name in DEFINITION_TEXTS if name in in_force]
    ordered = [*published, *(name for name in in_force if name not in DEFINITION_TEXTS)]
    return tuple(
        Measure(
            anchor=anchor_of(name),
            name=_NAMES[lang].get(name, name),
            definitions=tuple(in_force[name]),
            text=DEFINITION_TEXTS.get(name, {}).get(lang, ""),
        )
        for name in ordered
    )


def definition_of(figure: str, document: CallDocument) -> str:
    """The definition that a figure of a call is measured by, with the parameters that were in force."""
    name = DEFINITION_OF[figure]
    return document.definitions.get(name, name)


def anchor_of(definition: str) -> str:
    """Where in a report a definition stands, by its id with or without parameters."""
    return "def-" + definition.partition("(")[0]
