"""What working a call through costs, part by part: CPU time as a share of audio time, on one core, recognition apart.

    python tests/benchmarks/bench_cost.py --calls 6 --seed 303 --repeats 5

Composes calls of four kinds (two channels; with noise and bleed; with loud bleed; one channel) and works them through
with the stages that `build_stages` gives and the order that `process` has: every port and every function that
`process` calls is timed, so that nothing can be left out. Time is counted where it is spent: a part's time does not
hold that of parts inside it, and what belongs to none is printed as unattributed. The network of the recogniser
runs in the first round, which is not counted; in the others its answers are remembered, so that all around it
(windows, guards, snapping of words) is the real thing. `--replay` takes the true words instead of a recogniser.
Shares are medians over the rounds, both channels together, with the least and the greatest beside them.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

from composed import Composition, add_arguments, composed, missing
from cost_meter import Meter, Spent
from cost_parts import REST, remember_network, watch_code, watched
from cost_table import LIMIT, TOLD, Rounds, folded, parts_of, table, total

from asr_qa.batch.files import write_text
from asr_qa.bootstrap import build_stages, load_rules, stages_for
from asr_qa.config import Settings
from asr_qa.core.document import CallDocument
from asr_qa.db.store import SqlStore, open_store
from asr_qa.errors import ModelError
from asr_qa.pipeline import process as chain
from asr_qa.pipeline.documents import from_json, to_json
from asr_qa.pipeline.ingest import CallDetails, describe


class Office:
    """Works calls through and files what comes of them, as a run over a folder does."""

    def __init__(self, settings: Settings, meter: Meter, folder: Path) -> None:
        self._settings, self._meter, self._folder = settings, meter, folder
        self._rules = load_rules(settings)
        self._stages = build_stages(settings, rules=self._rules)
        self.diarizes = self._stages.diarizer is not None
        self._store: SqlStore | None = None

    def round(self, number: int) -> None:
        """Begin with an empty database."""
        if self._store:
            self._store.close()
        self._store = open_store(f"sqlite:///{self._folder / f'{number}.db'}")

    def work(self, path: Path) -> float:
        """One call, from file to database; gives its seconds."""
        stages = watched(stages_for(self._settings, self._stages, path), self._meter)
        with self._meter.part("header, checksum"):
            info = self._stages.reader.probe(path)
            recording = describe(
                info, CallDetails(), agent_channel=0, language="zh", direction=self._settings.direction or None
            )
        with self._meter.part(REST):
            document = chain.process(recording, stages)
        self._file(document)
        return document.recording.duration

    def _file(self, document: CallDocument) -> None:
        now = datetime.now(UTC)
        assert self._store is not None
        with self._meter.part("document: JSON there and back, file"):
            document = from_json(to_json(document))
            write_text(self._folder / "document.json", to_json(document, indent=1) + "\n")
        with self._meter.part("document: database"):
            self._store.add_recording(document.recording, now=now)
            self._store.save_document(document, severities=self._rules.severities, now=now)


def measured(office: Office, meter: Meter, calls: Path, repeats: int) -> Rounds:
    """Percent of audio time by part, a row a round; the first round warms up and is left out."""
    rounds: Rounds = []
    paths = sorted(calls.glob("*.wav"))
    for number in range(repeats + 1):
        office.round(number)
        gc.collect()
        meter.take()
        began = _used()
        seconds = sum(office.work(path) for path in paths)
        spent = meter.take()
        used = _used() - began
        spent[REST] += spent.pop("", 0.0)
        spent[TOLD] = used
        rounds.append(Spent(float, {part: 100 * each / seconds for part, each in spent.items()}))
        print(f"{calls.name}: round {number} of {repeats}, {used:.1f} CPU s", file=sys.stderr, flush=True)
    return rounds[1:]


def _used() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Print the table; 1 where a sum is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_arguments(parser, calls=6, seed=303)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--replay", action="store_true", help="the true words; no recogniser is needed")
    parser.add_argument("--work", type=Path, help="folder in which composed calls are kept")
    args = parser.parse_args()
    if gone := missing(args):
        print(f"skipped: {gone} not there; nothing measured")
        return 0
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        return run(args, args.work or Path(folder), Path(folder))


def run(args: argparse.Namespace, work: Path, scratch: Path) -> int:
    """Compose, measure, print."""
    two = Composition(args.calls, args.minutes, args.seed)
    kinds = {
        "two channels": two,
        "noise -35 dB, bleed -25 dB": replace(two, noise_db=-35.0, bleed_db=-25.0),
        "bleed -20 dB": replace(two, bleed_db=-20.0),
        "one channel": replace(two, mono=True),
    }
    folders = {name: composed(kind, args, work) for name, kind in kinds.items()}
    meter = Meter()
    watch_code(meter)
    remember_network(meter)
    columns: dict[str, Rounds] = {}
    for name, calls in folders.items():
        office = new_office(args, meter, scratch, calls)
        columns[name] = measured(office, meter, calls, args.repeats)
    folded(columns)
    print("\n".join(table(columns)))
    print(f"\n{args.calls} calls of {args.minutes:g} minutes, seed {args.seed}, {args.repeats} rounds, one core; "
          f"words: {'of the truth' if args.replay else 'recognised'}"
          f"{'' if office.diarizes else '; no model that tells voices apart: asr-qa models pull voices'}.")  # fmt: skip
    settled = [total(rounds, parts_of(rounds)) <= LIMIT for rounds in columns.values()]
    return 0 if all(settled) else 1


def new_office(args: argparse.Namespace, meter: Meter, scratch: Path, calls: Path) -> Office:
    """The office for a folder of calls; with the true words where that is asked for or there is no model."""
    settings = Settings()
    asr = settings.asr.model_copy(update={"threads": 1})
    build = partial(Office, meter=meter, folder=scratch)
    if not args.replay:
        try:
            return build(settings.model_copy(update={"asr": asr}))
        except ModelError as exc:
            print(f"{exc}; the true words are taken", file=sys.stderr)
            args.replay = True
    replayed = asr.model_copy(update={"engine": "replay", "replay_dir": true_words(calls, scratch)})
    return build(settings.model_copy(update={"asr": replayed}))


def true_words(calls: Path, scratch: Path) -> Path:
    """A folder of the truth's words; a turn that was cut off says some that are no murmur."""
    folder = scratch / f"words-{calls.name}"
    for path in calls.glob("*.truth.json"):
        truth = json.loads(path.read_text(encoding="utf-8"))
        for turn in truth["turns"]:
            turn["text"] = turn["text"] or "那么这个问题"
        write_text(folder / path.name, json.dumps(truth, ensure_ascii=False))
    return folder


if __name__ == "__main__":
    sys.exit(main())
