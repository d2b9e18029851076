"""Profiles from YAML: what is good is read whole, what is wrong is told with file and line."""

from __future__ import annotations

import shutil
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.domain.errors import BadFlow
from app.domain.facts import Speaker
from app.domain.flow import Kind, NeedWas, Next, Phrase, Step, SurveyAnswer
from app.domain.profile import ClosedAction, ClosedKey, ClosedReason, Need, Terms, Topic, Unit
from app.domain.speech_rules import Pace, Tautology, WordList
from app.domain.working_time import intervals_of, is_open
from app.storage.flow_scripts import REQUIRED_ANNOUNCEMENTS
from app.storage.flows import FILES, load_profile

YEARS = range(2025, 2027)
FLOWS = Path(__file__).parents[3] / "call_flows"

GOOD = {
    "profile.yaml": """\
id: mayor
body: Приёмная
short: Приём
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
  - {id: lands, name: Земля, topics: [roof], overflow: reception}
internal: [1xx, 200-299]
terms:
  callback_hours: 1.5
  offer_s: 15
  max_transfers: 1
  caller_hangs_up: true
""",
    "incoming.yaml": """\
stages:
  - id: greeting
    title: Приветствие
    source: labour 9
    fields: [caller]
    phrases:
      - "{greeting}! Меня зовут {name}."
      - [Слушаю Вас., Говорите.]
      - {when: unmet, variants: [Вернёмся с ответом.]}
    questions: ["Какой вопрос?"]
    steps:
      - {id: hello, title: Поздороваться, cues: [добрый день, "здравств*"], unless: [недобрый]}
      - {id: answered, title: Ответил, cues: ["{short} слушает"], speaker: caller}
    next:
      - {to: bye, when: answered, title: Ответ дан}
      - {to: hold, when: look_up}
  - {id: hold, title: Подождать, next: {to: greeting, when: back}, source: [labour 9, housing 5.5]}
  - id: bye
    title: Прощание
    end: true
""",
    "outgoing.yaml": """\
stages:
  - id: hello
    title: Приветствие
    end: true
""",
    "internal.yaml": """\
start: second
stages:
  - {id: first, title: Раз, end: true}
  - {id: second, title: Два, next: first}
""",
    "closed.yaml": """\
source: housing 5.3
say: {night: closed, lunch: closed_lunch}
keys:
  - {key: 1, action: call_back}
  - {key: 2, action: other_number}
wait_s: 8
""",
    "referrals.yaml": """\
referrals:
  - {id: fund, body: Фонд, contacts: телефон 112, topics: [roof], source: property 29}
""",
    "speech.yaml": """\
source: property 22
pace: {slowest: 70, fastest: 130, faster: Живее.}
silence_advice: Тишина.
fillers: {words: [как бы], advice: Короче.}
stop_words:
  - {id: jargon, words: [без базара], advice: Иначе.}
tautology: {over_words: 9, advice: Иначе., allowed: [вопрос]}
interruptions: {advice: Не перебивайте.}
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
  - {id: roof, title: Крыша, questions: ["Где течёт?"], unit: lands, needs: [{id: mend, title: Починить}]}
""",
    "cues.yaml": "bye: {cues: [до свидания], unless: [не до]}\n",
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
        Unit("lands", "Земля", (), ("roof",), "reception"),
    )
    assert profile.terms == Terms(callback=timedelta(hours=1.5), offer_s=15, max_transfers=1, caller_hangs_up=True)
    assert profile.topics == (Topic("roof", "Крыша", ("Где течёт?",), (Need("mend", "Починить"),), "lands"),)
    assert profile.short == "Приём"
    assert [profile.is_internal(number) for number in ("100", "250", "300", "+79271234567", "")] == [
        *(True, True, False, False, False)
    ]
    assert profile.closed.source == ("housing 5.3",)
    assert [profile.closed.announcement(reason) for reason in ClosedReason] == [
        *("closed", "closed_lunch", "closed", "closed")
    ]
    assert profile.closed.keys == (
        ClosedKey("1", ClosedAction.CALL_BACK),
        ClosedKey("2", ClosedAction.OTHER_NUMBER),
    )
    assert profile.closed.wait_s == 8
    (fund,) = profile.referrals
    assert (fund.body, fund.contacts, fund.topics, fund.source) == (
        *("Фонд", "телефон 112", ("roof",), ("property 29",)),
    )
    assert profile.articles == ()
    assert set(profile.announcements) == REQUIRED_ANNOUNCEMENTS


