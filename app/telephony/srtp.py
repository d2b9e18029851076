"""Protected sound: keys in session descriptions (SDES, RFC 4568) and the packets under them (SRTP, RFC 3711).

The keys stand in the description in the clear; docs/decisions/0011 says where that is allowed. Nothing here is
ever printed with a key in it.
"""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

import pylibsrtp

from app.domain.errors import LiniyaError
from app.telephony.media_port import SrtpKeys, SrtpSuite

SUITES: Final[tuple[SrtpSuite, ...]] = get_args(SrtpSuite)
MASTER_OCTETS: Final = 30
"""A key of 128 bits and a salt of 112 (RFC 4568 6.2)."""
MOST_SOURCES: Final = 64
"""How many SSRCs one call may use: each holds a replay window until the call ends."""
REPLAY_WINDOW: Final = 128
"""Packets; RFC 3711 3.3.2 wants 64 at least."""

_PROFILES: Final[dict[SrtpSuite, int]] = {
    "AES_CM_128_HMAC_SHA1_80": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AES_CM_128_HMAC_SHA1_32": pylibsrtp.Policy.SRTP_PROFILE_AES128_CM_SHA1_32,
}
_ATTRIBUTE: Final = re.compile(
    r"^(\d{1,9})[ \t]+([A-Za-z0-9_]{1,64})[ \t]+(\S{1,256})((?:[ \t]+\S{1,64}){0,8})[ \t]*$", re.ASCII
)
_INLINE: Final = re.compile(
    r"^inline:([A-Za-z0-9+/]{40})(?:\|((?:2\^)?\d{1,15}))?(?:\|(\d{1,39}:\d{1,3}))?$", re.ASCII | re.IGNORECASE
)
_OF_NO_WEIGHT: Final = re.compile(r"^(KDR=0|WSH=\d{2,4}|-.+)$")
"""Session parameters that change nothing: what is the default anyway, a hint, what may be ignored (6.3.7)."""
_SSRC: Final = slice(8, 12)
_REPORTER: Final = slice(4, 8)


class BadCrypto(LiniyaError):
    """An `a=crypto` that we cannot or do not want to follow; the next one of the description may do."""


@dataclass(frozen=True)
class Crypto:
    """One `a=crypto` line (RFC 4568 9.1): the keys with which its author sends. `lifetime` is in packets."""

    tag: int
    keys: SrtpKeys
    lifetime: int | None = None

    @classmethod
    def parse(cls, value: str) -> Crypto:
        """Read what follows `a=crypto:`.

        Raises BadCrypto for what is no such line, an unknown suite, master key identifiers (`MKI`: we hold one key
        a direction) and session parameters that weaken or change the protection (6.3).
        """
        found = _ATTRIBUTE.match(value)
        if found is None:
            raise BadCrypto("not a crypto attribute")
        tag, name, key, parameters = found.groups()
        suite = next((known for known in SUITES if known == name.upper()), None)
        if suite is None:
            raise BadCrypto(f"crypto suite {name}")
        if any(not _OF_NO_WEIGHT.match(parameter) for parameter in parameters.split()):
            raise BadCrypto("session parameters of SRTP")
        master, lifetime = _inline(key)
        return cls(int(tag), SrtpKeys(suite, master), lifetime)

    def serialise(self) -> str:
        """What follows `a=crypto:`. The lifetime is left out: it is the longest that SRTP allows."""
        return f"{self.tag} {self.keys.suite} inline:{base64.b64encode(self.keys.master).decode()}"


def _inline(text: str) -> tuple[bytes, int | None]:
    found = _INLINE.match(text)
    if found is None:
        raise BadCrypto("the key is not 30 octets inline")
    key, lifetime, mki = found.groups()
    if mki is not None:
        raise BadCrypto("a master key identifier")
    return base64.b64decode(key), _lifetime(lifetime)


def _lifetime(text: str | None) -> int | None:
    if text is None:
        return None
    power, number = text.startswith("2^"), int(text.removeprefix("2^"))
    packets = 2 ** min(number, 49) if power else number
    if not 1 <= packets <= 2**48:  # RFC 3711 9.2
        raise BadCrypto("the lifetime of the key")
    return packets


def first_known(attributes: Sequence[str]) -> Crypto | None:
    """The first attribute that we can follow (RFC 4568 5.1.2: the offerer's order), None when there is none."""
    for value in attributes:
        try:
            return Crypto.parse(value)
        except BadCrypto:
            continue
    return None


def new_master() -> bytes:
    """A key and salt for one direction of one call."""
    return secrets.token_bytes(MASTER_OCTETS)


class Protection:
    """SRTP and SRTCP of one stream, both directions. Any SSRC is taken, up to `MOST_SOURCES` of them."""

    def __init__(self, keys_in: SrtpKeys, keys_out: SrtpKeys) -> None:
        """Raises ValueError when a master key is shorter than 30 octets."""
        self._keys_in, self._keys_out = keys_in, keys_out
        self._in = _session(keys_in, pylibsrtp.Policy.SSRC_ANY_INBOUND)
        self._out = _session(keys_out, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._sources: set[bytes] = set()

    def follow(self, keys_in: SrtpKeys, keys_out: SrtpKeys) -> None:
        """Go on with these keys. A direction whose key stays keeps its counters: to begin them anew under the same
        key would use the same key stream twice (RFC 3711 9.1)."""
        if keys_in != self._keys_in:
            self._in = _session(keys_in, pylibsrtp.Policy.SSRC_ANY_INBOUND)
            self._sources.clear()
        if keys_out != self._keys_out:
            self._out = _session(keys_out, pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
        self._keys_in, self._keys_out = keys_in, keys_out

    def protect(self, datagram: bytes) -> bytes:
        """The packet under our key; b"" when it cannot be had: better nothing than sound in the clear."""
        try:
            return self._out.protect(datagram)
        except (pylibsrtp.Error, ValueError):
            return b""

    def unprotect(self, datagram: bytes) -> bytes | None:
        """The packet within; None when it is not of the key's holder, was changed, or came before."""
        try:
            packet = self._in.unprotect(datagram)
        except (pylibsrtp.Error, ValueError):
            return None
        return packet if self._admits(packet[_SSRC]) else None

    def protect_report(self, datagram: bytes) -> bytes:
        """As `protect`, for RTCP (RFC 3711 3.4)."""
        try:
            return self._out.protect_rtcp(datagram)
        except (pylibsrtp.Error, ValueError):
            return b""

    def unprotect_report(self, datagram: bytes) -> bytes | None:
        """As `unprotect`, for RTCP. Its index travels with it, so that it needs no order."""
        try:
            packet = self._in.unprotect_rtcp(datagram)
        except (pylibsrtp.Error, ValueError):
            return None
        return packet if self._admits(packet[_REPORTER]) else None

    def _admits(self, ssrc: bytes) -> bool:
        if ssrc in self._sources:
            return True
        if len(self._sources) < MOST_SOURCES:
            self._sources.add(ssrc)
            return True
        # The state that the library made for it: taken back, or every new SSRC would cost memory.
        self._in.remove_stream(int.from_bytes(ssrc))
        return False


def _session(keys: SrtpKeys, ssrc_type: int) -> pylibsrtp.Session:
    policy = pylibsrtp.Policy(keys.master, ssrc_type, srtp_profile=_PROFILES[keys.suite])
    policy.window_size = REPLAY_WINDOW
    return pylibsrtp.Session(policy)
