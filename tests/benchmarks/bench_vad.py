"""Compares the speech detectors on composed calls with exactly known speech.

    python tests/benchmarks/bench_vad.py --clips ../shared/audio --eval ../shared/eval

Composes calls under several conditions (clean, noise, bleed, both) with `compose.py` of the evaluation folder and
prints a Markdown table: worst and mean error of speech seconds, F1 of silences (both edges within 0.3 s), the share of
edges within 50 ms, time wrongly called speech and time missed as shares of true speech, CPU time per audio time.
Speech pauses under 0.2 s are bridged first, as the timeline does; `+ channels` takes bleed out too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asr_qa.audio.channels import inspect_channels
from asr_qa.audio.decode import AvReader
from asr_qa.audio.vad import DETECTORS, detector
from asr_qa.core.segment import Segment, Track, bridge, gaps, intersect, subtract, total, union
from asr_qa.pipeline.ports import CallAudio, SpeechDetector

ROLES = ("agent", "customer")
CONDITIONS: dict[str, tuple[str, ...]] = {
    "clean (noise -50 dB)": (),
    "noise -42 dB": ("--noise-db", "-42"),
    "bleed -25 dB": ("--bleed-db", "-25"),
    "noise -35, bleed -25 dB": ("--noise-db", "-35", "--bleed-db", "-25"),
}


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
            f"{100 * self.cpu / self.audio:.3f} %",
        )
        return " | ".join(cells)


Way = Callable[[CallAudio], Sequence[Track]]


def alone(chosen: SpeechDetector) -> Way:
    """Each channel by itself."""
    return lambda audio: [chosen.detect(channel, audio.sample_rate) for channel in audio.samples]


def cleaned(chosen: SpeechDetector) -> Way:
    """Each channel by itself, then bleed taken out."""
    return lambda audio: inspect_channels(audio.samples, alone(chosen)(audio)).tracks


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


def add_call(tally: Tally, audio: CallAudio, truth: dict[str, Any], *, way: Way) -> None:
    """Run one way over one call and add what came out."""
    began = time.process_time()
    tracks = [bridge(track, 0.2) for track in way(audio)]
    tally.cpu += time.process_time() - began
    tally.audio += audio.duration
    for role, found in zip(ROLES, tracks, strict=True):
        said = truth_of(truth, role)
        spoken = sum(
            b - a
            for kind in ("turns", "backchannels")
            for t in truth[kind]
            if t["role"] == role
            for a, b in t["speech"]
        )
        tally.talk.append((total(found) - spoken) / spoken)
        tally.edges += edge_errors(said, found)
        tally.speech += total(said)
        tally.missed += total(said) - total(intersect(said, found))
        tally.false_alarm += total(subtract(found, said))
    true = tuple(Segment(silence["start"], silence["end"]) for silence in truth["silences"])
    silences = silences_of(tracks)
    tally.matched, tally.true = tally.matched + count_matches(true, silences), tally.true + len(true)
    tally.found += len(silences)


def compose(args: argparse.Namespace, extra: Sequence[str], folder: Path) -> list[tuple[CallAudio, dict[str, Any]]]:
    """Compose the calls of one condition and read them."""
    command = [sys.executable, str(args.eval / "compose.py"), str(args.clips), str(folder), "--holds", "0"]
    command += ["--calls", str(args.calls), "--seed", str(args.seed), *extra]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    reader = AvReader()
    return [
        (reader.read(p), json.loads(p.with_suffix(".truth.json").read_text())) for p in sorted(folder.glob("*.wav"))
    ]


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:
    """Print the table; 0 also where the folders are missing, since they are no part of the project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--eval", type=Path, default=Path("../shared/eval"))
    parser.add_argument("--calls", type=int, default=6)
    parser.add_argument("--seed", type=int, default=21)
    args = parser.parse_args()
    if not (args.clips / "index.json").is_file() or not (args.eval / "compose.py").is_file():
        say(f"skipped: no clips in {args.clips} or no compose.py in {args.eval}")
        return 0
    ways = {name: alone(detector(name)) for name in DETECTORS} | {
        f"{name} + channels": cleaned(detector(name)) for name in DETECTORS
    }
    say(
        "| condition | detector | talk error, worst | mean | silence F1 | edges <= 50 ms | false alarm | missed | CPU |"
    )
    say("|---|---|---|---|---|---|---|---|---|")
    for condition, extra in CONDITIONS.items():
        with tempfile.TemporaryDirectory() as folder:
            calls = compose(args, extra, Path(folder))
            for name, way in ways.items():
                tally = Tally()
                for audio, truth in calls:
                    add_call(tally, audio, truth, way=way)
                say(f"| {condition} | {name} | {tally.row()} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
