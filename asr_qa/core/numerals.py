"""Turns that are hardly anything but numerals and what sounds like them, where somebody reads a number out.

What a recogniser makes of digits said one by one is half of it other words: 散要 for 三幺, 用3个球 for 六三个九, 花一色
for 八一四. Here it is told what of a turn may be such a digit, and which stretch of it is hidden together with the
unknown characters inside and beside it. Only for turns in which a number is expected: elsewhere these are words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from asr_qa.core.digits import DIGITS, NUMERALS, WORDS, rows, value_of
from asr_qa.core.figures import CALENDAR, UNIT
from asr_qa.core.numbernames import NAMES
from asr_qa.core.numberplan import is_public, is_service
from asr_qa.core.phonetic import syllables

Span = tuple[int, int]
"""First character and one past the last."""

_CLEAR = frozenset(DIGITS)
_STRICT = frozenset(NUMERALS + "十百双叉")
_PARTICLES = frozenset("".join(WORDS["particles"]))
_NEAR = frozenset(" ".join(WORDS["near"]).split())
_FAR = _NEAR | frozenset(" ".join(WORDS["far"]).split())
_FILLER = re.compile("|".join(("[嗯呃唔啊哦额哎诶]", *WORDS["between"])))
_ROW = re.compile(f"[{DIGITS}十百千万]+")
_READ_SINGLY = re.compile(f"[{DIGITS}]{{5,}}(?<!00)(?<!零零)")
"""So many digits are no count of anything: 395964秒 is heard for …四六."""
_STROKE = re.compile(r"[0-9]{3}[-.]")
_UNIT_OR_DIGIT = frozenset("次时期百十分秒GMK")
"""Units that a digit is heard as: one where a digit follows, or where the digits before go on with a number."""
_SURE_UNITS = frozenset("元块万千亿年月日天")
"""Units even in the middle of digits."""
_MONEY = frozenset("元块美人多千百十万")
"""After 亿 it is no 一 that was misheard."""
_GROUP = 4
"""Digits of a group of a number that is read out; it is no service then: 110, 122."""
_NAMES = re.compile("|".join(NAMES))
_REPEATS = re.compile(rf"(?<=[{NUMERALS}])个")
OTHER_WORDS = frozenset("".join(WORDS["other words"]))
"""At the edge of a turn these are words of their own, and not digits that were misheard."""
_GAP = 3
"""Letters between two numerals of one stretch."""
_EDGE = 3
"""Letters that may stand beside a stretch, up to the edge of what is looked at, and are hidden with it."""
_NEARBY = 12
"""Characters of them, signs and fillers included."""
_FEW = 5
"""Digits of a turn that is nothing else, from which it is taken for a number ..."""
_MANY = 7
"""... and where some of them are clear and others only sound like digits."""
_LEAST_CLEAR = 3
"""Clear digits of a row, the rest of which only sounds like digits."""
_SHORT = 6
"""Letters of a turn that is a group of a number, none of it understood."""
_REMARK = 12
"""Letters of a short remark."""
LONGEST = 60
"""Letters of a turn in which sounds are compared; longer ones are no turn of a number that is read out."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What of a stretch of text may be digits."""

    clear: int
    """Digits."""
    count: int
    """Digits and what sounds like them."""
    spans: tuple[Span, ...]
    """What is hidden if this is a number that is being read out."""


def heard(text: str, first: int, last: int) -> Heard | None:
    """What of a stretch may be digits; None where it is not mainly made of them.

    Args:
        text: Went through `fold_width`.
        first: First character of the stretch.
        last: One past its last.
    """
    kinds = kinds_of(text[first:last])
    letters = _letter_count(kinds)
    strict = sum(kind in "cs" for kind in kinds)
    clear = kinds.count("c")
    count = strict + kinds.count("n")
    mainly = 2 * strict >= letters or (clear > 0 and 3 * count >= 2 * letters) or _begins_with_row(kinds)
    if (
        not letters
        or not mainly
        or all(kind not in "csn" or text[first + at] in _PARTICLES for at, kind in enumerate(kinds))
    ):
        return None
    spans = tuple(_stretches(text, first, kinds))
    return Heard(clear, count, spans) if spans else None


