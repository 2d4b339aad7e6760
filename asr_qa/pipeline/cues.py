"""When something was said that one party says far more often than the other: what words tell of who speaks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from asr_qa.core.phonetic import SEPARATOR
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


@dataclass(frozen=True, slots=True)
class _Listed:
    """Phrases that one party says far more often than the other."""

    phrases: tuple[str, ...]
    odds: float
    """Log odds that it is the agent who says one."""
    is_script: bool = False


_OPENING = _Listed(OPENING_SCRIPT, PER_OPENING, is_script=True)
_LISTS = (
    _OPENING,
    _Listed(CLOSING_SCRIPT, PER_CLOSING, is_script=True),
    _Listed((*AGENT_WORDS, *POLITELY), PER_WORD),
    _Listed(CUSTOMER_WORDS, -PER_WORD),
)


def find_cues(transcript: Transcript) -> tuple[Cue, ...]:
    """The cues in what was said once a person has answered, in order of time."""
    answered = answered_at(transcript)
    found = (cue for said in transcript.utterances if said.end > answered for cue in _cues(said, answered))
    return tuple(sorted(found, key=lambda cue: (cue.time, cue.odds)))


def signs_in(heard: str, *, opening_ends: int, near: bool = False) -> Iterator[tuple[int, int, float]]:
    """Words of one party in a text: first character, one past the last, and the log odds that the agent says them.

    Args:
        heard: Plain text.
        opening_ends: The opening script is listened for before this character.
        near: Hear long phrases of scripts also where they are slightly misheard.
    """
    for listed in _LISTS:
        part = heard[:opening_ends] if listed is _OPENING else heard
        for place, phrase in find_phrases(part, listed.phrases, near=near and listed.is_script):
            last = place + len(phrase)
            yield place, last, listed.odds
            # What a script takes is no word of a list besides.
            heard = heard[:place] + SEPARATOR * len(phrase) + heard[last:]


def _cues(utterance: Utterance, answered: float) -> Iterator[Cue]:
    heard, times = _timed(utterance)
    opening_ends = len(heard) if utterance.start <= answered + OPENING_SECONDS else 0
    for first, last, odds in signs_in(heard, opening_ends=opening_ends, near=True):
        if times[first] >= answered:
            yield Cue((times[first] + times[last]) / 2, odds)


def _timed(utterance: Utterance) -> tuple[str, list[float]]:
    """The plain text of an utterance, and when each of its characters begins; the last number is when it ends."""
    text, times, end = "", [], utterance.start
    for word in utterance.timed:
        said = plain(word.text)
        text += said
        times += [word.start + (word.end - word.start) * place / len(said) for place in range(len(said))]
        end = word.end
    return text, [*times, end]
