"""Who has the floor: back-channels told from turns, and speech joined to turns.

The definitions are published in docs/definitions.md.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from asr_qa.core.lexicon import ACKNOWLEDGEMENTS, EXCUSES, acknowledges, fold, resembles
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track, bridge, clip, covering, total
from asr_qa.core.transcript import Transcript, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingOptions:
    """The parameters of every definition, in seconds."""

    speech_bridge: float = 0.2
    """Pauses of one role shorter than this belong to its speech."""
    turn_bridge: float = 1.0
    """Own pauses shorter than this do not end a turn."""
    turn_taken: float = 0.75
    """The other takes a turn in a pause when it speaks at least this long in it."""
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
    backchannel_min: float = 0.1
    """Speech shorter than this is no back-channel unless its words say so: it may be a click."""
    backchannel_unheard: float = 1.0
    """Speech shorter than this in which nothing was heard clearly may be a back-channel."""
    backchannel_apart: float = 0.3
    """Speech in which nothing was heard clearly must keep this distance from the rest of its turn."""
    backchannel_pause: float = 0.5
    """Acknowledgements closer together than this are one back-channel."""
    backchannel_confidence: float = 0.3
    """Words heard with less confidence than this (0 to 1) do not tell whether they acknowledge."""
    monologue_min: float = 60.0
    acknowledgements: tuple[str, ...] = ACKNOWLEDGEMENTS
    """Words of a back-channel."""
    excuses: tuple[str, ...] = EXCUSES
    """Words by which an agent announces a wait."""


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


@dataclass(frozen=True, slots=True)
class Talk:
    """One role's speech, sorted into what takes the floor and what does not."""

    role: Role
    floor: Track
    """Speech of which turns are made."""
    murmurs: Track
    """Back-channels, each from its first to its last speech."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of speech with what its words say."""

    segment: Segment
    acknowledges: bool | None
    """Whether its words are acknowledgements; None where they do not tell."""


# A word belongs to the nearest stretch of speech, but not over more than this (seconds): word times err.
_WORD_REACH = 0.5
# After a back-channel the other must go on for at least this long (seconds); less is the end of a turn.
_GOES_ON = 0.1


def sort_talk(speech: Mapping[Role, Track], transcript: Transcript, *, options: TimingOptions) -> tuple[Talk, ...]:
    """Tell back-channels from speech that takes the floor, for every role."""
    stretches = {role: _read(track, transcript.words_of(role), options) for role, track in speech.items()}
    held = {role: _claims(own, options) for role, own in stretches.items()}
    return tuple(
        _sort_role(role, stretches[role], held.get(role.opposite, ()) if role is not Role.OTHER else (), options)
        for role in sorted(speech)
    )


def build_turns(talks: Sequence[Talk], *, options: TimingOptions) -> tuple[Turn, ...]:
    """Turns of all roles in order of start."""
    floor = {talk.role: talk.floor for talk in talks}
    turns = [
        turn
        for talk in talks
        for turn in _join(talk, floor.get(talk.role.opposite, ()) if talk.role is not Role.OTHER else (), options)
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.start, turn.end, turn.role)))


def words_in(turns: Sequence[Turn], transcript: Transcript) -> dict[Turn, list[Word]]:
    """What was said in each turn."""
    found: dict[Turn, list[Word]] = {}
    for role in {turn.role for turn in turns}:
        own = [turn for turn in turns if turn.role is role]
        said = assign(transcript.words_of(role), tuple(turn.segment for turn in own))
        found.update(zip(own, said, strict=True))
    return found


def assents(words: Sequence[Word], options: TimingOptions) -> bool | None:
    """Whether the words are acknowledgements and nothing else; None where there are none."""
    text = "".join(word.text for word in words)
    return acknowledges(text, options.acknowledgements) if fold(text) else None


def monologues(turns: Sequence[Turn], *, options: TimingOptions) -> list[tuple[Role, Segment]]:
    """Stretches in which one role alone takes turns, until the other takes one or a silence comes."""
    runs: list[tuple[Role, Segment]] = []
    for turn in turns:
        role, last = runs[-1] if runs else (None, turn.segment)
        if role is turn.role and turn.start - last.end < options.silence_min - EPSILON:
            runs[-1] = (turn.role, last | turn.segment)
        else:
            runs.append((turn.role, turn.segment))
    return runs


