"""The tables: the journal (`facts`), the staff, and the projections that pages and statistics read.

`calls`, `call_operators` and `promises` hold nothing that is not in `facts`: they can be emptied and folded again
(`projection.rebuild`).
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment; in and out as UTC on every database. ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        moment = value.astimezone(UTC)
        # SQLite keeps text: all in UTC and of one length, so that texts compare as moments do.
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only for INTEGER."""

facts = Table(
    "facts",
    metadata,
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("stream", String(160), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(64), nullable=False),
    Column("body", JSON, nullable=False),
    # The promise that the fact is about: a promise is folded over many streams.
    Column("promise", String(64), index=True),
    UniqueConstraint("stream", "seq"),
    # Questions without an article are looked for through all calls.
    Index("ix_facts_kind", "kind", "at"),
)

staff = Table(
    "staff",
    metadata,
    Column("login", String(64), primary_key=True),
    Column("password_hash", String(255), nullable=False),
    Column("role", String(16), nullable=False),
    Column("surname", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("patronymic", String(100), nullable=False),
    Column("position", String(200), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("phone", String(200), nullable=False),
    Column("active", Boolean, nullable=False),
    CheckConstraint("role IN ('operator', 'manager', 'administrator')", name="role"),
)

phone_secrets = Table(
    "phone_secrets",
    metadata,
    Column("login", String(64), ForeignKey("staff.login", ondelete="CASCADE"), primary_key=True),
    # H(login:realm:password), hexadecimal (RFC 7616 3.4.2): for another realm they are good for nothing.
    Column("realm", String(100), nullable=False),
    Column("md5", String(32), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("login", String(64), ForeignKey("staff.login", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

trainings = Table(
    "trainings",
    metadata,
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("login", String(64), ForeignKey("staff.login", ondelete="CASCADE"), nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("subject", Text, nullable=False),
    Column("by", String(64), nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(160), primary_key=True),
    Column("direction", String(16), nullable=False),
    Column("number", String(64), nullable=False),
    Column("dialled", Text, nullable=False),
    Column("unit", String(64), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("flow_version", String(64), nullable=False),
    # Which script of the profile led it: incoming, outgoing, internal.
    Column("flow", String(16), nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("local_day", Date, nullable=False),
    Column("local_hour", SmallInteger, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("operator", String(64), nullable=False),
    # Until the answer; without one, until the end. 0 while the call is under way.
    Column("waited_s", Float, nullable=False),
    # Until the operator left, 0 without an answer.
    Column("talked_s", Float, nullable=False),
    Column("held_s", Float, nullable=False),
    Column("transfers", Integer, nullable=False),
    Column("failed_transfers", Integer, nullable=False),
    Column("ended_by", String(16)),
    Column("end_why", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("typical_need", Text, nullable=False),
    # Ids of the referral book, with blanks between, in the order in which they were given.
    Column("referrals", Text, nullable=False),
    # As the operator noted it.
    Column("satisfied", Boolean),
    Column("need", Text, nullable=False),
    Column("notes", Text, nullable=False),
    Column("caller_name", Text, nullable=False),
    Column("keeps_promise", String(64), nullable=False),
    Column("answer_received", String(64)),
    Column("satisfaction", String(64)),
    Column("survey_complete", Boolean),
    Index("ix_calls_local_day", "local_day", "arrived_at"),
    Index("ix_calls_number", "number"),
    Index("ix_calls_ended_at", "ended_at"),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("profile", String(64), nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
    # What stages, steps, topics and referrals were called (`flow_versions.texts_of`).
    Column("texts", JSON, nullable=False),
)

article_versions = Table(
    "article_versions",
    metadata,
    # Grows with every change of any article: who has read up to a number asks only whether there is more.
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("profile", String(64), nullable=False),
    Column("article", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("author", String(64), nullable=False),
    Column("change", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("reviewed", Date, nullable=False),
    Column("topics", JSON, nullable=False),
    Column("questions", JSON, nullable=False),
    Column("sources", JSON, nullable=False),
    UniqueConstraint("profile", "article", "version"),
)

unit_owners = Table(
    "unit_owners",
    metadata,
    Column("profile", String(64), primary_key=True),
    Column("unit", String(64), primary_key=True),
    Column("login", String(64), nullable=False),
)

unit_reviews = Table(
    "unit_reviews",
    metadata,
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("profile", String(64), nullable=False),
    Column("unit", String(64), nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

question_decisions = Table(
    "question_decisions",
    metadata,
    Column("id", BIG_ID, primary_key=True, autoincrement=True),
    Column("profile", String(64), nullable=False),
    Column("key", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

call_operators = Table(
    "call_operators",
    metadata,
    Column("call", String(160), ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    # From 0: who answered first; each transfer adds one.
    Column("place", Integer, primary_key=True),
    Column("operator", String(64), nullable=False, index=True),
)

ANSWER_COLUMNS = ("answer_received", "satisfaction")
"""The columns of `calls` that are named as the survey's questions (L15)."""

promises = Table(
    "promises",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("call", String(160), nullable=False, index=True),
    Column("number", String(64), nullable=False),
    Column("asked", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("interval", Text, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
    Column("made_by", String(16), nullable=False),
    Column("operator", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("kept_in", String(160), nullable=False),
    Column("closed_at", UtcDateTime),
    Column("close_why", Text, nullable=False),
    Column("kind", String(16), nullable=False, server_default="call_back"),
    # The questions of a clarification, one a line.
    Column("agenda", Text, nullable=False, server_default=""),
    Index("ix_promises_state", "state", "due_at"),
)
