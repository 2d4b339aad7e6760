"""Checks on meaning: sentences close to one of some examples, by vectors that are worked out outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.base import CallView, Embed, Hit, Looking, Outcome
from asr_qa.core.checks.counting import Wanted, decide_count
from asr_qa.core.checks.repetition import Sentence, sentences_of
from asr_qa.core.checks.words import SYLLABLE_SECONDS, blocked
from asr_qa.core.finding import Match, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.rule import Similarity

_SHOWN = 3


def decide_similarity(options: Similarity, looking: Looking) -> Outcome:
    """Whether as many sentences as asked for mean the same as an example."""
    if (stop := blocked(looking)) is not None:
        return stop
    embed = looking.view.facts.embed
    if embed is None:
        return Outcome(verdict=Verdict.UNDETERMINED, note="no sentence model is installed")
    said = [sentence for sentence in _in_sight(looking) if len(sentence.code) >= options.min_characters]
    examples = looking.view.once(("examples", options.like), lambda: embed(options.like))
    read = {role: _vectors(looking.view, role, embed) for role in {sentence.role for sentence in said}}
    close = ((sentence, examples @ read[sentence.role][sentence]) for sentence in said)
    hits = tuple(hit for sentence, found in close if (hit := _hit(sentence, options, found)) is not None)
    wanted = Wanted(
        shown="意思相近的话：" + " / ".join(options.like[:_SHOWN]),
        seconds=SYLLABLE_SECONDS * options.min_characters,
        limit=options.min_confidence,
    )
    return decide_count(hits, looking, options.count, wanted)


def _vectors(view: CallView, role: Role, embed: Embed) -> Mapping[Sentence, NDArray[np.float32]]:
    """The vector of every sentence of a role, read all at once."""

    def read() -> Mapping[Sentence, NDArray[np.float32]]:
        said = sentences_of(view, role)
        return dict(zip(said, embed([sentence.text for sentence in said]), strict=True))

    return view.once(("vectors", role), read)


def _in_sight(looking: Looking) -> Iterator[Sentence]:
    """The sentences wholly inside the scope, in order of time."""
    said = [
        sentence
        for stream in looking.streams
        for sentence in sentences_of(looking.view, stream.role)
        if any(start <= sentence.first and sentence.last <= end for start, end in stream.ranges)
    ]
    yield from sorted(said, key=lambda sentence: (sentence.start, sentence.end))


def _hit(sentence: Sentence, options: Similarity, closeness: NDArray[np.float32]) -> Hit | None:
    """The sentence with the example it is closest to; None where that is not close enough."""
    best = int(np.argmax(closeness))
    if closeness[best] < options.at_least:
        return None
    # Weak hearing makes it doubtful; how close the meaning is was settled by at_least.
    return Hit(
        sentence.role,
        sentence.start,
        sentence.end,
        sentence.text,
        Match.SIMILAR,
        sentence.clarity,
        options.like[best],
    )
