"""Words compared by their sound: Mandarin syllables without tone, and which of them are easily confused.

A text becomes one syllable per character. Two syllables are the same, *near* (their initials and
finals fall into the same class: z/zh, n/l, an/ang ...) or differ in initial, final or both.
Characters that have no Mandarin reading (Latin letters) only match themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from asr_qa.core.lexicon import read_lines

SEPARATOR = "\n"
"""Stands between words that no phrase may run across."""
NEAR_COST = 1
"""Cost of a syllable that is not the same but near."""
PART_COST = 64
"""Cost of a differing initial or final; above what all near syllables of one key can add up to."""
MAX_KEY = 60
"""Syllables of the longest key that is compared by sound."""
_BARRIER = 1 << 20
_SYLLABLES_PER_SLIP = 5

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_SPLIT = re.compile(rf"({'|'.join(_INITIALS)})?(.*)")
_NEAR_INITIAL = {"zh": "z", "ch": "c", "sh": "s", "n": "l", "r": "l", "f": "h"}
_NEAR_FINAL = {"ang": "an", "eng": "en", "ing": "in", "iang": "ian", "uang": "uan"}


@dataclass(frozen=True, slots=True)
class Sound:
    """One syllable."""

    initial: str
    final: str
    near_initial: str
    near_final: str


@lru_cache(maxsize=5000)
def _sound(syllable: str) -> Sound:
    match = _SPLIT.fullmatch(syllable)
    initial, final = (match[1] or "", match[2]) if match else ("", syllable)
    return Sound(initial, final, _NEAR_INITIAL.get(initial, initial), _NEAR_FINAL.get(final, final))


def near_sound(syllable: str) -> tuple[str, str]:
    """The classes of its initial and of its final, in which easily confused ones are the same: zhang is (z, an)."""
    sound = _sound(syllable)
    return sound.near_initial, sound.near_final


@lru_cache(maxsize=8192)
def syllables(text: str) -> tuple[str, ...]:
    """Toneless pinyin of each character, polyphones by their context; other characters stand for themselves."""
    said: list[str] = []
    book = _dictionary()
    for stretch in book.stretches.findall(text):
        if book.chinese.match(stretch):
            for word in book.cut(stretch):
                said += _bare(word)
        else:
            said += stretch
    return tuple(said)


@cache
def reading_version() -> str:
    """Version of what `readings` gives; stored readings of another version are worked out anew."""
    import pypinyin

    return f"2+{pypinyin.__version__}"


HETERONYMS = dict(line.split() for line in read_lines(files("asr_qa.core") / "words", "heteronyms.zh"))
"""Characters whose readings are often taken for each other, with all that count where the context leaves it open."""


@lru_cache(maxsize=8192)
def readings(text: str) -> tuple[str, ...]:
    """Pinyin of each character with its tone (1 to 5): hao3, and xing2/hang2 where the context leaves two open.

    A character that has no Mandarin reading gives "_".
    """
    said: list[str] = []
    book = _dictionary()
    for stretch in book.stretches.findall(text):
        if book.chinese.match(stretch):
            for word in book.cut(stretch):
                said += _word(word)
        else:
            said += "_" * len(stretch)
    return tuple(said)


@dataclass(frozen=True, slots=True)
class _Dictionary:
    """How words and characters are read."""

    words: Mapping[str, list[list[str]]]
    characters: Mapping[int, str]
    cut: Callable[[str], Iterable[str]]
    """Cuts Chinese text into words of the dictionary and characters."""
    chinese: re.Pattern[str]
    stretches: re.Pattern[str]
    """Chinese text as long as it goes, everything else character by character."""


@cache
def _dictionary() -> _Dictionary:
    """Loaded when something is first read aloud: most commands read nothing, and it takes a tenth of their start."""
    from pypinyin.constants import PHRASES_DICT, PINYIN_DICT, RE_HANS
    from pypinyin.seg import mmseg

    stretches = re.compile(f"{RE_HANS.pattern[1:-1]}|.", re.DOTALL)
    return _Dictionary(PHRASES_DICT, PINYIN_DICT, mmseg.seg.cut, RE_HANS, stretches)


@lru_cache(maxsize=32_768)
def _word(word: str) -> tuple[str, ...]:
    """Readings of a word of the dictionary, or of a single character.

    Words recur, and looking one up is a hundred times dearer than remembering it.
    """
    found = _dictionary().words.get(word) or [_of_character(char) for char in word]
    return tuple(_reading(char, list(dict.fromkeys(map(_toned, said)))) for char, said in zip(word, found, strict=True))


@lru_cache(maxsize=32_768)
def _bare(word: str) -> tuple[str, ...]:
    """The first reading of each character of a word, without its tone; of what has none the character."""
    found = _dictionary().words.get(word) or [_of_character(char) for char in word]
    return tuple(_toned(said[0]).rstrip("12345") or char for char, said in zip(word, found, strict=True))


def _of_character(char: str) -> list[str]:
    return _dictionary().characters.get(ord(char), "").split(",")


@lru_cache(maxsize=4096)
def _toned(reading: str) -> str:
    """A reading with the number of its tone behind it: hǎo hao3; the neutral tone is 5."""
    from pypinyin import Style
    from pypinyin.style import convert

    said: str = convert(reading, Style.TONE3, strict=True)
    return said if not said or said[-1].isdigit() else f"{said}5"


def _reading(char: str, said: Sequence[str]) -> str:
    """One character's readings; rare ones do not count."""
    first = said[0] or "_"
    if char not in HETERONYMS or not (len(said) > 1 or char in "幺嗯"):
        return first
    tones = {one.rstrip("12345"): one for one in reversed(said)}
    wanted = HETERONYMS[char].split("/")
    return "/".join(tones.get(syllable, f"{syllable}5") for syllable in wanted)


