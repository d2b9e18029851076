"""A pyVoIP telephone calls the line. It offers PCMU only, and acknowledges with a tag of its own invention."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import numpy as np

from app.application.ports import Clip, LegEnd
from tests.integration.telephony.exchange import HERE, PATIENCE_S, free_port, open_exchange
from tests.integration.telephony.sound import share_of_tone, tone, unsigned_8_bit

ITS_TONE_HZ = 300
OUR_TONE_HZ = 440


async def test_pyvoip_calls_us_and_both_hear_each_other(tmp_path: Path) -> None:
    file = tmp_path / "heard.u8"
    async with open_exchange() as exchange:
        assert exchange.line is not None
        exchange.on_arrival = exchange.ring_and_take
        exchange.greeting = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
        says = tmp_path / "says.u8"
        says.write_bytes(unsigned_8_bit(tone(ITS_TONE_HZ, 3)))
        places = [exchange.line.port, free_port(), free_port(), says, 3, file]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(HERE / "pyvoip_phone.py"),
            *map(str, places),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), PATIENCE_S + 20)
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()
        assert process.returncode == 0, output.decode(errors="replace")
        await exchange.until_heard("ended")
        assert exchange.heard[0] == ("arrived", "pyvoip", "245022")
        assert exchange.ends() == [LegEnd.HUNG_UP]
        assert len(exchange.legs) == 1
        said = exchange.samples(exchange.legs[0])
        loud = said[abs(said.astype(int)) > 500]
        assert len(loud) > 4000
        middle = len(said) // 2
        assert share_of_tone(said[middle - 2000 : middle + 2000], ITS_TONE_HZ) > 0.5
    heard = np.frombuffer(file.read_bytes(), np.uint8).astype(np.int16) - 128
    assert len(heard) > 8000
    assert share_of_tone(heard[len(heard) // 2 :][:4000], OUR_TONE_HZ) > 0.5
