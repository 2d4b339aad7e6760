"""What is wrong or unwise in a scorecard file, each with its line, column and a hint."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from asr_qa.core.rule import Ruleset, Status
from asr_qa.errors import Issue
from asr_qa.ruleset.cardshape import EPSILON, ScorecardModel, WhenModel
from asr_qa.ruleset.schema import did_you_mean
from asr_qa.ruleset.source import Path_
from asr_qa.ruleset.source import Source as File


def shape_issues(file: File, model: ScorecardModel | None) -> Iterator[Issue]:
    """Errors between the parts of a card; told from the raw file where possible, beside mistakes of shape."""
    yield from _doubles(file)
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
            yield file.issue(at, f"there is no rule {name}", hint=did_you_mean(name, known))
        elif status is Status.DRAFT:
            yield file.issue(at, f"rule {name} is draft and gives no findings", hint="take it off the card")
        elif status is Status.RETIRED:
            hint = "take it off a new version of the card; if sheets refer to this one, keep it with status: retired"
            yield file.issue(at, f"rule {name} is retired and gives no findings", hint=hint)


def wisdom(file: File, model: ScorecardModel, ruleset: Ruleset | None) -> Iterator[Issue]:
    """Warnings: a card that can be used, and will surprise somebody."""
    if model.status == "retired":
        return
    yield from _shared_rules(file)
    yield from _machine_share(file, model)
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
                hint = f"first on line {file.place(seen[name])[0]}"
                yield file.issue(place, f"{what} id {name!r} stands twice", hint=hint)
            seen.setdefault(name, place)


def _totals(file: File, model: ScorecardModel) -> Iterator[Issue]:
    total = sum(section.total for section in model.sections)
    if abs(total - model.points) > EPSILON:
        message = f"the criteria add up to {total:g} points, the card has {model.points:g}"
        hint = "bonus criteria do not count" if total == 0 else "change the points of criteria or of the card"
        yield file.issue(("points",), message, hint=hint)
    if model.pass_points is not None and model.pass_points > model.points:
        message = f"pass_points {model.pass_points:g} is more than the card's {model.points:g}"
        yield file.issue(("pass_points",), message, hint="no call could pass")
    for index, section in enumerate(model.sections):
        at: Path_ = ("sections", index)
        if section.points is not None and abs(section.points - section.total) > EPSILON:
            message = f"the criteria of section {section.id} add up to {section.total:g} points, not {section.points:g}"
            yield file.issue((*at, "points"), message, hint="change the criteria or the section's points")
        if section.cap is not None and section.cap > section.total + EPSILON:
            message = f"section {section.id} may lose {section.cap:g} points and has {section.total:g}"
            yield file.issue((*at, "cap"), message, hint="a cap below its points, or none")
    bonus = sum(line.points for section in model.sections for line in section.criteria if line.kind == "bonus")
    if model.bonus_max > bonus + EPSILON:
        message = f"bonus_max {model.bonus_max:g} is never reached: bonus criteria add up to {bonus:g}"
        yield file.issue(("bonus_max",), message, hint=f"bonus_max: {bonus:g}")


def _bands(file: File, model: ScorecardModel) -> Iterator[Issue]:
    bands = model.bands
    for index, (higher, lower) in enumerate(pairwise(bands), start=1):
        at: Path_ = ("bands", index)
        if lower.from_ >= higher.from_:
            message = f"band {lower.id} is from {lower.from_:g}, not below {higher.id} from {higher.from_:g}"
            yield file.issue((*at, "from"), message, hint="from the highest band to the lowest")
        elif lower.below is not None and abs(lower.below - higher.from_) > EPSILON:
            what = "overlaps" if lower.below > higher.from_ else "leaves a gap to"
            message = f"band {lower.id} below {lower.below:g} {what} {higher.id} from {higher.from_:g}"
            yield file.issue((*at, "below"), message, hint=f"below: {higher.from_:g}, or leave it out")
    top = model.points + model.bonus_max
    for index, band in enumerate(bands):
        if band.from_ > top + EPSILON:
            message = f"band {band.id} from {band.from_:g} is never reached: a sheet has at most {top:g} points"
            yield file.issue(("bands", index, "from"), message, hint="a lower limit")
    if bands and bands[0].below is not None and bands[0].below <= top + EPSILON:
        message = f"band {bands[0].id} ends below {bands[0].below:g}, a sheet may have {top:g} points"
        yield file.issue(("bands", 0, "below"), message, hint="leave it out")
    if bands and bands[-1].from_ > 0:
        message = f"no band for sheets below {bands[-1].from_:g} points"
        yield file.issue(("bands", len(bands) - 1, "from"), message, hint="the lowest band is from: 0")
    limits = {band.from_ for band in bands}
    if bands and model.pass_points is not None and model.pass_points not in limits:
        message = f"no band begins at pass_points {model.pass_points:g}: calls of one band would pass and fail"
        yield file.issue(("pass_points",), message, hint="make it the limit of a band")


def _conditions(file: File, model: ScorecardModel) -> Iterator[Issue]:
    """Conditions on criteria that do not exist, or that lead back to themselves."""
    whens = {line.id: line.applies_when for section in model.sections for line in section.criteria}
    for at, criterion in criteria_of(file):
        for place, name in _looked_at(criterion.get("applies_when"), (*at, "applies_when"), "criterion"):
            if name not in whens:
                yield file.issue(place, f"there is no criterion {name}", hint=did_you_mean(name, whens))
            elif criterion["id"] in _reached(name, whens):
                message = f"criterion {criterion['id']} rests on itself" + (
                    "" if name == criterion["id"] else f" by way of {name}"
                )
                yield file.issue(place, message, hint="break the circle")


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


def _shared_rules(file: File) -> Iterator[Issue]:
    """One rule under two criteria: one mistake that costs twice."""
    first: dict[str, tuple[Path_, str]] = {}
    for at, criterion in criteria_of(file):
        name = str(criterion.get("id"))
        for place, rule in _own_rules(criterion, at):
            where, other = first.setdefault(rule, (place, name))
            if other != name:
                message = f"rule {rule} is on criterion {other} already: one mistake costs twice"
                hint = f"line {file.place(where)[0]}; keep it in one place"
                yield file.issue(place, message, hint=hint, severity="warning")


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
        message = f"the machine can assess {auto:.0%} of the card, below min_assessed_share: no call has a total before"
        hint = "fewer manual criteria, or a lower min_assessed_share"
        yield file.issue(("min_assessed_share",), message + " its review", hint=hint, severity="warning")


def _hints_that_decide(file: File, model: ScorecardModel, ruleset: Ruleset) -> Iterator[Issue]:
    """Rules that are hints only, on criteria that the machine decides."""
    assisted = {rule.id for rule in ruleset.rules if rule.assisted}
    sources = {line.id: line.source for section in model.sections for line in section.criteria}
    for at, criterion in criteria_of(file):
        if sources[str(criterion["id"])] != "auto":
            continue
        for place, rule in _own_rules(criterion, at):
            if rule in assisted:
                message = f"rule {rule} is assisted, a hint for a person, and decides here"
                yield file.issue(place, message, hint="source: assisted", severity="warning")
