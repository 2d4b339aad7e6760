"""Whisper for telephone calls: windows of packed speech, guards on what comes back, and a ladder of retries.

A stretch whose text is not believed is decoded again: first in smaller windows, then alone, then in the
full 30 s window the network was trained on with repetition made costly. What is still not believed is
given up as "unintelligible" instead of invented. Nothing here is random: the same audio gives the same text.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from asr_qa.asr.ctranslate import LONGEST_WINDOW, Decoded, Decoding, TimedWord, WhisperNetwork
from asr_qa.asr.device import Device, resolve
from asr_qa.asr.guards import GuardOptions, Heard, doubts
from asr_qa.asr.packing import Audio, Packing, Placed, Window, halves, in_groups, pack, pieces, place
from asr_qa.asr.words import simplifier
from asr_qa.core.calibration import Calibration
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.core.transcript import HEARD, UNINTELLIGIBLE, Transcript, Utterance, Word
from asr_qa.pipeline.ports import OnHeard, SpokenChannel

DEFAULT_LANGUAGE = "zh"

LANGUAGE_SURE = 0.5
"""Below this probability of the detected language the default one is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhisperOptions:
    """Everything that changes what is heard."""

    packing: Packing = field(default_factory=Packing)
    guards: GuardOptions = field(default_factory=GuardOptions)
    beam_size: int = 5
    sure: float = 0.0
    """Mean log-probability from which the likeliest token at each step is taken without a beam; 0: always a beam."""
    batch: int = 8
    """Windows decoded together, where memory has room for them."""
    tail: float = 0.5
    """Seconds of silence after the last speech of a window."""
    shortest: float = 8.0
    """Shorter windows are filled up to this many seconds with silence."""
    all_tokens: bool = False
    """Let the network write tokens of every language, at more cost."""
    calibration: Calibration | None = None
    """Makes word probabilities mean how often such words are right; None leaves them as the network gives them."""
    alone_from: float = 0.4
    """A piece at least this long (seconds) for which the window gave no word is decoded once more, alone."""
    silent_below: float = 1.0
    """Stretches shorter than this (seconds) in which no word was found are left out, not called unintelligible."""


QUALITIES: dict[str, WhisperOptions] = {
    "fast": WhisperOptions(packing=Packing(window=12.0), beam_size=2),
    "balanced": WhisperOptions(),
    "accurate": WhisperOptions(packing=Packing(window=25.0)),
}
"""Named choices between cost and errors, as measured by bench_asr.py; docs/benchmarks.md shows what each reaches."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A window to decode and how far up the ladder it is."""

    window: Window
    rung: int = 0

    def next(self, packing: Packing) -> list[_Attempt]:
        """What to try where this was not believed; nothing after the last rung."""
        if len(self.window.placed) > 1:
            return [_Attempt(part) for part in halves(self.window, packing)]
        return [replace(self, rung=self.rung + 1)] if self.rung < _LAST_RUNG else []


_LAST_RUNG = 2
_HALF_WORD = 0.15
"""Seconds from the middle of a word to its end, at most."""
_FULL_WINDOW = Decoding(full_window=True)
_NO_LOOPS = Decoding(full_window=True, timestamps=False, repetition_penalty=1.2, no_repeat_ngram_size=4)


class Network(Protocol):
    """What decodes windows: WhisperNetwork."""

    def decode(self, windows: Sequence[Audio], decoding: Decoding, *, language: str) -> list[Decoded]:
        """As WhisperNetwork.decode."""

    def weigh(self, window: Audio, texts: Sequence[str], *, language: str) -> list[float]:
        """As WhisperNetwork.weigh."""

    def detect_language(self, window: Audio) -> tuple[str, float]:
        """As WhisperNetwork.detect_language."""


