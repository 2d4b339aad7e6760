"""Rules as parsed values: what they ask for, where they look, and when they apply."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar, Literal

from asr_qa.core.kinds import (
    ALL_MATCHES,
    MIN_CONFIDENCE,
    Bounds,
    Entity,
    EventCount,
    EventFilter,
    Metric,
    Phrase,
    Regex,
    Repetition,
    RuleIs,
    Script,
    Similarity,
)
from asr_qa.core.recording import Role
from asr_qa.core.sounds import USUAL, AccentTable

__all__ = [
    "ALL_MATCHES",
    "MIN_CONFIDENCE",
    "AllOf",
    "Anchor",
    "AnchorSide",
    "AnyOf",
    "AppliesWhen",
    "Bounds",
    "Check",
    "Condition",
    "Entity",
    "ErrorClass",
    "EventCount",
    "EventFilter",
    "Metric",
    "Not",
    "Options",
    "Phrase",
    "Regex",
    "Repetition",
    "Rule",
    "RuleIs",
    "Ruleset",
    "Scope",
    "Script",
    "Sequence",
    "Severity",
    "Similarity",
    "Status",
    "Units",
    "Within",
    "conditions",
    "content_digest",
    "descend",
    "references",
    "walk",
]


class Severity(StrEnum):
    """How much a failure weighs."""

    MINOR = "minor"
    MAJOR = "major"
    FATAL = "fatal"


class ErrorClass(StrEnum):
    """Whom an error hurts, as in COPC."""

    CUSTOMER = "customer"
    BUSINESS = "business"
    COMPLIANCE = "compliance"
    NON_CRITICAL = "non_critical"


class Status(StrEnum):
    """Where a rule stands in its life."""

    DRAFT = "draft"
    TEST = "test"
    STABLE = "stable"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Steps said one after the other."""

    kind: ClassVar[str] = "sequence"
    steps: tuple[Check, ...]
    max_gap: float | None = None
    """Seconds at most from the end of one step to the start of the next."""


Options = Phrase | Regex | Script | Repetition | Entity | Similarity | Metric | EventCount | RuleIs | Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Within:
    """A part of the call by position; what is given must all hold."""

    first_seconds: float | None = None
    last_seconds: float | None = None
    first_sentences: int | None = None
    last_sentences: int | None = None
    first_percent: float | None = None
    last_percent: float | None = None
    from_seconds: float | None = None
    to_seconds: float | None = None


AnchorSide = Literal["after", "before", "near"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """A hit that positions a check: it looks after, before or around it."""

    side: AnchorSide
    rule: str | None = None
    event: EventFilter | None = None
    phrase: Phrase | None = None
    role: Role | None = None
    """Who says the phrase."""
    hit: int | Literal["last", "any", "each"] = "any"
    seconds: float | None = None
    sentences: int | None = None
    """How many sentences of the role that is looked at the window reaches over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """A check that is made sentence by sentence, or turn by turn."""

    how: Literal["every", "same"]
    """It must hold in every one of them, or in any single one."""
    of: Literal["sentence", "turn"]
    min_characters: int = 1
    """Shorter ones do not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a check looks; the default is everybody's words in the whole call."""

    role: Role | None = None
    within: Within | None = None
    anchors: tuple[Anchor, ...] = ()
    units: Units | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A leaf condition."""

    options: Options
    scope: Scope = Scope()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds when one part does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds when every part does."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Holds when the part does not."""

    part: Condition


Condition = AnyOf | AllOf | Not | Check


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliesWhen:
    """When a rule applies; every filter must hold."""

    fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """direction, queue, team, language: allowed values."""
    metadata: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Columns of the manifest: allowed values."""
    has: tuple[str, ...] = ()
    """What must be known of the call."""
    condition: Condition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the set."""

    id: str
    name: str
    title_zh: str
    title_en: str
    severity: Severity
    error_class: ErrorClass
    status: Status = Status.STABLE
    polarity: Literal["require", "forbid"]
    condition: Condition
    exceptions: Condition | None = None
    applies_when: AppliesWhen = AppliesWhen()
    prerequisites: tuple[str, ...] = ()
    """Ids of the rules that must be met for this one to apply."""
    rationale: str = ""
    false_positives: tuple[str, ...] = ()
    assisted: bool = False
    """A hint for the reviewer rather than a verdict to rely on."""
    effective_from: str | None = None
    """First day it applies, ISO date."""
    effective_until: str | None = None
    """Last day it applies, ISO date."""
    pack: str = ""
    """Folder it came from."""
    version: str = ""
    """Digest of its content; filled in by `versioned`."""


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All rules, each after those it refers to."""

    rules: tuple[Rule, ...]
    digest: str
    accents: AccentTable = USUAL
    """Sounds that are taken for each other, per queue."""

    def get(self, rule_id: str) -> Rule | None:
        """The rule of that id, if there is one."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def content_digest(rule: Rule) -> str:
    """sha256 over what the rule says; layout, comments and the folder it lies in do not matter."""
    content = _said(rule)
    content.pop("version", None)
    content.pop("pack", None)
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _said(value: Any) -> Any:
    """A value as plain data without what is left at its default, so that new options leave old versions alone."""
    if isinstance(value, tuple):
        return [_said(part) for part in value]
    if not is_dataclass(value):
        return value
    given = {field.name: getattr(value, field.name) for field in fields(value)}
    kept = {f.name: _said(given[f.name]) for f in fields(value) if f.default is MISSING or given[f.name] != f.default}
    return {"is": type(value).__name__, **kept}


def conditions(rule: Rule) -> Iterator[Condition]:
    """The top conditions of a rule."""
    yield from (c for c in (rule.applies_when.condition, rule.condition, rule.exceptions) if c is not None)


def walk(rule: Rule) -> Iterator[Condition]:
    """Every condition of a rule, parents before their parts, steps of sequences included."""
    for condition in conditions(rule):
        yield from descend(condition)


def descend(condition: Condition) -> Iterator[Condition]:
    """A condition and everything below it."""
    yield condition
    if isinstance(condition, Not):
        yield from descend(condition.part)
    elif isinstance(condition, AnyOf | AllOf):
        for part in condition.parts:
            yield from descend(part)
    elif isinstance(condition.options, Sequence):
        for step in condition.options.steps:
            yield from descend(step)


def references(rule: Rule) -> frozenset[str]:
    """Ids of the rules this one rests on."""
    checks = [part for part in walk(rule) if isinstance(part, Check)]
    named = {check.options.id for check in checks if isinstance(check.options, RuleIs)}
    anchored = {anchor.rule for check in checks for anchor in check.scope.anchors if anchor.rule}
    return frozenset(named | anchored | set(rule.prerequisites))
