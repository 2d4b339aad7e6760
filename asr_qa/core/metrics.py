"""The figures of one call: seconds and counts first, rates derived from them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PerRole:
    """A figure for each party; None where it could not be measured."""

    agent: float | None = None
    customer: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds from the end of a customer turn to the agent's next."""

    median: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMetrics:
    """Every figure of DESIGN: what could not be measured is None, never 0."""

    duration: float
    """Seconds."""
    speech_seconds: PerRole
    talk_ratio: float | None
    """Agent speech / speech of both."""
    silence_seconds: float | None
    silence_share: float | None
    """Silence / span between first and last speech."""
    longest_silence: float | None
    dead_air_seconds: float | None
    dead_air_count: int | None
    hold_seconds: float | None
    overlap_seconds: float | None
    interruptions: PerRole
    talk_overs: PerRole
    backchannels: PerRole
    response_latency: Latency
    first_response: float | None
    """Seconds from the start of the call to the agent's first speech."""
    characters_per_minute: PerRole
    """CJK characters (words where the language has none) per minute of own speech in turns of at least five."""
    longest_monologue: PerRole
    turns: PerRole
