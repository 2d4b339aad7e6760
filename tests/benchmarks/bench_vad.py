"""Compares ways of detecting speech on composed calls with exactly known speech.

    python tests/benchmarks/bench_vad.py --calls 4 --seed 21 --work DIR
    python tests/benchmarks/bench_vad.py --quick

Composes calls with `compose.py` of the evaluation folder, keeps their clean lines, and puts noise of several levels and
colours, line filters, codecs and bleed on them. Every detector is run once a line; the ways are made from what it
found. Where there is bleed it is taken out first, as in the chain. Pauses under 0.2 s are bridged, as the timeline
does. Each condition has two lines of its own besides on which somebody speaks for a while and then only breathes (one)
or clicks and knocks (the other). Prints Markdown for docs/benchmarks.md: all figures per way over all conditions, then
single figures by condition. With --work a condition that was measured before with the same code is not measured again.

- precision, recall, F1: frames of 20 ms, both roles.
- start, end: milliseconds of true speech clipped at the first and last syllable of stretches (pauses of 0.2 s and more
  part two), median and 95th percentile; lost: stretches of which nothing was found.
- silence F1: silences of at least 2 s with both edges within 0.3 s.
- talk error: speech seconds less the true ones, as a share, worst role of any call.
- false speech: seconds an hour on the line with breaths / on the one with clicks.
- CPU: of audio time, both channels; the ways called ours hold what is spent on tones and music, which they take out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from composed import add_arguments, digest_of, missing
from numpy.typing import NDArray
from vad_calls import RATE, Calls, compose
from vad_lines import CONDITIONS, QUICK, QUIET_FROM, Condition, breathing, transmit
from vad_tally import HEAD, SINGLE, Tallies, Tally, add_call, add_quiet, together
from vad_ways import CHAIN, OURS, SHOWN, Found, ways

from asr_qa.audio.channels import inspect_channels
from asr_qa.config import Settings
from asr_qa.pipeline.unspoken import let_fade

OWN = ("bench_vad", "truths", "vad_calls", "vad_lines", "vad_tally", "vad_ways")
"""Modules of this benchmark."""


def measure(calls: Calls, condition: Condition) -> Tallies:
    """What every way finds under one condition."""
    tallies: Tallies = {}
    voices = np.concatenate([lines[0][lines[0] != 0] for lines, _ in calls])
    for clean, truth in calls:
        lines = transmit(clean, condition, voices)
        for name, found in cleaned(ways(lines), lines, condition).items():
            add_call(tallies.setdefault(name, Tally()), found, truth)
    quiet = breathing(calls, QUIET_FROM + 155.0)
    lines = transmit(quiet, condition, voices)
    for name, found in cleaned(ways(lines), lines, condition).items():
        add_quiet(tallies[name], found, lines.shape[1] / RATE)
    return tallies


def cleaned(found: dict[str, Found], lines: NDArray[np.int16], condition: Condition) -> dict[str, Found]:
    """The tracks without bleed where there is any, and ours as the chain goes on with them."""
    if condition.bleed_db > -40:
        found = {name: Found(list(inspect_channels(lines, f.tracks).tracks), f.cpu) for name, f in found.items()}
    ours = found[OURS]
    return found | {CHAIN: Found(list(let_fade(ours.tracks, lines.shape[1] / RATE)), ours.cpu)}


def report(measured: dict[str, Tallies], *, full: bool) -> None:
    """Print all figures per way over conditions, single ones by condition, and (full) every row there is."""
    babble = {name for name in measured if "babble" in name}
    for title, chosen in (("steady noise", measured.keys() - babble), ("babble", babble)):
        if chosen:
            say(f"| way, over {len(chosen)} conditions of {title} | {HEAD} |")
            say("|---" * (2 + HEAD.count("|")) + "|")
            for name in next(iter(measured.values())):
                say(f"| {name} | {together([measured[condition][name] for condition in chosen]).row()} |")
            say("")
    for title, figure in SINGLE.items():
        say(f"| {title} | {' | '.join(SHOWN)} |")
        say("|---" * (1 + len(SHOWN)) + "|")
        for condition, tallies in measured.items():
            say(f"| {condition} | {' | '.join(figure(tallies[name]) for name in SHOWN)} |")
        say("")
    for condition, tallies in measured.items() if full else ():
        say(f"| {condition} | {HEAD} |")
        say("|---" * (2 + HEAD.count("|")) + "|")
        for name, tally in tallies.items():
            say(f"| {name} | {tally.row()} |")
        say("")


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


class Kept:
    """What was measured before, one file a condition."""

    def __init__(self, folder: Path, args: argparse.Namespace) -> None:
        self._folder = folder
        made = digest_of("asr_qa/audio", "asr_qa/core/segment.py", "asr_qa/pipeline/unspoken.py")
        made += digest_of(*(f"tests/benchmarks/{name}.py" for name in OWN))
        self._made = f"{made} {Settings().vad.detector} {args.calls} {args.minutes} {args.seed}"

    def _place(self, condition: Condition) -> Path:
        return self._folder / f"{hashlib.sha256(f'{self._made} {condition}'.encode()).hexdigest()[:16]}.json"

    def load(self, condition: Condition) -> Tallies | None:
        """None where it was not measured with this code."""
        if not (place := self._place(condition)).exists():
            return None
        return {name: Tally(**tally) for name, tally in json.loads(place.read_text()).items()}

    def save(self, condition: Condition, tallies: Tallies) -> None:
        """Keep it for the next run."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._place(condition).write_text(json.dumps({name: asdict(tally) for name, tally in tallies.items()}))


def work(args: argparse.Namespace, conditions: Iterable[Condition], kept: Kept) -> Iterator[tuple[str, Tallies]]:
    """Every condition, measured now or before."""
    calls: Calls = []
    for condition in conditions:
        tallies = kept.load(condition)
        if tallies is None:
            if not calls:
                calls = compose(args)
                ways(np.zeros((2, RATE), np.int16))  # networks are loaded once, and not on any way's account
            tallies = measure(calls, condition)
            kept.save(condition, tallies)
        print(f"{condition.name}: done, {time.process_time():.0f} CPU s so far", file=sys.stderr, flush=True)
        yield condition.name, tallies


def main() -> int:
    """Print the tables; 0 also where the folders are missing, since they are no part of the project."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=4, seed=21)
    parser.add_argument("--only", default="", help="conditions whose name holds this")
    parser.add_argument("--quick", action="store_true", help="one short call and four conditions: does it run?")
    parser.add_argument("--full", action="store_true", help="all figures by condition, too")
    parser.add_argument("--work", type=Path, help="folder in which what was measured is kept")
    args = parser.parse_args()
    if gone := missing(args):
        say(f"skipped: {gone} not there; nothing measured")
        return 0
    if args.quick:
        args.calls, args.minutes = 1, min(args.minutes, 1.5)
    conditions = [c for c in CONDITIONS if args.only in c.name and (not args.quick or c.name in QUICK)]
    with tempfile.TemporaryDirectory() as folder:
        report(dict(work(args, conditions, Kept(args.work or Path(folder), args))), full=args.full)
    return 0


if __name__ == "__main__":
    sys.exit(main())
