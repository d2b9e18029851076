"""What the operator writes down in a call: the caller, the need, the topic, the agenda, the referral.

Deciders for `conduct`: pure; BadInput for what cannot be used, no facts for what stands there already.
"""

from __future__ import annotations

from datetime import datetime

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.errors import BadInput, Refused
from app.domain.profile import Profile

TEXT_LIMIT = 4000
AGENDA_LIMIT = 50
WITH_OPERATOR = (Phase.TALKING, Phase.HELD, Phase.TRANSFERRING, Phase.SURVEY, Phase.LEAVING, Phase.ENDED)


def require(call: Call, *phases: Phase) -> None:
    """Refused unless the call is in one of the phases."""
    if call.phase not in phases:
        raise Refused("not_now", f"the call is {call.phase}")


def text_of(value: str, what: str) -> str:
    """The text without blanks around. BadInput for one that is too long to be kept."""
    text = value.strip()
    if len(text) > TEXT_LIMIT:
        raise BadInput(f"{what}: {len(text)} characters, at most {TEXT_LIMIT} are kept; shorten it", "too_long")
    return text


def name(_profile: Profile, call: Call, command: c.NameCaller, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    text = text_of(command.name, "name")
    return [] if text == call.caller_name else [f.CallerNamed(text)]


def need(_profile: Profile, call: Call, command: c.RestateNeed, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    text = text_of(command.need, "need")
    return [] if text == call.need else [f.NeedRestated(text)]


def topic(profile: Profile, call: Call, command: c.ChooseTopic, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    chosen = profile.topic(command.topic)
    if command.topic and chosen is None:
        raise BadInput(f"there is no topic «{command.topic}»; choose one from the list")
    if command.need and (chosen is None or all(one.id != command.need for one in chosen.needs)):
        raise BadInput(f"the topic has no need «{command.need}»; choose one from the list")
    same = (command.topic, command.need) == (call.topic, call.typical_need)
    return [] if same else [f.TopicChosen(command.topic, command.need)]


def notes(_profile: Profile, call: Call, command: c.WriteNotes, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    text = text_of(command.notes, "notes")
    return [] if text == call.notes else [f.NotesWritten(text)]


def agenda(_profile: Profile, call: Call, command: c.WriteAgenda, _now: datetime) -> list[f.Fact]:
    """Already while it rings: the questions are thought of before the conversation (labour 9)."""
    require(call, *WITH_OPERATOR, Phase.DIALLING)
    questions = agenda_of(command.text)
    return [] if questions == call.agenda else [f.AgendaWritten(questions)]


def agenda_of(text: str) -> tuple[str, ...]:
    """The questions of a text that has one a line. BadInput for too many."""
    lines = (" ".join(line.split()) for line in text_of(text, "agenda").splitlines())
    questions = tuple(dict.fromkeys(line for line in lines if line))
    if len(questions) > AGENDA_LIMIT:
        raise BadInput(f"agenda: {len(questions)} questions, at most {AGENDA_LIMIT} are kept", "too_long")
    return questions


def asked(_profile: Profile, call: Call, command: c.AskOfAgenda, _now: datetime) -> list[f.Fact]:
    """A question that is no longer on the agenda is nobody's to ask: nothing changes."""
    require(call, *WITH_OPERATOR)
    same = (command.question in call.asked) is command.asked
    return [] if same or command.question not in call.agenda else [f.AgendaAsked(command.question, command.asked)]


def referral(profile: Profile, call: Call, command: c.GiveReferral, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    if profile.referral(command.referral) is None:
        raise BadInput(f"the referral book has no «{command.referral}»; choose one from the list")
    same = call.referrals[-1:] == (command.referral,)
    return [] if same else [f.ReferralGiven(command.referral)]


def satisfaction(_profile: Profile, call: Call, command: c.NoteSatisfaction, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    return [] if command.satisfied is call.satisfied else [f.SatisfactionNoted(command.satisfied)]


def use_article(_profile: Profile, call: Call, command: c.UseArticle, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    if (command.article, command.version) in call.articles:
        return []
    return [f.ArticleUsed(command.article, command.version, command.title)]


def miss_article(_profile: Profile, call: Call, command: c.MissArticle, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    missed = text_of(command.asked, "question")
    if not missed:
        raise BadInput("write what was asked, so that an article can be written", "question_empty")
    return [] if missed in call.missed_articles else [f.ArticleMissed(missed, command.why)]
