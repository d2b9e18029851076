"""The two questions after the consultation (housing 5.12, property 30): by key or voice, one repeat, and an
unfinished survey keeps what it has (L15)."""

from __future__ import annotations

from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.errors import BadInput
from app.domain.flow import Survey

AGAIN = "again"
"""The caller said «повторите»."""
MOST_REPEATS = 2


def begin(survey: Survey, call: Call) -> list[f.Fact]:
    """Ask the first question, once."""
    if call.phase is not Phase.SURVEY or call.attempt:
        return []
    return [f.SurveyQuestionAsked(survey.questions[0].id, 1)]


def key_pressed(survey: Survey, call: Call, key: str) -> list[f.Fact]:
    """An answer by key; a key with no meaning counts as nonsense. Keys before the first question are too early."""
    question = survey.question(call.question)
    if question is None:
        return []
    for answer in question.answers:
        if answer.key == key:
            return answered(survey, call, question.id, answer.id, f.By.KEY)
    return missed(survey, call, question.id, "nonsense")


def answered(survey: Survey, call: Call, question_id: str, answer: str, by: f.By) -> list[f.Fact]:
    """The answer to the question that stands, and what comes next. An answer to an earlier one is too late;
    BadInput for one that the question does not have."""
    if not _stands(call, question_id):
        return []
    question = survey.question(question_id)
    if question is None or all(given.id != answer for given in question.answers):
        raise BadInput(f"the question {question_id} has no answer «{answer}»")
    return [f.SurveyAnswered(question_id, answer, by), *_after(survey, call, question_id, answered_now=True)]


def missed(survey: Survey, call: Call, question_id: str, heard: str) -> list[f.Fact]:
    """Silence or nonsense: the question once more, then the next one. A caller who asks to hear the question again
    hears it, at most so many times, and that is no attempt."""
    if not _stands(call, question_id):
        return []
    fact = f.SurveyNotUnderstood(question_id, heard)
    if heard == AGAIN and call.repeats < MOST_REPEATS:
        return [fact, f.SurveyQuestionAsked(question_id, call.attempt)]
    if call.attempt < survey.attempts:
        return [fact, f.SurveyQuestionAsked(question_id, call.attempt + 1)]
    return [fact, *_after(survey, call, question_id, answered_now=False)]


def _stands(call: Call, question_id: str) -> bool:
    return call.phase is Phase.SURVEY and bool(question_id) and call.question == question_id


def is_asking(call: Call) -> bool:
    """The survey has begun or is about to, and is not finished."""
    return call.phase is Phase.SURVEY and (bool(call.question) or not call.attempt)


def _after(survey: Survey, call: Call, question_id: str, *, answered_now: bool) -> list[f.Fact]:
    ids = [q.id for q in survey.questions]
    following = ids[ids.index(question_id) + 1 :]
    if following:
        return [f.SurveyQuestionAsked(following[0], 1)]
    have = len(call.answers) + answered_now
    return [f.SurveyFinished(complete=have == len(ids))]
