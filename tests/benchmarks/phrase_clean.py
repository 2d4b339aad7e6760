"""How well each voice of bench_phrases is understood with nothing in its way: no line, no noise, a stock recogniser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel
from phrase_corpus import Clip
from phrase_voices import Audio, Studio
from rapidfuzz.distance import Levenshtein

from asr_qa.bootstrap import find_weights
from asr_qa.config import Settings
from asr_qa.core.accuracy import comparable

RATE, STUDIO_RATE = 16000, 24000
"""Hertz: of the recogniser, and of what the voices speak."""


def understood(voices: Studio, said: list[tuple[Clip, float]], out: Path) -> None:
    """Print the character errors of each voice by faster-whisper as it comes (beam 5), and keep each text.

    Args:
        said: Clips with the speed they are spoken at.
        out: Folder for clean.jsonl.
    """
    model = WhisperModel(str(find_weights(Settings()).path), device="cpu", compute_type="int8", cpu_threads=1)
    counts: dict[str, tuple[int, int]] = {}
    out.mkdir(parents=True, exist_ok=True)
    with (out / "clean.jsonl").open("w", encoding="utf-8") as lines:
        for clip, speed in said:
            text = "".join(_heard(model, voices.say(clip.said, voice=clip.voice, speed=speed)))
            truth, heard = comparable(clip.said), comparable(text)
            wrong, long = counts.get(clip.voice, (0, 0))
            counts[clip.voice] = wrong + Levenshtein.distance(truth, heard), long + len(truth)
            lines.write(json.dumps({"id": clip.id, "said": clip.said, "heard": text}, ensure_ascii=False) + "\n")
    for voice, (wrong, long) in sorted(counts.items()):
        print(f"{voice}: {wrong / long:.3f} of {long} characters wrong")


def _heard(model: WhisperModel, spoken: Audio) -> Iterator[str]:
    times = np.arange(int(len(spoken) * RATE / STUDIO_RATE)) * STUDIO_RATE / RATE
    samples = np.interp(times, np.arange(len(spoken)), spoken).astype(np.float32)
    segments, _ = model.transcribe(samples, language="zh", beam_size=5)
    yield from (segment.text for segment in segments)
