"""Speech before a silence is followed a little under the noise; nothing else moves."""

from __future__ import annotations

import numpy as np
import pytest

from asr_qa.core.segment import Segment, Track
from asr_qa.pipeline.ports import Hearing, Loudness, NonSpeech
from asr_qa.pipeline.unspoken import FADE, FADE_UNDER_NOISE, RISE_UNDER_NOISE, let_fade


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
