"""asr-qa process: one night with everything that can be wrong in it, and the runs after it."""

from __future__ import annotations

import json
import os
import shutil
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_shell import SAMPLES, Result, Shell, scrub

from asr_qa.audio.decode import AvReader
from asr_qa.batch.outcome import Outcome
from asr_qa.cli.app import run
from asr_qa.cli.printing import forget_language
from asr_qa.cli.process import located, progress
from asr_qa.core.recording import Role
from asr_qa.pipeline.documents import from_json

MANIFEST = """\
录音文件,坐席工号,班组,方向,振铃,脸色
rude.wav,A7,一组,呼入,9,差
sub/1.wav,A8,一组,呼入,4,
gone.wav,A9,一组,呼入,3,
silence.wav,A9,一组,呼入,三声,
,A9,一组,呼入,3,
"""


@dataclass(frozen=True)
class Night:
    """A folder of recordings, and what became of it."""

    home: Path
    result: Result

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The outcomes by path below the folder, or by what the outcome names."""
        rows = self.result.json["results"]
        return {row["path"].replace(f"{self.home}/", ""): row for row in rows}


def write_wav(path: Path, samples: np.ndarray[Any, np.dtype[np.int16]], *, rate: int = 8000) -> None:
    """A PCM file from samples of shape (channels, n)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.T.astype("<i2").tobytes())


def say(replay: Path, name: str, sample: str = "") -> None:
    """Put the transcript of a sample under a recording's name; without a sample one in which nothing was heard."""
    replay.mkdir(exist_ok=True)
    if sample:
        shutil.copy(SAMPLES / f"{sample}.truth.json", replay / name)
    else:
        (replay / name).write_text('{"utterances": []}')


