"""Digest authentication, the server's side (RFC 7616, RFC 8760, RFC 3261 22).

Nothing is kept for a challenge: a nonce carries its time and proves by itself that it was made here, since this
program started, for this source. Only a nonce that was used well is remembered, for the counts it has seen.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TypeAlias

from sipmessage import URI

from app.telephony.digest import HASHES, quoted, read_parameters
from app.telephony.errors import BadMessage
from app.telephony.wire import ReceivedRequest

MD5_ALONE = ("MD5",)
"""What every phone knows. Some that know nothing else give up at a challenge for SHA-256 even where one for MD5
stands beside it (baresip 1.0, sipp 3.6, Debian's sipsak): other choices are for offices that know their phones."""
NONCE_LASTS_S = 300
MAX_CREDENTIALS = 4096
MAX_HEADERS = 4
MAX_NONCES = 4096
WINDOW = 64
"""How far a count may lag behind the highest one: requests may overtake each other."""

_TIME, _CHANCE, _PROOF = 12, 16, 32  # hexadecimal digits


@dataclass(frozen=True)
class Hashes:
    """H(user:realm:password) of one user, hexadecimal (RFC 7616 3.4.2). The password itself is nowhere."""

    md5: str
    sha256: str

    @classmethod
    def of(cls, user: str, realm: str, password: str) -> Hashes:
        secret = f"{user}:{realm}:{password}".encode()
        return cls(HASHES["MD5"](secret), HASHES["SHA-256"](secret))

    def by(self, algorithm: str) -> str:
        return self.sha256 if algorithm == "SHA-256" else self.md5

    def __repr__(self) -> str:
        return "Hashes(...)"


HashesOf: TypeAlias = Callable[[str], Hashes | None]


class Outcome(StrEnum):
    PROVEN = auto()
    MISSING = auto()  # no credentials for our realm
    STALE = auto()  # a nonce that is old, of an earlier start, of another source, or a count that was used
    WRONG = auto()  # credentials made with a good nonce that do not fit: a wrong password, or a guess


@dataclass(frozen=True)
class Proof:
    """What a request's credentials are worth. `user` is whom they name, "" where there are none."""

    outcome: Outcome
    user: str = ""


class DigestServer:
    """Makes challenges and checks what answers them. `algorithms` are offered in this order, the stronger one
    first: clients take the topmost that they know (RFC 8760 2.3). `now` gives seconds that never go back."""

    def __init__(
        self,
        realm: str,
        hashes_of: HashesOf,
        now: Callable[[], float],
        algorithms: tuple[str, ...] = MD5_ALONE,
    ) -> None:
        self.realm = realm
        self._algorithms = algorithms
        self._hashes_of = hashes_of
        self._now = now
        self._key = secrets.token_bytes(32)
        self._opaque = secrets.token_hex(8)
        # Whoever is unknown is checked against this, so that it takes as long as for the known.
        self._nobody = Hashes.of(secrets.token_hex(8), realm, secrets.token_hex(16))
        self._used: OrderedDict[str, _Counts] = OrderedDict()
        self._stale_until = -1

    def challenges(self, host: str, *, stale: bool = False) -> tuple[str, ...]:
        """The values of WWW-Authenticate for a request from `host`, one an algorithm."""
        nonce = self._nonce(host)
        tail = ", stale=true" if stale else ""
        return tuple(
            f"Digest realm={quoted(self.realm)}, nonce={quoted(nonce)}, opaque={quoted(self._opaque)}, "
            f'qop="auth", algorithm={algorithm}{tail}'
            for algorithm in self._algorithms
        )

    def check(self, request: ReceivedRequest) -> Proof:
        """What the request proves. A count is used up only by credentials that are right."""
        for value in request.message.headers.getlist("Authorization")[:MAX_HEADERS]:
            given = _read(value)
            if given.get("realm") == self.realm:
                return Proof(self._outcome(given, request), given.get("username", ""))
        return Proof(Outcome.MISSING)

    def _outcome(self, given: dict[str, str], request: ReceivedRequest) -> Outcome:
        # First the nonce: one that is not of ours tells nothing about who sent the request, nor about the password.
        made = self._made_at(given.get("nonce", ""), request.hop.host)
        if made is None or given.get("opaque") != self._opaque:
            return Outcome.STALE
        if not self._right(given, request):
            return Outcome.WRONG
        return Outcome.PROVEN if self._counted(given["nonce"], made, int(given["nc"], 16)) else Outcome.STALE

    def _right(self, given: dict[str, str], request: ReceivedRequest) -> bool:
        algorithm = given.get("algorithm", "MD5").upper()
        count, cnonce = given.get("nc", ""), given.get("cnonce", "")
        formed = given.get("qop") == "auth" and len(count) == 8 and _is_hex(count) and cnonce
        if algorithm not in self._algorithms or not formed or not _same_resource(given.get("uri", ""), request):
            return False
        known = self._hashes_of(given.get("username", ""))
        secret = (known or self._nobody).by(algorithm)
        digest = HASHES[algorithm]
        asked = digest(f"{request.method}:{given['uri']}".encode())
        expected = digest(f"{secret}:{given['nonce']}:{count}:{cnonce}:auth:{asked}".encode())
        fits = hmac.compare_digest(expected.encode(), given.get("response", "").lower().encode())
        return fits and known is not None

    # -- nonces

    def _nonce(self, host: str) -> str:
        head = f"{int(self._now() * 1000):0{_TIME}x}{secrets.token_hex(_CHANCE // 2)}"
        return head + self._proof(head, host)

    def _proof(self, head: str, host: str) -> str:
        made = hmac.new(self._key, f"{head}|{host}".encode(), hashlib.sha256)
        return made.hexdigest()[:_PROOF]

    def _made_at(self, nonce: str, host: str) -> int | None:
        """When the nonce was made, in milliseconds; None when it is not one of ours for this source, or is old."""
        head = nonce[: _TIME + _CHANCE]
        if len(nonce) != _TIME + _CHANCE + _PROOF or not _is_hex(nonce):
            return None
        if not hmac.compare_digest(self._proof(head, host).encode(), nonce[len(head) :].encode()):
            return None
        made = int(head[:_TIME], 16)
        fresh = self._now() * 1000 - made <= NONCE_LASTS_S * 1000 and made > self._stale_until
        return made if fresh else None

    def _counted(self, nonce: str, made: int, count: int) -> bool:
        """RFC 7616 3.4, nc: each count of a nonce is good for one request."""
        counts = self._used.get(nonce)
        if counts is None:
            self._make_room()
            counts = self._used[nonce] = _Counts(made)
        return counts.use(count)

    def _make_room(self) -> None:
        while len(self._used) >= MAX_NONCES:
            _, oldest = self._used.popitem(last=False)
            # What is forgotten could be replayed: nothing as old as that is taken any more.
            self._stale_until = max(self._stale_until, oldest.made)


class _Counts:
    """Which counts of a nonce were used: the highest, and a bit for each of the WINDOW below it."""

    def __init__(self, made: int) -> None:
        self.made = made
        self._highest = 0
        self._seen = 0

    def use(self, count: int) -> bool:
        if count > self._highest:
            shift = count - self._highest
            self._seen = ((self._seen << shift) | 1) & ((1 << WINDOW) - 1) if shift < WINDOW else 1
            self._highest = count
            return True
        bit = 1 << (self._highest - count)
        if count < 1 or self._highest - count >= WINDOW or self._seen & bit:
            return False
        self._seen |= bit
        return True


def _read(value: str) -> dict[str, str]:
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest" or len(value) > MAX_CREDENTIALS:
        return {}
    try:
        return read_parameters(rest)
    except BadMessage:
        return {}


def _is_hex(text: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in text)


def _same_resource(uri: str, request: ReceivedRequest) -> bool:
    """RFC 3261 22.4: the uri of the credentials names what the request asks. A proxy may have touched its
    parameters; scheme, user, host and port it may not."""
    if not uri or len(uri) > 1024:
        return False
    try:
        named = URI.parse(uri)
    except ValueError:
        return False
    return _resource(named) == _resource(request.message.uri)


def _resource(uri: URI) -> tuple[str, str, str, int]:
    return uri.scheme.lower(), uri.user or "", uri.host.lower(), uri.port or 5060
