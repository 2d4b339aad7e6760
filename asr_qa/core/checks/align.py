"""How much a stretch of syllables differs from a key: the cheapest way to turn one into the other.

Every way is a row of steps: syllables taken for others, heard though not in the key, or in the key though not
heard. Costs are in hundredths of a syllable; what was heard with doubt counts for less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

DROPPED = 80
"""Cost of a syllable of the key that was not heard."""
ADDED = 70
"""Cost of a syllable that was heard but is not in the key."""
FILLER = 15
"""... where it is a hesitation."""
REPEATED = 20
"""... where it says the syllable before it again."""
_BEYOND = float("inf")


@dataclass(slots=True)
class Alignment:
    """The cheapest way to hear a key somewhere; never changed, but made too often to be frozen."""

    cost: float
    start: int
    """First syllable heard, in the stretch that was looked at."""
    end: int
    """One past the last."""
    pairs: tuple[tuple[int, int], ...]
    """(syllable of the key, syllable heard), where one stands for the other."""
    edits: int
    """Syllables added or dropped."""


def align(
    rows: Sequence[Sequence[float]], added: Sequence[float], *, limit: float, dropped: float = DROPPED
) -> Alignment | None:
    """The cheapest place of a key in a stretch, at most at `limit`; None where there is none.

    Args:
        rows: Cost of each syllable heard (column) for each of the key (row).
        added: Cost of each syllable heard, where it is not in the key.
    """
    width = len(added)
    table = [[0.0] * (width + 1)]
    low, high = 0, width  # no column left or right of these is within the limit
    for row in rows:
        above = table[-1]
        line = [_BEYOND] * (width + 1)
        left = _BEYOND
        first, last = width + 1, -1
        for column in range(low, width + 1):
            best = above[column] + dropped
            if column:
                if (one := above[column - 1] + row[column - 1]) < best:
                    best = one
                if (more := left + added[column - 1]) < best:
                    best = more
            line[column] = left = best
            if best <= limit:
                if last < 0:
                    first = column
                last = column
            elif column > high:
                break
        if last < 0:
            return None
        low, high = first, last
        table.append(line)
    cost = min(table[-1])
    return _traced(table, rows, added, table[-1].index(cost), dropped) if cost <= limit else None


def _traced(
    table: list[list[float]], rows: Sequence[Sequence[float]], added: Sequence[float], end: int, dropped: float
) -> Alignment:
    """Back along the cheapest way."""
    pairs: list[tuple[int, int]] = []
    edits = 0
    line, column = len(rows), end
    while line > 0:
        here = table[line][column]
        if column > 0 and here == table[line - 1][column - 1] + rows[line - 1][column - 1]:
            line, column = line - 1, column - 1
            pairs.append((line, column))
            continue
        edits += 1
        if here == table[line - 1][column] + dropped:
            line -= 1
        else:
            column -= 1
    return Alignment(table[-1][end], column, end, tuple(reversed(pairs)), edits)
