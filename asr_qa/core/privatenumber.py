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

from asr_qa.core.digits import Digit, Row
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

_UNIT = re.compile(
    r" ?(?:元(?!旦)|块|万|亿|千|百|十|人|个|件|台|套|吨|公斤|千克|克|斤|公里|千米|米|平|度"
    r"|瓦|倍|岁|天|秒|分钟|小时|次|股|份|家|户|美|港|欧|英镑|[%％‰GMK])"
)
_PRICE = re.compile(r" ?(?:元(?!旦)|块钱|万元|美元|港币|欧元|人民币)")
_CALENDAR = re.compile(r" ?(?:年|月|日|点|时|分|号楼|号线|栋|室|楼|层|期)")
_COMPOUND = re.compile(r"共|下|起|般|直|样|定|些|位|会|边|旦|切|种|条|张|遍|声|句|星期|周")
_MONEY = re.compile(
    r"(?:[¥￥$€£]|人民币|金额|总额|总计|合计|共计|价值|余额|欠费|收入|营收|销量|产量) ?[为是约共达:]{0,2} ?$"
)
_FRACTION = re.compile(r"[0-9零一二三四五六七八九十百千万][.点]$")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_CHECK_LETTER = re.compile(r"[ ,、]{0,3}(?:X|叉|×)")
_TIME = re.compile(r"[:.][0-9]")
_COUNTING = "123456789"
_MANY = 4
"""Rising groups that make a list."""

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


Group = list[Digit]


def private_numbers(text: str, rows: Sequence[Row], context: Context) -> Iterator[Number]:
    """The private numbers among the rows of digits of a text (`fold_width`, `rows`), in order."""
    for row in rows:
        if len(_value(row.digits)) + (row.before is not None) + (row.after is not None) >= SHORTEST:
            yield from _in_row(text, row, announced(context(row.first)))


def _in_row(text: str, row: Row, cue: Kind | None) -> list[Number]:
    if _is_amount(text, row.digits, cue):
        return []
    fit = _fit(text, row)
    if fit is not None and fit.reading.kind is not Kind.BANK_CARD:
        return [fit]
    sure = [digit for digit in row.digits if digit.sure]
    groups = [list(group) for group in _groups(sure)]
    if _is_ordinary(text, groups, cue):
        return []
    if fit is not None:
        return [fit]
    kept = _without_strangers(text, groups, cue)
    if kept != groups:
        return _in_row(text, Row([*itertools.chain(*kept)]), cue) if kept else []
    return _split(groups, cue) or _whole(row, cue)


def _fit(text: str, row: Row) -> Number | None:
    """The row as a number of a known plan, if some way to read it is one."""
    for digits in _ways(text, row):
        value = _value(digits)
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
        heads, tails = ([[], [edge]] if edge else [[]] for edge in edges)
        yield from ([*head, *digits, *tail] for head, tail in itertools.product(heads, tails) if head or tail)


def _borrowed(text: str, digits: Group) -> Iterator[int]:
    """How many of the last digits may belong to the word after them: 一|共, 八|月, 二零二六|年."""
    last = digits[-1].last
    if text.startswith("年", last) and is_year(_value(digits[-4:])) and len(digits) > 4:
        yield 4
    if len(digits) > 1 and any(word.match(text, last) for word in (_UNIT, _CALENDAR, _COMPOUND)):
        yield 1


def _credible(row: Row) -> bool:
    sure = sum(len(digit.value) for digit in row.digits if digit.sure)
    doubtful = sum(not digit.sure for digit in row.digits)
    return sure >= _CREDIBLE and 2 * doubtful <= sure


def _is_amount(text: str, digits: Group, cue: Kind | None) -> bool:
    """One written number with a unit after it or money before it; a fraction; thousands set apart."""
    first, last = digits[0].first, digits[-1].last
    written = text[first:last]
    if cue is None and _THOUSANDS.fullmatch(written) and not known_plan(_value(digits)):
        return True
    if cue is None and _FRACTION.search(text, max(0, first - 2), first):
        return True
    if not (written.isascii() and written.isdecimal()):
        return False
    tail = text[last : last + 3]
    is_decimal = tail[:1] == "." and tail[1:2].isdecimal()
    plan = known_plan(written)
    unit = _PRICE if plan and plan.kind is not Kind.BANK_CARD else _UNIT
    return bool(unit.match(tail)) or (
        cue is None and (is_decimal or bool(_MONEY.search(text[max(0, first - 8) : first])))
    )


