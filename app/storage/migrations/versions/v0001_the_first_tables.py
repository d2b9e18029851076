"""The first tables: journal, staff, projections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.storage.tables import BIG_ID, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    _journal()
    _staff()
    _calls()
    _promises()


def _journal() -> None:
    op.create_table(
        "facts",
        sa.Column("id", BIG_ID, primary_key=True, autoincrement=True),
        sa.Column("stream", sa.String(160), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("promise", sa.String(64), index=True),
        sa.UniqueConstraint("stream", "seq"),
    )


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("login", sa.String(64), primary_key=True),
        sa.Column("password_hash", sa.String(255), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("surname", sa.String(100), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("patronymic", sa.String(100), nullable=False),
        sa.Column("position", sa.String(200), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("phone", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.CheckConstraint("role IN ('operator', 'manager', 'administrator')", name="role"),
    )
    login = sa.ForeignKey("staff.login", ondelete="CASCADE")
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("login", sa.String(64), login, nullable=False, index=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
    )


def _calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(160), primary_key=True),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("dialled", sa.Text, nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("profile", sa.String(64), nullable=False),
        sa.Column("flow_version", sa.String(64), nullable=False),
        sa.Column("arrived_at", UtcDateTime, nullable=False),
        sa.Column("answered_at", UtcDateTime),
        sa.Column("ended_at", UtcDateTime),
        sa.Column("local_day", sa.Date, nullable=False),
        sa.Column("local_hour", sa.SmallInteger, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("waited_s", sa.Float, nullable=False),
        sa.Column("talked_s", sa.Float, nullable=False),
        sa.Column("held_s", sa.Float, nullable=False),
        sa.Column("transfers", sa.Integer, nullable=False),
        sa.Column("failed_transfers", sa.Integer, nullable=False),
        sa.Column("ended_by", sa.String(16)),
        sa.Column("end_why", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("need", sa.Text, nullable=False),
        sa.Column("notes", sa.Text, nullable=False),
        sa.Column("caller_name", sa.Text, nullable=False),
        sa.Column("keeps_promise", sa.String(64), nullable=False),
        sa.Column("answer_received", sa.String(64)),
        sa.Column("satisfaction", sa.String(64)),
        sa.Column("survey_complete", sa.Boolean),
    )
    op.create_index("ix_calls_local_day", "calls", ["local_day", "arrived_at"])
    op.create_index("ix_calls_number", "calls", ["number"])
    op.create_index("ix_calls_ended_at", "calls", ["ended_at"])
    call = sa.ForeignKey("calls.id", ondelete="CASCADE")
    op.create_table(
        "call_operators",
        sa.Column("call", sa.String(160), call, primary_key=True),
        sa.Column("place", sa.Integer, primary_key=True),
        sa.Column("operator", sa.String(64), nullable=False, index=True),
    )


def _promises() -> None:
    op.create_table(
        "promises",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("call", sa.String(160), nullable=False, index=True),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("asked", sa.Text, nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=False),
        sa.Column("interval", sa.Text, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
        sa.Column("made_by", sa.String(16), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("kept_in", sa.String(160), nullable=False),
        sa.Column("closed_at", UtcDateTime),
        sa.Column("close_why", sa.Text, nullable=False),
    )
    op.create_index("ix_promises_state", "promises", ["state", "due_at"])
