"""Speech before a silence is followed a little under the noise; nothing else moves."""

from __future__ import annotations

import pytest

from asr_qa.core.segment import Segment, Track
from asr_qa.pipeline.ports import NonSpeech
from asr_qa.pipeline.unspoken import FADE, let_fade


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
