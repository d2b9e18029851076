"""Why somebody is to be called, and what is to be asked: clarifications beside calls back (C2)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("promises") as promises:
        promises.add_column(sa.Column("kind", sa.String(16), nullable=False, server_default="call_back"))
        promises.add_column(sa.Column("agenda", sa.Text, nullable=False, server_default=""))
