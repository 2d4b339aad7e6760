"""Stretches of what was said: when they were said, and how they are masked in text and words alike."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from asr_qa.core.segment import Segment
from asr_qa.core.transcript import Utterance, Word

MASK = "＊"
"""Stands in place of a letter or digit."""

_MASKED = re.compile(f"{MASK}+")


def put_back(edited: str, text: str, shown: str) -> str | None:
    """A text that was edited as it was shown masked, with what the mask hides in its place again.

    Args:
        edited: What came back.
        text: The text as it is.
        shown: The same masked, one character for each.

    Returns:
        None where the masked stretches of `edited` are not those of `shown`, so that nobody can tell what they hide.
    """
    hidden = [text[match.start() : match.end()] for match in _MASKED.finditer(shown)]
    kept = [match.end() - match.start() for match in _MASKED.finditer(edited)]
    if len(text) != len(shown) or not hidden or kept != [len(stretch) for stretch in hidden]:
        return None
    stretches = iter(hidden)
    return _MASKED.sub(lambda _: next(stretches), edited)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one utterance."""

    utterance: int
    """Index among the utterances that were searched."""
    first: int
    last: int
    """First character of the utterance's text and one past the last."""
    start: float
    end: float
    """Seconds of the recording: whole words."""


class Clock:
    """When each character of an utterance is said."""

    def __init__(self, utterance: Utterance) -> None:
        self._utterance = utterance
        self._words = utterance.timed
        self._owners = owners(utterance.text, self._words)

    def place(self, index: int, first: int, last: int) -> Place:
        """A stretch of the utterance, which has an index in its call, with the times of its first and last word.

        Where the words do not spell the text, the stretch lies evenly in the utterance.
        """
        said = self._utterance
        if self._owners is None:
            pace = (said.end - said.start) / max(1, len(said.text))
            return Place(index, first, last, said.start + first * pace, said.start + last * pace)
        inside = [owner for owner in self._owners[first:last] if owner is not None]
        if not inside:
            return Place(index, first, last, said.start, said.end)
        return Place(index, first, last, self._words[inside[0]].start, self._words[inside[-1]].end)

    def segment(self, index: int, first: int, last: int) -> Segment:
        """As `place`, its seconds alone."""
        place = self.place(index, first, last)
        return Segment(place.start, place.end)


def owners(text: str, words: Sequence[Word]) -> list[int | None] | None:
    """The word that each character of a text is from; None for punctuation. No list where the words do not spell it.

    What is masked already counts as letters. A text that was rewritten letter for letter (traditional to simplified
    characters) still counts as spelt.
    """
    letters = [place for place, char in enumerate(text) if char.isalnum() or char == MASK]
    said = [index for index, word in enumerate(words) for char in word.text if char.isalnum() or char == MASK]
    if len(letters) != len(said):
        return None
    found: list[int | None] = [None] * len(text)
    for place, owner in zip(letters, said, strict=True):
        found[place] = owner
    return found


def masked(utterance: Utterance, places: Sequence[Place], mask: str) -> Utterance:
    """The utterance with the letters and digits of some places masked, in its text, its words and its raw text."""
    hidden = [False] * len(utterance.text)
    for place in places:
        hidden[place.first : place.last] = [True] * (place.last - place.first)
    text = _cover(utterance.text, hidden, mask)
    # The raw text may be spelt in another way, so that nobody can tell where in it the private part is.
    return replace(utterance, text=text, raw_text=text, words=_masked_words(utterance, hidden, mask))


def _masked_words(utterance: Utterance, hidden: Sequence[bool], mask: str) -> tuple[Word, ...]:
    if owners(utterance.text, utterance.words) is None:
        return tuple(replace(word, text=_cover(word.text, [True] * len(word.text), mask)) for word in utterance.words)
    letters = iter([hide for hide, char in zip(hidden, utterance.text, strict=True) if char.isalnum()])
    covered = []
    for word in utterance.words:
        inside = [char.isalnum() and next(letters) for char in word.text]
        covered.append(replace(word, text=_cover(word.text, inside, mask)) if any(inside) else word)
    return tuple(covered)


def _cover(text: str, hidden: Sequence[bool], mask: str) -> str:
    return "".join(mask if hide and char.isalnum() else char for char, hide in zip(text, hidden, strict=True))
