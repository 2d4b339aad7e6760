"""What every check is given and what it gives back."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property, partial
from operator import attrgetter
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.again import Again
from asr_qa.core.checks.index import PhraseIndex
from asr_qa.core.checks.spoken import Words
from asr_qa.core.checks.stream import Place, Source, Stream
from asr_qa.core.checks.stretches import Ranges
from asr_qa.core.finding import Evidence, Match, Trace, Verdict
from asr_qa.core.metrics import CallMetrics
from asr_qa.core.recording import Recording, Role
from asr_qa.core.rule import Check
from asr_qa.core.segment import Segment, Track, clip, subtract, union
from asr_qa.core.timeline import CallTimeline, Event
from asr_qa.core.transcript import UNINTELLIGIBLE, Transcript
from asr_qa.core.unknown import DOUBLE_TALK, unsure_of_overlap, unsure_of_quiet

T = TypeVar("T")

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors of some texts, shape (texts, dimensions): what means the same points the same way. Always the same for
the same text."""

UNSURE_ROLES = frozenset({"roles_unknown", "dual_mono", "swapped_roles"})
"""Warnings under which nobody can say who spoke."""

UNSURE_END = frozenset({"truncated", "ends_in_speech"})
"""Warnings under which nobody can say how the call ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """Everything known of a call before rules are applied."""

    recording: Recording
    transcript: Transcript
    timeline: CallTimeline
    metrics: CallMetrics
    warnings: tuple[str, ...] = ()
    """Codes, as in CallWarning."""
    sounds: tuple[str, ...] = ()
    """How each utterance is read (`sounds_of`), where that is known already; else it is worked out when needed."""
    again: tuple[Again, ...] = ()
    """Stretches that were listened to again for phrases that matter much."""

    embed: Embed | None = field(default=None, compare=False, repr=False)
    """Gives texts as vectors; None where there is no model that reads sentences."""

    @property
    def unsure_of_roles(self) -> bool:
        """Whether nobody can say who spoke."""
        return not UNSURE_ROLES.isdisjoint(self.warnings)

    @property
    def unsure_of_overlap(self) -> bool:
        """Whether nobody can say what was said at once: the channels do not part it, or are no two parties."""
        return unsure_of_overlap(set(self.warnings))

    @property
    def unsure_of_silence(self) -> bool:
        """Whether nobody can say that it was silent: one of the parties is never heard, perhaps not recorded."""
        return unsure_of_quiet(set(self.warnings))

    @property
    def unsure_of_answers(self) -> bool:
        """Whether nobody can say who answered whom: both speak all the time."""
        return DOUBLE_TALK in self.warnings

    @property
    def unsure_of_rate(self) -> bool:
        """Whether nobody can say how fast somebody speaks: the speech is too faint to be found, lost, or too little."""
        return not {"low_level", "gaps", "too_short"}.isdisjoint(self.warnings)

    @property
    def unsure_of_start(self) -> bool:
        """Whether the call began before the recording did."""
        return "begins_in_speech" in self.warnings

    @property
    def unsure_of_end(self) -> bool:
        """Whether the call went on after the recording."""
        return not UNSURE_END.isdisjoint(self.warnings)


class Stance(Enum):
    """What is at stake in a check, which decides how doubt is read."""

    REQUIRED = "required"
    """Absence is a failure: doubtful absence is undetermined, weak presence counts."""
    FORBIDDEN = "forbidden"
    """Presence is a failure: weak presence is undetermined, doubtful absence is absence."""
    NEUTRAL = "neutral"
    """Presence makes a rule apply: both doubts read as absence."""
    EXCLUDING = "excluding"
    """Absence makes a rule apply: either doubt is undetermined, so that no rule fires on what was perhaps said."""

    @property
    def opposite(self) -> Stance:
        """The stance below a `not`."""
        return _OPPOSITE[self]

    @property
    def needs_presence(self) -> bool:
        """Whether absence is what would count against somebody; else presence is."""
        return self is Stance.REQUIRED or self is Stance.EXCLUDING


_OPPOSITE = {
    Stance.REQUIRED: Stance.FORBIDDEN,
    Stance.FORBIDDEN: Stance.REQUIRED,
    Stance.NEUTRAL: Stance.EXCLUDING,
    Stance.EXCLUDING: Stance.NEUTRAL,
}


# What follows is made thousands of times per call and never changed: to freeze it would cost a fifth of all the time.


@dataclass(slots=True, unsafe_hash=True)
class Hit:
    """Something found: words said, or an event."""

    role: Role | None
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    text: str
    match: Match
    confidence: float
    """0 to 1: of the match kind and the words."""
    key: str = ""
    """What was looked for."""
    cost: float = 0.0
    """What it differs by, in syllables."""
    _evidence: Evidence | None = field(default=None, init=False, repr=False, compare=False)
    _at: tuple[float, float] | None = field(default=None, init=False, repr=False, compare=False)

    # Many rules find the same: what is shown of a hit is made once.

    @property
    def evidence(self) -> Evidence:
        """The hit as it is shown."""
        if self._evidence is None:
            self._evidence = Evidence(self.role, self.start, self.end, self.text, self.match)
        return self._evidence

    @property
    def at(self) -> tuple[float, float]:
        """Start and end in seconds."""
        if self._at is None:
            self._at = self.start, self.end
        return self._at


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How a condition came out."""

    verdict: Verdict
    hits: tuple[Hit, ...] = ()
    """What was found, whether it decided or not."""
    missing: tuple[Evidence, ...] = ()
    """Where something was looked for in vain."""
    confidence: float | None = None
    note: str = ""
    trace: Trace | None = None


