"""Certificates for one test, made by openssl: signed by themselves, for 127.0.0.1."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from tests.integration.telephony.exchange import LOOPBACK, needed


@dataclass(frozen=True)
class Certificate:
    """PEM files; `both` is the certificate with its key after it."""

    certificate: Path
    key: Path
    both: Path


async def make_certificate(folder: Path, name: str) -> Certificate:
    key, certificate, both = (folder / f"{name}-{part}.pem" for part in ("key", "certificate", "both"))
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=line -days 2"
    names = ["-addext", f"subjectAltName=IP:{LOOPBACK}", "-keyout", str(key), "-out", str(certificate)]
    process = await asyncio.create_subprocess_exec(
        needed("openssl"), *request.split(), *names, stderr=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    both.write_text(certificate.read_text() + key.read_text())
    return Certificate(certificate, key, both)
