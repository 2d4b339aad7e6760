"""Who ended the call: as the manifest says, or else as the busy tone at its end tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import Segment, Track, clip, total
from asr_qa.pipeline.limits import told_hang_up
from asr_qa.pipeline.ports import NonSpeech

_NEAR_END = 10.0
"""Seconds before the end of the recording up to which the tone must sound."""
_A_WORD = 0.3
"""Seconds of speech before the tone that show that its channel was somebody's, and after it that it still is."""


@dataclass(frozen=True, slots=True)
class Ending:
    """Who ended a call."""

    side: Role | None = None
    """None where it is not known."""
    gone_at: float | None = None
    """When the busy tone that tells it began; None where the manifest does."""


def find_ending(
    recording: Recording, unspoken: Sequence[NonSpeech], speech: Mapping[Role, Track], duration: float
) -> Ending:
    """Who ended a call.

    The network puts a busy tone in the place of the voice that has gone, as it does with music and ring-back. So the
    tone is on the channel of the one who hung up, and it is the other who hears it. Nothing is known where both
    channels carry it, where one channel carries both parties, or where nobody has spoken on its channel before: a line
    that is engaged sounds the same.

    Args:
        recording: With the role of each channel; what its manifest says comes first.
        unspoken: What sounds on each channel.
        speech: Where each role speaks.
        duration: Seconds of the recording.
    """
    if told := told_hang_up(recording):
        return Ending(told)
    found = [
        (role, tone.start)
        for role, heard in zip(recording.role_by_channel, unspoken, strict=False)
        if (tone := _last_tone(heard.busy, duration))
    ]
    role, gone_at = found[0] if len(found) == 1 else (None, 0.0)
    if role not in (Role.AGENT, Role.CUSTOMER):
        return Ending()
    spoken = speech.get(role, ())
    before = total(clip(spoken, Segment(0.0, gone_at)))
    after = total(clip(spoken, Segment(gone_at, max(gone_at, duration))))
    return Ending(role, gone_at) if before >= _A_WORD > after else Ending()


def _last_tone(busy: Track, duration: float) -> Segment | None:
    """The busy tone at the end of a channel."""
    return next((tone for tone in busy if tone.end >= duration - _NEAR_END), None)
