"""Sounds as numbers: every syllable has a code, and what it costs to take one for another is a table.

The table is made once for an accent: syllables that its speakers do not part (n/l, an/ang ...) are *near*. A
character whose reading is open has a code of its own, as cheap as the best of its readings. Costs are in hundredths
of a syllable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.phonetic import HETERONYMS, SEPARATOR

SAME = 0
NEAR = 20
"""Cost of a syllable that differs only in what the accent does not part."""
ALIKE = 50
"""Cost of an initial or final that differs in one feature (b/p, ao/ou)."""
PART = 60
"""Cost of any other differing initial or final."""
WHOLE = 100
"""Cost of a syllable that differs in both."""

_INITIALS = ("", *"bpmfdtnlgkhjqx", "zh", "ch", "sh", *"rzcsyw")
_FINALS = (
    *("", "a", "ai", "an", "ang", "ao", "e", "ei", "en", "eng", "er", "g", "i", "ia", "ian", "iang", "iao", "ie"),
    *("in", "ing", "iong", "iu", "m", "ng", "o", "ong", "ou", "u", "ua", "uai", "uan", "uang", "ue", "ui", "un"),
    *("uo", "v", "ve"),
)
_SPLIT = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?(.*)")
_PLAIN = len(_INITIALS) * len(_FINALS)
OPEN = _PLAIN
"""First code of characters whose reading is open."""
_OPEN = 128
"""Codes kept for them."""
LETTER = _PLAIN + _OPEN
"""Code of the letter a of a word that is not Mandarin; the others follow. Each is only like itself."""
OPAQUE = LETTER + 26
"""Code of everything else: it is like nothing."""
BREAK = OPAQUE + 1
"""Code of a separator."""
COUNT = BREAK + 1

_ALIKE_INITIALS = (
    *("b p", "d t", "g k", "g h", "k h", "j q", "j x", "q x", "zh ch", "ch sh", "zh sh", "z c", "c s", "z s"),
    *("j zh", "j z", "q ch", "q c", "x sh", "x s", "m n", "m b", "d l", "d n", "t l", "zh r", "sh r", "f p", "b f"),
    *("y r", "h w", "m w", "f w", "g d", "k t", "p t", "b d"),
)
_ALIKE_FINALS = (
    *(
        "e uo",
        "o uo",
        "e o",
        "ou uo",
        "ao ou",
        "ao o",
        "a ao",
        "ai ei",
        "ai an",
        "a ai",
        "a ang",
        "a an",
        "an en",
        "ang eng",
    ),
    *("en in", "eng ing", "eng ong", "ou u", "o u", "ong u", "ei i", "ui ei", "ui uai", "un en", "un uan", "uan an"),
    *(
        "ian an",
        "ian in",
        "ian ie",
        "ie ia",
        "ie i",
        "ia a",
        "iao ao",
        "iao iu",
        "iu ou",
        "i in",
        "i ing",
        "i v",
        "i u",
    ),
    *("e er", "ua a", "uo u", "uang ang", "iang ang", "iang ia", "uai ai", "ue ie", "ve ie", "ue uo", "ei en", "e en"),
    *("v u", "un in", "iong ong", "ing ian", "e ei", "e i", "ian iang", "uan uang", "ong un", "ao an", "ou iu"),
)


@dataclass(frozen=True, slots=True)
class Accent:
    """Sounds that some speakers do not part."""

    id: str
    title_zh: str
    initials: tuple[tuple[str, str], ...] = ()
    finals: tuple[tuple[str, str], ...] = ()
    glides: bool = False
    """hu- and w- are one: 黄 王, 胡 吴."""


ACCENTS = {
    accent.id: accent
    for accent in (
        Accent("n_l", "n、l 不分（牛奶/流来）", (("n", "l"),)),
        Accent("r_l", "r、l 不分（热/乐）", (("r", "l"),)),
        Accent("f_h", "f、h 不分（飞机/灰机）", (("f", "h"),)),
        Accent("z_zh", "平翘舌不分（四/是）", (("z", "zh"), ("c", "ch"), ("s", "sh"))),
        Accent("an_ang", "an、ang 不分（半/帮）", (), (("an", "ang"), ("ian", "iang"), ("uan", "uang"))),
        Accent("en_eng", "en、eng 不分（本/崩）", (), (("en", "eng"),)),
        Accent("in_ing", "in、ing 不分（宾/冰）", (), (("in", "ing"),)),
        Accent("hu_w", "hu、w 不分（黄/王，胡/吴）", glides=True),
        Accent("j_zh", "j、zh 不分（记/至）", (("j", "zh"), ("q", "ch"), ("x", "sh"))),
        Accent("eng_ong", "eng、ong 不分（风/fong）", (), (("eng", "ong"),)),
        Accent("i_v", "i、ü 不分（鱼/移）", (), (("i", "v"),)),
        Accent("ie_ian", "ie、ian 不分（天/贴）", (), (("ie", "ian"),)),
    )
}
"""Every accent that can be switched on."""
GROUPS = {"nasals": ("an_ang", "en_eng", "in_ing")}
"""Names for several of them."""
DEFAULT_ACCENTS = ("n_l", "r_l", "f_h", "z_zh", "an_ang", "en_eng", "in_ing")


@dataclass(frozen=True, slots=True)
class AccentTable:
    """Which accents are heard where."""

    default: tuple[str, ...] = DEFAULT_ACCENTS
    queues: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Accents of single queues, in place of the default."""

    def of(self, queue: str | None) -> tuple[str, ...]:
        """The accents of a queue."""
        return dict(self.queues).get(queue or "", self.default)


