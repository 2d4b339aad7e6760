"""Rows of the database. What they mean is said in core and pipeline; here is only how they lie in tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, DateTime, Double, ForeignKey, Index, MetaData, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes, kept in UTC; SQLite has no time zones and stores the bare UTC time."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; a time without zone is a mistake of the caller."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"time without zone: {value}")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To an aware UTC time."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables; constraints are named so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime(), str: Text(), float: Double()}


class RecordingRow(Base):
    """One recording, or a file that could not be identified (sha256 is null then)."""

    __tablename__ = "recordings"
    # AUTOINCREMENT: a sequence is never given twice, so cursors stay right after a row was deleted.
    __table_args__ = (Index("ix_recordings_state_sequence", "state", "sequence"), {"sqlite_autoincrement": True})

    sequence: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(200), unique=True)
    sha256: Mapped[str | None] = mapped_column(String(64), unique=True)
    path: Mapped[str] = mapped_column(index=True)
    duration: Mapped[float | None]
    sample_rate: Mapped[int | None]
    channels: Mapped[int | None]
    role_by_channel: Mapped[list[Any]] = mapped_column(JSON)
    started_at: Mapped[str | None]
    happened_at: Mapped[datetime] = mapped_column(index=True)
    direction: Mapped[str | None]
    queue: Mapped[str | None] = mapped_column(index=True)
    agent_id: Mapped[str | None] = mapped_column(index=True)
    team: Mapped[str | None] = mapped_column(index=True)
    customer_id: Mapped[str | None]
    case_id: Mapped[str | None]
    ring_seconds: Mapped[float | None]
    extra: Mapped[dict[str, Any]] = mapped_column(JSON)
    registered_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(default=0)
    failure_code: Mapped[str | None]
    failure_reason: Mapped[str | None]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]


class PathRow(Base):
    """Another path under which the same audio was seen."""

    __tablename__ = "recording_paths"
    __table_args__ = (UniqueConstraint("recording", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    recording: Mapped[int] = mapped_column(ForeignKey("recordings.sequence", ondelete="CASCADE"))
    path: Mapped[str]
    seen_at: Mapped[datetime]


class DocumentRow(Base):
    """One version of a call's document; never changed."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("recording", "version"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    recording: Mapped[int] = mapped_column(ForeignKey("recordings.sequence", ondelete="CASCADE"))
    version: Mapped[int]
    stamp: Mapped[str] = mapped_column(String(64), index=True)
    content: Mapped[str] = mapped_column(String(64))
    """sha256 of body."""
    supersedes: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    schema_version: Mapped[int]
    asr: Mapped[str]
    vad: Mapped[str]
    diarization: Mapped[str | None]
    ruleset_digest: Mapped[str]
    asr_qa_version: Mapped[str]
    body: Mapped[str]
    """The document as JSON; text, because the shape is checked on the way in and out, not by the database."""
    created_at: Mapped[datetime]


class SoundsRow(Base):
    """How the utterances of a document are read, so that rules are applied again without working it out."""

    __tablename__ = "document_sounds"

    document: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    reading: Mapped[str] = mapped_column(String(40))
    """Version of the reading (core.phonetic.reading_version); of another version it is stale."""
    content: Mapped[str] = mapped_column(String(64), index=True)
    """sha256 of the words: versions of a document that differ in their findings only share their reading."""
    body: Mapped[str]
    """One line per utterance: its syllables."""


class CurrentRow(Base):
    """Which document version of a recording is the current one."""

    __tablename__ = "current_documents"

    recording: Mapped[int] = mapped_column(ForeignKey("recordings.sequence", ondelete="CASCADE"), primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), unique=True)


class SheetRow(Base):
    """Totals of a document's score sheet."""

    __tablename__ = "score_sheets"

    document: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    scorecard: Mapped[str]
    version: Mapped[str]
    points: Mapped[float | None] = mapped_column(index=True)
    max_points: Mapped[float]
    assessed_share: Mapped[float]
    fatal: Mapped[bool]
    flagged: Mapped[bool] = mapped_column(index=True)
    flag_reason: Mapped[str | None] = mapped_column(String(40))


class LineRow(Base):
    """One criterion of a score sheet."""

    __tablename__ = "score_lines"
    __table_args__ = (UniqueConstraint("document", "criterion_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    criterion_id: Mapped[str]
    position: Mapped[int]
    verdict: Mapped[str] = mapped_column(String(20))
    points: Mapped[float | None]
    max_points: Mapped[float]
    source: Mapped[str] = mapped_column(String(20))


class FindingRow(Base):
    """One finding of a document, for filtering and counting."""

    __tablename__ = "findings"
    __table_args__ = (
        Index("ix_findings_rule_verdict", "rule_id", "verdict"),
        Index("ix_findings_document_verdict", "document", "verdict"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    rule_id: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(20))
    confidence: Mapped[float | None]
    start: Mapped[float | None]
    end: Mapped[float | None]


class ReviewRow(Base):
    """A person's work on one document version."""

    __tablename__ = "reviews"

    id: Mapped[int] = mapped_column(primary_key=True)
    # No cascade: what people decided outlives a clean-up that forgot to ask.
    document: Mapped[int] = mapped_column(ForeignKey("documents.id"), unique=True)
    reviewer: Mapped[str]
    state: Mapped[str] = mapped_column(String(20))
    revision: Mapped[int]
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class DecisionRow(Base):
    """One decision on one criterion; rows are only ever added."""

    __tablename__ = "decisions"
    __table_args__ = (UniqueConstraint("review", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review: Mapped[int] = mapped_column(ForeignKey("reviews.id"))
    position: Mapped[int]
    criterion_id: Mapped[str]
    machine_verdict: Mapped[str] = mapped_column(String(20))
    machine_points: Mapped[float | None]
    verdict: Mapped[str] = mapped_column(String(20))
    points: Mapped[float | None]
    cause: Mapped[str | None] = mapped_column(String(40), index=True)
    comment: Mapped[str]
    reviewer: Mapped[str]
    decided_at: Mapped[datetime]


class TokenRow(Base):
    """A token for the API; only its sha256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(20))
    agent_id: Mapped[str | None]
    scopes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