def sounding(text: str, first: int, last: int) -> Heard | None:
    """What of a short turn sounds like digits, where none of it is one; None where it is not mainly that."""
    kinds = kinds_of(text[first:last])
    count, letters = sum(kind in "sn" for kind in kinds), _letter_count(kinds)
    if "c" in kinds or "q" in kinds or not 2 <= letters <= _SHORT or 3 * count < 2 * letters:
        return None
    if all(char in _PARTICLES for char in text[first:last] if char.isalnum()):
        return None
    return Heard(0, count, ((first, last),))


def _begins_with_row(kinds: str) -> bool:
    """Whether a long row with hardly a letter between comes first, whatever is said after it: …六，麻烦你了."""
    run = next(iter(_runs(kinds)), [])
    if len(run) < _MANY or _letter_count(kinds[: run[0]]) > _EDGE or all(kinds[at] != "c" for at in run):
        return False
    return 3 * len(run) >= 2 * _letter_count(kinds[run[0] : run[-1] + 1])


def _letter_count(kinds: str) -> int:
    return len(kinds) - kinds.count(" ")


def row_heard(text: str, first: int, last: int) -> Span | None:
    """The row of seven and more that a turn mainly is: digits, and what sounds like them; where nobody asked for one.

    Args:
        text: Went through `fold_width`.
        first: First character of the turn.
        last: One past its last.
    """
    kinds = kinds_of(text[first:last]) if last - first <= LONGEST else ""
    letters = _letter_count(kinds)
    for run in _runs(kinds):
        clear = sum(kinds[at] == "c" for at in run)
        within = _letter_count(kinds[run[0] : run[-1] + 1])
        if len(run) >= _MANY and clear >= _LEAST_CLEAR and 5 * len(run) >= 4 * within and 2 * len(run) >= letters:
            return first + run[0], first + run[-1] + 1
    return None


def stray(text: str, first: int, last: int) -> tuple[Span, ...]:
    """The digits of a short remark, each with what sounds like one around it; none where quantities are spoken of.

    Args:
        text: Went through `fold_width`.
        first: First character of the remark.
        last: One past its last.
    """
    kinds = kinds_of(text[first:last])
    if _letter_count(kinds) > _REMARK or "q" in kinds or "c" not in kinds:
        return ()
    return tuple((first + run[0], first + run[-1] + 1) for run in _runs(kinds) if any(kinds[at] == "c" for at in run))


def may_be_row(text: str) -> bool:
    """Whether there are enough digits in a text for part of a number; a quick look."""
    clear = sum(char in _CLEAR for char in text)
    return clear > 1 or (clear > 0 and sum(char in _STRICT for char in text) >= _GROUP)


def mostly_numerals(text: str) -> bool:
    """Whether a text is mainly digits, some of them clear."""
    letters = clear = strict = 0
    for char in text:
        letters += char.isalnum()
        clear += char in _CLEAR
        strict += char in _STRICT
    return clear > 0 and 2 * strict >= letters


def only_numerals(text: str) -> bool:
    """Whether a text is nothing but digits and what sounds like them, most of them clear."""
    letters = [char for char in _FILLER.sub("", text) if char.isalnum() and char != "个"]
    clear = sum(char in _CLEAR for char in letters)
    if all(char in _STRICT for char in letters) and 5 * clear >= 4 * len(letters):
        return clear >= _FEW
    if not _MANY <= len(letters) <= LONGEST or 2 * clear <= len(letters):
        return False
    return all(
        char in _STRICT or said in _NEAR for char, said in zip(letters, syllables("".join(letters)), strict=True)
    )


def kinds_of(part: str) -> str:
    """What each character is.

    Returns:
        One letter for each: c clear digit, s homophone, n near, q quantity or name of a number, x other, blank none.
    """
    near = syllables(part) if len(part) <= LONGEST else None
    found = [
        "c" if char in _CLEAR else
        "s" if char in _STRICT else
        " " if not char.isalnum() else
        "n" if near is not None and near[at] in _FAR else "x"
        for at, char in enumerate(part)
    ]  # fmt: skip
    for match in _FILLER.finditer(part):
        if match[0] != "不是":
            found[match.start() : match.end()] = " " * len(match[0])
    for match in _REPEATS.finditer(part):
        found[match.start()] = "s" if found[match.start() + 1 : match.start() + 2] in (["c"], ["s"], ["n"]) else "x"
    for match in _NAMES.finditer(part):
        found[match.start() : match.end()] = "q" * len(match[0])
    _drop_figures(part, found)
    _drop_words(part, found)
    return "".join(found)


