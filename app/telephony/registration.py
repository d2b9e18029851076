"""Registration with a PBX or trunk (RFC 3261 10.2): kept fresh, tried again on failure, taken back at the end."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum, auto
from typing import TypeAlias

import structlog
from sipmessage import URI

from app.application.ports import Timer
from app.telephony.account import Account
from app.telephony.digest import Authenticator, Nonces
from app.telephony.errors import BadMessage, IllegalTransition
from app.telephony.messages import (
    ALLOW,
    MAX_FORWARDS,
    Identity,
    challenges,
    make_request,
    new_branch,
    new_call_id,
    new_tag,
)
from app.telephony.servers import REST_S, Servers, retry_after_s
from app.telephony.transaction_layer import TransactionLayer
from app.telephony.wire import Hop, ReceivedResponse, bracketed, parameter, parse_address, split_list

FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 300.0
REFRESH_BEFORE_S = 40.0
LONGEST_EXPIRES_S = 7200
MAX_ROUTES = 8

log = structlog.get_logger()


class RegistrationState(StrEnum):
    IDLE = auto()
    REGISTERING = auto()
    REGISTERED = auto()
    WAITING = auto()  # to try again
    LEAVING = auto()  # Expires: 0 sent
    GONE = auto()


class RegistrationEvent(StrEnum):
    START = auto()
    ACCEPTED = auto()
    CHALLENGED = auto()
    REFUSED = auto()
    TIMER = auto()
    STOP = auto()


class RegistrationDo(StrEnum):
    REGISTER = auto()
    UNREGISTER = auto()
    WAIT_TO_REFRESH = auto()
    WAIT_TO_RETRY = auto()


Row: TypeAlias = tuple[RegistrationState, tuple[RegistrationDo, ...]]
S, E, D = RegistrationState, RegistrationEvent, RegistrationDo
_STAYS_GONE: Row = (S.GONE, ())

REGISTRATION: Mapping[tuple[RegistrationState, RegistrationEvent], Row] = {
    (S.IDLE, E.START): (S.REGISTERING, (D.REGISTER,)),
    (S.IDLE, E.STOP): _STAYS_GONE,
    (S.REGISTERING, E.ACCEPTED): (S.REGISTERED, (D.WAIT_TO_REFRESH,)),
    (S.REGISTERING, E.CHALLENGED): (S.REGISTERING, (D.REGISTER,)),
    (S.REGISTERING, E.REFUSED): (S.WAITING, (D.WAIT_TO_RETRY,)),
    # The registrar may have taken it, its answer on the way: taken back just as well.
    (S.REGISTERING, E.STOP): (S.LEAVING, (D.UNREGISTER,)),
    (S.REGISTERED, E.TIMER): (S.REGISTERING, (D.REGISTER,)),
    (S.REGISTERED, E.STOP): (S.LEAVING, (D.UNREGISTER,)),
    (S.WAITING, E.TIMER): (S.REGISTERING, (D.REGISTER,)),
    (S.WAITING, E.STOP): _STAYS_GONE,
    (S.LEAVING, E.ACCEPTED): _STAYS_GONE,
    (S.LEAVING, E.CHALLENGED): (S.LEAVING, (D.UNREGISTER,)),
    (S.LEAVING, E.REFUSED): _STAYS_GONE,
    (S.LEAVING, E.STOP): (S.LEAVING, ()),
    (S.GONE, E.STOP): _STAYS_GONE,
}


def registration_step(state: RegistrationState, event: RegistrationEvent) -> Row:
    """The row for this event. Raises IllegalTransition."""
    try:
        return REGISTRATION[state, event]
    except KeyError:
        raise IllegalTransition(f"{event} cannot happen to a registration that is {state}") from None


class Registration:
    """One account's registration, at the best of its servers. `contact_user` is the user of our Contact there.

    A server that does not answer or is out of service (408, 503) rests, and the next one is asked at once; after
    the last it is waited for. `on_change` is called whenever `state` is another.
    """

    def __init__(
        self,
        account: Account,
        servers: Servers,
        layer: TransactionLayer,
        identity: Identity,
        *,
        contact_user: str = "",
        nonces: Nonces | None = None,
        on_change: Callable[[], None] = lambda: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.account = account
        self.state = RegistrationState.IDLE
        self.registered = False
        """Whether the registrar has us, as far as we know: so while it is refreshed, too."""
        self.server: Hop | None = None
        """Where the last REGISTER went."""
        self.service_route: tuple[str, ...] = ()
        """What calls out through the registrar carry as Route (RFC 3608 6.1)."""
        self._servers = servers
        self._layer = layer
        self._identity = identity
        self._contact_user = contact_user or account.user
        self._on_change = on_change
        self._chance = chance
        self._authenticator = Authenticator(account.digest_user, account.password, nonces)
        self._call_id = new_call_id()
        self._tag = new_tag()
        self._cseq = secrets.randbelow(2**16)
        self._expires_s = account.expires_s
        self._granted_s = account.expires_s
        self._failures = 0
        self._breaks = 0
        self._wait_s = 0.0
        self._timer: Timer | None = None
        self._asked: _Asked | None = None

    def start(self) -> None:
        """There is a server to register at."""
        self.take(RegistrationEvent.START)

    def stop(self) -> None:
        """Take the registration back; the answer is not waited for."""
        self.registered = False
        self.take(RegistrationEvent.STOP)

    def look_again(self, hop: Hop) -> None:
        """The connection to `hop` broke, or it is no server any more: register anew, soon, if that is where we are.
        Calls to us come by that connection (RFC 5626 4.2.1)."""
        if self.state is RegistrationState.REGISTERED and self.server == hop:
            self._breaks += 1  # a server that closes every connection is not to be asked without end
            soon = min(FIRST_RETRY_S * 2.0 ** min(self._breaks - 1, 16), self._refresh_s)
            self._wait(soon * (0.5 + self._chance() / 2))

    def take(self, event: RegistrationEvent) -> None:
        """Raises IllegalTransition, having changed nothing."""
        before = self.state
        self.state, actions = registration_step(self.state, event)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if event in (RegistrationEvent.START, RegistrationEvent.TIMER):
            self.server = self._servers.best or self.server  # a challenge is answered where it came from
        for action in actions:
            self._do(action)
        if self.state is not before:
            self._on_change()

    def _do(self, action: RegistrationDo) -> None:
        match action:
            case RegistrationDo.REGISTER:
                self._register(self._expires_s)
            case RegistrationDo.UNREGISTER:
                self._register(0)
            case RegistrationDo.WAIT_TO_REFRESH:
                self._wait(self._refresh_s, self._lasted)
            case RegistrationDo.WAIT_TO_RETRY:
                self._wait(self._wait_s)

    def _retry_s(self) -> float:
        """Doubling, with jitter: a PBX that comes back is not overrun by all its lines at once."""
        longest = min(LONGEST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(self._failures - 1, 16))
        return longest * (0.5 + self._chance() / 2)

    @property
    def _refresh_s(self) -> float:
        """10.2.4: before it lapses, with room for a registrar that is slow to answer."""
        return max(self._granted_s * 0.5, self._granted_s - REFRESH_BEFORE_S)

    def _lasted(self) -> None:
        self._breaks = 0

    def _wait(self, seconds: float, before: Callable[[], None] = lambda: None) -> None:
        def fire() -> None:
            before()
            self.take(RegistrationEvent.TIMER)

        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._layer.scheduler.call_later(seconds, fire)

    def _register(self, expires_s: int) -> None:
        account, identity, hop = self.account, self._identity, self.server
        if hop is None:
            return
        self._cseq += 1
        branch = new_branch()
        registrar = URI("sip", bracketed(account.domain), port=account.uri_port)
        named = f"<{URI('sip', bracketed(account.domain), user=account.user, port=account.uri_port)}>"
        headers = [
            ("Via", identity.via(hop, branch)),
            ("Max-Forwards", MAX_FORWARDS),
            ("From", f"{named};tag={self._tag}"),
            ("To", named),
            ("Call-ID", self._call_id),
            ("CSeq", f"{self._cseq} REGISTER"),
            ("Contact", identity.contact(hop, self._contact_user)),
            ("Expires", str(expires_s)),
            ("Allow", ALLOW),
            ("User-Agent", identity.name),
            *self._authenticator.headers("REGISTER", str(registrar)),
        ]
        self._asked = _Asked(self)
        self._layer.request(make_request("REGISTER", registrar, headers), branch, hop, self._asked)

    # -- answers, of the last request only

    def on_response(self, asked: _Asked, response: ReceivedResponse) -> None:
        if asked is not self._asked or response.code < 200:
            return
        self._asked = None
        if response.code < 300:
            self._on_accepted(response)
        elif (
            response.code in (401, 407) and self._authenticator.challenged(response.code, challenges(response))
        ) or (response.code == 423 and self._lengthen(response)):
            self.take(RegistrationEvent.CHALLENGED)
        else:
            self._on_refused(response.code, retry_after_s(response))

    def on_silence(self, asked: _Asked, code: int) -> None:
        if asked is self._asked:
            self._asked = None
            self._on_refused(code, None)

    def _on_accepted(self, response: ReceivedResponse) -> None:
        self._authenticator.accepted(response)
        self._failures = 0
        self._granted_s = self._granted(response)
        if self.server is not None:
            self._servers.wake(self.server)
        self.service_route = _routes(response)
        self.registered = self.state is RegistrationState.REGISTERING
        self.take(RegistrationEvent.ACCEPTED)

    def _on_refused(self, code: int, retry_after_s: float | None) -> None:
        self._failures += 1
        self.registered = False
        log.warning("sip_registration_failed", trunk=self.account.label, status=code, failures=self._failures)
        self._wait_s = max(self._retry_s(), min(retry_after_s or 0.0, LONGEST_RETRY_S))
        if code in (408, 503) and self.server is not None:
            self._servers.rest(self.server, REST_S if retry_after_s is None else retry_after_s)
            if self._servers.fresh:
                self._wait_s = 0.0
        self.take(RegistrationEvent.REFUSED)

    def _lengthen(self, response: ReceivedResponse) -> bool:
        """423 names the least that the registrar takes (10.2.8). False where that helps nothing."""
        least = response.message.headers.get("Min-Expires") or ""
        if not (least.isascii() and least.isdigit() and len(least) < 6):
            return False
        if not self._expires_s < int(least) <= LONGEST_EXPIRES_S:
            return False
        self._expires_s = int(least)
        return True

    def _granted(self, response: ReceivedResponse) -> int:
        """What the registrar says of our own Contact, else its Expires header, else what was asked (10.2.4)."""
        headers = response.message.headers
        granted = headers.get("Expires") or ""
        for contact in headers.getlist("Contact"):
            try:
                address = parse_address("Contact", contact)
            except BadMessage:
                continue
            ours = address.uri.host.strip("[]") == self._identity.host
            if ours and (address.uri.port or 5060) in (self._identity.port, self._identity.tls_port):
                granted = parameter(address.parameters, "expires") or granted
        readable = granted.isascii() and granted.isdigit() and len(granted) < 8
        return int(granted) if readable and int(granted) > 0 else self._expires_s


def _routes(response: ReceivedResponse) -> tuple[str, ...]:
    """The Service-Route of a registrar's answer; none where it cannot be used as a whole."""
    values = [
        one for value in response.message.headers.getlist("Service-Route") for one in split_list(value) if one
    ]
    try:
        for value in values:
            parse_address("Service-Route", value)
    except BadMessage:
        return ()
    return tuple(values) if len(values) <= MAX_ROUTES else ()


class _Asked:
    """One REGISTER: an answer to an earlier one, late, is none to the last."""

    def __init__(self, registration: Registration) -> None:
        self._registration = registration

    def on_response(self, response: ReceivedResponse) -> None:
        self._registration.on_response(self, response)

    def on_silence(self, code: int) -> None:
        self._registration.on_silence(self, code)
