"""Rows of digits in running text, as they are written and as they are said.

一三八, 幺, 洞 拐 勾, 三个八, 双零, 138, １３８ are digits; pauses, punctuation, hesitations and connecting words
(然后是) may stand between them. A character that only sounds like a digit (依 for 一) is *doubtful*: it belongs
to a row where digits stand on both sides, and the reader of the row decides whether it counts. Linear in the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from asr_qa.core.lexicon import read_parts

HARD_BREAK = "\n"
"""Stands between pieces of text that no number runs across."""

WORDS = read_parts("digits.zh")
"""What digits are said, written and misheard as; a part for each of its uses."""


def _by_char(lines: Sequence[str]) -> dict[str, str]:
    """The digit of each character, of lines such as "1 一幺"."""
    return {char: digit for digit, chars in map(str.split, lines) for char in chars}


_VALUE = _by_char(WORDS["digits"]) | {digit: digit for digit in "0123456789"}
_AS_DIGITS = str.maketrans(_VALUE)
_DOUBTFUL = _by_char(WORDS["mistaken"])
DIGITS = "".join(_VALUE)
"""Every character that is a digit."""
NUMERALS = DIGITS + "".join(_DOUBTFUL)
"""Those and the ones that only sound like one."""
_DIGIT = "[" + "".join(_VALUE) + "]"
_TOKEN = re.compile(
    rf"(?P<count>[一二两三四五六七八九1-9])个(?P<repeated>{_DIGIT})|[双俩](?P<twice>{_DIGIT})"
    r"|(?P<dotted>(?<![0-9.])(?!(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9]|\.[0-9]))"
    r"(?:[0-9]{3,4}(?:[./][0-9]{3,8}){2,5}|[0-9]{3,4}\.[0-9]{6,8}|[0-9](?:[./][0-9]){6,17})(?![0-9]|[./][0-9]))"
    rf"|(?P<digit>{_DIGIT})"
    r"|(?P<join>然后是?|接着是?|后面是?|中间是?|前面是?|最后是?|下面是?|再来|就是|那个|这个|横杠|短横|减号|空格"
    r"|[杠嗯呃唔啊哦额哎诶呢对好])"
    rf"|(?P<doubt>[{''.join(_DOUBTFUL)}])"
    r"|(?P<point>(?<=[0-9])[.:/](?=[0-9]))"
    r"|(?P<pause>[^\w\n*＊%％‰])"
)
_FILLS = 14
"""Characters that may stand between two digits of one row."""
_DOUBTS = 4
"""Doubtful characters that may stand side by side."""


@dataclass(frozen=True, slots=True)
class Digit:
    """One digit, or one digit said several times at once (三个八)."""

    value: str
    """One or more digits; 6222.0202.1234 is one of them all."""
    first: int
    last: int
    """Where it stands: first character and one past the last."""
    sure: bool = True
    """Not where the character only sounds like the digit."""


Group = list[Digit]
"""Digits with nothing between them."""


@dataclass(slots=True)
class Row:
    """Digits that are said in one go."""

    digits: list[Digit] = field(default_factory=list)
    before: Digit | None = None
    """A doubtful digit that touches the first."""
    after: Digit | None = None
    """A doubtful digit that touches the last."""

    @property
    def first(self) -> int:
        """Where the first sure digit begins."""
        return self.digits[0].first

    @property
    def last(self) -> int:
        """One past the last sure digit."""
        return self.digits[-1].last


def fold_width(text: str) -> str:
    """One plain character for each: digits of all scripts as 0 to 9, full-width forms as ASCII, upper case."""
    return text.upper() if text.isascii() else "".join(map(_plain, text))


def canonical(text: str) -> str:
    """One character for each, by which two spellings of a number are the same: as `fold_width`, 一 and 幺 as 1."""
    return fold_width(text).translate(_AS_DIGITS)


def rows(text: str) -> list[Row]:
    """Every row of digits in a text that went through `fold_width`, in order."""
    reader = _Reader()
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            reader.end()
        at = match.end()
        reader.take(match)
    reader.end()
    return reader.rows


def groups_of(digits: Group) -> Iterator[Group]:
    """Digits with nothing between them."""
    group = digits[:1]
    for digit in digits[1:]:
        if digit.first != group[-1].last:
            yield group
            group = []
        group.append(digit)
    yield group


def value_of(digits: Sequence[Digit]) -> str:
    """The digits as ASCII."""
    return "".join(digit.value for digit in digits)


@lru_cache(maxsize=8192)
def _plain(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    form = unicodedata.normalize("NFKC", char).upper()
    return form if len(form) == 1 else char


@dataclass(slots=True)
class _Reader:
    """Gathers tokens into rows."""

    rows: list[Row] = field(default_factory=list)
    row: Row = field(default_factory=Row)
    doubts: list[Digit] = field(default_factory=list)
    """Doubtful characters since the last sure digit."""
    touching: Digit | None = None
    """The doubtful character just before, while no row is open."""

    def take(self, match: re.Match[str]) -> None:
        """One more token, right after the last one."""
        if match["join"] or match["pause"]:
            self._fill(match)
        elif match["point"]:
            self.end()
        elif match["doubt"]:
            self._doubt(Digit(_DOUBTFUL[match[0]], *match.span(), sure=False))
        else:
            self._digit(Digit(_said(match), *match.span()))

    def end(self) -> None:
        """Something that is no part of a number."""
        if self.row.digits:
            if self.doubts and self.doubts[0].first == self.row.last:
                self.row.after = self.doubts[0]
            self.rows.append(self.row)
        self.row, self.doubts, self.touching = Row(), [], None

    def _fill(self, match: re.Match[str]) -> None:
        self.touching = None
        if self.row.digits and match.end() - self.row.last > _FILLS:
            self.end()

    def _doubt(self, digit: Digit) -> None:
        self.touching = digit
        if self.row.digits:
            self.doubts.append(digit)
            if len(self.doubts) > _DOUBTS:
                self.end()
                self.touching = digit

    def _digit(self, digit: Digit) -> None:
        if not self.row.digits:
            self.row.before = self.touching
        self.row.digits += [*self.doubts, digit]
        self.doubts, self.touching = [], None


def _said(match: re.Match[str]) -> str:
    """The digits of a token: 三个八 is 888."""
    if match["count"]:
        return _VALUE[match["repeated"]] * int(_VALUE[match["count"]])
    if match["dotted"]:
        return match["dotted"].replace(".", "").replace("/", "")
    return _VALUE[match["twice"]] * 2 if match["twice"] else _VALUE[match["digit"]]
