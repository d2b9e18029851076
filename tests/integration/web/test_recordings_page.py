"""Recordings and the quality of sound on the page of a call."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain import facts as f
from tests.integration.web.days import answered
from tests.integration.web.office import NOW, Office, open_office, words

SOUND = b"OggS" + bytes(range(256)) * 40


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "c1.opus").write_bytes(SOUND)
    (tmp_path / "c1-2.wav").write_bytes(b"RIFF")
    log = answered("c1", NOW, "+79271234567", "ivanova", wait_s=4, talk_s=60)
    log.add(f.CallRecorded("c1", 61.0), f.CallRecorded("c1-2", 12.0), f.CallRecorded("c1-3", 5.0))
    log.add(f.SoundMeasured("caller", 0.031, None, 12.4, 80.0, 3.4))
    return open_office(log.written, recordings=tmp_path)


async def test_the_page_plays_each_recording_and_tells_how_the_sound_was(office: Office) -> None:
    async with office.signed_in("boss") as manager:
        page = await manager.get("/manager/calls/c1")
        assert page.text.count("<audio controls") == 3
        assert 'src="/manager/calls/c1/recordings/2"' in page.text
        assert "Качество связи (абонент): средняя" in words(page)
        assert "оценка 3,4 из 4,5, потеряно 3,1 %, дрожание 12 мс" in words(page)


async def test_a_recording_comes_whole_and_in_parts(office: Office) -> None:
    async with office.signed_in("boss") as manager:
        whole = await manager.get("/manager/calls/c1/recordings/1")
        assert (whole.content, whole.headers["content-type"]) == (SOUND, "audio/ogg")
        assert whole.headers["cache-control"] == "private, no-store"
        part = await manager.get("/manager/calls/c1/recordings/1", headers={"range": "bytes=4-13"})
        assert (part.status_code, part.content) == (206, bytes(range(10)))
        wav = await manager.get("/manager/calls/c1/recordings/2")
        assert wav.headers["content-type"] == "audio/wav"


@pytest.mark.parametrize("address", ["c1/recordings/3", "c1/recordings/0", "c1/recordings/9", "none/recordings/1"])
async def test_what_is_not_there_is_not_found(office: Office, address: str) -> None:
    async with office.signed_in("boss") as manager:
        assert (await manager.get(f"/manager/calls/{address}")).status_code == 404


async def test_recordings_are_for_managers(office: Office) -> None:
    async with office.browser() as nobody:
        assert (await nobody.get("/manager/calls/c1/recordings/1")).status_code in (302, 303)
    async with office.signed_in("ivanova") as operator:
        assert (await operator.get("/manager/calls/c1/recordings/1")).status_code == 403
