"""Session descriptions: the part of RFC 8866 that a telephone needs, as frozen values with a parser."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from app.telephony.errors import BadSdp

MAX_STREAMS = 16
MAX_FORMATS = 64
MAX_CRYPTOS = 16
STATIC_FORMATS = {"0": ("PCMU", 8000), "8": ("PCMA", 8000), "9": ("G722", 8000), "13": ("CN", 8000)}
"""RFC 3551 6: payload types that may come without an rtpmap. The clock of G.722 is called 8000 there (4.5.2)."""

_RTCP = re.compile(r"^rtcp:(\d{1,5})(?: IN IP[46] (\S{1,64}))?$", re.ASCII)
_LONGEST_ADDRESS = 45
_MOST_KEPT = 1024
"""Characters that tell of the formats of one stream: longer ones are read each time."""
_OF_FORMATS = ("rtpmap:", "fmtp:")
_RTPMAP = re.compile(r"^(\d{1,3}) ([A-Za-z0-9!#$%&'*+.^_`{|}~-]+)/(\d{1,6})(?:/(\d{1,2}))?$")


class Direction(StrEnum):
    """RFC 8866 6.7, said from the side of the description's author."""

    SENDRECV = "sendrecv"
    SENDONLY = "sendonly"
    RECVONLY = "recvonly"
    INACTIVE = "inactive"

    @property
    def sends(self) -> bool:
        return self in (Direction.SENDRECV, Direction.SENDONLY)

    @property
    def receives(self) -> bool:
        return self in (Direction.SENDRECV, Direction.RECVONLY)


DIRECTIONS = {str(direction): direction for direction in Direction}


@dataclass(frozen=True)
class Format:
    """One payload type of a stream. `encoding` is upper-case, "" where the type is unknown to us."""

    payload_type: str
    encoding: str = ""
    clock_rate_hz: int = 0
    parameters: str = ""


@dataclass(frozen=True)
class Stream:
    """One m= section. `host` is its own c= line, None where the session's holds.

    `rtcp_port` and `rtcp_host` are of `a=rtcp` (RFC 3605), None where it does not say. `reports` is False where no
    bandwidth is left for RTCP (RFC 3556). `cryptos` are the values of `a=crypto` (RFC 4568): they hold keys.
    """

    kind: str
    port: int
    protocol: str
    formats: tuple[Format, ...]
    host: str | None = None
    direction: Direction = Direction.SENDRECV
    ptime_ms: int | None = None
    rtcp_port: int | None = None
    rtcp_host: str | None = None
    rtcp_mux: bool = False
    reports: bool = True
    cryptos: tuple[str, ...] = field(default=(), repr=False)

    def lines(self) -> Iterator[str]:
        yield f"m={self.kind} {self.port} {self.protocol} " + " ".join(f.payload_type for f in self.formats)
        if self.port == 0:
            return
        if self.host is not None:
            yield f"c={_connection(self.host)}"
        if not self.reports:
            yield from ("b=RS:0", "b=RR:0")
        for form in self.formats:
            if form.encoding:
                yield f"a=rtpmap:{form.payload_type} {_cased(form.encoding)}/{form.clock_rate_hz}"
            if form.parameters:
                yield f"a=fmtp:{form.payload_type} {form.parameters}"
        if self.ptime_ms is not None:
            yield f"a=ptime:{self.ptime_ms}"
        yield from self._rtcp_lines()
        for crypto in self.cryptos:
            yield f"a=crypto:{crypto}"
        yield f"a={self.direction}"

    def _rtcp_lines(self) -> Iterator[str]:
        if self.rtcp_port is not None:
            yield f"a=rtcp:{self.rtcp_port}" + (f" {_connection(self.rtcp_host)}" if self.rtcp_host else "")
        if self.rtcp_mux:
            yield "a=rtcp-mux"


@dataclass(frozen=True)
class SessionDescription:
    """A whole description. `host` is the session's c= line, None where every stream has its own."""

    session_id: int
    version: int
    origin_host: str
    host: str | None
    streams: tuple[Stream, ...]

    def serialise(self) -> bytes:
        """Lines end with CRLF (RFC 8866 5)."""
        lines = ["v=0", f"o=- {self.session_id} {self.version} {_connection(self.origin_host)}", "s=-"]
        if self.host is not None:
            lines.append(f"c={_connection(self.host)}")
        lines.append("t=0 0")
        for stream in self.streams:
            lines.extend(stream.lines())
        return ("\r\n".join(lines) + "\r\n").encode()

    def host_of(self, stream: Stream) -> str:
        """RFC 8866 5.7: the stream's own connection line wins."""
        host = stream.host if stream.host is not None else self.host
        if host is None:
            raise BadSdp("a stream has no c= line")
        return host


def parse(body: bytes) -> SessionDescription:
    """Read a description. Unknown lines and attributes are passed over (RFC 8866 5). Raises BadSdp."""
    lines = _lines(body)
    head, sections = _sections(lines)
    session_id, version, origin_host = _parse_origin(head)
    host = _parse_connection(head)
    direction = _parse_direction(head) or Direction.SENDRECV
    streams = tuple(_parse_stream(section, direction) for section in sections)
    return SessionDescription(session_id, version, origin_host, host, streams)


def is_host(host: str) -> bool:
    """An address that sound can be sent to, or 0.0.0.0, which means hold. Names are never resolved, and nothing
    in a message makes us send to everybody at once."""
    return len(host) <= _LONGEST_ADDRESS and _is_host(host)


