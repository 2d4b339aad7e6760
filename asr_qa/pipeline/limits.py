"""What a recording does not let anybody know of its call: how it began, what a party that is never heard said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from asr_qa.core.document import CallWarning
from asr_qa.core.recording import Recording, Role
from asr_qa.core.segment import EPSILON, Segment, Track, total
from asr_qa.core.timeline import CallTimeline
from asr_qa.core.unknown import DOUBLE_TALK, spoken_at_once
from asr_qa.pipeline.ports import CallAudio, Samples, SpokenChannel

BEGINS_IN_SPEECH = "begins_in_speech"
ENDS_IN_SPEECH = "ends_in_speech"
TOO_SHORT = "too_short"
ONE_SIDED = "one_sided"

CUT_AT = 0.02
"""Speech found from here (seconds) on may have begun before the recording."""
_FULL_VOICE = 0.25
"""A word that begins rises from nothing; one that is cut is at least this loud at once, of its own loudness."""
_HEAD, _WORD = 0.02, 0.5
"""Seconds that are compared."""
_PADDING = 0.06
"""Seconds of nothing that a compressed file may end with."""
_NOTHING = 8
"""Samples (of 32768) no greater than this are nothing."""
_LEAST_SPEECH = 3.0
"""Less speech than this (seconds, of all together) is a scrap of a call, ..."""
_LEAST_TURNS, _LITTLE_SPEECH = 3, 10.0
"""... and so is less than this without an answer to an answer: greeting, matter, farewell."""


def begins_in_speech(audio: CallAudio, tracks: Sequence[Track]) -> tuple[CallWarning, ...]:
    """The warning that the recording begins in the middle of a word, where it does."""
    pairs = zip(audio.samples, tracks, strict=False)
    if not any(_cut(samples, track, audio.sample_rate) for samples, track in pairs):
        return ()
    message = "somebody is speaking as the recording begins: what was said before, and how long it took, is not known"
    return (CallWarning(code=BEGINS_IN_SPEECH, message=message, start=0.0, end=0.0),)


def ends_in_speech(audio: CallAudio, tracks: Sequence[Track]) -> tuple[CallWarning, ...]:
    """The warning that the recording ends in the middle of a word, where it does."""
    pairs = zip(audio.samples, tracks, strict=False)
    if not any(_broken_off(samples, track, audio.sample_rate) for samples, track in pairs):
        return ()
    message = "somebody is speaking as the recording ends: what was said after it is not known"
    return (CallWarning(code=ENDS_IN_SPEECH, message=message, start=audio.duration, end=audio.duration),)


def too_short(timeline: CallTimeline) -> tuple[CallWarning, ...]:
    """The warning that hardly anything is said: what a call should hold may lie outside the recording."""
    spoken = sum(total(track) for track in timeline.speech.values())
    scrap = spoken < _LEAST_SPEECH - EPSILON
    no_exchange = len(timeline.turns) < _LEAST_TURNS and spoken < _LITTLE_SPEECH - EPSILON
    if not scrap and not no_exchange:
        return ()
    message = f"only {spoken:.1f} s are spoken: what was not heard may have been said before or after the recording"
    return (CallWarning(code=TOO_SHORT, message=message),)


def double_talk(timeline: CallTimeline) -> tuple[CallWarning, ...]:
    """The warning that agent and customer speak at once as much as two who do not hear each other."""
    found = spoken_at_once(timeline)
    if not found.is_double_talk:
        return ()
    message = (
        f"both speak at once for {found.seconds:.0f} s, and two who do not hear each other would for "
        f"{found.chance:.0f} s: perhaps crossed lines, or one side on both channels; what is said at once is not judged"
    )
    return (CallWarning(code=DOUBLE_TALK, message=message),)


def one_sided(recording: Recording, speech: Mapping[Role, Track]) -> tuple[CallWarning, ...]:
    """The warning that one of two parties with a channel each is never heard."""
    parties = {Role.AGENT, Role.CUSTOMER}
    if not parties <= set(recording.role_by_channel):
        return ()
    silent = [role for role in sorted(parties) if not total(speech.get(role, ()))]
    if len(silent) != 1:
        return ()
    message = f"the {silent[0]} is never heard: perhaps not recorded, so what seems silent may not have been"
    return (CallWarning(code=ONE_SIDED, message=message),)


def one_voice(heard: Sequence[SpokenChannel], *, told_apart: bool) -> tuple[CallWarning, ...]:
    """The warning that a channel of both parties carries one voice, where somebody looked for two."""
    if not told_apart or len(heard) != 1 or not total(heard[0].speech):
        return ()
    message = (
        "one voice alone is heard: perhaps the other party was not recorded, so what seems silent may not have been"
    )
    return (CallWarning(code=ONE_SIDED, message=message),)


def told_hang_up(recording: Recording) -> Role | None:
    """Who ended the call, as the manifest says."""
    return _SIDES.get(recording.metadata.get("hang_up_side", "").strip().lower())


_SIDES = {"agent": Role.AGENT, "坐席": Role.AGENT, "customer": Role.CUSTOMER, "客户": Role.CUSTOMER}


def _cut(samples: Samples, track: Track, rate: int) -> bool:
    """Whether the first word of a channel is there in full voice from the first sample on."""
    if not track or track[0].start > CUT_AT:
        return False
    word = track[0] & Segment(0.0, _WORD)
    spoken = _loudness(samples[: round(word.end * rate)])
    return spoken > 0 and _loudness(samples[: round(_HEAD * rate)]) >= _FULL_VOICE * spoken


def _broken_off(samples: Samples, track: Track, rate: int) -> bool:
    """Whether the last word of a channel is there in full voice up to the last sample that carries anything."""
    sent = samples[max(0, len(samples) - round(_PADDING * rate)) :]
    loud = np.flatnonzero(np.abs(sent.astype(np.int32)) > _NOTHING)
    if not track or not loud.size:
        return False
    behind = len(samples) - len(sent) + int(loud[-1]) + 1
    if track[-1].end < behind / rate - CUT_AT:
        return False
    spoken = _loudness(samples[max(round(track[-1].start * rate), behind - round(_WORD * rate)) : behind])
    return spoken > 0 and _loudness(samples[max(0, behind - round(_HEAD * rate)) : behind]) >= _FULL_VOICE * spoken


def _loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples.astype(np.float64))))) if samples.size else 0.0
