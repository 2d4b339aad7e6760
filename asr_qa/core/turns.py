"""Who has the floor: back-channels told from turns, and speech joined to turns.

The definitions are published in docs/definitions.md.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from asr_qa.core.lexicon import acknowledges, fold, resembles
from asr_qa.core.options import TimingOptions
from asr_qa.core.reason import Reason, all_hold, at_least, below
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment, Track, bridge, clip, covering, subtract, total, union
from asr_qa.core.transcript import Transcript, Word, text_of


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
class Murmur:
    """A back-channel."""

    segment: Segment
    """From its first to its last speech."""
    reasons: tuple[Reason, ...]
    """Of its parts, one after another."""


@dataclass(frozen=True, slots=True)
class Talk:
    """One role's speech, sorted into what takes the floor and what does not."""

    role: Role
    floor: Track
    """Speech of which turns are made."""
    murmurs: tuple[Murmur, ...]
    """Back-channels."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of speech with what its words say."""

    segment: Segment
    acknowledges: bool | None
    """Whether its words are acknowledgements; None where they do not tell."""
    text: str
    """What was heard in it."""


_Found = dict[int, tuple[Reason, ...]]
"""Back-channels by the number of their stretch, with the reasons."""

# A word belongs to the nearest stretch of speech, but not over more than this (seconds): word times err.
_WORD_REACH = 0.5
# After a back-channel the other must go on for at least this long (seconds); less is the end of a turn.
_GOES_ON = 0.1

_CJK_LANGUAGES = ("zh", "yue", "wuu", "nan", "ja", "ko")
_SPOKEN_EACH = re.compile(r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af\d]")
"""Characters of one syllable each, as most are: 138 is said in as many as 一三八."""


def sort_talk(speech: Mapping[Role, Track], transcript: Transcript, *, options: TimingOptions) -> tuple[Talk, ...]:
    """Tell back-channels from speech that takes the floor, for every role."""
    stretches = {role: _read(track, transcript.words_of(role), options) for role, track in speech.items()}
    held = {role: _claims(own, options) for role, own in stretches.items()}
    found = {role: _murmurs(own, _of_other(held, role), options) for role, own in stretches.items()}
    floor = {role: _floor(own, found[role]) for role, own in stretches.items()}
    turns = {role: bridge(track, options.turn_bridge) for role, track in floor.items()}
    for role, own in stretches.items():
        found[role] = _confirmed(own, found[role], _of_other(turns, role))
    return tuple(_talk(role, stretches[role], found[role], options) for role in sorted(speech))


def build_turns(talks: Sequence[Talk], *, options: TimingOptions) -> tuple[Turn, ...]:
    """Turns of all roles in order of start."""
    floor = {talk.role: talk.floor for talk in talks}
    turns = [
        turn
        for talk in talks
        for turn in _join(talk, floor.get(talk.role.opposite, ()) if talk.role is not Role.OTHER else (), options)
    ]
    return tuple(sorted(turns, key=lambda turn: (turn.start, turn.end, turn.role)))


def words_in(
    turns: Sequence[Turn], transcript: Transcript, *, murmurs: Mapping[Role, Track] | None = None
) -> dict[Turn, list[Word]]:
    """What was said in each turn.

    Args:
        turns: Of any roles, in order of start.
        transcript: What was said in the call.
        murmurs: Back-channels of each role; words nearer to one of them than to a turn's speech are in no turn.
    """
    found: dict[Turn, list[Word]] = {turn: [] for turn in turns}
    for role in {turn.role for turn in turns}:
        stretches: list[tuple[Segment, Turn | None]] = [
            (segment, turn) for turn in turns if turn.role is role for segment in turn.speech
        ]
        spoken = union(segment for segment, _ in stretches)
        stretches += [(segment, None) for segment in subtract((murmurs or {}).get(role, ()), spoken)]
        stretches.sort(key=lambda stretch: stretch[0])
        said = assign(transcript.words_of(role), tuple(segment for segment, _ in stretches))
        for (_, turn), words in zip(stretches, said, strict=True):
            if turn is not None:
                found[turn] += words
    return found


def count_units(words: Iterable[Word], language: str) -> int:
    """CJK characters and digits, or words where the language has no such characters; punctuation never counts."""
    if language.split("-")[0].lower() in _CJK_LANGUAGES:
        return sum(len(_SPOKEN_EACH.findall(word.text)) for word in words)
    return sum(any(char.isalnum() for char in word.text) for word in words)


def assents(words: Sequence[Word], options: TimingOptions) -> bool | None:
    """Whether the words are acknowledgements and nothing else; None where there are none."""
    text = "".join(word.text for word in words)
    return acknowledges(text, options.acknowledgements) if fold(text) else None


def monologues(turns: Sequence[Turn], *, options: TimingOptions) -> list[tuple[Role, Segment]]:
    """Stretches in which one role alone takes turns, until another takes one or a silence comes."""
    runs: list[tuple[Role, Segment]] = []
    for role in sorted({turn.role for turn in turns}):
        others = union(turn.segment for turn in turns if turn.role is not role)
        own: list[Segment] = []
        for piece in subtract(union(turn.segment for turn in turns if turn.role is role), others):
            pause = own[-1] ^ piece if own else None
            if pause and pause.duration < options.silence_min - EPSILON and not clip(others, pause):
                own[-1] |= piece
            else:
                own.append(piece)
        runs += [(role, run) for run in own]
    return sorted(runs, key=lambda run: (run[1], run[0]))


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
    return tuple(
        _Stretch(segment, _evidence(said, options), text_of(said)) for segment, said in zip(track, heard, strict=True)
    )


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


