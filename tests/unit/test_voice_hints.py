"""Hints about voices on their way: from a call's audio into the document, and from there into the report."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.config import shipped
from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript
from asr_qa.core.voice import RAISED_VOICE, VoiceEvidence, VoiceHint, VoiceReport, voice_definitions
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.pipeline.ports import CallAudio, Hearing, NonSpeech, Samples, SpokenChannel
from asr_qa.pipeline.process import Stages, process
from asr_qa.pipeline.speaking import NOBODY_KNOWN, hear_speaking
from asr_qa.render.html import ReportCall, no_audio, render_report
from asr_qa.render.texts import Lang
from asr_qa.render.voicetexts import VOICE_DEFINITION_TEXTS
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.testing.builders import make_document, make_recording

RATE = 16000
LOUD = 5
"""The turn of the customer that is louder than the others."""


def places(role: Role) -> Track:
    """Nine turns of two seconds each, by turns."""
    first = 0.5 if role is Role.AGENT else 3.0
    return tuple(Segment(first + 5.0 * i, first + 5.0 * i + 2.0) for i in range(9))


class Scene:
    """Reader, detectors of a call in which the customer gets loud once."""

    name = "scripted"

    def read(self, path: Path) -> CallAudio:
        return CallAudio(np.stack([self.channel(Role.AGENT), self.channel(Role.CUSTOMER)]))

    def channel(self, role: Role) -> Samples:
        times = np.arange(48 * RATE) / RATE
        hertz = 120.0 if role is Role.AGENT else 210.0
        buzz = np.sum([np.sin(2 * np.pi * hertz * n * times + n) / n for n in range(1, 15)], axis=0)
        sound = np.random.default_rng(role is Role.AGENT).normal(0, 10, times.size)
        for index, part in enumerate(places(role)):
            gain = 3.0 if role is Role.CUSTOMER and index == LOUD else 1.0
            inside = slice(round(part.start * RATE), round(part.end * RATE))
            sound[inside] += 1500 * gain * buzz[inside] * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * times[inside]))
        return np.asarray(np.clip(sound, -32768, 32767), np.int16)

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        loud = np.abs(samples[: round(2.5 * RATE)].astype(int)).max() > 300
        return places(Role.AGENT if loud else Role.CUSTOMER)

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        return NonSpeech()

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        return samples


@pytest.fixture(scope="module")
def worked() -> CallDocument:
    rules, scene = shipped("rules"), Scene()
    ruleset = load_ruleset(rules)
    stages = Stages(
        reader=scene,  # type: ignore[arg-type]
        detector=scene,
        inspect=inspect_channels,
        non_speech=scene,
        transcriber=ReplayTranscriber(Transcript()),
        ruleset=ruleset,
        scorecard=load_scorecard("inbound", rules, ruleset),
        version="0",
        voice=VoiceMeter(pitch=True),
    )
    return process(make_recording(), stages)


def test_a_raised_voice_is_in_the_document_with_its_seconds_and_numbers(worked: CallDocument) -> None:
    assert worked.voice is not None
    (hint,) = worked.voice.hints
    assert (hint.kind, hint.role) == (RAISED_VOICE, Role.CUSTOMER)
    assert Segment(hint.start, hint.end) == places(Role.CUSTOMER)[LOUD]
    level = hint.evidence[0]
    assert level.figure == "level_db"
    assert level.value - level.usual == pytest.approx(9.5, abs=0.3)
    pitches = {base.role: base.pitch_hz.median for base in worked.voice.usual if base.pitch_hz}
    assert pitches == {Role.AGENT: pytest.approx(120, abs=1), Role.CUSTOMER: pytest.approx(210, abs=1)}


def test_hints_are_no_findings_and_cost_nothing(worked: CallDocument) -> None:
    assert not any("voice" in event.kind for event in worked.events)
    silent = replace(worked, voice=None)
    assert (silent.findings, silent.score_sheet) == (worked.findings, worked.score_sheet)
    assert from_json(to_json(silent)).voice is None


def test_a_document_with_voices_is_read_back_and_one_without_the_field_too(worked: CallDocument) -> None:
    again = from_json(to_json(worked))
    assert again.voice is not None
    assert worked.voice is not None
    assert [h.kind for h in again.voice.hints] == [RAISED_VOICE]
    assert again.voice.definitions == worked.voice.definitions
    assert to_json(again) == to_json(worked)
    body = to_json(replace(worked, voice=None))
    older = body.replace(', "voice": null', "")
    assert older != body
    assert from_json(older).voice is None


@pytest.mark.parametrize("code", sorted(NOBODY_KNOWN))
def test_where_nobody_is_known_nobody_raises_a_voice(code: str) -> None:
    scene = Scene()
    speech = {role: places(role) for role in (Role.AGENT, Role.CUSTOMER)}
    channels = [SpokenChannel(role, scene.channel(role), speech[role]) for role in speech]
    timeline = build_timeline(speech, Transcript(), 48.0)
    assert hear_speaking(VoiceMeter(), channels, timeline, Transcript()).hints
    report = hear_speaking(VoiceMeter(), channels, timeline, Transcript(), codes=(code,))
    assert not report.hints
    assert len(report.turns) == 18


def test_every_definition_is_told_in_both_languages_with_its_parameters() -> None:
    ids = voice_definitions()
    page = (Path(__file__).parents[2] / "docs" / "voice.md").read_text(encoding="utf-8")
    assert all(f"`{definition}`" in page for definition in ids.values())
    assert ids.keys() == VOICE_DEFINITION_TEXTS.keys()
    for name, definition in ids.items():
        parameters = re.findall(r"(\w+)=", definition)
        for lang in ("zh", "en"):
            assert all(parameter in VOICE_DEFINITION_TEXTS[name][lang] for parameter in parameters), (name, lang)


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "zh",
            (
                "嗓音提示（只供复听，不扣分）",
                "嗓门提高",
                "响度 -20.0 dB（平时 -29.5±1.9）",
                "语速 260 字/分（平时 240±12）",
            ),
        ),
        ("en", ("no points lost", "raised voice", "level -20.0 dB (usually -29.5±1.9)", "260/min (usually 240±12)")),
    ],
)
def test_the_report_shows_the_numbers_beside_the_usual_ones(lang: Lang, words: tuple[str, ...]) -> None:
    hint = VoiceHint(
        kind=RAISED_VOICE,
        role=Role.CUSTOMER,
        start=4.0,
        end=6.0,
        definition="raised_voice(level=4.5)",
        evidence=(
            VoiceEvidence(figure="level_db", value=-20.0, usual=-29.5, spread=1.9),
            VoiceEvidence(figure="characters_per_minute", value=260.0, usual=240.0, spread=12.0),
        ),
    )
    voice = VoiceReport(method="m", definitions={}, usual=(), turns=(), hints=(hint,))
    ruleset = load_ruleset(shipped("rules"))
    page = {
        shown: render_report(
            [ReportCall(document=replace(make_document(), voice=voice if shown else None))],
            ruleset=ruleset,
            scorecard=load_scorecard("inbound", shipped("rules"), ruleset),
            title="t",
            generated_at=datetime(2026, 3, 2, tzinfo=UTC),
            audio=no_audio,
            lang=lang,
        )
        for shown in (True, False)
    }
    for word in (*words, "raised_voice(level=4.5)", "我想查订单"):
        assert word in page[True]
    assert words[1] not in page[False]
