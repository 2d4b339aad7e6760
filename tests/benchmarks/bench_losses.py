"""Whether lost packets that were filled with the last frames are found, and nothing else is taken for them.

    python tests/benchmarks/bench_losses.py --truth DIR --calls 20

DIR holds composed calls of two channels with their truth files (call-*.wav beside call-*.truth.json, in folders below
it too). Each is inspected as it is, then with one loss in each turn of a second and more, filled in several ways and
written again as mu-law (or 16 bit). Prints a Markdown table; nothing is run where DIR holds no call.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from truths import ROLES, Truth, true_speech

from asr_qa.audio.concealed import find_repeats
from asr_qa.audio.decode import AvReader
from asr_qa.audio.energy import measure_levels
from asr_qa.core.segment import Segment

Wave = NDArray[np.float64]


@dataclass(frozen=True)
class Filling:
    """How a loss is filled."""

    name: str
    frame: float = 0.02
    """Seconds that are played again, ..."""
    times: int = 1
    """... so often, ..."""
    gain: float = 1.0
    """... each time by so much quieter."""
    coding: str = "ULAW"


WAYS = (
    Filling("20 ms once"),
    Filling("20 ms once, 16 bit", coding="PCM_16"),
    Filling("20 ms three times", times=3),
    Filling("20 ms three times, each 3 dB quieter", times=3, gain=0.7),
    Filling("30 ms once", frame=0.03),
    Filling("10 ms three times", frame=0.01, times=3),
)


def fill(wave: Wave, at: float, how: Filling, rate: int) -> None:
    """Put a filled loss into one channel."""
    size, first = round(how.frame * rate), round(at * rate)
    for number in range(how.times):
        start = first + number * size
        wave[start : start + size] = wave[first - size : first] * how.gain ** (number + 1)


def places(truth: Truth, rng: np.random.Generator) -> list[list[float]]:
    """A moment in each longer stretch of speech, per channel."""
    longer = [[part for part in true_speech(truth)[role] if part.duration >= 1.0] for role in ROLES]
    return [[float(rng.uniform(part.start + 0.3, part.end - 0.4)) for part in parts] for parts in longer]


def repeats(path: Path, truth: Truth) -> list[Sequence[Segment]]:
    """What is found on each channel."""
    audio, tracks = AvReader().read(path), true_speech(truth)
    return [
        find_repeats(samples, tracks[role], measure_levels(samples, audio.sample_rate), audio.sample_rate)
        for role, samples in zip(ROLES, audio.samples, strict=True)
    ]


def score(found: Sequence[Segment], lost: Sequence[float], length: float) -> tuple[int, int]:
    """How many losses are found, and how many finds are none."""
    hits = [any(f.start < at + length and f.end > at for f in found) for at in lost]
    false = [not any(f.start < at + length and f.end > at for at in lost) for f in found]
    return sum(hits), sum(false)


def main(folder: Path, calls: int) -> None:
    """Print the table."""
    files = [path for path in sorted(folder.rglob("call-*.wav")) if soundfile.info(str(path)).channels == len(ROLES)]
    files = files[:: max(1, len(files) // calls)][:calls]
    if not files:
        print(f"no call-*.wav of two channels below {folder}: nothing is measured")
        return
    truths = {path: json.loads(path.with_suffix(".truth.json").read_text()) for path in files}
    clean = sum(len(found) for path in files for found in repeats(path, truths[path]))
    print("| losses | n | found | false |\n|---|---|---|---|")
    print(f"| none: {len(files)} calls as they are | 0 | - | {clean} |")
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as scratch:
        for how in WAYS:
            n = hits = false = 0
            for path in files:
                wave, rate = soundfile.read(path)
                lost = places(truths[path], rng)
                for channel, moments in enumerate(lost):
                    for at in moments:
                        fill(wave[:, channel], at, how, rate)
                soundfile.write(f"{scratch}/call.wav", wave, rate, subtype=how.coding)
                for found, moments in zip(repeats(Path(scratch, "call.wav"), truths[path]), lost, strict=True):
                    right, wrong = score(found, moments, how.times * how.frame)
                    n, hits, false = n + len(moments), hits + right, false + wrong
            print(f"| {how.name} | {n} | {hits / n:.0%} | {false} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, required=True, help="folder of composed calls with their truth")
    parser.add_argument("--calls", type=int, default=20)
    given = parser.parse_args()
    main(given.truth, given.calls)
