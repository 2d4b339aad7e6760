"""How much the network itself can tell: which of three was said, when everything around it is known.

Each clip of bench_phrases is weighed with the true sentence, and with the same sentence holding the phrase or a
sentence confusable with it in its place. Where the network finds a wrong one likelier, no way of looking at what it
writes can be right: the sound is lost on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from phrase_corpus import phrases
from phrase_measure import Heard, interval, load

from asr_qa.asr.whisper import WhisperTranscriber
from asr_qa.bootstrap import audio_reader, build_stages
from asr_qa.config import Settings
from asr_qa.core.accuracy import comparable
from asr_qa.core.recording import Role
from asr_qa.core.segment import Segment
from asr_qa.pipeline.ports import SpokenChannel


def ceiling(out: Path, part: str) -> None:
    """Print how often the network picks what was said out of a phrase and its two confusable sentences."""
    settings = Settings()
    engine = build_stages(settings).transcriber
    if not isinstance(engine, WhisperTranscriber):
        raise SystemExit("weighing texts needs the engine whisper")
    right: dict[str, list[bool]] = {"required": [], "confusable": []}
    for clip, channel in _with_audio(out, part, settings):
        texts = _choices(clip)
        likely = engine.weigh(channel, Segment(*clip.entry["span"]), texts, language="zh")
        right[clip.entry["set"]].append(int(np.argmax(likely)) == 0)
    for name, outcomes in right.items():
        print(f"{part}, {name}: the right one of three is likeliest in {interval(sum(outcomes), len(outcomes))}")


def _with_audio(out: Path, part: str, settings: Settings) -> Iterator[tuple[Heard, SpokenChannel]]:
    kept: dict[str, SpokenChannel] = {}
    for clip in load(out, part):
        name = clip.entry["recording"]
        if name not in kept:
            samples = audio_reader(settings).read(out / f"{name}.wav").samples[0]
            kept = {name: SpokenChannel(Role.AGENT, np.asarray(samples), ())}
        if clip.entry["set"] != "homophone":
            yield clip, kept[name]


def _choices(clip: Heard) -> list[str]:
    """The sentence that was said, and what it would be with the others of its phrase."""
    phrase, said = clip.entry["phrase"], clip.entry["said"]
    family = [phrase, *next(others for known, others in phrases() if known == phrase)]
    own = max((text for text in family if text in said), key=len)
    return [comparable(said.replace(own, text)) for text in (own, *(text for text in family if text != own))]
