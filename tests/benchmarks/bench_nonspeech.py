#!/usr/bin/env python3
"""What the chain makes of sound without speech: seconds taken for speech and characters written, class by class.

    python tests/benchmarks/bench_nonspeech.py CLIPS [--minutes 60] [--seed 1] [--no-text]

CLIPS holds index.json, a list of {"path", "kind"}: of kind "speech" (babble is made of forty voices at once) and "hold"
(music beside the music made by formula). Each class gets an equal share of the minutes. What passes for speech is
transcribed with the model of ASR_QA_ASR__MODEL; the goal is 0 characters. Prints a Markdown table.
ASR_QA_VAD__NETWORK=false does without the network that tells voices from music.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.decode import AvReader
from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.recording import Role
from asr_qa.core.segment import Track, total
from asr_qa.pipeline.ports import SAMPLE_RATE, NonSpeechDetector, SpeechDetector, SpokenChannel
from asr_qa.pipeline.unspoken import find_speech
from asr_qa.testing import sounds

Maker = Callable[[float, int], sounds.Sound]


def repeat(part: sounds.Sound, seconds: float) -> sounds.Sound:
    gap = sounds.silence(1.0)
    return np.resize(np.concatenate([part, gap]), round(seconds * SAMPLE_RATE))


def clips(folder: Path, kind: str) -> list[sounds.Sound]:
    rows = json.loads((folder / "index.json").read_text())
    reader = AvReader()
    return [
        (reader.read(folder / row["path"]).samples[0] / 32768).astype(np.float32) for row in rows if row["kind"] == kind
    ]


def babble(voices: list[sounds.Sound], seconds: float, seed: int, *, level_db: float = -26.0) -> sounds.Sound:
    rng = np.random.default_rng(seed)
    mix = np.zeros(round(seconds * SAMPLE_RATE), np.float32)
    for _ in range(40):
        order = rng.permutation(len(voices))
        line = np.concatenate([voices[i] for i in order])
        mix += np.roll(np.resize(line, mix.size), int(rng.integers(mix.size)))
    return np.asarray(mix / mix.std() * 10 ** (level_db / 20), np.float32)


def music(seconds: float, seed: int) -> sounds.Sound:
    styles = ("chords", "arpeggio", "band")
    parts = [sounds.tune(seconds / 6, seed=seed + i, style=styles[i % 3], level_db=-24.0 - 2 * i) for i in range(6)]
    return np.concatenate(parts)


def classes(folder: Path) -> dict[str, Maker]:
    voices = clips(folder, "speech")[::4]
    holds = clips(folder, "hold")
    return {
        "digital silence": lambda s, _: sounds.silence(s),
        "line at -60 dB": lambda s, seed: sounds.pink(s, seed=seed, level_db=-60.0),
        "white noise": lambda s, seed: sounds.white(s, seed=seed, level_db=-35.0),
        "pink noise": lambda s, seed: sounds.pink(s, seed=seed, level_db=-30.0),
        "ring-back": lambda s, _: sounds.cadence(sounds.RING_BACK["cn"], s),
        "busy": lambda s, _: sounds.cadence(sounds.BUSY["cn"], s),
        "keys": lambda s, _: repeat(sounds.dtmf("13800138000#"), s),
        "fax": lambda s, seed: repeat(sounds.fax(seed=seed), s),
        "hold music": lambda s, _: np.resize(np.concatenate(holds) * np.float32(0.4), round(s * SAMPLE_RATE)),
        "music by formula": music,
        "drums alone": lambda s, seed: sounds.tune(s, seed=seed, style="drums"),
        "babble": lambda s, seed: babble(voices, s, seed),
    }


def pcm(sound: sounds.Sound, *, noise: bool, seed: int) -> NDArray[np.int16]:
    line = sounds.pink(sound.size / SAMPLE_RATE, seed=seed, level_db=-60.0)[: sound.size] if noise else 0
    return np.asarray(np.clip(sound + line, -1, 1) * 32767, np.int16)


def speech_of(samples: NDArray[np.int16], detector: SpeechDetector, tones: NonSpeechDetector) -> Track:
    return find_speech(samples, tones.find(samples, SAMPLE_RATE), SAMPLE_RATE, detector=detector, silencer=tones)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-text", action="store_true", help="stop at speech detection")
    args = parser.parse_args()
    stages = build_stages(Settings())
    tones = stages.non_speech
    makers = classes(args.clips)
    seconds = args.minutes * 60 / len(makers)
    print("| class | s | speech without us, s | speech, s | characters | text |\n|---|---|---|---|---|---|")
    spent = 0.0
    for name, make in makers.items():
        samples = pcm(make(seconds, args.seed), noise=name != "digital silence", seed=args.seed)
        plain = stages.detector.detect(samples, SAMPLE_RATE)
        began = time.process_time()
        tones.find(samples, SAMPLE_RATE)
        spent += time.process_time() - began
        track = speech_of(samples, stages.detector, tones)
        text = "not run"
        if not args.no_text:
            channel = SpokenChannel(Role.AGENT, samples, track)
            text = "".join(u.text for u in stages.transcriber.transcribe([channel]).utterances) if track else ""
        written = "" if args.no_text else str(len(text))
        print(
            f"| {name} | {seconds:.0f} | {total(plain):.1f} | {total(track):.1f} | {written} | {text[:40]} |",
            flush=True,
        )
    print(f"\nTones and music: {spent / (seconds * len(makers)):.4%} of audio time a channel.")


if __name__ == "__main__":
    main()
