"""Who spoke when, and what that means: turns and events from two tracks of speech plus words.

Each kind of event has one function that decides it; what it decides by are reasons (`core/reason.py`), and they stay
with the event. The definitions are published in docs/definitions.md; each event carries the id of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from asr_qa.core.event import Event
from asr_qa.core.options import TimingOptions, definitions
from asr_qa.core.prompts import Prompts
from asr_qa.core.quiet import find_quiet, find_unanswered
from asr_qa.core.reason import Reason, above, all_hold, at_least, at_most, measured
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track, bridge, intersect, subtract, total, union
from asr_qa.core.transcript import Transcript, Word, text_of
from asr_qa.core.turns import Talk, Turn, assents, build_turns, monologues, sort_talk, words_in

__all__ = ["CallTimeline", "Event", "TimingOptions", "Turn", "bridged", "build_timeline", "definitions", "overlaps"]


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
    unanswered: Track = ()
    """Music and ring-back before the agent's first word, however short: no hold of the agent's."""

    def of(self, kind: str, by: Role | None = None) -> tuple[Event, ...]:
        """Events of one kind; with `by`, those of one role."""
        return tuple(e for e in self.events if e.kind == kind and (by is None or e.by is by))

    @property
    def murmurs(self) -> dict[Role, Track]:
        """Back-channels of each role."""
        return {role: tuple(e.segment for e in self.of("backchannel", role)) for role in Role}

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
    prompts: Prompts | None = None,
    hung_up: Role | None = None,
    gone_at: float | None = None,
    start_known: bool = True,
) -> CallTimeline:
    """Find turns and events.

    Args:
        speech: Where each role's voice was detected; in any order, pauses need not be bridged.
        transcript: What was said. Words only tell back-channels and excuses; no time comes from them.
        duration: Seconds of the recording.
        options: Parameters of the definitions.
        holds: Where music or ring-back plays on the agent's channel; no speech of the agent is counted there. None
            where nobody looked.
        prompts: The automatic part that the call begins with; none of its words are among the speech given.
        hung_up: Who ended the call, where that is known.
        gone_at: When the busy tone began that tells it, in seconds; None where it was told.
        start_known: False where the recording begins in the middle of speech: nobody knows how long the first
            response took.

    Returns:
        The timeline, its events in order of start, then kind.
    """
    options = options or TimingOptions()
    tracks = bridged(speech, holds, options)
    talks = sort_talk(tracks, transcript, options=options)
    turns = build_turns(talks, options=options)
    automatic = prompts.segment if prompts else None
    waits = union(holds or ())
    unanswered = find_unanswered(tracks, waits)
    quiet = tuple(find_quiet(tracks, transcript, waits, options, automatic=automatic))
    events = [
        *quiet,
        *_automatic(prompts),
        *_overlaps(turns, options),
        *_murmurs(talks),
        *_cut_ins(turns, words_in(turns, transcript, murmurs=_by_role(talks)), options),
        *_monologues(turns, options),
        *_latencies(turns, quiet, unanswered),
        *(_first_response(tracks, automatic) if start_known or automatic else ()),
        *_hang_up(hung_up, duration, gone_at),
    ]
    return CallTimeline(duration, tracks, turns, _stamp(events, definitions(options)), holds is not None, unanswered)


def bridged(speech: Mapping[Role, Track], holds: Track | None, options: TimingOptions) -> dict[Role, Track]:
    """The speech of each role with its short pauses bridged; none of the agent's where music or ring-back plays."""
    tracks = {role: bridge(track, options.speech_bridge) for role, track in speech.items()}
    if holds and Role.AGENT in tracks:
        tracks[Role.AGENT] = subtract(tracks[Role.AGENT], union(holds))
    return tracks


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


def _stamp(events: Iterable[Event], ids: Mapping[str, str]) -> tuple[Event, ...]:
    """The events in order, each with its definition."""
    ordered = sorted(events, key=lambda event: (event.start, event.kind, event.end, event.by or ""))
    return tuple(replace(event, definition=ids[event.kind]) for event in ordered)


def _overlaps(turns: Sequence[Turn], options: TimingOptions) -> Iterator[Event]:
    for _, _, common in overlaps(turns):
        together = at_least("overlap", total(common), options.overlap_min)
        if together.holds:
            yield Event(kind="overlap", start=common[0].start, end=common[-1].end, reasons=(together,))


