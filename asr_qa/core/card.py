"""What a scorecard says, and what a score sheet is: values only; `scorecard` does the counting.

docs/scorecards.md says in words what each of them means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from asr_qa.core.finding import Verdict
from asr_qa.core.options import TimingOptions
from asr_qa.core.rule import ErrorClass

SAME_POINTS = 1e-9
"""Points closer than this are the same."""


class Kind(StrEnum):
    """How a criterion turns verdicts into points."""

    MET = "met"
    """All points or none."""
    PER_HIT = "per_hit"
    """Some points off for every place where a rule was broken, down to a floor."""
    GRADED = "graded"
    """The points of the highest level whose rules are all met; levels of whose rules none applies are left out."""
    BONUS = "bonus"
    """Points on top when met; never in the denominator."""


class Source(StrEnum):
    """Who assesses a criterion."""

    AUTO = "auto"
    MANUAL = "manual"
    """A person, without help."""
    ASSISTED = "assisted"
    """A person; the findings of the rules are shown as hints."""


class Fatal(StrEnum):
    """What a criterion takes with it when it is not met."""

    NONE = "none"
    SECTION = "section"
    SHEET = "sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level of a graded criterion."""

    points: float
    anchor: str
    """What a call on this level is like, in words a reviewer can compare with."""
    rules: tuple[str, ...] = ()
    """Rules that must all be met; none for the lowest level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictIs:
    """A rule or a criterion came out in one of these ways."""

    id: str
    verdicts: tuple[Verdict, ...] = (Verdict.MET,)


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What must hold for a criterion to apply, besides facts of the call; all of what is given."""

    rules: tuple[VerdictIs, ...] = ()
    criteria: tuple[VerdictIs, ...] = ()
    """Other criteria of the card; never in a circle."""
    any_of: tuple[When, ...] = ()
    """At least one of these, where there are any."""
    facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Facts of the call and the values they may have."""

    @property
    def criterion_ids(self) -> frozenset[str]:
        """Every criterion it looks at."""
        return frozenset({c.id for c in self.criteria}.union(*(part.criterion_ids for part in self.any_of)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of a scorecard."""

    id: str
    title: Mapping[str, str]
    """By language: zh, en."""
    points: float
    """The most it can earn."""
    kind: Kind = Kind.MET
    source: Source = Source.AUTO
    rules: tuple[str, ...] = ()
    """Ids of the rules it rests on; empty only where it is manual."""
    error_class: ErrorClass = ErrorClass.NON_CRITICAL
    fatal: Fatal = Fatal.NONE
    per_hit: float = 0.0
    """Points off for each hit (kind per_hit)."""
    cap: float | None = None
    """The most that hits can take; None: all points."""
    levels: tuple[Level, ...] = ()
    """Kind graded: from most points to fewest, the last without rules."""
    applies_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Facts of the call and the values they may have; otherwise not applicable."""
    guidance: str = ""
    """How a reviewer decides."""
    when: When | None = None
    """What else must hold, verdicts of rules and of other criteria; otherwise not applicable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of criteria."""

    id: str
    title: Mapping[str, str]
    criteria: tuple[Criterion, ...]
    cap: float | None = None
    """The most points that may be lost in it, a fatal criterion apart; None: all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A name for a range of points."""

    id: str
    title: Mapping[str, str]
    """By language: zh, en."""
    at_least: float
    """Points of the sheet from which it holds, up to the next higher band."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorecard:
    """The definition of a score; never changed once sheets were made on it."""

    id: str
    version: str
    title: Mapping[str, str]
    sections: tuple[Section, ...]
    points: float = 100.0
    """Full points of a sheet."""
    pass_points: float | None = None
    """Points from which a call passes."""
    min_assessed_share: float = 0.5
    """A sheet with less than this share of its applicable points assessed has no total."""
    bonus_max: float = 0.0
    """How far bonus points may lift a sheet above the full points."""
    timing: TimingOptions | None = None
    """Parameters of the definitions of timing; None: the defaults."""
    bands: tuple[Band, ...] = ()
    """From the highest to the lowest."""
    retired: bool = False
    """Kept to read and review old sheets; nothing is scored on it any more. No part of the digest."""
    applies_when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Facts of the calls it is for, where cards are chosen by call; none: for calls that no other card is for. No part
    of the digest: what a sheet on the card means does not change with it."""
    digest: str = ""
    """Of the definition's content."""

    @property
    def label(self) -> str:
        """ "id@version", as score sheets name it."""
        return f"{self.id}@{self.version}"

    @property
    def stamp(self) -> str:
        """The label with the content's digest: what documents carry, so that an edit without a new version shows."""
        return f"{self.label}+{self.digest[:12]}" if self.digest else self.label

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """All criteria in order."""
        return tuple(criterion for section in self.sections for criterion in section.criteria)

    def band_of(self, points: float | None) -> Band | None:
        """The band that a sheet with so many points is in; None without points or bands."""
        if points is None:
            return None
        return next((band for band in self.bands if points >= band.at_least - SAME_POINTS), None)


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
    band: str | None = None
    """Id of the band its points are in; None without points, or where the card has no bands."""

    @property
    def label(self) -> str:
        """ "id@version" of its card."""
        return f"{self.scorecard}@{self.version}"