def test_the_script_is_read_whole(folder: Path) -> None:
    incoming = load_profile(folder, years=YEARS).incoming
    greeting, hold, bye = incoming.stages
    assert (incoming.id, greeting.title, greeting.source, greeting.fields) == (
        *("incoming", "Приветствие", ("labour 9",), ("caller",)),
    )
    assert greeting.phrases == (
        Phrase(("{greeting}! Меня зовут {name}.",)),
        Phrase(("Слушаю Вас.", "Говорите.")),
        Phrase(("Вернёмся с ответом.",), NeedWas.UNMET),
    )
    assert greeting.next == (Next("bye", Kind.ANSWERED, "Ответ дан"), Next("hold", Kind.LOOK_UP))
    assert (hold.next, hold.source) == ((Next("greeting", Kind.BACK),), ("labour 9", "housing 5.5"))
    assert (incoming.start, incoming.course) == ("greeting", ("greeting", "bye"))
    assert incoming.is_branch("hold")
    assert greeting.steps == (
        Step("hello", "Поздороваться", ("добрый день", "здравств*"), unless=("недобрый",)),
        Step("answered", "Ответил", ("Приём слушает",), Speaker.CALLER),
    )
    assert (bye.phrases, bye.steps, bye.fields, bye.end) == ((), (), (), True)


def test_a_script_may_start_at_another_stage(folder: Path) -> None:
    internal = load_profile(folder, years=YEARS).internal
    assert (internal.start, internal.course) == ("second", ("second", "first"))


