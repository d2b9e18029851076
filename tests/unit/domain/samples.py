"""A small organisation, and one sample of every fact and command, for the tests of the rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Phase, evolve, fold
from app.domain.conduct import decide
from app.domain.facts import By, Speaker
from app.domain.flow import (
    Flow,
    Kind,
    NeedWas,
    Next,
    Phrase,
    Stage,
    Step,
    Survey,
    SurveyAnswer,
    SurveyQuestion,
)
from app.domain.internal_numbers import InternalNumbers
from app.domain.profile import Need, Profile, Referral, Terms, Topic, Unit
from app.domain.working_time import Schedule

ZONE = ZoneInfo("Europe/Astrakhan")
NOW = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)
"""A Wednesday, 10:00 in Astrakhan."""
LUNCH = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
CALLER = "+79271234567"

HOURS = ((time(8, 30), time(12)), (time(13), time(17, 30)))
SCHEDULE = Schedule(ZONE, dict.fromkeys(range(5), HOURS))

INCOMING = Flow(
    "incoming",
    (
        Stage(
            "greeting",
            "Приветствие",
            ("education 3.5.5",),
            (Phrase(("{greeting}! Меня зовут {name}.",)),),
            (
                Step("hello", "Поздороваться", ("добрый день", "здравствуйте")),
                Step("name", "Назвать себя", ("меня зовут",)),
            ),
            next=(Next("needs"),),
        ),
        Stage(
            "needs",
            "Потребность",
            ("housing 5.5",),
            (),
            (Step("told", "Рассказ", ("у меня вопрос",), Speaker.CALLER),),
            next=(Next("farewell", Kind.ANSWERED), Next("transfer", Kind.TRANSFER)),
        ),
        Stage(
            "transfer",
            "Переключение",
            ("housing 5.7",),
            (),
            (Step("told", "Предупредить", ("переключаю вас",), unless=("не буду",)),),
            next=(Next("needs", Kind.BACK),),
        ),
        Stage(
            "farewell",
            "Прощание",
            ("heritage 3.2.3",),
            (
                Phrase(("Спасибо, {caller}!", "Спасибо!")),
                Phrase(("Рады помочь.",), NeedWas.MET),
                Phrase(("Мы вернёмся с ответом.",), NeedWas.UNMET),
            ),
            (
                Step("thanks", "Поблагодарить", ("спасибо за обращение",)),
                Step("goodbye", "Попрощаться", ("до свидания",)),
            ),
            end=True,
        ),
    ),
)
GOODBYE = Stage(
    "farewell", "Прощание", ("education 3.5.6",), (), (Step("goodbye", "Попрощаться", ("до свидания",)),), end=True
)
OUTGOING = Flow("outgoing", (GOODBYE,))
INTERNAL = Flow("internal", (GOODBYE,))
SURVEY = Survey(
    ("housing 5.12",),
    (
        SurveyQuestion(
            "answer_received",
            "Получен ли ответ на Ваш вопрос?",
            "Получен ли ответ? Да: один, нет: два.",
            (
                SurveyAnswer("yes", "да", "1", ("да", "получен")),
                SurveyAnswer("no", "нет", "2", ("нет", "не получен")),
            ),
        ),
        SurveyQuestion(
            "satisfaction",
            "Оцените качество работы консультанта",
            "Оцените качество: один, два или три.",
            (
                SurveyAnswer("satisfied", "удовлетворен", "1", ("удовлетворен",)),
                SurveyAnswer("partly", "частично удовлетворен", "2", ("частично", "частично удовлетворен")),
                SurveyAnswer("dissatisfied", "не удовлетворен", "3", ("не удовлетворен",)),
            ),
        ),
    ),
)
PROFILE = Profile(
    id="sample",
    body="Служба",
    schedule=SCHEDULE,
    hours_text="по будням",
    units=(
        Unit("line", "Линия", ("+7 (8512) 24-50-22", "line")),
        Unit("visits", "Приём", ("8 (8512) 24-50-23", "visits")),
    ),
    terms=Terms(),
    incoming=INCOMING,
    outgoing=OUTGOING,
    internal=INTERNAL,
    internal_numbers=(InternalNumbers("2xx"),),
    referrals=(Referral("fund", "Фонд", "официальный сайт"),),
    survey=SURVEY,
    topics=(Topic("repairs", "Ремонт", needs=(Need("roof", "Починить крышу"),)),),
    announcements={},
    version="1",
)

FACTS: tuple[f.Fact, ...] = (
    f.CallArrived(CALLER, "line", "line", "sample", "1"),
    f.LineWasClosed(NOW + timedelta(hours=1)),
    f.CallQueued("line"),
    f.CallOffered("anna"),
    f.OfferMissed("anna", "no_answer"),
    f.OperatorJoined("anna"),
    f.PhraseHeard(Speaker.OPERATOR, "anna", "добрый день", 1.0, 2.0, (("добрый", 1.0, 1.5), ("день", 1.5, 2.0))),
    f.StepTicked("greeting", "hello", By.SPEECH, "добрый день", 0.9, "liniya-demo-ru 1"),
    f.StepUnticked("greeting", "hello"),
    f.StageOpened("needs"),
    f.CallerNamed("Иван Петрович"),
    f.NeedRestated("когда починят крышу"),
    f.TopicChosen("repairs", "roof"),
    f.AgendaWritten(("адрес дома", "номер квартиры")),
    f.AgendaAsked("адрес дома"),
    f.ReferralGiven("fund"),
    f.SatisfactionNoted(satisfied=True),
    f.NotesWritten("перезвонить"),
    f.ArticleUsed("roof-leak", 2, "Течёт крыша"),
    f.ArticleMissed("кто чинит фонтан", "said"),
    f.PlacedOnHold(60),
    f.SoundMeasured("caller", 0.01, None, 4.0, 31.5, 4.1),
    f.CallRecorded("2026/11/22/c1", 61.2),
    f.ResumedFromHold(12.5),
    f.HoldOverran(1),
    f.HintGiven("anna", "stop_word", "Спокойнее.", 12.5, "вы обязаны", 0.0, "aggression"),
    f.HearingLost(Speaker.OPERATOR, "anna", "spared"),
    f.HearingRegained(Speaker.OPERATOR, "anna"),
    f.NumberAsked(1),
    f.NumberMissed("refused"),
    f.NumberGiven(By.VOICE),
    f.NumberGivenUp(),
    f.HangUpAwaited(),
    f.CallerTold(By.HAND),
    f.TransferStarted("anna", "boris"),
    f.SourceLeft("anna"),
    f.TransferCompleted("anna", "boris"),
    f.TransferFailed("anna", "boris", "busy"),
    f.PromiseMade("p1", CALLER, "крыша", NOW + timedelta(hours=2), "утром", By.OPERATOR, "anna"),
    f.PromiseAttempted("p1", "busy"),
    f.PromiseKept("p1", late=False),
    f.PromiseClosed("p1", "anna", "ответ дан письмом"),
    f.CallPlaced("anna", CALLER, "line", "sample", "1", "p1"),
    f.CalleeAnswered(),
    f.CalleeNotReached("busy"),
    f.OperatorLeft("anna", "farewell"),
    f.SurveyStarted("anna"),
    f.SurveyQuestionAsked("answer_received", 1),
    f.SurveyAnswered("answer_received", "yes", By.KEY),
    f.SurveyNotUnderstood("answer_received", "silence"),
    f.SurveyFinished(complete=True),
    f.CallEnded(By.CALLER, "hung_up"),
    f.PresenceChanged("anna", f.Presence.READY),
)

COMMANDS: tuple[c.Command, ...] = (
    c.TakeCall(CALLER, "line"),
    c.Offer("anna"),
    c.OperatorAnswers("anna"),
    c.OperatorAnswers("boris"),
    c.OperatorMisses("anna", "declined"),
    c.OperatorMisses("boris", "busy"),
    c.CalleeAnswers(),
    c.CalleeAnswers(late=True),
    c.CalleeMisses("busy"),
    c.CallerHangsUp(),
    c.CallerHangsUp("lost"),
    c.OperatorDrops("anna", lost=True),
    c.OperatorDrops("anna", lost=False),
    c.OperatorDrops("boris", lost=True),
    c.PressKey("1"),
    c.PressKey("2"),
    c.PressKey("#"),
    c.HearPhrase(Speaker.OPERATOR, "anna", "переключаю вас спасибо за обращение до свидания", 3.0, 5.0),
    c.HearPhrase(Speaker.CALLER, "", "у меня вопрос", 3.0, 5.0),
    c.HearPhrase(Speaker.CALLER, "", " ", 3.0, 5.0),
    c.PlaceOnHold(60),
    c.PlaceOnHold(0),
    c.Resume(),
    c.AskToHoldOn(),
    c.NoticeSilence(),
    c.LoseHearing(Speaker.OPERATOR, "anna", "spared"),
    c.RegainHearing(Speaker.OPERATOR, "anna"),
    c.TypeNumber("8 927 123-45-67"),
    c.TypeNumber("12"),
    c.SayNumber("+79271234567"),
    c.SayNumber("12"),
    c.MissNumber("nonsense"),
    c.MeasureSound("caller", 0.01234567, None, 4.04, 31.49, 4.1234),
    c.KeepRecording("2026/11/22/c1", 61.23),
    c.TellOfTransfer(),
    c.Transfer("boris", target_is_free=True, told=True),
    c.Transfer("anna", target_is_free=True, told=True),
    c.Transfer("boris", target_is_free=False, told=True),
    c.Transfer("boris", target_is_free=True),
    c.TakeBack(),
    c.HangUp(),
    c.HangUp("угрозы"),
    c.SendToSurvey(),
    c.Tick("greeting", "hello"),
    c.Tick("greeting", "nothing"),
    c.Untick("greeting", "hello"),
    c.OpenStage("farewell"),
    c.OpenStage("nowhere"),
    c.NameCaller("Иван Петрович"),
    c.RestateNeed("крыша"),
    c.ChooseTopic("repairs"),
    c.ChooseTopic("repairs", "roof"),
    c.ChooseTopic("repairs", "nothing"),
    c.ChooseTopic("nothing"),
    c.WriteAgenda(" адрес дома\n\n номер  квартиры\nадрес дома"),
    c.WriteAgenda("\n".join(map(str, range(60)))),
    c.AskOfAgenda("адрес дома"),
    c.AskOfAgenda("адрес дома", asked=False),
    c.AskOfAgenda("чего нет"),
    c.GiveReferral("fund"),
    c.GiveReferral("nobody"),
    c.NoteSatisfaction(satisfied=True),
    c.NoteSatisfaction(satisfied=False),
    c.WriteNotes("заметка"),
    c.WriteNotes("х" * 5000),
    c.UseArticle("roof-leak", 2, "Течёт крыша"),
    c.MissArticle("кто чинит фонтан", "said"),
    c.MissArticle(" ", "said"),
    c.MakePromise("p2", "8 927 123-45-67", "крыша", None, "утром"),
    c.MakePromise("p2", "12", "крыша", None, ""),
    c.MakePromise("p2", CALLER, " ", None, ""),
    c.MakePromise("p2", CALLER, "крыша", NOW - timedelta(days=400), ""),
    c.PlaceCall("anna", "8 927 123-45-67", "p1"),
    c.PlaceCall("anna", "12"),
    c.BeginSurvey(),
    c.AnswerSurvey("answer_received", "yes", By.VOICE),
    c.AnswerSurvey("satisfaction", "partly", By.VOICE),
    c.AnswerSurvey("", "yes", By.VOICE),
    c.MissSurveyAnswer("answer_received", "silence"),
    c.MissSurveyAnswer("satisfaction", "nonsense"),
    c.End("finished"),
    c.Interrupt("p9"),
)

_TALKING = (FACTS[0], FACTS[2], FACTS[3], FACTS[5])
_PARTED = (*_TALKING, f.OperatorLeft("anna", "farewell"))
LOGS: dict[Phase, tuple[f.Fact, ...]] = {
    Phase.NEW: (),
    Phase.ARRIVED: FACTS[:1],
    Phase.CLOSED: FACTS[:2],
    Phase.WAITING: _TALKING[:2],
    Phase.OFFERED: _TALKING[:3],
    Phase.TALKING: _TALKING,
    Phase.HELD: (*_TALKING, f.PlacedOnHold(60)),
    Phase.TRANSFERRING: (*_TALKING, f.CallerTold(By.HAND), f.TransferStarted("anna", "boris")),
    Phase.DIALLING: (f.CallPlaced("anna", CALLER, "line", "sample", "1", "p1"),),
    Phase.PARTED: _PARTED,
    Phase.SURVEY: (*_PARTED, f.SurveyStarted("anna"), f.SurveyQuestionAsked("answer_received", 1)),
    Phase.LEAVING: (*_PARTED, f.SurveyStarted("anna"), f.SurveyFinished(complete=False), f.HangUpAwaited()),
    Phase.ENDED: (*_PARTED, f.CallEnded(By.CALLER, "hung_up")),
}
"""A log that leads to each phase."""


def recorded(call: Call, facts: Sequence[f.Fact], at: datetime = NOW) -> list[f.Recorded]:
    """The facts, numbered on from the call."""
    return [f.Recorded(f"call:{call.id}", call.seq + n, at, fact) for n, fact in enumerate(facts, 1)]


def call_in(phase: Phase, *more: f.Fact) -> Call:
    """A call in that phase, and what came after."""
    return fold("c1", recorded(Call(id="c1"), (*LOGS[phase], *more)))


def after(call: Call, *facts: f.Fact, at: datetime = NOW) -> Call:
    for entry in recorded(call, facts, at):
        call = evolve(call, entry)
    return call


def does(call: Call, *commands: c.Command, now: datetime = NOW, profile: Profile = PROFILE) -> Call:
    """The call after the commands."""
    for command in commands:
        call = after(call, *decide(profile, call, command, now), at=now)
    return call
