"""Pieces of a number that somebody reads out and that are too short to be private by themselves.

What a recogniser makes of a number read in groups often has gaps: "七八一 | 四二等二", a last group on its own after
one that was understood. Such rows count where a number was asked for just before, or where they follow a private number
or one another with hardly a letter between.
"""

from __future__ import annotations

import itertools
import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from asr_qa.core.digits import DIGITS, HARD_BREAK, Row, groups_of, rows, value_of
from asr_qa.core.figures import CALENDAR, COUNTING, SIZES, UNIT
from asr_qa.core.numbernames import announcement, asks, measures, no_whole
from asr_qa.core.numberplan import SHORTEST, is_public, is_service, is_year
from asr_qa.core.numerals import (
    OTHER_WORDS,
    Span,
    heard,
    kinds_of,
    may_be_row,
    mostly_numerals,
    only_numerals,
    row_heard,
    sounding,
    stray,
)

_FIRST = re.compile(f"(?<![{DIGITS}])[{DIGITS}]")
_COUNTED = re.compile(r" ?(?:共|下|个(?![零〇一二三四五六七八九0-9]))")
_GAP = 3
"""Letters that may stand between two pieces, and between the question and the first."""
_LEAST = 5
"""Digits of all pieces together where a number was asked for."""
_BESIDE = 2
"""Digits of a piece beside a private number ..."""
_ODD = 1
"""... or one digit, with so many letters between."""

_BETWEEN = 2
"""Turns by which a group that was not understood may lie beside one that was: a murmur stands between."""
_BEGINNINGS = 12
"""Rows of a turn, one of which may begin a number: the first ones may be other words, 一打这个电话."""
_CODE = 6
"""Digits in a row that are masked where hardly anything else is said."""
_SURE = 3
"""Clear digits among those of turns that are hardly anything but numerals."""
_ROUND = re.compile(r"[1-9][0-9]?0{3,}")
"""An amount, where it is all that is said."""
_OTHERWISE = re.compile(r"[0-9][.:/][0-9]|[*＊]")
"""A fraction, a time of day, or something that is masked already."""
_OF_MACHINES = re.compile(r"[0-9][:/][0-9]|(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![0-9.])|[0-9],[0-9]{3},[0-9]{3}")
"""A time, an address, thousands set apart."""
_FRACTION = re.compile(r"(?:[^.]*[^0-9.])?[0-9]{1,3}\.[0-9]+")
_POINTS = re.compile(r"(?=[^.]*\.) *(?:[0-9][ .,-]*){7,}")
_SUM = re.compile(r"[共总计值][是为有]?$")
_COUNTS = re.compile("[十百千万亿]|00[^0-9]+[0-9]+00")
_HIDDEN = re.compile(r"[*＊]")
_TAIL = re.compile(f"[\u4e00-\u9fff]?(?P<tail>[{DIGITS}十百]{{2,6}})|[.:/](?P<point>[0-9]{{1,4}})")
"""What follows a number at once, or after one letter that was misheard, or as a fraction."""


def pieces(text: str, rows: Sequence[Row], whole: Sequence[Span], before: Callable[[int], str]) -> Iterator[Span]:
    """Where pieces of numbers stand in a text.

    Args:
        text: Went through `fold_width`.
        rows: Every row of digits in it.
        whole: The numbers that are private by themselves, in order.
        before: The words said before a place, the other party's question among them.
    """
    parts = [part for row in rows for part in _parts(row, whole)]
    for run in _runs(text, [part for part in parts if _within(part, whole) or not _is_figure(text, part)]):
        short = [row for row in run if not _within(row, whole)]
        if len(short) < len(run):
            yield from _beside(text, run, whole)
        elif sum(len(value_of(row.digits)) for row in run) >= _LEAST and _announced(text, run, before):
            yield from _joined(text, run)


def _joined(text: str, run: Sequence[Row]) -> Iterator[Span]:
    """A run in one, words of their own left out: 一三八|对吧|零零一."""
    first = run[0].first
    for row, then in pairwise(run):
        if not OTHER_WORDS.isdisjoint(text[row.last : then.first]):
            yield first, row.last
            first = then.first
    yield first, run[-1].last


def _announced(text: str, run: Sequence[Row], before: Callable[[int], str]) -> bool:
    """Whether a number is asked for or announced before a run, and not the last digits of one."""
    first, last = run[0].first, run[-1].last
    return asks(before(first)) and not no_whole(text, max(0, first - _GAP), last)


def _beside(text: str, run: Sequence[Row], whole: Sequence[Span]) -> Iterator[Span]:
    """The pieces of a run in which a private number is, and the odd letter between two parts: 5187884E16666超5."""
    close = [_letters(text, row, then) <= _ODD for row, then in pairwise(run)]
    for at, row in enumerate(run):
        joined = (at > 0 and close[at - 1]) or (at < len(close) and close[at])
        if not _within(row, whole) and (joined or len(value_of(row.digits)) >= _BESIDE):
            yield row.first, row.last
    yield from ((row.last, then.first) for (row, then), near in zip(pairwise(run), close, strict=True) if near)


