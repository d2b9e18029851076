"""What `liniya call` and `liniya city` run."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import structlog

from app.domain.phone_numbers import to_e164
from app.gateway.client import GatewayClient
from app.simulator.operator import SimulatedOperator
from app.simulator.phone import SimulatedPhone
from app.simulator.play import play
from app.simulator.scenario import load
from app.speech.espeak import synthesise

log = structlog.get_logger()

CITY_LINES = ("Алло, слушаю вас.", "Да, это я.", "Спасибо, всё понятно. До свидания.")
CITY_VOICE = "ru+f3"
CITY_RINGS_S = 1.5
CITY_TALKS_S = 60.0


async def ring(
    scenario_name: str,
    address: str,
    *,
    caller: str,
    operator: str,
    gateway: tuple[str, int, str] | None,
    kept: Path,
) -> None:
    """Ring `address` by a scenario and print what happens; `kept` takes what the caller heard.

    CallFailed when nobody answers; BadInput for a scenario or a number that cannot be used.
    """
    scenario = load(scenario_name)
    if caller:
        scenario = replace(scenario, caller=to_e164(caller))
    phone = SimulatedPhone(user=scenario.caller or "anonymous")
    await phone.start()
    client = GatewayClient(host=gateway[0], port=gateway[1], secret=gateway[2]) if gateway else None
    at_the_panel = SimulatedOperator(operator, client) if client else None
    try:
        if client is not None and at_the_panel is not None:
            await client.open()
            await at_the_panel.start()
        played = await play(scenario, phone, address, operator=at_the_panel, tell=_tell)
        _tell(f"the call lasted {played.lasted_s:.1f} s; the caller heard {played.heard_s:.1f} s of sound")
    finally:
        if phone.heard.pcm:
            phone.heard.save(kept)
            _tell(f"what the caller heard is kept in {kept}")
        if at_the_panel is not None:
            await at_the_panel.stop()
        if client is not None:
            await client.close()
        await phone.stop()


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


async def answer_everything(port: int) -> None:
    """A telephone network of one phone: whoever is called picks up, says a few words in turn, and hears the
    other side out. Runs until it is ended."""
    phone = SimulatedPhone(port=port, user="city", answers=True)
    await phone.start()
    lines = [await asyncio.to_thread(synthesise, text, voice=CITY_VOICE) for text in CITY_LINES]
    try:
        while True:
            await phone.answered.wait()
            await _converse(phone, lines)
            phone.answered.clear()
    finally:
        await phone.stop()


async def _converse(phone: SimulatedPhone, lines: list[bytes]) -> None:
    for n, line in enumerate(lines):
        if n and not await phone.wait_for_quiet(quiet_s=1.0, at_most_s=CITY_TALKS_S):
            break
        await phone.say(line)
    try:
        await asyncio.wait_for(phone.ended.wait(), CITY_TALKS_S)
    except TimeoutError:
        phone.hang_up()
