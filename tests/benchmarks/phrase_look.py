"""What listening again gives for the phrases of bench_phrases: written once, read by `measure` and `fit`."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from phrase_corpus import apart
from phrase_measure import Heard, load

from asr_qa.asr.whisper import WhisperTranscriber
from asr_qa.bootstrap import audio_reader, build_stages
from asr_qa.config import Settings
from asr_qa.core.checks.again import Nearest, nearest
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Utterance
from asr_qa.pipeline.ports import SpokenChannel
from asr_qa.pipeline.secondlook import FARTHEST, LONGEST, clarity_of, texts_of

OTHERS = 2
"""Phrases not said that are weighed in each clip: those that sound most like it."""


def look(out: Path, part: str, *, others: int = OTHERS) -> None:
    """Write DIR/look-part.jsonl: one line for each phrase that was weighed in a clip."""
    path = out / f"look-{part}.jsonl"
    done = {json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()} if path.is_file() else set()
    settings = Settings()
    engine = build_stages(settings).transcriber
    if not isinstance(engine, WhisperTranscriber):
        raise SystemExit("listening again needs the engine whisper")
    clips = [clip for clip in load(out, part) if clip.entry["id"] not in done]
    phrases = sorted({clip.entry["phrase"] for clip in load(out, part)})
    channels: dict[str, SpokenChannel] = {}
    with path.open("a", encoding="utf-8") as lines:
        for clip in clips:
            name = clip.entry["recording"]
            if name not in channels:
                samples = audio_reader(settings).read(out / f"{name}.wav").samples[0]
                channels = {name: SpokenChannel(Role.AGENT, np.asarray(samples), ())}
            for row in _rows(clip, phrases, channels[name], engine, others):
                lines.write(json.dumps(row, ensure_ascii=False) + "\n")
            lines.flush()


def _rows(
    clip: Heard, phrases: list[str], channel: SpokenChannel, engine: WhisperTranscriber, others: int
) -> Iterator[dict[str, Any]]:
    own = clip.entry["phrase"]
    strange = [
        (found[1].rate, p) for p in phrases if apart(p, clip.entry["said"]) and p != own and (found := _best(clip, p))
    ]
    for phrase in (own, *(p for _, p in sorted(strange)[:others])):
        found = _best(clip, phrase)
        row = {"id": clip.entry["id"], "set": clip.entry["set"], "phrase": phrase, "own": phrase == own}
        row["said"] = clip.entry["set"] != "homophone" and not apart(phrase, clip.entry["said"])
        if found is None or found[1].rate > FARTHEST or clip.source is None:
            yield {**row, "ratio": None}
            continue
        utterance, place = found
        started = time.process_time()
        heard, with_phrase = engine.weigh(
            channel, utterance.segment, texts_of(clip.source, utterance, phrase, place), language="zh"
        )
        costs = {"cost": place.cost, "length": place.syllables, "cpu": round(time.process_time() - started, 3)}
        yield {**row, "ratio": with_phrase - heard, "clarity": clarity_of(clip.source, phrase, place), **costs}


def _best(clip: Heard, phrase: str) -> tuple[Utterance, Nearest] | None:
    if clip.source is None:
        return None
    found = [
        (u, place)
        for u in clip.utterances
        if u.words and u.end - u.start <= LONGEST and (place := nearest(clip.source, phrase, u.segment)) is not None
    ]
    return min(found, key=lambda each: each[1].rate, default=None)