class WhisperTranscriber:
    """The default engine: Whisper through CTranslate2."""

    def __init__(
        self,
        folder: Path,
        model: str,
        *,
        device: Device | None = None,
        options: WhisperOptions | None = None,
        load: Callable[[Path, Device], Network] = WhisperNetwork,
    ) -> None:
        """Name the weights; they are loaded when first needed.

        Args:
            folder: Weights in CTranslate2's format.
            model: Name and digest of the weights, e.g. "base@ab12cd34ef56".
            device: Where and how the network runs.
            options: How to cut, search and doubt.
            load: Gives the network of a folder.
        """
        self._load = load
        self._folder = folder
        self._model = model
        self._device = device or Device()
        self.options = options or WhisperOptions()

    @cached_property
    def _network(self) -> Network:
        return self._load(self._folder, self._device)

    @property
    def name(self) -> str:
        """Engine, model, digest and decoding settings."""
        packing = self.options.packing
        sure = f",sure={self.options.sure:g}" if self.options.sure < 0 else ""
        certainty = "calibrated" if self.options.calibration else "raw"
        settings = (
            f"beam={self.options.beam_size}{sure},window={packing.window:g},pause={packing.pause:g}"
            f",confidence={certainty},words=2"
        )
        return f"whisper/{self._model}/{resolve(self._device)[1]}({settings})"

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        """Utterances of all channels in order of start.

        Args:
            channels: Role, samples (16 kHz) and speech of each.
            language: Code of the language spoken, or "auto".
            heard: Told of utterances as they come.

        Raises:
            TranscriptionError: The recogniser failed.
        """
        packing = self.options.packing
        windows = [window for channel in channels for window in pack(channel, pieces(channel, packing), packing)]
        if not windows:
            return Transcript((), self.name, DEFAULT_LANGUAGE if language == "auto" else language)
        spoken = self._language(windows, language)
        utterances: list[Utterance] = []
        for group, until in in_groups(windows):
            run = _Run(self._network, self.options, spoken)
            run.work([_Attempt(window) for window in group])
            said = sorted(run.utterances, key=lambda u: (u.start, u.role))
            utterances += said
            if heard:
                heard(said, until)
        return Transcript(tuple(sorted(utterances, key=lambda u: (u.start, u.role))), self.name, spoken)

    def weigh(self, channel: SpokenChannel, span: Segment, texts: Sequence[str], *, language: str) -> list[float]:
        """How likely each of some texts is for a stretch of a channel, as `Weigher` asks for it."""
        margin = self.options.packing.margin
        first, end = max(0.0, span.start - margin), min(span.end + margin, span.start + LONGEST_WINDOW - margin)
        rate = channel.sample_rate
        samples = channel.samples[int(first * rate) : int(end * rate)].astype(np.float32) / np.float32(32768)
        return self._network.weigh(samples, texts, language=language)

    def _language(self, windows: Sequence[Window], language: str) -> str:
        if language != "auto":
            return language
        found, probability = self._network.detect_language(max(windows, key=lambda w: w.speech).render())
        return found if probability >= LANGUAGE_SURE else DEFAULT_LANGUAGE


