"""What a check may ask for: one dataclass per kind, each with its options."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import ClassVar, Literal

from asr_qa.core.recording import Role


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

    @property
    def whole(self) -> tuple[int, int | None]:
        """The least and the most whole number that passes; no upper end where there is None."""
        lows = [0]
        lows += [] if self.at_least is None else [ceil(self.at_least)]
        lows += [] if self.above is None else [floor(self.above) + 1]
        highs = [] if self.at_most is None else [floor(self.at_most)]
        highs += [] if self.below is None else [ceil(self.below) - 1]
        if self.exactly is not None:
            lows, highs = [*lows, ceil(self.exactly)], [*highs, floor(self.exactly)]
        return max(lows), min(highs, default=None)

    def __str__(self) -> str:
        signs = {"at_most": "<=", "at_least": ">=", "above": ">", "below": "<", "exactly": "="}
        return " and ".join(
            f"{sign} {value:g}" for name, sign in signs.items() if (value := getattr(self, name)) is not None
        )


ALL_MATCHES = ("exact", "homophone", "near", "fuzzy")
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
    tones: bool = False
    """Of what sounds the same or near, take only what has the same tones."""
    min_confidence: float = MIN_CONFIDENCE
    count: Bounds | None = None
    """How many hits of all of them together there may be; stands in place of `min_count`."""
    wrong_party: bool = False
    """Where they are missing, look whether the other party says them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regex:
    """A pattern to be found in the words."""

    kind: ClassVar[str] = "regex"
    pattern: str
    exclude: tuple[str, ...] = ()
    match: tuple[str, ...] = ("exact",)
    """Kinds of match: exact, homophone, near."""
    min_count: int = 1
    min_confidence: float = MIN_CONFIDENCE
    count: Bounds | None = None
    """How many hits there may be; stands in place of `min_count`."""


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
    wrong_party: bool = True
    """Where lines are missing, look whether the other party says them."""


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
class Repetition:
    """One party saying the same thing again."""

    kind: ClassVar[str] = "repetition"
    times: int = 2
    """How often it must be said, the first time included."""
    similarity: float = 0.75
    """Share of the syllables in which two sentences must agree, 0 to 1."""
    min_characters: int = 5
    """Shorter sentences do not count."""
    within_seconds: float | None = None
    """From the end of the first to the start of the last time; None for the whole call."""
    about: tuple[str, ...] = ()
    """Only sentences in which one of these is said; empty for all."""
    ignore: tuple[str, ...] = ()
    """Sentences in which one of these is said do not count."""
    min_confidence: float = MIN_CONFIDENCE


EntityValidity = Literal["valid", "invalid", "any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """Numbers and the like, by what they are, as written and as said."""

    kind: ClassVar[str] = "entity"
    entities: tuple[str, ...]
    """Names from ENTITIES in core/entities.py."""
    validity: EntityValidity = "any"
    """Whether checksum, plan or calendar must bear them out."""
    min_digits: int | None = None
    max_digits: int | None = None
    count: Bounds = Bounds(at_least=1)
    min_confidence: float = MIN_CONFIDENCE


@dataclass(frozen=True, slots=True, kw_only=True)
class Similarity:
    """Sentences that mean the same as one of some examples."""

    kind: ClassVar[str] = "similarity"
    like: tuple[str, ...]
    at_least: float = 0.55
    """Cosine between the vectors of a sentence and of an example."""
    min_characters: int = 4
    """Shorter sentences do not count."""
    count: Bounds = Bounds(at_least=1)
    min_confidence: float = MIN_CONFIDENCE
