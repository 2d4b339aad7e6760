"""Named queries over reviews and tokens. None of them commits."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, select, update
from sqlalchemy.orm import Session

from asr_qa.core.review import ReviewState
from asr_qa.db import mapping
from asr_qa.db.recordings import insert_new
from asr_qa.db.tables import DecisionRow, DocumentRow, RecordingRow, ReviewRow, TokenRow
from asr_qa.errors import ConflictError, NotFoundError
from asr_qa.pipeline.store import ApiToken, DecisionEntry, Review, StaleRevisionError

if TYPE_CHECKING:
    # SQLAlchemy 2.0 knows no such type at run time.
    _Reviews = Select[*tuple[Any, ...]]


def start(session: Session, document_id: int, reviewer: str, *, now: datetime) -> Review:
    """The review of a document version, begun now where there is none."""
    if session.get(DocumentRow, document_id) is None:
        raise NotFoundError(f"there is no document version {document_id}")
    values = {
        "document": document_id,
        "reviewer": reviewer,
        "state": ReviewState.OPEN.value,
        "revision": 1,
        "started_at": now,
        "changed_at": now,
    }
    insert_new(session, ReviewRow, values)
    review = find(session, document_id)
    assert review is not None  # noqa: S101 - inserted above, or by somebody else
    return review


def find(session: Session, document_id: int) -> Review | None:
    """The review of a document version, or None."""
    return _one(session, _reviews().where(ReviewRow.document == document_id))


def of_call(session: Session, call_id: str) -> tuple[Review, ...]:
    """All reviews of a call, oldest document version first."""
    rows = session.execute(_reviews().where(RecordingRow.id == call_id).order_by(DocumentRow.version)).all()
    return tuple(_to_review(session, row) for row in rows)


def decide(session: Session, review_id: int, entry: DecisionEntry, *, expected_revision: int) -> Review:
    """Add a decision at the revision expected."""
    _advance(session, review_id, expected_revision, changed_at=entry.decided_at)
    # A revision adds at most one decision, so it gives each decision a place of its own.
    session.add(mapping.entry_row(entry, review=review_id, position=expected_revision))
    session.flush()
    return _need(session, review_id)


def set_state(
    session: Session, review_id: int, *, state: ReviewState, reviewer: str, expected_revision: int, now: datetime
) -> Review:
    """Change state and reviewer at the revision expected."""
    _advance(session, review_id, expected_revision, changed_at=now, state=state.value, reviewer=reviewer)
    return _need(session, review_id)


def add_token(session: Session, token: ApiToken, *, digest: str) -> ApiToken:
    """Store a token; raises ConflictError where the name is taken."""
    values = {
        "name": token.name,
        "digest": digest,
        "role": token.role,
        "agent_id": token.agent_id,
        "scopes": None if token.scopes is None else list(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }
    if not insert_new(session, TokenRow, values):
        raise ConflictError(f"there is already a token named {token.name} (revoked ones count); choose another")
    return mapping.to_token(session.scalars(select(TokenRow).where(TokenRow.name == token.name)).one())


def find_token(session: Session, digest: str) -> ApiToken | None:
    """The token with this sha256, or None."""
    row = session.scalar(select(TokenRow).where(TokenRow.digest == digest))
    return mapping.to_token(row) if row else None


def tokens(session: Session) -> tuple[ApiToken, ...]:
    """All tokens by name."""
    return tuple(mapping.to_token(row) for row in session.scalars(select(TokenRow).order_by(TokenRow.name)))


def revoke(session: Session, name: str, *, now: datetime) -> None:
    """Make a token useless; one that was revoked before keeps its time."""
    row = session.scalar(select(TokenRow).where(TokenRow.name == name))
    if row is None:
        raise NotFoundError(f"there is no token named {name}")
    row.revoked_at = row.revoked_at or now


def _reviews() -> _Reviews:
    return (
        select(ReviewRow, DocumentRow.version, RecordingRow.id)
        .join(DocumentRow, DocumentRow.id == ReviewRow.document)
        .join(RecordingRow, RecordingRow.sequence == DocumentRow.recording)
        .execution_options(populate_existing=True)
    )


def _one(session: Session, query: _Reviews) -> Review | None:
    row = session.execute(query).first()
    return _to_review(session, row) if row else None


def _need(session: Session, review_id: int) -> Review:
    review = _one(session, _reviews().where(ReviewRow.id == review_id))
    if review is None:
        raise NotFoundError(f"there is no review {review_id}")
    return review


def _to_review(session: Session, found: Row[*tuple[Any, ...]]) -> Review:
    row, version, call_id = found
    decisions = session.scalars(
        select(DecisionRow).where(DecisionRow.review == row.id).order_by(DecisionRow.position)
    ).all()
    return mapping.to_review(row, call_id=call_id, version=version, decisions=decisions)


def _advance(session: Session, review_id: int, expected: int, **changes: object) -> None:
    at_revision = update(ReviewRow).where(ReviewRow.id == review_id, ReviewRow.revision == expected)
    changed = session.execute(at_revision.values(revision=expected + 1, **changes).returning(ReviewRow.id))
    if changed.first() is None:
        present = _need(session, review_id)
        raise StaleRevisionError(
            f"the review of call {present.call_id} was changed meanwhile "
            f"(revision {present.revision}, not {expected}); read it again and repeat"
        )
