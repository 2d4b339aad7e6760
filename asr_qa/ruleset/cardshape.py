"""The shape of a scorecard in YAML, strictly: what may be written, and what each mistake is called."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from asr_qa.errors import Said
from asr_qa.messages import say
from asr_qa.ruleset.fields import MAX_ID
from asr_qa.ruleset.schema import Names, Number, Strict, TitleModel, wrong
from asr_qa.ruleset.timing import TimingModel

EPSILON = 1e-6
"""Points closer than this are the same."""

Identifier = Annotated[str, Field(max_length=MAX_ID, pattern=r"^[a-z][a-z0-9_]*$")]
Points = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
VerdictName = Literal["met", "not_met", "not_applicable", "undetermined"]
_LOOKS = ("rule", "criterion", "any")
"""Keys of applies_when that are no facts of the call."""


def _version(value: Any) -> Any:
    if isinstance(value, float):
        raise wrong(say("version_number", version=str(value)), say("quote_version"))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


def _met() -> list[VerdictName]:
    return ["met"]


class CameOutModel(Strict):
    """rule, criterion."""

    id: str
    verdict: Annotated[list[VerdictName], Field(min_length=1), BeforeValidator(_listed)] = Field(default_factory=_met)


def _named(value: Any) -> Any:
    """A name, a mapping or a list of them, as a list of mappings."""
    listed = _listed(value)
    return [{"id": one} if isinstance(one, str) else one for one in listed] if isinstance(listed, list) else value


def _facts_apart(value: Any) -> Any:
    """Facts of the call under a key of their own: they may have any name."""
    if not isinstance(value, dict):
        return value
    looks = {key: part for key, part in value.items() if key in _LOOKS}
    return {**looks, "facts": {key: part for key, part in value.items() if key not in _LOOKS}}


class WhenModel(Strict):
    """applies_when."""

    facts: dict[str, Names] = Field(default_factory=dict)
    rule: Annotated[list[CameOutModel], BeforeValidator(_named)] = Field(default_factory=list)
    criterion: Annotated[list[CameOutModel], BeforeValidator(_named)] = Field(default_factory=list)
    any: Annotated[list[Condition], Field(min_length=2)] | None = None

    @property
    def looks(self) -> bool:
        """Whether it asks for more than facts of the call."""
        return bool(self.rule or self.criterion or self.any)


Condition = Annotated[WhenModel, BeforeValidator(_facts_apart)]
WhenModel.model_rebuild()


def _facts_only(value: Any) -> Any:
    if isinstance(value, dict) and (looks := [key for key in _LOOKS if key in value]):
        raise wrong(say("card_by_facts", keys=tuple(looks)), say("facts_are"))
    return value


class PerHitModel(Strict):
    """per_hit."""

    points: Points
    cap: Points | None = None


class LevelModel(Strict):
    """levels."""

    points: Number
    anchor: Annotated[str, Field(min_length=1)]
    rules: Names = Field(default_factory=list)


class CriterionModel(Strict):
    """A criterion."""

    id: Identifier
    title: TitleModel
    points: Points
    kind: Literal["met", "per_hit", "graded", "bonus"] = "met"
    source: Literal["auto", "manual", "assisted"] = "auto"
    rules: Names = Field(default_factory=list)
    class_: Literal["customer", "business", "compliance", "non_critical"] = Field(alias="class")
    fatal: Literal["none", "section", "sheet"] = "none"
    per_hit: PerHitModel | None = None
    levels: list[LevelModel] = Field(default_factory=list)
    applies_when: Condition = Field(default_factory=WhenModel)
    guidance: str = ""

    @model_validator(mode="after")
    def _whole(self) -> CriterionModel:
        for problem, hint in (*_kind_problems(self), *_level_problems(self)):
            raise wrong(say("criterion", id=self.id, problem=problem), hint)
        return self

    @property
    def all_rules(self) -> list[str]:
        """The rules it rests on, those of its levels included, each once."""
        return list(dict.fromkeys([*self.rules, *(rule for level in self.levels for rule in level.rules)]))


class SectionModel(Strict):
    """A section."""

    id: Identifier
    title: TitleModel
    criteria: Annotated[list[CriterionModel], Field(min_length=1)]
    points: Points | None = None
    """Checked against the sum of its criteria."""
    cap: Points | None = None

    @property
    def total(self) -> float:
        """Points of its criteria, bonus apart."""
        return sum(line.points for line in self.criteria if line.kind != "bonus")


class BandModel(Strict):
    """bands."""

    id: Identifier
    title: TitleModel
    from_: Number = Field(alias="from")
    below: Points | None = None
    """May be left out: where the next higher band begins."""


class ScorecardModel(Strict):
    """A scorecard."""

    id: Identifier
    version: Annotated[str, Field(min_length=1, max_length=MAX_ID), BeforeValidator(_version)]
    status: Literal["active", "retired"] = "active"
    title: TitleModel
    applies_when: Annotated[dict[str, Names], BeforeValidator(_facts_only)] = Field(default_factory=dict)
    """The calls it is for, where cards are chosen by call."""
    points: Points = 100.0
    pass_points: Number | None = None
    min_assessed_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    bonus_max: Number = 0.0
    timing: TimingModel | None = None
    bands: list[BandModel] = Field(default_factory=list)
    sections: Annotated[list[SectionModel], Field(min_length=1)]


def shaped(data: Any) -> tuple[ScorecardModel | None, ValidationError | None]:
    """A scorecard file as its model, or what is wrong with its shape."""
    try:
        return ScorecardModel.model_validate(data), None
    except ValidationError as error:
        return None, error


def _kind_problems(model: CriterionModel) -> Iterator[tuple[Said, Said | None]]:
    if model.source == "manual" and model.all_rules:
        yield say("manual_rules"), say("assisted_shows")
    if model.source != "manual" and not model.all_rules:
        yield say("source_rules", source=model.source), say("eg_rules")
    if (model.kind == "per_hit") != (model.per_hit is not None):
        yield say("per_hit_pair"), say("eg_per_hit")
    if (model.kind == "graded") != bool(model.levels):
        yield say("graded_pair"), say("eg_graded")
    if model.kind == "bonus" and model.fatal != "none":
        yield say("bonus_fatal"), say("fatal_none")
    if model.per_hit and model.per_hit.cap is not None and model.per_hit.cap > model.points + EPSILON:
        yield say("per_hit_cap", cap=model.per_hit.cap, points=model.points), say("cap_within")


def _level_problems(model: CriterionModel) -> Iterator[tuple[Said, Said | None]]:
    levels = model.levels
    if not levels:
        return
    if len(levels) < 2:
        yield say("two_levels"), None
    if any(one.points <= other.points for one, other in pairwise(levels)):
        yield say("levels_order"), None
    if abs(levels[0].points - model.points) > EPSILON:
        yield say("level_highest", level=levels[0].points, points=model.points), say("make_equal")
    if model.source == "auto" and (levels[-1].rules or not all(level.rules for level in levels[:-1])):
        yield say("level_rules"), None
