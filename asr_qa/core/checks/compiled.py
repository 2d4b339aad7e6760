"""A ruleset made ready for search: every phrase that any of its rules listens for, in one index."""

from __future__ import annotations

from collections.abc import Iterator

from asr_qa.core.checks.index import MIN_SYLLABLES, SHORT_SYLLABLES, PhraseIndex
from asr_qa.core.rule import Check, Phrase, Repetition, Ruleset, Script, walk
from asr_qa.core.sounds import DEFAULT_ACCENTS

_KEPT = 8
_made: list[tuple[Ruleset, tuple[str, ...], PhraseIndex]] = []
"""The last ones made: a ruleset is compiled once and then used for thousands of calls."""


def compiled(ruleset: Ruleset, accents: tuple[str, ...] = DEFAULT_ACCENTS) -> PhraseIndex:
    """The index of a ruleset; made when first asked for, and kept for as long as the same ruleset is in use."""
    for known, spoken, index in _made:
        if known is ruleset and spoken == accents:
            return index
    wanted: dict[str, int] = {}
    for phrase, least in _phrases(ruleset):
        before = wanted.get(phrase, 0)
        wanted[phrase] = min(before, least) if before and least else before or least
    index = PhraseIndex(wanted, accents=accents)
    _made[:] = [*_made[-_KEPT + 1 :], (ruleset, accents, index)]
    return index


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


def _least(phrase: Phrase) -> int:
    if not set(phrase.match) - {"exact"}:
        return 0
    return SHORT_SYLLABLES if phrase.allow_short else MIN_SYLLABLES
