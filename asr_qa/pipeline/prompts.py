"""Automatic prompts taken out of a call: no speech and no words of the agent, and what they say is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from asr_qa.core.options import TimingOptions
from asr_qa.core.prompts import Line, Prompts, alike, find_prompts
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, bridge, clip, covering, subtract, total, union
from asr_qa.core.transcript import Transcript, Utterance, Word, text_of
from asr_qa.pipeline.ports import NonSpeech

_REACH = 0.5
"""Seconds by which words may stand beside the prompt they belong to: word times err."""
_SAME = 0.8
"""Share of an utterance that lies in a prompt and says the same, on a channel that carries it too."""


def without_prompts(
    speech: Mapping[Role, Track],
    transcript: Transcript,
    duration: float,
    *,
    unspoken: Sequence[tuple[Role | None, NonSpeech]],
    options: TimingOptions,
) -> tuple[Prompts | None, dict[Role, Track], Transcript]:
    """The automatic prompts a call begins with, and its speech and words without them.

    Where one channel carries both parties the prompts may be with either voice, so both are looked through.

    Args:
        speech: Where each role's voice was detected.
        transcript: What was said.
        duration: Seconds of the recording.
        unspoken: Role of each channel, and what else is heard on it.
        options: Parameters of the definition.
    """
    parties = {role for role, _ in unspoken if role is not None}
    sides = (Role.AGENT,) if parties else (Role.AGENT, Role.CUSTOMER, Role.OTHER)
    for side in sides:
        found = find_prompts(speech, transcript, duration, line=_line(unspoken, side), side=side, options=options)
        if found is not None:
            return (found, *take_out(found, speech, transcript, side=side))
    return None, dict(speech), transcript


def _line(unspoken: Sequence[tuple[Role | None, NonSpeech]], side: Role) -> Line:
    """What is heard on the channel of a side and, of keys, on the others; all of it where there is one channel."""
    own = [found for role, found in unspoken if role in (side, None)]
    others = [found for role, found in unspoken if role is None or role is not side]
    return Line(
        waits=union(*(found.waits for found in own)),
        ringing=union(*(found.ringing for found in own)),
        keys=union(*(found.keys for found in others)),
    )


def take_out(
    prompts: Prompts, speech: Mapping[Role, Track], transcript: Transcript, *, side: Role = Role.AGENT
) -> tuple[dict[Role, Track], Transcript]:
    """Speech and words of the call without the prompts: what they say stays, under OTHER.

    Where the other side's channel carries the same prompt at the same time, it is taken out there altogether.

    Args:
        prompts: As found.
        speech: Where each role's voice was detected.
        transcript: What was said.
        side: Where the prompts were found.
    """
    rest = {**speech, side: subtract(speech[side], prompts.said)}
    parts = [p for u in transcript.utterances for p in (_parted(u, prompts.said) if u.role is side else (u,))]
    heard = text_of(word for part in parts if part.role is Role.OTHER for word in part.timed)
    kept = []
    for part in parts:
        if side is not Role.OTHER and part.role is side.opposite and _echoes(part, prompts, heard):
            around = Segment(max(0.0, part.start - _REACH), part.end + _REACH)
            echo = clip(bridge(prompts.said, _REACH), around)
            rest[part.role] = tuple(s for s in rest.get(part.role, ()) if total(clip(echo, s)) < s.duration / 2)
        else:
            kept.append(part)
    return rest, replace(transcript, utterances=tuple(kept))


def _parted(utterance: Utterance, said: Track) -> tuple[Utterance, ...]:
    """An utterance, the words in prompts as another's."""
    words, near = utterance.timed, bridge(said, _REACH)
    if not words:
        inside = total(clip(near, utterance.segment)) > utterance.segment.duration / 2
        return (replace(utterance, role=Role.OTHER) if inside else utterance,)
    mine = [covering(near, (word.start + word.end) / 2) is None for word in words]
    if all(mine) or not any(mine):
        return (utterance if all(mine) else replace(utterance, role=Role.OTHER),)
    return tuple(_of(utterance, group, own) for own, group in _runs(words, mine))


def _runs(words: Sequence[Word], mine: Sequence[bool]) -> Iterator[tuple[bool, tuple[Word, ...]]]:
    for own, pairs in groupby(zip(mine, words, strict=True), key=lambda pair: pair[0]):
        yield own, tuple(word for _, word in pairs)


def _of(utterance: Utterance, words: tuple[Word, ...], own: bool) -> Utterance:
    """The part of an utterance that some of its words make."""
    text, role = text_of(words), utterance.role if own else Role.OTHER
    start, end = words[0].start, words[-1].end
    return replace(utterance, role=role, start=start, end=end, text=text, raw_text=text, words=words)


def _echoes(utterance: Utterance, prompts: Prompts, heard: str) -> bool:
    """Whether an utterance is nothing but a prompt that came over from the other channel."""
    inside = total(clip(bridge(prompts.said, _REACH), utterance.segment))
    return inside >= _SAME * utterance.segment.duration and alike(utterance.text, heard) >= _SAME
