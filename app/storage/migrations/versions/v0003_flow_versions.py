"""Which script led a call, what its stages were called then, and what was written up beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.tables import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "flow_versions",
        sa.Column("version", sa.String(64), primary_key=True),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("first_used_at", UtcDateTime, nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
    )
    op.add_column("calls", sa.Column("flow", sa.String(16), nullable=False, server_default=""))
    op.add_column("calls", sa.Column("typical_need", sa.Text, nullable=False, server_default=""))
    op.add_column("calls", sa.Column("referrals", sa.Text, nullable=False, server_default=""))
    op.add_column("calls", sa.Column("satisfied", sa.Boolean))
    # Until now the direction chose the script.
    op.execute("UPDATE calls SET flow = direction")
