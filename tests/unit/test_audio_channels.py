"""What is wrong with channels, on synthetic ones with known answers. Speech is given, so no detector is tested here."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio.channels import ChannelReport, inspect_channels
from asr_qa.core.segment import Segment, Track, intersect, total, union
from asr_qa.render.remarks import remark
from asr_qa.render.texts import Texts

RATE = 16000
SECONDS = 24
AGENT: Track = (Segment(1.0, 4.0), Segment(9.0, 12.0), Segment(17.0, 20.0))
CUSTOMER: Track = (Segment(5.0, 8.0), Segment(13.0, 16.0), Segment(21.0, 23.0))


def channel(speech: Track, *, seed: int, level_db: float = -14.0, noise_db: float = -58.0) -> NDArray[np.float64]:
    """Line noise, and in the stretches given noise whose level moves like syllables do, about 4 a second."""
    rng = np.random.default_rng(seed)
    samples = rng.standard_normal(SECONDS * RATE) * 10 ** (noise_db / 20)
    time = np.arange(SECONDS * RATE) / RATE
    syllables = 0.15 + 0.85 * np.abs(np.sin(2 * np.pi * 2.1 * time + seed)) ** 2
    for segment in speech:
        part = slice(round(segment.start * RATE), round(segment.end * RATE))
        samples[part] += rng.standard_normal(part.stop - part.start) * 10 ** (level_db / 20) * syllables[part]
    return samples


def inspect(*channels: NDArray[np.float64], speech: tuple[Track, ...] = (AGENT, CUSTOMER)) -> ChannelReport:
    scaled = np.clip(np.stack(channels) * 32768, -32768, 32767).astype(np.int16)
    return inspect_channels(scaled, speech)


def codes(report: ChannelReport) -> list[str]:
    return [warning.code for warning in report.warnings]


@pytest.fixture
def agent() -> NDArray[np.float64]:
    return channel(AGENT, seed=1)


@pytest.fixture
def customer() -> NDArray[np.float64]:
    return channel(CUSTOMER, seed=2)


def test_inspect_finds_nothing_wrong_with_a_good_call(
    agent: NDArray[np.float64], customer: NDArray[np.float64]
) -> None:
    report = inspect(agent, customer)
    assert codes(report) == []
    assert report.tracks == (AGENT, CUSTOMER)


def test_inspect_finds_the_same_audio_on_both_channels(agent: NDArray[np.float64]) -> None:
    hiss = np.random.default_rng(3).standard_normal(agent.size) * 0.0005
    report = inspect(agent, 0.7 * agent + hiss, speech=(AGENT, AGENT))
    assert codes(report) == ["dual_mono"]
    assert report.tracks == (AGENT, AGENT)


def test_inspect_does_not_take_two_speakers_in_unison_for_one(agent: NDArray[np.float64]) -> None:
    assert codes(inspect(agent, channel(AGENT, seed=5), speech=(AGENT, AGENT))) == []


@pytest.mark.parametrize("late", [0.02, 0.2])
@pytest.mark.parametrize("gain", [1.0, 0.5, -1.0])
def test_inspect_finds_a_copy_that_comes_late(
    agent: NDArray[np.float64], customer: NDArray[np.float64], late: float, gain: float
) -> None:
    mixed = agent + customer
    copy = gain * np.roll(mixed, round(late * RATE))
    both = union(AGENT, CUSTOMER)
    assert codes(inspect(mixed, copy, speech=(both, tuple(s.shift(late) for s in both)))) == ["dual_mono"]


@pytest.mark.parametrize("gain", [0.9, 1.3])
@pytest.mark.parametrize("turned", [False, True])
def test_inspect_finds_the_mix_of_both_on_one_channel(
    agent: NDArray[np.float64], customer: NDArray[np.float64], gain: float, turned: bool
) -> None:
    # one channel: agent and customer; the other: the customer alone
    own, mixed, other = (
        (CUSTOMER, customer + gain * agent, agent) if turned else (AGENT, agent + gain * customer, customer)
    )
    speech = (union(AGENT, CUSTOMER), AGENT if turned else CUSTOMER)
    channels = [mixed, other]
    report = inspect(*(channels[::-1] if turned else channels), speech=speech[::-1] if turned else speech)
    assert sorted(codes(report)) == ["bleed", "crosstalk"]
    kept = report.tracks[1 if turned else 0]
    assert total(intersect(kept, own)) > 0.9 * total(own)
    assert total(kept) < 1.1 * total(own)


def test_inspect_knows_the_mix_by_what_is_missing_on_the_other_channel(customer: NDArray[np.float64]) -> None:
    # The agent talks most of the time: most of the mix is on the agent's own channel as well.
    long: Track = (Segment(0.5, 4.8), Segment(8.5, 12.5), Segment(16.5, 20.5))
    agent = channel(long, seed=1)
    report = inspect(agent, agent + customer, speech=(long, union(long, CUSTOMER)))
    assert [w.message[:36] for w in report.warnings if w.code == "bleed"] == ["channel 0 is heard on channel 1, as "]
    assert report.tracks[0] == long
    assert total(report.tracks[1]) == pytest.approx(total(CUSTOMER), rel=0.1)


def test_inspect_counts_no_window_of_a_copy_twice() -> None:
    # Speech where one tenth of 40 s meets the next is the best window of both: no slope lies between the two.
    mixed = np.concatenate([channel(((Segment(4.0, 6.0)), Segment(12.0, 14.0)), seed=1)[: 16 * RATE]] * 3)[: 40 * RATE]
    spoken = tuple(Segment(start, start + 2.0) for start in (4.0, 12.0, 20.0, 28.0, 36.0))
    (warning,) = inspect(mixed, mixed.copy(), speech=(spoken, spoken)).warnings
    assert warning.code == "dual_mono"


def test_inspect_finds_a_dead_channel(agent: NDArray[np.float64]) -> None:
    assert codes(inspect(agent, np.zeros_like(agent), speech=(AGENT, ()))) == ["dead_channel"]
    assert codes(inspect(agent, channel((), seed=4, noise_db=-70.0), speech=(AGENT, ()))) == ["dead_channel"]


def test_inspect_does_not_call_a_silent_caller_dead(agent: NDArray[np.float64]) -> None:
    assert codes(inspect(agent, channel((), seed=4), speech=(AGENT, ()))) == []


def test_inspect_finds_faint_speech(customer: NDArray[np.float64]) -> None:
    faint = channel(AGENT, seed=1, level_db=-46.0, noise_db=-80.0)
    assert codes(inspect(faint, customer)) == ["low_level"]


def test_inspect_finds_clipping(agent: NDArray[np.float64], customer: NDArray[np.float64]) -> None:
    report = inspect(np.clip(agent * 8, -1.0, 1.0), customer)
    assert codes(report) == ["clipping"]
    assert "channel 0" in report.warnings[0].message


def test_inspect_accepts_a_channel_raised_to_full_scale(customer: NDArray[np.float64]) -> None:
    loud = channel(AGENT, seed=1)
    assert codes(inspect(loud / np.abs(loud).max(), customer)) == []


def test_inspect_finds_dropouts_inside_speech(agent: NDArray[np.float64], customer: NDArray[np.float64]) -> None:
    for start in (2.0, 10.5):
        agent[round(start * RATE) : round((start + 0.1) * RATE)] = 0.0
    (warning,) = inspect(agent, customer).warnings
    assert warning.code == "gaps"
    assert (warning.start, warning.end) == pytest.approx((2.0, 10.6), abs=0.02)
    assert "2 times" in warning.message


def vowels(speech: Track, *, hertz: float = 100.0) -> NDArray[np.float64]:
    """Syllables of a voice whose pitch and loudness move a little, on a quiet line."""
    rng = np.random.default_rng(4)
    time = np.arange(SECONDS * RATE) / RATE
    pitch = hertz * (1 + 0.04 * np.sin(2 * np.pi * 0.7 * time) + 0.01 * np.sin(2 * np.pi * 5.3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    wave = sum(np.sin(number * phase) / number for number in range(1, 24))
    wave = wave * (0.2 + 0.8 * np.abs(np.sin(2 * np.pi * 2.1 * time))) * 0.1
    spoken = np.zeros(wave.size)
    for segment in speech:
        spoken[round(segment.start * RATE) : round(segment.end * RATE)] = 1.0
    return wave * spoken + rng.standard_normal(wave.size) * 10 ** (-58 / 20)


def play_again(wave: NDArray[np.float64], at: float, *, frame: float, times: int, gain: float) -> None:
    """What a decoder does that has lost as many frames."""
    size, first = round(frame * RATE), round(at * RATE)
    for number in range(times):
        wave[first + number * size : first + (number + 1) * size] = wave[first - size : first] * gain ** (number + 1)


@pytest.mark.parametrize("sounds", [channel, lambda speech, *, seed: vowels(speech)], ids=["noise", "vowels"])
@pytest.mark.parametrize(("frame", "times", "gain"), [(0.02, 1, 1.0), (0.02, 3, 0.7), (0.03, 1, 1.0), (0.01, 3, 1.0)])
def test_inspect_finds_losses_filled_with_the_last_frame(
    sounds: Callable[..., NDArray[np.float64]],
    customer: NDArray[np.float64],
    frame: float,
    times: int,
    gain: float,
) -> None:
    wave = sounds(AGENT, seed=1)
    for at in (2.1, 3.15, 10.2, 18.4):
        play_again(wave, at, frame=frame, times=times, gain=gain)
    (warning,) = inspect(wave, customer).warnings
    assert warning.code == "gaps"
    assert "channel 0 plays its last moment again 4 times" in warning.message
    assert (warning.start, warning.end) == pytest.approx((2.1, 18.4 + times * frame), abs=0.01)


def test_one_warning_tells_of_all_that_a_channel_lost(customer: NDArray[np.float64]) -> None:
    wave = vowels(AGENT)
    for at in (3.15, 10.2):
        play_again(wave, at, frame=0.02, times=1, gain=1.0)
    wave[round(18.4 * RATE) : round(18.5 * RATE)] = 0.0
    (warning,) = inspect(wave, customer).warnings
    assert warning.code == "gaps"
    assert (warning.start, warning.end) == pytest.approx((3.15, 18.5), abs=0.02)
    shown = remark(warning, Texts("zh"))
    assert shown == "声道 0 丢包：说话中断 1 次，共 0.10 秒，另有 2 处重复播放前一刻的声音来填补，共 0.04 秒"


def steady(*hertz: float, level_db: float) -> NDArray[np.float64]:
    """Tones all the time."""
    time = np.arange(SECONDS * RATE) / RATE
    return np.asarray(np.sum([np.sin(2 * np.pi * each * time) for each in hertz], axis=0) * 10 ** (level_db / 20))


def beeps(*hertz: float, seconds: float) -> NDArray[np.float64]:
    """A tone in the middle of each stretch of the agent's, a moment of quiet around it."""
    wave, on = vowels(AGENT), steady(*hertz, level_db=-12.0)
    for segment in AGENT:
        first, behind = round((segment.start + 1) * RATE), round((segment.start + 1 + seconds) * RATE)
        wave[first - RATE // 10 : behind + RATE // 10] = 0.0
        wave[first:behind] = on[first:behind]
    return wave


NO_LOSS: dict[str, Callable[[], NDArray[np.float64]]] = {
    "a steady vowel of 100 Hz": lambda: vowels(AGENT),
    "a steady vowel of 250 Hz": lambda: vowels(AGENT, hertz=250.0),
    "hum": lambda: vowels(AGENT) + steady(50.0, 100.0, 150.0, level_db=-40.0),
    "hum and nothing else": lambda: steady(50.0, 100.0, 150.0, level_db=-40.0),
    "a tone that beeps": lambda: beeps(1400.0, seconds=0.2),
    "ringing": lambda: beeps(450.0, seconds=0.1),
    "keys": lambda: beeps(697.0, 1209.0, seconds=0.08),
    "a key of whole periods": lambda: beeps(700.0, 1200.0, seconds=0.08),
    "digital silence": lambda: np.where(np.abs(vowels(AGENT)) < 0.01, 0.0, vowels(AGENT)),
    "one place": lambda: once(vowels(AGENT)),
}


def once(wave: NDArray[np.float64]) -> NDArray[np.float64]:
    """Played again in one place: that may be chance."""
    play_again(wave, 2.1, frame=0.02, times=1, gain=1.0)
    return wave


@pytest.mark.parametrize("name", NO_LOSS)
def test_what_repeats_by_itself_is_no_loss(name: str, customer: NDArray[np.float64]) -> None:
    assert not [warning for warning in inspect(NO_LOSS[name](), customer).warnings if "again" in warning.message]


def test_inspect_takes_digital_silence_between_turns_for_no_dropout(
    agent: NDArray[np.float64], customer: NDArray[np.float64]
) -> None:
    agent[4 * RATE : 9 * RATE] = 0.0
    assert codes(inspect(agent, customer)) == []


@pytest.mark.parametrize("delay", [0.0, 0.02, 0.12])
@pytest.mark.parametrize("loss_db", [18.0, 25.0, 32.0])
def test_inspect_takes_bleed_out(customer: NDArray[np.float64], loss_db: float, delay: float) -> None:
    # agent      1###4     9###12      17###20      hears all of the customer, softly and late
    # customer       5###8     13###16      21##23
    agent = channel(AGENT, seed=1, noise_db=-68.0)
    agent += np.roll(customer, round(delay * RATE)) * 10 ** (-loss_db / 20)
    heard = tuple(sorted((*AGENT, *(segment.shift(delay) for segment in CUSTOMER))))
    report = inspect(agent, customer, speech=(heard, CUSTOMER))
    assert codes(report) == ["bleed"]
    assert "channel 1 is heard on channel 0" in report.warnings[0].message
    assert total(report.tracks[0]) == pytest.approx(total(AGENT), abs=0.3)
    assert total(intersect(report.tracks[0], AGENT)) > 0.97 * total(AGENT)
    assert report.tracks[1] == CUSTOMER


def test_inspect_keeps_double_talk_over_bleed(customer: NDArray[np.float64]) -> None:
    both = (Segment(1.0, 4.0), Segment(6.0, 7.0), Segment(14.0, 15.5))
    agent = channel(both, seed=1, noise_db=-68.0) + customer * 10 ** (-25 / 20)
    heard = (Segment(1.0, 4.0), *CUSTOMER)
    report = inspect(agent, customer, speech=(heard, CUSTOMER))
    assert codes(report) == ["bleed"]
    assert total(intersect(report.tracks[0], both)) > 0.95 * total(both)
    assert total(report.tracks[0]) < 1.1 * total(both)


def test_inspect_accepts_one_channel_and_short_ones(agent: NDArray[np.float64]) -> None:
    assert codes(inspect(agent, speech=(AGENT,))) == []
    assert codes(inspect(np.zeros(10), speech=((),))) == []
    assert codes(inspect(np.zeros(10), np.zeros(10), speech=((), ()))) == ["dead_channel", "dead_channel"]


def test_inspect_looks_at_every_pair_of_three_channels(
    agent: NDArray[np.float64], customer: NDArray[np.float64]
) -> None:
    report = inspect(agent, customer, agent.copy(), speech=(AGENT, CUSTOMER, AGENT))
    assert [(w.code, w.message[:14]) for w in report.warnings] == [("dual_mono", "channels 0 and")]


def drifting(copied: NDArray[np.float64], parts_per_million: float, *, late: float = 0.05) -> NDArray[np.float64]:
    """The signal later by `late` seconds and played by a clock that is slow by so much."""
    places = np.arange(copied.size, dtype=np.float64)
    return np.interp((places - late * RATE) / (1 + parts_per_million / 1e6), places, copied)


@pytest.mark.parametrize("parts_per_million", [-800.0, 400.0])
def test_inspect_measures_clocks_that_run_apart(
    agent: NDArray[np.float64], customer: NDArray[np.float64], parts_per_million: float
) -> None:
    agent = 4 * np.convolve(agent, np.ones(16) / 16, "same")  # speech has little above 1 kHz, unlike white noise
    leak = 10 ** (-25 / 20) * drifting(agent, parts_per_million)
    (found,) = (w.message for w in inspect(agent, customer + leak).warnings if w.code == "bleed")
    assert float(found.split("clocks run ")[1].split(" ppm")[0]) == pytest.approx(abs(parts_per_million), rel=0.1)


def test_inspect_says_nothing_of_clocks_that_agree(agent: NDArray[np.float64], customer: NDArray[np.float64]) -> None:
    leak = 10 ** (-25 / 20) * drifting(agent, 0.0)
    report = inspect(agent, customer + leak)
    assert codes(report) == ["bleed"]
    assert "ppm" not in report.warnings[0].message
