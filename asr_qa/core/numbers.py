"""Numbers as they are written and as they are read aloud: 3.5% 百分之三点五, 1.5万 一万五, 110 幺幺零.

Each step finds numbers in a text and gives what is to stand in their place, as (first character, one past the last,
text). What is left open stays as it is said: 三四十, 十七八, 三五天.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache, lru_cache

Edit = tuple[int, int, str]
"""First character, one past the last, and what stands there instead."""

CARDINAL_DIGITS = 4
"""Longer numbers are read digit by digit (telephone and order numbers), amounts and round ones aside."""
_AMOUNT_DIGITS = 8
"""... which are read as one number up to here: 15000元, 20000."""
_CODE_DIGITS = 3
"""Digits read one by one from which 1 is 幺."""
_NAMES = "零一二三四五六七八九"
_DIGIT = {char: str(value) for value, char in enumerate(_NAMES)}
_DIGIT |= {"〇": "0", "两": "2", "幺": "1", "洞": "0", "拐": "7", "勾": "9"}
_PAIRS = {"俩": "2个", "仨": "3个"}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_TENS_IN_ONE = {"廿": "二十", "卅": "三十"}
_TWO_OF = "元块个天年点分秒周次位条件小种人名台部遍回倍家张口步项样千万亿"
"""What is counted with 两; it is 二 before 月, 号, 楼."""
COUNTED = f"{_TWO_OF}月层岁句毛角"
"""What stands behind a number that counts."""
_AMOUNTS = "元块个人次万"
"""... and behind one of many digits that is read as one."""

_D = "[一二两三四五六七八九]"
_ONE = f"(?:{_D}|(?<![0-9.])[1-9](?![0-9.]))"
_LAST = f"{_ONE}(?![十百千])"
_TENS = f"(?:{_ONE}?十(?:{_LAST})?|[廿卅](?:{_LAST})?)"
_HUNDREDS = f"{_ONE}百(?:[零〇]{_LAST}|{_TENS}|{_LAST})?"
_THOUSANDS = f"{_ONE}千(?:[零〇]?{_HUNDREDS}|[零〇]?{_TENS}|[零〇]?{_LAST})?"
_SECTION = f"(?:{_THOUSANDS}|{_HUNDREDS}|{_TENS})"
_FIGURES = r"[0-9]+(?:\.[0-9]+)?"
_HEAD = f"(?:{_SECTION}|{_ONE}|{_FIGURES})"
_TAIL = f"(?:[零〇]?{_SECTION}|[零〇]?{_LAST})?"
_MYRIADS = f"{_HEAD}万{_TAIL}"
_CARDINAL = f"(?:{_HEAD}亿(?:[零〇]?{_MYRIADS}|{_TAIL})|{_MYRIADS}|{_SECTION}|{_FIGURES}[百千]{_TAIL})"
_ROW = "[零〇一二两三四五六七八九幺]+"
_DECIMAL = f"(?:{_CARDINAL}|{_ROW}|[0-9]+)点[零〇一二三四五六七八九]++"
_OPEN = (
    f"{_D}{{2}}[十百千万亿]+|(?>{_SECTION}){_D}"
    f"|(?:一两|一二|两三|二三|三四|三五|四五|五六|六七|七八|八九)(?=[{COUNTED}])"
)
_NUMERALS = "零〇一二两三四五六七八九十百千万亿幺廿卅俩仨洞拐勾"
MAY_BE_SAID = re.compile(f"[{_NUMERALS}]")
"""What stands in every number that is said in words, or in digits and words."""
_WRITTEN = re.compile(r"(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?(?P<percent>%)?|[廿卅]")
"""A number as it is written."""
_MARKED = re.compile(
    r"(?<![0-9a-z./-])(?P<year>(?:19|20)[0-9]{2})(?P<sep>[-/.])(?P<month>0?[1-9]|1[0-2])(?P=sep)"
    r"(?P<day>3[01]|[0-2]?[0-9])(?![0-9]|[-/.][0-9])"
    r"|(?<![0-9:.])(?P<hour>2[0-4]|[01]?[0-9]):(?P<minute>[0-5][0-9])(?::[0-5][0-9])?(?![0-9:])"
    r"|(?<![0-9a-z./-])(?P<upper>[1-9])/(?P<lower>[2-9]|1000?|10)(?![0-9]|[./-][0-9])"
    r"|[¥￥] ?(?P<amount>[0-9][0-9,]*(?:\.[0-9]{1,2})?)(?![元0-9])"
    r"|(?<=[0-9%])(?P<to> ?[-~—–] ?)(?=[0-9])"
)
"""Marks in a number that are read aloud."""
_MAY_BE_MARKED = re.compile(r"[0-9%] ?[-~—–:/.] ?[0-9]|[¥￥]")
_RANGE_FROM = re.compile(r"(?:^|[^0-9a-z.:/-])(?P<n>[0-9]{1,4}(?:\.[0-9]+)?)(?P<tail>:[0-9]{2}|%)?$")
_RANGE_TO = re.compile(r"(?P<n>[0-9]{1,4}(?:\.[0-9]+)?)(?P<tail>:[0-9]{2}|%)?(?![0-9]|[-/:][0-9])")
_RANGE_REACH = 12
"""Characters of the longest figure before a dash."""


@cache
def _as_said() -> re.Pattern[str]:
    """A number as it is said; made when first asked for, as it takes longer than all else that is loaded with it."""
    return re.compile(
        # most characters begin no number, and most of the others are digits that stand alone: that is told first
        f"(?=[0-9{_NUMERALS}])(?:(?P<digit>(?<![0-9{_NUMERALS}])[零〇一二两三四五六七八九幺](?![0-9{_NUMERALS}点]))"
        f"|百分(?:百|之百(?!{_D}))|百分之(?P<percent>{_DECIMAL}|{_CARDINAL}|{_ROW}|[0-9]+(?:[.点][0-9]+)?)"
        f"|(?P<decimal>{_DECIMAL})(?![十百千分刻点号幺两])(?P<scale>[万亿]?)"
        f"|(?P<open>{_OPEN})"
        f"|(?P<cardinal>{_CARDINAL})"
        "|(?<![山漏窑黑涵岩树])(?=[零〇一二两三四五六七八九幺0-9]*[洞拐勾])(?P<coded>[零〇一二两三四五六七八九幺洞拐勾0-9]{3,})"
        f"|(?P<row>{_ROW})(?![十百千万亿])"
        "|(?<!伎)(?P<pair>[俩仨]))"
    )


def said(text: str) -> Iterator[Edit]:
    """Numbers of a plain text that are said in words, as digits: 二十四 24, 幺三八 138, 百分之三 3%, 1.5万 15000."""
    if not MAY_BE_SAID.search(text):
        return
    for match in _as_said().finditer(text):
        if match["open"] is None:
            yield match.start(), match.end(), _as_digits(match)


def written(text: str) -> Iterator[Edit]:
    """Numbers of a plain text that stand in digits, as they are read: 24 二十四, 13800 幺三八零零, 3% 百分之三."""
    for match in _WRITTEN.finditer(text):
        yield match.start(), match.end(), _as_read(match, text)


def marked(text: str) -> Iterator[Edit]:
    """Marks of numbers that are read aloud, in a text that still has them, in lower case and plain forms.

    3:30 3点30, 3/4 4分之3, 3-5 and 3~5 3到5, 2026-11-22 2026年11月22日, ¥320 320元; the dashes of a telephone number
    are none.
    """
    if not _MAY_BE_MARKED.search(text):
        return
    for match in _MARKED.finditer(text):
        new = _unmarked(match)
        if new is not None:
            yield match.start(), match.end(), new


def _unmarked(match: re.Match[str]) -> str | None:
    if match["to"] is not None:
        return "到" if _is_range(match) else None
    if match["year"] is not None:
        return f"{match['year']}年{int(match['month'])}月{int(match['day'])}日"
    if match["hour"] is not None:
        return f"{int(match['hour'])}点" + ("" if match["minute"] == "00" else match["minute"])
    if match["upper"] is not None:
        return f"{match['lower']}分之{match['upper']}" if int(match["upper"]) < int(match["lower"]) else None
    return f"{match['amount']}元"


def _is_range(dash: re.Match[str]) -> bool:
    """Whether a dash stands between a smaller and a greater number, or between two times of day."""
    text = dash.string
    low = _RANGE_FROM.search(text[max(0, dash.start() - _RANGE_REACH) : dash.start()])
    high = _RANGE_TO.match(text, dash.end())
    if low is None or high is None:
        return False
    if (low["tail"] or "")[:1] == (high["tail"] or "")[:1] == ":":
        return True
    return (
        not (low["n"][0] == "0" and low["n"].isdecimal())
        and high["n"][0] != "0"
        and Decimal(low["n"]) < Decimal(high["n"])
    )


def in_words(digits: str) -> tuple[str, str]:
    """A row of digits as one number and digit by digit: 110 一百一十, 幺幺零."""
    return cardinal(int(digits)), _one_by_one(digits)


@lru_cache(maxsize=4096)
def cardinal(value: int) -> str:
    """How a whole number from 0 up to 10**12 is read: 10 十, 24 二十四, 205 二百零五, 20050 两万零五十."""
    if value == 0:
        return _NAMES[0]
    text, gap = "", False
    for size, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        section = value // size % 10**4
        if section:
            text += ("零" if text and (gap or section < 1000) else "") + _section(section) + name
        gap = bool(text) and not section
    text = text[1:] if text.startswith("一十") else text
    return "两" + text[1:] if text[0] == "二" and text[1:2] in {"千", "万", "亿"} else text


def _section(value: int) -> str:
    text, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // size % 10
        if digit:
            text += ("零" if gap and text else "") + _NAMES[digit] + name
        gap = digit == 0
    return text


def _as_digits(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "digit":
        return _DIGIT[match[0]]
    if kind == "pair":
        return _PAIRS[match[0]]
    if kind == "coded":
        return "".join(_DIGIT.get(char, char) for char in match[0])
    if match["percent"] is not None:
        return _value(match["percent"]) + "%"
    return "100%" if kind is None else _value(match[0])


@lru_cache(maxsize=4096)
def _value(text: str) -> str:
    """Digits of a number in words, or in words and digits; read digit by digit where it has no units."""
    whole, point, part = text.partition("点")
    scale = part[-1:] if part[-1:] in _UNIT else ""
    number = _whole(whole)
    if point:
        number += "." + "".join(_DIGIT.get(char, char) for char in part.removesuffix(scale))
    return _scaled(number, scale) if scale else number


def _whole(text: str) -> str:
    for one, two in _TENS_IN_ONE.items():
        text = text.replace(one, two)
    digits = "".join(_DIGIT.get(char, char) for char in text)
    return digits if _UNIT.keys().isdisjoint(digits) else _sum(digits)


def _scaled(number: str, unit: str) -> str:
    return _shown(Decimal(number) * _UNIT[unit])


def _shown(value: Decimal) -> str:
    whole = value.to_integral_value()
    return f"{whole if value == whole else value.normalize():f}"


def _sum(text: str) -> str:
    """Value of digits mixed with units; 2百5 is 250, 1万2 is 12000, 1.5万 is 15000."""
    total = section = Decimal(0)
    unit = 1
    pending = ""
    for char in text:
        if char not in _UNIT:
            pending += char
            continue
        unit = _UNIT[char]
        if unit >= _UNIT["万"]:
            above = total if unit > _UNIT["万"] else Decimal(0)
            total += (above + section + Decimal(pending or 0) or 1) * unit - above
            section = Decimal(0)
        else:
            section += Decimal(pending or 1) * unit
        pending = ""
    if len(pending) == 1 and unit > _UNIT["十"] and text[-2] in _UNIT:
        pending = str(int(pending) * unit // 10)
    return _shown(total + section + Decimal(pending or 0))


def _as_read(match: re.Match[str], text: str) -> str:
    whole = match["whole"]
    if whole is None:
        return _TENS_IN_ONE[match[0]]
    if match["percent"] and match[0] == "100%":
        return "百分之百"
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 2]
    read = _read(whole, match["part"] is not None, before, after)
    if match["part"]:
        read += "点" + "".join(_NAMES[int(digit)] for digit in match["part"])
    return f"百分之{read}" if match["percent"] else read


def _read(whole: str, broken: bool, before: str, after: str) -> str:
    """How the digits before a point are read.

    Args:
        broken: There is a point.
        before: The character before them.
        after: The two behind.
    """
    if after[:1] == "年" and len(whole) == CARDINAL_DIGITS:
        return "".join(_NAMES[int(digit)] for digit in whole)
    counts = whole.endswith("000") or (after != "" and after[0] in _AMOUNTS)
    if (whole[0] == "0" and whole != "0") or len(whole) > (_AMOUNT_DIGITS if counts else CARDINAL_DIGITS):
        return _one_by_one(whole)
    if whole == "2" and not broken and after[:1] and after[0] in _TWO_OF and after != "分之" and before != "第":
        return "两"
    return cardinal(int(whole))


def _one_by_one(digits: str) -> str:
    names = "".join(_NAMES[int(digit)] for digit in digits)
    return names.replace("一", "幺") if len(digits) >= _CODE_DIGITS else names
