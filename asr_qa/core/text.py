"""Text made comparable: chains of small steps that never lose where each character came from.

Three readings of the same words are used for matching: PLAIN (no punctuation, one case), FOLDED
(numbers as digits: 百分之百 and 100% are both 100%) and SPOKEN (numbers as they are read aloud).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce

Span = tuple[int, int]
"""First character and one past the last, in the raw text."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text after some steps, each character with the stretch of the raw text it stands for."""

    text: str
    spans: tuple[Span, ...]
    """One per character of `text`."""


Step = Callable[[Normalised], Normalised]

_DIGIT = {char: str(value) for value, char in enumerate("零一二三四五六七八九")} | {"〇": "0", "两": "2", "幺": "1"}
_UNIT = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
_NUMBER = re.compile(
    r"百分之(?:百(?![一二三四五六七八九])|(?P<percent>[零〇一二两三四五六七八九十百0-9]+))"
    r"|[零〇一二两三四五六七八九十幺][零〇一二两三四五六七八九十百千万亿幺]*"
    r"|[0-9]+[百千万亿]"
)
_WRITTEN = re.compile(r"(?P<whole>[0-9]+)(?:\.(?P<part>[0-9]+))?(?P<percent>%)?(?P<year>(?=年))?")
_CARDINAL_DIGITS = 4
"""Longer numbers are read digit by digit (telephone and order numbers)."""
_FILLERS = frozenset("嗯呃唔")
_APOSTROPHES = frozenset("'’‘`")


def normalise(text: str, chain: Iterable[Step]) -> Normalised:
    """Run a text through the steps of a chain, in order."""
    raw = Normalised(text, tuple((i, i + 1) for i in range(len(text))))
    return reduce(lambda done, step: step(done), chain, raw)


def fold_forms(raw: Normalised) -> Normalised:
    """Full-width, compatibility and upper-case forms become their plain ones (NFKC, lower case)."""
    if unicodedata.is_normalized("NFKC", raw.text) and raw.text == raw.text.lower():
        return raw
    return _gather((form, span) for char, span in zip(raw.text, raw.spans, strict=True) for form in _plain_form(char))


def drop_punctuation(raw: Normalised) -> Normalised:
    """Only letters, digits and % stay; one blank is left between two Latin words, a point inside a number.

    An apostrophe inside a word goes without a blank: I'm, I’m and Im are one.
    """
    text = raw.text
    if text.isalnum():
        return raw
    kept: list[tuple[str, Span]] = []
    pending = ""
    for index, (char, span) in enumerate(zip(text, raw.spans, strict=True)):
        if not (char.isalnum() or char == "%"):
            pending = pending or char
            continue
        before = kept[-1][0] if kept else ""
        if pending and _is_latin(before) and _is_latin(char):
            if not (pending in _APOSTROPHES and text[index - 2].isalnum()):
                kept.append((" ", span))
        elif pending == "." and text[index - 1] == "." and before.isdecimal() and char.isdecimal():
            kept.append((".", span))
        kept.append((char, span))
        pending = ""
    return _gather(kept)


def fold_numbers(raw: Normalised) -> Normalised:
    """Spoken numbers become digits: 二十四小时 24小时, 幺三八 138, 百分之百 100%."""
    return _replace(raw, _NUMBER, _as_digits)


def spell_numbers(raw: Normalised) -> Normalised:
    """Written numbers become what is said: 24 二十四, 13800 一三八零零, 100% 百分之百."""
    return _replace(raw, _WRITTEN, _as_spoken)


def drop_fillers(raw: Normalised) -> Normalised:
    """Hesitations (嗯 呃 唔) go."""
    return _gather((char, span) for char, span in zip(raw.text, raw.spans, strict=True) if char not in _FILLERS)


PLAIN: tuple[Step, ...] = (fold_forms, drop_punctuation)
FOLDED: tuple[Step, ...] = (*PLAIN, fold_numbers)
SPOKEN: tuple[Step, ...] = (*PLAIN, spell_numbers)


def plain(text: str) -> str:
    """The text in its PLAIN reading."""
    return normalise(text, PLAIN).text


def _gather(pairs: Iterable[tuple[str, Span]]) -> Normalised:
    kept = list(pairs)
    return Normalised("".join(char for char, _ in kept), tuple(span for _, span in kept))


@lru_cache(maxsize=20000)
def _plain_form(char: str) -> str:
    return unicodedata.normalize("NFKC", char).lower()


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u2e80"


def _replace(raw: Normalised, pattern: re.Pattern[str], rewrite: Callable[[re.Match[str]], str | None]) -> Normalised:
    """Rewrite each match; letters for letters where the lengths agree, else all stand for the whole match."""
    text, spans = raw.text, raw.spans
    if not pattern.search(text):
        return raw
    out: list[tuple[str, Span]] = []
    done = 0
    for match in pattern.finditer(text):
        new = rewrite(match)
        if new is None:
            continue
        first, last = match.span()
        out += zip(text[done:first], spans[done:first], strict=True)
        whole = (spans[first][0], spans[last - 1][1])
        same = len(new) == last - first
        out += ((char, spans[first + i] if same else whole) for i, char in enumerate(new))
        done = last
    out += zip(text[done:], spans[done:], strict=True)
    return _gather(out)


def _as_digits(match: re.Match[str]) -> str:
    if match[0].startswith("百分之"):
        return ("100" if match["percent"] is None else _number(match["percent"])) + "%"
    return _number(match[0])


def _number(text: str) -> str:
    """Digits of a Chinese numeral; read digit by digit where it has no units."""
    digits = "".join(_DIGIT.get(char, char) for char in text)
    if not any(char in _UNIT for char in digits):
        return digits
    return str(_value(digits))


def _value(text: str) -> int:
    """Value of digits mixed with units; 两百五 is 250, 一万二 is 12000."""
    total = section = 0
    unit = 1
    pending = ""
    for char in text:
        if char.isdecimal():
            pending += char
            continue
        unit = _UNIT[char]
        if unit >= _UNIT["万"]:
            total += (section + int(pending or 0) or 1) * unit
            section = 0
        else:
            section += int(pending or 1) * unit
        pending = ""
    if len(pending) == 1 and unit > _UNIT["十"] and text[-2] in _UNIT:
        pending = str(int(pending) * unit // 10)
    return total + section + int(pending or 0)


def _as_spoken(match: re.Match[str]) -> str:
    whole = match["whole"]
    digitwise = len(whole) > _CARDINAL_DIGITS or (len(whole) > 1 and whole[0] == "0")
    is_year = match["year"] is not None and len(whole) == _CARDINAL_DIGITS
    said = "".join(_spell_each(whole)) if digitwise or is_year else _cardinal(int(whole))
    if match["part"]:
        said += "点" + "".join(_spell_each(match["part"]))
    if match["percent"]:
        return "百分之" + ("百" if whole == "100" and not match["part"] else said)
    return said


def _spell_each(digits: str) -> Iterator[str]:
    return ("零一二三四五六七八九"[int(digit)] for digit in digits)


@lru_cache(maxsize=1000)
def _cardinal(value: int) -> str:
    """How a number below ten thousand is read: 10 十, 24 二十四, 205 二百零五."""
    if value == 0:
        return "零"
    said, skipped = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // unit % 10
        if digit:
            said += ("零" if skipped and said else "") + "零一二三四五六七八九"[digit] + name
        skipped = digit == 0
    return said[1:] if said.startswith("一十") else said
