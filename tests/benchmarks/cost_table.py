"""The table of bench_cost.py: shares of audio time by part, a column a kind of calls."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median

from cost_meter import Spent
from cost_parts import APART, DIARIZATION, ORDER, PITCH, REST

LIMIT = 1.5
"""Percent of audio time, without recognition, diarization and pitch."""

HELPERS = "small helpers"
_NOTHING = 0.002
"""Percent."""
TOLD = "all, as the system counts it"

Rounds = list[Spent]
"""Percent of audio time by part, one a round over the calls."""


def folded(columns: dict[str, Rounds]) -> None:
    """Put functions that have no row and cost next to nothing together."""
    every = [spent for rounds in columns.values() for spent in rounds]
    unnamed = {part for spent in every for part in spent if part.startswith("`")}
    small = {part for part in unnamed if all(spent[part] < _NOTHING for spent in every)}
    for spent in every:
        spent[HELPERS] = sum(spent.pop(part, 0.0) for part in small)


def parts_of(rounds: Rounds) -> list[str]:
    """Every part but recognition, the order of the chain as far as it is known, the rest after it."""
    found = {part for spent in rounds for part in spent} - {APART, TOLD, REST, DIARIZATION, PITCH}
    return [part for part in ORDER if part in found] + sorted(found - set(ORDER)) + [REST]


def cell(values: list[float]) -> str:
    """Median, least and greatest."""
    return f"{median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def table(columns: dict[str, Rounds]) -> Iterator[str]:
    """Markdown: a row a part, a column a kind of calls."""
    yield f"| CPU time, % of audio time: median (least to greatest) | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    parts = parts_of([spent for rounds in columns.values() for spent in rounds])

    def row(name: str, *of: str, without: str = "") -> str:
        sums = ([sum(spent[part] for part in of) - spent[without] for spent in rounds] for rounds in columns.values())
        return f"| {name} | {' | '.join(map(cell, sums))} |"

    yield from (row(part, part) for part in parts)
    yield row("**sum of these**", *parts)
    verdicts = ("pass" if total(rounds, parts) <= LIMIT else "FAIL" for rounds in columns.values())
    yield f"| **wanted: <= {LIMIT:g}** | {' | '.join(verdicts)} |"
    yield from (row(f"{part}, apart", part) for part in (PITCH, DIARIZATION))
    yield row("sum of everything but the network", *parts, PITCH, DIARIZATION)
    yield row("the same as the system counts it", TOLD, without=APART)


def total(rounds: Rounds, parts: list[str]) -> float:
    """Median of the sums of those parts."""
    return median([sum(spent[part] for part in parts) for spent in rounds])
