"""Figures that are nobody's: amounts, dates, times, lists, counts, models, the numbers of services."""

from __future__ import annotations

import itertools
import re

from asr_qa.core.digits import Group, value_of
from asr_qa.core.numberplan import SHORTEST, Kind, is_public, is_service, is_year, known_plan

UNIT = re.compile(
    r" ?(?:元(?!旦)|块|万|亿|千|百|十|人(?![民家员们生])|个|件|台|套|吨|公斤|千克|克|斤|公里|千米|米|平|度"
    r"|瓦|倍|岁|天|秒|分钟|小时|次|股|份|家|户|美|港|欧|英镑|[%％‰GMK])"
)
CALENDAR = re.compile(r" ?(?:年|月|日|点|时|分|号楼|号线|栋|室|楼|层|期)")
_PRICE = re.compile(r" ?(?:元(?!旦)|块钱|万元|美元|港币|欧元|人民币)")
_MONEY = re.compile(
    r"(?:[¥￥$€£]|人民币|金额|总额|总计|合计|共计|价值|余额|欠费|收入|营收|销量|产量) ?[为是约共达:]{0,2} ?$"
)
_FRACTION = re.compile(r"[0-9零一二三四五六七八九十百千万][.点]$")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_TIME = re.compile(r"[:.][0-9]")
COUNTING = "123456789"
_LIKE_MOBILE = re.compile(r"1[3-9][0-9]{9,}")
"""So many digits with that beginning are a telephone number that was heard as a list: 13, 19, 22, 58, 200, 457."""
SIZES = tuple("GMK")
"""Units of a size: nobody has thousands of one, a letter after a long number is something misheard."""
_MANY = 4
"""Rising groups that make a list."""


def is_amount(text: str, digits: Group, cue: Kind | None) -> bool:
    """One written number with a unit after it or money before it; a fraction; thousands set apart."""
    first, last = digits[0].first, digits[-1].last
    written = text[first:last]
    if cue is None and _THOUSANDS.fullmatch(written) and not known_plan(value_of(digits)):
        return True
    if cue is None and _FRACTION.search(text, max(0, first - 2), first):
        return True
    if not (written.isascii() and written.isdecimal()):
        return False
    tail = text[last : last + 3]
    if _is_misheard(text, last, len(written)):
        return False
    is_decimal = tail[:1] == "." and tail[1:2].isdecimal()
    plan = known_plan(written)
    unit = _PRICE if plan and plan.kind is not Kind.BANK_CARD else UNIT
    return bool(unit.match(tail)) or (
        cue is None and (is_decimal or bool(_MONEY.search(text[max(0, first - 8) : first])))
    )


def _is_misheard(text: str, last: int, digits: int) -> bool:
    """Whether what follows so many digits is no unit and no fraction, but something misheard: 2121940423G."""
    return (digits >= SHORTEST and text.startswith(SIZES, last)) or (digits > SHORTEST and text.startswith(".", last))


def is_ordinary(text: str, groups: list[Group], cue: Kind | None) -> bool:
    """Whether the row is a public number, a date, a list or a count."""
    groups = [*groups[:-1], _without_count(text, groups[-1])]
    values = [value_of(group) for group in groups]
    whole = "".join(values)
    if all(is_service(value) for value in values) or (
        is_public(whole) and (cue is None or not whole.startswith(("19", "20")))
    ):
        return True
    if cue is not None:
        return False
    if all(is_year(value) for value in values) or COUNTING.startswith(whole):
        return True
    return _is_rising(text, groups, values) or _is_enumerated(text, groups, whole)


def _without_count(text: str, group: Group) -> Group:
    """Written digits without the spoken one that belongs to the word after them: 2021|三年."""
    if len(group) > 1 and not text[group[-1].first].isascii() and text[group[-2].first].isascii():
        return group[:-1]
    return group


def _is_rising(text: str, groups: list[Group], values: list[str]) -> bool:
    """Numbers of a list, each above the one before: 3, 5, 7, 9, 11."""
    if (
        _LIKE_MOBILE.fullmatch("".join(values))
        or len(values) < _MANY
        or max(map(len, values)) > 3
        or "-" in text[groups[0][0].first : groups[-1][0].first]
    ):
        return False
    return all(int(a) < int(b) for a, b in itertools.pairwise(values))


def _is_enumerated(text: str, groups: list[Group], whole: str) -> bool:
    """Short written numbers with 、 between them that are no telephone number; spoken ones would have units (三百)."""
    if not text[groups[0][0].first : groups[-1][-1].last].replace("、", "").replace(" ", "").isascii():
        return False
    apart = all("、" in text[a[-1].last : b[0].first] for a, b in itertools.pairwise(groups))
    short = all(1 < len(value_of(group)) < SHORTEST for group in groups)
    return len(groups) > 1 and apart and short and known_plan(whole) is None


def without_strangers(text: str, groups: list[Group], cue: Kind | None) -> list[Group]:
    """The groups without a model's number at the front (A 320) and an amount or a date at the end (30元)."""
    kept = groups
    if cue is None and len(value_of(kept[0])) < SHORTEST and _is_model(text, kept[0][0].first):
        kept = kept[1:]
    if len(kept) > 1 and _ends_apart(text, kept[-1]):
        kept = kept[:-1]
    return kept


def _ends_apart(text: str, group: Group) -> bool:
    """Whether the last group is a number of its own by the word after it."""
    last = group[-1].last
    if _is_misheard(text, last, len(value_of(group))):
        return False
    if _TIME.match(text, last):
        # 2026-03-15 14:30 is a moment; 021-57193.3 is a number, the end of which was set down as a fraction.
        return text[group[0].first - 1] != "-" or text[last] == ":"
    if UNIT.match(text, last):
        return text[group[0].first : last].isascii() or len(group) == 1
    return len(value_of(group)) <= 4 and CALENDAR.match(text, last) is not None


def _is_model(text: str, first: int) -> bool:
    """Whether letters stand right before a number: A320, GB/T 28181."""
    before = text[max(0, first - 2) : first].rstrip(" -")[-1:]
    return before.isascii() and before.isalpha()
