"""Tones of the telephone network: which they are, at what level, and that they are speech on no channel."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.decode import AvReader
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.tones import ToneOptions, Tones, find_tones
from asr_qa.audio.vad import WebRtcDetector
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, clip, intersect, subtract, total
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript
from asr_qa.pipeline.ending import Ending, find_ending
from asr_qa.pipeline.ports import SAMPLE_RATE, NonSpeech, Samples
from asr_qa.pipeline.unspoken import find_speech, find_waits, holds_of, let_fade
from asr_qa.testing import make_recording, sounds

SAMPLES = Path(__file__).parents[2] / "sample_audio"
ROLES = (Role.AGENT, Role.CUSTOMER)
LINES = {"clean": (-60.0, False), "noisy": (-35.0, False), "mu-law, noisy": (-35.0, True)}
RINGS = {
    **{name: sounds.cadence(pattern, 13.0) for name, pattern in sounds.RING_BACK.items()},
    "uk": sounds.british_ring(13.0),
}


def line(*parts: sounds.Sound, kind: str = "clean", seed: int = 5) -> Samples:
    """The parts one after the other on a telephone line."""
    noise_db, telephone = LINES[kind]
    sound = np.concatenate(parts)
    sound = sound + sounds.pink(sound.size / SAMPLE_RATE, seed=seed, level_db=noise_db)[: sound.size]
    return np.asarray(np.clip(sounds.over_the_telephone(sound) if telephone else sound, -1, 1) * 32767, np.int16)


def edges(track: Track) -> list[tuple[float, float]]:
    return [(round(s.start, 1), round(s.end, 1)) for s in track]


def tones(*parts: sounds.Sound, kind: str = "clean") -> Tones:
    return find_tones(line(*parts, kind=kind))


LAST_BURST = {"cn": 12.0, "eu": 12.0, "us": 14.0, "uk": 14.0}


@pytest.mark.parametrize("level_db", [0.0, -10.0])
@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("name", RINGS)
def test_ring_back_of_every_cadence_is_one_wait(name: str, kind: str, level_db: float) -> None:
    ring = RINGS[name] * np.float32(10 ** (level_db / 20))
    found = tones(sounds.silence(1.0), ring, sounds.silence(2.0), kind=kind)
    assert edges(found.ringing) == [(1.0, LAST_BURST[name])]
    assert found.busy == ()


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize(
    ("name", "burst"),
    [
        ("cn", sounds.tone((450.0,), 1.0)),
        ("us", sounds.tone((440.0, 480.0), 2.0)),
        ("uk", sounds.british_ring(1.0)),
    ],
)
def test_a_single_burst_at_the_start_is_ring_back(name: str, burst: sounds.Sound, kind: str) -> None:
    found = tones(sounds.silence(2.0), burst, sounds.silence(8.0), kind=kind)
    assert edges(found.ringing) == [(2.0, 2.0 + round(burst.size / SAMPLE_RATE, 1))]


def test_a_single_burst_later_is_none() -> None:
    assert tones(sounds.silence(9.0), sounds.tone((450.0,), 1.0), sounds.silence(3.0)).ringing == ()


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("name", sounds.BUSY)
def test_busy_tone_is_told_from_ring_back(name: str, kind: str) -> None:
    found = tones(sounds.silence(1.0), sounds.cadence(sounds.BUSY[name], 6.0), sounds.silence(1.0), kind=kind)
    assert found.ringing == ()
    ((start, end),) = edges(found.busy)
    assert start == 1.0
    assert end > 6.0


def test_two_bursts_are_no_busy_tone_yet() -> None:
    assert tones(sounds.silence(1.0), sounds.cadence(sounds.BUSY["cn"], 1.3), sounds.silence(1.0)).busy == ()


@pytest.mark.parametrize("burst", [1.0, 1.5])
def test_long_bursts_are_no_busy_tone_however_even(burst: float) -> None:
    found = tones(*(part for _ in range(5) for part in (sounds.tone((450.0,), burst), sounds.silence(0.5))))
    assert (found.busy, len(found.every)) == ((), 5)


def test_keys_are_named() -> None:
    found = tones(sounds.silence(1.0), sounds.dtmf("1#"), sounds.silence(1.0), kind="noisy")
    assert edges(found.keys) == [(1.1, 1.2), (1.2, 1.3)]


def test_a_low_hum_of_a_voice_is_no_beep() -> None:
    """A drawn-out vowel through a telephone leaves little more than its pitch."""
    assert tones(sounds.silence(0.5), sounds.tone((187.0,), 0.6, level_db=-32.0), sounds.silence(0.5)).every == ()
    assert tones(sounds.silence(0.5), sounds.tone((1000.0,), 0.6), sounds.silence(0.5)).every != ()


@cache
def voices() -> np.ndarray:
    """Twelve seconds of both sides of a sample call, shape (2, samples), full scale 1.0."""
    audio = AvReader().read(SAMPLES / "rude-words.wav").samples
    return np.asarray(audio[:, : 12 * SAMPLE_RATE] / 32768, np.float32)


BETWEEN = {
    "keys": sounds.dtmf("159*0#27D"),
    "quick keys": sounds.dtmf("4008123", on=0.05, off=0.05),
    "ring-back cn": RINGS["cn"],
    "ring-back uk": RINGS["uk"],
    "busy cn": sounds.cadence(sounds.BUSY["cn"], 6.0),
    "congestion": sounds.cadence(sounds.BUSY["congestion"], 6.0),
    "fax": sounds.fax(),
}


def speech_of(audio: Samples) -> tuple[dict[Role, Track], tuple[Track, ...]]:
    """The chain from samples to the speech on the timeline, and where each channel lets somebody wait."""
    detector, other = WebRtcDetector(), ToneAndMusicDetector()
    unspoken = [other.find(channel, SAMPLE_RATE) for channel in audio]
    found = [
        find_speech(channel, heard, SAMPLE_RATE, detector=detector, silencer=other)
        for channel, heard in zip(audio, unspoken, strict=True)
    ]
    waits = find_waits(unspoken, found)
    inspected = inspect_channels(audio, found)
    tracks = let_fade(inspected.tracks, audio.shape[1] / SAMPLE_RATE, unspoken=unspoken)
    recording = make_recording(role_by_channel=ROLES)
    speech = dict(zip(ROLES, tracks, strict=True))
    call = build_timeline(speech, Transcript(), audio.shape[1] / SAMPLE_RATE, holds=holds_of(recording, waits))
    return dict(call.speech), waits


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("name", BETWEEN)
def test_no_moment_of_a_tone_between_turns_is_speech_on_the_timeline(name: str, kind: str) -> None:
    """Voices, a tone on the agent's channel, voices; and the other way round: the tone while the customer speaks.

    agent     ####  tone  ####  tone  ####
    customer  ####        ####  ####  ####
    """
    (agent, customer), tone = voices(), BETWEEN[name]
    gap, quiet = sounds.silence(0.4), sounds.silence(tone.size / SAMPLE_RATE)
    talking = np.resize(customer, tone.size)
    audio = np.stack(
        [
            line(agent, gap, tone, gap, agent, gap, tone, gap, agent, kind=kind),
            line(customer, gap, quiet, gap, customer, gap, talking, gap, customer, kind=kind, seed=6),
        ]
    )
    speech, _ = speech_of(audio)
    length, each = tone.size / SAMPLE_RATE, 12.0 + 0.4
    sounding = tuple(s for start in (each, 2 * each + length + 0.4) for s in _sounding(tone, start))
    assert total(intersect(speech[Role.AGENT], sounding)) == 0.0
    assert total(clip(speech[Role.CUSTOMER], Segment(each + 0.3, each + length))) == 0.0
    without, _ = speech_of(np.stack([line(agent, gap, quiet, gap, agent, gap, quiet, gap, agent, kind=kind), audio[1]]))
    assert total(subtract(without[Role.AGENT], speech[Role.AGENT])) < 0.03 * total(without[Role.AGENT])


def _sounding(tone: sounds.Sound, start: float) -> Track:
    """Where a tone sounds, its pauses left out, when it begins at a time."""
    step = SAMPLE_RATE // 100
    loud = (np.abs(tone[: tone.size // step * step]).reshape(-1, step).max(axis=1) > 0.02).nonzero()[0]
    return tuple(Segment(start + i / 100, start + (i + 1) / 100) for i in loud.tolist())


@pytest.mark.parametrize("kind", LINES)
@pytest.mark.parametrize("name", RINGS)
def test_ring_back_at_the_start_is_waiting_and_neither_speech_nor_dead_air(name: str, kind: str) -> None:
    agent, customer = voices()
    ring = RINGS[name]
    quiet = sounds.silence(ring.size / SAMPLE_RATE)
    cough = sounds.silence(0.5)
    audio = np.stack(
        [
            line(cough, ring, sounds.silence(3.0), agent, kind=kind),
            line(customer[: cough.size], quiet, sounds.silence(3.0), customer, kind=kind, seed=6),
        ]
    )
    speech, waits = speech_of(audio)
    assert total(clip(speech[Role.AGENT], Segment(0.0, 15.0))) == 0.0
    call = build_timeline(speech, Transcript(), audio.shape[1] / SAMPLE_RATE, holds=waits[0])
    assert call.unanswered[0].start == pytest.approx(0.5, abs=0.1)
    assert [event for event in call.of("dead_air") if event.start < 16.0] == []


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_bursts_may_be_asked_of_a_busy_tone(count: int) -> None:
    options = ToneOptions(busy_count=count)
    samples = line(sounds.silence(1.0), sounds.cadence(sounds.BUSY["cn"], 1.3), sounds.silence(1.0))
    assert len(find_tones(samples, options=options).busy) == 1


def heard(*, agent: Track = (), customer: Track = ()) -> tuple[NonSpeech, NonSpeech]:
    return NonSpeech(busy=agent), NonSpeech(busy=customer)


TONE = (Segment(54.0, 59.5),)


@pytest.mark.parametrize(
    ("unspoken", "expected"),
    [
        (heard(customer=TONE), Ending(Role.CUSTOMER, 54.0)),
        (heard(agent=TONE), Ending(Role.AGENT, 54.0)),
        (heard(), Ending()),
        (heard(agent=TONE, customer=TONE), Ending()),
        (heard(customer=(Segment(20.0, 26.0),)), Ending()),
    ],
)
def test_busy_tone_at_the_end_is_in_the_place_of_who_hung_up(
    unspoken: tuple[NonSpeech, NonSpeech], expected: Ending
) -> None:
    recording = make_recording(role_by_channel=ROLES)
    speech = {Role.AGENT: (Segment(1, 50), Segment(55, 56)), Role.CUSTOMER: (Segment(51, 53),)}
    if expected.side is Role.AGENT:
        speech = {Role.AGENT: (Segment(1, 50),), Role.CUSTOMER: (Segment(51, 53), Segment(55, 56))}
    assert find_ending(recording, unspoken, speech, 60.0) == expected


def test_a_voice_after_the_tone_shows_that_its_side_is_still_there() -> None:
    recording = make_recording(role_by_channel=ROLES)
    speech = {Role.CUSTOMER: (Segment(51, 53), Segment(55, 56))}
    assert find_ending(recording, heard(customer=TONE), speech, 60.0) == Ending()


def test_a_line_that_is_engaged_was_hung_up_by_nobody() -> None:
    recording = make_recording(role_by_channel=ROLES)
    assert find_ending(recording, heard(customer=TONE), {Role.AGENT: (Segment(1, 50),)}, 60.0) == Ending()


def test_the_manifest_is_believed_before_the_tone() -> None:
    recording = make_recording(role_by_channel=ROLES, metadata={"hang_up_side": "坐席"})
    assert find_ending(recording, heard(customer=TONE), {}, 60.0) == Ending(Role.AGENT, None)


def test_one_channel_does_not_tell_whose_place_the_tone_takes() -> None:
    recording = make_recording(role_by_channel=(None,), channels=1)
    assert find_ending(recording, (NonSpeech(busy=TONE),), {}, 60.0) == Ending()
