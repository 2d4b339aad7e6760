"""The shape of checks on words in YAML: phrases, patterns, scripts, repetitions, entities, meaning."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from asr_qa.core.checks.patternsound import LEAST, by_sound
from asr_qa.core.entities import CHECKED, OF_DIGITS
from asr_qa.core.sounds import DEFAULT_ACCENTS
from asr_qa.messages import SaidError, say
from asr_qa.ruleset.fields import (
    Confidence,
    Count,
    CountModel,
    MatchName,
    Pattern,
    PatternMatchName,
    PhraseList,
    Seconds,
    Share,
    Strict,
    listed,
    to_bounds,
    wrong,
)
from asr_qa.ruleset.script import variants
from asr_qa.ruleset.simplified import simplified

EntityName = Literal[
    "phone",
    "mobile",
    "landline",
    "id_card",
    "bank_card",
    "amount",
    "percent",
    "date",
    "time",
    "duration",
    "e_mail",
    "number",
    "plate",
    "address",
]


def _all_matches() -> list[MatchName]:
    return [*get_args(MatchName)]


def _as_written() -> list[PatternMatchName]:
    return ["exact"]


class NumberOf(Strict):
    """n_of."""

    n: Count
    of: PhraseList

    @model_validator(mode="after")
    def _enough(self) -> NumberOf:
        if self.n > (different := len(set(self.of))):
            raise wrong(say("n_too_many", n=self.n, given=different))
        return self


def phrase_shape(value: Any) -> Any:
    """The short forms of a phrase as the long one."""
    return value if isinstance(value, dict) else {"any_of": value}


class PhraseModel(Strict):
    """phrase."""

    any_of: PhraseList | None = None
    all_of: PhraseList | None = None
    n_of: NumberOf | None = None
    none_of: PhraseList | None = None
    match: Annotated[list[MatchName], Field(min_length=1), BeforeValidator(listed)] = Field(
        default_factory=_all_matches
    )
    min_count: Count = 1
    exclude: PhraseList = Field(default_factory=list)
    allow_short: bool = False
    tones: bool = False
    min_confidence: Confidence = 0.5
    count: CountModel | None = None
    wrong_party: bool = False

    @model_validator(mode="after")
    def _one_way(self) -> PhraseModel:
        given = [name for name in ("any_of", "all_of", "n_of", "none_of") if getattr(self, name) is not None]
        if len(given) != 1:
            raise wrong(say("phrase_one_way", given=tuple(given) or say("none_given")))
        for name in {"min_count", "count"} & self.model_fields_set:
            if given != ["any_of"]:
                raise wrong(say("any_of_only", key=name))
        one_number(self)
        return self


class RegexModel(Strict):
    """regex."""

    pattern: Pattern
    exclude: Annotated[list[Pattern], BeforeValidator(listed)] = Field(default_factory=list)
    match: Annotated[list[PatternMatchName], Field(min_length=1), BeforeValidator(listed)] = Field(
        default_factory=_as_written
    )
    min_count: Count = 1
    min_confidence: Confidence = 0.5
    count: CountModel | None = None

    @model_validator(mode="after")
    def _can_be_met(self) -> RegexModel:
        one_number(self)
        if {*self.match} != {"exact"} and by_sound(self.pattern, DEFAULT_ACCENTS) is None:
            raise wrong(say("pattern_short_for_sound", n=LEAST), say("spell_out_more"))
        return self


def _script_line(value: str) -> str:
    try:
        variants(value)
    except SaidError as error:
        raise wrong(say("script", problem=error.said), say("script_signs")) from error
    return simplified(value)


class ScriptModel(Strict):
    """script."""

    lines: Annotated[list[Annotated[str, AfterValidator(_script_line)]], Field(min_length=1), BeforeValidator(listed)]
    coverage: Share = 1.0
    ordered: bool = True
    match: Annotated[list[MatchName], Field(min_length=1), BeforeValidator(listed)] = Field(
        default_factory=_all_matches
    )
    min_confidence: Confidence = 0.5
    wrong_party: bool = True


def one_number(model: PhraseModel | RegexModel) -> None:
    """Refuse min_count and count side by side, and a count that no number of hits can meet."""
    if {"min_count", "count"} <= model.model_fields_set:
        raise wrong(say("two_counts"), say("count_only"))
    if model.count is not None:
        whole_count(model.count)


def whole_count(count: CountModel) -> None:
    """Refuse a count that no whole number meets."""
    least, most = to_bounds(count).whole
    if most is not None and most < least:
        raise wrong(say("no_whole_count", count=str(to_bounds(count))))


class RepetitionModel(Strict):
    """repetition."""

    times: Annotated[int, Field(ge=2, le=100)] = 2
    similarity: Annotated[float, Field(ge=0.5, le=1)] = 0.75
    min_characters: Count = 5
    within_seconds: Seconds | None = None
    about: PhraseList = Field(default_factory=list)
    ignore: PhraseList = Field(default_factory=list)
    min_confidence: Confidence = 0.5


class EntityModel(Strict):
    """entity."""

    kind: Annotated[list[EntityName], Field(min_length=1), BeforeValidator(listed)]
    valid: bool | Literal["any"] = "any"
    min_digits: Annotated[int, Field(ge=1, le=40)] | None = None
    max_digits: Annotated[int, Field(ge=1, le=40)] | None = None
    count: CountModel | None = None
    min_confidence: Confidence = 0.5

    @model_validator(mode="after")
    def _possible(self) -> EntityModel:
        if self.min_digits and self.max_digits and self.min_digits > self.max_digits:
            raise wrong(say("no_digits_between", low=self.min_digits, high=self.max_digits))
        given = {"min_digits", "max_digits"} & self.model_fields_set
        if given and (without := sorted(set(self.kind) - set(OF_DIGITS))):
            raise wrong(
                say("goes_not_with", key=min(given), kind=tuple(without)), say("goes_only_with", kinds=tuple(OF_DIGITS))
            )
        if self.valid != "any" and (without := sorted(set(self.kind) - set(CHECKED))):
            raise wrong(say("no_valid", kind=without[0]), say("valid_with", kinds=tuple(CHECKED)))
        if self.count is not None:
            whole_count(self.count)
        return self


class SimilarityModel(Strict):
    """similarity."""

    like: PhraseList
    at_least: Annotated[float, Field(ge=0.3, le=1)] = 0.55
    min_characters: Count = 4
    count: CountModel | None = None
    min_confidence: Confidence = 0.5

    @model_validator(mode="after")
    def _possible(self) -> SimilarityModel:
        if self.count is not None:
            whole_count(self.count)
        return self