USUAL = AccentTable()
"""What is heard where nothing is said about it."""

Codes = NDArray[np.int16]
Costs = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Ear:
    """What is near and what is not, for some accents."""

    accents: tuple[str, ...]
    costs: Costs
    """Shape (COUNT, COUNT): cost of hearing the second for the first, in hundredths of a syllable."""
    classes: Codes
    """Shape (COUNT, 2): class of each code; the second differs from the first where two readings are open."""


def expand(names: Iterable[str]) -> tuple[str, ...]:
    """Ids of accents with groups spelt out, in order of the table; a name that is unknown stays."""
    wanted = {one for name in names for one in GROUPS.get(name, (name,))}
    return (*(one for one in ACCENTS if one in wanted), *sorted(wanted - ACCENTS.keys()))


@lru_cache(maxsize=8192)
def unit(reading: str) -> tuple[int, int]:
    """Code and tone of a reading as `phonetic.readings` writes it; of an open one the tone of the first."""
    if reading == SEPARATOR:
        return BREAK, 0
    tone = int(reading[-1]) if reading[-1:].isdigit() else 0
    if "/" in reading:
        tone = int(reading[reading.index("/") - 1])
        return _OPEN_CODES.get(_bare(reading), OPAQUE), tone
    return _code(reading.rstrip("12345")), tone


def _bare(reading: str) -> str:
    return "/".join(part.rstrip("12345") for part in reading.split("/"))


def _code(syllable: str) -> int:
    """Code of one syllable."""
    match = _SPLIT.fullmatch(syllable)
    initial, final = (match[1] or "", match[2]) if match else ("", syllable)
    if final not in _FINAL_AT or not syllable:
        return OPAQUE
    return _INITIALS.index(initial) * len(_FINALS) + _FINAL_AT[final]


_FINAL_AT = {final: index for index, final in enumerate(_FINALS)}
_OPEN_READINGS = tuple(sorted(set(HETERONYMS.values())))
_OPEN_CODES = {reading: _PLAIN + index for index, reading in enumerate(_OPEN_READINGS)}


@lru_cache(maxsize=32)
def ear(accents: tuple[str, ...] = DEFAULT_ACCENTS) -> Ear:
    """The tables of some accents (ids as in ACCENTS)."""
    chosen = [ACCENTS[name] for name in accents]
    initials = _classes(_INITIALS, [pair for accent in chosen for pair in accent.initials])
    finals = _classes(_FINALS, [pair for accent in chosen for pair in accent.finals])
    glides = any(accent.glides for accent in chosen)
    plain = np.array(
        [_class(initial, final, initials, finals, glides=glides) for initial in _INITIALS for final in _FINALS],
        dtype=np.int16,
    )
    classes = np.repeat(np.arange(COUNT, dtype=np.int16)[:, None], 2, axis=1)
    classes[:_PLAIN] = plain[:, None]
    members = {code: [_code(one) for one in reading.split("/")] for reading, code in _OPEN_CODES.items()}
    for code, codes in members.items():
        classes[code] = plain[codes[:2]]
    return Ear(accents, _costs(plain, members), classes)


def _classes(names: tuple[str, ...], pairs: list[tuple[str, str]]) -> dict[str, str]:
    """Each name with the one that stands for all it is not parted from."""
    stands = {name: name for name in names}
    for one, other in pairs:
        old, new = stands[one], stands[other]
        stands = {name: new if value == old else value for name, value in stands.items()}
    return stands


def _class(initial: str, final: str, initials: dict[str, str], finals: dict[str, str], *, glides: bool) -> int:
    if glides and initial == "w":
        initial, final = "h", final if final.startswith("u") else _GLIDED.get(final, f"u{final}")
    first = _INITIALS.index(initials[initial])
    return first * len(_FINALS) + _FINAL_AT.get(finals.get(final, final), 0)


_GLIDED = {"ei": "ui", "en": "un", "o": "uo", "eng": "ong"}


def _costs(plain: Codes, members: dict[int, list[int]]) -> Costs:
    """Cost of each code for each other one."""
    first = _table(_INITIALS, _ALIKE_INITIALS)
    second = _table(_FINALS, _ALIKE_FINALS)
    size = len(_INITIALS), len(_FINALS)
    both = first[:, None, :, None] + second[None, :, None, :]
    base = np.minimum(both, WHOLE).reshape(size[0] * size[1], -1)
    base[plain[:, None] == plain[None, :]] = NEAR
    np.fill_diagonal(base, SAME)
    costs = np.full((COUNT, COUNT), WHOLE, dtype=np.uint8)
    np.fill_diagonal(costs[LETTER:OPAQUE, LETTER:OPAQUE], SAME)
    costs[:_PLAIN, :_PLAIN] = base
    for code, codes in members.items():
        costs[code, :_PLAIN] = base[codes].min(axis=0)
    for code, codes in members.items():
        costs[:, code] = costs[:, codes].min(axis=1)
    return costs


def _table(names: tuple[str, ...], alike: tuple[str, ...]) -> NDArray[np.int16]:
    """Cost of each initial (or final) for each other one."""
    table = np.full((len(names), len(names)), PART, dtype=np.int16)
    np.fill_diagonal(table, 0)
    for pair in alike:
        one, other = (names.index(name) for name in pair.split())
        table[one, other] = table[other, one] = ALIKE
    return table
