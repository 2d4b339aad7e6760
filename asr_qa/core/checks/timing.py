"""Checks on time: figures of the call, and events counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from asr_qa.core.checks.base import CallFacts, CallView, Hit, Looking, Outcome
from asr_qa.core.event import KINDS
from asr_qa.core.finding import Evidence, Match, Verdict
from asr_qa.core.metrics import DEFINITION_OF, CallMetrics, PerRole, waits
from asr_qa.core.recording import Role
from asr_qa.core.rule import EventCount, EventFilter, Metric
from asr_qa.core.segment import Segment
from asr_qa.core.timeline import Event
from asr_qa.core.unknown import AT_ONCE

PER_ROLE = frozenset(
    {
        "speech_seconds",
        "interruptions",
        "talk_overs",
        "backchannels",
        "characters_per_minute",
        "longest_monologue",
        "turns",
    }
)
"""Figures that each party has its own of."""
_SIDES = ("last_speaker", "hang_up_side")
"""Who, not how much."""
LATENCY = frozenset({"response_latency.median", "response_latency.worst"})
PLAIN_METRICS = (
    frozenset(field.name for field in fields(CallMetrics)) - PER_ROLE - {"response_latency", *_SIDES}
    | LATENCY
    | {"ring_seconds"}
)
"""Figures of the call as a whole."""
METRICS = PLAIN_METRICS | PER_ROLE | {f"{name}.{role}" for name in PER_ROLE for role in ("agent", "customer")}
"""Every name a rule may use."""
_OF_ONE_PARTY = PER_ROLE | LATENCY | {"first_response", "talk_ratio"}
"""Figures that are unknown where it is not known who speaks."""
EVENT_KINDS = frozenset(KINDS)
_QUIET = frozenset({"silence", "dead_air"})
_UNHEARD = {"silence": "silence", "dead_air": "silence", "monologue": "monologue", "response_latency": "latency"}
"""What is not known of them; of the others, what was said at once."""
_NEEDS_BOTH = _QUIET | AT_ONCE | {"monologue", "response_latency"}
"""Events that are known only where both parties are heard."""
_OF_BOTH = frozenset(name for name, kind in DEFINITION_OF.items() if kind in {"silence", "dead_air", "excuse"}) | {
    "talk_ratio",
    "longest_monologue",
}
"""Figures that are unknown where one party is never heard: perhaps it was not recorded."""
_OF_WAIVERS = frozenset(name for name, kind in DEFINITION_OF.items() if kind in {"dead_air", "excuse"})
"""Figures that rest on what the agent announced."""
_EVENTS_OF = {
    "longest_silence": "silence",
    "silence_seconds": "silence",
    "silence_share": "silence",
    "dead_air_seconds": "dead_air",
    "dead_air_count": "dead_air",
    "excused_silence_seconds": "dead_air",
    "excused_silence_count": "dead_air",
    "serious_dead_air_count": "dead_air",
    "hold_seconds": "hold",
    "ivr_seconds": "ivr",
    "overlap_seconds": "overlap",
    "interruptions": "interruption",
    "talk_overs": "talk_over",
    "backchannels": "backchannel",
}


def decide_metric(options: Metric, looking: Looking) -> Outcome:
    """Whether a figure lies in its bounds."""
    name, role = options.name, looking.role
    found = looking.view.once(("metric", name, role), lambda: _measured(name, looking))
    if found is None:
        return Outcome(verdict=Verdict.UNDETERMINED, note=f"{name} could not be measured")
    if options.bounds.hold(found.value):
        return Outcome(verdict=Verdict.MET, hits=found.hits, confidence=1.0, note=found.text)
    return Outcome(verdict=Verdict.NOT_MET, missing=found.shown, confidence=1.0, note=found.text)


@dataclass(slots=True)
class _Measured:
    """A figure and where it shows."""

    value: float
    text: str
    shown: tuple[Evidence, ...]
    hits: tuple[Hit, ...]


def _measured(name: str, looking: Looking) -> _Measured | None:
    """A figure by the name rules use; None where it is not known."""
    view = looking.view
    head, role = _split(name, looking.role)
    value = figure(view.facts, head, role)
    if value is None:
        return None
    places = _places(view.facts, head, role) or (view.whole,)
    text = f"{name} = {value:g}"
    hits = tuple(Hit(role, place.start, place.end, text, Match.TIMING, 1.0, name) for place in places)
    return _Measured(value, text, tuple(hit.evidence for hit in hits), hits)


def decide_event(options: EventCount, looking: Looking) -> Outcome:
    """Whether there are as many events as asked for."""
    wanted = options.filter
    unknown, hits, shown = looking.once(
        wanted, lambda: (_unknown(wanted, looking.view.facts, wanted.by or looking.role), *_counted(wanted, looking))
    )
    if unknown:
        return Outcome(verdict=Verdict.UNDETERMINED, note=unknown)
    if wanted.waived is not None and looking.view.facts.unsure_of_roles and _depends_on_waivers(options, looking):
        return Outcome(verdict=Verdict.UNDETERMINED, note=_WAIVED_BY_WHOM)
    verdict = Verdict.MET if options.count.hold(len(hits)) else Verdict.NOT_MET
    return Outcome(verdict=verdict, hits=hits, missing=shown, confidence=1.0, note=f"{len(hits)} {wanted.kind_of}")


_WAIVED_BY_WHOM = "it is not known who announced a wait"


def unknown_events(wanted: EventFilter, view: CallView) -> str:
    """Why nobody can say where such events are, whoever's they are; empty where it is known."""
    either = replace(wanted, waived=None)
    if wanted.waived is not None and view.facts.unsure_of_roles and find_events(view, either):
        return _WAIVED_BY_WHOM
    return _unknown(wanted, view.facts, wanted.by)


