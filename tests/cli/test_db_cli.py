"""asr-qa db: status and upgrade."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from cli_shell import Shell

from asr_qa.db import migrate


def test_status_of_a_missing_database_makes_none(shell: Shell, home: Path) -> None:
    result = shell("db", "status")
    assert result.code == 1
    assert "asr-qa db upgrade" in result.out
    assert not (home / "data").exists()


def test_upgrade_says_from_and_to(shell: Shell, home: Path) -> None:
    made, again = shell("db", "upgrade"), shell("db", "upgrade")
    path = home / "data" / "asr_qa.db"
    assert made.out == f"{path}: made, revision {migrate.head()}\n"
    assert again.out == f"{path}: up to date (revision {migrate.head()})\n"
    assert (made.code, again.code) == (0, 0)


def test_status_counts_calls_by_state(shell: Shell) -> None:
    shell("db", "upgrade")
    row = shell("db", "status", "--json").json
    assert row["ready"] is True
    assert row["revision"] == row["newest"] == migrate.head()
    assert row["calls"]["done"] == 0
    assert shell("db", "status").code == 0


@pytest.mark.usefixtures("english")
def test_a_database_from_a_newer_version_is_refused(shell: Shell, home: Path) -> None:
    shell("db", "upgrade")
    with sqlite3.connect(home / "data" / "asr_qa.db") as connection:
        connection.execute(f"UPDATE {migrate.VERSION_TABLE} SET version_num = 'zzzz'")
    connection.close()
    for command in (["db", "status"], ["db", "upgrade"], ["report", "errors"], ["token", "list"]):
        result = shell(*command)
        assert result.code == 1, command
        assert "newer version" in result.err, command


@pytest.mark.usefixtures("english")
def test_a_wrong_url_is_explained(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASR_QA_DATABASE_URL", "mysql://somewhere/x")
    result = shell("db", "status")
    assert result.code == 1
    assert "sqlite or postgresql" in result.err
