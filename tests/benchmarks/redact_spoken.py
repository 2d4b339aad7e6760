"""What bench_redact_heard has said: numbers read in groups, whole and across turns, and sentences with other figures.

Half of the numbers are read in groups with pauses between them (六二二二，零九一五，…), a quarter in one go, and a quarter
group by group across turns, with 嗯 and 您说 of the other party between. Cards and identity cards have their check
digits. Dev and test have other voices, other digits and other sentences.
"""
# ruff: noqa: E501, RUF100 (the tables are read more easily in long lines)

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from zlib import crc32

from phrase_voices import VOICES

from asr_qa.core.numberplan import id_checksum, luhn

PARTS = ("dev", "test")
KINDS = ("mobile", "landline", "id_card", "bank_card", "number")
SAID = "零一二三四五六七八九"
LEADS = {
    "mobile": ("我的手机号是", "手机号，", "你打这个电话，", "联系电话是"),
    "landline": ("家里电话是", "座机是", "固定电话，"),
    "id_card": ("身份证号是", "我身份证，", "身份证号码是"),
    "bank_card": ("我的卡号是", "银行卡号，", "卡号你记一下，"),
    "number": ("订单号是", "我的账号是", "工单编号，", "会员号是"),
}
TAILS = ("", "", "", "对。", "就这个号。", "麻烦你了。")
STYLES = ("groups", "turns", "groups", "whole")
MURMURS = ("嗯。", "您说。", "好的。", "嗯嗯。")
_STOCK = 22
_REGIONS = ("一一零一零五", "三一零一一五", "四四零三零五", "五一零一零四", "三三零一零六", "三二零一零二")
_PREFIXES = ("六二二二", "六二一七", "四三九二", "五一八七")
_FIGURES = (
    *("一共是{amount}元。", "余额还有{amount}块钱。", "上个月扣了{amount}块五。", "利率是百分之{few}点{few}。"),
    *("{year}年{month}月{day}号办的。", "从{year}年到{year}年。", "{month}月{day}号到期，对吧？", "大概要等{few}到{few}个工作日。"),
    *("下午{month}点{tens}分给您回电话。", "等了{tens}分钟了。", "您是第{tens}个打电话的。", "尾号{tail}的卡。"),
    *("验证码是{tail}吗？", "订了{tens}个，退了{few}个。", "宽带是{few}百兆的。", "请拨打四零零八二零八八二零转人工。"),
    *("您可以打幺零零八六问一下。", "打九五五八八也可以。", "面积{tens}点{few}平米。", "每月{tens}块钱，一年{amount}。"),
    *("总共{amount}公里，跑了{few}天。", "分{few}期，每期{amount}元。", "住在{few}楼，电梯坏了{few}次。", "比分是{few}比{few}。"),
    *("我打了{few}次电话，都没人接。", "按{few}号键，再按井号键。", "{few}个人去，还是{few}个人去？", "一二三四五，上山打老虎。"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """Something said in one breath."""

    role: str
    """A or B: who says it."""
    text: str
    private: bool = False
    """Whether a number is in it."""
    pause: float = 0.0
    """Seconds of silence after it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence, or some turns, said by one voice."""

    id: str
    kind: str
    """A kind of number, or figures."""
    style: str
    """groups | whole | turns | figures"""
    voice: str
    pieces: tuple[Piece, ...]


def voices_of(part: str) -> list[str]:
    """Every second voice."""
    return sorted(VOICES)[PARTS.index(part) :: 2]


def numbers(part: str, count: int) -> list[Spoken]:
    """Sentences with a number of seven digits or more, voices and kinds in turn."""
    voices = voices_of(part)
    return [_number(part, at, voices[at % len(voices)], KINDS[at // len(voices) % len(KINDS)]) for at in range(count)]


def figures(part: str, count: int) -> list[Spoken]:
    """Sentences with figures that are nobody's."""
    voices, found = voices_of(part), []
    for at in range(count):
        rng = random.Random(crc32(f"figures-{part}-{at}".encode()))
        text = _FIGURES[(2 * at + PARTS.index(part)) % len(_FIGURES)]
        while "{" in text:
            name = text[text.index("{") + 1 : text.index("}")]
            text = text.replace("{" + name + "}", _figure(name, rng), 1)
        found.append(Spoken(f"f{at:03}", "figures", "figures", voices[at % len(voices)], (Piece("B", text),)))
    return found


def said(digits: str, rng: random.Random) -> str:
    """Digits as one says them: 幺 for some 一, 三个八 and 双零 for some runs."""
    one = rng.choice("一一幺")
    out, at = "", 0
    while at < len(digits):
        size = len(digits) - at - len(digits[at:].lstrip(digits[at]))
        char = {"1": one, "X": "叉"}.get(digits[at]) or SAID[int(digits[at])]
        if size in (2, 3) and rng.random() < 0.5 and char != "叉":
            out += f"双{char}" if size == 2 else f"{SAID[size]}个{char}"
        else:
            out += char * size
        at += size
    return out


def _number(part: str, at: int, voice: str, kind: str) -> Spoken:
    rng = random.Random(crc32(f"{part}-{at}".encode()))
    style = STYLES[at // (len(KINDS) * len(voices_of(part))) % len(STYLES)]
    groups = [_as_said(group, voice) for group in groups_of(kind, voice, rng)]
    lead, tail = Piece("B", rng.choice(LEADS[kind]), pause=rng.uniform(0.0, 0.4)), rng.choice(TAILS)
    ending = [Piece("B", tail)] if tail else []
    if style == "turns":
        return Spoken(f"n{at:03}", kind, style, voice, (*_asked(kind, rng), *_in_turns(groups, rng), *ending))
    read = ("，" if style == "groups" else "").join(groups) + "。"
    return Spoken(f"n{at:03}", kind, style, voice, (lead, Piece("B", read, True, rng.uniform(0.1, 0.6)), *ending))


def _in_turns(groups: Sequence[str], rng: random.Random) -> Iterator[Piece]:
    for at, group in enumerate(groups):
        yield Piece("B", group + "。", True, rng.uniform(0.1, 0.4))
        if at + 1 < len(groups):
            yield Piece("A", rng.choice(MURMURS), pause=rng.uniform(0.1, 0.5))


def _asked(kind: str, rng: random.Random) -> Iterator[Piece]:
    asked = {"mobile": "手机号", "landline": "电话", "id_card": "身份证号", "bank_card": "卡号", "number": "订单号"}
    yield Piece("A", f"您的{asked[kind]}是多少？", pause=rng.uniform(0.2, 0.6))


def groups_of(kind: str, voice: str, rng: random.Random) -> list[str]:
    """The digits of a number of a kind, in the groups in which the voice reads them."""
    stock = _stock(voice)

    def some(count: int) -> list[str]:
        return [rng.choice(stock) for _ in range(count)]

    if kind == "mobile":
        return [rng.choice(("138", "139", "186", "150", "177", "131")), *some(2)]
    if kind == "landline":
        return [
            *rng.choice(([], ["010"], ["021"], ["0571"])),
            rng.choice([g for g in stock if g[0] in "2345678"]),
            *some(1),
        ]
    if kind == "bank_card":
        return _first(
            [[_digits(rng.choice(_PREFIXES)), *some(3)] for _ in range(400)], lambda groups: luhn("".join(groups))
        )
    if kind == "id_card":
        born = rng.choice(_born(voice))
        heads = [_digits(rng.choice(_REGIONS)), *born]
        return _first(
            [[*heads[:1], *rng.choice(_born(voice)), *some(1)] for _ in range(4000)], lambda g: id_checksum("".join(g))
        )
    return some(rng.choice((2, 3, 4)))


def _first(ways: Sequence[list[str]], holds: object) -> list[str]:
    return next(groups for groups in ways if holds(groups))  # type: ignore[operator]


@cache
def _stock(voice: str) -> list[str]:
    rng = random.Random(crc32(voice.encode()))
    stock = [f"{rng.randrange(10000):04}" for _ in range(_STOCK - 4)]
    return [
        *stock,
        *(f"{rng.randrange(10)}{digit * 3}" for digit in rng.sample("0123456789", 2)),
        f"{rng.randrange(100):02}00",
        "88" + f"{rng.randrange(100):02}",
    ]


@cache
def _born(voice: str) -> list[list[str]]:
    rng = random.Random(crc32(f"born {voice}".encode()))
    years = [str(rng.randint(1950, 2005)) for _ in range(5)]
    days = [f"{rng.randint(1, 12):02}{rng.randint(1, 28):02}" for _ in range(5)]
    return [[year, day] for year in years for day in days]


def _as_said(group: str, voice: str) -> str:
    return said(group, random.Random(crc32(f"{voice} {group}".encode())))


def _digits(text: str) -> str:
    return "".join(str(SAID.index(char)) for char in text)


def _figure(name: str, rng: random.Random) -> str:
    if name == "year":
        return "".join(SAID[int(d)] for d in str(rng.randint(2008, 2026)))
    if name == "tail":
        return "".join(rng.choice(SAID) for _ in range(4))
    highest = {"few": 9, "month": 12, "day": 28, "tens": 99, "amount": 9999}[name]
    return cardinal(rng.randint(2 if name != "amount" else 20, highest))


def cardinal(value: int) -> str:
    """A number from 1 to 9999 as it is read."""
    text, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        count, value = divmod(value, unit)
        if count:
            text += ("零" if zero and text else "") + SAID[count] + name
        zero = not count
    return text.removeprefix("一") if text.startswith("一十") else text