def _unknown(wanted: EventFilter, facts: CallFacts, by: Role | None) -> str:
    """Why nobody can say how many such events there are; empty where it is known."""
    if by is not None and facts.unsure_of_roles:
        return "it is not known who speaks"
    if wanted.kind_of in _NEEDS_BOTH and facts.unsure_of_silence:
        return f"one party is never heard: {_UNHEARD.get(wanted.kind_of, 'what was said at once')} is not known"
    if wanted.kind_of == "hang_up_side" and not facts.timeline.of("hang_up_side"):
        return "it is not known who hung up"
    if wanted.kind_of == "first_response" and facts.unsure_of_start:
        return "the recording begins in the middle of speech"
    if wanted.kind_of in AT_ONCE and facts.unsure_of_overlap:
        return _at_once_unknown(facts)
    if wanted.kind_of == "response_latency" and facts.unsure_of_answers:
        return "both speak at once as if neither heard the other: who answers whom is not known"
    if not facts.timeline.turns and not facts.timeline.events:
        return "no speech was found in this call"
    return ""


def _at_once_unknown(facts: CallFacts) -> str:
    if facts.unsure_of_answers:
        return "both speak at once as if neither heard the other: they may not be the two parties"
    return "the channels do not part what is said at once"


def _counted(wanted: EventFilter, looking: Looking) -> tuple[tuple[Hit, ...], tuple[Evidence, ...]]:
    """The events in sight, and what is shown of them or of there being none."""
    found = find_events(looking.view, wanted, role=looking.role)
    hits = tuple(_hit(event) for event in found if any(event.start in window for window in looking.windows))
    note = f"0 {wanted.kind_of}"
    return hits, tuple(hit.evidence for hit in hits) or tuple(
        Evidence(looking.role, place.start, place.end, note, Match.TIMING) for place in looking.windows[:1]
    )


def _depends_on_waivers(options: EventCount, looking: Looking) -> bool:
    """Whether the count comes out otherwise where more or fewer of the events are excused."""
    either = replace(options.filter, waived=None)
    found = find_events(looking.view, either, role=looking.role)
    most = sum(any(event.start in window for window in looking.windows) for event in found)
    return len({options.count.hold(count) for count in range(most + 1)}) > 1


def find_events(view: CallView, wanted: EventFilter, *, role: Role | None = None) -> tuple[Event, ...]:
    """The events of a call that are meant, in order."""
    return tuple(event for event in view.events.get(wanted.kind_of, ()) if _is_meant(event, wanted, wanted.by or role))


def event_hits(events: Iterable[Event]) -> tuple[Hit, ...]:
    """Events as hits."""
    return tuple(map(_hit, events))


def figure(facts: CallFacts, name: str, role: Role | None) -> float | None:
    """A figure by its name; None where it was not measured."""
    if name == "ring_seconds":
        return facts.recording.ring_seconds
    head, _, tail = name.partition(".")
    if (head in _OF_BOTH and facts.unsure_of_silence) or (head == "first_response" and facts.unsure_of_start):
        return None
    if head == "characters_per_minute" and facts.unsure_of_rate:
        return None
    if head in _OF_WAIVERS and facts.unsure_of_roles and facts.timeline.of("dead_air"):
        return None
    if facts.unsure_of_roles and not _OF_ONE_PARTY.isdisjoint({head, name}):
        return None
    value = getattr(facts.metrics, head)
    if isinstance(value, PerRole):
        found: float | None = getattr(value, role.value) if role in (Role.AGENT, Role.CUSTOMER) else None
        return found
    number: float | None = getattr(value, tail) if tail else value
    return number


def _split(name: str, role: Role | None) -> tuple[str, Role | None]:
    head, _, tail = name.partition(".")
    return (head, Role(tail)) if head in PER_ROLE and tail else (name, role)


def _is_meant(event: Event, wanted: EventFilter, by: Role | None) -> bool:
    length = event.end - event.start
    return (
        (by is None or event.by is by)
        and (wanted.min_seconds is None or length >= wanted.min_seconds - 1e-6)
        and (wanted.max_seconds is None or length <= wanted.max_seconds + 1e-6)
        and (wanted.waived is None or wanted.waived is (event.waived_by is not None))
    )


def _hit(event: Event) -> Hit:
    text = f"{event.kind} {event.end - event.start:.1f} s"
    return Hit(event.by, event.start, event.end, text, Match.TIMING, 1.0, event.kind)


def _places(facts: CallFacts, name: str, role: Role | None) -> tuple[Segment, ...]:
    """Where a figure shows best, the worst place first; nothing where it belongs to the whole call."""
    timeline = facts.timeline
    if name == "ring_seconds":
        return (Segment(0.0, 0.0),)
    if name == "first_response":
        return tuple(event.segment for event in timeline.of(name))
    if name in LATENCY:
        return _longest(waits(timeline))
    if name == "longest_monologue":
        return _longest(turn.segment for turn in timeline.turns if turn.role is role)
    kind = _EVENTS_OF.get(name)
    mine = (e for e in timeline.events if e.kind == kind and (name not in PER_ROLE or e.by is role))
    places = [Segment(event.start, event.end) for event in mine]
    return tuple(places) if name in PER_ROLE else _longest(places)


def _longest(places: Iterable[Segment]) -> tuple[Segment, ...]:
    worst = max(places, key=lambda place: place.duration, default=None)
    return () if worst is None else (worst,)
