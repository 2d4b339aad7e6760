"""Run by Alembic: applies revisions on the connection it is given, inside the caller's transaction."""

from __future__ import annotations

from alembic import context

from asr_qa.db.migrate import VERSION_TABLE
from asr_qa.db.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    # SQLite can do DDL in a transaction once the driver is kept from committing; see db/session.py.
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
