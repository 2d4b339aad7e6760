"""The figures of one call: seconds and counts first, rates derived from them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from asr_qa.core.event import SERIOUS
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, clip, total, union
from asr_qa.core.timeline import CallTimeline, Event, TimingOptions, overlaps
from asr_qa.core.transcript import HEARD, Transcript
from asr_qa.core.turns import count_units, monologues, words_in


@dataclass(frozen=True, slots=True, kw_only=True)
class PerRole:
    """A figure for each party; None where it could not be measured."""

    agent: float | None = None
    customer: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Seconds from the end of a customer turn to the agent's next."""

    median: float | None = None
    worst: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMetrics:
    """Every figure of DESIGN: what could not be measured is None, never 0."""

    duration: float
    """Seconds."""
    speech_seconds: PerRole
    talk_ratio: float | None
    """Agent speech / speech of both; None where one is never heard."""
    silence_seconds: float | None
    silence_share: float | None
    """Silence / span between first and last speech."""
    longest_silence: float | None
    dead_air_seconds: float | None
    dead_air_count: int | None
    hold_seconds: float | None
    overlap_seconds: float | None
    interruptions: PerRole
    talk_overs: PerRole
    backchannels: PerRole
    response_latency: Latency
    first_response: float | None
    """Seconds from the start of the call, or the end of its automatic prompts, to the agent's first speech; None where
    the recording begins in speech. Ringing before the recording is added."""
    characters_per_minute: PerRole
    """CJK characters and digits (words where the language has no such characters) per minute of own speech in turns
    of at least five; None where those are too little speech to tell."""
    longest_monologue: PerRole
    turns: PerRole
    excused_silence_seconds: float | None = None
    """Dead air that was announced: counted apart."""
    excused_silence_count: int | None = None
    serious_dead_air_count: int | None = None
    """Of the dead air that nothing excuses, the long ones."""
    last_speaker: Role | None = None
    """Whose speech is the last in the call."""
    ivr_seconds: float | None = None
    """Automatic prompts before a person answered."""
    hang_up_side: Role | None = None
    """Who ended the call, where that is known."""


SHARES = frozenset({"talk_ratio", "silence_share"})
"""Figures from 0 to 1."""
DEFINITION_OF: Mapping[str, str] = {
    "duration": "duration",
    "speech_seconds": "speech",
    "talk_ratio": "talk_ratio",
    "silence_seconds": "silence",
    "silence_share": "silence",
    "longest_silence": "silence",
    "dead_air_seconds": "dead_air",
    "dead_air_count": "dead_air",
    "hold_seconds": "hold",
    "ivr_seconds": "ivr",
    "overlap_seconds": "overlap",
    "interruptions": "interruption",
    "talk_overs": "talk_over",
    "backchannels": "backchannel",
    "response_latency": "response_latency",
    "first_response": "first_response",
    "characters_per_minute": "speech_rate",
    "longest_monologue": "monologue",
    "turns": "turn",
    "excused_silence_seconds": "excuse",
    "excused_silence_count": "excuse",
    "serious_dead_air_count": "dead_air",
    "last_speaker": "speech",
    "hang_up_side": "hang_up_side",
    "ring_seconds": "ring",
}
"""Id of the definition that each figure is measured by."""


def measure(
    timeline: CallTimeline,
    transcript: Transcript,
    *,
    ring_seconds: float | None = None,
    language: str = "zh",
    options: TimingOptions | None = None,
) -> CallMetrics:
    """Take every figure of a call.

    Args:
        timeline: Turns and events of the call.
        transcript: What was said; only the rate of speech comes from it.
        ring_seconds: How long it rang before the call was answered, where known.
        language: Language spoken; decides whether characters or words are counted.
        options: The options the timeline was built with.

    Returns:
        The figures; None for what could not be measured, such as figures of a role without speech.
    """
    options = options or TimingOptions()
    spoken = {role for role, track in timeline.speech.items() if track}
    silences = timeline.of("silence")
    unexcused = [event for event in timeline.of("dead_air") if event.waived_by is None]
    excused = [event for event in timeline.of("dead_air") if event.waived_by is not None]
    speech = union(*timeline.speech.values())
    both = {Role.AGENT, Role.CUSTOMER} <= spoken
    runs = monologues(timeline.turns, options=options)
    counted = _counter(timeline, both)
    seconds = _per_role(spoken, lambda role: total(timeline.speech[role]))
    return CallMetrics(
        duration=timeline.duration,
        speech_seconds=seconds,
        talk_ratio=_talk_ratio(seconds),
        silence_seconds=_seconds(silences) if speech else None,
        silence_share=_seconds(silences) / (speech[0] | speech[-1]).duration if speech else None,
        longest_silence=max((event.segment.duration for event in silences), default=0.0) if speech else None,
        dead_air_seconds=_seconds(unexcused) if speech else None,
        dead_air_count=len(unexcused) if speech else None,
        hold_seconds=_hold_seconds(timeline),
        overlap_seconds=_overlap_seconds(timeline, options) if both else None,
        interruptions=counted("interruption"),
        talk_overs=counted("talk_over"),
        backchannels=counted("backchannel"),
        response_latency=_latency(timeline),
        first_response=_first_response(timeline, ring_seconds),
        characters_per_minute=_per_role(spoken, lambda role: _rate(timeline, transcript, role, language, options)),
        longest_monologue=_per_role(
            spoken, lambda role: max((run.duration for owner, run in runs if owner is role), default=0.0)
        ),
        turns=_per_role(spoken, lambda role: len(timeline.turns_of(role))),
        excused_silence_seconds=_seconds(excused) if speech else None,
        excused_silence_count=len(excused) if speech else None,
        serious_dead_air_count=sum(event.level == SERIOUS for event in unexcused) if speech else None,
        last_speaker=max(spoken, key=lambda role: (timeline.speech[role][-1].end, role), default=None),
        ivr_seconds=_ivr_seconds(timeline) if timeline.holds_known else None,
        hang_up_side=next((event.by for event in timeline.of("hang_up_side")), None),
    )


