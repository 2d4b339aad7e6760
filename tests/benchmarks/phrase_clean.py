"""How well each voice of bench_phrases is understood with nothing in its way: no line, no noise, a stock recogniser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import soxr
from faster_whisper import WhisperModel
from phrase_corpus import Clip
from phrase_measure import Missed, missed
from phrase_voices import Audio, Studio

from asr_qa.asr.words import simplifier
from asr_qa.bootstrap import find_weights
from asr_qa.config import Settings

RATE, STUDIO_RATE = 16000, 24000
"""Hertz: of the recogniser, and of what the voices speak."""


def understood(voices: Studio, said: list[tuple[Clip, float]], out: Path) -> None:
    """Print the errors of each voice by faster-whisper as it comes (beam 5), and keep each text.

    Whichever script it writes: a model that is not prompted writes traditional characters now and then.

    Args:
        said: Clips with the speed they are spoken at.
        out: Folder for clean.jsonl.
    """
    model = WhisperModel(str(find_weights(Settings()).path), device="cpu", compute_type="int8", cpu_threads=1)
    simplify, counts = simplifier(), dict[str, Missed]()
    out.mkdir(parents=True, exist_ok=True)
    with (out / "clean.jsonl").open("w", encoding="utf-8") as lines:
        for clip, speed in said:
            text = simplify("".join(_heard(model, voices.say(clip.said, voice=clip.voice, speed=speed))))
            counts[clip.voice] = counts.get(clip.voice, Missed()) + missed(clip.said, text)
            lines.write(json.dumps({"id": clip.id, "said": clip.said, "heard": text}, ensure_ascii=False) + "\n")
    for voice, errors in sorted(counts.items()):
        print(f"{voice}: {errors.row}")


def _heard(model: WhisperModel, spoken: Audio) -> Iterator[str]:
    segments, _ = model.transcribe(soxr.resample(spoken, STUDIO_RATE, RATE), language="zh", beam_size=5)
    yield from (segment.text for segment in segments)
