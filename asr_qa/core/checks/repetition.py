"""Checks on one party saying the same thing again: a customer who is not listened to, an agent who reads on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from statistics import fmean

from rapidfuzz.distance import Levenshtein

from asr_qa.core.checks.base import CallView, Hit, Looking, Outcome, Stance
from asr_qa.core.checks.logic import noted
from asr_qa.core.checks.stream import Source, Stream
from asr_qa.core.checks.words import SYLLABLE_SECONDS, absence, blocked, find_phrases, is_weak
from asr_qa.core.finding import Match, Verdict
from asr_qa.core.recording import Role
from asr_qa.core.rule import Repetition
from asr_qa.core.segment import EPSILON
from asr_qa.core.sounds import OPAQUE, unit
from asr_qa.core.transcript import Utterance, Word

_ENDS = frozenset("。！？；!?;")
_PAUSE = 2.0
"""Seconds of silence inside a line at which a sentence ends too."""
_SHOWN = 6
_FEW = 60
"""Sentences that are compared each with each."""
_GRAMS = (3, 2, 1)
"""Syllables in a row by which sentences are looked up, the rarest first."""
_FIRST_CODE = 0x1100
"""Codes of syllables as characters begin here, away from those of the letters that stand for themselves."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Words of one party up to the end of a sentence."""

    role: Role
    first: int
    last: int
    """Its first word among those of the role, and one past its last."""
    start: float
    end: float
    """Seconds."""
    text: str
    code: str
    """One character for each syllable, tones ignored; other characters for themselves."""
    clarity: float
    """Mean confidence of its words, 0 to 1."""

    def hit(self, first: Sentence) -> Hit:
        """The sentence as one that was said again."""
        alike = Levenshtein.normalized_similarity(self.code, first.code)
        match = Match.EXACT if self.code == first.code else Match.NEAR
        return Hit(self.role, self.start, self.end, self.text, match, alike * self.clarity, first.text)


def decide_repetition(options: Repetition, looking: Looking) -> Outcome:
    """Whether somebody says the same thing so many times."""
    if (stop := blocked(looking)) is not None:
        return stop
    said = (sentence for stream in looking.streams for sentence in _in_sight(stream, looking.view, options))
    sure, doubtful = _groups(options, sorted(said, key=lambda sentence: (sentence.start, sentence.end)))
    if sure:
        return _found(sure, Verdict.MET)
    if doubtful and looking.stance is not Stance.NEUTRAL:
        return _found(doubtful, Verdict.UNDETERMINED)
    wanted = f"同样的话说 {options.times} 次"
    return absence(looking, wanted=wanted, seconds=SYLLABLE_SECONDS * options.min_characters)


def _in_sight(stream: Stream, view: CallView, options: Repetition) -> Iterator[Sentence]:
    """The sentences wholly inside the scope that count."""
    about = find_phrases(stream, options.about, allow_short=True) if options.about else ()
    ignored = find_phrases(stream, options.ignore) if options.ignore else ()
    for sentence in sentences_of(view, stream.role):
        if len(sentence.code) < options.min_characters:
            continue
        if not any(start <= sentence.first and sentence.last <= end for start, end in stream.ranges):
            continue
        if (not options.about or _says(sentence, about)) and not _says(sentence, ignored):
            yield sentence


def _says(sentence: Sentence, hits: Iterable[Hit]) -> bool:
    return any(sentence.start - EPSILON <= hit.start < sentence.end for hit in hits)


def sentences_of(view: CallView, role: Role) -> tuple[Sentence, ...]:
    """The sentences of a role in order: lines of the transcript, cut where a sentence ends in them."""
    return view.once(
        ("sentences of words", role), lambda: tuple(_sentences(view.pieces[role], view.facts.transcript.of(role)))
    )


def _sentences(source: Source, lines: Sequence[Utterance]) -> Iterator[Sentence]:
    bounds = [0, *_ends(source.words, [line.start for line in lines]), len(source.words)]
    codes = _codes(source)
    for first, last in pairwise(bounds):
        words = source.words[first:last]
        if words and (code := "".join(codes[first:last])):
            clarity = fmean(1.0 if word.confidence is None else word.confidence for word in words)
            text = source.heard(first, last - 1)
            yield Sentence(source.role, first, last, words[0].start, words[-1].end, text, code, clarity)


def _ends(words: Sequence[Word], starts: Sequence[float]) -> Iterator[int]:
    """After which words a sentence ends: at its punctuation, a long pause, or where a new line begins."""
    for index, (one, other) in enumerate(pairwise(words), start=1):
        new_line = bisect_right(starts, one.start + EPSILON) < bisect_right(starts, other.start + EPSILON)
        if new_line or one.text.rstrip()[-1:] in _ENDS or other.start - one.end > _PAUSE:
            yield index


