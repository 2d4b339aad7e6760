"""Checks on words: phrases and patterns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from asr_qa.core.checks.base import Hit, Looking, Outcome
from asr_qa.core.checks.counting import Wanted, decide_count, decide_least
from asr_qa.core.checks.index import key_of
from asr_qa.core.checks.logic import NEGATED, noted
from asr_qa.core.checks.party import other_party, said_by_other
from asr_qa.core.checks.remembered import Remembered
from asr_qa.core.checks.stream import Stream
from asr_qa.core.checks.words import SYLLABLE_SECONDS, apart, find_pattern, find_phrases
from asr_qa.core.finding import Verdict
from asr_qa.core.rule import Phrase, Regex

_SHOWN = 3
_PATTERN_SECONDS = 0.25
_TIME = attrgetter("start", "end")


def decide_phrase(options: Phrase, looking: Looking) -> Outcome:
    """Whether the words are said, often enough and enough different ones of them."""
    return _absent(options, looking) if options.absent else _present(options, looking)


def _present(options: Phrase, looking: Looking) -> Outcome:
    outcome = _said(options, looking)
    if not options.wrong_party or outcome.verdict is Verdict.MET or (there := other_party(looking)) is None:
        return outcome
    said = _said(options, there)
    if said.verdict is not Verdict.MET or not said.hits:
        return outcome
    return replace(outcome, note=noted(outcome.note, said_by_other(there, said.hits)))


def _said(options: Phrase, looking: Looking) -> Outcome:
    found = [hit for stream in looking.streams for hit in _phrase_hits(stream, options)]
    different = options.needed > 1
    hits = tuple(sorted(found, key=_TIME)) if different else apart(found)
    wanted = _wanted(options)
    if options.count is not None:
        return decide_count(hits, looking, options.count, wanted)
    return decide_least(hits, looking, options.needed if different else options.min_count, wanted)


@Remembered
def _wanted(options: Phrase) -> Wanted:
    return Wanted(
        shown=shown(options.phrases),
        seconds=SYLLABLE_SECONDS * min(key_of(phrase).syllables for phrase in options.phrases),
        limit=options.min_confidence,
        different=options.needed > 1,
    )


def decide_regex(options: Regex, looking: Looking) -> Outcome:
    """Whether the pattern is found often enough."""
    wanted = _wanted_pattern(options)
    streams = looking.streams
    try:
        hits = apart(hit for stream in streams for hit in _pattern_hits(stream, options))
    except TimeoutError:
        return Outcome(verdict=Verdict.UNDETERMINED, note=f"pattern /{options.pattern}/ took too long")
    if options.count is not None:
        return decide_count(hits, looking, options.count, wanted)
    return decide_least(hits, looking, options.min_count, wanted)


@Remembered
def _wanted_pattern(options: Regex) -> Wanted:
    return Wanted(shown=f"/{options.pattern}/", seconds=_PATTERN_SECONDS, limit=options.min_confidence)


def shown(phrases: Sequence[str]) -> str:
    """A few of the phrases, for people."""
    return " / ".join(phrases[:_SHOWN]) + (" …" if len(phrases) > _SHOWN else "")


def _absent(options: Phrase, looking: Looking) -> Outcome:
    """None of the phrases: the opposite of any of them, with the stance turned round."""
    present = _present(options, looking.staking(looking.stance.opposite))
    verdict = NEGATED.get(present.verdict, present.verdict)
    said = tuple(hit.evidence for hit in present.hits) if verdict is Verdict.NOT_MET else present.missing
    return replace(present, verdict=verdict, missing=said)


def _pattern_hits(stream: Stream, options: Regex) -> tuple[Hit, ...]:
    return find_pattern(stream, options.pattern, match=options.match, exclude=options.exclude)


def _phrase_hits(stream: Stream, options: Phrase) -> tuple[Hit, ...]:
    return find_phrases(
        stream,
        options.phrases,
        match=options.match,
        allow_short=options.allow_short,
        tones=options.tones,
        exclude=options.exclude,
    )
