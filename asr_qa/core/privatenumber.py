"""Which rows of digits in a text are private numbers, and which are amounts, dates, lists, hotlines.

A row is first held against the number plans: as heard, with and without the doubtful characters, with and without the
digit that belongs to the word after it (…八|一共). What fits no plan but is long enough is private all the same, unless
its surroundings say what it is.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from asr_qa.core.digits import Group, Row, groups_of, value_of
from asr_qa.core.figures import CALENDAR, UNIT, is_amount, is_ordinary, without_strangers
from asr_qa.core.numberplan import (
    SHORTEST,
    Kind,
    Reading,
    announced,
    any_number,
    is_public,
    is_service,
    is_year,
    known_plan,
)

_CREDIBLE = 5
"""Sure digits that a row must have for its doubtful characters to count."""
_LONGEST_PLAN = 33
"""Digits; no plan is longer, three mobile numbers in a row included."""
_LONGEST_SPLIT = 150
"""Digits; a longer row is private as a whole."""
_DOUBTFUL_TRUST = 0.85
"""What is left of the confidence where doubtful characters were counted."""

_COMPOUND = re.compile(r"共|下|起|般|直|样|定|些|位|会|边|旦|切|种|条|张|遍|声|句|星期|周")
_CHECK_LETTER = re.compile(r"[ ,、-]{0,3}(?:(?:后面|最后)是|然后)?(?:X|叉|×)")
_PARTS_NUMBERS = frozenset(
    "年月日号点时分秒比到至和或与加减乘除等第百十千万亿元块个按转的约度米楼层栋室路期届版次折岁人名位项"
)
_PARTICLES = frozenset("是就以而把吧要已起无么妖亦气")
"""Doubtful at the edge of a number of no plan: more likely a word of the sentence."""
_BRIDGED = 4
"""Digits on one side of a misheard character at least."""

Context = Callable[[int], str]
"""The words said before a place, the other party's question among them."""


@dataclass(frozen=True, slots=True)
class Number:
    """A private number in a text."""

    reading: Reading
    digits: str
    first: int
    last: int
    """First character and one past the last."""


def private_numbers(text: str, rows: Sequence[Row], context: Context) -> Iterator[Number]:
    """The private numbers among the rows of digits of a text (`fold_width`, `rows`), in order."""
    for row in _bridged(text, rows):
        if len(value_of(row.digits)) + (row.before is not None) + (row.after is not None) >= SHORTEST:
            yield from _in_row(text, row, announced(context(row.first)))


def _bridged(text: str, rows: Sequence[Row]) -> Iterator[Row]:
    """The rows, two of them as one where a single misheard character stands between them: 三四九九四南二三."""
    held: Row | None = None
    for row in rows:
        if held and _belong_together(text, held, row):
            held = Row([*held.digits, *row.digits], held.before, row.after)
            continue
        if held:
            yield held
        held = row
    if held:
        yield held


def _belong_together(text: str, row: Row, then: Row) -> bool:
    between = text[row.last : then.first]
    if len(between) != 1 or not "\u4e00" <= between <= "\u9fff" or between in _PARTS_NUMBERS:
        return False
    values = value_of(row.digits), value_of(then.digits)
    lengths = [len(value) for value in values]
    if min(lengths) < 2 or max(lengths) < _BRIDGED or sum(lengths) > _LONGEST_PLAN:
        return False
    return not any(is_public(value) or is_service(value) or known_plan(value) for value in values)


def _in_row(text: str, row: Row, cue: Kind | None) -> list[Number]:
    if is_amount(text, row.digits, cue):
        return []
    fit = _fit(text, row)
    if fit is not None and fit.reading.kind is not Kind.BANK_CARD:
        return [fit]
    sure = [digit for digit in row.digits if digit.sure]
    groups = [list(group) for group in groups_of(sure)]
    if is_ordinary(text, groups, cue):
        return []
    if fit is not None:
        return [fit]
    kept = without_strangers(text, groups, cue)
    if kept != groups:
        return _in_row(text, Row([*itertools.chain(*kept)]), cue) if kept else []
    return _split(groups, cue) or _whole(text, row, cue)


