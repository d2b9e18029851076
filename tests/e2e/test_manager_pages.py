"""The manager's pages in a real Chromium: figures, charts, drill-down, refresh, keyboard, narrow windows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.integration.web.days import lost
from tests.integration.web.office import NOW, PASSWORD, Office, open_office, weeks
from tests.integration.web.serving import served

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MOVED = "/manager/calls/20261120-moved"
WATCH_POLICY = (
    "document.addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective))"
)


@dataclass
class Desk:
    """A manager's browser on the site, and what it complained of."""

    office: Office
    address: str
    browser: Browser
    complaints: list[str] = field(default_factory=list)

    async def open(self, **options: object) -> Page:
        context = await self.browser.new_context(locale="ru-RU", **options)  # type: ignore[arg-type]  # passed on
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    async def sign_in(self, path: str = "/manager", **options: object) -> Page:
        page = await self.open(**options)
        await page.goto(f"{self.address}{path}")
        await page.get_by_label("Логин").fill("boss")
        await page.get_by_label("Пароль").fill(PASSWORD)
        await page.get_by_role("button", name="Войти").click()
        await page.wait_for_url(f"**{path}")
        return page


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    if not HAS_CHROMIUM:
        pytest.skip("Debian's chromium is not installed: the pages cannot be seen in a browser")
    office = open_office(weeks())
    async with served(office.app) as address, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        seen = Desk(office, address, browser)
        yield seen
        await browser.close()
    assert seen.complaints == []


INKED = """frame => {
  const canvas = frame.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 250) colours.add(data.slice(at, at + 3).join());
  return [...colours];
}"""


async def test_charts_are_drawn_in_the_colours_of_the_outcomes(desk: Desk) -> None:
    page = await desk.sign_in("/manager?period=7")
    for kind in ("days", "hours"):
        colours = await page.locator(f'[data-chart="{kind}"]').evaluate(INKED)
        assert {"47,121,189", "207,74,63", "163,173,186"} <= set(colours)


async def test_charts_follow_the_dark_scheme(desk: Desk) -> None:
    page = await desk.sign_in("/manager?period=7", color_scheme="light")
    await page.emulate_media(color_scheme="dark")
    colours = await page.locator('[data-chart="days"]').evaluate(INKED)
    assert "94,166,230" in colours
    assert "47,121,189" not in colours


async def test_a_column_tells_its_figures_and_the_table_has_the_same(desk: Desk) -> None:
    page = await desk.sign_in("/manager?period=7")
    await page.locator('[data-chart="days"] .u-over').hover(position={"x": 12, "y": 60})
    told = await page.locator('[data-readout="days"]').inner_text()
    assert re.fullmatch(r"14 нояб\.: Принято \d+, Потеряно \d+, Вне часов работы \d+", told)
    figure = page.locator("figure", has_text="Звонки по дням")
    await figure.get_by_text("Таблицей").click()
    row = figure.get_by_role("row").filter(has_text="14 ноября")
    told_figures = re.findall(r"\d+", told.split(":", 1)[1])
    assert [await row.locator("td").nth(n).inner_text() for n in (1, 2, 3)] == told_figures


async def test_from_a_figure_to_its_calls_to_one_call(desk: Desk) -> None:
    page = await desk.sign_in()
    card = page.locator("#card-transferred")
    figure = (await card.locator(".figure-value").inner_text()).strip()
    await card.click()
    await expect(page.get_by_role("status")).to_have_text(re.compile(rf"^Найден[оы]? {figure} звон"))
    await page.locator("tbody .row-link").first.click()
    await expect(page).to_have_url(re.compile(re.escape(MOVED)))
    await expect(page.locator(".said")).to_have_count(6)
    await expect(page.get_by_text("не засчитан")).to_be_visible()
    await page.get_by_role("link", name="Звонки этого дня").click()
    await expect(page.get_by_label("Первый день")).to_have_value("2026-11-20")


async def test_the_calls_are_filtered_and_taken_away_as_a_file(desk: Desk) -> None:
    page = await desk.sign_in("/manager/calls")
    await page.get_by_label("Первый день").fill("2026-11-09")
    await page.get_by_label("Оператор").select_option("sidorova")
    await page.get_by_label("Оценка").select_option("satisfaction:partly")
    await page.get_by_role("button", name="Показать").click()
    rows = page.locator("tbody tr")
    count = await rows.count()
    assert count > 0
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Таблица для Excel").click()
    written = (await (await waiting.value).path()).read_text("utf-8-sig")
    assert len(written.splitlines()) == count + 1