class _Run:
    """Some windows of a call, decoded until each is believed or given up."""

    def __init__(self, network: Network, options: WhisperOptions, language: str) -> None:
        self._network = network
        self._options = options
        self._language = language
        self._simplify = simplifier() if language == "zh" else None
        self.utterances: list[Utterance] = []

    def work(self, attempts: Sequence[_Attempt]) -> None:
        """Decode everything, climbing the ladder where the text is not believed."""
        while attempts:
            again: list[_Attempt] = []
            for batch in self._batches(attempts):
                for attempt, decoded in zip(batch, self._decode(batch), strict=True):
                    again.extend(self._take(attempt, decoded))
            attempts = again

    def _batches(self, attempts: Sequence[_Attempt]) -> Iterable[list[_Attempt]]:
        ordered = sorted(attempts, key=lambda a: (a.rung, a.window.duration))
        batch: list[_Attempt] = []
        for attempt in ordered:
            if batch and (len(batch) == self._options.batch or batch[0].rung != attempt.rung):
                yield batch
                batch = []
            batch.append(attempt)
        if batch:
            yield batch

    def _decode(self, batch: Sequence[_Attempt]) -> list[Decoded]:
        ladder = (Decoding(), _FULL_WINDOW, _NO_LOOPS)
        options = self._options
        decoding = replace(
            ladder[batch[0].rung],
            beam_size=options.beam_size,
            sure=options.sure,
            tail=options.tail,
            shortest=options.shortest,
            all_tokens=options.all_tokens,
        )
        audio = [attempt.window.render() for attempt in batch]
        return self._network.decode(audio, decoding, language=self._language)

    def _take(self, attempt: _Attempt, decoded: Decoded) -> list[_Attempt]:
        """Keep what is believed of a window; return what has to be tried again."""
        window = attempt.window
        heard = Heard(decoded.text, window.speech, decoded.log_probability, decoded.no_speech)
        if not doubts(heard, self._options.guards):
            return self._take_pieces(window, decoded)
        again = [] if self._is_murmur(window) else attempt.next(self._options.packing)
        if not again:
            self._give_up(window.placed[0].piece, window.channel.role)
        return again

    def _is_murmur(self, window: Window) -> bool:
        """Whether all of it is one sound too short to be worth the ladder: nearly always a 嗯 that is no word."""
        return len(window.placed) == 1 and window.speech < self._options.silent_below

    def _take_pieces(self, window: Window, decoded: Decoded) -> list[_Attempt]:
        """Give each piece of a believed window its words; a piece that is doubtful by itself is decoded alone."""
        again: list[_Attempt] = []
        for placed, words in zip(window.placed, _share(decoded.words, window.placed), strict=True):
            if len(window.placed) > 1 and self._doubtful(placed, words):
                again.append(_Attempt(place(window.channel, [placed.piece], self._options.packing)))
            elif words:
                self.utterances.append(self._utterance(placed, words, window.channel.role))
            else:
                self._give_up(placed.piece, window.channel.role)
        return again

    def _doubtful(self, placed: Placed, words: Sequence[TimedWord]) -> bool:
        if not words:
            return placed.piece.duration >= self._options.alone_from
        certainty = sum(math.log(max(word.probability, 1e-6)) for word in words) / len(words)
        heard = Heard("".join(word.text for word in words), placed.piece.duration, certainty, 0.0)
        return bool(doubts(heard, self._options.guards))

    def _give_up(self, piece: Segment, role: Role) -> None:
        """Speech that could not be read: said so, where it is long enough to hold words that matter."""
        if piece.duration >= self._options.silent_below:
            self.utterances.append(Utterance(role, piece.start, piece.end, "", status=UNINTELLIGIBLE))

    def _utterance(self, placed: Placed, words: Sequence[TimedWord], role: Role) -> Utterance:
        raw = "".join(word.text for word in words).strip()
        texts = self._simplified([word.text for word in words])
        texts[0] = texts[0].lstrip()
        texts[-1] = texts[-1].rstrip()
        timed = _snap(texts, self._calibrated(words), placed)
        confidence = sum(word.confidence or 0.0 for word in timed) / len(timed)
        piece = placed.piece
        return Utterance(role, piece.start, piece.end, "".join(texts), raw, confidence, HEARD, timed)

    def _calibrated(self, words: Sequence[TimedWord]) -> Sequence[TimedWord]:
        """The words with probabilities that mean what they say."""
        calibration = self._options.calibration
        if calibration is None:
            return words
        mean = sum(word.probability for word in words) / len(words)
        return [replace(word, probability=calibration.of(word.probability, mean)) for word in words]

    def _simplified(self, texts: list[str]) -> list[str]:
        """The words in simplified characters (an unprompted model writes traditional ones now and then)."""
        if self._simplify is None:
            return texts
        whole = self._simplify("".join(texts))
        if len(whole) != sum(map(len, texts)):
            return [self._simplify(text) for text in texts]
        ends = list(itertools.accumulate(map(len, texts)))
        return [whole[end - len(text) : end] for end, text in zip(ends, texts, strict=True)]


def _share(words: Iterable[TimedWord], placed: Sequence[Placed]) -> list[list[TimedWord]]:
    """The words of a window by the piece that lies nearest to where they are said.

    Attention leaves a word as soon as it is said and waits out the pause with the next: the first word of a sentence
    seems to begin where the one before ended, so only its end tells where it is.
    """
    shares: list[list[TimedWord]] = [[] for _ in placed]
    for word in words:
        said = max((word.start + word.end) / 2, word.end - _HALF_WORD)
        shares[min(range(len(placed)), key=lambda i: placed[i].distance(said))].append(word)
    return shares


def _snap(texts: Sequence[str], words: Sequence[TimedWord], placed: Placed) -> tuple[Word, ...]:
    """Words on the recording clock, in order, inside their piece; the outer edges are the speech detector's."""
    last = len(words) - 1
    edges = [placed.to_recording(word.start) for word in words] + [placed.piece.end]
    edges[0] = placed.piece.start
    edges = list(itertools.accumulate(edges, max))
    ends = [min(max(placed.to_recording(word.end), edges[i]), edges[i + 1]) for i, word in enumerate(words)]
    ends[last] = placed.piece.end
    return tuple(
        Word(text, edges[i], ends[i], word.probability) for i, (text, word) in enumerate(zip(texts, words, strict=True))
    )
