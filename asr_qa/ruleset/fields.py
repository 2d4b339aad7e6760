"""What all parts of a rule in YAML are made of: kinds of values, comparisons, and how a mistake is said."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from asr_qa.core.kinds import Bounds
from asr_qa.core.languages import AUTO, language_code
from asr_qa.core.text import plain
from asr_qa.errors import Said
from asr_qa.messages import SaidError, said_in, say
from asr_qa.ruleset.pattern import pattern_problem
from asr_qa.ruleset.simplified import simplified, simplified_pattern

RoleName = Literal["agent", "customer", "other"]
MatchName = Literal["exact", "homophone", "near", "fuzzy"]
PatternMatchName = Literal["exact", "homophone", "near"]
VerdictName = Literal["met", "not_met", "not_applicable", "undetermined", "hit"]
_Heard = Literal[
    "silence", "hold", "ivr", "dead_air", "overlap", "backchannel", "interruption", "talk_over", "monologue"
]
EventName = Literal[_Heard, "response_latency", "first_response", "hang_up_side"]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(gt=0, le=100)]
MAX_ID = 100
"""Characters of the longest id or name."""
Count = Annotated[int, Field(ge=1, le=10_000)]
Confidence = Annotated[float, Field(ge=0, le=1)]
Share = Annotated[float, Field(gt=0, le=1)]
MAX_PHRASE = 200
"""Characters of the longest phrase."""


def wrong(said: Said, hint: Said | None = None) -> PydanticCustomError:
    """A mistake in the words of the person who wrote the rule."""
    return PydanticCustomError("rule", "{message}", {"message": said_in(said, "en"), "said": said, "advice": hint})


def listed(value: Any) -> Any:
    """A single value as a list of one."""
    return [value] if isinstance(value, str | dict) else value


def _words(value: str) -> str:
    if not plain(value):
        raise wrong(say("phrase_empty", phrase=value), say("write_words"))
    if value.strip().startswith(("【", "［")) and value.strip().endswith(("】", "］")):
        raise wrong(say("phrase_wide_brackets", phrase=value), say("square_brackets"))
    if len(value) > MAX_PHRASE:
        raise wrong(say("phrase_long", limit=MAX_PHRASE), say("use_script"))
    return simplified(value)


def _regular(value: str) -> str:
    if problem := pattern_problem(value):
        raise wrong(say("pattern", pattern=value, problem=problem))
    return simplified_pattern(value)


def _language(value: str) -> str:
    if (code := code_of(value)) != value:
        raise wrong(say("no_language", value=value), say("write_word", word=code) if code else say("language_codes"))
    return value


def code_of(language: str) -> str | None:
    """The code that calls in a language have; None where none is known by that name."""
    try:
        code = language_code(language)
    except SaidError:
        return None
    return None if code == AUTO else code


def _in_order(value: list[float]) -> list[float]:
    start, end = value
    if end < start:
        raise wrong(say("stretch_reversed", start=start, end=end), say("eg", example=f"[{end:g}, {start:g}]"))
    return value


Words = Annotated[str, AfterValidator(_words)]
PhraseList = Annotated[list[Words], Field(min_length=1), BeforeValidator(listed)]
Pattern = Annotated[str, AfterValidator(_regular)]
Names = Annotated[list[str], Field(min_length=1), BeforeValidator(listed)]
Languages = Annotated[list[Annotated[str, AfterValidator(_language)]], Field(min_length=1), BeforeValidator(listed)]
Stretch = Annotated[list[Number], Field(min_length=2, max_length=2), AfterValidator(_in_order)]
"""Start and end in seconds."""


class Strict(BaseModel):
    """A mapping without unknown keys and without silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _filled(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse a key with nothing behind it: `role:` left blank would look at everybody, `within:` anywhere."""
        name = info.field_name or ""
        if value is not None or name in cls.may_be_blank:
            return value
        field = cls.model_fields[name]
        if field.is_required() or field.default is not None or field.default_factory is not None:
            return value  # it has to be something: what, is said there
        raise wrong(say("of_key", key=field.alias or name, problem=say("left_blank")), say("fill_or_take_out"))

    may_be_blank: ClassVar[frozenset[str]] = frozenset()
    """Keys that may stand there with nothing behind them."""


class BoundsModel(Strict):
    """Comparisons."""

    at_most: Number | None = None
    at_least: Number | None = None
    above: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _possible(self) -> BoundsModel:
        lows = [v for v in (self.at_least, self.above) if v is not None]
        highs = [v for v in (self.at_most, self.below) if v is not None]
        if lows and highs and max(lows) > min(highs):
            raise wrong(say("no_number", low=max(lows), high=min(highs)))
        return self


def to_bounds(model: BoundsModel) -> Bounds:
    """The comparisons as core evaluates them."""
    exactly = model.exactly if isinstance(model, CountModel) else None
    return Bounds(at_most=model.at_most, at_least=model.at_least, above=model.above, below=model.below, exactly=exactly)


class CountModel(BoundsModel):
    """count."""

    exactly: Number | None = None

    @model_validator(mode="after")
    def _given(self) -> CountModel:
        if not self.model_fields_set:
            raise wrong(say("count_comparison"), say("count_keys"))
        return self


def guess(word: str, known: Any) -> Said | None:
    """A hint that names the closest known word, if one is close."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return say("did_you_mean", name=close[0]) if close else None


def did_you_mean(word: str, known: Any) -> str:
    """The same in English; empty where none is close."""
    found = guess(word, known)
    return said_in(found, "en") if found else ""
