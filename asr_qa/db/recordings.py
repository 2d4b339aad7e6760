"""Named queries over recordings: register, claim, fail. None of them commits."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from asr_qa.core.recording import Recording
from asr_qa.db.mapping import recording_columns
from asr_qa.db.tables import Base, PathRow, RecordingRow
from asr_qa.errors import NotFoundError
from asr_qa.pipeline.store import CallState, failure_id


def insert_new(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert unless a unique key is taken; False where it was. Two processes may try at the same moment."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(*table.__table__.primary_key)
    return session.execute(statement).first() is not None


def by_id(session: Session, call_id: str) -> RecordingRow | None:
    """The row of a call, or None."""
    return session.scalar(select(RecordingRow).where(RecordingRow.id == call_id))


def need(session: Session, call_id: str) -> RecordingRow:
    """The row of a call; raises NotFoundError."""
    row = by_id(session, call_id)
    if row is None:
        raise NotFoundError(f"there is no call {call_id}")
    return row


def register(session: Session, recording: Recording, *, now: datetime) -> tuple[RecordingRow, bool]:
    """The row of this audio, and whether it is new."""
    _forget_failure(session, recording.path)
    values = recording_columns(recording, now) | {
        "id": recording.id,
        "sha256": recording.sha256,
        "path": recording.path,
        "registered_at": now,
        "state": CallState.PENDING.value,
        "attempts": 0,
    }
    created = insert_new(session, RecordingRow, values)
    row = session.scalars(select(RecordingRow).where(RecordingRow.sha256 == recording.sha256)).one()
    if not created and row.path == recording.path:
        refresh(row, recording)
    elif not created:
        insert_new(session, PathRow, {"recording": row.sequence, "path": recording.path, "seen_at": now})
    return row, created


def refresh(row: RecordingRow, recording: Recording) -> None:
    """Bring what is known of a recording up to date; its path and id stay."""
    for name, value in recording_columns(recording, row.registered_at).items():
        setattr(row, name, value)


def paths(session: Session, row: RecordingRow) -> tuple[str, ...]:
    """Every path the audio was seen under, the registered one first."""
    others = session.scalars(select(PathRow.path).where(PathRow.recording == row.sequence).order_by(PathRow.id))
    return (row.path, *others)


def record_failure(session: Session, path: str, *, code: str, reason: str, now: datetime) -> str:
    """A failed row for a file that could not be identified; one a path."""
    values = {
        "id": failure_id(path),
        "path": path,
        "role_by_channel": [],
        "extra": {},
        "happened_at": now,
        "registered_at": now,
        "state": CallState.FAILED.value,
        "attempts": 0,
    }
    insert_new(session, RecordingRow, values)
    row = need(session, failure_id(path))
    _fail(row, code=code, reason=reason)
    row.attempts += 1
    return row.id


def fail(session: Session, call_id: str, *, code: str, reason: str) -> None:
    """Set a recording failed."""
    _fail(need(session, call_id), code=code, reason=reason)


def claim(
    session: Session,
    worker: str,
    *,
    now: datetime,
    lease_seconds: float,
    among: Collection[str] | None,
    max_attempts: int | None,
) -> RecordingRow | None:
    """The oldest recording that is free, now taken by the worker."""
    query = select(RecordingRow).where(RecordingRow.sha256.is_not(None), _free(now)).order_by(RecordingRow.sequence)
    if among is not None:
        query = query.where(RecordingRow.id.in_(among))
    if max_attempts is not None:
        query = query.where(RecordingRow.attempts < max_attempts)
    # On PostgreSQL rows that others are taking are passed over; SQLite has one writer at a time and ignores this.
    row = session.scalar(query.limit(1).with_for_update(skip_locked=True))
    if row is None:
        return None
    row.state = CallState.PROCESSING.value
    row.attempts += 1
    row.claimed_by, row.claimed_until = worker, now + timedelta(seconds=lease_seconds)
    row.failure_code = row.failure_reason = None
    return row


def renew(session: Session, call_id: str, worker: str, *, until: datetime) -> bool:
    """Extend a lease that the worker still holds."""
    held = and_(
        RecordingRow.id == call_id,
        RecordingRow.claimed_by == worker,
        RecordingRow.state == CallState.PROCESSING.value,
    )
    changed = session.execute(update(RecordingRow).where(held).values(claimed_until=until).returning(RecordingRow.id))
    return changed.first() is not None


def requeue(session: Session, call_ids: Collection[str]) -> int:
    """Set recordings pending; gives how many."""
    chosen = and_(RecordingRow.id.in_(call_ids), RecordingRow.sha256.is_not(None))
    fresh = {"state": CallState.PENDING.value, "attempts": 0, "claimed_by": None, "claimed_until": None}
    cleared = fresh | {"failure_code": None, "failure_reason": None}
    changed = session.execute(update(RecordingRow).where(chosen).values(**cleared).returning(RecordingRow.id))
    return len(changed.all())


def set_done(row: RecordingRow) -> None:
    """The call has a document: no claim, no failure any more."""
    row.state = CallState.DONE.value
    row.failure_code = row.failure_reason = row.claimed_by = row.claimed_until = None


def count_by_state(session: Session) -> dict[CallState, int]:
    """How many recordings there are in each state."""
    found = session.execute(select(RecordingRow.state, func.count()).group_by(RecordingRow.state))
    return dict.fromkeys(CallState, 0) | {CallState(state): count for state, count in found}


def _free(now: datetime) -> ColumnElement[bool]:
    expired = and_(RecordingRow.state == CallState.PROCESSING.value, RecordingRow.claimed_until <= now)
    return or_(RecordingRow.state == CallState.PENDING.value, expired)


def _fail(row: RecordingRow, *, code: str, reason: str) -> None:
    row.state = CallState.FAILED.value
    row.failure_code, row.failure_reason = code, reason
    row.claimed_by = row.claimed_until = None


def _forget_failure(session: Session, path: str) -> None:
    session.execute(delete(RecordingRow).where(RecordingRow.id == failure_id(path)))
