"""E-mail addresses, number plates and postal addresses in a text, as written and as said.

Each search starts from a sign that is rare in speech (艾特, a province with a letter, a house number) and looks a
bounded way around it, so that it is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from asr_qa.core.numberplan import Kind, Reading

_NUMERAL = "0-9零〇一二三四五六七八九十百幺两"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where one stands in a text."""

    reading: Reading
    first: int
    last: int
    """First character and one past the last."""


_LABEL = rf"[A-Z{_NUMERAL}\-]{{1,30}}"
_AT = re.compile(
    r" {0,2}(?:@|艾特|爱特|小老鼠|圈A|(?<=[ 0-9零一二三四五六七八九幺])AT(?= )) {0,2}"
    rf"{_LABEL}(?: {_LABEL}){{0,8}}?(?: ?(?:\.|点|DOT) ?{_LABEL}){{0,3}}?"
    r" ?(?:\.|点|DOT) ?(?:C ?O ?M|C ?N|N ?E ?T|O ?R ?G|[康抗看砍扛][姆母木目穆]|[A-Z]{2,12})(?![A-Z])"
)
_PROVIDER = re.compile(
    r" {0,2}(?:艾特|爱特|小老鼠|圈A|@) {0,2}"
    r"(?:163|126|139|189|[一幺]六三|[一幺]二六|[一幺]三九|[一幺]八九|Q ?Q|扣扣|G ?MAIL|HOT ?MAIL|新浪|搜狐|网易)"
)
"""A provider of addresses, whose end was misheard or left out."""
_LOCAL = re.compile(rf"[A-Z{_NUMERAL}._%+\-]|点|下划线|横杠|中划线|杠")
_LONGEST_LOCAL = 48

_PROVINCE = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SERIAL = "0-9零〇一二三四五六七八九幺两洞拐勾"
_PLATE = re.compile(
    rf"[{_PROVINCE}] ?[A-HJ-Z][ ·.,，\-]{{0,2}}(?P<serial>(?:[A-HJ-NP-Z{_SERIAL}][ ,，、]?){{4,5}}"
    rf"[A-HJ-NP-Z{_SERIAL}学警港澳挂使领](?:[DF{_SERIAL}](?![个元块]))?)"
)
_SERIAL_DIGITS = re.compile(f"[{_SERIAL}]")

_BUILDING = re.compile(
    rf"(?:(?<=[路街道巷弄里村园苑区城厦湾庭府同])(?P<house>[{_NUMERAL}]{{1,6}}(?:号|弄)(?![线店公文召]))"
    rf"|(?P<part>[{_NUMERAL}A-Z]{{1,5}}(?:号楼|号院|栋|幢|单元|座|室)))"
)
_PART_ON = re.compile(
    rf"[ ,，、的]{{0,2}}(?P<on>第?[{_NUMERAL}A-Z]{{1,5}}(?:号楼|号院|弄|号|栋|幢|单元|座|室|层|楼|门|户|房))"
)
_ROOM_ON = re.compile(r"[ ,，]?(?:[零〇一二三四五六七八九幺两]{3,4}|[0-9]{3,4})(?![0-9零一二三四五六七八九元块个年])")
_PLACE_NAME = re.compile(r"[\u4e00-\u9fff0-9A-Z]")
_PLACE_STOP = re.compile(
    r"在|是|住|到|址|寄|送|去|来|于|我|您|你|他|她|的|了|个|说|请|往|给|叫|家|从|为|这|那|哪|离|有"
)
_LONGEST_PLACE = 24


def contacts(text: str) -> Iterator[Contact]:
    """E-mail addresses, plates and postal addresses in a text that went through `fold_width`."""
    yield from _e_mails(text)
    yield from _plates(text)
    yield from _addresses(text)


def _e_mails(text: str) -> Iterator[Contact]:
    whole = {match.start(): match for match in _AT.finditer(text)}
    for match in (whole | {m.start(): m for m in _PROVIDER.finditer(text) if m.start() not in whole}).values():
        first = _local_part(text, match.start())
        if first < match.start():
            said = "@" not in match[0]
            reason = "口述的电子邮箱" if said else "电子邮箱"
            yield Contact(Reading(Kind.E_MAIL, 0.9 if said else 0.99, reason), first, match.end())


def _local_part(text: str, end: int) -> int:
    """Where the name before the sign begins; `end` where there is none."""
    first = at = end
    while at > 0 and end - at < _LONGEST_LOCAL:
        size = next((n for n in (1, 2, 3) if at >= n and _LOCAL.fullmatch(text, at - n, at)), 0)
        if size:
            at -= size
            first = at
        elif text[at - 1] == " " and first == at and _spelt(text, at):
            at -= 1
        else:
            break
    return first


def _spelt(text: str, at: int) -> bool:
    """Whether a blank stands inside a name that is spelt letter by letter, or right before the sign."""
    alone = at + 1 >= len(text) or not text[at + 1].isalnum() or not text[at].isalnum()
    return alone or (at >= 3 and text[at - 3 : at - 2] in ("", " "))


def _plates(text: str) -> Iterator[Contact]:
    for match in _PLATE.finditer(text):
        if len(_SERIAL_DIGITS.findall(match["serial"])) >= 2:
            last = match.start() + len(match[0].rstrip(" ,，、"))
            yield Contact(Reading(Kind.PLATE, 0.95, "车牌：省份简称、字母与号码"), match.start(), last)


def _addresses(text: str) -> Iterator[Contact]:
    done = 0
    for match in _BUILDING.finditer(text):
        if match.start() < done:
            continue
        last, parts = _parts(text, match.end())
        if not match["house"] and not parts:
            continue
        first = _place(text, match.start(), done)
        done = last
        confidence = 0.85 if parts else 0.65
        reason = (
            "地址：路名、门牌及楼室"
            if match["house"] and parts
            else "地址：门牌号"
            if match["house"]
            else "地址：楼栋与房号"
        )
        yield Contact(Reading(Kind.ADDRESS, confidence, reason), first, last)


def _parts(text: str, at: int) -> tuple[int, int]:
    """Where the parts of a building that follow one another end, and how many there are."""
    count = 0
    while match := _PART_ON.match(text, at):
        at = match.end()
        count += 1
    if match := _ROOM_ON.match(text, at):
        return match.end(), count + 1
    return at, count


def _place(text: str, first: int, floor: int) -> int:
    """Where the name of the place before a house number begins."""
    at = first
    while at > max(floor, first - _LONGEST_PLACE) and _PLACE_NAME.match(text, at - 1):
        if _PLACE_STOP.match(text, at - 1):
            break
        at -= 1
    return at
