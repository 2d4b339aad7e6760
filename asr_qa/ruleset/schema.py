"""The shape of a rule in YAML, strictly: what may be written, and what each mistake is called."""

from __future__ import annotations

import datetime
import difflib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from asr_qa.core.checks.timing import METRICS, PER_ROLE
from asr_qa.core.text import plain
from asr_qa.ruleset.pattern import pattern_problem
from asr_qa.ruleset.script import variants

RoleName = Literal["agent", "customer", "other"]
MatchName = Literal["exact", "homophone", "near"]
VerdictName = Literal["met", "not_met", "not_applicable", "undetermined", "hit"]
_Heard = Literal[
    "silence", "hold", "ivr", "dead_air", "overlap", "backchannel", "interruption", "talk_over", "monologue"
]
EventName = Literal[_Heard, "response_latency", "first_response", "hang_up_side"]
Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Percent = Annotated[float, Field(gt=0, le=100)]
Count = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(gt=0, le=1)]
MAX_PHRASE = 200
"""Characters of the longest phrase."""


def wrong(message: str, hint: str = "") -> PydanticCustomError:
    """A mistake in the words of the person who wrote the rule."""
    return PydanticCustomError("rule", "{message}", {"message": message, "hint": hint})


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


def _words(value: str) -> str:
    if not plain(value):
        raise wrong(f"phrase {value!r} is empty once punctuation is dropped", "write the words to be said")
    if len(value) > MAX_PHRASE:
        raise wrong(f"phrase is longer than {MAX_PHRASE} characters", "use a script or several phrases")
    return value


def _regular(value: str) -> str:
    if problem := pattern_problem(value):
        raise wrong(f"pattern {value!r}: {problem}")
    return value


Words = Annotated[str, AfterValidator(_words)]
PhraseList = Annotated[list[Words], Field(min_length=1), BeforeValidator(_listed)]
Pattern = Annotated[str, AfterValidator(_regular)]
Names = Annotated[list[str], Field(min_length=1), BeforeValidator(_listed)]


