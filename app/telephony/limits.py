"""What a user agent allows, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_SESSION_S = 90
"""RFC 4028 5: no interval may be shorter."""


@dataclass(frozen=True)
class Limits:
    """`most_calls` are held at once, both ways; more are turned away with 503. `session_s` is the session interval
    that is asked for, `least_session_s` the shortest that is taken (RFC 4028), both in seconds."""

    most_calls: int = 1000
    session_s: int = 1800
    least_session_s: int = LEAST_SESSION_S

    def __post_init__(self) -> None:
        if not LEAST_SESSION_S <= self.least_session_s <= self.session_s:
            raise ValueError("a session lives for 90 seconds at least, and for no less than its least interval")


USUAL = Limits()
