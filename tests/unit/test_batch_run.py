"""What is worked through again and what is not, with real workers and finished transcripts."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from asr_qa.batch.files import find_recordings
from asr_qa.batch.manifest import read_manifest
from asr_qa.batch.outcome import Outcome
from asr_qa.batch.run import Run, items_of
from asr_qa.bootstrap import SystemClock, load_rules
from asr_qa.config import AsrSettings, AudioSettings, Settings, shipped
from asr_qa.core.transcript import Utterance
from asr_qa.pipeline.documents import from_json
from asr_qa.pipeline.store import CallFilters
from asr_qa.testing import MemoryStore


class Silent:
    def found(self, calls: int) -> None: ...

    def identified(self, seconds: float) -> None: ...

    def heard(self, name: str, utterances: Sequence[Utterance], seconds: float) -> None: ...

    def done(self, outcome: Outcome, seconds: float) -> None: ...


def test_recordings_of_the_same_name_from_different_folders_keep_a_document_each(tmp_path: Path) -> None:
    samples = shipped("sample_audio")
    for folder, sample in (("mon", "rude-words"), ("tue", "good-billing")):
        (tmp_path / folder / "rec").mkdir(parents=True)
        shutil.copy(samples / f"{sample}.wav", tmp_path / folder / "rec" / "call.wav")
    replay = tmp_path / "replay"
    replay.mkdir()
    shutil.copy(samples / "rude-words.truth.json", replay / "call.json")
    settings = Settings(asr=AsrSettings(engine="replay", replay_dir=replay), workers=1)
    run = Run(
        settings=settings, rules=load_rules(settings), store=MemoryStore(), clock=SystemClock(), out=tmp_path / "out"
    )
    items, _ = items_of(find_recordings([tmp_path / "mon" / "rec", tmp_path / "tue" / "rec"]), None)
    outcomes = run.score(items, Silent())
    written = {str(outcome.output): outcome.path for outcome in outcomes}
    assert sorted(written) == [str(tmp_path / "out/rec" / name) for name in ("call.wav-2.json", "call.wav.json")]
    for output, path in written.items():
        assert from_json(Path(output).read_text(encoding="utf-8")).recording.path == path


# --- the same audio, and what is said of it


class Desk:
    """A folder with copies of one call, and one store for all runs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.store = MemoryStore()
        self.calls = home / "calls"
        (home / "replay").mkdir()
        self.calls.mkdir()

    def lay(self, *names: str) -> None:
        """Put the same call there under these names."""
        for name in names:
            shutil.copy(shipped("sample_audio") / "rude-words.wav", self.calls / f"{name}.wav")
            shutil.copy(shipped("sample_audio") / "rude-words.truth.json", self.home / "replay" / f"{name}.json")

    def score(self, rows: str = "", *, workers: int = 1, agent_channel: int = 0, keep: bool = False) -> list[Outcome]:
        """Score the folder; the rows are those of a manifest. Outcomes by path."""
        settings = Settings(
            asr=AsrSettings(engine="replay", replay_dir=self.home / "replay"),
            audio=AudioSettings(agent_channel=agent_channel),
            workers=workers,
        )
        run = Run(
            settings=settings,
            rules=load_rules(settings),
            store=self.store,
            clock=SystemClock(),
            out=self.home / "out",
            keep_documents=keep,
        )
        (self.calls / "m.csv").write_text(rows)
        items, bad = items_of(find_recordings([self.calls]), read_manifest(self.calls / "m.csv") if rows else None)
        assert bad == []
        return sorted(run.score(items, Silent()), key=lambda outcome: outcome.path)

    def states(self, rows: str = "", *, workers: int = 1, agent_channel: int = 0) -> list[str]:
        return [one.state for one in self.score(rows, workers=workers, agent_channel=agent_channel)]

    def agent(self, name: str) -> str | None:
        """Agent in the document that was written."""
        return from_json((self.home / "out" / f"{name}.json").read_text(encoding="utf-8")).recording.agent_id

    def current(self) -> tuple[str | None, int | None, int]:
        """Agent of the call and version of its current document, and how many versions there are."""
        (call,) = self.store.list_calls(CallFilters()).calls
        stored = self.store.get_call(call.id)
        assert stored is not None
        assert stored.document is not None
        assert stored.document.recording.agent_id == call.agent_id
        return call.agent_id, call.version, len(self.store.versions(call.id))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_two_rows_for_the_same_audio_each_have_a_document_and_settle(desk: Desk, workers: int) -> None:
    desk.lay("a", "b")
    rows = "path,agent_id,team\na.wav,A1,\nb.wav,A2,T2\n"
    assert desk.states(rows, workers=workers) == ["scored", "scored"]
    assert (desk.agent("a"), desk.agent("b")) == ("A1", "A2")
    settled = desk.current()
    assert (settled[0], settled[2]) == ("A2", 2), "of b more is said, whichever was finished last"
    for _ in range(2):
        assert desk.states(rows, workers=workers) == ["unchanged", "unchanged"]
        assert (desk.agent("a"), desk.agent("b")) == ("A1", "A2")
        assert desk.current() == settled


