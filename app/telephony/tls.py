"""TLS to and from SIP peers: who they must prove to be (RFC 3261 26.3, RFC 5922), and who we are."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from app.domain.errors import BadInput
from app.telephony.account import TlsTrust

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM"
"""Of TLS 1.2; 1.3 has its own. All keep what was said secret when a key is lost later."""


class Handshake(Protocol):
    """What an `ssl.SSLObject` says of the other side."""

    def getpeercert(self, binary_form: bool = False) -> Any: ...


@dataclass(frozen=True)
class TlsListener:
    """Where TLS connections are taken, and with which certificate."""

    port: int
    context: ssl.SSLContext


@dataclass(frozen=True)
class TlsServer:
    """The server of a trunk as TLS must find it. `host` is the trunk's name in the settings, never one that DNS
    led to (RFC 5922 7.2)."""

    trunk: str
    host: str
    trust: TlsTrust
    context: ssl.SSLContext

    def refusal(self, connection: Handshake) -> str:
        """Why the server that the handshake met is not the right one, "" if it is."""
        if self.trust.pin:
            shown = fingerprint(connection.getpeercert(binary_form=True) or b"")
            if not hmac.compare_digest(shown, plain_pin(self.trust.pin)):
                return f"its certificate is another than the pinned one: SHA-256 {shown}"
            if not self.trust.ca:
                return ""
        names = identities(connection.getpeercert() or {})
        if _plain(self.host) in names:
            return ""
        return f"its certificate is for {', '.join(sorted(names)) or 'nobody'}, not for {self.host}"


def listening(certificate: str, key: str, port: int) -> TlsListener:
    """A listener with the certificate (PEM, its chain after it) and its key. Raises BadInput."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"the SIP certificate {certificate} cannot be used ({error}): give PEM files") from None
    return TlsListener(port, context)


def server_of(trunk: str, host: str, trust: TlsTrust) -> TlsServer:
    """What connections to the trunk's server are made with. Raises BadInput when a file of it cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context)
    # The name is checked by RFC 5922, which knows URIs and no wildcards; only `refusal` lets a connection pass.
    context.check_hostname = False
    try:
        if trust.ca:
            context.load_verify_locations(trust.ca)
        elif trust.pin:
            context.verify_mode = ssl.CERT_NONE
        else:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        if trust.certificate:
            context.load_cert_chain(trust.certificate, trust.key or None)
    except (OSError, ssl.SSLError) as error:
        raise BadInput(f"trunk {trunk}: a file of its TLS cannot be used ({error}): give PEM files") from None
    if trust.pin and len(plain_pin(trust.pin)) != 64:
        raise BadInput(f"trunk {trunk}: the pin must be the SHA-256 fingerprint of a certificate, 64 hex digits")
    return TlsServer(trunk, host, trust, context)


def identities(certificate: Mapping[str, Any]) -> set[str]:
    """The domains a certificate speaks for (RFC 5922 7.1), as `SSLObject.getpeercert` gives it, in lower case.

    Those of SIP URIs without a user, else the DNS names, else the common name; IP addresses besides.
    """
    alternatives: Sequence[tuple[str, str]] = certificate.get("subjectAltName", ())
    addresses = {_plain(value) for kind, value in alternatives if kind == "IP Address"}
    uris = {value[4:].lower() for kind, value in alternatives if kind == "URI" and value.lower().startswith("sip:")}
    domains = {uri for uri in uris if "@" not in uri}
    names = {value.lower() for kind, value in alternatives if kind == "DNS"}
    if domains or names or addresses:
        return (domains or names) | addresses
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    return {str(value).lower() for name, value in subject if name == "commonName"}


def fingerprint(der: bytes) -> str:
    """SHA-256 of a certificate, in hexadecimal digits."""
    return hashlib.sha256(der).hexdigest()


def plain_pin(pin: str) -> str:
    """A fingerprint as openssl prints it (`AB:CD:...`) or as digits alone, in one form; "" for anything else."""
    digits = pin.replace(":", "").strip().lower()
    return digits if all(digit in "0123456789abcdef" for digit in digits) else ""


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION


def _plain(host: str) -> str:
    """A host in the form that compares: addresses in their shortest, names in lower case without the last dot."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return host.lower().rstrip(".")
