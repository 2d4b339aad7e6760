"""Finding words: phrases exactly, by syllable or nearly, and patterns; and what not finding them means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from operator import attrgetter

import numpy as np
import regex

from asr_qa.core.checks.again import SURE
from asr_qa.core.checks.base import Hit, Looking, Outcome
from asr_qa.core.checks.chance import chance
from asr_qa.core.checks.index import MIN_SYLLABLES, SHORT_SYLLABLES, key_of
from asr_qa.core.checks.keytable import WORTH
from asr_qa.core.checks.literals import required
from asr_qa.core.checks.patternsound import BySound, by_sound
from asr_qa.core.checks.stream import Place, Source, Stream
from asr_qa.core.checks.stretches import Ranges, Stretch
from asr_qa.core.finding import Evidence, Match, Verdict
from asr_qa.core.segment import total
from asr_qa.core.sounds import NEAR, OPEN, WHOLE, ear

CLEAR = 0.5
"""Mean word confidence below which not finding a required phrase says nothing about whether it was said."""
PATTERN_BUDGET = 0.25
"""Seconds that a pattern may take on the words of one speaker; what needs longer would hold up every call."""
_LEAST_SHARE = 0.05
"""Of PATTERN_BUDGET, for the shortest stretch."""
SYLLABLE_SECONDS = 0.12
"""Nobody says a syllable faster."""
_SHOWN_PLACES = 3
_NEUTRAL = 5
_SPAN = attrgetter("first", "last")
_FIRST = attrgetter("first")
_TIME = attrgetter("start", "end")


_BY_SOUND = frozenset({"homophone", "near", "fuzzy"})
_ROUGH = frozenset({"near", "fuzzy"})
"""Kinds that the audio may speak for where the text does not."""
_TONED = frozenset({Match.HOMOPHONE, Match.NEAR})
"""Kinds whose tones can be held against those of the phrase, syllable by syllable."""
_CLOSE = frozenset({"exact", "homophone"})
"""Kinds by which what is to be left out is looked for."""


def find_phrases(
    stream: Stream,
    phrases: Sequence[str],
    *,
    match: Iterable[str] = tuple(Match),
    allow_short: bool = False,
    tones: bool = False,
    exclude: Sequence[str] = (),
) -> tuple[Hit, ...]:
    """Hits of each phrase in order of time; hits of one phrase never overlap each other.

    Every word of a hit begins inside the scope, and no hit runs from one window into the next.

    Args:
        match: Kinds of match allowed: exact, homophone, near, fuzzy.
        allow_short: Search keys of two syllables by sound, too.
        tones: Of what sounds the same or near, take only what has the same tones.
        exclude: Hits that overlap one of these phrases are dropped.
    """
    kinds, least = _asked(tuple(match), allow_short)
    found = stream.find((*phrases, *exclude) if exclude else phrases, least)
    heard = [phrase for phrase in phrases if phrase in found]
    if not heard:
        return ()
    ranges, source = stream.ranges, stream.source
    dropped = [p for phrase in exclude for p in _allowed(found.get(phrase, ()), kinds & _CLOSE, least, ranges)]
    places: list[Place] = []
    for phrase in heard:
        allowed = _allowed(found[phrase], kinds, least, ranges)
        if tones:
            allowed = [p for p in allowed if p.match not in _TONED or tones_agree(source, p)]
        if dropped:
            allowed = [p for p in allowed if not any(p.overlaps(other) for other in dropped)]
        places += allowed if len(allowed) <= 1 else _apart(allowed)
    if len(heard) > 1:
        places.sort(key=_SPAN)
    return tuple([_hit(source, place) for place in places])


def tones_agree(source: Source, place: Place) -> bool:
    """Whether a phrase that is heard syllable by syllable is heard with its tones, too.

    The neutral tone and open readings agree with all, and a third tone before another one may be heard as a second.
    """
    key, sounds = key_of(place.key), source.sounds
    first = int(np.searchsorted(sounds.firsts, place.first, side="left"))
    count = int(np.searchsorted(sounds.lasts, place.last, side="right")) - first - len(key.codes)
    costs, wanted = ear().costs, np.array(key.codes)
    for start in range(first, first + count + 1):
        heard = sounds.codes[start : start + len(wanted)]
        if (costs[wanted, heard] <= NEAR).all():
            tones = sounds.tones[start : start + len(wanted)].tolist()
            known = ((wanted < OPEN) & (heard < OPEN)).tolist()
            return all(_same_tone(key.tones, at, tone) for at, tone in enumerate(tones) if known[at])
    return len(key.voices) > 1  # its numbers are read in another way


def _same_tone(tones: Sequence[int], at: int, heard: int) -> bool:
    """Whether a tone heard is that of a syllable of a key."""
    wanted = tones[at]
    if wanted == heard or {wanted, heard} & {0, _NEUTRAL}:
        return True
    return (wanted, heard) == (3, 2) and tones[at + 1 : at + 2] == (3,)


@lru_cache(maxsize=100)
def _asked(match: tuple[str, ...], allow_short: bool) -> tuple[frozenset[str], int]:
    """The kinds of match asked for, and the syllables from which keys are matched by sound (0: never)."""
    kinds = frozenset(match)
    return kinds, 0 if kinds.isdisjoint(_BY_SOUND) else SHORT_SYLLABLES if allow_short else MIN_SYLLABLES


def _allowed(places: Iterable[Place], kinds: frozenset[str], least: int, ranges: Ranges) -> list[Place]:
    """The places of a phrase that are of a kind asked for and wholly inside one of some stretches of words."""
    found = [place for start, end in ranges for place in places if start <= place.first and place.last < end]
    if not found:
        return found
    allowed = _matches(kinds, key_of(found[0].key).syllables >= least)
    return [place for place in found if place.match in allowed]


@cache
def _matches(kinds: frozenset[str], long_enough: bool) -> frozenset[Match]:
    """How a phrase may be found where some kinds of match are asked for."""
    allowed = {Match.EXACT, *_BY_SOUND} & kinds if long_enough else {Match.EXACT} & kinds
    heard_again = () if kinds.isdisjoint(_ROUGH) else (Match.ACOUSTIC,)
    return frozenset({*map(Match, allowed), *heard_again})


def find_pattern(
    stream: Stream, pattern: str, *, match: Iterable[str] = ("exact",), exclude: Iterable[str] = ()
) -> tuple[Hit, ...]:
    """Hits of a regular expression in the plain or the folded reading, in order of time, none overlapping.

    Args:
        match: Kinds of match allowed: exact, homophone, near. What is heard more closely comes first.
        exclude: Hits that overlap one of these patterns are dropped; those are found as written and, where that is
            allowed, by the same syllables.
    """
    kinds = frozenset(match)
    places = _by_pattern(stream, pattern, kinds)
    dropped = [place for other in exclude for place in _by_pattern(stream, other, kinds & _CLOSE)]
    if dropped:
        places = [p for p in places if not any(p.overlaps(other) for other in dropped)]
    if len(places) > 1:
        places = sorted(_apart(places), key=_FIRST)
    return tuple([_hit(stream.source, place) for place in places])


def apart(hits: Iterable[Hit]) -> tuple[Hit, ...]:
    """Of hits that overlap in one role's words only the best, in order of time."""
    hits = tuple(hits)
    if len(hits) <= 1 or _are_apart(hits):
        return hits
    in_order = sorted(hits, key=_TIME)
    if _are_apart(in_order):
        return tuple(in_order)
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda h: (-h.confidence, h.start - h.end, h.start)):
        if not any(hit.role is k.role and hit.start < k.end and k.start < hit.end for k in kept):
            kept.append(hit)
    return tuple(sorted(kept, key=_TIME))


