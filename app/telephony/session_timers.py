"""Session timers (RFC 4028): how long a call lives unrefreshed, who refreshes it, and the clock of one call."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TypeAlias

from app.application.ports import Timer
from app.telephony.errors import BadMessage, IllegalTransition
from app.telephony.limits import Limits
from app.telephony.transactions import Scheduler
from app.telephony.wire import ReceivedRequest, ReceivedResponse, tokens

MAX_RAISES = 3
"""How often 422 may ask for a longer interval before it counts as a refusal."""
LONGEST_S = 86400

_EXPIRES = re.compile(r"^(\d{1,9})\s*((?:;[^;]*)*)$")
_REFRESHER = re.compile(r";\s*refresher\s*=\s*(uac|uas)\s*(?=;|$)", re.IGNORECASE)


@dataclass(frozen=True)
class SessionExpires:
    """The Session-Expires header (4): seconds, and "uac", "uas" or "" for who refreshes."""

    seconds: int
    refresher: str = ""

    @classmethod
    def parse(cls, value: str) -> SessionExpires:
        """Raises BadMessage."""
        found = _EXPIRES.match(value[:256])
        if found is None:
            raise BadMessage("Session-Expires cannot be read")
        refresher = _REFRESHER.search(found.group(2))
        return cls(int(found.group(1)), refresher.group(1).lower() if refresher else "")

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


@dataclass(frozen=True)
class Terms:
    """What one exchange agreed. `seconds` is 0 where the call lives without a timer; `ours`: we refresh."""

    seconds: int = 0
    ours: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    """What the 2xx that agrees must carry."""


def terms_of(request: ReceivedRequest, limits: Limits) -> Terms:
    """What we agree to as the callee of an INVITE or UPDATE (9). Raises BadMessage with 422."""
    headers = request.message.headers
    can = "timer" in tokens(request, "Supported") or "timer" in tokens(request, "Require")
    least_s = _seconds(headers.get("Min-SE"))
    asked = headers.get("Session-Expires")
    if asked is None:
        # Not asked for: worth while only with a caller who would take part.
        return _as_uas(max(limits.session_s, least_s), "uas", can=True) if can else Terms()
    wanted = SessionExpires.parse(asked)
    if wanted.seconds < limits.least_session_s:
        if can:
            raise BadMessage("", 422, {"Min-SE": str(limits.least_session_s)})
        return Terms()  # a proxy asked for what the caller could not even be told of
    seconds = min(wanted.seconds, max(limits.session_s, least_s))
    return _as_uas(seconds, wanted.refresher if can and wanted.refresher else "uas", can=can)


def _as_uas(seconds: int, refresher: str, *, can: bool) -> Terms:
    headers = [("Session-Expires", str(SessionExpires(seconds, refresher)))]
    if can:
        headers.append(("Require", "timer"))
    return Terms(seconds, refresher == "uas", tuple(headers))


def _seconds(value: str | None) -> int:
    """The delta-seconds of Min-SE; 0 where there are none to be read."""
    number = (value or "").partition(";")[0].strip()
    return min(int(number), LONGEST_S) if number.isascii() and number.isdigit() and len(number) < 10 else 0


class SessionState(StrEnum):
    OFF = auto()
    OURS = auto()  # we refresh
    THEIRS = auto()  # the other side does


class SessionEvent(StrEnum):
    AGREED_OURS = auto()
    AGREED_THEIRS = auto()
    AGREED_NONE = auto()
    REFUSED = auto()  # a refresh of ours that failed, but not for good
    DUE = auto()
    EXPIRED = auto()
    STOP = auto()


class SessionDo(StrEnum):
    START = auto()  # the clock of the expiry, anew
    WAIT_TO_REFRESH = auto()
    WAIT_TO_RETRY = auto()
    REFRESH = auto()
    END = auto()


Row: TypeAlias = tuple[SessionState, tuple[SessionDo, ...]]
S, E, D = SessionState, SessionEvent, SessionDo

SESSION: Mapping[tuple[SessionState, SessionEvent], Row] = {
    **{(state, E.AGREED_OURS): (S.OURS, (D.START, D.WAIT_TO_REFRESH)) for state in S},
    **{(state, E.AGREED_THEIRS): (S.THEIRS, (D.START,)) for state in S},
    **{(state, E.AGREED_NONE): (S.OFF, ()) for state in S},
    **{(state, E.STOP): (S.OFF, ()) for state in S},
    (S.OFF, E.REFUSED): (S.OFF, ()),
    (S.THEIRS, E.REFUSED): (S.THEIRS, ()),
    (S.OURS, E.REFUSED): (S.OURS, (D.WAIT_TO_RETRY,)),
    (S.OURS, E.DUE): (S.OURS, (D.REFRESH,)),
    (S.OURS, E.EXPIRED): (S.OFF, (D.END,)),
    (S.THEIRS, E.EXPIRED): (S.OFF, (D.END,)),
}


def session_step(state: SessionState, event: SessionEvent) -> Row:
    """The row for this event. Raises IllegalTransition."""
    try:
        return SESSION[state, event]
    except KeyError:
        raise IllegalTransition(f"{event} cannot happen to a session timer that is {state}") from None


class SessionTimer:
    """The clock of one call, and what we ask for as the caller of an INVITE or UPDATE.

    `refresh` is called at half the interval where that is ours to do, `end` when nobody refreshed in time (10).
    """

    def __init__(
        self, scheduler: Scheduler, limits: Limits, refresh: Callable[[], None], end: Callable[[], None]
    ) -> None:
        self.state = SessionState.OFF
        self._scheduler = scheduler
        self._interval_s = limits.session_s
        self._least_s = limits.least_session_s
        self._default_least_s = limits.least_session_s
        self._refresh = refresh
        self._end = end
        self._agreed_s = 0
        self._raises = 0
        self._expiry: Timer | None = None
        self._due: Timer | None = None

    # -- as the caller

    def headers(self) -> list[tuple[str, str]]:
        """What a request of ours asks for (7.1, 7.4): whoever refreshes now goes on to."""
        refresher = {SessionState.OURS: "uac", SessionState.THEIRS: "uas"}.get(self.state, "")
        asked = [("Session-Expires", str(SessionExpires(self._agreed_s or self._interval_s, refresher)))]
        if self._least_s > 90:
            asked.append(("Min-SE", str(self._least_s)))
        return asked

    def lengthen(self, response: ReceivedResponse) -> bool:
        """422 names the least interval that it would take (7.3). False where that helps nothing."""
        least_s = _seconds(response.message.headers.get("Min-SE"))
        asked_s = self._agreed_s or self._interval_s
        if self._raises >= MAX_RAISES or not asked_s < least_s < LONGEST_S:
            return False
        self._raises += 1
        self._least_s = self._interval_s = self._agreed_s = least_s
        return True

    def accepted(self, response: ReceivedResponse) -> None:
        """A 2xx to a request of ours (7.2). One without the header ends the timer."""
        value = response.message.headers.get("Session-Expires")
        try:
            said = SessionExpires.parse(value) if value else None
        except BadMessage:
            said = None
        if said is None:
            self.agree(Terms())
            return
        seconds = min(max(said.seconds, self._default_least_s), max(self._interval_s, self._agreed_s))
        self.agree(Terms(seconds, said.refresher != "uas"))

    def refused(self) -> None:
        """A refresh failed in a way that another may not."""
        self.take(SessionEvent.REFUSED)

    # -- the machine

    def agree(self, terms: Terms) -> None:
        """An exchange set the clock anew."""
        self._agreed_s = terms.seconds
        if not terms.seconds:
            self.take(SessionEvent.AGREED_NONE)
        else:
            self.take(SessionEvent.AGREED_OURS if terms.ours else SessionEvent.AGREED_THEIRS)

    def stop(self) -> None:
        self.take(SessionEvent.STOP)

    def take(self, event: SessionEvent) -> None:
        """Raises IllegalTransition, having changed nothing."""
        self.state, actions = session_step(self.state, event)
        if event not in (SessionEvent.DUE, SessionEvent.REFUSED):
            self._cancel()
        elif self._due is not None:
            self._due.cancel()  # a change of the session may be refused long before a refresh is due
        for action in actions:
            self._do(action)

    def _do(self, action: SessionDo) -> None:
        seconds = self._agreed_s
        match action:
            case SessionDo.START:
                # 10: before the end, so that the BYE comes while the dialog is still there.
                self._expiry = self._after(seconds - min(32, seconds / 3), SessionEvent.EXPIRED)
            case SessionDo.WAIT_TO_REFRESH:
                self._due = self._after(seconds / 2, SessionEvent.DUE)
            case SessionDo.WAIT_TO_RETRY:
                self._due = self._after(min(30, seconds / 12), SessionEvent.DUE)
            case SessionDo.REFRESH:
                self._refresh()
            case SessionDo.END:
                self._end()

    def _after(self, seconds: float, event: SessionEvent) -> Timer:
        return self._scheduler.call_later(seconds, lambda: self.take(event))

    def _cancel(self) -> None:
        for timer in (self._expiry, self._due):
            if timer is not None:
                timer.cancel()
        self._expiry = self._due = None
