"""What can go wrong in signalling, below the root of `app.domain.errors`.

LiniyaError
└── SipError
    ├── BadMessage          bytes that are no SIP message we can act on, with the status that answers them
    ├── BadSdp              a session description that cannot be read
    ├── NoCommonCodec       an offer or answer without anything we speak (488)
    └── IllegalTransition   an event that a state machine's table does not have: a fault of the program
"""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.errors import LiniyaError


class SipError(LiniyaError):
    """The root of signalling errors."""


class BadMessage(SipError):
    """`code`, `reason` and `headers` go into the answer where one can be given (RFC 3261 8.2, 16.3, 18.3)."""

    def __init__(self, reason: str, code: int = 400, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.headers = headers or {}


class BadSdp(SipError):
    """The line of the description that could not be read, and why."""


class NoCommonCodec(SipError):
    """No codec of ours in any audio stream, or not under keys (or in the clear) as our policy wants it."""


class IllegalTransition(SipError):
    """The machine stays as it was."""
