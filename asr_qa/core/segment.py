"""Segments of time and their algebra: the one place where seconds are compared.

A segment is half-open, [start, end), in float seconds on the recording clock: two that only
touch do not overlap. A *track* is a tuple of non-empty segments, sorted, none overlapping.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

EPSILON = 1e-6
"""Seconds below which two times are the same moment."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """A stretch of time."""

    start: float
    """Seconds."""
    end: float
    """Seconds; never before `start`."""

    def __post_init__(self) -> None:
        if not self.end >= self.start:
            raise ValueError(f"segment ends before it starts: {self.start} .. {self.end}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def __bool__(self) -> bool:
        return self.duration > EPSILON

    def __and__(self, other: Segment) -> Segment:
        """The common part; empty (and false) where there is none."""
        start = max(self.start, other.start)
        return Segment(start, max(start, min(self.end, other.end)))

    def __or__(self, other: Segment) -> Segment:
        """The smallest segment that covers both."""
        return Segment(min(self.start, other.start), max(self.end, other.end))

    def __xor__(self, other: Segment) -> Segment:
        """The gap between the two; empty where they touch or overlap."""
        start = min(self.end, other.end)
        return Segment(start, max(start, max(self.start, other.start)))

    def __contains__(self, time: float) -> bool:
        return self.start - EPSILON <= time < self.end - EPSILON

    def shift(self, seconds: float) -> Segment:
        """The same segment, later by `seconds`."""
        return Segment(self.start + seconds, self.end + seconds)


Track = tuple[Segment, ...]
"""Sorted, non-empty, non-overlapping segments."""


def union(*tracks: Iterable[Segment]) -> Track:
    """All time covered by any of the tracks; touching segments are joined."""
    return bridge((segment for track in tracks for segment in track), 0.0)


def bridge(segments: Iterable[Segment], pause: float) -> Track:
    """The segments with gaps shorter than `pause` seconds closed (touching ones always join)."""
    joined: list[Segment] = []
    for segment in sorted(s for s in segments if s):
        gap = segment.start - joined[-1].end if joined else 0.0
        if joined and (gap <= EPSILON or gap < pause - EPSILON):
            joined[-1] = joined[-1] | segment
        else:
            joined.append(segment)
    return tuple(joined)


def intersect(one: Track, other: Track) -> Track:
    """Time covered by both tracks."""
    found: list[Segment] = []
    i = j = 0
    while i < len(one) and j < len(other):
        common = one[i] & other[j]
        if common:
            found.append(common)
        if one[i].end < other[j].end:
            i += 1
        else:
            j += 1
    return tuple(found)


def gaps(track: Track, within: Segment) -> Track:
    """The parts of `within` that the track leaves free."""
    free: list[Segment] = []
    reach = within.start
    for segment in track:
        if segment.start - reach > EPSILON and reach < within.end:
            free.append(Segment(reach, min(segment.start, within.end)))
        reach = max(reach, segment.end)
    if within.end - reach > EPSILON:
        free.append(Segment(reach, within.end))
    return tuple(free)


def subtract(track: Track, removed: Track) -> Track:
    """The track without the time that `removed` covers."""
    return tuple(part for segment in track for part in gaps(clip(removed, segment), segment))


def clip(track: Track, within: Segment) -> Track:
    """The parts of the track that lie in `within`; costs only what lies there."""
    first = bisect_right(track, within.start, key=lambda segment: segment.end)
    last = bisect_left(track, within.end, lo=first, key=lambda segment: segment.start)
    return tuple(part for segment in track[first:last] if (part := segment & within))


def covering(track: Track, time: float) -> Segment | None:
    """The segment of the track that a moment lies in."""
    index = bisect_right(track, time + EPSILON, key=lambda segment: segment.start) - 1
    return track[index] if index >= 0 and time in track[index] else None


def total(track: Iterable[Segment]) -> float:
    """Seconds covered by a track."""
    return sum(segment.duration for segment in track)
