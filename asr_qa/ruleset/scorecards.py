"""Scorecard files to scorecards: strict shape, every mistake with file and line, every rule named must exist."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

from asr_qa.core.card import Band, Criterion, Fatal, Kind, Level, Scorecard, Section, Source, VerdictIs, When
from asr_qa.core.finding import Verdict
from asr_qa.core.rule import ErrorClass, Ruleset
from asr_qa.errors import Issue, RulesetError
from asr_qa.messages import issue_of, say
from asr_qa.ruleset.cardchoice import choice_issues, second_rest
from asr_qa.ruleset.cardlint import named_rules, rule_issues, shape_issues, wisdom
from asr_qa.ruleset.cardshape import CameOutModel, CriterionModel, ScorecardModel, WhenModel, shaped
from asr_qa.ruleset.lint import RuleUse
from asr_qa.ruleset.loader import SCORECARDS, SUFFIXES, issues_of
from asr_qa.ruleset.packs import card_folders
from asr_qa.ruleset.source import Path_, read_source
from asr_qa.ruleset.source import Source as File

AUTO = "auto"
"""Name that has each call's card chosen by `applies_when` of the cards."""


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
    model, issues = _read(file)
    if ruleset is not None:
        issues += rule_issues(file, ruleset, retired=model is not None and model.status == "retired")
    if issues or model is None:
        raise RulesetError(issues)
    card = _scorecard(model)
    return replace(card, digest=_digest(card))


def load_cards(name: Path | str, rules_dir: Path, ruleset: Ruleset) -> tuple[Scorecard, ...]:
    """The cards that calls are scored on: one for all of them, or with AUTO every card in use of the folder.

    Returns:
        The card named; with AUTO first the one for calls that no other is for, then the others by name.

    Raises:
        RulesetError: As `load_active`; with AUTO also where not exactly one card is for all other calls.
    """
    if str(name) != AUTO:
        return (load_active(name, rules_dir, ruleset),)
    files = {one: _find(one, rules_dir) for one in scorecard_names(rules_dir)}
    cards = {one: load_scorecard(one, rules_dir, ruleset) for one in files}
    used = {one: card for one, card in cards.items() if not card.retired}
    rest = [one for one, card in used.items() if not card.applies_when]
    if len(rest) == 1:
        return (used.pop(rest[0]), *used.values())
    if not rest:
        raise RulesetError([issue_of(str(rules_dir / SCORECARDS), 0, say("no_card_for_rest"), say("leave_out_of_one"))])
    raise RulesetError([second_rest(read_source(files[one]), read_source(files[rest[0]])) for one in rest[1:]])


def load_active(path_or_name: Path | str, rules_dir: Path, ruleset: Ruleset) -> Scorecard:
    """Read a scorecard that calls are to be scored on.

    Raises:
        RulesetError: As `load_scorecard`, and where the card is retired.
    """
    card = load_scorecard(path_or_name, rules_dir, ruleset)
    if card.retired:
        path, said = str(_find(path_or_name, rules_dir)), say("card_retired", card=card.label)
        raise RulesetError([issue_of(path, 0, said, say("name_another_card"))])
    return card


def card_issues(rules_dir: Path, ruleset: Ruleset | None = None) -> list[Issue]:
    """Everything wrong or unwise with the scorecards of a folder, every file read whatever the others hold.

    Args:
        rules_dir: Folder of rules.
        ruleset: Its rules, where they can be read; without it rules that do not exist are not told.
    """
    issues = list(double_cards(rules_dir))
    used: list[tuple[File, ScorecardModel]] = []
    for name in scorecard_names(rules_dir):
        file = read_source(_find(name, rules_dir))
        model, wrong = _read(file)
        issues += wrong
        if model is not None and not wrong:
            issues += wisdom(file, model, ruleset)
            used += [(file, model)] if model.status == "active" else []
    return [*issues, *choice_issues(used)]


def rules_of_others(rules_dir: Path, card: Scorecard) -> frozenset[str]:
    """Rules that only other cards of the folder name: they say nothing about calls scored on this one."""
    own = {rule for criterion in card.criteria for rule in criterion.rules} | _looked_at(card)
    return frozenset(use.rule_id for use in rule_uses(rules_dir, retired=True)) - own