def _codes(source: Source) -> list[str]:
    """What each word sounds like."""
    codes = [""] * len(source.words)
    spoken = source.spoken
    for char, reading, word in zip(spoken.text, source.said, spoken.firsts, strict=True):
        if char.isalnum():
            code, _ = unit(reading)
            codes[word] += char if code >= OPAQUE else chr(_FIRST_CODE + code)
    return codes


_Groups = list[tuple[Hit, ...]]


def _groups(options: Repetition, sentences: list[Sentence]) -> tuple[_Groups, _Groups]:
    """Sentences that say the same often and soon enough, those of each party by itself; each in one group only.

    Returns:
        Groups in which enough of them are heard well, and groups in which they are not: a sentence that is heard
        badly must not keep those after it from being such as are.
    """
    sure: _Groups = []
    doubtful: _Groups = []
    taken: set[int] = set()
    doubted: set[int] = set()
    grams = Grams(sentences, options.similarity) if len(sentences) > _FEW else None
    for index, first in enumerate(sentences):
        if index in taken:
            continue
        latest = inf if options.within_seconds is None else first.end + options.within_seconds
        later = range(index + 1, len(sentences)) if grams is None else grams.later(index, latest)
        group = [index, *(i for i in _alike(options, sentences, first, later, latest) if i not in taken)]
        hits = tuple(sentences[i].hit(first) for i in group) if len(group) >= options.times else ()
        if sum(not is_weak(hit, options.min_confidence) for hit in hits) >= options.times:
            taken.update(group)
            sure.append(hits)
        elif hits and doubted.isdisjoint(group):
            doubted.update(group)
            doubtful.append(hits)
    return sure, doubtful


class Grams:
    """Which sentences of a party may be alike: those that share some syllables in a row; in order of their starts.

    Where two sentences agree in a given share of their syllables, so few differ that some of the parts that one of
    them is cut into must stand in the other as they are.
    """

    def __init__(self, sentences: Sequence[Sentence], similarity: float) -> None:
        self._sentences = sentences
        self._starts = [one.start for one in sentences]
        self._differing = (1 - similarity + EPSILON) / max(similarity - EPSILON, EPSILON)
        """Syllables in which another sentence may differ, per syllable of one."""
        self._holding: dict[int, dict[tuple[Role, str], list[int]]] = {}

    def later(self, index: int, latest: float = inf) -> Sequence[int]:
        """The sentences after one that may be like it, in order, up to the latest start in seconds."""
        stop = bisect_right(self._starts, latest + EPSILON)
        one = self._sentences[index]
        most = int(len(one.code) * self._differing)
        size = next((size for size in _GRAMS if len(one.code) // size > most), None)
        if size is None:
            return range(index + 1, stop)
        holding = self._of(size)
        parts = (one.code[at : at + size] for at in range(0, len(one.code) - size + 1, size))
        rarest = sorted((holding[one.role, part] for part in parts), key=len)[: most + 1]
        return sorted({i for found in rarest for i in found[bisect_right(found, index) : bisect_left(found, stop)]})

    def _of(self, size: int) -> dict[tuple[Role, str], list[int]]:
        """The sentences of each party that hold each row of so many syllables."""
        if (known := self._holding.get(size)) is None:
            known = self._holding[size] = {}
            for number, one in enumerate(self._sentences):
                for part in {one.code[at : at + size] for at in range(len(one.code) - size + 1)}:
                    known.setdefault((one.role, part), []).append(number)
        return known


def _alike(
    options: Repetition, sentences: Sequence[Sentence], first: Sentence, later: Sequence[int], latest: float
) -> Iterator[int]:
    """Those of some later sentences that say the same as one, up to the latest start in seconds."""
    for other in later:
        sentence = sentences[other]
        if sentence.start > latest + EPSILON:
            return
        if sentence.role is first.role and similar(first.code, sentence.code, options.similarity):
            yield other


def similar(one: str, other: str, least: float) -> bool:
    """Whether two sentences agree; the cheap bound by their lengths goes first."""
    if min(len(one), len(other)) < least * max(len(one), len(other)) - EPSILON:
        return False
    return Levenshtein.normalized_similarity(one, other, score_cutoff=least - EPSILON) > 0


def _found(groups: list[tuple[Hit, ...]], verdict: Verdict) -> Outcome:
    notes = tuple(_told(group) for group in groups[:_SHOWN])
    doubt = "heard with weak confidence only" if verdict is Verdict.UNDETERMINED else ""
    return Outcome(
        verdict=verdict,
        hits=tuple(sorted((hit for group in groups for hit in group), key=lambda h: (h.start, h.end))),
        confidence=max(min(hit.confidence for hit in group) for group in groups),
        note=noted(doubt, *notes),
    )


def _told(group: tuple[Hit, ...]) -> str:
    times = ", ".join(f"{hit.start:.1f}" for hit in group[:_SHOWN])
    return f"said {len(group)} times, at {times} s: [{group[0].text}]"
