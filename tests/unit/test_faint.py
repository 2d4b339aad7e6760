"""Voices no louder than the noise are heard by their harmonics, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio.faint import FaintOptions, FaintVoices
from asr_qa.core.segment import Segment, Track
from asr_qa.pipeline.ports import Hearing, Loudness, NonSpeech, Samples
from asr_qa.pipeline.unspoken import hear_faint

RATE = 16000
NOISE = 300.0
"""Root mean square of the noise of the line."""
PAUSES = (Segment(1.0, 5.0), Segment(7.0, 10.0), Segment(12.0, 18.0))


def noise(seconds: float, seed: int = 5, rate: int = RATE) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, NOISE, round(seconds * rate))


def voice(seconds: float, *, share: float, pitch: float = 140.0, rate: int = RATE) -> NDArray[np.float64]:
    """Harmonics up to 1.5 kHz of a pitch that rises and falls, with `share` times the power of the noise."""
    time = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (pitch * time + 3.0 * np.sin(2 * np.pi * 0.7 * time))
    wave = sum(np.sin(number * phase + number) for number in range(1, int(1500 / pitch)))
    return np.asarray(wave / np.sqrt(np.mean(wave**2)) * NOISE * np.sqrt(share))


def with_sound(sound: NDArray[np.float64], at: float, *, seconds: float = 20.0, rate: int = RATE) -> Samples:
    line = noise(seconds, rate=rate)
    first = round(at * rate)
    line[first : first + sound.size] += sound
    return line.astype(np.int16)


def find(samples: Samples, within: Track = PAUSES, rate: int = RATE) -> Track:
    return FaintVoices().find(samples, rate, within=within)


@pytest.mark.parametrize("pitch", [100.0, 140.0, 220.0])
def test_a_voice_under_the_noise_is_found_where_it_is(pitch: float) -> None:
    (found,) = find(with_sound(voice(1.2, share=0.2, pitch=pitch), 8.0))
    assert 7.9 < found.start < 8.5
    assert 8.7 < found.end < 9.3


def test_so_it_is_on_a_line_of_8_khz() -> None:
    (found,) = find(with_sound(voice(1.2, share=0.3, rate=8000), 8.0, rate=8000), rate=8000)
    assert 7.9 < found.start < found.end < 9.3


def test_noise_alone_holds_no_voice() -> None:
    for seed in range(5):
        assert find(noise(20.0, seed).astype(np.int16)) == ()


def test_neither_breath_nor_clicks_nor_louder_noise_are_a_voice() -> None:
    rng = np.random.default_rng(1)
    breath = rng.normal(0, 1.5 * NOISE, round(0.8 * RATE)) * np.hanning(round(0.8 * RATE))
    louder = rng.normal(0, 2 * NOISE, 2 * RATE)
    clicks = np.zeros(2 * RATE)
    clicks[:: RATE // 5] = 8000.0
    for sound in (breath, louder, clicks):
        assert find(with_sound(sound, 13.0)) == ()


def test_hum_is_part_of_the_noise() -> None:
    time = np.arange(20 * RATE) / RATE
    hum = sum(NOISE * np.sin(2 * np.pi * 100 * number * time) for number in range(1, 12))
    assert find(with_sound(np.asarray(hum), 0.0)) == ()


def test_what_is_in_most_pauses_is_the_room() -> None:
    murmur = voice(20.0, share=0.2)
    murmur[: 12 * RATE] = 0.0
    assert find(with_sound(murmur, 0.0)) != ()
    assert find(with_sound(voice(20.0, share=0.2), 0.0)) == ()


def test_beside_a_voice_that_was_heard_nothing_is_asked() -> None:
    beside = FaintOptions().beside
    for found in find(with_sound(voice(2.0, share=0.5), 16.0)):
        assert found.end <= 18.0 - beside
    assert find(with_sound(voice(2.0, share=0.5), 6.0), (Segment(7.8, 10.0), PAUSES[2])) == ()


def test_short_pauses_and_none_hold_nothing() -> None:
    loud = with_sound(voice(3.0, share=1.0), 7.0)
    assert find(loud, ()) == ()
    assert find(loud, (Segment(7.5, 8.2), PAUSES[2])) == ()


def test_long_pauses_are_worked_in_pieces() -> None:
    samples = with_sound(voice(1.2, share=0.3), 150.0, seconds=200.0)
    (found,) = find(samples, (Segment(1.0, 3.0), Segment(5.0, 95.0), Segment(140.0, 199.0)))
    assert 149.9 < found.start < found.end < 151.3


@dataclass
class Scripted:
    """Finds what it was told for samples of a level, and remembers what it was asked."""

    answers: dict[int, Track]
    asked: list[tuple[int, Track]] = field(default_factory=list)
    name: str = "scripted"

    def find(self, samples: Samples, sample_rate: int, *, within: Track) -> Track:
        self.asked.append((int(samples[0]), within))
        return self.answers.get(int(samples[0]), ())


def standing_out(decibels: float, sounds: Track = ()) -> NonSpeech:
    ratios = np.full(3000, 10 ** (decibels / 10), np.float32)
    curve = np.zeros(3000, np.float32)
    return NonSpeech(sounds, hearing=Hearing(curve.astype(np.float16), Loudness(curve, curve, ratios)))


CHANNELS = [np.full(30 * RATE, number, np.int16) for number in (1, 2)]


def test_silences_of_everybody_are_asked_about_on_noisy_channels() -> None:
    tracks = [(Segment(1, 5), Segment(20, 22)), (Segment(4, 8), Segment(9, 10), Segment(25, 27))]
    hidden = Segment(12, 13)
    faint = Scripted({1: (hidden,)})
    unspoken = [standing_out(12.0, (Segment(14, 20),)), standing_out(40.0)]
    heard = hear_faint(CHANNELS, tracks, unspoken, RATE, faint=faint)
    assert faint.asked == [(1, (Segment(10, 14), Segment(22, 25)))]
    assert heard == ((Segment(1, 5), hidden, Segment(20, 22)), tracks[1])


def test_what_both_channels_carry_belongs_to_the_one_that_has_more() -> None:
    tracks = [(Segment(0, 2), Segment(12, 14)), (Segment(5, 6),)]
    faint = Scripted({1: (Segment(3, 3.4), Segment(8, 9)), 2: (Segment(3, 4), Segment(8, 8.5))})
    agent, customer = hear_faint(CHANNELS, tracks, [standing_out(12.0)] * 2, RATE, faint=faint)
    assert agent == (Segment(0, 2), Segment(8, 9), Segment(12, 14))
    assert customer == (Segment(3, 4), Segment(5, 6))


def test_nobody_is_asked_where_nobody_speaks_or_nothing_is_known_of_the_noise() -> None:
    faint = Scripted({})
    assert hear_faint(CHANNELS, [(), ()], [standing_out(12.0)] * 2, RATE, faint=faint) == ((), ())
    tracks = [(Segment(0, 2), Segment(12, 14)), ()]
    assert hear_faint(CHANNELS, tracks, [NonSpeech()] * 2, RATE, faint=faint) == tuple(tracks)
    assert faint.asked == []