def _looked_at(card: Scorecard) -> set[str]:
    whens = [criterion.when for criterion in card.criteria if criterion.when is not None]
    found: set[str] = set()
    while whens:
        when = whens.pop()
        found |= {one.id for one in when.rules}
        whens += when.any_of
    return found


def _read(file: File) -> tuple[ScorecardModel | None, list[Issue]]:
    """A file as its model, with everything that is wrong with the file taken by itself."""
    issues = list(file.issues)
    model, error = shaped(file.data) if file.data is not None else (None, None)
    if error is not None:
        issues += issues_of(error, file, (), model=ScorecardModel)
    return model, [*issues, *shape_issues(file, model)]


def scorecard_names(rules_dir: Path) -> list[str]:
    """Names of the scorecards in a folder of rules and in the packs it builds on, sorted."""
    files = (path for folder in card_folders(rules_dir) for path in folder.glob("*") if path.suffix in SUFFIXES)
    return sorted({path.stem for path in files})


def rule_uses(rules_dir: Path, *, retired: bool = False) -> tuple[RuleUse, ...]:
    """Every place where a scorecard of a folder names a rule; unreadable files name none.

    Args:
        rules_dir: Folder of rules.
        retired: Also the cards that nothing is scored on any more.
    """
    files = [read_source(_find(name, rules_dir)) for name in scorecard_names(rules_dir)]
    active = [file for file in files if retired or _status(file) != "retired"]
    return tuple(RuleUse(file.path, file.place(at)[0], rule, file.place(at)[1]) for file, at, rule in _uses(active))


def _uses(files: Iterable[File]) -> Iterator[tuple[File, Path_, str]]:
    for file in files:
        yield from ((file, at, rule) for at, rule in named_rules(file))


def _status(file: File) -> object:
    return file.data.get("status") if isinstance(file.data, dict) else None


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
            said = say("card_twice", name=key[0], version=key[1], path=before.path)
            yield file.issue(("id",), said, hint=say("other_id_or_version"))


def _find(path_or_name: Path | str, rules_dir: Path) -> Path:
    given = Path(path_or_name)
    if given.suffix in SUFFIXES or given.is_file():
        return given
    for folder, suffix in product(card_folders(rules_dir), SUFFIXES):
        if (path := folder / f"{path_or_name}{suffix}").is_file():
            return path
    known = tuple(scorecard_names(rules_dir))
    hint = say("cards_there", names=known) if known else say("no_cards_there")
    where = str(rules_dir / SCORECARDS)
    raise RulesetError([issue_of(where, 0, say("no_card", name=str(path_or_name)), hint)])


def _scorecard(model: ScorecardModel) -> Scorecard:
    sections = tuple(
        Section(
            id=section.id,
            title=section.title.model_dump(),
            criteria=tuple(map(_criterion, section.criteria)),
            cap=section.cap,
        )
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
        bands=tuple(Band(id=one.id, title=one.title.model_dump(), at_least=one.from_) for one in model.bands),
        retired=model.status == "retired",
        applies_when={name: tuple(values) for name, values in model.applies_when.items()},
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
        applies_when=_facts(model.applies_when),
        guidance=model.guidance,
        when=_when(model.applies_when) if model.applies_when.looks else None,
    )


def _facts(model: WhenModel) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in model.facts.items()}


def _when(model: WhenModel, *, nested: bool = False) -> When:
    """What is asked besides facts; in `any` the facts too."""
    return When(
        rules=tuple(map(_came_out, model.rule)),
        criteria=tuple(map(_came_out, model.criterion)),
        any_of=tuple(_when(part, nested=True) for part in model.any or ()),
        facts=_facts(model) if nested else {},
    )


def _came_out(model: CameOutModel) -> VerdictIs:
    return VerdictIs(id=model.id, verdicts=tuple(map(Verdict, model.verdict)))


def _digest(card: Scorecard) -> str:
    """sha256 over what the card says; layout and comments do not matter, nor which calls it is for."""
    said = asdict(card)
    del said["retired"], said["applies_when"]
    # Cards that say nothing of what came to be later keep the digest they had.
    _drop(said, "timing", None)
    _drop(said, "bands", ())
    for section in said["sections"]:
        _drop(section, "cap", None)
        for criterion in section["criteria"]:
            _drop(criterion, "when", None)
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _drop(said: dict[str, Any], name: str, unsaid: object) -> None:
    if said[name] == unsaid:
        del said[name]
