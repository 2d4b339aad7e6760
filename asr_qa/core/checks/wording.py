"""Conditions in words, for traces."""

from __future__ import annotations

from collections.abc import Iterable

from asr_qa.core.checks.base import Hit
from asr_qa.core.checks.remembered import Remembered
from asr_qa.core.finding import Match
from asr_qa.core.rule import (
    AllOf,
    Anchor,
    AnyOf,
    Condition,
    Entity,
    EventCount,
    EventFilter,
    Metric,
    Not,
    Options,
    Phrase,
    Regex,
    Repetition,
    RuleIs,
    Scope,
    Script,
    Sequence,
    Similarity,
)

_SHOWN = 6
_PRICED = 3


def _say(condition: Condition) -> str:
    """One line that names the condition, e.g. 'phrase any of [您好, 你好] by agent, first seconds 30'."""
    if isinstance(condition, AnyOf):
        return f"any of {len(condition.parts)}"
    if isinstance(condition, AllOf):
        return f"all of {len(condition.parts)}"
    if isinstance(condition, Not):
        return "not"
    return _options(condition.options) + _scope(condition.scope)


say = Remembered(_say)
"""One line that names a condition."""


def priced(hits: Iterable[Hit]) -> str:
    """How the first words found match and what that is worth, e.g. 'homophone 0.83; fuzzy 0.7 syllables 0.61'."""
    prices: list[str] = []
    for hit in hits:
        if hit.match is Match.TIMING or hit.match is Match.SIMILAR:
            continue
        prices.append(_price(hit))
        if len(prices) == _PRICED:
            break
    return "; ".join(dict.fromkeys(prices))


def _price(hit: Hit) -> str:
    off = f" {hit.cost:.1f} syllables" if hit.cost >= 0.05 else ""
    return f"{hit.match}{off} {hit.confidence:.2f}"


def _options(options: Options) -> str:
    if isinstance(options, Phrase):
        return _phrase(options)
    if isinstance(options, Regex):
        return f"regex /{options.pattern}/{_times(options)}"
    if isinstance(options, Script):
        return f"script [{', '.join(options.lines[:_SHOWN])}]"
    if isinstance(options, Repetition | Entity | Similarity):
        return _content(options)
    if isinstance(options, Metric):
        return f"metric {options.name} {options.bounds}"
    if isinstance(options, EventCount):
        return f"event {_event(options.filter)}, count {options.count}"
    return _resting(options)


def _resting(options: RuleIs | Sequence) -> str:
    if isinstance(options, RuleIs):
        return f"rule {options.id} is {' or '.join(options.verdicts)}"
    return f"sequence of {len(options.steps)} steps"


def _phrase(options: Phrase) -> str:
    count = len(options.phrases)
    if options.absent:
        how = "none of"
    elif options.needed > 1:
        how = "all of" if options.needed == count else f"{options.needed} of"
    else:
        how = "any of"
    listed = ", ".join(options.phrases[:_SHOWN]) + (" …" if count > _SHOWN else "")
    return f"phrase {how} [{listed}]{_times(options)}"


def _times(options: Phrase | Regex) -> str:
    if options.count is not None:
        return f", count {options.count}"
    return f" at least {options.min_count} times" if options.min_count > 1 else ""


def _content(options: Repetition | Entity | Similarity) -> str:
    if isinstance(options, Repetition):
        soon = "" if options.within_seconds is None else f" within {options.within_seconds:g} s"
        about = f" about [{', '.join(options.about[:_SHOWN])}]" if options.about else ""
        return f"repetition at least {options.times} times{soon}{about}"
    if isinstance(options, Entity):
        how = "" if options.validity == "any" else f"{options.validity} "
        return f"entity {how}{'/'.join(options.entities)}, count {options.count}"
    return f"similar to [{', '.join(options.like[:_SHOWN])}] by at least {options.at_least:g}"


def _event(wanted: EventFilter) -> str:
    text = wanted.kind_of
    text += f" by {wanted.by}" if wanted.by else ""
    text += "" if wanted.min_seconds is None else f" >= {wanted.min_seconds:g} s"
    text += "" if wanted.max_seconds is None else f" <= {wanted.max_seconds:g} s"
    return text + {None: "", True: " excused", False: " not excused"}[wanted.waived]


def _scope(scope: Scope) -> str:
    text = f" by {scope.role}" if scope.role else ""
    if scope.within is not None:
        names = scope.within.__dataclass_fields__
        given = {name: getattr(scope.within, name) for name in names}
        text += "".join(f", {name.replace('_', ' ')} {value:g}" for name, value in given.items() if value is not None)
    text += "".join(f", {_anchor(anchor)}" for anchor in scope.anchors)
    return text + (f", in {scope.units.how} {scope.units.of}" if scope.units else "")


def _anchor(anchor: Anchor) -> str:
    if anchor.rule is not None:
        what = f"rule {anchor.rule}"
    elif anchor.event is not None:
        what = _event(anchor.event)
    else:
        what = (_phrase(anchor.phrase) if anchor.phrase else "") + (f" by {anchor.role}" if anchor.role else "")
    within = "" if anchor.seconds is None else f" within {anchor.seconds:g} s"
    sentences = "" if anchor.sentences is None else f" within {anchor.sentences} sentences"
    return f"{anchor.side} {what} (hit {anchor.hit}){within}{sentences}"
