"""What a rule found in a call, and on what it rests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, dataclass_transform

from asr_qa.core.recording import Role

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(of: type[T]) -> type[T]:
    """A dataclass that is never changed: mypy sees to that.

    What a rule found is made a few times per rule and call. To freeze it at run time, too, would make that four times
    as dear.
    """
    return dataclass(slots=True, unsafe_hash=True)(of)


class Verdict(StrEnum):
    """The outcome of a rule or a criterion."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    UNDETERMINED = "undetermined"
    """Could not be known: goes to a person and never costs points."""

    __hash__ = str.__hash__  # that of Enum runs in Python, thousands of times per call


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

    __hash__ = str.__hash__


@value
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


@value
class Trace:
    """Why a condition came out as it did: a tree that mirrors the rule."""

    condition: str
    """The condition in words, e.g. 'phrase any of [您好] by agent in first 15 s'."""
    verdict: Verdict
    at: tuple[tuple[float, float], ...] = ()
    """Where it held, in seconds."""
    note: str = ""
    children: tuple[Trace, ...] = ()


@value
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
