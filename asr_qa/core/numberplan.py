"""What a row of digits can be: an identity card, a bank card, a telephone number, or nothing private.

Only digits are looked at here, and at what the words before them announce; where they stand is the business of
`redact`. Reasons never repeat the digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

SHORTEST = 7
"""Digits; shorter numbers identify nobody by themselves."""


class Kind(StrEnum):
    """What is private."""

    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    MOBILE = "mobile"
    LANDLINE = "landline"
    E_MAIL = "e_mail"
    PLATE = "plate"
    ADDRESS = "address"
    NUMBER = "number"
    """Seven digits or more of no known plan: an account, an order, a number misheard."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What some digits are taken for."""

    kind: Kind
    confidence: float
    """0 to 1."""
    reason: str
    """For a Chinese reader, without the digits."""


_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECK = "10X98765432"
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_CARD_ISSUER = re.compile(r"62|4|5[1-5]|3[4-7]|60|9")
_MOBILE = re.compile(r"(?:00?86|86|0)?1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0(?:10|2[0-9])[2-8][0-9]{7}|0[3-9][0-9]{2}[2-8][0-9]{6,7}")
_HOTLINE = re.compile(r"(?:400|800)[0-9]{7}|1008611")
_SERVICE = re.compile(r"100[0-9]{2}|1008[0-9]|95[0-9]{3,4}|96[0-9]{3,4}|12[0-9]{1,3}|11[0-9]|118114")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2099

# What the words before a number announce, in the order in which they are tried.
_ANNOUNCED = (
    (Kind.ID_CARD, re.compile(r"身份证|证件")),
    (Kind.BANK_CARD, re.compile(r"卡号|银行卡|信用卡|储蓄卡|借记卡|账号|帐号|账户|开户")),
    (Kind.MOBILE, re.compile(r"手机")),
    (Kind.LANDLINE, re.compile(r"座机|固话|固定电话|宅电|区号")),
    (
        Kind.NUMBER,
        re.compile(
            r"电话|号码|联系方式|联系|微信|[qQ]{2}|工号|编号|单号|会员号|密码|回拨|拨打|打给"
            r"|[^0-9零一二三四五六七八九十]号[是为: ]{0,2}$"
        ),
    ),
)


def announced(before: str) -> Kind | None:
    """The kind that the words before a number announce; NUMBER for a number of any kind."""
    return next((kind for kind, pattern in _ANNOUNCED if pattern.search(before)), None)


def id_checksum(digits: str) -> bool:
    """Whether the last of 18 characters is the check digit of the others (GB 11643)."""
    if not re.fullmatch(r"[0-9]{17}[0-9X]", digits):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _ID_WEIGHTS, strict=False))
    return digits[17] == _ID_CHECK[total % 11]


def luhn(digits: str) -> bool:
    """Whether a card number passes Luhn's check."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits)))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def is_date(digits: str) -> bool:
    """Whether eight digits are a day from 1900 to 2099, year first."""
    if len(digits) != 8 or not digits.isdecimal() or not _FIRST_YEAR <= int(digits[:4]) <= _LAST_YEAR:
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def is_year(digits: str) -> bool:
    """Whether four digits can be a year of the last or this century."""
    return _YEAR.fullmatch(digits) is not None


def is_service(digits: str) -> bool:
    """Whether the digits are the number of a public service: 10086, 95588, 12306."""
    return _SERVICE.fullmatch(digits) is not None


def is_public(digits: str) -> bool:
    """Whether the digits as a whole belong to nobody: a hotline, a day or a moment written without signs."""
    return _HOTLINE.fullmatch(digits) is not None or is_date(digits) or _is_moment(digits)


def known_plan(digits: str) -> Reading | None:
    """What digits are that follow a plan by themselves, whatever is said around them."""
    return _id_card(digits) or _telephone(digits) or _bank_card(digits)


def any_number(digits: str, cue: Kind | None) -> Reading | None:
    """What at least seven digits are taken for; None for fewer."""
    if len(digits) < SHORTEST:
        return None
    return known_plan(digits) or _by_cue(digits, cue) or _by_length(digits, cue)


def _is_moment(digits: str) -> bool:
    """Year, month, day, hour, minute and perhaps second."""
    if len(digits) not in (12, 14) or not is_date(digits[:8]):
        return False
    clock = [int(digits[i : i + 2]) for i in range(8, len(digits), 2)]
    return clock[0] < 24 and all(part < 60 for part in clock[1:])


def _id_card(digits: str) -> Reading | None:
    if not _PROVINCE.match(digits):
        return None
    if len(digits) == 18 and id_checksum(digits):
        return Reading(Kind.ID_CARD, 0.99, "18 位，校验码正确")
    if len(digits) == 18 and is_date(digits[6:14]):
        return Reading(Kind.ID_CARD, 0.85, "18 位，含出生日期，校验码不符（可能听错一位）")
    if len(digits) == 15 and is_date("19" + digits[6:12]):
        return Reading(Kind.ID_CARD, 0.8, "15 位旧身份证，含出生日期")
    return None


def _telephone(digits: str) -> Reading | None:
    if _MOBILE.fullmatch(digits):
        return Reading(Kind.MOBILE, 0.95, "11 位，手机号段")
    if _LANDLINE.fullmatch(digits):
        return Reading(Kind.LANDLINE, 0.9, "区号加固定电话")
    if len(digits) > 11 and len(digits) % 11 == 0 and all(_mobile_at(digits, i) for i in range(0, len(digits), 11)):
        return Reading(Kind.MOBILE, 0.9, "连续几个手机号")
    return None


def _mobile_at(digits: str, first: int) -> bool:
    return _MOBILE.fullmatch(digits[first : first + 11]) is not None


def _bank_card(digits: str) -> Reading | None:
    if not (13 <= len(digits) <= 19 and digits.isdecimal() and luhn(digits) and _CARD_ISSUER.match(digits)):
        return None
    return Reading(Kind.BANK_CARD, 0.95 if len(digits) >= 16 else 0.75, f"{len(digits)} 位，Luhn 校验正确")


def _by_cue(digits: str, cue: Kind | None) -> Reading | None:
    """A number that breaks its plan, as one misheard does, but is announced as what it is."""
    count = len(digits)
    if cue is Kind.ID_CARD and 15 <= count <= 19:
        return Reading(Kind.ID_CARD, 0.75, f"前文提到身份证，{count} 位，不合编号规则（可能听错）")
    if cue is Kind.BANK_CARD and 12 <= count <= 21:
        return Reading(Kind.BANK_CARD, 0.75, f"前文提到卡号，{count} 位，Luhn 校验不符（可能听错）")
    if cue is Kind.MOBILE and 10 <= count <= 12:
        return Reading(Kind.MOBILE, 0.75, f"前文提到手机，{count} 位，不合号段（可能听错）")
    return None


def _by_length(digits: str, cue: Kind | None) -> Reading:
    sure = 0.8 if cue else 0.6
    if cue is Kind.LANDLINE or (len(digits) in (7, 8) and "2" <= digits[0] <= "8"):
        return Reading(Kind.LANDLINE, sure, f"{len(digits)} 位，像固定电话")
    return Reading(Kind.NUMBER, sure, f"连续 {len(digits)} 位数字")
