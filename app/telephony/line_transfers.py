"""Transfers as the line gives them to the application: asked for by telephones, and asked of a PBX."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping

import structlog
from sipmessage import URI

from app.application.ports import LegId
from app.telephony.calls import Call
from app.telephony.dialogs import Dialog
from app.telephony.refer_forms import ReferTo
from app.telephony.transfers import refer, to_replace

log = structlog.get_logger()

_NUMBER = re.compile(r"\+?[\d*#]{1,32}")


class LineTransfers:
    """Over the legs that are up in `calls`; `hang_up` ends one of them."""

    def __init__(self, calls: Mapping[LegId, Call], hang_up: Callable[[LegId], None]) -> None:
        self._calls = calls
        self._hang_up = hang_up
        self._asking: dict[LegId, Call] = {}

    def asked(self, call: Call) -> None:
        """A telephone asked; `answer` follows, also where its leg has ended by then."""
        self._asking = {leg: one for leg, one in self._asking.items() if one.transfers.pending}
        self._asking[call.leg] = call

    def answer(self, leg: LegId, *, accepted: bool) -> None:
        call = self._asking.pop(leg, None)
        if call is not None:
            call.transfers.answer(accepted=accepted)

    def decline_all(self) -> None:
        """The line is being closed."""
        for leg in [*self._asking]:
            self.answer(leg, accepted=False)

    def refer(self, leg: LegId, target: str, then: Callable[[bool], None]) -> None:
        """See `SipLine.refer`."""
        call = self._calls.get(leg)
        named = _named(target, call.dialog) if call is not None and call.dialog is not None else None
        self._refer(leg, ReferTo(named) if named is not None else None, then)

    def refer_to_leg(self, leg: LegId, other: LegId, then: Callable[[bool], None]) -> None:
        """See `SipLine.refer_to_leg`."""
        call = self._calls.get(other)
        self._refer(leg, to_replace(call) if call is not None and leg != other else None, then)

    def _refer(self, leg: LegId, refer_to: ReferTo | None, then: Callable[[bool], None]) -> None:
        def ended(reached: bool) -> None:
            log.info("call_referred", leg=leg, reached=reached)
            if reached:
                self._hang_up(leg)
            then(reached)

        call = self._calls.get(leg)
        if call is None or refer_to is None or not refer(call, refer_to, ended):
            asyncio.get_running_loop().call_soon(then, False)


def _named(target: str, dialog: Dialog) -> URI | None:
    """Whom a REFER names: an address as it is, a number at the other side's own host."""
    if _NUMBER.fullmatch(target):
        return URI("sip", dialog.target.host, user=target, port=dialog.target.port)
    try:
        return URI.parse(target)
    except ValueError:
        return None
