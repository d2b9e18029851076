"""Profiles from YAML: what is good is read whole, what is wrong is told with file and line."""

from __future__ import annotations

import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.domain.errors import BadFlow
from app.domain.facts import Speaker
from app.domain.flow import Step, SurveyAnswer, Terms, Topic, Unit
from app.domain.working_time import intervals_of, is_open
from app.storage.flow_scripts import REQUIRED_ANNOUNCEMENTS
from app.storage.flows import FILES, load_profile

YEARS = range(2025, 2027)
FLOWS = Path(__file__).parents[3] / "call_flows"

GOOD = {
    "profile.yaml": """\
id: mayor
body: Приёмная
zone: Asia/Novosibirsk
hours:
  mon: ["9:00-12:00", "13:00-18:00"]
  fri: ["9:00-17:00"]
hours_text: с девяти
shortened_eve: 60
overrides:
  2026-05-08: ["10:00-11:00"]
  2026-05-11: []
units:
  - {id: reception, name: Приёмная, numbers: ["+7 383 222-33-44"]}
  - {id: lands, name: Земля}
terms:
  callback_hours: 1.5
  offer_s: 15
  max_transfers: 1
""",
    "incoming.yaml": """\
stages:
  - id: greeting
    title: Приветствие
    source: labour 9
    field: caller
    phrases:
      - "{greeting}! Меня зовут {name}."
    questions: ["Какой вопрос?"]
    steps:
      - {id: hello, title: Поздороваться, cues: [добрый день, "здравств*"]}
      - {id: answered, title: Ответил, cues: ["меня зовут"], speaker: caller}
  - id: bye
    title: Прощание
""",
    "outgoing.yaml": """\
stages:
  - id: hello
    title: Приветствие
""",
    "survey.yaml": """\
source: housing 5.12
attempts: 3
questions:
  - id: answer_received
    text: Получен ли ответ?
    prompt: Нажмите один или два.
    answers:
      - {id: yes, text: да, key: 1, spoken: [да, конечно]}
      - {id: no, text: нет, key: 2}
""",
    "topics.yaml": """\
topics:
  - {id: roof, title: Крыша, questions: ["Где течёт?"]}
""",
    "announcements.yaml": "\n".join(f"{name}: Текст" for name in sorted(REQUIRED_ANNOUNCEMENTS)) + "\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mayor"
    folder.mkdir()
    for name, text in GOOD.items():
        (folder / name).write_text(text)
    return folder


def test_a_profile_is_read_whole(folder: Path) -> None:
    profile = load_profile(folder, years=YEARS)
    assert (profile.id, profile.body, profile.hours_text) == ("mayor", "Приёмная", "с девяти")
    assert profile.units == (
        Unit("reception", "Приёмная", ("+7 383 222-33-44",)),
        Unit("lands", "Земля", ()),
    )
    assert profile.terms == Terms(callback=timedelta(hours=1.5), offer_s=15, max_transfers=1)
    assert profile.topics == (Topic("roof", "Крыша", ("Где течёт?",)),)
    assert set(profile.announcements) == REQUIRED_ANNOUNCEMENTS


def test_the_script_is_read_whole(folder: Path) -> None:
    incoming = load_profile(folder, years=YEARS).incoming
    greeting, bye = incoming.stages
    assert (incoming.id, greeting.title, greeting.source, greeting.field) == (
        "incoming",
        "Приветствие",
        "labour 9",
        "caller",
    )
    assert greeting.steps == (
        Step("hello", "Поздороваться", ("добрый день", "здравств*")),
        Step("answered", "Ответил", ("меня зовут",), Speaker.CALLER),
    )
    assert (bye.phrases, bye.steps, bye.field) == ((), (), "")


def test_a_text_is_what_is_written_and_not_what_yaml_guesses(folder: Path) -> None:
    """YAML takes a bare `yes` for a truth value and `1` for a number."""
    survey = load_profile(folder, years=YEARS).survey
    assert survey.attempts == 3
    assert survey.questions[0].answers == (
        SurveyAnswer("yes", "да", "1", ("да", "конечно")),
        SurveyAnswer("no", "нет", "2", ()),
    )


def test_the_hours_follow_week_calendar_overrides_and_eves(folder: Path) -> None:
    schedule = load_profile(folder, years=YEARS).schedule
    assert schedule.zone == ZoneInfo("Asia/Novosibirsk")
    assert intervals_of(schedule, date(2026, 3, 2)) == ((time(9), time(12)), (time(13), time(18)))
    assert intervals_of(schedule, date(2026, 3, 3)) == ()
    assert intervals_of(schedule, date(2026, 5, 8)) == ((time(10), time(11)),)
    assert intervals_of(schedule, date(2026, 5, 11)) == ()
    assert intervals_of(schedule, date(2026, 3, 9)) == ()
    assert intervals_of(schedule, date(2025, 3, 7)) == ((time(9), time(16)),)


def test_the_demonstrations_line_is_always_open(folder: Path) -> None:
    sunday = datetime(2026, 3, 1, 3, 0, tzinfo=ZoneInfo("UTC"))
    assert not is_open(load_profile(folder, years=YEARS).schedule, sunday)
    assert is_open(load_profile(folder, always_open=True, years=YEARS).schedule, sunday)


def test_the_version_changes_with_every_file(folder: Path) -> None:
    versions = {load_profile(folder, years=YEARS).version}
    assert load_profile(folder, years=YEARS).version in versions
    for name in FILES:
        with (folder / name).open("a") as file:
            file.write("# a remark\n")
        versions.add(load_profile(folder, years=YEARS).version)
    assert len(versions) == 1 + len(FILES)


def test_missing_files_come_from_the_default_profile(folder: Path) -> None:
    default = folder.parent / "default"
    shutil.copytree(folder, default)
    (folder / "topics.yaml").unlink()
    (default / "topics.yaml").write_text("topics:\n  - {id: any, title: Любая}\n")
    assert load_profile(folder, years=YEARS).topics == (Topic("any", "Любая"),)


def test_the_profile_itself_has_no_default(folder: Path) -> None:
    shutil.copytree(folder, folder.parent / "default")
    (folder / "profile.yaml").unlink()
    with pytest.raises(BadFlow, match=r"mayor/profile\.yaml: the file is not there$"):
        load_profile(folder, years=YEARS)


def test_a_file_that_is_nowhere_is_told(folder: Path) -> None:
    (folder / "survey.yaml").unlink()
    with pytest.raises(BadFlow, match=r"mayor/survey\.yaml: the file is not there, nor in .*default"):
        load_profile(folder, years=YEARS)


WRONG = [
    # file, what is replaced, by what, what is told
    ("profile.yaml", "body: Приёмная\n", "", r":1: lacks the key «body»"),
    ("profile.yaml", "body: Приёмная", "boddy: Приёмная", r":2: unknown key «boddy»; known are body, hours"),
    ("profile.yaml", "body: Приёмная", "body: [Приёмная]", r":2: «body» must be a text, not a list"),
    ("profile.yaml", "body: Приёмная", "body:", r":2: «body» must be a text, and stands empty"),
    ("profile.yaml", "body: Приёмная", "body: А\nbody: Б", r":3: key «body» stands twice, first in line 2"),
    ("profile.yaml", "id: mayor", "id: мэр", r":1: «id» is «мэр»; an id has Latin letters"),
    ("profile.yaml", "Asia/Novosibirsk", "Asia/Nowhere", r":3: «zone» is «Asia/Nowhere», which is not a time zone"),
    ("profile.yaml", "Asia/Novosibirsk", "../../etc/passwd", r":3: «zone» is"),
    ("profile.yaml", "  mon:", "  monday:", r":5: unknown key «monday»; known are fri, mon, sat"),
    ("profile.yaml", '"9:00-12:00"', '"9-12"', r":5: «mon» has «9-12»; write hours as 8:30-12:00"),
    ("profile.yaml", '"9:00-12:00"', '"9:00-25:00"', r":5: «mon» has «9:00-25:00»; hours go to 23"),
    ("profile.yaml", '"9:00-12:00"', '"9:00-14:00"', r":5: «mon» 13:00-18:00 must begin before it ends, and after"),
    ("profile.yaml", "2026-05-08:", "8 мая:", r":10: «8 мая» is not a day; write it as 2026-05-08"),
    ("profile.yaml", "shortened_eve: 60", "shortened_eve: 45", r":8: «shortened_eve» is «45»; known are 0, 60"),
    ("profile.yaml", "offer_s: 15", "offer_s: soon", r":17: «offer_s» must be a whole number from 5 to 300"),
    (
        "profile.yaml",
        "max_transfers: 1",
        "max_transfers: 3",
        r":18: «max_transfers» must be a whole number",
    ),
    ("profile.yaml", "callback_hours: 1.5", "callback_hours: .nan", r":16: «callback_hours» must be a number"),
    ("profile.yaml", "id: lands", "id: reception", r":14: unit «reception» stands twice, first in line 13"),
    (
        "profile.yaml",
        "name: Земля}",
        "name: Земля, numbers: [8-383-2223344]}",
        r":14: number «3832223344» stands twice, first in line 13",
    ),
    ("incoming.yaml", "{name}", "{nam}", r":7: unknown variable \{nam\} in «"),
    ("incoming.yaml", "{name}", "{name", r":7: «.*: expected '}'"),
    ("incoming.yaml", '"здравств*"', '"—"', r":10: «cues» is «—», which has no words"),
    ("incoming.yaml", "speaker: caller", "speaker: boss", r":11: «speaker» is «boss»; known are caller, operator"),
    ("incoming.yaml", "field: caller", "field: age", r':5: «field» is «age»; known are "", caller, need'),
    ("incoming.yaml", "id: bye", "id: greeting", r":12: stage «greeting» stands twice, first in line 2"),
    ("incoming.yaml", "id: answered", "id: hello", r":11: step «hello» stands twice, first in line 10"),
    ("incoming.yaml", "stages:\n", "stages: {}\n#", r"must be a list, not keys with values|not YAML"),
    ("outgoing.yaml", GOOD["outgoing.yaml"], "", r":1: the file is empty"),
    ("outgoing.yaml", GOOD["outgoing.yaml"], "stages: []\n", r":1: «stages» must have at least one stage"),
    ("outgoing.yaml", GOOD["outgoing.yaml"], "- a\n", r":1: must have keys with values, not a list"),
    ("outgoing.yaml", "title: Приветствие", "title: 'Приветствие", r":\d: not YAML: "),
    ("outgoing.yaml", "stages:", "---\na: b\n---\nstages:", r":\d: not YAML: "),
    ("survey.yaml", "key: 2", "key: 1", r":9: key «1» stands twice, first in line 8"),
    ("survey.yaml", "key: 2", "key: 12", r":9: «key» is «12»; known are 1, 2"),
    ("survey.yaml", "key: 2}", 'key: 2, spoken: ["Да!"]}', r":9: spoken answer «да» stands twice, first in line 8"),
    ("survey.yaml", "attempts: 3", "attempts: 0", r":2: «attempts» must be a whole number from 1 to 5"),
    ("survey.yaml", "    prompt: Нажмите один или два.\n", "", r":4: «questions» lacks the key «prompt»"),
    ("topics.yaml", "title: Крыша", "titel: Крыша", r":2: unknown key «titel»"),
    ("announcements.yaml", "welcome: Текст\n", "", r":1: lacks the announcement «welcome»"),
    ("announcements.yaml", "closed: Текст", "closed: Откроемся {tomorrow}", r":1: unknown variable \{tomorrow\}"),
]


@pytest.mark.parametrize(("name", "good", "bad", "told"), WRONG)
def test_what_is_wrong_is_told_with_file_and_line(folder: Path, name: str, good: str, bad: str, told: str) -> None:
    text = (folder / name).read_text()
    assert good in text
    (folder / name).write_text(text.replace(good, bad))
    with pytest.raises(BadFlow, match=told) as error:
        load_profile(folder, years=YEARS)
    assert str(error.value).startswith(str(folder / name))


def test_hours_without_any_day_are_refused(folder: Path) -> None:
    text = (folder / "profile.yaml").read_text()
    start, end = text.index("  mon:"), text.index("hours_text")
    (folder / "profile.yaml").write_text(text[:start] + "  mon: []\n" + text[end:])
    with pytest.raises(BadFlow, match=r"profile\.yaml:5: «hours» working hours: no day of the week has any"):
        load_profile(folder, years=YEARS)


def test_a_file_that_is_not_utf8_is_told(folder: Path) -> None:
    (folder / "topics.yaml").write_bytes("topics: Крыша".encode("cp1251"))
    with pytest.raises(BadFlow, match=r"topics\.yaml: not UTF-8 at byte 8"):
        load_profile(folder, years=YEARS)


def test_objects_of_python_are_never_made(folder: Path) -> None:
    (folder / "topics.yaml").write_text("topics: !!python/object/apply:os.getcwd []\n")
    assert load_profile(folder, years=YEARS).topics == ()


def test_the_flow_of_housing_can_be_used() -> None:
    profile = load_profile(FLOWS / "housing", years=range(2024, 2028))
    assert profile.schedule.zone == ZoneInfo("Europe/Astrakhan")
    assert intervals_of(profile.schedule, date(2026, 3, 2)) == (
        (time(8, 30), time(12)),
        (time(13), time(17, 30)),
    )
    assert profile.unit_of("+78512245022") is profile.units[0]
    # Verbatim (L15), and under the ids that the statistics count.
    asked = {
        question.id: (question.text, [answer.text for answer in question.answers])
        for question in profile.survey.questions
    }
    assert asked == {
        "answer_received": ("Получен ли ответ на Ваш вопрос?", ["да", "нет"]),
        "satisfaction": (
            "Оцените качество работы консультанта",
            ["удовлетворен", "частично удовлетворен", "не удовлетворен"],
        ),
    }
