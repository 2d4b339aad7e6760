"""What is heard of a call reaches the run while it is worked through, whatever becomes of the worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from asr_qa.batch.engine import Task, local_engine
from asr_qa.batch.files import find_recordings
from asr_qa.batch.outcome import Outcome
from asr_qa.batch.run import Run, items_of
from asr_qa.batch.tellings import PREFIX, STALE, Ear, Tellings, tellings
from asr_qa.batch.worker import Failure
from asr_qa.bootstrap import SystemClock, load_rules
from asr_qa.config import AsrSettings, Settings, shipped
from asr_qa.core.recording import Role
from asr_qa.core.transcript import Transcript, Utterance, Word
from asr_qa.errors import OutputError
from asr_qa.pipeline.ports import OnHeard, SpokenChannel
from asr_qa.testing import MemoryStore

CALL = Path("call.wav")
PATIENCE = 60.0
"""Seconds after which a test that waits for another process gives up; far beyond what any needs."""


def said(start: float, text: str, role: Role = Role.AGENT) -> Utterance:
    return Utterance(role, start, start + 1.0, text, text, 0.5, words=(Word(text, start, start + 1.0, 0.5),))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder of temporary files."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def open_call(folder: Path, *, duration: float = 60.0, texts: bool = True) -> tuple[Tellings, Ear]:
    told = Tellings(folder, texts=texts)
    ear = told.ear(CALL, name="call.wav", duration=duration)
    assert ear is not None
    return told, ear


# --- a worker tells, the run reads


def test_tellings_arrive_once_and_in_order(tmp_path: Path) -> None:
    told, ear = open_call(tmp_path)
    ear.hear([said(1.0, "您好"), said(2.5, "喂", Role.CUSTOMER)], 10.0)
    first = list(told.news())
    ear.hear([], 20.0)
    ear.hear([said(21.0, "再见")], 30.0)
    second = list(told.news())
    assert [[(u.role, u.start, u.text) for u in news.utterances] for news in first + second] == [
        [(Role.AGENT, 1.0, "您好"), (Role.CUSTOMER, 2.5, "喂")],
        [],
        [(Role.AGENT, 21.0, "再见")],
    ]
    assert [(news.name, news.seconds) for news in first + second] == [("call.wav", 10.0)] * 3
    assert list(told.news()) == []
    assert told.end(CALL) == 30.0
    assert list(tmp_path.iterdir()) == []


def test_what_was_listened_to_never_shrinks_and_never_passes_the_end(tmp_path: Path) -> None:
    told, ear = open_call(tmp_path, duration=25.0)
    for until in (10.0, 5.0, 40.0):
        ear.hear([], until)
    assert [news.seconds for news in told.news()] == [10.0, 0.0, 15.0]
    assert told.end(CALL) == 25.0


def test_a_line_that_is_not_whole_is_read_when_it_is(tmp_path: Path) -> None:
    told, ear = open_call(tmp_path)
    ear.hear([said(1.0, "您好")], 10.0)
    line = ear.file.read_bytes()
    for end in range(0, len(line), 7):
        ear.file.write_bytes(line[:end])
        assert list(told.news()) == []
    ear.file.write_bytes(line)
    assert [news.seconds for news in told.news()] == [10.0]


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    # a full disk leaves half of a line, and the next is written behind it
    told, ear = open_call(tmp_path)
    ear.hear([said(1.0, "您好")], 10.0)
    ear.file.write_bytes(ear.file.read_bytes()[:20])
    ear.hear([said(11.0, "丢了")], 20.0)
    ear.hear([said(21.0, "再见")], 30.0)
    (news,) = told.news()
    assert ([u.text for u in news.utterances], news.seconds) == (["再见"], 30.0)


def test_texts_are_written_only_where_they_are_asked_for(tmp_path: Path) -> None:
    told, ear = open_call(tmp_path, texts=False)
    ear.hear([said(1.0, "我的卡号是")], 10.0)
    assert json.loads(ear.file.read_text()) == {"until": 10.0, "utterances": []}
    assert [(news.utterances, news.seconds) for news in told.news()] == [((), 10.0)]


def test_news_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    Ear(tmp_path / "gone" / "1.jsonl", texts=True).hear([said(1.0, "您好")], 10.0)
    assert list(tmp_path.iterdir()) == []


# --- the folder


def test_nothing_is_left_whatever_happens(temporary: Path) -> None:
    with tellings(texts=True) as told:
        ear = told.ear(CALL, name="call.wav", duration=9.0)
        assert ear is not None
        ear.hear([said(1.0, "您好")], 9.0)
        assert ear.file.stat().st_uid == os.getuid()
        assert ear.file.parent.stat().st_mode & 0o077 == 0, "nobody else reads what was said"
    assert list(temporary.iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        _interrupted(temporary)
    assert list(temporary.iterdir()) == []


def _interrupted(temporary: Path) -> None:
    with tellings(texts=True) as told:
        assert list(temporary.iterdir()) == [], "nobody would clear it away before there are workers"
        told.ear(CALL, name="call.wav", duration=9.0)
        assert list(temporary.iterdir()) == [told.folder]
        raise KeyboardInterrupt


def test_what_a_killed_run_left_is_cleared_away_when_it_is_old(temporary: Path) -> None:
    old, young, alive, other = (temporary / name for name in (f"{PREFIX}a", f"{PREFIX}b", f"{PREFIX}c", "mine"))
    for folder in (old, young, alive, other):
        folder.mkdir()
        (folder / "1.jsonl").write_text("")
        for path in (folder / "1.jsonl", folder) if folder is not young else ():
            os.utime(path, (time.time() - 2 * STALE, time.time() - 2 * STALE))
    os.utime(alive / "1.jsonl")
    with tellings(texts=False):
        pass
    assert {path.name for path in temporary.iterdir()} == {young.name, alive.name, other.name}


def test_without_room_for_a_folder_calls_are_told_of_when_they_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with tellings(texts=False) as told:
        assert told.ear(CALL, name="call.wav", duration=9.0) is None
        assert (list(told.news()), told.end(CALL)) == ([], 0.0)
    with tellings(texts=True) as told, pytest.raises(OutputError, match="TMPDIR"):
        told.ear(CALL, name="call.wav", duration=9.0)


# --- workers, real ones


class Scripted:
    """A transcriber that tells in two steps, and goes on when it is let."""

    name = "scripted"

    def __init__(self, gate: Path) -> None:
        self._gate = gate

    def transcribe(
        self, channels: Sequence[SpokenChannel], *, language: str = "zh", heard: OnHeard | None = None
    ) -> Transcript:
        first, second = said(1.0, "您好"), said(31.0, "再见")
        if heard:
            heard([first], 30.0)
            wait_for(self._gate)
            heard([second], 60.0)
        return Transcript((first, second), self.name)


def wait_for(path: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > limit:
            raise TimeoutError(path)
        time.sleep(0.02)


def transcribe_scripted(ear: Ear, gate: Path) -> list[str]:
    return [u.text for u in Scripted(gate).transcribe([], heard=ear.hear).utterances]


def die_in_the_middle_of_a_line(ear: Ear) -> None:
    ear.hear([said(1.0, "您好")], 10.0)
    with ear.file.open("ab") as file:
        file.write(b'{"until": 20.0, "utter')
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_telling_is_known_before_the_call_is_done(temporary: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    settings = Settings(workers=1)
    with tellings(texts=True) as told, local_engine(settings, 1, told.folder) as engine:
        ear = told.ear(CALL, name="call.wav", duration=60.0)
        seen: list[tuple[str, float, bool]] = []

        def meanwhile() -> None:
            for news in told.news():
                seen.append((news.utterances[0].text, news.seconds, gate.exists()))
                gate.touch()  # only now the worker goes on

        task = Task(transcribe_scripted, (ear, gate), PATIENCE)
        results = list(engine.run([(CALL, task)], meanwhile=meanwhile))
    assert results == [(CALL, ["您好", "再见"])]
    assert seen == [("您好", 30.0, False), ("再见", 30.0, True)]
    assert list(temporary.iterdir()) == []


def test_a_worker_that_is_killed_in_the_middle_of_a_line_costs_only_its_call(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    heard: list[tuple[str, float]] = []
    with tellings(texts=True) as told, local_engine(Settings(workers=1), 1, told.folder) as engine:
        dying, living = (told.ear(Path(name), name=name, duration=60.0) for name in "ab")
        tasks = [
            ("a", Task(die_in_the_middle_of_a_line, (dying,), PATIENCE)),
            ("b", Task(transcribe_scripted, (living, tmp_path / "gate"), PATIENCE)),
        ]
        results = dict(
            engine.run(tasks, meanwhile=lambda: heard.extend((news.name, news.seconds) for news in told.news()))
        )
        assert (told.end(Path("a")), told.end(Path("b"))) == (10.0, 60.0)
    assert isinstance(results["a"], Failure)
    assert (results["a"].code, results["b"]) == ("worker_died", ["您好", "再见"])
    assert heard == [("a", 10.0), ("b", 30.0), ("b", 30.0)]
    assert list(temporary.iterdir()) == []


RUN = """
import sys
from pathlib import Path
from asr_qa.batch.engine import Task, local_engine
from asr_qa.batch.tellings import tellings
from asr_qa.config import Settings
from test_tellings import transcribe_scripted

