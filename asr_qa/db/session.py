"""Engines and units of work: the only place where transactions begin and end."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from asr_qa.errors import ConfigurationError, StorageError
from asr_qa.messages import error_of, say

BUSY_SECONDS = 30.0
"""How long a writer waits for another one on SQLite."""


def parse_url(url: str) -> URL:
    """A SQLAlchemy URL; PostgreSQL always by psycopg 3.

    Raises:
        ConfigurationError: Not a URL, or a database that asr_qa does not know.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as exc:
        raise error_of(ConfigurationError, "database_url") from exc
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() != "sqlite":
        raise error_of(ConfigurationError, "database_kind", kind=parsed.get_backend_name())
    if not parsed.database or parsed.database == ":memory:":
        raise error_of(ConfigurationError, "database_file")
    return parsed


def shown(url: URL) -> str:
    """The URL as it may appear in messages: without its password."""
    return url.render_as_string(hide_password=True)


def make_engine(url: URL) -> Engine:
    """An engine for the URL; nothing is opened yet.

    Raises:
        ConfigurationError: The driver for the database is not installed.
    """
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
            event.listen(engine, "connect", _prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ModuleNotFoundError as exc:
        raise error_of(ConfigurationError, "database_driver", kind=url.get_backend_name()) from exc


def prepare_file(url: URL, *, create: bool) -> None:
    """See to the folder of a SQLite file.

    Raises:
        StorageError: The file is missing and may not be made, or its folder cannot be.
    """
    if url.get_backend_name() != "sqlite":
        return
    path = Path(url.database or "")
    if path.is_dir():
        raise error_of(StorageError, "database_folder", path=str(path), example=str(path / "asr_qa.db"))
    if path.exists():
        return
    if not create:
        raise error_of(StorageError, "database_missing", path=str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        folder = str(path.parent)
        raise error_of(StorageError, "database_no_folder", folder=folder, reason=exc.strerror) from exc


@contextmanager
def unit_of_work(engine: Engine, *, write: bool = False) -> Iterator[Session]:
    """A session whose work is committed as one, or not at all.

    Raises:
        StorageError: The database failed; what the body did is undone.
    """
    with translated(engine.url), engine.connect() as connection:
        connection = connection.execution_options(asr_qa_write=write)
        with connection.begin(), Session(bind=connection, expire_on_commit=False) as session:
            yield session
            session.flush()


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turn what a driver raises into StorageError with advice; integrity errors pass, they are bugs or races."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, sqlite3.Error) as exc:
        raise explained(exc, url) from exc
    except UnicodeEncodeError as exc:
        raise error_of(StorageError, "database_not_utf8", text=ascii(exc.object)[:200]) from exc


def explained(exc: Exception, url: URL) -> StorageError:
    """What went wrong with the database, and what to do."""
    cause = str(getattr(exc, "orig", None) or exc).strip().splitlines()
    text = cause[0] if cause else type(exc).__name__
    is_file = url.get_backend_name() == "sqlite"
    where = (url.database or "") if is_file else shown(url)
    advice = next((advice for sign, advice in _ADVICE if sign in text), None)
    if advice is None and isinstance(exc, OperationalError) and not is_file:
        advice = say("database_server")
    if advice is None:
        return error_of(StorageError, "database_failed", place=where, reason=text)
    return error_of(StorageError, "database_failed_so", place=where, reason=text, advice=advice)


_ADVICE = (
    ("file is not a database", say("database_not_one")),
    ("malformed", say("database_damaged")),
    ("unable to open", say("database_unopened")),
    ("readonly", say("database_readonly")),
    ("database is locked", say("database_locked")),
    ("disk is full", say("database_full")),
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transaction handling is switched off: it would begin too late and commit before DDL.
    connection.isolation_level = None
    cursor = connection.cursor()
    try:
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=NORMAL"):
            cursor.execute(f"PRAGMA {pragma}")
    finally:
        cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: two that read first and write later would fail as locked, however long they wait.
    write = connection.get_execution_options().get("asr_qa_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
