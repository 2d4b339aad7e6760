"""Sentences for bench_redact: numbers as people say and write them in calls, and figures that are nobody's.

Made by a grammar from a seed, so that the truth is known to the character.
"""
# ruff: noqa: E501 (the tables are read more easily in long lines)

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

SAID = "零一二三四五六七八九"
HOMOPHONES = {
    "一": "依衣医",
    "二": "儿而",
    "三": "山散",
    "四": "是事",
    "五": "无吴",
    "六": "流刘",
    "七": "其期",
    "八": "巴吧",
    "九": "就酒",
}
CARRIERS = (
    "我的{name}是{number}", "{name}{number}", "你记一下{number}", "{number}", "嗯您记一下啊，{number}，对", "就是{number}这个号",
    "麻烦您登记{name}{number}谢谢", "我跟您核对一下，{name}是{number}对吗", "啊那个{number}你打这个", "它上面写的是{number}吧",
    "{name}改成{number}可以吗", "好的，{number}，麻烦快一点", "之前留的{name}是{number}现在不用了", "您稍等我念给您，{number}",
)  # fmt: skip
NAMES = {
    "mobile": ("手机号", "电话", "联系方式", "手机"), "landline": ("座机", "电话", "家里电话"), "id_card": ("身份证号", "身份证", "证件号码"),
    "bank_card": ("卡号", "银行卡号", "账号"), "number": ("订单号", "工单编号", "会员号", "缴费号"),
}  # fmt: skip


@dataclass(frozen=True)
class Sentence:
    """Turns of one call: who, and what."""

    turns: tuple[tuple[str, str], ...]
    private: tuple[tuple[int, int, int], ...] = ()
    """Turn, first character and one past the last of every stretch of the number."""
    kind: str = ""
    style: str = ""


def digits_of(kind: str, rng: random.Random) -> str:
    """A number of a kind."""
    some: Callable[[int], str] = lambda n: "".join(rng.choice("0123456789") for _ in range(n))  # noqa: E731
    if kind == "mobile":
        return "1" + rng.choice("3456789") + some(9)
    if kind == "landline":
        return rng.choice(("", "", "010", "021", "0571", "0755")) + rng.choice("2345678") + some(7)
    if kind == "id_card":
        return _id_card(rng)
    if kind == "bank_card":
        body = rng.choice(("6222", "6217", "4392", "5187")) + some(rng.choice((11, 14)))
        return next(body + d for d in "0123456789" if _luhn(body + d))
    return rng.choice("123456789") + some(rng.choice((6, 8, 9, 11, 15)))


