"""Compose calls with known truth, work them through, and hold what is found against what is asked for.

    python tests/benchmarks/bench_calls.py --calls 20 --minutes 3 --seed 2026 --work DIR --jobs 2
    python tests/benchmarks/bench_calls.py --calls 20 --seed 2026 --noise-db -35 --bleed-db -25 --work DIR
    python tests/benchmarks/bench_calls.py --calls 20 --seed 2026 --mono --work DIR

Prints a Markdown table: each figure of score.py with its 95 % interval (bootstrap over calls), its limit, and whether
it is kept; lines with more noise than -40 dB or more bleed than -40 dB have limits of their own. With --mono the same
calls are worked through on two channels and on one. Composed calls, documents and their costs lie in --work: a run that
was interrupted goes on where it stopped, and only documents made with the same code, rules, model and settings are
taken over. Leaves with 1 where a limit is not kept, and with a message where clips or scripts are not there.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from composed import Composition, add_arguments, composed, digest_of, missing, script

from asr_qa.batch.files import write_text
from asr_qa.bootstrap import build_stages
from asr_qa.config import Settings
from asr_qa.core.transcript import Transcript
from asr_qa.pipeline.documents import to_json
from asr_qa.pipeline.ingest import CallDetails, describe
from asr_qa.pipeline.process import Stages, process

Total = dict[str, Any]
ROLES = ("agent", "customer")
RESAMPLED = 2000
_MADE_OF = ("core", "pipeline", "audio", "asr", "diarize", "ruleset", "bootstrap.py", "config.py")


@dataclass(frozen=True)
class Mark:
    """A figure and its limits."""

    name: str
    of: Callable[[Total], float]
    told: Callable[[Total], str]
    """The counts behind it."""
    least: tuple[float, float] | None = None
    """On a good line and on a bad one."""
    most: tuple[float, float] | None = None

    def limit(self, bad_line: bool) -> str:
        """As a cell."""
        given = self.least or self.most
        return f"{'>=' if self.least else '<='} {given[bad_line]:g}" if given else ""

    def verdict(self, total: Total, bad_line: bool) -> str:
        """Pass or FAIL; empty where nothing is asked for."""
        kept = (self.least is None or self.of(total) >= self.least[bad_line]) and (
            self.most is None or self.of(total) <= self.most[bad_line]
        )
        return ("pass" if kept else "FAIL") if self.least or self.most else ""


def f1(kind: str) -> Callable[[Total], float]:
    """F1 of one kind of event; 1 where there are none and none is found."""

    def of(total: Total) -> float:
        matched, true, found = total["events"].get(kind, (0, 0, 0))
        return 2 * matched / (true + found) if true + found else 1.0

    return of


def event_mark(name: str, kind: str, *least: float) -> Mark:
    """A mark for the F1 of one kind of event."""

    def told(total: Total) -> str:
        matched, true, found = total["events"].get(kind, (0, 0, 0))
        return f"{matched} of {true}, {found} found"

    return Mark(f"{name} F1", f1(kind), told, least=(least[0], least[1]))


def share(name: str, part: str, whole: str, most: tuple[float, float] | None = None) -> Mark:
    """A mark for one count as a share of another."""

    def told(total: Total) -> str:
        return f"{total[part]:,} of {total[whole]:,}"

    return Mark(name, lambda total: total[part] / max(total[whole], 1), told, most=most)


MARKS = (
    event_mark("silence", "silence", 0.95, 0.92),
    event_mark("interruption", "interruption", 0.92, 0.85),
    event_mark("talk-over", "talk_over", 0.85, 0.75),
    event_mark("back-channel", "backchannel", 0.88, 0.80),
    share("back-channels and talk-overs reported as interruptions", "blamed", "innocent", (0.05, 0.08)),
    event_mark("hold", "hold", 0.85, 0.80),
    Mark(
        "talk error: speech seconds, worst role of any call",
        lambda t: float(t["talk_error"]),
        lambda _: "",
        most=(0.06, 0.10),
    ),
)
WORDS = (
    share("character error rate", "wrong", "chars"),
    share("word edges: first and last word of a turn within 0.3 s", "edges", "turns"),
)
WORDLESS = ("| silence F1", "| hold F1", "| talk error")
"""Rows of the table that depend on no word."""
MORE_ERRORS = 0.12
"""By which the character error rate may be higher on one channel than on two."""


class Timed:
    """A transcriber, with the CPU time of its calls counted."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.name, self.seconds = inner.name, 0.0

    def transcribe(self, *args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        try:
            return self._inner.transcribe(*args, **kwargs)
        finally:
            self.seconds += time.process_time() - began


class Deaf:
    """A transcriber that hears no words: for what depends on none."""

    name = "none"

    def transcribe(self, _channels: object, *, language: str = "zh", heard: object = None) -> Transcript:
        return Transcript((), self.name, language)


_stages: list[Stages] = []


def begin(jobs: int, words: bool) -> None:
    """Set a worker up."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    stages = build_stages(Settings(), workers=max(jobs, 1))
    _stages[:] = [stages if words else replace(stages, transcriber=Deaf())]


def work(task: tuple[Path, Path]) -> str:
    """One call to a document and what it cost; gives its name."""
    path, documents = task
    stages = _stages[0]
    heard = Timed(stages.transcriber)
    info, direction = stages.reader.probe(path), Settings().direction or None
    recording = describe(info, CallDetails(), agent_channel=0, language="zh", direction=direction)
    began = time.process_time()
    document = process(recording, replace(stages, transcriber=heard))
    spent = {"all": time.process_time() - began, "words": heard.seconds, "audio": document.recording.duration}
    write_text(cost_of(documents, path.stem), json.dumps(spent))
    write_text(documents / f"{path.stem}.json", to_json(document))
    return path.name


def cost_of(documents: Path, stem: str) -> Path:
    """Where the cost of a call is kept: not among the documents, which score.py reads by name."""
    return documents / "cost" / f"{stem}.json"


def documents_of(calls: Path, jobs: int, words: bool) -> Path:
    """The folder of the documents of those calls, each worked through unless that was done before."""
    documents = calls / f"documents-{made_with()}{'' if words else '-no-words'}"
    documents.mkdir(exist_ok=True)
    paths = sorted(calls.glob("*.wav"))
    left = [path for path in paths if not (documents / f"{path.stem}.json").exists()]
    say(f"{calls.name}: {len(paths) - len(left)} of {len(paths)} calls done before")
    done = worked([(path, documents) for path in left], jobs, words)
    for number, name in enumerate(done, len(paths) - len(left) + 1):
        say(f"{name} done, {number} of {len(paths)}")
    return documents


def worked(tasks: Sequence[tuple[Path, Path]], jobs: int, words: bool) -> Iterator[str]:
    """Names of calls as they are done."""
    if jobs < 2 or len(tasks) < 2:
        if tasks:
            begin(jobs, words)
        yield from map(work, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(jobs, begin, (jobs, words)) as pool:
        yield from pool.imap_unordered(work, tasks)


def made_with() -> str:
    """Digest of code, rules, models and settings."""
    settings = Settings()
    used = f"{digest_of(*(f'asr_qa/{place}' for place in _MADE_OF), 'rules')}{build_stages(settings).models}"
    chosen = settings.model_dump_json(include={"asr", "vad", "diarization", "direction", "scorecard", "voice"})
    return hashlib.sha256((used + chosen).encode()).hexdigest()[:12]


def scored(score: Any, calls: Path, documents: Path) -> list[Total]:
    """Counts of each call."""
    totals = []
    for path in sorted(calls.glob("*.truth.json")):
        document = json.loads((documents / path.name.replace(".truth.json", ".json")).read_text(encoding="utf-8"))
        total: Total = score.empty()
        truth = json.loads(path.read_text(encoding="utf-8"))
        score.score_call(truth, document, total)
        totals.append(total | {"right": right_way_round(truth, document)})
    return totals


def right_way_round(truth: dict[str, Any], document: dict[str, Any]) -> bool:
    """Whether more of each role's words lie in that role's own turns than in the other's."""
    straight = crossed = 0.0
    for said in document["utterances"]:
        for kind in ("turns", "backchannels"):
            for turn in truth[kind]:
                common = max(0.0, min(said["end"], turn["end"]) - max(said["start"], turn["start"]))
                straight += common * (said["role"] == turn["role"])
                crossed += common * (said["role"] in ROLES and said["role"] != turn["role"])
    return straight > crossed


def summed(totals: Sequence[Total]) -> Total:
    """Counts over calls; the talk error is the worst."""
    found: Total = {name: sum(total[name] for total in totals) for name in totals[0] if name not in ("events",)}
    found["talk_error"] = max(total["talk_error"] for total in totals)
    kinds = {kind for total in totals for kind in total["events"]}
    found["events"] = {
        kind: [sum(total["events"].get(kind, (0, 0, 0))[i] for total in totals) for i in range(3)] for kind in kinds
    }
    return found


def resampled(totals: Sequence[Total], of: Callable[[Total], float]) -> str:
    """95 % interval of a figure, by bootstrap over calls."""
    rng = random.Random(1)
    found = sorted(of(summed(rng.choices(totals, k=len(totals)))) for _ in range(RESAMPLED))
    return f"{found[RESAMPLED // 40]:.3f} to {found[-RESAMPLED // 40]:.3f}"


def table(totals: Sequence[Total], bad_line: bool) -> Iterator[str]:
    """Markdown, a row a mark."""
    total = summed(totals)
    yield "| figure | found | 95 % | counts | wanted | |"
    yield "|---|---|---|---|---|---|"
    for mark in (*MARKS, *WORDS):
        near = resampled(totals, mark.of) if "worst" not in mark.name else ""
        cells = (f"{mark.of(total):.3f}", near, mark.told(total), mark.limit(bad_line), mark.verdict(total, bad_line))
        yield f"| {mark.name} | {' | '.join(cells)} |"


def mono_table(two: Sequence[Total], one: Sequence[Total]) -> Iterator[str]:
    """Markdown: the words of the same calls on two channels and on one."""
    of = WORDS[0].of
    both, more = (summed(two), summed(one)), of(summed(one)) - of(summed(two))
    yield "| figure | two channels | one channel | wanted | |"
    yield "|---|---|---|---|---|"
    for mark in WORDS:
        yield f"| {mark.name} | {' | '.join(f'{mark.of(t):.3f} ({mark.told(t)})' for t in both)} | | |"
    yield f"| character errors, more on one channel | | {more:+.3f} | <= {MORE_ERRORS:g} | {verdict_of(two, one)} |"
    yield f"| agent and customer the right way round | | {both[1]['right']} of {len(one)} | | |"
    yield f"| {MARKS[0].name} | {' | '.join(f'{MARKS[0].of(t):.3f} ({MARKS[0].told(t)})' for t in both)} | | |"


def verdict_of(two: Sequence[Total], one: Sequence[Total]) -> str:
    """Whether words are lost on one channel."""
    return "pass" if WORDS[0].of(summed(one)) - WORDS[0].of(summed(two)) <= MORE_ERRORS else "FAIL"


def costs(documents: Path) -> str:
    """What the calls cost, in a line."""
    spent = [json.loads(path.read_text()) for path in sorted((documents / "cost").glob("*.json"))]
    audio, words, every = (sum(one[name] for one in spent) for name in ("audio", "words", "all"))
    return (
        f"{audio / 60:.1f} minutes of audio; CPU {100 * every / audio:.2f} % of audio time, "
        f"{100 * (every - words) / audio:.2f} % without recognition (loading and all; bench_cost.py has the parts)."
    )


def say(text: str) -> None:
    """To standard error, at once."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Print the table; 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=20, seed=2026)
    parser.add_argument("--noise-db", type=float, default=-50.0)
    parser.add_argument("--bleed-db", type=float, default=-60.0)
    parser.add_argument("--mono", action="store_true", help="the same calls on one channel beside those on two")
    parser.add_argument("--compose", default="", help="further arguments of compose.py")
    parser.add_argument("--work", type=Path, help="folder for calls and documents; a run goes on from what is there")
    parser.add_argument("--no-words", action="store_true", help="without recognition: only what depends on no word")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    args = parser.parse_args()
    if gone := missing(args):
        print(f"skipped: {gone} not there; nothing measured")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return run(args, args.work or Path(folder))


def run(args: argparse.Namespace, folder: Path) -> int:
    """Compose, work through, score, print."""
    more = tuple(args.compose.split())
    what = Composition(args.calls, args.minutes, args.seed, args.noise_db, args.bleed_db, more=more)
    score = script(args, "score")
    kinds = [what, replace(what, mono=True)] if args.mono else [what]
    found, spent = [], []
    for kind in kinds:
        calls = composed(kind, args, folder)
        documents = documents_of(calls, args.jobs, not args.no_words)
        found.append(scored(score, calls, documents))
        spent.append(costs(documents))
    line = f"noise {args.noise_db:g} dB, bleed {args.bleed_db:g} dB"
    print(f"{args.calls} calls of {args.minutes:g} minutes, seed {args.seed}, {line}. {' One channel: '.join(spent)}\n")
    rows = [*(mono_table(*found) if args.mono else table(found[0], what.bad_line))]
    if args.no_words:
        rows = [row for row in rows if not row.startswith("|") or row.startswith(("| figure", "|---", *WORDLESS))]
    print("\n".join(rows))
    return 1 if any(row.endswith("| FAIL |") for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
