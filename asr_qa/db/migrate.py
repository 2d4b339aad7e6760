"""Bringing a database to the tables of this version.

Alembic is loaded when it is needed: commands without a database start sooner.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Connection, Engine, inspect, text

from asr_qa.db.session import make_engine, parse_url, prepare_file, shown, translated
from asr_qa.errors import StorageError
from asr_qa.messages import error_of

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

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
    from alembic import command

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
            raise error_of(StorageError, "database_old", place=place(engine.url))


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
    from alembic.migration import MigrationContext

    # The driver's words for "no such table" differ, so the tables are looked at first.
    names = set(inspect(connection).get_table_names())
    found = None
    if VERSION_TABLE in names:
        found = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
    if found is None:
        _refuse_foreign(names - {VERSION_TABLE}, url)
    elif found not in {script.revision for script in _script().walk_revisions()}:
        raise error_of(StorageError, "database_new", place=place(url), revision=found)
    return found


def _refuse_foreign(names: set[str], url: URL) -> None:
    foreign = names if url.get_backend_name() == "sqlite" else names & {"recordings", "documents", "reviews"}
    if foreign:
        raise error_of(StorageError, "database_foreign", place=place(url), tables=tuple(sorted(foreign)[:3]))


def _script() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
