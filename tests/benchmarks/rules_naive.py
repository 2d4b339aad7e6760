"""The same rules by loops: what bench_rules.py measures ours beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from asr_qa.core.checks.base import CallFacts
from asr_qa.core.checks.index import key_of
from asr_qa.core.kinds import EventCount, Metric, Phrase, Regex, Script
from asr_qa.core.rule import Check, Rule, Ruleset, walk
from asr_qa.core.rule import Sequence as InOrder
from asr_qa.core.text import plain

ROLES = ("agent", "customer")


def phrases(ruleset: Ruleset) -> Iterator[str]:
    """Every phrase of every rule, as often as it is written."""
    for check in _checks(ruleset):
        if isinstance(check.options, Phrase):
            yield from check.options.phrases
        elif isinstance(check.options, Script):
            yield from (text for line in check.options.variants for chain in line for text in chain)


def patterns(ruleset: Ruleset) -> list[str]:
    """Every pattern of every rule."""
    return [check.options.pattern for check in _checks(ruleset) if isinstance(check.options, Regex)]


def _checks(ruleset: Ruleset) -> Iterator[Check]:
    return (part for rule in ruleset.rules for part in walk(rule) if isinstance(part, Check))


def naive_substrings(texts: list[str], keys: list[str], compiled_patterns: list[re.Pattern[str]]) -> int:
    """Every occurrence of every phrase by `str.find`, of every pattern by `finditer`: words exactly, no verdicts."""
    count = 0
    for text in texts:
        for key in keys:
            at = text.find(key)
            while at >= 0:
                count += 1
                at = text.find(key, at + 1)
        count += sum(1 for pattern in compiled_patterns for _ in pattern.finditer(text))
    return count


def naive_regexes(texts: list[str], keys: list[re.Pattern[str]], compiled_patterns: list[re.Pattern[str]]) -> int:
    """The same with a pattern for each phrase."""
    return sum(1 for text in texts for pattern in (*keys, *compiled_patterns) for _ in pattern.finditer(text))


Codes = tuple[int, ...]
"""Syllables."""
Line = tuple[str, float, float, str, Codes]
"""Who says it, from when to when, the text, and how it sounds."""


class Naive:
    """The same rules by loops: each rule by itself, line by line.

    It gives verdicts and keeps to roles, positions, anchors and the order of steps; numbers in words are not those in
    digits, nothing runs from one line into the next, no doubt is weighed, and nothing is said about why.

    Args:
        how: "in" and "regex" look for words exactly as they are written, "sound" for what has the same syllables (but
            not for what is near or nearly said).
    """

    def __init__(self, ruleset: Ruleset, facts: CallFacts, *, how: str) -> None:
        self.rules, self.facts, self.how = ruleset.rules, facts, how
        lines = [(str(u.role), u.start, u.end, plain(u.text)) for u in facts.transcript.utterances]
        self.lines: list[Line] = [(*line, key_of(line[3]).codes) for line in lines]
        self.by_role = {role: [line for line in self.lines if role in (None, line[0])] for role in (None, *ROLES)}
        self.patterns = {text: re.compile(text) for text in patterns(ruleset)}
        self.keys = {text: plain(text) for text in {*phrases(ruleset), *_steps(ruleset)}}
        self.escaped = {text: re.compile(re.escape(key)) for text, key in self.keys.items()}
        self.codes = {text: key_of(text).codes for text in self.keys}
        self.hits: dict[str, float | None] = {}

    def verdicts(self) -> dict[str, bool | None]:
        """Whether each rule is met; None where it does not apply."""
        self.hits = {}
        return {rule.id: self._rule(rule) for rule in self.rules}

    def _rule(self, rule: Rule) -> bool | None:
        check = rule.condition
        assert isinstance(check, Check)
        if (window := self._window(check)) is None:
            self.hits[rule.id] = None
            return None
        at = self._holds(check, [line for line in self._of(check) if window[0] <= line[1] < window[1]])
        self.hits[rule.id] = at
        return (at is not None) == (rule.polarity == "require")

    def _of(self, check: Check) -> list[Line]:
        return self.by_role[check.scope.role]

    def _window(self, check: Check) -> tuple[float, float] | None:
        within, start, end = check.scope.within, 0.0, self.lines[-1][2]
        whole = end
        if within is not None:
            end = within.first_seconds or end
            end = min(end, whole * (within.first_percent or 100) / 100)
            start = whole - within.last_seconds if within.last_seconds else start
            if within.first_sentences:
                end = self._of(check)[: within.first_sentences][-1][2]
        for anchor in check.scope.anchors:
            if (hit := self.hits[anchor.rule or ""]) is None:
                return None
            start, end = max(start, hit), min(end, hit + (anchor.seconds or whole))
        return start, end

    def _holds(self, check: Check, lines: list[Line]) -> float | None:
        """When what is asked for is first found."""
        options = check.options
        if isinstance(options, Regex):
            pattern = self.patterns[options.pattern]
            return next((line[1] for line in lines if pattern.search(line[3])), None)
        if isinstance(options, Phrase):
            found = [at for phrase in options.phrases if (at := self._said(phrase, lines)) is not None]
            return min(found) if len(found) >= options.needed else None
        if isinstance(options, Script):
            return self._script(options, lines)
        if isinstance(options, InOrder):
            return self._in_order(options, lines)
        return self._timing(options)

    def _in_order(self, options: InOrder, lines: list[Line]) -> float | None:
        last = -1.0
        for step in options.steps:
            assert isinstance(step.options, Phrase)
            at = self._said(step.options.phrases[0], [line for line in lines if line[1] > last])
            if at is None:
                return None
            last = at
        return last

    def _script(self, options: Script, lines: list[Line]) -> float | None:
        times = [
            next((at for chain in line if (at := self._said(chain[0], lines)) is not None), None)
            for line in options.variants
        ]
        return None if None in times else times[0]

    def _timing(self, options: object) -> float | None:
        if isinstance(options, Metric):
            value = getattr(self.facts.metrics, options.name)
            return 0.0 if value is not None and value <= options.bounds.at_most else None
        assert isinstance(options, EventCount)
        wanted = options.filter
        events = (e for e in self.facts.timeline.events if e.kind == wanted.kind_of)
        return next((e.start for e in events if e.end - e.start >= (wanted.min_seconds or 0)), None)

    def _said(self, phrase: str, lines: list[Line]) -> float | None:
        if self.how == "sound":
            codes = self.codes[phrase]
            return next((line[1] for line in lines if _sounds_in(codes, line[4])), None)
        if self.how == "regex":
            pattern = self.escaped[phrase]
            return next((line[1] for line in lines if pattern.search(line[3])), None)
        key = self.keys[phrase]
        return next((line[1] for line in lines if key in line[3]), None)


def _sounds_in(key: Codes, row: Codes) -> bool:
    size, first = len(key), key[0]
    return any(code == first and row[at : at + size] == key for at, code in enumerate(row))


def _steps(ruleset: Ruleset) -> Iterator[str]:
    for check in _checks(ruleset):
        if isinstance(check.options, InOrder):
            yield from (
                text
                for step in check.options.steps
                if isinstance(step.options, Phrase)
                for text in step.options.phrases
            )


def naive_sounds(rows: Sequence[Codes], keys: Sequence[Codes]) -> int:
    """Every place where the syllables of a phrase are heard, compared one after the other."""
    count = 0
    for row in rows:
        for key in keys:
            size, first = len(key), key[0]
            count += sum(1 for at, code in enumerate(row) if code == first and row[at : at + size] == key)
    return count
