"""The one place that talks to CTranslate2: windows of audio in, tokens and their times out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_qa.asr.device import Device, is_out_of_memory, memory_for_windows, resolve, shape_of
from asr_qa.asr.packing import Audio
from asr_qa.asr.vocabulary import SmallNetwork, Vocabulary, can_cut, cut_to_language
from asr_qa.errors import ModelError, TranscriptionError

FRAMES_PER_SECOND = 100
ENCODED_PER_SECOND = 50
SECONDS_PER_ALIGNMENT_FRAME = 0.02
LONGEST_WINDOW = 30.0
"""Seconds the network was trained on; it takes shorter windows, and costs in proportion."""
_LEAST = 1e-9
"""Probability of a token that the network does not know, and the least of any."""
_BUCKET = 1.0
"""Window lengths are rounded up to this many seconds, so that batches are of like length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How tokens are searched for."""

    beam_size: int = 5
    sure: float = 0.0
    """Mean log-probability of the likeliest token at each step from which no beam is searched; 0 searches always."""
    timestamps: bool = True
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
    tail: float = 0.5
    """Seconds of silence after the last speech of a window; without any the last words are lost."""
    shortest: float = 8.0
    """Shorter windows are filled up to this many seconds with silence: the network was trained on long ones."""
    all_tokens: bool = False
    """Weigh the tokens of all languages at every step."""
    full_window: bool = False
    """Pad to the 30 s the network was trained on."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word in a window."""

    text: str
    start: float
    """Second of the window."""
    end: float
    """Second of the window."""
    probability: float
    """Mean probability of its tokens."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the network wrote for one window."""

    words: tuple[TimedWord, ...]
    log_probability: float
    """Mean natural log of the token probabilities, end token included."""
    no_speech: float
    """Probability that nothing is said at all."""

    @property
    def text(self) -> str:
        """All words joined."""
        return "".join(word.text for word in self.words).strip()


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A network ready to decode."""

    model: Any
    vocabulary: Vocabulary


class _Job:
    """What stays the same for all windows of one call of decode."""

    def __init__(self, loaded: _Loaded, tokenizer: Any, decoding: Decoding) -> None:
        known = loaded.vocabulary
        self.loaded, self.tokenizer, self.decoding = loaded, tokenizer, decoding
        self.start = known.to_network(tokenizer.sot_sequence)
        self.prompt = known.to_network(_prompt(tokenizer, decoding))
        self.end = known.to_network([tokenizer.eot])[0]


class WhisperNetwork:
    """A Whisper model in CTranslate2's format."""

    def __init__(self, folder: Path, device: Device, *, language: str = "zh", memory: int | None = None) -> None:
        """Load the weights.

        Args:
            folder: Weights in CTranslate2's format.
            device: Where and how the network runs.
            language: The language to be ready for; others are made ready when first asked for.
            memory: Bytes that windows decoded together may take; None for what suits the device.

        Raises:
            ModelError: The weights do not load.
        """
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor

        self._folder, self._device = folder, device
        self._where, self._compute = resolve(device)
        self._shape = shape_of(folder)
        self._loaded: dict[str, _Loaded] = {}
        try:
            self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._features = FeatureExtractor(feature_size=self._ready(language).model.n_mels)
        except Exception as exc:  # both libraries raise bare RuntimeError, ValueError and Exception
            raise ModelError(
                f"{folder}: the model does not load ({exc}); check it with: asr-qa models verify, or pull it again"
            ) from exc
        self._memory = memory or memory_for_windows(device)

    def room(self, seconds: float, *, beam_size: int = 1) -> int:
        """How many windows of a length (seconds) are decoded together, by memory; at least 1."""
        return self._shape.room(seconds, self._memory, beam_size=beam_size)

    def decode(self, windows: Sequence[Audio], decoding: Decoding, *, language: str) -> list[Decoded]:
        """Decode windows of like length together, as many at once as memory has room for.

        Args:
            windows: Audio of each, shape (samples,), 16 kHz, -1 to 1, at most 30 s.
            decoding: How to search.
            language: Code of the language, e.g. "zh".

        Raises:
            TranscriptionError: The network failed, e.g. out of memory with a single window.
        """
        job = _Job(self._ready("" if decoding.all_tokens else language), self._tokenizer(language), decoding)
        room = self.room(padded_seconds(windows, decoding))
        groups = [windows[first : first + room] for first in range(0, len(windows), room)]
        return [decoded for group in groups for decoded in self._decode_or_halve(group, job)]

    def _decode_or_halve(self, windows: Sequence[Audio], job: _Job) -> list[Decoded]:
        """Decode windows at once; where the device runs out of memory in halves, from now on with half the memory."""
        try:
            return self._decode_at_once(windows, job)
        except (RuntimeError, ValueError, MemoryError) as exc:
            if not is_out_of_memory(exc) or len(windows) == 1:
                raise TranscriptionError(f"the recogniser failed: {exc}") from exc
        if len(windows) <= self.room(padded_seconds(windows, job.decoding)):  # else it was halved for their other half
            self._memory //= 2
        middle = len(windows) // 2
        return [d for half in (windows[:middle], windows[middle:]) for d in self._decode_or_halve(half, job)]

    def _decode_at_once(self, windows: Sequence[Audio], job: _Job) -> list[Decoded]:
        encoded = self._encode(windows, job.loaded.model, job.decoding)
        results = self._search(encoded, windows, job)
        texts = [result.sequences_ids[0] for result in results]
        texts = [[token for token in text if token < job.end] for text in texts]
        frames = [int(_seconds(window) * FRAMES_PER_SECOND) + 1 for window in windows]
        aligned = job.loaded.model.align(self._view(encoded), job.start, texts, frames)
        known = job.loaded.vocabulary
        return [
            Decoded(
                _words(job.tokenizer, known.from_network(text), alignment),
                float(result.scores[0]),
                float(result.no_speech_prob),
            )
            for text, alignment, result in zip(texts, aligned, results, strict=True)
        ]

    def _search(self, encoded: NDArray[Any], windows: Sequence[Audio], job: _Job) -> list[Any]:
        """The text of each window: the likeliest token at each step, and where that is unsure a beam."""
        beam = job.decoding.beam_size
        results: list[Any] = [None] * len(windows)
        unsure = list(range(len(windows)))
        if beam == 1 or job.decoding.sure < 0:
            results = self._generate(encoded, windows, job, beam_size=1)
            unsure = [i for i, result in enumerate(results) if result.scores[0] < job.decoding.sure]
        if beam == 1:
            return results
        room = self.room(encoded.shape[1] / ENCODED_PER_SECOND, beam_size=beam)
        for first in range(0, len(unsure), room):
            rows = unsure[first : first + room]
            again = self._generate(encoded[rows], [windows[row] for row in rows], job, beam_size=beam)
            for row, result in zip(rows, again, strict=True):
                results[row] = result
        return results

    def _generate(self, encoded: NDArray[Any], windows: Sequence[Audio], job: _Job, *, beam_size: int) -> list[Any]:
        found: list[Any] = job.loaded.model.generate(
            self._view(encoded),
            [job.prompt] * len(windows),
            beam_size=beam_size,
            repetition_penalty=job.decoding.repetition_penalty,
            no_repeat_ngram_size=job.decoding.no_repeat_ngram_size,
            return_scores=True,
            return_no_speech_prob=True,
            # Nobody says more than about twelve tokens a second: the rest of a loop need not be decoded.
            max_length=min(448, len(job.prompt) + 24 + int(12 * max(map(_seconds, windows)))),
        )
        return found

    def weigh(self, window: Audio, texts: Sequence[str], *, language: str) -> list[float]:
        """How likely each of some texts is for a window: natural logs, summed over their tokens.

        Args:
            window: Audio, shape (samples,), 16 kHz, -1 to 1, at most 30 s.
            texts: What may be said in it, from its beginning to its end.
            language: Code of the language, e.g. "zh".

        Raises:
            TranscriptionError: The network failed.
        """
        loaded, tokenizer, decoding = self._ready(language), self._tokenizer(language), Decoding()
        wanted = [tokenizer.encode(text) for text in texts]
        known = [loaded.vocabulary.to_network(tokens) for tokens in wanted]
        start = loaded.vocabulary.to_network(tokenizer.sot_sequence)
        frames = int(_seconds(window) * FRAMES_PER_SECOND) + 1
        try:
            encoded = self._encode([window], loaded.model, decoding).repeat(len(texts), axis=0)
            aligned = loaded.model.align(self._view(encoded), start, known, [frames] * len(texts))
        except (RuntimeError, ValueError) as exc:
            raise TranscriptionError(f"the recogniser failed: {exc}") from exc
        lost = [len(all_) - len(kept) for all_, kept in zip(wanted, known, strict=True)]
        return [
            float(np.log(np.maximum(each.text_token_probs, _LEAST)).sum()) + missing * math.log(_LEAST)
            for each, missing in zip(aligned, lost, strict=True)
        ]

    def detect_language(self, window: Audio) -> tuple[str, float]:
        """The language most likely spoken in a window, and its probability."""
        model = self._any
        encoded = self._encode([window], model, Decoding(full_window=True))
        token, probability = model.detect_language(self._view(encoded))[0][0]
        return token[2:-2], float(probability)

    def _encode(self, windows: Sequence[Audio], model: Any, decoding: Decoding) -> NDArray[Any]:
        """What the network makes of windows, shape (windows, 50 per second, width).

        A processor takes them one by one: the weights of attention over a long window are larger than its caches, and
        together they would take hundreds of MB and more time.
        """
        longest = padded_seconds(windows, decoding)
        frames = int(longest * FRAMES_PER_SECOND)
        together = len(windows) if self._where == "cuda" else 1
        features = np.zeros((len(windows), model.n_mels, frames), dtype=np.float32)
        for row, window in enumerate(windows):
            samples = np.zeros(int(longest * 16000), dtype=np.float32)
            samples[: len(window)] = window[: len(samples)]
            features[row] = self._features(samples, padding=0)[:, :frames]
        parts = [features[first : first + together] for first in range(0, len(windows), together)]
        return np.concatenate([np.array(model.encode(self._view(part), to_cpu=True)) for part in parts])

    def _view(self, array: NDArray[Any]) -> Any:
        import ctranslate2

        return ctranslate2.StorageView.from_array(np.ascontiguousarray(array))

    @property
    def _any(self) -> Any:
        return next(iter(self._loaded.values())).model

    def _ready(self, language: str) -> _Loaded:
        """The network for a language; loaded when first asked for."""
        key = language if self._where == "cpu" and can_cut(language) else ""
        if key not in self._loaded:
            small = cut_to_language(self._folder, key) if key else None
            # What is not cut is the same network for every language: in memory it is once.
            self._loaded[key] = self._load(small) if small or not key else self._ready("")
        return self._loaded[key]

    def _load(self, small: SmallNetwork | None) -> _Loaded:
        import ctranslate2

        model = ctranslate2.models.Whisper(
            str(self._folder),
            device=self._where,
            device_index=self._device.index,
            compute_type=self._compute,
            intra_threads=self._device.threads,
            files=small.files if small else None,
        )
        return _Loaded(model, small.vocabulary if small else Vocabulary())

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        try:
            return Tokenizer(
                self._tokens,
                self._any.is_multilingual,
                task="transcribe",
                language=language,
            )
        except ValueError as exc:
            raise TranscriptionError(f"the model does not know language {language!r}; use a code such as zh") from exc


