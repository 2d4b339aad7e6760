"""When nobody speaks: silences, what holds leave of them, and what excuses that."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from asr_qa.core.event import EXCUSED, PLAIN, SERIOUS, Event
from asr_qa.core.lexicon import find_phrases
from asr_qa.core.options import TimingOptions
from asr_qa.core.reason import Reason, all_hold, at_least, at_most, measured
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment, Track, clip, gaps, subtract, total, union
from asr_qa.core.transcript import Transcript, Word, text_of


@dataclass(frozen=True, slots=True)
class Excuse:
    """The announcement nearest before a silence, and whether it is near enough."""

    text: str
    reasons: tuple[Reason, ...]

    @property
    def counts(self) -> bool:
        """Whether it excuses the silence."""
        return all_hold(self.reasons)


# Word times err: an excuse may seem to end this much (seconds) after the silence has begun.
_EXCUSE_SLACK = 0.5
_CLAUSE_WORDS = 10
_CLAUSE_PAUSE = 0.3


def find_quiet(
    tracks: Mapping[Role, Track],
    transcript: Transcript,
    holds: Track,
    options: TimingOptions,
    *,
    automatic: Segment | None = None,
) -> Iterator[Event]:
    """Holds, silences and dead air.

    Args:
        tracks: Speech of each role.
        transcript: Where the agent's announcements are looked for.
        holds: Music and ring-back on the agent's channel.
        options: Parameters of the definitions.
        automatic: Where prompts are spoken before a person answers.
    """
    early = find_unanswered(tracks, holds)
    for hold in holds:
        length = at_least("length", hold.duration, options.hold_min)
        if length.holds and hold not in early:
            yield Event(kind="hold", start=hold.start, end=hold.end, by=Role.AGENT, reasons=(length,))
    spoken = union(*tracks.values())
    if not spoken:
        return
    waits = tuple(hold for hold in holds if at_least("length", hold.duration, options.hold_min).holds)
    taken_out = union(waits, _unanswered(tracks, holds, automatic, options))
    excuse_before = _excuses(transcript, options)
    for quiet in gaps(spoken, spoken[0] | spoken[-1]):
        length = at_least("length", quiet.duration, options.silence_min)
        if length.holds:
            yield Event(kind="silence", start=quiet.start, end=quiet.end, reasons=(length,))
            yield from _dead_air(quiet, taken_out, excuse_before(quiet.start), options)


def find_unanswered(tracks: Mapping[Role, Track], holds: Track) -> Track:
    """The holds that end before the agent's first word: the caller waits, but it is not the agent who lets them wait.

    All where only the customer speaks, or nobody; none where it is not known who the agent is.
    """
    first = tracks.get(Role.AGENT, ())
    until = first[0].start if first else inf
    return tuple(hold for hold in holds if hold.end <= until) if _parties_known(tracks) else ()


def _parties_known(tracks: Mapping[Role, Track]) -> bool:
    """Whether it is known who speaks, as far as anybody does."""
    heard = [role for role, track in tracks.items() if track]
    return not heard or any(role is not Role.OTHER for role in heard)


def _unanswered(tracks: Mapping[Role, Track], holds: Track, automatic: Segment | None, options: TimingOptions) -> Track:
    """Prompts, ring-back and music before the agent's first word, each with a pause of ring-back after it.

    Where it is not known who the agent is, before anybody's: quiet after that may be the agent's.
    """
    first = tracks.get(Role.AGENT, ()) if _parties_known(tracks) else union(*tracks.values())
    until = first[0].start if first else inf
    sounds = (*holds, *((automatic,) if automatic else ()))
    reach = ((sound, min(sound.end + options.ivr_ring, until)) for sound in sounds if sound.start < until)
    return union(Segment(sound.start, max(sound.end, end)) for sound, end in reach)


def _dead_air(silence: Segment, holds: Track, excuse: Excuse | None, options: TimingOptions) -> Iterator[Event]:
    """What holds leave of a silence, cut where the excuse wears off."""
    counts = excuse is not None and excuse.counts
    limit = min(silence.start + options.excuse_max, silence.end) if counts else silence.start
    held = clip(holds, silence)
    common = (measured("silence", silence.duration), measured("held", total(held)))
    for piece in subtract((silence,), held):
        for span in (Segment(silence.start, limit), Segment(limit, silence.end)):
            part = piece & span
            length = at_least("length", part.duration, options.dead_air_min)
            if not (part and length.holds):
                continue
            serious = at_least("serious", part.duration, options.dead_air_serious)
            waiver = _waiver(excuse, part.end - silence.start, options)
            waived_by = excuse.text if excuse and all_hold(waiver) else None
            yield Event(
                kind="dead_air",
                start=part.start,
                end=part.end,
                waived_by=waived_by,
                level=EXCUSED if waived_by is not None else SERIOUS if serious.holds else PLAIN,
                reasons=(*common, length, serious, *waiver),
            )


def _waiver(excuse: Excuse | None, reach: float, options: TimingOptions) -> tuple[Reason, ...]:
    """Why a piece of a silence that ends so many seconds into it is excused, or is not."""
    if excuse is None:
        return (Reason(test="excuse", holds=False),)
    # Said too early, it covers nothing, however short the silence.
    return (*excuse.reasons, at_most("excuse_max", reach, options.excuse_max)) if excuse.counts else excuse.reasons


def _excuses(transcript: Transcript, options: TimingOptions) -> Callable[[float], Excuse | None]:
    """A look-up: the last announcement by the agent before a silence that begins at a time."""
    words = transcript.words_of(Role.AGENT)
    hits = find_phrases((word.text for word in words), options.excuses)
    said = sorted(_clause(words, first, last) for first, last, _ in hits)
    ends = [end for end, _ in said]

    def excuse_before(start: float) -> Excuse | None:
        index = bisect_right(ends, start + _EXCUSE_SLACK) - 1
        if index < 0:
            return None
        lead = at_most("excuse_lead", start - ends[index], options.excuse_lead, text=said[index][1])
        return Excuse(said[index][1], (lead,))

    return excuse_before


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
