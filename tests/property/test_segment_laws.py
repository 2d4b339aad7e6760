"""Laws that hold for any tracks."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr_qa.core.segment import Segment, Track, bridge, clip, covering, gaps, intersect, subtract, total, union

# Hundredths of a second: every edge is exact enough to compare.
EDGES = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 300)), max_size=25)
TRACKS = EDGES.map(lambda pairs: union(Segment(a / 100, (a + n) / 100) for a, n in pairs))
SPAN = Segment(0, 40)


def is_track(segments: Track) -> bool:
    return all(segments) and all(a.end < b.start for a, b in itertools.pairwise(segments))


@given(TRACKS, TRACKS)
def test_operations_give_tracks(one: Track, other: Track) -> None:
    assert is_track(union(one, other))
    assert is_track(intersect(one, other))
    assert is_track(subtract(one, other))
    assert is_track(gaps(one, SPAN))


@given(TRACKS)
def test_track_and_gaps_fill_the_span(one: Track) -> None:
    assert total(one) + total(gaps(one, SPAN)) == pytest.approx(SPAN.duration)
    assert union(one, gaps(one, SPAN)) == (SPAN,)


@given(TRACKS, TRACKS)
def test_union_and_intersection_count_everything_once(one: Track, other: Track) -> None:
    assert total(one) + total(other) == pytest.approx(total(union(one, other)) + total(intersect(one, other)))
    assert intersect(one, other) == intersect(other, one)


@given(TRACKS, TRACKS)
def test_subtraction_and_intersection_share_a_track(one: Track, other: Track) -> None:
    assert total(subtract(one, other)) + total(intersect(one, other)) == pytest.approx(total(one))
    assert intersect(subtract(one, other), other) == ()


@given(TRACKS, st.integers(1, 200))
def test_bridge_leaves_only_longer_gaps(one: Track, hundredths: int) -> None:
    pause = hundredths / 100
    joined = bridge(one, pause)
    assert all(b.start - a.end >= pause - 1e-6 for a, b in itertools.pairwise(joined))
    assert intersect(joined, one) == one
    assert bridge(joined, pause) == joined


@given(TRACKS, st.integers(0, 3000), st.integers(0, 1000))
def test_clip_agrees_with_intersection(one: Track, start: int, length: int) -> None:
    within = Segment(start / 100, (start + length) / 100)
    assert clip(one, within) == intersect(one, (within,) if within else ())


@given(TRACKS, st.integers(0, 3300))
def test_covering_agrees_with_a_search(one: Track, hundredths: int) -> None:
    moment = hundredths / 100
    assert covering(one, moment) == next((s for s in one if moment in s), None)
