"""What is no speech: tones between turns, music of several kinds, and nothing found in voices."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio.music import find_music
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.tones import find_tones
from asr_qa.audio.vad import WebRtcDetector
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, clip, subtract, total
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE, NonSpeech
from asr_qa.pipeline.unspoken import find_speech, find_waits, holds_of
from asr_qa.testing import make_recording, sounds

SAMPLES = Path(__file__).parents[2] / "sample_audio"
DETECTOR = ToneAndMusicDetector()


def pcm(*parts: sounds.Sound, noise_db: float = -55.0) -> NDArray[np.int16]:
    """The parts one after the other over line noise."""
    wave_ = np.concatenate(parts)
    noisy = wave_ + sounds.pink(wave_.size / SAMPLE_RATE, seed=5, level_db=noise_db)[: wave_.size]
    return np.asarray(np.clip(noisy, -1, 1) * 32767, np.int16)


def agent(name: str = "rude-words") -> sounds.Sound:
    """The agent's channel of a sample call at 16 kHz."""
    from asr_qa.audio.decode import AvReader

    return np.asarray(AvReader().read(SAMPLES / f"{name}.wav").samples[0] / 32768, np.float32)


def speech_in(samples: NDArray[np.int16]) -> Track:
    unspoken = DETECTOR.find(samples, SAMPLE_RATE)
    return find_speech(samples, unspoken, SAMPLE_RATE, detector=WebRtcDetector(), silencer=DETECTOR)


TONES = {
    **{f"ring-back {name}": sounds.cadence(pattern, 13.0) for name, pattern in sounds.RING_BACK.items()},
    **{f"busy {name}": sounds.cadence(pattern, 6.0) for name, pattern in sounds.BUSY.items()},
    "keys": sounds.dtmf("159*0#27D"),
    "quick keys": sounds.dtmf("4008123", on=0.05, off=0.05),
    "fax": sounds.fax(),
    "test tone": sounds.tone((1000.0,), 5.0),
}


@pytest.mark.parametrize("name", TONES)
def test_speech_leaves_out_tones_between_turns(name: str) -> None:
    """Voice, a second, the tone, a second, voice: nothing of the tone is speech, and the voice stays."""
    voice = agent()[: 12 * SAMPLE_RATE]
    gap, tone = sounds.silence(1.0), TONES[name]
    begin = voice.size / SAMPLE_RATE + 0.9
    end = begin + tone.size / SAMPLE_RATE + 0.2
    with_tone = speech_in(pcm(voice, gap, tone, gap, voice))
    without = speech_in(pcm(voice, gap, sounds.silence(tone.size / SAMPLE_RATE), gap, voice))
    assert total(clip(with_tone, Segment(begin, end))) == 0.0
    assert total(subtract(without, with_tone)) < 0.01 * total(without)


@pytest.mark.parametrize("name", ["keys", "fax", "busy cn", "test tone"])
def test_tones_that_do_not_ring_are_no_wait(name: str) -> None:
    assert find_tones(pcm(TONES[name])).ringing == ()


def test_ring_back_is_one_wait_with_its_pauses() -> None:
    #  0   1 2       6 7       11 12
    #  ....==........==........==....
    (wait,) = find_tones(pcm(sounds.silence(1.0), sounds.cadence(sounds.RING_BACK["cn"], 13.0))).ringing
    assert (wait.start, wait.end) == pytest.approx((1.0, 12.0), abs=0.1)


@pytest.mark.parametrize("noise_db", [-60.0, -45.0])
@pytest.mark.parametrize("style", ["chords", "arpeggio", "band"])
def test_music_is_found_with_its_edges(style: str, noise_db: float) -> None:
    for seed in (3, 4):
        tune = sounds.tune(12.0, seed=seed, style=style, level_db=-28.0)
        samples = pcm(agent()[: 8 * SAMPLE_RATE], sounds.silence(1.0), tune, sounds.silence(3.0), noise_db=noise_db)
        (found,) = find_music(samples)
        assert (found.start, found.end) == pytest.approx((9.0, 21.0), abs=1.0)


