"""Rules with one thing wrong in each, to find out whether their cases would notice.

A mutant is a rule in which one value is another: the party, a window, what is forbidden, a phrase. Cases that pass
all the same do not tell the rule from the mutant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Literal, NamedTuple

from asr_qa.core.kinds import Bounds, EventFilter, Metric, Phrase, Regex, Repetition, Script
from asr_qa.core.recording import Role
from asr_qa.core.rule import AllOf, Anchor, AnyOf, AppliesWhen, Not, Rule, Ruleset, Scope, Sequence, Within
from asr_qa.ruleset.cases import Case, run_case

CORE_GROUPS = frozenset({"role", "window", "polarity"})
"""Groups that cases must tell from the rule nearly always."""

_SWAPPED = {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}
_MOVED = {
    "first_seconds": "last_seconds",
    "last_seconds": "first_seconds",
    "first_percent": "last_percent",
    "last_percent": "first_percent",
    "first_sentences": "last_sentences",
    "last_sentences": "first_sentences",
}
_TURNED = {"at_most": "at_least", "at_least": "at_most", "above": "below", "below": "above"}
_Hit = int | Literal["last", "any", "each"]
_HITS: dict[_Hit, tuple[_Hit, ...]] = {
    1: ("last", 2),
    2: (1, 3),
    "any": (1, "each"),
    "each": (1, "any"),
    "last": (1,),
}
_BY_SOUND = ("homophone", "near", "fuzzy")


class Change(NamedTuple):
    """One thing to be made wrong."""

    group: str
    """role, window, polarity, anchor, bound, exception, applies, match or phrase."""
    what: str
    value: Any
    """The part of the rule with the change in it."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule with one thing wrong."""

    rule: Rule
    group: str
    key: str
    """Where and what: "condition.scope.role swapped"; the same for the same rule every time."""


def mutants(rule: Rule) -> Iterator[Mutant]:
    """Every mutant of a rule, each content once."""
    seen = {rule}
    for path, change in _changes(rule, ""):
        wrong: Rule = change.value
        if wrong not in seen:
            seen.add(wrong)
            yield Mutant(wrong, change.group, f"{path} {change.what}".strip())


def caught(mutant: Mutant, ruleset: Ruleset, cases: Iterable[Case]) -> bool:
    """Whether one of the cases of its rule comes out otherwise than it should."""
    rules = tuple(mutant.rule if rule.id == mutant.rule.id else rule for rule in ruleset.rules)
    wrong = replace(ruleset, rules=rules)
    return any(not run_case(wrong, case).ok for case in cases if case.rule_id == mutant.rule.id)


def _changes(value: Any, path: str) -> Iterator[tuple[str, Change]]:
    """Every change within a value: its own, then those within its parts."""
    for change in _OWN.get(type(value), _nothing)(value):
        yield path, change
    if is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            part = getattr(value, field.name)
            for below, change in _changes(part, f"{path}.{field.name}".strip(".")):
                yield below, change._replace(value=replace(value, **{field.name: change.value}))
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            for below, change in _changes(part, f"{path}[{index}]"):
                yield below, change._replace(value=(*value[:index], change.value, *value[index + 1 :]))


def _nothing(_value: Any) -> Iterator[Change]:
    return iter(())


def _rule(rule: Rule) -> Iterator[Change]:
    yield Change("polarity", "flipped", replace(rule, polarity="forbid" if rule.polarity == "require" else "require"))
    if rule.exceptions is not None:
        yield Change("exception", "exceptions dropped", replace(rule, exceptions=None))


def _scope(scope: Scope) -> Iterator[Change]:
    if scope.role in _SWAPPED:
        yield Change("role", "role swapped", replace(scope, role=_SWAPPED[scope.role]))
        yield Change("role", "role dropped", replace(scope, role=None))
    if scope.within is not None:
        yield Change("window", "window removed", replace(scope, within=None))
    for index, anchor in enumerate(scope.anchors):
        rest = scope.anchors[:index] + scope.anchors[index + 1 :]
        yield Change("window", f"{anchor.side} removed", replace(scope, anchors=rest))


