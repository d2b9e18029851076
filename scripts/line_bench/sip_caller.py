"""Many calls from one UDP socket, as lean as a load may be: texts with blanks filled in, no timers but one.

It is no user agent: it takes what RFC 3261 lets a peer send it in these calls, and says 200 to every request.
"""

from __future__ import annotations

import secrets
import socket
import time
from dataclasses import dataclass, field

HERE = "127.0.0.1"
SO_TIMESTAMPNS = 35
"""asm-generic/socket.h; Python 3.11 has no name for it. The kernel says when a datagram came (socket(7))."""
CONTROL_SIZE = 64
_AGAIN_AFTER_S = 2.0
"""A lost INVITE is sent once more after so long: sooner, and a peer that cannot tell makes two calls of it."""

_REQUEST = (
    "{method} {target} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{branch};rport\r\n"
    "Max-Forwards: 70\r\n"
    'From: "{user}" <sip:{user}@127.0.0.1:{port}>;tag={tag}\r\n'
    "To: {to}\r\n"
    "Call-ID: {call_id}\r\n"
    "CSeq: {cseq} {method}\r\n"
    "Contact: <sip:{user}@127.0.0.1:{port}>\r\n"
    "{type}Content-Length: {length}\r\n\r\n{body}"
)
_OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8 101\r\n"
    "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
)


@dataclass
class Placed:
    """One call. Times are nanoseconds of the realtime clock, 0 until it happened."""

    user: str
    to_port: int
    rtp_port: int
    call_id: str = field(default_factory=lambda: secrets.token_hex(12))
    tag: str = field(default_factory=lambda: secrets.token_hex(6))
    branch: str = field(default_factory=lambda: secrets.token_hex(8))
    to: str = ""
    target: str = ""
    remote_rtp_port: int = 0
    status: int = 0
    invited_ns: int = 0
    answered_ns: int = 0
    ended: bool = False


class SipCaller:
    """Places calls and ends them."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind((HERE, 0))
        self.port: int = self.socket.getsockname()[1]
        self._calls: dict[str, Placed] = {}

    def close(self) -> None:
        self.socket.close()

    def place(
        self, to_port: int, rtp_ports: list[int], *, at_once: int = 10, patience_s: float = 20
    ) -> list[Placed]:
        """Call once for each RTP port, so many INVITEs under way at a time. Raises TimeoutError."""
        waiting = [Placed(f"7{number:010d}", to_port, port) for number, port in enumerate(rtp_ports)]
        placed = list(waiting)
        under_way: list[Placed] = []
        until = time.monotonic() + patience_s
        while waiting or under_way:
            while waiting and len(under_way) < at_once:
                under_way.append(waiting.pop(0))
                self._invite(under_way[-1])
            self.take(0.05)
            under_way = [call for call in under_way if not call.status]
            if time.monotonic() > until:
                raise TimeoutError(f"{len(under_way) + len(waiting)} of {len(placed)} calls were not answered")
            for call in under_way:
                self._again(call)
        refused = [call.status for call in placed if call.status != 200]
        if refused:
            raise ConnectionRefusedError(f"{len(refused)} of {len(placed)} calls were answered with {refused[0]}")
        return placed

    def hang_up(self, calls: list[Placed], *, patience_s: float = 5) -> int:
        """End the calls; how many BYEs were answered within the time. A peer may answer none."""
        for start in range(0, len(calls), 10):
            for call in calls[start : start + 10]:
                self._send(call, "BYE", 2)
            self.take(0.02)
        until = time.monotonic() + patience_s
        while time.monotonic() < until and not all(call.ended for call in calls):
            self.take(0.05)
        for call in calls:
            self._calls.pop(call.call_id, None)
        return sum(call.ended for call in calls)

    def take(self, wait_s: float) -> None:
        """Take what is there, waiting at most so long for the first message."""
        self.socket.settimeout(wait_s)
        try:
            while True:
                data, control, _, source = self.socket.recvmsg(8192, CONTROL_SIZE)
                self._on_message(data.decode(errors="replace"), nanoseconds(control), source)
                self.socket.settimeout(0)
        except (TimeoutError, BlockingIOError, ConnectionRefusedError):
            return

    def _invite(self, call: Placed) -> None:
        self._calls[call.call_id] = call
        call.target = f"sip:line@{HERE}:{call.to_port}"
        call.to = f"<{call.target}>"
        call.invited_ns = time.time_ns()
        self._send(call, "INVITE", 1, _OFFER.format(port=call.rtp_port))

    def _again(self, call: Placed) -> None:
        if time.time_ns() - call.invited_ns > _AGAIN_AFTER_S * 1e9:
            self._invite(call)

    def _send(self, call: Placed, method: str, cseq: int, body: str = "") -> None:
        text = _REQUEST.format(
            method=method,
            target=call.target,
            port=self.port,
            branch=call.branch + method,
            user=call.user,
            tag=call.tag,
            to=call.to,
            call_id=call.call_id,
            cseq=cseq,
            type="Content-Type: application/sdp\r\n" if body else "",
            length=len(body),
            body=body,
        )
        self.socket.sendto(text.encode(), (HERE, call.to_port))

    def _on_message(self, text: str, at_ns: int, source: tuple[str, int]) -> None:
        lines = text.split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if not lines[0].startswith("SIP/2.0 "):
            self._on_request(lines, source)
            return
        call = self._calls.get(fields.get("call-id", ""))
        status = int(lines[0].split(" ")[1])
        if call is None or status < 200:
            return
        if fields.get("cseq", "").endswith("BYE"):
            call.ended = True
        elif fields.get("cseq", "").endswith("INVITE"):
            self._on_final(call, status, fields, text, at_ns)

    def _on_final(self, call: Placed, status: int, fields: dict[str, str], text: str, at_ns: int) -> None:
        call.to = fields["to"]
        if status == 200:
            call.target = fields["contact"].partition("<")[2].partition(">")[0] or call.target
            call.remote_rtp_port = int(text.partition("\r\nm=audio ")[2].split(" ")[0])
        if not call.status:
            call.status, call.answered_ns = status, at_ns
        self._send(call, "ACK", 1)

    def _on_request(self, lines: list[str], source: tuple[str, int]) -> None:
        if lines[0].startswith("ACK "):
            return
        kept = [line for line in lines if line.lower().startswith(("via:", "from:", "to:", "call-id:", "cseq:"))]
        answer = "\r\n".join(["SIP/2.0 200 OK", *kept, "Content-Length: 0", "", ""])
        self.socket.sendto(answer.encode(), source)


def nanoseconds(control: list[tuple[int, int, bytes]]) -> int:
    """When the kernel took the datagram, by the realtime clock."""
    stamp = control[0][2]
    return int.from_bytes(stamp[:8], "little") * 1_000_000_000 + int.from_bytes(stamp[8:16], "little")
