"""Scorecard files to scorecards: strict shape, every mistake with file and line, every rule named must exist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from asr_qa.core.rule import Ruleset, Status
from asr_qa.core.scorecard import Criterion, ErrorClass, Fatal, Kind, Level, Scorecard, Section, Source
from asr_qa.errors import Issue, RulesetError
from asr_qa.ruleset.lint import RuleUse
from asr_qa.ruleset.loader import SCORECARDS, SUFFIXES, issues_of
from asr_qa.ruleset.schema import Names, Number, Strict, TitleModel, did_you_mean, wrong
from asr_qa.ruleset.source import Path_, read_source
from asr_qa.ruleset.source import Source as File
from asr_qa.ruleset.timing import TimingModel

_EPSILON = 1e-6

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Points = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]


def _version(value: Any) -> Any:
    if isinstance(value, float):
        raise wrong(f"version {value} is read as a number", 'put it in quotes: "1.10"')
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


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
    applies_when: dict[str, Names] = Field(default_factory=dict)
    guidance: str = ""

    @model_validator(mode="after")
    def _whole(self) -> CriterionModel:
        for problem, hint in (*_kind_problems(self), *_level_problems(self)):
            raise wrong(f"criterion {self.id}: {problem}", hint)
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


class ScorecardModel(Strict):
    """A scorecard."""

    id: Identifier
    version: Annotated[str, Field(min_length=1), BeforeValidator(_version)]
    title: TitleModel
    points: Points = 100.0
    pass_points: Number | None = None
    min_assessed_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    bonus_max: Number = 0.0
    timing: TimingModel | None = None
    sections: Annotated[list[SectionModel], Field(min_length=1)]


def load_scorecard(path_or_name: Path | str, rules_dir: Path, ruleset: Ruleset | None = None) -> Scorecard:
    """Read a scorecard.

    Args:
        path_or_name: A file, or the name of one in `rules_dir`/scorecards ("inbound").
        rules_dir: Folder of rules.
        ruleset: Where given, every rule that the card names must be in it and give findings.

    Raises:
        RulesetError: With every mistake of the file.
    """
    file = read_source(_find(path_or_name, rules_dir))
    issues = list(file.issues)
    model = None
    if file.data is not None:
        try:
            model = ScorecardModel.model_validate(file.data)
        except ValidationError as error:
            issues += issues_of(error, file, ())
    issues += _cross_issues(file, model)
    if ruleset is not None:
        issues += _rule_issues(file, ruleset)
    if issues or model is None:
        raise RulesetError(issues)
    card = _scorecard(model)
    return replace(card, digest=_digest(card))


def scorecard_names(rules_dir: Path) -> list[str]:
    """Names of the scorecards in a folder of rules, sorted."""
    folder = rules_dir / SCORECARDS
    return sorted(path.stem for path in folder.glob("*") if path.suffix in SUFFIXES) if folder.is_dir() else []


def rule_uses(rules_dir: Path) -> tuple[RuleUse, ...]:
    """Every place where a scorecard of a folder names a rule, for `lint`; unreadable files name none."""
    files = [read_source(_find(name, rules_dir)) for name in scorecard_names(rules_dir)]
    return tuple(RuleUse(file.path, file.place(at)[0], rule) for file in files for at, rule in _named_rules(file))


def double_cards(rules_dir: Path) -> Iterator[Issue]:
    """Scorecards of a folder that share id and version, so that no score tells which of them it is by."""
    first: dict[tuple[str, str], File] = {}
    for name in scorecard_names(rules_dir):
        file = read_source(_find(name, rules_dir))
        data = file.data if isinstance(file.data, dict) else {}
        if "id" not in data or "version" not in data:
            continue
        key = str(data["id"]), str(data["version"])
        before = first.setdefault(key, file)
        if before is not file:
            message = f"scorecard {key[0]!r} version {key[1]} is already in {before.path}"
            yield file.issue(("id",), message, hint="give one of them another id or version")


def _find(path_or_name: Path | str, rules_dir: Path) -> Path:
    given = Path(path_or_name)
    if given.suffix in SUFFIXES or given.is_file():
        return given
    for suffix in SUFFIXES:
        if (path := rules_dir / SCORECARDS / f"{path_or_name}{suffix}").is_file():
            return path
    known = ", ".join(scorecard_names(rules_dir)) or "none"
    where = str(rules_dir / SCORECARDS)
    raise RulesetError([Issue(where, 0, f"no scorecard {str(path_or_name)!r}", f"there: {known}; or give a file")])


def _kind_problems(model: CriterionModel) -> Iterator[tuple[str, str]]:
    if model.source == "manual" and model.all_rules:
        yield "a manual criterion has no rules", "source: assisted shows rules as hints"
    if model.source != "manual" and not model.all_rules:
        yield f"source {model.source} needs rules", "rules: [OPEN-001], or source: manual"
    if (model.kind == "per_hit") != (model.per_hit is not None):
        yield "kind per_hit and the key per_hit go together", "kind: per_hit with per_hit: {points: 2, cap: 6}"
    if (model.kind == "graded") != bool(model.levels):
        yield "kind graded and the key levels go together", "kind: graded with levels: [...]"
    if model.kind == "bonus" and model.fatal != "none":
        yield "a bonus cannot be fatal", "fatal: none"


def _level_problems(model: CriterionModel) -> Iterator[tuple[str, str]]:
    levels = model.levels
    if not levels:
        return
    if len(levels) < 2:
        yield "graded needs at least two levels", ""
    if any(one.points <= other.points for one, other in pairwise(levels)):
        yield "levels go from most points to fewest", ""
    if abs(levels[0].points - model.points) > _EPSILON:
        yield f"the highest level has {levels[0].points:g} points, the criterion {model.points:g}", "make them equal"
    if model.source != "manual" and (levels[-1].rules or not all(level.rules for level in levels[:-1])):
        yield "every level but the lowest needs rules, the lowest none", ""


def _cross_issues(file: File, model: ScorecardModel | None) -> Iterator[Issue]:
    """What is wrong between criteria; told from the raw file, so that it is found beside mistakes of shape."""
    for what, places in (("section", _ids(file, deep=False)), ("criterion", _ids(file, deep=True))):
        seen: dict[str, Path_] = {}
        for at, name in places:
            if name in seen:
                yield file.issue(
                    at, f"{what} id {name!r} stands twice", hint=f"first on line {file.place(seen[name])[0]}"
                )
            seen.setdefault(name, at)
    if model is None:
        return
    total = sum(line.points for section in model.sections for line in section.criteria if line.kind != "bonus")
    if abs(total - model.points) > _EPSILON:
        hint = "change the points of criteria or of the card"
        yield file.issue(
            ("points",), f"the criteria add up to {total:g} points, the card has {model.points:g}", hint=hint
        )
    if model.pass_points is not None and model.pass_points > model.points:
        yield file.issue(
            ("pass_points",), f"pass_points {model.pass_points:g} is more than the card's {model.points:g}"
        )


def _criteria(file: File) -> Iterator[tuple[Path_, dict[str, Any]]]:
    """Every criterion of a file whose shape allows to find it."""
    for at, section in _mappings(file.data, "sections", ()):
        yield from _mappings(section, "criteria", at)


def _mappings(data: Any, key: str, at: Path_) -> Iterator[tuple[Path_, dict[str, Any]]]:
    parts = data.get(key) if isinstance(data, dict) else None
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield (*at, key, index), part


def _ids(file: File, *, deep: bool) -> Iterator[tuple[Path_, str]]:
    for at, data in _criteria(file) if deep else _mappings(file.data, "sections", ()):
        if isinstance(data.get("id"), str):
            yield (*at, "id"), data["id"]


def _rule_issues(file: File, ruleset: Ruleset) -> Iterator[Issue]:
    known = {rule.id: rule.status for rule in ruleset.rules}
    for at, name in _named_rules(file):
        status = known.get(name)
        if status is None:
            yield file.issue(at, f"there is no rule {name}", hint=did_you_mean(name, known))
        elif status in (Status.DRAFT, Status.RETIRED):
            yield file.issue(at, f"rule {name} is {status.value} and gives no findings", hint="take it off the card")


def _named_rules(file: File) -> Iterator[tuple[Path_, str]]:
    for at, criterion in _criteria(file):
        for place, holder in ((at, criterion), *_mappings(criterion, "levels", at)):
            rules = holder.get("rules")
            listed = [rules] if isinstance(rules, str) else rules if isinstance(rules, list) else []
            yield from (((*place, "rules", i), rule) for i, rule in enumerate(listed) if isinstance(rule, str))


def _scorecard(model: ScorecardModel) -> Scorecard:
    sections = tuple(
        Section(id=section.id, title=section.title.model_dump(), criteria=tuple(map(_criterion, section.criteria)))
        for section in model.sections
    )
    return Scorecard(
        id=model.id,
        version=model.version,
        title=model.title.model_dump(),
        sections=sections,
        points=model.points,
        pass_points=model.pass_points,
        min_assessed_share=model.min_assessed_share,
        bonus_max=model.bonus_max,
        timing=model.timing.options() if model.timing else None,
    )


def _criterion(model: CriterionModel) -> Criterion:
    return Criterion(
        id=model.id,
        title=model.title.model_dump(),
        points=model.points,
        kind=Kind(model.kind),
        source=Source(model.source),
        rules=tuple(model.all_rules),
        error_class=ErrorClass(model.class_),
        fatal=Fatal(model.fatal),
        per_hit=model.per_hit.points if model.per_hit else 0.0,
        cap=model.per_hit.cap if model.per_hit else None,
        levels=tuple(Level(points=x.points, anchor=x.anchor, rules=tuple(x.rules)) for x in model.levels),
        applies_when={name: tuple(values) for name, values in model.applies_when.items()},
        guidance=model.guidance,
    )


def _digest(card: Scorecard) -> str:
    """sha256 over what the card says; layout and comments do not matter."""
    said = asdict(card)
    if card.timing is None:
        del said["timing"]  # cards that say nothing of it keep the digest they had
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
