"""How the line speaks with one peer: which codecs, and whether under keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal, get_args

from app.telephony.media_port import Codec
from app.telephony.wire import Hop

SrtpPolicy = Literal["off", "optional", "required"]
"""`off`: sound goes in the clear. `optional`: under keys where the other side offers that. `required`: only so."""

CODECS: Final[tuple[Codec, ...]] = get_args(Codec)


@dataclass(frozen=True)
class MediaPolicy:
    """`codecs` are those taken part in, in the order of our own offers; answers keep the offerer's order (RFC 3264
    6.1). `keys_in_clear`: keys may be required over signalling that is not TLS (docs/decisions/0011)."""

    codecs: tuple[Codec, ...] = ("PCMA", "PCMU", "G722")
    srtp: SrtpPolicy = "off"
    keys_in_clear: bool = False

    def of_account(self, codecs: tuple[Codec, ...], srtp: SrtpPolicy | None) -> MediaPolicy:
        """The policy towards one account, which may have its own codecs and its own word on keys."""
        return replace(self, codecs=codecs or self.codecs, srtp=srtp or self.srtp)

    def allows(self, hop: Hop) -> bool:
        """Whether a call over this hop can be as the policy wants it."""
        return self.srtp != "required" or self.keys_in_clear or hop.transport not in ("UDP", "TCP")

    def admits(self, *, secured: bool) -> bool:
        """Whether a stream of this kind may be agreed."""
        return self.srtp != "off" if secured else self.srtp != "required"


IN_THE_CLEAR = MediaPolicy()
