"""Keys looked for by sound, all at once.

A key may be said where two neighbouring syllables of it are heard in class; the pairs of all keys lie in one sorted
table. What each such place would cost at least is summed for all of them together (every syllable at what it costs at
its best nearby), what is left is aligned together, and only what stays within its limit is traced step by step.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.align import ADDED, DROPPED, FILLER, REPEATED, Alignment, align
from asr_qa.core.checks.stream import Place
from asr_qa.core.checks.syllables import Sounds
from asr_qa.core.finding import Match
from asr_qa.core.sounds import BREAK, COUNT, NEAR, Ear, unit

WORTH = {Match.EXACT: 1.0, Match.HOMOPHONE: 0.9, Match.NEAR: 0.75, Match.FUZZY: 0.65}
"""What a kind of match is worth at its best, before the confidence of the words."""
MIN_FUZZY = 4
"""Syllables of a key from which some may differ."""
RATE = 22.0
"""Hundredths of a syllable that a fuzzy match may cost per syllable of the key ..."""
MOST = 90.0
"""... and in all: what differs in two clearly heard syllables is another phrase, however long it is."""
DOUBT = 0.5
"""Share of a cost that stays where the word behind it was heard with no confidence at all."""
REACH = 2
"""Syllables that may be added or dropped on the way."""
_LONGEST_FIRST = (6, 10, 64)
"""Keys are aligned in batches of lengths up to these."""
_ROUNDING = 1e-3
"""Costs are sums of 32-bit floats."""
_NEVER = 1e6
"""Cost of anything across a separator."""
_FILLERS = ("en5", "n2", "e4", "a5", "o2", "ei2")
_IS_FILLER = np.zeros(COUNT, dtype=np.bool_)
_IS_FILLER[[unit(reading)[0] for reading in _FILLERS]] = True

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]
Row = tuple[str, tuple[int, ...]]
"""A phrase and its syllables."""


class KeyTable:
    """Keys to be found by sound, as arrays."""

    def __init__(self, keys: Sequence[Row], listener: Ear) -> None:
        self._keys = keys
        self._ear = listener
        self._lengths = np.array([len(codes) for _, codes in keys], dtype=np.int32)
        self._limits = np.array([limit_of(len(codes)) for _, codes in keys], dtype=np.float32)
        used, rows = np.unique(np.concatenate([codes for _, codes in keys]), return_inverse=True)
        self._heard = listener.costs[used].astype(np.float32)
        longest = int(self._lengths.max())
        # Row 0 costs nothing: it stands where a key has no syllable. REACH more of them before and behind.
        self._rows = np.zeros((len(keys), longest + 2 * REACH), dtype=np.int32)
        self._rows[:, REACH : REACH + longest][np.arange(longest) < self._lengths[:, None]] = rows + 1
        self._margin = longest + 2 * REACH
        hashes, owners, offsets = _pairs(keys, listener)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._owners, self._offsets = hashes[order], owners[order], offsets[order]

    def search(self, sounds: Sounds) -> Iterator[Place]:
        """Every place where a key is heard within its limit, but none that overlaps a homophone of the same key."""
        if len(sounds.codes) <= 1:
            return
        weights = (DOUBT + (1 - DOUBT) * sounds.clarity).astype(np.float32)
        costs = self._costs(sounds, weights)
        which, starts = self._promising(costs, *self._candidates(sounds))
        same = self._straight(costs, which, starts) == 0
        taken: dict[int, list[int]] = {}
        for number, start in zip(which[same].tolist(), starts[same].tolist(), strict=True):
            taken.setdefault(number, []).append(start)
            yield from self._placed(number, Alignment(0.0, start, start + int(self._lengths[number]), (), 0), sounds)
        added = _added(sounds, weights, self._margin)
        which, starts, least = self._within(costs, added, *self._free(which[~same], starts[~same], taken))
        straight = self._straight(costs, which, starts)
        even = straight <= least + _ROUNDING
        for number, start, cost in zip(
            which[even].tolist(), starts[even].tolist(), straight[even].tolist(), strict=True
        ):
            length = int(self._lengths[number])
            pairs = tuple((at, start + at) for at in range(length))
            yield from self._placed(number, Alignment(cost, start, start + length, pairs, 0), sounds)
        yield from self._traced(costs, added, which[~even], starts[~even], sounds)

    def _costs(self, sounds: Sounds, weights: Floats) -> Floats:
        """Cost of each syllable heard (column) for each one used in keys (row, from 1); a margin at both ends."""
        costs = np.full((len(self._heard) + 1, len(sounds.codes) + 2 * self._margin), _NEVER, dtype=np.float32)
        inner = costs[1:, self._margin : -self._margin]
        np.multiply(self._heard.take(sounds.codes, axis=1), weights, out=inner)
        inner[:, sounds.codes == BREAK] = _NEVER
        costs[0] = 0.0
        return costs

    def _candidates(self, sounds: Sounds) -> tuple[Ints, Ints, Ints]:
        """Keys, and a pair of theirs (its first syllable) that is heard at some place."""
        classes = self._ear.classes[sounds.codes].astype(np.int32)
        here, after = classes[:-1], classes[1:]
        places = [np.arange(len(here))]
        hashes = [here[:, 0] * COUNT + after[:, 0]]
        open_ = classes[:, 0] != classes[:, 1]
        for one, other in ((0, 1), (1, 0), (1, 1)):
            some = np.flatnonzero((open_[:-1] | (one == 0)) & (open_[1:] | (other == 0)))
            places.append(some)
            hashes.append(here[some, one] * COUNT + after[some, other])
        position, wanted = np.concatenate(places), np.concatenate(hashes)
        low = np.searchsorted(self._hashes, wanted, side="left")
        counts = np.searchsorted(self._hashes, wanted, side="right") - low
        entry = np.repeat(low, counts) + _counted(counts)
        return self._owners[entry], self._offsets[entry], np.repeat(position, counts).astype(np.int32)

    def _promising(self, costs: Floats, which: Ints, offsets: Ints, position: Ints) -> tuple[Ints, Ints]:
        """Keys and their first syllables, each once, that may stay within their limits."""
        best = np.full_like(costs, DROPPED)
        width = costs.shape[1]
        for shift in range(-REACH, REACH + 1):
            part = best[:, max(0, -shift) : width - max(0, shift)]
            np.minimum(part, costs[:, max(0, shift) : width - max(0, -shift)], out=part)
        flat, rows, columns = best.ravel(), self._rows.ravel(), self._rows.shape[1]
        for beside in ((-1, 2), (-2, 3)):
            least = np.zeros(len(which), dtype=np.float32)
            for step in beside:
                row = rows.take(which * columns + (offsets + (REACH + step)))
                least += flat.take(row * width + (position + (self._margin + step)))
            kept = np.flatnonzero(least <= self._limits.take(which))
            which, offsets, position = which.take(kept), offsets.take(kept), position.take(kept)
        starts = position - offsets
        unique = np.unique(which.astype(np.int64) * (1 << 32) + (starts + self._margin))
        which, starts = (unique >> 32).astype(np.int32), ((unique & 0xFFFFFFFF) - self._margin).astype(np.int32)
        kept = np.flatnonzero(self._straight(best, which, starts) <= self._limits.take(which))
        return which.take(kept), starts.take(kept)

    def _straight(self, costs: Floats, which: Ints, starts: Ints) -> Floats:
        """Cost of each key where its syllables are heard one after the other from some place on."""
        longest = self._rows.shape[1] - 2 * REACH
        index = self._rows[which, REACH : REACH + longest] * costs.shape[1]
        index += starts[:, None] + (self._margin + np.arange(longest, dtype=np.int32))
        total: Floats = costs.ravel().take(index).sum(axis=1)
        return total

    def _free(self, which: Ints, starts: Ints, taken: dict[int, list[int]]) -> tuple[Ints, Ints]:
        """Those that do not reach into a place where the same key is heard as it is."""
        lengths = self._lengths.take(which).tolist()
        kept = [
            at
            for at, (number, start, length) in enumerate(zip(which.tolist(), starts.tolist(), lengths, strict=True))
            if number not in taken or all(abs(start - other) >= length for other in taken[number])
        ]
        return which.take(kept), starts.take(kept)

    def _within(self, costs: Floats, added: Floats, which: Ints, starts: Ints) -> tuple[Ints, Ints, Floats]:
        """Those whose cheapest alignment stays within the limit, with what it costs."""
        found: list[tuple[Ints, Ints, Floats]] = [(which[:0], starts[:0], np.zeros(0, dtype=np.float32))]
        low = 0
        for high in _LONGEST_FIRST:
            lengths = self._lengths.take(which)
            some = np.flatnonzero((lengths > low) & (lengths <= high))
            low = high
            if len(some):
                least = self._aligned(costs, added, which[some], starts[some])
                kept = least <= self._limits[which[some]]
                found.append((which[some[kept]], starts[some[kept]], least[kept]))
        least = np.concatenate([part for _, _, part in found])
        return np.concatenate([part for part, _, _ in found]), np.concatenate([part for _, part, _ in found]), least

    def _aligned(self, costs: Floats, added: Floats, which: Ints, starts: Ints) -> Floats:
        """Cost of the cheapest alignment of each key around a place; as `align`, for all of them together."""
        lengths = self._lengths.take(which)
        longest = int(lengths.max())
        offsets = np.arange(longest + 2 * REACH, dtype=np.int32) + np.int32(self._margin - REACH)
        columns: Ints = starts[:, None] + offsets
        more = added.take(columns)
        flat, width = costs.ravel(), costs.shape[1]
        table = np.zeros((len(which), columns.shape[1] + 1), dtype=np.float32)
        for step in range(longest):
            line = table + DROPPED
            said = flat.take((self._rows[which, REACH + step] * width)[:, None] + columns)
            np.minimum(line[:, 1:], table[:, :-1] + said, out=line[:, 1:])
            for _ in range(REACH):
                np.minimum(line[:, 1:], line[:, :-1] + more, out=line[:, 1:])
            table = np.where((lengths > step)[:, None], line, table)
        least: Floats = table.min(axis=1)
        return least

    def _traced(self, costs: Floats, added: Floats, which: Ints, starts: Ints, sounds: Sounds) -> Iterator[Place]:
        """Places of those alignments, each once."""
        done: set[tuple[int, int, int]] = set()
        count = len(sounds.codes)
        for number, start in zip(which.tolist(), starts.tolist(), strict=True):
            length = int(self._lengths[number])
            first, end = max(0, start - REACH), min(count, start + length + REACH)
            window = slice(first + self._margin, end + self._margin)
            rows = costs[self._rows[number, REACH : REACH + length], window].tolist()
            found = align(rows, added[window].tolist(), limit=float(self._limits[number]))
            if found is None or (mark := (number, first + found.start, first + found.end)) in done:
                continue
            done.add(mark)
            pairs = tuple((one, first + other) for one, other in found.pairs)
            placed = Alignment(found.cost, first + found.start, first + found.end, pairs, found.edits)
            yield from self._placed(number, placed, sounds)

    def _placed(self, number: int, found: Alignment, sounds: Sounds) -> Iterator[Place]:
        """The place of an alignment, where it is a match."""
        if (match := self._kind(number, found, sounds)) is not None:
            words = int(sounds.firsts[found.start]), int(sounds.lasts[found.end - 1])
            yield Place(*words, match, WORTH[match], self._keys[number][0], found.cost / 100)

    def _kind(self, number: int, found: Alignment, sounds: Sounds) -> Match | None:
        """What sort of match an alignment is; None where it is none."""
        if not found.cost:
            return Match.HOMOPHONE
        codes = self._keys[number][1]
        if not found.edits:
            of_key, heard = zip(*found.pairs, strict=True)
            if self._ear.costs[[codes[at] for at in of_key], sounds.codes[list(heard)]].max() <= NEAR:
                return Match.NEAR
        return Match.FUZZY if found.cost <= fuzzy_limit(len(codes)) else None


def limit_of(length: int) -> float:
    """What a match of a key of so many syllables may cost."""
    return max(float(NEAR * length), fuzzy_limit(length))


def fuzzy_limit(length: int) -> float:
    """What a match with differing syllables may cost; nothing for short keys."""
    return min(RATE * length, MOST) if length >= MIN_FUZZY else 0.0


def _pairs(keys: Sequence[Row], listener: Ear) -> tuple[Ints, Ints, Ints]:
    """Neighbouring syllables of all keys as (class of both, key, offset in it), one row each."""
    rows: list[tuple[int, int, int]] = []
    for number, (_, codes) in enumerate(keys):
        classes = listener.classes[list(codes)].tolist()
        last = len(classes) - 2
        for offset in {*range(0, last + 1, 2), last}:
            for one in set(classes[offset]):
                rows += [(one * COUNT + other, number, offset) for other in set(classes[offset + 1])]
    table = np.array(rows, dtype=np.int32).reshape(len(rows), 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _counted(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, 2 ... up to each of some counts, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)


def _added(sounds: Sounds, weights: Floats, margin: int) -> Floats:
    """Cost of each syllable heard, where it is not in the key; a margin at both ends."""
    costs = np.full(len(sounds.codes), ADDED, dtype=np.float32)
    costs[1:][sounds.codes[1:] == sounds.codes[:-1]] = REPEATED
    costs[_IS_FILLER[sounds.codes]] = FILLER
    costs *= weights
    costs[sounds.codes == BREAK] = _NEVER
    return np.pad(costs, margin, constant_values=_NEVER)
