"""The shape of a rule in YAML, strictly: what may be written, and what each mistake is called."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from asr_qa.core.checks.timing import METRICS, PER_ROLE
from asr_qa.ruleset.fields import (
    BoundsModel,
    Count,
    CountModel,
    EventName,
    Names,
    Number,
    Percent,
    PhraseList,
    RoleName,
    Seconds,
    Strict,
    VerdictName,
    did_you_mean,
    listed,
    wrong,
)
from asr_qa.ruleset.speech import (
    EntityModel,
    NumberOf,
    PhraseModel,
    RegexModel,
    RepetitionModel,
    ScriptModel,
    SimilarityModel,
    phrase_shape,
)

__all__ = [
    "KINDS",
    "SCOPE_KEYS",
    "AnchorModel",
    "AppliesWhenModel",
    "BoundsModel",
    "ConditionModel",
    "CountModel",
    "EffectiveModel",
    "EntityModel",
    "EventModel",
    "FilterModel",
    "MetricModel",
    "Names",
    "Number",
    "NumberOf",
    "PhraseModel",
    "RegexModel",
    "RepetitionModel",
    "RuleModel",
    "RuleRefModel",
    "ScriptModel",
    "SequenceModel",
    "SimilarityModel",
    "Strict",
    "TitleModel",
    "UnitsModel",
    "WithinModel",
    "did_you_mean",
    "wrong",
]


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


def _met() -> list[VerdictName]:
    return ["met"]


class RuleRefModel(Strict):
    """rule."""

    id: str
    verdict: Annotated[list[VerdictName], Field(min_length=1), BeforeValidator(listed)] = Field(default_factory=_met)


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
    phrase: Annotated[PhraseModel, BeforeValidator(phrase_shape)] | None = None
    role: RoleName | None = None
    exclude: PhraseList = Field(default_factory=list)
    hit: Count | Literal["last", "any", "each"] = "any"
    seconds: Seconds | None = None
    sentences: Count | None = None

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
            if step.kind not in _WORDS:
                raise wrong(f"step {number} is a {step.kind}; a step is one of {', '.join(_WORDS)}")
            if step.phrase is not None and step.phrase.none_of is not None:
                raise wrong(f"step {number} is words that are not said: nothing can follow them", "use any_of")
        return self


class UnitsModel(Strict):
    """every, same."""

    unit: Literal["sentence", "turn"]
    min_characters: Count = 1


def _unit_shape(value: Any) -> Any:
    return {"unit": value} if isinstance(value, str) else value


_Units = Annotated[UnitsModel, BeforeValidator(_unit_shape)]
_WORDS = ("phrase", "regex", "script", "entity", "similarity")
KINDS = ("any", "all", "not", *_WORDS, "repetition", "sequence", "metric", "event", "rule")
SCOPE_KEYS = ("role", "within", "after", "before", "near", "every", "same")


def _times_shape(value: Any) -> Any:
    return {"times": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _like_shape(value: Any) -> Any:
    return value if isinstance(value, dict) else {"like": value}


class ConditionModel(Strict):
    """One condition: exactly one kind, plus scope keys."""

    any_: Annotated[list[ConditionModel], Field(min_length=1)] | None = Field(None, alias="any")
    all_: Annotated[list[ConditionModel], Field(min_length=1)] | None = Field(None, alias="all")
    not_: ConditionModel | None = Field(None, alias="not")
    phrase: Annotated[PhraseModel, BeforeValidator(phrase_shape)] | None = None
    regex: Annotated[RegexModel, BeforeValidator(lambda v: {"pattern": v} if isinstance(v, str) else v)] | None = None
    script: Annotated[ScriptModel, BeforeValidator(lambda v: v if isinstance(v, dict) else {"lines": v})] | None = None
    sequence: Annotated[SequenceModel, BeforeValidator(lambda v: {"steps": v} if isinstance(v, list) else v)] | None = (
        None
    )
    repetition: Annotated[RepetitionModel, BeforeValidator(_times_shape)] | None = None
    entity: Annotated[EntityModel, BeforeValidator(lambda v: v if isinstance(v, dict) else {"kind": v})] | None = None
    similarity: Annotated[SimilarityModel, BeforeValidator(_like_shape)] | None = None
    metric: MetricModel | None = None
    event: Annotated[EventModel, BeforeValidator(lambda v: {"kind": v} if isinstance(v, str) else v)] | None = None
    rule: Annotated[RuleRefModel, BeforeValidator(lambda v: {"id": v} if isinstance(v, str) else v)] | None = None
    role: RoleName | None = None
    within: WithinModel | None = None
    after: AnchorModel | None = None
    before: AnchorModel | None = None
    near: AnchorModel | None = None
    every: _Units | None = None
    same: _Units | None = None

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
    prerequisites: Annotated[list[str], BeforeValidator(listed)] = Field(default_factory=list)
    require: Annotated[ConditionModel, BeforeValidator(_as_all)] | None = None
    forbid: Annotated[ConditionModel, BeforeValidator(_as_any)] | None = None
    except_: Annotated[ConditionModel, BeforeValidator(_as_any)] | None = Field(None, alias="except")
    rationale: str = ""
    false_positives: Annotated[list[str], BeforeValidator(listed)] = Field(default_factory=list)
    assisted: bool = False
    effective: EffectiveModel | None = None

    @model_validator(mode="after")
    def _one_polarity(self) -> RuleModel:
        if (self.require is None) == (self.forbid is None):
            raise wrong("a rule needs exactly one of require and forbid")
        return self


def _check_kind(model: ConditionModel) -> None:
    kinds = [kind for kind in KINDS if model.part(kind) is not None]
    if len(kinds) > 1:
        raise wrong(f"a condition has one kind, this has {', '.join(kinds)}", "put them into all: [...] or any: [...]")
    if not kinds and not isinstance(model, AppliesWhenModel):
        raise wrong("a condition needs a kind", "one of " + ", ".join(KINDS))


def _check_scope(model: ConditionModel) -> None:
    scope = [key for key in SCOPE_KEYS if getattr(model, key) is not None]
    if model.near is not None and model.near.seconds is None and model.near.sentences is None:
        raise wrong("near needs seconds or sentences", "e.g. near: {rule: OPEN-001, seconds: 10}")
    if model.every is not None and model.same is not None:
        raise wrong("every and same do not go together", "every: in each sentence; same: in any single one")
    if (unit := "every" if model.every else "same" if model.same else "") and model.kind not in _WORDS:
        raise wrong(f"{unit} does not go with {model.kind or 'filters'}", f"it goes with {', '.join(_WORDS)}")
    if model.kind in ("any", "all", "not", "rule", "") and scope:
        raise wrong(f"{scope[0]} does not go with {model.kind or 'filters'}", "write it beside the checks inside")
    if model.metric is not None:
        if rest := [key for key in scope if key != "role"]:
            raise wrong(f"{rest[0]} does not go with metric", "a metric is of the whole call")
        if model.metric.name in PER_ROLE and model.role not in ("agent", "customer"):
            raise wrong(f"metric {model.metric.name} is per role", f"write {model.metric.name}.agent or role: agent")
