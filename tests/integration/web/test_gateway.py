"""The gateway's two ends against each other over loopback: what panels see of the line, whatever breaks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from app.application.ports import Answered
from app.domain.errors import BadInput, Refused, Unavailable
from app.gateway import messages as m
from app.gateway.client import GatewayClient
from app.gateway.server import GatewayServer

SECRET = "kept-between-the-two"
WITHIN_S = 10


class Line:
    """A hand-written `LineCommands`: remembers commands, and refuses or fails when told to."""

    def __init__(self) -> None:
        self.views: dict[str, dict[str, Any]] = {}
        self.commands: list[tuple[str, str, Mapping[str, Any]]] = []
        self.raises: Exception | None = None
        self.later: list[Answered] = []
        """Who asked to be answered later (command `search`)."""

    def command(self, operator: str, name: str, arguments: Mapping[str, Any], then: Answered) -> None:
        if self.raises is not None:
            raise self.raises
        self.commands.append((operator, name, arguments))
        if name == "search":
            self.later.append(then)
        else:
            then({"said": name})

    def view(self, operator: str) -> Mapping[str, Any]:
        return self.views.get(operator, {"call": None, "transcript": []})


@asynccontextmanager
async def gateway(line: Line, *, port: int = 0, queue_length: int = 1000) -> AsyncIterator[GatewayServer]:
    server = GatewayServer(host="127.0.0.1", port=port, secret=SECRET, queue_length=queue_length)
    await server.open(line)
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def client_of(port: int, *, secret: str = SECRET) -> AsyncIterator[GatewayClient]:
    client = GatewayClient(host="127.0.0.1", port=port, secret=secret)
    await client.open()
    try:
        yield client
    finally:
        await client.close()


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


async def told(messages: AsyncIterator[dict[str, Any]], key: str) -> dict[str, Any]:
    """The next message that has the key; those about the line's coming and going may lie between."""
    async with asyncio.timeout(WITHIN_S):
        while key not in (message := await anext(messages)):
            assert "line" in message, message
        return message


def raw(port: int) -> connect:
    """A web of the test's own, to break the rules with."""
    address = f"ws://127.0.0.1:{port}/"
    return connect(address, additional_headers={"Authorization": f"Bearer {SECRET}"}, proxy=None)


async def test_a_panel_begins_with_a_snapshot_and_goes_on_by_numbered_deltas() -> None:
    line = Line()
    line.views["ivanova"] = {"call": None, "transcript": [{"n": 1}]}
    async with (
        gateway(line) as server,
        client_of(server.port) as client,
        aclosing(client.subscribe("ivanova")) as panel,
    ):
        snapshot = await told(panel, "snapshot")
        assert snapshot["snapshot"] == line.views["ivanova"]
        server.show("ivanova", {"call": {"phase": "offered"}, "transcript": [{"n": 1}, {"n": 2}]})
        server.partial("ivanova", "caller", "здрав")
        delta = await told(panel, "set")
        assert delta == {
            "seq": snapshot["seq"] + 1,
            "set": {"call": {"phase": "offered"}},
            "append": {"transcript": [{"n": 2}]},
        }
        assert await told(panel, "partial") == {"partial": {"speaker": "caller", "text": "здрав"}}


async def test_panels_of_one_operator_share_and_other_operators_hear_nothing() -> None:
    async with (
        gateway(Line()) as server,
        client_of(server.port) as client,
        aclosing(client.subscribe("ivanova")) as one,
        aclosing(client.subscribe("ivanova")) as two,
        aclosing(client.subscribe("petrova")) as other,
    ):
        first = await told(one, "snapshot")
        server.show("ivanova", {"call": {"phase": "talking"}, "transcript": []})
        await told(one, "set")
        second = await told(two, "snapshot")
        assert second["snapshot"]["call"] == {"phase": "talking"} and second["seq"] == first["seq"] + 1
        await told(other, "snapshot")
        server.show("petrova", {"call": None, "transcript": [], "line": {"waiting": 1}})
        assert (await told(other, "set"))["set"] == {"line": {"waiting": 1}}


