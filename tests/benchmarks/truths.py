"""What the truth files of composed and sample calls say of words and speech, as values of the core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.transcript import Transcript, Utterance, spread

ROLES = (Role.AGENT, Role.CUSTOMER)
Truth = dict[str, Any]
Speech = dict[Role, Track]


def utterances(truth: Truth) -> Iterator[Utterance]:
    """The truth's texts as words in their place; a turn that was cut off says something that is no murmur."""
    for kind in ("turns", "backchannels"):
        for said in truth[kind]:
            text = said["text"] or "那么这个问题"
            words = [w for part in _shares(said["speech"], text) for w in spread(part[1], Segment(*part[0]))]
            yield Utterance(Role(said["role"]), said["start"], said["end"], text, words=tuple(words))


def _shares(stretches: list[list[float]], text: str) -> Iterator[tuple[list[float], str]]:
    """The text divided over the stretches of speech by their length."""
    seconds = sum(b - a for a, b in stretches)
    done = 0.0
    for start, end in stretches:
        first, done = round(done / seconds * len(text)), done + end - start
        yield [start, end], text[first : round(done / seconds * len(text))]


def true_speech(truth: Truth) -> Speech:
    """The truth's stretches of speech per role."""
    return {
        role: union(
            Segment(*part)
            for kind in ("turns", "backchannels")
            for said in truth[kind]
            if said["role"] == role
            for part in said["speech"]
        )
        for role in ROLES
    }


def transcript_of(*utterances: Utterance) -> Transcript:
    """Utterances in order of time."""
    return Transcript(tuple(sorted(utterances, key=lambda one: one.start)))
