"""Opening, making and upgrading databases, and what is said when it cannot be done."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from asr_qa.db import open_store, upgrade
from asr_qa.db.migrate import VERSION_TABLE, head, revision
from asr_qa.db.session import make_engine, parse_url
from asr_qa.db.tables import Base
from asr_qa.errors import ConfigurationError, StorageError
from asr_qa.pipeline.store import CallFilters


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_open_store_makes_folder_file_and_tables(tmp_path: Path) -> None:
    store = open_store(url_of(tmp_path / "new" / "qa.db"))
    assert store.list_calls(CallFilters()).calls == ()
    store.check()
    store.close()


def test_open_store_upgrades_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "qa.db"
    path.touch()
    open_store(url_of(path)).close()
    engine = make_engine(parse_url(url_of(path)))
    assert revision(engine) == head()
    engine.dispose()


def test_open_store_without_create_makes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "qa.db"
    with pytest.raises(StorageError, match="asr-qa db upgrade"):
        open_store(url_of(path), create=False)
    assert not path.exists()
    path.touch()
    with pytest.raises(StorageError, match="older tables; run: asr-qa db upgrade"):
        open_store(url_of(path), create=False)


def test_upgrade_can_be_repeated(tmp_path: Path) -> None:
    url = url_of(tmp_path / "qa.db")
    assert upgrade(url) == upgrade(url) == head()


def test_migrations_make_the_tables_that_the_code_knows(tmp_path: Path) -> None:
    url = url_of(tmp_path / "qa.db")
    upgrade(url)
    engine = make_engine(parse_url(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_open_store_refuses_a_newer_database_and_leaves_it_alone(tmp_path: Path) -> None:
    path = tmp_path / "qa.db"
    upgrade(url_of(path))
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    connection.close()
    for create in (True, False):
        with pytest.raises(StorageError, match=r"newer version of asr_qa \(revision 9999\); upgrade asr_qa"):
            open_store(url_of(path), create=create)


def test_open_store_refuses_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "qa.db"
    path.write_text("agent_id,points\nA1,90\n" * 100)
    with pytest.raises(StorageError, match="not a database; it is some other file"):
        open_store(url_of(path))
    assert path.read_text().startswith("agent_id")


def test_open_store_refuses_the_database_of_something_else(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    connection.close()
    with pytest.raises(StorageError, match="something else \\(invoices\\)"):
        open_store(url_of(path))
    engine = make_engine(parse_url(url_of(path)))
    assert inspect(engine).get_table_names() == ["invoices"]
    engine.dispose()


def test_open_store_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder"):
        open_store(url_of(tmp_path))


def test_open_store_says_when_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot be made"):
        open_store(url_of(tmp_path / "file" / "qa.db"))


@pytest.mark.parametrize(
    ("url", "advice"),
    [
        ("not a url", "write sqlite:////path/asr_qa.db"),
        ("mysql://localhost/x", "use sqlite or postgresql"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_open_store_refuses_other_urls(url: str, advice: str) -> None:
    with pytest.raises(ConfigurationError, match=advice):
        open_store(url)


def test_open_store_never_shows_the_password() -> None:
    with pytest.raises(StorageError) as caught:
        open_store("postgresql://qa:secret-word@127.0.0.1:1/asr_qa")
    assert "secret-word" not in str(caught.value)
    assert "is the server running" in str(caught.value)


def test_a_unit_of_work_is_undone_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from asr_qa.db import mapping
    from asr_qa.testing import START, make_document

    store = open_store(url_of(tmp_path / "qa.db"))

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("killed in the middle")

    monkeypatch.setattr(mapping, "finding_rows", broken)
    with pytest.raises(RuntimeError):
        store.save_document(make_document(), severities={}, now=START)
    assert store.list_calls(CallFilters()).calls == ()
    store.close()


def test_sqlite_keeps_foreign_keys_and_a_write_ahead_log(tmp_path: Path) -> None:
    url = url_of(tmp_path / "qa.db")
    upgrade(url)
    engine = make_engine(parse_url(url))
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()
