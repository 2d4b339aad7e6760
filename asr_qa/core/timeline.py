"""Who spoke when, and what that means: turns and events from two tracks of speech plus words.

The definitions are published in docs/definitions.md; each event carries the id of its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from asr_qa.core.lexicon import find_phrases
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track, bridge, clip, gaps, intersect, subtract, total, union
from asr_qa.core.transcript import Transcript, Word, text_of
from asr_qa.core.turns import Talk, TimingOptions, Turn, assents, build_turns, monologues, sort_talk, words_in

__all__ = ["CallTimeline", "Event", "TimingOptions", "Turn", "build_timeline", "definitions", "overlaps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened in time, by a definition."""

    kind: str
    """silence, hold, dead_air, overlap, backchannel, interruption, talk_over, monologue."""
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    by: Role | None = None
    definition: str = ""
    """Definition id with its parameters, e.g. "dead_air(min=5.0,serious=15.0)"."""
    waived_by: str | None = None
    """What excuses it (the words said), or None."""

    @property
    def segment(self) -> Segment:
        """When it happened."""
        return Segment(self.start, self.end)


@dataclass(frozen=True, slots=True)
class CallTimeline:
    """Speech, turns and events of one call."""

    duration: float
    """Seconds of the whole recording."""
    speech: Mapping[Role, Track] = field(default_factory=dict)
    turns: tuple[Turn, ...] = ()
    """Of both roles, in order of start."""
    events: tuple[Event, ...] = ()
    """In order of start, then kind."""
    holds_known: bool = True
    """Whether holds were looked for; without that there is no saying that there was none."""

    def of(self, kind: str, by: Role | None = None) -> tuple[Event, ...]:
        """Events of one kind; with `by`, those of one role."""
        return tuple(e for e in self.events if e.kind == kind and (by is None or e.by is by))

    def turns_of(self, role: Role) -> tuple[Turn, ...]:
        """Turns of one role."""
        return tuple(turn for turn in self.turns if turn.role is role)


def build_timeline(
    speech: Mapping[Role, Track],
    transcript: Transcript,
    duration: float,
    *,
    options: TimingOptions | None = None,
    holds: Track | None = None,
) -> CallTimeline:
    """Find turns and events.

    Args:
        speech: Where each role's voice was detected; in any order, pauses need not be bridged.
        transcript: What was said. Words only tell back-channels and excuses; no time comes from them.
        duration: Seconds of the recording.
        options: Parameters of the definitions.
        holds: Where music or ring-back plays on the agent's channel; no speech of the agent is counted there. None
            where nobody looked.

    Returns:
        The timeline, its events in order of start, then kind.
    """
    options = options or TimingOptions()
    waits = tuple(hold for hold in union(holds or ()) if hold.duration >= options.hold_min - EPSILON)
    tracks = {role: bridge(track, options.speech_bridge) for role, track in speech.items()}
    if holds and Role.AGENT in tracks:
        tracks[Role.AGENT] = subtract(tracks[Role.AGENT], union(holds))
    talks = sort_talk(tracks, transcript, options=options)
    turns = build_turns(talks, options=options)
    events = [
        *_quiet(tracks, transcript, waits, options),
        *_overlaps(turns, options),
        *_murmurs(talks),
        *_cut_ins(turns, transcript, options),
        *_monologues(turns, options),
    ]
    return CallTimeline(duration, tracks, turns, _stamp(events, definitions(options)), holds is not None)


def definitions(options: TimingOptions | None = None) -> dict[str, str]:
    """The definition of each figure and event, with the parameters in force."""
    o = options or TimingOptions()
    parameters: dict[str, dict[str, float]] = {
        "speech": {"bridge": o.speech_bridge},
        "turn": {"bridge": o.turn_bridge, "taken": o.turn_taken},
        "silence": {"min": o.silence_min},
        "hold": {"min": o.hold_min},
        "dead_air": {"min": o.dead_air_min, "serious": o.dead_air_serious},
        "excuse": {"lead": o.excuse_lead, "max": o.excuse_max},
        "overlap": {"min": o.overlap_min},
        "backchannel": {
            "min": o.backchannel_min,
            "max": o.backchannel_max,
            "unheard": o.backchannel_unheard,
            "apart": o.backchannel_apart,
            "pause": o.backchannel_pause,
            "confidence": o.backchannel_confidence,
        },
        "interruption": _cut_in_parameters(o),
        "talk_over": _cut_in_parameters(o),
        "monologue": {"min": o.monologue_min},
    }
    return {
        name: f"{name}({','.join(f'{key}={float(value)}' for key, value in values.items())})"
        for name, values in parameters.items()
    }


def overlaps(turns: Sequence[Turn]) -> Iterator[tuple[Turn, Turn, Track]]:
    """Pairs of turns of different roles in which both speak at once, with the time they do."""
    open_turns: list[Turn] = []
    for turn in turns:
        open_turns = [other for other in open_turns if other.end > turn.start]
        for other in open_turns:
            common = intersect(other.speech, turn.speech) if other.role is not turn.role else ()
            if common:
                yield other, turn, common
        open_turns.append(turn)


