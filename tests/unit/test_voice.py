"""How turns are spoken: figures, what is usual, hints, and sound that nothing can be said of."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from asr_qa.audio.pitch import pitch_of, steady
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track
from asr_qa.core.voice import SpokenTurn, VoiceMeasure, VoiceOptions, describe_voices, voice_definitions
from asr_qa.errors import ConfigurationError
from asr_qa.testing import sounds

RATE = 16000


def turn(
    at: float,
    *,
    level: float | None = -30.0,
    units: int | None = 16,
    span: float | None = 6.0,
    role: Role = Role.AGENT,
    speech: Track | None = None,
) -> SpokenTurn:
    measure = VoiceMeasure(level_db=level, tilt_db=-8.0, pitch_hz=200.0, pitch_range=span)
    return SpokenTurn(role=role, speech=speech or (Segment(at, at + 4.0),), measure=measure, units=units)


def usual(number: int = 8) -> list[SpokenTurn]:
    """Turns of four seconds every five, 240 characters a minute."""
    return [turn(5.0 * i, level=-30.0 + i % 2) for i in range(number)]


def kinds(turns: list[SpokenTurn], options: VoiceOptions | None = None) -> list[tuple[str, float]]:
    return [(h.kind, h.start) for h in describe_voices(turns, method="m", options=options).hints]


def test_nothing_stands_out_in_an_even_call() -> None:
    assert kinds(usual()) == []


def test_a_loud_a_fast_and_a_flat_turn_stand_out_each_with_its_numbers() -> None:
    turns = [*usual(), turn(50.0, level=-22.0), turn(60.0, units=22), turn(70.0, span=2.0)]
    report = describe_voices(turns, method="m")
    assert [(h.kind, h.start) for h in report.hints] == [("raised_voice", 50.0), ("rushed", 60.0), ("flat", 70.0)]
    loud, fast, flat = report.hints
    assert (loud.evidence[0].figure, loud.evidence[0].value, loud.evidence[0].usual) == ("level_db", -22.0, -30.0)
    assert (fast.evidence[0].value, fast.evidence[0].usual) == (330.0, 240.0)
    assert (flat.evidence[0].value, flat.evidence[0].usual) == (2.0, 6.0)
    assert {h.definition for h in report.hints} <= set(voice_definitions().values())
    assert loud.definition.startswith("raised_voice(level=")


def test_a_speaker_whose_level_varies_much_must_stand_out_by_more() -> None:
    turns = [turn(5.0 * i, level=-30.0 + 4 * (i % 2)) for i in range(8)]
    assert kinds([*turns, turn(50.0, level=-18.0)]) == []
    assert kinds([*turns, turn(50.0, level=-12.0)]) == [("raised_voice", 50.0)]


@pytest.mark.parametrize(
    "options", [VoiceOptions(turns_min=10), VoiceOptions(turn_min=4.5), VoiceOptions(raised_alone=9.0)]
)
def test_the_parameters_decide(options: VoiceOptions) -> None:
    turns = [*usual(), turn(50.0, level=-22.0)]
    assert kinds(turns) == [("raised_voice", 50.0)]
    assert kinds(turns, options) == []


def test_jumps_are_from_one_own_turn_to_the_next() -> None:
    turns = [turn(0.0), turn(5.0, role=Role.CUSTOMER, level=-10.0), turn(10.0, level=-25.0), turn(15.0, level=None)]
    report = describe_voices([*turns, turn(20.0, level=-28.0)], method="m")
    assert [t.jump_db for t in report.turns] == [None, None, 5.0, None, -3.0]


def test_few_characters_or_unread_words_tell_no_rate() -> None:
    report = describe_voices([turn(0.0, units=9), turn(5.0, units=None), turn(10.0, units=12)], method="m")
    assert [t.characters_per_minute for t in report.turns] == [None, None, 180.0]


def test_long_pauses_are_ones_own_while_nobody_else_speaks() -> None:
    inside = turn(0.0, speech=(Segment(0.0, 2.0), Segment(2.8, 4.0)))
    short = turn(0.0, speech=(Segment(5.2, 6.0), Segment(6.5, 7.0)))
    other = turn(0.0, role=Role.CUSTOMER, speech=(Segment(7.2, 8.0),))
    after = turn(0.0, speech=(Segment(8.2, 9.0),))
    late = turn(0.0, speech=(Segment(12.0, 13.0),))
    report = describe_voices([inside, short, other, after, late], method="m")
    assert [t.long_pauses for t in report.turns] == [
        (Segment(2.0, 2.8), Segment(4.0, 5.2)),  # inside it, and before going on
        (),  # 0.5 s is short; then the customer speaks
        (),
        (),  # 3 s is a silence
        (),
    ]


# --- bad input

MINUTE = round(3 * RATE)


def bad_sounds() -> dict[str, NDArray[np.int16]]:
    rng = np.random.default_rng(3)
    return {
        "empty": np.zeros(0, np.int16),
        "one sample": np.ones(1, np.int16),
        "silence": np.zeros(MINUTE, np.int16),
        "constant": np.full(MINUTE, 12000, np.int16),
        "idle steps": rng.choice(np.array([-8, 8], np.int16), MINUTE),
    }


@pytest.mark.parametrize("name", [*bad_sounds()])
def test_nothing_is_measured_where_there_is_no_voice(name: str) -> None:
    samples = bad_sounds()[name]
    end = len(samples) / RATE
    stretches = [(Segment(0.0, end),) if end else (), (Segment(end / 2, end + 5.0),), ()]
    found = VoiceMeter(pitch=True).measure(samples, stretches, RATE)
    assert len(found) == 3
    assert all(one.pitch_hz is None and one.pitch_range is None for one in found)
    if name != "idle steps":
        assert all(one == VoiceMeasure() for one in found)


def test_clipped_sound_has_a_level_of_at_most_full_scale() -> None:
    square = np.asarray(np.sign(np.sin(2 * np.pi * 200 * np.arange(MINUTE) / RATE)) * 32767, np.int16)
    (found,) = VoiceMeter(pitch=True).measure(square, [(Segment(0.0, 3.0),)], RATE)
    assert found.level_db is not None
    assert -3.0 < found.level_db <= 0.5
    assert found.pitch_hz == pytest.approx(200.0, rel=0.01)
    assert found.pitch_range == pytest.approx(0.0, abs=0.1)


def test_noise_has_no_pitch() -> None:
    found = pitch_of(np.asarray(sounds.white(3.0, seed=1, level_db=-20.0) * 32767, np.int16))
    assert np.isfinite(found).mean() < 0.05


def test_noise_is_taken_off_the_level() -> None:
    tone = 0.02 * np.sin(2 * np.pi * 500 * np.arange(MINUTE) / RATE)
    tone[:RATE] = 0
    noise = np.random.default_rng(1).normal(0, 0.006, MINUTE)
    levels = [
        VoiceMeter().measure(np.asarray(sound * 32767, np.int16), [(Segment(1.0, 3.0),)], RATE)[0].level_db
        for sound in (tone, tone + noise)
    ]
    assert levels[0] == pytest.approx(levels[1], abs=0.4)


def test_a_frame_that_leaps_away_has_no_pitch() -> None:
    pitch = np.array([100, 101, 201, 102, 103, np.nan, 100, np.nan], np.float32)
    assert np.isnan(steady(pitch)).tolist() == [False, False, True, False, False, True, True, True]


def test_a_turn_of_minutes_is_measured_like_a_short_one() -> None:
    tone = 0.05 * np.sin(2 * np.pi * 150 * np.arange(150 * RATE) / RATE) * 32767
    tone += 0.05 * np.sin(2 * np.pi * 450 * np.arange(150 * RATE) / RATE) * 32767
    long, short = VoiceMeter(pitch=True).measure(
        np.asarray(tone, np.int16), [(Segment(0.0, 150.0),), (Segment(10.0, 13.0),)], RATE
    )
    assert long.level_db == pytest.approx(short.level_db, abs=0.05)
    assert long.pitch_hz == pytest.approx(150.0, abs=0.5)


def test_another_rate_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="16000 Hz, not 8000"):
        VoiceMeter().measure(np.zeros(8000, np.int16), [], 8000)


def test_a_voice_somewhat_louder_needs_another_sign_of_effort() -> None:
    def spoken(at: float, level: float, *, tilt: float = -8.0, pitch: float = 200.0) -> SpokenTurn:
        measure = VoiceMeasure(level_db=level, tilt_db=tilt, pitch_hz=pitch, pitch_range=6.0)
        return SpokenTurn(role=Role.AGENT, speech=(Segment(at, at + 4.0),), measure=measure)

    assert kinds([*usual(), spoken(50.0, -24.0)]) == []
    assert kinds([*usual(), spoken(50.0, -24.0, tilt=-6.0)]) == [("raised_voice", 50.0)]
    assert kinds([*usual(), spoken(50.0, -24.0, pitch=220.0)]) == [("raised_voice", 50.0)]
    # Where the line levels loudness out, both signs together and clear ones.
    assert kinds([*usual(), spoken(50.0, -30.0, tilt=-5.0, pitch=240.0)]) == [("raised_voice", 50.0)]
    assert kinds([*usual(), spoken(50.0, -30.0, tilt=-5.0)]) == []
