"""A profile read aloud: what its own phrases tick."""

from __future__ import annotations

from app.domain import facts as f
from app.domain.cues import words_of
from app.domain.flow import Flow, Stage
from app.domain.profile import Profile

VALUES = {
    "greeting": "Добрый день",
    "surname": "Иванова",
    "name": "Анна",
    "patronymic": "Сергеевна",
    "position": "главный специалист",
    "caller": "Иван Петрович",
    "need": "когда будет готов ответ",
    "next_opening": "в понедельник, шестнадцатого ноября, в девять часов",
    "due": "18.11 15:00",
    "return_in": "3 минуты",
    "target": "Петров Олег Ильич",
    "referral": "Росреестр",
    "referral_contacts": "телефон 8 800 100-34-34, официальный сайт rosreestr.gov.ru",
    "question": "По какому адресу Вы живёте?",
}


def values_of(profile: Profile) -> dict[str, str]:
    unit = profile.units[-1].name
    return {
        **VALUES,
        "body": profile.body,
        "unit": unit,
        "target_unit": unit,
        "topic": profile.topics[0].title,
        "hours": profile.hours_text,
    }


def said_in(profile: Profile, stage: Stage) -> list[str]:
    """Every variant of the stage's phrases, rendered."""
    values = values_of(profile)
    return [variant.format_map(values) for phrase in stage.phrases for variant in phrase.variants]


def ticked_by(flow: Flow, text: str, speaker: f.Speaker = f.Speaker.OPERATOR) -> set[tuple[str, str]]:
    """(Stage, step) that the phrase ticks from this speaker."""
    listened = flow.ear.listen(words_of(text))
    return {
        (stage.id, step.id)
        for stage in flow.stages
        for step in stage.steps
        if step.speaker is speaker and listened.best(step.cues) and not listened.best(step.unless)
    }
