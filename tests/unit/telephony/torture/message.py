"""How one torture message is written down."""

from __future__ import annotations

from dataclasses import dataclass

SILENCE = 0
"""What is done with an answer that nobody asked for: nothing."""
REGISTER_HERE = 405
"""This line is no registrar, unless its settings make it one: RFC 4475 asks the parser to survive, then 8.2.1."""


@dataclass(frozen=True)
class Torture:
    """`section` and `name` are the RFC's. `final` is the status we answer with, SILENCE for none; `wants` says
    what the RFC asks for, with the clause where it leaves a choice."""

    section: str
    name: str
    final: int
    wants: str
    data: bytes

    @property
    def is_request(self) -> bool:
        return not self.data.startswith(b"SIP/")


def wire(head: str, body: bytes = b"", *, closed: bool = True) -> bytes:
    """The lines of a head, as they go: CRLF after each, an empty line, the body."""
    lines = "".join(f"{line}\r\n" for line in head.strip("\n").split("\n"))
    return lines.encode() + (b"\r\n" if closed else b"") + body


def mhandley(host: str, times: str = "0 0") -> bytes:
    """The description that most of the messages carry: PCMU, and two formats that nobody is asked to have."""
    lines = ["v=0", f"o=mhandley 29739 7272939 IN IP4 {host}", "s=-", f"c=IN IP4 {host}", f"t={times}"]
    lines += ["m=audio 49217 RTP/AVP 0 12", "m=video 3227 RTP/AVP 31", "a=rtpmap:31 LPC"]
    return "".join(f"{line}\r\n" for line in lines).encode()
