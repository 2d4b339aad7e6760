"""Calls whose parties are on one channel: parted into voices before, named after transcription."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from asr_qa.core.document import CallWarning
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, subtract, total, union
from asr_qa.core.transcript import Transcript, Utterance, Word, text_of
from asr_qa.pipeline.cues import find_cues
from asr_qa.pipeline.ports import Diarization, Diarizer, Samples, SpokenChannel
from asr_qa.pipeline.roles import decide_roles

NO_MODEL = CallWarning(
    code="no_diarization_model",
    message="both parties are on one channel and there is no model that tells voices apart: who speaks is not known; "
    "get it with: asr-qa models pull voices",
)
ONE_CHANNEL = CallWarning(
    code="one_channel",
    message="both parties are on one channel: what they say at once cannot be told apart, so interruptions and "
    "talking over are left to a person",
)

_NAMES = (Role.AGENT, Role.CUSTOMER)
_SURE = 0.9
"""Confidence below which it is not known from the voices that there are two."""
_AROUND = 1.0
"""Seconds kept before and after each stretch of a voice: more than is transcribed with it."""
_SHARED = 0.2
"""Seconds of them that are kept even where the other speaks: who answers begins before the other has finished."""


@dataclass(frozen=True, slots=True)
class Parted:
    """The voices of one channel, and what to warn of."""

    channels: tuple[SpokenChannel, ...]
    """One for each voice; agent and customer are only names until the voices are named."""
    confidence: float
    """That there are two voices, 0 to 1."""
    warnings: tuple[CallWarning, ...]
    unsure: Diarization | None = None
    """What the voices alone tell, where that is not enough: the channel is whole until its words are known."""


@dataclass(frozen=True, slots=True)
class Named:
    """What was said, each voice under its role."""

    transcript: Transcript
    speech: dict[Role, Track]
    warnings: tuple[CallWarning, ...]
    """roles_unknown, where the roles are only the likelier ones."""
    channels: tuple[SpokenChannel, ...] = ()
    """Where each role is heard."""


def part_voices(channel: SpokenChannel, diarizer: Diarizer | None) -> Parted:
    """One channel as a channel for each voice; the channel itself where there is only one or nothing to part with."""
    if diarizer is None:
        return Parted((channel,), 0.0, (NO_MODEL,) if channel.speech else ())
    found = diarizer.diarize(channel.samples, channel.speech)
    if len(found.voices) != len(_NAMES) or found.confidence < _SURE:
        return Parted((channel,), found.confidence, (), found if channel.speech else None)
    return Parted(_apart(channel, found), found.confidence, (ONE_CHANNEL, *found.warnings))


def name_voices(
    parted: Parted, transcript: Transcript, *, direction: str | None, diarizer: Diarizer | None = None
) -> Named:
    """Put every word and every stretch of speech on its role.

    Where the voices alone did not part, what was said may: the diarizer is asked again with the words. Where it is not
    sure which voice is the agent's, the likelier roles are kept apart and the warning roles_unknown leaves every rule
    about one party to a person. One voice alone is nobody's: it stays OTHER.
    """
    before = parted.warnings
    if parted.unsure and diarizer:
        parted = _parted_by_words(parted, parted.unsure, transcript, diarizer)
        transcript = _shared_out(transcript, parted.channels) if len(parted.channels) > 1 else transcript
    if len(parted.channels) < len(_NAMES):
        why = "one channel carries both parties" if NO_MODEL in parted.warnings else "one channel, and one voice on it"
        return Named(transcript, _speech(parted.channels), (_unknown(why),), parted.channels)
    decision = decide_roles(transcript, direction=direction)
    channels = parted.channels
    if decision.swapped:
        transcript = replace(
            transcript, utterances=tuple(replace(u, role=u.role.opposite) for u in transcript.utterances)
        )
        channels = tuple(replace(channel, role=channel.role.opposite) for channel in channels)
    doubts = [
        *([f"the roles of the two voices are only likely ({decision.confidence:.0%})"] if not decision.known else []),
        *(["it is not sure that there are two voices"] if parted.confidence < _SURE else []),
        *(["there may be a third voice"] if any(w.code == "third_voice" for w in parted.warnings) else []),
    ]
    found = tuple(warning for warning in parted.warnings if warning not in before)
    doubted = (_unknown("; ".join(doubts)),) if doubts else ()
    return Named(transcript, _speech(channels), (*found, *doubted), channels)


def _parted_by_words(parted: Parted, alone: Diarization, transcript: Transcript, diarizer: Diarizer) -> Parted:
    """The voices with what was said for a hint; where that does not part them either, what they tell alone."""
    (channel,) = parted.channels
    cues = find_cues(transcript)
    told = diarizer.diarize(channel.samples, channel.speech, cues=cues) if cues else alone
    found = told if told.confidence >= _SURE else alone
    if len(found.voices) != len(_NAMES):
        return parted
    return Parted(_apart(channel, found), found.confidence, (ONE_CHANNEL, *found.warnings))


def _apart(channel: SpokenChannel, found: Diarization) -> tuple[SpokenChannel, ...]:
    return tuple(
        replace(channel, role=role, speech=voice, samples=_only(channel, voice, other))
        for role, voice, other in zip(_NAMES, found.voices, reversed(found.voices), strict=True)
    )


def _shared_out(transcript: Transcript, channels: Sequence[SpokenChannel]) -> Transcript:
    """Every word with the voice that speaks in it; an utterance of both becomes one for each run of words."""
    found = [part for utterance in transcript.utterances for part in _runs(utterance, channels)]
    return replace(transcript, utterances=tuple(sorted(found, key=lambda u: (u.start, u.end, u.role))))


def _runs(utterance: Utterance, channels: Sequence[SpokenChannel]) -> list[Utterance]:
    words = utterance.timed
    if not words:
        return [replace(utterance, role=_speaker(utterance.segment, channels))]
    runs: list[tuple[Role, list[Word]]] = []
    for word in words:
        role = _speaker(Segment(word.start, max(word.start, word.end)), channels)
        if runs and runs[-1][0] is role:
            runs[-1][1].append(word)
        else:
            runs.append((role, [word]))
    if len(runs) == 1:
        return [replace(utterance, role=runs[0][0])]
    return [_part_of(utterance, role, tuple(run)) for role, run in runs]


def _part_of(utterance: Utterance, role: Role, words: tuple[Word, ...]) -> Utterance:
    text = text_of(words)
    kept = words if utterance.words else ()
    return replace(utterance, role=role, start=words[0].start, end=words[-1].end, text=text, raw_text=text, words=kept)


def _speaker(when: Segment, channels: Sequence[SpokenChannel]) -> Role:
    """Whose speech lies nearest to the middle of a stretch of time."""
    middle = (when.start + when.end) / 2

    def away(channel: SpokenChannel) -> float:
        return min(max(stretch.start - middle, middle - stretch.end, 0.0) for stretch in channel.speech)

    return min(channels, key=away).role


def loudest(tracks: Sequence[Track]) -> int:
    """The channel with most speech."""
    return max(range(len(tracks)), key=lambda index: (total(tracks[index]), -index))


def _only(channel: SpokenChannel, own: Track, other: Track) -> Samples:
    """The samples around one voice's stretches, silence elsewhere and where the other speaks, but for a moment.

    Memory that nobody writes to is never taken: a call costs as much as is spoken in it, not as much as it is long.
    """
    samples = _silence(len(channel.samples))
    rate = channel.sample_rate
    for stretch in subtract(_widened(own, _AROUND), subtract(other, _widened(own, _SHARED))):
        part = slice(round(stretch.start * rate), round(stretch.end * rate))
        samples[part] = channel.samples[part]
    return samples


def _silence(count: int) -> Samples:
    """That many samples of silence, in small pages: a large one would be taken whole for each stretch in it."""
    memory = mmap.mmap(-1, max(2 * count, 1))
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        with suppress(OSError):  # a kernel that knows no large pages
            memory.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(memory, np.int16, count)


def _widened(track: Track, seconds: float) -> Track:
    return union(Segment(max(0.0, stretch.start - seconds), stretch.end + seconds) for stretch in track)


def _speech(channels: Sequence[SpokenChannel]) -> dict[Role, Track]:
    return {channel.role: channel.speech for channel in channels}


def _unknown(why: str) -> CallWarning:
    return CallWarning(code="roles_unknown", message=f"{why}: rules about one party are left to a person")
