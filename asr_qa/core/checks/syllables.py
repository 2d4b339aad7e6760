"""A text as syllables that can be compared: arrays of codes, with what is spelt out in letters read aloud."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.letters import spelt
from asr_qa.core.sounds import BREAK, LETTER, unit

_HAS_LETTER = re.compile("[a-z]")
_LETTER_OR_BLANK = re.compile("[a-z ]")
_TONE_BITS = 3
_TONES = (1 << _TONE_BITS) - 1


@dataclass(frozen=True, slots=True)
class Sounds:
    """What is heard, syllable by syllable: arrays of one length."""

    codes: NDArray[np.int16]
    """As in core.sounds."""
    tones: NDArray[np.int8]
    firsts: NDArray[np.int32]
    """First word behind each syllable."""
    lasts: NDArray[np.int32]
    clarity: NDArray[np.float32]
    """Confidence of its word, 0 to 1; 1 where unknown."""


def units(text: str, said: Sequence[str]) -> tuple[NDArray[np.int16], NDArray[np.int8], NDArray[np.int32]]:
    """Code, tone and character of each syllable of a text in its SPOKEN reading; codes of letters are spelt out."""
    if _HAS_LETTER.search(text):
        coded, places = _with_letters(text, list(map(unit, said)))
        codes, tones = zip(*coded, strict=True) if coded else ((), ())
        return np.array(codes, dtype=np.int16), np.array(tones, dtype=np.int8), np.array(places, dtype=np.int32)
    both = np.array(list(map(_both, said)), dtype=np.int32)
    return (both >> _TONE_BITS).astype(np.int16), (both & _TONES).astype(np.int8), np.arange(len(both), dtype=np.int32)


@lru_cache(maxsize=8192)
def _both(reading: str) -> int:
    """Code and tone of a reading as one number: an array of numbers is made in half the time of two."""
    code, tone = unit(reading)
    return code << _TONE_BITS | tone


def joined(parts: Sequence[Sounds], apart: int) -> tuple[Sounds, list[int]]:
    """What several speakers say as one, with breaks between that nothing runs across; and where each of them begins.

    Args:
        apart: Breaks between every two.
    """
    gap = Sounds(
        np.full(apart, BREAK, dtype=np.int16),
        np.zeros(apart, dtype=np.int8),
        np.zeros(apart, dtype=np.int32),
        np.zeros(apart, dtype=np.int32),
        np.ones(apart, dtype=np.float32),
    )
    rows = [part for one in parts for part in (one, gap)][:-1]
    starts = list(accumulate([len(one.codes) + apart for one in parts[:-1]], initial=0))
    columns = [np.concatenate([getattr(row, field.name) for row in rows]) for field in fields(Sounds)]
    return Sounds(*columns), starts


def _with_letters(text: str, coded: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], list[int]]:
    """The same with one entry per syllable of what is spelt out, and the character behind each; blanks go."""
    out: list[tuple[int, int]] = []
    places: list[int] = []
    done = 0
    for first, end, syllables in (*spelt(text), (len(text), len(text), ())):
        for odd in _LETTER_OR_BLANK.finditer(text, done, first):
            place = odd.start()
            out += coded[done:place]
            places += range(done, place)
            if odd[0] != " ":
                out.append((LETTER + ord(odd[0]) - ord("a"), 0))
                places.append(place)
            done = place + 1
        out += coded[done:first]
        places += range(done, first)
        out += map(unit, syllables)
        places += [first] * len(syllables)
        done = end
    return out, places
