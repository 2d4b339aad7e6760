"""Laws of what is said of voices: only differences within a speaker count, and nothing is said of what is not known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from asr_qa.audio.pitch import pitch_of
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.voice import SpokenTurn, VoiceMeasure, VoiceOptions, describe_voices

RATE = 16000
OPTIONS = VoiceOptions()

figures = st.builds(
    VoiceMeasure,
    level_db=st.none() | st.floats(-60, -5),
    tilt_db=st.none() | st.floats(-30, 10),
    pitch_hz=st.none() | st.floats(70, 400),
    pitch_range=st.none() | st.floats(0, 15),
)


@st.composite
def calls(draw: st.DrawFn, *, most: int = 24) -> list[SpokenTurn]:
    """Turns of both roles, one after the other."""
    turns, now = [], 0.0
    for measure in draw(st.lists(figures, max_size=most)):
        now += draw(st.floats(0.0, 3.0))
        end = now + draw(st.floats(0.3, 6.0))
        role = draw(st.sampled_from([Role.AGENT, Role.CUSTOMER]))
        units = draw(st.none() | st.integers(0, 60))
        turns.append(SpokenTurn(role=role, speech=(Segment(now, end),), measure=measure, units=units))
        now = end
    return turns


def louder(turn: SpokenTurn, decibels: float) -> SpokenTurn:
    level = turn.measure.level_db
    return replace(turn, measure=replace(turn.measure, level_db=None if level is None else level + decibels))


@given(calls(), st.sampled_from([-24.0, -6.0, 8.0, 16.0]))
def test_the_gain_of_a_channel_changes_no_hint(turns: list[SpokenTurn], decibels: float) -> None:
    changed = [louder(turn, decibels) if turn.role is Role.AGENT else turn for turn in turns]
    # A rounding of the sum must not decide: levels are put on a grid that floats hold exactly.
    grid = [louder(turn, 0.0) for turn in map(_rounded, turns)]
    moved = [louder(turn, decibels) if turn.role is Role.AGENT else turn for turn in grid]
    assert len(changed) == len(moved)
    one, other = (describe_voices(side, method="m") for side in (grid, moved))
    assert [(h.kind, h.role, h.start) for h in one.hints] == [(h.kind, h.role, h.start) for h in other.hints]
    assert [t.jump_db for t in one.turns] == [t.jump_db for t in other.turns]


def _rounded(turn: SpokenTurn) -> SpokenTurn:
    level = turn.measure.level_db
    return replace(turn, measure=replace(turn.measure, level_db=None if level is None else round(4 * level) / 4))


@given(calls())
def test_one_speaker_says_nothing_of_the_other(turns: list[SpokenTurn]) -> None:
    alone = [turn for turn in turns if turn.role is Role.AGENT]
    both = describe_voices(turns, method="m")
    only = describe_voices(alone, method="m")
    assert [h for h in both.hints if h.role is Role.AGENT] == list(only.hints)


@given(calls(most=OPTIONS.turns_min - 1))
def test_with_few_turns_nothing_is_usual_and_nothing_stands_out(turns: list[SpokenTurn]) -> None:
    report = describe_voices(turns, method="m")
    assert not report.hints
    assert all(base.level_db is None and base.pitch_range is None for base in report.usual)


@given(calls())
def test_nothing_is_said_where_nobody_knows_who_speaks(turns: list[SpokenTurn]) -> None:
    report = describe_voices(turns, method="m", blame=False)
    assert not report.hints
    assert len(report.turns) == len(turns)


@given(calls(), st.integers(0, 23))
def test_a_much_louder_turn_is_always_found(turns: list[SpokenTurn], chosen: int) -> None:
    turns = [t for t in turns if t.measure.level_db is not None and t.speech[0].duration >= OPTIONS.turn_min]
    own = [t for t in turns if t.role is Role.AGENT]
    if len(own) <= OPTIONS.turns_min:
        return
    loud = own[chosen % len(own)]
    calm = [replace(t, measure=replace(t.measure, level_db=-30.0)) if t is not loud else t for t in own]
    calm = [replace(t, measure=replace(t.measure, level_db=-10.0)) if t is loud else t for t in calm]
    hints = [h for h in describe_voices(calm, method="m").hints if h.kind == "raised_voice"]
    assert [(h.start, h.evidence[0].value, h.evidence[0].usual) for h in hints] == [
        (loud.speech[0].start, -10.0, -30.0)
    ]


# --- the meter


def voice(seconds: float, *, hertz: float = 150.0, seed: int = 0) -> NDArray[np.float64]:
    """A buzz with syllables."""
    times = np.arange(round(seconds * RATE)) / RATE
    buzz = sum(np.sin(2 * np.pi * hertz * n * times + n) / n for n in range(1, 20))
    noise = np.random.default_rng(seed).normal(0, 0.001, times.size)
    return np.asarray(buzz * 0.1 * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * times)) + noise)


def pcm(sound: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.asarray(np.clip(sound, -1, 1) * 32767, np.int16)


@settings(max_examples=10, deadline=None)
@given(st.floats(-20, 6))
def test_the_meter_follows_gain_and_nothing_else_moves(decibels: float) -> None:
    line = np.concatenate([np.random.default_rng(1).normal(0, 0.001, RATE), voice(2.0)])
    stretches = [(Segment(1.0, 3.0),)]
    plain, gained = (
        VoiceMeter(pitch=True).measure(pcm(sound), stretches, RATE)[0] for sound in (line, line * 10 ** (decibels / 20))
    )
    assert None not in (plain.level_db, gained.level_db, plain.pitch_hz, gained.pitch_hz)
    assert abs(gained.level_db - plain.level_db - decibels) < 0.2  # type: ignore[operator]
    assert abs(gained.tilt_db - plain.tilt_db) < 0.5  # type: ignore[operator]
    assert abs(gained.pitch_hz - plain.pitch_hz) < 1.0  # type: ignore[operator]


@settings(max_examples=25, deadline=None)
@given(st.floats(70, 400))
def test_pitch_is_found_without_the_fundamental(hertz: float) -> None:
    times = np.arange(RATE) / RATE
    tones = [n * hertz for n in range(1, 60) if 300 < n * hertz < 3400]
    sound = sum(np.sin(2 * np.pi * tone * times + tone) for tone in tones) / len(tones)
    found = pitch_of(pcm(np.asarray(sound)))
    assert np.isfinite(found).mean() > 0.9
    assert abs(12 * np.log2(np.nanmedian(found) / hertz)) < 0.3
