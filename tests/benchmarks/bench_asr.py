"""How well and at what cost the decoder hears, beside the stock pipelines: every figure of the transcription section
of docs/benchmarks.md.

    python tests/benchmarks/bench_asr.py frontier --calls 10 --minutes 3 --seed 5
    python tests/benchmarks/bench_asr.py frontier --variants ablation
    python tests/benchmarks/bench_asr.py frontier --way asr_qa --way "narrow: ours packing.window=8" --way "stock:stock"
    python tests/benchmarks/bench_asr.py recurring
    python tests/benchmarks/bench_asr.py long [--minutes 90]
    python tests/benchmarks/bench_asr.py hours [--hours 3]
    python tests/benchmarks/bench_asr.py reliability --fit asr_qa/asr/calibration.json --out docs/reliability

Calls are composed from --clips with compose.py of --eval, and kept below --work; without those two it says so and ends.
Each way has a process and a thread of its own, and every call goes through all ways before the next. CPU seconds are
those of its process, loading and reading of files left out, finding of speech left in.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import bench_asr_reliability
from bench_asr_calls import Call, Studio, parts, turn_cuts
from bench_asr_variants import OURS, STOCK, VARIANTS, Way, find_variants, parse_way
from bench_asr_ways import ROLES, Answer, Listening, listening, our_stages

from asr_qa.batch.bench import FEWEST, read_truth
from asr_qa.core.accuracy import (
    Errors,
    Interval,
    count_errors,
    difference_interval,
    errors_by_turn,
    rate_interval,
    verdict,
)
from asr_qa.pipeline.ingest import CallDetails, describe
from asr_qa.pipeline.process import process


@dataclass(slots=True)
class Tally:
    """What one way did with all calls."""

    way: Way
    cpu: float = 0.0
    seconds: float = 0.0
    given_up: int = 0
    calls: list[Errors] = field(default_factory=list)
    """Per call, counted by score.py."""
    sentences: dict[str, Errors] = field(default_factory=lambda: defaultdict(Errors))
    """Per sentence, counted by core.accuracy: the same clip in several turns is no new evidence."""
    peak: float = 0.0
    """Megabytes."""

    def add(self, call: Call, answer: Answer, score: Any) -> None:
        """Count what was heard of one call."""
        self.cpu += answer.cpu
        self.seconds += answer.seconds
        self.given_up += answer.given_up
        self.calls.append(scored(call, answer, score))
        for role in ROLES:
            for turn, errors in errors_by_turn(call.turns, answer.words[role], role=role):
                self.sentences[turn.text or ""] += errors


def scored(call: Call, answer: Answer, score: Any) -> Errors:
    """The errors of a call as score.py counts them; lost turns as core.accuracy does."""
    total = score.empty()
    words = {role: [{"text": w.text, "start": w.start, "end": w.end} for w in answer.words[role]] for role in ROLES}
    document = {"utterances": [{"role": str(role), "words": words[role]} for role in ROLES if words[role]]}
    for role in ROLES:
        score.score_words(call.truth, document, str(role), total)
    lost = counted(call, answer).lost
    return Errors(total["chars"], total["wrong"], total["turns"], total["edges"], lost)


def counted(call: Call, answer: Answer) -> Errors:
    """The errors of a call as core.accuracy counts them."""
    return reduce(add, (count_errors(call.turns, answer.words[role], role=role) for role in ROLES))


def frontier(args: argparse.Namespace, studio: Studio) -> None:
    """Cost against error of many ways."""
    ways = [parse_way(text) for text in args.way] or list(find_variants(args.variants))
    calls = studio.usual(args.calls, args.minutes, args.seed, noise_db=args.noise_db)
    tallies = [Tally(way) for way in ways]
    with listening(ways) as ears:
        for number, call in enumerate(calls):
            # Another way begins each time, so that none always has the machine as the last one left it.
            for tally in tallies[number % len(ways) :] + tallies[: number % len(ways)]:
                tally.add(call, ears.hear(tally.way, call.prepared), studio.score)
                print(f"{call.recording.stem} {tally.way.name}", file=sys.stderr)
        for tally in tallies:
            tally.peak = ears.peak(tally.way)
    against = next((tally for tally in tallies if tally.way.kind == STOCK), tallies[0])
    print(frontier_table(tallies, against, title=f"seed {args.seed}, {args.noise_db:g} dB noise"))
    if args.json:
        args.json.write_text(json.dumps([row(tally, against) for tally in tallies], ensure_ascii=False, indent=1))


def row(tally: Tally, against: Tally) -> dict[str, Any]:
    """The figures of a way."""
    total: Errors = reduce(add, tally.calls, Errors())
    shared = sorted(tally.sentences)
    by_sentence = difference_interval([tally.sentences[s] for s in shared], [against.sentences[s] for s in shared])
    by_call = difference_interval(tally.calls, against.calls)
    # Bounds over a few calls are far too narrow.
    sure = by_call if len(tally.calls) >= FEWEST else by_sentence
    return {
        "way": tally.way.name,
        "settings": tally.way.settings,
        "cpu_per_second": tally.cpu / tally.seconds,
        "of_reference": tally.cpu / against.cpu,
        "cer": bounds(rate_interval(tally.calls)),
        "difference_by_call": bounds(by_call),
        "difference_by_sentence": bounds(by_sentence),
        "verdict": verdict(sure) if sure else None,
        "word_edges": total.edge_share,
        "lost_turns": total.lost,
        "turns": total.turns,
        "given_up": tally.given_up,
        "peak_megabytes": tally.peak,
        "minutes": tally.seconds / 60,
        "characters": total.characters,
        "errors_by_call": [asdict(one) for one in tally.calls],
    }


def bounds(interval: Interval | None) -> list[float] | None:
    return [interval.value, interval.low, interval.high] if interval else None


def frontier_table(tallies: Sequence[Tally], against: Tally, *, title: str) -> str:
    """The figures as Markdown."""
    total: Errors = reduce(add, against.calls, Errors())
    base = against.way.name
    head = [
        f"{against.seconds / 60:.1f} minutes, {len(against.calls)} calls, {total.characters:,} characters, {title}\n",
        f"| way | CPU s per audio s | of {base} | CER (95 %) | CER less {base}'s, by call (95 %) | by sentence"
        " | verdict | word_edges | lost turns | peak MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *(_line(row(tally, against), same=tally is against) for tally in tallies)])


def _line(row: dict[str, Any], *, same: bool) -> str:
    apart = ["", "", ""] if same else [_signed(row["difference_by_call"]), _signed(row["difference_by_sentence"])]
    apart = apart if same else [*apart, row["verdict"]]
    cer = row["cer"]
    cells = [
        row["way"],
        f"{row['cpu_per_second']:.4f}",
        f"{row['of_reference']:.2f}",
        f"{cer[0]:.3f} ({cer[1]:.3f} to {cer[2]:.3f})",
        *apart,
        f"{row['word_edges']:.3f}",
        f"{row['lost_turns']} of {row['turns']}",
        f"{row['peak_megabytes']:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _signed(three: Sequence[float]) -> str:
    return f"{three[0]:+.3f} ({three[1]:+.3f} to {three[2]:+.3f})"


def recurring(args: argparse.Namespace, studio: Studio) -> None:
    """Calls whose sentences recur and calls of short turns, beside every turn of them heard alone."""
    ways = [parse_way(text) for text in args.way] or list(VARIANTS["default"])
    sets = {
        f"six sentences, {args.times} times each": [studio.recurring(s, times=args.times) for s in args.seeds],
        f"{args.turns} turns of about a second": [studio.short(s, turns=args.turns) for s in args.seeds],
    }
    with listening(ways) as ears:
        table = []
        for name, calls in sets.items():
            for way in ways:
                whole = [counted(call, ears.hear(way, call.prepared)) for call in calls]
                alone = [heard_alone(call, way, ears) for call in calls]
                table.append(compared(f"{name}: {way.name}", whole, alone))
                print(table[-1], file=sys.stderr)
    print("\n".join([*COMPARED, *table]))


def heard_alone(call: Call, way: Way, ears: Listening) -> Errors:
    """The errors of each turn heard by itself.

    The stock pipelines need a window of 30 s for each: they hear a sentence where it stands first, and what they make
    of it there counts as often as it is said.
    """
    if way.kind == OURS:
        return counted(call, ears.hear(way, call.prepared, turn_cuts(call)))
    times = Counter(turn.text for turn in call.turns)
    first = {turn.text: turn for turn in sorted(call.turns, key=lambda turn: turn.start, reverse=True)}
    answer = ears.hear(way, call.prepared, turn_cuts(replace(call, turns=list(first.values()))))
    found = [part for role in ROLES for part in errors_by_turn(first.values(), answer.words[role], role=role)]
    return reduce(add, (errors for turn, errors in found for _ in range(times[turn.text])), Errors())


COMPARED = (
    "| call | CER as one call | CER of its parts heard alone | ratio (asked for: <= 1.1) | turns | lost | lost alone |",
    "|---|---|---|---|---|---|---|",
)


def compared(name: str, whole: Sequence[Errors], alone: Sequence[Errors]) -> str:
    """A line of a table: a call heard at once beside its parts heard by themselves."""
    one: Errors = reduce(add, whole, Errors())
    other: Errors = reduce(add, alone, Errors())
    ratio = f"{one.wrong / other.wrong:.2f}" if other.wrong else "no error alone"
    rates = f"{one.rate or 0.0:.3f} | {other.rate or 0.0:.3f}"
    return f"| {name} | {rates} | {ratio} | {one.turns} | {one.lost} | {other.lost} |"


def long(args: argparse.Namespace, studio: Studio) -> None:
    """A monologue and a call of many minutes, beside the same audio in short calls."""
    ways = [parse_way(text) for text in args.way] or [Way("asr_qa")]
    calls = {
        f"monologue of {args.monologue:g} min, in parts of 20 s": (
            [studio.monologue(seed, minutes=args.monologue) for seed in args.seeds],
            20.0,
        )
    }
    if args.minutes:
        calls[f"call of {args.minutes:g} min, in calls of 3 min"] = (
            studio.usual(1, args.minutes, args.seeds[0]),
            180.0,
        )
    table = []
    with listening(ways) as ears:
        for name, (made, seconds) in calls.items():
            for way in ways:
                whole = [counted(call, ears.hear(way, call.prepared)) for call in made]
                short = [counted(call, ears.hear(way, call.prepared, parts(call, seconds))) for call in made]
                table.append(compared(f"{name}: {way.name}", whole, short))
                print(table[-1], file=sys.stderr)
        peaks = ", ".join(f"{way.name} {ears.peak(way):.0f} MB" for way in ways)
    print("\n".join([*COMPARED, *table, f"\nPeak memory: {peaks}"]))


def hours(args: argparse.Namespace, studio: Studio) -> None:
    """A recording of hours through the whole chain: its peak memory and what was lost."""
    ways = [parse_way(text) for text in args.way] or [Way("asr_qa")]
    recording = studio.hours(args.seed, hours=args.hours, talk=args.talk)
    print("| way | hours | minutes of talk | CPU s per audio s | CER | turns | lost | peak MB (asked for: <= 1200) |")
    print("|---|---|---|---|---|---|---|---|")
    context = multiprocessing.get_context("spawn")
    for way in ways:
        with context.Pool(1) as pool:
            duration, cpu, errors, peak = pool.apply(through_the_chain, (way, recording))
        talk = duration / 600 * args.talk
        figures = f"{cpu / duration:.4f} | {errors.rate:.3f} | {errors.turns} | {errors.lost} | {peak:.0f}"
        print(f"| {way.name} | {duration / 3600:.2f} | {talk:.1f} | {figures} |")


def through_the_chain(way: Way, path: Path) -> tuple[float, float, Errors, float]:
    """Seconds of audio, CPU seconds, errors and peak megabytes of one recording worked through in this process."""
    if way.kind != OURS:
        raise SystemExit(f"{way.name}: only ours has a chain")
    stages = our_stages(way)
    start = time.process_time()
    document = process(describe(stages.reader.probe(path), CallDetails(), agent_channel=0, language="zh"), stages)
    cpu = time.process_time() - start
    truth = read_truth(path) or []
    words = {role: [w for u in document.utterances if u.role is role for w in u.words] for role in ROLES}
    errors = reduce(add, (count_errors(truth, words[role], role=role) for role in ROLES))
    return document.recording.duration, cpu, errors, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--clips", type=Path, default=Path("../shared/audio"))
    common.add_argument("--eval", type=Path, default=Path("../shared/eval"))
    common.add_argument("--work", type=Path, default=Path(tempfile.gettempdir(), "asr_qa_bench"), help="composed calls")
    common.add_argument("--way", action="append", default=[], help="NAME: ours|stock|batched SETTING=VALUE ...")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)

    one = commands.add_parser("frontier", parents=[common], help=frontier.__doc__)
    one.add_argument("--variants", default="frontier", help=f"{', '.join(VARIANTS)}, or a file with a way a line")
    one.add_argument("--calls", type=int, default=10)
    one.add_argument("--minutes", type=float, default=3.0)
    one.add_argument("--seed", type=int, default=5)
    one.add_argument("--noise-db", type=float, default=-50.0)
    one.add_argument("--json", type=Path, help="write all figures there")
    one.set_defaults(run=frontier)

    one = commands.add_parser("recurring", parents=[common], help=recurring.__doc__)
    one.add_argument("--seeds", type=int, nargs="+", default=[5])
    one.add_argument("--times", type=int, default=20)
    one.add_argument("--turns", type=int, default=200)
    one.set_defaults(run=recurring)

    one = commands.add_parser("long", parents=[common], help=long.__doc__)
    one.add_argument("--seeds", type=int, nargs="+", default=[5])
    one.add_argument("--monologue", type=float, default=4.0, help="minutes")
    one.add_argument("--minutes", type=float, default=90.0, help="of the long call; 0 leaves it out")
    one.set_defaults(run=long)

    one = commands.add_parser("hours", parents=[common], help=hours.__doc__)
    one.add_argument("--seed", type=int, default=5)
    one.add_argument("--hours", type=float, default=3.0)
    one.add_argument("--talk", type=float, default=1.0, help="minutes of talk in each ten")
    one.set_defaults(run=hours)

    one = commands.add_parser("reliability", parents=[common], help=bench_asr_reliability.__doc__)
    bench_asr_reliability.add_arguments(one)
    one.set_defaults(run=bench_asr_reliability.run)

    args = parser.parse_args()
    args.run(args, Studio(args.clips, args.eval, args.work))


if __name__ == "__main__":
    main()
