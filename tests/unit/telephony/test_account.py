"""What the settings of a trunk say."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network

import pytest

from app.telephony.account import Account

TRUNK = Account("sip.example.org", "line", "secret")


@pytest.mark.parametrize(
    ("patterns", "number", "takes"),
    [
        ((), "+79170000000", True),
        (("+7*",), "+79170000000", True),
        (("+7*",), "112", False),
        (("XXX", "245XXX"), "245022", True),
        (("XXX", "245XXX"), "112", True),
        (("XXX",), "1120", False),
        (("+7.*",), "+79170000000", False),
    ],
)
def test_the_numbers_that_a_trunk_takes(patterns: tuple[str, ...], number: str, takes: bool) -> None:
    trunk = replace(TRUNK, numbers=patterns)
    assert trunk.takes(number) is takes
    assert not replace(trunk, calls_out=False).takes(number)


@pytest.mark.parametrize(
    ("address", "may"),
    [("10.1.2.3", True), ("10.2.0.1", False), ("2001:db8::7", True), ("::ffff:10.1.2.3", False), ("pbx", False)],
)
def test_the_addresses_that_may_call_in(address: str, may: bool) -> None:
    trunk = replace(TRUNK, accepts_from=(ip_network("10.1.0.0/16"), ip_network("2001:db8::/32")))
    assert trunk.may_call_from(address) is may
    assert not TRUNK.may_call_from(address)


def test_no_password_in_what_is_printed() -> None:
    assert "secret" not in repr(TRUNK)
