"""Keys looked for by sound, all at once.

A key may be said where two neighbouring syllables of it are heard in class; the pairs of all keys lie in one sorted
table. What each such place would cost at least is summed for all of them together (every syllable at what it costs at
its best nearby), what is left is aligned together, and only what stays within its limit is traced step by step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.checks.align import ADDED, DROPPED, FILLER, REPEATED, Alignment, align
from asr_qa.core.checks.stream import Place
from asr_qa.core.checks.syllables import Sounds, joined
from asr_qa.core.finding import Match
from asr_qa.core.sounds import BREAK, COUNT, NEAR, WHOLE, Ear, unit

WORTH = {Match.EXACT: 1.0, Match.HOMOPHONE: 0.9, Match.NEAR: 0.75, Match.FUZZY: 0.65}
"""What a kind of match is worth at its best, before the confidence of the words."""
MIN_FUZZY = 4
"""Syllables of a key from which some may differ."""
RATE = 22.0
"""Hundredths of a syllable that a fuzzy match may cost per syllable of the key ..."""
MOST = 85.0
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
    """Keys to be found by sound, as arrays.

    Costs lie in tables of one line per syllable heard (with a margin before and behind) and one column per syllable
    used in keys; column 0 costs nothing: it stands where a key has no syllable.
    """

    def __init__(self, keys: Sequence[Row], listener: Ear) -> None:
        self._keys = keys
        self._listener = listener
        self._lengths = np.array([len(codes) for _, codes in keys], dtype=np.int32)
        self._limits = np.array([limit_of(len(codes)) for _, codes in keys], dtype=np.float32)
        self._fuzzy = np.array([fuzzy_limit(len(codes)) for _, codes in keys], dtype=np.float32)
        used, columns = np.unique(np.concatenate([codes for _, codes in keys]), return_inverse=True)
        self._heard = np.zeros((COUNT, len(used) + 1), dtype=np.float32)
        self._heard[:, 1:] = listener.costs[used].T
        self._heard[BREAK, 1:] = _NEVER
        longest = int(self._lengths.max())
        # REACH columns more before and behind, so that what lies beside a pair can always be asked for.
        by_key = np.zeros((len(keys), longest + 2 * REACH), dtype=np.int32)
        by_key[:, REACH : REACH + longest][np.arange(longest) < self._lengths[:, None]] = columns + 1
        self._columns = np.ascontiguousarray(by_key.T)
        self._margin = longest + 2 * REACH
        self._pairs = _PairTable(keys, listener, self._columns, self._limits, len(used) + 1)

    def search(self, heard: Sequence[Sounds]) -> Iterator[tuple[int, Place, int, Alignment]]:
        """Every place where a key is heard within its limit, but none that overlaps a homophone of the same key.

        Args:
            heard: What each speaker says.

        Yields:
            The number of the speaker, the place in what he says, and how it was aligned, from which syllable of all on
            he speaks.
        """
        together, starts = joined(heard, self._margin)
        if len(together.codes) <= 1:
            return
        firsts, lasts = together.firsts.tolist(), together.lasts.tolist()
        for number, found, match in self._found(together):
            key = self._keys[number][0]
            place = Place(firsts[found.start], lasts[found.end - 1], match, WORTH[match], key, found.cost / 100)
            speaker = bisect_right(starts, found.start) - 1
            yield speaker, place, starts[speaker], found

    def _found(self, sounds: Sounds) -> Iterator[tuple[int, Alignment, Match]]:
        """Numbers of keys with where they are heard and how."""
        weights = (DOUBT + (1 - DOUBT) * sounds.clarity).astype(np.float32)
        costs = self._costs(sounds, weights)
        which, starts = self._promising(costs, sounds)
        same = self._straight(costs, which, starts) == 0
        taken: dict[int, list[int]] = {}
        for number, start in zip(which[same].tolist(), starts[same].tolist(), strict=True):
            taken.setdefault(number, []).append(start)
            length = len(self._keys[number][1])
            yield number, Alignment(0.0, start, start + length, (), 0), Match.HOMOPHONE
        which, starts = self._free(which[~same], starts[~same], taken)
        if not len(which):
            return
        added = _added(sounds, weights, self._margin)
        which, starts, least = self._within(costs, added, which, starts)
        straight = self._straight(costs, which, starts)
        even = straight <= least + _ROUNDING
        codes = sounds.codes.tolist()
        rows = zip(which[even].tolist(), starts[even].tolist(), straight[even].tolist(), strict=True)
        for number, start, cost in rows:
            length = len(self._keys[number][1])
            pairs = tuple((at, start + at) for at in range(length))
            yield from self._matching(number, Alignment(cost, start, start + length, pairs, 0), codes)
        far = self._far(costs, added, which[~even], starts[~even], least[~even])
        for number, found in self._traced(costs, added, zip(*far, strict=True)):
            yield from self._matching(number, found, codes)

    def _costs(self, sounds: Sounds, weights: Floats) -> Floats:
        """Cost of each syllable heard (line) for each one used in keys (column)."""
        margin = self._margin
        costs = np.empty((len(sounds.codes) + 2 * margin, self._heard.shape[1]), dtype=np.float32)
        costs[:margin] = costs[-margin:] = _NEVER
        np.multiply(self._heard.take(sounds.codes, axis=0), weights[:, None], out=costs[margin:-margin])
        costs[:, 0] = 0.0
        return costs

    def _promising(self, costs: Floats, sounds: Sounds) -> tuple[Ints, Ints]:
        """Keys and their first syllables, each once, that may stay within their limits."""
        rough = _nearby(np.minimum(costs, DROPPED).astype(np.uint8))
        which, starts = self._pairs.candidates(sounds, rough, self._margin)
        kept = np.flatnonzero(self._straight(rough, which, starts) <= self._limits.take(which))
        return which.take(kept), starts.take(kept)

    def _index(self, costs: NDArray[Any], which: Ints, starts: Ints) -> Ints:
        """Where in a table the syllables (lines) of some keys are, heard one after the other from some place on."""
        longest = int(self._lengths.take(which).max(initial=0))
        steps = np.arange(self._margin, self._margin + longest, dtype=np.int32)
        index: Ints = (steps[:, None] + starts) * np.int32(costs.shape[1])
        index += self._columns[REACH : REACH + longest].take(which, axis=1)
        return index

    def _straight(self, costs: NDArray[Any], which: Ints, starts: Ints) -> NDArray[Any]:
        """Cost of each key where its syllables are heard one after the other from some place on."""
        flat, lengths = costs.ravel(), self._lengths.take(which)
        total: NDArray[Any] = np.zeros(len(which), dtype=np.uint16 if costs.dtype == np.uint8 else costs.dtype)
        low = 0
        for high in _LONGEST_FIRST:
            some = np.flatnonzero((lengths > low) & (lengths <= high))
            low = high
            if len(some):
                total[some] = flat.take(self._index(costs, which.take(some), starts.take(some))).sum(axis=0)
        return total

    def _free(self, which: Ints, starts: Ints, taken: dict[int, list[int]]) -> tuple[Ints, Ints]:
        """Those that do not reach into a place where the same key is heard as it is."""
        free = np.ones(len(which), dtype=np.bool_)
        for number, places in taken.items():
            for at in np.flatnonzero(which == number).tolist():
                start, length = starts.item(at), self._lengths.item(number)
                free[at] = all(abs(start - other) >= length for other in places)
        return which[free], starts[free]

    def _within(self, costs: Floats, added: Floats, which: Ints, starts: Ints) -> tuple[Ints, Ints, Floats]:
        """Those whose cheapest alignment stays within the limit, with what it costs."""
        found: list[tuple[Ints, Ints, Floats]] = [(which[:0], starts[:0], np.zeros(0, dtype=np.float32))]
        lengths = self._lengths.take(which)
        low = 0
        for high in _LONGEST_FIRST:
            some = np.flatnonzero((lengths > low) & (lengths <= high))
            low = high
            if len(some):
                least = self._aligned(costs, added, which[some], starts[some])
                kept = least <= self._limits[which[some]]
                found.append((which[some[kept]], starts[some[kept]], least[kept]))
        least = np.concatenate([part for _, _, part in found])
        return np.concatenate([part for part, _, _ in found]), np.concatenate([part for _, part, _ in found]), least

    def _aligned(self, costs: Floats, added: Floats, which: Ints, starts: Ints, *, dropped: float = DROPPED) -> Floats:
        """Cost of the cheapest alignment of each key around a place; as `align`, for all of them together."""
        lengths = self._lengths.take(which)
        longest = int(lengths.max())
        shortest = int(lengths.min())
        offsets = np.arange(longest + 2 * REACH, dtype=np.int32) + np.int32(self._margin - REACH)
        lines: Ints = offsets[:, None] + starts
        more = added.take(lines)
        flat, width = costs.ravel(), costs.shape[1]
        lines *= np.int32(width)
        table = np.zeros((len(offsets) + 1, len(which)), dtype=np.float32)
        for step in range(longest):
            line = table + np.float32(dropped)
            said = flat.take(lines + self._columns[REACH + step].take(which))
            said += table[:-1]
            np.minimum(line[1:], said, out=line[1:])
            for _ in range(REACH):
                np.minimum(line[1:], line[:-1] + more, out=line[1:])
            table = line if step < shortest else np.where(lengths > step, line, table)
        if shortest < longest:  # what is cheaper beyond the reach of a shorter key is another place of it
            table[np.arange(len(table))[:, None] > lengths + 2 * REACH] = _NEVER
        least: Floats = table.min(axis=0)
        return least

    def _far(
        self, costs: Floats, added: Floats, which: Ints, starts: Ints, least: Floats
    ) -> tuple[list[int], list[int], list[float]]:
        """Those that may be a match, though not where they stand: with a syllable more or less, or a little aside."""
        kept = least <= self._fuzzy.take(which) + _ROUNDING
        for shift in (-2, -1, 1, 2):
            kept |= self._straight(costs, which, starts + np.int32(shift)) <= least + _ROUNDING
        # Of the shortest keys every syllable must be heard (_akin): most of these places lack one.
        short = np.flatnonzero(kept & (self._lengths.take(which) == MIN_FUZZY))
        if len(short):
            whole = self._aligned(costs, added, which[short], starts[short], dropped=_NEVER)
            kept[short] = whole <= least[short] + _ROUNDING
        return which[kept].tolist(), starts[kept].tolist(), least[kept].tolist()

    def _traced(
        self, costs: Floats, added: Floats, far: Iterable[tuple[int, int, float]]
    ) -> Iterator[tuple[int, Alignment]]:
        """Those alignments step by step, each once.

        Args:
            far: Keys and places in order of both, with what the cheapest alignment there costs.
        """
        done: set[tuple[int, int, int]] = set()
        count = len(costs) - 2 * self._margin
        before: tuple[int, Alignment] | None = None
        for number, start, least in far:
            limit = float(self._limits[number])
            length = len(self._keys[number][1])
            first, end = max(0, start - REACH), min(count, start + length + REACH)
            window = slice(first + self._margin, end + self._margin)
            more = added[window].tolist()
            if before is not None and before[0] == number and _still(before[1], first, least, more, limit):
                continue
            rows = costs[window].T.take(self._columns[REACH : REACH + length, number], axis=0).tolist()
            # With what it costs as the limit, most ways are given up early; the stretch looked at here may be shorter.
            found = align(rows, more, limit=min(limit, least + _ROUNDING)) or align(rows, more, limit=limit)
            if found is None:
                continue
            pairs = tuple((one, first + other) for one, other in found.pairs)
            placed = Alignment(found.cost, first + found.start, first + found.end, pairs, found.edits)
            before = number, placed
            if (mark := (number, placed.start, placed.end)) not in done:
                done.add(mark)
                yield number, placed

    def _matching(self, number: int, found: Alignment, heard: Sequence[int]) -> Iterator[tuple[int, Alignment, Match]]:
        """An alignment with what sort of match it is; nothing where it is none."""
        codes = self._keys[number][1]
        if not found.cost:
            yield number, found, Match.HOMOPHONE
        elif not found.edits and all(
            self._listener.costs.item(codes[one], heard[other]) <= NEAR for one, other in found.pairs
        ):
            yield number, found, Match.NEAR
        elif found.cost <= fuzzy_limit(len(codes)) and (len(codes) > MIN_FUZZY or self._akin(codes, found, heard)):
            yield number, found, Match.FUZZY

    def _akin(self, codes: Sequence[int], found: Alignment, heard: Sequence[int]) -> bool:
        """Whether every syllable of a key is heard at least with its initial or its final."""
        costs = self._listener.costs
        alike = all(costs.item(codes[one], heard[other]) < WHOLE for one, other in found.pairs)
        return alike and len(found.pairs) == len(codes)


class _PairTable:
    """Neighbouring syllables of all keys, by their classes: what leads from a pair heard to the keys it may be of."""

    def __init__(self, keys: Sequence[Row], listener: Ear, columns: Ints, limits: Floats, width: int) -> None:
        classes, owners, offsets = _pairs(keys, listener)
        used = np.unique(classes)
        self._known = np.zeros(COUNT, dtype=np.int32)
        self._known[used] = np.arange(1, len(used) + 1)
        self._size = len(used) + 1
        self._classes = self._known[listener.classes]
        pairs = self._known[classes[:, 0]] * self._size + self._known[classes[:, 1]]
        order = np.argsort(pairs, kind="stable")
        self._firsts = np.searchsorted(pairs[order], np.arange(self._size**2 + 1)).astype(np.int32)
        self._owners, self._offsets = owners[order], offsets[order]
        # Where the costs of what lies beside a pair stand in a table, counted from the line of the pair.
        self._beside = [columns[REACH + self._offsets + step, self._owners] + step * width for step in (-1, 2, -2, 3)]
        self._width = np.int32(width)
        self._limits = np.ceil(limits[self._owners]).astype(np.uint16)

    def candidates(self, sounds: Sounds, rough: NDArray[np.uint8], margin: int) -> tuple[Ints, Ints]:
        """Keys and their first syllables, each once, of which a pair is heard and what lies beside it may be.

        Args:
            rough: What each syllable costs at its best nearby, rounded down.
        """
        position, pair = self._heard(sounds)
        low = self._firsts.take(pair)
        counts = self._firsts.take(pair + 1) - low
        entry = np.repeat(low, counts) + _counted(counts)
        line = np.repeat((position + np.int32(margin)) * self._width, counts)
        flat, limits = rough.ravel(), self._limits.take(entry)
        before, *others = self._beside
        least = flat.take(before.take(entry) + line).astype(np.uint16)
        for beside in others:
            least += flat.take(beside.take(entry) + line)
            kept = np.flatnonzero(least <= limits)
            entry, line, limits = entry.take(kept), line.take(kept), limits.take(kept)
            least = least.take(kept)
        found = self._owners.take(entry).astype(np.int64) << 32
        found += line // self._width - self._offsets.take(entry)
        found.sort()
        found = found[np.flatnonzero(np.diff(found, prepend=-1))]
        return (found >> 32).astype(np.int32), ((found & 0xFFFFFFFF) - margin).astype(np.int32)

    def _heard(self, sounds: Sounds) -> tuple[Ints, Ints]:
        """Where pairs of known classes are heard, and which."""
        classes = self._classes.take(sounds.codes, axis=0)
        here, after = classes[:-1], classes[1:]
        open_ = classes[:, 0] != classes[:, 1]
        known = np.flatnonzero((here[:, 0] > 0) & (after[:, 0] > 0)).astype(np.int32)
        positions, pairs = [known], [here[known, 0] * self._size + after[known, 0]]
        for one, other in ((0, 1), (1, 0), (1, 1)):
            some = np.flatnonzero((open_[:-1] | (one == 0)) & (open_[1:] | (other == 0))).astype(np.int32)
            positions.append(some)
            pairs.append(here[some, one] * self._size + after[some, other])
        return np.concatenate(positions), np.concatenate(pairs)


def limit_of(length: int) -> float:
    """What a match of a key of so many syllables may cost."""
    return max(float(NEAR * length), fuzzy_limit(length))


def fuzzy_limit(length: int) -> float:
    """What a match with differing syllables may cost; nothing for short keys."""
    return min(RATE * length, MOST) if length >= MIN_FUZZY else 0.0


def _pairs(keys: Sequence[Row], listener: Ear) -> tuple[Ints, Ints, Ints]:
    """Neighbouring syllables of all keys: classes of both, key, offset in it, one row each."""
    rows: list[tuple[int, int, int, int]] = []
    for number, (_, codes) in enumerate(keys):
        classes = listener.classes[list(codes)].tolist()
        last = len(classes) - 2
        for offset in {*range(0, last + 1, 2), last}:
            for one in set(classes[offset]):
                rows += [(one, other, number, offset) for other in set(classes[offset + 1])]
    table = np.array(rows, dtype=np.int32).reshape(len(rows), 4)
    return table[:, :2], table[:, 2], table[:, 3]


def _nearby(costs: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The least of each column within REACH lines."""
    best = costs.copy()
    for shift in range(1, REACH + 1):
        np.minimum(best[shift:], costs[:-shift], out=best[shift:])
        np.minimum(best[:-shift], costs[shift:], out=best[:-shift])
    return best


