"""Calls that laws are tried on: things said one after another, some overlapping."""

from __future__ import annotations

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, union
from asr_qa.core.timeline import CallTimeline, TimingOptions, build_timeline
from asr_qa.core.transcript import Transcript, Utterance, spread

ROLES = (Role.AGENT, Role.CUSTOMER)


def lay_out(said: list[tuple[Role, int, int, str]]) -> tuple[Utterance, ...]:
    """Utterances of role, pause before and length in twentieths of a second, and text; nobody says two at once."""
    now, found = 0, []
    until = dict.fromkeys(ROLES, 0)
    for role, pause, length, text in said:
        start = max(until[role], now + pause)
        now = until[role] = start + length
        within = Segment(start / 20, now / 20)
        found.append(Utterance(role, within.start, within.end, text, words=spread(text, within)))
    return tuple(found)


def build(
    utterances: tuple[Utterance, ...], options: TimingOptions | None = None, holds: Track | None = None
) -> CallTimeline:
    """Their timeline; the recording goes on for a second."""
    speech: dict[Role, Track] = {role: union(u.segment for u in utterances if u.role is role) for role in ROLES}
    duration = max((u.end for u in utterances), default=0.0) + 1
    return build_timeline(speech, Transcript(utterances), duration, options=options, holds=holds)
