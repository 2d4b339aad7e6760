"""What was said: words, utterances, transcripts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment

HEARD = "heard"
UNINTELLIGIBLE = "unintelligible"

# One CJK character with the punctuation after it, or a run of anything else up to a blank.
_TOKEN = re.compile(r"[\u3400-\u9fff][^\w\s]*|[^\s\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Word:
    """A timed token; for Chinese usually one or two characters."""

    text: str
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    confidence: float | None = None
    """0 to 1; None where the engine gives none."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of one role's speech with the text heard in it."""

    role: Role
    start: float
    """Seconds."""
    end: float
    """Seconds."""
    text: str
    """Normalised text (simplified characters); "" where unintelligible."""
    raw_text: str = ""
    """As the engine wrote it."""
    confidence: float | None = None
    status: str = HEARD
    """ "heard" or "unintelligible" (speech that could not be read reliably)."""
    words: tuple[Word, ...] = ()

    @property
    def segment(self) -> Segment:
        """When it was said."""
        return Segment(self.start, self.end)

    @property
    def timed(self) -> tuple[Word, ...]:
        """The words; where the engine gave none, the text laid evenly over the utterance."""
        return self.words or spread(self.text, self.segment, confidence=self.confidence)


@dataclass(frozen=True, slots=True)
class Transcript:
    """All utterances of a call in order of start."""

    utterances: tuple[Utterance, ...] = ()
    model: str = ""
    """Name and digest of the engine and model that heard it."""
    language: str = "zh"

    def of(self, role: Role) -> tuple[Utterance, ...]:
        """The utterances of one role."""
        return tuple(u for u in self.utterances if u.role is role)

    def words_of(self, role: Role) -> tuple[Word, ...]:
        """Every word of one role in order of time."""
        words = (word for utterance in self.of(role) for word in utterance.timed)
        return tuple(sorted(words, key=lambda word: (word.start, word.end, word.text)))


def text_of(words: Iterable[Word]) -> str:
    """The words as running text: blanks between words of letters, none between CJK characters."""
    text = ""
    for word in words:
        apart = text[-1:].isascii() and word.text[:1].isascii() and bool(text) and not text[-1].isspace()
        text += (" " if apart and not word.text[:1].isspace() else "") + word.text
    return text.strip()


def spread(text: str, within: Segment, *, confidence: float | None = None) -> tuple[Word, ...]:
    """The words of a text, laid evenly over a stretch of time by their number of letters.

    A CJK character is a word of its own; punctuation belongs to the word it follows.
    """
    tokens = _TOKEN.findall(text)
    weights = [max(1, sum(char.isalnum() for char in token)) for token in tokens]
    pace = within.duration / sum(weights) if weights else 0.0
    words: list[Word] = []
    done = 0
    for token, weight in zip(tokens, weights, strict=True):
        start = within.start + done * pace
        done += weight
        words.append(Word(token, start, min(within.end, within.start + done * pace), confidence))
    return tuple(words)
