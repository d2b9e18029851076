"""Web's end of the gateway: one connection to the line, shared by all panels.

It comes back by itself after any break, subscribes again, and gives every panel a fresh snapshot.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from app.domain.errors import BadInput, Refused, Unavailable
from app.gateway import messages as m
from app.gateway.panels import AWAY, BACK, Panel, SharedPanel

LONGEST_MESSAGE_BYTES = 16 * 1024 * 1024
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
ANSWER_WITHIN_S = 5.0

log = structlog.get_logger()


class GatewayClient:
    """Commands to the line and panels from it. `open` starts it, `close` ends it; in between the line may come
    and go. `answer_within_s` bounds every command."""

    def __init__(self, *, host: str, port: int, secret: str, answer_within_s: float = ANSWER_WITHIN_S) -> None:
        self._address = f"ws://{host}:{port}/"
        self._secret = secret
        self._answer_within_s = answer_within_s
        self._numbers = itertools.count(1)
        self._connection: ClientConnection | None = None
        self._waiting: dict[int, asyncio.Future[m.Answer]] = {}
        self._shared: dict[str, SharedPanel] = {}
        self._running: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Start connecting; returns at once, whether the line is there or not."""
        self._running = asyncio.create_task(self._run(), name="gateway-client")

    async def close(self) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    @property
    def connected(self) -> bool:
        return self._connection is not None

    async def command(self, operator: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Have the line carry out an operator's command and give its answer.

        Refused and BadInput as the line says; Unavailable when it is away, silent or failed."""
        number = next(self._numbers)
        answer = await self._ask(m.Command(number, operator, name, arguments))
        match answer:
            case m.Done():
                return dict(answer.answer)
            case m.RefusedAnswer():
                raise Refused(answer.code, answer.reason, answer.rule)
            case m.BadInputAnswer():
                raise BadInput(answer.text, answer.code)
            case m.Failed():
                raise Unavailable(f"the line could not do it: {answer.text}")

    async def subscribe(self, operator: str) -> AsyncGenerator[dict[str, Any], None]:
        """One panel's messages, without end: a snapshot (`{"seq", "snapshot"}`), then deltas and partials.

        Between them `{"line": "away"}` and `{"line": "back"}`; after the latter a snapshot again. When the line
        is away from the start, that is told first. A panel that reads too slowly gets a snapshot in place of
        what it missed."""
        panel = await self._join(operator)
        try:
            while True:
                yield await panel.next_message()
        finally:
            await self._leave(operator, panel)

    async def _join(self, operator: str) -> Panel:
        shared = self._shared.get(operator)
        if shared is None:
            shared = self._shared[operator] = SharedPanel()
            await self._send(m.Subscribe(next(self._numbers), operator))
        panel = shared.join()
        if self._connection is None:
            panel.put(AWAY)
        return panel

    async def _leave(self, operator: str, panel: Panel) -> None:
        shared = self._shared[operator]
        shared.leave(panel)
        if not shared.panels:
            del self._shared[operator]
            await self._send(m.Unsubscribe(next(self._numbers), operator))

    async def _ask(self, request: m.Command) -> m.Answer:
        if self._connection is None:
            raise Unavailable("the line is away")
        answer: asyncio.Future[m.Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = answer
        try:
            async with asyncio.timeout(self._answer_within_s):
                await self._send(request)
                return await answer
        except TimeoutError:
            raise Unavailable(f"the line did not answer within {self._answer_within_s:g} s") from None
        finally:
            del self._waiting[request.id]

    async def _send(self, request: m.Request) -> None:
        # With the line away nothing is sent: who connects again subscribes to all that is open.
        if self._connection is not None:
            with suppress(ConnectionClosed):
                await self._connection.send(m.encode(request))

    async def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                async with self._connect() as connection:
                    pause_s = FIRST_PAUSE_S
                    await self._converse(connection)
            except InvalidStatus as error:
                log.error("gateway_refused_by_line", status=error.response.status_code)
            except (OSError, InvalidHandshake, TimeoutError) as error:
                log.info("gateway_line_away", error=str(error))
            except m.BadMessage as error:
                log.error("gateway_bad_message", error=str(error))
            # Jitter, so that many web processes do not come back in step.
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)

    def _connect(self) -> connect:
        return connect(
            self._address,
            additional_headers={"Authorization": f"Bearer {self._secret}"},
            compression=None,
            # The line is on this machine or in this network: no proxy of the environment lies between.
            proxy=None,
            max_size=LONGEST_MESSAGE_BYTES,
            open_timeout=LONGEST_PAUSE_S,
            close_timeout=1,
        )

    async def _converse(self, connection: ClientConnection) -> None:
        self._connection = connection
        log.info("gateway_line_back")
        try:
            for operator, shared in list(self._shared.items()):
                shared.tell(BACK)
                await self._send(m.Subscribe(next(self._numbers), operator))
            async for text in connection:
                await self._take(m.parse_from_line(text))
        except ConnectionClosed:
            pass  # told below, however it came
        finally:
            self._connection = None
            self._part()

    def _part(self) -> None:
        log.warning("gateway_line_lost")
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Unavailable("the line went away before it answered"))
        for shared in self._shared.values():
            shared.lose()

    async def _take(self, message: m.FromLine) -> None:
        if isinstance(message, m.Snapshot | m.Delta | m.Partial):
            shared = self._shared.get(message.operator)
            if shared is not None and not shared.take(message):
                log.warning("gateway_gap", operator=message.operator)
                await self._send(m.Subscribe(next(self._numbers), message.operator))
            return
        answer = self._waiting.get(message.id)
        if answer is not None and not answer.done():
            answer.set_result(message)
        elif not isinstance(message, m.Done):
            # A subscription that the line could not serve: the page asks again by coming back.
            log.warning("gateway_subscription_failed", answer=type(message).__name__)
