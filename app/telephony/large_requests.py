"""Requests too large for one datagram go over TCP (RFC 3261 18.1.1), where the other side has it."""

from __future__ import annotations

from collections import OrderedDict

from sipmessage import Request

from app.application.ports import Timer
from app.telephony.transactions import Scheduler
from app.telephony.wire import Hop, TransportName

MOST_OCTETS = 1300
"""18.1.1, where the path's largest datagram is not known."""
UDP_ONLY_S = 600.0
MAX_UDP_ONLY = 256


class LargeRequests:
    """Which requests go over TCP in place of UDP. A hop where that failed is not asked again for ten minutes."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._udp_only: OrderedDict[Hop, Timer] = OrderedDict()

    def fallback(self, request: Request, hop: Hop) -> Hop | None:
        """The hop to fall back to when this request goes over TCP first; None for one that goes as it is."""
        if hop.reliable or hop in self._udp_only or len(bytes(request)) <= MOST_OCTETS:
            return None
        return hop

    def failed(self, hop: Hop) -> None:
        """Nothing could be sent to `hop`."""
        if hop.transport != "TCP":
            return
        known = Hop("UDP", hop.host, hop.port)
        earlier = self._udp_only.pop(known, None)
        if earlier is None and len(self._udp_only) >= MAX_UDP_ONLY:
            _, earlier = self._udp_only.popitem(last=False)
        if earlier is not None:
            earlier.cancel()
        self._udp_only[known] = self._scheduler.call_later(UDP_ONLY_S, lambda: self._udp_only.pop(known, None))

    def close(self) -> None:
        """Let no timer fire any more."""
        for timer in self._udp_only.values():
            timer.cancel()
        self._udp_only.clear()


def name_transport(request: Request, transport: TransportName) -> None:
    """Say in the topmost Via how the request goes."""
    first, *others = request.headers.getlist("Via")
    _, _, rest = first.partition(" ")
    request.headers.setlist("Via", [f"SIP/2.0/{transport} {rest}", *others])
