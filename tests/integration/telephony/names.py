"""A small DNS server on loopback, that knows what a test tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rrset

from tests.integration.telephony.exchange import LOOPBACK


class Names(asyncio.DatagramProtocol):
    """`records` are lists of texts by owner and type: `{("pbx.example", "A"): ["127.0.0.1"]}`; they may be changed.
    `asked` is all that was."""

    def __init__(self, records: Mapping[tuple[str, str], list[str]], ttl_s: int) -> None:
        self.records = dict(records)
        self.asked: list[tuple[str, str]] = []
        self._ttl_s = ttl_s
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        name = question.name.to_text(omit_final_dot=True).lower()
        self.asked.append((name, kind))
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if texts := self.records.get((name, kind)):
            answer.answer.append(dns.rrset.from_text_list(question.name, self._ttl_s, "IN", kind, texts))
        elif not any(owner == name for owner, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        assert self._transport is not None
        self._transport.sendto(answer.to_wire(), addr)

    @property
    def address(self) -> str:
        """As a setting names it."""
        assert self._transport is not None
        return f"{LOOPBACK}:{self._transport.get_extra_info('sockname')[1]}"


@asynccontextmanager
async def names(records: Mapping[tuple[str, str], list[str]], ttl_s: int = 300) -> AsyncIterator[Names]:
    """The server, closed at the end."""
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Names(records, ttl_s), local_addr=(LOOPBACK, 0))
    try:
        yield server
    finally:
        transport.close()
        await asyncio.sleep(0)
