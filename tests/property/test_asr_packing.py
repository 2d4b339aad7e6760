"""Laws of packing: nothing is lost, nothing is doubled, every moment maps back to the piece it came from."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.asr.packing import Packing, Window, halves, in_groups, pack, pieces, place
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, bridge, total
from asr_qa.pipeline.ports import SAMPLE_RATE, SpokenChannel

PACKING = Packing(window=8.0)
"""A small window, so that short examples fill several."""


@st.composite
def channels(draw: st.DrawFn) -> SpokenChannel:
    """A channel with some stretches of speech, some longer than a window."""
    now, track = draw(st.floats(0.0, 2.0)), []
    for _ in range(draw(st.integers(0, 8))):
        length = draw(st.floats(0.1, 14.0))
        track.append(Segment(now, now + length))
        now += length + draw(st.floats(0.2, 6.0))
    samples = np.zeros(int((now + 1.0) * SAMPLE_RATE), dtype=np.int16)
    return SpokenChannel(Role.AGENT, samples, tuple(track))


def speech_of(windows: list[Window]) -> Track:
    return tuple(placed.piece for window in windows for placed in window.placed)


@given(channels())
def test_every_stretch_of_speech_is_in_exactly_one_window(channel: SpokenChannel) -> None:
    windows = pack(channel, pieces(channel, PACKING), PACKING)
    packed = speech_of(windows)
    covered = bridge(channel.speech, PACKING.piece_bridge)
    assert all(one.end <= other.start + 1e-6 for one, other in pairwise(packed))
    assert abs(total(packed) - total(covered)) < 1e-6


@given(channels())
def test_no_window_is_longer_than_allowed(channel: SpokenChannel) -> None:
    for window in pack(channel, pieces(channel, PACKING), PACKING):
        assert window.duration <= PACKING.window + 2 * PACKING.margin + 1e-6
        assert len(window.render()) <= (PACKING.window + 2 * PACKING.margin) * SAMPLE_RATE + 2


@given(channels())
def test_halving_keeps_every_piece_in_order(channel: SpokenChannel) -> None:
    for window in pack(channel, pieces(channel, PACKING), PACKING):
        parts = halves(window, PACKING)
        assert speech_of(parts) == speech_of([window])
        assert len(parts) == min(2, len(window.placed))


@given(channels(), st.floats(0.0, 1.0))
def test_a_moment_of_a_piece_maps_back_to_itself(channel: SpokenChannel, share: float) -> None:
    for window in pack(channel, pieces(channel, PACKING), PACKING):
        for placed in window.placed:
            moment = placed.piece.start + share * placed.piece.duration
            in_window = placed.at + moment - placed.audio.start
            assert placed.distance(in_window) <= 1e-9
            assert abs(placed.to_recording(in_window) - moment) < 1e-6


@given(channels(), channels(), st.integers(1, 7))
def test_groups_hold_each_window_once_in_order_of_start(one: SpokenChannel, other: SpokenChannel, size: int) -> None:
    windows = [window for channel in (one, other) for window in pack(channel, pieces(channel, PACKING), PACKING)]
    groups = list(in_groups(windows, size))
    given_out = [window for group, _ in groups for window in group]
    assert sorted(map(id, given_out)) == sorted(map(id, windows))
    assert [window.start for window in given_out] == sorted(window.start for window in windows)
    assert all(len(group) == size for group, _ in groups[:-1])
    assert all(0 < len(group) <= size for group, _ in groups)


@given(channels(), channels(), st.integers(1, 7))
def test_the_second_a_group_goes_up_to_never_falls_and_lies_before_all_that_follows(
    one: SpokenChannel, other: SpokenChannel, size: int
) -> None:
    windows = [window for channel in (one, other) for window in pack(channel, pieces(channel, PACKING), PACKING)]
    groups = list(in_groups(windows, size))
    ends = [until for _, until in groups]
    assert ends == sorted(ends)
    for index, until in enumerate(ends):
        assert all(window.start >= until for group, _ in groups[index + 1 :] for window in group)
        assert any(window.start < until for window in groups[index][0]) or until == groups[index][0][0].start
    if groups:
        assert ends[-1] == max(window.placed[-1].piece.end for window in groups[-1][0])


def test_render_puts_each_piece_where_it_is_said_to_lie() -> None:
    # recording  0    1    2    3    4    5    6        ramp: the value is the time in hundredths
    # speech          ####           ####
    # window     [.##.][pause 0.3][.##.]
    samples = (np.arange(7 * SAMPLE_RATE) / SAMPLE_RATE * 100).astype(np.int16)
    channel = SpokenChannel(Role.CUSTOMER, samples, (Segment(1.0, 2.0), Segment(4.0, 5.0)))
    window = place(channel, list(channel.speech), Packing(pause=0.6))
    audio = window.render() * 32768.0
    for placed in window.placed:
        at = placed.at + 0.5
        assert abs(audio[round(at * SAMPLE_RATE)] - placed.to_recording(at) * 100) <= 1.5
    first, second = window.placed
    silent = audio[round((first.end + 0.05) * SAMPLE_RATE) : round((second.at - 0.05) * SAMPLE_RATE)]
    assert len(silent) > 0
    assert not silent.any()


def test_a_long_monologue_is_cut_at_a_pause_or_where_it_is_quiet() -> None:
    loud = np.full(20 * SAMPLE_RATE, 8000, dtype=np.int16)
    loud[6 * SAMPLE_RATE : int(6.2 * SAMPLE_RATE)] = 10
    channel = SpokenChannel(Role.AGENT, loud, (Segment(0.0, 20.0),))
    first = pieces(channel, PACKING)[0]
    assert 6.0 <= first.end <= 6.2