def _drop_figures(part: str, found: list[str]) -> None:
    """Quantities, by the unit after them, and the numbers of services and hotlines are no part of what is read out."""
    for match in _ROW.finditer(part):
        end = match.end()
        repeats = part.startswith("个", end) and found[end : end + 1] == ["s"]
        goes_on = _follows(found, match) or _hangs_on(part, found, match.start())
        misheard = part[end : end + 1] in _UNIT_OR_DIGIT and goes_on
        misheard |= part[end : end + 1] not in _SURE_UNITS and _within_row(found, match.start())
        misheard |= part[end : end + 1] in _UNIT_OR_DIGIT and _is_read_singly(part, match)
        misheard |= part[end : end + 1] == "亿" and _MONEY.isdisjoint(part[end + 1 : end + 4])
        if not repeats and not misheard and (UNIT.match(part, end) or CALENDAR.match(part, end)):
            found[match.start() : end + 1] = "q" * (end + 1 - match.start())
    for row in rows(part):
        value = value_of([digit for digit in row.digits if digit.sure])
        in_one = row.last - row.first == len(value)
        if is_public(value) or (in_one and is_service(value) and len(value) > _GROUP):
            found[row.first : row.last] = "q" * (row.last - row.first)


def _is_read_singly(part: str, row: re.Match[str]) -> bool:
    return _READ_SINGLY.fullmatch(row[0]) is not None and not part.startswith("第", max(0, row.start() - 1))


def _follows(found: list[str], row: re.Match[str]) -> bool:
    """Whether a digit, or what sounds like one, follows the unit; after three digits a sign may stand between."""
    after = found[row.end() + 1 : row.end() + 3]
    if after[:1] == [" "] and len(row[0]) >= _EDGE:
        return after[1:] == ["c"]
    return after[:1] in (["c"], ["s"], ["n"])


def _hangs_on(part: str, found: list[str], first: int) -> bool:
    """Whether digits go on with a number: after a stroke, or after what sounds like a digit, 952次|356分."""
    stroke = first > _EDGE and _STROKE.fullmatch(part, first - _EDGE - 1, first)
    return bool(stroke) or found[max(0, first - 2) : first] == ["c", "n"]


def _within_row(found: list[str], first: int) -> bool:
    """Whether three digits, or what sounds like them, stand right before a place."""
    return first >= _EDGE and all(kind in ("c", "s", "n") for kind in found[first - _EDGE : first])


def _drop_words(part: str, found: list[str]) -> None:
    """Particles are words of their own where another word touches them, 一三八对吧; so is what sounds near, alone."""
    kinds = list(found)
    for at, char in enumerate(part):
        beside = {*kinds[max(0, at - 1) : at], *kinds[at + 1 : at + 2]}
        if (char in _PARTICLES and {"x", "q"} & beside) or (kinds[at] == "n" and not {"c", "s", "n"} & beside):
            found[at] = "x"


def _stretches(text: str, first: int, kinds: str) -> Iterator[Span]:
    """From the first to the last numeral, in one; in several where other words stand between."""
    runs = _runs(kinds)
    for run in runs:
        if len(runs) == 1 or any(kinds[at] == "c" for at in run) or sum(kinds[at] == "s" for at in run) > 1:
            yield _widened(text, first, kinds, (run[0], run[-1] + 1))


def _runs(kinds: str) -> list[list[int]]:
    """Where numerals stand that have hardly a letter between them."""
    run: list[int] = []
    done: list[list[int]] = []
    between = 0
    for at, kind in enumerate(kinds):
        if run and (kind == "q" or (kind in "csn" and between > _GAP)):
            done.append(run)
            run = []
        if kind in "csn":
            run.append(at)
            between = 0
        between += kind == "x"
    return [*done, run] if run else done


def _widened(text: str, first: int, kinds: str, span: Span) -> Span:
    """With the few unknown letters between it and the edges, where these are no words of their own."""
    head, tail = _letters(text, first, kinds, 0, span[0]), _letters(text, first, kinds, span[1], len(kinds))
    begin = span[0] if head is None else 0
    end = span[1] if tail is None else len(kinds)
    return first + begin, first + end


def _letters(text: str, first: int, kinds: str, begin: int, end: int) -> str | None:
    if end - begin > _NEARBY:
        return None
    letters = "".join(text[first + at] for at in range(begin, end) if kinds[at] != " ")
    if not letters or len(letters) > _EDGE or "q" in kinds[begin:end] or not OTHER_WORDS.isdisjoint(letters):
        return None
    return letters
