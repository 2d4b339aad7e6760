"""Speech before a silence is followed a little under the noise; nothing else moves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from asr_qa.asr.replay import ReplayTranscriber
from asr_qa.audio.channels import inspect_channels
from asr_qa.config import shipped
from asr_qa.core.segment import Segment, Track
from asr_qa.core.transcript import Transcript
from asr_qa.pipeline.ports import CallAudio, Hearing, Loudness, NonSpeech, Samples
from asr_qa.pipeline.process import Stages, process
from asr_qa.pipeline.unspoken import FADE, FADE_UNDER_NOISE, RISE_UNDER_NOISE, let_fade
from asr_qa.ruleset.loader import load_ruleset
from asr_qa.ruleset.scorecards import load_scorecard
from asr_qa.testing.builders import make_recording


def track(*parts: tuple[float, float]) -> Track:
    return tuple(Segment(*part) for part in parts)


def test_the_last_voice_before_a_silence_fades() -> None:
    agent, customer = let_fade([track((0, 5), (9, 10)), track((4, 5.5))], 20.0)
    assert customer == track((4, 5.5 + FADE))
    assert agent == track((0, 5), (9, 10 + FADE))


def test_a_voice_that_is_answered_does_not() -> None:
    tracks = [track((0, 5)), track((6.9, 8))]
    assert let_fade(tracks, 9.0) == (tracks[0], tracks[1])


def test_nothing_goes_on_past_the_end_of_the_recording() -> None:
    (only,) = let_fade([track((0, 5))], 7.5)
    assert only[0].end == pytest.approx(5 + FADE)
    assert let_fade([()], 3.0) == ((),)
    assert let_fade([track((0, 5), (7.5, 10))], 10.0)[0] == track((0, 5 + FADE), (7.5, 10))


def test_no_silence_is_lost_to_a_fading_voice() -> None:
    (speech,) = let_fade([track((0, 5), (7.1, 9))], 9.0)
    assert 2.0 < speech[1].start - speech[0].end < 2.1
    assert let_fade([track((0, 5), (7.005, 9))], 9.0)[0] == track((0, 5), (7.005, 9))


def test_what_fades_into_a_tone_ends_where_the_tone_begins() -> None:
    tracks = [track((0, 5)), track((6, 8), (8.5, 9))]
    unspoken = [NonSpeech(track((8.1, 12))), NonSpeech(track((9.05, 12)))]
    assert let_fade(tracks, 20.0, unspoken=unspoken) == (track((0, 5)), track((6, 8), (8.5, 9.05)))


def standing_out(decibels: float, seconds: float = 20.0) -> NonSpeech:
    """A channel on which everything stands out of the noise that far."""
    frames = round(100 * seconds)
    levels, ratios = np.zeros(frames, np.float32), np.full(frames, 10 ** (decibels / 10), np.float32)
    return NonSpeech(hearing=Hearing(np.zeros(frames, np.float16), Loudness(levels, levels, ratios)))


@pytest.mark.parametrize(("decibels", "hidden"), [(40.0, 0.0), (24.0, 0.0), (21.0, 0.5), (18.0, 1.0), (3.0, 1.0)])
def test_the_more_noise_hides_the_further_a_voice_reaches_into_silences(decibels: float, hidden: float) -> None:
    (found,) = let_fade([track((1, 5), (9, 10), (11, 12))], 20.0, unspoken=[standing_out(decibels)])
    fade, rise = FADE + hidden * (FADE_UNDER_NOISE - FADE), hidden * RISE_UNDER_NOISE
    assert [s.start for s in found] == pytest.approx([1, 9 - rise, 11], abs=1e-4)
    assert [s.end for s in found] == pytest.approx([5 + fade, 10, 12 + fade], abs=1e-4)


def test_no_silence_is_lost_to_noise() -> None:
    for pause in (2.0, 2.02, 2.1, 2.3, 2.5):
        noisy = [standing_out(10.0), standing_out(10.0)]
        (first,), (second,) = let_fade([track((0, 5)), track((5 + pause, 9))], 9.0, unspoken=noisy)
        assert second.start - first.end >= min(pause, 2.0)
        assert second.start <= 5 + pause


def test_a_channel_without_speech_hides_nothing() -> None:
    assert let_fade([(), track((0, 0.001))], 5.0, unspoken=[standing_out(0.0)] * 2)[0] == ()


@dataclass(frozen=True)
class Line:
    """Reader and detectors of a call of 20 s: the agent speaks at 1 to 5 s, the customer at 9 to 12 s."""

    standing_out: float = 40.0
    """dB that voices stand out of the noise."""
    name: str = "scripted"

    def read(self, path: Path) -> CallAudio:
        samples = np.random.default_rng(3).normal(0, 20, (2, 20 * 16000))
        samples[0, 16000 : 5 * 16000] *= 100
        samples[1, 9 * 16000 : 12 * 16000] *= 100
        return CallAudio(samples.astype(np.int16))

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        return track((1, 5)) if np.abs(samples[2 * 16000 : 3 * 16000]).mean() > 200 else track((9, 12))

    def find(self, samples: Samples, sample_rate: int) -> NonSpeech:
        return standing_out(self.standing_out)

    def silence(self, samples: Samples, sounds: Track, sample_rate: int) -> Samples:
        return samples


@cache
def stages() -> Stages:
    line, rules = Line(), shipped("rules")
    ruleset = load_ruleset(rules)
    return Stages(
        reader=line,  # type: ignore[arg-type]
        detector=line,
        inspect=inspect_channels,
        non_speech=line,
        transcriber=ReplayTranscriber(Transcript((), "none", "zh")),
        ruleset=ruleset,
        scorecard=load_scorecard("inbound", rules, ruleset),
        version="0",
    )


@pytest.mark.parametrize(("decibels", "start", "end"), [(40.0, FADE, 0.0), (10.0, FADE_UNDER_NOISE, RISE_UNDER_NOISE)])
def test_silences_of_a_call_allow_for_what_its_noise_hides(decibels: float, start: float, end: float) -> None:
    document = process(make_recording(), replace(stages(), non_speech=Line(decibels)))
    (silence,) = (event for event in document.events if event.kind == "silence")
    assert (silence.start, silence.end) == pytest.approx((5 + start, 9 - end), abs=1e-4)
