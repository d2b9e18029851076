"""The flow that a newcomer without a headset sees: `liniya call --with-operator`, watched on the operator's panel.

The scenario is the bundled consultation in short.
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest
from playwright.async_api import Page, Playwright, expect

from app.domain.calls import Outcome
from app.domain.facts import By, Speaker, SurveyStarted
from tests.e2e import liniya
from tests.e2e.real_office import Office, desk, office
from tests.e2e.stored import ended_call, facts_of, state_of

pytestmark = pytest.mark.needs_debian("chromium")

SCENARIO = Path(__file__).parent / "scenarios" / "short.yaml"


async def test_a_consultation_with_its_survey_by_key_and_by_voice(tmp_path: Path, browsers: Playwright) -> None:
    async with office(tmp_path) as running, desk(browsers, running, "ivanova") as ivanova:
        await expect(ivanova.page.locator("#call-bar")).to_have_attribute("data-phase", "idle")
        arguments = ["call", "--with-operator", "--scenario", str(SCENARIO), "--keep", str(tmp_path / "heard.wav")]
        async with liniya.started(*arguments, env=running.environment) as caller:
            await panel_follows(ivanova.page)
            out, err = await caller.communicate()
        assert (caller.returncode, err.decode()) == (0, "")
        assert "the line has hung up" in out.decode()
        assert ivanova.faults == []
        await record_says_it(running)
    assert loud_seconds(tmp_path / "heard.wav") > 20


async def panel_follows(page: Page) -> None:
    """Both transcripts, ticks, what the operator's hand wrote, and the survey are seen while they happen."""
    await expect(page.locator("#call-bar")).to_have_attribute("data-phase", "talking", timeout=30_000)
    await expect(page.locator("#talk .said-operator").first).to_contain_text("надзора", timeout=30_000)
    await expect(page.locator("#talk .said-caller").first).to_contain_text("рассмотрения", timeout=30_000)
    await expect(page.locator('#stages [data-state="done"]').first).to_be_visible()
    await expect(page.locator("#caller-name")).to_have_value("Ольга Ивановна", timeout=60_000)
    await expect(page.locator("#wrap-up")).to_be_visible(timeout=60_000)
    rows = page.locator("#survey li")
    await expect(rows.first).to_have_attribute("data-state", "answered", timeout=40_000)
    await expect(rows.first).to_contain_text("да")
    await expect(rows.nth(1)).to_contain_text("удовлетворен", timeout=40_000)
    await expect(rows.nth(1)).to_have_attribute("data-state", "answered")


async def record_says_it(running: Office) -> None:
    record = await ended_call(running)
    call = state_of(record)
    assert record.row.outcome is Outcome.ANSWERED
    assert record.row.operators == ("ivanova",)
    assert call.ended_by is By.LINE
    assert {phrase.speaker for phrase in call.phrases} == {Speaker.CALLER, Speaker.OPERATOR}
    ticked = {tick.stage for tick in call.ticks if tick.by is By.SPEECH}
    assert {"greeting", "farewell"} <= ticked
    assert [asked.operator for asked in facts_of(record, SurveyStarted)] == ["ivanova"]
    received, satisfaction = call.answer("answer_received"), call.answer("satisfaction")
    assert received is not None
    assert satisfaction is not None
    assert (received.answer, received.by) == ("yes", By.KEY)
    assert (satisfaction.answer, satisfaction.by) == ("satisfied", By.VOICE)
    assert call.survey_complete is True


def loud_seconds(path: Path) -> float:
    """Seconds of the file in which there is sound."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == 8000
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(float)
    frames = samples[: len(samples) // 160 * 160].reshape(-1, 160)
    return float(np.sum(np.sqrt(np.mean(frames**2, axis=1)) > 60) * 0.02)
