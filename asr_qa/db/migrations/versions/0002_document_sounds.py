"""How the utterances of a document are read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; rows come as calls are processed or applied rules to again."""
    op.create_table(
        "document_sounds",
        sa.Column("document", sa.Integer(), nullable=False),
        sa.Column("reading", sa.String(length=40), nullable=False),
        sa.Column("content", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["documents.id"], name="fk_document_sounds_document", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document", name="pk_document_sounds"),
    )
    op.create_index("ix_document_sounds_content", "document_sounds", ["content"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("document_sounds")
