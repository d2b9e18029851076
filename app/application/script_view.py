"""The script of a call as the panel shows it (docs/protocols.md): a graph of stages, phrases rendered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.domain import listening
from app.domain.calls import Call, Tick
from app.domain.conduct import flow_of
from app.domain.flow import Flow, NeedWas, Stage
from app.domain.profile import Profile

View = dict[str, Any]
ASKING = frozenset({"need", "topic"})
"""Stages that fill one of these fields ask the questions of the topic, too."""


def script_view(profile: Profile, call: Call, values: Mapping[str, str]) -> View:
    """The flow that leads the call. `values` are those of the phrases' variables that are known."""
    flow = flow_of(profile, call)
    ticks = {(t.stage, t.step): t for t in call.ticks}
    current = call.stage or _first_undone(flow, call)
    skipped = _skipped(flow, call, current)
    stages = [
        {
            "id": stage.id,
            "title": stage.title,
            "source": ", ".join(_clause(source, profile.id) for source in stage.source),
            "phrases": _phrases(stage, call, values),
            "questions": _questions(profile, stage, call),
            "fields": list(stage.fields),
            "branch": flow.is_branch(stage.id),
            "done": listening.stage_done(flow, call, stage.id),
            "skipped": stage.id in skipped,
            "next": [
                {"to": edge.to, "when": str(edge.when), "title": _title(flow, edge.to, edge.title)}
                for edge in stage.next
            ],
            "steps": [
                {"id": step.id, "title": step.title, "ticked": _tick(ticks.get((stage.id, step.id)))}
                for step in stage.steps
            ],
        }
        for stage in flow.stages
    ]
    return {"flow": flow.id, "current": current, "stages": stages}


def _phrases(stage: Stage, call: Call, values: Mapping[str, str]) -> list[View]:
    # By the call's id: two calls do not sound alike, and no phrase changes while it is read.
    sayings = stage.sayings(values, NeedWas.UNMET if call.unmet else NeedWas.MET, call.id)
    return [{"text": one.text, "others": list(one.others)} for one in sayings]


def _questions(profile: Profile, stage: Stage, call: Call) -> list[str]:
    topic = profile.topic(call.topic) if ASKING.intersection(stage.fields) else None
    return list(dict.fromkeys((*stage.questions, *(topic.questions if topic else ()))))


def _title(flow: Flow, to: str, title: str) -> str:
    stage = flow.stage(to)
    return title or (stage.title if stage else to)


def _first_undone(flow: Flow, call: Call) -> str:
    stages = [stage for stage in map(flow.stage, flow.course) if stage is not None]
    undone = (s.id for s in stages if s.steps and not listening.stage_done(flow, call, s.id))
    return next(undone, stages[-1].id)


def _skipped(flow: Flow, call: Call, current: str) -> frozenset[str]:
    """Stages of the main course that the conversation has passed without all of their steps (L16)."""
    seen = {current, *(tick.stage for tick in call.ticks)}
    furthest = max((n for n, stage in enumerate(flow.course) if stage in seen), default=0)
    passed = flow.course[:furthest]
    return frozenset(
        s.id
        for s in flow.stages
        if s.id in passed and s.id != current and s.steps and not listening.stage_done(flow, call, s.id)
    )


def _clause(source: str, profile: str) -> str:
    """«п. 5.5» of the organisation's own order; a clause of another order keeps its name."""
    name, _, paragraph = source.partition(" ")
    if not paragraph:
        return source
    return f"п. {paragraph}" if name == profile else f"п. {paragraph} ({name})"


def _tick(tick: Tick | None) -> View | None:
    if tick is None:
        return None
    return {"by": str(tick.by), "phrase": tick.phrase, "at": tick.at.isoformat()}
