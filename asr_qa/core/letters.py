"""Latin letters and codes as they are read aloud in Mandarin: APP 诶批批, VIP 微爱批, Wi-Fi 歪fai, 4S 四艾丝."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

_LETTERS = {
    "a": "ei1",
    "b": "bi4",
    "c": "xi1",
    "d": "di4",
    "e": "yi4",
    "f": "ai4 fu2",
    "g": "ji4",
    "h": "ei4 chi1",
    "i": "ai4",
    "j": "zhei4",
    "k": "kai4",
    "l": "ai4 le5",
    "m": "ai4 mu3",
    "n": "en1",
    "o": "ou1",
    "p": "pi1",
    "q": "kou4",
    "r": "a1",
    "s": "ai4 si1",
    "t": "ti4",
    "u": "you1",
    "v": "wei1",
    "w": "da1 bu4 liu2",
    "x": "ai4 ke4 si1",
    "y": "wai1",
    "z": "zei4",
}
"""How each letter is read, as Mandarin syllables."""
_WORDS = {"wifi": "wai1 fai4", "ok": "ou1 kei4", "pos": "pou4 si1", "sim": "xin1", "qq": "kou4 kou4"}
"""Codes that are read as words."""
_LONGEST = 5
"""Letters of the longest word that is spelt out; longer ones are read as the words they are."""
_LATIN = re.compile(r"[a-z]+(?: [a-z]+)*")


def spelt(text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Where a text in its PLAIN reading has a code of letters: first character, one past the last, its syllables."""
    for match in _LATIN.finditer(text):
        if (said := _said(match[0])) is not None:
            step = 1 if len(said) == match.end() - match.start() else 0
            if not step:
                yield match.start(), match.end(), tuple(reading for part in said for reading in part)
                continue
            for offset, part in enumerate(said):
                yield match.start() + offset, match.start() + offset + 1, part


@lru_cache(maxsize=2000)
def _said(run: str) -> tuple[tuple[str, ...], ...] | None:
    """Syllables of a run of Latin words: per character where it is spelt, else all as one part; None for words."""
    code = run.replace(" ", "")
    if code in _WORDS:
        return (tuple(_WORDS[code].split()),)
    if any(len(word) > _LONGEST for word in run.split()) or (" " in run and not _single(run)):
        return None
    return tuple(tuple(_LETTERS[char].split()) if char != " " else () for char in run)


def _single(run: str) -> bool:
    """Whether a run is nothing but single letters: a p p."""
    return all(len(word) == 1 for word in run.split())
