"""The operator's panel: its page, and the web socket that keeps it up to date and takes its commands.

The socket passes on what the line tells of the operator's panel (docs/protocols.md, "Panel view"), and answers
`{"id": n, "command": "...", "arguments": {}}` with `ok`, `refused`, `bad_input` or `failed`. `{"resync": true}`
asks for a snapshot, `{"ping": n}` is answered by `{"pong": n}`: a browser cannot see that a wire was cut.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.application.reports import Role
from app.domain.errors import BadInput, Refused, Unavailable
from app.web.signed_in import HOME, AnyMember, MaybeMember
from app.web.site import Site, SiteOf

NOT_SIGNED_IN = 4401
BAD_MESSAGE = 1008
LONGEST_MESSAGE = 64 * 1024
SESSION_LOOKED_AT_EACH_S = 30.0

log = structlog.get_logger()
router = APIRouter()


@router.get("/panel")
def panel_page(request: Request, site: SiteOf, member: AnyMember) -> Response:
    if member.role is not Role.OPERATOR:
        return RedirectResponse(HOME[member.role], 303)
    return site.page(request, "panel.html", member=member, script_texts_of_panel=True)


@router.websocket("/panel/feed")
async def panel_feed(socket: WebSocket, site: SiteOf, member: MaybeMember) -> None:
    # Accepted first: a script can read the code of a closed socket, not the status of a refused one.
    await socket.accept()
    if member is None or member.role is not Role.OPERATOR:
        await socket.close(NOT_SIGNED_IN)
        return
    await PanelSocket(socket, site, member.login).serve()


@dataclass(frozen=True)
class PanelCommand:
    id: int
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Resync:
    """The page missed a number."""


@dataclass(frozen=True)
class Ping:
    id: int


def parse(text: str) -> PanelCommand | Resync | Ping:
    """A message of the page. BadInput when it is none."""
    wire: Any = None
    if len(text) <= LONGEST_MESSAGE:
        with suppress(ValueError):
            wire = json.loads(text)
    match wire:
        case {"id": int(number), "command": str(name), "arguments": dict(arguments)}:
            return PanelCommand(number, name, arguments)
        case {"resync": True}:
            return Resync()
        case {"ping": int(number)}:
            return Ping(number)
    raise BadInput("a message that no panel sends")


class PanelSocket:
    """One open panel."""

    def __init__(self, socket: WebSocket, site: Site, operator: str) -> None:
        self._socket = socket
        self._site = site
        self._operator = operator
        self._telling: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Until the page goes, its session ends, or the page says what no panel says."""
        self._tell_anew()
        tasks = [asyncio.create_task(part) for part in self._parts()]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks += [self._telling] if self._telling else []
            for task in tasks:
                task.cancel()
            outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                raise outcome

    def _parts(self) -> tuple[Coroutine[Any, Any, None], ...]:
        return self._listen(), self._watch_session()

    def _tell_anew(self) -> None:
        if self._telling is not None:
            self._telling.cancel()
        self._telling = asyncio.create_task(self._tell(), name="panel-tell")

    async def _tell(self) -> None:
        with suppress(WebSocketDisconnect):
            async with aclosing(self._site.gateway.subscribe(self._operator)) as messages:
                async for message in messages:
                    stamped = {**message, "now": self._site.now().isoformat()} if "snapshot" in message else message
                    await self._send(stamped)

    async def _listen(self) -> None:
        while True:
            try:
                await self._take(parse(await self._socket.receive_text()))
            except BadInput as error:
                log.warning("panel_bad_message", error=str(error))
                await self._socket.close(BAD_MESSAGE)
                return

    async def _take(self, message: PanelCommand | Resync | Ping) -> None:
        match message:
            case PanelCommand():
                await self._send({"id": message.id, **await self._carry_out(message)})
            case Resync():
                self._tell_anew()
            case Ping():
                await self._send({"pong": message.id})

    async def _carry_out(self, command: PanelCommand) -> dict[str, Any]:
        try:
            return {"ok": await self._site.gateway.command(self._operator, command.name, command.arguments)}
        except Refused as refused:
            return {"refused": {"code": refused.code, "reason": refused.reason, "rule": refused.rule}}
        except BadInput as error:
            return {"bad_input": {"text": str(error), "code": error.code}}
        except Unavailable as error:
            log.warning("panel_command_failed", command=command.name, error=str(error))
            return {"failed": str(error)}

    async def _watch_session(self) -> None:
        """A panel that stays open after its session was closed elsewhere is closed too."""
        token = self._socket.cookies.get(self._site.session_cookie, "")
        while True:
            await asyncio.sleep(SESSION_LOOKED_AT_EACH_S)
            try:
                member = await run_in_threadpool(self._site.staff.session, token)
            except Unavailable:
                continue  # without the database nobody's session can be said to be over
            if member is None or member.login != self._operator:
                await self._socket.close(NOT_SIGNED_IN)
                return

    async def _send(self, message: Mapping[str, Any]) -> None:
        await self._socket.send_text(json.dumps(message, ensure_ascii=False, separators=(",", ":")))
