"""Compares ways of detecting speech on composed calls with exactly known speech.

    python tests/benchmarks/bench_vad.py --clips ../shared/audio --eval ../shared/eval

Composes calls with `compose.py` of the evaluation folder once, keeps their clean lines, and puts noise of several
levels and colours, line filters and bleed on them. Every detector is run once a line; the ways are made from what it
found. Prints a Markdown table: worst and mean error of speech seconds, F1 of silences (both edges within 0.3 s), the
share of edges within 50 ms, time wrongly called speech and time missed as shares of true speech, CPU per audio time.
Speech pauses under 0.2 s are bridged first, as the timeline does; where there is bleed, it is taken out first.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile  # type: ignore[import-untyped]
import soxr
from numpy.typing import NDArray

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.runs import join_runs, runs_of
from asr_qa.audio.vad import WebRtcDetector, detector, to_track
from asr_qa.audio.voice import voiced_frames
from asr_qa.core.segment import Segment, Track, bridge, gaps, intersect, subtract, total, union

ROLES = ("agent", "customer")
RATE = 16000
Lines = NDArray[np.float32]


@dataclass(frozen=True)
class Condition:
    """What happens to the clean lines."""

    name: str
    noise_db: float = -50.0
    """dB full scale, over 8 kHz."""
    colour: float = 0.5
    """Exponent of the noise's fall over frequency: 0 white, 0.5 pink, 1 brown."""
    bleed_db: float = -60.0
    line: str = "telephone"
    """telephone: smooth slopes, noise before them; hard: 300-3400 Hz, noise before; flat: the same, noise after it."""
    babble: bool = False
    """The noise is six voices talking at once."""


CONDITIONS = (
    Condition("pink -60 dB", -60),
    Condition("pink -50 dB"),
    Condition("pink -35 dB, bleed -25 dB", -35, bleed_db=-25),
    Condition("pink -30 dB", -30),
    Condition("pink -24 dB", -24),
    Condition("pink -20 dB", -20),
    Condition("white -35 dB", -35, 0),
    Condition("brown -30 dB", -30, 1),
    Condition("babble -45 dB", -45, babble=True),
    Condition("300-3400 Hz, white -50 dB inside", -50, 0, line="hard"),
    Condition("300-3400 Hz, white -50 dB everywhere", -50, 0, line="flat"),
    Condition("300-3400 Hz, white -40 dB everywhere", -40, 0, line="flat"),
    Condition("bleed -20 dB", bleed_db=-20),
)


@dataclass
class Tally:
    """Counts over the calls of one condition."""

    talk: list[float] = field(default_factory=list)
    """Relative error of speech seconds, one a role and call."""
    edges: list[float] = field(default_factory=list)
    """Seconds by which edges are off."""
    matched: int = 0
    true: int = 0
    found: int = 0
    false_alarm: float = 0.0
    missed: float = 0.0
    speech: float = 0.0
    audio: float = 0.0
    cpu: float = 0.0

    def row(self) -> str:
        """The figures as cells of a Markdown table."""
        near = sum(abs(edge) <= 0.05 for edge in self.edges) / max(1, len(self.edges))
        worst = max(self.talk, key=abs)
        cells = (
            f"{worst:+.3f}",
            f"{sum(self.talk) / len(self.talk):+.3f}",
            f"{2 * self.matched / max(1, self.true + self.found):.3f} ({self.matched}/{self.true}/{self.found})",
            f"{near:.2f}",
            f"{self.false_alarm / self.speech:.3f}",
            f"{self.missed / self.speech:.3f}",
            f"{100 * self.cpu / self.audio:.2f} %",
        )
        return " | ".join(cells)


@dataclass(frozen=True)
class Found:
    """What one way found in a call."""

    tracks: list[Track]
    cpu: float


