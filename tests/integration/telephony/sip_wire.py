"""SIP over a plain UDP socket of ours, on any address of loopback: who comes to the line, and who looks on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

from app.telephony.digest import Authenticator
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.integration.telephony.exchange import LOOPBACK, PATIENCE_S
from tests.integration.telephony.rtp_peer import until

NUMBERS = count(1)
T1_S = 0.5
OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 8\r\na=sendrecv\r\n"
)


class SipWire(asyncio.DatagramProtocol):
    """One socket. `heard` is everything that came to it, in its order."""

    def __init__(self) -> None:
        self.heard: list[ReceivedRequest | ReceivedResponse] = []
        self.host, self.port = "", 0
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.host, self.port = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        message = read(data, Hop("UDP", str(addr[0]), int(addr[1])))
        assert isinstance(message, ReceivedRequest | ReceivedResponse), data
        self.heard.append(message)
        if isinstance(message, ReceivedRequest) and message.method == "BYE":
            self._transport.sendto(answer_to(message, "200 OK").encode(), addr)

    def close(self) -> None:
        self._transport.close()

    # -- to the line

    def send(self, text: str, port: int) -> None:
        self._transport.sendto(text.encode(), (LOOPBACK, port))

    async def asks(self, text: str, port: int) -> ReceivedResponse:
        """Send a request until its final answer comes (RFC 3261 17.1.2)."""
        branch = text.partition("branch=")[2].partition(";")[0].partition("\r\n")[0]
        async with asyncio.timeout(PATIENCE_S):
            while True:
                self.send(text, port)
                with contextlib.suppress(AssertionError):
                    await until(lambda: self.answer(branch), "an answer", T1_S)
                if (answer := self.answer(branch)) is not None:
                    return answer

    def answer(self, branch: str) -> ReceivedResponse | None:
        """The final answer to the request of that branch, if it has come."""
        return next((one for one in self.responses() if one.branch == branch and one.code >= 200), None)

    async def proves(self, method: str, port: int, user: str, password: str, **form: Any) -> ReceivedResponse:
        """A request whose challenge is answered."""
        uri = form.setdefault("uri", f"sip:{LOOPBACK}:{port}")
        proof = Authenticator(user, password)
        answer = await self.asks(self.request(method, **form), port)
        values = answer.message.headers.getlist("WWW-Authenticate")
        if answer.code == 401 and proof.challenged(401, values):
            form["extra"] = [*form.get("extra", ()), *(f"{a}: {b}" for a, b in proof.headers(method, uri))]
            return await self.asks(self.request(method, **form), port)
        return answer

    def request(
        self,
        method: str,
        *,
        uri: str = "",
        user: str = "+79170000000",
        to: str = "245022",
        to_tag: str = "",
        call_id: str = "",
        cseq: int = 0,
        contact: str = "",
        via: str = "",
        body: str = "",
        extra: Sequence[str] = (),
    ) -> str:
        """A request of this socket; `via` takes the place of its own sent-by."""
        number = next(NUMBERS)
        lines = [
            f"{method} {uri or f'sip:{to}@{LOOPBACK}'} SIP/2.0",
            f"Via: SIP/2.0/UDP {via or f'{self.host}:{self.port}'};branch=z9hG4bKwire{number};rport",
            "Max-Forwards: 70",
            f"From: <sip:{user}@{self.host}>;tag=wire",
            f"To: <sip:{to}@{LOOPBACK}>" + (f";tag={to_tag}" if to_tag else ""),
            f"Call-ID: {call_id or f'wire-{number}'}",
            f"CSeq: {cseq or number} {method}",
            f"Contact: {contact or f'<sip:{user}@{self.host}:{self.port}>'}",
            *extra,
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        return "\r\n".join(lines) + "\r\n\r\n" + body

    async def calls(self, port: int, **form: Any) -> ReceivedResponse:
        """INVITE, and ACK where it is answered."""
        call_id = form.setdefault("call_id", f"call-{next(NUMBERS)}")
        answer = await self.asks(self.request("INVITE", body=OFFER, **form), port)
        if answer.code < 300:
            self.send(self.request("ACK", to_tag=answer.to_tag, call_id=call_id, cseq=answer.cseq.sequence), port)
        return answer

    def responses(self) -> list[ReceivedResponse]:
        return [one for one in self.heard if isinstance(one, ReceivedResponse)]

    def requests(self) -> list[ReceivedRequest]:
        return [one for one in self.heard if isinstance(one, ReceivedRequest)]


def answer_to(request: ReceivedRequest, status: str, *extra: str) -> str:
    """What this socket says to a request of the line."""
    headers = request.message.headers
    to = headers["To"] if request.to_tag else f"{headers['To']};tag=wire"
    copied = [f"{name}: {headers[name]}" for name in ("Via", "From", "Call-ID", "CSeq")]
    return "\r\n".join([f"SIP/2.0 {status}", *copied, f"To: {to}", *extra, "Content-Length: 0", "", ""])


@asynccontextmanager
async def wires(*hosts: str) -> AsyncIterator[list[SipWire]]:
    """A socket on each of these addresses."""
    loop = asyncio.get_running_loop()
    opened: list[SipWire] = []
    try:
        for host in hosts:
            _, wire = await loop.create_datagram_endpoint(SipWire, local_addr=(host, 0))
            opened.append(wire)
        yield opened
    finally:
        for wire in opened:
            wire.close()