def _are_apart(hits: Sequence[Hit]) -> bool:
    """Whether hits are in order of time and none overlaps the next."""
    return all(one.start < other.start >= one.end for one, other in pairwise(hits))


def is_weak(hit: Hit, limit: float) -> bool:
    """Whether a hit is too doubtful to hold against anybody."""
    return hit.confidence < (max(limit, SURE) if hit.match is Match.ACOUSTIC else limit)


def blocked(looking: Looking) -> Outcome | None:
    """Why words cannot be looked for here at all, if so."""
    note: str | None = looking.known.get("blocked")
    if note is None:
        note = looking.known["blocked"] = _barrier(looking)
    return Outcome(verdict=Verdict.UNDETERMINED, note=note) if note else None


def _barrier(looking: Looking) -> str:
    if not looking.view.pieces:
        return "nothing was heard in this call"
    if looking.role is not None and looking.view.facts.unsure_of_roles:
        return "it is not known who speaks"
    if not _has_words(looking) and "dead_channel" in looking.view.facts.warnings:
        return "no words of this role: a channel of the recording is dead"
    return ""


def absence(looking: Looking, *, wanted: str, seconds: float) -> Outcome:
    """What it means that words were not found: not_met, or undetermined where they may have been said.

    Args:
        wanted: The words, for people.
        seconds: The shortest time in which they can be said.
    """
    key = "absence", seconds if looking.unintelligible else 0.0
    known: tuple[str, float | None] | None = looking.known.get(key)
    if known is None:
        doubt = _doubt(looking, seconds) if looking.stance.needs_presence else ""
        known = looking.known[key] = doubt, _clarity(looking)
    doubt, clarity = known
    text = f"（未听到：{wanted}）"
    places = looking.windows[:_SHOWN_PLACES] or (looking.view.whole,)
    missing = tuple([Evidence(looking.role, place.start, place.end, text, Match.TIMING) for place in places])
    verdict = Verdict.UNDETERMINED if doubt else Verdict.NOT_MET
    return Outcome(verdict=verdict, missing=missing, confidence=clarity, note=doubt)