def _fit(text: str, row: Row) -> Number | None:
    """The row as a number of a known plan, if some way to read it is one."""
    for digits in _ways(text, row):
        value = value_of(digits)
        letter = _CHECK_LETTER.match(text, digits[-1].last) if len(value) == 17 else None
        reading = known_plan(value + "X") if letter else known_plan(value)
        if reading and not is_public(value):
            doubtful = not all(digit.sure for digit in digits)
            return Number(_doubted(reading) if doubtful else reading, value, digits[0].first, _end(digits, letter))
    return None


def _ways(text: str, row: Row) -> Iterator[Group]:
    """Every way to read a row, the likeliest first."""
    sure = [digit for digit in row.digits if digit.sure]
    inner = [sure] if len(sure) == len(row.digits) or not _credible(row) else [sure, row.digits]
    edges = (row.before, row.after) if _credible(row) else (None, None)
    for digits in inner:
        if len(digits) > _LONGEST_PLAN:
            continue
        yield digits
        yield from (digits[:-n] for n in _borrowed(text, digits))
        for head, tail in ((None, edges[1]), (edges[0], None), edges):
            if head or tail:
                yield [*([head] if head else []), *digits, *([tail] if tail else [])]


def _borrowed(text: str, digits: Group) -> Iterator[int]:
    """How many of the last digits may belong to the word after them: 一|共, 八|月, 二零二六|年."""
    last = digits[-1].last
    if text.startswith("年", last) and is_year(value_of(digits[-4:])) and len(digits) > 4:
        yield 4
    if len(digits) > 1 and any(word.match(text, last) for word in (UNIT, CALENDAR, _COMPOUND)):
        yield 1


def _credible(row: Row) -> bool:
    sure = sum(len(digit.value) for digit in row.digits if digit.sure)
    doubtful = sum(not digit.sure for digit in row.digits)
    return sure >= _CREDIBLE and 2 * doubtful <= sure


def _split(groups: list[Group], cue: Kind | None) -> list[Number]:
    """Several numbers said one after another; nothing where some short piece would be left over."""
    if sum(map(len, groups)) > _LONGEST_SPLIT:
        return []
    found: list[Number] = []
    rest: list[Group] = []
    at = matched = 0
    while at < len(groups):
        size = _piece(groups, at, cue)
        if not size:
            rest.append(groups[at])
            at += 1
            continue
        if not _put(found, rest, cue):
            return []
        rest = []
        piece = [*itertools.chain(*groups[at : at + size])]
        reading = None if is_public(value_of(piece)) else known_plan(value_of(piece))
        found += [_number(reading, piece)] if reading else []
        at += size
        matched += 1
    return found if matched and _put(found, rest, cue) else []


def _put(found: list[Number], rest: list[Group], cue: Kind | None) -> bool:
    """Adds what lies between two known numbers; false where it is too short to be a number by itself."""
    piece = [*itertools.chain(*rest)]
    reading = any_number(value_of(piece), cue)
    found += [_number(reading, piece)] if reading else []
    return reading is not None or not piece


def _piece(groups: list[Group], at: int, cue: Kind | None) -> int:
    """How many groups from one on make a number of a plan, or a public one at an end of the row; 0 for none."""
    value, best = "", 0
    for size, group in enumerate(groups[at:], start=1):
        value += value_of(group)
        if len(value) > _LONGEST_PLAN:
            break
        at_end = at == 0 or at + size == len(groups)
        if known_plan(value) or (cue is None and at_end and size < len(groups) and is_public(value)):
            best = size
    return best


def _whole(text: str, row: Row, cue: Kind | None) -> list[Number]:
    """The row as one number of no plan."""
    digits = [digit for digit in row.digits if digit.sure]
    if _credible(row):
        before, after = (
            [edge] if edge and text[edge.first] not in _PARTICLES else [] for edge in (row.before, row.after)
        )
        digits = [*before, *row.digits, *after]
    reading = any_number(value_of(digits), cue)
    if reading is None:
        return []
    return [_number(reading if all(digit.sure for digit in digits) else _doubted(reading), digits)]


def _number(reading: Reading, digits: Group) -> Number:
    return Number(reading, value_of(digits), digits[0].first, digits[-1].last)


def _doubted(reading: Reading) -> Reading:
    confidence = round(reading.confidence * _DOUBTFUL_TRUST, 2)
    return replace(reading, confidence=confidence, reason=reading.reason + "，含读音相同的字")


def _end(digits: Group, letter: re.Match[str] | None) -> int:
    return letter.end() if letter else digits[-1].last