def _within(within: Within) -> Iterator[Change]:
    for field in fields(within):
        value = getattr(within, field.name)
        if value is None:
            continue
        for what, factor in (("doubled", 2), ("halved", 0.5)):
            other = value * factor
            if field.name.endswith("percent"):
                other = min(other, 100)
            if isinstance(value, int):
                other = max(1, int(other))
            yield Change("window", f"{field.name} {what}", replace(within, **{field.name: other}))
        if moved := _MOVED.get(field.name):
            yield Change("window", f"{field.name} moved", replace(within, **{field.name: None, moved: value}))


def _anchor(anchor: Anchor) -> Iterator[Change]:
    if anchor.role in _SWAPPED:
        yield Change("role", "role swapped", replace(anchor, role=_SWAPPED[anchor.role]))
        yield Change("role", "role dropped", replace(anchor, role=None))
    if anchor.seconds is not None:
        yield Change("window", "seconds doubled", replace(anchor, seconds=anchor.seconds * 2))
        yield Change("window", "seconds halved", replace(anchor, seconds=anchor.seconds / 2))
        if anchor.side != "near":
            yield Change("window", "seconds removed", replace(anchor, seconds=None))
    if anchor.side != "near":
        moved = replace(anchor, side="before" if anchor.side == "after" else "after")
        yield Change("window", f"{anchor.side} moved to {moved.side}", moved)
    for hit in _HITS.get(anchor.hit, (1,)):
        yield Change("anchor", f"hit {anchor.hit} is {hit}", replace(anchor, hit=hit))


def _event(event: EventFilter) -> Iterator[Change]:
    if event.by in _SWAPPED:
        yield Change("role", "by swapped", replace(event, by=_SWAPPED[event.by]))
        yield Change("role", "by dropped", replace(event, by=None))
    if event.waived is not None:
        yield Change("bound", "excused flipped", replace(event, waived=not event.waived))
        yield Change("bound", "excused dropped", replace(event, waived=None))
    if event.min_seconds:
        yield Change("bound", "min_seconds doubled", replace(event, min_seconds=event.min_seconds * 2))
        yield Change("bound", "min_seconds halved", replace(event, min_seconds=event.min_seconds / 2))


def _metric(metric: Metric) -> Iterator[Change]:
    for one, other in ((".agent", ".customer"), (".customer", ".agent")):
        if metric.name.endswith(one):
            yield Change("role", "role swapped", replace(metric, name=metric.name.removesuffix(one) + other))


def _bounds(bounds: Bounds) -> Iterator[Change]:
    for field in fields(bounds):
        value = getattr(bounds, field.name)
        if value is None:
            continue
        step = max(1.0, value * 0.2)
        yield Change("bound", f"{field.name} raised", replace(bounds, **{field.name: value + step}))
        if value - step >= 0:
            yield Change("bound", f"{field.name} lowered", replace(bounds, **{field.name: value - step}))
        if turned := _TURNED.get(field.name):
            yield Change("polarity", f"{field.name} turned", replace(bounds, **{field.name: None, turned: value}))


def _any(condition: AnyOf) -> Iterator[Change]:
    if len(condition.parts) > 1:
        yield Change("polarity", "any is all", AllOf(condition.parts))
    yield from _parts_dropped(condition.parts, AnyOf)


def _all(condition: AllOf) -> Iterator[Change]:
    if len(condition.parts) > 1:
        yield Change("polarity", "all is any", AnyOf(condition.parts))
    yield from _parts_dropped(condition.parts, AllOf)


def _parts_dropped(parts: tuple[Any, ...], make: Callable[[tuple[Any, ...]], Any]) -> Iterator[Change]:
    for index in range(len(parts) if len(parts) > 1 else 0):
        yield Change("phrase", f"part {index} dropped", make(parts[:index] + parts[index + 1 :]))


def _not(condition: Not) -> Iterator[Change]:
    yield Change("polarity", "not dropped", condition.part)


