"""The wording that rules listen for: words written into what was heard must be none of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from asr_qa.core.checks.index import MIN_SYLLABLES, key_of
from asr_qa.core.rule import Check, Phrase, Rule, Ruleset, Script, descend, walk
from asr_qa.core.text import plain
from asr_qa.errors import ConfigurationError
from asr_qa.messages import error_of, say

_BY_SOUND_FROM = 3
"""Syllables from which rules match by sound."""
_SHOWN = 5


def phrases_of(ruleset: Ruleset) -> Iterator[tuple[str, str]]:
    """Every phrase and line of a script that a rule listens for, exceptions and anchors included: (rule id, text)."""
    for rule in ruleset.rules:
        checks = (part for part in walk(rule) if isinstance(part, Check))
        yield from ((rule.id, text) for check in checks for text in _texts(check))


def _texts(check: Check) -> Iterator[str]:
    options = check.options
    if isinstance(options, Phrase):
        yield from options.phrases
    elif isinstance(options, Script):
        yield from (text for line in options.variants for chain in line for text in chain)
    for anchor in check.scope.anchors:
        if anchor.phrase is not None:
            yield from anchor.phrase.phrases


def exact_only(rule: Rule) -> frozenset[str]:
    """Phrases of a rule that are too short to be found by sound: only as they are written."""
    checks = [part for part in descend(rule.condition) if isinstance(part, Check)]
    options = [check.options for check in checks]
    options += [anchor.phrase for check in checks for anchor in check.scope.anchors if anchor.phrase is not None]
    short = [one for one in options if isinstance(one, Phrase) and not one.allow_short]
    return frozenset(text for one in short for text in one.phrases if only_as_written(text))


def only_as_written(text: str) -> bool:
    """Whether a phrase is Chinese and too short to be found by its sound; other words have no sound to us."""
    return any(sign >= "\u4e00" for sign in text) and key_of(text).syllables < MIN_SYLLABLES


def refuse_phrases(hot_words: Sequence[str], ruleset: Ruleset) -> None:
    """Raise ConfigurationError where a hot word is, or sounds like, or holds what a rule listens for.

    A phrase that holds a hot word is allowed: 欢迎致电华信宽带 needs the name that is in it.
    """
    listened = {plain(text): rule for rule, text in phrases_of(ruleset)}
    by_sound = {codes: text for text in listened if len(text) >= _BY_SOUND_FROM for codes in key_of(text).voices}
    clashes = [(word, text, listened[text]) for word in hot_words if (text := _clash(plain(word), listened, by_sound))]
    if clashes:
        words = tuple(say("hot_word_is", word=word, text=text, rule=rule) for word, text, rule in clashes[:_SHOWN])
        shown = say("list", items=words)
        if len(clashes) > _SHOWN:
            shown = say("hot_words_more", words=words, n=len(clashes) - _SHOWN)
        raise error_of(ConfigurationError, "hot_words_are_listened_for", words=shown)


def _clash(word: str, listened: dict[str, str], by_sound: dict[tuple[int, ...], str]) -> str | None:
    """The phrase that a hot word is, sounds like or, from three letters up, holds."""
    if word in listened:
        return word
    if (alike := next((by_sound[codes] for codes in key_of(word).voices if codes in by_sound), None)) is not None:
        return alike
    return next((text for text in listened if len(text) >= _BY_SOUND_FROM and text in word), None)
