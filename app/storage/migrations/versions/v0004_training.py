"""Who was trained for the line, when and in what (K3)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.tables import BIG_ID

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    login = sa.ForeignKey("staff.login", ondelete="CASCADE")
    op.create_table(
        "trainings",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("login", sa.String(64), login, nullable=False, index=True),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
    )
