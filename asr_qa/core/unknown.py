"""What a call does not tell: the figures and events that are unknown under its warnings, decided in one place."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, fields, replace
from typing import Any

from asr_qa.core.metrics import DEFINITION_OF, CallMetrics, Latency, PerRole
from asr_qa.core.options import DOUBLE_TALK_CHANCE, DOUBLE_TALK_MIN
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, gaps, intersect, total, union
from asr_qa.core.timeline import CallTimeline

DOUBLE_TALK = "double_talk"
"""Both speak at once as much as two who do not hear each other: a warning, and the id of its definition."""

UNSURE_OVERLAP = frozenset({"one_channel", "crosstalk", DOUBLE_TALK})
"""Warnings under which nobody can say what was said at once."""

AT_ONCE = frozenset({"overlap", "backchannel", "interruption", "talk_over"})
"""Definitions of what takes two voices at once."""
_QUIET = frozenset({"silence", "dead_air", "excuse", "monologue", "response_latency", "talk_ratio"})
"""Definitions of what rests on a party's saying nothing."""
_ANSWERS = frozenset({"response_latency"})
_PAUSE = 2.0
"""Seconds; longer silences hold nobody who could be spoken over."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """How much of a call both speak at once, back-channels left out."""

    seconds: float
    chance: float
    """Seconds that two of them would do so who take no notice of each other."""

    @property
    def is_double_talk(self) -> bool:
        """Whether these hardly are two parties who hear each other."""
        return self.seconds >= DOUBLE_TALK_MIN - EPSILON and self.seconds >= DOUBLE_TALK_CHANCE * self.chance - EPSILON


def unsure_of_overlap(codes: Set[str]) -> bool:
    """Whether nobody can say what was said at once: the channels do not part it, or are not those of two parties."""
    return not UNSURE_OVERLAP.isdisjoint(codes)


def unsure_of_quiet(codes: Set[str]) -> bool:
    """Whether nobody can say that it was silent: one of the parties is never heard, perhaps not recorded."""
    return not codes.isdisjoint({"one_sided", "dead_channel"}) and "one_channel" not in codes


def unknown_under(codes: Set[str]) -> frozenset[str]:
    """Ids of the definitions by which nothing can be measured in a call with such warnings."""
    overlap = AT_ONCE if unsure_of_overlap(codes) else frozenset[str]()
    quiet = _QUIET if unsure_of_quiet(codes) else frozenset[str]()
    answers = _ANSWERS if DOUBLE_TALK in codes else frozenset[str]()
    return overlap | quiet | answers


def without_unknown(metrics: CallMetrics, timeline: CallTimeline, codes: Set[str]) -> tuple[CallMetrics, CallTimeline]:
    """Figures and events of a call less those that its warnings leave unknown."""
    unknown = unknown_under(codes)
    if not unknown:
        return metrics, timeline
    events = tuple(event for event in timeline.events if event.kind not in unknown)
    return without_figures(metrics, unknown), replace(timeline, events=events)


def without_figures(metrics: CallMetrics, unknown: Set[str]) -> CallMetrics:
    """The figures with those of some definitions not measured."""
    names = [figure.name for figure in fields(metrics) if DEFINITION_OF[figure.name] in unknown]
    # The names are only known here, so that types cannot tell which figure is one number and which one for each party.
    nothing: dict[str, Any] = {name: _nothing(getattr(metrics, name)) for name in names}
    return replace(metrics, **nothing)


def spoken_at_once(timeline: CallTimeline) -> AtOnce:
    """How much of their turns agent and customer spend speaking at once, and how much would be chance.

    Two who take no notice of each other overlap for a share of the time that is the product of what each fills of it;
    those who talk with each other stay far below, whatever each of them fills.
    """
    agent, customer = (
        union(*(turn.speech for turn in timeline.turns_of(role))) for role in (Role.AGENT, Role.CUSTOMER)
    )
    if not agent or not customer:
        return AtOnce(0.0, 0.0)
    spoken = union(agent, customer)
    whole = spoken[0] | spoken[-1]
    talk = whole.duration - sum(quiet.duration for quiet in gaps(spoken, whole) if quiet.duration >= _PAUSE)
    return AtOnce(total(intersect(agent, customer)), total(agent) * total(customer) / talk)


def _nothing(figure: object) -> PerRole | Latency | None:
    """What a figure is where it was not measured."""
    return type(figure)() if isinstance(figure, PerRole | Latency) else None
