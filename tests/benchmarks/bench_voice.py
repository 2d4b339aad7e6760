#!/usr/bin/env python3
"""What hints about voices are worth: turns made louder, faster or flatter by a known amount, and those left alone.

    pip install pyworld soundfile
    python tests/benchmarks/bench_voice.py --clips ../shared/audio --eval ../shared/eval [--calls 40] [--seed 4711]

Calls are composed by EVAL/compose.py from CLIPS; about one turn in four is changed by a vocoder (pyworld) in one of the
ways below. "raised" is what people do who get loud: gain, more power above 1 kHz, higher pitch; "gain" alone is a phone
held closer. Each turn's level varies by up to 6 dB besides, as compose.py has it. Words are the true ones with one
character in ten lost. Prints Markdown tables: hits for each change, false alarms among the turns left alone, cost.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from asr_qa.audio.decode import AvReader
from asr_qa.audio.vad import detector
from asr_qa.audio.voice_meter import VoiceMeter
from asr_qa.core.recording import Role
from asr_qa.core.report import wilson
from asr_qa.core.segment import Segment, Track
from asr_qa.core.timeline import build_timeline
from asr_qa.core.transcript import Transcript, Utterance
from asr_qa.core.voice import FLAT, RAISED_VOICE, RUSHED, VoiceHint, VoiceReport
from asr_qa.pipeline.ports import SAMPLE_RATE, SpokenChannel
from asr_qa.pipeline.speaking import hear_speaking

Sound = NDArray[np.float64]
HEADROOM = 10 ** (-6 / 20)


@dataclass(frozen=True)
class Change:
    """How a turn is changed."""

    kind: str
    """The hint it ought to give; "" for none."""
    gain: float = 0.0
    tilt: float = 0.0
    """dB above 1 kHz."""
    shift: float = 0.0
    """Semitones."""
    excursion: float = 1.0
    """Of pitch from its mean."""
    tempo: float = 1.0


CHANGES = {
    "resynthesised only": Change(""),
    "gain +6 dB": Change(RAISED_VOICE, gain=6),
    "gain +10 dB": Change(RAISED_VOICE, gain=10),
    "raised +6 dB (tilt 2.5, pitch 2)": Change(RAISED_VOICE, gain=6, tilt=2.5, shift=2),
    "raised +10 dB (tilt 4, pitch 3.5)": Change(RAISED_VOICE, gain=10, tilt=4, shift=3.5),
    "tempo x 1.15": Change(RUSHED, tempo=1.15),
    "tempo x 1.25": Change(RUSHED, tempo=1.25),
    "tempo x 1.4": Change(RUSHED, tempo=1.4),
    "pitch range x 0.5": Change(FLAT, excursion=0.5),
    "pitch range x 0.25": Change(FLAT, excursion=0.25),
    "pitch +3 semitones": Change("", shift=3),
}
LINES = {"noise -50 dB": (-50.0, False), "noise -35 dB": (-35.0, False), "noise -50 dB, AGC": (-50.0, True)}


def changed(audio: Sound, change: Change) -> Sound:
    import pyworld

    sound = np.ascontiguousarray(audio, np.float64)
    rough, times = pyworld.dio(sound, SAMPLE_RATE, f0_floor=65.0, f0_ceil=450.0)
    pitch = pyworld.stonemask(sound, rough, times, SAMPLE_RATE)
    untouched = pyworld.cheaptrick(sound, pitch, times, SAMPLE_RATE)
    breath = pyworld.d4c(sound, pitch, times, SAMPLE_RATE)
    voiced = pitch > 0
    if voiced.any():
        notes = np.log2(pitch[voiced])
        pitch[voiced] = 2 ** (notes.mean() + (notes - notes.mean()) * change.excursion + change.shift / 12)
    hertz = np.linspace(0, SAMPLE_RATE / 2, untouched.shape[1])
    envelope = untouched * 10 ** (np.interp(hertz, [800, 1200], [0, change.tilt]) / 10)
    made = pyworld.synthesize(pitch, envelope, breath, SAMPLE_RATE, 5.0 / change.tempo)
    plain = pyworld.synthesize(pitch, untouched, breath, SAMPLE_RATE, 5.0)
    return np.asarray(made * np.sqrt(np.mean(sound**2) / np.mean(plain**2)) * 10 ** (change.gain / 20))


def agc(audio: NDArray[np.float32], *, target_db: float = -26.0) -> NDArray[np.float32]:
    """Automatic gain: follows the level of speech, down within 0.1 s and up within 2 s, held in pauses."""
    hop = SAMPLE_RATE // 100
    frames = audio[: len(audio) // hop * hop].reshape(-1, hop)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    gain, gains = 0.0, []
    for now in level:
        if now > -50:
            wanted = float(np.clip(target_db - now, -20, 20))
            gain += (wanted - gain) * (0.1 if wanted < gain else 0.005)
        gains.append(gain)
    curve = np.interp(np.arange(len(audio)), (np.arange(len(gains)) + 0.5) * hop, gains)
    return np.asarray(audio * 10 ** (curve / 20), np.float32)


def prepare(clips: Path, compose: ModuleType, each: int, seed: int) -> list[dict[str, Any]]:
    """All clips, three times as many as those that are changed: some of each speaker in every way."""
    rng = random.Random(seed)
    index = json.loads((clips / "index.json").read_text())
    found = [compose.prepare(clip, clips) | {"change": None} for clip in index]
    for clip in found:
        clip |= {"whole": clip["text"], "length": clip["seconds"]}
    speech = [clip for clip in found if clip["kind"] == "speech"]
    made = []
    for name, change in CHANGES.items():
        for speaker in sorted({clip["speaker"] for clip in speech}):
            for clip in rng.sample([c for c in speech if c["speaker"] == speaker], each):
                spans = [[a / change.tempo, b / change.tempo] for a, b in clip["speech"]]
                seconds = clip["seconds"] / change.tempo
                audio = changed(clip["audio"], change).astype(np.float32)
                made.append(
                    clip | {"audio": audio, "speech": spans, "seconds": seconds, "length": seconds, "change": name}
                )
    copies = max(1, round(3 * len(made) / max(1, len(speech))))
    return [*found, *speech * (copies - 1), *made]


def quicken(compose: ModuleType) -> None:
    """Transform lengths that are quick: odd ones take most of the time of composing."""
    telephone, line_noise = compose.telephone, compose.line_noise

    def spare(samples: int) -> int:
        return -samples % 2**16

    compose.telephone = lambda audio: telephone(np.pad(audio, (0, spare(len(audio)))))[: len(audio)]  # type: ignore[attr-defined]
    compose.line_noise = lambda samples, level, rng: line_noise(samples + spare(samples), level, rng)[:samples]  # type: ignore[attr-defined]


def call_class(compose: ModuleType, *, levelled: bool) -> type:
    """Calls that remember how each turn was changed, and all of what was said of those that are cut off."""

    class Known(compose.Call):  # type: ignore[misc, name-defined]
        def say(self, role: str, clip: dict[str, Any], start: float, kind: str = "turns") -> float:
            end: float = super().say(role, clip, start, kind)
            share = min(1.0, clip["seconds"] / clip["length"])
            said = clip["whole"][: round(share * len(clip["whole"]))]
            self.truth[kind][-1] |= {"change": clip["change"], "said": said}
            return end

        def finish(self, path: Path, noise_db: float, bleed_db: float, mono: bool) -> None:
            for role, track in self.tracks.items():
                self.tracks[role] = agc(track * HEADROOM) if levelled else track * HEADROOM
            super().finish(path, noise_db, bleed_db, mono)

    return Known


@dataclass
class Tally:
    """What was found on one line."""

    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By change and kind of hint."""
    turns: Counter[str] = field(default_factory=Counter)
    """By change; "" for those left alone."""
    wrong: Counter[str] = field(default_factory=Counter)
    """Hints on turns left alone."""
    right: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    seconds: float = 0.0
    cost: dict[str, float] = field(default_factory=Counter)  # type: ignore[arg-type]


