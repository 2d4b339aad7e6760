"""Other ways to write what a phrase says: 320.5元 is 320块5 and 320元5角, 3点半 is 3点30分, 3到5 is 3至5.

They are worked out for the phrases of rules, once, so that the words of a call are compared as they were heard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, product

from asr_qa.core import numbers

_MOST_FORMS = 48
"""Of one phrase; a phrase of many numbers has its first ones."""
_MOST_READINGS = 12
_ROW = re.compile("[0-9]+")
_ROWS = range(3, 9)
"""Digits of a number that may be read either way."""

_AMOUNT = re.compile(
    r"(?<![0-9.])(?P<yuan>[0-9]+)(?:\.(?P<tenths>[0-9])(?P<cents>[0-9])?)?(?P<unit>[元块])"
    r"(?:(?P<jiao>[1-9])(?![0-9个天年万千百])[角毛]?(?:(?P<fen>[1-9])分?)?)?(?P<money>钱)?"
    r"|(?<![0-9.元块])(?P<small>[1-9])[角毛]钱?"
)
_CLOCK = re.compile(
    r"(?<![0-9.])(?P<hour>1?[0-9]|2[0-4])点(?:(?P<half>半)|(?P<full>整|钟)|(?P<quarter>[13])刻"
    r"|(?P<minute>[0-5]?[0-9])(?![0-9])分?(?!钟|之))?"
    r"|(?<![0-9.])(?P<dotted>1?[0-9]|2[0-4])\.0(?P<past>[1-9])(?![0-9%元块万])"
)
_RANGE = re.compile("(?<=[0-9点])[到至](?=[0-9])")
_DAY = re.compile("(?<=月)(?P<day>[0-9]{1,2})[日号]")
_HALVES = re.compile(r"(?<![0-9.])(?P<count>[0-9]+)(?:\.5个?|个半)(?P<of>小时|钟头|月|星期)")


@lru_cache(maxsize=10_000)
def forms(folded: str) -> tuple[str, ...]:
    """Every way to write a phrase in its FOLDED reading, itself first."""
    parts: list[Sequence[str]] = []
    done = 0
    for match, ways in _found(folded):
        parts += [(folded[done : match.start()],), ways]
        done = match.end()
    if not parts:
        return (folded,)
    made = ("".join(one) for one in product(*parts, (folded[done:],)))
    return tuple(dict.fromkeys((folded, *islice(made, _MOST_FORMS))))


@lru_cache(maxsize=10_000)
def sayings(spoken: str, folded: str) -> tuple[str, ...]:
    """Every way to say a phrase, as it is written first.

    Args:
        spoken: Its SPOKEN reading.
        folded: Its FOLDED one.
    """
    if not _ROW.search(folded):
        return (spoken,)
    ways = (way for form in forms(folded) for way in _readings(form))
    return tuple(islice(dict.fromkeys((spoken, *ways)), _MOST_READINGS))


def _readings(form: str) -> Iterator[str]:
    """A form read aloud; then each row of digits that may be read in two ways in the other one."""
    yield _read(form)
    for match in _ROW.finditer(form):
        if len(match[0]) in _ROWS and form[match.end() : match.end() + 1] != "年":
            for words in numbers.in_words(match[0]):
                yield _read(form[: match.start()]) + words + _read(form[match.end() :])


def _read(text: str) -> str:
    out, done = "", 0
    for first, last, new in numbers.written(text):
        out += text[done:first] + new
        done = last
    return out + text[done:]


def _found(text: str) -> Iterator[tuple[re.Match[str], Sequence[str]]]:
    """Stretches that may be written otherwise, with all ways; in order, none overlapping."""
    if not _ROW.search(text):
        return
    found = ((m, ways(m)) for pattern, ways in _KINDS for m in pattern.finditer(text))
    done = 0
    for match, written in sorted(found, key=lambda pair: pair[0].start()):
        if match.start() >= done and len(written) > 1:
            yield match, written
            done = match.end()


def _amounts(match: re.Match[str]) -> Sequence[str]:
    if match["small"]:
        return _money("0", match["small"], "")
    if match["unit"] == "块" and match[0] == "1块":
        return (match[0],)  # 一块 is more often "together"
    tenths, cents = match["jiao"] or match["tenths"] or "", match["fen"] or match["cents"] or ""
    return _money(match["yuan"], tenths.strip("0") if not cents.strip("0") else tenths, cents.strip("0"))


def _money(yuan: str, jiao: str, fen: str) -> Sequence[str]:
    if fen:
        pairs = (("元", "角", "分"), ("块", "毛", "分"), ("块", "毛", ""))
        return (
            *(f"{yuan}.{jiao}{fen}{unit}" for unit in "元块"),
            *(f"{yuan}{a}{jiao}{b}{fen}{c}" for a, b, c in pairs),
        )
    if not jiao:
        whole = (f"{yuan}元", f"{yuan}块钱", f"{yuan}.00元")
        return whole if yuan == "1" else (*whole, f"{yuan}块")
    least = (f"{yuan}.{jiao}元", f"{yuan}.{jiao}0元", f"{yuan}.{jiao}块")
    if yuan == "0":
        return (*least, f"{jiao}毛", f"{jiao}角", f"{jiao}毛钱")
    tails = (f"块{jiao}", f"块{jiao}毛", f"元{jiao}角", f"块{jiao}角", f"元{jiao}")
    return (*least, *(yuan + tail for tail in tails))


def _times(match: re.Match[str]) -> Sequence[str]:
    if match["dotted"]:
        hour, minute = match["dotted"], int(match["past"])
    elif match["half"] or match["quarter"]:
        hour, minute = match["hour"], 30 if match["half"] else 15 * int(match["quarter"])
    elif match["minute"]:
        hour, minute = match["hour"], int(match["minute"])
    else:
        whole = f"{match['hour']}点"
        if match.end() == len(match.string):  # 9点 alone would be found in 9点半
            return (f"{whole}整", f"{whole}钟") if match["full"] else (whole,)
        return (whole, f"{whole}整", f"{whole}钟")
    special = {15: ("1刻",), 30: ("半",), 45: ("3刻",)}.get(minute, ())
    if minute < 10:
        return (f"{hour}点0{minute}", f"{hour}点0{minute}分", f"{hour}点{minute}分", f"{hour}.0{minute}")
    return (*(f"{hour}点{one}" for one in special), f"{hour}点{minute}", f"{hour}点{minute}分")


def _ranges(_match: re.Match[str]) -> Sequence[str]:
    return ("到", "至")


def _days(match: re.Match[str]) -> Sequence[str]:
    return (f"{match['day']}日", f"{match['day']}号")


def _halves(match: re.Match[str]) -> Sequence[str]:
    count, of = match["count"], match["of"]
    return (f"{count}个半{of}", f"{count}.5个{of}", f"{count}.5{of}")


_KINDS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Sequence[str]]], ...] = (
    (_AMOUNT, _amounts),
    (_CLOCK, _times),
    (_RANGE, _ranges),
    (_DAY, _days),
    (_HALVES, _halves),
)