def _of_other(tracks: Mapping[Role, Track], role: Role) -> Track:
    """That of the other party; nobody is one for a third."""
    return tracks.get(role.opposite, ()) if role is not Role.OTHER else ()


def _murmurs(stretches: Sequence[_Stretch], other: Track, options: TimingOptions) -> _Found:
    """Which stretches are back-channels, if the other has the floor where it seems to, and why."""
    found: _Found = {}
    for i, stretch in enumerate(stretches):
        reasons = (Reason(test="acknowledges", text=stretch.text), *_listening(stretch.segment, other))
        if stretch.acknowledges and all_hold(reasons):
            found[i] = reasons
    rest = [i for i in range(len(stretches)) if i not in found]
    for group in _groups(stretches, rest, options.turn_bridge):
        found |= _brief(stretches, group, other, options)
    return found


def _floor(stretches: Sequence[_Stretch], found: _Found) -> Track:
    return tuple(s.segment for i, s in enumerate(stretches) if i not in found)


def _confirmed(stretches: Sequence[_Stretch], found: _Found, other: Track) -> _Found:
    """Those back-channels that fall in a turn of the other: what seemed to be one may be back-channels itself."""
    return {i: reasons for i, reasons in found.items() if all_hold(_listening(stretches[i].segment, other))}


def _talk(role: Role, stretches: Sequence[_Stretch], found: _Found, options: TimingOptions) -> Talk:
    parts = [Murmur(stretches[i].segment, found[i]) for i in sorted(found)]
    return Talk(role, _floor(stretches, found), _merge(parts, options.backchannel_pause))


def _merge(parts: Sequence[Murmur], pause: float) -> tuple[Murmur, ...]:
    """Back-channels with those closer together than the pause made one."""
    found: list[Murmur] = []
    for part in parts:
        gap = below("pause", part.segment.start - found[-1].segment.end, pause) if found else None
        if gap and gap.holds:
            last = found[-1]
            new = () if part.reasons == last.reasons[-len(part.reasons) :] else part.reasons
            found[-1] = Murmur(last.segment | part.segment, (*last.reasons, gap, *new))
        else:
            found.append(part)
    return tuple(found)


def _listening(segment: Segment, other: Track) -> tuple[Reason, ...]:
    """Whether the other had the floor before and goes on after."""
    held = covering(other, segment.start)
    if held is None:
        return (Reason(test="held", holds=False),)
    return (
        at_least("other_before", segment.start - held.start, 0.0),
        at_least("other_after", held.end - segment.end, _GOES_ON),
    )


def _groups(stretches: Sequence[_Stretch], indices: Sequence[int], pause: float) -> list[list[int]]:
    """Indices of stretches that lie closer together than the pause."""
    groups: list[list[int]] = []
    for i in indices:
        if groups and stretches[i].segment.start - stretches[groups[-1][-1]].segment.end < pause - EPSILON:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _brief(stretches: Sequence[_Stretch], group: list[int], other: Track, options: TimingOptions) -> _Found:
    """Which stretches of a group are back-channels by their length, not by their words, and why."""
    own = [stretches[i] for i in group]
    spoken = total(s.segment for s in own)
    whole = own[0].segment | own[-1].segment
    said = Reason(test="unheard" if all(s.acknowledges is None for s in own) else "any_words", text=_said(own))
    limit = options.backchannel_unheard if said.test == "unheard" else options.backchannel_max
    reasons = (said, *_length(spoken, limit, options), *_listening(whole, other))
    if all_hold(reasons):
        return dict.fromkeys(group, reasons)
    found: _Found = {}
    for i, stretch, alone in zip(group, own, _apart(own, options.backchannel_apart), strict=True):
        length = _length(stretch.segment.duration, options.backchannel_unheard, options)
        unheard = Reason(test="unheard", holds=stretch.acknowledges is None, text=stretch.text)
        reasons = (unheard, *length, alone, *_listening(stretch.segment, other))
        if all_hold(reasons):
            found[i] = reasons
    return found


def _length(seconds: float, limit: float, options: TimingOptions) -> tuple[Reason, ...]:
    return (at_least("length", seconds, options.backchannel_min), below("brief", seconds, limit))


def _said(stretches: Sequence[_Stretch]) -> str:
    return "".join(stretch.text for stretch in stretches)


def _apart(own: Sequence[_Stretch], pause: float) -> list[Reason]:
    """Whether stretches keep at least the pause from their neighbours, by the nearer one."""
    gaps = [b.segment.start - a.segment.end for a, b in pairwise(own)]
    nearest = [min(pair) for pair in zip([inf, *gaps], [*gaps, inf], strict=True)]
    return [Reason(test="apart") if gap == inf else at_least("apart", gap, pause) for gap in nearest]


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
