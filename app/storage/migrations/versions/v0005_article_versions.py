"""Articles of the knowledge base that were written or changed at the office, with all their versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.tables import BIG_ID, UtcDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "article_versions",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("article", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("author", sa.String(64), nullable=False),
        sa.Column("change", sa.String(16), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reviewed", sa.Date, nullable=False),
        sa.Column("topics", sa.JSON, nullable=False),
        sa.Column("questions", sa.JSON, nullable=False),
        sa.Column("sources", sa.JSON, nullable=False),
        sa.UniqueConstraint("profile", "article", "version", name="uq_article_versions_profile"),
    )
