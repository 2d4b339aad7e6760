"""The shape of a rule in YAML, strictly: what may be written, and what each mistake is called."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from asr_qa.core.checks.timing import METRICS, PER_ROLE
from asr_qa.core.metrics import SHARES
from asr_qa.errors import Said
from asr_qa.messages import say
from asr_qa.ruleset.describe_words import METRICS as METRIC_NAMES
from asr_qa.ruleset.fields import (
    MAX_ID,
    BoundsModel,
    Count,
    CountModel,
    EventName,
    Languages,
    Names,
    Number,
    Percent,
    PhraseList,
    RoleName,
    Seconds,
    Strict,
    VerdictName,
    did_you_mean,
    guess,
    listed,
    to_bounds,
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
    "guess",
    "wrong",
]


class MetricModel(BoundsModel):
    """metric."""

    name: str

    @model_validator(mode="after")
    def _known(self) -> MetricModel:
        if self.name not in METRICS:
            raise wrong(say("unknown_metric", name=self.name), _metric_meant(self.name))
        if all(getattr(self, name) is None for name in ("at_most", "at_least", "above", "below")):
            raise wrong(say("metric_comparison"), say("comparisons"))
        if self.name in SHARES:
            _check_share(self)
        return self


def _metric_meant(name: str) -> Said:
    """The figure that was meant, also by its Chinese name, or all that there are."""
    codes = [code for code, chinese in METRIC_NAMES["zh"].items() if name in (chinese, chinese.removesuffix("次数"))]
    if codes:
        return say("write_word", word=f"{codes[0]}.agent" if codes[0] in PER_ROLE else codes[0])
    return guess(name, METRICS) or say("known_are", names=tuple(METRICS))


def _check_share(model: MetricModel) -> None:
    """Refuse 30 where 0.3 is meant: nothing is ever above it, and everything below."""
    for key in ("at_most", "at_least", "above", "below"):
        value = getattr(model, key)
        if value is not None and value > 1:
            hint = say("write_share", key=key, value=value / 100) if value <= 100 else None
            raise wrong(say("over_share", name=model.name, key=key, value=value), hint)


class FilterModel(Strict):
    """Which events are meant."""

    by: RoleName | None = None
    min_seconds: Number | None = None
    max_seconds: Number | None = None
    waived: bool | None = None

    @model_validator(mode="after")
    def _possible(self) -> FilterModel:
        low, high = self.min_seconds, self.max_seconds
        if low is not None and high is not None and low > high:
            raise wrong(say("no_number", low=low, high=high))
        return self


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
            raise wrong(say("within_bound"), say("eg", example="first_seconds: 30"))
        reach = min((v for v in (self.to_seconds, self.first_seconds) if v is not None), default=None)
        if self.from_seconds is not None and reach is not None and self.from_seconds >= reach:
            raise wrong(say("window_empty", low=self.from_seconds, high=reach))
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
            raise wrong(say("anchor_one", given=tuple(given) or say("none_given")))
        if self.phrase is not None and self.phrase.none_of is not None:
            raise wrong(say("anchor_absent"), say("use_any_of"))
        belongs = {"by": "event", "min_seconds": "event", "max_seconds": "event", "waived": "event"}
        belongs |= {"role": "phrase", "exclude": "phrase"}
        for name in self.model_fields_set & belongs.keys():
            if belongs[name] != given[0]:
                raise wrong(say("anchor_key", key=name, kind=belongs[name], given=given[0]))
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
                raise wrong(say("step_kind", number=number, kind=step.kind, kinds=_WORDS))
            if step.phrase is not None and step.phrase.none_of is not None:
                raise wrong(say("step_absent", number=number), say("use_any_of"))
            count = getattr(step.part(step.kind), "count", None)
            if count is not None and to_bounds(count).whole[0] == 0:
                raise wrong(say("step_none", number=number), say("step_count"))
        return self


class UnitsModel(Strict):
    """every, same."""

    unit: Literal["sentence", "turn"]
    min_characters: Count = 1


def _unit_shape(value: Any) -> Any:
    return {"unit": value} if isinstance(value, str) else value


RULE_ID = r"^[A-Z][A-Z0-9]*(-[A-Z0-9]+)*-\d+$"
"""What a rule may be called."""
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
    language: Languages | None = None
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
            raise wrong(say("effective_order", start=str(self.from_), end=str(self.until)))
        return self


def _as_all(value: Any) -> Any:
    return {"all": value} if isinstance(value, list) else value


def _as_any(value: Any) -> Any:
    return {"any": value} if isinstance(value, list) else value


class RuleModel(Strict):
    """A rule."""

    may_be_blank = frozenset({"applies_when", "require", "forbid", "except_", "effective"})
    """What a pack takes away from a rule it inherits."""

    id: Annotated[str, Field(max_length=MAX_ID, pattern=RULE_ID)]
    name: Annotated[str, Field(max_length=MAX_ID, pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$")]
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
            raise wrong(say("rule_polarity"))
        return self


def _check_kind(model: ConditionModel) -> None:
    kinds = [kind for kind in KINDS if model.part(kind) is not None]
    if len(kinds) > 1:
        raise wrong(say("kinds_many", kinds=tuple(kinds)), say("all_or_any"))
    if not kinds and not isinstance(model, AppliesWhenModel):
        raise wrong(say("kind_none"), say("kinds_are", kinds=KINDS))


def _check_scope(model: ConditionModel) -> None:
    scope = [key for key in SCOPE_KEYS if getattr(model, key) is not None]
    if model.near is not None and model.near.seconds is None and model.near.sentences is None:
        raise wrong(say("near_reach"), say("eg", example="near: {rule: OPEN-001, seconds: 10}"))
    if model.every is not None and model.same is not None:
        raise wrong(say("every_same"), say("every_same_mean"))
    if (unit := "every" if model.every else "same" if model.same else "") and model.kind not in _WORDS:
        raise wrong(say("goes_not_with", key=unit, kind=model.kind or say("filters")), say("goes_with", kinds=_WORDS))
    if model.kind in ("any", "all", "not", "rule", "") and scope:
        raise wrong(say("goes_not_with", key=scope[0], kind=model.kind or say("filters")), say("beside_checks"))
    if model.metric is not None:
        if rest := [key for key in scope if key != "role"]:
            raise wrong(say("goes_not_with", key=rest[0], kind="metric"), say("metric_whole"))
        if model.metric.name in PER_ROLE and model.role not in ("agent", "customer"):
            raise wrong(say("metric_role", name=model.metric.name), say("write_role", name=model.metric.name))
