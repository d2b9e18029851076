"""Survey, topics and announcements from their YAML files, and what all of the files have in common."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

from app.domain.cues import words_of, words_of_cue
from app.domain.flow import Survey, SurveyAnswer, SurveyQuestion, variables_of
from app.domain.profile import Need, Topic
from app.storage.marked_yaml import Marked, unique

REQUIRED_ANNOUNCEMENTS = frozenset(
    {
        "welcome",
        "waiting",
        "position",
        "closed",
        "closed_lunch",
        "closed_day_off",
        "closed_holiday",
        "closed_number",
        "closed_number_wrong",
        "closed_number_back",
        "closed_promised",
        "hold_on",
        "hold_longer",
        "hold_back",
        "survey_intro",
        "survey_repeat",
        "survey_thanks",
        "trouble",
        "connecting",
    }
)
OPTIONAL_ANNOUNCEMENTS = frozenset(
    {"closed_number_voice", "closed_number_again", "closed_number_check", "closed_goodbye"}
)
"""Those that the line says where the organisation has them: without the first three, numbers are only typed."""
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


def cue(marked: Marked, names: Mapping[str, str] = MappingProxyType({})) -> str:
    """A phrase to listen for. `{body}` and `{short}`, where `names` has them, stand for the organisation's own."""
    value = marked.text()
    for name in variables_of(value.replace("{short}", ""), marked.place) - names.keys():
        marked.fail(f"has {{{name}}} in «{value}»; a cue may have {{body}} and {{short}} only")
    for name, text in names.items():
        value = value.replace(f"{{{name}}}", text)
    if not words_of_cue(value):
        marked.fail(f"is «{value}», which has no words that can be heard")
    return value


def known(marked: Marked, ids: Collection[str], what: str) -> str:
    """The id of something that stands elsewhere in the profile."""
    value = identifier(marked)
    if value not in ids:
        marked.fail(f"is «{value}», and there is no such {what}; known are {', '.join(ids) or 'none'}")
    return value


def sources(marked: Marked) -> tuple[str, ...]:
    """The clauses that something comes from: one, or a list (`housing 5.8`)."""
    return marked.texts() if marked.is_list else (marked.text(),)


def survey(root: Marked) -> Survey:
    """`survey.yaml`."""
    fields = root.fields({"source", "questions"}, {"attempts"})
    found = [(_question(item), item) for item in fields["questions"].items()]
    if not found:
        fields["questions"].fail("must have at least one question")
    unique([(question.id, item) for question, item in found], "question")
    questions = tuple(question for question, _ in found)
    source = sources(fields["source"])
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
        spoken=fields["spoken"].texts(cue) if "spoken" in fields else (),
    )


def topics(root: Marked) -> tuple[Topic, ...]:
    """`topics.yaml`."""
    found = [(_topic(item), item) for item in root.fields({"topics"})["topics"].items()]
    unique([(topic.id, item) for topic, item in found], "topic")
    return tuple(topic for topic, _ in found)


def _topic(marked: Marked) -> Topic:
    fields = marked.fields({"id", "title"}, {"questions", "needs", "unit"})
    needs = [(_need(item), item) for item in fields["needs"].items()] if "needs" in fields else []
    unique([(need.id, item) for need, item in needs], "need")
    return Topic(
        id=identifier(fields["id"]),
        title=fields["title"].text(),
        questions=fields["questions"].texts(template) if "questions" in fields else (),
        needs=tuple(need for need, _ in needs),
        unit=identifier(fields["unit"]) if "unit" in fields else "",
    )


def _need(marked: Marked) -> Need:
    fields = marked.fields({"id", "title"})
    return Need(identifier(fields["id"]), fields["title"].text())


def announcements(root: Marked) -> Mapping[str, str]:
    """`announcements.yaml`: the required names, and any others."""
    found = {key.name: template(value) for key, value in root.pairs()}
    if missing := sorted(REQUIRED_ANNOUNCEMENTS - found.keys()):
        root.fail(f"lacks the announcement «{missing[0]}»")
    return found