def _doubt(looking: Looking, seconds: float) -> str:
    """Why the words may have been said all the same; empty where they were not."""
    if not _has_words(looking):
        return "no words of this role were heard in the call"
    if "too_short" in looking.view.facts.warnings:
        return "too little is said in the recording to tell"
    lost = [part for part in looking.unintelligible if part.duration >= seconds]
    if lost:
        return f"{total(lost):.1f} s of speech in scope could not be understood, first at {lost[0].start:.1f} s"
    clarity = _clarity(looking)
    if clarity is not None and clarity < CLEAR:
        return f"the words in scope were heard with a confidence of only {clarity:.2f}"
    if looking.view.facts.unsure_of_end and looking.windows and looking.windows[-1].end >= looking.view.end:
        return "the recording breaks off before the call ends"
    if looking.view.facts.unsure_of_start and looking.windows and looking.windows[0].start <= 0:
        return "the recording begins in the middle of speech"
    return ""


def _has_words(looking: Looking) -> bool:
    return looking.role is None or looking.role in looking.view.pieces


def _clarity(looking: Looking) -> float | None:
    """Mean confidence of the words in scope; None where there are none or the engine gives none."""
    return looking.once("clarity", lambda: _mean(looking))


def _mean(looking: Looking) -> float | None:
    parts = [stream.clarity for stream in looking.streams]
    count = sum(number for _, number in parts)
    return min(1.0, sum(part for part, _ in parts) / count) if count else None


def _apart(places: Iterable[Place]) -> list[Place]:
    places = sorted(places, key=_SPAN)
    if all(one.last < other.first for one, other in pairwise(places)):
        return places
    kept: list[Place] = []
    taken: set[int] = set()
    for place in sorted(places, key=_rank):
        words = range(place.first, place.last + 1)
        if taken.isdisjoint(words):
            taken.update(words)
            kept.append(place)
    return kept


def _rank(place: Place) -> tuple[float, int, int]:
    """Smallest for what is preferred."""
    return -place.worth, place.first - place.last, place.first


def _hit(source: Source, place: Place) -> Hit:
    """A place as a hit; rules that ask for the same phrase share it."""
    hit: Hit | None = place.hit
    if hit is None:
        start, end, text, clarity = source.said_in(place.first, place.last)
        likely = place.worth if place.match is Match.ACOUSTIC else chance(place.cost, clarity)
        hit = place.hit = Hit(source.role, start, end, text, place.match, likely, place.key, place.cost)
    return hit


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> regex.Pattern[str]:
    # What was heard is in lower case: VIP in a pattern means it, too.
    return regex.compile(pattern, 0 if pattern == pattern.lower() else regex.IGNORECASE)


def _by_pattern(stream: Stream, pattern: str, kinds: frozenset[str]) -> list[Place]:
    """Where a pattern matches in one of some ways; nothing by sound where it matches more closely."""
    found: list[Place] = []
    if "exact" in kinds:
        every = stream.stretches
        spans = _spans(pattern, every.which_hold(required(pattern)), every.characters)
        found += [Place(first, last, Match.EXACT, 1.0, pattern) for _, first, last in spans]
    if kinds.isdisjoint(_BY_SOUND) or (heard := by_sound(pattern, stream.source.accents)) is None:
        return found
    for match, first, last in _heard_pattern(stream, heard, kinds):
        cost = heard.spelt * NEAR / WHOLE if match is Match.NEAR else 0.0
        place = Place(first, last, match, WORTH[match], pattern, cost)
        if not any(place.overlaps(other) for other in found):
            found.append(place)
    return found


def _heard_pattern(stream: Stream, heard: BySound, kinds: frozenset[str]) -> Iterator[tuple[Match, int, int]]:
    """First and last word of what sounds the same, then of what sounds near."""
    every = stream.by_sound
    loose = heard.near if "near" in kinds else heard.same
    found = list(_spans(loose, every.which_hold(required(loose)), every.characters))
    if "homophone" in kinds and found:
        # What is the same is near, too: it is looked for only where something is, which is hardly anywhere.
        there = {id(stretch): stretch for stretch, _, _ in found}.values()
        yield from ((Match.HOMOPHONE, first, last) for _, first, last in _spans(heard.same, there, every.characters))
    if "near" in kinds:
        yield from ((Match.NEAR, first, last) for _, first, last in found)


def _spans(pattern: str, stretches: Iterable[Stretch], characters: int) -> Iterator[tuple[Stretch, int, int]]:
    """Every match that is not empty with its first and last word, stretch by stretch: none runs across a separator.

    Each stretch has its share of PATTERN_BUDGET; a pattern that needs more raises TimeoutError.

    Args:
        characters: Of all stretches in scope.
    """
    matches = _compiled(pattern).finditer
    for stretch in stretches:
        share = PATTERN_BUDGET * max(_LEAST_SHARE, len(stretch.text) / max(1, characters))
        for match in matches(stretch.text, timeout=share):
            at, end = match.span()
            if end > at:
                yield stretch, *stretch.words(at, end)
