"""A few weeks of a line as its journal: every outcome, every rating, transfers and promises. Always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain import facts as f
from app.domain.facts import By, Fact, Recorded, Speaker

ZONE = ZoneInfo("Europe/Astrakhan")
OPERATORS = ("ivanova", "petrov", "sidorova")
TALK = (
    (Speaker.OPERATOR, "Добрый день, министерство, оператор Иванова. Чем могу помочь?"),
    (Speaker.CALLER, "Здравствуйте, мне дважды начислили плату за отопление, куда обратиться?"),
    (Speaker.OPERATOR, "Правильно ли я понимаю, что в квитанции плата за отопление указана дважды?"),
    (Speaker.CALLER, "Да, именно так, за октябрь два раза, что теперь делать?"),
    (Speaker.OPERATOR, "Подайте заявление о перерасчёте, вам ответят за десять дней. Вы удовлетворены ответом?"),
    (Speaker.CALLER, "Да, спасибо большое, до свидания."),
)


@dataclass
class Script:
    """One stream, written fact by fact as time goes on."""

    stream: str
    at: datetime
    written: list[Recorded] = field(default_factory=list)

    def add(self, *facts: Fact, after: float = 1.0) -> Script:
        self.at += timedelta(seconds=after)
        for fact in facts:
            self.written.append(Recorded(self.stream, len(self.written) + 1, self.at, fact))
        return self


def arrived(call: str, at: datetime, number: str) -> Script:
    return Script(f"call:{call}", at).add(
        f.CallArrived(number, "78512245022", "reception", "housing", "v1"), after=0
    )


def answered(call: str, at: datetime, number: str, operator: str, *, wait_s: float, talk_s: float) -> Script:
    """Up to the end of the conversation."""
    script = arrived(call, at, number).add(f.CallQueued("reception"), after=0.2)
    script.add(f.CallOffered(operator), after=0.5).add(f.OperatorJoined(operator), after=wait_s)
    script.add(f.StageOpened("greeting"), f.CallerNamed("Анна Петровна"))
    step = talk_s / (len(TALK) + 1)
    for number_, (speaker, text) in enumerate(TALK):
        start = wait_s + number_ * step
        script.add(f.PhraseHeard(speaker, operator, text, start, start + step / 2), after=step)
        if number_ == 0:
            script.add(f.StepTicked("greeting", "hello", By.SPEECH, "добрый день", 0.97), after=0.1)
    return script.add(
        f.TopicChosen("charges"), f.NotesWritten("Квитанция за октябрь.\nСоветовали заявление о перерасчёте.")
    )


def rated(script: Script, operator: str, satisfaction: str, *, yes: bool) -> Script:
    script.add(f.OperatorLeft(operator, "to_survey"), f.SurveyStarted(operator))
    script.add(f.SurveyQuestionAsked("answer_received", 1), after=0)
    script.add(f.SurveyAnswered("answer_received", "yes" if yes else "no", By.KEY), after=4)
    script.add(f.SurveyQuestionAsked("satisfaction", 1), after=0).add(
        f.SurveyNotUnderstood("satisfaction", "silence")
    )
    script.add(f.SurveyQuestionAsked("satisfaction", 2), after=1)
    script.add(f.SurveyAnswered("satisfaction", satisfaction, By.VOICE), f.SurveyFinished(complete=True), after=3)
    return script.add(f.CallEnded(By.LINE, "finished"))


def transferred(call: str, at: datetime) -> Script:
    """Held, passed on, with a failed attempt in between, and a promise."""
    script = answered(call, at, "+79271234567", "ivanova", wait_s=9, talk_s=120)
    script.add(f.PlacedOnHold(60), after=3).add(f.ResumedFromHold(41.0), after=41)
    script.add(f.CallerTold(By.SPEECH), f.TransferStarted("ivanova", "petrov"))
    script.add(f.TransferFailed("ivanova", "petrov", "no_answer"), after=20)
    script.add(f.CallerTold(By.HAND), f.TransferStarted("ivanova", "sidorova"))
    script.add(f.TransferCompleted("ivanova", "sidorova"), after=6)
    due = at + timedelta(hours=5)
    script.add(
        f.NeedRestated("Двойное начисление за отопление"),
        f.PromiseMade(f"p-{call}", "+79271234567", "Порядок перерасчёта", due, "после 15:00", By.HAND, "sidorova"),
        after=40,
    )
    return rated(script, "sidorova", "partly", yes=True)


def lost(call: str, at: datetime) -> Script:
    script = arrived(call, at, "+79880001122").add(f.CallQueued("reception")).add(f.CallOffered("petrov"))
    script.add(f.OfferMissed("petrov", "no_answer"), after=20)
    return script.add(f.CallEnded(By.CALLER, "hung_up"), after=8)


def out_of_hours(call: str, at: datetime) -> Script:
    opening = at + timedelta(hours=12)
    script = arrived(call, at, "").add(f.LineWasClosed(opening), after=0.1)
    return script.add(f.CallEnded(By.LINE, "closed"), after=18)


def called_out(call: str, at: datetime, promise: str) -> Script:
    placed = f.CallPlaced("petrov", "+79271234567", "reception", "housing", "v1", promise)
    script = (
        Script(f"call:{call}", at)
        .add(placed, after=0)
        .add(f.CalleeAnswered(), f.PromiseKept(promise, late=True), after=9)
    )
    return script.add(f.OperatorLeft("petrov", "farewell"), after=50).add(
        f.CallEnded(By.OPERATOR, "hung_up"), after=0
    )


def some_weeks(now: datetime, days: int = 60) -> list[Recorded]:
    """The journal of the days up to `now`, busy in office hours, in order of time."""
    chance = random.Random(7)
    streams: list[Script] = []
    for back in range(days, -1, -1):
        day = (now.astimezone(ZONE) - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        streams.extend(_one_day(day, chance))
    written = [one for script in streams for one in script.written if one.at < now]
    return sorted(written, key=lambda one: (one.at, one.stream, one.seq))


def _one_day(day: datetime, chance: random.Random) -> Iterator[Script]:
    name = f"{day:%Y%m%d}"
    if day.weekday() >= 5:
        yield out_of_hours(f"{name}-closed", day + timedelta(hours=11))
        return
    for number in range(chance.randint(14, 24)):
        at = day + timedelta(
            hours=chance.choice([8.6, 9, 9.5, 10, 10.5, 11, 13.2, 14, 15, 16, 17]), seconds=number * 61
        )
        call, operator = f"{name}-{number}", chance.choice(OPERATORS)
        phone = f"+7927{chance.randint(1000000, 9999999)}"
        wait_s, talk_s = chance.uniform(3, 40), chance.uniform(60, 400)
        kind = chance.random()
        if kind < 0.1:
            yield lost(call, at)
        elif kind < 0.75:
            script = answered(call, at, phone, operator, wait_s=wait_s, talk_s=talk_s)
            satisfaction = chance.choices(("satisfied", "partly", "dissatisfied"), (8, 2, 1))[0]
            yield rated(script, operator, satisfaction, yes=chance.random() < 0.9)
        else:
            script = answered(call, at, phone, operator, wait_s=wait_s, talk_s=talk_s)
            script.add(f.OperatorLeft(operator, "caller_gone"))
            yield script.add(f.CallEnded(By.CALLER, "hung_up"))
    yield transferred(f"{name}-moved", day + timedelta(hours=10.25))
    yield out_of_hours(f"{name}-early", day + timedelta(hours=7))
    if day.day % 9:
        yield called_out(f"{name}-back", day + timedelta(hours=16.5), f"p-{name}-moved")
