"""asr-qa db: bring the database to this version's tables, and see where it stands."""

from __future__ import annotations

from pathlib import Path

import typer
from sqlalchemy import URL

from asr_qa.bootstrap import connect, database_url
from asr_qa.cli.printing import Json, print_json
from asr_qa.config import Settings
from asr_qa.db import migrate
from asr_qa.db.session import make_engine, parse_url

app = typer.Typer(
    no_args_is_help=True,
    help="""Database: make it, upgrade it, see where it stands.

    SQLite in ASR_QA_DATA_DIR unless ASR_QA_DATABASE_URL names another, e.g. postgresql://user@host/asr_qa
    (pip install 'asr-qa[postgres]'). process, serve and report upgrade an older database by themselves; use
    upgrade where that is to happen at a time of your choosing, after a backup.
    """,
)


@app.command()
def upgrade() -> None:
    """Make the database if there is none, or bring its tables to this version; calls and reviews are kept."""
    url = parse_url(database_url(Settings()))
    before = _revision(url)
    after = migrate.upgrade(database_url(Settings()))
    place = migrate.place(url)
    if before == after:
        typer.echo(f"{place}: up to date (revision {after})")
    elif before is None:
        typer.echo(f"{place}: made, revision {after}")
    else:
        typer.echo(f"{place}: upgraded from revision {before} to {after}")


@app.command()
def status(as_json: Json = False) -> int:
    """Show where the database is, the revision of its tables, and how many calls are in it.

    Exit code 1 where it is missing or has older tables: run asr-qa db upgrade.
    """
    settings = Settings()
    url = parse_url(database_url(settings))
    found, newest = _revision(url), migrate.head()
    ready = found == newest
    calls = _calls(settings) if ready else {}
    if as_json:
        row = {"database": migrate.place(url), "revision": found, "newest": newest, "ready": ready, "calls": calls}
        print_json(row)
        return int(not ready)
    typer.echo(f"database    {migrate.place(url)}")
    typer.echo(
        f"revision    {found or 'none'}" + ("" if ready else f" (this version needs {newest}: asr-qa db upgrade)")
    )
    for state, count in calls.items():
        typer.echo(f"{state:<12}{count}")
    return int(not ready)


def _calls(settings: Settings) -> dict[str, int]:
    store = connect(settings, create=False)
    try:
        return {state.value: count for state, count in store.count_by_state().items()}
    finally:
        store.close()


def _revision(url: URL) -> str | None:
    """The revision the database is at; None where there is none yet. Makes nothing."""
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    engine = make_engine(url)
    try:
        return migrate.revision(engine)
    finally:
        engine.dispose()
