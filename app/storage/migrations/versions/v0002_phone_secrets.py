"""What operators' phones prove themselves with when they register at the line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.tables import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    login = sa.ForeignKey("staff.login", ondelete="CASCADE")
    op.create_table(
        "phone_secrets",
        sa.Column("login", sa.String(64), login, primary_key=True),
        sa.Column("realm", sa.String(100), nullable=False),
        sa.Column("md5", sa.String(32), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
    )