def is_mandarin(char: str) -> bool:
    """Whether the character is read as one Mandarin syllable."""
    return "\u3400" <= char <= "\u9fff"


def slips(length: int) -> int:
    """How many initials or finals may differ in a near match of a key of so many syllables."""
    return length // _SYLLABLES_PER_SLIP


@lru_cache(maxsize=20_000)
def _code(char: str, syllable: str) -> tuple[int, int, int, int]:
    """Numbers for a character, its syllable, and the near classes of its initial and final.

    Characters without a Mandarin reading get numbers of their own, negative so that they meet no other.
    """
    if not is_mandarin(char):
        return (-ord(char),) * 4
    sound = _sound(syllable)
    return ord(char), _number(syllable), _number(sound.near_initial), _number(sound.near_final)


def _number(letters: str) -> int:
    """A number for up to six letters of pinyin."""
    return int.from_bytes(letters.encode("ascii", "ignore")[:6])


def cost(char: str, syllable: str, other_char: str, other: str) -> int:
    """What it costs to take one character for another: 0 same sound, NEAR_COST near, PART_COST per differing part."""
    return int(_costs(_code(char, syllable), np.array([_code(other_char, other)], dtype=np.int64))[0])


def _costs(key: tuple[int, int, int, int], others: NDArray[np.int64]) -> NDArray[np.int32]:
    """Cost of taking each of some characters (rows of codes) for that of a key."""
    differs = others != np.array(key, dtype=np.int64)
    same = ~differs[:, 0] | ~differs[:, 1]
    parts = differs[:, 2].astype(np.int32) + differs[:, 3]
    costs = np.where(parts > 0, parts * PART_COST, NEAR_COST)
    costs[same] = 0
    costs[(others[:, 0] == -ord(SEPARATOR)) | (key[0] == -ord(SEPARATOR))] = _BARRIER
    return costs.astype(np.int32)


@dataclass(slots=True)
class SoundIndex:
    """A text to be searched by sound; the cost of each key character at every place is worked out once."""

    text: str
    sounds: Sequence[str]
    """One syllable per character of `text`."""
    _codes: NDArray[np.int64] = field(init=False)
    _rows: dict[tuple[str, str], NDArray[np.int32]] = field(init=False, default_factory=dict)
    _kind_at: NDArray[np.int32] = field(init=False)

    def __post_init__(self) -> None:
        """Number the distinct (character, syllable) pairs, so that a cost is computed once per pair."""
        kinds: dict[tuple[str, str], int] = {}
        places = [kinds.setdefault(pair, len(kinds)) for pair in zip(self.text, self.sounds, strict=True)]
        self._kind_at = np.array(places, dtype=np.int32)
        self._codes = np.array([_code(*kind) for kind in kinds], dtype=np.int64).reshape(len(kinds), 4)

    def find(self, text: str, sounds: Sequence[str], *, limit: int) -> list[tuple[int, int]]:
        """Places where a key is heard at a cost of at most `limit`: (position, cost), in order of position."""
        count = len(self.text) - len(text) + 1
        if count <= 0 or not text:
            return []
        total = self._row((text[0], sounds[0]))[:count]
        places = np.flatnonzero(total <= limit)
        total = total[places]
        for offset, pair in enumerate(zip(text[1:], sounds[1:], strict=True), start=1):
            total = total + self._row(pair)[places + offset]
            kept = total <= limit
            places, total = places[kept], total[kept]
            if not places.size:
                break
        return list(zip(places.tolist(), total.tolist(), strict=True))

    def _row(self, pair: tuple[str, str]) -> NDArray[np.int32]:
        row = self._rows.get(pair)
        if row is None:
            row = self._rows[pair] = _costs(_code(*pair), self._codes)[self._kind_at]
        return row
