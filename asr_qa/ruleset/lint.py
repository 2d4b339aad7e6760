"""What is allowed but not wise, and what only shows when rules, cases and scorecards are seen together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from asr_qa.core.checks.index import MIN_SYLLABLES, key_of
from asr_qa.core.checks.words import SYLLABLE_SECONDS
from asr_qa.core.finding import Verdict
from asr_qa.core.phonetic import slips
from asr_qa.core.rule import ALL_MATCHES, Check, Phrase, Regex, Rule, Ruleset, Scope, Status, references, walk
from asr_qa.errors import Issue
from asr_qa.ruleset.cases import Case
from asr_qa.ruleset.loader import RuleSource
from asr_qa.ruleset.pattern import literals
from asr_qa.ruleset.schema import did_you_mean

MIN_CASES = 2
"""Cases that are met, and as many that are not, which every rule should have."""
_PUNCTUATION = frozenset("，。！？、；：“”《》,!;\"' ")
_NAMES = {"，": "a Chinese comma", "、": "an enumeration comma", "｜": "a full-width bar", "|": "a bar"}
_SEPARATORS = re.compile("[" + "".join(_NAMES) + "]")
_NAMED = 3
_COMPARED = 1000
"""Longer lists are not compared phrase by phrase."""
_BY_SOUND = frozenset({"homophone", "near", "fuzzy"})


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A place in a scorecard that names a rule."""

    path: str
    line: int
    rule_id: str
    column: int = 0


@dataclass(frozen=True, slots=True)
class _Desk:
    """What a linter has before it."""

    ruleset: Ruleset
    cases: tuple[Case, ...]
    sources: Mapping[str, RuleSource] = field(default_factory=dict)

    def issue(self, rule: Rule, message: str, *, hint: str = "", at: str = "", severity: str = "warning") -> Issue:
        """An issue at a rule, on the line that holds the text `at` where it is found."""
        source = self.sources.get(rule.id)
        if source is None:
            return Issue(rule.id, 0, message, hint, severity=severity)
        return Issue(source.path, _line_of(source.path, source.line, at), f"{rule.id}: {message}", hint, 0, severity)

    def quoted(self, rule: Rule, text: str) -> bool:
        """Whether a text of a rule stands in quotes in its file; unknown files have no quotes."""
        source = self.sources.get(rule.id)
        lines = _lines(source.path)[source.line - 1 :] if source else ()
        return any(f'"{text}"' in line or f"'{text}'" in line for line in lines)


def lint(
    ruleset: Ruleset,
    cases: Iterable[Case],
    scorecard_rules: Iterable[RuleUse] = (),
    *,
    sources: Mapping[str, RuleSource] | None = None,
) -> tuple[Issue, ...]:
    """Every cross-rule issue, in order of file and line.

    Args:
        cases: Cases of all rules.
        scorecard_rules: Where scorecards name rules.
        sources: Where each rule stands, from `load_rules`; without it issues name the rule instead of a file.
    """
    desk = _Desk(ruleset, tuple(cases), sources or {})
    uses = tuple(scorecard_rules)
    issues = [*_case_issues(desk), *_twins(desk), *_retired(desk), *_scorecard_issues(ruleset, uses)]
    issues += _orphans(desk, uses)
    for rule in ruleset.rules:
        for part in walk(rule):
            if isinstance(part, Check):
                issues += _check_issues(desk, rule, part)
    return tuple(sorted(dict.fromkeys(issues), key=lambda issue: (issue.path, issue.line, issue.message)))


def _case_issues(desk: _Desk) -> Iterator[Issue]:
    verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    names: set[tuple[str, str]] = set()
    for case in desk.cases:
        if (case.rule_id, case.name) in names:
            yield Issue(case.path, case.line, f"case {case.name!r} stands twice", severity="warning")
        names.add((case.rule_id, case.name))
        verdicts[case.rule_id][case.verdict] += not case.known_miss
    for rule in desk.ruleset.rules:
        if rule.status is Status.RETIRED:
            continue
        met, missed = verdicts[rule.id][Verdict.MET], verdicts[rule.id][Verdict.NOT_MET]
        if min(met, missed) < MIN_CASES:
            message = f"has {met} cases that are met and {missed} that are not; at least {MIN_CASES} of each are needed"
            yield desk.issue(rule, message, hint="write them into the .cases.yml beside the rule")


def _twins(desk: _Desk) -> Iterator[Issue]:
    first: dict[object, Rule] = {}
    for rule in desk.ruleset.rules:
        before = first.setdefault((rule.polarity, rule.condition, rule.applies_when), rule)
        if before is not rule:
            yield desk.issue(rule, f"asks for the same as {before.id}", hint="retire one of them")


def _retired(desk: _Desk) -> Iterator[Issue]:
    retired = {rule.id for rule in desk.ruleset.rules if rule.status is Status.RETIRED}
    for rule in desk.ruleset.rules:
        for name in sorted(references(rule) & retired if rule.id not in retired else ()):
            yield desk.issue(rule, f"rests on {name}, which is retired", at=name)


def _scorecard_issues(ruleset: Ruleset, uses: Iterable[RuleUse]) -> Iterator[Issue]:
    known = {rule.id: rule for rule in ruleset.rules}
    for use in uses:
        rule = known.get(use.rule_id)
        if rule is None:
            hint = did_you_mean(use.rule_id, known)
            yield Issue(use.path, use.line, f"there is no rule {use.rule_id!r}", hint, use.column)
        elif rule.status in (Status.RETIRED, Status.DRAFT):
            hint = "take it out, or make the rule stable"
            if rule.status is Status.RETIRED:
                hint = "make a new version of the card without it; where sheets refer to this one, status: retired"
            message = f"rule {use.rule_id} is {rule.status} and gives no findings"
            yield Issue(use.path, use.line, message, hint, use.column)
        elif rule.status is Status.TEST:
            message = f"rule {use.rule_id} is still being tested, and takes points already"
            yield Issue(use.path, use.line, message, column=use.column, severity="warning")


