"""The one place that talks to CTranslate2: windows of audio in, tokens and their times out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from asr_qa.asr.packing import Audio
from asr_qa.errors import ModelError, TranscriptionError

FRAMES_PER_SECOND = 100
SECONDS_PER_ALIGNMENT_FRAME = 0.02
LONGEST_WINDOW = 30.0
"""Seconds the network was trained on; it takes shorter windows, and costs in proportion."""
_BUCKET = 1.0
"""Window lengths are rounded up to this many seconds, so that batches are of like length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where and how the network runs."""

    device: str = "auto"
    compute_type: str = "auto"
    threads: int = 0
    """CPU threads; 0 lets CTranslate2 choose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How tokens are searched for."""

    beam_size: int = 5
    timestamps: bool = True
    repetition_penalty: float = 1.0
    no_repeat_ngram_size: int = 0
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


class WhisperNetwork:
    """A Whisper model in CTranslate2's format."""

    tail_seconds = 1.0
    """Silence after the last speech of a window; without any the last words are lost."""

    def __init__(self, folder: Path, device: Device) -> None:
        import ctranslate2
        import tokenizers
        from faster_whisper.feature_extractor import FeatureExtractor

        self._ct2 = ctranslate2
        where, compute = resolve(device)
        try:
            self._model = ctranslate2.models.Whisper(
                str(folder), device=where, compute_type=compute, intra_threads=device.threads
            )
            self._tokens = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as exc:  # both libraries raise bare RuntimeError, ValueError and Exception
            raise ModelError(
                f"{folder}: the model does not load ({exc}); check it with: asr-qa models verify, or pull it again"
            ) from exc
        self._features = FeatureExtractor(feature_size=self._model.n_mels)

    def decode(
        self, windows: Sequence[Audio], decoding: Decoding, *, language: str, hot_words: Sequence[str] = ()
    ) -> list[Decoded]:
        """Decode windows of like length in one batch.

        Args:
            windows: Audio of each, shape (samples,), 16 kHz, -1 to 1, at most 30 s.
            decoding: How to search.
            language: Code of the language, e.g. "zh".
            hot_words: Names and terms to expect.

        Raises:
            TranscriptionError: The network failed, e.g. out of memory.
        """
        tokenizer = self._tokenizer(language)
        prompt = self._prompt(tokenizer, decoding, hot_words)
        try:
            encoded = self._encode(windows, full=decoding.full_window)
            results = self._model.generate(
                encoded,
                [prompt] * len(windows),
                beam_size=decoding.beam_size,
                repetition_penalty=decoding.repetition_penalty,
                no_repeat_ngram_size=decoding.no_repeat_ngram_size,
                return_scores=True,
                return_no_speech_prob=True,
                # Nobody says more than about twelve tokens a second: the rest of a loop need not be decoded.
                max_length=min(448, len(prompt) + 24 + int(12 * max(map(_seconds, windows)))),
            )
            texts = [[token for token in result.sequences_ids[0] if token < tokenizer.eot] for result in results]
            frames = [int(_seconds(window) * FRAMES_PER_SECOND) + 1 for window in windows]
            aligned = self._model.align(encoded, list(tokenizer.sot_sequence), texts, frames)
        except (RuntimeError, ValueError) as exc:
            raise TranscriptionError(f"the recogniser failed: {exc}") from exc
        return [
            Decoded(_words(tokenizer, text, alignment), float(result.scores[0]), float(result.no_speech_prob))
            for text, alignment, result in zip(texts, aligned, results, strict=True)
        ]

    def detect_language(self, window: Audio) -> tuple[str, float]:
        """The language most likely spoken in a window, and its probability."""
        encoded = self._encode([window], full=True)
        token, probability = self._model.detect_language(encoded)[0][0]
        return token[2:-2], float(probability)

    def _encode(self, windows: Sequence[Audio], *, full: bool) -> Any:
        longest = LONGEST_WINDOW if full else min(LONGEST_WINDOW, self.padded_seconds(windows))
        frames = int(longest * FRAMES_PER_SECOND)
        features = np.zeros((len(windows), self._model.n_mels, frames), dtype=np.float32)
        for row, window in enumerate(windows):
            samples = np.zeros(int(longest * 16000), dtype=np.float32)
            samples[: len(window)] = window[: len(samples)]
            features[row] = self._features(samples, padding=0)[:, :frames]
        return self._model.encode(self._ct2.StorageView.from_array(features))

    @classmethod
    def padded_seconds(cls, windows: Sequence[Audio]) -> float:
        """Length that a batch of windows is padded to."""
        longest = max(map(_seconds, windows)) + cls.tail_seconds
        return float(np.ceil(longest / _BUCKET) * _BUCKET)

    def _tokenizer(self, language: str) -> Any:
        from faster_whisper.tokenizer import Tokenizer

        try:
            return Tokenizer(self._tokens, self._model.is_multilingual, task="transcribe", language=language)
        except ValueError as exc:
            raise TranscriptionError(f"the model does not know language {language!r}; use a code such as zh") from exc

    def _prompt(self, tokenizer: Any, decoding: Decoding, hot_words: Sequence[str]) -> list[int]:
        prompt = list(tokenizer.sot_sequence)
        if not decoding.timestamps:
            prompt.append(tokenizer.no_timestamps)
        if hot_words:
            prompt = [tokenizer.sot_prev, *tokenizer.encode(" " + " ".join(hot_words))[:200], *prompt]
        return prompt


def _seconds(window: Audio) -> float:
    return len(window) / 16000


def resolve(device: Device) -> tuple[str, str]:
    """The device and compute type meant by "auto"."""
    import ctranslate2 as ct2

    where = device.device
    if where == "auto":
        where = "cuda" if ct2.get_cuda_device_count() else "cpu"
    compute = device.compute_type
    if compute == "auto":
        compute = "float16" if where == "cuda" else "int8"
    return where, compute


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
