"""Faults of what stands beside the scripts: announcements, topics, units, survey, speech, hours, clauses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from app.domain.check_phrases import doubled, variable_findings
from app.domain.cues import words_of
from app.domain.drafts import Draft, DraftHours, DraftQuestion, Finding, Written, error, warning
from app.domain.flow import SurveyAnswer, SurveyQuestion
from app.domain.regulations import Regulation, unknown_clauses
from app.domain.said_answers import understand
from app.domain.spoken_hours import hours_text, says_the_hours
from app.domain.spoken_russian import spoken_hours

OF_CLOSED = frozenset({"hours", "next_opening"})
OF_HOURS = frozenset({"closed", "closed_lunch", "closed_day_off", "closed_holiday"})
OF_ONE = {
    "position": frozenset({"position"}),
    "closed_number_back": frozenset({"number"}),
    "closed_number_check": frozenset({"number"}),
    "closed_goodbye": frozenset({"hours"}),
    "hold_on": frozenset({"return_in"}),
}
"""The variables of single announcements."""


def announcement_findings(draft: Draft, needed: Iterable[str], known: Iterable[str] = ()) -> Iterator[Finding]:
    """`needed` are the names that the line itself says, `known` those that it says where there are such texts."""
    there = {name.text for name, _ in draft.announcements}
    wanted = set(needed)
    for missing in sorted(wanted - there):
        yield error(draft.announcements_at, f"the announcement «{missing}» is missing")
    for said in draft.say:
        if said.text not in there:
            yield error(said, f"there is no announcement «{said.text}»")
    closed = {said.text for said in draft.say} | OF_HOURS
    for name, text in draft.announcements:
        if name.text not in wanted | closed | set(known):
            yield warning(name, f"the announcement «{name.text}» is never said")
        allowed = OF_CLOSED if name.text in closed else OF_ONE.get(name.text, frozenset())
        yield from variable_findings(text, allowed)


def reference_findings(draft: Draft) -> Iterator[Finding]:
    """Topics and units that are named and do not exist; topics that ask twice."""
    topics = {topic.id.text for topic in draft.topics}
    units = {unit.id.text for unit in draft.units}
    for where in _topics_named(draft):
        if where.text not in topics:
            yield error(where, f"there is no topic «{where.text}»; known are {', '.join(sorted(topics)) or 'none'}")
    for where in _units_named(draft):
        if where.text not in units:
            yield error(where, f"there is no unit «{where.text}»; known are {', '.join(sorted(units)) or 'none'}")
    for topic in draft.topics:
        yield from doubled(topic.questions, "question")
        for question in topic.questions:
            yield from variable_findings(question, ())
    for referral in draft.referrals:
        if referral.say is not None:
            yield from variable_findings(referral.say, ())


def _topics_named(draft: Draft) -> Iterator[Written]:
    for unit in draft.units:
        yield from unit.topics
    for referral in draft.referrals:
        yield from referral.topics
    for article in draft.articles:
        yield from article.topics


def _units_named(draft: Draft) -> Iterator[Written]:
    named = [
        *(topic.unit for topic in draft.topics),
        *(unit.overflow for unit in draft.units),
        *(article.unit for article in draft.articles),
    ]
    yield from (where for where in named if where is not None)


def survey_findings(draft: Draft) -> Iterator[Finding]:
    for question in draft.survey:
        if question.prompt is not None:
            yield from variable_findings(question.prompt, ())
        yield from _confused(question)


def _confused(question: DraftQuestion) -> Iterator[Finding]:
    """Spoken forms that another answer would take, or that none would."""
    answers = tuple(
        SurveyAnswer(name.text, name.text, str(number), tuple(form.text for form in forms))
        for number, (name, forms) in enumerate(question.answers, 1)
    )
    asked = SurveyQuestion(question.id.text, "", "", answers)
    for answer, (name, forms) in zip(answers, question.answers, strict=True):
        for form in forms:
            taken = understand(asked, form.text)
            if taken != answer:
                by = f"«{taken.id}»" if taken else "none, as two answers have it"
                yield error(form, f"«{form.text}» is meant for «{name.text}» and is taken for {by}")


def speech_findings(draft: Draft) -> Iterator[Finding]:
    """Words that two groups watch, or one group twice."""
    seen: dict[str, tuple[str, Written]] = {}
    for group, words in draft.speech:
        for word in words:
            same = " ".join(words_of(word.text))
            if same in seen:
                before, where = seen[same]
                yield error(word, f"«{word.text}» of {group} stands in {before}, too (line {where.place.line})")
            seen.setdefault(same, (group, word))


def hours_findings(hours: DraftHours) -> Iterator[Finding]:
    """The hours in words say the same as the figures; other words for the same hours are worth a look."""
    if says_the_hours(hours.text.text, hours.schedule):
        return
    proposed = f"write «{hours_text(hours.schedule)}»"
    said = f" {_words(hours.text.text)} "
    missing = [
        wanted
        for opens, closes in sorted({interval for day in hours.schedule.week.values() for interval in day})
        if f" {_words(wanted := spoken_hours(opens, closes))} " not in said
    ]
    if missing:
        yield error(hours.text, f"hours_text does not say «{missing[0]}», which hours have; {proposed}")
    else:
        yield warning(hours.text, f"hours_text and hours may differ; {proposed}")


def _words(text: str) -> str:
    return " ".join(words_of(text))


def clause_findings(draft: Draft, known: Mapping[str, Regulation]) -> Iterator[Finding]:
    """Clauses that no order has. Articles may also cite laws by name: only what looks like ours is checked."""
    for source in (*draft.sources, *_cited(draft, known)):
        for _, why in unknown_clauses([source.text], known):
            yield error(source, why)


def _cited(draft: Draft, known: Mapping[str, Regulation]) -> Iterator[Written]:
    for article in draft.articles:
        yield from (source for source in article.sources if source.text.partition(" ")[0] in known)
