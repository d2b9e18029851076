"""Digest authentication, the client's side (RFC 7616, RFC 8760, RFC 3261 22).

The challenges are read here and not by `sipmessage`, which splits quoted lists at their commas
(`qop="auth,auth-int"`).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from app.telephony.errors import BadMessage
from app.telephony.wire import ReceivedResponse

MAX_CHALLENGE = 2048
MAX_TRIES = 3
"""A server that calls every nonce stale is not followed for ever."""
MAX_REALMS = 4
HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}
if "sha512_256" in hashlib.algorithms_available:  # it is where OpenSSL is, as in CPython's own builds
    HASHES["SHA-512-256"] = lambda data: hashlib.new("sha512_256", data).hexdigest()

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
        found = read_parameters(rest)
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
    password: str = field(repr=False)
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
            f"username={quoted(self.user)}",
            f"realm={quoted(challenge.realm)}",
            f"nonce={quoted(challenge.nonce)}",
            f"uri={quoted(self.uri)}",
            f'response="{self.response}"',
            f"algorithm={challenge.algorithm}",
        ]
        if challenge.qop or challenge.algorithm.upper().endswith("-SESS"):
            parts.append(f'cnonce="{self.cnonce}"')
        if challenge.qop:
            parts += ["qop=auth", f"nc={self.count:08x}"]
        if challenge.opaque is not None:
            parts.append(f"opaque={quoted(challenge.opaque)}")
        return "Digest " + ", ".join(parts)


def choose_each(values: Sequence[str]) -> list[Challenge]:
    """One challenge of each realm: behind a fork several proxies may want to know who we are (RFC 3261 22.3)."""
    found: dict[str, Challenge] = {}
    for value in values:
        challenge = choose([value])
        if challenge is not None and len(found) < MAX_REALMS:
            found.setdefault(challenge.realm, challenge)
    return list(found.values())


Place: TypeAlias = tuple[str, str]
"""The header that answers, and the realm."""


class Nonces:
    """The nonces that the servers of one account gave last, and how often each was used.

    All requests of the account share them, so that what follows a challenge needs none (RFC 3261 22.3).
    """

    def __init__(self) -> None:
        self._known: dict[Place, Challenge] = {}
        self._counts: dict[Place, int] = {}

    def learn(self, header: str, challenge: Challenge) -> None:
        place = (header, challenge.realm)
        self.forget(header, challenge.realm)
        while len(self._known) >= 2 * MAX_REALMS:
            self.forget(*next(iter(self._known)))
        self._known[place] = challenge
        self._counts[place] = 0

    def forget(self, header: str, realm: str) -> None:
        self._known.pop((header, realm), None)
        self._counts.pop((header, realm), None)

    def renew(self, header: str, info: str) -> None:
        """Authentication-Info may name the nonce to use next (RFC 7616 3.5); the newest realm is meant."""
        try:
            nonce = read_parameters(info).get("nextnonce")
        except BadMessage:
            return
        places = [place for place in self._known if place[0] == header]
        if nonce and places and len(info) <= MAX_CHALLENGE:
            self.learn(header, replace(self._known[places[-1]], nonce=nonce))

    def uses(self) -> list[tuple[str, Challenge, int]]:
        """Header, challenge and count of every answer that the next request carries; they count as used."""
        for place in self._counts:
            self._counts[place] += 1
        return [(place[0], challenge, self._counts[place]) for place, challenge in self._known.items()]


class Authenticator:
    """Answers challenges for one user, on behalf of one call or registration. `nonces` are those of its account."""

    def __init__(self, user: str, password: str, nonces: Nonces | None = None) -> None:
        self._user = user
        self._password = password
        self._nonces = nonces if nonces is not None else Nonces()
        self._tries: dict[Place, int] = {}

    def challenged(self, code: int, values: Sequence[str]) -> bool:
        """Take a 401 or 407. False when another try is useless: no challenge of ours, or the password is wrong."""
        header = "Authorization" if code == 401 else "Proxy-Authorization"
        challenges = choose_each(values)
        hopeful = bool(challenges)
        for challenge in challenges:
            place = (header, challenge.realm)
            tries = self._tries.get(place, 0)
            hopeful = hopeful and (tries == 0 or challenge.stale) and sum(self._tries.values()) < 2 * MAX_TRIES
            hopeful = hopeful and tries < MAX_TRIES
            self._tries[place] = tries + 1
        for challenge in challenges:
            if hopeful:
                self._nonces.learn(header, challenge)
            else:
                self._nonces.forget(header, challenge.realm)
        if not hopeful:
            self._tries.clear()
        return hopeful

    def accepted(self, response: ReceivedResponse | None = None) -> None:
        """The server was content: a later challenge is a new one, not a refusal."""
        self._tries.clear()
        if response is not None:
            headers = response.message.headers
            self._nonces.renew("Authorization", headers.get("Authentication-Info") or "")
            self._nonces.renew("Proxy-Authorization", headers.get("Proxy-Authentication-Info") or "")

    def headers(self, method: str, uri: str) -> list[tuple[str, str]]:
        """What a request carries to answer the last challenges; nothing before the first."""
        return [
            (header, str(Credentials(one, self._user, self._password, method, uri, count, secrets.token_hex(8))))
            for header, one, count in self._nonces.uses()
        ]


def read_parameters(text: str) -> dict[str, str]:
    """The parameters of a challenge or of credentials, names in lower case. Raises BadMessage."""
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


def quoted(value: str) -> str:
    """A value as a quoted string (RFC 7616 3.4)."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
