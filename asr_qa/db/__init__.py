"""The store in a database: SQLite by default, PostgreSQL by URL."""

from asr_qa.db.migrate import upgrade
from asr_qa.db.store import SqlStore, open_store

__all__ = ["SqlStore", "open_store", "upgrade"]
