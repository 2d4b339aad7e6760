"""Scorecards, and the score sheet a call earns on one."""

from __future__ import annotations

from dataclasses import dataclass

from asr_qa.core.finding import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionResult:
    """One line of a score sheet."""

    id: str
    points: float | None
    """Points earned; None where not assessed or not applicable."""
    max_points: float
    verdict: Verdict
    source: str
    """ "auto", "manual" or "assisted"."""
    finding_ids: tuple[str, ...] = ()
    """Rule ids of the findings it rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionResult:
    """Points of one section; None where nothing in it was assessed."""

    id: str
    points: float | None
    max_points: float
    """Of the criteria that were assessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """The machine's result for one call on one scorecard; never changed once made."""

    scorecard: str
    version: str
    points: float | None
    """Scaled to the full points of the card; None where too little was assessed."""
    max_points: float
    assessed_share: float
    """Share of the applicable points that could be assessed, 0 to 1."""
    fatal: bool
    sections: tuple[SectionResult, ...] = ()
    criteria: tuple[CriterionResult, ...] = ()
