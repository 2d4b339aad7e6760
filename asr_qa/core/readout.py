"""Which stretch of a turn is part of a number that somebody reads out, weighed by all that stands around it.

The rules beside this know numbers by their digits and by the words that ask for them. Here every character of a turn
is weighed by itself and its neighbours, how many digits are near it, how the turn is made up, and whether there are
digits in the turns before and after or a number was asked for; of all ways to cut the turn into number and other talk
the likeliest is taken: a linear chain of two states. The weights are data (`words/readout.zh.txt`), made by
tests/benchmarks/redact_readout.py of what a recogniser heard. Linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from asr_qa.core.digits import DIGITS, WORDS
from asr_qa.core.lexicon import read_parts
from asr_qa.core.numerals import LONGEST, Span, kinds_of
from asr_qa.core.phonetic import near_sound, syllables

_WORDS = read_parts("readout.zh")
_WEIGHTS = {name: float(weight) for weight, *names in map(str.split, _WORDS["weights"]) for name in names}
STEPS = tuple(map(float, _WORDS["steps"][0].split()))
"""Of other talk after other talk, a number after it, other talk after a number, more of a number."""
# These three limits were set while looking at the part held-c of tests/benchmarks/bench_redact_heard.py, between digits
# that are left and other sentences that are touched; docs/benchmarks.md has what they give on parts not looked at.
_LEAN = 0.5
"""Added to each character (natural logarithm): a digit that is left weighs more than a word that is masked ..."""
_LEAN_BESIDE = 1.5
"""... and the more so beside turns that hold a number for certain."""
_ENOUGH = 3.0
"""Odds of a stretch that is masked, natural logarithm."""
_FEW = 3
"""Digits of a turn from which turns beside it are looked at though no digit is clear in them."""
_CLEAR = frozenset(DIGITS)
_NEAR = 6
"""Characters to each side in which digits are counted."""
_RHYME = 3
"""Characters to each side in which syllables that end like a digit are counted."""
_EDGE = "<<"
"""Stands for the two characters before the first of a turn and after the last."""
_SOUNDS = {char: near_sound(said)[1] for said, chars in map(str.split, WORDS["sounds"]) for char in chars}
_RHYMES = frozenset(_SOUNDS.values()) | {"D"}
"""Finals of digits."""


@dataclass(frozen=True, slots=True)
class Around:
    """What is known about a turn from those beside it."""

    asked: int = 0
    """2 where the other side has just asked for a number, 1 where it or this side did lately, else 0."""
    before: tuple[int, int] = (0, 0)
    """The most digits of a turn soon before it, and the share of digits in one in fifths; as `step` gives them."""
    after: tuple[int, int] = (0, 0)
    """Those of the turns soon after it."""

    @property
    def names(self) -> tuple[str, ...]:
        """What of it is weighed."""
        most = f"{max(self.before[0], self.after[0])}{max(self.before[1], self.after[1])}"
        return (
            f"q{self.asked}",
            f"B{self.before[0]}{self.before[1]}",
            f"F{self.after[0]}{self.after[1]}",
            f"q{self.asked}N{most}",
        )

    @property
    def speaks_of_one(self) -> bool:
        """Whether digits may be looked for in a turn in which none is clear."""
        return self.asked > 0 or any(most >= _FEW and share > 1 for most, share in (self.before, self.after))


def step(count: int) -> int:
    """A number of digits, the larger ones in steps."""
    return count if count < _FEW else 3 if count < 5 else 5 if count < 8 else 8


def digits_in(text: str) -> tuple[int, int]:
    """How many digits there are in a turn, and how many letters and digits, where there are some."""
    clear = 0 if _CLEAR.isdisjoint(text) else sum(map(_CLEAR.__contains__, text))
    return clear, sum(map(str.isalnum, text)) if clear else len(text)


def may_hold(text: str, around: Around) -> bool:
    """Whether a turn is looked at: there is a digit in it, or there are some beside it."""
    return 0 < len(text) <= LONGEST and (around.speaks_of_one or not _CLEAR.isdisjoint(text))


def read_out(text: str, around: Around, *, beside: bool = False) -> tuple[Span, ...]:
    """The stretches of a turn that are part of a number.

    Args:
        text: The turn; went through `fold_width`.
        around: What is known from the turns beside it.
        beside: Whether one of these holds a number for certain.
    """
    if not may_hold(text, around) or "*" in text:
        return ()
    return _read_out(text, around, _LEAN_BESIDE if beside else _LEAN)


@lru_cache(maxsize=2048)
def _read_out(text: str, around: Around, lean: float) -> tuple[Span, ...]:
    turn = Marks(text, around)
    get = _WEIGHTS.get
    base = lean + sum(get(name, 0.0) for name in turn.common())
    kinds = {kind: base + sum(get(name, 0.0) for name in turn.of_kind(kind)) for kind in set(turn.kinds)}
    weights = [
        kinds[kind] + sum([get(name, 0.0) for name in names])
        for kind, names in zip(turn.kinds, turn.places(), strict=True)
    ]
    return tuple(
        _without_words(turn.kinds, first, last)
        for odds, first, last in _stretches(weights)
        if odds >= _ENOUGH and "c" in turn.kinds[first:last]
    )


def _without_words(kinds: str, first: int, last: int) -> Span:
    """A stretch without the words at its edges, from the first to the last that is a digit or sounds like one."""
    inside = [at for at in range(first, last) if kinds[at] in "csn"]
    return inside[0], inside[-1] + 1


def _stretches(weights: Sequence[float]) -> Iterator[tuple[float, int, int]]:
    """What of a turn is number on the likeliest way through it, with the odds against its being other talk."""
    states = _likeliest(weights)
    stay, into, out, on = STEPS
    first = 0
    while first < len(states):
        if not states[first]:
            first += 1
            continue
        last = states.index(0, first) if 0 in states[first:] else len(states)
        begins, ends = first > 0, last < len(states)
        odds = sum(weights[first:last]) + (last - first - 1) * (on - stay)
        yield odds + begins * (into - stay) + ends * (out - stay), first, last
        first = last


def _likeliest(weights: Sequence[float]) -> list[int]:
    """For each character whether it is part of a number: Viterbi's way."""
    stay, into, out, on = STEPS
    other, number = 0.0, weights[0]
    from_number: list[tuple[bool, bool]] = []
    for weight in weights[1:]:
        back = (number + out > other + stay, number + on > other + into)
        from_number.append(back)
        other, number = (
            max(other + stay, number + out),
            max(other + into, number + on) + weight,
        )
    states = [int(number > other)]
    for back in reversed(from_number):
        states.append(int(back[states[-1]]))
    return states[::-1]


