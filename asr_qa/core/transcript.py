"""What was said: words, utterances, transcripts."""

from __future__ import annotations

from dataclasses import dataclass

from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment

HEARD = "heard"
UNINTELLIGIBLE = "unintelligible"


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
