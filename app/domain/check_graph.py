"""Faults of a script's graph: edges to nowhere, stages that nothing leads to or that lead to no end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.domain.drafts import DraftFlow, DraftStage, Finding, error, warning
from app.domain.listening import FAREWELL, TRANSFER_TOLD


def graph_findings(flow: DraftFlow) -> Iterator[Finding]:
    stages = {stage.id.text: stage for stage in flow.stages}
    yield from _edges_to_nowhere(flow, stages)
    yield from _unreached(flow, stages)
    yield from _endless(flow, stages)
    yield from _known_stages(flow, stages)


def before(flow: DraftFlow, stage: str) -> frozenset[str]:
    """The stages that a conversation may have passed when it is at `stage`, itself included."""
    edges = {one.id.text: {to.text for to in one.next} for one in flow.stages}
    return frozenset(one for one in edges if stage in closure({one}, edges))


def closure(first: set[str], edges: Mapping[str, set[str]]) -> set[str]:
    """`first` and all that edges lead to from there."""
    found, todo = set(first), list(first)
    while todo:
        new = edges.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def _edges_to_nowhere(flow: DraftFlow, stages: Mapping[str, DraftStage]) -> Iterator[Finding]:
    if flow.start is not None and flow.start.text not in stages:
        yield error(flow.start, f"start names the stage «{flow.start.text}», which does not exist")
    for stage in flow.stages:
        for to in stage.next:
            if to.text not in stages:
                yield error(to, f"«{stage.id.text}» leads to the stage «{to.text}», which does not exist")


def _unreached(flow: DraftFlow, stages: Mapping[str, DraftStage]) -> Iterator[Finding]:
    edges = {one.id.text: {to.text for to in one.next} for one in flow.stages}
    reached = closure({flow.first}, edges)
    for name, stage in stages.items():
        if name not in reached:
            yield error(stage.id, f"the stage «{name}» cannot be reached from «{flow.first}»: no edge leads to it")


def _endless(flow: DraftFlow, stages: Mapping[str, DraftStage]) -> Iterator[Finding]:
    back: dict[str, set[str]] = {}
    for stage in flow.stages:
        for to in stage.next:
            back.setdefault(to.text, set()).add(stage.id.text)
    ending = closure({name for name, stage in stages.items() if stage.end}, back)
    for name, stage in stages.items():
        if name not in ending:
            yield error(stage.id, f"the stage «{name}» reaches no end: give it an edge, or «end: true»")


def _known_stages(flow: DraftFlow, stages: Mapping[str, DraftStage]) -> Iterator[Finding]:
    if flow.stages and FAREWELL not in stages:
        yield warning(
            flow.place, f"there is no stage «{FAREWELL}»: the panel cannot see that the farewell was said"
        )
    transfer, told = TRANSFER_TOLD
    if transfer in stages and all(step.id.text != told for step in stages[transfer].steps):
        yield error(
            stages[transfer].id,
            f"«{transfer}» has no step «{told}»: it cannot be heard that the caller was told of the transfer",
        )
