"""Checks on meaning: sentences close to one of some examples, by vectors that are worked out outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.base import CallFacts, CallView, Hit, Looking, Outcome
from asr_qa.core.checks.counting import Wanted, decide_count
from asr_qa.core.checks.repetition import Sentence, sentences_of
from asr_qa.core.checks.words import SYLLABLE_SECONDS, blocked
from asr_qa.core.finding import Match, Verdict
from asr_qa.core.rule import Check, Rule, Ruleset, Similarity, Status, walk

_SHOWN = 3


def decide_similarity(options: Similarity, looking: Looking) -> Outcome:
    """Whether as many sentences as asked for mean the same as an example."""
    if (stop := blocked(looking)) is not None:
        return stop
    vectors = looking.view.facts.vectors
    if vectors is None:
        return Outcome(verdict=Verdict.UNDETERMINED, note="no sentence model is installed")
    said = [sentence for sentence in _in_sight(looking) if len(sentence.code) >= options.min_characters]
    if not {*options.like, *(sentence.text for sentence in said)} <= vectors.keys():
        return Outcome(verdict=Verdict.UNDETERMINED, note="the sentence model did not read this call")
    hits = tuple(hit for sentence in said if (hit := _hit(sentence, options, vectors)) is not None)
    wanted = Wanted(
        shown="意思相近的话：" + " / ".join(options.like[:_SHOWN]),
        seconds=SYLLABLE_SECONDS * options.min_characters,
        limit=options.min_confidence,
    )
    return decide_count(hits, looking, options.count, wanted)


def texts_to_read(ruleset: Ruleset, facts: CallFacts) -> tuple[str, ...]:
    """What a sentence model has to read for a call: its sentences and the examples; nothing where no rule asks."""
    examples = {text for rule in ruleset.rules for text in _examples(rule)}
    if not examples:
        return ()
    view = CallView(facts)
    said = {sentence.text for role in view.pieces for sentence in sentences_of(view, role)}
    return tuple(sorted(examples | said))


def _examples(rule: Rule) -> Iterator[str]:
    if rule.status is Status.RETIRED:
        return
    for part in walk(rule):
        if isinstance(part, Check) and isinstance(part.options, Similarity):
            yield from part.options.like


def _in_sight(looking: Looking) -> Iterator[Sentence]:
    """The sentences wholly inside the scope, in order of time."""
    said = [
        sentence
        for stream in looking.streams
        for sentence in sentences_of(looking.view, stream.role)
        if any(start <= sentence.first and sentence.last <= end for start, end in stream.ranges)
    ]
    yield from sorted(said, key=lambda sentence: (sentence.start, sentence.end))


def _hit(sentence: Sentence, options: Similarity, vectors: Mapping[str, NDArray[np.float32]]) -> Hit | None:
    """The sentence with the example it is closest to; None where that is not close enough."""
    closeness = [float(vectors[sentence.text] @ vectors[text]) for text in options.like]
    best = int(np.argmax(closeness))
    if closeness[best] < options.at_least:
        return None
    worth = min(1.0, closeness[best]) * sentence.clarity
    return Hit(sentence.role, sentence.start, sentence.end, sentence.text, Match.SIMILAR, worth, options.like[best])