def test_a_corrected_row_is_scored_again_and_a_row_put_back_is_not(desk: Desk) -> None:
    desk.lay("a")
    first, corrected = "path,agent_id,language\na.wav,A1,zh\n", "path,agent_id,language\na.wav,A2,en\n"
    assert desk.states(first) == ["scored"]
    assert desk.states(first.replace("zh", "en")) == ["scored"], "the language alone"
    assert desk.states(corrected) == ["scored"]
    assert desk.current() == ("A2", 3, 3)
    assert desk.states(first) == ["unchanged"]
    assert desk.current() == ("A1", 1, 3)


def test_a_copy_without_a_row_takes_what_is_known(desk: Desk) -> None:
    desk.lay("a")
    assert desk.states("path,agent_id,language\na.wav,A1,zh-CN\n") == ["scored"]
    desk.lay("b")
    assert desk.states() == ["unchanged", "unchanged"]
    assert (desk.agent("a"), desk.agent("b"), desk.current()) == ("A1", "A1", ("A1", 1, 1))
    assert desk.states("path,agent_id\na.wav,A9\n") == ["scored", "scored"], "the corrected row speaks for its copy"
    assert (desk.agent("a"), desk.agent("b"), desk.current()) == ("A9", "A9", ("A9", 2, 2))


def test_another_setting_is_scored_again_whoever_spoke(desk: Desk) -> None:
    desk.lay("a")
    rows = "path,agent_id\na.wav,A1\n"
    assert [desk.states(rows), desk.states(agent_channel=1), desk.states(agent_channel=1)] == [
        ["scored"], ["scored"], ["unchanged"],
    ]  # fmt: skip
    assert desk.states(rows) == ["unchanged"]
    assert desk.current() == ("A1", 1, 2)


def test_what_a_row_once_said_is_not_forgotten_when_a_call_is_scored_again(desk: Desk) -> None:
    desk.lay("a")
    assert desk.states("path,agent_id,queue\na.wav,A1,loan\n") == ["scored"]
    # without the manifest and on other terms: a new version, of the same agent
    assert desk.states(agent_channel=1) == ["scored"]
    assert desk.agent("a") == "A1"
    assert desk.states(agent_channel=1) == ["unchanged"]
    # a row that says otherwise is believed
    assert desk.states("path,agent_id\na.wav,A2\n", agent_channel=1) == ["scored"]
    assert desk.agent("a") == "A2"


def test_an_agent_channel_that_is_not_there_is_a_failed_row(desk: Desk) -> None:
    desk.lay("a", "b")
    failed, scored = desk.score("path,agent_channel\na.wav,2\nb.wav,1\n")
    assert (failed.state, failed.code, scored.state) == ("failed", "no_such_channel", "scored")
    assert "a.wav: there is no channel 2 for the agent: the recording has 2 channels, counted from 0" in str(
        failed.reason
    )


def test_documents_are_kept_only_where_they_are_asked_for(desk: Desk) -> None:
    desk.lay("a")
    for one, kept in ((desk.score()[0], False), (desk.score(keep=True)[0], True)):
        assert (one.document is not None) is kept
        assert one.fatal is True
        assert one.duration == pytest.approx(from_json((desk.home / "out/a.json").read_text()).recording.duration)
