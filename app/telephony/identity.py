"""Who calls, and which number was really dialled: what one request says of it, and how far it is believed.

A source is trusted when it is a configured trunk or a registered telephone; the caller of this module knows that.
An untrusted one may say who it is in From and whom it wants in the request URI, and nothing else: the other
headers below are put in by networks, and anybody can write them. Wishes for privacy are honoured from everybody.

Numbers are given as they came: visual separators and parameters go, no country is ever added (RFC 3966 5.1.5: a
phone-context says where a local number is valid, and is no prefix of it).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from sipmessage import URI, Address

from app.telephony.errors import BadMessage
from app.telephony.wire import ReceivedRequest, parameter, parse_address, split_list

MAX_VALUES = 32
"""Values of one header that are looked at; a longer list is no account of a call."""
MAX_USER = 64
"""Characters of a user part; a longer one is neither a number nor a name."""

ANONYMOUS_USERS = frozenset({"anonymous", "unavailable", "restricted", "withheld", "unknown", "private"})
WITHHOLDING = frozenset({"id", "header", "user"})
"""Privacy values by which the caller's number is not shown (RFC 3323 4.2, RFC 3325 9.3)."""

_SEPARATORS = re.compile(r"[-.() ]")
_NUMBER = re.compile(r"\+?[0-9*#]+")
_URI_HEADERS = re.compile(r"(<(?:tel:[^<>?]*|[^<>@]*@[^<>?]*))\?[^<>]*>")
_INDEX = re.compile(r"\d{1,3}(?:\.\d{1,3}){0,15}")


@dataclass(frozen=True)
class CallIdentity:
    """`caller` is "" when it is withheld or not said; `dialled` is "" when nothing readable was."""

    caller: str
    dialled: str


def identify(request: ReceivedRequest, *, trusted: bool, contact_users: Collection[str] = ()) -> CallIdentity:
    """Who calls whom by this INVITE. `contact_users` are the users of the Contacts that we registered."""
    return CallIdentity(caller_of(request, trusted=trusted), dialled_of(request, trusted, contact_users))


# -- who calls


def caller_of(request: ReceivedRequest, *, trusted: bool) -> str:
    """The caller's number or user name, "" when it is withheld.

    What the network asserts goes before From. P-Preferred-Identity is a wish of a user agent and says nothing to us
    (RFC 3325 9.2).
    """
    privacy = _privacy(request)
    if privacy & WITHHOLDING and "none" not in privacy:
        return ""
    sender = request.sender
    asserted = _asserted(request) if trusted else None
    if asserted is not None:
        # RFC 3325 10.1: who hides in From is shown only by a network that says "Privacy: none".
        return "" if _anonymous(sender) and "none" not in privacy else user_of(asserted.uri)
    party = _remote_party(request) if trusted else None
    if party is not None:
        if _hidden(party):
            return ""
        if (parameter(party.parameters, "screen") or "").lower() == "yes":
            return "" if _anonymous(party) else user_of(party.uri)
    return "" if _anonymous(sender) else user_of(sender.uri)


def _privacy(request: ReceivedRequest) -> set[str]:
    """The values of Privacy (RFC 3323 4.2), which are parted by semicolons and not by commas."""
    values = request.message.headers.getlist("Privacy")[:MAX_VALUES]
    return {token.strip().lower() for value in values for token in re.split("[;,]", value[:256])}


def _asserted(request: ReceivedRequest) -> Address | None:
    """RFC 3325 9.1: one value, or one `sip:` and one `tel:`, of which the `tel:` is surely a number."""
    found = _addresses(request, "P-Asserted-Identity")
    numbers = [address for address in found if address.uri.scheme == "tel"]
    return next(iter(numbers or found), None)


def _remote_party(request: ReceivedRequest) -> Address | None:
    """draft-ietf-sip-privacy-04 6.1: in a request the party is the calling one where nothing else is said."""
    for address in _addresses(request, "Remote-Party-ID"):
        if (parameter(address.parameters, "party") or "calling").lower() == "calling":
            return address
    return None


