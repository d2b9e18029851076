"""What a simulated phone hears: kept as PCM, and told apart into sound and quiet."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

QUIET_RMS = 60.0
"""About -55 dBFS: below this a frame is quiet; codec noise lies far below, speech and music far above."""
FRAME_S = 0.02


class SoundHeard:
    """16-bit mono PCM at 8 kHz, frame by frame."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.quiet_s = 0.0
        """How long it has been quiet until now."""
        self.loud_s = 0.0
        """Seconds of sound since `expect_sound`."""

    def take(self, frame: bytes) -> None:
        """A sink for `PhoneLine.listen`."""
        self.pcm += frame
        if rms(frame) < QUIET_RMS:
            self.quiet_s += FRAME_S
        else:
            self.quiet_s = 0.0
            self.loud_s += FRAME_S

    def expect_sound(self) -> None:
        self.loud_s = 0.0

    @property
    def seconds(self) -> float:
        return len(self.pcm) / 16000

    def save(self, path: Path) -> None:
        """Write a WAV file, and the folders above it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(8000)
            out.writeframes(bytes(self.pcm))


def rms(pcm: bytes) -> float:
    """Root mean square in 16-bit units; 0 for nothing."""
    samples = np.frombuffer(pcm, dtype="<i2").astype(np.float64)
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0
