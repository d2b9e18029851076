"""Requests that we place within a dialog (RFC 3261 12.2.1), other than INVITE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from app.telephony.messages import SDP, challenges, make_request
from app.telephony.wire import ReceivedResponse

if TYPE_CHECKING:
    from app.telephony.calls import Call
    from app.telephony.dialogs import Dialog

Outcome: TypeAlias = Callable[[int, ReceivedResponse | None], None]


class PlacedRequest:
    """One request of ours: sent, and once more where the other side wants to know who we are.

    `then` hears its final status, once, with the response; without one for 408 and 503 that nobody sent (8.1.3.1).
    """

    def __init__(
        self,
        call: Call,
        dialog: Dialog,
        method: str,
        *,
        extra: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str = SDP,
        then: Outcome | None = None,
    ) -> None:
        self._call = call
        self._dialog = dialog
        self._method = method
        self._extra = tuple(extra)
        self._body = body
        self._content_type = content_type
        self._then = then
        self._connected = True

    def send(self) -> None:
        """Send it, with the dialog's next number."""
        station, dialog = self._call.station, self._dialog
        hop = dialog.next_hop(connected=self._connected)
        branch, uri, headers = dialog.headers(self._method, station.identity, hop)
        headers += [*self._extra, *self._call.proof(self._method, str(uri))]
        request = make_request(self._method, uri, headers, self._body, self._content_type)
        station.layer.request(request, branch, hop, self)

    def on_response(self, response: ReceivedResponse) -> None:
        if response.code < 200:
            return
        authenticator = self._call.authenticator
        if (
            response.code in (401, 407)
            and authenticator is not None
            and authenticator.challenged(response.code, challenges(response))
        ):
            self.send()
        elif self._then is not None:
            self._then(response.code, response)

    def on_silence(self, code: int) -> None:
        """Where the connection is gone, the address in Contact is left to try. Else the other side is gone too."""
        before = self._dialog.next_hop(connected=self._connected)
        if code == 503 and self._connected and self._dialog.next_hop(connected=False) != before:
            self._connected = False
            self.send()
        elif self._then is not None:
            self._then(code, None)
