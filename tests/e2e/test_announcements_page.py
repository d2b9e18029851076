"""The announcements in a real Chromium: played, replaced by a recording, taken back; keyboard, narrow windows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from playwright.async_api import Page, async_playwright, expect

from app.domain.announcements import announcements_of
from app.speech.announcement_book import FileBook
from app.speech.announcement_files import AnnouncementFiles
from app.speech.voices import EspeakVoice
from tests.e2e.test_manager_pages import ARGUMENTS, CHROMIUM, HAS_CHROMIUM, Desk
from tests.integration.web.office import PASSWORD, housing, open_office
from tests.integration.web.serving import served

PAGE = "/announcements"
PLAYS = (
    "audio => new Promise(done => audio.addEventListener('timeupdate', () => audio.currentTime > 0 && done(true)))"
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    if not HAS_CHROMIUM:
        pytest.skip("Debian's chromium is not installed: the pages cannot be seen in a browser")
    files = AnnouncementFiles(tmp_path / "made", tmp_path / "own", EspeakVoice())
    office = open_office(announcements=FileBook(files, announcements_of(housing())))
    quiet = [*ARGUMENTS, "--mute-audio", "--autoplay-policy=no-user-gesture-required"]
    async with served(office.app) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=quiet)
        seen = Desk(office, address, browser)
        yield seen
        await browser.close()
    assert seen.complaints == []


async def sign_in(desk: Desk, login: str, **options: object) -> Page:
    page = await desk.open(**options)
    await page.goto(f"{desk.address}{PAGE}")
    await page.get_by_label("Логин").fill(login)
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.get_by_role("button", name="Войти").click()
    await page.wait_for_url(f"**{PAGE}")
    return page


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two seconds of a tone in stereo at 44.1 kHz."""
    path = tmp_path / "наше приветствие.flac"
    tone = 0.1 * np.sin(2 * np.pi * 440 * np.arange(88200) / 44100)
    soundfile.write(path, np.column_stack([tone, tone]), 44100)
    return path


async def test_an_announcement_is_played_and_only_one_at_a_time(desk: Desk) -> None:
    page = await sign_in(desk, "boss")
    welcome, place = page.get_by_label("Приветствие", exact=True), page.get_by_label("Место в очереди", exact=True)
    await welcome.evaluate("audio => { audio.play(); }")
    assert await welcome.evaluate(PLAYS)
    assert await welcome.evaluate("audio => audio.duration") > 5
    await place.evaluate("audio => { audio.play(); }")
    assert await place.evaluate(PLAYS)
    assert await welcome.evaluate("audio => audio.paused")


async def test_all_are_played_in_turn_until_it_is_stopped(desk: Desk) -> None:
    page = await sign_in(desk, "boss")
    await page.get_by_role("button", name="Проиграть все подряд").click()
    first, second = (
        page.locator(".announcement-sound > audio").nth(0),
        page.locator(".announcement-sound > audio").nth(1),
    )
    assert await first.evaluate(PLAYS)
    await first.evaluate("audio => { audio.currentTime = audio.duration - 0.05; }")
    assert await second.evaluate(PLAYS)
    await page.get_by_role("button", name="Остановить").click()
    assert await second.evaluate("audio => audio.paused")
    await expect(page.get_by_role("button", name="Проиграть все подряд")).to_be_visible()


async def test_a_recording_is_put_in_the_place_of_speech_and_taken_away(desk: Desk, recording: Path) -> None:
    page = await sign_in(desk, "admin")
    card = page.locator("#welcome")
    await card.get_by_text("Заменить записью").click()
    await card.get_by_label("Файл с записью").set_input_files(recording)
    await card.get_by_role("button", name="Поставить").click()
    await expect(page.get_by_role("status")).to_contain_text("Запись поставлена")
    await expect(card.get_by_text("welcome.flac")).to_be_visible()
    await expect(card.get_by_text("−20 LUFS")).to_be_visible()
    player = card.locator("audio")
    await player.evaluate("audio => { audio.play(); }")
    assert await player.evaluate(PLAYS)
    assert abs(await player.evaluate("audio => audio.duration") - 2) < 0.1
    await card.get_by_role("button", name="Убрать запись").click()
    await expect(page.get_by_role("status")).to_contain_text("Запись убрана")
    await expect(card.get_by_text("синтез")).to_be_visible()


async def test_a_file_that_is_no_sound_is_told_beside_the_form(desk: Desk, tmp_path: Path) -> None:
    page = await sign_in(desk, "admin")
    wrong = tmp_path / "письмо.wav"
    wrong.write_text("Это письмо, а не звук.")
    card = page.locator("#welcome")
    await card.get_by_text("Заменить записью").click()
    await card.get_by_label("Файл с записью").set_input_files(wrong)
    await card.get_by_role("button", name="Поставить").click()
    await expect(page.get_by_role("alert")).to_contain_text("не читается как звук")
    await expect(page.get_by_role("alert")).to_contain_text("Ничего не изменилось")
    await expect(card.get_by_label("Файл с записью")).to_be_visible()
    # The browser itself notes the 422 of the form.
    assert [c for c in desk.complaints if "422" not in c] == []
    desk.complaints.clear()


async def test_a_part_is_replaced_by_keyboard(desk: Desk, recording: Path) -> None:
    page = await sign_in(desk, "admin")
    card = page.locator("#position")
    await card.locator("summary", has_text="постоянные части").focus()
    await page.keyboard.press("Enter")
    piece = page.locator('[id="position.1"]')
    await piece.locator("summary", has_text="Заменить записью").focus()
    await page.keyboard.press("Enter")
    await piece.get_by_label("Файл с записью").set_input_files(recording)
    await piece.get_by_role("button", name="Поставить").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("position.1.wav")
    await expect(piece.get_by_text("position.1.flac")).to_be_visible()


async def test_a_manager_sees_and_does_not_change(desk: Desk) -> None:
    page = await sign_in(desk, "boss")
    await expect(page.get_by_text("Заменить записью")).to_have_count(0)
    await expect(page.get_by_role("button", name="Сделать заново")).to_have_count(0)
    await expect(page.get_by_role("link", name="Скачать: Приветствие")).to_be_visible()


@pytest.mark.parametrize("width", [390, 720, 900, 1100])
async def test_nothing_is_wider_than_a_narrow_window(desk: Desk, width: int) -> None:
    """720 is a window of 1440 at 200 % zoom (WCAG 2.1, 1.4.10)."""
    page = await sign_in(desk, "admin", viewport={"width": width, "height": 844})
    for details in await page.locator("details:not([data-menu])").all():
        await details.evaluate("one => { one.open = true; }")
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
