"""Hot words: names and products written as they are spelt where something that sounds like them was heard.

The recogniser is never told of them. A prompted network writes what it was prompted with, also where nobody said it;
here a word can only take the place of characters that were heard, one for one, and only where their syllables are
the same or nearly so. What is said elsewhere, and every time, stays as it is.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from asr_qa.core.phonetic import NEAR_COST, SEPARATOR, SoundIndex, is_mandarin, syllables
from asr_qa.core.transcript import HEARD, Transcript, Utterance, Word, text_of
from asr_qa.pipeline.ports import OnHeard, SpokenChannel, Transcriber

SAME_SOUND_WORTH = 0.9
"""What the confidence of a word is multiplied by when other characters of the same sound take its place."""
NEAR_WORTH = 0.75
"""... and where a syllable is only near."""
MIN_SYLLABLES = 3
"""Of two syllables, one word in twenty is the homophone of something else that is said within minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotWordOptions:
    """How alike something must sound to be taken for a hot word."""

    min_syllables: int = MIN_SYLLABLES
    """From here up the same syllables (tones aside) or near ones (z/zh, n/l, an/ang ...) are enough."""
    max_gap: float = 0.6
    """Seconds of pause over which no word is taken to go on."""

    def limit(self, syllable_count: int) -> int | None:
        """The highest cost (core.phonetic) at which a word is heard: each syllable near; None: not by sound."""
        # A near syllable costs NEAR_COST: as many as a word may have never add up to a differing initial.
        return syllable_count * NEAR_COST if syllable_count >= self.min_syllables else None


@dataclass(frozen=True, slots=True)
class Replacement:
    """A hot word written in place of what was heard."""

    first: int
    """Index of the first word that it touches."""
    last: int
    """Index of the last."""
    heard: str
    written: str
    cost: int
    """How unlike they sound, as core.phonetic counts."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """Words with hot words in them."""

    words: tuple[Word, ...]
    replacements: tuple[Replacement, ...] = ()


@dataclass(frozen=True, slots=True)
class _Letters:
    """The letters of some words, one by one, with a separator where no hot word may run across."""

    text: str
    """Plain forms."""
    places: tuple[tuple[int, int], ...]
    """Of each letter its word and its place in that; (-1, -1) for a separator."""


@dataclass(frozen=True, slots=True)
class _Found:
    at: int
    cost: int
    hot: str
    literal: bool

    @property
    def span(self) -> range:
        return range(self.at, self.at + len(self.hot))

    @property
    def rank(self) -> tuple[bool, int, int, int]:
        return (not self.literal, self.cost, -len(self.hot), self.at)


def correct(words: Sequence[Word], hot_words: Sequence[str], *, options: HotWordOptions | None = None) -> Corrected:
    """Write hot words where they, or something that sounds like them, were heard.

    The words keep their number, times and marks; only letters change, one for one. The confidence of a word that
    changed is lowered by how unlike the two sound.

    Args:
        words: Of one utterance, in order.
        hot_words: As they are to be written.
        options: How alike they must sound.
    """
    options = options or HotWordOptions()
    letters = _letters(words, options.max_gap)
    found = _apart(_search(letters, hot_words, options)) if letters.text else []
    changed = list(words)
    done: list[Replacement] = []
    for hit in sorted(found, key=lambda f: f.at):
        if replacement := _write(changed, words, letters, hit):
            done.append(replacement)
    return Corrected(tuple(changed), tuple(done))


def correct_utterance(utterance: Utterance, hot_words: Sequence[str]) -> Utterance:
    """The utterance with hot words in text and words; `raw_text` stays what the engine wrote."""
    if utterance.status != HEARD or not utterance.words:
        return utterance
    corrected = correct(utterance.words, hot_words)
    if not corrected.replacements:
        return utterance
    share = _mean(corrected.words) / _mean(utterance.words) if _mean(utterance.words) else 1.0
    confidence = None if utterance.confidence is None else utterance.confidence * share
    return replace(utterance, text=text_of(corrected.words), words=corrected.words, confidence=confidence)


class HotWordTranscriber:
    """Any engine, with hot words written into what it heard."""

    def __init__(self, engine: Transcriber, hot_words: Sequence[str]) -> None:
        self._engine = engine
        self._hot_words = tuple(hot_words)

    @property
    def name(self) -> str:
        """The engine's, with number and digest of the hot words: documents made with others are made anew."""
        return f"{self._engine.name}+hotwords({len(self._hot_words)}@{digest_of(self._hot_words)})"

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        """As the engine's, with hot words; raises TranscriptionError."""
        transcript = self._engine.transcribe(channels, language=language, heard=self._corrected(heard))
        return replace(transcript, utterances=self._correct(transcript.utterances), model=self.name)

    def _correct(self, utterances: Iterable[Utterance]) -> tuple[Utterance, ...]:
        return tuple(correct_utterance(utterance, self._hot_words) for utterance in utterances)

    def _corrected(self, heard: OnHeard | None) -> OnHeard | None:
        return heard and (lambda utterances, until: heard(self._correct(utterances), until))


