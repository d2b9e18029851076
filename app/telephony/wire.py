"""SIP messages as they come off the wire: checked, normalised and read once, on the types of `sipmessage`.

The parser below is fast on good messages, but some of its patterns are quadratic on long ones and it reads neither
folded lines nor lists of values. So lines are unfolded, runs of blanks collapsed, lists split and lengths bounded
here, before it sees anything: no datagram can cost more than a few milliseconds or raise anything but BadMessage.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypedDict, TypeVar

from sipmessage import URI, Address, CSeq, Headers, Message, Parameters, Request, Response, Via
from sipmessage.message import COMPACT_FORMS

from app.telephony.errors import BadMessage
from app.telephony.headers import IndexedHeaders
from app.telephony.tolerance import foreign_scheme, plainer, token_parameter, without_received

MAX_LINES = 256
MAX_LINE = 8192
MAX_PARSED = 1024
"""Characters of a value that is taken apart; what is only carried may be MAX_LINE long."""
MAX_CSEQ = 2**31 - 1
"""RFC 3261 8.1.1.5."""

TransportName = Literal["UDP", "TCP", "TLS"]
_NAMED: dict[str, TransportName] = {"UDP": "UDP", "TCP": "TCP", "TLS": "TLS"}
_T = TypeVar("_T")

# A peer says the same of itself in each message: what was read lately is not read again.
_ADDRESS = lru_cache(maxsize=512)(Address.parse)
_VIA = lru_cache(maxsize=512)(Via.parse)
_URI = lru_cache(maxsize=512)(URI.parse)
_CSEQ = lru_cache(maxsize=512)(CSeq.parse)
_UNREAD = URI("sip", "invalid")

_BLANKS = re.compile(r"[ \t]+")
_FOLD = re.compile(r"\r\n[ \t]+")
_REQUEST_LINE = re.compile(r"^([A-Za-z0-9.!%*_+`'~-]{1,64}) (.{1,1024}) SIP/(\d{1,3}\.\d{1,3})$")
_STATUS_LINE = re.compile(r"^SIP/2\.0 ([1-6]\d\d)(?: (.*))?$")
_HEADER_NAME = re.compile(r"^[A-Za-z0-9.!%*_+`'~-]{1,256}$")
_LONG_NUMBER = re.compile(r"tel:[^>;,\s]{65}")
_TOKEN = re.compile(r"[A-Za-z0-9.!*_+`'~-]+")
_BRANCH = re.compile(r";branch=([A-Za-z0-9.!*_+`'~-]+)(?=;|$)")
"""Tokens that hide nothing: the percent sign, which is one of theirs, is left out."""
_CONTROL = re.compile(r"(?<!\\)[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|[\r\n]")
"""Those that a quoted string has escaped are allowed there (RFC 3261 25.1: quoted-pair)."""

_LISTS = ("via", "route", "record-route", "contact")


@dataclass(frozen=True)
class Hop:
    """Where a message came from or goes to. `host` is an IP literal without brackets.

    `trunk` names the trunk whose server proved itself there over TLS: what one trunk trusts is no other's.
    `back_port` is where a response goes by a new connection once that of the request is gone (RFC 3261 18.2.2).
    """

    transport: TransportName
    host: str
    port: int
    trunk: str = ""
    back_port: int = field(default=0, compare=False)

    @property
    def reliable(self) -> bool:
        return self.transport != "UDP"


@dataclass(frozen=True, eq=False)
class _Received:
    message: Message
    hop: Hop
    via: Via
    sender: Address
    recipient: Address
    call_id: str
    cseq: CSeq
    branch: str
    from_tag: str
    to_tag: str


@dataclass(frozen=True, eq=False)
class ReceivedRequest(_Received):
    """A request that has everything RFC 3261 8.1.1 demands."""

    message: Request

    @property
    def method(self) -> str:
        return self.message.method


@dataclass(frozen=True, eq=False)
class ReceivedResponse(_Received):
    """A response that has everything RFC 3261 8.2.6 demands."""

    message: Response

    @property
    def code(self) -> int:
        return self.message.code


@dataclass(frozen=True, eq=False)
class Answerable:
    """A request that cannot be used but can be answered: its error, and the headers that go back, as far as they
    are there."""

    method: str
    error: BadMessage
    headers: Headers
    hop: Hop


def read(data: bytes, hop: Hop) -> ReceivedRequest | ReceivedResponse | Answerable:
    """One whole message, as a datagram or a frame of a stream has it. Raises BadMessage where no answer is due."""
    head, found, body = data.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not found:
        raise BadMessage("no empty line after the headers")
    # Bytes that are no UTF-8 (a display name in an old code page) must not cost the caller the call.
    text = head.decode("utf-8", "replace")
    lines = (_FOLD.sub(" ", text) if "\r\n " in text or "\r\n\t" in text else text).split("\r\n")
    if len(lines) > MAX_LINES:
        raise BadMessage("too many lines", 513)
    if status := _STATUS_LINE.match(lines[0]):
        response = Response(int(status.group(1)), status.group(2) or "")
        return _read_response(response, lines[1:], body, hop)
    if request_line := _REQUEST_LINE.match(_BLANKS.sub(" ", lines[0]).rstrip()):
        return _read_request(request_line, lines[1:], body, hop)
    raise BadMessage("neither a request nor a response")


def _read_response(message: Response, lines: list[str], body: bytes, hop: Hop) -> ReceivedResponse:
    _fill(message, lines, body)
    return ReceivedResponse(message=message, **_essentials(message, hop))


def _read_request(line: re.Match[str], lines: list[str], body: bytes, hop: Hop) -> ReceivedRequest | Answerable:
    message = Request(line.group(1), _UNREAD)
    try:
        if line.group(3) != "2.0":
            _fill(message, lines, body)
            raise BadMessage("only SIP/2.0 is spoken here", 505)
        _fill(message, lines, body)
        message.uri = _request_uri(line.group(2))
        essentials = _essentials(message, hop)
    except BadMessage as error:
        if message.method == "ACK" or not message.headers.getlist("Via"):
            raise
        return Answerable(message.method, error, message.headers, hop)
    if essentials["cseq"].method != message.method:
        return Answerable(message.method, BadMessage("CSeq names another method"), message.headers, hop)
    return ReceivedRequest(message=message, **essentials)


def _request_uri(text: str) -> URI:
    if foreign_scheme(text):
        raise BadMessage("no telephone speaks this scheme", 416)
    if " " in text:
        raise BadMessage("a blank within the request URI")
    return _parsed("the request URI", _URI, text)


def _fill(message: Message, lines: list[str], body: bytes) -> None:
    """Headers and body into the message. Whatever was understood before an error stays, to be answered with."""
    message.headers = headers = IndexedHeaders()
    wrong = ""
    for line in lines:
        written, colon, value = line.partition(":")
        name, small = _header_name(written)
        # isprintable() is quick, and what it finds may still be no control character.
        if not colon or not name or len(line) > MAX_LINE or (not line.isprintable() and _CONTROL.search(line)):
            wrong = wrong or "a header line that is none"
            continue
        value = (_BLANKS.sub(" ", value) if "  " in value or "\t" in value else value).strip()
        if "," in value and small in _LISTS:
            for one in split_list(value):
                headers.append(small, name, one)
        else:
            headers.append(small, name, value)
    if wrong:
        raise BadMessage(wrong)
    message.body = _cut(headers.getlist("Content-Length"), body)


@lru_cache(maxsize=256)
def _header_name(written: str) -> tuple[str, str]:
    """The name of a header in its long form, and that in small letters; "" for what is none."""
    name = written.rstrip()
    long = COMPACT_FORMS.get(name.lower(), name) if _HEADER_NAME.match(name) else ""
    return long, long.lower()


def _cut(lengths: list[str], body: bytes) -> bytes:
    """RFC 3261 18.3: a longer datagram is cut, a shorter one is wrong."""
    if not lengths:
        return body
    if len(set(lengths)) > 1 or not (lengths[0].isascii() and lengths[0].isdigit() and len(lengths[0]) < 10):
        raise BadMessage("Content-Length is no number")
    length = int(lengths[0])
    if length > len(body):
        raise BadMessage("the body is shorter than Content-Length")
    return body[:length]


def split_list(value: str) -> Iterable[str]:
    """A list of values at its commas, but not those within quotes or angle brackets (RFC 3261 7.3.1)."""
    start, quoted, angled, escaped = 0, False, False, False
    for index, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted:
            escaped, quoted = char == "\\", char != '"'
        elif char == '"':
            quoted = True
        elif char in "<>":
            angled = char == "<"
        elif char == "," and not angled:
            yield value[start:index].strip()
            start = index + 1
    yield value[start:].strip()


class _Essentials(TypedDict):
    hop: Hop
    via: Via
    sender: Address
    recipient: Address
    call_id: str
    cseq: CSeq
    branch: str
    from_tag: str
    to_tag: str


def _essentials(message: Message, hop: Hop) -> _Essentials:
    headers = message.headers
    for name in ("From", "To", "Call-ID", "CSeq"):
        if len(headers.getlist(name)) != 1:
            raise BadMessage(f"{name} must be there once")
    vias = headers.getlist("Via")
    if not vias:
        raise BadMessage("Via is missing")
    if not 0 < len(headers["Call-ID"]) <= 256:
        raise BadMessage("Call-ID is empty or too long")
    cseq = _parsed("CSeq", _CSEQ, headers["CSeq"])
    if cseq.sequence > MAX_CSEQ:
        raise BadMessage("CSeq is beyond 2^31")
    return {
        "hop": hop,
        "via": _parsed("Via", _read_via, without_received(vias[0])),
        "sender": parse_address("From", headers["From"]),
        "recipient": parse_address("To", headers["To"]),
        "call_id": headers["Call-ID"],
        "cseq": cseq,
        "branch": token_parameter(vias[0], "branch"),
        "from_tag": token_parameter(headers["From"], "tag"),
        "to_tag": token_parameter(headers["To"], "tag"),
    }


def _parsed(what: str, parse: Callable[[str], _T], value: str) -> _T:
    if len(value) > MAX_PARSED or ("tel:" in value and _LONG_NUMBER.search(value)):
        raise BadMessage(f"{what} is too long")
    for make in (str, plainer):
        try:
            return parse(make(value))
        except (ValueError, TypeError, KeyError) as error:  # TypeError: sipmessage on a parameter named "self"
            # sipmessage raises the same object each time, which would keep the frames of every time.
            error.__traceback__ = error.__context__ = None
    raise BadMessage(f"{what} cannot be read")


def parse_address(what: str, value: str) -> Address:
    """A From, To, Contact or route. A display name that breaks the grammar is dropped. Raises BadMessage."""
    try:
        return _parsed(what, _read_address, value)
    except BadMessage:
        start = value.find("<", value.rfind('"') + 1)
        if start <= 0:
            raise
        return _parsed(what, _read_address, value[start:])


def _read_address(value: str) -> Address:
    """`Address.parse`. A tag at the end, which is another in each call, is taken off first and put back."""
    head, found, tag = value.rpartition(">;tag=")
    if not found or _TOKEN.fullmatch(tag) is None:
        return _ADDRESS(value)
    address = _ADDRESS(head + ">")
    return Address(address.uri, address.name, Parameters(tag=tag))


def _read_via(value: str) -> Via:
    """`Via.parse`, with the branch taken off in the same way: where nothing is quoted or escaped, what is left is a
    Via if and only if the whole was."""
    if (
        '"' in value
        or "%" in value
        or value.lower().count("branch") != 1
        or (found := _BRANCH.search(value)) is None
    ):
        return _VIA(value)
    via = _VIA(value[: found.start()] + value[found.end() :])
    return Via(via.transport, via.host, via.port, via.parameters.replace(branch=found.group(1)))


def parameter(parameters: Parameters, name: str) -> str | None:
    """A parameter by its name in any case (RFC 3261 7.3.1); "" for one without a value, None for none."""
    for key, value in parameters.items():
        if key.lower() == name:
            return value or ""
    return None


def tokens(message: ReceivedRequest | ReceivedResponse, name: str) -> frozenset[str]:
    """The words of a header such as Supported or Allow, which may stand in any case but for methods."""
    lines = message.message.headers.getlist(name)
    if not lines:
        return frozenset()
    return frozenset(
        one.strip() if name == "Allow" else one.strip().lower() for line in lines for one in line.split(",")
    )


def hop_of(uri: URI, transport: TransportName = "UDP") -> Hop | None:
    """Where a URI leads, if it names a host by address; None for names, which are never resolved.

    Addresses that no call goes to (unspecified, multicast, broadcast) count as names do.
    """
    try:
        address = ipaddress.ip_address(uri.host.strip("[]"))
    except ValueError:
        return None
    if address.is_unspecified or address.is_multicast or str(address) == "255.255.255.255":
        return None
    named = _transport_of(uri, transport)
    if named is None:
        return None
    port = uri.port if uri.port is not None else 5061 if named == "TLS" else 5060
    return Hop(named, str(address), port) if 0 < port < 65536 else None


def _transport_of(uri: URI, default: TransportName) -> TransportName | None:
    """RFC 3263 4.1; `sips:` is TLS whatever stream its parameter names (RFC 3261 26.2.2, RFC 5630 3.1.3)."""
    named = (parameter(uri.parameters, "transport") or "").upper()
    if uri.scheme == "sips":
        return "TLS" if named in ("", "TCP", "TLS") else None
    if uri.scheme != "sip":
        return None
    return _NAMED.get(named) if named else default


def bracketed(host: str) -> str:
    """A host as URIs and Via write it."""
    return f"[{host}]" if ":" in host else host
