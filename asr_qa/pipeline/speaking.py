"""How each turn of a call is spoken: measured on its channel, compared with its speaker's other turns."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from asr_qa.core.recording import Role
from asr_qa.core.segment import clip, union
from asr_qa.core.timeline import CallTimeline, Turn
from asr_qa.core.transcript import HEARD, Transcript
from asr_qa.core.turns import count_units, words_in
from asr_qa.core.voice import SpokenTurn, VoiceMeasure, VoiceOptions, VoiceReport, describe_voices
from asr_qa.pipeline.ports import SpokenChannel, VoiceMeter

NOBODY_KNOWN = frozenset({"no_speech", "roles_unknown", "swapped_roles", "dual_mono", "dead_channel"})
"""Warnings under which nothing is said of anybody's voice."""


def hear_speaking(
    meter: VoiceMeter,
    channels: Sequence[SpokenChannel],
    timeline: CallTimeline,
    transcript: Transcript,
    *,
    options: VoiceOptions | None = None,
    codes: Collection[str] = (),
) -> VoiceReport:
    """Measure every turn.

    Args:
        meter: Listens to a channel.
        channels: The channels of agent and customer; turns of anybody else are left out.
        timeline: Turns of the call.
        transcript: What was said: the rate of speech comes from it.
        options: Parameters of the definitions.
        codes: Of the warnings of the call; with one of NOBODY_KNOWN there are no hints.
    """
    measures: dict[Turn, VoiceMeasure] = {}
    for channel in (c for c in channels if c.role is not Role.OTHER):
        turns = timeline.turns_of(channel.role)
        found = meter.measure(channel.samples, [turn.speech for turn in turns], channel.sample_rate)
        measures.update(zip(turns, found, strict=True))
    units = _units(timeline, transcript)
    spoken = [
        SpokenTurn(role=turn.role, speech=turn.speech, measure=measures[turn], units=units[turn])
        for turn in timeline.turns
        if turn in measures
    ]
    return describe_voices(spoken, method=meter.name, options=options, blame=NOBODY_KNOWN.isdisjoint(codes))


def _units(timeline: CallTimeline, transcript: Transcript) -> dict[Turn, int | None]:
    """Characters (words) of each turn; None where some of it was not understood."""
    unheard = {role: union(u.segment for u in transcript.of(role) if u.status != HEARD) for role in Role}
    return {
        turn: None if clip(unheard[turn.role], turn.segment) else count_units(words, transcript.language)
        for turn, words in words_in(timeline.turns, transcript, murmurs=timeline.murmurs).items()
    }
