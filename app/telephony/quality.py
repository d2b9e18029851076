"""How good a leg sounds: the E-model of ITU-T G.107 with its default values, but for delay, codec and loss.

R = 93.2 - Idd - Ie,eff, and the mean opinion score from R (G.107 Annex B). The values of the codecs are those of
ITU-T G.113 Appendix I.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from app.application.ports import LegQuality
from app.telephony.media_port import Codec
from app.telephony.reports import Received, Returned, lost_share

BEST_R: Final = 93.2
"""Of a narrow-band call in which all is as the defaults are (G.107 table 3)."""


@dataclass(frozen=True)
class Impairment:
    """G.107 7.5: `equipment` is Ie, what the codec costs by itself; `robustness` is Bpl, how well it bears loss."""

    equipment: float
    robustness: float


CONCEALED: Final[dict[str, Impairment]] = {
    "PCMA": Impairment(0, 25.1),
    "PCMU": Impairment(0, 25.1),
    "G722": Impairment(2, 4.3),
}
"""What we play: G.711 with concealment as in its Appendix I.

G.722 has no narrow-band value in G.113. We hear it at 8 kHz, so it cannot score above a narrow-band call: its lower
band has six bits a sample, so it is taken for G.726 at five (Ie = 2), and its loss, which the decoder's memory
spreads, for G.711 without concealment. Both err to the bad side.
"""
UNCONCEALED: Final[dict[str, Impairment]] = {
    "PCMA": Impairment(0, 4.3),
    "PCMU": Impairment(0, 4.3),
    "G722": Impairment(2, 4.3),
}
"""G.711 where nobody makes up for what is lost."""

_PACKET_MS: Final = 20.0
_LEAST_BUFFER_MS: Final = 20.0


def delay_impairment(delay_ms: float) -> float:
    """Idd (G.107 7.4): what one-way delay costs a conversation without echo; nothing up to 100 ms."""
    if delay_ms <= 100:
        return 0.0
    x = math.log2(delay_ms / 100)
    return 25 * (_sixth_root(1 + x**6) - 3 * _sixth_root(1 + (x / 3) ** 6) + 2)


def _sixth_root(value: float) -> float:
    return math.pow(value, 1 / 6)


def effective_impairment(codec: Impairment, loss: float) -> float:
    """Ie,eff (G.107 7.5) at a share of packets lost at random (BurstR = 1)."""
    percent = 100 * min(1.0, max(0.0, loss))
    return codec.equipment + (95 - codec.equipment) * percent / (percent + codec.robustness)


def rating(codec: Impairment, loss: float, delay_ms: float) -> float:
    """R, 0..93.2."""
    return max(0.0, BEST_R - delay_impairment(delay_ms) - effective_impairment(codec, loss))


def opinion(r: float) -> float:
    """Mean opinion score of R, 1..4.5 (G.107 Annex B)."""
    if r <= 0:
        return 1.0
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def leg_quality(
    codec: Codec, received: Received | None, returned: Returned | None, rate_hz: int = 8000
) -> LegQuality:
    """The leg so far. The score is that of the worse direction: a conversation is no better than that.

    How the other side conceals is unknown; a telephone that does not is rare, and it is taken to do as we do.
    """
    loss_in = lost_share(received)
    jitter_ms = 1000 * received.jitter / rate_hz if received is not None else 0.0
    round_trip_ms = None
    if returned is not None and returned.round_trip_s is not None:
        round_trip_ms = 1000 * returned.round_trip_s
    loss_out = returned.loss if returned is not None else None
    delay_ms = (round_trip_ms or 0.0) / 2 + _PACKET_MS + max(_LEAST_BUFFER_MS, 2 * jitter_ms)
    r = rating(CONCEALED[codec], max(loss_in, loss_out or 0.0), delay_ms)
    return LegQuality(loss_in, loss_out, jitter_ms, round_trip_ms, opinion(r))
