"""How fast stored calls are judged by changed rules, and what the time goes into.

    python tests/benchmarks/bench_backtest.py --calls 10000 --different 900 --jobs 2

Fills a SQLite database with calls of five minutes (about 1,450 characters with word times, events and findings; beyond
--different they are copies with ids of their own), changes some of the shipped rules, runs the backtest, and prints
Markdown. CPU seconds are those of the worker processes: other work on the machine makes the wall time longer, not them.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import cache
from pathlib import Path

from stored_calls import make_call

from asr_qa.batch.backtest import PARTS, Plan, Sides, backtest
from asr_qa.bootstrap import Rules, connect, load_rules, rules_dir
from asr_qa.config import Settings
from asr_qa.db.store import SqlStore
from asr_qa.pipeline.documents import to_json
from asr_qa.pipeline.store import CallFilters
from asr_qa.testing import FixedClock

MARK = 10_000
"""Calls of the mark, which are to take three minutes at most on two cores."""


class _Quiet:
    def total(self, calls: int) -> None: ...

    def done(self, calls: int) -> None: ...


@cache
def _bench(settings_json: str) -> tuple[Rules, SqlStore]:
    settings = Settings.model_validate_json(settings_json)
    return load_rules(settings), connect(settings)


def fill(settings_json: str, numbers: Sequence[int]) -> tuple[int, int]:
    """Store the calls of some numbers; gives characters said and bytes stored."""
    rules, store = _bench(settings_json)
    characters = size = 0
    for number in numbers:
        call = make_call(number, rules)
        characters += sum(len(utterance.text) for utterance in call.utterances)
        size += len(to_json(call).encode())
        store.save_document(call, severities=rules.severities, now=FixedClock().now())
    return characters, size


def changed_rules(folder: Path) -> Path:
    """The rules in use with a phrase taken out of one, a window halved in another, and a limit changed in a third."""
    changed = folder / "changed"
    shutil.copytree(rules_dir(Settings()), changed)
    for name, old, new in (
        ("language/no_absolute_promise.yml", "绝对, 保证, ", "绝对, "),
        ("compliance/recording_notice.yml", "first_seconds: 30", "first_seconds: 15"),
        ("timing/response_latency.yml", "at_most: ", "at_most: 1"),
    ):
        path = changed / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} says {old!r} no more: change what the benchmark changes"
        path.write_text(text.replace(old, new), encoding="utf-8")
    return changed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=400)
    parser.add_argument("--different", type=int, help="how many are made; the others are copies of these")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="where the database is kept; what is there already is used")
    parser.add_argument("--changed-only", action="store_true", help="try only the rules that differ")
    parser.add_argument("--current", action="store_true", help="judge both sides anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        run(folder, Path(temporary), options)


def run(folder: Path, scratch: Path, options: argparse.Namespace) -> None:
    os.environ["ASR_QA_DATA_DIR"] = str(folder)
    settings = Settings()
    store = connect(settings)
    there = len(store.scored(CallFilters()))
    filled = fill_up(settings, there, min(options.calls, options.different or options.calls), options.jobs)
    filled += multiply(folder / "asr_qa.db", options.calls)
    plan = Plan(
        settings=settings,
        against=changed_rules(scratch),
        changed_only=options.changed_only,
        again=options.current,
    )
    sides = Sides.load(plan)
    rows = store.scored(CallFilters(), limit=options.calls)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    counted = backtest(plan, sides, rows, human={}, progress=_Quiet(), jobs=options.jobs)
    wall = time.perf_counter() - began
    peaks = [resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = (folder / "asr_qa.db").stat().st_size / 1e9
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    rules = len(sides.trials[sides.changed.scorecard.stamp].after.ruleset.rules)
    print(filled)
    print(f"{len(rows)} calls, {rules} rules judged, {options.jobs} workers, {len(counted.bad)} failed\n")
    print("| part | CPU ms a call |\n|---|---|")
    for part in PARTS:
        print(f"| {part} | {1e3 * counted.spent[part] / len(rows):.1f} |")
    parts = sum(counted.spent.values())
    print(f"| start of the workers, handing over (seconds, once) | {cpu - parts:.1f} s |")
    print(f"\nwall {wall:.1f} s, {len(rows) / wall:.1f} calls/s; CPU of workers {cpu:.1f} s")
    print(f"peak memory: {peaks[0]:.0f} MB of the run, {peaks[1]:.0f} MB of a worker; database {size:.2f} GB")
    at_mark = (cpu - parts + parts * MARK / len(rows)) / options.jobs
    print(f"{MARK} calls on {options.jobs} cores of their own: {at_mark:.0f} s")
    flips = {rule: dict(changes) for rule, changes in counted.tally.verdicts.items()}
    moved = sum(n for changes in flips.values() for (was, now), n in changes.items() if was is not now)
    print(f"{moved} verdicts flip, {sum(one.moved for one in counted.tally.agents.values())} sheets move")


def fill_up(settings: Settings, there: int, wanted: int, jobs: int) -> str:
    """Add the calls that are missing; says what they are."""
    missing = range(there, wanted)
    if not missing:
        return f"{there} calls were there"
    text = settings.model_dump_json()
    pieces = [missing[first : first + 20] for first in range(0, len(missing), 20)]
    with ProcessPoolExecutor(jobs) as pool:
        sums = list(pool.map(fill, [text] * len(pieces), pieces))
    characters, size = (sum(column) / len(missing) for column in zip(*sums, strict=True))
    return f"{len(missing)} calls made: {characters:.0f} characters, {size / 1e3:.0f} kB each on average"


def multiply(database: Path, wanted: int) -> str:
    """Copy calls, each with an id and an audio of its own, until there are enough; says how many there are."""
    with closing(sqlite3.connect(database)) as raw:
        made = there = raw.execute("SELECT max(sequence) FROM recordings").fetchone()[0]
        for number in range(1, -(-wanted // made)):
            if number * made >= there:
                _copy(raw, number, by=number * made, upto=min(made, wanted - number * made))
                raw.commit()
        there = raw.execute("SELECT count(*) FROM recordings").fetchone()[0]
    return f"; {there} calls with copies"


def _copy(raw: sqlite3.Connection, number: int, *, by: int, upto: int) -> None:
    digits = f"{number:06x}"  # of the sha256, which the id begins
    body = f"replace(body, r.id, {_other('r.id', digits)})"
    changed = {
        "recordings": {"sequence": f"sequence + {by}", "id": _other("id", digits), "sha256": _other("sha256", digits)},
        "documents": {
            "id": f"id + {by}",
            "recording": f"recording + {by}",
            "body": f"(SELECT {body} FROM recordings r WHERE sequence = recording)",
        },
        "current_documents": {"recording": f"recording + {by}", "document": f"document + {by}"},
        "score_sheets": {"document": f"document + {by}"},
        "document_sounds": {"document": f"document + {by}"},
        "score_lines": {"id": "NULL", "document": f"document + {by}"},
        "findings": {"id": "NULL", "document": f"document + {by}"},
    }
    for table, new in changed.items():
        columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
        key = "sequence" if table == "recordings" else "id" if table == "documents" else "document"
        names, values = ", ".join(f'"{one}"' for one in columns), ", ".join(new.get(c, f'"{c}"') for c in columns)
        raw.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {key} <= {upto}")


def _other(column: str, digits: str) -> str:
    return f"'{digits}' || substr({column}, {len(digits) + 1})"


if __name__ == "__main__":
    main()