def _still(before: Alignment, first: int, least: float, added: Sequence[float], limit: float) -> bool:
    """Whether the cheapest alignment of a key is that of the stretch before, which ends no later than this one.

    It is where it lies in this stretch too and costs no more than anything here. (`least` knows no more than REACH
    syllables added in a row: where more would be cheap nobody can say.)
    """
    return before.start >= first and before.cost <= least + _ROUNDING and min(added) * (REACH + 1) > limit


def _counted(counts: Ints) -> Ints:
    """0, 1, 2 ... up to each of some counts, one after the other."""
    ends = np.cumsum(counts, dtype=np.int32)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int32) - np.repeat(ends - counts, counts)


def _added(sounds: Sounds, weights: Floats, margin: int) -> Floats:
    """Cost of each syllable heard, where it is not in the key; a margin at both ends."""
    costs = np.full(len(sounds.codes), ADDED, dtype=np.float32)
    costs[1:][sounds.codes[1:] == sounds.codes[:-1]] = REPEATED
    costs[_IS_FILLER[sounds.codes]] = FILLER
    costs *= weights
    costs[sounds.codes == BREAK] = _NEVER
    padded = np.full(len(costs) + 2 * margin, _NEVER, dtype=np.float32)
    padded[margin:-margin] = costs
    return padded