def _murmurs(talks: Sequence[Talk]) -> Iterator[Event]:
    for talk in talks:
        for murmur in talk.murmurs:
            start, end = murmur.segment.start, murmur.segment.end
            yield Event(kind="backchannel", start=start, end=end, by=talk.role, reasons=murmur.reasons)


# Between these two there is blame; of a third party it is not known whom it speaks for.
_PARTIES = frozenset({Role.AGENT, Role.CUSTOMER})


def _by_role(talks: Sequence[Talk]) -> dict[Role, Track]:
    return {talk.role: tuple(murmur.segment for murmur in talk.murmurs) for talk in talks}


def _cut_ins(turns: Sequence[Turn], said: Mapping[Turn, Sequence[Word]], options: TimingOptions) -> Iterator[Event]:
    """Interruptions and talk-overs."""
    for held, cut, common in overlaps(turns):
        # Nobody is cut short in a turn of nothing but acknowledgements, such as many in a row.
        if {held.role, cut.role} == _PARTIES and not assents(said[held], options):
            yield from _cut_in(held, cut, total(common), said[cut], options)


def _cut_in(held: Turn, cut: Turn, common: float, said: Sequence[Word], options: TimingOptions) -> Iterator[Event]:
    """What it is that one turn begins in another, if anything."""
    needed = (
        at_least("onset", cut.start - held.start, options.interruption_onset),
        at_least("overlap", common, options.interruption_overlap),
        Reason(test="words", holds=not assents(said, options), text=text_of(said)),
    )
    if not all_hold(needed):
        return
    gives_way = (
        at_most("yield", held.end - cut.start, options.interruption_yield),
        above("goes_on", cut.end - held.end, 0.0),
    )
    kind = "interruption" if all_hold(gives_way) else "talk_over"
    end = min(held.end, cut.end)
    yield Event(kind=kind, start=cut.start, end=end, by=cut.role, reasons=(*needed, *gives_way))


def _monologues(turns: Sequence[Turn], options: TimingOptions) -> Iterator[Event]:
    for role, segment in monologues(turns, options=options):
        length = at_least("length", segment.duration, options.monologue_min)
        if length.holds:
            yield Event(kind="monologue", start=segment.start, end=segment.end, by=role, reasons=(length,))


def _latencies(turns: Sequence[Turn], quiet: Sequence[Event], unanswered: Track) -> Iterator[Event]:
    """From the end of each customer turn to the agent's next, where that comes next.

    An agent who speaks before the customer has ended, and goes on, answers after 0 s; one who has stopped by then has
    not answered yet. Left out: turns in which the agent was speaking already and goes on, and waits with a hold,
    ring-back before the answer or an announced silence in them.
    """
    held = (e.segment for e in quiet if e.kind == "hold" or (e.kind == "dead_air" and e.waived_by))
    announced = union(held, unanswered)
    agent_until = 0.0
    for index, turn in enumerate(turns):
        if turn.role is Role.AGENT:
            agent_until = max(agent_until, turn.end)
        following = next((turns[i] for i in range(index + 1, len(turns)) if turns[i].end > turn.end + EPSILON), None)
        if turn.role is not Role.CUSTOMER or following is None or following.role is not Role.AGENT:
            continue
        speaking = at_most("speaking", agent_until - turn.end, 0.0)
        if speaking.holds and not any(wait & (turn.segment ^ following.segment) for wait in announced):
            end = max(turn.end, following.start)
            reasons = (measured("latency", end - turn.end),)
            yield Event(kind="response_latency", start=turn.end, end=end, by=Role.AGENT, reasons=reasons)


def _automatic(prompts: Prompts | None) -> Iterator[Event]:
    if prompts:
        yield Event(kind="ivr", start=prompts.segment.start, end=prompts.segment.end, reasons=prompts.reasons)


def _first_response(tracks: Mapping[Role, Track], automatic: Segment | None) -> Iterator[Event]:
    """From the start, or from the end of what was automatic, to the agent's first word."""
    if agent := tracks.get(Role.AGENT):
        end = agent[0].start
        start = min(automatic.end, end) if automatic else 0.0
        reasons = (measured("latency", end - start),)
        yield Event(kind="first_response", start=start, end=end, by=Role.AGENT, reasons=reasons)


def _hang_up(side: Role | None, duration: float, gone_at: float | None) -> Iterator[Event]:
    if side is not None:
        at = duration if gone_at is None else gone_at
        why = Reason(test="told") if gone_at is None else measured("busy_tone", gone_at)
        yield Event(kind="hang_up_side", start=at, end=at, by=side, reasons=(why,))