def test_parts_in_which_no_music_is_possible_are_passed_over() -> None:
    """Of two parts of ten minutes only the one that the possible music lies in is looked at."""
    tune = pcm(sounds.tune(12.0, seed=3, style="chords", level_db=-28.0))
    samples = np.zeros(700 * SAMPLE_RATE, np.int16)
    for start in (20, 660):
        samples[start * SAMPLE_RATE :][: tune.size] = tune

    def found(*possible: Segment) -> list[int]:
        return [round(s.start) for s in DETECTOR.find_music(samples, (), possible=possible)]

    assert found() == []
    assert found(Segment(300.0, 301.0)) == [20]
    assert found(Segment(690.0, 691.0)) == [660]
    assert [round(s.start) for s in DETECTOR.find_music(samples, ())] == [20, 660]


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.wav")), ids=lambda path: path.stem)
def test_voices_hold_neither_music_nor_tones(path: Path) -> None:
    from asr_qa.audio.decode import AvReader

    for channel in AvReader().read(path).samples:
        assert DETECTOR.find(channel, SAMPLE_RATE) == NonSpeech()


@pytest.mark.parametrize("noise_db", [-45.0, -35.0])
def test_the_edge_of_a_line_filter_makes_no_music_of_a_voice(noise_db: float) -> None:
    """Noise that a filter cuts off at 3400 Hz stands out beside nothing all the time, like a held note."""
    voice = agent()[: 16 * SAMPLE_RATE]
    noise = sounds.white(voice.size / SAMPLE_RATE, seed=3, level_db=noise_db)[: voice.size]
    samples = np.asarray(np.clip(sounds.over_the_telephone(voice + noise), -1, 1) * 32767, np.int16)
    assert find_music(samples) == ()


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_is_neither_music_nor_tone(seed: int) -> None:
    for noise in (sounds.white(30.0, seed=seed), sounds.pink(30.0, seed=seed), sounds.silence(5.0)):
        assert DETECTOR.find(np.asarray(noise * 32767, np.int16), SAMPLE_RATE) == NonSpeech()


def test_short_channels_hold_nothing() -> None:
    for size in (0, 1, 640, 2048, 5000):
        assert DETECTOR.find(np.zeros(size, np.int16), SAMPLE_RATE) == NonSpeech()


def test_another_sample_rate_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not 8000"):
        DETECTOR.find(np.zeros(8000, np.int16), 8000)


def test_holds_end_where_a_voice_speaks_and_leave_out_the_customers_channel() -> None:
    """Ringing from 0 to 20, a voice from 8 to 9 and a click at 15: two waits; the customer's music is no hold."""
    waits = find_waits(
        [NonSpeech(waits=(Segment(0, 20),)), NonSpeech(waits=(Segment(30, 40),))],
        [(Segment(8, 9), Segment(15, 15.1)), ()],
    )
    recording = make_recording(role_by_channel=(Role.AGENT, Role.CUSTOMER))
    assert holds_of(recording, waits) == (Segment(0, 8), Segment(9, 20))


def test_a_long_recording_is_looked_at_in_parts_and_loses_no_sound_at_their_seams() -> None:
    rate = 16000
    seconds = np.arange(0, 1300 * rate) / rate
    samples = np.zeros(len(seconds), np.int16)
    for start, end in ((100, 110), (595, 612), (1195, 1250)):
        beep = 6000 * np.sin(2 * np.pi * 450 * seconds[start * rate : end * rate])
        samples[start * rate : end * rate] = beep.astype(np.int16)
    found = ToneAndMusicDetector().find(samples, rate).sounds
    assert [(round(s.start), round(s.end)) for s in found] == [(100, 110), (595, 612), (1195, 1250)]
