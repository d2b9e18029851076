"""The file of the trunks: what it may say, and one line for each way to get it wrong."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from app.domain.errors import BadInput
from app.telephony.account import Account, TlsTrust
from app.trunks import in_words, of_settings, read_trunks

PIN = "ab" * 32
WHOLE = f"""\
trunks:
  - name: provider
    server: sip.example.org
    transport: tls
    user: "78512245022"
    auth_user: line-1
    password_file: provider.secret
    expires_s: 600
    from_domain: example.org
    order: 10
    numbers: ["+7*", "112"]
    accepts_from: [192.0.2.0/28, 198.51.100.7]
    srtp: required
    codecs: [PCMA]
    tls:
      ca: ca.pem
      pin: "{":".join(["AB"] * 32)}"
    keep_alive_s: 30
    dead_after: 2
  - name: office
    server: "[2001:db8::1]:5070"
    user: line
    registers: false
    calls_out: false
"""
LEAST = "trunks:\n  - name: office\n    server: 192.0.2.1\n    user: line\n"


def written(folder: Path, text: str) -> Path:
    (folder / "provider.secret").write_text("secret\n")
    (folder / "ca.pem").write_text("")
    file = folder / "trunks.yaml"
    file.write_text(text)
    return file


def test_everything_that_can_be_said(tmp_path: Path) -> None:
    provider, office = read_trunks(written(tmp_path, WHOLE))
    assert provider == Account(
        "sip.example.org",
        "78512245022",
        "secret",
        port=None,
        transport="TLS",
        expires_s=600,
        name="provider",
        auth_user="line-1",
        from_domain="example.org",
        order=10,
        numbers=("+7*", "112"),
        accepts_from=(ip_network("192.0.2.0/28"), ip_network("198.51.100.7/32")),
        srtp="required",
        codecs=("PCMA",),
        tls=TlsTrust(ca=str(tmp_path / "ca.pem"), pin=PIN),
        keep_alive_s=30,
        dead_after=2,
    )
    assert office == Account("2001:db8::1", "line", port=5070, name="office", registers=False, calls_out=False)
    assert in_words(provider) == (
        "trunk provider: sip.example.org over tls, registers as 78512245022,"
        " calls out to +7*, 112, asked every 30 s"
    )
    assert in_words(office) == "trunk office: 2001:db8::1:5070 over udp, known as line, no calls out"
    assert "secret" not in repr(provider) + in_words(provider)


@pytest.mark.parametrize(
    ("more", "line", "why"),
    [
        ("    sever: x", 5, "unknown key «sever»"),
        ("    transport: sctp", 5, "«transport» is «sctp»; known are udp, tcp, tls, auto"),
        ("    expires_s: 5", 5, "«expires_s» must be a whole number from 60 to 7200"),
        ('    numbers: ["+7.*"]', 5, "must be digits, with * for any run of digits"),
        ("    accepts_from: [10.0.0.1/8]", 5, "must be an address or a network"),
        ("    codecs: [GSM]", 5, "is «GSM»; known are"),
        ("    password: a\n    password_file: b", 6, "keep one of them"),
        ("    password_file: absent", 5, "cannot be read"),
        ("    from_domain: a:5060", 5, "without a port"),
        ("    tls: {pin: abc}", 5, "«transport» is not tls"),
        ("    transport: tls\n    tls: {pin: abc}", 6, "64 hexadecimal digits"),
        ("    transport: tls\n    tls: {ca: absent.pem}", 6, "names no file"),
        ("    registers: perhaps", 5, "known are true, false"),
        ("  - name: office\n    server: x\n    user: x", 5, "trunk «office» stands twice, first in line 2"),
        ("  - name: Büro\n    server: x\n    user: x", 5, "small Latin letters"),
        ("  - name: b\n    server: x:99999\n    user: x", 6, "must be host or host:port"),
        ("  - name: b\n    server: x\n    user: a@b", 7, "before the @"),
        ("  - name: b\n    server: x", 5, "lacks the key «user»"),
        ("}", 5, "not YAML"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_place(tmp_path: Path, more: str, line: int, why: str) -> None:
    file = written(tmp_path, LEAST + more + "\n")
    with pytest.raises(BadInput) as caught:
        read_trunks(file)
    assert str(caught.value).startswith(f"{file}:{line}: ")
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="LINIYA_TRUNKS_FILE="):
        read_trunks(tmp_path / "absent.yaml")


def short(trunk: str, registrar: str) -> list[Account]:
    return of_settings(trunk=trunk, registrar=registrar, user="u", password="p", transport="TCP")


def test_the_settings_say_the_same_of_one_trunk() -> None:
    assert short("", "") == []
    assert short("pbx:5070", "pbx:5070") == [Account("pbx", "u", "p", port=5070, transport="TCP", name="registrar")]
    registrar, trunk = short("trunk", "192.0.2.1")
    assert (registrar.registers, registrar.calls_out, registrar.port) == (True, False, None)
    assert (trunk.registers, trunk.calls_out, trunk.host) == (False, True, "trunk")
    with pytest.raises(BadInput, match="LINIYA_TRUNK=a b: write it as host:port"):
        short("a b", "")
