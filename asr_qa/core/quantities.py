"""Amounts, shares, dates, times of day and lengths of time in a text, as written and as said.

Each search starts from a unit (元, 月, 点, 小时, %) with a numeral of bounded length before it, so that it is linear
in the text.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from asr_qa.core.numberplan import is_date

_SAID = "零〇一二两三四五六七八九"
_UNITS = "十百千万亿"
_NUMERAL = (
    rf"(?:[0-9](?:[0-9,]{{0,14}}[0-9])?(?:\.[0-9]{{1,4}})?[{_UNITS}]{{0,2}}"
    rf"|[{_SAID}{_UNITS}]{{1,14}}(?:点[{_SAID}]{{1,4}})?)"
)
_SHORT = rf"(?:[0-9]{{1,2}}|[{_SAID}十]{{1,3}})"
_TO = r"[到至\-~—、]"

_AMOUNT = re.compile(
    rf"(?:(?P<sign>[¥￥$€£]|人民币|RMB) ?{_NUMERAL}(?:元(?![旦宵])|块)?"
    rf"|(?P<whole>{_NUMERAL}(?:{_TO}{_NUMERAL})?[多来]?)(?P<unit>元(?![旦宵月])|圆钱?|块钱?|美元|美金|港币|港元|欧元|英镑|日元)"
    rf"(?:(?P<rest>{_SHORT}[角毛](?:{_SHORT}分)?|[1-9一二三四五六七八九]半?(?![0-9{_SAID}{_UNITS}个条台件张次块元天月号点分]))钱?)?"
    rf"|{_SHORT}[角毛](?:{_SHORT}分)?钱|{_SHORT}毛(?![病衣巾])|{_SHORT}分钱"
    rf"|(?P<bare>(?:[0-9]{{1,6}}(?:\.[0-9]{{1,4}})?|[{_SAID}十百千]{{1,8}})[万亿][{_SAID}千百十0-9]{{0,6}})"
    r"(?![人次条字个台户名件亩平公里米分步篇册本辆吨点万亿家位多]))"
)
_LOOSE_PIECE = re.compile("(?:一|两|几)块钱?")
"""一块 by itself is more often "together" than money."""

_PERCENT = re.compile(rf"百分之[{_SAID}百十0-9]{{1,6}}(?:点[{_SAID}0-9]{{1,3}})?|[0-9]{{1,4}}(?:\.[0-9]{{1,3}})?[%％]")

_YEAR = rf"(?:[0-9]{{4}}|[0-9]{{2}}|[{_SAID}]{{4}}|[{_SAID}]{{2}}|今|明|后|去|前)年"
_MONTH = rf"(?P<month>{_SHORT})月(?:份|(?![饼亮光季薪租供]))"
_DAY = rf"(?P<day>{_SHORT})[日号](?![楼线院馆码店文公召机房位门])"
_WEEK = "(?:周|星期|礼拜)"
_DATE = re.compile(
    rf"(?:{_YEAR})?(?:{_MONTH}|(?P<near>下个?|这个?|本|上个?)月)(?:{_DAY}|[初底末中]旬?)?"
    rf"|{_YEAR}(?:年?[初底])?"
    r"|(?P<written>(?:19|20)[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|(?:19|20)[0-9]{6})(?![0-9])"
    rf"|(?P<alone>{_SHORT})[日号](?![楼线院馆码店文公召机房位门子])"
    r"|大?[前后]天|[今明昨]天|[今明昨]晚上?|[今明]早上?"
    rf"|(?:下下?|这|本|上)个?{_WEEK}(?:[一二三四五六日天1-6]|末)?|{_WEEK}[一二三四五六日天1-6](?![{_SAID}])|周末"
    r"|[月年][初底]"
)

_PART = "(?:上午|下午|早上|早晨|清晨|晚上|中午|凌晨|傍晚|半夜|夜里|今晚|明早|明晚|当晚)"
_TIME = re.compile(
    rf"(?P<part>{_PART})?(?P<hour>{_SHORT})点(?P<tail>半|整|钟|[一三]刻|(?P<minute>(?:零|[0-5])?[0-9]|零?[{_SAID}十]{{1,3}})分?)?"
    r"|(?<![0-9:.])(?P<clock>[0-9]{1,2}[:：][0-9]{2})(?![0-9])"
)
_MINUTES = re.compile(rf"十|[{_SAID}]十|零[{_SAID}]|[0-9]{{2}}")

_DURATION = re.compile(
    rf"(?:半|(?:{_NUMERAL}{_TO})?{_NUMERAL}多?)"
    r"(?:个半?(?:小时|钟头|工作日|星期|礼拜|月|季度)|小时|工作日|分钟|秒钟?|天(?!猫|气|堂)|周(?!年|岁|[一二三四五六日末])|年半?(?![0-9初底]))(?:以内|之内|内|左右)?"
)
_LAST_HOUR, _LAST_MONTH, _LAST_DAY = 24, 12, 31
_LEAP_YEAR = 2024
"""A year in which every day of a month without a year exists."""
_VALUES = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}


@dataclass(frozen=True, slots=True)
class Quantity:
    """Where one stands in a text."""

    kind: str
    """amount, percent, date, time or duration."""
    first: int
    last: int
    """First character and one past the last."""
    valid: bool = True
    """Whether the calendar and the clock know it."""
    confidence: float = 0.95
    """0 to 1: how sure it is what it is taken for."""


def quantities(text: str) -> Iterator[Quantity]:
    """Every quantity in a text that went through `digits.fold_width`; those of one kind do not overlap."""
    for kind, pattern, read in _KINDS:
        for match in pattern.finditer(text):
            found = read(text, match)
            if found is not None:
                valid, confidence = found
                yield Quantity(kind, match.start(), match.end(), valid, confidence)


def small_number(text: str) -> int:
    """The value of a numeral below a hundred: 12, 十二, 二十, 三."""
    if text.isascii():
        return int(text)
    if "十" in text:
        tens, ones = text.split("十", 1)
        return 10 * (_VALUES.get(tens, 1) if tens else 1) + _VALUES.get(ones, 0)
    return int("".join(str(_VALUES[char]) for char in text))


_Read = tuple[bool, float] | None
"""Whether it is valid, and how sure the reading is; None where it is something else."""
_SURE, _LIKELY, _MAYBE = 0.95, 0.8, 0.6


def _amount(_text: str, match: re.Match[str]) -> _Read:
    if match["bare"]:
        return True, _LIKELY
    if match["whole"] and _LOOSE_PIECE.fullmatch(match[0]) and not match[0].endswith("钱"):
        return None
    return True, _SURE


def _percent(_text: str, _match: re.Match[str]) -> _Read:
    return True, _SURE


def _date(_text: str, match: re.Match[str]) -> _Read:
    if match["written"]:
        digits = [int(part) for part in re.split("[-/.]", match["written"])]
        text = match["written"] if len(digits) == 1 else "{:04d}{:02d}{:02d}".format(*digits)
        return is_date(text), _SURE
    if match["alone"]:
        return 1 <= small_number(match["alone"]) <= _LAST_DAY, _LIKELY
    month = small_number(match["month"]) if match["month"] else None
    day = small_number(match["day"]) if match["day"] else None
    if month is not None and not 1 <= month <= _LAST_MONTH:
        return False, _SURE
    longest = _LAST_DAY if month is None else monthrange(_LEAP_YEAR, month)[1]
    return day is None or 1 <= day <= longest, _SURE


def _time(text: str, match: re.Match[str]) -> _Read:
    if match["clock"]:
        hour, minute = re.split("[:：]", match["clock"])
        return int(hour) <= _LAST_HOUR and int(minute) < 60, _SURE
    hour = small_number(match["hour"])
    said_minute = match["minute"]
    if not match["part"]:
        if said_minute and not match["tail"].endswith("分") and not _MINUTES.match(said_minute):
            return None  # 三点五 is a number
        if not match["tail"] and hour == 1:
            return None  # 一点 is "a little"
        if text.startswith(("建议", "要求", "原因", "内容"), match.end()):
            return None  # 两点建议
    minute = small_number(said_minute) if said_minute else 0
    sure = _SURE if match["part"] or match["tail"] else _MAYBE
    return hour <= _LAST_HOUR and minute < 60, sure


def _duration(text: str, match: re.Match[str]) -> _Read:
    if match[0].endswith("年") and re.fullmatch(rf"[0-9]{{4}}年|[{_SAID}]{{4}}年", match[0]):
        return None
    if match.start() and text[match.start() - 1] in "第每":
        return None
    return True, _SURE


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str, re.Match[str]], _Read]], ...] = (
    ("amount", _AMOUNT, _amount),
    ("percent", _PERCENT, _percent),
    ("date", _DATE, _date),
    ("time", _TIME, _time),
    ("duration", _DURATION, _duration),
)
