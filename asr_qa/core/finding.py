"""What a rule found in a call, and on what it rests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from asr_qa.core.recording import Role


class Verdict(StrEnum):
    """The outcome of a rule or a criterion."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"
    """Could not be known: goes to a person and never costs points."""


class Match(StrEnum):
    """How closely the words found agree with those looked for."""

    EXACT = "exact"
    HOMOPHONE = "homophone"
    NEAR = "near"
    FUZZY = "fuzzy"
    """A syllable or two differ."""
    ACOUSTIC = "acoustic"
    """The text has other words; the audio was listened to again for these."""
    SIMILAR = "similar"
    """Other words of the same meaning."""
    TIMING = "timing"
    """Not words but a metric or an event."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A place in the recording that a finding rests on."""

    role: Role | None
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    text: str
    """The words heard, or what was measured."""
    match: Match


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a condition came out as it did: a tree that mirrors the rule."""

    condition: str
    """The condition in words, e.g. 'phrase any of [您好] by agent in first 15 s'."""
    verdict: Verdict
    at: tuple[tuple[float, float], ...] = ()
    """Where it held, in seconds."""
    note: str = ""
    children: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one rule for one call; its id within the call is `rule_id`."""

    rule_id: str
    rule_version: str
    """Digest of the rule's content."""
    verdict: Verdict
    confidence: float | None
    """0 to 1; None where nothing measured bears on it."""
    evidence: tuple[Evidence, ...] = ()
    """What a deduction opens at. A sentence that is missing shows where it was looked for."""
    trace: Trace | None = None
