"""The words of one speaker as a stream to search: three readings, each character tied to its words.

Sentences that follow one another within JOIN seconds run together, so that a phrase may span
them; a separator stands wherever no phrase may run across.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from asr_qa.core.phonetic import SEPARATOR, SoundIndex, is_mandarin, syllables
from asr_qa.core.recording import Role
from asr_qa.core.segment import EPSILON, Track
from asr_qa.core.text import FOLDED, PLAIN, SPOKEN, Normalised, normalise
from asr_qa.core.transcript import HEARD, Utterance, Word, spread

JOIN = 2.0
"""Seconds between two words above which no phrase runs from one to the other."""
_LONG_WORD = 2
"""CJK characters above which a word's time is spread over them."""
READINGS = {"plain": PLAIN, "folded": FOLDED, "spoken": SPOKEN}


@dataclass(frozen=True, slots=True)
class Reading:
    """A text with the first and last word (index) behind each character."""

    text: str
    owners: tuple[tuple[int, int], ...]


@dataclass(slots=True)
class Stream:
    """Words of one role inside some scope."""

    role: Role
    words: tuple[Word, ...]
    plain: Reading
    folded: Reading
    spoken: Reading
    sounds: tuple[str, ...]
    """One syllable per character of `spoken`."""
    _index: SoundIndex | None = field(default=None, init=False)

    @property
    def index(self) -> SoundIndex:
        """The spoken reading, searchable by sound; made when first asked for."""
        if self._index is None:
            self._index = SoundIndex(self.spoken.text, self.sounds)
        return self._index

    def heard(self, first: int, last: int) -> str:
        """What the words from `first` to `last` say, as written."""
        return _written(self.words[first : last + 1])


def timed_words(utterance: Utterance) -> tuple[Word, ...]:
    """Words of an utterance, none longer than two characters; laid out evenly where the engine gave no times."""
    if utterance.status != HEARD:
        return ()
    if not utterance.words:
        return spread(utterance.text, utterance.segment, confidence=utterance.confidence)
    return tuple(part for word in utterance.words for part in _parts(word))


def _parts(word: Word) -> tuple[Word, ...]:
    if sum(is_mandarin(char) for char in word.text) <= _LONG_WORD:
        return (word,)
    pace = (word.end - word.start) / len(word.text)
    return tuple(
        Word(char, word.start + i * pace, word.start + (i + 1) * pace, word.confidence)
        for i, char in enumerate(word.text)
    )


def _written(words: Iterable[Word]) -> str:
    """The words as one text, with a blank between two Latin ones."""
    text = ""
    for word in words:
        part = word.text
        text += (" " if text and _is_latin(text[-1]) and part and _is_latin(part[0]) else "") + part
    return text.strip()


def _is_latin(char: str) -> bool:
    return char.isalpha() and char < "\u2e80"


@lru_cache(maxsize=4096)
def _readings(text: str) -> tuple[Normalised, Normalised, Normalised, tuple[str, ...]]:
    """The readings of a text and its syllables; sentences recur, so they are kept."""
    plain, folded, spoken = (normalise(text, chain) for chain in READINGS.values())
    return plain, folded, spoken, syllables(spoken.text)


def build_stream(role: Role, utterances: Sequence[tuple[Word, ...]], windows: Track) -> Stream:
    """The stream of a role's words that begin inside the windows.

    Args:
        utterances: The words of each sentence, in order.
        windows: Where to look; no phrase runs from one window into the next.
    """
    words: list[Word] = []
    parts: dict[str, list[tuple[str, tuple[tuple[int, int], ...]]]] = {name: [] for name in READINGS}
    sounds: list[str] = []
    last: tuple[int, float] | None = None
    for piece, window in _pieces(utterances, windows):
        text, owners = _owned(piece, len(words))
        *readings, heard = _readings(text)
        if not readings[0].text:
            continue
        broken = last is not None and (last[0] != window or piece[0].start - last[1] > JOIN + EPSILON)
        for name, reading in zip(READINGS, readings, strict=True):
            glue = SEPARATOR if broken else _glue(parts[name], reading.text)
            if glue:
                parts[name].append((glue, ((len(words) - 1, len(words) - 1),)))
                sounds += [glue] * (name == "spoken")
            spans = tuple((owners[first], owners[end - 1]) for first, end in reading.spans)
            parts[name].append((reading.text, spans))
        sounds += heard
        words += piece
        last = (window, piece[-1].end)
    plain, folded, spoken = (_joined(parts[name]) for name in READINGS)
    folded = plain if folded.text == plain.text else folded
    return Stream(role, tuple(words), plain, folded, spoken, tuple(sounds))


def _glue(parts: list[tuple[str, tuple[tuple[int, int], ...]]], text: str) -> str:
    """A blank between sentences of Latin words."""
    return " " if parts and _is_latin(parts[-1][0][-1]) and _is_latin(text[0]) else ""


def _joined(parts: list[tuple[str, tuple[tuple[int, int], ...]]]) -> Reading:
    return Reading("".join(text for text, _ in parts), tuple(owner for _, owners in parts for owner in owners))


def _pieces(utterances: Sequence[tuple[Word, ...]], windows: Track) -> Iterator[tuple[tuple[Word, ...], int]]:
    """Stretches of words of one sentence that lie in one window without a long pause; with the window's number."""
    for words in utterances:
        piece: list[Word] = []
        where = -1
        for word in words:
            window = next((i for i, segment in enumerate(windows) if word.start in segment), -1)
            if piece and (window != where or word.start - piece[-1].end > JOIN + EPSILON):
                yield tuple(piece), where
                piece = []
            where = window
            if window >= 0:
                piece.append(word)
        if piece:
            yield tuple(piece), where


def _owned(words: Sequence[Word], offset: int) -> tuple[str, list[int]]:
    """The text of some words, and for each character the index of its word."""
    text, owners = "", []
    for number, word in enumerate(words, start=offset):
        part = word.text
        if text and part and _is_latin(text[-1]) and _is_latin(part[0]):
            part = " " + part
        text += part
        owners += [number] * len(part)
    return text, owners