def heard(truth: dict[str, Any], seed: int) -> Transcript:
    """The true words, one character in ten lost, spread over the speech they were said in."""
    rng = random.Random(seed)
    said = [
        Utterance(
            Role(turn["role"]), turn["start"], turn["end"], "".join(c for c in turn["said"] if rng.random() > 0.1)
        )
        for kind in ("turns", "backchannels")
        for turn in truth[kind]
    ]
    return Transcript(tuple(sorted(said, key=lambda one: one.start)))


def listen(path: Path, truth: dict[str, Any], tally: Tally) -> VoiceReport:
    audio = AvReader().read(path)
    speech: dict[Role, Track] = {
        role: detector("webrtc").detect(samples, SAMPLE_RATE)
        for role, samples in zip((Role.AGENT, Role.CUSTOMER), audio.samples, strict=True)
    }
    transcript = heard(truth, len(path.name))
    timeline = build_timeline(speech, transcript, audio.duration)
    channels = [SpokenChannel(role, samples, ()) for role, samples in zip(speech, audio.samples, strict=True)]
    began = time.process_time()
    hear_speaking(VoiceMeter(), channels, timeline, transcript)
    between = time.process_time()
    report = hear_speaking(VoiceMeter(pitch=True), channels, timeline, transcript)
    tally.cost["without pitch"] += between - began
    tally.cost["with pitch"] += time.process_time() - between
    tally.seconds += audio.duration
    return report


