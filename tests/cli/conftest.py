"""A machine of its own for every test of the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_shell import Result, Shell, scrub

from asr_qa.cli.app import run


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, worked in."""
    scrub(monkeypatch, tmp_path)
    return tmp_path


@pytest.fixture
def english(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is said in English."""
    monkeypatch.setenv("ASR_QA_LANG", "en")


@pytest.fixture
def shell(home: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs a command as the console script does."""

    def call(*arguments: object) -> Result:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Result(code, said.out, said.err)

    return call
