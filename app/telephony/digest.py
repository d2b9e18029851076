"""Digest authentication, the client's side (RFC 7616, RFC 8760, RFC 3261 22).

The challenges are read here and not by `sipmessage`, which splits quoted lists at their commas
(`qop="auth,auth-int"`).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.telephony.errors import BadMessage

MAX_CHALLENGE = 2048
MAX_TRIES = 3
"""A server that calls every nonce stale is not followed for ever."""
HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}

_PARAMETER = re.compile(r'\s*([A-Za-z0-9_-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)')


@dataclass(frozen=True)
class Challenge:
    """One WWW-Authenticate or Proxy-Authenticate value. `algorithm` is as it was sent, "MD5" by default."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    opaque: str | None = None
    qop: tuple[str, ...] = ()
    stale: bool = False

    @classmethod
    def parse(cls, value: str) -> Challenge:
        """Raises BadMessage."""
        scheme, _, rest = value.strip().partition(" ")
        if scheme.lower() != "digest" or len(value) > MAX_CHALLENGE:
            raise BadMessage("not a digest challenge")
        found = _parameters(rest)
        if "realm" not in found or "nonce" not in found:
            raise BadMessage("a challenge without realm or nonce")
        return cls(
            realm=found["realm"],
            nonce=found["nonce"],
            algorithm=found.get("algorithm", "MD5"),
            opaque=found.get("opaque"),
            qop=tuple(one.strip().lower() for one in found.get("qop", "").split(",") if one.strip()),
            stale=found.get("stale", "").lower() == "true",
        )

    @property
    def usable(self) -> bool:
        base = self.algorithm.upper().removesuffix("-SESS")
        return base in HASHES and (not self.qop or "auth" in self.qop)


def choose(values: Sequence[str]) -> Challenge | None:
    """The topmost challenge that we can answer (RFC 8760 2.4)."""
    for value in values:
        try:
            challenge = Challenge.parse(value)
        except BadMessage:
            continue
        if challenge.usable:
            return challenge
    return None


@dataclass(frozen=True)
class Credentials:
    """One answer to a challenge (RFC 7616 3.4)."""

    challenge: Challenge
    user: str
    password: str
    method: str
    uri: str
    count: int
    cnonce: str

    @property
    def response(self) -> str:
        """RFC 7616 3.4.1; without qop the form of RFC 2069."""
        challenge = self.challenge
        algorithm = challenge.algorithm.upper()
        digest = HASHES[algorithm.removesuffix("-SESS")]
        secret = digest(f"{self.user}:{challenge.realm}:{self.password}".encode())
        if algorithm.endswith("-SESS"):
            secret = digest(f"{secret}:{challenge.nonce}:{self.cnonce}".encode())
        request = digest(f"{self.method}:{self.uri}".encode())
        if not challenge.qop:
            return digest(f"{secret}:{challenge.nonce}:{request}".encode())
        return digest(f"{secret}:{challenge.nonce}:{self.count:08x}:{self.cnonce}:auth:{request}".encode())

    def __str__(self) -> str:
        """The header value. RFC 7616 3.4: qop, nc and algorithm are not quoted, everything else is."""
        challenge = self.challenge
        parts = [
            f"username={_quoted(self.user)}",
            f"realm={_quoted(challenge.realm)}",
            f"nonce={_quoted(challenge.nonce)}",
            f"uri={_quoted(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={challenge.algorithm}",
        ]
        if challenge.qop or challenge.algorithm.upper().endswith("-SESS"):
            parts.append(f'cnonce="{self.cnonce}"')
        if challenge.qop:
            parts += ["qop=auth", f"nc={self.count:08x}"]
        if challenge.opaque is not None:
            parts.append(f"opaque={_quoted(challenge.opaque)}")
        return "Digest " + ", ".join(parts)


class Authenticator:
    """Answers the challenges of one server for one user, counting the uses of each nonce."""

    def __init__(self, user: str, password: str) -> None:
        self._user = user
        self._password = password
        self._challenge: Challenge | None = None
        self._count = 0
        self._tries = 0
        self._header = "Authorization"

    def challenged(self, code: int, values: Sequence[str]) -> bool:
        """Take a 401 or 407. False when another try is useless: no challenge of ours, or the password is wrong."""
        self._header = "Authorization" if code == 401 else "Proxy-Authorization"
        challenge = choose(values)
        refused = self._tries > 0 and not (challenge and challenge.stale)
        if challenge is None or refused or self._tries >= MAX_TRIES:
            self._challenge = None
            self._tries = 0
            return False
        self._challenge = challenge
        self._count = 0
        self._tries += 1
        return True

    def accepted(self) -> None:
        """The server was content: a later challenge is a new one, not a refusal."""
        self._tries = 0

    def headers(self, method: str, uri: str) -> list[tuple[str, str]]:
        """What a request carries to answer the last challenge; nothing before the first."""
        if self._challenge is None:
            return []
        self._count += 1
        credentials = Credentials(
            self._challenge, self._user, self._password, method, uri, self._count, secrets.token_hex(8)
        )
        return [(self._header, str(credentials))]


def _parameters(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        match = _PARAMETER.match(text, position)
        if match is None:
            raise BadMessage("a challenge that cannot be read")
        name, quoted, token = match.groups()
        found[name.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else token
        position = match.end()
    return found


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
