"""The forms of the files of `call_flows/` as JSON Schema (draft 2020-12), from the lists of the loader."""

from __future__ import annotations

from typing import Any

from app.domain.check_books import OF_CLOSED, OF_ONE
from app.domain.flow import FIELDS, VARIABLES, Kind, NeedWas
from app.domain.profile import ClosedAction, ClosedReason
from app.domain.regulations import RULES, Carried
from app.domain.working_time import DAY_NAMES
from app.storage.flow_scripts import KEYS, REQUIRED_ANNOUNCEMENTS

Schema = dict[str, Any]

OF_ANNOUNCEMENTS = tuple(sorted(OF_CLOSED.union(*OF_ONE.values())))
OF_CUES = ("body", "short")


def schemas() -> dict[str, Schema]:
    """Name of the file kind to its schema."""
    flow_titles = {"incoming": "Входящий звонок", "outgoing": "Исходящий звонок", "internal": "Внутренний звонок"}
    return {
        "profile": _headed("Организация", _profile()),
        **{name: _headed(title, _flow()) for name, title in flow_titles.items()},
        "closed": _headed("Нерабочее время", _closed()),
        "survey": _headed("Вопросы оценки", _survey()),
        "topics": _headed("Темы обращений", _object({"topics": _list(_topic())}, ["topics"])),
        "announcements": _headed("Что линия говорит сама", _announcements()),
        "referrals": _headed("Куда направить", _object({"referrals": _list(_referral())}, ["referrals"])),
        "speech": _headed("Речь сотрудника", _speech()),
        "cues": _headed("Общие наборы cues", _cue_sets()),
        "regulation": _headed("Пункты порядка", _regulation()),
    }


def _headed(title: str, schema: Schema) -> Schema:
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **schema}


