"""The page of announcements over real files of sound: who may do what, and what an upload must be."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.application.announcement_book import Fault
from app.domain.announcements import announcements_of
from app.speech.announcement_book import FileBook
from app.speech.announcement_files import AnnouncementFiles
from app.speech.sound import Sound
from app.speech.voices import EspeakVoice
from app.web import announcements_page
from app.web.announcement_words import FAULTS
from tests.integration.web.office import Office, housing, open_office, words

PAGE = "/announcements"


@pytest.fixture
def files(tmp_path: Path) -> AnnouncementFiles:
    return AnnouncementFiles(tmp_path / "made", tmp_path / "own", EspeakVoice())


@pytest.fixture
def office(files: AnnouncementFiles) -> Iterator[Office]:
    yield open_office(announcements=FileBook(files, announcements_of(housing())))


def tone(seconds: float, rate_hz: int = 44100, channels: int = 2, level: float = 0.05) -> Sound:
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    one = level * np.sin(2 * np.pi * 440 * time)
    return np.column_stack([one] * channels)


def recording(kind: str = "WAV", sound: Sound | None = None, rate_hz: int = 44100) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, tone(2, rate_hz) if sound is None else sound, rate_hz, format=kind)
    return file.getvalue()


def seconds_of(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return float(file.getnframes()) / 8000


async def test_everything_that_a_caller_may_hear_is_on_the_page(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        answer = await browser.get(PAGE)
        text = words(answer)
        for one in announcements_of(housing()):
            assert f'id="{one.name}"' in answer.text
            assert f'src="/announcements/whole/{one.name}"' in answer.text
        assert "Вы третий в очереди." in text
        assert "Музыка ожидания" in text
        assert "ещё не сделан" in text


async def test_an_announcement_sounds_whole_and_in_pieces(office: Office) -> None:
    async with office.signed_in("boss") as browser:
        whole = await browser.get("/announcements/whole/position")
        pieces = [await browser.get(f"/announcements/piece/position.{n}") for n in (1, 2)]
        assert whole.headers["content-type"] == "audio/wav"
        lengths = [seconds_of(piece.content) for piece in pieces]
        assert sum(lengths) < seconds_of(whole.content) < sum(lengths) + 2
        assert seconds_of((await browser.get("/announcements/piece/hold_music")).content) == pytest.approx(24)
        assert "0:24" in words(await browser.get(PAGE))


async def test_sounds_are_for_those_who_are_signed_in_and_may_see_them(office: Office) -> None:
    addresses = [PAGE, "/announcements/whole/welcome", "/announcements/piece/welcome"]
    async with office.browser() as stranger:
        for address in addresses:
            assert (await stranger.get(address)).status_code == 303
            assert (await stranger.get(address, headers={"accept": "audio/*"})).status_code == 401
    async with office.signed_in("ivanova") as operator:
        assert [(await operator.get(address)).status_code for address in addresses] == [403] * 3


@pytest.mark.parametrize("what", ["recording", "take-away", "anew"])
async def test_only_the_administrator_changes_them_and_only_from_this_site(
    office: Office, files: AnnouncementFiles, what: str
) -> None:
    address = f"/announcements/piece/welcome/{what}"
    given = {"recording": ("w.wav", recording())}
    for login in ("boss", "ivanova"):
        async with office.signed_in(login) as browser:
            assert (await browser.post(address, files=given)).status_code == 403
    async with office.signed_in("admin") as browser:
        foreign = {"origin": "http://elsewhere.test"}
        assert (await browser.post(address, files=given, headers=foreign)).status_code == 403
    assert not files.uploads.exists()


@pytest.mark.parametrize("kind", ["WAV", "FLAC", "OGG", "MP3"])
async def test_a_recording_takes_its_place_and_is_taken_away(
    office: Office, files: AnnouncementFiles, kind: str
) -> None:
    async with office.signed_in("admin") as browser:
        given = {"recording": ("любое имя.bin", recording(kind))}
        answer = await browser.post("/announcements/piece/welcome/recording", files=given)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/announcements?done=kept&name=welcome#welcome"
        page = await browser.get(answer.headers["location"])
        assert "Запись поставлена" in words(page)
        assert f"welcome.{kind.lower()}" in words(page)
        sound = (await browser.get("/announcements/piece/welcome")).content
        assert seconds_of(sound) == pytest.approx(2, abs=0.1)
        made = files.standing("welcome", housing().announcements["welcome"])
        assert made is not None
        assert made.lufs == pytest.approx(-20, abs=0.5)
        assert (await browser.post("/announcements/piece/welcome/take-away")).status_code == 303
        assert list(files.uploads.iterdir()) == []
        assert seconds_of((await browser.get("/announcements/piece/welcome")).content) > 5
        assert (await browser.post("/announcements/piece/welcome/take-away")).status_code == 404


async def test_a_later_recording_replaces_one_of_another_kind(office: Office, files: AnnouncementFiles) -> None:
    async with office.signed_in("admin") as browser:
        for kind in ("WAV", "FLAC"):
            given = {"recording": ("w", recording(kind))}
            assert (await browser.post("/announcements/piece/welcome/recording", files=given)).status_code == 303
    assert [path.name for path in files.uploads.iterdir()] == ["welcome.flac"]


REFUSED = {
    Fault.KIND: b"RIFF no sound at all",
    Fault.SILENT: recording(sound=np.zeros((16000, 1)), rate_hz=8000),
    Fault.SHORT: recording(sound=tone(0.1, 8000), rate_hz=8000),
    Fault.LONG: recording(sound=tone(121, 8000, 1), rate_hz=8000),
    Fault.RATE: recording(sound=tone(2, 4000), rate_hz=4000),
}


@pytest.mark.parametrize("fault", REFUSED)
async def test_what_cannot_be_heard_is_refused_and_changes_nothing(
    office: Office, files: AnnouncementFiles, fault: Fault
) -> None:
    async with office.signed_in("admin") as browser:
        given = {"recording": ("w.wav", recording())}
        await browser.post("/announcements/piece/welcome/recording", files=given)
        before = (files.uploads / "welcome.wav").read_bytes()
        given = {"recording": ("w.wav", REFUSED[fault])}
        answer = await browser.post("/announcements/piece/welcome/recording", files=given)
        assert answer.status_code == 422
        assert office.app.state.site.catalogue.text(FAULTS[fault]) in words(answer)
        assert (files.uploads / "welcome.wav").read_bytes() == before


async def test_a_file_that_is_too_large_or_absent_is_told(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    async with office.signed_in("admin") as browser:
        answer = await browser.post("/announcements/piece/welcome/recording", files={"recording": ("", b"")})
        assert (answer.status_code, "Сначала выберите файл" in words(answer)) == (422, True)
        answer = await browser.post("/announcements/piece/welcome/recording", data={"recording": "text"})
        assert (answer.status_code, "Сначала выберите файл" in words(answer)) == (422, True)
        monkeypatch.setattr(announcements_page, "MOST_BYTES", 1000)
        given = {"recording": ("w.wav", recording())}
        answer = await browser.post("/announcements/piece/welcome/recording", files=given)
        assert (answer.status_code, "слишком большой" in words(answer)) == (422, True)


@pytest.mark.parametrize("name", ["nobody", "..%2Fsecret", "position", "welcome.9"])
async def test_unknown_names_are_not_found(office: Office, name: str) -> None:
    async with office.signed_in("admin") as browser:
        assert (await browser.get(f"/announcements/piece/{name}")).status_code == 404
        given = {"recording": ("w.wav", recording())}
        answer = await browser.post(f"/announcements/piece/{name}/recording", files=given)
        assert answer.status_code == 404
        assert (await browser.post(f"/announcements/piece/{name}/anew")).status_code == 404


async def test_a_recording_older_than_its_text_and_one_that_is_passed_over_are_marked(
    office: Office, files: AnnouncementFiles, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "welcome.wav").write_bytes(recording())
    files.sound("welcome", "Так здоровались прежде.")
    (own / "waiting.wav").write_bytes(b"not a sound")
    async with office.signed_in("admin") as browser:
        await browser.get("/announcements/piece/waiting")
        text = words(await browser.get(PAGE))
        assert "Текст изменён после того, как поставили эту запись" in text
        assert "Запись с этим именем пропущена. Этот файл не читается как звук." in text
        assert "Убрать запись" not in text, "what the organisation itself keeps is not the page's to remove"
        await browser.post("/announcements/piece/welcome/anew")
        assert "Текст изменён" not in words(await browser.get(PAGE))


async def test_a_site_without_the_sounds_has_no_such_page() -> None:
    async with open_office().signed_in("boss") as browser:
        assert (await browser.get(PAGE)).status_code == 404