async def test_a_closed_panel_is_unsubscribed() -> None:
    async with gateway(Line()) as server, client_of(server.port) as client:
        async with aclosing(client.subscribe("ivanova")) as panel:
            await told(panel, "snapshot")
        assert client._shared == {}
        async with aclosing(client.subscribe("ivanova")) as panel:
            server.show("ivanova", {"call": {"phase": "offered"}, "transcript": []})
            assert "snapshot" in await told(panel, "snapshot")


async def test_commands_are_carried_out_and_answered() -> None:
    line = Line()
    async with gateway(line) as server, client_of(server.port) as client:
        await until(lambda: client.connected)
        assert await client.command("ivanova", "hold", {"return_in_s": 60}) == {"said": "hold"}
        assert line.commands == [("ivanova", "hold", {"return_in_s": 60})]


async def test_refusals_bad_input_and_faults_come_back_and_the_line_lives() -> None:
    line = Line()
    async with gateway(line) as server, client_of(server.port) as client:
        await until(lambda: client.connected)
        line.raises = Refused("transfer_limit", "two were made", "housing 5.8")
        with pytest.raises(Refused) as refused:
            await client.command("ivanova", "transfer", {"to": "petrova"})
        assert (refused.value.code, refused.value.rule) == ("transfer_limit", "housing 5.8")
        line.raises = BadInput("«12» is not a telephone number")
        with pytest.raises(BadInput, match="«12»"):
            await client.command("ivanova", "dial", {"number": "12"})
        line.raises = ZeroDivisionError("a fault")
        with pytest.raises(Unavailable, match="log of the line"):
            await client.command("ivanova", "ready", {})
        line.raises = None
        assert await client.command("ivanova", "ready", {}) == {"said": "ready"}


async def test_a_missed_number_leads_to_a_snapshot() -> None:
    async with (
        gateway(Line()) as server,
        client_of(server.port) as client,
        aclosing(client.subscribe("ivanova")) as panel,
    ):
        await told(panel, "snapshot")
        server._shown["ivanova"].seq += 1  # one delta lost on the way
        server.show("ivanova", {"call": {"phase": "talking"}, "transcript": []})
        server._commands.views["ivanova"] = {"call": {"phase": "talking"}, "transcript": []}  # type: ignore[union-attr]  # the Line above
        assert (await told(panel, "snapshot"))["snapshot"]["call"] == {"phase": "talking"}


async def test_after_the_line_restarts_every_panel_gets_a_snapshot_again() -> None:
    line = Line()
    async with gateway(line) as server:
        port = server.port
        client = GatewayClient(host="127.0.0.1", port=port, secret=SECRET)
        await client.open()
        panel = client.subscribe("ivanova")
        await told(panel, "snapshot")
    try:
        async with asyncio.timeout(WITHIN_S):
            assert await anext(panel) == {"line": "away"}
        with pytest.raises(Unavailable):
            await client.command("ivanova", "ready", {})
        line.views["ivanova"] = {"call": {"phase": "held"}, "transcript": []}
        async with gateway(line, port=port):
            async with asyncio.timeout(WITHIN_S):
                assert await anext(panel) == {"line": "back"}
                assert (await anext(panel))["snapshot"]["call"] == {"phase": "held"}
    finally:
        await client.close()


async def test_a_panel_opened_while_the_line_is_away_is_told_so() -> None:
    async with gateway(Line()) as server:
        port = server.port
    async with client_of(port) as client, aclosing(client.subscribe("ivanova")) as panel:
        async with asyncio.timeout(WITHIN_S):
            assert await anext(panel) == {"line": "away"}
        async with gateway(Line(), port=port):
            assert "seq" in await told(panel, "snapshot")


async def test_a_command_under_way_when_the_line_goes_is_not_left_waiting() -> None:
    async with gateway(Line()) as server, client_of(server.port) as client:
        await until(lambda: client.connected)
        for web in server._webs:
            web.send = lambda wire: None  # type: ignore[method-assign]  # the answer never leaves
        asked = asyncio.create_task(client.command("ivanova", "ready", {}))
        await until(lambda: len(client._waiting) == 1)
        await asyncio.sleep(0.05)
        await server.close()
        with pytest.raises(Unavailable):
            await asked