class Strict(BaseModel):
    """A mapping without unknown keys and without silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NumberOf(Strict):
    """n_of."""

    n: Count
    of: PhraseList

    @model_validator(mode="after")
    def _enough(self) -> NumberOf:
        if self.n > len(self.of):
            raise wrong(f"n is {self.n}, but only {len(self.of)} phrases are given")
        return self


def _phrase_shape(value: Any) -> Any:
    return value if isinstance(value, dict) else {"any_of": value}


class PhraseModel(Strict):
    """phrase."""

    any_of: PhraseList | None = None
    all_of: PhraseList | None = None
    n_of: NumberOf | None = None
    none_of: PhraseList | None = None
    match: Annotated[list[MatchName], Field(min_length=1), BeforeValidator(_listed)] = ["exact", "homophone", "near"]
    min_count: Count = 1
    exclude: PhraseList = Field(default_factory=list)
    allow_short: bool = False
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5

    @model_validator(mode="after")
    def _one_way(self) -> PhraseModel:
        given = [name for name in ("any_of", "all_of", "n_of", "none_of") if getattr(self, name) is not None]
        if len(given) != 1:
            raise wrong(f"needs exactly one of any_of, all_of, n_of, none_of; has {', '.join(given) or 'none'}")
        if self.min_count > 1 and given != ["any_of"]:
            raise wrong("min_count goes with any_of only")
        return self


class RegexModel(Strict):
    """regex."""

    pattern: Pattern
    exclude: Annotated[list[Pattern], BeforeValidator(_listed)] = Field(default_factory=list)
    min_count: Count = 1
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5


def _script_line(value: str) -> str:
    try:
        variants(value)
    except ValueError as error:
        raise wrong(f"script: {error}", "(a|b) one of, [x] optional, {slot} any words") from error
    return value


class ScriptModel(Strict):
    """script."""

    lines: Annotated[list[Annotated[str, AfterValidator(_script_line)]], Field(min_length=1), BeforeValidator(_listed)]
    coverage: Share = 1.0
    ordered: bool = True
    match: Annotated[list[MatchName], Field(min_length=1), BeforeValidator(_listed)] = ["exact", "homophone", "near"]
    min_confidence: Annotated[float, Field(ge=0, le=1)] = 0.5


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
            raise wrong(f"no number is both above {max(lows):g} and below {min(highs):g}")
        return self


class MetricModel(BoundsModel):
    """metric."""

    name: str

    @model_validator(mode="after")
    def _known(self) -> MetricModel:
        if self.name not in METRICS:
            raise wrong(f"unknown metric {self.name!r}", did_you_mean(self.name, METRICS))
        if all(getattr(self, name) is None for name in ("at_most", "at_least", "above", "below")):
            raise wrong("metric needs a comparison", "at_most, at_least, above or below")
        return self


class CountModel(BoundsModel):
    """count."""

    exactly: Number | None = None

    @model_validator(mode="after")
    def _given(self) -> CountModel:
        if not self.model_fields_set:
            raise wrong("count needs a comparison", "at_most, at_least, above, below or exactly")
        return self


class FilterModel(Strict):
    """Which events are meant."""

    by: RoleName | None = None
    min_seconds: Number | None = None
    max_seconds: Number | None = None
    waived: bool | None = None


class EventModel(FilterModel):
    """event."""

    kind: EventName
    count: CountModel | None = None


class RuleRefModel(Strict):
    """rule."""

    id: str
    verdict: Annotated[list[VerdictName], Field(min_length=1), BeforeValidator(_listed)] = ["met"]


class WithinModel(Strict):
    """within."""

    first_seconds: Seconds | None = None
    last_seconds: Seconds | None = None
    first_sentences: Count | None = None
    last_sentences: Count | None = None
    first_percent: Percent | None = None
    last_percent: Percent | None = None
    from_seconds: Number | None = None
    to_seconds: Seconds | None = None

    @model_validator(mode="after")
    def _possible(self) -> WithinModel:
        if not self.model_fields_set:
            raise wrong("within needs a bound", "e.g. first_seconds: 30")
        reach = min((v for v in (self.to_seconds, self.first_seconds) if v is not None), default=None)
        if self.from_seconds is not None and reach is not None and self.from_seconds >= reach:
            raise wrong(f"the window from {self.from_seconds:g} s to {reach:g} s is empty")
        return self


class AnchorModel(FilterModel):
    """after, before, near."""

    rule: str | None = None
    event: EventName | None = None
    phrase: Annotated[PhraseModel, BeforeValidator(_phrase_shape)] | None = None
    role: RoleName | None = None
    exclude: PhraseList = Field(default_factory=list)
    hit: Count | Literal["last", "any", "each"] = "any"
    seconds: Seconds | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> AnchorModel:
        given = [name for name in ("rule", "event", "phrase") if getattr(self, name) is not None]
        if len(given) != 1:
            raise wrong(f"an anchor needs exactly one of rule, event, phrase; has {', '.join(given) or 'none'}")
        if self.phrase is not None and self.phrase.none_of is not None:
            raise wrong("words that are not said cannot be an anchor", "use any_of")
        belongs = {"by": "event", "min_seconds": "event", "max_seconds": "event", "waived": "event"}
        belongs |= {"role": "phrase", "exclude": "phrase"}
        for name in self.model_fields_set & belongs.keys():
            if belongs[name] != given[0]:
                raise wrong(f"{name} goes with {belongs[name]}, not with {given[0]}")
        return self


def _sequence_step(value: Any) -> Any:
    return {"phrase": value} if isinstance(value, str | list) else value


class SequenceModel(Strict):
    """sequence."""

    steps: Annotated[list[Annotated[ConditionModel, BeforeValidator(_sequence_step)]], Field(min_length=2)]
    max_gap: Seconds | None = None

    @model_validator(mode="after")
    def _words_only(self) -> SequenceModel:
        for number, step in enumerate(self.steps, start=1):
            if step.kind not in ("phrase", "regex", "script"):
                raise wrong(f"step {number} is a {step.kind}; a step is a phrase, regex or script")
        return self


KINDS = ("any", "all", "not", "phrase", "regex", "script", "sequence", "metric", "event", "rule")
SCOPE_KEYS = ("role", "within", "after", "before", "near")


class ConditionModel(Strict):
    """One condition: exactly one kind, plus scope keys."""

    any_: Annotated[list[ConditionModel], Field(min_length=1)] | None = Field(None, alias="any")
    all_: Annotated[list[ConditionModel], Field(min_length=1)] | None = Field(None, alias="all")
    not_: ConditionModel | None = Field(None, alias="not")
    phrase: Annotated[PhraseModel, BeforeValidator(_phrase_shape)] | None = None
    regex: Annotated[RegexModel, BeforeValidator(lambda v: {"pattern": v} if isinstance(v, str) else v)] | None = None
    script: Annotated[ScriptModel, BeforeValidator(lambda v: v if isinstance(v, dict) else {"lines": v})] | None = None
    sequence: Annotated[SequenceModel, BeforeValidator(lambda v: {"steps": v} if isinstance(v, list) else v)] | None = (
        None
    )
    metric: MetricModel | None = None
    event: Annotated[EventModel, BeforeValidator(lambda v: {"kind": v} if isinstance(v, str) else v)] | None = None
    rule: Annotated[RuleRefModel, BeforeValidator(lambda v: {"id": v} if isinstance(v, str) else v)] | None = None
    role: RoleName | None = None
    within: WithinModel | None = None
    after: AnchorModel | None = None
    before: AnchorModel | None = None
    near: AnchorModel | None = None

    @property
    def kind(self) -> str:
        """The kind given; "" where none is."""
        return next((kind for kind in KINDS if self.part(kind) is not None), "")

    def part(self, kind: str) -> Any:
        """What stands under a kind."""
        return getattr(self, kind + "_" if kind in ("any", "all", "not") else kind)

    @model_validator(mode="after")
    def _whole(self) -> ConditionModel:
        _check_kind(self)
        _check_scope(self)
        return self


class AppliesWhenModel(ConditionModel):
    """applies_when: filters beside at most one condition."""

    direction: Names | None = None
    queue: Names | None = None
    team: Names | None = None
    language: Names | None = None
    metadata: dict[str, Names] = Field(default_factory=dict)
    has: Names = Field(default_factory=list)


class TitleModel(Strict):
    """title."""

    zh: Annotated[str, Field(min_length=1)]
    en: Annotated[str, Field(min_length=1)]


class EffectiveModel(Strict):
    """effective."""

    from_: datetime.date | None = Field(None, alias="from")
    until: datetime.date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> EffectiveModel:
        if self.from_ and self.until and self.from_ > self.until:
            raise wrong(f"takes effect on {self.from_}, after it ends on {self.until}")
        return self


def _as_all(value: Any) -> Any:
    return {"all": value} if isinstance(value, list) else value


def _as_any(value: Any) -> Any:
    return {"any": value} if isinstance(value, list) else value


class RuleModel(Strict):
    """A rule."""

    id: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-\d+$")]
    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
    title: TitleModel
    status: Literal["draft", "test", "stable", "retired"] = "stable"
    severity: Literal["minor", "major", "fatal"]
    class_: Literal["customer", "business", "compliance", "non_critical"] = Field(alias="class")
    applies_when: AppliesWhenModel | None = None
    require: Annotated[ConditionModel, BeforeValidator(_as_all)] | None = None
    forbid: Annotated[ConditionModel, BeforeValidator(_as_any)] | None = None
    except_: Annotated[ConditionModel, BeforeValidator(_as_any)] | None = Field(None, alias="except")
    rationale: str = ""
    false_positives: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list)
    assisted: bool = False
    effective: EffectiveModel | None = None

    @model_validator(mode="after")
    def _one_polarity(self) -> RuleModel:
        if (self.require is None) == (self.forbid is None):
            raise wrong("a rule needs exactly one of require and forbid")
        return self


def did_you_mean(word: str, known: Any) -> str:
    """A hint that names the closest known word, if one is close."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else ""


def _check_kind(model: ConditionModel) -> None:
    kinds = [kind for kind in KINDS if model.part(kind) is not None]
    if len(kinds) > 1:
        raise wrong(f"a condition has one kind, this has {', '.join(kinds)}", "put them into all: [...] or any: [...]")
    if not kinds and not isinstance(model, AppliesWhenModel):
        raise wrong("a condition needs a kind", "one of " + ", ".join(KINDS))


def _check_scope(model: ConditionModel) -> None:
    scope = [key for key in SCOPE_KEYS if getattr(model, key) is not None]
    if model.near is not None and model.near.seconds is None:
        raise wrong("near needs seconds", "e.g. near: {rule: OPEN-001, seconds: 10}")
    if model.kind in ("any", "all", "not", "rule", "") and scope:
        raise wrong(f"{scope[0]} does not go with {model.kind or 'filters'}", "write it beside the checks inside")
    if model.metric is not None:
        if rest := [key for key in scope if key != "role"]:
            raise wrong(f"{rest[0]} does not go with metric", "a metric is of the whole call")
        if model.metric.name in PER_ROLE and model.role not in ("agent", "customer"):
            raise wrong(f"metric {model.metric.name} is per role", f"write {model.metric.name}.agent or role: agent")