# --- kinds of values ------------------------------------------------------------------------------------------


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(items: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": items, **({"minItems": least} if least else {})}


def _text(about: str = "") -> Schema:
    return {"type": "string", "pattern": r"\S", **_about(about)}


def _about(about: str) -> Schema:
    return {"description": about} if about else {}


def _with_variables(names: tuple[str, ...], about: str = "") -> Schema:
    """A text in which just these stand in braces."""
    known = "|".join(sorted(names))
    return {"type": "string", "pattern": rf"^(?=[\s\S]*\S)([^{{}}]|\{{({known})\}})*$", **_about(about)}


def _identifier(about: str = "") -> Schema:
    return {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", **_about(about)}


def _one_of(values: Any, about: str = "") -> Schema:
    return {"enum": sorted(str(value) for value in values), **_about(about)}


def _whole(least: int, most: int, about: str = "") -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most, **_about(about)}


def _texts(about: str = "") -> Schema:
    return {**_list(_text()), **_about(about)}


def _cues(about: str = "") -> Schema:
    return {**_list(_with_variables(OF_CUES)), **_about(about)}


def _sources() -> Schema:
    one = _text()
    return {"anyOf": [one, _list(one)], "description": "Пункт порядка: housing 5.8; или список пунктов"}


# --- the files ------------------------------------------------------------------------------------------------


def _flow() -> Schema:
    properties = {"start": _identifier("С какого этапа начать; иначе с первого"), "stages": _list(_stage(), 1)}
    return _object(properties, ["stages"])


def _stage() -> Schema:
    return _object(
        {
            "id": _identifier("Имя этапа латиницей; по нему считается статистика"),
            "title": _text("Как этап назван на панели"),
            "source": _sources(),
            "fields": {**_list(_one_of(FIELDS)), "uniqueItems": True},
            "phrases": _list(_phrase()),
            "questions": _list(_with_variables(tuple(VARIABLES))),
            "steps": _list(_step()),
            "next": {"anyOf": [_identifier("Следующий этап"), _list(_edge(), 1)]},
            "end": {"type": "boolean", "description": "Здесь разговор может закончиться"},
        },
        ["id", "title"],
    )


def _phrase() -> Schema:
    variant = _with_variables(tuple(VARIABLES))
    variants = {**_list(variant, 1), "uniqueItems": True}
    by_need = _object({"when": _one_of(NeedWas, "Решён ли вопрос"), "variants": variants}, ["when", "variants"])
    return {"anyOf": [variant, variants, by_need], "description": "Фраза: текст или список её вариантов"}


def _step() -> Schema:
    return _object(
        {
            "id": _identifier(),
            "title": _text(),
            "cues": _cues("По каким словам слышно"),
            "like": {
                "anyOf": [_identifier(), _list(_identifier(), 1)],
                "description": "Набор из cues.yaml или несколько: их cues и unless добавятся",
            },
            "unless": _cues("Если в той же фразе слышно это, шаг не отмечается"),
            "speaker": _one_of(("operator", "caller")),
        },
        ["id", "title"],
    )


def _cue_sets() -> Schema:
    one = _object({"cues": _cues("По каким словам слышно"), "unless": _cues("Что этому мешает")}, ["cues"])
    name = _identifier("Имя набора: шаги берут его по like")
    return {"type": "object", "propertyNames": name, "additionalProperties": one}


def _edge() -> Schema:
    return _object(
        {"to": _identifier("Этап"), "when": _one_of(Kind, "В каком случае"), "title": _text("Как назван переход")},
        ["to"],
    )


def _profile() -> Schema:
    hours = _list({"type": "string", "pattern": r"^\d{1,2}:\d{2}\s*[-–]\s*\d{1,2}:\d{2}$"})
    return _object(
        {
            "id": _identifier(),
            "body": _text("Полное название, именительный падеж"),
            "short": _text("Название для узких мест панели"),
            "zone": _text("Часовой пояс: Europe/Astrakhan"),
            "hours": _object(dict.fromkeys(DAY_NAMES, hours), []),
            "hours_text": _text("Те же часы словами, после «Мы отвечаем на звонки»"),
            "shortened_eve": {"enum": [0, 60]},
            "overrides": {
                "type": "object",
                "propertyNames": {"pattern": r"^\d{4}-\d{2}-\d{2}$"},
                "additionalProperties": hours,
            },
            "units": _list(_unit(), 1),
            "internal": _texts("Внутренние номера: 112, 2xx, 100-199"),
            "terms": _terms(),
        },
        ["id", "body", "zone", "hours", "hours_text", "units"],
    )


def _unit() -> Schema:
    return _object(
        {
            "id": _identifier(),
            "name": _text(),
            "numbers": _texts("По каким номерам звонят сюда"),
            "topics": _list(_identifier()),
            "overflow": {"type": "string", "description": "Кого спросить ещё, если все заняты"},
        },
        ["id", "name"],
    )


def _terms() -> Schema:
    hours = {"type": "number", "minimum": 0.25, "maximum": 400}
    return _object(
        {
            "callback_hours": {**hours, "description": "Рабочих часов до обещанного звонка"},
            "clarification_hours": {**hours, "description": "Срок уточняющего звонка, без выходных"},
            "offer_s": _whole(5, 300, "Сколько звонит у одного сотрудника, с"),
            "wrap_up_s": _whole(0, 3600, "Время на оформление, с"),
            "survey_answer_s": _whole(2, 60, "Сколько ждать ответа на вопрос оценки, с"),
            "max_transfers": _whole(0, 2, "Переключений за один звонок"),
            "hold_s": _whole(5, 1800, "Предлагаемое время удержания, с"),
            "overflow_s": _whole(0, 3600, "Через сколько спросить запасное подразделение, с"),
            "caller_hangs_up": {"type": "boolean", "description": "После прощания трубку кладёт абонент"},
            "training_months": _whole(1, 120, "Сколько месяцев действует обучение"),
            "training_bars": {"type": "boolean", "description": "Без обучения звонки не поступают"},
            "review_days": _whole(1, 366, "Раз в сколько дней пересматривать статьи"),
        },
        [],
    )


def _closed() -> Schema:
    key = _object({"key": _one_of(KEYS), "action": _one_of(ClosedAction)}, ["key", "action"])
    say = _object({str(reason): _text() for reason in ClosedReason}, [str(ClosedReason.NIGHT)])
    properties = {"source": _sources(), "say": say, "keys": _list(key), "wait_s": _whole(1, 60)}
    return _object(properties, ["say"])


def _survey() -> Schema:
    answer = _object(
        {
            "id": _identifier(),
            "text": _text("Дословно, как в порядке"),
            "key": _one_of(KEYS),
            "spoken": _list(_text()),
        },
        ["id", "text", "key"],
    )
    question = _object(
        {
            "id": _identifier(),
            "text": _text("Дословно, как в порядке"),
            "prompt": _with_variables((), "Что слышит абонент"),
            "answers": _list(answer, 2),
        },
        ["id", "text", "prompt", "answers"],
    )
    properties = {"source": _sources(), "attempts": _whole(1, 5), "questions": _list(question, 1)}
    return _object(properties, ["source", "questions"])


def _topic() -> Schema:
    need = _object({"id": _identifier(), "title": _text()}, ["id", "title"])
    return _object(
        {
            "id": _identifier(),
            "title": _text(),
            "questions": _list(_with_variables(())),
            "needs": {**_list(need), "description": "Типовые потребности"},
            "unit": _identifier("Какое подразделение знает об этом больше всех"),
        },
        ["id", "title"],
    )


def _announcements() -> Schema:
    text = _with_variables(OF_ANNOUNCEMENTS)
    return {"type": "object", "required": sorted(REQUIRED_ANNOUNCEMENTS), "additionalProperties": text}


def _referral() -> Schema:
    return _object(
        {
            "id": _identifier(),
            "topics": _list(_identifier()),
            "questions": _texts("Какие вопросы туда"),
            "body": _text("Кто компетентен, именительный падеж"),
            "contacts": _text("Только то, что верно наверняка"),
            "say": _with_variables((), "Готовая фраза"),
            "source": _sources(),
        },
        ["id", "body", "contacts"],
    )


def _speech() -> Schema:
    def words(what: str) -> Schema:
        return _object({what: _cues(), "unless": _cues(), "advice": _text()}, [what, "advice"])

    pace = {
        "slowest": _whole(1, 400),
        "fastest": _whole(1, 400),
        "over_s": _whole(5, 120),
        "slower": _text(),
        "faster": _text(),
    }
    stop = _object(
        {"id": _identifier(), "words": _cues(), "unless": _cues(), "advice": _text()}, ["id", "words", "advice"]
    )
    tautology = {"over_words": _whole(2, 100), "advice": _text(), "allowed": _cues()}
    return _object(
        {
            "source": _sources(),
            "pace": _object(pace, ["slowest", "fastest"]),
            "pause_s": _whole(2, 600),
            "hint_every_s": _whole(1, 600),
            "silence_advice": _text(),
            "interjections": words("words"),
            "fillers": words("words"),
            "stop_words": _list(stop),
            "evasions": words("phrases"),
            "tautology": _object(tautology, ["over_words", "advice"]),
            "interruptions": _object({"advice": _text()}, ["advice"]),
        },
        ["source"],
    )


def _regulation() -> Schema:
    carried = {str(one): _text() for one in Carried}
    clause = {
        **_object(
            {
                "id": {"type": "string", "pattern": r"^\d+(\.\d+)*$"},
                "says": _text("Наш краткий пересказ"),
                "rules": _list(_one_of(RULES)),
                **carried,
            },
            ["id", "says"],
        ),
        "oneOf": [{"required": [name]} for name in carried],
    }
    properties = {
        "id": {"type": "string", "pattern": "^[a-z][a-z_]{0,31}$"},
        "title": _text(),
        "order": {"type": "string"},
        "clauses": _list(clause),
    }
    return _object(properties, ["id", "title", "order", "clauses"])
