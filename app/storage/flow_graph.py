"""A script from `incoming.yaml`, `outgoing.yaml` or `internal.yaml`: a graph of stages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from app.domain.facts import Speaker
from app.domain.flow import FIELDS, Flow, Kind, NeedWas, Next, Phrase, Stage, Step
from app.storage.cue_sets import NO_SETS, CueSets, taken
from app.storage.flow_scripts import cue, identifier, sources, template
from app.storage.marked_yaml import Marked, unique

Names = Mapping[str, str]
"""The organisation's `body` and `short`, for cues."""

_STAGE = {"source", "fields", "phrases", "questions", "steps", "next", "end"}


def flow(root: Marked, flow_id: str, names: Names, sets: CueSets = NO_SETS) -> Flow:
    """The graph, whole: every edge leads to a stage, every stage is reached from the start and reaches an end.
    `sets` are what its steps may take by `like`."""
    fields = root.fields({"stages"}, {"start"})
    marked = fields["stages"]
    found = [(_stage(item, names, sets), item) for item in marked.items()]
    if not found:
        marked.fail("must have at least one stage")
    unique([(stage.id, item) for stage, item in found], "stage")
    start = identifier(fields["start"]) if "start" in fields else ""
    made = Flow(flow_id, tuple(stage for stage, _ in found), start)
    if "start" in fields and made.stage(start) is None:
        fields["start"].fail(f"is «{start}», and there is no such stage")
    for stage, item in found:
        _check_edges(made, stage, item)
    for stage, item in found:
        _check_ways(made, stage, item)
    return made


def _check_edges(made: Flow, stage: Stage, item: Marked) -> None:
    for edge in stage.next:
        if made.stage(edge.to) is None:
            where = next(value for key, value in item.pairs() if key.name == "next")
            _of_edge(where, edge.to).fail(f"leads to «{edge.to}», and there is no such stage")


def _of_edge(marked: Marked, to: str) -> Marked:
    """The edge's place: it may stand some lines below its key."""
    if not marked.is_list:
        return marked
    return next((one for one in marked.items() if _edge(one).to == to), marked)


def _check_ways(made: Flow, stage: Stage, item: Marked) -> None:
    if stage.id not in made.reachable:
        item.fail(f"stage «{stage.id}» cannot be reached from «{made.start}»: no «next» leads to it")
    if stage.id not in made.leavable:
        item.fail(f"stage «{stage.id}» leads to no end: give it a «next», or «end: true»")


def _stage(marked: Marked, names: Names, sets: CueSets) -> Stage:
    fields = marked.fields({"id", "title"}, _STAGE)
    steps = [(_step(item, names, sets), item) for item in fields["steps"].items()] if "steps" in fields else []
    unique([(step.id, item) for step, item in steps], "step")
    return Stage(
        id=identifier(fields["id"]),
        title=fields["title"].text(),
        source=sources(fields["source"]) if "source" in fields else (),
        phrases=tuple(_phrase(item) for item in fields["phrases"].items()) if "phrases" in fields else (),
        steps=tuple(step for step, _ in steps),
        questions=fields["questions"].texts(template) if "questions" in fields else (),
        fields=_fields(fields["fields"]) if "fields" in fields else (),
        next=_next(fields["next"]) if "next" in fields else (),
        end="end" in fields and fields["end"].flag(),
    )


def _fields(marked: Marked) -> tuple[str, ...]:
    found = [(item.one_of(FIELDS), item) for item in marked.items()]
    unique(found, "field")
    return tuple(name for name, _ in found)


def _phrase(marked: Marked) -> Phrase:
    if marked.is_text:
        return Phrase((template(marked),))
    if marked.is_list:
        return Phrase(_variants(marked))
    fields = marked.fields({"when", "variants"})
    return Phrase(_variants(fields["variants"]), NeedWas(fields["when"].one_of(tuple(NeedWas))))


def _variants(marked: Marked) -> tuple[str, ...]:
    found = [(template(item), item) for item in marked.items()]
    if not found:
        marked.fail("must have at least one variant")
    unique(found, "variant")
    return tuple(text for text, _ in found)


def _next(marked: Marked) -> tuple[Next, ...]:
    if marked.is_text:
        return (Next(identifier(marked)),)
    if not marked.is_list:
        return (_edge(marked),)
    found = [(_edge(item), item) for item in marked.items()]
    if not found:
        marked.fail("must have at least one edge, or stand nowhere")
    unique([(f"{edge.to}, {edge.when}", item) for edge, item in found], "edge")
    return tuple(edge for edge, _ in found)


def _edge(marked: Marked) -> Next:
    fields = marked.fields({"to"}, {"when", "title"})
    return Next(
        to=identifier(fields["to"]),
        when=Kind(fields["when"].one_of(tuple(Kind))) if "when" in fields else Kind.ONWARD,
        title=fields["title"].text() if "title" in fields else "",
    )


def _step(marked: Marked, names: Names, sets: CueSets) -> Step:
    fields = marked.fields({"id", "title"}, {"cues", "like", "speaker", "unless"})
    as_cue = partial(cue, names=names)
    shared = taken(fields.get("like"), sets)
    cues = fields["cues"].texts(as_cue) if "cues" in fields else ()
    unless = fields["unless"].texts(as_cue) if "unless" in fields else ()
    return Step(
        id=identifier(fields["id"]),
        title=fields["title"].text(),
        cues=(*cues, *(one for each in shared for one in each.cues)),
        speaker=Speaker(fields["speaker"].one_of(tuple(Speaker))) if "speaker" in fields else Speaker.OPERATOR,
        unless=(*unless, *(one for each in shared for one in each.unless)),
    )
