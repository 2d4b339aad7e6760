"""A call on one channel through every stage, with scripted detector, voices and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.audio.channels import inspect_channels
from asr_qa.config import shipped
from asr_qa.core.document import CallDocument
from asr_qa.core.finding import Verdict
from asr_qa.core.recording import Role
from asr_qa.core.segment import Track, union
from asr_qa.core.sketch import parse_sketch
from asr_qa.pipeline.ports import CallAudio, Cue, Diarization, Hearing, NonSpeech, Samples
from asr_qa.pipeline.process import Stages, process
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.testing.builders import make_recording

CALL = (
    "A 0-6 您好，欢迎致电华信客服中心，本次通话将被录音，请问有什么可以帮您 | B 7-10 我想查一下这个月的话费 | "
    "A 11-15 好的，我帮您查一下，您的话费是五十元 | B 16-17 好的 | A 18-21 感谢您的来电，祝您生活愉快，再见"
)
RATE = 16000
AT_ONCE = {"overlap", "backchannel", "interruption", "talk_over"}


def tracks(sketch: str) -> dict[Role, Track]:
    said = parse_sketch(sketch).transcript
    return {role: union(u.segment for u in said.of(role)) for role in (Role.AGENT, Role.CUSTOMER)}


@dataclass
class Scene:
    """Reader, detector, non-speech detector and diarizer of one call."""

    channels: int = 1
    answer: Diarization | None = None
    name: str = "scripted"

    def read(self, path: Path) -> CallAudio:
        noise = np.random.default_rng(1).normal(0, 20, 22 * RATE)
        for part in union(*tracks(CALL).values()):
            noise[int(part.start * RATE) : int(part.end * RATE)] *= 100
        noise[: RATE // 20] /= 100  # the first word rises: the recording does not cut it
        return CallAudio(np.stack([noise.astype(np.int16)] * self.channels))

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        return union(*tracks(CALL).values())

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        return NonSpeech()

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        return samples

    def diarize(self, samples: Samples, speech: Track, *, cues: Sequence[Cue] = ()) -> Diarization:
        assert self.answer is not None
        return self.answer


@cache
def stages() -> Stages:
    rules = shipped("rules")
    ruleset = load_ruleset(rules)
    scene = Scene()
    return Stages(
        reader=scene,  # type: ignore[arg-type]
        detector=scene,
        inspect=inspect_channels,
        non_speech=scene,
        transcriber=ReplayTranscriber(parse_sketch(CALL).transcript),
        ruleset=ruleset,
        scorecard=load_scorecard("inbound", rules, ruleset),
        version="0",
    )


def worked(scene: Scene, *, voices: bool = True) -> CallDocument:
    recording = make_recording(role_by_channel=(None,) * scene.channels, channels=scene.channels, direction="inbound")
    used = replace(stages(), reader=scene, diarizer=scene if voices else None)  # type: ignore[arg-type]
    return process(recording, used)


def both(confidence: float = 0.98) -> Diarization:
    return Diarization(tuple(tracks(CALL).values()), confidence)


def verdicts(document: CallDocument) -> dict[str, Verdict]:
    return {finding.rule_id: finding.verdict for finding in document.findings}


@pytest.mark.parametrize("channels", [1, 2])
def test_both_parties_are_scored_and_what_they_say_at_once_is_not(channels: int) -> None:
    document = worked(Scene(channels, both()))
    codes = {warning.code for warning in document.warnings}
    assert codes == ({"one_channel", "dual_mono"} if channels == 2 else {"one_channel"})
    assert document.models.diarization == "scripted"
    found = verdicts(document)
    assert found["OPEN-001"] is Verdict.MET
    assert found["COMP-006"] is Verdict.MET
    assert {found["TIME-003"], found["TIME-007"]} == {Verdict.UNDETERMINED}
    assert document.metrics.overlap_seconds is None
    assert document.metrics.interruptions.agent is None
    assert document.metrics.talk_ratio is not None
    assert not {event.kind for event in document.events} & AT_ONCE


def test_a_murmur_between_two_parts_of_a_turn_is_no_event_on_one_channel() -> None:
    call = CALL.replace("B 16-17 好的", "B 12.5-12.8 嗯")
    speech = tracks(call.replace("A 11-15", "A 11-12.4").replace(" | B 12.5", " | A 12.9-15 是的 | B 12.5"))
    scene = Scene(answer=Diarization(tuple(speech.values()), 0.98))
    recording = make_recording(role_by_channel=(None,), channels=1, direction="inbound")
    document = process(recording, replace(stages(), reader=scene, diarizer=scene))  # type: ignore[arg-type]
    assert document.metrics.turns.agent
    assert document.metrics.backchannels.customer is None
    assert not {event.kind for event in document.events} & AT_ONCE


@pytest.mark.parametrize(
    ("scene", "voices", "code"),
    [
        (Scene(), False, "no_diarization_model"),
        (Scene(answer=Diarization((union(*tracks(CALL).values()),))), True, "roles_unknown"),
        (Scene(answer=both(0.7)), True, "roles_unknown"),
    ],
)
def test_where_nobody_knows_who_speaks_nothing_is_blamed_on_anybody(scene: Scene, code: str, *, voices: bool) -> None:
    document = worked(scene, voices=voices)
    assert {code, "roles_unknown"} <= {warning.code for warning in document.warnings}
    assert Verdict.NOT_MET not in verdicts(document).values()
    assert verdicts(document)["OPEN-001"] is Verdict.UNDETERMINED


def test_one_voice_alone_may_be_half_a_call() -> None:
    alone = Diarization((union(*tracks(CALL).values()),))
    told, untold = worked(Scene(answer=alone)), worked(Scene(), voices=False)
    assert "one_sided" in {warning.code for warning in told.warnings}
    assert "one_sided" not in {warning.code for warning in untold.warnings}  # nobody looked for two
    # What seems silent may be the other party: not even that nothing is wrong with it is known.
    assert verdicts(told)["TIME-002"] is Verdict.UNDETERMINED
    assert verdicts(untold)["TIME-002"] is Verdict.MET
