"""The parts held-a to held-d of bench_redact_heard: sentences for figures on what rules were not made for.

Those of held-a and held-b are the lines of redact_held.txt and redact_held_other.txt, in turn for the one and the
other, those of held-c all of redact_more.txt and redact_more_other.txt, those of held-d all of redact_fresh.txt and
redact_fresh_other.txt. The first three were written before anybody had read what the rules are, the last for code that
was done by then. Their digits are drawn from a seed, with check digits where a number has one. All voices, in turn.
Rules may be made while looking at held-a and held-c, never at held-b and held-d.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

from phrase_voices import VOICES
from redact_spoken import SAID, Piece, Spoken, cardinal

from asr_qa.core.numberplan import id_checksum, luhn

_FILES = {
    "held-a": ("redact_held", 0, 2),
    "held-b": ("redact_held", 1, 2),
    "held-c": ("redact_more", 0, 1),
    "held-d": ("redact_fresh", 0, 1),
}
"""The name of its files, and which of their lines: from where on, and every how many."""
HELD = tuple(_FILES)
ROLES = {"坐": "A", "客": "B"}
FOLDER = Path(__file__).parent
LETTERS = dict(
    re.findall(
        "([A-Z])([^A-Z]+)", "A诶B必C西D弟E意F艾弗G记H诶尺J杰K开L艾勒M艾姆N恩P屁Q扣R阿尔S艾斯T替U优V威W达不溜X艾克斯Y歪"
    )
)
"""The names of Latin letters in the sounds of Mandarin, for voices that know no others."""
SLOT = re.compile(r"\{(\d*)([*!?:=]?|all)\}")
REGIONS = ("110108", "120103", "310104", "320106", "330102", "370202", "420111", "440106", "500103", "510107", "610113")
CARDS = ("622202", "621700", "622848", "621661", "436742", "622588", "625368")
AREAS = ("010", "021", "023", "0512", "0531", "0755", "0871")


def held_numbers(part: str) -> list[Spoken]:
    """Sentences with a number, mixed."""
    return [_number(part, line) for line in _lines(part, "")]


def held_others(part: str) -> list[Spoken]:
    """Sentences without one, mixed."""
    return [
        Spoken(_id("f", line), "figures", "figures", _voice(line), tuple(_pieces(line, random.Random(0), None)))
        for line in _lines(part, "_other")
    ]


def _lines(part: str, sort: str) -> list[str]:
    name, first, step = _FILES[part]
    lines = [line for line in (FOLDER / f"{name}{sort}.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    mine = lines[first::step]
    random.Random(crc32(part.encode())).shuffle(mine)
    return mine


def _number(part: str, line: str) -> Spoken:
    kind, text = line.split(": ", 1)
    rng = random.Random(crc32(f"{part} {line}".encode()))
    reader = Reader(_digits(kind, text, rng), rng)
    return Spoken(_id("n", line), kind, _style(text), _voice(line), tuple(_pieces(text, rng, reader)))


def _id(sort: str, line: str) -> str:
    return f"{sort}{crc32(line.encode()) % 100000:05}"


def _voice(line: str) -> str:
    return sorted(VOICES)[crc32(line.encode()) % len(VOICES)]


def _style(text: str) -> str:
    if "!" in text or "?" in text:
        return "corrected"
    if "all" in text or "=" in text:
        return "read back"
    if sum("[" in turn for turn in text.split("|")) > 1:
        return "turns"
    return "doubled" if "*" in text else "groups" if "，{" in text or "…" in text else "whole"


@dataclass
class Reader:
    """Fills slots with the digits of a number, one after the other."""

    digits: str
    rng: random.Random
    at: int = 0
    last: str = ""
    one: str = field(init=False)

    def __post_init__(self) -> None:
        self.one = self.rng.choice("一幺幺")

    def fill(self, slot: re.Match[str]) -> str:
        """What is said for a slot."""
        size, sort = int(slot[1] or 0), slot[2]
        if sort == "all":
            return self._said(self.digits[: self.at])
        if sort == "=":
            return self._said(self.last)
        if sort == "!" and not size:
            return self._said(self.digits[self.at - 1])
        group = self.digits[self.at : self.at + size]
        if sort == "!":
            return self._said(self._wrong(group, self.rng.randrange(1, size)))
        self.at, self.last = self.at + size, group
        if sort == ":":
            return cardinal(int(group))
        return self._said(self._wrong(group, size - 1)) if sort == "?" else self._said(group, doubled=sort == "*")

    def _wrong(self, group: str, at: int) -> str:
        other = self.rng.choice([digit for digit in "0123456789" if digit != group[at]])
        return group[:at] + other + group[at + 1 :]

    def _said(self, digits: str, *, doubled: bool = False) -> str:
        run = re.search(r"(\d)\1{1,2}", digits) if doubled else None
        if run:
            name = "双" if len(run[0]) == 2 else f"{SAID[len(run[0])]}个"
            return self._said(digits[: run.start()]) + name + self._said(run[1]) + self._said(digits[run.end() :])
        names = {"1": self.one, "X": "叉"}
        return "".join(names.get(digit) or SAID[int(digit)] for digit in digits)


def _pieces(text: str, rng: random.Random, reader: Reader | None) -> Iterator[Piece]:
    for turn in text.split("|"):
        role, said = turn.split(" ", 1)
        parts = [part for part in re.findall(r"\[[^\]]*\]|[^\[\]…]+|…", said) if part.strip("。，")]
        for at, part in enumerate(parts):
            if part == "…":
                continue
            pause = rng.uniform(0.0, 0.4)
            if parts[at + 1 : at + 2] == ["…"]:
                pause += 0.8
            words = SLOT.sub(reader.fill, part.strip("[]")) if reader else part
            yield Piece(ROLES[role], _spelled(words), part[0] == "[", round(pause, 2))


def _spelled(text: str) -> str:
    return re.sub("[A-Z]", lambda letter: LETTERS[letter[0]], text)


def _digits(kind: str, text: str, rng: random.Random) -> str:
    """Digits as long as the slots, with runs where they are to be read as 双 or 三个, and valid."""
    slots = [(int(slot[1]), slot[2]) for slot in SLOT.finditer(text) if slot[1] and slot[2] != "!"]
    size = sum(count for count, _ in slots)
    while True:
        digits = _with_runs(_DRAWN[kind](size, rng, "叉" in text), slots, rng)
        if (kind not in _VALID or _VALID[kind](digits)) and len(digits) >= size and ("叉" in text) == ("X" in digits):
            return digits


def _with_runs(digits: str, slots: list[tuple[int, str]], rng: random.Random) -> str:
    at = 0
    for size, sort in slots:
        if sort == "*":
            run = rng.choice((2, 3))
            first = at + rng.randrange(size - run + 1)
            digits = digits[:first] + rng.choice("0123456789") * run + digits[first + run :]
        if sort == ":":
            digits = digits[:at] + str(rng.randrange(21, 100)) + digits[at + size :]
        at += size
    return digits


def _some(count: int, rng: random.Random) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _mobile(size: int, rng: random.Random, _: bool) -> str:
    return rng.choice(("130", "133", "135", "137", "151", "158", "166", "173", "182", "189", "199")) + _some(8, rng)


def _landline(size: int, rng: random.Random, _: bool) -> str:
    areas = [area for area in ("", *AREAS) if len(area) == size - 8]
    return rng.choice(areas) + rng.choice("2345678") + _some(7, rng)


def _id_card(size: int, rng: random.Random, crossed: bool) -> str:
    born = f"{rng.randint(1948, 2012)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    return rng.choice(REGIONS) + born + _some(3, rng) + (rng.choice("0123456789") if not crossed else "X")


def _bank_card(size: int, rng: random.Random, _: bool) -> str:
    return rng.choice(CARDS) + _some(size - 6, rng)


def _number_of(size: int, rng: random.Random, _: bool) -> str:
    return rng.choice("123456789") + _some(size - 1, rng)


_DRAWN: dict[str, Callable[[int, random.Random, bool], str]] = {
    "mobile": _mobile,
    "landline": _landline,
    "id_card": _id_card,
    "bank_card": _bank_card,
    **dict.fromkeys(("number", "passport", "plate", "e_mail"), _number_of),
}
_VALID: dict[str, Callable[[str], bool]] = {"id_card": id_checksum, "bank_card": luhn}
