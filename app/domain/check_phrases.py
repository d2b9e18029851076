"""Faults of the texts to be said: unknown variables, phrases that can never be shown, stages that fall silent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from app.domain.check_graph import before
from app.domain.drafts import DraftFlow, DraftPhrase, DraftStage, Finding, Written, error, warning
from app.domain.errors import BadFlow
from app.domain.flow import VARIABLES, variables_of

SURE = frozenset({"greeting", "body", "unit", "surname", "name", "position", "hours", "return_in"})
"""Known in every conversation; a patronymic may be wanting (heritage 3.2.1)."""

_BY_FIELD = {
    "need": "need",
    "topic": "topic",
    "referral": "referral",
    "referral_contacts": "referral",
    "question": "agenda",
}
"""Variables that are known once a field was filled."""
_BY_STAGE = {"target": "transfer", "target_unit": "transfer", "due": "promise"}
"""Variables that are known once a stage was reached."""
_BY_TASK = frozenset({"need", "topic", "question", "due"})
"""In an outgoing call these may come with the task or the promise that it keeps."""


def phrase_findings(flow: DraftFlow) -> Iterator[Finding]:
    for stage in flow.stages:
        texts = [variant for phrase in stage.phrases for variant in phrase.variants]
        for text in (*texts, *stage.questions):
            yield from variable_findings(text, VARIABLES)
        yield from _few_variants(stage)
        yield from _twice(texts, "phrase", stage)
        yield from doubled(stage.questions, "question")
        yield from _never_shown(flow, stage)
        yield from _silent(stage)


def variable_findings(text: Written, known: Iterable[str]) -> Iterator[Finding]:
    """Broken braces, and variables that are not among `known`."""
    allowed = frozenset(known)
    try:
        used = _variables(text.text)
    except BadFlow as problem:
        yield error(text, str(problem).partition(": ")[2])
        return
    for name in sorted(used - allowed):
        hint = f"known here are {', '.join(sorted(allowed))}" if allowed else "no variable is known here"
        yield error(text, f"unknown variable {{{name}}} in «{text.text}»; {hint}")


def doubled(texts: Iterable[Written], what: str) -> Iterator[Finding]:
    """Texts that stand twice, by their letters."""
    seen: dict[str, Written] = {}
    for text in texts:
        same = seen.setdefault(" ".join(text.text.lower().split()), text)
        if same is not text:
            yield warning(text, f"the {what} «{text.text}» stands twice, first in line {same.place.line}")


def _variables(text: str) -> frozenset[str]:
    """All that stands in braces; unknown names, too."""
    used: set[str] = set()
    rest = text
    for _ in range(100):
        try:
            return frozenset(used | variables_of(rest, "text"))
        except BadFlow as problem:
            said = str(problem)
            if "unknown variable {" not in said:
                raise
            name = said.partition("unknown variable {")[2].partition("}")[0]
            used.add(name)
            rest = rest.replace(f"{{{name}}}", "")
    return frozenset(used)


def _few_variants(stage: DraftStage) -> Iterator[Finding]:
    for phrase in stage.phrases:
        if len(phrase.variants) == 1:
            only = phrase.variants[0]
            yield warning(only, f"the phrase «{only.text}» has no variant: operators will sound alike")


def _twice(texts: list[Written], what: str, stage: DraftStage) -> Iterator[Finding]:
    for finding in doubled(texts, what):
        yield warning(finding.place, f"{finding.text} of «{stage.id.text}»")


def _never_shown(flow: DraftFlow, stage: DraftStage) -> Iterator[Finding]:
    passed = before(flow, stage.id.text)
    filled = {field for one in flow.stages if one.id.text in passed for field in one.fields}
    for phrase in stage.phrases:
        unknown = [(one, _unknown(one, flow.id, passed, filled)) for one in phrase.variants]
        dead = [(one, names) for one, names in unknown if names]
        tell: Callable[[Written, str], Finding] = error if len(dead) == len(unknown) else warning
        for one, names in dead:
            named = ", ".join(f"{{{name}}}" for name in sorted(names))
            yield tell(one, f"«{one.text}» can never be shown: at «{stage.id.text}» {named} is never known")


def _unknown(text: Written, flow: str, passed: frozenset[str], filled: set[str]) -> set[str]:
    used = _safe_variables(text)
    if flow == "outgoing":
        used = used - _BY_TASK
    return {
        name
        for name in used
        if (name in _BY_FIELD and _BY_FIELD[name] not in filled)
        or (name in _BY_STAGE and _BY_STAGE[name] not in passed)
    }


def _safe_variables(text: Written) -> frozenset[str]:
    try:
        return _variables(text.text) & VARIABLES
    except BadFlow:
        return frozenset()


def _silent(stage: DraftStage) -> Iterator[Finding]:
    if not stage.phrases:
        yield error(stage.id, f"the stage «{stage.id.text}» has nothing to say")
        return
    for need in ("met", "unmet"):
        fitting = [phrase for phrase in stage.phrases if phrase.when in ("", need)]
        if not any(_sayable(phrase) for phrase in fitting):
            yield error(
                stage.id,
                f"the stage «{stage.id.text}» falls silent (need {need}) while names and needs are unknown: "
                f"write a variant with {', '.join(sorted(SURE))} only",
            )
            return


def _sayable(phrase: DraftPhrase) -> bool:
    return any(_safe_variables(variant) <= SURE for variant in phrase.variants)