if __name__ == "__main__":
    with tellings(texts=True) as told, local_engine(Settings(workers=1), 1, told.folder) as engine:
        ear = told.ear(Path("call.wav"), name="call.wav", duration=60.0)
        task = Task(transcribe_scripted, (ear, Path(sys.argv[1])), 600.0)
        list(engine.run([(1, task)], meanwhile=lambda: [print(news.seconds, flush=True) for news in told.news()]))
"""


def test_a_run_that_is_killed_leaves_nothing(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "run.py").write_text(RUN)
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, str(tmp_path / "run.py"), str(tmp_path / "never")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "30.0\n"
        assert len(list(temporary.glob(f"{PREFIX}*/*"))) == 1
        run.kill()
    limit = time.monotonic() + PATIENCE
    while list(temporary.glob(f"{PREFIX}*")) and time.monotonic() < limit:
        time.sleep(0.05)
    assert list(temporary.glob(f"{PREFIX}*")) == []


# --- a whole run


@dataclass
class Noted:
    """A watcher that notes what it is told."""

    events: list[tuple[str, str, float]] = field(default_factory=list)
    """What, of which recording, seconds."""
    texts: list[str] = field(default_factory=list)

    def found(self, calls: int) -> None:
        pass

    def identified(self, seconds: float) -> None:
        pass

    def heard(self, name: str, utterances: Sequence[Utterance], seconds: float) -> None:
        self.events.append(("heard", name, seconds))
        self.texts += [u.text for u in utterances]

    def done(self, outcome: Outcome, seconds: float) -> None:
        self.events.append(("done", Path(outcome.path).name, seconds))


@pytest.fixture
def replayed(temporary: Path) -> Iterator[Run]:
    settings = Settings(asr=AsrSettings(engine="replay", replay_dir=shipped("sample_audio")), workers=1)
    yield Run(settings=settings, rules=load_rules(settings), store=MemoryStore(), clock=SystemClock())
    assert list(temporary.iterdir()) == []


def test_a_run_tells_what_is_heard_before_the_call_is_done(replayed: Run) -> None:
    watcher = Noted()
    items, _ = items_of(find_recordings([shipped("sample_audio") / "rude-words.wav"]), None)
    (outcome,) = replace(replayed, follow=True, keep_documents=True).score(items, watcher)
    assert [event[:2] for event in watcher.events] == [("heard", "rude-words.wav"), ("done", "rude-words.wav")]
    assert outcome.document is not None
    assert sum(event[2] for event in watcher.events) == pytest.approx(outcome.duration)
    assert watcher.events[0][2] == pytest.approx(outcome.document.utterances[-1].end, abs=0.01)
    assert watcher.texts == [u.text for u in outcome.document.utterances]
