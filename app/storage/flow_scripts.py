"""Scripts, survey, topics and announcements from their YAML files."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.domain.cues import words_of
from app.domain.facts import Speaker
from app.domain.flow import (
    Flow,
    Stage,
    Step,
    Survey,
    SurveyAnswer,
    SurveyQuestion,
    Topic,
    variables_of,
)
from app.storage.marked_yaml import Marked, unique

REQUIRED_ANNOUNCEMENTS = frozenset(
    {
        "welcome",
        "waiting",
        "closed",
        "closed_promised",
        "hold_on",
        "survey_intro",
        "survey_repeat",
        "survey_thanks",
        "trouble",
        "connecting",
    }
)
FIELDS = ("", "caller", "need", "topic", "notes")
KEYS = tuple("1234567890*#")

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


def identifier(marked: Marked) -> str:
    """An id: Latin letters, digits, `_`, `-`."""
    value = marked.text()
    if not _IDENTIFIER.fullmatch(value):
        marked.fail(f"is «{value}»; an id has Latin letters, digits, _ and - only, at most 64")
    return value


def template(marked: Marked) -> str:
    """A text whose variables are all known."""
    value = marked.text()
    variables_of(value, marked.place)
    return value


def _cue(marked: Marked) -> str:
    value = template(marked)
    if not words_of(value):
        marked.fail(f"is «{value}», which has no words that can be heard")
    return value


def flow(root: Marked, flow_id: str) -> Flow:
    """`incoming.yaml` or `outgoing.yaml`."""
    marked = root.fields({"stages"})["stages"]
    found = [(_stage(item), item) for item in marked.items()]
    if not found:
        marked.fail("must have at least one stage")
    unique([(stage.id, item) for stage, item in found], "stage")
    return Flow(flow_id, tuple(stage for stage, _ in found))


def _stage(marked: Marked) -> Stage:
    fields = marked.fields({"id", "title"}, {"source", "phrases", "questions", "field", "steps", "branch"})
    steps = [(_step(item), item) for item in fields["steps"].items()] if "steps" in fields else []
    unique([(step.id, item) for step, item in steps], "step")
    return Stage(
        id=identifier(fields["id"]),
        title=fields["title"].text(),
        source=fields["source"].text(empty=True) if "source" in fields else "",
        phrases=fields["phrases"].texts(template) if "phrases" in fields else (),
        steps=tuple(step for step, _ in steps),
        questions=fields["questions"].texts(template) if "questions" in fields else (),
        field=fields["field"].one_of(FIELDS) if "field" in fields else "",
        branch="branch" in fields and fields["branch"].flag(),
    )


def _step(marked: Marked) -> Step:
    fields = marked.fields({"id", "title"}, {"cues", "speaker"})
    speakers = tuple(str(speaker) for speaker in Speaker)
    return Step(
        id=identifier(fields["id"]),
        title=fields["title"].text(),
        cues=fields["cues"].texts(_cue) if "cues" in fields else (),
        speaker=Speaker(fields["speaker"].one_of(speakers)) if "speaker" in fields else Speaker.OPERATOR,
    )


def survey(root: Marked) -> Survey:
    """`survey.yaml`."""
    fields = root.fields({"source", "questions"}, {"attempts"})
    found = [(_question(item), item) for item in fields["questions"].items()]
    if not found:
        fields["questions"].fail("must have at least one question")
    unique([(question.id, item) for question, item in found], "question")
    questions = tuple(question for question, _ in found)
    source = fields["source"].text(empty=True)
    if "attempts" not in fields:
        return Survey(source, questions)
    return Survey(source, questions, fields["attempts"].whole(1, 5))


def _question(marked: Marked) -> SurveyQuestion:
    fields = marked.fields({"id", "text", "prompt", "answers"})
    answers = [(_answer(item), item) for item in fields["answers"].items()]
    if len(answers) < 2:
        fields["answers"].fail("must have at least two answers")
    unique([(answer.id, item) for answer, item in answers], "answer")
    unique([(answer.key, item) for answer, item in answers], "key")
    spoken = [(" ".join(words_of(phrase)), item) for answer, item in answers for phrase in set(answer.spoken)]
    unique(spoken, "spoken answer")
    return SurveyQuestion(
        id=identifier(fields["id"]),
        text=fields["text"].text(),
        prompt=template(fields["prompt"]),
        answers=tuple(answer for answer, _ in answers),
    )


def _answer(marked: Marked) -> SurveyAnswer:
    fields = marked.fields({"id", "text", "key"}, {"spoken"})
    return SurveyAnswer(
        id=identifier(fields["id"]),
        text=fields["text"].text(),
        key=fields["key"].one_of(KEYS),
        spoken=fields["spoken"].texts(_cue) if "spoken" in fields else (),
    )


def topics(root: Marked) -> tuple[Topic, ...]:
    """`topics.yaml`."""
    found = [(_topic(item), item) for item in root.fields({"topics"})["topics"].items()]
    unique([(topic.id, item) for topic, item in found], "topic")
    return tuple(topic for topic, _ in found)


def _topic(marked: Marked) -> Topic:
    fields = marked.fields({"id", "title"}, {"questions"})
    questions = fields["questions"].texts(template) if "questions" in fields else ()
    return Topic(identifier(fields["id"]), fields["title"].text(), questions)


def announcements(root: Marked) -> Mapping[str, str]:
    """`announcements.yaml`: the required names, and any others."""
    found = {key.name: template(value) for key, value in root.pairs()}
    if missing := sorted(REQUIRED_ANNOUNCEMENTS - found.keys()):
        root.fail(f"lacks the announcement «{missing[0]}»")
    return found