@lru_cache(maxsize=512)
def _is_host(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return not address.is_multicast and host != "255.255.255.255" and "%" not in host


def _cased(encoding: str) -> str:
    return encoding.lower() if encoding == "TELEPHONE-EVENT" else encoding


def _connection(host: str) -> str:
    return f"IN IP6 {host}" if ":" in host else f"IN IP4 {host}"


def _lines(body: bytes) -> list[tuple[str, str]]:
    found = []
    for line in body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if not line.strip():
            continue
        if len(line) < 2 or line[1] != "=":
            raise BadSdp(f"not a line of a session description: {line[:20]!r}")
        found.append((line[0], line[2:].strip()))
    if not found or found[0] != ("v", "0"):
        raise BadSdp("the description does not begin with v=0")
    return found


def _sections(lines: list[tuple[str, str]]) -> tuple[list[tuple[str, str]], list[list[tuple[str, str]]]]:
    head: list[tuple[str, str]] = []
    sections: list[list[tuple[str, str]]] = []
    for name, value in lines:
        if name == "m":
            sections.append([])
        (sections[-1] if sections else head).append((name, value))
    if len(sections) > MAX_STREAMS:
        raise BadSdp(f"more than {MAX_STREAMS} streams")
    return head, sections


def _parse_origin(head: list[tuple[str, str]]) -> tuple[int, int, str]:
    for name, value in head:
        if name == "o":
            parts = value.split()
            if len(parts) != 6:
                raise BadSdp("o= wants six fields")
            return _number(parts[1], "o="), _number(parts[2], "o="), parts[5]
    raise BadSdp("o= is missing")


def _parse_connection(section: list[tuple[str, str]]) -> str | None:
    for name, value in section:
        if name == "c":
            parts = value.split()
            if len(parts) != 3 or parts[0] != "IN" or parts[1] not in ("IP4", "IP6"):
                raise BadSdp("c= wants IN, IP4 or IP6, and an address")
            return parts[2].split("/")[0]
    return None


def _parse_direction(section: list[tuple[str, str]]) -> Direction | None:
    for name, value in section:
        if name == "a" and value in DIRECTIONS:
            return DIRECTIONS[value]
    return None


def _parse_stream(section: list[tuple[str, str]], session_direction: Direction) -> Stream:
    parts = section[0][1].split()
    if len(parts) < 4:
        raise BadSdp("m= wants a kind, a port, a protocol and formats")
    port = _number(parts[1].split("/")[0], "the port of m=")
    if port > 65535:
        raise BadSdp("a port above 65535")
    if len(parts) - 3 > MAX_FORMATS:
        raise BadSdp(f"more than {MAX_FORMATS} formats in one stream")
    attributes = [value for name, value in section if name == "a"]
    types, told = tuple(parts[3:]), tuple(one for one in attributes if one.startswith(_OF_FORMATS))
    read = _KNOWN_FORMATS if len(section[0][1]) + sum(map(len, told)) <= _MOST_KEPT else _parse_formats
    rtcp_port, rtcp_host = _parse_rtcp(attributes)
    return Stream(
        kind=parts[0],
        port=port,
        protocol=parts[2],
        formats=read(types, told),
        host=_parse_connection(section),
        direction=_parse_direction(section) or session_direction,
        ptime_ms=_parse_ptime(attributes),
        rtcp_port=rtcp_port,
        rtcp_host=rtcp_host,
        rtcp_mux="rtcp-mux" in attributes,
        reports=not (("b", "RS:0") in section and ("b", "RR:0") in section),
        cryptos=tuple(one.removeprefix("crypto:") for one in attributes if one.startswith("crypto:"))[:MAX_CRYPTOS],
    )


def _parse_rtcp(attributes: list[str]) -> tuple[int | None, str | None]:
    for attribute in attributes:
        found = _RTCP.match(attribute) if attribute.startswith("rtcp:") else None
        if found and int(found.group(1)) <= 65535:
            return int(found.group(1)), found.group(2)
    return None, None


def _parse_formats(types: tuple[str, ...], attributes: tuple[str, ...]) -> tuple[Format, ...]:
    formats = {}
    for payload_type in types:
        encoding, rate = STATIC_FORMATS.get(payload_type, ("", 0))
        formats[payload_type] = Format(payload_type, encoding, rate)
    for attribute in attributes:
        name, _, value = attribute.partition(":")
        payload_type = value.split(" ", 1)[0]
        known = formats.get(payload_type)
        if known is None:
            continue
        if name == "rtpmap" and (found := _RTPMAP.match(value)):
            formats[payload_type] = replace(
                known, encoding=found.group(2).upper(), clock_rate_hz=int(found.group(3))
            )
        elif name == "fmtp":
            formats[payload_type] = replace(known, parameters=value.partition(" ")[2].strip())
    return tuple(formats.values())


_KNOWN_FORMATS = lru_cache(maxsize=256)(_parse_formats)
"""A peer speaks the same codecs in each call: what was read lately is not read again."""


def _parse_ptime(attributes: list[str]) -> int | None:
    for attribute in attributes:
        if attribute.startswith("ptime:"):
            value = attribute.removeprefix("ptime:")
            if value.isascii() and value.isdigit() and len(value) <= 4:
                return int(value)
    return None


def _number(text: str, where: str) -> int:
    # RFC 8866 5.2: numeric strings of any length up to 64 bits; int() alone would take signs and underscores.
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise BadSdp(f"{where} has {text[:20]!r} where a number belongs")
    return int(text)