def _orphans(desk: _Desk, uses: tuple[RuleUse, ...]) -> Iterator[Issue]:
    """Stable rules that no card counts and no rule on one refers to; nothing to say of folders without cards."""
    counted = {use.rule_id for use in uses}
    for rule in reversed(desk.ruleset.rules):  # each stands after those it refers to
        if rule.id in counted:
            counted |= references(rule)
    for rule in desk.ruleset.rules if uses else ():
        if rule.status is Status.STABLE and rule.id not in counted:
            hint = "put it on a scorecard, or give it status: test"
            yield desk.issue(rule, "is on no scorecard: it gives findings that cost nothing", hint=hint)


def _check_issues(desk: _Desk, rule: Rule, check: Check) -> Iterator[Issue]:
    if isinstance(check.options, Phrase):
        yield from _phrase_issues(desk, rule, check.options, check.scope)
    for anchor in check.scope.anchors:
        if anchor.phrase is not None:
            yield from _phrase_issues(desk, rule, anchor.phrase, Scope())
    if isinstance(check.options, Regex) and (useless := _PUNCTUATION & literals(check.options.pattern)):
        message = f"pattern {check.options.pattern!r} looks for {'/'.join(sorted(useless))}"
        hint = "punctuation and spaces are dropped before matching"
        yield desk.issue(rule, message, hint=hint, at=check.options.pattern)


def _phrase_issues(desk: _Desk, rule: Rule, phrase: Phrase, scope: Scope) -> Iterator[Issue]:
    room = _room(scope)
    for text in phrase.phrases:
        if (sign := _SEPARATORS.search(text)) and not desk.quoted(rule, text):
            hint = "write a comma ',' between phrases (or quote it if the sentence is meant)"
            yield desk.issue(rule, f"{text!r}: one phrase with {_NAMES[sign[0]]}", hint=hint, at=text)
        if room is not None and key_of(text).syllables * SYLLABLE_SECONDS > room:
            yield desk.issue(rule, f"{text!r} cannot be said within {room:g} s", at=text)
        blocking = [other for other in phrase.exclude if key_of(other).plain in key_of(text).plain]
        if blocking:
            yield desk.issue(rule, f"{text!r} never counts: it contains {blocking[0]!r}, which is excluded", at=text)
    if short := [text for text in phrase.phrases if key_of(text).syllables < MIN_SYLLABLES]:
        yield from _short_issues(desk, rule, phrase, short)
    if phrase.needed == 1 and phrase.min_count == 1 and len(phrase.phrases) <= _COMPARED:
        for text, shorter in _covered(phrase):
            yield desk.issue(rule, f"{text!r} adds nothing: {shorter!r} in the same list is found in it", at=text)


def _short_issues(desk: _Desk, rule: Rule, phrase: Phrase, short: list[str]) -> Iterator[Issue]:
    """What is wrong with keys that are too short to be matched by sound, in one issue per list."""
    named = "/".join(short[:_NAMED]) + (f" and {len(short) - _NAMED} more" if len(short) > _NAMED else "")
    if not _BY_SOUND & set(phrase.match):
        return
    if phrase.allow_short:
        message = f"{named}: two syllables matched by sound; 38 % of such words sound like another"
        yield desk.issue(rule, message, hint="give them context", at=short[0])
    elif "exact" not in phrase.match:
        message = f"{named}: never found; too short to be matched by sound, and exact matches are switched off"
        yield desk.issue(rule, message, hint="add exact to match", at=short[0], severity="error")
    elif phrase.match != ALL_MATCHES:
        message = f"{named}: too short to be matched by sound, matched exactly"
        yield desk.issue(rule, message, hint="allow_short: true, or longer phrases", at=short[0])


def _covered(phrase: Phrase) -> Iterator[tuple[str, str]]:
    """Phrases found only where a shorter one of the list is found too."""
    for text in phrase.phrases:
        key = key_of(text)
        for shorter in phrase.phrases:
            other = key_of(shorter)
            if other.plain == key.plain or other.plain not in key.plain:
                continue
            as_loose = other.syllables >= MIN_SYLLABLES and slips(other.syllables) == slips(key.syllables)
            if as_loose or not _BY_SOUND & set(phrase.match):
                yield text, shorter
                break


def _room(scope: Scope) -> float | None:
    """Seconds of the narrowest window of a scope; None where it has no length of its own."""
    lengths = [anchor.seconds for anchor in scope.anchors if anchor.seconds is not None and anchor.side != "near"]
    within = scope.within
    if within is not None:
        lengths += [length for length in (within.first_seconds, within.last_seconds) if length is not None]
        if within.to_seconds is not None:
            lengths.append(within.to_seconds - (within.from_seconds or 0.0))
    return min(lengths, default=None)


def _line_of(path: str, start: int, text: str) -> int:
    """The first line from `start` on that holds the text, else `start`."""
    lines = _lines(path)
    return next((n for n in range(start, len(lines) + 1) if text and text in lines[n - 1]), start)


@lru_cache(maxsize=256)
def _lines(path: str) -> tuple[str, ...]:
    try:
        return tuple(Path(path).read_text(encoding="utf-8").splitlines())
    except OSError:
        return ()
