"""G.722 at 64 kbit/s: wide-band sound of 16 kHz between two legs that both have it, 8 kHz for everybody else.

Both directions remember the sound before (ADPCM). A decoder that is suddenly given the output of another encoder
makes noise at full scale for some 100 ms (measured). So each leg has one encoder for all that it hears: clips are
not encoded beforehand, and packets are not passed on from another leg. Of lost packets the decoder is told nothing:
to skip them does the least harm (error -15 dB at 5 % loss; -1 dB when it is given silence instead).

The codec's lower band alone would do for telephone sound and cost half, but what is above 4 kHz falls back into it
(28 dB between signal and error with speech; 32 dB with the whole band and our low-pass), and nothing wide would
pass. Each way costs 40 us a frame.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
from G722 import G722

from app.telephony.rate_halving import Doubler, Halver

PAYLOAD_TYPE: Final = 9  # RFC 3551 table 4
_RATE_HZ: Final = 16000
_BIT_RATE: Final = 64000

Sound = npt.NDArray[np.int16]


class G722Voice:
    """One leg's encoder and decoder; an octet of RTP payload is two samples at 16 kHz, one at 8 kHz.

    `wide` is what was decoded last, at 16 kHz; None when nothing came in its time.
    """

    def __init__(self) -> None:
        self.wide: Sound | None = None
        self._encoder = G722(_RATE_HZ, _BIT_RATE)
        self._decoder = G722(_RATE_HZ, _BIT_RATE)
        self._halver = Halver()
        self._doubler = Doubler()

    def encode(self, pcm: bytes) -> bytes:
        """Payload of 8 kHz samples (little-endian), which go on from those before."""
        return self.encode_wide(self._doubler.double(np.frombuffer(pcm, "<i2").astype(np.int16, copy=False)))

    def encode_wide(self, sound: Sound) -> bytes:
        """Payload of 16 kHz samples, which go on from those before."""
        codes: bytes = self._encoder.encode(sound)
        return codes

    def decode(self, codes: bytes) -> bytes:
        """8 kHz samples (little-endian) of the payload, which goes on from that before."""
        self.wide = np.asarray(self._decoder.decode(codes), np.int16)
        return self._halver.halve(self.wide).astype("<i2", copy=False).tobytes()

    def skip(self) -> None:
        """Nothing came for this frame."""
        self.wide = None

    def forget(self) -> None:
        """Another source speaks from now on, whose encoder begins."""
        self._decoder = G722(_RATE_HZ, _BIT_RATE)