def test_the_rules_of_speech_are_read_whole(folder: Path) -> None:
    speech = load_profile(folder, years=YEARS).speech
    assert speech.source == ("property 22",)
    assert (speech.pace, speech.pause_s, speech.hint_every_s) == (Pace(70, 130, faster="Живее."), 0, 20)
    assert speech.silence_advice == "Тишина."
    assert speech.fillers == WordList("fillers", ("как бы",), "Короче.")
    assert speech.interjections == WordList("interjections")
    assert speech.stop_words == (WordList("jargon", ("без базара",), "Иначе."),)
    assert speech.tautology == Tautology(9, "Иначе.", ("вопрос",))
    assert speech.interruptions == "Не перебивайте."


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
    (default / "topics.yaml").write_text("topics:\n  - {id: roof, title: Любая}\n")
    assert load_profile(folder, years=YEARS).topics == (Topic("roof", "Любая"),)


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
    ("profile.yaml", "Asia/Novosibirsk", "Asia/Nowhere", r":4: «zone» is «Asia/Nowhere», which is not a time zone"),
    ("profile.yaml", "Asia/Novosibirsk", "../../etc/passwd", r":4: «zone» is"),
    ("profile.yaml", "  mon:", "  monday:", r":6: unknown key «monday»; known are fri, mon, sat"),
    ("profile.yaml", '"9:00-12:00"', '"9-12"', r":6: «mon» has «9-12»; write hours as 8:30-12:00"),
    ("profile.yaml", '"9:00-12:00"', '"9:00-25:00"', r":6: «mon» has «9:00-25:00»; hours go to 23"),
    ("profile.yaml", '"9:00-12:00"', '"9:00-14:00"', r":6: «mon» 13:00-18:00 must begin before it ends, and after"),
    ("profile.yaml", "2026-05-08:", "8 мая:", r":11: «8 мая» is not a day; write it as 2026-05-08"),
    ("profile.yaml", "shortened_eve: 60", "shortened_eve: 45", r":9: «shortened_eve» is «45»; known are 0, 60"),
    ("profile.yaml", "offer_s: 15", "offer_s: soon", r":19: «offer_s» must be a whole number from 5 to 300"),
    (
        "profile.yaml",
        "max_transfers: 1",
        "max_transfers: 3",
        r":20: «max_transfers» must be a whole number",
    ),
    ("profile.yaml", "callback_hours: 1.5", "callback_hours: .nan", r":18: «callback_hours» must be a number"),
    ("profile.yaml", "id: lands", "id: reception", r":15: unit «reception» stands twice, first in line 14"),
    (
        "profile.yaml",
        "name: Земля,",
        "name: Земля, numbers: [8-383-2223344],",
        r":15: number «3832223344» stands twice, first in line 14",
    ),
    ("incoming.yaml", "{name}", "{nam}", r":7: unknown variable \{nam\} in «"),
    ("incoming.yaml", "{name}", "{name", r":7: «.*: expected '}'"),
    ("incoming.yaml", '"здравств*"', '"—"', r":12: «cues» is «—», which has no words"),
    ("incoming.yaml", "speaker: caller", "speaker: boss", r":13: «speaker» is «boss»; known are caller, operator"),
    ("incoming.yaml", "fields: [caller]", "fields: [age]", r":5: «fields» is «age»; known are caller, need"),
    ("incoming.yaml", "fields: [caller]", "field: caller", r":5: unknown key «field»; known are end, fields"),
    ("incoming.yaml", "when: unmet", "when: sad", r":9: «when» is «sad»; known are met, unmet"),
    ("incoming.yaml", "[Слушаю Вас., Говорите.]", "[]", r":8: «phrases» must have at least one variant"),
    ("incoming.yaml", "[Слушаю Вас., Говорите.]", "[Да., Да.]", r":8: variant «Да.» stands twice"),
    ("incoming.yaml", "when: look_up", "when: later on", r":16: «when» is «later on»; known are onward, answered"),
    ("incoming.yaml", "to: hold,", "to: held,", r":16: «next» leads to «held», and there is no such stage"),
    ("incoming.yaml", "to: greeting", "to: nowhere", r":17: «next» leads to «nowhere», and there is no such"),
    ("incoming.yaml", "to: hold, when: look_up", "to: bye, when: onward", r":17: .*«hold» cannot be reached from"),
    ("incoming.yaml", "to: greeting", "to: hold", r":17: .*«hold» leads to no end: give it a «next»"),
    ("incoming.yaml", "    end: true\n", "", r":2: .*«greeting» leads to no end"),
    ("incoming.yaml", "{short} слушает", "{caller} слушает", r":13: «cues» has {caller} in «{caller} слушает»"),
    ("incoming.yaml", "[недобрый]", "[—]", r":12: «unless» is «—», which has no words"),
    ("internal.yaml", "start: second", "start: third", r":1: «start» is «third», and there is no such stage"),
    ("internal.yaml", "next: first", "next: []", r":4: «next» must have at least one edge, or stand nowhere"),
    (
        "closed.yaml",
        "lunch: closed_lunch",
        "lunch: closed_dinner",
        r":2: «lunch» is «closed_dinner», and there is no",
    ),
    ("closed.yaml", "night: closed, ", "", r":2: «say» lacks the key «night»"),
    ("closed.yaml", "key: 2", "key: 1", r":5: key «1» stands twice, first in line 4"),
    (
        "closed.yaml",
        "action: other_number",
        "action: sing",
        r":5: «action» is «sing»; known are call_back, other_num",
    ),
    (
        "referrals.yaml",
        "topics: [roof]",
        "topics: [cellar]",
        r":2: «topics» is «cellar», and there is no such topic",
    ),
    ("referrals.yaml", "contacts: телефон 112, ", "", r":2: .*lacks the key «contacts»"),
    ("speech.yaml", "slowest: 70", "slowest: 170", r":2: «pace» goes from 170 to 130 words a minute"),
    ("speech.yaml", "words: [как бы]", "phrases: [как бы]", r":4: unknown key «phrases»"),
    ("speech.yaml", "[без базара]", "[Ну, ну, Ну]", r":6: word «Ну» stands twice"),
    ("topics.yaml", "unit: lands", "unit: seas", r":2: «unit» is «seas», and there is no such unit; known are rec"),
    (
        "profile.yaml",
        "topics: [roof]",
        "topics: [cellar]",
        r":15: «topics» is «cellar», and there is no such topic",
    ),
    (
        "profile.yaml",
        "overflow: reception",
        "overflow: seas",
        r":15: «overflow» is «seas», and there is no such unit",
    ),
    ("profile.yaml", "1xx", "1xy", r":16: «internal» «1xy» is no internal number: write 112, 2xx"),
    ("profile.yaml", "200-299", "299-200", r":16: «internal» «299-200»: a range goes up"),
    ("incoming.yaml", "id: bye", "id: greeting", r":18: stage «greeting» stands twice, first in line 2"),
    ("incoming.yaml", "id: answered", "id: hello", r":13: step «hello» stands twice, first in line 12"),
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
    with pytest.raises(BadFlow, match=r"profile\.yaml:6: «hours» working hours: no day of the week has any"):
        load_profile(folder, years=YEARS)


def test_a_file_that_is_not_utf8_is_told(folder: Path) -> None:
    (folder / "topics.yaml").write_bytes("topics: Крыша".encode("cp1251"))
    with pytest.raises(BadFlow, match=r"topics\.yaml: not UTF-8 at byte 8"):
        load_profile(folder, years=YEARS)


def test_objects_of_python_are_never_made(folder: Path) -> None:
    (folder / "referrals.yaml").write_text("referrals: !!python/object/apply:os.getcwd []\n")
    assert load_profile(folder, years=YEARS).referrals == ()


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
