"""Every fact of the journal in words, for the timeline of a call: one phrase for each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.application.reports import Role
from app.domain import facts as f
from app.domain.operators_speech import HintKind
from app.domain.sound_quality import SoundGrade, grade_of
from app.web.catalogue import N_, Catalogue
from app.web.masking import name_for, number_for
from app.web.names import Names

BY = {
    f.By.CALLER: N_("by the caller"),
    f.By.OPERATOR: N_("by the operator"),
    f.By.LINE: N_("by the line"),
    f.By.SPEECH: N_("heard"),
    f.By.HAND: N_("by hand"),
    f.By.KEY: N_("by a key"),
    f.By.VOICE: N_("by voice"),
}

WHY = {
    "": "",
    "no_answer": N_("no answer"),
    "declined": N_("declined"),
    "busy": N_("busy"),
    "unreachable": N_("not reachable"),
    "taken_back": N_("taken back by the operator"),
    "refused": N_("refused"),
    "failed": N_("the connection failed"),
    "lost": N_("the connection was lost"),
    "hung_up": N_("hung up"),
    "finished": N_("finished"),
    "closed": N_("the line was closed"),
    "interrupted": N_("the program was restarted"),
    "farewell": N_("after the farewell"),
    "to_survey": N_("to the survey"),
    "caller_gone": N_("the caller hung up"),
    "no_sound": N_("no sound from the browser"),
}
"""The `why` of facts. What a person wrote is shown as it stands."""

PRESENCE = {
    f.Presence.AWAY: N_("away"),
    f.Presence.BREAK: N_("on a break"),
    f.Presence.READY: N_("ready"),
    f.Presence.OFFERED: N_("a call rings"),
    f.Presence.BUSY: N_("in a call"),
    f.Presence.WRAP_UP: N_("writing up"),
}

HEARD = {
    "silence": N_("nothing was said or pressed"),
    "nonsense": N_("the answer was not understood"),
    "again": N_("the caller asked to hear the question again"),
}

NUMBER_MISSED = {
    "silence": N_("nothing was said or pressed"),
    "nonsense": N_("what was said was no number that can be called"),
    "refused": N_("the caller said that it was read back wrong"),
}


@dataclass(frozen=True)
class Told:
    """A fact as it is shown: when, which icon and tone, what happened, and in softer type what belongs to it."""

    at: datetime
    kind: str
    icon: str
    tone: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Teller:
    """Tells the facts of one call to people of one role."""

    names: Names
    say: Catalogue
    role: Role
    flow: str = "incoming"
    """The script that led the call."""

    def tell(self, recorded: f.Recorded) -> Told:
        icon, tone, words = WORDS[type(recorded.fact)]
        text, detail = words(self, recorded.fact)
        return Told(recorded.at, type(recorded.fact).__name__, icon, tone, text, detail)

    def operator(self, login: str) -> str:
        return self.names.operator(login) or self.say.text("operator")

    def number(self, number: str) -> str:
        return number_for(self.role, number) or self.say.text("number withheld")

    def why(self, why: str) -> str:
        known = WHY.get(why)
        return why if known is None else self.say.text(known) if known else ""

    def by(self, by: f.By) -> str:
        return self.say.text(BY[by])

    def step(self, stage: str, step: str) -> str:
        return self.names.step(self.flow, stage, step)

    def moment(self, at: datetime) -> str:
        return self.say.moment(at, "d MMMM, HH:mm")

    def quoted(self, text: str) -> str:
        return f"«{text}»" if text else ""


Words = tuple[str, str]


def _arrived(t: Teller, x: f.CallArrived) -> Words:
    return t.say.text("A call came from %(number)s", number=t.number(x.caller)), t.names.unit(x.unit)


def _closed(t: Teller, x: f.LineWasClosed) -> Words:
    opening = t.moment(x.next_opening)
    return t.say.text("The line was closed"), t.say.text("the caller heard of the next opening: %(at)s", at=opening)


def _queued(t: Teller, x: f.CallQueued) -> Words:
    text = t.say.text("Waiting for an operator again") if x.again else t.say.text("Waiting for an operator")
    return text, t.names.unit(x.unit)


def _offered(t: Teller, x: f.CallOffered) -> Words:
    return t.say.text("Offered to %(operator)s", operator=t.operator(x.operator)), ""


def _missed(t: Teller, x: f.OfferMissed) -> Words:
    return t.say.text("%(operator)s did not take the call", operator=t.operator(x.operator)), t.why(x.why)


def _joined(t: Teller, x: f.OperatorJoined) -> Words:
    return t.say.text("Answered by %(operator)s", operator=t.operator(x.operator)), ""


def _heard(t: Teller, x: f.PhraseHeard) -> Words:
    who = t.say.text("Caller") if x.speaker is f.Speaker.CALLER else t.operator(x.operator)
    return t.say.text("Said: %(who)s", who=who), t.quoted(x.text)


def _ticked(t: Teller, x: f.StepTicked) -> Words:
    done = t.say.text("Done: %(step)s", step=t.step(x.stage, x.step))
    if x.by is not f.By.SPEECH:
        return done, t.quoted(x.phrase) or t.by(x.by)
    return done, ", ".join(filter(None, (t.quoted(x.phrase), sureness(t.say, x.score, x.model))))


def sureness(say: Catalogue, score: float, model: str) -> str:
    """How surely a step was heard, and by what speech model; that is unknown of old calls."""
    sure = say.text("sure to %(percent)s %%", percent=round(100 * score))
    return f"{sure}, {model}" if model else sure


def _unticked(t: Teller, x: f.StepUnticked) -> Words:
    return t.say.text("Tick taken back: %(step)s", step=t.step(x.stage, x.step)), ""


def _stage(t: Teller, x: f.StageOpened) -> Words:
    return t.say.text("Stage of the script: %(stage)s", stage=t.names.stage(t.flow, x.stage)), ""


def _named(t: Teller, x: f.CallerNamed) -> Words:
    return t.say.text("The caller's name was written down"), name_for(t.role, x.name)


def _need(t: Teller, x: f.NeedRestated) -> Words:
    return t.say.text("The need was restated"), t.quoted(x.need)


def _topic(t: Teller, x: f.TopicChosen) -> Words:
    return t.say.text("Topic: %(topic)s", topic=t.names.topic(x.topic)), t.names.typical_need(x.topic, x.need)


def _agenda(t: Teller, x: f.AgendaWritten) -> Words:
    return t.say.text("Questions for the conversation were written down"), "; ".join(x.questions)


def _agenda_asked(t: Teller, x: f.AgendaAsked) -> Words:
    text = (
        t.say.text("A question of the list was asked") if x.asked else t.say.text("A question is to be asked again")
    )
    return text, t.quoted(x.question)


def _referred(t: Teller, x: f.ReferralGiven) -> Words:
    return t.say.text("Told which body is competent"), t.names.referral(x.referral)


def _satisfaction(t: Teller, x: f.SatisfactionNoted) -> Words:
    text = (
        t.say.text("The caller is satisfied with the answer")
        if x.satisfied
        else t.say.text("The caller is not satisfied with the answer")
    )
    return text, t.say.text("as the operator noted")


def _notes(t: Teller, x: f.NotesWritten) -> Words:
    return t.say.text("Notes were written"), x.notes


def _article(t: Teller, x: f.ArticleUsed) -> Words:
    version = t.say.text("version %(number)s", number=str(x.version)) if x.version else ""
    return t.say.text("Answered by the article «%(title)s»", title=x.title or x.article), version


def _missed_article(t: Teller, x: f.ArticleMissed) -> Words:
    return t.say.text("No article answered the question"), t.quoted(x.asked)


def _held(t: Teller, x: f.PlacedOnHold) -> Words:
    promised = t.say.text("promised to be back in %(time)s", time=t.say.duration(x.return_in_s))
    return t.say.text("Put on hold"), promised


def _resumed(t: Teller, x: f.ResumedFromHold) -> Words:
    return t.say.text("Back from hold"), t.say.text("after %(time)s", time=t.say.duration(x.held_s))


def _overran(t: Teller, x: f.HoldOverran) -> Words:
    again = t.say.text("asked again") if x.asked > 1 else ""
    return t.say.text("The promised time of return passed; the caller was asked to stay"), again


def _number_asked(t: Teller, x: f.NumberAsked) -> Words:
    again = t.say.text("asked again") if x.attempt > 1 else ""
    return t.say.text("The caller was asked for a number to call back"), again


def _number_missed(t: Teller, x: f.NumberMissed) -> Words:
    why = t.say.text(NUMBER_MISSED[x.heard]) if x.heard in NUMBER_MISSED else x.heard
    return t.say.text("No number was made out"), why


def _number_given(t: Teller, x: f.NumberGiven) -> Words:
    return t.say.text("The caller left a number to call back"), t.by(x.by)


def _number_given_up(t: Teller, _x: f.NumberGivenUp) -> Words:
    return t.say.text("No number was left; the caller was asked to call in working hours"), ""


HINTS = {
    HintKind.STOP_WORD: N_("a word of the stop list"),
    HintKind.EVASION: N_("an evasive phrase"),
    HintKind.INTERRUPTION: N_("the caller was interrupted"),
    HintKind.TOO_FAST: N_("too fast"),
    HintKind.TOO_SLOW: N_("too slow"),
    HintKind.INTERJECTION: N_("an interjection"),
    HintKind.FILLER: N_("a filler"),
    HintKind.TAUTOLOGY: N_("the same word again"),
    HintKind.SILENCE: N_("a long silence"),
}


def _hint(t: Teller, x: f.HintGiven) -> Words:
    known = x.kind in HINTS
    what = t.say.text(HINTS[HintKind(x.kind)]) if known else x.kind
    measure = t.say.number(x.value) if x.value else ""
    detail = "; ".join(part for part in (t.quoted(x.heard), measure) if part)
    return t.say.text(
        "A hint on speech to %(operator)s: %(what)s", operator=t.operator(x.operator), what=what
    ), detail


UNHEARD = {
    "away": N_("the recogniser did not answer"),
    "no_place": N_("the recogniser had no free place"),
    "spared": N_("the recogniser could not keep up"),
}


def _hearing_lost(t: Teller, x: f.HearingLost) -> Words:
    why = t.say.text(UNHEARD[x.why]) if x.why in UNHEARD else x.why
    return t.say.text("%(who)s is not recognised from here on", who=_side(t, x)), why


def _hearing_regained(t: Teller, x: f.HearingRegained) -> Words:
    return t.say.text("%(who)s is recognised again", who=_side(t, x)), ""


def _side(t: Teller, x: f.HearingLost | f.HearingRegained) -> str:
    return t.say.text("Caller") if x.speaker is f.Speaker.CALLER else t.operator(x.operator)


def _awaited(t: Teller, _x: f.HangUpAwaited) -> Words:
    return t.say.text("All was said: the caller hangs up"), ""


def _told(t: Teller, x: f.CallerTold) -> Words:
    return t.say.text("The caller was told of the transfer"), t.by(x.by)


def _transfer(t: Teller, x: f.TransferStarted) -> Words:
    return t.say.text("Transfer to %(operator)s began", operator=t.operator(x.target)), t.operator(x.source)


def _source_left(t: Teller, x: f.SourceLeft) -> Words:
    text = t.say.text("%(operator)s hung up before the colleague answered", operator=t.operator(x.operator))
    return text, t.say.text("the transfer goes on")


def _transferred(t: Teller, x: f.TransferCompleted) -> Words:
    return (
        t.say.text("%(operator)s took the transferred call", operator=t.operator(x.target)),
        t.say.text("from %(operator)s", operator=t.operator(x.source)),
    )


def _transfer_failed(t: Teller, x: f.TransferFailed) -> Words:
    text = t.say.text("The transfer to %(operator)s failed, it does not count", operator=t.operator(x.target))
    return text, t.why(x.why)


def _promised(t: Teller, x: f.PromiseMade) -> Words:
    values = {"number": t.number(x.number), "at": t.moment(x.due_at)}
    if x.kind is f.PromiseKind.CLARIFICATION:
        text = t.say.text("Planned to clarify an application with %(number)s by %(at)s", **values)
    else:
        text = t.say.text("Promised to call %(number)s back by %(at)s", **values)
    return text, "; ".join(part for part in (x.asked, x.interval, t.by(x.by), *x.agenda) if part)


def _attempted(t: Teller, x: f.PromiseAttempted) -> Words:
    return t.say.text("The promised call reached nobody"), t.why(x.why)


def _kept(t: Teller, x: f.PromiseKept) -> Words:
    return t.say.text("The promise was kept"), t.say.text("after the term") if x.late else t.say.text("in time")


def _promise_closed(t: Teller, x: f.PromiseClosed) -> Words:
    return t.say.text("%(operator)s closed the promise", operator=t.operator(x.operator)), x.why


def _placed(t: Teller, x: f.CallPlaced) -> Words:
    values = {"operator": t.operator(x.operator), "number": t.number(x.number)}
    return t.say.text("%(operator)s calls %(number)s", **values), t.say.text("keeps a promise") if x.promise else ""


def _callee_answered(t: Teller, _x: f.CalleeAnswered) -> Words:
    return t.say.text("The person called answered"), ""


def _not_reached(t: Teller, x: f.CalleeNotReached) -> Words:
    return t.say.text("The person called was not reached"), t.why(x.why)


def _left(t: Teller, x: f.OperatorLeft) -> Words:
    text = t.say.text("%(operator)s left the conversation", operator=t.operator(x.operator))
    return text, "; ".join(part for part in (t.why(x.why), x.reason) if part)


def _survey(t: Teller, x: f.SurveyStarted) -> Words:
    return t.say.text("The survey began"), t.say.text("about %(operator)s", operator=t.operator(x.operator))


def _asked(t: Teller, x: f.SurveyQuestionAsked) -> Words:
    again = t.say.text("asked again") if x.attempt > 1 else ""
    return t.say.text("Asked: %(question)s", question=t.quoted(t.names.question(x.question))), again


def _answered(t: Teller, x: f.SurveyAnswered) -> Words:
    answer = t.names.answer(x.question, x.answer)
    return t.say.text("Rated: %(answer)s", answer=t.quoted(answer)), t.by(x.by)


def _not_understood(t: Teller, x: f.SurveyNotUnderstood) -> Words:
    return t.say.text("No answer to the question"), t.say.text(HEARD[x.heard]) if x.heard in HEARD else x.heard


def _survey_over(t: Teller, x: f.SurveyFinished) -> Words:
    return t.say.text("The survey ended"), "" if x.complete else t.say.text("not all questions were answered")


def _ended(t: Teller, x: f.CallEnded) -> Words:
    return t.say.text("The call ended: %(by)s", by=t.by(x.by)), t.why(x.why)


GRADES = {SoundGrade.GOOD: N_("good"), SoundGrade.FAIR: N_("fair"), SoundGrade.POOR: N_("poor")}


def _sound(t: Teller, x: f.SoundMeasured) -> Words:
    who = t.say.text("the caller") if x.party == "caller" else t.operator(x.party)
    grade = t.say.text(GRADES[grade_of(x.mos)])
    values = {
        "mos": t.say.number(round(x.mos, 1)),
        "loss": t.say.number(round(100 * x.loss_in, 1)),
        "jitter": round(x.jitter_ms),
    }
    detail = t.say.text("score %(mos)s of 4.5, %(loss)s %% lost, jitter %(jitter)s ms", **values)
    return t.say.text("Sound of %(who)s: %(grade)s", who=who, grade=grade), detail


def _recorded(t: Teller, x: f.CallRecorded) -> Words:
    return t.say.text("The conversation was recorded"), t.say.duration(x.seconds)


def _presence(t: Teller, x: f.PresenceChanged) -> Words:
    values = {"operator": t.operator(x.operator), "state": t.say.text(PRESENCE[x.presence])}
    return t.say.text("%(operator)s: %(state)s", **values), t.why(x.why)


WORDS: dict[type[f.Fact], tuple[str, str, Callable[[Teller, Any], Words]]] = {
    f.CallArrived: ("phone-in", "accent", _arrived),
    f.LineWasClosed: ("clock", "warn", _closed),
    f.CallQueued: ("clock", "", _queued),
    f.CallOffered: ("phone", "", _offered),
    f.OfferMissed: ("phone-missed", "warn", _missed),
    f.OperatorJoined: ("headset", "good", _joined),
    f.PhraseHeard: ("speaker", "", _heard),
    f.StepTicked: ("tick", "good", _ticked),
    f.StepUnticked: ("cross", "", _unticked),
    f.StageOpened: ("list", "", _stage),
    f.CallerNamed: ("person", "", _named),
    f.NeedRestated: ("note", "", _need),
    f.TopicChosen: ("book", "", _topic),
    f.NotesWritten: ("note", "", _notes),
    f.AgendaWritten: ("list", "", _agenda),
    f.AgendaAsked: ("question", "", _agenda_asked),
    f.ReferralGiven: ("info", "accent", _referred),
    f.SatisfactionNoted: ("star", "", _satisfaction),
    f.ArticleUsed: ("book", "good", _article),
    f.ArticleMissed: ("question", "warn", _missed_article),
    f.PlacedOnHold: ("pause", "warn", _held),
    f.ResumedFromHold: ("play", "", _resumed),
    f.HoldOverran: ("pause", "warn", _overran),
    f.HintGiven: ("info", "", _hint),
    f.HearingLost: ("microphone-off", "warn", _hearing_lost),
    f.HearingRegained: ("microphone", "", _hearing_regained),
    f.NumberAsked: ("question", "", _number_asked),
    f.NumberMissed: ("question", "warn", _number_missed),
    f.NumberGiven: ("phone", "good", _number_given),
    f.NumberGivenUp: ("question", "warn", _number_given_up),
    f.HangUpAwaited: ("hang-up", "", _awaited),
    f.CallerTold: ("info", "", _told),
    f.TransferStarted: ("transfer", "accent", _transfer),
    f.SourceLeft: ("transfer", "", _source_left),
    f.TransferCompleted: ("transfer", "good", _transferred),
    f.TransferFailed: ("transfer", "bad", _transfer_failed),
    f.PromiseMade: ("callback", "accent", _promised),
    f.PromiseAttempted: ("callback", "warn", _attempted),
    f.PromiseKept: ("callback", "good", _kept),
    f.PromiseClosed: ("callback", "", _promise_closed),
    f.CallPlaced: ("phone-out", "accent", _placed),
    f.CalleeAnswered: ("phone", "good", _callee_answered),
    f.CalleeNotReached: ("phone-missed", "warn", _not_reached),
    f.OperatorLeft: ("exit", "", _left),
    f.SurveyStarted: ("star", "accent", _survey),
    f.SurveyQuestionAsked: ("question", "", _asked),
    f.SurveyAnswered: ("star", "good", _answered),
    f.SurveyNotUnderstood: ("question", "warn", _not_understood),
    f.SurveyFinished: ("star", "", _survey_over),
    f.CallEnded: ("hang-up", "", _ended),
    f.SoundMeasured: ("signal", "", _sound),
    f.CallRecorded: ("record", "", _recorded),
    f.PresenceChanged: ("person", "", _presence),
}
"""Kind of fact to icon, tone and words."""