def waits(timeline: CallTimeline) -> list[Segment]:
    """From the end of each customer turn to the agent's next, where that comes next: what response_latency measures."""
    return [event.segment for event in timeline.of("response_latency")]


def _per_role(spoken: set[Role], figure: Callable[[Role], float | None]) -> PerRole:
    """A figure for each role that speaks."""
    return PerRole(
        agent=figure(Role.AGENT) if Role.AGENT in spoken else None,
        customer=figure(Role.CUSTOMER) if Role.CUSTOMER in spoken else None,
    )


def _counter(timeline: CallTimeline, both: bool) -> Callable[[str], PerRole]:
    """Counts of what takes two: unknown unless both were heard."""
    roles = {Role.AGENT, Role.CUSTOMER} if both else set()
    return lambda kind: _per_role(roles, lambda role: len(timeline.of(kind, role)))


def _talk_ratio(seconds: PerRole) -> float | None:
    """Unknown unless both were heard: a party without speech may not have been recorded."""
    if seconds.agent is None or seconds.customer is None:
        return None
    return seconds.agent / (seconds.agent + seconds.customer)


def _seconds(events: Sequence[Event]) -> float:
    return sum((event.segment.duration for event in events), 0.0)


def _overlap_seconds(timeline: CallTimeline, options: TimingOptions) -> float:
    pairs = (total(common) for _, _, common in overlaps(timeline.turns))
    return sum((seconds for seconds in pairs if seconds >= options.overlap_min - EPSILON), 0.0)


def _hold_seconds(timeline: CallTimeline) -> float | None:
    """Unknown where nobody looked, or nothing at all is heard."""
    holds = timeline.of("hold")
    return _seconds(holds) if timeline.holds_known and (holds or any(timeline.speech.values())) else None


def _ivr_seconds(timeline: CallTimeline) -> float | None:
    """Unknown where nothing at all is said: prompts are known by their words."""
    prompts = timeline.of("ivr")
    return _seconds(prompts) if prompts or any(timeline.speech.values()) else None


def _latency(timeline: CallTimeline) -> Latency:
    found = [wait.duration for wait in waits(timeline)]
    return Latency(median=median(found), worst=max(found)) if found else Latency()


def _first_response(timeline: CallTimeline, ring_seconds: float | None) -> float | None:
    """With the ringing, but for where the recording has what rings or plays before the agent: it would count twice."""
    recorded = timeline.unanswered or timeline.of("ivr")
    rang = 0.0 if recorded or ring_seconds is None else ring_seconds
    return next((event.segment.duration + rang for event in timeline.of("first_response")), None)


def _rate(
    timeline: CallTimeline, transcript: Transcript, role: Role, language: str, options: TimingOptions
) -> float | None:
    """Characters (words) per minute of own speech, over turns with enough of them that were all understood.

    None where those turns together are too short: their edges are found to some tenths of a second.
    """
    said = words_in(timeline.turns_of(role), transcript, murmurs=timeline.murmurs)
    unheard = union(u.segment for u in transcript.of(role) if u.status != HEARD)
    counted = seconds = 0.0
    for turn, words in said.items():
        count = count_units(words, language)
        if count >= options.rate_turn_min and not clip(unheard, turn.segment):
            counted += count
            seconds += total(turn.speech)
    return 60 * counted / seconds if seconds and seconds >= options.rate_least - EPSILON else None
