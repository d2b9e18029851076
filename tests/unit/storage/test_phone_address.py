"""An operator's phone: a `sip:` address whose host is an IP address."""

from __future__ import annotations

import pytest

from app.domain.errors import BadInput
from app.storage.phone_address import check_phone


@pytest.mark.parametrize(
    "address",
    [
        "",
        "sip:101@192.0.2.10",
        "sip:anna.belova@127.0.0.1:5070",
        "sip:101@[2001:db8::1]:5060",
        "sip:101@192.0.2.10;transport=tcp",
        "phone:belova",
    ],
)
def test_addresses_that_can_be_called(address: str) -> None:
    assert check_phone(f" {address} ", "belova") == address


@pytest.mark.parametrize(
    "address",
    [
        "101",
        "phone:petrov",
        "phone:",
        "192.0.2.10",
        "sips:101@192.0.2.10",
        "sip:192.0.2.10",
        "sip:101@phone.example",
        "sip:101@localhost",
        "sip:101@192.0.2",
        "sip:101@192.0.2.256",
        "sip:101@2001:db8::1",
        "sip:101@[192.0.2.10]",
        "sip:101@0.0.0.0",
        "sip:101@224.0.0.1",
        "sip:101@192.0.2.10:0",
        "sip:101@192.0.2.10:65536",
        "sip:101@192.0.2.10;lr",
        "sip:101@192.0.2.10\r\nX: y",
        "sip:1 1@192.0.2.10",
        "sip:101@192.0.2.10@192.0.2.11",
    ],
)
def test_everything_else_is_refused(address: str) -> None:
    with pytest.raises(BadInput, match="phone «"):
        check_phone(address, "belova")