def _hidden(party: Address) -> bool:
    """`privacy` is full, or names the URI; `name` hides the display name only, which we do not show."""
    asked = (parameter(party.parameters, "privacy") or "off").lower()
    return any(token.partition("-")[0] in ("full", "uri") for token in re.split("[;,]", asked))


def _anonymous(address: Address) -> bool:
    """RFC 3323 4.1.1.3 and what networks write: the host `.invalid`, a user that says so, or the display name."""
    host = address.uri.host.lower().rstrip(".")
    user = (address.uri.user or "").lower()
    return host.endswith(".invalid") or user in ANONYMOUS_USERS or address.name.strip().lower() == "anonymous"


# -- which number was dialled


def dialled_of(request: ReceivedRequest, trusted: bool, contact_users: Collection[str] = ()) -> str:
    """The number that the caller dialled, before anybody forwarded the call.

    In this order: History-Info, Diversion, P-Called-Party-ID, To where the request URI is only our own Contact,
    and the request URI. From an untrusted source the request URI alone: whoever could write the others would
    choose the unit that answers, and the record would tell of a forwarding that never was.
    """
    uri = request.message.uri
    if trusted:
        for found in (_first_target(request), _first_diverted(request), _called_party(request)):
            if found is not None and not _anonymous(found) and user_of(found.uri):
                return user_of(found.uri)
        if uri.user in contact_users and user_of(request.recipient.uri):
            return user_of(request.recipient.uri)
    return user_of(uri)


def _first_target(request: ReceivedRequest) -> Address | None:
    """History-Info (RFC 7044, RFC 4244): the target before the first change.

    The first entry that is tagged `mp` (another user) or `rc` (a registered contact) names the index of the target
    it was made of; without tags, as RFC 4244 has them, that is the entry with the lowest index.
    """
    entries: dict[tuple[int, ...], Address] = {}
    for address in _addresses(request, "History-Info"):
        index = parameter(address.parameters, "index") or ""
        if _INDEX.fullmatch(index):
            entries.setdefault(_ordered(index), address)
    for key in sorted(entries):
        for tag in ("rc", "mp"):
            origin = parameter(entries[key].parameters, tag) or ""
            if _INDEX.fullmatch(origin) and _ordered(origin) in entries:
                return entries[_ordered(origin)]
    return entries[min(entries)] if entries else None


def _ordered(index: str) -> tuple[int, ...]:
    return tuple(int(part) for part in index.split("."))


def _first_diverted(request: ReceivedRequest) -> Address | None:
    """Diversion (RFC 5806 4): each diversion is put on top, so the last value is the number called first."""
    found = _addresses(request, "Diversion")
    return found[-1] if found else None


def _called_party(request: ReceivedRequest) -> Address | None:
    """P-Called-Party-ID (RFC 7315 4.2): the request URI before the registrar's proxy put our Contact there."""
    return next(iter(_addresses(request, "P-Called-Party-ID")), None)


# -- what both need


def user_of(uri: URI) -> str:
    """The number or name that a URI gives: percent-encoding was undone when it was read; parameters within the user
    part (RFC 3261 19.1.6, RFC 3966) go, and so do a number's visual separators. "" for what is neither."""
    user = (uri.user or "").partition(";")[0].strip()
    bare = _SEPARATORS.sub("", user)
    if _NUMBER.fullmatch(bare):
        user = bare
    return user if len(user) <= MAX_USER and user.isprintable() else ""


def _addresses(request: ReceivedRequest, name: str) -> list[Address]:
    """The readable values of a header, in order: repeated headers and lists alike. None of too long a list."""
    lines = request.message.headers.getlist(name)
    if not lines:
        return []
    values = [one for line in lines[: MAX_VALUES + 1] for one in split_list(line)]
    found: list[Address] = []
    for value in values if len(values) <= MAX_VALUES else ():
        try:
            # RFC 7044 5.1: Reason and Privacy stand within the URI as its headers.
            found.append(parse_address(name, _URI_HEADERS.sub(r"\1>", value, count=1)))
        except BadMessage:
            continue
    return found
