"""A simulated operator: a SIP phone of ours, and a hand on the panel through the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from app.domain.errors import Unavailable
from app.gateway.client import GatewayClient
from app.simulator.phone import SimulatedPhone

GATEWAY_WITHIN_S = 5.0
PANEL_WITHIN_S = 3.0
LOOK_EACH_S = 0.05


class SimulatedOperator:
    """Goes ready on its phone, answers, and sees the panel as an operator's browser does."""

    def __init__(self, login: str, gateway: GatewayClient, *, host: str = "127.0.0.1") -> None:
        self.login = login
        self.phone = SimulatedPhone(host=host, user=login, answers=True)
        self.view: dict[str, Any] = {}
        self._gateway = gateway
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the phone, watch the panel, go ready. Unavailable when the line's gateway does not answer."""
        await self.phone.start()
        feed = self._gateway.subscribe(self.login)
        try:
            async with asyncio.timeout(GATEWAY_WITHIN_S):
                while not self.view:
                    self._take(await anext(feed))
        except TimeoutError:
            raise Unavailable("the line does not answer: start it first (`make demo` or `liniya serve`)") from None
        self._watching = asyncio.create_task(self._watch(feed))
        await self.command("ready", {"device": "phone", "phone": self.phone.address})

    async def stop(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self.phone.stop()

    async def command(self, name: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return await self._gateway.command(self.login, name, arguments or {})

    async def read_phrase(self, stage_id: str) -> str:
        """What the panel proposes to say at that stage, once the panel has popped; "" when it has nothing."""
        deadline = asyncio.get_running_loop().time() + PANEL_WITHIN_S
        while not (phrase := self._phrase(stage_id)):
            if asyncio.get_running_loop().time() > deadline:
                return ""
            await asyncio.sleep(LOOK_EACH_S)
        return phrase

    def _phrase(self, stage_id: str) -> str:
        script = self.view.get("script") or {"stages": []}
        stage = next((s for s in script["stages"] if s["id"] == stage_id), None)
        return str(stage["phrases"][0]["text"]) if stage and stage["phrases"] else ""

    async def _watch(self, feed: AsyncGenerator[dict[str, Any], None]) -> None:
        async for message in feed:
            self._take(message)

    def _take(self, message: Mapping[str, Any]) -> None:
        if "snapshot" in message:
            self.view = dict(message["snapshot"])
        self.view.update(message.get("set", {}))
        for section, more in message.get("append", {}).items():
            self.view[section] = [*self.view.get(section, []), *more]
