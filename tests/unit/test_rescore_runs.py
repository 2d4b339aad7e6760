"""asr-qa rescore --apply beside another run, killed in the middle, and on a full disk."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from asr_qa.batch import rescoring
from asr_qa.batch.rescoring import Applied, forget, rescore
from asr_qa.bootstrap import connect
from asr_qa.config import Settings, shipped
from asr_qa.db import session
from asr_qa.db.store import SqlStore
from asr_qa.errors import StorageError
from asr_qa.pipeline.store import CallFilters
from asr_qa.testing import make_document, make_recording
from asr_qa.testing.cards import SMALL_CARD

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CALLS = 4
MANY = 60
"""Calls for two workers, in three chunks."""


class Silent:
    def total(self, calls: int) -> None: ...

    def done(self, calls: int) -> None: ...


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A database of calls that were scored by other rules."""
    for name in ("scorecards", "opening"):
        (tmp_path / "rules" / name).mkdir(parents=True)
    shutil.copy(shipped("rules") / "opening" / "greeting.yml", tmp_path / "rules" / "opening")
    (tmp_path / "rules" / "scorecards" / "small.yml").write_text(SMALL_CARD, encoding="utf-8")
    made = Settings(data_dir=tmp_path / "data", rules_dir=tmp_path / "rules", scorecard="small")
    store = connect(made)
    for number in range(CALLS):
        store.save_document(make_document(make_recording(number)), severities={}, now=NOW)
    store.close()
    yield made
    forget()


def run(settings: Settings) -> Applied:
    store = connect(settings)
    rows = store.scored(CallFilters())
    store.close()
    return rescore(settings, rows, again=False, progress=Silent(), jobs=1)


def versions(settings: Settings) -> list[int]:
    """How many versions each call has; that every current one is whole is asked on the way."""
    store = connect(settings)
    calls = store.list_calls(CallFilters(), limit=MANY).calls
    counts = [len(store.versions(call.id)) for call in calls]
    for call in calls:
        stored = store.get_call(call.id)
        assert stored is not None
        assert stored.document is not None
        assert f"{stored.document.score_sheet.scorecard}@1" == call.scorecard
    store.close()
    with closing(sqlite3.connect(settings.data_dir / "asr_qa.db")) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        sheets = "SELECT count(*) FROM documents WHERE id NOT IN (SELECT document FROM score_sheets)"
        assert raw.execute(sheets).fetchone() == (0,), "no document without its sheet"
    return counts


def beside(settings: Settings, monkeypatch: pytest.MonkeyPatch, change: Any) -> Applied:
    """Run while another run stores the same calls first, each once; `change` is what it makes of them."""
    other, met = connect(settings), set()
    save = SqlStore.save_document

    def second(store: SqlStore, document: Any, **options: Any) -> Any:
        if document.recording.id not in met:
            met.add(document.recording.id)
            save(other, change(document), severities={}, now=NOW)
        return save(store, document, **options)

    monkeypatch.setattr(SqlStore, "save_document", second)
    applied = run(settings)
    monkeypatch.undo()
    other.close()
    return applied


