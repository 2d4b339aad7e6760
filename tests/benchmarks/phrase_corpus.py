"""What bench_phrases has said: phrases of a call centre and sentences that sound somewhat like them, in carriers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from asr_qa.core.phonetic import syllables
from asr_qa.core.text import SPOKEN, normalise

HERE = Path(__file__).parent
CARRIERS = (
    *(
        "好的，{}。",
        "嗯，{}，行吗？",
        "先生，{}。",
        "您好，{}。",
        "{}，放心啊。",
        "跟您说一下，{}。",
        "那个，{}，对吧？",
    ),
    *("这边看到，{}。", "{}，谢谢。", "您听我说，{}。", "是这样，{}。", "{}，好吧？", "嗯嗯，{}。", "张女士，{}。"),
)
LEAST_APART = 2
"""Syllables in which a confusable sentence differs at least from the phrase, wherever the phrase is laid on it."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One sentence to be said by one voice."""

    id: str
    set: str
    """required | confusable | homophone | other"""
    phrase: str
    """The phrase of a rule that it holds, or nearly holds."""
    said: str
    voice: str


def phrases() -> list[tuple[str, tuple[str, str]]]:
    """Each phrase with two sentences that share characters or syllables with it."""
    lines = _lines("phrases.txt")
    return [(first, (one, other)) for first, one, other in lines]


def homophones() -> list[tuple[str, str]]:
    """Phrases, and the same syllables meaning something else."""
    return [(first, other) for first, other in _lines("homophones.txt")]


def clips(part: str, voices: Sequence[str], *, takes: int = 1) -> list[Clip]:
    """The clips of a part: "dev" has every second phrase and voice, "test" the others.

    Args:
        voices: All voices at hand; a part uses every second one.
        takes: Voices that say each required phrase.
    """
    offset = ("dev", "test").index(part)
    mine = sorted(voices)[offset::2]
    return [
        Clip(name, kind, phrase, _sentence(name, text), mine[crc32(name.split("-")[0].encode()) % len(mine) - take])
        for name, kind, phrase, text, take in _texts(offset, min(takes, len(mine)))
    ]


def _texts(offset: int, takes: int) -> Iterator[tuple[str, str, str, str, int]]:
    for number, (phrase, others) in list(enumerate(phrases()))[offset::2]:
        yield f"r{number:03}", "required", phrase, phrase, 0
        for letter, other in zip("ab", others, strict=True):
            yield f"c{number:03}{letter}", "confusable", phrase, other, 0
    for number, (phrase, other) in list(enumerate(homophones()))[offset::2]:
        yield f"h{number:03}", "homophone", phrase, other, 0
    for take in range(1, takes):
        for number, (phrase, _) in list(enumerate(phrases()))[offset::2]:
            yield f"r{number:03}-{take}", "required", phrase, phrase, take


def _sentence(name: str, text: str) -> str:
    rng = random.Random(crc32(name.encode()))
    return rng.choice(CARRIERS).format(text)


def sounds_of(text: str) -> tuple[str, ...]:
    """Toneless syllables of a text, numbers as they are spoken."""
    return syllables(normalise(text, SPOKEN).text)


def apart(phrase: str, said: str) -> int:
    """Syllables to change, drop or add that turn some stretch of a sentence into the phrase."""
    key, text = sounds_of(phrase), sounds_of(said)
    row = [0] * (len(text) + 1)
    for count, sound in enumerate(key, start=1):
        before, row[0] = row[0], count
        for at, other in enumerate(text, start=1):
            before, row[at] = row[at], min(before + (sound != other), row[at] + 1, row[at - 1] + 1)
    return min(row)


def mistakes() -> Iterator[str]:
    """What is wrong with the lists: too near, too far, or said twice."""
    for phrase, others in phrases():
        for other in others:
            if apart(phrase, other) < LEAST_APART:
                yield f"{other} is only {apart(phrase, other)} from {phrase}"
            if not set(sounds_of(phrase)) & set(sounds_of(other)):
                yield f"{other} shares no syllable with {phrase}"
        if not 2 <= len(sounds_of(phrase)) <= 16:
            yield f"{phrase} has {len(sounds_of(phrase))} syllables"
    seen = [phrase for phrase, _ in phrases()]
    yield from (f"{phrase} stands twice" for phrase in set(seen) if seen.count(phrase) > 1)


def _lines(name: str) -> list[list[str]]:
    text = (HERE / name).read_text(encoding="utf-8")
    return [[part.strip() for part in line.split("|")] for line in text.splitlines() if line and line[0] != "#"]


if __name__ == "__main__":
    print("\n".join(mistakes()))
