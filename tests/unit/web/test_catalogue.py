"""Every text the code uses is there in Russian, and nothing else is."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Message

from app.domain.errors import BadInput
from app.web.catalogue import LOCALE, Catalogue, languages, read_texts
from scripts import update_catalogue

ASTRAKHAN = ZoneInfo("Europe/Astrakhan")
OTHERS = [language for language in languages() if language != "en"]


@pytest.fixture
def russian() -> Catalogue:
    return Catalogue("ru", ASTRAKHAN)


def strings_of(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_none_is_fuzzy(language: str) -> None:
    texts = read_texts(language)
    missing = [message.id for message in texts if message.id and not all(strings_of(message) or [""])]
    fuzzy = [message.id for message in texts if message.id and message.fuzzy]
    assert (missing, fuzzy) == ([], [])


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_holds_exactly_what_the_code_uses(language: str) -> None:
    used = {(message.id, message.context) for message in update_catalogue.used_texts() if message.id}
    known = {(message.id, message.context) for message in read_texts(language) if message.id}
    assert known - used == set(), "run scripts/update_catalogue.py"
    assert used - known == set(), "run scripts/update_catalogue.py and translate"


def test_texts_are_found_in_templates_python_and_scripts() -> None:
    places = {path for message in update_catalogue.used_texts() for path, _line in message.locations}
    assert {"app/web/templates/base.html", "app/web/fact_words.py", "static/js/refresh.js"} <= places


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_variables_of_their_texts(language: str) -> None:
    variables = re.compile(r"%\(\w+\)s")
    for message in read_texts(language):
        if not message.id:
            continue
        wanted = set(variables.findall(message.id if isinstance(message.id, str) else message.id[1]))
        for translated in strings_of(message):
            assert set(variables.findall(translated)) == wanted, message.id


@pytest.mark.parametrize("language", OTHERS)
def test_the_file_stands_as_the_tool_writes_it(language: str) -> None:
    path = LOCALE / language / "LC_MESSAGES" / "liniya.po"
    assert update_catalogue.updated(path, update_catalogue.used_texts()) == path.read_bytes()


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 ответ"), (2, "2 ответа"), (5, "5 ответов"), (11, "11 ответов"), (21, "21 ответ")]
)
def test_plural_forms_follow_the_language(russian: Catalogue, count: int, said: str) -> None:
    assert russian.plural("%(num)s answer", "%(num)s answers", count) == said


def test_scripts_get_the_place_of_each_plural_category(russian: Catalogue) -> None:
    assert russian.for_scripts(panel=False).plural_forms == {"one": 0, "few": 1, "many": 2}


def test_pages_do_not_carry_the_texts_of_the_panel(russian: Catalogue) -> None:
    pages, panel = russian.for_scripts(panel=False).messages, russian.for_scripts(panel=True).messages
    assert pages["Updates by itself"] == "Обновляется само"
    assert set(pages) < set(panel)


def test_times_are_those_of_the_organisation(russian: Catalogue) -> None:
    at = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
    assert russian.moment(at) == "23 нояб. 2026, 01:30"
    assert russian.clock_time(at) == "01:30:00"
    assert russian.day(date(2026, 11, 22)) == "22 ноября 2026\u202fг."


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, "—"), (0, "0:00"), (41.6, "0:42"), (725, "12:05"), (3727, "1:02:07")]
)
def test_durations(russian: Catalogue, seconds: float | None, said: str) -> None:
    assert russian.duration(seconds) == said


def test_english_needs_no_file() -> None:
    english = Catalogue("en", ASTRAKHAN)
    assert english.text("Sign in") == "Sign in"
    assert english.plural("%(num)s answer", "%(num)s answers", 2) == "2 answers"


def test_an_unknown_language_names_those_there_are() -> None:
    with pytest.raises(BadInput, match=r"«tlh».*en, ru"):
        Catalogue("tlh", ASTRAKHAN)
