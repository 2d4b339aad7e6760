"""How far a transcript is from the truth: character errors and word edges, turn by turn.

Words are dealt out to the true turns by time, so that a word is only right on its own role and in its own turn;
turns that were cut off and back-channels take their words but do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from asr_qa.core.recording import Role
from asr_qa.core.text import FOLDED, normalise
from asr_qa.core.transcript import Word

EDGE = 0.3
"""Seconds by which the first and last word of a turn may miss its edges."""


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
class Errors:
    """Counts over some turns; they add up."""

    characters: int = 0
    """Said."""
    wrong: int = 0
    """Least number of characters changed, left out or put in."""
    turns: int = 0
    edges: int = 0
    """Turns whose first word starts and whose last word ends within EDGE of the truth."""

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            self.characters + other.characters,
            self.wrong + other.wrong,
            self.turns + other.turns,
            self.edges + other.edges,
        )

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
    own = sorted((turn for turn in truth if turn.role is role), key=lambda turn: turn.start)
    said = deal(own, words)
    scored = [(turn, part) for turn, part in zip(own, said, strict=True) if turn.text is not None]
    reference = "".join(comparable(turn.text or "") for turn, _ in scored)
    heard = "".join(comparable("".join(word.text for word in part)) for _, part in scored)
    edges = sum(bool(part) and _near(turn, part) for turn, part in scored)
    return Errors(len(reference), Levenshtein.distance(reference, heard), len(scored), edges)


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
