"""The registrar of an office without a PBX (RFC 3261 10.3): where the operators' phones are now.

A phone is reached where its REGISTER came from, over the connection or from the port that it sent from, whatever
address its Contact names: that is what works behind NAT, and what keeps a phone from pointing the line at others.
The Contact is only what the phone wants to read in the request line. Bindings live in memory: they are granted for
two minutes at most, so that after a restart of the line every phone is back within that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sipmessage import URI, Parameters

from app.telephony.errors import BadMessage
from app.telephony.messages import reply_hop
from app.telephony.wire import Hop, ReceivedRequest, parameter, parse_address

SHORTEST_S = 60
LONGEST_S = 120
MALFORMED_S = 3600
"""RFC 3261 10.2.1.1: what an expiry that is no number counts as."""
MAX_BINDINGS = 5
MAX_CONTACTS = 10
MAX_CONTACT = 400


@dataclass(frozen=True)
class Binding:
    """One phone of an operator. `expires_at` and `updated_at` are seconds of the registrar's clock."""

    login: str
    uri: URI
    hop: Hop
    call_id: str
    cseq: int
    expires_at: float
    updated_at: float
    q: float = 1.0


@dataclass(frozen=True)
class Wish:
    """One Contact of a REGISTER; 0 seconds is its removal."""

    uri: URI
    expires_s: int
    q: float


class Registrar:
    """Bindings by login. `told` hears when an operator has a phone again and when the last one is gone; `now`
    gives seconds that never go back."""

    def __init__(self, now: Callable[[], float], told: Callable[[str, bool], None]) -> None:
        self._now = now
        self._told = told
        self._bindings: dict[str, list[Binding]] = {}

    def register(self, request: ReceivedRequest, login: str) -> list[tuple[str, str]]:
        """Carry out a REGISTER of who proved to be `login`; the headers of its 200. Raises BadMessage with the
        status that refuses it, having changed nothing (10.3)."""
        if (request.recipient.uri.user or "") != login:
            raise BadMessage("this user may not register that address", 403)
        contacts = request.message.headers.getlist("Contact")
        kept = self.of(login)
        if [one.strip() for one in contacts] == ["*"]:
            kept = self._without_all(kept, request)
        elif contacts:
            kept = self._changed(kept, request, login, contacts)
        self._keep(login, kept)
        return [("Contact", self._shown(one)) for one in self.of(login)]

    def of(self, login: str) -> list[Binding]:
        """The operator's phones that are there, the preferred first: by q, then the one heard of last."""
        now = self._now()
        there = [one for one in self._bindings.get(login, ()) if one.expires_at > now]
        return sorted(there, key=lambda one: (-one.q, -one.updated_at))

    def all(self) -> list[Binding]:
        return [one for bindings in self._bindings.values() for one in bindings]

    def at(self, host: str) -> bool:
        """Whether a phone is registered from that address."""
        return any(one.hop.host == host for one in self.all())

    def lapse(self) -> None:
        """Forget what has expired."""
        for login in list(self._bindings):
            self._keep(login, self.of(login))

    def drop(self, binding: Binding) -> None:
        """The phone does not answer. Nothing happens where it has registered anew meanwhile."""
        kept = [one for one in self._bindings.get(binding.login, ()) if one is not binding]
        self._keep(binding.login, kept)

    def forget(self, login: str) -> None:
        """The operator has no phone here any more."""
        self._keep(login, [])

    # -- 10.3, steps 6 and 7

    def _without_all(self, kept: list[Binding], request: ReceivedRequest) -> list[Binding]:
        if _seconds(request.message.headers.get("Expires")) != 0:
            raise BadMessage("Contact * goes with Expires: 0")
        for binding in kept:
            _check_order(binding, request)
        return []

    def _changed(
        self, kept: list[Binding], request: ReceivedRequest, login: str, contacts: list[str]
    ) -> list[Binding]:
        if len(contacts) > MAX_CONTACTS:
            raise BadMessage("too many contacts")
        now, hop = self._now(), reply_hop(request)
        for wish in _wishes(request, contacts):
            same = next((one for one in kept if _equal(one.uri, wish.uri)), None)
            if same is not None:
                _check_order(same, request)
                kept = [one for one in kept if one is not same]
            if wish.expires_s:
                expires_at = now + min(wish.expires_s, LONGEST_S)
                cseq = request.cseq.sequence
                kept = [
                    *kept,
                    Binding(login, wish.uri, hop, request.call_id, cseq, expires_at, now, wish.q),
                ]
        return sorted(kept, key=lambda one: one.updated_at)[-MAX_BINDINGS:]

    def _keep(self, login: str, bindings: Iterable[Binding]) -> None:
        before = login in self._bindings
        kept = list(bindings)
        if kept:
            self._bindings[login] = kept
        else:
            self._bindings.pop(login, None)
        if before is not bool(kept):
            self._told(login, bool(kept))

    def _shown(self, binding: Binding) -> str:
        return f"<{binding.uri}>;expires={max(1, round(binding.expires_at - self._now()))}"


def _wishes(request: ReceivedRequest, contacts: list[str]) -> list[Wish]:
    named = request.message.headers.get("Expires")
    wishes = []
    for contact in contacts:
        if contact.strip() == "*" or len(contact) > MAX_CONTACT:
            raise BadMessage("a Contact that cannot be registered")
        address = parse_address("Contact", contact)
        if address.uri.scheme not in ("sip", "sips"):
            raise BadMessage("only SIP phones register here")
        given = parameter(address.parameters, "expires")
        asked = _seconds(given if given is not None else named)
        seconds = LONGEST_S if asked is None else asked
        if 0 < seconds < SHORTEST_S:
            raise BadMessage("", 423)
        wishes.append(Wish(_request_uri(address.uri), seconds, _q(parameter(address.parameters, "q"))))
    return wishes


def _check_order(binding: Binding, request: ReceivedRequest) -> None:
    """10.3: an older request, late on its way, changes nothing."""
    if binding.call_id == request.call_id and request.cseq.sequence <= binding.cseq:
        raise BadMessage("a REGISTER out of order", 500)


def _request_uri(uri: URI) -> URI:
    """What a request line may hold of it (19.1.5)."""
    parameters = {name: value for name, value in uri.parameters.items() if name.lower() != "method"}
    return replace(uri, parameters=Parameters(**parameters), password=None)


def _equal(one: URI, other: URI) -> bool:
    """RFC 3261 19.1.4, as far as phones need it."""

    def essence(uri: URI) -> tuple[str, str, str, int, str]:
        transport = (parameter(uri.parameters, "transport") or "udp").lower()
        return uri.scheme, uri.user or "", uri.host.lower(), uri.port or 5060, transport

    return essence(one) == essence(other)


def _seconds(text: str | None) -> int | None:
    if text is None:
        return None
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else MALFORMED_S


def _q(text: str | None) -> float:
    try:
        return min(1.0, max(0.0, float(text))) if text and len(text) <= 5 else 1.0
    except ValueError:
        return 1.0