class Marks:
    """What each character of a turn is weighed by, by name."""

    def __init__(self, text: str, around: Around) -> None:
        self.kinds = kinds_of(text)
        self._around = around.names
        self._tokens = [_token(*pair) for pair in zip(text, syllables(text), strict=True)]
        self._finals = [_final(token) for token in self._tokens]
        self._like = _sums(kind in "csn" for kind in self.kinds)
        self._clear = _sums(kind == "c" for kind in self.kinds)
        self._letters = _sums(kind != " " for kind in self.kinds)
        self._rhymes = _sums(final in _RHYMES for final in self._finals)

    def common(self) -> tuple[str, ...]:
        """Of every character of the turn."""
        return (*self._turn(), *self._around)

    def of_kind(self, kind: str) -> tuple[str, ...]:
        """Of every character of a kind, which is one of `kinds_of`; a blank is written as _."""
        return tuple(f"k{kind.replace(' ', '_')}{name}" for name in ("", *self._turn(), *self._around))

    def _turn(self) -> tuple[str, str]:
        letters = self._letters[-1]
        size = next((size for size in (3, 6, 12, 25) if letters <= size), LONGEST)
        share = 5 * self._like[-1] // letters if letters else 0
        return f"T{share}-{size}", f"C{step(self._clear[-1])}-{size}"

    def places(self) -> Iterator[list[str]]:
        """Of each character by itself, in order."""
        kinds = f"{_EDGE}{self.kinds}{_EDGE}".replace(" ", "_")
        tokens = ["<", "<", *self._tokens, "<", "<"]
        finals = ["<", *self._finals, "<"]
        around = self._around
        count = len(self.kinds)
        for at in range(count):
            to = at + 2
            first, last = max(0, at - _NEAR), min(count, at + _NEAR + 1)
            letters = max(1, self._letters[last] - self._letters[first])
            like = min(9, 10 * (self._like[last] - self._like[first]) // letters)
            rhymes = min(9, 10 * (self._rhymes[last] - self._rhymes[first]) // letters)
            close = self._rhymes[min(count, at + _RHYME + 1)] - self._rhymes[max(0, at - _RHYME)]
            clear = step(self._clear[last] - self._clear[first])
            kind = kinds[to]
            yield [
                f"t{tokens[to]}", f"t-{tokens[to - 1]}", f"t+{tokens[to + 1]}",
                f"t={tokens[to - 2]}", f"t#{tokens[to + 2]}",
                f"f{finals[at + 1]}", f"f-{finals[at]}", f"f+{finals[at + 2]}",
                f"a{kinds[at:to]}", f"b{kinds[to + 1:to + 3]}", f"d{kinds[to - 1:to + 1]}", f"e{kinds[to:to + 2]}",
                f"g{kinds[to - 1:to + 2]}", f"h{kinds[at:to + 3]}",
                f"n{clear}{like}", f"n{kind}{clear}", f"l{kind}{like}", f"r{rhymes}", f"r{kind}{close}",
                f"l{like}{around[0]}", f"l{like}{around[1]}", f"l{like}{around[2]}", f"l{like}{around[3]}",
            ]  # fmt: skip


def _sums(marks: Iterator[bool]) -> list[int]:
    return [0, *accumulate(map(int, marks))]


def _token(char: str, said: str) -> str:
    """A digit of its own, D where it is written as one, A for a Latin letter, the syllable of another; _ for a sign."""
    if not char.isalnum():
        return char if char in "-." else "_"
    if char.isascii():
        return "D" if char.isdecimal() else "A"
    return char if char in _CLEAR else said


@lru_cache(maxsize=2048)
def _final(token: str) -> str:
    return _SOUNDS.get(token) or (near_sound(token)[1] if len(token) > 1 else token)
