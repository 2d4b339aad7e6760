"""Recordings, documents with their sheets and findings, reviews with their decisions, API tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    _api_tokens()
    _recordings()
    _documents()
    _recording_paths()
    _current_documents()
    _findings()
    _reviews()
    _score_lines()
    _score_sheets()
    _decisions()


def downgrade() -> None:
    """Drop all tables."""
    for table in (
        "decisions",
        "score_sheets",
        "score_lines",
        "reviews",
        "findings",
        "current_documents",
        "recording_paths",
        "documents",
        "recordings",
        "api_tokens",
    ):
        op.drop_table(table)


def _api_tokens() -> None:
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("scopes", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("digest", name="uq_api_tokens_digest"),
        sa.UniqueConstraint("name", name="uq_api_tokens_name"),
    )


def _recordings() -> None:
    op.create_table(
        "recordings",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("duration", sa.Double(), nullable=True),
        sa.Column("sample_rate", sa.Integer(), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("role_by_channel", sa.JSON(), nullable=False),
        sa.Column("started_at", sa.Text(), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("direction", sa.Text(), nullable=True),
        sa.Column("queue", sa.Text(), nullable=True),
        sa.Column("agent_id", sa.Text(), nullable=True),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("case_id", sa.Text(), nullable=True),
        sa.Column("ring_seconds", sa.Double(), nullable=True),
        sa.Column("extra", sa.JSON(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name="pk_recordings"),
        sa.UniqueConstraint("id", name="uq_recordings_id"),
        sa.UniqueConstraint("sha256", name="uq_recordings_sha256"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_recordings_agent_id", "recordings", ["agent_id"], unique=False)
    op.create_index("ix_recordings_happened_at", "recordings", ["happened_at"], unique=False)
    op.create_index("ix_recordings_path", "recordings", ["path"], unique=False)
    op.create_index("ix_recordings_queue", "recordings", ["queue"], unique=False)
    op.create_index("ix_recordings_state_sequence", "recordings", ["state", "sequence"], unique=False)
    op.create_index("ix_recordings_team", "recordings", ["team"], unique=False)


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=64), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("supersedes", sa.Integer(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("asr", sa.Text(), nullable=False),
        sa.Column("vad", sa.Text(), nullable=False),
        sa.Column("diarization", sa.Text(), nullable=True),
        sa.Column("ruleset_digest", sa.Text(), nullable=False),
        sa.Column("asr_qa_version", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording"], ["recordings.sequence"], name="fk_documents_recording", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["supersedes"], ["documents.id"], name="fk_documents_supersedes"),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("recording", "version", name="uq_documents_recording_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_documents_stamp", "documents", ["stamp"], unique=False)


def _recording_paths() -> None:
    op.create_table(
        "recording_paths",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording"], ["recordings.sequence"], name="fk_recording_paths_recording", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recording_paths"),
        sa.UniqueConstraint("recording", "path", name="uq_recording_paths_recording_path"),
    )


def _current_documents() -> None:
    op.create_table(
        "current_documents",
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document"], ["documents.id"], name="fk_current_documents_document", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["recording"], ["recordings.sequence"], name="fk_current_documents_recording", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("recording", name="pk_current_documents"),
        sa.UniqueConstraint("document", name="uq_current_documents_document"),
    )


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=200), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("severity", sa.String(length=20), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=True),
        sa.Column("start", sa.Double(), nullable=True),
        sa.Column("end", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name="fk_findings_document", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_findings"),
    )
    op.create_index("ix_findings_document_verdict", "findings", ["document", "verdict"], unique=False)
    op.create_index("ix_findings_rule_verdict", "findings", ["rule_id", "verdict"], unique=False)


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name="fk_reviews_document"),
        sa.PrimaryKeyConstraint("id", name="pk_reviews"),
        sa.UniqueConstraint("document", name="uq_reviews_document"),
    )


def _score_lines() -> None:
    op.create_table(
        "score_lines",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name="fk_score_lines_document", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_score_lines"),
        sa.UniqueConstraint("document", "criterion_id", name="uq_score_lines_document_criterion_id"),
    )


def _score_sheets() -> None:
    op.create_table(
        "score_sheets",
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("max_points", sa.Double(), nullable=False),
        sa.Column("assessed_share", sa.Double(), nullable=False),
        sa.Column("fatal", sa.Boolean(), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("flag_reason", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name="fk_score_sheets_document", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document", name="pk_score_sheets"),
    )
    op.create_index("ix_score_sheets_flagged", "score_sheets", ["flagged"], unique=False)
    op.create_index("ix_score_sheets_points", "score_sheets", ["points"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("criterion_id", sa.Text(), nullable=False),
        sa.Column("machine_verdict", sa.String(length=20), nullable=False),
        sa.Column("machine_points", sa.Double(), nullable=True),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Double(), nullable=True),
        sa.Column("cause", sa.String(length=40), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["review"], ["reviews.id"], name="fk_decisions_review"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.UniqueConstraint("review", "position", name="uq_decisions_review_position"),
    )
    op.create_index("ix_decisions_cause", "decisions", ["cause"], unique=False)
