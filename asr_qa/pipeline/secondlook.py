"""The acoustic second look: where much is at stake, ask the audio whether a phrase was said.

A recogniser writes what is likeliest, and a phrase that a rule asks for is often but one syllable away from it. For
findings that cost most, the stretch most like each phrase is weighed twice by the recogniser, with the phrase and with
what was heard, over the same audio. Only the difference counts: no text is ever made from the rules' phrases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from asr_qa.core.checks.again import Again, Nearest, nearest
from asr_qa.core.checks.base import CallFacts, CallView
from asr_qa.core.checks.chance import chance_again
from asr_qa.core.checks.index import MIN_SYLLABLES, key_of
from asr_qa.core.checks.stream import Source
from asr_qa.core.finding import Finding, Match, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.rule import Check, ErrorClass, Phrase, Rule, Ruleset, Severity, descend
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance
from asr_qa.pipeline.ports import SpokenChannel, Weigher

FARTHEST = 0.5
"""Syllables per syllable of the phrase by which the words heard may differ from it at most; beyond, it was not said."""
LONGEST = 28.0
"""Seconds of an utterance that can be weighed whole."""
LOOKS = 12
"""Stretches weighed in one call at most, the likeliest first: each costs as much as hearing eight seconds."""
_OPEN = frozenset({Verdict.NOT_MET, Verdict.UNDETERMINED})
_BY_SOUND = frozenset({"homophone", "near", "fuzzy"})


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A phrase, and the stretch of an utterance that is most like it."""

    source: Source
    utterance: Utterance
    phrase: str
    place: Nearest

    @property
    def rank(self) -> tuple[float, float, str]:
        return (self.place.rate, self.utterance.start, self.phrase)


def look_again(
    facts: CallFacts,
    findings: Sequence[Finding],
    ruleset: Ruleset,
    channels: Sequence[SpokenChannel],
    weigher: Weigher,
) -> tuple[Again, ...]:
    """What listening again gives for the findings that cost most.

    Raises:
        TranscriptionError: The recogniser failed.
    """
    view = CallView(facts)
    heard_on = {channel.role: channel for channel in reversed(channels)}
    wanted = {
        (candidate.source.role, candidate.phrase, candidate.utterance.start): candidate
        for finding in findings
        if (rule := ruleset.get(finding.rule_id)) is not None and is_costly(rule) and _is_open(finding)
        for candidate in _candidates(rule, finding, view)
        if candidate.source.role in heard_on
    }
    chosen = sorted(wanted.values(), key=lambda candidate: candidate.rank)[:LOOKS]
    language = facts.transcript.language
    return tuple(_weighed(each, heard_on[each.source.role], weigher, language) for each in chosen)


def texts_of(source: Source, utterance: Utterance, phrase: str, place: Nearest) -> tuple[str, str]:
    """An utterance as it was heard, and with a phrase in the place of what is most like it."""
    numbers = [n for start, end in source.ranges((utterance.segment,)) for n in range(start, end)]
    before, inside, after = ("", "", "")
    for number in numbers:
        text = source.words[number].text
        if number < place.first:
            before += text
        elif number > place.last:
            after += text
        else:
            inside += text
    return before + inside + after, before + phrase + after


def clarity_of(source: Source, phrase: str, place: Nearest) -> float:
    """How surely that was heard which is not the phrase: mean confidence of syllables that it lacks, 0 to 1.

    A slip is mostly heard unsurely, another word that was really said is not. Of the whole stretch where it lacks none.
    """
    sounds = source.sounds
    inside = (sounds.firsts >= place.first) & (sounds.lasts <= place.last)
    strange = inside & ~np.isin(sounds.codes, key_of(phrase).codes)
    return float(sounds.clarity[strange if strange.any() else inside].mean())


def is_costly(rule: Rule) -> bool:
    """Whether a failure of a rule costs most: it is fatal, or breaks compliance."""
    return rule.severity is Severity.FATAL or rule.error_class is ErrorClass.COMPLIANCE


def _is_open(finding: Finding) -> bool:
    """Whether it could come out otherwise: it failed, is open, or rests on words that match only roughly."""
    return finding.verdict in _OPEN or any(evidence.match is Match.FUZZY for evidence in finding.evidence)


def _candidates(rule: Rule, finding: Finding, view: CallView) -> Iterator[_Candidate]:
    for role, phrase in _phrases(rule):
        for one, source in view.pieces.items():
            if role not in (None, one):
                continue
            for utterance in _utterances(finding, view.facts, one):
                place = nearest(source, phrase, utterance.segment)
                if place is not None and 0.0 < place.rate <= FARTHEST:
                    yield _Candidate(source, utterance, phrase, place)


def _phrases(rule: Rule) -> Iterable[tuple[Role | None, str]]:
    """The phrases that decide a rule, with who is to say them; short ones sound like too much else."""
    checks = [part for part in descend(rule.condition) if isinstance(part, Check)]
    return dict.fromkeys(
        (check.scope.role, phrase)
        for check in checks
        if isinstance(check.options, Phrase) and not _BY_SOUND.isdisjoint(check.options.match)
        for phrase in check.options.phrases
        if key_of(phrase).syllables >= MIN_SYLLABLES
    )


def _utterances(finding: Finding, facts: CallFacts, role: Role) -> Iterator[Utterance]:
    """What a role says where the finding was looked for."""
    places = [Segment(evidence.start, evidence.end) for evidence in finding.evidence]
    for utterance in facts.transcript.of(role):
        inside = any(utterance.start < place.end and place.start < utterance.end for place in places)
        if utterance.words and utterance.end - utterance.start <= LONGEST and (inside or not places):
            yield utterance


def _weighed(each: _Candidate, channel: SpokenChannel, weigher: Weigher, language: str) -> Again:
    texts = texts_of(each.source, each.utterance, each.phrase, each.place)
    heard, with_phrase = weigher.weigh(channel, each.utterance.segment, texts, language=language)
    words = each.source.words[each.place.first : each.place.last + 1]
    clarity = clarity_of(each.source, each.phrase, each.place)
    return Again(
        role=each.source.role,
        start=words[0].start,
        end=words[-1].end,
        phrase=each.phrase,
        chance=round(chance_again(with_phrase - heard, each.place.cost, each.place.syllables, clarity), 3),
        cost=round(each.place.cost, 2),
    )