def covers(hint: VoiceHint, turn: dict[str, Any]) -> bool:
    common = hint_segment(hint) & Segment(turn["start"], turn["end"])
    return bool(hint.role.value == turn["role"] and common.duration >= 0.5 * (turn["end"] - turn["start"]))


def hint_segment(hint: VoiceHint) -> Segment:
    return Segment(hint.start, hint.end)


def count(report: VoiceReport, truth: dict[str, Any], tally: Tally) -> None:
    tally.calls += 1
    for turn in truth["turns"]:
        name = turn["change"] or ""
        tally.turns[name] += 1
        for kind in {hint.kind for hint in report.hints if covers(hint, turn)}:
            tally.hits[name, kind] += 1
    for hint in report.hints:
        meant = {CHANGES[t["change"]].kind for t in truth["turns"] if t["change"] and covers(hint, t)}
        (tally.right if hint.kind in meant else tally.wrong)[hint.kind] += 1


def share(k: int, n: int) -> str:
    if not n:
        return "-"
    low, high = wilson(k, n) or (0.0, 1.0)
    return f"{k / n:.2f} [{low:.2f}, {high:.2f}] of {n}"


def table(tallies: dict[str, Tally]) -> None:
    kinds = (RAISED_VOICE, RUSHED, FLAT)
    for kind in kinds:
        print(f"\n### {kind}\n\n| turns | {' | '.join(tallies)} |\n|{'---|' * (len(tallies) + 1)}")
        for name in ("", *CHANGES):
            relevant = not name or CHANGES[name].kind in ("", kind)
            if relevant:
                cells = [share(t.hits[name, kind], t.turns[name]) for t in tallies.values()]
                print(f"| {name or 'left alone'} | {' | '.join(cells)} |")
        cells = [share(t.right[kind], t.right[kind] + t.wrong[kind]) for t in tallies.values()]
        print(f"| **precision of all such hints** | {' | '.join(cells)} |")
    seconds = sum(t.seconds for t in tallies.values())
    print(f"\n| cost of audio time ({seconds / 60:.0f} minutes, both channels) | |\n|---|---|")
    for name in ("without pitch", "with pitch"):
        print(f"| {name} | {sum(t.cost[name] for t in tallies.values()) / seconds:.3%} |")


def measure_line(
    clips: list[dict[str, Any]], compose: ModuleType, args: argparse.Namespace, folder: Path, line: str
) -> Tally:
    noise, levelled = LINES[line]
    base = compose.Call
    compose.Call = call_class(compose, levelled=levelled)  # type: ignore[attr-defined]
    options = argparse.Namespace(minutes=args.minutes, noise_db=noise, bleed_db=-60.0, mono=False, holds=0.5)
    tally = Tally()
    for number in range(args.calls):
        path = folder / f"call-{number:03d}.wav"
        compose.compose(path, clips, options, random.Random(args.seed * 1000 + number))
        truth = json.loads(path.with_suffix(".truth.json").read_text())
        count(listen(path, truth, tally), truth, tally)
    compose.Call = base  # type: ignore[attr-defined]
    return tally


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, required=True)
    parser.add_argument("--eval", type=Path, required=True, help="folder of compose.py")
    parser.add_argument("--calls", type=int, default=40)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--each", type=int, default=10, help="clips of each speaker changed in each way")
    parser.add_argument("--seed", type=int, default=4711)
    args = parser.parse_args()
    sys.path.insert(0, str(args.eval))
    import compose

    quicken(compose)
    clips = prepare(args.clips, compose, args.each, args.seed)
    tallies: dict[str, Tally] = {}
    with tempfile.TemporaryDirectory() as folder:
        for line in LINES:
            tallies[line] = measure_line(clips, compose, args, Path(folder), line)
            print(f"{line}: {dict(tallies[line].turns)}", file=sys.stderr, flush=True)
    print(f"{args.calls} calls of {args.minutes:g} minutes a line, seed {args.seed}; share with a 95 % interval, of n.")
    table(tallies)


if __name__ == "__main__":
    main()
