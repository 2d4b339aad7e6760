"""What an agent promises to do after the call: callbacks, with the moment they are due where it was said.

A promise is due when its words say so ("明天下午三点前给您回电", "within 24 hours"), counted from the moment they are
said; where they do not, or leave it open, it is due at no known moment (None), never at a guessed one. Working days
are Monday to Friday: public holidays are not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from asr_qa.core.recording import Role
from asr_qa.core.text import FOLDED, normalise
from asr_qa.core.transcript import Transcript, Utterance

CALLBACK = "callback"
NEAR = 10.0
"""Seconds from a promise within which its time may be said, as rule SERV-008 asks."""
CLOSE_OF_BUSINESS = time(18)
END_OF_DAY = time(23, 59)

_PROMISE = re.compile(
    "(给|跟|为)您(再)?(回电|回个电话|回电话|回复|答复|打电话|打过去|去电|致电|来电)|(再|会|来|主动|尽快)(联系|回复|回访|通知|致电)您"
    "|(与|跟|和)您(取得)?联系|(call|ring|phone) you back|call you (again|with|as soon|tomorrow|today|within|in|on|by)"
    "|get back to you|give you a (call|ring)"
)
_NO_PROMISE = re.compile(
    "(不会|不再|不用|不能|无法|没法|没有办法|未能|没能|不必)(再)?.{0,3}(联系|回复|打电话|回电|来电|致电)|方便(与|跟|和)您联系的"
    "|(刚才|刚刚|之前|昨天|上次|已经)(给|跟|为)?您?.{0,3}(打|联系|回|来电|致电)"
    "|can ?not call|cant call|wont call|not call you|tried to call|called you"
)
_DIGITS = {**dict(zip("一二三四五六七八九", range(1, 10), strict=True)), "两": 2, "十": 10, "半": 0.5, "几": None}
_WEEKDAYS = {
    name: day for day, names in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天7")) for name in names
}
_DAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_PARTS = {
    "早上": time(12), "上午": time(12), "中午": time(14), "下午": CLOSE_OF_BUSINESS, "傍晚": time(19),
    "晚上": time(22), "晚": time(22), "下班": CLOSE_OF_BUSINESS,
    "morning": time(12), "afternoon": CLOSE_OF_BUSINESS, "evening": time(22),
}  # fmt: skip
_LATE = frozenset({"中午", "下午", "傍晚", "晚上", "晚", "afternoon", "evening"})
_N = r"(?P<n>[0-9]+(?:\.5)?|[一二两三四五六七八九十半几])"
_SPAN = re.compile(
    _N + "(?:个)?(?P<half>半)?(?P<unit>小时|钟头|分钟|个工作日|工作日|天)"
    "|(?P<m>[0-9]+) ?(?P<en>hours?|minutes?|(?:business|working) days?|days?)"
)
_DAY = re.compile(
    "(?P<day>今天|今日|今晚|当天|当日|明天|明日|明晚|明早|后天|(?:这|本|下)?(?:周|星期|礼拜)[一二三四五六日天1-7]"
    "|today|tomorrow|(?:on )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday))"
    "(?:的| )?(?P<part>早上|上午|中午|下午|傍晚|晚上|下班|morning|afternoon|evening)?"
    "(?:(?P<hour>[0-9]{1,2})(?:点|时)(?P<minute>半|[0-9]{1,2})?)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something promised for after the call."""

    kind: str
    """ "callback"."""
    due: str | None
    """ISO date and time by which it is to be done, in the zone of the call's start; None where that is not clear."""
    role: Role
    start: float
    """Seconds; of the sentence with the promise."""
    end: float
    text: str
    """What was said: the promise, and where its time was said elsewhere, that too."""


def find_actions(transcript: Transcript, *, started_at: str | None) -> tuple[Action, ...]:
    """Every callback an agent promises, once, in order.

    A promise said again within NEAR seconds, or for the same moment, is the same promise.

    Args:
        transcript: What was said.
        started_at: ISO date and time of the start of the recording; without it nothing is due at a known moment.
    """
    begun = _moment(started_at)
    spoken = [u for u in transcript.utterances if u.role is Role.AGENT and u.text]
    found: list[Action] = []
    for utterance in spoken:
        if not _promises(utterance.text):
            continue
        action = _action(utterance, spoken, begun)
        before = found[-1] if found else None
        if before is None or not _same(before, action):
            found.append(action)
        elif before.due is None and action.due is not None:
            found[-1] = action
    return tuple(found)


