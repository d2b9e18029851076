"""All that can be found wrong in an organisation's files without running them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from app.domain.check_books import (
    announcement_findings,
    clause_findings,
    hours_findings,
    reference_findings,
    speech_findings,
    survey_findings,
)
from app.domain.check_cues import cue_findings
from app.domain.check_graph import graph_findings
from app.domain.check_phrases import phrase_findings, variable_findings
from app.domain.cues import Forms
from app.domain.drafts import Draft, DraftFlow, Finding
from app.domain.regulations import Regulation


def findings(
    draft: Draft,
    announcements: Iterable[str],
    regulations: Mapping[str, Regulation],
    forms_of: Callable[[str], Forms],
    optional: Iterable[str] = (),
) -> tuple[Finding, ...]:
    """Every finding, by file and line. `announcements` are the names that the line itself says, `optional` those
    that it says where there are such texts; `forms_of` gives the forms of a word."""
    beside = announcement_findings(draft, announcements, optional)
    return tuple(sorted({*_all(draft, regulations, forms_of), *beside}))


def _all(
    draft: Draft, regulations: Mapping[str, Regulation], forms_of: Callable[[str], Forms]
) -> Iterator[Finding]:
    for flow in draft.flows:
        yield from graph_findings(flow)
        yield from phrase_findings(flow)
        yield from _cue_variables(flow, draft.names)
        yield from cue_findings(flow, draft.names, forms_of)
    yield from reference_findings(draft)
    yield from survey_findings(draft)
    yield from speech_findings(draft)
    if draft.hours is not None:
        yield from hours_findings(draft.hours)
    yield from clause_findings(draft, regulations)


def _cue_variables(flow: DraftFlow, names: Mapping[str, str]) -> Iterator[Finding]:
    for stage in flow.stages:
        for step in stage.steps:
            for cue in (*step.cues, *step.unless):
                # The name of an organisation without a short one is its full name.
                yield from variable_findings(cue, {*names, "body", "short"})