def _id_card(rng: random.Random) -> str:
    born = f"{rng.randint(1950, 2008)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = rng.choice(("110105", "310115", "440305", "510104", "330106")) + born + f"{rng.randint(1, 999):03}"
    total = sum(int(d) * 2 ** (17 - i) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def say(digits: str, style: str, rng: random.Random) -> str:
    """A number as it is said or written."""
    plain = "".join(SAID[int(d)] if d != "X" else rng.choice(("X", "叉")) for d in digits)
    return WAYS[style](digits, plain, rng)


def _misheard(_: str, plain: str, rng: random.Random) -> str:
    at = rng.choice([i for i, d in enumerate(plain) if d in HOMOPHONES])
    return plain[:at] + rng.choice(HOMOPHONES[plain[at]]) + plain[at + 1 :]


def _in_groups(digits: str, _: str, rng: random.Random) -> str:
    return rng.choice((" ", "-", ", ", "，")).join(_chunks(digits, rng))


def _with_pauses(_: str, plain: str, rng: random.Random) -> str:
    return rng.choice(("，", "，嗯，", " ", "、", "，呃", "，然后", "，后面是")).join(_chunks(plain, rng))


def _mixed(digits: str, plain: str, rng: random.Random) -> str:
    return "".join(rng.choice((p, d)) if d != "X" else p for p, d in zip(plain, digits, strict=True))


WAYS: dict[str, Callable[[str, str, random.Random], str]] = {
    "written": lambda digits, plain, rng: digits,
    "full width": lambda digits, plain, rng: "".join(chr(ord(d) + 0xFEE0) for d in digits),
    "written in groups": _in_groups,
    "spoken": lambda digits, plain, rng: plain,
    "yao": lambda digits, plain, rng: plain.replace("一", "幺"),
    "military": lambda digits, plain, rng: plain.translate(str.maketrans("零一七九", "洞幺拐勾")),
    "pauses": _with_pauses,
    "repeats": lambda digits, plain, rng: _repeats(plain),
    "mixed": _mixed,
    "one misheard": _misheard,
}
STYLES = tuple(WAYS)


def _chunks(text: str, rng: random.Random) -> list[str]:
    chunks, at = [], 0
    while at < len(text):
        size = rng.randint(2, 5)
        chunks.append(text[at : at + size])
        at += size
    return chunks


def _repeats(plain: str) -> str:
    """Runs of two and more of one digit as 双八, 三个八."""
    out, at = "", 0
    while at < len(plain):
        size = 1
        while at + size < len(plain) and plain[at + size] == plain[at] and size < 5:
            size += 1
        char = plain[at]
        out += char if size == 1 or char in "X叉" else (f"双{char}" if size == 2 else f"{SAID[size]}个{char}")
        at += size
    return out


def with_number(rng: random.Random, kind: str, style: str) -> Sentence:
    """A sentence, or some turns, with one number."""
    digits = digits_of(kind, rng)
    if style == "across turns":
        return _across_turns(rng, kind, say(digits, rng.choice(("spoken", "written", "yao")), rng))
    if style == "repeats" and kind in ("mobile", "landline"):
        at = rng.randint(4, len(digits) - 3)
        digits = digits[:at] + digits[at] * 3 + digits[at + 3 :]
    said = say(digits, style, rng)
    carrier = rng.choice(CARRIERS).replace("{name}", rng.choice(NAMES[kind]))
    first = carrier.index("{number}")
    text = carrier.replace("{number}", said)
    return Sentence((("B", text),), ((0, first, first + len(said)),), kind, style)


def _across_turns(rng: random.Random, kind: str, said: str) -> Sentence:
    turns: list[tuple[str, str]] = [("A", f"请问您的{NAMES[kind][0]}是多少")]
    private = []
    at = 0
    while at < len(said):
        part = said[at : at + rng.randint(3, 5)]
        at += len(part)
        private.append((len(turns), 0, len(part)))
        turns.append(("B", part))
        turns.append(("A", rng.choice(("嗯", "对", "好的", "您说", "嗯嗯", part))))
        if turns[-1][1] == part:
            private.append((len(turns) - 1, 0, len(part)) if len(part) > 3 else private[-1])
    return Sentence(tuple(turns), tuple(private), kind, "across turns")


def _cardinal(value: int) -> str:
    if value == 0:
        return "零"
    text, zero = "", False
    for unit, name in ((10**8, "亿"), (10**4, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        count, value = divmod(value, unit)
        if count:
            text += ("零" if zero and text else "") + (_cardinal(count) if unit > 1000 else SAID[count]) + name
        zero = zero or (not count and bool(text))
        zero = zero and not count
    return text


def without_number(rng: random.Random) -> Sentence:
    """A sentence with figures that identify nobody."""
    value = rng.choice((rng.randint(2, 99), rng.randint(100, 9999), rng.randint(10**4, 10**9)))
    number = rng.choice((str(value), _cardinal(value), f"{value:,}"))
    year, month, day = rng.randint(1990, 2030), rng.randint(1, 12), rng.randint(1, 28)
    said_year = "".join(SAID[int(d)] for d in str(year))
    hotline = "400" + "".join(rng.choice("0123456789") for _ in range(7))
    said_hotline = "".join(SAID[int(d)] for d in hotline)
    text = rng.choice(
        (
            f"一共是{number}元", f"订了{number}个", f"余额还有{number}块", f"有{number}人参加", f"涨了百分之{_cardinal(value % 100)}",
            f"完成了{value % 100}.{value % 97}%", f"{year}年{month}月{day}日", f"{said_year}年{_cardinal(month)}月{_cardinal(day)}号办的",
            f"{year}-{month:02}-{day:02} {month:02}:{day:02}", f"从{year}年到{year + 3}年", f"{said_year}到{said_year}",
            f"下午{month}点{day}分给您回电话", f"{month:02}:{day:02}:{day:02}结束", f"客服热线{hotline}", f"请拨打{said_hotline}转人工",
            f"您可以打{rng.choice(('10086', '95588', '12306', '一零零八六', '九五五八八', '幺幺零'))}问一下", "10086、10010、10000都行",
            f"请按{month}", f"型号是{rng.choice('ABXTM')}{value % 10000}", "换成5G套餐", f"每月{day}GB流量", f"iPhone{month} {day}寸的",
            f"比分是{_cardinal(day)}比{_cardinal(month)}", f"第{number}次打电话了", "一二三四五六七都数得清", "1、2、3、4、5、6、7号",
            f"{month}、{month + 5}、{month + 9}、{month + 14}号都可以", f"面积{value % 1000}.{day}平米", f"大概{number}天",
            f"跌到{value % 100000}.{day}点", f"尾号{value % 10000:04}的卡", f"宽带是{day}00兆的", f"等了{_cardinal(day)}分钟了",
            f"{month}+{day}等于{month + day}", f"版本{month}.{day}.{month}", f"价值{value}", f"日期写的是{year}{month:02}{day:02}",
            f"总共{number}公里，跑了{number}米", f"GB/T {value % 100000}-{year}", f"三七二十一，{_cardinal(day)}个人", f"地址是192.168.{day}.{month}",
        )
    )  # fmt: skip
    carrier = rng.choice(("{}", "嗯{}", "{}，对吧", "我看一下，{}", "好的{}", "您好，{}，请问还有什么可以帮您"))
    return Sentence((("A", carrier.format(text)),), style="figures")
