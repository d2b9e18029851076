"""The versions of the scripts that calls were led by, so that a record names stages as they were then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from app.domain.flow import Flow, Stage, Step
from app.domain.profile import Profile
from app.domain.script_texts import ScriptTexts, texts_of
from app.storage.engine import changing
from app.storage.tables import flow_versions

MOST_VERSIONS = 1000
"""The oldest beyond these are forgotten: their records name stages by the present script, or by their ids."""


def keep_version(engine: Engine, profile: Profile, now: datetime) -> None:
    """Remember the texts of a profile that is put to use; a version that is known stays as it is.

    Unavailable when the database cannot be reached.
    """
    with changing(engine) as connection:
        known = connection.scalars(
            select(flow_versions.c.version).order_by(flow_versions.c.first_used_at.desc())
        ).all()
        if profile.version not in known:
            row = {"version": profile.version, "profile": profile.id, "first_used_at": now}
            connection.execute(insert(flow_versions), row | {"texts": _to_json(texts_of(profile))})
            old = known[MOST_VERSIONS - 1 :]
            connection.execute(delete(flow_versions).where(flow_versions.c.version.in_(old)))


def flow_of_version(connection: Connection, version: str) -> ScriptTexts | None:
    """The texts of that version; None when it is not remembered."""
    row = connection.execute(select(flow_versions).where(flow_versions.c.version == version)).first()
    return None if row is None else _from_json(row.version, row.profile, row.texts)


def _to_json(texts: ScriptTexts) -> dict[str, Any]:
    flows = [{"id": flow.id, "stages": [_stage(stage) for stage in flow.stages]} for flow in texts.flows]
    return {"flows": flows, "topics": dict(texts.topics), "referrals": dict(texts.referrals)}


def _stage(stage: Stage) -> dict[str, Any]:
    steps = [{"id": step.id, "title": step.title} for step in stage.steps]
    return {"id": stage.id, "title": stage.title, "steps": steps}


def _from_json(version: str, profile: str, texts: Mapping[str, Any]) -> ScriptTexts:
    flows = tuple(Flow(one["id"], tuple(map(_stage_of, one["stages"]))) for one in texts["flows"])
    return ScriptTexts(version, profile, flows, texts["topics"], texts["referrals"])


def _stage_of(stage: Mapping[str, Any]) -> Stage:
    steps: Sequence[Mapping[str, str]] = stage["steps"]
    return Stage(stage["id"], stage["title"], steps=tuple(Step(one["id"], one["title"]) for one in steps))
