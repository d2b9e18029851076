"""Dialogs (RFC 3261 12): tags, route set, sequence numbers, and where the next request goes."""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sipmessage import URI, Address, Parameters

from app.telephony.errors import BadMessage
from app.telephony.messages import MAGIC, MAX_FORWARDS, Identity, new_branch
from app.telephony.wire import (
    Hop,
    ReceivedRequest,
    ReceivedResponse,
    hop_of,
    parameter,
    parse_address,
)


@dataclass(frozen=True)
class DialogId:
    """RFC 3261 12: Call-ID and both tags, ours first."""

    call_id: str
    local_tag: str
    remote_tag: str


@dataclass
class Dialog:
    """One dialog, early or confirmed.

    `local` and `remote` are From and To values as requests of ours carry them, without tags. `source` is where the
    dialog's messages come from; `target` the URI that the other side's Contact named last.
    """

    id: DialogId
    local: str
    remote: str
    target: URI
    source: Hop
    routes: tuple[str, ...] = ()
    local_cseq: int = field(default_factory=lambda: 1 + secrets.randbelow(2**16))
    remote_cseq: int | None = None
    confirmed: bool = False
    symmetric: bool = False
    """Requests of ours go nowhere but where the other side's come from: for sources that are not trusted, and for
    phones behind NAT, whose Contact is not to be reached."""

    @classmethod
    def of_invite(cls, request: ReceivedRequest, local_tag: str) -> Dialog:
        """The callee's side (12.1.1). Raises BadMessage when Contact or the routes cannot be used."""
        headers = request.message.headers
        return cls(
            id=DialogId(request.call_id, local_tag, request.from_tag),
            local=headers["To"],
            remote=_untagged(headers["From"], request.sender),
            target=contact_of(request),
            source=request.hop,
            routes=_checked(headers.getlist("Record-Route")),
            remote_cseq=request.cseq.sequence,
        )

    @classmethod
    def of_answer(cls, response: ReceivedResponse, local: str, remote: str, local_cseq: int) -> Dialog:
        """The caller's side (12.1.2): the route set is the recorded one turned round."""
        headers = response.message.headers
        return cls(
            id=DialogId(response.call_id, response.from_tag, response.to_tag),
            local=local,
            remote=remote,
            target=contact_of(response),
            source=response.hop,
            routes=_checked(headers.getlist("Record-Route"))[::-1],
            local_cseq=local_cseq,
        )

    def in_order(self, request: ReceivedRequest) -> bool:
        """RFC 3261 12.2.2: a request below the last sequence number is out of order; takes the number otherwise."""
        if self.remote_cseq is not None and request.cseq.sequence <= self.remote_cseq:
            return False
        self.remote_cseq = request.cseq.sequence
        return True

    def refresh(self, request: ReceivedRequest) -> None:
        """A target refresh (12.2.2), and the address the other side now sends from. Raises BadMessage, having
        changed nothing."""
        self.target = self.target_named(request)
        self.source = request.hop

    def target_named(self, request: ReceivedRequest) -> URI:
        """Where a request says that its sender is to be reached from now on. Raises BadMessage."""
        return contact_of(request) if request.message.headers.getlist("Contact") else self.target

    def retarget(self, response: ReceivedResponse) -> None:
        """The target refresh of a 2xx to a re-INVITE or UPDATE of ours (12.2.1.2)."""
        with suppress(BadMessage):  # without a usable Contact the target stays
            self.target = contact_of(response)

    def next_hop(self, *, connected: bool = True) -> Hop:
        """Contact or first route if it is an address, else where the dialog's messages come from.

        A dialog that came over a connection stays on it while it is `connected`: its caller often listens nowhere.
        """
        if self.symmetric or (self.source.reliable and connected):
            return self.source
        uri = parse_address("Route", self.routes[0]).uri if self.routes else self.target
        return hop_of(uri, "TLS" if self.source.transport == "TLS" else "UDP") or self.source

    def headers(
        self, method: str, identity: Identity, hop: Hop, cseq: int | None = None
    ) -> tuple[str, URI, list[tuple[str, str]]]:
        """Branch, request URI and headers of the next request within the dialog (12.2.1.1).

        `cseq` is given for an ACK, which carries its INVITE's."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        branch = new_branch()
        uri, routes = self._routed()
        headers = [("Via", identity.via(hop, branch)), ("Max-Forwards", MAX_FORWARDS)]
        headers += [("Route", route) for route in routes]
        headers += [
            ("From", f"{self.local};tag={self.id.local_tag}"),
            ("To", f"{self.remote};tag={self.id.remote_tag}" if self.id.remote_tag else self.remote),
            ("Call-ID", self.id.call_id),
            ("CSeq", f"{cseq} {method}"),
            ("User-Agent", identity.name),
        ]
        return branch, uri, headers

    def _routed(self) -> tuple[URI, tuple[str, ...]]:
        if not self.routes:
            return _as_request_uri(self.target), ()
        first = parse_address("Route", self.routes[0]).uri
        if parameter(first.parameters, "lr") is not None:
            return _as_request_uri(self.target), self.routes
        return _as_request_uri(first), (*self.routes[1:], f"<{self.target}>")  # a strict router


def _as_request_uri(uri: URI) -> URI:
    """Without the parameter that a request URI may not have (12.2.1.1, 19.1.1)."""
    if parameter(uri.parameters, "method") is None:
        return uri
    allowed = {name: value for name, value in uri.parameters.items() if name.lower() != "method"}
    return replace(uri, parameters=Parameters(**allowed))


def contact_of(message: ReceivedRequest | ReceivedResponse) -> URI:
    """The remote target: the one Contact (8.1.1.8). Raises BadMessage."""
    contacts = message.message.headers.getlist("Contact")
    if not contacts and isinstance(message, ReceivedRequest) and not message.branch.startswith(MAGIC):
        return message.sender.uri  # RFC 2543 demanded none (RFC 4475 3.4.1)
    if len(contacts) != 1:
        raise BadMessage("one Contact is needed")
    return parse_address("Contact", contacts[0]).uri


def _checked(routes: list[str]) -> tuple[str, ...]:
    for route in routes:
        parse_address("Record-Route", route)
    return tuple(routes)


def _untagged(value: str, address: Address) -> str:
    """A From value without its tag, for use as the To of our requests."""
    rest = "".join(
        f";{name}" + (f"={text}" if text is not None else "")
        for name, text in address.parameters.items()
        if name.lower() != "tag"
    )
    before, bracket, _ = value.rpartition(">")
    return f"{before}{bracket}{rest}" if bracket else f"<{address.uri}>{rest}"