def _cut_in_parameters(o: TimingOptions) -> dict[str, float]:
    return {"onset": o.interruption_onset, "overlap": o.interruption_overlap, "yield": o.interruption_yield}


def _stamp(events: Iterable[Event], ids: Mapping[str, str]) -> tuple[Event, ...]:
    """The events in order, each with its definition."""
    ordered = sorted(events, key=lambda event: (event.start, event.kind, event.end, event.by or ""))
    return tuple(replace(event, definition=ids[event.kind]) for event in ordered)


def _quiet(
    tracks: Mapping[Role, Track], transcript: Transcript, holds: Track, options: TimingOptions
) -> Iterator[Event]:
    """Holds, silences and dead air."""
    for hold in holds:
        yield Event(kind="hold", start=hold.start, end=hold.end, by=Role.AGENT)
    spoken = union(*tracks.values())
    if not spoken:
        return
    excused_by = _excuses(transcript, options)
    for quiet in gaps(spoken, spoken[0] | spoken[-1]):
        if quiet.duration >= options.silence_min - EPSILON:
            yield Event(kind="silence", start=quiet.start, end=quiet.end)
            yield from _dead_air(quiet, holds, excused_by(quiet.start), options)


def _dead_air(silence: Segment, holds: Track, excuse: str | None, options: TimingOptions) -> Iterator[Event]:
    """What holds leave of a silence, cut where the excuse wears off."""
    limit = min(silence.start + options.excuse_max, silence.end) if excuse else silence.start
    spans = ((Segment(silence.start, limit), excuse), (Segment(limit, silence.end), None))
    for piece in subtract((silence,), clip(holds, silence)):
        for span, waiver in spans:
            part = piece & span
            if part and part.duration >= options.dead_air_min - EPSILON:
                yield Event(kind="dead_air", start=part.start, end=part.end, waived_by=waiver)


# Word times err: an excuse may seem to end this much (seconds) after the silence has begun.
_EXCUSE_SLACK = 0.5
_CLAUSE_WORDS = 10
_CLAUSE_PAUSE = 0.3


def _excuses(transcript: Transcript, options: TimingOptions) -> Callable[[float], str | None]:
    """A look-up: the announcement by the agent that excuses a silence beginning at a time."""
    words = transcript.words_of(Role.AGENT)
    hits = find_phrases((word.text for word in words), options.excuses)
    said = sorted(_clause(words, first, last) for first, last, _ in hits)
    ends = [end for end, _ in said]

    def excused_by(start: float) -> str | None:
        index = bisect_right(ends, start + _EXCUSE_SLACK) - 1
        return said[index][1] if index >= 0 and ends[index] >= start - options.excuse_lead - EPSILON else None

    return excused_by


def _clause(words: Sequence[Word], first: int, last: int) -> tuple[float, str]:
    """End (seconds) and text of the clause a phrase stands in: up to a comma or a pause, or ten words either way."""
    begin, end = first, last
    while begin > max(0, first - _CLAUSE_WORDS) and _flows(words[begin - 1], words[begin]):
        begin -= 1
    while end < min(len(words) - 1, last + _CLAUSE_WORDS) and _flows(words[end], words[end + 1]):
        end += 1
    return words[end].end, text_of(words[begin : end + 1])


def _flows(word: Word, following: Word) -> bool:
    """Whether the next word belongs to the same clause."""
    return word.text.strip()[-1:].isalnum() and following.start - word.end < _CLAUSE_PAUSE


def _overlaps(turns: Sequence[Turn], options: TimingOptions) -> Iterator[Event]:
    for _, _, common in overlaps(turns):
        if total(common) >= options.overlap_min - EPSILON:
            yield Event(kind="overlap", start=common[0].start, end=common[-1].end)


def _murmurs(talks: Sequence[Talk]) -> Iterator[Event]:
    for talk in talks:
        for murmur in talk.murmurs:
            yield Event(kind="backchannel", start=murmur.start, end=murmur.end, by=talk.role)


def _cut_ins(turns: Sequence[Turn], transcript: Transcript, options: TimingOptions) -> Iterator[Event]:
    """Interruptions and talk-overs."""
    said = words_in(turns, transcript)
    for held, cut, common in overlaps(turns):
        late = cut.start - held.start >= options.interruption_onset - EPSILON
        if late and total(common) >= options.interruption_overlap - EPSILON and not assents(said[cut], options):
            gives_way = held.end <= cut.start + options.interruption_yield + EPSILON and cut.end > held.end + EPSILON
            kind = "interruption" if gives_way else "talk_over"
            yield Event(kind=kind, start=cut.start, end=min(held.end, cut.end), by=cut.role)


def _monologues(turns: Sequence[Turn], options: TimingOptions) -> Iterator[Event]:
    for role, segment in monologues(turns, options=options):
        if segment.duration >= options.monologue_min - EPSILON:
            yield Event(kind="monologue", start=segment.start, end=segment.end, by=role)
