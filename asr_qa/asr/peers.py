"""The stock pipelines of faster-whisper on one channel, to compare with: nothing of ours in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from asr_qa.core.transcript import Word
from asr_qa.pipeline.ports import Samples

Listen = Callable[[Samples, str], list[Word]]
"""Samples of one channel at 16 kHz and a language to words."""


def stock(folder: Path, *, device: str, compute_type: str, threads: int, beam_size: int = 5) -> Listen:
    """WhisperModel.transcribe(beam_size=5, vad_filter=True, word_timestamps=True), or with another beam."""
    model = _model(folder, device, compute_type, threads)

    def listen(samples: Samples, language: str) -> list[Word]:
        segments, _ = model.transcribe(
            _floats(samples), language=language, beam_size=beam_size, vad_filter=True, word_timestamps=True
        )
        return _words(segments)

    return listen


def batched(folder: Path, *, device: str, compute_type: str, threads: int, beam_size: int = 5) -> Listen:
    """BatchedInferencePipeline with batches of eight and word times; beam 5 unless said."""
    from faster_whisper import BatchedInferencePipeline

    pipeline = BatchedInferencePipeline(_model(folder, device, compute_type, threads))

    def listen(samples: Samples, language: str) -> list[Word]:
        segments, _ = pipeline.transcribe(
            _floats(samples), language=language, beam_size=beam_size, batch_size=8, word_timestamps=True
        )
        return _words(segments)

    return listen


PEERS: dict[str, Callable[..., Listen]] = {"stock": stock, "batched": batched}
"""What asr-qa bench compares with, by name."""


def _model(folder: Path, device: str, compute_type: str, threads: int) -> Any:
    from faster_whisper import WhisperModel

    return WhisperModel(str(folder), device=device, compute_type=compute_type, cpu_threads=threads)


def _floats(samples: Samples) -> Any:
    return np.asarray(samples, dtype=np.float32) / 32768.0


def _words(segments: Any) -> list[Word]:
    return [
        Word(word.word, float(word.start), float(word.end), float(word.probability))
        for segment in segments
        for word in segment.words or ()
    ]
