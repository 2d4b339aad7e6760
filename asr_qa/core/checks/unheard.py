"""Rules nothing of which is heard: most of a ruleset, in most calls.

Such a rule comes out the same in every call, but for the place that was looked at and how clearly it was heard. So it
is decided once, and what came of it then is its answer wherever nothing that it listens for may be said and nothing
else is in doubt.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Set
from dataclasses import dataclass
from functools import cached_property

from asr_qa.core.checks.base import Looking, Stance
from asr_qa.core.checks.literals import Needs, required
from asr_qa.core.checks.party import other_party
from asr_qa.core.checks.scope import place, place_of
from asr_qa.core.checks.script import heads
from asr_qa.core.checks.words import absence, blocked
from asr_qa.core.finding import Evidence, Finding
from asr_qa.core.rule import Check, Phrase, Regex, Rule, Scope, Script, Sequence
from asr_qa.core.segment import Segment


@dataclass(frozen=True, slots=True)
class Listens:
    """What a check listens for: where none of it may be said, nothing is found."""

    phrases: frozenset[str] = frozenset()
    patterns: tuple[Needs, ...] = ()
    """What each of some patterns needs."""
    other: bool = False
    """Whether it matters, too, what the other party says."""

    def __or__(self, more: Listens) -> Listens:
        return Listens(self.phrases | more.phrases, self.patterns + more.patterns, self.other or more.other)


class Hush:
    """A place of a call where nothing is in doubt, with what may be said there."""

    def __init__(self, there: Looking, segment: Segment, clarity: float | None) -> None:
        self.role, self.segment, self.clarity = there.role, segment, clarity
        self._there = there
        self._streams = there.streams
        self.heard: Set[str] = there.view.heard(there.role, there.windows)

    def lacks(self, listens: Listens) -> bool:
        """Whether nothing of it may be said."""
        phrases = listens.phrases
        if not phrases.isdisjoint(self.heard) or (listens.other and not phrases.isdisjoint(self._elsewhere)):
            return False
        for needs in listens.patterns:
            for stream in self._streams:
                if stream.holds(needs):
                    return False
        return True

    @cached_property
    def _elsewhere(self) -> Set[str]:
        """What the other party may say in the same place, where that bears on anything."""
        other = other_party(self._there)
        return frozenset() if other is None else other.view.heard(other.role, other.windows)


def hush_in(there: Looking) -> Hush | None:
    """What may be said in a place; None where something is in doubt there."""
    if blocked(there) is not None:
        return None
    gone = absence(there, wanted="", seconds=0.0)
    if gone.note or len(gone.missing) != 1:
        return None
    return Hush(there, Segment(gone.missing[0].start, gone.missing[0].end), gone.confidence)


class Unheard:
    """What a rule comes to where nothing is heard of what it listens for."""

    __slots__ = ("_rule", "example", "listens", "phrases", "plain", "scope", "stance")

    def __init__(self, rule: Rule, scope: Scope, listens: Listens) -> None:
        self._rule, self.scope = rule, scope
        self.listens, self.phrases = listens, listens.phrases
        self.plain = not (listens.patterns or listens.other)  # phrases said in that place are all that matters
        self.stance = Stance.FORBIDDEN if rule.polarity == "forbid" else Stance.REQUIRED
        self.example: Finding | None = None
        """The finding of the first call where nothing was heard."""

    def decided(self, decide: Callable[[Rule], Finding]) -> Finding:
        """The first of them.

        Args:
            decide: Decides the rule in the call at hand.
        """
        self.example = decide(self._rule)
        return self.example


@dataclass(frozen=True, slots=True)
class Alike:
    """Rules that look at the same place for the same at stake: what may be said there is worked out once."""

    rules: tuple[tuple[int, Unheard], ...]
    """Each with its number in the ruleset."""

    def findings(self, looking: Looking, decide: Callable[[Rule], Finding]) -> dict[int, Finding]:
        """Findings of those nothing of which is heard, by number; there may be more to the others.

        Args:
            looking: The whole call.
            decide: As for `Unheard.decided`.
        """
        first = self.rules[0][1]
        hush = hush_in(place(first.scope, looking.staking(first.stance)))
        if hush is None:
            return {}
        role, at, clarity, heard = hush.role, hush.segment, hush.clarity, hush.heard
        start, end = at.start, at.end
        found: dict[int, Finding] = {}
        for number, one in self.rules:
            if one.phrases.isdisjoint(heard) and (one.plain or hush.lacks(one.listens)):
                known = one.example or one.decided(decide)
                shown = known.evidence and tuple([Evidence(role, start, end, e.text, e.match) for e in known.evidence])
                found[number] = Finding(known.rule_id, known.rule_version, known.verdict, clarity, shown, known.trace)
        return found


def grouped(rules: Iterable[Unheard | None]) -> tuple[Alike, ...]:
    """Rules by place and stake."""
    found: dict[tuple[Hashable, Stance], list[tuple[int, Unheard]]] = {}
    for number, one in enumerate(rules):
        if one is not None:
            found.setdefault((place_of(one.scope), one.stance), []).append((number, one))
    return tuple(Alike(tuple(some)) for some in found.values())


def unheard(rule: Rule) -> Unheard | None:
    """What a rule comes to where nothing of it is heard; None where other things than words bear on that, too."""
    check = rule.condition
    if not isinstance(check, Check) or check.scope.anchors or check.scope.units or rule.applies_when.condition:
        return None
    if rule.exceptions is not None and rule.polarity == "require":
        return None
    listens = _listens(check)
    return None if listens is None else Unheard(rule, check.scope, listens)


def _listens(check: Check) -> Listens | None:
    """What a check listens for; None where there is no telling, or where it asks for how often or for nothing said."""
    options = check.options
    if isinstance(options, Phrase) and not options.absent and options.count is None:
        return Listens(frozenset(options.phrases), other=options.wrong_party)
    if isinstance(options, Script):
        return Listens(frozenset(heads(options)[0]), other=options.wrong_party)
    if isinstance(options, Regex) and options.count is None and options.match == ("exact",):
        needs = required(options.pattern)
        return Listens(patterns=(needs,)) if needs else None
    if isinstance(options, Sequence) and all(step.scope == Scope() for step in options.steps):
        return _together([_listens(step) for step in options.steps])
    return None


def _together(parts: list[Listens | None]) -> Listens | None:
    found = Listens()
    for part in parts:
        if part is None:
            return None
        found |= part
    return found
