"""INVITE to 200: the line of a running office, and pyVoIP as the peer, called in turn by the same telephone."""

from __future__ import annotations

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.config import PROJECT
from app.simulator.phone import SimulatedPhone
from scripts.figures import Series
from scripts.office import Office, free_port, simulated_phone

BETWEEN_CALLS_S = 0.15
READY_WITHIN_S = 15.0
PEER_LISTENS_AFTER_S = 1.5
"""pyVoIP begins to listen a second after its start has returned."""
CALLER = "+79271234567"


async def measure(running: Office, calls: int, peer_calls: int) -> tuple[Series, Series]:
    """`peer_calls` rounds of one call to the peer and a share of the calls to the line, so that both are measured
    under the same load of the machine."""
    async with simulated_phone(CALLER) as phone, pyvoip(phone) as peer:
        await answered_after_ms(phone, running.line)  # what a first call finds cold is not measured
        ours: list[float] = []
        theirs: list[float] = []
        for done in range(1, peer_calls + 1):
            theirs.append(await answered_after_ms(phone, peer))
            while len(ours) < calls * done // peer_calls:
                ours.append(await answered_after_ms(phone, running.line))
    return Series("INVITE to 200, the line", tuple(ours)), Series("INVITE to 200, pyVoIP 1.6.8", tuple(theirs))


async def answered_after_ms(phone: SimulatedPhone, address: str) -> float:
    """One call: from the order to dial until the phone has taken the 200."""
    answered = 0.0

    def stamp() -> None:
        nonlocal answered
        answered = time.perf_counter()

    phone.on_answered = stamp
    dialled = time.perf_counter()
    await phone.call(address)
    phone.hang_up()
    # Not in step with the 20 ms of anybody's media.
    await asyncio.sleep(BETWEEN_CALLS_S * random.uniform(0.8, 1.2))
    return 1000 * (answered - dialled)


@asynccontextmanager
async def pyvoip(caller: SimulatedPhone) -> AsyncIterator[str]:
    """The address of a pyVoIP phone in a process of its own."""
    port = free_port()
    caller_port = caller.address.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "scripts.pyvoip_answering", str(port), caller_port, str(free_port() & ~1)),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await process.stdout.readuntil(b"ready\n")
        await asyncio.sleep(PEER_LISTENS_AFTER_S)
        yield f"sip:pyvoip@127.0.0.1:{port}"
    finally:
        # Its threads outlive its stop.
        process.kill()
        await process.wait()
