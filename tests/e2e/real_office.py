"""The office of the end-to-end tests: nothing is faked, the callers are SIP phones, the operators sit in Chromium.

It lives in `scripts.office` and `scripts.desk`, where the measurements start it too; here is what compares sounds,
and an operator at a SIP phone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
from numpy.typing import NDArray

from app.gateway.client import GatewayClient
from app.simulator.operator import SimulatedOperator
from scripts.desk import CHROMIUM, Desk, desk, microphone, sign_in
from scripts.office import (
    IVANOVA,
    PASSWORD,
    PETROV,
    UP_WITHIN_S,
    VOLKOV,
    Office,
    free_port,
    hire,
    office,
    simulated_phone,
    speech,
)

__all__ = [
    "CHROMIUM",
    "IVANOVA",
    "PASSWORD",
    "PETROV",
    "UP_WITHIN_S",
    "VOLKOV",
    "Desk",
    "Office",
    "Sound",
    "at_the_phone",
    "desk",
    "free_port",
    "hire",
    "likeness",
    "microphone",
    "office",
    "sign_in",
    "simulated_phone",
    "speech",
]

Sound = NDArray[np.float64]


WINDOW = 4000
"""Half a second: short for clocks that drift apart and a stalled machine, long enough to be like no other."""


def likeness(sent: bytes, heard: bytes | bytearray) -> float:
    """How much of `sent` stands in `heard`: the median of the highest correlations of its half seconds; 1 is the
    same sound."""
    x = np.frombuffer(sent, dtype="<i2").astype(np.float64)
    y = np.frombuffer(bytes(heard), dtype="<i2").astype(np.float64)
    windows = [x[i : i + WINDOW] for i in range(0, len(x) - WINDOW, WINDOW)]
    spoken = [window for window in windows if np.sqrt(np.mean(window**2)) > 300]
    return float(np.median([_correlation(window, y) for window in spoken]))


def _correlation(x: Sound, y: Sound) -> float:
    size = 1 << (len(x) + len(y)).bit_length()
    product = np.fft.irfft(np.fft.rfft(y, size) * np.conj(np.fft.rfft(x, size)), size)[: len(y) - len(x) + 1]
    energy = np.cumsum(np.concatenate([[0.0], y**2]))
    windows = energy[len(x) :] - energy[: len(energy) - len(x)]
    # Quiet stretches would correlate by their rounding alone.
    norms = np.sqrt(np.maximum(windows, 1e6) * float(x @ x))
    return float(np.max(product / norms))


@asynccontextmanager
async def at_the_phone(running: Office, login: str) -> AsyncIterator[SimulatedOperator]:
    """An operator who is ready at a SIP phone."""
    s = running.settings
    client = GatewayClient(host=s.gateway_host, port=s.gateway_port, secret=s.secret())
    operator = SimulatedOperator(login, client)
    await client.open()
    try:
        await operator.start()
        yield operator
    finally:
        await operator.stop()
        await client.close()
