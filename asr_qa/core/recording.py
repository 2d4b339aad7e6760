"""What a recording is and which channel belongs to whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Who speaks."""

    AGENT = "agent"
    CUSTOMER = "customer"
    OTHER = "other"

    __hash__ = str.__hash__  # that of Enum runs in Python, thousands of times per call

    @property
    def opposite(self) -> Role:
        """The other party of a two-party call; OTHER stays OTHER."""
        return {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}.get(self, Role.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One audio file and what is known of the call in it."""

    id: str
    """Stable id: derived from the sha256 of the file."""
    path: str
    """Where the audio lies; the audio itself is never moved."""
    sha256: str
    duration: float
    """Seconds."""
    sample_rate: int
    """Hertz, as in the file."""
    channels: int
    role_by_channel: tuple[Role | None, ...]
    """Role of channel 0, 1, ...; None where it could not be decided."""
    started_at: str | None = None
    """ISO 8601 with offset where known."""
    direction: str | None = None
    """ "inbound" or "outbound"."""
    queue: str | None = None
    agent_id: str | None = None
    team: str | None = None
    customer_id: str | None = None
    case_id: str | None = None
    ring_seconds: float | None = None
    """How long it rang before the call was answered."""
    metadata: dict[str, str] = field(default_factory=dict)
    """Further columns of the manifest; "language" names the language spoken (default zh)."""
