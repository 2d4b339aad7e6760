"""Which clips a report carries: asked for once each, the gravest first, up to a size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from asr_qa.core.finding import Evidence
from asr_qa.render.calls import AudioSource, ReportCall
from asr_qa.render.clips import MAX_SECONDS, PADDING, data_uri
from asr_qa.render.wording import is_missing

MAX_AUDIO_BYTES = 12_000_000
"""Size of all clips of a report together, as they are written (base64)."""

_EDGE = 1.0
"""Seconds from the ends of a call that still count as its beginning or end."""


class ClipKey(NamedTuple):
    """One stretch of one call."""

    call: int
    """1-based place of the call in the report."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """A clip that is wanted."""

    key: ClipKey
    call: ReportCall
    rank: int
    """0 is the gravest."""


def clip_window(evidence: Evidence, duration: float) -> tuple[float, float] | None:
    """What to play for a piece of evidence: itself with PADDING around it, at most MAX_SECONDS.

    Of a long stretch in which something is missing the end is played where the stretch is the end of the call, else
    its beginning; where it is the whole call there is nothing to play.
    """
    start, end = max(0.0, evidence.start - PADDING), min(duration, evidence.end + PADDING)
    if end <= start:
        return None
    if is_missing(evidence) and end - start > MAX_SECONDS:
        begins, ends = evidence.start <= _EDGE, evidence.end >= duration - _EDGE
        if begins and ends:
            return None
        if ends:
            start = end - MAX_SECONDS
    return round(start, 2), round(min(end, start + MAX_SECONDS), 2)


class ClipBook:
    """The clips that were fetched, and which were left out for their size."""

    def __init__(self, source: AudioSource, *, max_bytes: int = MAX_AUDIO_BYTES) -> None:
        self._source = source
        self._room = max_bytes
        self._uris: dict[ClipKey, str | None] = {}
        self._wanted: set[ClipKey] = set()
        self._full = False

    @property
    def count(self) -> int:
        """Clips in the report."""
        return sum(uri is not None for uri in self._uris.values())

    @property
    def left_out(self) -> int:
        """Clips that were wanted and not asked for, or had no room."""
        return sum(key not in self._uris for key in self._wanted)

    def fetch(self, requests: Iterable[ClipRequest]) -> None:
        """Fetch clips, the gravest first and call by call, until one does not fit any more."""
        ordered = sorted(requests, key=lambda request: (request.rank, request.key))
        self._wanted |= {request.key for request in ordered}
        for request in ordered:
            if self._full:
                return
            if request.key not in self._uris:
                self._take(request)

    def uri(self, key: ClipKey) -> str | None:
        """The clip as a data: URI, where it is in the report."""
        return self._uris.get(key)

    def is_left_out(self, key: ClipKey) -> bool:
        """Whether the clip is missing for want of room (and not because there is no audio)."""
        return key not in self._uris

    def _take(self, request: ClipRequest) -> None:
        data = self._source(request.call, request.key.start, request.key.end)
        uri = data_uri(data) if data else None
        if uri and len(uri) > self._room:
            self._full = True
            return
        self._room -= len(uri or "")
        self._uris[request.key] = uri