def assign(words: Sequence[Word], track: Track, *, reach: float = _WORD_REACH) -> list[list[Word]]:
    """The words of each segment of a track: a word goes to the segment nearest to its middle.

    Args:
        words: Words of one role.
        track: Segments to fill.
        reach: Words farther than this (seconds) from every segment belong to none.
    """
    found: list[list[Word]] = [[] for _ in track]
    ends = [segment.end for segment in track]
    for word in words:
        middle = (word.start + word.end) / 2
        after = bisect_left(ends, middle)
        to_next = max(0.0, track[after].start - middle) if after < len(track) else inf
        to_last = middle - ends[after - 1] if after else inf
        if min(to_next, to_last) <= reach:
            found[after if to_next <= to_last else after - 1].append(word)
    return found


def _read(track: Track, words: Sequence[Word], options: TimingOptions) -> tuple[_Stretch, ...]:
    heard = assign(words, track)
    return tuple(_Stretch(segment, _evidence(said, options)) for segment, said in zip(track, heard, strict=True))


def _evidence(words: Sequence[Word], options: TimingOptions) -> bool | None:
    """As `assents`, but None where the words are doubtful or half of them acknowledge."""
    if not assents(words, options):
        words = [w for w in words if w.confidence is None or w.confidence >= options.backchannel_confidence]
    verdict = assents(words, options)
    if verdict is False and resembles("".join(word.text for word in words), options.acknowledgements):
        return None
    return verdict


def _claims(stretches: Sequence[_Stretch], options: TimingOptions) -> Track:
    """Where a role seems to have the floor, before back-channels are known: its speech beyond acknowledgements."""
    return bridge((s.segment for s in stretches if not s.acknowledges), options.turn_bridge)


def _sort_role(role: Role, stretches: Sequence[_Stretch], other: Track, options: TimingOptions) -> Talk:
    murmurs = [bool(s.acknowledges) and _listening(s.segment, other) for s in stretches]
    rest = [i for i, murmur in enumerate(murmurs) if not murmur]
    for group in _groups(stretches, rest, options.turn_bridge):
        for i in _brief(stretches, group, other, options):
            murmurs[i] = True
    return Talk(
        role,
        tuple(s.segment for s, murmur in zip(stretches, murmurs, strict=True) if not murmur),
        bridge((s.segment for s, murmur in zip(stretches, murmurs, strict=True) if murmur), options.backchannel_pause),
    )


def _listening(segment: Segment, other: Track) -> bool:
    """Whether the other had the floor before and goes on after."""
    held = covering(other, segment.start)
    return held is not None and held.end >= segment.end + _GOES_ON - EPSILON


def _groups(stretches: Sequence[_Stretch], indices: Sequence[int], pause: float) -> list[list[int]]:
    """Indices of stretches that lie closer together than the pause."""
    groups: list[list[int]] = []
    for i in indices:
        if groups and stretches[i].segment.start - stretches[groups[-1][-1]].segment.end < pause - EPSILON:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _brief(stretches: Sequence[_Stretch], group: list[int], other: Track, options: TimingOptions) -> list[int]:
    """Which stretches of a group are back-channels by their length, not by their words."""
    own = [stretches[i] for i in group]
    spoken = total(s.segment for s in own)
    whole = own[0].segment | own[-1].segment
    unheard = all(s.acknowledges is None for s in own)
    limit = options.backchannel_unheard if unheard else options.backchannel_max
    if options.backchannel_min - EPSILON <= spoken < limit - EPSILON and _listening(whole, other):
        return group
    return [
        i
        for i, s, apart in zip(group, own, _apart(own, options.backchannel_apart), strict=True)
        if apart
        and s.acknowledges is None
        and options.backchannel_min - EPSILON <= s.segment.duration < options.backchannel_unheard - EPSILON
        and _listening(s.segment, other)
    ]


def _apart(own: Sequence[_Stretch], pause: float) -> list[bool]:
    """Which stretches keep at least the pause from their neighbours."""
    gaps = [b.segment.start - a.segment.end >= pause - EPSILON for a, b in pairwise(own)]
    return [before and after for before, after in zip([True, *gaps], [*gaps, True], strict=True)]


def _join(talk: Talk, other: Track, options: TimingOptions) -> list[Turn]:
    runs: list[list[Segment]] = []
    for segment in talk.floor:
        if runs and _continues(runs[-1][-1], segment, other, options):
            runs[-1].append(segment)
        else:
            runs.append([segment])
    return [Turn(talk.role, tuple(run)) for run in runs]


def _continues(before: Segment, after: Segment, other: Track, options: TimingOptions) -> bool:
    """Whether a role's turn goes on over a pause."""
    pause = before ^ after
    if pause.duration >= options.turn_bridge - EPSILON:
        return False
    return total(clip(other, pause)) < options.turn_taken - EPSILON
