"""Which parts of the chain bench_cost.py times, what their rows are called, and how their calls are caught."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from dataclasses import replace
from typing import Any

from cost_meter import Meter, Timed

from asr_qa.audio.soundkind import SoundKindNetwork
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.pipeline import process as chain
from asr_qa.pipeline.process import Stages

REST, APART, DIARIZATION, PITCH = "unattributed", "recognition: the network", "diarization", "pitch"
DECODING, SPEECH, VOICES = "decoding, resampling", "speech detection", "one channel: roles of voices"
TIMELINE, FADE, NOTES = "turns and timeline", "fading ends (`let_fade`), waits", "warnings"
FAINT = "voices under noise, in silences"
LISTENING = "voice or music: the network"
WORDS = "words: windows, guards, confidences"

CHAIN = {
    "find_speech": SPEECH,
    "find_waits": FADE,
    "hear_faint": FAINT,
    "let_fade": FADE,
    "holds_of": FADE,
    "build_timeline": TIMELINE,
    "measure": "metrics",
    "evaluate": "rules",
    "score": "scorecard",
    "facts_of": "scorecard",
    "without_prompts": "automatic prompts",
    "find_ending": "who ended the call",
    "hear_speaking": "voices: loudness, rate, pauses",
    "definitions": "definitions",
    "part_voices": VOICES,
    "name_voices": VOICES,
    "without_unknown": NOTES,
    "begins_in_speech": NOTES,
    "role_warnings": NOTES,
    "one_sided": NOTES,
    "double_talk": NOTES,
    "channels_change": NOTES,
}
"""Row of each function that `process` calls; one that is not named here gets a row of its own."""

PORTS = {
    "reader": DECODING,
    "non_speech": "tones and music: stretches",
    "detector": SPEECH,
    "inspect": "channels: faults",
    "transcriber": WORDS,
    "diarizer": DIARIZATION,
    "voice": CHAIN["hear_speaking"],
}

INSIDE = (
    ("asr_qa.audio.nonspeech", "find_tones", "tones"),
    ("asr_qa.audio.nonspeech", "find_music", "music"),
    ("asr_qa.audio.channels", "find_bleed", "channels: bleed"),
    ("asr_qa.audio.channels", "without_bleed", "channels: bleed"),
    ("asr_qa.audio.channels", "find_drift", "channels: drift of clocks"),
    ("asr_qa.audio.voice_meter", "pitch_of", PITCH),
    ("asr_qa.asr.whisper", "_snap", "words: snapping to speech"),
)
"""Parts of ports that get a row of their own: module, name, row."""

ORDER = (
    "header, checksum",
    DECODING,
    "tones",
    "music",
    LISTENING,
    PORTS["non_speech"],
    SPEECH,
    PORTS["inspect"],
    "channels: bleed",
    "channels: drift of clocks",
    FAINT,
    FADE,
    WORDS,
    "words: snapping to speech",
    VOICES,
    CHAIN["without_prompts"],
    CHAIN["find_ending"],
    TIMELINE,
    "metrics",
    "rules",
    "scorecard",
    "definitions",
    NOTES,
    CHAIN["hear_speaking"],
)
"""Rows as the chain goes; others come behind them."""


def watch_code(meter: Meter) -> None:
    """Count the time of every function that `process` calls, and of the parts inside ports."""
    for name, value in list(vars(chain).items()):
        ours = inspect.isfunction(value) and value.__module__.startswith("asr_qa.")
        if ours and value.__module__ != chain.__name__:
            setattr(chain, name, meter.timed(value, CHAIN.get(name, f"`{name}`")))
    SoundKindNetwork.kinds = meter.timed(SoundKindNetwork.kinds, LISTENING)  # type: ignore[method-assign]
    for where, name, row in INSIDE:
        module = importlib.import_module(where)
        if hasattr(module, name):
            setattr(module, name, meter.timed(getattr(module, name), row))
        else:
            print(f"{where} has no {name} any more: it counts for the part around it", file=sys.stderr)


def remember_network(meter: Meter) -> None:
    """Have the recogniser's network answer from memory what it was asked before; its time is kept apart."""
    from asr_qa.asr.ctranslate import WhisperNetwork

    known: dict[bytes, Any] = {}
    plain = WhisperNetwork.decode

    def decode(self: Any, windows: Any, decoding: Any, *, language: str) -> Any:
        asked = hashlib.sha256(f"{decoding}{language}".encode())
        for window in windows:
            asked.update(window.tobytes())
        if (key := asked.digest()) not in known:
            known[key] = plain(self, windows, decoding, language=language)
        return known[key]

    WhisperNetwork.decode = meter.timed(decode, APART)  # type: ignore[method-assign]


def watched(stages: Stages, meter: Meter) -> Stages:
    """The stages, pitch measured whatever the settings, with their time counted."""
    stages = replace(stages, voice=VoiceMeter(pitch=True))
    parts = {name: getattr(stages, name) for name in PORTS}
    timed: dict[str, Any] = {name: Timed(part, PORTS[name], meter) for name, part in parts.items() if part}
    return replace(stages, **timed)
