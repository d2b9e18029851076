"""aiosipua with aiortp, measured: answers every call, sends to it every 20 ms and reads it.

    python -m scripts.line_bench.aiosipua_answering CALLER_PORT FIRST_RTP_PORT LAST_RTP_PORT answer|bridge|busy

Used as its own documentation shows, and where there is a choice, the cheaper way: what is sent is encoded once, and
one loop sends to all calls. `busy` spins a thread beside it. Says "ready PORT", as `our_line` does.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time
from functools import partial
from typing import Any

from aiosipua import CallSession, IncomingCall, SipUAS, UdpSipTransport

from app.telephony import g711
from scripts.line_bench.generator import raise_file_limit
from scripts.line_bench.heard import Heard, music
from scripts.line_bench.spinning import spin

HERE = "127.0.0.1"
FRAME = 160


class Answering:
    """Sessions of the calls that are up."""

    def __init__(self, heard: Heard, first: int, *, bridges: bool) -> None:
        self._heard = heard
        self._next_port = first
        self._bridges = bridges
        self._sessions: dict[str, CallSession] = {}
        self._single: CallSession | None = None
        self._starting: set[asyncio.Task[None]] = set()
        codes = g711.encode("PCMA", music()).tobytes()
        self._frames = [codes[start : start + FRAME] for start in range(0, len(codes), FRAME)]

    def on_invite(self, call: IncomingCall) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(call))
        self._starting.add(task)
        task.add_done_callback(self._starting.discard)

    def on_bye(self, call: IncomingCall, _: Any) -> None:
        session = self._sessions.pop(call.call_id, None)
        if session is not None:
            task = asyncio.get_running_loop().create_task(session.close())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _answer(self, call: IncomingCall) -> None:
        assert call.sdp_offer is not None
        port, self._next_port = self._next_port, self._next_port + 2
        session = CallSession(local_ip=HERE, rtp_port=port, offer=call.sdp_offer)
        await session.start()
        call.accept(session.sdp_answer)
        self._sessions[call.call_id] = session
        session.on_audio = self._read
        if self._bridges:
            self._bridge(session)

    def _bridge(self, session: CallSession) -> None:
        if self._single is None:
            self._single = session
            return
        other, self._single = self._single, None
        session.on_audio = partial(self._pass_on, other)
        other.on_audio = partial(self._pass_on, session)

    def _read(self, pcm: bytes, _: int) -> None:
        self._heard.take(pcm)

    def _pass_on(self, other: CallSession, pcm: bytes, timestamp: int) -> None:
        self._heard.take(pcm)
        other.send_audio_pcm(pcm, timestamp)

    async def speak(self) -> None:
        """The next 20 ms to everybody, without drift."""
        began = time.monotonic()
        number = 0
        while True:
            number += 1
            await asyncio.sleep(max(0.0, began + 0.02 * number - time.monotonic()))
            if not self._bridges:
                frame = self._frames[number % len(self._frames)]
                for session in list(self._sessions.values()):
                    session.send_audio(frame, FRAME * number & 0xFFFFFFFF)


async def serve(first: int, *, bridges: bool) -> None:
    heard = Heard()
    answering = Answering(heard, first, bridges=bridges)
    transport = UdpSipTransport(local_addr=(HERE, random.randrange(10000, 20000, 2)))  # it does not tell its port
    server = SipUAS(transport)
    server.on_invite = answering.on_invite
    server.on_bye = answering.on_bye
    await server.start()
    speaking = asyncio.create_task(answering.speak())
    print("ready", transport.local_addr[1], flush=True)
    await heard.tell_when_asked()
    speaking.cancel()
    await server.stop()


def main() -> None:
    raise_file_limit()
    logging.disable(logging.ERROR)
    _, first, _, mode = sys.argv[1:5]
    if mode == "busy":
        spin()
    asyncio.run(serve(int(first), bridges=mode == "bridge"))


if __name__ == "__main__":
    main()
