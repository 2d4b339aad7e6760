"""What every speech detector must do, on synthetic speech whose edges are known."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio.vad import DETECTORS, WebRtcDetector, WebRtcOptions, detector
from asr_qa.core.segment import Segment, bridge, intersect, total
from asr_qa.errors import ConfigurationError
from asr_qa.pipeline.ports import SpeechDetector

RATE = 16000
EDGE = {"webrtc": 0.05, "silero": 0.15}
"""Seconds by which edges may be off: silero looks at windows of 32 ms and wakes up late."""

VOWELS = np.array([(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)])
"""Formants in hertz."""


def voice(seconds: float, *, pitch: float = 130.0) -> NDArray[np.float64]:
    """A buzz with a moving pitch through three formants, a vowel every 0.2 s: peak 0.5, sharp edges."""
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = pitch * (1 + 0.08 * np.sin(2 * np.pi * 1.7 * time))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    vowel = VOWELS[(time / 0.2).astype(np.int64) % len(VOWELS)]
    sound = np.zeros_like(time)
    for number in range(1, 25):
        frequency = number * hertz
        gain = sum((1 / (1 + ((frequency - vowel[:, i]) / 90) ** 2)) / (i + 1) for i in range(3))
        sound += gain * np.sin(number * phase) * (frequency < 3400)
    sound *= 0.75 + 0.25 * np.cos(2 * np.pi * 5 * time)
    return np.asarray(0.5 * sound / np.abs(sound).max())


def line(seconds: float, spoken: Iterable[tuple[float, float]], *, noise_db: float = -55.0) -> NDArray[np.int16]:
    """A telephone line with noise, and voice in the stretches given."""
    rng = np.random.default_rng(7)
    samples = rng.standard_normal(round(seconds * RATE)) * 10 ** (noise_db / 20)
    for start, end in spoken:
        first, part = round(start * RATE), voice(end - start)
        samples[first : first + len(part)] += part
    return np.clip(samples * 32767, -32768, 32767).astype(np.int16)


@pytest.fixture(params=sorted(DETECTORS))
def any_detector(request: pytest.FixtureRequest) -> SpeechDetector:
    return detector(request.param)


@pytest.fixture
def edge(any_detector: SpeechDetector) -> float:
    return EDGE[any_detector.name.split("-")[0]]


def test_detect_finds_each_stretch_with_its_edges(any_detector: SpeechDetector, edge: float) -> None:
    # 0----1####3------5##6.2-----9#######12---14
    truth = (Segment(1.0, 3.0), Segment(5.0, 6.2), Segment(9.0, 12.0))
    found = bridge(any_detector.detect(line(14.0, [(s.start, s.end) for s in truth]), RATE), 0.3)
    assert len(found) == 3
    for heard, said in zip(found, truth, strict=True):
        assert heard.start == pytest.approx(said.start, abs=edge)
        assert heard.end == pytest.approx(said.end, abs=edge)


def test_detect_finds_nothing_in_digital_silence(any_detector: SpeechDetector) -> None:
    assert any_detector.detect(np.zeros(5 * RATE, np.int16), RATE) == ()


def test_detect_finds_nothing_in_steady_noise(any_detector: SpeechDetector) -> None:
    assert any_detector.detect(line(10.0, [], noise_db=-35.0), RATE) == ()


def test_detect_finds_nothing_in_clicks(any_detector: SpeechDetector) -> None:
    samples = line(6.0, [])
    for at in (1.0, 2.5, 4.0):
        samples[round(at * RATE) : round((at + 0.005) * RATE)] = 20000
    assert any_detector.detect(samples, RATE) == ()


@pytest.mark.parametrize("length", [0, 1, 159, 160, 3200])
def test_detect_accepts_any_length(any_detector: SpeechDetector, length: int) -> None:
    assert any_detector.detect(np.zeros(length, np.int16), RATE) == ()


def test_detect_gives_a_track_inside_the_recording(any_detector: SpeechDetector) -> None:
    samples = line(4.0, [(0.0, 1.0), (1.5, 2.0), (3.0, 4.0)])
    found = any_detector.detect(samples, RATE)
    assert found
    assert found[0].start >= 0.0
    assert found[-1].end <= 4.0
    assert all(one.end < two.start for one, two in pairwise(found))


def test_detect_hears_through_strong_noise(any_detector: SpeechDetector) -> None:
    truth = (Segment(2.0, 4.0), Segment(7.0, 9.0))
    found = any_detector.detect(line(11.0, [(s.start, s.end) for s in truth], noise_db=-35.0), RATE)
    assert total(intersect(bridge(found, 0.3), truth)) > 0.9 * total(truth)
    assert total(found) < 1.1 * total(truth)


def test_detect_is_not_moved_by_the_level(any_detector: SpeechDetector, edge: float) -> None:
    samples = line(8.0, [(2.0, 3.0), (5.0, 6.5)])
    loud = bridge(any_detector.detect(samples, RATE), 0.3)
    faint = bridge(any_detector.detect((samples // 6).astype(np.int16), RATE), 0.3)
    assert len(loud) == len(faint) == 2
    assert [s.start for s in faint] == pytest.approx([s.start for s in loud], abs=edge)


def test_name_tells_the_parameters(any_detector: SpeechDetector) -> None:
    assert "=" in any_detector.name


def test_name_changes_with_any_option() -> None:
    assert WebRtcDetector().name == WebRtcDetector().name
    assert WebRtcDetector(WebRtcOptions(tail=0.3)).name != WebRtcDetector().name


def test_detector_refuses_an_unknown_name() -> None:
    with pytest.raises(ConfigurationError, match="choose one of silero, webrtc"):
        detector("whisper")


def test_webrtc_rejects_what_leaks_in_far_below_the_voice() -> None:
    samples = line(12.0, [(1.0, 4.0), (8.0, 10.0)], noise_db=-75.0).astype(np.float64)
    leak = voice(2.0, pitch=210.0) * 32767 * 10 ** (-28 / 20)
    samples[5 * RATE : 7 * RATE] += leak
    found = bridge(WebRtcDetector().detect(samples.astype(np.int16), RATE), 0.3)
    assert [round(s.start) for s in found] == [1, 8]


def test_webrtc_noise_floor_ignores_what_was_not_sent() -> None:
    # digital zero next to noise must not turn the noise into speech
    samples = line(12.0, [(8.0, 10.0)], noise_db=-45.0)
    samples[2 * RATE : 5 * RATE] = 0
    found = bridge(WebRtcDetector().detect(samples, RATE), 0.3)
    assert [(round(s.start, 1), round(s.end, 1)) for s in found] == [(8.0, 10.0)]


def test_webrtc_refuses_a_rate_it_does_not_know() -> None:
    with pytest.raises(ConfigurationError, match="resample"):
        WebRtcDetector().detect(np.zeros(11025, np.int16), 11025)


def test_webrtc_finds_the_same_at_8_khz() -> None:
    samples = line(6.0, [(1.0, 2.0), (3.0, 5.0)])
    wide, narrow = (WebRtcDetector().detect(part, rate) for part, rate in ((samples, RATE), (samples[::2], RATE // 2)))
    assert [s.start for s in bridge(narrow, 0.3)] == pytest.approx([s.start for s in bridge(wide, 0.3)], abs=0.03)


def test_webrtc_is_not_moved_by_a_constant_offset() -> None:
    samples = line(8.0, [(2.0, 3.0), (5.0, 6.5)]).astype(np.int32) // 2
    shifted = np.clip(samples + 9000, -32768, 32767).astype(np.int16)
    plain = WebRtcDetector().detect(samples.astype(np.int16), RATE)
    assert WebRtcDetector().detect(shifted, RATE) == plain


@pytest.mark.parametrize("value", [0, 12000, -32768, 32767])
def test_webrtc_finds_nothing_on_a_constant_line(value: int) -> None:
    assert WebRtcDetector().detect(np.full(20 * RATE, value, np.int16), RATE) == ()


def colored(seconds: float, fall: float, *, level_db: float) -> NDArray[np.float64]:
    """Noise whose amplitude falls with that power of the frequency."""
    count = round(seconds * RATE)
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum = np.fft.rfft(np.random.default_rng(11).standard_normal(count)) / np.maximum(hertz, 50) ** fall
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / noise.std() * 10 ** (level_db / 20))


@pytest.mark.parametrize(("fall", "level_db"), [(0.0, -30.0), (0.5, -24.0), (1.0, -20.0)])
def test_webrtc_hears_speech_as_loud_as_the_noise(fall: float, level_db: float) -> None:
    truth = (Segment(4.0, 6.0), Segment(10.0, 12.5))
    noise = colored(18.0, fall, level_db=level_db)
    samples = line(18.0, [(s.start, s.end) for s in truth], noise_db=-90.0) / 32767 * 0.6 + noise
    found = WebRtcDetector().detect(np.clip(samples * 32767, -32768, 32767).astype(np.int16), RATE)
    assert total(intersect(bridge(found, 0.3), truth)) > 0.85 * total(truth)
    assert total(found) < 1.1 * total(truth)


@pytest.mark.parametrize("fall", [0.0, 0.5, 1.0])
def test_webrtc_finds_nothing_in_loud_noise_of_any_colour(fall: float) -> None:
    samples = np.clip(colored(60.0, fall, level_db=-20.0) * 32767, -32768, 32767).astype(np.int16)
    assert WebRtcDetector().detect(samples, RATE) == ()


def test_webrtc_hears_a_hard_cut_voice_under_flat_hiss() -> None:
    truth = (Segment(2.0, 4.0), Segment(6.0, 8.0))
    clean = line(10.0, [(s.start, s.end) for s in truth], noise_db=-90.0) / 32767
    spectrum, hertz = np.fft.rfft(clean), np.fft.rfftfreq(clean.size, 1 / RATE)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    samples = np.fft.irfft(spectrum, clean.size) + colored(10.0, 0.0, level_db=-50.0)
    found = bridge(WebRtcDetector().detect((samples * 32767).astype(np.int16), RATE), 0.3)
    assert len(found) == 2
    for heard, said in zip(found, truth, strict=True):  # a tail may run on under hiss; a silence is matched to 0.3 s
        assert heard.start == pytest.approx(said.start, abs=0.05)
        assert heard.end == pytest.approx(said.end, abs=0.15)


def test_webrtc_hears_a_sentence_softer_than_the_noise_between_louder_ones() -> None:
    noise = colored(18.0, 0.5, level_db=-24.0)
    loud = line(18.0, [(2, 4), (12, 14)], noise_db=-90.0) / 32767 * 0.6
    soft = line(18.0, [(7, 9.5)], noise_db=-90.0) / 32767 * 0.6 * 10 ** (-10 / 20)
    samples = np.clip((loud + soft + noise) * 32767, -32768, 32767).astype(np.int16)
    said = (Segment(2.0, 4.0), Segment(7.0, 9.5), Segment(12.0, 14.0))
    found = WebRtcDetector().detect(samples, RATE)
    assert total(intersect(found, said[1:2])) > 1.0
    assert total(found) - total(intersect(found, said)) < 0.5
    without = WebRtcDetector(WebRtcOptions(hidden_shortest=99.0)).detect(samples, RATE)
    assert total(intersect(without, said[1:2])) == 0.0