def test_what_another_run_has_done_is_counted_and_done_once(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied = beside(settings, monkeypatch, lambda document: document)
    assert (applied.by_others, applied.rescored, applied.bad) == (CALLS, [], [])
    assert versions(settings) == [2] * CALLS
    assert run(settings).unchanged == CALLS


def test_what_another_run_did_by_other_rules_is_done_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def by_others(document: Any) -> Any:
        return replace(document, models=replace(document.models, ruleset_digest="others"))

    applied = beside(settings, monkeypatch, by_others)
    assert (len(applied.rescored), applied.by_others, applied.bad) == (CALLS, 0, [])
    assert versions(settings) == [3] * CALLS
    with closing(sqlite3.connect(settings.data_dir / "asr_qa.db")) as raw:
        chain = "SELECT a.version, b.version FROM documents a JOIN documents b ON a.supersedes = b.id"
        assert sorted(raw.execute(chain)) == [(2, 1)] * CALLS + [(3, 2)] * CALLS


KILLED = """
import os, signal, sys
from asr_qa.batch import rescoring
from asr_qa.bootstrap import connect
from asr_qa.config import Settings
from asr_qa.db import calls
from asr_qa.pipeline.store import CallFilters
settings = Settings.model_validate_json(sys.argv[1])
point, count = calls._point_to, [0]
def die(session, **which):
    count[0] += 1
    point(session, **which)
    session.flush()
    if count[0] == 3:
        os.kill(os.getpid(), signal.SIGKILL)
calls._point_to = die
rows = connect(settings).scored(CallFilters())
rescoring.apply_chunk(settings, rows, False)
"""


def test_a_run_killed_in_the_middle_of_a_call_leaves_whole_calls_and_is_finished_by_the_next(
    settings: Settings,
) -> None:
    ended = subprocess.run([sys.executable, "-c", KILLED, settings.model_dump_json()], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert sorted(versions(settings)) == [1, 1, 2, 2]
    applied = run(settings)
    assert (len(applied.rescored), applied.unchanged, applied.bad) == (2, 2, [])
    assert versions(settings) == [2] * CALLS


def test_a_full_disk_ends_the_run_with_whole_calls(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare = session._prepare_sqlite

    def small(connection: Any, record: Any) -> None:
        prepare(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 1}")

    monkeypatch.setattr(session, "_prepare_sqlite", small)
    with pytest.raises(StorageError, match=r"disk is full.*free some space.*the same command goes on there"):
        run_often(settings)
    monkeypatch.undo()
    forget()
    before = versions(settings)
    assert all(count >= 1 for count in before)
    run(settings)
    assert run(settings).unchanged == CALLS


def run_often(settings: Settings) -> None:
    for _ in range(50):
        run(settings)
        grow(settings)


def grow(settings: Settings) -> None:
    """Change the rule, so that the next run has something to store."""
    path = (settings.rules_dir or Path()) / "opening" / "greeting.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("any_of: [", f"any_of: [第{len(text)}个开场白, "), encoding="utf-8")
    rescoring.forget()


def test_a_run_whose_command_is_killed_ends_with_its_workers_and_is_finished_by_the_next(
    settings: Settings,
) -> None:
    store = connect(settings)
    for number in range(CALLS, MANY):
        store.save_document(make_document(make_recording(number)), severities={}, now=NOW)
    store.close()
    command = [sys.executable, "-m", "asr_qa", "rescore", "--apply", "--jobs", "2"]
    chosen = {"DATA_DIR": str(settings.data_dir), "RULES_DIR": str(settings.rules_dir), "SCORECARD": "small"}
    given = {**os.environ, **{f"ASR_QA_{name}": value for name, value in chosen.items()}}
    process = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_until(lambda: process.poll() is not None or versions_stored(settings) >= MANY + 12)
    process.send_signal(signal.SIGKILL)
    # The workers hold the other end of the pipe: it is closed when the last of them has gone.
    process.communicate(timeout=60)
    counts = versions(settings)
    assert set(counts) <= {1, 2}
    applied = run(settings)
    assert (len(applied.rescored), applied.unchanged, applied.bad) == (counts.count(1), counts.count(2), [])
    assert versions(settings) == [2] * MANY
    with closing(sqlite3.connect(settings.data_dir / "asr_qa.db")) as raw:
        chain = "SELECT a.version, b.version FROM documents a JOIN documents b ON a.supersedes = b.id"
        assert raw.execute(chain).fetchall() == [(2, 1)] * MANY


def versions_stored(settings: Settings) -> int:
    with closing(sqlite3.connect(settings.data_dir / "asr_qa.db")) as raw:
        found: int = raw.execute("SELECT count(*) FROM documents").fetchone()[0]
    return found


def wait_until(happened: Callable[[], bool]) -> None:
    for _ in range(6000):
        if happened():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen within a minute")