def digest_of(hot_words: Iterable[str]) -> str:
    """Eight hexadecimal digits that change with the words, not with their order."""
    return hashlib.sha256("\n".join(sorted(hot_words)).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def plain_letters(text: str) -> str:
    """The letters and digits of a text, each in its plain form (width and case folded), as many as there were."""
    return "".join(_plain(char) for char in text if char.isalnum())


def _plain(char: str) -> str:
    folded = unicodedata.normalize("NFKC", char).lower()
    return folded if len(folded) == 1 else char


@lru_cache(maxsize=20_000)
def _key(hot_word: str) -> tuple[str, str, tuple[str, ...]]:
    """What is written, its plain letters and their syllables."""
    written = "".join(char for char in hot_word if char.isalnum())
    plain = plain_letters(written)
    return written, plain, syllables(plain)


def _letters(words: Sequence[Word], max_gap: float) -> _Letters:
    text: list[str] = []
    places: list[tuple[int, int]] = []
    for index, word in enumerate(words):
        if index and word.start - words[index - 1].end > max_gap:
            text.append(SEPARATOR)
            places.append((-1, -1))
        for offset, char in enumerate(word.text):
            if char.isalnum():
                text.append(_plain(char))
                places.append((index, offset))
    return _Letters("".join(text), tuple(places))


def _search(letters: _Letters, hot_words: Sequence[str], options: HotWordOptions) -> Iterator[_Found]:
    index = SoundIndex(letters.text, syllables(letters.text))
    for hot_word in hot_words:
        written, plain, sounds = _key(hot_word)
        limit = options.limit(sum(map(is_mandarin, plain)))
        for at, cost in index.find(plain, sounds, limit=limit or 0):
            literal = letters.text[at : at + len(plain)] == plain
            if (literal or limit is not None) and _whole(letters.text, at, at + len(plain)):
                yield _Found(at, cost, written, literal)


def _whole(text: str, first: int, behind: int) -> bool:
    """Whether neither edge of a stretch cuts a word of Latin letters or a number."""
    return not (_joined(text[first - 1 : first], text[first]) or _joined(text[behind - 1], text[behind : behind + 1]))


def _joined(one: str, other: str) -> bool:
    return all(char and char.isascii() and char.isalnum() for char in (one, other))


def _apart(found: Iterable[_Found]) -> list[_Found]:
    """Of what overlaps the best: what stands there already, then what sounds most alike, then the longest."""
    kept: list[_Found] = []
    taken: set[int] = set()
    for hit in sorted(found, key=lambda f: f.rank):
        if taken.isdisjoint(hit.span):
            taken.update(hit.span)
            kept.append(hit)
    return kept


def _write(changed: list[Word], words: Sequence[Word], letters: _Letters, hit: _Found) -> Replacement | None:
    """Put a hot word into the words; None where it stands there already."""
    places = [letters.places[at] for at in hit.span]
    heard = "".join(words[index].text[offset] for index, offset in places)
    if heard == hit.hot:
        return None
    worth = 1.0 if hit.literal else _worth(hit.cost)
    for index in sorted({index for index, _ in places}):
        text = list(changed[index].text)
        for (at, offset), char in zip(places, hit.hot, strict=True):
            if at == index:
                text[offset] = char
        confidence = changed[index].confidence
        lowered = None if confidence is None else confidence * worth
        changed[index] = replace(changed[index], text="".join(text), confidence=lowered)
    return Replacement(places[0][0], places[-1][0], heard, hit.hot, hit.cost)


def _worth(cost: int) -> float:
    return NEAR_WORTH if cost else SAME_SOUND_WORTH


def _mean(words: Sequence[Word]) -> float:
    known = [word.confidence for word in words if word.confidence is not None]
    return sum(known) / len(known) if known else 0.0
