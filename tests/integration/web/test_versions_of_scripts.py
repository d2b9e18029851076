"""The pages when the scripts change: records keep the words of their version, new pages have the new names."""

from __future__ import annotations

from dataclasses import replace

from app.application.reports import CallRecord
from app.domain.flow import Flow, Stage, Step
from app.domain.script_texts import ScriptTexts
from app.web.app import use_profile
from tests.integration.web.memory import MemoryReads
from tests.integration.web.office import Office, housing, open_office, weeks, words
from tests.integration.web.test_manager_pages import MOVED

OLD = ScriptTexts(
    "v1",
    "housing",
    (Flow("incoming", (Stage("greeting", "Начало беседы", steps=(Step("hello", "Сказать «здравствуйте»"),)),)),),
    topics={"charges": "Плата по-старому"},
)


class ReadsOfVersions(MemoryReads):
    """Remembers what the version of its calls called things."""

    def record(self, call_id: str) -> CallRecord | None:
        found = super().record(call_id)
        return replace(found, script=OLD) if found else None


def office_of_versions() -> Office:
    office = open_office(weeks())
    reads = ReadsOfVersions(office.reads.zone)
    reads.log = office.reads.log
    office.app.state.site = replace(office.app.state.site, reads=reads)
    return office


async def test_a_record_is_told_in_the_words_of_its_version() -> None:
    async with office_of_versions().signed_in("boss") as manager:
        text = words(await manager.get(f"/manager/calls/{MOVED}"))
    for said in ("Начало беседы", "Сказать «здравствуйте» 10:15", "Плата по-старому", "С тех пор сценарий изменён"):
        assert said in text, said
    assert "Как обращаться" not in text, "a stage that the version had not"


async def test_a_new_profile_names_things_from_the_next_page_on() -> None:
    office = open_office(weeks())
    async with office.signed_in("boss") as manager:
        before = words(await manager.get(f"/manager/calls/{MOVED}"))
        topics = tuple(replace(one, title=f"Новое: {one.title}") for one in housing().topics)
        use_profile(office.app, replace(housing(), body="Новая служба", topics=topics))
        page = await manager.get(f"/manager/calls/{MOVED}")
    assert "Новое: " not in before
    assert "Новое: " in words(page)
    assert "Новая служба</title>" in page.text