def lay_out(home: Path) -> None:
    """The recordings of a night."""
    calls, replay = home / "calls", home / "replay"
    calls.mkdir()
    copies = {"rude.wav": "rude-words.wav", "again.wav": "rude-words.wav", "sub/1.wav": "good-billing.wav"}
    for name, sample in {**copies, "sub/1.mp3": "dead-air.mp3"}.items():
        (calls / name).parent.mkdir(exist_ok=True)
        shutil.copy(SAMPLES / sample, calls / name)
    for name, sample in {"rude.json": "rude-words", "again.json": "rude-words"}.items():
        say(replay, name, sample)
    say(replay, "1.wav.json", "good-billing")
    say(replay, "1.mp3.json", "dead-air")
    for name in ("silence.json", "short.json", "dual.json"):
        say(replay, name)
    write_wav(calls / "silence.wav", np.zeros((2, 8000 * 20), np.int16))
    write_wav(calls / "short.wav", np.zeros((2, 1600), np.int16))
    voice = AvReader().read(SAMPLES / "rude-words.wav").samples[:1, : 16000 * 12]
    write_wav(calls / "dual.wav", np.repeat(voice, 2, axis=0), rate=16000)
    (calls / "text.wav").write_text("this is no audio\n" * 50)
    (calls / "empty.wav").write_bytes(b"")
    (calls / "notes.txt").write_text("not a recording")
    (calls / "night.csv").write_bytes(MANIFEST.encode("gb18030"))


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The whole folder scored once, with --json."""
    home = tmp_path_factory.mktemp("night")
    lay_out(home)
    with pytest.MonkeyPatch.context() as patch:
        result = score(patch, home, "--manifest", "calls/night.csv", "--out", "scored", "--map", "振铃=ring_seconds")
        yield Night(home, result)


def score(patch: pytest.MonkeyPatch, home: Path, *options: str, paths: tuple[str, ...] = ("calls",)) -> Result:
    """asr-qa process --json in `home`."""
    import contextlib
    import io

    scrub(patch, home)
    patch.setenv("ASR_QA_ASR__REPLAY_DIR", str(home / "replay"))
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["process", *paths, *options, "--json"])
    return Result(code, out.getvalue(), err.getvalue())


def document(night: Night, name: str) -> Any:
    """A call document as it was written."""
    return from_json((night.home / "scored" / name).read_text(encoding="utf-8"))


# --- the night


def test_some_failed_is_exit_code_3_and_all_have_an_outcome(night: Night) -> None:
    summary = night.result.json
    assert night.result.code == 3
    assert summary["calls"] == len(summary["results"]) == 12
    assert {state: summary[state] for state in ("scored", "unchanged", "failed")} == {
        "scored": sum(row["state"] == "scored" for row in summary["results"]),
        "unchanged": 0,
        "failed": sum(row["state"] == "failed" for row in summary["results"]),
    }
    assert set(summary["results"][0]) == {
        "path", "id", "state", "points", "max_points", "fatal", "warnings", "code", "reason", "output",
    }  # fmt: skip


def test_good_calls_are_scored_whatever_else_is_there(night: Night) -> None:
    rows = night.rows
    for name in ("calls/rude.wav", "calls/again.wav", "calls/sub/1.wav", "calls/sub/1.mp3", "calls/dual.wav"):
        assert rows[name]["state"] == "scored", rows[name]
    assert rows["calls/rude.wav"]["fatal"] is True
    assert rows["calls/sub/1.wav"]["fatal"] is False


@pytest.mark.parametrize("name", ["calls/text.wav", "calls/empty.wav", "calls/gone.wav"])
def test_a_bad_file_is_one_failed_row_that_says_which_and_why(night: Night, name: str) -> None:
    row = night.rows[name]
    assert row["state"] == "failed"
    assert row["code"]
    assert Path(name).name in row["reason"]
    assert row["points"] is None
    assert row["output"] is None


def test_bad_manifest_rows_fail_with_their_line(night: Night) -> None:
    bad = [row for row in night.result.json["results"] if row["code"] == "manifest_error"]
    assert [row["reason"].split(": ")[0] for row in bad] == ["calls/night.csv:5", "calls/night.csv:6"]
    assert "三声" in bad[0]["reason"]


def test_silence_has_a_warning_and_no_points(night: Night) -> None:
    for name in ("silence.json", "short.json"):
        scored = document(night, name)
        assert "no_speech" in {warning.code for warning in scored.warnings}
        assert scored.score_sheet.points is None


def test_two_channels_with_the_same_audio_are_noticed(night: Night) -> None:
    scored = document(night, "dual.json")
    assert "dual_mono" in {warning.code for warning in scored.warnings}
    assert scored.metrics.overlap_seconds in (0.0, None)


def test_what_the_manifest_says_is_in_the_document(night: Night) -> None:
    recording = document(night, "rude.json").recording
    assert (recording.agent_id, recording.team, recording.direction) == ("A7", "一组", "inbound")
    assert recording.ring_seconds == 9.0
    assert recording.metadata["脸色"] == "差"


def test_documents_lie_as_their_recordings_and_collisions_keep_the_extension(night: Night) -> None:
    written = {str(path.relative_to(night.home / "scored")) for path in (night.home / "scored").rglob("*.*")}
    assert written == {
        "rude.json", "again.json", "sub/1.wav.json", "sub/1.mp3.json", "silence.json", "short.json", "dual.json",
    }  # fmt: skip
    assert all(row["output"] is None or (night.home / row["output"]).is_file() for row in night.rows.values())


def test_the_same_audio_twice_is_one_call_with_two_documents(night: Night) -> None:
    assert night.rows["calls/rude.wav"]["id"] == night.rows["calls/again.wav"]["id"]


def test_every_deduction_names_its_second(night: Night) -> None:
    broken = [finding for finding in document(night, "rude.json").findings if finding.verdict == "not_met"]
    assert broken
    assert all(finding.evidence for finding in broken)


# --- the runs after it


def test_a_second_run_does_nothing_again_and_writes_the_documents(
    night: Night, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--manifest", "calls/night.csv", "--map", "振铃=ring_seconds")
    again = score(monkeypatch, night.home, *options, "--out", "second")
    assert again.code == 3
    assert (again.json["scored"], again.json["unchanged"]) == (0, night.result.json["scored"])
    for path in (night.home / "scored").rglob("*.json"):
        name = path.relative_to(night.home / "scored")
        assert (night.home / "second" / name).read_bytes() == path.read_bytes(), name


def test_reprocess_scores_again_and_the_result_is_the_same(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ("--manifest", "calls/night.csv", "--map", "振铃=ring_seconds", "--reprocess", "--out", "third")
    only = score(monkeypatch, night.home, *options, paths=("calls/sub",))
    assert {row["state"] for row in only.json["results"] if "calls/sub/" in row["path"]} == {"scored"}
    first, again = (
        json.loads((night.home / place).read_text()) for place in ("scored/sub/1.wav.json", "third/1.wav.json")
    )
    assert again == first


def test_a_file_name_that_is_no_text_costs_only_itself(shell: Shell, home: Path) -> None:
    (home / "in").mkdir()
    shutil.copy(SAMPLES / "rude-words.wav", home / "in")
    shutil.copy(SAMPLES / "dead-air.mp3", home / "in" / os.fsdecode(b"\xc4\xe3.mp3"))
    result = shell("process", "in", "--out", "scored", "--json")
    failed = next(row for row in result.json["results"] if row["state"] == "failed")
    assert (result.code, result.json["scored"], result.json["failed"]) == (3, 1, 1)
    assert failed["path"] == r"in/\xc4\xe3.mp3"
    assert "convmv" in failed["reason"]


def test_another_agent_channel_is_scored_again(shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(SAMPLES / "rude-words.wav", home / "rude-words.wav")
    states = []
    for channel in ("0", "0", "1", "1"):
        row = shell("process", "rude-words.wav", "--agent-channel", channel, "--out", "o", "--json").json["results"][0]
        scored = from_json((home / "o" / "rude-words.json").read_text(encoding="utf-8"))
        assert scored.recording.role_by_channel[int(channel)] is Role.AGENT
        states.append(row["state"])
    assert states == ["scored", "unchanged", "scored", "unchanged"]


# --- mistakes


@pytest.mark.usefixtures("english")
def test_all_scored_is_exit_code_0_and_the_summary_says_where(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "one").mkdir()
    shutil.copy(SAMPLES / "rude-words.wav", home / "one")
    result = shell("process", "one", "--out", "scored")
    summary, points = result.out.splitlines()
    assert (result.code, summary) == (0, "1 call: 1 scored; documents in scored")
    assert points == "  0.0 points on average of 1 call with a total; 1 fatal"
    assert [path.name for path in (home / "scored").iterdir()] == ["rude-words.json"]


@pytest.mark.usefixtures("english")
def test_a_failed_call_is_named_once_with_its_reason(shell: Shell, home: Path) -> None:
    (home / "in").mkdir()
    shutil.copy(SAMPLES / "rude-words.wav", home / "in")
    (home / "in" / "text.wav").write_text("this is no audio\n" * 50)
    (home / "rows.csv").write_text("path,language\nin/text.wav,\nin/rude-words.wav,elvish\n")
    result = shell("process", "in", "--manifest", "rows.csv")
    listed = [line for line in result.out.splitlines() if line.startswith("  failed")]
    assert result.code == 3
    assert [line.count("text.wav") for line in listed] == [0, 1]
    assert listed[0].startswith("  failed [manifest_error] rows.csv:3: language 'elvish'")
    assert result.err.count("failed: in/text.wav: ") == 1


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("the worker process ended", "in/a.wav: the worker process ended"),
        ("in/a.wav: no audio", "in/a.wav: no audio"),
        ("{home}/in/a.wav: no audio", "{home}/in/a.wav: no audio"),
        ("in/a.wavelet: no audio", "in/a.wav: in/a.wavelet: no audio"),
    ],
)
def test_every_reason_has_its_path_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], reason: str, shown: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "500")
    monkeypatch.setenv("ASR_QA_LANG", "en")
    forget_language()
    failed = Outcome(path="in/a.wav", state="failed", code="x", reason=reason.format(home=tmp_path))
    assert located(failed) == shown.format(home=tmp_path)
    with progress() as watcher:
        watcher.found(1)
        watcher.done(failed, 0.0)
    assert f"failed: {shown.format(home=tmp_path)}\n" in capsys.readouterr().err


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "name recordings or folders"),
        (["nowhere"], "no such file or folder: nowhere"),
        (["empty"], "no recordings below empty"),
        (["one.wav", "--map", "a=path"], "--manifest"),
        (["--manifest", "nowhere.csv"], "nowhere.csv: cannot be read"),
        (["--manifest", "rows.csv", "--map", "a=weather"], "weather"),
        (["one.wav", "--agent-channel", "left"], "--agent-channel left"),
        (["one.wav", "--out", "one.wav"], "cannot write there"),
        (["one.wav", "--out", "one.wav/deep"], "cannot write there"),
    ],
)
def test_mistakes_exit_with_1_before_anything_is_done(
    shell: Shell, home: Path, arguments: list[str], words: str
) -> None:
    (home / "empty").mkdir()
    shutil.copy(SAMPLES / "rude-words.wav", home / "one.wav")
    (home / "rows.csv").write_text("path\none.wav\n")
    before = {path.name for path in home.iterdir()} | {"data"}
    result = shell("process", *arguments)
    assert result.code == 1
    assert words in result.err
    assert {path.name for path in home.iterdir()} <= before
