"""How far a transcript is from the truth: character errors and word edges, turn by turn, and how sure that is.

Words are dealt out to the true turns by time, so that a word is only right on its own role and in its own turn;
turns that were cut off and back-channels take their words but do not count. Two ways are compared on the same calls
by a paired bootstrap: what both find hard then cancels out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate
from operator import add

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from asr_qa.core.counts import Counts
from asr_qa.core.recording import Role
from asr_qa.core.text import FOLDED, normalise
from asr_qa.core.transcript import Word

EDGE = 0.3
"""Seconds by which the first and last word of a turn may miss its edges."""

MARGIN = 0.01
"""A difference in error rate that counts as none."""

_SURE = 0.95
"""Share of the draws that an interval holds."""


@dataclass(frozen=True, slots=True)
class TrueTurn:
    """What one role really said."""

    role: Role
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    text: str | None
    """None where it does not count."""


@dataclass(frozen=True, slots=True)
class Errors(Counts):
    """Counts over some turns; they add up."""

    characters: int = 0
    """Said."""
    wrong: int = 0
    """Least number of characters changed, left out or put in."""
    turns: int = 0
    edges: int = 0
    """Turns whose first word starts and whose last word ends within EDGE of the truth."""
    lost: int = 0
    """Turns of which no word at all was heard."""

    @property
    def rate(self) -> float | None:
        """Character error rate; None where nothing was said."""
        return self.wrong / self.characters if self.characters else None

    @property
    def edge_share(self) -> float | None:
        """Share of turns with both edges right."""
        return self.edges / self.turns if self.turns else None


def comparable(text: str) -> str:
    """The text without what no one would call an error: marks, case, spaces, how a number is written."""
    return normalise(text, FOLDED).text.replace(" ", "")


def count_errors(truth: Iterable[TrueTurn], words: Sequence[Word], *, role: Role) -> Errors:
    """Errors in the words of one role."""
    return reduce(add, (errors for _, errors in errors_by_turn(truth, words, role=role)), Errors())


def errors_by_turn(
    truth: Iterable[TrueTurn], words: Sequence[Word], *, role: Role
) -> tuple[tuple[TrueTurn, Errors], ...]:
    """The errors of one role's turns that count, in order of time.

    All turns of the role are aligned at once, so a word dealt to the turn next door is put right where that costs
    least; what is put in belongs to the turn its word was dealt to, what is changed or left out to the turn it is
    missing from.
    """
    found = _align(truth, words, role)
    wrong = [0] * len(found.turns)
    for kind, at, to in found.edits:
        wrong[found.heard_in[to] if kind == "insert" else found.said_in[at]] += 1
    counted = zip(found.turns, found.said, found.parts, wrong, strict=True)
    return tuple(
        (turn, Errors(len(said), errors, 1, int(bool(part) and _near(turn, part)), int(not part)))
        for turn, said, part, errors in counted
    )


def word_outcomes(truth: Iterable[TrueTurn], words: Sequence[Word], *, role: Role) -> tuple[tuple[Word, bool], ...]:
    """Each word that was heard in a turn that counts, and whether all its characters are right.

    Words of marks only are left out; a number is right or wrong as a whole, however many words it was written in.
    """
    found = _align(truth, words, role)
    wrong = {to for kind, _, to in found.edits if kind != "delete"}
    bad = {owner for position in wrong for owner in found.owners[position]}
    flat = [word for part in found.parts for word in part]
    return tuple((flat[owner], owner not in bad) for owner in sorted({o for held in found.owners for o in held}))


@dataclass(frozen=True, slots=True)
class _Aligned:
    """What was said and heard in the turns of a role that count, character against character."""

    turns: list[TrueTurn]
    said: list[str]
    """Comparable text of each turn."""
    parts: list[list[Word]]
    """Words dealt to each turn."""
    edits: list[tuple[str, int, int]]
    """(kind, character said, character heard), the least there are."""
    said_in: list[int]
    """Turn of each character said."""
    heard_in: list[int]
    """Turn of each character heard."""
    owners: list[tuple[int, ...]]
    """Words, counted through all turns, that each character heard was written in."""


def _align(truth: Iterable[TrueTurn], words: Sequence[Word], role: Role) -> _Aligned:
    own = sorted((turn for turn in truth if turn.role is role), key=lambda turn: turn.start)
    scored = [(turn, part) for turn, part in zip(own, deal(own, words), strict=True) if turn.text is not None]
    turns, parts = [turn for turn, _ in scored], [part for _, part in scored]
    said = [comparable(turn.text or "") for turn in turns]
    firsts = accumulate(map(len, parts), initial=0)
    heard = [_owned(part, first) for part, first in zip(parts, firsts, strict=False)]
    edits = Levenshtein.editops("".join(said), "".join(char for part in heard for char, _ in part))
    return _Aligned(
        turns,
        said,
        parts,
        [(edit.tag, edit.src_pos, edit.dest_pos) for edit in edits],
        [index for index, text in enumerate(said) for _ in text],
        [index for index, part in enumerate(heard) for _ in part],
        [owners for part in heard for _, owners in part],
    )


def _owned(words: Sequence[Word], first: int) -> list[tuple[str, tuple[int, ...]]]:
    """The comparable characters of some words, each with the numbers of the words it stands for."""
    at = [number for number, word in enumerate(words, first) for _ in word.text]
    folded = normalise("".join(word.text for word in words), FOLDED)
    spans = zip(folded.text, folded.spans, strict=True)
    return [(char, tuple(sorted(set(at[start:end])))) for char, (start, end) in spans if char != " "]


def deal(turns: Sequence[TrueTurn], words: Iterable[Word]) -> list[list[Word]]:
    """Each word to the turn its middle lies in, or else the nearest, in order of time."""
    dealt: list[list[Word]] = [[] for _ in turns]
    for word in sorted(words, key=lambda word: word.start + word.end):
        middle = (word.start + word.end) / 2
        if turns:
            dealt[min(range(len(turns)), key=lambda i: _distance(turns[i], middle))].append(word)
    return dealt


def _distance(turn: TrueTurn, time: float) -> float:
    return max(turn.start - time, time - turn.end, 0.0)


def _near(turn: TrueTurn, words: Sequence[Word]) -> bool:
    return abs(words[0].start - turn.start) <= EDGE and abs(words[-1].end - turn.end) <= EDGE


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the bounds between which 95 % of the draws of a bootstrap lie."""

    value: float
    low: float
    high: float


