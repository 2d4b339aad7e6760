"""asr-qa process: what the operator says of a call (language, columns) and of names (hot words)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_shell import SAMPLES, Result, Shell

TURNS = [{"role": "agent", "start": 0.5, "end": 4.0, "text": "您好欢迎致电我在先逃是"}]


@pytest.fixture
def calls(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two recordings with transcripts that name no language."""
    folder, replay = home / "calls", home / "replay"
    folder.mkdir()
    replay.mkdir()
    for name, sample in {"a": "good-billing.wav", "b": "rude-words.wav"}.items():
        shutil.copy(SAMPLES / sample, folder / f"{name}.wav")
        (replay / f"{name}.json").write_text(json.dumps({"turns": TURNS}), encoding="utf-8")
    monkeypatch.setenv("ASR_QA_ASR__REPLAY_DIR", str(replay))
    return folder


def documents(home: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in (home / "out").rglob("*.json")}


def languages(home: Path) -> dict[str, str]:
    return {name: document["recording"]["metadata"]["language"] for name, document in documents(home).items()}


def write(home: Path, text: str) -> str:
    (home / "m.csv").write_text(text, encoding="utf-8")
    return "m.csv"


def test_each_call_has_the_language_of_its_row_or_the_one_set(shell: Shell, home: Path, calls: Path) -> None:
    rows = write(home, "path,language\ncalls/a.wav,粤语\ncalls/b.wav,\n")
    result = shell("process", "--manifest", rows, "--language", "en-US", "--out", "out")
    assert result.code == 0, result.err
    assert languages(home) == {"a": "yue", "b": "en"}


def test_auto_says_in_the_document_which_language_it_was(shell: Shell, home: Path, calls: Path) -> None:
    assert shell("process", "calls", "--language", "auto", "--out", "out").code == 0
    assert set(languages(home).values()) == {"zh"}  # replay cannot hear; an engine puts what it found here


def test_another_language_is_scored_anew(shell: Shell, home: Path, calls: Path) -> None:
    def states(*options: str) -> list[str]:
        found: Result = shell("process", "calls", "--json", *options)
        return sorted(row["state"] for row in found.json["results"])

    assert states() == ["scored", "scored"]
    assert states("--language", "普通话") == ["unchanged", "unchanged"]
    assert states("--language", "yue") == ["scored", "scored"]


def test_a_row_with_no_language_known_fails_by_line_and_the_others_are_scored(
    shell: Shell, home: Path, calls: Path
) -> None:
    rows = write(home, "path,language\ncalls/a.wav,klingon\ncalls/b.wav,zh\n")
    result = shell("process", "--manifest", rows, "--json")
    assert result.code == 3
    failed = [row for row in result.json["results"] if row["state"] == "failed"]
    assert [(row["code"], row["path"]) for row in failed] == [("manifest_error", "m.csv:2")]
    assert "language 'klingon' is not known; write a code such as zh, yue, en" in failed[0]["reason"]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("where", ["option", "setting"])
def test_a_language_that_is_none_is_refused_before_anything_is_done(
    shell: Shell, calls: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    if where == "setting":
        monkeypatch.setenv("ASR_QA_ASR__LANGUAGE", "klingon")
    result = shell("process", "calls", *(["--language", "klingon"] if where == "option" else []))
    name = "--language" if where == "option" else "ASR_QA_ASR__LANGUAGE"
    assert (result.code, result.out) == (1, "")
    assert f"{name}: language 'klingon' is not known" in result.err


@pytest.mark.usefixtures("english")
def test_columns_that_are_no_field_are_pointed_out_once(shell: Shell, home: Path, calls: Path) -> None:
    rows = write(home, "path,Seat,备注\ncalls/a.wav,A1,x\ncalls/b.wav,A2,y\n")
    result = shell("process", "--manifest", rows)
    assert result.code == 0
    assert result.err.count("m.csv: not used but kept as metadata: Seat, 备注; known are path, agent_id,") == 1
    mapped = shell("process", "--manifest", rows, "--map", "Seat=agent_id", "--map", "备注=team")
    assert "not used" not in mapped.err


@pytest.mark.usefixtures("english")
def test_a_mapped_column_that_is_not_there_stops_the_run(shell: Shell, home: Path, calls: Path) -> None:
    result = shell("process", "--manifest", write(home, "path,Seat\ncalls/a.wav,A1\n"), "--map", "Seet=agent_id")
    assert (result.code, result.out) == (1, "")
    assert "m.csv: --map: no column seet; there are path, Seat" in result.err


def test_hot_words_are_written_and_calls_scored_anew_with_others(
    shell: Shell, home: Path, calls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("process", "calls").code == 0
    (home / "names.txt").write_bytes("仙桃市 # a place\n".encode("gb18030"))
    monkeypatch.setenv("ASR_QA_ASR__HOT_WORDS_FILE", "names.txt")
    result = shell("process", "calls", "--out", "out", "--json")
    assert [row["state"] for row in result.json["results"]] == ["scored", "scored"]
    (said,) = documents(home)["a"]["utterances"]
    assert (said["text"][-5:], said["raw_text"][-5:]) == ("我在仙桃市", "我在先逃是")
    assert "+hotwords(1@" in documents(home)["a"]["models"]["asr"]
    again = shell("process", "calls", "--json")
    assert [row["state"] for row in again.json["results"]] == ["unchanged", "unchanged"]


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("words", "message"),
    [("仙桃市,请您稍候", "请您稍候, rule "), ("马龙", "hot word '马龙' is too short"), ("长" * 21, "has 21 letters")],
)
def test_hot_words_that_may_not_be_are_refused_before_anything_is_done(
    shell: Shell, calls: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    monkeypatch.setenv("ASR_QA_ASR__HOT_WORDS", words)
    result = shell("process", "calls")
    assert (result.code, result.out) == (1, "")
    assert message in result.err


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ASR_QA_DIARIZATION__MODEL": "base"}, "set ASR_QA_DIARIZATION__MODEL to voices"),
        ({"ASR_QA_ASR__REPLAY_DIR": None}, "set ASR_QA_ASR__REPLAY_DIR"),
    ],
)
def test_what_would_fail_every_call_is_said_before_anything_is_done(
    shell: Shell, calls: Path, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str | None], message: str
) -> None:
    for name, value in settings.items():
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    result = shell("process", "calls")
    assert (result.code, result.out) == (1, "")
    assert message in result.err
