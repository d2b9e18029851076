"""`liniya flows check`: each fault is found with file and line, and all of them at once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.domain.drafts import Finding, Severity
from app.storage.check_profile import check_profile

FLOWS = Path(__file__).parents[3] / "call_flows"

ERROR, WARNING = Severity.ERROR, Severity.WARNING
IN, OUT, TOPICS, SURVEY = "incoming.yaml", "outgoing.yaml", "topics.yaml", "survey.yaml"
ELSEWHERE = {
    "no stage «farewell»",
    "no step «told»",
    "ticks both greeting/body and greeting/help",
    "unknown key «cuse»",
    "its unless suppresses it",
    "unknown variable {hours}",
}
"""Told of the file, of the stage, of the other cue, of the cue that is suppressed, of a text's first line."""
ANNOUNCED, REFERRED, PROFILE, SPEECH = "announcements.yaml", "referrals.yaml", "profile.yaml", "speech.yaml"


def copied(target: Path) -> Path:
    """Housing without its articles, with the files that it inherits as its own."""
    shutil.copytree(FLOWS / "default", target / "housing")
    only_scripts = shutil.ignore_patterns("articles")
    shutil.copytree(FLOWS / "housing", target / "housing", dirs_exist_ok=True, ignore=only_scripts)
    shutil.copytree(FLOWS / "regulations", target / "regulations")
    return target / "housing"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What is found of the copy as it is."""
    return {one.text for one in check_profile(copied(tmp_path_factory.mktemp("as_it_is")))}


def broken(folder: Path, file: str, old: str, new: str) -> int:
    """Put `new` in the place of the first `old`; the line that it stands in."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{file} has no «{old}»"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def new_findings(folder: Path, before: set[str]) -> list[Finding]:
    return [one for one in check_profile(folder) if one.text not in before]


@pytest.mark.parametrize(
    ("file", "old", "new", "said", "severity"),
    [
        (IN, "Чем могу Вам помочь?", "{help}?", "unknown variable {help}", ERROR),
        (IN, "Чем могу Вам помочь?", "{unit", "«{greeting}", ERROR),
        (OUT, "{to: status, when: agreed", "{to: statsu, when: agreed", "«statsu», which does not exist", ERROR),
        (IN, "start: greeting", "start: hello", "«hello», which does not exist", ERROR),
        (IN, "when: answered, title: Ответ дан", "whne: answered", "unknown key «whne»", ERROR),
        (IN, "like: help", "cues: [до свидания]", "ticks farewell/goodbye, too", ERROR),
        (IN, "like: help", "cues: [ну что ж до свидания]", "by its cue «до свидания|встречи»", ERROR),
        (IN, "like: help", "cues: [жилнадзор]", "ticks both greeting/body and greeting/help", WARNING),
        (IN, "like: help", "cues: [слушаю вас, слушаю вас]", "stands twice in greeting/help", WARNING),
        (IN, "like: help", "like: halp", "there is no such set of cues", ERROR),
        (IN, "like: ask_number", "cues: [ваш номер]\n        unless: [номер]", "its unless suppresses it", ERROR),
        ("cues.yaml", "goodbye:\n  cues:", "goodbye:\n  cuse:", "unknown key «cuse»", ERROR),
        (IN, "source: housing 5.5", "source: housing 5.55", "housing has no clause 5.55", ERROR),
        (IN, "source: housing 5.5", "source: taxes 5", "there is no regulation «taxes»", ERROR),
        (IN, "source: housing 5.5", "source: по совести", "write it as «housing 5.8»", ERROR),
        (IN, "- Какого результата Вы ждёте?", "- Что произошло и когда это началось?", "stands twice", WARNING),
        (IN, "Уточните, пожалуйста, какой", "Запись {referral}, какой", "{referral} is never known", WARNING),
        (IN, "- id: farewell", "- id: goodbye_stage", "no stage «farewell»", WARNING),
        (IN, "- id: told", "- id: telling", "no step «told»", ERROR),
        (ANNOUNCED, "hold_back:", "hold_bakc:", "the announcement «hold_bakc» is never said", WARNING),
        (ANNOUNCED, "Вам ответят в порядке", "{hours} в порядке", "unknown variable {hours}", ERROR),
        ("closed.yaml", "lunch: closed_lunch", "lunch: closed_dinner", "no announcement «closed_dinner»", ERROR),
        (REFERRED, "topics: [utilities, gas]", "topics: [utilities, gsa]", "there is no topic «gsa»", ERROR),
        (SURVEY, "          - отчасти", "          - недоволен", "is meant for «partly»", ERROR),
        (SPEECH, "words: [как бы,", "words: [ага, как бы,", "stands in interjections, too", ERROR),
        (PROFILE, "с тринадцати до", "с четырнадцати до", "does not say «с тринадцати до семнадцати", ERROR),
        (
            PROFILE,
            "hours_text: по будням",
            "hours_text: по рабочим дням",
            "hours_text and hours may differ",
            WARNING,
        ),
        (TOPICS, "  - id: status", "  - unit: nobody\n    id: status", "there is no unit «nobody»", ERROR),
        (PROFILE, "zone: Europe/Astrakhan", "zone: Astrakhan", "not a time zone", ERROR),
        (PROFILE, "offer_s: 20", "offer_s: 2000", "from 5 to 300", ERROR),
        (SPEECH, "pause_s: 12", "pause_s: twelve", "from 2 to 600", ERROR),
    ],
)
def test_a_fault_is_found_with_its_line(
    folder: Path, before: set[str], file: str, old: str, new: str, said: str, severity: Severity
) -> None:
    line = broken(folder, file, old, new)
    found = [one for one in new_findings(folder, before) if said in one.text]
    assert found
    assert {one.severity for one in found} == {severity}
    assert {Path(one.place.file).name for one in found} == {file}
    assert said in ELSEWHERE or line in {one.place.line for one in found}


