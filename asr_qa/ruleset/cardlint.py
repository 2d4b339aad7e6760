"""What is wrong or unwise in a scorecard file, each with its line, column and a hint."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from asr_qa.core.rule import Ruleset, Status
from asr_qa.errors import Issue
from asr_qa.messages import say
from asr_qa.ruleset.cardchoice import DIRECTIONS
from asr_qa.ruleset.cardshape import EPSILON, ScorecardModel, WhenModel
from asr_qa.ruleset.fields import code_of
from asr_qa.ruleset.schema import guess
from asr_qa.ruleset.source import Path_
from asr_qa.ruleset.source import Source as File


def shape_issues(file: File, model: ScorecardModel | None) -> Iterator[Issue]:
    """Errors between the parts of a card; told from the raw file where possible, beside mistakes of shape."""
    yield from _doubles(file)
    yield from _languages(file)
    if model is None:
        return
    yield from _totals(file, model)
    yield from _bands(file, model)
    yield from _conditions(file, model)


def rule_issues(file: File, ruleset: Ruleset, *, retired: bool = False) -> Iterator[Issue]:
    """Rules that a card names and that give it no findings.

    Args:
        file: The card.
        ruleset: The rules there are.
        retired: The card is kept for old sheets only, so its rules may be gone.
    """
    known = {rule.id: rule.status for rule in ruleset.rules}
    for at, name in () if retired else named_rules(file):
        status = known.get(name)
        if status is None:
            yield file.issue(at, say("no_rule", name=name), hint=guess(name, known))
        elif status is Status.DRAFT:
            yield file.issue(at, say("rule_draft", rule=name), hint=say("take_off"))
        elif status is Status.RETIRED:
            yield file.issue(at, say("rule_retired", rule=name), hint=say("take_off_new"))


def wisdom(file: File, model: ScorecardModel, ruleset: Ruleset | None) -> Iterator[Issue]:
    """Warnings: a card that can be used, and will surprise somebody."""
    if model.status == "retired":
        return
    yield from _shared_rules(file)
    yield from _machine_share(file, model)
    yield from _directions(file)
    if ruleset is not None:
        yield from _hints_that_decide(file, model, ruleset)


def named_rules(file: File) -> Iterator[tuple[Path_, str]]:
    """Every rule that the criteria of a file name, levels and conditions included, with its place."""
    for at, criterion in criteria_of(file):
        for place, holder in ((at, criterion), *_mappings(criterion, "levels", at)):
            rules = holder.get("rules")
            listed = [rules] if isinstance(rules, str) else rules if isinstance(rules, list) else []
            yield from (((*place, "rules", i), rule) for i, rule in enumerate(listed) if isinstance(rule, str))
        yield from _looked_at(criterion.get("applies_when"), (*at, "applies_when"), "rule")


def criteria_of(file: File) -> Iterator[tuple[Path_, dict[str, Any]]]:
    """Every criterion of a file whose shape allows to find it."""
    for at, section in _mappings(file.data, "sections", ()):
        yield from _mappings(section, "criteria", at)


def _looked_at(when: Any, at: Path_, key: str) -> Iterator[tuple[Path_, str]]:
    """The rules or criteria that a condition names."""
    if not isinstance(when, dict):
        return
    named = when.get(key)
    for index, one in enumerate(named if isinstance(named, list) else [named]):
        name = one.get("id") if isinstance(one, dict) else one
        if isinstance(name, str):
            yield (*at, key, index), name
    parts = when.get("any")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        yield from _looked_at(part, (*at, "any", index), key)


def _mappings(data: Any, key: str, at: Path_) -> Iterator[tuple[Path_, dict[str, Any]]]:
    parts = data.get(key) if isinstance(data, dict) else None
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        if isinstance(part, dict):
            yield (*at, key, index), part


def _doubles(file: File) -> Iterator[Issue]:
    groups = (("section", _mappings(file.data, "sections", ())), ("criterion", criteria_of(file)))
    bands = (("band", _mappings(file.data, "bands", ())),)
    for what, holders in (*groups, *bands):
        seen: dict[str, Path_] = {}
        for at, data in holders:
            name, place = data.get("id"), (*at, "id")
            if not isinstance(name, str):
                continue
            if name in seen:
                hint = say("first_on_line", line=file.place(seen[name])[0])
                yield file.issue(place, say("id_twice", what=say(f"part_{what}"), name=name), hint=hint)
            seen.setdefault(name, place)


def _totals(file: File, model: ScorecardModel) -> Iterator[Issue]:
    total = sum(section.total for section in model.sections)
    if abs(total - model.points) > EPSILON:
        hint = say("bonus_not_counted" if total == 0 else "change_points")
        yield file.issue(("points",), say("card_total", total=total, points=model.points), hint=hint)
    if model.pass_points is not None and model.pass_points > model.points:
        said = say("pass_over", value=model.pass_points, points=model.points)
        yield file.issue(("pass_points",), said, hint=say("none_could_pass"))
    for index, section in enumerate(model.sections):
        at: Path_ = ("sections", index)
        if section.points is not None and abs(section.points - section.total) > EPSILON:
            said = say("section_total", id=section.id, total=section.total, points=section.points)
            yield file.issue((*at, "points"), said, hint=say("change_section"))
        if section.cap is not None and section.cap > section.total + EPSILON:
            said = say("section_cap", id=section.id, cap=section.cap, total=section.total)
            yield file.issue((*at, "cap"), said, hint=say("lower_cap"))
    bonus = sum(line.points for section in model.sections for line in section.criteria if line.kind == "bonus")
    if model.bonus_max > bonus + EPSILON:
        said = say("bonus_never", value=model.bonus_max, bonus=bonus)
        yield file.issue(("bonus_max",), said, hint=say("write_bonus", bonus=bonus))


def _bands(file: File, model: ScorecardModel) -> Iterator[Issue]:
    bands = model.bands
    for index, (higher, lower) in enumerate(pairwise(bands), start=1):
        at: Path_ = ("bands", index)
        if lower.from_ >= higher.from_:
            said = say("band_order", id=lower.id, low=lower.from_, other=higher.id, high=higher.from_)
            yield file.issue((*at, "from"), said, hint=say("bands_down"))
        elif lower.below is not None and abs(lower.below - higher.from_) > EPSILON:
            code = "band_overlap" if lower.below > higher.from_ else "band_gap"
            said = say(code, id=lower.id, below=lower.below, other=higher.id, high=higher.from_)
            yield file.issue((*at, "below"), said, hint=say("write_below", value=higher.from_))
    top = model.points + model.bonus_max
    for index, band in enumerate(bands):
        if band.from_ > top + EPSILON:
            said = say("band_never", id=band.id, low=band.from_, top=top)
            yield file.issue(("bands", index, "from"), said, hint=say("lower_limit"))
    if bands and bands[0].below is not None and bands[0].below <= top + EPSILON:
        said = say("band_top", id=bands[0].id, below=bands[0].below, top=top)
        yield file.issue(("bands", 0, "below"), said, hint=say("leave_out"))
    if bands and bands[-1].from_ > 0:
        said = say("band_bottom", low=bands[-1].from_)
        yield file.issue(("bands", len(bands) - 1, "from"), said, hint=say("lowest_band"))
    limits = {band.from_ for band in bands}
    if bands and model.pass_points is not None and model.pass_points not in limits:
        said = say("band_pass", value=model.pass_points)
        yield file.issue(("pass_points",), said, hint=say("make_limit"))


def _conditions(file: File, model: ScorecardModel) -> Iterator[Issue]:
    """Conditions on criteria that do not exist, or that lead back to themselves."""
    whens = {line.id: line.applies_when for section in model.sections for line in section.criteria}
    for at, criterion in criteria_of(file):
        for place, name in _looked_at(criterion.get("applies_when"), (*at, "applies_when"), "criterion"):
            if name not in whens:
                yield file.issue(place, say("no_criterion", name=name), hint=guess(name, whens))
            elif criterion["id"] in _reached(name, whens):
                own = name == criterion["id"]
                way = {} if own else {"way": name}
                said = say("rests_on_itself" if own else "rests_by_way", id=criterion["id"], **way)
                yield file.issue(place, said, hint=say("break_circle"))


def _reached(name: str, whens: dict[str, WhenModel]) -> set[str]:
    """A criterion and everything its conditions lead to."""
    found, ahead = set[str](), [name]
    while ahead:
        one = ahead.pop()
        if one in found or one not in whens:
            continue
        found.add(one)
        ahead += _criteria_in(whens[one])
    return found


def _criteria_in(when: WhenModel) -> Iterator[str]:
    yield from (one.id for one in when.criterion)
    for part in when.any or ():
        yield from _criteria_in(part)


def _languages(file: File) -> Iterator[Issue]:
    """Languages that no call has."""
    for at, value in _facts(file, "language"):
        if (code := code_of(value)) != value:
            hint = say("write_word", word=code) if code else say("language_codes")
            yield file.issue(at, say("no_language", value=value), hint=hint)


def _directions(file: File) -> Iterator[Issue]:
    """Directions that no call has, on criteria."""
    for at, value in _facts(file, "direction"):
        if value not in DIRECTIONS and at[0] == "sections":
            hint = say("known_are", names=DIRECTIONS)
            yield file.issue(at, say("no_direction", value=value), hint=hint, severity="warning")


def _facts(file: File, name: str) -> Iterator[tuple[Path_, str]]:
    """The values that conditions of a card ask a fact for, with their places."""
    held: list[tuple[Path_, dict[str, Any]]] = [((), file.data)] if isinstance(file.data, dict) else []
    for at, holder in (*held, *criteria_of(file)):
        yield from _values((*at, "applies_when"), holder.get("applies_when"), name)


def _values(at: Path_, when: Any, name: str) -> Iterator[tuple[Path_, str]]:
    if not isinstance(when, dict):
        return
    named = when.get(name)
    for index, value in enumerate(named if isinstance(named, list) else [named]):
        if isinstance(value, str):
            yield (*at, name, index) if isinstance(named, list) else (*at, name), value
    parts = when.get("any")
    for index, part in enumerate(parts if isinstance(parts, list) else ()):
        yield from _values((*at, "any", index), part, name)


def _shared_rules(file: File) -> Iterator[Issue]:
    """One rule under two criteria: one mistake that costs twice."""
    first: dict[str, tuple[Path_, str]] = {}
    for at, criterion in criteria_of(file):
        name = str(criterion.get("id"))
        for place, rule in _own_rules(criterion, at):
            where, other = first.setdefault(rule, (place, name))
            if other != name:
                hint = say("keep_one", line=file.place(where)[0])
                yield file.issue(place, say("costs_twice", rule=rule, other=other), hint=hint, severity="warning")


def _own_rules(criterion: dict[str, Any], at: Path_) -> Iterator[tuple[Path_, str]]:
    rules = criterion.get("rules")
    holders = [(at, rules), *((place, level.get("rules")) for place, level in _mappings(criterion, "levels", at))]
    for place, named in holders:
        listed = [named] if isinstance(named, str) else named if isinstance(named, list) else []
        yield from (((*place, "rules", i), rule) for i, rule in enumerate(listed) if isinstance(rule, str))


def _machine_share(file: File, model: ScorecardModel) -> Iterator[Issue]:
    lines = [line for section in model.sections for line in section.criteria if line.kind != "bonus"]
    auto = sum(line.points for line in lines if line.source == "auto") / model.points
    if auto < model.min_assessed_share - EPSILON:
        said = say("machine_share", share=auto)
        yield file.issue(("min_assessed_share",), said, hint=say("fewer_manual"), severity="warning")


def _hints_that_decide(file: File, model: ScorecardModel, ruleset: Ruleset) -> Iterator[Issue]:
    """Rules that are hints only, on criteria that the machine decides."""
    assisted = {rule.id for rule in ruleset.rules if rule.assisted}
    sources = {line.id: line.source for section in model.sections for line in section.criteria}
    for at, criterion in criteria_of(file):
        if sources[str(criterion["id"])] != "auto":
            continue
        for place, rule in _own_rules(criterion, at):
            if rule in assisted:
                said = say("assisted_decides", rule=rule)
                yield file.issue(place, said, hint=say("source_assisted"), severity="warning")
