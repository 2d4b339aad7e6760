"""A ruleset made ready for calls: every phrase that rules listen for in one index, and what is known of each rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from asr_qa.core.checks.index import MIN_SYLLABLES, SHORT_SYLLABLES, PhraseIndex
from asr_qa.core.checks.literals import required
from asr_qa.core.checks.unheard import Alike, Unheard, grouped, unheard
from asr_qa.core.rule import Check, Phrase, Regex, Repetition, Rule, Ruleset, Script, Status, references, walk
from asr_qa.core.sounds import DEFAULT_ACCENTS

_KEPT = 8


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known of a rule before any call is."""

    rule: Rule
    filtered: bool
    """Whether anything that is known before listening bears on it."""
    free: bool
    """Whether it applies to every call, whatever other rules come to."""
    awaited: bool
    """Whether other rules rest on it."""
    unheard: Unheard | None
    """What it comes to where nothing of it is heard."""


@dataclass(frozen=True)
class Compiled:
    """A ruleset made ready."""

    index: PhraseIndex
    plans: tuple[Plan, ...]
    """In the order of the rules."""

    @cached_property
    def alike(self) -> tuple[Alike, ...]:
        """Those of the rules that have an answer where nothing of them is heard."""
        return grouped(plan.unheard for plan in self.plans)

    @cached_property
    def reported(self) -> tuple[int, ...]:
        """Numbers of the rules that give findings, in order of their ids."""
        return self._of(Status.STABLE, Status.TEST)

    @cached_property
    def reported_with_drafts(self) -> tuple[int, ...]:
        """The same where drafts give findings, too."""
        return self._of(Status.STABLE, Status.TEST, Status.DRAFT)

    def _of(self, *statuses: Status) -> tuple[int, ...]:
        numbers = [number for number, plan in enumerate(self.plans) if plan.rule.status in statuses]
        return tuple(sorted(numbers, key=lambda number: self.plans[number].rule.id))


_made: list[tuple[Ruleset, tuple[str, ...], Compiled]] = []
"""The last ones made: a ruleset is compiled once and then used for thousands of calls."""


def compiled(ruleset: Ruleset, accents: tuple[str, ...] = DEFAULT_ACCENTS) -> Compiled:
    """A ruleset made ready when first asked for, and kept for as long as the same ruleset is in use."""
    for known, spoken, ready in _made:
        if known is ruleset and spoken == accents:
            return ready
    wanted: dict[str, int] = {}
    for phrase, least in _phrases(ruleset):
        before = wanted.get(phrase, 0)
        wanted[phrase] = min(before, least) if before and least else before or least
    awaited = frozenset[str]().union(*map(references, ruleset.rules))
    plans = tuple(_plan(rule, awaited=rule.id in awaited) for rule in ruleset.rules)
    ready = Compiled(PhraseIndex(wanted, needed=_needed(ruleset), accents=accents), plans)
    _made[:] = [*_made[-_KEPT + 1 :], (ruleset, accents, ready)]
    return ready


def _plan(rule: Rule, *, awaited: bool) -> Plan:
    when = rule.applies_when
    filtered = bool(rule.effective_from or rule.effective_until or when.fields or when.metadata or when.has)
    free = not filtered and not rule.prerequisites and when.condition is None
    return Plan(rule, filtered, free, awaited, unheard(rule))


def _phrases(ruleset: Ruleset) -> Iterator[tuple[str, int]]:
    """Every phrase with the least number of syllables from which it is looked for by sound; 0 for never."""
    for rule in ruleset.rules:
        for check in walk(rule):
            if isinstance(check, Check):
                options = [check.options, *(anchor.phrase for anchor in check.scope.anchors)]
                for one in options:
                    if isinstance(one, Phrase):
                        yield from ((phrase, _least(one)) for phrase in (*one.phrases, *one.exclude))
                    elif isinstance(one, Script):
                        least = MIN_SYLLABLES if set(one.match) - {"exact"} else 0
                        yield from ((text, least) for line in one.variants for chain in line for text in chain)
                    elif isinstance(one, Repetition):
                        yield from ((phrase, SHORT_SYLLABLES) for phrase in one.about)
                        yield from ((phrase, MIN_SYLLABLES) for phrase in one.ignore)


def _needed(ruleset: Ruleset) -> Iterator[str]:
    """Every text that a match of some pattern may need."""
    for rule in ruleset.rules:
        for check in walk(rule):
            if isinstance(check, Check) and isinstance(check.options, Regex):
                for pattern in (check.options.pattern, *check.options.exclude):
                    yield from (text for texts in required(pattern) for text in texts)


def _least(phrase: Phrase) -> int:
    if not set(phrase.match) - {"exact"}:
        return 0
    return SHORT_SYLLABLES if phrase.allow_short else MIN_SYLLABLES