@dataclass(slots=True)
class Settled:
    """A rule that has been decided: what later rules may rest on."""

    verdict: Verdict
    hits: tuple[Hit, ...] = ()


def _once(known: dict[Hashable, Any], key: Hashable, make: Callable[[], T]) -> T:
    if key not in known:
        known[key] = make()
    found: T = known[key]
    return found


def _sorted(found: Iterable[Sequence[Place]]) -> tuple[list[Place], list[int]]:
    places = sorted([place for places in found for place in places], key=attrgetter("first"))
    return places, [place.first for place in places]


class CallView:
    """One call made searchable; everything is worked out once, when first asked for, and kept."""

    def __init__(self, facts: CallFacts, *, index: PhraseIndex | None = None) -> None:
        self.facts = facts
        self._words = Words(facts.transcript.utterances, facts.sounds, facts.again, index or PhraseIndex({}))
        self._known: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, worked out for this call once per key."""
        return _once(self._known, key, make)

    @cached_property
    def pieces(self) -> Mapping[Role, Source]:
        """What was understood, per role that said anything."""
        return self._words.sources

    def heard(self, role: Role | None, windows: Track) -> Set[str]:
        """Of the phrases that rules listen for, those that may be said inside the windows."""
        return self.once(("heard", role, windows), lambda: self._heard(self.streams(role, windows)))

    def _heard(self, streams: Iterable[Stream]) -> Set[str]:
        heard = {look.phrase for look in self.facts.again}
        for stream in streams:
            if stream.whole:
                heard |= self._words.places[stream.role].keys()
                continue
            places, firsts = self._in_order(stream.role)
            for start, end in stream.ranges:
                inside = places[bisect_left(firsts, start) : bisect_left(firsts, end)]
                heard |= {place.key for place in inside if place.last < end}
        return heard

    def _in_order(self, role: Role) -> tuple[list[Place], list[int]]:
        """Where a role says what the rules listen for, all of it in order, and the first word of each."""
        return self.once(("places", role), lambda: _sorted(self._words.places[role].values()))

    @cached_property
    def events(self) -> Mapping[str, Sequence[Event]]:
        """The events of each kind that occurs, in order."""
        found: dict[str, list[Event]] = {}
        for event in self.facts.timeline.events:
            found.setdefault(event.kind, []).append(event)
        return found

    @cached_property
    def begin(self) -> float:
        """When the conversation begins: after the automatic prompts, where there are any."""
        return max((event.end for event in self.facts.timeline.of("ivr")), default=0.0)

    def automatic(self, role: Role) -> Track:
        """Where what a role says is said by a machine: the prompts stand under OTHER."""
        return self._prompts if role is Role.OTHER else ()

    @cached_property
    def _prompts(self) -> Track:
        return union(event.segment for event in self.facts.timeline.of("ivr"))

    @cached_property
    def end(self) -> float:
        """When the conversation ends: the last speech, or the end of the recording where there is none."""
        speech = [track[-1].end for track in self.facts.timeline.speech.values() if track]
        said = [utterance.end for utterance in self.facts.transcript.utterances]
        return max([*speech, *said], default=self.facts.timeline.duration)

    @cached_property
    def whole(self) -> Segment:
        """The whole call."""
        return Segment(0.0, max(self.end, self.facts.timeline.duration))

    def streams(self, role: Role | None, windows: Track) -> tuple[Stream, ...]:
        """The words inside the windows: of one role, or of everybody (but no machine), each for himself."""
        return self.once(("streams", role, windows), lambda: tuple(self._scoped(role, windows)))

    def _scoped(self, role: Role | None, windows: Track) -> Iterator[Stream]:
        for one, source in self.pieces.items():
            if role in (None, one):
                seen = subtract(windows, spoken) if role is None and (spoken := self.automatic(one)) else windows
                yield self._stream(one, source.ranges(seen))

    def _stream(self, role: Role, ranges: Ranges) -> Stream:
        """Some words of a role; there is one stream of them for all that look at them."""
        find = partial(self._words.find, role)
        return self.once(("stream", role, ranges), lambda: Stream(self.pieces[role], ranges, find))

    @cached_property
    def _unintelligible(self) -> Sequence[tuple[Role, Segment]]:
        said = self.facts.transcript.utterances
        return [(utterance.role, utterance.segment) for utterance in said if utterance.status == UNINTELLIGIBLE]

    def unintelligible(self, role: Role | None, windows: Track) -> Track:
        """Speech inside the windows that could not be understood."""
        lost = [segment for one, segment in self._unintelligible if role in (None, one)]
        if not lost:
            return ()
        said = windows if role is not None else subtract(windows, self.automatic(Role.OTHER))
        return tuple(part for segment in lost for part in clip(said, segment))


@dataclass(slots=True, kw_only=True)
class Looking:
    """One check's view of the call: it sees nothing outside it."""

    view: CallView
    role: Role | None
    windows: Track
    stance: Stance
    settled: Mapping[str, Settled]
    """Rules decided before this one."""
    run: Callable[[Check, Looking], Outcome]
    """Decides a check inside another one (a step of a sequence); scope is resolved anew."""
    known: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was worked out about what is in sight: hundreds of rules look at the same place."""

    def once(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, worked out once for all that look here."""
        return _once(self.known, key, make)

    def at(self, role: Role | None, windows: Track) -> Looking:
        """The same for another role or another part of the call."""
        return Looking(
            view=self.view, role=role, windows=windows, stance=self.stance, settled=self.settled, run=self.run
        )

    def staking(self, stance: Stance) -> Looking:
        """The same with something else at stake."""
        if stance is self.stance:
            return self
        found: Looking | None = self.known.get(id(stance))
        if found is None:
            found = self.known[id(stance)] = Looking(
                view=self.view, role=self.role, windows=self.windows, stance=stance, settled=self.settled, run=self.run
            )
        return found

    @property
    def streams(self) -> tuple[Stream, ...]:
        """The words in scope."""
        found: tuple[Stream, ...] | None = self.known.get("streams")
        if found is None:
            found = self.known["streams"] = self.view.streams(self.role, self.windows)
        return found

    @property
    def unintelligible(self) -> Track:
        """Speech in scope that could not be understood."""
        found: Track | None = self.known.get("unintelligible")
        if found is None:
            found = self.known["unintelligible"] = self.view.unintelligible(self.role, self.windows)
        return found


class Decide(Protocol):
    """Decides one kind of check."""

    def __call__(self, options: Any, looking: Looking, /) -> Outcome:
        """Look inside the scope and say how it came out."""
