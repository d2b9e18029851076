"""Certificates made with openssl for one test."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.telephony.account import TlsTrust
from app.telephony.tls import TlsListener, listening
from tests.integration.telephony.exchange import needed


@dataclass(frozen=True)
class Certificate:
    """Files (PEM)."""

    certificate: Path
    key: Path

    @property
    def pin(self) -> str:
        """The fingerprint, as openssl prints it."""
        shown = _openssl("x509", "-in", self.certificate, "-noout", "-fingerprint", "-sha256")
        return shown.partition("=")[2].strip()

    @property
    def listener(self) -> TlsListener:
        """At any free port."""
        return listening(str(self.certificate), str(self.key), 0)


class Authority:
    """A CA of our own."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self.file = folder / f"{name}.pem"
        self._key = folder / f"{name}.key"
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-keyout", self._key, "-out", self.file),
            *("-days", "2", "-subj", f"/CN=Test {name}"),
            *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"),
        )

    def sign(self, *names: str, called: str = "server") -> Certificate:
        """A certificate for these subjectAltNames (`DNS:x`, `URI:sip:x`, `IP:x`)."""
        made = Certificate(self._folder / f"{called}.pem", self._folder / f"{called}.key")
        _openssl(
            *("req", "-x509", *_NEW_KEY, "-keyout", made.key, "-out", made.certificate),
            *("-CA", self.file, "-CAkey", self._key, "-days", "2", "-subj", f"/CN={called}"),
            *("-addext", f"subjectAltName={','.join(names)}", "-addext", "basicConstraints=CA:FALSE"),
        )
        return made

    @property
    def trust(self) -> TlsTrust:
        return TlsTrust(ca=str(self.file))


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        [needed("openssl"), *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