def _prompt(tokenizer: Any, decoding: Decoding) -> list[int]:
    prompt = list(tokenizer.sot_sequence)
    if not decoding.timestamps:
        prompt.append(tokenizer.no_timestamps)
    return prompt


def padded_seconds(windows: Sequence[Audio], decoding: Decoding) -> float:
    """Length (seconds) that windows decoded together are padded to."""
    if decoding.full_window:
        return LONGEST_WINDOW
    longest = max(max(map(_seconds, windows)) + decoding.tail, decoding.shortest)
    return min(LONGEST_WINDOW, float(np.ceil(longest / _BUCKET) * _BUCKET))


def _seconds(window: Audio) -> float:
    return len(window) / 16000


def _words(tokenizer: Any, text: list[int], alignment: Any) -> tuple[TimedWord, ...]:
    """Words with times from the alignment of tokens to frames (both as CTranslate2 gives them)."""
    if not text or not alignment.alignments:
        return ()
    texts, tokens = tokenizer.split_to_word_tokens([*text, tokenizer.eot])
    steps = np.array([step for step, _ in alignment.alignments])
    times = np.array([frame for _, frame in alignment.alignments]) * SECONDS_PER_ALIGNMENT_FRAME
    first = np.concatenate([[True], np.diff(steps) > 0])
    starts = times[first]
    edges = np.concatenate([[0], np.cumsum([len(part) for part in tokens[:-1]])]).astype(int)
    at = starts[np.minimum(edges, len(starts) - 1)]
    probabilities = alignment.text_token_probs
    words = (
        TimedWord(word, float(at[i]), float(at[i + 1]), float(np.mean(probabilities[edges[i] : edges[i + 1]])))
        for i, word in enumerate(texts[:-1])
    )
    return _attach_punctuation(words)


def _attach_punctuation(words: Any) -> tuple[TimedWord, ...]:
    """Marks become part of the word before them: they have no sound of their own."""
    joined: list[TimedWord] = []
    for word in words:
        if joined and not any(char.isalnum() for char in word.text):
            last = joined[-1]
            joined[-1] = TimedWord(last.text + word.text, last.start, last.end, last.probability)
        elif any(char.isalnum() for char in word.text):
            joined.append(word)
    return tuple(joined)
