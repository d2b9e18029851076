"""G.711: 16-bit linear sound to 8-bit A-law (PCMA) and u-law (PCMU) and back, by look-up.

Built from the decision and output values of ITU-T G.711 tables 1a/1b and 2a/2b, scaled to 16 bits as in ITU-T
G.191: A-law has 13 bits of the sixteen (x 8), u-law 14 (x 4). A negative sample is the one's complement of the
positive one, so that the two halves mirror each other exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from app.telephony.media_port import Codec

Pcm = npt.NDArray[np.int16]
Codes = npt.NDArray[np.uint8]

LAWS: Final[tuple[Codec, Codec]] = ("PCMA", "PCMU")
"""In the order of the rows of `DECODE` and `ENCODE`."""

STATIC_PAYLOAD_TYPE: Final[dict[Codec, int]] = {"PCMA": 8, "PCMU": 0}  # RFC 3551 table 4
SILENCE: Final[dict[Codec, int]] = {"PCMA": 0xD5, "PCMU": 0xFF}
"""The code of a sample of value 0."""


def _a_law_levels() -> tuple[Pcm, Codes]:
    """Output values by code, and codes by non-negative sample (G.711 table 1a)."""
    steps = np.repeat([16, 16, 32, 64, 128, 256, 512, 1024], 16)
    decisions = np.concatenate(([0], np.cumsum(steps)))
    positive = (decisions[:-1] + decisions[1:]) // 2
    interval = np.searchsorted(decisions, np.arange(32768), side="right") - 1
    by_code = np.empty(256, np.int16)
    for n in range(128):
        by_code[(0x80 | n) ^ 0x55] = positive[n]
        by_code[n ^ 0x55] = -positive[n]
    return by_code, ((0x80 | interval) ^ 0x55).astype(np.uint8)


def _u_law_levels() -> tuple[Pcm, Codes]:
    """Output values by code, and codes by non-negative sample (G.711 table 2a); the first interval is a half."""
    steps = 4 * np.concatenate(([1], np.repeat([2], 15), np.repeat([4, 8, 16, 32, 64, 128, 256], 16)))
    decisions = np.concatenate(([0], np.cumsum(steps)))
    positive = (decisions[:-1] + decisions[1:]) // 2
    positive[0] = 0
    interval = np.minimum(np.searchsorted(decisions, np.arange(32768), side="right") - 1, 127)
    by_code = np.empty(256, np.int16)
    for n in range(128):
        by_code[0xFF - n] = positive[n]
        by_code[0x7F - n] = -positive[n]
    return by_code, (0xFF - interval).astype(np.uint8)


def _both_signs(positive: Codes) -> Codes:
    """Codes by the sample's 16 bits: 0..32767, then -32768..-1, whose codes differ by the sign bit only."""
    return np.concatenate((positive, positive[::-1] ^ np.uint8(0x80)))


_A_DECODE, _A_ENCODE = _a_law_levels()
_U_DECODE, _U_ENCODE = _u_law_levels()

DECODE: Final[Pcm] = np.stack((_A_DECODE, _U_DECODE))
"""(2, 256): sample by law and code."""
ENCODE: Final[Codes] = np.stack((_both_signs(_A_ENCODE), _both_signs(_U_ENCODE)))
"""(2, 65536): code by law and sample taken as unsigned."""
DECODE.setflags(write=False)
ENCODE.setflags(write=False)

TRANSCODE: Final[dict[Codec, bytes]] = {
    "PCMA": ENCODE[0].take(DECODE[1].view(np.uint16)).tobytes(),
    "PCMU": ENCODE[1].take(DECODE[0].view(np.uint16)).tobytes(),
}
"""`bytes.translate` tables from the other law into the named one."""

LOUDNESS: Final[dict[Codec, bytes]] = {
    law: (np.abs(DECODE[row].astype(np.int32)) >> 7).astype(np.uint8).tobytes() for row, law in enumerate(LAWS)
}
"""`bytes.translate` tables from codes to magnitudes / 128, 0..255."""


def decode(law: Codec, codes: bytes | Codes) -> Pcm:
    """Samples (16-bit) of the codes."""
    indices = np.frombuffer(codes, np.uint8) if isinstance(codes, bytes) else codes
    samples: Pcm = DECODE[LAWS.index(law)].take(indices)
    return samples


def encode(law: Codec, pcm: bytes | Pcm) -> Codes:
    """Codes of the samples; bytes are 16-bit little-endian."""
    samples = np.frombuffer(pcm, "<i2").astype(np.int16, copy=False) if isinstance(pcm, bytes) else pcm
    codes: Codes = ENCODE[LAWS.index(law)].take(samples.view(np.uint16))
    return codes