def _phrase(phrase: Phrase) -> Iterator[Change]:
    for index, text in enumerate(phrase.phrases if len(phrase.phrases) > 1 else ()):
        rest = phrase.phrases[:index] + phrase.phrases[index + 1 :]
        needed = min(phrase.needed, len(rest))
        yield Change("phrase", f"{text} dropped", replace(phrase, phrases=rest, needed=needed))
    yield from _excluded(phrase)
    if set(phrase.match) & set(_BY_SOUND):
        yield Change("match", "exact only", replace(phrase, match=("exact",)))
    yield from _counted(phrase)
    if phrase.absent:
        yield Change("polarity", "none_of is any_of", replace(phrase, absent=False))
    if phrase.needed > 1:
        yield Change("bound", "one less needed", replace(phrase, needed=phrase.needed - 1))


def _regex(regex: Regex) -> Iterator[Change]:
    if set(regex.match) & set(_BY_SOUND):
        yield Change("match", "exact only", replace(regex, match=("exact",)))
    yield from _excluded(regex)
    yield from _counted(regex)


def _excluded(options: Phrase | Regex) -> Iterator[Change]:
    if options.exclude:
        yield Change("exception", "exclude dropped", replace(options, exclude=()))


def _counted(options: Phrase | Regex) -> Iterator[Change]:
    if options.min_count > 1:
        yield Change("bound", "min_count lowered", replace(options, min_count=options.min_count - 1))
        yield Change("bound", "min_count raised", replace(options, min_count=options.min_count + 1))


def _script(script: Script) -> Iterator[Change]:
    if set(script.match) & set(_BY_SOUND):
        yield Change("match", "exact only", replace(script, match=("exact",)))
    if script.coverage < 1:
        yield Change("bound", "all lines needed", replace(script, coverage=1.0))
    if len(script.lines) > 1 and script.ordered:
        yield Change("polarity", "order dropped", replace(script, ordered=False))


def _sequence(sequence: Sequence) -> Iterator[Change]:
    if sequence.max_gap is not None:
        yield Change("window", "max_gap doubled", replace(sequence, max_gap=sequence.max_gap * 2))
        yield Change("window", "max_gap halved", replace(sequence, max_gap=sequence.max_gap / 2))
        yield Change("window", "max_gap removed", replace(sequence, max_gap=None))
    yield Change("polarity", "steps turned", replace(sequence, steps=sequence.steps[::-1]))
    for index in range(len(sequence.steps) if len(sequence.steps) > 2 else 0):
        rest = sequence.steps[:index] + sequence.steps[index + 1 :]
        yield Change("phrase", f"step {index} dropped", replace(sequence, steps=rest))


def _repetition(repetition: Repetition) -> Iterator[Change]:
    yield Change("bound", "times raised", replace(repetition, times=repetition.times + 1))
    if repetition.times > 2:
        yield Change("bound", "times lowered", replace(repetition, times=repetition.times - 1))
    if (seconds := repetition.within_seconds) is not None:
        yield Change("window", "within_seconds doubled", replace(repetition, within_seconds=seconds * 2))
        yield Change("window", "within_seconds halved", replace(repetition, within_seconds=seconds / 2))


def _applies(when: AppliesWhen) -> Iterator[Change]:
    for index, (name, _) in enumerate(when.fields):
        rest = when.fields[:index] + when.fields[index + 1 :]
        yield Change("applies", f"{name} dropped", replace(when, fields=rest))
    for index, name in enumerate(when.has):
        yield Change("applies", f"has {name} dropped", replace(when, has=when.has[:index] + when.has[index + 1 :]))
    if when.condition is not None:
        yield Change("applies", "condition dropped", replace(when, condition=None))


_OWN: dict[type, Callable[[Any], Iterator[Change]]] = {
    Rule: _rule,
    Scope: _scope,
    Within: _within,
    Anchor: _anchor,
    EventFilter: _event,
    Metric: _metric,
    Bounds: _bounds,
    AnyOf: _any,
    AllOf: _all,
    Not: _not,
    Phrase: _phrase,
    Regex: _regex,
    Script: _script,
    Sequence: _sequence,
    Repetition: _repetition,
    AppliesWhen: _applies,
}
