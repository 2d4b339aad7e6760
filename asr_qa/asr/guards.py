"""Is what the recogniser wrote believable? Tests on one stretch of decoded speech.

Whisper loops ("对对对对…"), writes captions of videos into silence, and stops listening. Each test
names what it caught, so that a retry or a give-up can say why.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from asr_qa.core.text import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardOptions:
    """Limits beyond which a text is not believed."""

    compression_ratio: float = 2.4
    """A text that zlib makes smaller than 1/2.4 repeats itself."""
    average_log_probability: float = -1.1
    """Mean natural log of the token probabilities."""
    no_speech_probability: float = 0.6
    """Above this, together with a low log-probability, nothing was said."""
    no_speech_log_probability: float = -0.7
    repeats: int = 4
    """The same three or more characters said this often in a row are a loop."""
    characters_per_second: float = 14.0
    """Nobody speaks faster."""
    sparse_seconds: float = 1.2
    """Speech longer than this must have words."""
    sparse_rate: float = 0.5
    """Characters per second below which words were dropped."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came out of the decoder for one stretch."""

    text: str
    seconds: float
    """Seconds of speech it is meant to cover."""
    log_probability: float
    no_speech: float


def doubts(heard: Heard, options: GuardOptions) -> str:
    """Why a text is not believed: "loop", "invented", "unsure", "silence", "too_fast", "dropped"; "" if it is."""
    text = plain(heard.text)
    if is_invention(text):
        return "invented"
    if loops(text, options):
        return "loop"
    if heard.log_probability < options.no_speech_log_probability and heard.no_speech > options.no_speech_probability:
        return "silence"
    if heard.log_probability < options.average_log_probability:
        return "unsure"
    if len(text) > 8 and _rate_of(text, heard.seconds) > options.characters_per_second:
        return "too_fast"
    return "dropped" if is_sparse(text, heard.seconds, options) else ""


def is_sparse(text: str, seconds: float, options: GuardOptions) -> bool:
    """Whether speech of this length with this little text must have lost words."""
    return seconds > options.sparse_seconds and len(text.replace(" ", "")) < options.sparse_rate * seconds


def loops(text: str, options: GuardOptions) -> bool:
    """Whether a text repeats itself as only a stuck decoder does."""
    encoded = text.encode()
    if len(encoded) > 60 and len(encoded) / len(zlib.compress(encoded)) > options.compression_ratio:
        return True
    return any(_repeats(text, size, options.repeats) for size in range(3, min(24, len(text) // options.repeats) + 1))


def is_invention(text: str) -> bool:
    """Whether a text, as `core.text.plain` gives it, is a caption known to be invented."""
    bare = text.replace(" ", "")
    return any(phrase in bare and len(bare) <= len(phrase) + 24 for phrase in inventions())


@cache
def inventions() -> tuple[str, ...]:
    """Known inventions, as in inventions.txt."""
    lines = files("asr_qa.asr").joinpath("inventions.txt").read_text("utf-8").splitlines()
    return tuple(plain(line).replace(" ", "") for line in lines if line.strip() and not line.startswith("#"))


def _rate_of(text: str, seconds: float) -> float:
    return len(text.replace(" ", "")) / max(seconds, 0.1)


def _repeats(text: str, size: int, times: int) -> bool:
    """Whether some `size` characters stand `times` times in a row."""
    run = 0
    for index in range(size, len(text)):
        run = run + 1 if text[index] == text[index - size] else 0
        if run >= size * (times - 1):
            return True
    return False