def due_of(text: str, said_at: datetime) -> datetime | None:
    """The moment that a sentence says something is due; None where it says none, several, or leaves it open.

    Args:
        text: As transcribed.
        said_at: When it was said.
    """
    moments = set(_moments(normalise(text, FOLDED).text, said_at))
    return moments.pop() if len(moments) == 1 else None


def _same(one: Action, other: Action) -> bool:
    return other.start - one.end <= NEAR or (one.due is not None and one.due == other.due)


def _promises(text: str) -> bool:
    plain = normalise(text, FOLDED).text
    return bool(_PROMISE.search(_NO_PROMISE.sub("", plain)))


def _action(promise: Utterance, spoken: list[Utterance], begun: datetime | None) -> Action:
    """The promise, its time looked for in its own sentence first, then in those around it, the nearest first."""
    near = [u for u in spoken if u is not promise and _apart(u, promise) <= NEAR]
    for said in (promise, *sorted(near, key=lambda u: _apart(u, promise))):
        due = due_of(said.text, begun + timedelta(seconds=said.end)) if begun else None
        if due is not None:
            text = promise.text if said is promise else " … ".join(u.text for u in sorted((promise, said), key=_begin))
            return _made(promise, due, text)
    return _made(promise, None, promise.text)


def _made(promise: Utterance, due: datetime | None, text: str) -> Action:
    moment = None if due is None else due.replace(microsecond=0).isoformat()
    return Action(kind=CALLBACK, due=moment, role=promise.role, start=promise.start, end=promise.end, text=text)


def _begin(utterance: Utterance) -> float:
    return utterance.start


def _apart(one: Utterance, other: Utterance) -> float:
    return max(0.0, one.start - other.end, other.start - one.end)


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def _moments(text: str, said_at: datetime) -> Iterator[datetime | None]:
    """Every moment that a folded text names; None for one that it leaves open."""
    for span in _SPAN.finditer(text):
        yield _after(span, said_at)
    for day in _DAY.finditer(text):
        yield _on_day(day, said_at)


def _after(span: re.Match[str], said_at: datetime) -> datetime | None:
    unit = span["unit"] or span["en"]
    count = _number(span["n"] or span["m"])
    if count is None:
        return None
    if span["half"]:
        count += 0.5
    if unit.startswith(("小时", "钟头", "hour")):
        return said_at + timedelta(hours=count)
    if unit.startswith(("分钟", "minute")):
        return said_at + timedelta(minutes=count)
    if "工作" in unit or "business" in unit or "working" in unit:
        return _at(_working_days(said_at, int(count)), END_OF_DAY)
    return said_at + timedelta(days=count)


def _number(text: str) -> float | None:
    if text in _DIGITS:
        return _DIGITS[text]
    return float(text)


def _working_days(day: datetime, count: int) -> datetime:
    while count > 0:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _on_day(said: re.Match[str], said_at: datetime) -> datetime | None:
    name, part = said["day"], said["part"] or ""
    if name.endswith(("今晚", "明晚")):
        part = part or "晚"
    if name.endswith("明早"):
        part = part or "早上"
    day = _day_of(name, said_at)
    if said["hour"] is None:
        return _at(day, _PARTS.get(part, END_OF_DAY))
    hour = _hour(int(said["hour"]), part)
    minute = 30 if said["minute"] == "半" else int(said["minute"] or 0)
    return None if hour is None or minute > 59 else _at(day, time(hour, minute))


def _hour(hour: int, part: str) -> int | None:
    """The hour of the day; None where morning and afternoon are both possible, or there is no such hour."""
    if part in _LATE:
        hour += 12 if hour < 12 and not (part == "中午" and hour > 10) else 0
    elif not part and hour < 9:
        return None
    return hour if hour < 24 else None


def _day_of(name: str, said_at: datetime) -> datetime:
    for words, days in ((("今", "当", "today"), 0), (("明", "tomorrow"), 1), (("后",), 2)):
        if name.startswith(words):
            return said_at + timedelta(days=days)
    if name.removeprefix("on ") in _DAYS_EN:
        ahead = _DAYS_EN.index(name.removeprefix("on ")) - said_at.weekday()
        return said_at + timedelta(days=ahead % 7)
    ahead = _WEEKDAYS[name[-1]] - said_at.weekday()
    if name.startswith("下"):
        return said_at + timedelta(days=ahead + 7)
    return said_at + timedelta(days=ahead if name.startswith(("这", "本")) else ahead % 7)


def _at(day: datetime, clock: time) -> datetime:
    return day.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
