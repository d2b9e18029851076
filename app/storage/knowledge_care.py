"""`application.knowledge_care.KnowledgeCare` over one database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, delete, func, insert, select

from app.application.knowledge_care import MissedInCall, UnitReview
from app.domain import facts as f
from app.domain.missed_questions import Decision, MissedQuestion
from app.domain.profile import Profile
from app.storage.article_book import keep_reviewed
from app.storage.engine import changing, reading
from app.storage.fact_rows import CALL, call_of, readable
from app.storage.tables import calls, facts
from app.storage.tables import question_decisions as decided
from app.storage.tables import unit_owners as owned
from app.storage.tables import unit_reviews as reviewed

MOST_MISSED = 3000
"""So many questions are looked at, the newest."""
IN_ONE_QUERY = 500


class SqlKnowledgeCare:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def missed(self, since: datetime) -> Sequence[MissedInCall]:
        query = (
            select(facts)
            .where(facts.c.kind == f.ArticleMissed.__name__, facts.c.at >= since)
            .order_by(facts.c.at.desc())
            .limit(MOST_MISSED)
        )
        found: dict[str, tuple[str, str, str]] = {}
        with reading(self._engine) as connection:
            rows = readable(connection.execute(query))
            ids = sorted({row.stream.removeprefix(CALL) for row in rows})
            for first in range(0, len(ids), IN_ONE_QUERY):
                some = calls.c.id.in_(ids[first : first + IN_ONE_QUERY])
                told = select(calls.c.id, calls.c.unit, calls.c.topic, calls.c.caller_name).where(some)
                for call, unit, topic, caller in connection.execute(told):
                    found[call] = (unit or "", topic or "", caller or "")
        missed = []
        for row in rows:
            call = call_of(row.stream) or ""
            unit, topic, caller = found.get(call, ("", "", ""))
            if isinstance(row.fact, f.ArticleMissed):
                missed.append(MissedInCall(MissedQuestion(row.fact.asked, call, row.at, unit, topic), caller))
        return missed

    def decisions(self, profile: str) -> Sequence[Decision]:
        query = select(decided).where(decided.c.profile == profile).order_by(decided.c.at, decided.c.id)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
        return [Decision(r.key, r.closed, r.reason, r.by, r.at, r.asked) for r in rows]

    def decide(self, profile: str, decision: Decision) -> None:
        values = {
            "profile": profile,
            "key": decision.key,
            "asked": decision.asked,
            "closed": decision.closed,
            "reason": decision.reason,
            "by": decision.by,
            "at": decision.at,
        }
        with changing(self._engine) as connection:
            connection.execute(insert(decided).values(values))

    def owners(self, profile: str) -> Mapping[str, str]:
        query = select(owned.c.unit, owned.c.login).where(owned.c.profile == profile)
        with reading(self._engine) as connection:
            return {row.unit: row.login for row in connection.execute(query)}

    def set_owner(self, profile: str, unit: str, login: str) -> None:
        with changing(self._engine) as connection:
            connection.execute(delete(owned).where(owned.c.profile == profile, owned.c.unit == unit))
            if login:
                connection.execute(insert(owned).values(profile=profile, unit=unit, login=login))

    def unit_reviews(self, profile: str) -> Mapping[str, UnitReview]:
        newest = select(func.max(reviewed.c.id)).where(reviewed.c.profile == profile).group_by(reviewed.c.unit)
        with reading(self._engine) as connection:
            rows = connection.execute(select(reviewed).where(reviewed.c.id.in_(newest))).all()
        return {row.unit: UnitReview(row.unit, row.by, row.at) for row in rows}

    def review_unit(self, profile: Profile, unit: str, *, by: str, at: datetime) -> int:
        day = at.astimezone(profile.schedule.zone).date()
        with changing(self._engine) as connection:
            count = keep_reviewed(connection, profile, unit, author=by, at=at, day=day)
            connection.execute(insert(reviewed).values(profile=profile.id, unit=unit, by=by, at=at))
        return count
