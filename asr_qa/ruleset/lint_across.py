"""What only shows between rules: contradictions, words that two rules watch, rules that can never apply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import ahocorasick

from asr_qa.core.recording import Role
from asr_qa.core.rule import (
    AllOf,
    AnyOf,
    Check,
    Condition,
    Phrase,
    Rule,
    RuleIs,
    Scope,
    Status,
    Within,
    descend,
    references,
)
from asr_qa.errors import Issue
from asr_qa.messages import say
from asr_qa.ruleset.lint_desk import Desk, plain_of

_ENDED = (Status.RETIRED, Status.DRAFT)
_SHOWN = 3
_WHOLE = 100.0


@dataclass(frozen=True, slots=True)
class _Watched:
    """Words that a rule listens for by themselves."""

    rule: Rule
    text: str
    role: Role | None
    scope: Scope
    exclude: tuple[str, ...]


def across(desk: Desk, *, today: str = "") -> Iterator[Issue]:
    """Issues between rules; `today` (an ISO day) tells which have ended."""
    live = [rule for rule in desk.ruleset.rules if rule.status is not Status.RETIRED]
    yield from _unreachable(desk, live, today)
    forbidden = [one for rule in live if rule.polarity == "forbid" for one in _watched(rule.condition, rule)]
    index = _Index(forbidden)
    for rule in live:
        if rule.polarity == "require":
            yield from _contradictions(desk, rule, index)
        else:
            yield from _watched_twice(desk, rule, index)


def _watched(condition: Condition, rule: Rule) -> Iterator[_Watched]:
    """Phrases each of which alone makes the condition hold."""
    if isinstance(condition, AnyOf):
        for part in condition.parts:
            yield from _watched(part, rule)
    elif isinstance(condition, Check) and isinstance(condition.options, Phrase):
        given = condition.options
        once = given.needed == 1 and given.min_count == 1 and given.count is None and not given.absent
        if once and not condition.scope.anchors and condition.scope.units is None:
            for text in given.phrases:
                yield _Watched(rule, text, condition.scope.role, condition.scope, given.exclude)


class _Index:
    """Forbidden words by the text that is looked for, found inside other texts in one pass."""

    def __init__(self, watched: Iterable[_Watched]) -> None:
        self._by_text: dict[str, list[_Watched]] = defaultdict(list)
        for one in watched:
            self._by_text[plain_of(one.text)].append(one)
        self._automaton = ahocorasick.Automaton()
        for text in self._by_text:
            self._automaton.add_word(text, text)
        if self._by_text:
            self._automaton.make_automaton()

    def inside(self, text: str) -> Iterator[_Watched]:
        """Everything watched for that is found in a text."""
        if not self._by_text:
            return
        plain = plain_of(text)
        for found in dict.fromkeys(word for _, word in self._automaton.iter(plain)):
            for one in self._by_text[found]:
                if not any(plain_of(other) in plain for other in one.exclude):
                    yield one


def _contradictions(desk: Desk, rule: Rule, index: _Index) -> Iterator[Issue]:
    """Words that a rule asks for and another one forbids."""
    for check in _asked(rule.condition):
        phrase = check.options
        if not isinstance(phrase, Phrase) or phrase.absent:
            continue
        clashes: dict[str, _Watched] = {}
        for text in phrase.phrases:
            for one in index.inside(text):
                if _meet(rule, check.scope, one):
                    clashes.setdefault(text, one)
        every = len(clashes) > len(phrase.phrases) - phrase.needed
        for text, one in list(clashes.items())[:_SHOWN]:
            code = "asked_and_forbidden" if every else "one_way_forbidden"
            said = say(code, phrase=text, other=one.rule.id, forbidden=one.text)
            hint = say("see_change", place=desk.place(one.rule, one.text))
            yield desk.issue(rule, said, hint=hint, at=text)


def _asked(condition: Condition) -> Iterator[Check]:
    """Checks that must hold for a condition to hold."""
    if isinstance(condition, Check):
        yield condition
    elif isinstance(condition, AllOf):
        for part in condition.parts:
            yield from _asked(part)


def _meet(rule: Rule, scope: Scope, other: _Watched) -> bool:
    """Whether words asked for in a scope are looked at by a rule that forbids them."""
    same_role = scope.role is None or other.role is None or scope.role is other.role
    if not same_role or rule.id == other.rule.id or other.rule.exceptions is not None:
        return False
    return not _apart(rule, other.rule) and _overlap(scope.within, other.scope.within)


def _apart(one: Rule, other: Rule) -> bool:
    """Whether no call can be judged by both: they ask for different directions, queues, languages ..."""
    theirs = dict(other.applies_when.fields) | dict(other.applies_when.metadata)
    mine = dict(one.applies_when.fields) | dict(one.applies_when.metadata)
    return any(name in theirs and not set(values) & set(theirs[name]) for name, values in mine.items())


def _overlap(one: Within | None, other: Within | None) -> bool:
    """Whether two windows may share a moment; those from the end of the call may reach anywhere."""
    if one is None or other is None:
        return True
    ends = [min(e for e in (w.first_seconds, w.to_seconds, float("inf")) if e is not None) for w in (one, other)]
    starts = [w.from_seconds or 0.0 for w in (one, other)]
    return max(starts) < min(ends)


def _watched_twice(desk: Desk, rule: Rule, index: _Index) -> Iterator[Issue]:
    """Words of a rule that another one forbids in the same scope already, so that one slip costs twice."""
    found: dict[str, tuple[str, _Watched]] = {}
    for mine in _watched(rule.condition, rule):
        for one in index.inside(mine.text):
            same = one.role is mine.role and one.scope == mine.scope and one.rule.exceptions is None
            if one.rule.id != rule.id and same and not _apart(rule, one.rule):
                found.setdefault(one.rule.id, (mine.text, one))
    for name, (text, one) in list(found.items())[:_SHOWN]:
        # Of two rules with the very same words only the second is told.
        if plain_of(text) == plain_of(one.text) and name > rule.id:
            continue
        hint = say("see_leave", place=desk.place(one.rule, one.text))
        yield desk.issue(rule, say("covered_by", phrase=text, other=one.text, rule=name), hint=hint, at=text)


def _unreachable(desk: Desk, live: list[Rule], today: str) -> Iterator[Issue]:
    """Rules that can never apply, or never again."""
    known = {rule.id: rule for rule in desk.ruleset.rules}
    for rule in live:
        if today and rule.effective_until is not None and rule.effective_until < today:
            ended = say("ended_on", day=rule.effective_until)
            yield desk.issue(rule, ended, hint=say("status_retired"), at=rule.effective_until)
        yield from _dead_needs(desk, rule, known)
        for condition in (rule.condition, rule.exceptions):
            parts = descend(condition) if condition is not None else ()
            for check in (part for part in parts if isinstance(part, Check)):
                yield from _empty_window(desk, rule, check.scope.within)


def _dead_needs(desk: Desk, rule: Rule, known: dict[str, Rule]) -> Iterator[Issue]:
    """Rules that this one needs and that give no finding, or none where this one applies."""
    needed = dict.fromkeys([*rule.prerequisites, *_applies_by(rule)])
    for name in sorted(references(rule)):
        other = known.get(name)
        if other is None or rule.status is Status.DRAFT:
            continue
        never = name in needed
        if other.status in _ENDED:
            state = say("is_retired" if other.status is Status.RETIRED else "is_draft")
            said = say("rests_never" if never else "rests_on", name=name, state=state)
            yield desk.issue(rule, said, hint=say("out_or_other_stable"), at=name)
        elif never and _apart(rule, other):
            said = say("rests_never", name=name, state=say("is_for_others"))
            yield desk.issue(rule, said, hint=say("applies_apart"), at=name)


def _applies_by(rule: Rule) -> Iterator[str]:
    """Rules whose verdict decides whether this one applies; "not applicable" is a verdict of every call."""
    condition = rule.applies_when.condition
    options = condition.options if isinstance(condition, Check) else None
    if isinstance(options, RuleIs) and "not_applicable" not in options.verdicts:
        yield options.id


def _empty_window(desk: Desk, rule: Rule, within: Within | None) -> Iterator[Issue]:
    if within is None or within.first_percent is None or within.last_percent is None:
        return
    if within.first_percent + within.last_percent <= _WHOLE:
        said = say("percent_apart", first=within.first_percent, last=within.last_percent)
        yield desk.issue(rule, said, hint=say("two_checks"))
