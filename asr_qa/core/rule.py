"""Rules as parsed values: what they ask for, where they look, and when they apply."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from asr_qa.core.recording import Role


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
class Bounds:
    """Comparisons a number has to pass, all of those given."""

    at_most: float | None = None
    at_least: float | None = None
    above: float | None = None
    below: float | None = None
    exactly: float | None = None

    def hold(self, value: float) -> bool:
        """Whether the value passes every comparison."""
        return (
            (self.at_most is None or value <= self.at_most)
            and (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.below is None or value < self.below)
            and (self.exactly is None or value == self.exactly)
        )

    def __str__(self) -> str:
        signs = {"at_most": "<=", "at_least": ">=", "above": ">", "below": "<", "exactly": "="}
        return " and ".join(
            f"{sign} {value:g}" for name, sign in signs.items() if (value := getattr(self, name)) is not None
        )


ALL_MATCHES = ("exact", "homophone", "near")
MIN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """Words to be said."""

    kind: ClassVar[str] = "phrase"
    phrases: tuple[str, ...]
    needed: int = 1
    """How many different ones of them."""
    absent: bool = False
    """Holds when none of them is said (none_of)."""
    min_count: int = 1
    """Hits of all of them together."""
    exclude: tuple[str, ...] = ()
    """A hit that overlaps one of these does not count."""
    match: tuple[str, ...] = ALL_MATCHES
    allow_short: bool = False
    """Match keys of two syllables by sound too."""
    min_confidence: float = MIN_CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """A pattern to be found in the words."""

    kind: ClassVar[str] = "regex"
    pattern: str
    exclude: tuple[str, ...] = ()
    min_count: int = 1
    min_confidence: float = MIN_CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Lines of a template, each as the ways in which it may be said."""

    kind: ClassVar[str] = "script"
    lines: tuple[str, ...]
    """As written, with (a|b), [optional] and {slot}."""
    variants: tuple[tuple[tuple[str, ...], ...], ...]
    """Per line its variants; a variant is a chain of texts with a slot between each two."""
    coverage: float = 1.0
    """Share of the lines that must be said, 0 to 1."""
    ordered: bool = True
    match: tuple[str, ...] = ALL_MATCHES
    min_confidence: float = MIN_CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A figure of the call that must lie in bounds."""

    kind: ClassVar[str] = "metric"
    name: str
    bounds: Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are meant."""

    kind_of: str
    by: Role | None = None
    min_seconds: float | None = None
    max_seconds: float | None = None
    waived: bool | None = None
    """Only excused ones, only others, or (None) both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCount:
    """How many events of a kind there are."""

    kind: ClassVar[str] = "event"
    filter: EventFilter
    count: Bounds = Bounds(at_least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleIs:
    """Another rule came out in a certain way."""

    kind: ClassVar[str] = "rule"
    id: str
    verdicts: tuple[str, ...] = ("met",)
    """Verdicts, or "hit": it found its words or events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """Steps said one after the other."""

    kind: ClassVar[str] = "sequence"
    steps: tuple[Check, ...]
    max_gap: float | None = None
    """Seconds at most from the end of one step to the start of the next."""


Options = Phrase | Regex | Script | Metric | EventCount | RuleIs | Sequence


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a check looks; the default is everybody's words in the whole call."""

    role: Role | None = None
    within: Within | None = None
    anchors: tuple[Anchor, ...] = ()


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

    def get(self, rule_id: str) -> Rule | None:
        """The rule of that id, if there is one."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


def content_digest(rule: Rule) -> str:
    """sha256 over what the rule says; layout, comments and the folder it lies in do not matter."""
    content = asdict(rule)
    del content["version"], content["pack"]
    content["kinds"] = [type(part).__name__ for part in walk(rule)]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


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
    return frozenset(named | {anchor.rule for check in checks for anchor in check.scope.anchors if anchor.rule})
