"""Bringing a database to the tables of this version."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, inspect, text

from asr_qa.db.session import make_engine, parse_url, prepare_file, shown, translated
from asr_qa.errors import StorageError

VERSION_TABLE = "asr_qa_version"
"""Not Alembic's default name: a PostgreSQL schema may be shared with other applications."""

_LOCK = 0x61737271
"""Advisory lock that keeps two processes from migrating one PostgreSQL database at a time."""


def upgrade(url: str) -> str:
    """Make the database if need be, bring it to the newest revision, and give that revision.

    Raises:
        StorageError: The database cannot be opened, is not asr_qa's, or was written by a newer version.
    """
    parsed = parse_url(url)
    prepare_file(parsed, create=True)
    engine = make_engine(parsed)
    try:
        return upgrade_engine(engine)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine) -> str:
    """As upgrade, on an engine that is open already."""
    with translated(engine.url), engine.connect() as connection:
        connection = connection.execution_options(asr_qa_write=True)
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            if _revision_of(connection, engine.url) != head():
                command.upgrade(_config(connection), "head")
    return head()


def check_revision(engine: Engine) -> None:
    """Raise StorageError unless the database is at the revision of this version."""
    with translated(engine.url), engine.connect() as connection:
        if _revision_of(connection, engine.url) != head():
            raise StorageError(f"database {place(engine.url)} has older tables; run: asr-qa db upgrade")


def revision(engine: Engine) -> str | None:
    """The revision the database is at; None where it is empty."""
    with translated(engine.url), engine.connect() as connection:
        return _revision_of(connection, engine.url)


def head() -> str:
    """The newest revision this version knows."""
    newest = _script().get_current_head()
    assert newest is not None  # noqa: S101 - the package always carries migrations
    return newest


def place(url: URL) -> str:
    """Where the database is, for messages."""
    return url.database or "" if url.get_backend_name() == "sqlite" else shown(url)


def _revision_of(connection: Connection, url: URL) -> str | None:
    # The driver's words for "no such table" differ, so the tables are looked at first.
    names = set(inspect(connection).get_table_names())
    found = None
    if VERSION_TABLE in names:
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if found is None:
        _refuse_foreign(names - {VERSION_TABLE}, url)
    elif found not in {script.revision for script in _script().walk_revisions()}:
        raise StorageError(
            f"database {place(url)} was written by a newer version of asr_qa (revision {found}); "
            "upgrade asr_qa (pip install -U asr-qa), or name another database in ASR_QA_DATABASE_URL"
        )
    return found


def _refuse_foreign(names: set[str], url: URL) -> None:
    foreign = names if url.get_backend_name() == "sqlite" else names & {"recordings", "documents", "reviews"}
    if foreign:
        raise StorageError(
            f"database {place(url)} holds tables of something else ({', '.join(sorted(foreign)[:3])}); "
            "name another database in ASR_QA_DATABASE_URL"
        )


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
