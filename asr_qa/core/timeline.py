"""Who spoke when, and what that means: turns and events from two tracks of speech plus words.

The definitions are published in docs/definitions.md; each event carries the id of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingOptions:
    """The parameters of every definition, in seconds."""

    speech_bridge: float = 0.2
    """Pauses of one role shorter than this belong to its speech."""
    turn_bridge: float = 1.0
    """Own pauses shorter than this do not end a turn."""
    silence_min: float = 2.0
    hold_min: float = 3.0
    dead_air_min: float = 5.0
    dead_air_serious: float = 15.0
    excuse_lead: float = 3.0
    """An excuse counts when it ends at most this long before the silence begins."""
    excuse_max: float = 60.0
    """An excuse covers at most this much of a silence."""
    overlap_min: float = 0.2
    interruption_onset: float = 1.0
    """Starting earlier than this into the other's turn is no interruption."""
    interruption_overlap: float = 0.5
    interruption_yield: float = 2.0
    """The other gives way when its turn ends within this of the onset."""
    backchannel_max: float = 0.5
    """Speech shorter than this during the other's turn is a back-channel whatever its words."""
    monologue_min: float = 60.0


@dataclass(frozen=True, slots=True)
class Turn:
    """A role's speech with its short pauses bridged."""

    role: Role
    speech: Track
    """The stretches of speech in it, at least one."""

    @property
    def start(self) -> float:
        """Seconds."""
        return self.speech[0].start

    @property
    def end(self) -> float:
        """Seconds."""
        return self.speech[-1].end

    @property
    def segment(self) -> Segment:
        """From first to last speech."""
        return Segment(self.start, self.end)


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