def rate_interval(units: Sequence[Errors], *, draws: int = 4000, seed: int = 0) -> Interval | None:
    """The error rate of all units together; None where nothing was said.

    Args:
        units: Errors of what is independent of one another: calls, or all turns that say the same sentence.
        draws: How often the units are drawn anew, with replacement.
        seed: The same seed gives the same bounds.
    """
    counts = _counts(units)
    if not counts[:, 0].sum():
        return None
    drawn = _drawn(counts, draws, seed)
    return _interval(float(counts[:, 1].sum() / counts[:, 0].sum()), drawn[:, 1] / drawn[:, 0])


def difference_interval(
    ours: Sequence[Errors], theirs: Sequence[Errors], *, draws: int = 4000, seed: int = 0
) -> Interval | None:
    """Our error rate less theirs on the same units, drawn in pairs; below 0 we are better. None: nothing was said.

    Raises:
        ValueError: The two are not of the same units.
    """
    one, other = _counts(ours), _counts(theirs)
    if len(one) != len(other) or (one[:, 0] != other[:, 0]).any():
        raise ValueError("a paired comparison needs the same calls on both sides: the characters said differ")
    if not one[:, 0].sum():
        return None
    drawn = _drawn(np.hstack([one[:, :2], other[:, 1:2]]), draws, seed)
    apart = one[:, 1].sum() - other[:, 1].sum()
    return _interval(float(apart / one[:, 0].sum()), (drawn[:, 1] - drawn[:, 2]) / drawn[:, 0])


def verdict(difference: Interval, *, margin: float = MARGIN) -> str:
    """A difference in words: "better", "equal" or "worse" than the other, with "?" where the interval allows another.

    Equal means within the margin; better and worse are sure where the interval does not touch 0.
    """
    if abs(difference.value) <= margin:
        return "equal" if -margin <= difference.low and difference.high <= margin else "equal?"
    if difference.value < 0:
        return "better" if difference.high < 0 else "better?"
    return "worse" if difference.low > 0 else "worse?"


def _counts(units: Sequence[Errors]) -> NDArray[np.float64]:
    """Characters and errors of each unit, shape (units, 2)."""
    return np.array([(one.characters, one.wrong) for one in units], dtype=np.float64).reshape(-1, 2)


def _drawn(counts: NDArray[np.float64], draws: int, seed: int) -> NDArray[np.float64]:
    """Sums over units drawn with replacement, shape (draws, columns); units where nothing was said are never alone."""
    said = counts[:, 0] > 0
    # What was put in where nothing was said has no rate of its own: it stays with every draw.
    spare, units = counts[~said].sum(axis=0), counts[said]
    times = np.random.default_rng(seed).multinomial(len(units), np.full(len(units), 1 / len(units)), size=draws)
    drawn: NDArray[np.float64] = times @ units + spare
    return drawn


def _interval(value: float, drawn: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(drawn, [(1 - _SURE) / 2, (1 + _SURE) / 2])
    return Interval(value, float(low), float(high))
