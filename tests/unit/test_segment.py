"""The algebra of time."""

from __future__ import annotations

import pytest

from asr_qa.core.segment import Segment, Track, bridge, clip, covering, gaps, intersect, subtract, total, union


def track(*edges: tuple[float, float]) -> Track:
    return tuple(Segment(*pair) for pair in edges)


def test_segment_refuses_to_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match=r"ends before it starts: 2 \.\. 1"):
        Segment(2, 1)
    with pytest.raises(ValueError, match="ends before it starts"):
        Segment(0, float("nan"))


def test_segment_touching_is_not_overlap() -> None:
    assert not Segment(0, 1) & Segment(1, 2)
    assert Segment(0, 1) & Segment(0.5, 2) == Segment(0.5, 1)
    assert 0 in Segment(0, 1)
    assert 1 not in Segment(0, 1)


def test_segment_hull_gap_and_shift() -> None:
    assert Segment(0, 1) | Segment(3, 4) == Segment(0, 4)
    assert Segment(0, 1) ^ Segment(3, 4) == Segment(1, 3)
    assert Segment(3, 4) ^ Segment(0, 1) == Segment(1, 3)
    assert not Segment(0, 2) ^ Segment(1, 4)
    assert Segment(0, 1).shift(2.5) == Segment(2.5, 3.5)


def test_union_joins_what_touches() -> None:
    # ##..   ##..      ####
    # ..##  + ...#  =  ####
    assert union(track((0, 2)), track((2, 3), (3, 4))) == track((0, 4))
    assert union(track((5, 6)), track((0, 1))) == track((0, 1), (5, 6))
    assert union() == ()


def test_bridge_closes_only_shorter_gaps() -> None:
    # #.#..#   gaps of 0.1 and 0.2, bridged below 0.2
    assert bridge(track((0, 1), (1.1, 2), (2.2, 3)), 0.2) == track((0, 2), (2.2, 3))
    assert bridge(track((4, 5), (0, 1), (1, 1)), 0.2) == track((0, 1), (4, 5))


def test_intersect_and_subtract() -> None:
    one, other = track((0, 4), (6, 8)), track((1, 2), (3, 7))
    assert intersect(one, other) == track((1, 2), (3, 4), (6, 7))
    assert subtract(one, other) == track((0, 1), (2, 3), (7, 8))
    assert subtract(one, ()) == one
    assert intersect(one, ()) == ()


def test_gaps_within_a_span() -> None:
    # span   [----------)
    # track    ##   ###
    # gaps   ==  ===
    assert gaps(track((2, 4), (7, 10)), Segment(0, 10)) == track((0, 2), (4, 7))
    assert gaps((), Segment(1, 2)) == track((1, 2))


def test_clip_keeps_what_lies_inside() -> None:
    assert clip(track((0, 1), (2, 4), (5, 9), (10, 11)), Segment(3, 6)) == track((3, 4), (5, 6))
    assert clip(track((0, 1), (2, 3)), Segment(1, 2)) == ()


def test_covering_finds_the_segment_at_a_moment() -> None:
    assert covering(track((0, 1), (2, 3)), 2) == Segment(2, 3)
    assert covering(track((0, 1), (2, 3)), 1) is None
    assert covering((), 1) is None


def test_total_adds_durations() -> None:
    assert total(track((0, 1.5), (2, 3))) == 2.5
    assert total(()) == 0
