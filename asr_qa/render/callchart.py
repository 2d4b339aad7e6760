"""What is drawn on the timeline of a call."""

from __future__ import annotations

from collections.abc import Iterator

from asr_qa.core.event import Event
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, bridge
from asr_qa.core.transcript import HEARD, Utterance
from asr_qa.render.format import clock, span
from asr_qa.render.svg import Mark, Pin, Speech, TimelineChart
from asr_qa.render.texts import Texts
from asr_qa.render.views import CallView, DeductionView

_PAUSE = 0.3
"""Pauses between words that are drawn as pauses (seconds)."""

_MAX_PINS = 60
_NOT_DRAWN = frozenset({"response_latency", "first_response", "hang_up_side"})
"""Gaps and moments that the speech itself shows."""
_BANDS = ("silence", "dead_air", "dead_air_waived", "hold", "ivr")


def chart_of(view: CallView, texts: Texts) -> TimelineChart:
    """The timeline of a call."""
    document = view.call.document
    speech = tuple(_speech(said) for said in document.utterances)
    pins = tuple(pin for deduction in view.deductions for pin in _pins(deduction))
    pins = tuple(sorted(pins, key=lambda pin: (pin.start, pin.number))[:_MAX_PINS])
    roles = [role.value for role in (Role.AGENT, Role.CUSTOMER)]
    roles += [Role.OTHER.value] if any(said.role is Role.OTHER for said in document.utterances) else []
    label = texts(
        "timeline_label",
        agent=sum(said.lane == Role.AGENT for said in speech),
        customer=sum(said.lane == Role.CUSTOMER for said in speech),
        pins=len(pins),
        time=clock(document.recording.duration),
    )
    return TimelineChart(
        duration=document.recording.duration,
        lanes=tuple((role, texts(role)) for role in roles),
        speech=speech,
        marks=tuple(_mark(event, texts) for event in _drawn(document.events)),
        pins=pins,
        label=label,
    )


def kinds_of(chart: TimelineChart) -> tuple[str, ...]:
    """Kinds of marks on the chart, for its legend."""
    return tuple(dict.fromkeys(mark.kind for mark in chart.marks))


def _drawn(events: tuple[Event, ...]) -> Iterator[Event]:
    """The events in the order in which they lie on each other: a silence below the dead air in it."""
    order = {"silence": 0, "ivr": 1, "hold": 1, "dead_air": 2}
    drawn = [event for event in events if event.kind not in _NOT_DRAWN]
    yield from sorted(drawn, key=lambda event: (order.get(event.kind, 3), event.start))


def _speech(said: Utterance) -> Speech:
    segments = bridge((Segment(word.start, max(word.start, word.end)) for word in said.words), _PAUSE)
    stretches = tuple((segment.start, segment.end) for segment in segments) or ((said.start, said.end),)
    return Speech(
        lane=said.role.value,
        stretches=stretches,
        title=f"{span(said.start, said.end)} {said.text}".rstrip(),
        heard=said.status == HEARD,
    )


def _mark(event: Event, texts: Texts) -> Mark:
    kind = "dead_air_waived" if event.kind == "dead_air" and event.waived_by else event.kind
    name = texts.word("e", kind)
    seconds = texts("u_seconds", value=f"{event.segment.duration:.1f}")
    said = texts("by", event=name, role=texts(event.by.value)) if event.by else name
    title = f"{said} {span(event.start, event.end)} ({seconds})"
    title += "\n" + texts("waived", words=event.waived_by) if event.waived_by else ""
    title += "\n" + event.definition if event.definition else ""
    return Mark(
        kind=kind,
        start=event.start,
        end=event.end,
        lane=event.by.value if event.by else None,
        title=title,
        label=f"{name} {seconds}" if kind in _BANDS else "",
    )


def _pins(deduction: DeductionView) -> Iterator[Pin]:
    """A pin for each place that is not just the whole call."""
    for finding in deduction.findings:
        for place in finding.evidence:
            if not place.whole:
                yield Pin(
                    number=deduction.number,
                    start=place.start,
                    end=place.end,
                    title=f"{deduction.number}. {finding.title} {place.time}\n{place.words}",
                    href=f"#{deduction.anchor}",
                    fatal=bool(deduction.fatal),
                )
