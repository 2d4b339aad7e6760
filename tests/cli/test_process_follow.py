"""asr-qa process: what is seen of calls while they are worked through."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path

import pytest
from cli_shell import SAMPLES, Shell

from asr_qa.batch.outcome import Outcome
from asr_qa.cli.printing import told
from asr_qa.cli.process import progress, spoken
from asr_qa.core.recording import Role
from asr_qa.core.transcript import UNINTELLIGIBLE, Utterance

LINE = re.compile(r"^sub/call\.wav \d\d:\d\d (坐席|客户): .+$")


@pytest.fixture
def temporary(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder of temporary files."""
    folder = home / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def calls(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (home / "calls" / "sub").mkdir(parents=True)
    (home / "replay").mkdir()
    shutil.copy(SAMPLES / "rude-words.wav", home / "calls" / "sub" / "call.wav")
    shutil.copy(SAMPLES / "rude-words.truth.json", home / "replay" / "call.json")
    monkeypatch.setenv("ASR_QA_ASR__REPLAY_DIR", str(home / "replay"))
    return home / "calls"


@pytest.mark.parametrize("as_json", [True, False])
def test_follow_shows_every_utterance_on_standard_error(
    shell: Shell, calls: Path, temporary: Path, as_json: bool
) -> None:
    result = shell("process", "calls", "--follow", "--out", "o", *(["--json"] if as_json else []))
    document = json.loads((calls.parent / "o" / "sub" / "call.json").read_text(encoding="utf-8"))
    shown = [line for line in result.err.splitlines() if line.startswith("sub/call.wav")]
    assert result.code == 0
    assert all(LINE.match(line) for line in shown)
    assert [line.partition(": ")[2] for line in shown] == [u["text"] for u in document["utterances"]]
    assert "坐席" not in result.out
    assert not as_json or result.json["scored"] == 1
    assert list(temporary.iterdir()) == []


def test_without_follow_nothing_that_was_said_is_shown(shell: Shell, calls: Path, temporary: Path) -> None:
    result = shell("process", "calls")
    assert result.code == 0
    assert "坐席" not in result.err + result.out
    assert list(temporary.iterdir()) == []


def test_follow_says_that_roles_are_provisional(shell: Shell) -> None:
    said = " ".join(shell("process", "--help").out.replace("│", " ").split())
    assert "Who speaks is provisional" in said


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (Utterance(Role.AGENT, 12.9, 14.0, "您好"), "call.wav 00:12 坐席: 您好"),
        (Utterance(Role.CUSTOMER, 3725.0, 3726.0, "喂\x1b[2J\n你好"), "call.wav 1:02:05 客户: 喂 [2J 你好"),
        (Utterance(Role.OTHER, 61.0, 62.0, "嗯"), "call.wav 01:01 其他: 嗯"),
        (Utterance(Role.AGENT, 0.0, 2.0, "", status=UNINTELLIGIBLE), "call.wav 00:00 坐席: （听不清）"),
    ],
)
def test_an_utterance_is_one_line(said: Utterance, line: str) -> None:
    assert spoken("call.wav", said) == line


def test_the_bar_advances_within_a_call(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as watcher:
        watcher.found(1)
        watcher.identified(100.0)
        task = watcher._bar.tasks[0]  # type: ignore[attr-defined]
        positions = [task.completed]
        for seconds in (30.0, 45.0):
            watcher.heard("call.wav", (), seconds)
            positions.append(task.completed)
        watcher.done(Outcome(path="call.wav", state="scored"), 25.0)
        positions.append(task.completed)
        assert (positions, task.total) == ([0.0, 30.0, 75.0, 100.0], 100.0)


@pytest.mark.usefixtures("english")
def test_the_bar_ends_with_the_speed_of_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as watcher:
        watcher.found(3)
        for seconds in (0.1, 0.2, 0.3):
            watcher.identified(seconds)
        for seconds in (0.3, 0.2, 0.1):  # 0.6 in this order, and a little more in the other
            watcher.done(Outcome(path="call.wav", state="scored"), seconds)
        assert watcher._bar.tasks[0].finished  # type: ignore[attr-defined]
    shown = capsys.readouterr().err
    assert "-:--:--" not in shown
    assert told("bar_no_hours") not in shown


@pytest.mark.parametrize("how", ["option", "setting"])
def test_documents_are_masked_where_that_is_asked_for(
    shell: Shell, calls: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = calls.parent / "replay" / "call.json"
    truth = json.loads(replay.read_text(encoding="utf-8"))
    customer = [turn for turn in truth["turns"] if turn["role"] == "customer"]
    customer[-1]["text"] = "我的卡号是6222021234567894"
    replay.write_text(json.dumps(truth), encoding="utf-8")
    if how == "setting":
        monkeypatch.setenv("ASR_QA_REDACT", "true")
    assert shell("process", "calls", "--out", "o", *(["--redact"] if how == "option" else [])).code == 0
    masked = (calls.parent / "o" / "sub" / "call.json").read_text(encoding="utf-8")
    assert "我的卡号是＊" in masked
    assert "6222021234567894" not in masked
    monkeypatch.delenv("ASR_QA_REDACT", raising=False)
    assert shell("process", "calls", "--out", "whole").code == 0
    assert "6222021234567894" in (calls.parent / "whole" / "sub" / "call.json").read_text(encoding="utf-8")