def test_lines_are_exact(folder: Path) -> None:
    line = broken(folder, IN, "Чем могу Вам помочь?", "{help}?")
    found = [one for one in check_profile(folder) if "{help}" in one.text]
    assert [one.place.line for one in found] == [line]


def test_all_faults_are_told_at_once(folder: Path, before: set[str]) -> None:
    broken(folder, IN, "Чем могу Вам помочь?", "{help}?")
    broken(folder, IN, "Слушаю Вас.", "{hello}.")
    broken(folder, OUT, "{to: promise, when: later", "{to: promsie, when: later")
    broken(folder, TOPICS, "  - id: status", "  - id: status\n    unti: nobody")
    broken(folder, SURVEY, 'key: "1"', 'key: "one"')
    broken(folder, REFERRED, "topics: [utilities, gas]", "topics: [utilities, gsa]")
    text = "\n".join(one.text for one in new_findings(folder, before))
    for said in ("{help}", "{hello}", "«promsie»", "«unti»", "«one»", "«gsa»"):
        assert said in text


def test_a_stage_that_nothing_leads_to_and_one_that_leads_nowhere(folder: Path) -> None:
    (folder / "internal.yaml").write_text(
        "stages:\n"
        "  - {id: one, title: Раз, phrases: [[а, б]], next: farewell}\n"
        "  - {id: lost, title: Два, phrases: [[а, б]], next: farewell}\n"
        "  - {id: loop, title: Три, phrases: [[а, б]], next: loop}\n"
        "  - {id: farewell, title: Всё, end: true}\n",
        encoding="utf-8",
    )
    found = {
        (one.place.line, one.text.partition(":")[0])
        for one in check_profile(folder)
        if "internal" in one.place.file
    }
    assert (3, "the stage «lost» cannot be reached from «one»") in found
    assert (4, "the stage «loop» reaches no end") in found
    assert (5, "the stage «farewell» has nothing to say") in found


def test_what_cannot_be_shown_and_a_stage_that_falls_silent(folder: Path) -> None:
    (folder / "internal.yaml").write_text(
        "stages:\n"
        "  - id: one\n    title: Раз\n    next: farewell\n    phrases:\n"
        '      - ["{need} а", "{need} б"]\n'
        '      - ["{caller} а", "{caller} б"]\n'
        "  - id: farewell\n    title: Всё\n    end: true\n    phrases:\n"
        "      - {when: met, variants: [а, б]}\n"
        "      - в\n",
        encoding="utf-8",
    )
    found = {one.place.line: one for one in check_profile(folder) if "internal" in one.place.file}
    assert "«{need} б» can never be shown: at «one» {need} is never known" in found[6].text
    assert found[6].severity is ERROR
    assert "falls silent" in found[2].text
    assert "has no variant" in found[13].text


def test_broken_files_are_told_and_the_others_still_read(folder: Path, before: set[str]) -> None:
    (folder / OUT).write_text("stages: [", encoding="utf-8")
    (folder / SURVEY).write_bytes(b"\xff")
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "articles" / "bad.md").write_text("---\ntitle: [\n", encoding="utf-8")
    broken(folder, IN, "Чем могу Вам помочь?", "{help}?")
    found = new_findings(folder, before)
    assert {Path(one.place.file).name for one in found} >= {OUT, SURVEY, IN, "bad.md"}
    (folder / PROFILE).unlink()
    assert any("the file is not there" in one.text for one in check_profile(folder))


def test_articles_name_what_there_is(folder: Path) -> None:
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "articles" / "one.md").write_text(
        "---\ntitle: Как?\nkind: question\nunit: nobody\ntopics: [status, nothing]\nquestions: [а, б, в]\n"
        "sources: [housing 5.99, Жилищный кодекс]\nreviewed: 2026-11-02\n---\nТак.\n",
        encoding="utf-8",
    )
    found = {
        (one.place.line, one.text.partition(";")[0]) for one in check_profile(folder) if "one.md" in one.place.file
    }
    assert found == {
        (4, "there is no unit «nobody»"),
        (5, "there is no topic «nothing»"),
        (7, "housing has no clause 5.99"),
    }


@pytest.mark.parametrize("name", [path.parent.name for path in sorted(FLOWS.glob("*/profile.yaml"))])
def test_the_profiles_that_we_publish_are_without_fault(name: str) -> None:
    found = check_profile(FLOWS / name)
    assert not [f"{one.place}: {one.text}" for one in found if one.severity is ERROR]


def test_a_body_with_nothing_but_its_profile_speaks_by_default(tmp_path: Path) -> None:
    """What every profile inherits is without fault, warnings included."""
    shutil.copytree(FLOWS / "default", tmp_path / "default")
    shutil.copytree(FLOWS / "regulations", tmp_path / "regulations")
    (tmp_path / "sixth").mkdir()
    shutil.copy(FLOWS / "housing" / PROFILE, tmp_path / "sixth")
    assert not [f"{one.place}: {one.text}" for one in check_profile(tmp_path / "sixth")]