def _letters(text: str, row: Row, then: Row) -> int:
    return sum(char.isalnum() for char in text[row.last : then.first])


def tails(text: str, whole: Sequence[Span]) -> Iterator[Span]:
    """The end of a number that was heard as something read in tens: …零二六刷三十八."""
    for _, last in whole:
        match = _TAIL.match(text, last)
        if match is None:
            continue
        size = match["point"] and text.startswith(SIZES, match.end())
        if size or not (UNIT.match(text, match.end()) or CALENDAR.match(text, match.end())):
            yield match.span("tail" if match["tail"] else "point")


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A turn, or the end of one, that may be part of a number that is being read out."""

    text: str
    """What its side says in the call; went through `fold_width`."""
    first: int
    last: int
    """Where it stands: first character and one past the last."""
    whole: Sequence[Span]
    """The numbers in the text that are private by themselves, in order."""


def answers(turns: Sequence[Turn]) -> Iterator[tuple[int, Span]]:
    """Which of the turns, where one number is read out, are numerals and what sounds like them: 散要 | 三个依旧 | 4899.

    Args:
        turns: Of both sides, in the order they are said in; what stands beside a number that is private by itself is
            part of it.

    Yields:
        Index of the turn, and the stretch of its text.
    """
    open_ = [at for at, turn in enumerate(turns) if not _HIDDEN.search(turn.text, turn.first, turn.last)]
    kept = [(at, found) for at in open_ if (found := heard(turns[at].text, turns[at].first, turns[at].last))]
    count, clear = sum(turn.count for _, turn in kept), sum(turn.clear for _, turn in kept)
    numbered = [at for at, turn in enumerate(turns) if _touched(turn.first, turn.last, turn.whole)]
    if clear >= _SURE:
        near = {at + by for at, _ in kept for by in range(-_BETWEEN, _BETWEEN + 1)}
        left = near.difference(at for at, _ in kept)
        beside = [(at, turns[at]) for at in open_ if at in left]
        misheard = [(at, found) for at, turn in beside if (found := sounding(turn.text, turn.first, turn.last))]
        kept, count = sorted([*kept, *misheard], key=lambda one: one[0]), count + sum(m.count for _, m in misheard)
    if numbered or _are_a_number(count, clear):
        yield from ((at, span) for at, turn in kept for span in turn.spans)
        inside = sorted({*numbered, *(at for at, _ in kept)})
        rest = set(open_).difference(inside)
        for at in range(inside[0], min(inside[-1] + 2, len(turns))):
            if at in rest and (at < inside[-1] or turns[at].last - turns[at].first <= _GAP):
                yield from ((at, span) for span in stray(turns[at].text, turns[at].first, turns[at].last))


def _are_a_number(count: int, clear: int) -> bool:
    """Whether so many digits and what sounds like them, some of them clear, are a number where one is expected."""
    return any(count >= least and clear >= sure for least, sure in ((_LEAST, _SURE), (_LEAST + 1, 2), (SHORTEST, 1)))


def alone(text: str, turns: Sequence[Span], rows: Sequence[Row], asked: Callable[[int], str]) -> Iterator[Span]:
    """Five digits and more that are all that is said, or six that are most of it, though nobody asked: 1,2,3,2,1.

    Args:
        text: Went through `fold_width`.
        turns: Where each turn stands.
        rows: Every row of digits in it.
        asked: What was said before a place, the other party's last words among it.
    """
    firsts = [row.first for row in rows]
    for first, last in turns:
        inside = rows[bisect_left(firsts, first) : bisect_left(firsts, last)]
        if not inside or measures(asked(first)):
            continue
        row = row_heard(text, first, last) if may_be_row(text[first:last]) else None
        if row and (_is_misheard(text, row, inside) or _has_points(text, first, last)):
            yield row
        if _OTHERWISE.search(text, first, last):
            continue
        groups = [group for row in inside for group in groups_of(row.digits)]
        if only_numerals(text[first:last]) and not is_nobodys([value_of(group) for group in groups]):
            yield first, last
        elif mostly_numerals(text[first:last]) and not measures(text[first:last]):
            yield from (
                (group[0].first, group[-1].last)
                for group in groups
                if len(group) >= _CODE and not _is_figure(text, Row(group)) and not is_nobodys([value_of(group)])
            )


def _is_of_machines(text: str, first: int, last: int) -> bool:
    """Whether it is a time, an address, thousands set apart or one fraction."""
    return _OF_MACHINES.search(text, first, last) is not None or _FRACTION.fullmatch(text, first, last) is not None


def _is_misheard(text: str, span: Span, rows: Sequence[Row]) -> bool:
    """Whether what may be a row of digits is none that was understood, and no amount, time, date or list."""
    if measures(text[slice(*span)]) or _is_of_machines(text, *span) or _HIDDEN.search(text, *span):
        return False
    inside = [row for row in rows if span[0] <= row.first and row.last <= span[1]]
    values = [value_of([digit for digit in row.digits if digit.sure]) for row in inside]
    if any(len(value) >= SHORTEST for value in values) or is_nobodys(values):
        return False
    return not _SUM.search(text, max(0, span[0] - _GAP), span[0])


def _has_points(text: str, first: int, last: int) -> bool:
    """Whether a turn is nothing but digits that are set down as more than one fraction: 138.855 3316."""
    return _POINTS.fullmatch(text, first, last) is not None and not _is_of_machines(text, first, last)


def is_nothing(text: str, span: Span) -> bool:
    """Whether a stretch is no number where nobody has asked for one: short, an amount, an address, of a service."""
    first, last = span
    groups = [value_of(group) for row in rows(text[first:last]) for group in groups_of(row.digits)]
    unit = UNIT.match(text, last) or CALENDAR.match(text, last) or text.startswith(SIZES, last)
    digit = next((at for at in range(first, last) if text[at] in DIGITS), last)
    amount = _SUM.search(text, max(0, first - _GAP), digit) or "/" in text[max(0, first - _GAP) : first]
    few = sum(kind in "csn" for kind in kinds_of(text[first:last])) < _LEAST
    amount = amount or _COUNTS.search(text, first, last) or measures(text[max(0, first - _GAP) : last])
    return bool(few or unit or amount or _is_of_machines(text, first, last)) or is_nobodys(groups)


def has_digit(text: str, span: Span) -> bool:
    """Whether one is clear in a stretch."""
    return any(char in DIGITS for char in text[slice(*span)])


def without(span: Span, whole: Sequence[Span]) -> Iterator[Span]:
    """What is left of a stretch outside the numbers that are private by themselves, which are in order."""
    first, last = span
    at = max(0, bisect_right(whole, (first, sys.maxsize)) - 1)
    while at < len(whole) and whole[at][0] < last:
        if whole[at][1] > first:
            if whole[at][0] > first:
                yield first, whole[at][0]
            first = whole[at][1]
        at += 1
    if first < last:
        yield first, last


def is_nobodys(values: Sequence[str]) -> bool:
    """Whether digits are those of services, years, somebody who counts, or an amount that is all that is said."""
    whole = "".join(values)
    return (
        all(is_service(value) or is_year(value) for value in values)
        or is_public(whole)
        or whole in COUNTING
        or _ROUND.fullmatch(whole) is not None
    )


def _parts(row: Row, whole: Sequence[Span]) -> Iterator[Row]:
    """The row, cut where a private number begins or ends in it."""
    if not _touched(row.first, row.last, whole):
        yield row
        return
    for _, digits in groupby(row.digits, key=lambda digit: _within(Row([digit]), whole)):
        yield Row(list(digits))


def _touched(first: int, last: int, whole: Sequence[Span]) -> bool:
    before = bisect_left(whole, (last,)) - 1
    return before >= 0 and whole[before][1] > first


def _within(row: Row, whole: Sequence[Span]) -> bool:
    before = bisect_right(whole, (row.first, sys.maxsize)) - 1
    return before >= 0 and row.last <= whole[before][1]


def _runs(text: str, rows: Sequence[Row]) -> Iterator[list[Row]]:
    run = list(rows[:1])
    for row, then in pairwise(rows):
        if HARD_BREAK in text[row.last : then.first] or _letters(text, row, then) > _GAP:
            yield run
            run = []
        run.append(then)
    if run:
        yield run


def opening(text: str) -> int | None:
    """From where on a turn reads out a number that it announces itself; None where it does not."""
    if not may_be_row(text):
        return None
    for first in itertools.islice(_FIRST.finditer(text), _BEGINNINGS):
        if _HIDDEN.search(text) or no_whole(text, 0, first.end() + 1):
            return None
        for at in announcement(text, first.start()):
            if heard(text, at, len(text)):
                return at
    return None


def _is_figure(text: str, row: Row) -> bool:
    """Whether a unit follows, or the digits are those of a service, a day or a year."""
    value = value_of(row.digits)
    if len(value) >= 4 and text[row.last : row.last + 1] in SIZES:
        return False
    if any(word.match(text, row.last) for word in (UNIT, CALENDAR, _COUNTED)):
        return True
    return (
        (is_service(value) and len(value) >= _LEAST)
        or is_public(value)
        or (is_year(value) and text.startswith("年", row.last))
    )