def classified(samples: NDArray[np.int16]) -> Track:
    """The WebRTC classifier (mode 2) alone, pauses under 0.1 s closed and stretches under 0.06 s left out."""
    voiced = voiced_frames(samples, RATE, mode=2, frames=samples.size // 160)
    return to_track([run for run in join_runs(runs_of(voiced), gap=10) if run[1] - run[0] >= 6])


def ways(lines: NDArray[np.int16]) -> dict[str, Found]:
    """Every way's tracks of one call; the combinations cost what their parts cost."""
    silero = detector("silero")
    found = {
        "WebRTC classifier alone": timed(classified, lines),
        "Silero": timed(lambda line: silero.detect(line, RATE), lines),
        "bands + WebRTC (default)": timed(lambda line: WebRtcDetector().detect(line, RATE), lines),
    }
    default, network = found["bands + WebRTC (default)"], found["Silero"]
    both = list(zip(default.tracks, network.tracks, strict=True))
    cpu = default.cpu + network.cpu
    found["default and Silero"] = Found([intersect(a, b) for a, b in both], cpu)
    found["default or Silero"] = Found([union(a, b) for a, b in both], cpu)
    voters = zip(*(found[name].tracks for name in tuple(found)[:3]), strict=True)
    found["two of three"] = Found([majority(*votes) for votes in voters], cpu + found["WebRTC classifier alone"].cpu)
    return found


def timed(detect: Any, lines: NDArray[np.int16]) -> Found:
    """Run a detector over both lines."""
    began = time.process_time()
    tracks = [detect(line) for line in lines]
    return Found(tracks, time.process_time() - began)


def majority(a: Track, b: Track, c: Track) -> Track:
    """What two of three agree on."""
    return union(intersect(a, b), intersect(a, c), intersect(b, c))


def noise(count: int, condition: Condition, voices: Lines, rng: np.random.Generator) -> Lines:
    """Noise of the condition's colour and level."""
    if condition.babble:
        starts = rng.integers(0, voices.size, 6)
        sound = np.sum([np.resize(np.roll(voices, -at), count) for at in starts], axis=0)
    else:
        hertz = np.fft.rfftfreq(whole(count), 1 / RATE)
        spectrum = np.fft.rfft(rng.standard_normal(whole(count))) / np.maximum(hertz, 50) ** condition.colour
        sound = np.fft.irfft(spectrum)[:count]
    return np.asarray(sound / sound.std() * 10 ** (condition.noise_db / 20), dtype=np.float32)


def whole(count: int) -> int:
    """A length that transforms fast."""
    return -(-count // 2**16) * 2**16


def band(sound: Lines, *, hard: bool) -> Lines:
    """The telephone band: full between 300 and 3400 Hz, with smooth slopes or none."""
    hertz = np.fft.rfftfreq(whole(sound.size), 1 / RATE)
    smooth = np.interp(hertz, [0, 150, 300, 3400, 3800, RATE / 2], [0.02, 0.1, 1, 1, 0.05, 0])
    gain = ((hertz >= 300) & (hertz <= 3400)).astype(float) if hard else smooth
    filtered = np.fft.irfft(np.fft.rfft(sound, whole(sound.size)) * gain)[: sound.size]
    return np.asarray(filtered, dtype=np.float32)


def transmit(clean: Lines, condition: Condition, voices: Lines) -> NDArray[np.int16]:
    """What arrives of two clean lines, shape (2, samples)."""
    rng, leak = np.random.default_rng(5), 10 ** (condition.bleed_db / 20)
    received = []
    for own, other in (clean, clean[::-1]):
        mixed, hiss = own + leak * other, noise(own.size, condition, voices, rng)
        if condition.line == "flat":
            received.append(band(mixed, hard=True) + hiss)
        else:
            received.append(coded(band(mixed + hiss, hard=condition.line == "hard"))[: own.size])
    shortest = min(len(line) for line in received)
    scaled = np.stack([line[:shortest] for line in received]) * 32768
    return np.asarray(np.clip(np.rint(scaled), -32768, 32767), dtype=np.int16)


def coded(sound: Lines) -> Lines:
    """The sound at 8 kHz in mu-law and back."""
    file = io.BytesIO()
    soundfile.write(file, soxr.resample(sound, RATE, 8000), 8000, subtype="ULAW", format="WAV")
    file.seek(0)
    return np.asarray(soxr.resample(soundfile.read(file, dtype="float32")[0], 8000, RATE))


def truth_of(truth: dict[str, Any], role: str) -> Track:
    """Stretches of speech of one role."""
    said = [turn for kind in ("turns", "backchannels") for turn in truth[kind] if turn["role"] == role]
    return bridge([Segment(start, end) for turn in said for start, end in turn["speech"]], 0.2)


def silences_of(tracks: Sequence[Track]) -> Track:
    """Stretches of at least 2 s in which nobody speaks, inside the call."""
    talk = union(*tracks)
    return tuple(gap for gap in gaps(talk, talk[0] | talk[-1]) if gap.duration >= 2.0) if talk else ()


def edge_errors(truth: Track, found: Track) -> Iterator[float]:
    """How far the outer edges of what was found lie from those of each true stretch."""
    for said in truth:
        heard = [segment for segment in found if segment & said]
        if heard:
            yield heard[0].start - said.start
            yield heard[-1].end - said.end


def count_matches(true: Track, found: Track) -> int:
    """How many silences were found with both edges within 0.3 s; each counts once."""
    free = list(found)
    for silence in true:
        near = [s for s in free if max(abs(s.start - silence.start), abs(s.end - silence.end)) <= 0.3]
        if near:
            free.remove(near[0])
    return len(found) - len(free)


def add_call(tally: Tally, found: Found, truth: dict[str, Any]) -> None:
    """Add what one way found in one call."""
    tracks = [bridge(track, 0.2) for track in found.tracks]
    tally.cpu += found.cpu
    tally.audio += truth["duration"]
    for role, track in zip(ROLES, tracks, strict=True):
        said = truth_of(truth, role)
        tally.talk.append((total(track) - total(said)) / total(said))
        tally.edges += edge_errors(said, track)
        tally.speech += total(said)
        tally.missed += total(said) - total(intersect(said, track))
        tally.false_alarm += total(subtract(track, said))
    true = tuple(Segment(silence["start"], silence["end"]) for silence in truth["silences"])
    silences = silences_of(tracks)
    tally.matched, tally.true = tally.matched + count_matches(true, silences), tally.true + len(true)
    tally.found += len(silences)


def compose(args: argparse.Namespace) -> list[tuple[Lines, dict[str, Any]]]:
    """Clean lines (2, samples) and truth of every call, as compose.py makes them before it adds noise."""
    spec = importlib.util.spec_from_file_location("compose", args.eval / "compose.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    clips = [module.prepare(clip, args.clips) for clip in json.loads((args.clips / "index.json").read_text())]
    made: list[tuple[Lines, dict[str, Any]]] = []

    class CleanCall(module.Call):  # type: ignore[misc]
        def finish(self, *_: Any) -> None:
            made.append(finished(self.tracks, json.loads(json.dumps(self.truth))))  # plain floats

    module.Call = CleanCall
    settings = argparse.Namespace(minutes=args.minutes, holds=0.0, noise_db=0.0, bleed_db=0.0, mono=False)
    for number in range(args.calls):
        module.compose(None, clips, settings, random.Random(args.seed * 1000 + number))
    return made


def finished(tracks: dict[str, Lines], truth: dict[str, Any]) -> tuple[Lines, dict[str, Any]]:
    """A call cut after its last word, with its silences."""
    spoken = union(*(truth_of(truth, role) for role in ROLES))
    whole_turns = [Segment(t["start"], t["end"]) for kind in ("turns", "backchannels") for t in truth[kind]]
    silences = [gap for gap in gaps(union(whole_turns), spoken[0] | spoken[-1]) if gap.duration >= 2.0]
    end = spoken[-1].end + 1.0
    found = [{"start": s.start, "end": s.end} for s in silences]
    lines = np.stack([tracks[role][: round(end * RATE)] for role in ROLES])
    return lines, truth | {"silences": found, "duration": end}


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def report(calls: list[tuple[Lines, dict[str, Any]]], conditions: Sequence[Condition]) -> None:
    """Print one line a condition and way."""
    say("| condition | way | talk error, worst | mean | silence F1 | edges <= 50 ms | false alarm | missed | CPU |")
    say("|---|---|---|---|---|---|---|---|---|")
    voices = np.concatenate([lines[0][lines[0] != 0] for lines, _ in calls])
    for condition in conditions:
        tallies: dict[str, Tally] = {}
        for clean, truth in calls:
            lines = transmit(clean, condition, voices)
            for name, found in ways(lines).items():
                cleaned = inspect_channels(lines, found.tracks).tracks if condition.bleed_db > -40 else found.tracks
                add_call(tallies.setdefault(name, Tally()), Found(list(cleaned), found.cpu), truth)
        for name, tally in tallies.items():
            say(f"| {condition.name} | {name} | {tally.row()} |")


def main() -> int:
    """Print the table; 0 also where the folders are missing, since they are no part of the project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"))
    parser.add_argument("--calls", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--only", default="", help="conditions whose name holds this")
    args = parser.parse_args()
    if not (args.clips / "index.json").is_file() or not (args.eval / "compose.py").is_file():
        say(f"skipped: no clips in {args.clips} or no compose.py in {args.eval}")
        return 0
    report(compose(args), [condition for condition in CONDITIONS if args.only in condition.name])
    return 0


if __name__ == "__main__":
    sys.exit(main())
