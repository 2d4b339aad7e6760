"""Named queries over recordings: register, claim, fail. None of them commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, func, select, update
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
    created = insert_new(session, RecordingRow, _first_columns(recording, now))
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
    session: Session, recording: Recording, worker: str, *, now: datetime, until: datetime, over: str | None
) -> str:
    """Take a recording unless another worker's lease runs; gives who has it."""
    insert_new(session, RecordingRow, _first_columns(recording, now))
    mine = select(RecordingRow).where(RecordingRow.sha256 == recording.sha256)
    row = session.scalars(mine.with_for_update()).one()
    holder, ends = row.claimed_by, row.claimed_until
    if holder not in (None, worker, over) and ends is not None and ends > now:
        return holder
    row.attempts += holder != worker
    row.claimed_by, row.claimed_until = worker, until
    if row.state == CallState.PENDING.value:
        row.state = CallState.PROCESSING.value
    return worker


def claimed_elsewhere(session: Session, worker: str, *, now: datetime) -> dict[str, str]:
    """The audio that other workers' leases run for."""
    row = RecordingRow
    held = select(row.sha256, row.claimed_by).where(row.claimed_by != worker, row.claimed_until > now)
    return {audio: holder for audio, holder in session.execute(held) if audio and holder}


def renew(session: Session, worker: str, *, until: datetime) -> None:
    """Extend all leases of a worker."""
    session.execute(update(RecordingRow).where(RecordingRow.claimed_by == worker).values(claimed_until=until))


def release(session: Session, worker: str) -> None:
    """Give back what a worker has."""
    held = RecordingRow.claimed_by == worker
    waiting = and_(held, RecordingRow.state == CallState.PROCESSING.value)
    session.execute(update(RecordingRow).where(waiting).values(state=CallState.PENDING.value))
    session.execute(update(RecordingRow).where(held).values(claimed_by=None, claimed_until=None))


def set_done(row: RecordingRow) -> None:
    """The call has a document: no claim, no failure any more."""
    row.state = CallState.DONE.value
    row.failure_code = row.failure_reason = row.claimed_by = row.claimed_until = None


def count_by_state(session: Session) -> dict[CallState, int]:
    """How many recordings there are in each state."""
    found = session.execute(select(RecordingRow.state, func.count()).group_by(RecordingRow.state))
    return dict.fromkeys(CallState, 0) | {CallState(state): count for state, count in found}


def _first_columns(recording: Recording, now: datetime) -> dict[str, Any]:
    """A recording that nothing is known of yet but itself."""
    return recording_columns(recording, now) | {
        "id": recording.id,
        "sha256": recording.sha256,
        "path": recording.path,
        "registered_at": now,
        "state": CallState.PENDING.value,
        "attempts": 0,
    }


def _fail(row: RecordingRow, *, code: str, reason: str) -> None:
    row.state = CallState.FAILED.value
    row.failure_code, row.failure_reason = code, reason
    row.claimed_by = row.claimed_until = None


def _forget_failure(session: Session, path: str) -> None:
    session.execute(delete(RecordingRow).where(RecordingRow.id == failure_id(path)))
