"""Words that were listened to a second time: which stretch may hold a phrase, and what came of it.

Where a phrase that matters much was not found, or was found only roughly, the stretch most like it is weighed by the
recogniser with the phrase in place of what was heard (pipeline/secondlook.py). What that gives takes the place of the
rough match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from asr_qa.core.checks.align import ADDED, align
from asr_qa.core.checks.index import key_of
from asr_qa.core.checks.stream import Place, Source
from asr_qa.core.finding import Match
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Segment
from asr_qa.core.sounds import BREAK, DEFAULT_ACCENTS, ear

POSSIBLE = 0.1
"""Chance from which a phrase was possibly said."""
DOUBTED = 0.3
"""Chance below which words that match only roughly no longer stand: the phrase was then but possibly said."""
SURE = 0.8
"""Chance from which the audio alone says that a phrase was said; set with DOUBTED on the dev part of the bench."""
_SURE = frozenset({Match.EXACT, Match.HOMOPHONE})
"""Matches that are not listened to again."""
_NEVER = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """A phrase, a stretch that was listened to again for it, and how likely it was said there."""

    role: Role
    start: float
    """Seconds: of the first word that the phrase would replace."""
    end: float
    """Seconds."""
    phrase: str
    chance: float
    """0 to 1."""
    cost: float
    """What the words heard differ from it by, in syllables."""


@dataclass(frozen=True, slots=True)
class Nearest:
    """The words that a phrase would replace, as numbers in a source."""

    first: int
    last: int
    cost: float
    """In syllables."""
    syllables: int
    """Of the phrase."""

    @property
    def rate(self) -> float:
        """Cost per syllable."""
        return self.cost / max(self.syllables, 1)


def nearest(source: Source, phrase: str, within: Segment) -> Nearest | None:
    """The stretch of an utterance that sounds most like a phrase, however little; None where nothing is said."""
    sounds, key = source.sounds, key_of(phrase)
    words = [n for start, end in source.ranges((within,)) for n in range(start, end)]
    if not words or not key.codes:
        return None
    inside = np.flatnonzero((sounds.firsts >= words[0]) & (sounds.lasts <= words[-1]))
    if not len(inside):
        return None
    codes = sounds.codes[inside]
    costs = ear(DEFAULT_ACCENTS).costs[np.array(key.codes)[:, None], codes].astype(np.float32)
    costs[:, codes == BREAK] = _NEVER
    added = np.where(codes == BREAK, _NEVER, float(ADDED))
    found = align(costs.tolist(), added.tolist(), limit=_NEVER)
    if found is None or found.end <= found.start:
        return None
    first, last = inside[found.start], inside[found.end - 1]
    return Nearest(int(sounds.firsts[first]), int(sounds.lasts[last]), found.cost / 100, len(key.codes))


def heard_again(
    found: Mapping[str, Sequence[Place]], again: Iterable[Again], source: Source, phrases: Iterable[str]
) -> Mapping[str, Sequence[Place]]:
    """Places of phrases with what listening again gave.

    Where the audio is sure, or doubts it, it takes the place of rough matches it overlaps, where it denies the phrase
    they are none, and in between they stand.
    """
    wanted = frozenset(phrases)
    changed: dict[str, Sequence[Place]] = dict(found)
    for look in again:
        if look.phrase in wanted and look.role is source.role and (place := _place(look, source)) is not None:
            known = changed.get(look.phrase, ())
            kept = [p for p in known if p.match in _SURE or not p.overlaps(place)]
            if look.chance < POSSIBLE:
                changed[look.phrase] = kept
            elif not DOUBTED <= look.chance < SURE or len(kept) == len(known):
                changed[look.phrase] = [*kept, place]
    return changed


def _place(look: Again, source: Source) -> Place | None:
    inside = [
        n
        for n, word in enumerate(source.words)
        if word.start >= look.start - EPSILON and word.end <= look.end + EPSILON
    ]
    if not inside:
        return None
    return Place(inside[0], inside[-1], Match.ACOUSTIC, look.chance, look.phrase, look.cost)
