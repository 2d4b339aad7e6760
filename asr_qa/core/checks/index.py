"""Many phrases looked for at once: one pass over the characters, one over the syllables.

Exact words come from an automaton (Aho-Corasick) over the plain and the folded reading. By sound, a key is looked for
where two neighbouring syllables of it are heard in class (pairs of all keys lie in one sorted table); what each place
would cost at least is summed for all of them together, and only what stays within the limit is aligned.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import ahocorasick
import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.align import ADDED, DROPPED, FILLER, REPEATED, Alignment, align
from asr_qa.core.checks.stream import Place, Reading, Sounds, Source, units
from asr_qa.core.finding import Match
from asr_qa.core.phonetic import MAX_KEY, readings
from asr_qa.core.sounds import BREAK, COUNT, DEFAULT_ACCENTS, LETTER, NEAR, Ear, ear, unit
from asr_qa.core.text import FOLDED, PLAIN, SPOKEN, normalise

CONFIDENCE = {Match.EXACT: 1.0, Match.HOMOPHONE: 0.9, Match.NEAR: 0.75, Match.FUZZY: 0.65}
"""What a kind of match is worth at its best, before the confidence of the words."""
MIN_SYLLABLES = 3
"""Keys are matched by sound from here up."""
SHORT_SYLLABLES = 2
"""... and from here up where short keys are allowed."""
MIN_FUZZY = 4
"""Keys are matched with differing syllables from here up."""
RATE = 20.0
"""Hundredths of a syllable that a fuzzy match may cost per syllable of the key."""
DOUBT = 0.5
"""Share of a cost that stays where the word behind it was heard with no confidence at all."""
REACH = 2
"""Syllables that may be added or dropped on the way."""
_NEVER = 1e6
"""Cost of anything across a separator."""
_FILLERS = ("en5", "n2", "e4", "a5", "a1", "o2", "ei2", "ne5", "ba5")


@dataclass(frozen=True, slots=True)
class Key:
    """A phrase prepared for search."""

    plain: str
    folded: str
    spoken: str
    codes: tuple[int, ...]
    tones: tuple[int, ...]

    @property
    def syllables(self) -> int:
        """Mandarin syllables in it, spelt letters included."""
        return sum(code < LETTER for code in self.codes)


@lru_cache(maxsize=100_000)
def key_of(phrase: str) -> Key:
    """Prepare a phrase."""
    plain, folded, spoken = (normalise(phrase, chain).text for chain in (PLAIN, FOLDED, SPOKEN))
    codes, tones, _ = units(spoken, readings(spoken))
    return Key(plain, folded, spoken, tuple(codes.tolist()), tuple(tones.tolist()))


class PhraseIndex:
    """Phrases compiled for search.

    Args:
        phrases: Each with the least number of syllables from which it is looked for by sound; 0 for never.
    """

    def __init__(self, phrases: Mapping[str, int], *, accents: tuple[str, ...] = DEFAULT_ACCENTS) -> None:
        self.phrases = dict(phrases)
        self.accents = accents
        keys = {phrase: key_of(phrase) for phrase in phrases}
        self._plain = _automaton((key.plain, phrase) for phrase, key in keys.items())
        self._folded = _automaton((key.folded, phrase) for phrase, key in keys.items())
        by_sound = [(phrase, keys[phrase]) for phrase, least in phrases.items() if _audible(keys[phrase], least)]
        self._table = _KeyTable(by_sound, ear(accents)) if by_sound else None

    def knows(self, phrase: str, least: int) -> bool:
        """Whether a phrase is looked for, by sound from `least` syllables up."""
        known = self.phrases.get(phrase)
        return known is not None and (least == 0 or 0 < known <= least)

    def like(self, phrases: Mapping[str, int]) -> PhraseIndex:
        """Other phrases, compiled with the same ear."""
        return _compiled(tuple(phrases.items()), self.accents)

    def search(self, source: Source) -> dict[str, list[Place]]:
        """Every place of every phrase, of all kinds of match; places of one phrase may overlap."""
        found: dict[str, list[Place]] = {}
        for place in self._exact(source):
            found.setdefault(place.key, []).append(place)
        if self._table is not None:
            for place in self._table.search(source.sounds):
                found.setdefault(place.key, []).append(place)
        return found

    def _exact(self, source: Source) -> Iterator[Place]:
        yield from _occurrences(self._plain, source.plain)
        yield from _occurrences(self._folded, source.folded)


@lru_cache(maxsize=1000)
def _compiled(phrases: tuple[tuple[str, int], ...], accents: tuple[str, ...]) -> PhraseIndex:
    return PhraseIndex(dict(phrases), accents=accents)


def _audible(key: Key, least: int) -> bool:
    return 0 < least <= key.syllables and len(key.codes) <= MAX_KEY


def _automaton(keys: Iterable[tuple[str, str]]) -> ahocorasick.Automaton | None:
    """All phrases by their keys; the value says how long a key is and whether its ends may run on."""
    phrases: dict[str, list[str]] = {}
    for key, phrase in keys:
        if key:
            phrases.setdefault(key, []).append(phrase)
    if not phrases:
        return None
    automaton = ahocorasick.Automaton()
    for key, meant in phrases.items():
        automaton.add_word(key, (len(key), _runs_on(key[0]) or _runs_on(key[-1]), tuple(meant)))
    automaton.make_automaton()
    return automaton


def _occurrences(automaton: ahocorasick.Automaton | None, reading: Reading) -> Iterator[Place]:
    if automaton is None:
        return
    for last, (length, loose, phrases) in automaton.iter(reading.text):
        start = last + 1 - length
        if loose and not _stands_alone(reading.text, start, last + 1):
            continue
        for phrase in phrases:
            yield Place(reading.firsts[start], reading.lasts[last], Match.EXACT, 1.0, phrase)


def _runs_on(char: str) -> bool:
    return char.isdecimal() or (char.isalpha() and char < "\u2e80")


def _stands_alone(text: str, start: int, end: int) -> bool:
    """A key is not found inside a longer Latin word or a longer number."""
    return not (
        (start > 0 and _continues(text[start - 1], text[start]))
        or (end < len(text) and _continues(text[end - 1], text[end]))
    )


def _continues(one: str, other: str) -> bool:
    return (one.isdecimal() and other.isdecimal()) or (one.isalpha() and other.isalpha() and max(one, other) < "\u2e80")


class _KeyTable:
    """Keys to be found by sound, as arrays."""

    def __init__(self, keys: Sequence[tuple[str, Key]], listener: Ear) -> None:
        self._keys = keys
        self._ear = listener
        self._lengths = np.array([len(key.codes) for _, key in keys], dtype=np.int32)
        self._limits = np.array([_limit(len(key.codes)) for _, key in keys], dtype=np.float32)
        used, rows = np.unique(np.concatenate([key.codes for _, key in keys]), return_inverse=True)
        self._used = used
        self._offsets = np.concatenate([[0], np.cumsum(self._lengths)]).astype(np.int32)
        self._rows = rows.astype(np.int32)
        hashes, owners, offsets = _pairs(keys, listener)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners, self._starts = hashes[order], owners[order], offsets[order]

    def search(self, sounds: Sounds) -> Iterator[Place]:
        """Every place where a key is heard within its limit."""
        if len(sounds.codes) < SHORT_SYLLABLES:
            return
        which, starts = self._candidates(sounds)
        if not len(which):
            return
        weights = np.where(sounds.codes == BREAK, 1.0, DOUBT + (1 - DOUBT) * sounds.clarity).astype(np.float32)
        costs = self._ear.costs[self._used[:, None], sounds.codes[None, :]] * weights
        costs[:, sounds.codes == BREAK] = _NEVER
        which, starts = self._promising(costs, which, starts)
        added = _added(sounds, weights)
        done: set[tuple[int, int, int]] = set()
        for number, start in zip(which.tolist(), starts.tolist(), strict=True):
            first, end = max(0, start - REACH), min(len(added), start + int(self._lengths[number]) + REACH)
            rows = costs[self._rows[self._offsets[number] : self._offsets[number + 1]], first:end].tolist()
            found = align(rows, added[first:end], limit=float(self._limits[number]))
            if found is None or (mark := (number, first + found.start, first + found.end)) in done:
                continue
            done.add(mark)
            place = self._place(number, found, first, sounds)
            if place is not None:
                yield place

    def _candidates(self, sounds: Sounds) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Keys, and the syllables they would start at, where a pair of theirs is heard; each once."""
        classes = self._ear.classes[sounds.codes].astype(np.int32)
        here, after = classes[:-1], classes[1:]
        places = [np.arange(len(here))]
        hashes = [here[:, 0] * COUNT + after[:, 0]]
        for one, other in ((0, 1), (1, 0), (1, 1)):
            open_ = np.flatnonzero(
                ((one == 0) | (here[:, 0] != here[:, 1])) & ((other == 0) | (after[:, 0] != after[:, 1]))
            )
            places.append(open_)
            hashes.append(here[open_, one] * COUNT + after[open_, other])
        position, wanted = np.concatenate(places), np.concatenate(hashes)
        low = np.searchsorted(self._hashes, wanted, side="left")
        counts = np.searchsorted(self._hashes, wanted, side="right") - low
        entry = np.repeat(low, counts) + _within(counts)
        which = self._owners[entry]
        starts = np.repeat(position, counts) - self._starts[entry]
        unique = np.unique(which.astype(np.int64) * (1 << 32) + (starts + MAX_KEY))
        return (unique >> 32).astype(np.int32), ((unique & 0xFFFFFFFF) - MAX_KEY).astype(np.int32)

    def _promising(
        self, costs: NDArray[np.float32], which: NDArray[np.int32], starts: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Those that may stay within their limits: each syllable at what it costs at its best nearby."""
        width = costs.shape[1]
        padded = np.full((costs.shape[0], width + 2 * (MAX_KEY + REACH)), DROPPED, dtype=np.float32)
        middle = MAX_KEY + REACH
        for shift in range(-REACH, REACH + 1):
            part = padded[:, middle + shift : middle + shift + width]
            np.minimum(part, costs, out=part)
        flat = padded.ravel()
        lengths = self._lengths[which]
        least = np.zeros(len(which), dtype=np.float32)
        alive = np.arange(len(which))
        limits = self._limits[which]
        for offset in range(int(lengths.max())):
            alive = alive[(lengths[alive] > offset) & (least[alive] <= limits[alive])]
            rows = self._rows[self._offsets[which[alive]] + offset]
            least[alive] += flat[rows * padded.shape[1] + starts[alive] + (offset + middle)]
        kept = least <= limits
        return which[kept], starts[kept]

    def _place(self, number: int, found: Alignment, base: int, sounds: Sounds) -> Place | None:
        phrase, key = self._keys[number]
        costs = [int(self._ear.costs[key.codes[one], sounds.codes[base + other]]) for one, other in found.pairs]
        match = _kind(costs, found.edits)
        if match is Match.FUZZY and (len(key.codes) < MIN_FUZZY or found.cost > RATE * len(key.codes)):
            return None
        worth = CONFIDENCE[match]
        first, last = base + found.start, base + found.end - 1
        return Place(int(sounds.firsts[first]), int(sounds.lasts[last]), match, worth, phrase, found.cost / 100)


def _kind(costs: Sequence[int], edits: int) -> Match:
    if edits or max(costs, default=0) > NEAR:
        return Match.FUZZY
    return Match.NEAR if any(costs) else Match.HOMOPHONE


def _limit(length: int) -> float:
    return max(float(NEAR * length), RATE * length)


def _pairs(keys: Sequence[tuple[str, Key]], listener: Ear) -> tuple[NDArray[np.int32], ...]:
    """Neighbouring syllables of all keys as (class of both, key, offset in it), one row each."""
    rows: list[tuple[int, int, int]] = []
    for number, (_, key) in enumerate(keys):
        classes = listener.classes[list(key.codes)].tolist()
        last = len(classes) - 2
        for offset in {*range(0, last + 1, 2), last}:
            for one in set(classes[offset]):
                rows += [(one * COUNT + other, number, offset) for other in set(classes[offset + 1])]
    table = np.array(rows, dtype=np.int32).reshape(len(rows), 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _within(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2 ... up to each of some counts, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)


def _added(sounds: Sounds, weights: NDArray[np.float32]) -> list[float]:
    """Cost of each syllable heard, where it is not in the key."""
    costs = np.full(len(sounds.codes), ADDED, dtype=np.float32)
    costs[1:][sounds.codes[1:] == sounds.codes[:-1]] = REPEATED
    costs[np.isin(sounds.codes, _FILLER_CODES)] = FILLER
    costs *= weights
    costs[sounds.codes == BREAK] = _NEVER
    as_list: list[float] = costs.tolist()
    return as_list


_FILLER_CODES = np.array([unit(reading)[0] for reading in _FILLERS], dtype=np.int16)
