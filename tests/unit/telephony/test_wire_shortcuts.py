"""What is read by taking off the part that is new in each call is what the parser below reads of the whole."""

from __future__ import annotations

import random

import pytest
from sipmessage import Address, Via

from app.telephony.errors import BadMessage
from app.telephony.wire import Hop, ReceivedRequest, parse_address, read

ADDRESSES = ('"', "<", ">", ";", "tag=", ">;tag=", ";tag=q", "%62", "a", "<sip:a@b.c>", " ", "x=", "=", ",", "\\")
VIAS = (
    '"',
    ";",
    ";BRANCH=",
    ";branch=z9hG4bK1",
    ";branch=2",
    ";br%61nch=3",
    ";rport",
    ";x=%62",
    ' ;x="',
    ":5060",
    "=",
)
OPTIONS = (
    "OPTIONS sip:a@b.c SIP/2.0\r\nVia: {via}\r\nFrom: <sip:a@b.c>;tag=1\r\nTo: <sip:a@b.c>\r\nCall-ID: 1\r\n"
    "CSeq: 1 OPTIONS\r\n\r\n"
)


def _some(start: str, parts: tuple[str, ...], seed: int) -> list[str]:
    drawn = random.Random(seed)
    return [start + "".join(drawn.choices(parts, k=drawn.randint(0, 6))) for _ in range(4000)]


@pytest.mark.parametrize("start", ["", "<sip:a@b.c>", '"n>;tag=1" <sip:a@b.c>'])
def test_addresses(start: str) -> None:
    read_at_all = 0
    for value in _some(start, ADDRESSES, seed=len(start)):
        try:
            whole = Address.parse(value)
        except (ValueError, TypeError):
            continue  # what of these is borne all the same is told in test_rfc4475.py
        found = parse_address("From", value)
        assert str(found.uri) == str(whole.uri)
        assert (found.name, dict(found.parameters)) == (whole.name, dict(whole.parameters)), value
        read_at_all += 1
    assert read_at_all > 20


def test_vias() -> None:
    read_at_all = 0
    for value in _some("SIP/2.0/UDP h.c", VIAS, seed=1):
        hop = Hop("UDP", "192.0.2.1", 5060)
        try:
            whole: Via | None = Via.parse(value.strip())
        except (ValueError, TypeError):
            whole = None
        if "," in value:
            continue  # a list, which is parted before
        try:
            request = read(OPTIONS.format(via=value).encode(), hop)
        except BadMessage as error:
            raise AssertionError(value) from error  # there is a Via, so that it is answered at least
        via = request.via if isinstance(request, ReceivedRequest) else None
        assert (via is None) is (whole is None), value
        if via is not None and whole is not None:
            assert (via.host, via.port, dict(via.parameters)) == (whole.host, whole.port, dict(whole.parameters))
            read_at_all += 1
    assert read_at_all > 100
