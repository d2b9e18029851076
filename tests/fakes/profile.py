"""An organisation like the housing inspection, small and in code."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from zoneinfo import ZoneInfo

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
from app.domain.working_time import Interval, Schedule

DAY: tuple[Interval, ...] = ((time(8, 30), time(12)), (time(13), time(17, 30)))

FAREWELL = Stage(
    "farewell",
    "Прощание",
    ("heritage 3.2.3",),
    (
        Phrase(("Спасибо за обращение, {caller}. До свидания!",)),
        Phrase(("Спасибо за обращение. До свидания!",), NeedWas.MET),
        Phrase(("Мы вернёмся с ответом. До свидания!",), NeedWas.UNMET),
    ),
    (
        Step("thanks", "Поблагодарить", ("спасибо за обращение",)),
        Step("goodbye", "Попрощаться", ("до свидания", "всего доброго")),
    ),
    end=True,
)
GREETING = Stage(
    "greeting",
    "Приветствие",
    ("education 3.5.5",),
    (Phrase(("{greeting}! {body}. Меня зовут {name} {patronymic}, {position}.",)),),
    (
        Step("hello", "Поздороваться", ("здравствуйте", "добрый день")),
        Step("name", "Назвать себя", ("меня зовут",)),
    ),
)
INCOMING = Flow(
    "incoming",
    (
        replace(GREETING, next=(Next("identity"),)),
        Stage(
            "identity",
            "Как обращаться",
            ("education 3.5.5",),
            (Phrase(("Как к Вам обращаться?", "Представьтесь, пожалуйста.")),),
            fields=("caller",),
            next=(Next("needs"),),
        ),
        Stage(
            "needs",
            "Что случилось",
            ("housing 5.5",),
            (Phrase(("{caller}, правильно ли я понимаю: {need}?",)), Phrase(("Какой у Вас вопрос?",))),
            (Step("asked", "Спросить", ("какой у вас вопрос",)),),
            ("Что произошло?",),
            ("need",),
            (
                Next("farewell", Kind.ANSWERED, "Ответ дан"),
                Next("transfer", Kind.TRANSFER),
                Next("promise", Kind.PROMISE),
            ),
        ),
        Stage(
            "transfer",
            "Переключение",
            ("housing 5.7",),
            (Phrase(("Ответит мой коллега: {target}.",)), Phrase(("Переключаю Вас на специалиста.",))),
            (Step("told", "Предупредить", ("переключаю вас",), unless=("не переключаю",)),),
            next=(Next("needs", Kind.BACK),),
        ),
        Stage(
            "promise",
            "Обещание",
            ("housing 5.9",),
            (
                Phrase(("Перезвоним до {due}.",)),
                Phrase(("Осталось спросить: {question} Вам поможет {referral}.",)),
            ),
            next=(Next("farewell", Kind.UNANSWERED),),
        ),
        FAREWELL,
    ),
)
OUTGOING = Flow("outgoing", (replace(GREETING, next=(Next("farewell"),)), FAREWELL))
INTERNAL = Flow("internal", (replace(GREETING, next=(Next("farewell"),)), FAREWELL))

SURVEY = Survey(
    ("housing 5.12",),
    (
        SurveyQuestion(
            "answer_received",
            "Получен ли ответ на Ваш вопрос?",
            "Получен ли ответ? Да: один. Нет: два.",
            (
                SurveyAnswer("yes", "да", "1", ("да", "получен")),
                SurveyAnswer("no", "нет", "2", ("нет", "не получен")),
            ),
        ),
        SurveyQuestion(
            "satisfaction",
            "Оцените качество работы консультанта",
            "Оцените работу консультанта.",
            (
                SurveyAnswer("satisfied", "удовлетворен", "1", ("удовлетворен",)),
                SurveyAnswer("partly", "частично удовлетворен", "2", ("частично удовлетворен", "частично")),
                SurveyAnswer("dissatisfied", "не удовлетворен", "3", ("не удовлетворен",)),
            ),
        ),
    ),
)

FUND = Referral("fund", "Фонд капитального ремонта", "официальный сайт фонда", "Вам поможет {referral}.")
HEATING = Topic("heating", "Отопление", ("Когда отключили?",), (Need("cold", "Холодно в квартире"),), "legal")

ANNOUNCEMENTS = {
    "welcome": "Здравствуйте! Вы позвонили на консультационную линию.",
    "waiting": "Все специалисты заняты.",
    "closed": "Линия не работает. Мы отвечаем {hours}. Откроемся: {next_opening}. Нажмите один.",
    "closed_lunch": "Обед. Откроемся: {next_opening}.",
    "closed_number": "Наберите номер и решётку.",
    "closed_number_wrong": "Такого номера нет, наберите ещё раз.",
    "closed_number_back": "Ваш номер: {number}.",
    "closed_promised": "Мы перезвоним Вам.",
    "hold_on": "Оставайтесь на линии.",
    "hold_longer": "Подождите ещё немного.",
    "connecting": "Переключаем Вас на другого специалиста.",
    "survey_intro": "Ответьте на два вопроса.",
    "survey_repeat": "Ответ не распознан.",
    "survey_thanks": "Спасибо!",
    "trouble": "Технические неполадки.",
}


def profile(*, always_open: bool = False, terms: Terms | None = None) -> Profile:
    """The organisation; `terms` where a test needs others."""
    return Profile(
        id="housing",
        body="Служба жилищного надзора",
        schedule=Schedule(ZoneInfo("Europe/Astrakhan"), dict.fromkeys(range(5), DAY), always_open=always_open),
        hours_text="по будням с 8:30 до 17:30",
        units=(
            Unit("line", "Консультационная линия", ("+7 (8512) 24-50-22",)),
            Unit("legal", "Юристы", ("+7 (8512) 24-50-23",)),
        ),
        terms=terms or Terms(),
        incoming=INCOMING,
        outgoing=OUTGOING,
        internal=INTERNAL,
        internal_numbers=(InternalNumbers("110-199"),),
        referrals=(FUND,),
        survey=SURVEY,
        topics=(HEATING,),
        announcements=ANNOUNCEMENTS,
        version="test",
    )
