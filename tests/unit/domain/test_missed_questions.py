"""Questions without an article: how they are gathered, and what is masked in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.dictionary import normal_form
from app.domain.article_form import form_for
from app.domain.missed_questions import Decision, MissedQuestion, QuestionGroup, grouped, key_of, within
from app.domain.personal_words import without_personal_data

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def missed(asked: str, hours: int = 0, *, call: str = "", unit: str = "", topic: str = "") -> MissedQuestion:
    return MissedQuestion(asked, call or f"c{hours}", NOON + timedelta(hours=hours), unit, topic)


def groups(*questions: MissedQuestion, decisions: tuple[Decision, ...] = ()) -> tuple[QuestionGroup, ...]:
    return grouped(questions, decisions, normal_form)


def test_forms_of_words_and_small_words_do_not_divide_questions() -> None:
    one, other = groups(
        missed("кто чинит фонтан", 1, unit="line", topic="yard"),
        missed("Скажите, а кто будет чинить фонтаны?", 2, unit="line"),
        missed("как перенести газовую трубу", 3),
        missed("чинят ли фонтан зимой", 4, unit="reception"),
    )
    assert [q.at.hour for q in one.questions] == [13, 14, 16]
    assert (one.asked, one.unit, one.topic) == ("чинят ли фонтан зимой", "line", "yard")
    assert one.calls == ("c4", "c2", "c1")
    assert other.asked == "как перенести газовую трубу"


def test_groups_do_not_depend_on_the_order_of_reading() -> None:
    asked = [
        missed(text, n) for n, text in enumerate(["лифт стоит", "лифт не работает", "лифт гремит ночью", "лифт"])
    ]
    assert groups(*asked) == groups(*reversed(asked))


@pytest.mark.parametrize("asked", ["когда же можно", "15", "да"])
def test_a_question_of_small_words_only_is_a_group_of_its_own(asked: str) -> None:
    assert len(groups(missed(asked), missed("крыша течёт", 1))) == 2


def test_nothing_but_signs_is_no_question() -> None:
    assert key_of("***?!", normal_form) == ""
    assert groups(missed("***?!")) == ()


def test_a_closed_question_stays_closed_for_all_that_is_alike() -> None:
    key = key_of("кто чинит фонтан", normal_form)
    closed = Decision(key, True, "чинит город", "boss", NOON + timedelta(hours=2), "кто чинит фонтан")
    (only,) = groups(missed("чинят ли фонтан", 1), missed("чинить фонтан", 3), decisions=(closed,))
    assert (only.key, only.closed, only.since_closed) == (key, closed, 1)
    (empty,) = groups(decisions=(closed,))
    assert (empty.asked, empty.last) == ("кто чинит фонтан", None)
    again = Decision(key, False, "", "boss", NOON + timedelta(hours=4))
    (only,) = groups(missed("чинить фонтан", 3), decisions=(closed, again))
    assert only.closed is None
    assert groups(decisions=(closed, again)) == ()


def test_days_are_those_of_the_zone() -> None:
    (group,) = groups(missed("фонтан", 0), missed("фонтаны", 11))
    november = NOON.date()
    assert len(within(group, november, november, ZoneInfo("Asia/Novosibirsk")).questions) == 1
    assert len(within(group, november, november, ZoneInfo("Europe/London")).questions) == 2


def test_an_article_begins_with_the_wordings_that_tell_nobodys_data() -> None:
    (group,) = groups(missed("кто чинит фонтан", 1, topic="yard"), missed("чинит фонтан ***", 2))
    form = form_for(group, "line")
    assert (form.title, form.questions, form.unit, form.topics) == (
        "Кто чинит фонтан",
        "кто чинит фонтан",
        "line",
        ("yard",),
    )


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Перезвоните на +7 (927) 123-45-67 или 88512392000", "Перезвоните на *** или ***"),
        ("мой номер восемь девятьсот двадцать семь сто двадцать три", "мой номер ***"),
        ("пишите на anna.p@mail.ru", "пишите на ***"),
        ("Анне не пришла квитанция, это Анна", "*** не пришла квитанция, это ***"),
        ("Спросить Иванову Марию Ильиничну о доме 15", "Спросить *** о доме 15"),
        ("Мне обещал Сергей Кузьмич, кабинет 204", "Мне обещал ***, кабинет 204"),
        ("меня зовут иван петрович хочу субсидию", "меня зовут *** хочу субсидию"),
        ("у Николая Алексеевича Фёдорова долг", "у *** долг"),
        ("условна ли норма по статье 157 за 2026 год", "условна ли норма по статье 157 за 2026 год"),
        ("два три года не чистят крышу", "два три года не чистят крышу"),
    ],
)
def test_personal_data_is_masked(text: str, masked: str) -> None:
    assert without_personal_data(text, ["Анна Сергеевна"], normal_form) == masked
