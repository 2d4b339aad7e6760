"""When something was said that one party says far more often than the other: what words tell of who speaks."""

from __future__ import annotations

from collections.abc import Iterator

from asr_qa.core.text import plain
from asr_qa.core.transcript import Transcript, Utterance
from asr_qa.pipeline.ports import Cue
from asr_qa.pipeline.roles import (
    AGENT_WORDS,
    CLOSING_SCRIPT,
    CUSTOMER_WORDS,
    OPENING_SCRIPT,
    OPENING_SECONDS,
    POLITELY,
    answered_at,
    find_phrases,
)

# Log odds. Of twenty words on these lists, that were heard in calls whose truth is known, nineteen were the party's.
PER_OPENING = 6.0
PER_CLOSING = 4.5
PER_WORD = 3.0


def find_cues(transcript: Transcript) -> tuple[Cue, ...]:
    """The cues in what was said once a person has answered, in order of time."""
    answered = answered_at(transcript)
    found = (cue for said in transcript.utterances if said.end > answered for cue in _cues(said, answered))
    return tuple(sorted(found, key=lambda cue: (cue.time, cue.odds)))


def _cues(utterance: Utterance, answered: float) -> Iterator[Cue]:
    heard, times = _timed(utterance)
    for listed, odds, scripted in (
        ((*OPENING_SCRIPT,), PER_OPENING, True),
        ((*CLOSING_SCRIPT,), PER_CLOSING, True),
        ((*AGENT_WORDS, *POLITELY), PER_WORD, False),
        ((*CUSTOMER_WORDS,), -PER_WORD, False),
    ):
        if listed == OPENING_SCRIPT and utterance.start > answered + OPENING_SECONDS:
            continue
        for place, phrase in find_phrases(heard, listed, near=scripted):
            if times[place] >= answered:
                yield Cue((times[place] + times[place + len(phrase)]) / 2, odds)
            # What a script takes is no word of a list besides.
            heard = heard[:place] + " " * len(phrase) + heard[place + len(phrase) :]


def _timed(utterance: Utterance) -> tuple[str, list[float]]:
    """The plain text of an utterance, and when each of its characters begins; the last number is when it ends."""
    text, times, end = "", [], utterance.start
    for word in utterance.timed:
        said = plain(word.text)
        text += said
        times += [word.start + (word.end - word.start) * place / len(said) for place in range(len(said))]
        end = word.end
    return text, [*times, end]
