"""What happens in time: one event of a call, with its definition and the reasons it was found for."""

from __future__ import annotations

from dataclasses import dataclass

from asr_qa.core.reason import Reason
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment

KINDS = (
    "silence",
    "hold",
    "ivr",
    "dead_air",
    "overlap",
    "backchannel",
    "interruption",
    "talk_over",
    "monologue",
    "response_latency",
    "first_response",
    "hang_up_side",
)
"""Every kind of event; each is the id of its definition too."""

PLAIN, EXCUSED, SERIOUS = "plain", "excused", "serious"
"""Levels of dead air."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in time, by a definition."""

    kind: str
    """One of KINDS."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    by: Role | None = None
    definition: str = ""
    """Definition id with its parameters, e.g. "dead_air(min=5.0,serious=15.0)"."""
    waived_by: str | None = None
    """What excuses it (the words said), or None."""
    level: str | None = None
    """Dead air: plain, excused or serious; None for other kinds."""
    reasons: tuple[Reason, ...] = ()
    """What was compared with what; empty in documents that were made before reasons were kept."""

    @property
    def segment(self) -> Segment:
        """When it happened."""
        return Segment(self.start, self.end)
