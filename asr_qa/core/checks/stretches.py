"""What stands between separators, where patterns are tried, and which of it holds given texts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from asr_qa.core.checks.literals import Literals, Needs
from asr_qa.core.checks.pieces import Reading
from asr_qa.core.phonetic import SEPARATOR

Ranges = tuple[tuple[int, int], ...]
"""Stretches of words: index of the first, and one past the last."""


@dataclass(slots=True)
class Stretch:
    """Characters of a reading between two separators."""

    reading: Reading
    start: int
    """Its first character."""
    text: str

    def words(self, first: int, end: int) -> tuple[int, int]:
        """First and last word behind its characters from `first` up to `end`."""
        return self.reading.words(self.start + first, self.start + end)


class Stretches:
    """Some of them, looked into all at once: that costs a tenth of looking into each.

    Args:
        sought: Texts that patterns are known to need.
    """

    def __init__(self, every: Sequence[Stretch], sought: Literals | None = None) -> None:
        self.every = every
        self._sought = sought
        texts = [stretch.text for stretch in every]
        self._whole, self._ends = SEPARATOR.join(texts), list(accumulate([len(text) + 1 for text in texts]))
        self._found: dict[tuple[str, ...], Set[int]] = {}

    @property
    def characters(self) -> int:
        """How long all of them are."""
        return len(self._whole) - max(0, len(self.every) - 1)

    def holding(self, needs: Needs) -> Set[int]:
        """Numbers of those in which one text of each set stands.

        Args:
            needs: At least one set.
        """
        first, *others = needs
        found = self._either(first)
        for texts in others:
            if not found:
                break
            found = found & self._either(texts)
        return found

    def which_hold(self, needs: Needs) -> Sequence[Stretch]:
        """Those in which one text of each set stands, in order; all of them where there are no sets."""
        return [self.every[number] for number in sorted(self.holding(needs))] if needs else self.every

    def touching(self, ranges: Ranges) -> Set[int]:
        """Numbers of those with a word in one of some stretches of words."""
        words = self._words
        found: set[int] = set()
        for start, end in ranges:
            found.update([number for number, (first, last) in enumerate(words) if start <= last and first < end])
        return found

    @cached_property
    def _words(self) -> Sequence[tuple[int, int]]:
        """First and last word of each."""
        return [stretch.words(0, len(stretch.text)) if stretch.text else (0, -1) for stretch in self.every]

    def _either(self, texts: tuple[str, ...]) -> Set[int]:
        """Numbers of those in which one of some texts stands; patterns look for the same ones."""
        found = self._found.get(texts)
        if found is None:
            found = self._found[texts] = frozenset[int]().union(*map(self._where, texts))
        return found

    def _where(self, text: str) -> Set[int]:
        """Numbers of those in which a text stands."""
        if self._sought is not None and text in self._sought.texts:
            return self._standing.get(text, frozenset())
        return frozenset(self._looked_up(text) if text in self._whole else ())

    @cached_property
    def _standing(self) -> Mapping[str, Set[int]]:
        """The same for all that are sought: most stand nowhere, and to look for one costs as much as for all."""
        found: dict[str, set[int]] = {}
        if self._sought is not None:
            ends = self._ends
            for last, text in self._sought.search(self._whole):
                found.setdefault(text, set()).add(bisect_right(ends, last))
        return found

    def _looked_up(self, text: str) -> Iterator[int]:
        whole, ends = self._whole, self._ends
        at = -1 if SEPARATOR in text else whole.find(text)
        while at >= 0:
            number = bisect_right(ends, at)
            yield number
            at = whole.find(text, ends[number])


def stretches_of(plain: Reading, folded: Reading, ranges: Ranges, sought: Literals | None = None) -> Stretches:
    """What stands between separators in the plain reading, then what of the folded one is not the same.

    Args:
        ranges: Characters are taken all of whose words lie in one of these.
        sought: As for `Stretches`.
    """
    every = list(_between(plain, ranges))
    if folded is plain:
        return Stretches(every, sought)
    other = list(_between(folded, ranges))
    if len(other) == len(every):
        other = [one for one, same in zip(other, every, strict=True) if one.text != same.text]
    return Stretches(every + other, sought)


def _between(reading: Reading, ranges: Ranges) -> Iterable[Stretch]:
    for start, end in ranges:
        at, stop = bisect_left(reading.firsts, start), bisect_left(reading.lasts, end)
        for text in reading.text[at:stop].split(SEPARATOR) if stop > at else ():
            yield Stretch(reading, at, text)
            at += len(text) + 1