async def test_the_page_keeps_itself_fresh_without_losing_the_place(desk: Desk) -> None:
    page = await desk.sign_in()
    await page.clock.install()
    await page.reload()
    calls = page.locator("#card-calls .figure-value")
    before = int(await calls.inner_text())
    await page.get_by_text("Таблицей").click()
    await page.locator("#card-lost").focus()
    await page.evaluate("window.kept = document.querySelector('#card-lost'); window.same = document.body")
    desk.office.reads.log.extend(lost("fresh", NOW - timedelta(minutes=5)).written)
    await page.clock.run_for(11_000)
    await expect(calls).to_have_text(str(before + 1))
    assert await page.evaluate("window.same === document.body"), "not loaded anew"
    assert await page.evaluate("document.activeElement.id") == "card-lost"
    await expect(page.locator("details[open]")).to_have_count(1)
    await expect(page.get_by_text("Обновлено в")).to_be_visible()


async def test_who_reads_can_stop_the_refresh(desk: Desk) -> None:
    page = await desk.sign_in()
    await page.clock.install()
    await page.reload()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/manager" in request.url else None)
    await page.get_by_label("Обновляется само").uncheck()
    await page.clock.run_for(60_000)
    assert asked == []
    await page.reload()
    await expect(page.get_by_label("Не обновляется само")).not_to_be_checked()


async def test_everything_is_reached_by_keyboard(desk: Desk) -> None:
    page = await desk.sign_in()
    await page.reload()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="К содержанию")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Сегодня")).to_be_focused()
    menu = page.locator("summary.menu-button")
    await menu.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Выйти")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Выйти")).to_be_hidden()
    await expect(menu).to_be_focused()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/login")


@pytest.mark.parametrize("width", [390, 720])
@pytest.mark.parametrize(
    "path", ["/manager?period=30", "/manager/calls?from=2026-11-09&to=2026-11-20", MOVED, "/promises"]
)
async def test_nothing_is_wider_than_a_narrow_window(desk: Desk, path: str, width: int) -> None:
    """720 is a window of 1440 at 200 % zoom (WCAG 2.1, 1.4.10)."""
    page = await desk.sign_in(path, viewport={"width": width, "height": 844})
    assert await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


async def test_a_wrong_password_is_told_and_the_login_kept(desk: Desk) -> None:
    page = await desk.open()
    await page.goto(f"{desk.address}/login")
    await page.get_by_label("Логин").fill("boss")
    await page.get_by_label("Пароль").fill("мимо")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("Неверный логин или пароль")
    await expect(page.get_by_label("Логин")).to_have_value("boss")
    await expect(page.get_by_label("Пароль")).to_be_focused()
    # The browser itself notes the 401 of the form.
    assert [c for c in desk.complaints if "401" not in c] == []
    desk.complaints.clear()


async def test_an_operator_sets_a_phone_in_the_browser(desk: Desk) -> None:
    page = await desk.open()
    await page.goto(f"{desk.address}/login?next=/settings")
    await page.get_by_label("Логин").fill("ivanova")
    await page.get_by_label("Пароль").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_label("Адрес вашего SIP-телефона").fill("sip:101@192.0.2.10")
    await page.get_by_role("button", name="Сохранить").click()
    await expect(page.get_by_role("status")).to_contain_text("Сохранено")
    assert desk.office.staff.people["ivanova"][0].phone == "sip:101@192.0.2.10"


async def test_plural_forms_of_scripts_are_those_of_the_catalogue(desk: Desk) -> None:
    page = await desk.open()
    await page.goto(f"{desk.address}/login")
    await page.evaluate(
        "texts => document.getElementById('script-texts').textContent = JSON.stringify(texts)",
        {
            "language": "ru",
            "zone": "Europe/Astrakhan",
            "plurals": {"one": 0, "few": 1, "many": 2},
            "messages": {
                "%(num)s call": ["%(num)s звонок", "%(num)s звонка", "%(num)s звонков"],
                "Hello %(who)s": "Привет, %(who)s",
            },
        },
    )
    said = await page.evaluate(
        """import("/static/js/i18n.js?own").then(({ t, tn, clockTime, duration }) => [
             ...[1, 3, 11, 21].map((n) => tn("%(num)s call", "%(num)s calls", n)),
             t("Hello %(who)s", { who: "Анна" }), t("unknown"),
             clockTime("2026-11-22T21:30:00Z"), duration(3727)])"""
    )
    assert said == [
        "1 звонок",
        "3 звонка",
        "11 звонков",
        "21 звонок",
        "Привет, Анна",
        "unknown",
        "01:30",
        "1:02:07",
    ]
