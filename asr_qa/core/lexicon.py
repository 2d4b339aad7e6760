"""Words that mean something to timing: acknowledgements and announcements of a wait.

The lists are data, one file a language in `words/`, read once as this module is; a scorecard can replace or extend
them (`TimingOptions`). Here is the matching that belongs to them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable


def read_lines(folder: Traversable, name: str) -> tuple[str, ...]:
    """The lines of a list that comes with the package, without remarks and blank ones."""
    text = (folder / f"{name}.txt").read_text(encoding="utf-8")
    return tuple(line for raw in text.splitlines() if (line := raw.strip()) and not line.startswith("#"))


def _read(name: str) -> tuple[str, ...]:
    return read_lines(files("asr_qa.core") / "words", name)


ACKNOWLEDGEMENTS: tuple[str, ...] = (*_read("acknowledgements.zh"), *_read("acknowledgements.en"))
"""What a listener says to show that he follows; repetitions and sequences of these count too."""

EXCUSES: tuple[str, ...] = (*_read("excuses.zh"), *_read("excuses.en"))
"""What an agent says to announce that he will be silent for a while."""


def read_parts(name: str) -> dict[str, tuple[str, ...]]:
    """The lines of a list that has parts, by the [name] above them; <key> becomes every key of a telephone."""
    parts: dict[str, list[str]] = {}
    for line in _read(name):
        if line.startswith("["):
            lines = parts.setdefault(line.strip("[]"), [])
        else:
            lines += [line.replace("<key>", key) for key in _KEYS] if "<key>" in line else [line]
    return {part: tuple(lines) for part, lines in parts.items()}


_KEYS = (
    *"零一二三四五六七八九幺井星",
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "pound", "hash", "star"),
)


def _ivr() -> dict[str, tuple[str, ...]]:
    zh, en = read_parts("ivr.zh"), read_parts("ivr.en")
    return {part: (*zh[part], *en[part]) for part in zh}


IVR: Mapping[str, tuple[str, ...]] = _ivr()
"""What is said before a person answers: "menu", "queue", "notice", "welcome"; what only a person says: "person"; and
how a person begins: "greeting"."""

# Characters that recognisers write for one another in acknowledgements, and traditional forms.
_VARIANTS = str.maketrans(dict(line.split() for line in _read("variants.zh")))


def fold(text: str) -> str:
    """The text without case, width, blanks and punctuation; common variants made one."""
    plain = unicodedata.normalize("NFKC", text).lower().translate(_VARIANTS)
    return "".join(char for char in plain if char.isalnum())


def acknowledges(text: str, lexicon: Collection[str] = ACKNOWLEDGEMENTS) -> bool:
    """Whether the text is nothing but acknowledgements; an empty text is none."""
    plain = fold(text)
    phrases, lengths = _KNOWN if lexicon is ACKNOWLEDGEMENTS else _prepare(lexicon)
    reached = {0}
    for start in range(len(plain)):
        if start in reached:
            reached.update(start + n for n in lengths if plain[start : start + n] in phrases)
        elif max(reached) < start:
            return False
    return bool(plain) and len(plain) in reached


def resembles(text: str, lexicon: Collection[str] = ACKNOWLEDGEMENTS) -> bool:
    """Whether at least half of the text is made of the characters of acknowledgements.

    Recognisers mis-hear murmurs: 对没错 becomes 没错来, 明白 becomes 白会. Letters of other scripts say nothing.
    """
    plain = [char for char in fold(text) if not char.isascii()]
    known = _CHARACTERS if lexicon is ACKNOWLEDGEMENTS else _characters(lexicon)
    return bool(plain) and 2 * sum(char in known for char in plain) >= len(plain)


def find_phrases(tokens: Iterable[str], phrases: Iterable[str]) -> list[tuple[int, int, str]]:
    """Where phrases occur in a row of tokens.

    Returns:
        First token, last token and phrase of each occurrence, in order of their ends.
    """
    text, owner = "", []
    for index, token in enumerate(tokens):
        plain = fold(token)
        text += plain
        owner += [index] * len(plain)
    found: list[tuple[int, int, str]] = []
    for phrase in phrases:
        plain = fold(phrase)
        at = text.find(plain) if plain else -1
        while at >= 0:
            found.append((owner[at], owner[at + len(plain) - 1], phrase))
            at = text.find(plain, at + 1)
    return sorted(found, key=lambda hit: (hit[1], -len(hit[2])))


def _prepare(lexicon: Iterable[str]) -> tuple[frozenset[str], tuple[int, ...]]:
    """The folded phrases and the lengths they have."""
    phrases = frozenset(plain for phrase in lexicon if (plain := fold(phrase)))
    return phrases, tuple(sorted({len(phrase) for phrase in phrases}))


def _characters(lexicon: Iterable[str]) -> frozenset[str]:
    return frozenset(c for phrase in lexicon if len(plain := fold(phrase)) <= 2 for c in plain if not c.isascii())


_KNOWN = _prepare(ACKNOWLEDGEMENTS)
_CHARACTERS = _characters(ACKNOWLEDGEMENTS)
