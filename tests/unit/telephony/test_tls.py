"""RFC 5922: for whom a certificate speaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import BadInput
from app.telephony.account import TlsTrust
from app.telephony.tls import identities, listening, plain_pin, server_of

CN = ((("countryName", "RU"),), (("commonName", "CN.example.org"),))


@pytest.mark.parametrize(
    ("names", "speaks_for"),
    [
        ((("DNS", "A.example.org"), ("DNS", "b.example.org")), {"a.example.org", "b.example.org"}),
        ((("URI", "sip:example.org"), ("DNS", "b.example.org")), {"example.org"}),
        ((("URI", "SIP:Example.org"),), {"example.org"}),
        ((("URI", "sip:user@example.org"), ("DNS", "b.example.org")), {"b.example.org"}),
        ((("URI", "https://example.org"), ("DNS", "b.example.org")), {"b.example.org"}),
        ((("IP Address", "127.0.0.1"), ("IP Address", "0:0:0:0:0:0:0:1")), {"127.0.0.1", "::1"}),
        ((("email", "a@example.org"),), {"cn.example.org"}),
        ((), {"cn.example.org"}),
    ],
)
def test_rfc5922_7_1_the_names(names: tuple[tuple[str, str], ...], speaks_for: set[str]) -> None:
    assert identities({"subject": CN, "subjectAltName": names}) == speaks_for


class Shown:
    """A handshake's certificate."""

    def __init__(self, *names: str) -> None:
        self._names = tuple(("IP Address" if name[0].isdigit() else "DNS", name) for name in names)

    def getpeercert(self, binary_form: bool = False) -> Any:
        return b"der" if binary_form else {"subject": CN, "subjectAltName": self._names}


@pytest.mark.parametrize(
    ("host", "names", "good"),
    [
        ("sip.example.org", ("sip.example.org",), True),
        ("SIP.example.org.", ("sip.example.org",), True),
        ("sip.example.org", ("*.example.org",), False),
        ("sip.example.org", ("example.org",), False),
        ("cn.example.org", ("example.org",), False),
        ("192.0.2.1", ("192.0.2.1",), True),
        ("192.0.2.1", ("192.0.2.2",), False),
        ("2001:db8::1", ("2001:0db8:0:0:0:0:0:1",), True),
    ],
)
def test_rfc5922_7_2_no_wildcards_and_no_common_name_beside_others(
    host: str, names: tuple[str, ...], good: bool
) -> None:
    refusal = server_of("t", host, TlsTrust()).refusal(Shown(*names))
    assert (refusal == "") is good
    assert good or host in refusal


def test_a_pin_is_the_identity_by_itself() -> None:
    pin = "3e8e5fd0e1f1b5f1c4d1b16ae56e2b25d5dba4e3b9d2d8fd7c4b2ee5e7ce7a5a"
    refusal = server_of("t", "sip.example.org", TlsTrust(pin=pin)).refusal(Shown("x"))
    assert "another than the pinned one" in refusal


@pytest.mark.parametrize(
    ("pin", "plain"), [("AB:cd: ef".replace(" ", ""), "abcdef"), ("xyz", ""), ("", ""), (" ab ", "ab")]
)
def test_fingerprints_as_people_copy_them(pin: str, plain: str) -> None:
    assert plain_pin(pin) == plain


def test_files_that_cannot_be_used_are_one_line(tmp_path: Path) -> None:
    nothing = tmp_path / "empty.pem"
    nothing.write_text("")
    for trust in (
        TlsTrust(ca=str(nothing)),
        TlsTrust(ca=str(tmp_path / "absent")),
        TlsTrust(certificate=str(nothing)),
        TlsTrust(pin="ab"),
    ):
        with pytest.raises(BadInput, match="trunk office") as caught:
            server_of("office", "sip.example.org", trust)
        assert "\n" not in str(caught.value)
    with pytest.raises(BadInput, match="the SIP certificate"):
        listening(str(nothing), "", 5061)