async def test_an_answer_may_come_later_and_keeps_no_other_waiting() -> None:
    line = Line()
    async with gateway(line) as server, client_of(server.port) as client:
        await until(lambda: client.connected)
        asked = asyncio.create_task(client.command("ivanova", "search", {}))
        await until(lambda: len(line.later) == 1)
        assert await client.command("ivanova", "ready", {}) == {"said": "ready"}
        assert not asked.done()
        line.later[0]({"articles": []})
        assert await asked == {"articles": []}


async def test_an_answer_for_a_web_that_has_gone_harms_nobody() -> None:
    line = Line()
    async with gateway(line) as server, client_of(server.port) as other:
        async with client_of(server.port) as client:
            await until(lambda: client.connected)
            asked = asyncio.create_task(client.command("ivanova", "search", {}))
            await until(lambda: len(line.later) == 1)
        with pytest.raises(Unavailable):
            await asked
        line.later[0]({"articles": []})
        assert await other.command("ivanova", "ready", {}) == {"said": "ready"}


async def test_a_web_that_does_not_read_is_cut_off_and_the_others_are_not() -> None:
    async with (
        gateway(Line(), queue_length=20) as server,
        client_of(server.port) as client,
        raw(server.port) as slow,
        aclosing(client.subscribe("ivanova")) as panel,
    ):
        await told(panel, "snapshot")
        await slow.send(m.encode(m.Subscribe(1, "ivanova")))
        await slow.recv()
        slow.transport.pause_reading()
        await flood(server, panel, until_webs=1)
        assert client.connected


async def flood(server: GatewayServer, panel: AsyncIterator[dict[str, Any]], *, until_webs: int) -> None:
    """Show ever new views, as fast as one panel reads them, until only `until_webs` connections are left."""
    for number in range(2000):
        server.show("ivanova", {"call": {"notes": f"{number} " + "x" * 50_000}, "transcript": []})
        assert (await told(panel, "set"))["set"]["call"]["notes"].startswith(f"{number} ")
        if len(server._webs) <= until_webs:
            return
    raise AssertionError("the slow web was never cut off")


async def test_a_browser_that_does_not_read_gets_a_snapshot_in_place_of_what_it_missed() -> None:
    async with (
        gateway(Line()) as server,
        client_of(server.port) as client,
        aclosing(client.subscribe("ivanova")) as panel,
        aclosing(client.subscribe("ivanova")) as slow,
    ):
        await told(panel, "snapshot")
        await told(slow, "snapshot")
        for number in range(300):
            server.show("ivanova", {"call": {"need": str(number)}, "transcript": []})
            await told(panel, "set")
        caught_up = await told(slow, "snapshot")
        last = caught_up["snapshot"]["call"]["need"]
        while last != "299":
            last = (await told(slow, "set"))["set"]["call"]["need"]


async def test_a_wrong_secret_is_not_admitted() -> None:
    async with gateway(Line()) as server:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": SECRET}):
            with pytest.raises(InvalidStatus) as refused:
                async with connect(f"ws://127.0.0.1:{server.port}/", additional_headers=headers, proxy=None):
                    pass
            assert refused.value.response.status_code == 401
        async with client_of(server.port, secret="wrong") as client:
            with pytest.raises(Unavailable):
                await client.command("ivanova", "ready", {})


async def test_nonsense_ends_the_connection_and_nothing_else() -> None:
    async with (
        gateway(Line()) as server,
        client_of(server.port) as client,
        raw(server.port) as other,
    ):
        await until(lambda: client.connected)
        await other.send('{"id": 1}')
        async with asyncio.timeout(WITHIN_S):
            await other.wait_closed()
        assert other.close_code == 1008
        assert await client.command("ivanova", "ready", {}) == {"said": "ready"}


async def test_a_port_in_use_is_told_in_one_line() -> None:
    async with gateway(Line()) as server:
        second = GatewayServer(host="127.0.0.1", port=server.port, secret=SECRET)
        with pytest.raises(Unavailable) as error:
            await second.open(Line())
        assert str(server.port) in str(error.value) and "\n" not in str(error.value)