def _is_ordinary(text: str, groups: list[Group], cue: Kind | None) -> bool:
    """Whether the row is a public number, a date, a list or a count."""
    values = [_value(group) for group in groups]
    whole = "".join(values)
    if all(is_service(value) for value in values) or (
        is_public(whole) and (cue is None or not whole.startswith(("19", "20")))
    ):
        return True
    if cue is not None:
        return False
    if all(is_year(value) for value in values) or _COUNTING.startswith(whole):
        return True
    return _is_rising(values) or _is_enumerated(text, groups, whole)


def _is_rising(values: list[str]) -> bool:
    """Numbers of a list, each above the one before: 3, 5, 7, 9, 11."""
    if len(values) < _MANY or max(map(len, values)) > 3:
        return False
    return all(int(a) < int(b) for a, b in itertools.pairwise(values))


def _is_enumerated(text: str, groups: list[Group], whole: str) -> bool:
    """Short numbers of several digits with 、 between them, which are no telephone number together."""
    apart = all("、" in text[a[-1].last : b[0].first] for a, b in itertools.pairwise(groups))
    short = all(1 < len(_value(group)) < SHORTEST for group in groups)
    return len(groups) > 1 and apart and short and known_plan(whole) is None


def _without_strangers(text: str, groups: list[Group], cue: Kind | None) -> list[Group]:
    """The groups without a model's number at the front (A 320) and an amount or a date at the end (30元)."""
    kept = groups
    if cue is None and len(_value(kept[0])) < SHORTEST and _is_model(text, kept[0][0].first):
        kept = kept[1:]
    if len(kept) > 1 and _ends_apart(text, kept[-1]):
        kept = kept[:-1]
    return kept


def _ends_apart(text: str, group: Group) -> bool:
    """Whether the last group is a number of its own by the word after it."""
    last = group[-1].last
    if _TIME.match(text, last):
        return True
    if _UNIT.match(text, last):
        return text[last - 1].isascii() or len(group) == 1
    return len(_value(group)) <= 4 and _CALENDAR.match(text, last) is not None


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
        reading = None if _stands_alone(_value(piece)) else known_plan(_value(piece))
        found += [_number(reading, piece)] if reading else []
        at += size
        matched += 1
    return found if matched and _put(found, rest, cue) else []


def _put(found: list[Number], rest: list[Group], cue: Kind | None) -> bool:
    """Adds what lies between two known numbers; false where it is too short to be a number by itself."""
    piece = [*itertools.chain(*rest)]
    reading = any_number(_value(piece), cue)
    found += [_number(reading, piece)] if reading else []
    return reading is not None or not piece


def _piece(groups: list[Group], at: int, cue: Kind | None) -> int:
    """How many groups from one on make a number of a plan, or a public one at an end of the row; 0 for none."""
    value, best = "", 0
    for size, group in enumerate(groups[at:], start=1):
        value += _value(group)
        if len(value) > _LONGEST_PLAN:
            break
        at_end = at == 0 or at + size == len(groups)
        if known_plan(value) or (cue is None and at_end and size < len(groups) and _stands_alone(value)):
            best = size
    return best


def _stands_alone(value: str) -> bool:
    return is_public(value) or is_service(value)


def _whole(row: Row, cue: Kind | None) -> list[Number]:
    """The row as one number of no plan."""
    digits = row.digits if _credible(row) else [digit for digit in row.digits if digit.sure]
    reading = any_number(_value(digits), cue)
    if reading is None:
        return []
    return [_number(reading if all(digit.sure for digit in digits) else _doubted(reading), digits)]


def _number(reading: Reading, digits: Group) -> Number:
    return Number(reading, _value(digits), digits[0].first, digits[-1].last)


def _doubted(reading: Reading) -> Reading:
    confidence = round(reading.confidence * _DOUBTFUL_TRUST, 2)
    return replace(reading, confidence=confidence, reason=reading.reason + "，含读音相同的字")


def _end(digits: Group, letter: re.Match[str] | None) -> int:
    return letter.end() if letter else digits[-1].last


def _groups(digits: Group) -> Iterator[Group]:
    """Digits with nothing between them."""
    group = digits[:1]
    for digit in digits[1:]:
        if digit.first != group[-1].last:
            yield group
            group = []
        group.append(digit)
    yield group


def _value(digits: Sequence[Digit]) -> str:
    return "".join(digit.value for digit in digits)


def _is_model(text: str, first: int) -> bool:
    """Whether letters stand right before a number: A320, GB/T 28181."""
    before = text[max(0, first - 2) : first].rstrip(" -")[-1:]
    return before.isascii() and before.isalpha()
