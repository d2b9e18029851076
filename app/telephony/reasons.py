"""Why a request ends something: the Reason header (RFC 3326)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.telephony.messages import REASONS
from app.telephony.wire import ReceivedRequest, ReceivedResponse

MAX_REASON = 512
_PROTOCOL = re.compile(r"[A-Za-z0-9.!%*_+`'~-]{1,32}")
_CAUSE = re.compile(r";\s*cause\s*=\s*(\d{1,4})(?=\s*(?:[;,]|$))", re.IGNORECASE)
_TEXT = re.compile(r';\s*text\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)


@dataclass(frozen=True)
class Reason:
    """`protocol` is "SIP" (`cause` is a status), "Q.850" (a cause of the telephone network), or anything else."""

    protocol: str
    cause: int | None = None
    text: str = ""

    @classmethod
    def parse(cls, value: str) -> Reason | None:
        """The first reason of a header; None for one that cannot be read: it explains, it decides nothing."""
        value = value[:MAX_REASON]
        protocol = _PROTOCOL.match(value)
        if protocol is None:
            return None
        cause, text = _CAUSE.search(value), _TEXT.search(value)
        said = re.sub(r"\\(.)", r"\1", text.group(1)) if text else ""
        return cls(protocol.group(), int(cause.group(1)) if cause else None, said)

    @classmethod
    def of_status(cls, code: int) -> Reason:
        """What a SIP status says."""
        return cls("SIP", code, REASONS.get(code, ""))

    def __str__(self) -> str:
        cause = f";cause={self.cause}" if self.cause is not None else ""
        quoted = self.text.replace("\\", "\\\\").replace('"', '\\"')
        return f"{self.protocol}{cause}" + (f';text="{quoted}"' if self.text else "")


HUNG_UP = Reason("Q.850", 16, "Normal call clearing")
NO_ANSWER = Reason("Q.850", 19, "No answer")
MEDIA_LOST = Reason("Q.850", 41, "Media lost")
ELSEWHERE = Reason("SIP", 200, "Call completed elsewhere")
"""RFC 3326 2: another branch answered."""


def reason_of(message: ReceivedRequest | ReceivedResponse) -> Reason | None:
    """Why a BYE, a CANCEL or a final answer (RFC 6432) says that it came."""
    value = message.message.headers.get("Reason")
    return Reason.parse(value) if value else None
