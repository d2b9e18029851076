"""The page of training: flags, records, and what cannot be written down (K3: property 20)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date

import httpx
import pytest

from app.domain.training import Training, TrainingKind
from tests.integration.web.office import Office, open_office, words

ADDRESS = "/manager/training"
RECORD = {"login": "petrov", "day": "2026-11-20", "kind": "planned", "subject": ""}


@pytest.fixture
def office() -> Office:
    made = open_office()
    made.staff.trained = [
        Training("ivanova", date(2026, 1, 10), TrainingKind.FIRST, by="boss"),
        Training("ivanova", date(2026, 5, 10), TrainingKind.NEW_SERVICE, "Запись на приём", "boss"),
        Training("petrov", date(2024, 1, 10), TrainingKind.FIRST, by="boss"),
    ]
    return made


@pytest.fixture
async def manager(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    async with office.signed_in("boss") as browser:
        yield browser


async def test_each_operator_has_a_flag(manager: httpx.AsyncClient) -> None:
    page = words(await manager.get(ADDRESS))
    assert "Иванова Анна Петровна пройдено 10 января 2028" in page
    assert "Петров Сергей Ильич срок вышел 10 января 2026 Запись на приём" in page
    assert "Сидорова Мария Олеговна не пройдено —" in page
    assert "Кузнецова Ольга Викторовна не пройдено" not in page


async def test_a_record_is_kept_with_who_wrote_it(office: Office, manager: httpx.AsyncClient) -> None:
    answer = await manager.post(ADDRESS, data=RECORD)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ADDRESS}?saved=1")
    assert office.staff.trained[-1] == Training("petrov", date(2026, 11, 20), TrainingKind.PLANNED, "", "boss")
    page = words(await manager.get(f"{ADDRESS}?saved=1"))
    assert "Запись сохранена." in page
    assert "Петров Сергей Ильич пройдено 20 ноября 2028" in page
    assert "плановое — Кузнецова Ольга Викторовна" in page


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"login": ""}, "Выберите оператора."),
        ({"login": "boss"}, "Выберите оператора."),
        ({"day": ""}, "Укажите день обучения."),
        ({"day": "20.11.2026"}, "Укажите день обучения."),
        ({"day": "2026-11-21"}, "Этот день ещё не наступил."),
        ({"kind": "other"}, "Выберите вид обучения."),
        ({"kind": "new_service"}, "Назовите услугу."),
        ({"subject": "х" * 301}, "Не больше 300 знаков."),
    ],
)
async def test_what_cannot_be_used_is_said_at_its_field(
    office: Office, manager: httpx.AsyncClient, change: dict[str, str], says: str
) -> None:
    answer = await manager.post(ADDRESS, data=RECORD | change)
    assert answer.status_code == 422
    assert says in words(answer)
    field = next(iter(change)) if change != {"kind": "new_service"} else "subject"
    assert f'aria-describedby="{field}-wrong"' in answer.text
    assert len(office.staff.trained) == 3


async def test_operators_do_not_have_the_page(office: Office) -> None:
    async with office.signed_in("ivanova") as browser:
        assert (await browser.get(ADDRESS)).status_code == 403
        assert (await browser.post(ADDRESS, data=RECORD)).status_code == 403
    async with office.browser() as stranger:
        assert (await stranger.get(ADDRESS)).status_code == 303
    assert len(office.staff.trained) == 3
