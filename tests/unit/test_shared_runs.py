"""Two runs over the same recordings share them: nothing is done twice, and nobody waits for a run that is gone."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

import pytest

from asr_qa.batch.claims import Claims, is_gone
from asr_qa.batch.files import find_recordings
from asr_qa.batch.outcome import Outcome
from asr_qa.batch.run import Run, items_of
from asr_qa.bootstrap import SystemClock, load_rules
from asr_qa.config import AsrSettings, Settings, shipped
from asr_qa.core.document import CallDocument
from asr_qa.core.recording import Recording
from asr_qa.core.transcript import Utterance
from asr_qa.errors import StorageError
from asr_qa.pipeline.store import CallFilters
from asr_qa.testing import MemoryStore
from asr_qa.testing.cards import SMALL_CARD


def place() -> str:
    """Where this run works, as it is in the names of runs."""
    return Claims(MemoryStore(), SystemClock()).worker.rsplit(" ", 2)[0]


class Silent:
    def found(self, calls: int) -> None: ...

    def identified(self, seconds: float) -> None: ...

    def heard(self, name: str, utterances: Sequence[Utterance], seconds: float) -> None: ...

    def done(self, outcome: Outcome, seconds: float) -> None: ...


@dataclass
class Desk:
    """A call, a rule, and a store that runs share."""

    home: Path
    store: MemoryStore = field(default_factory=MemoryStore)

    def __post_init__(self) -> None:
        for name in ("calls", "replay", "rules/scorecards", "rules/opening"):
            (self.home / name).mkdir(parents=True)
        shutil.copy(shipped("sample_audio") / "rude-words.wav", self.home / "calls" / "a.wav")
        shutil.copy(shipped("sample_audio") / "rude-words.truth.json", self.home / "replay" / "a.json")
        shutil.copy(shipped("rules") / "opening" / "greeting.yml", self.home / "rules" / "opening")
        (self.home / "rules" / "scorecards" / "small.yml").write_text(SMALL_CARD, encoding="utf-8")

    def score(self, watcher: Silent | None = None) -> list[Outcome]:
        settings = Settings(
            asr=AsrSettings(engine="replay", replay_dir=self.home / "replay"),
            workers=1,
            rules_dir=self.home / "rules",
            scorecard="small",
        )
        run = Run(
            settings=settings,
            rules=load_rules(settings),
            store=self.store,
            clock=SystemClock(),
            out=self.home / "out",
        )
        items, _ = items_of(find_recordings([self.home / "calls"]), None)
        return run.score(items, watcher or Silent())

    def document(self) -> CallDocument:
        (document,) = self.store.documents(CallFilters())
        return document

    def held_by(self, worker: str) -> CallDocument:
        """Have the call in work elsewhere; gives the document that it comes to."""
        self.score()
        document, self.store = self.document(), type(self.store)()
        self.store.claim(document.recording, worker, now=SystemClock().now(), lease_seconds=600.0)
        return document


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_another_run_has_in_work_is_waited_for_and_taken_over(desk: Desk) -> None:
    document = desk.held_by("elsewhere 1 1")
    (desk.home / "out" / "a.json").unlink()
    now = SystemClock().now()
    later = Timer(1.0, lambda: desk.store.save_document(document, severities={}, now=now))
    later.start()
    seen: list[str] = []

    class Watching(Silent):
        def identified(self, seconds: float) -> None:
            seen.append("identified")

        def done(self, outcome: Outcome, seconds: float) -> None:
            seen.append(outcome.state)

    (outcome,) = desk.score(Watching())
    later.join()
    assert (outcome.state, outcome.points) == ("unchanged", document.score_sheet.points)
    assert seen == ["identified", "unchanged"]
    assert (desk.home / "out" / "a.json").exists()
    assert len(desk.store.versions(document.recording.id)) == 1


class Counting(MemoryStore):
    """Counts what is asked of it; what the other run has in work is done at the third look."""

    done: CallDocument | None = None
    asked = looks = 0

    def claim(self, recording: Recording, worker: str, **terms: Any) -> str:
        self.asked += worker != "elsewhere 1 1"
        return super().claim(recording, worker, **terms)

    def claimed_elsewhere(self, worker: str, **terms: Any) -> dict[str, str]:
        self.looks += 1
        if self.looks == 3 and self.done:
            self.save_document(self.done, severities={}, now=SystemClock().now())
        return super().claimed_elsewhere(worker, **terms)


def test_what_another_run_has_in_work_is_not_asked_for_again_and_again(desk: Desk) -> None:
    desk.store = Counting()
    document = desk.held_by("elsewhere 1 1")
    store = desk.store
    assert isinstance(store, Counting)
    store.done = document
    assert [one.state for one in desk.score()] == ["unchanged"]
    # Found held once; the two looks after that ask for nothing.
    assert (store.looks, store.asked) == (3, 1)


def test_what_another_run_gives_up_is_done_here(desk: Desk) -> None:
    desk.held_by("elsewhere 1 1")
    later = Timer(1.0, lambda: desk.store.release_claims("elsewhere 1 1"))
    later.start()
    assert [one.state for one in desk.score()] == ["scored"]
    later.join()


def test_nobody_waits_for_a_run_that_was_killed(desk: Desk) -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        pass
    desk.held_by(f"{place()} {process.pid} 123")
    assert [one.state for one in desk.score()] == ["scored"]


def test_a_run_that_is_stopped_gives_back_what_it_has(desk: Desk) -> None:
    class Stopped(Silent):
        def done(self, outcome: Outcome, seconds: float) -> None:
            raise KeyboardInterrupt

    taken: list[str] = []
    release = desk.store.release_claims

    def released(worker: str) -> None:
        taken.append(worker)
        release(worker)

    desk.store.release_claims = released  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        desk.score(Stopped())
    assert taken == [Claims(MemoryStore(), SystemClock()).worker]


def test_the_first_error_is_told_where_the_database_is_gone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    class Stopped(Silent):
        def done(self, outcome: Outcome, seconds: float) -> None:
            raise StorageError("the first error")

    def gone(worker: str) -> None:
        raise StorageError("the second error")

    desk.store.release_claims = gone  # type: ignore[method-assign]
    with caplog.at_level(logging.WARNING), pytest.raises(StorageError, match="the first error"):
        desk.score(Stopped())
    assert "the second error" in caplog.text


def test_whether_a_run_is_gone_is_known_of_this_machine_only() -> None:
    mine = Claims(MemoryStore(), SystemClock()).worker
    host, boot, ids, process, _ = mine.split(" ")
    here = f"{host} {boot} {ids}"
    assert not is_gone(mine)
    assert is_gone(f"{here} {process} 1"), "the id belongs to another process by now"
    for other in (
        f"elsewhere {boot} {ids} {process} 1",
        f"{host} {process} 1",
        "elsewhere",
        "",
        f"{here} x 1",
        f"{here} {process} ",
    ):
        assert not is_gone(other)


def test_containers_of_one_name_do_not_take_each_other_for_gone() -> None:
    host, boot, ids, process, _ = Claims(MemoryStore(), SystemClock()).worker.split(" ")
    assert not is_gone(f"{host} {boot} pid:[1] {process} 1"), "process ids of another container"
    assert not is_gone(f"{host} other-start {ids} {process} 1"), "another machine of this name"


@pytest.mark.parametrize("unknown", ["boot_id", "ns"])
def test_where_process_ids_count_must_be_known(unknown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **more: object) -> str:
        raise FileNotFoundError

    read = Path.read_text
    if unknown == "ns":
        monkeypatch.setattr("os.readlink", refused)
    else:
        monkeypatch.setattr(Path, "read_text", lambda at, **how: refused() if at.name == unknown else read(at, **how))
    assert "?" in place().split(" ")
    assert not is_gone(f"{place()} 1 1")
