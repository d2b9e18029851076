"""A SIP phone of ours: calls or answers, speaks, presses keys, and keeps what it hears. One call at a time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import structlog

from app.application.ports import Clip, LegEnd, LegId, LegQuality, Rejection
from app.domain.errors import LiniyaError
from app.simulator.sound_heard import SoundHeard
from app.telephony.browser_phone import BrowserPhones
from app.telephony.line import SipLine
from app.telephony.media import Media

log = structlog.get_logger()

RTP_PORTS = range(30000, 40000)
RTP_PORTS_OF_ONE = 20
"""Phones in several processes each take a stretch of their own."""
LOOK_EACH_S = 0.05


class CallFailed(LiniyaError):
    """The call did not come about, or ended before its scenario did."""


class SimulatedPhone:
    """Implements `ports.PhoneEvents` for its own line. `user` is the number that it shows when it calls."""

    def __init__(
        self, *, host: str = "127.0.0.1", port: int = 0, user: str = "phone", answers: bool = False
    ) -> None:
        self.heard = SoundHeard()
        self.keys_heard: list[str] = []
        self.rang = asyncio.Event()
        self.answered = asyncio.Event()
        self.ended = asyncio.Event()
        self.end_why = ""
        self.on_answered: Callable[[], None] = lambda: None
        self._answers = answers
        self._leg: LegId | None = None
        self._finished: dict[str, asyncio.Event] = {}
        self._said = 0
        self._line = SipLine(
            host=host,
            port=port,
            advertised_host=host,
            user_agent="Liniya simulated phone",
            user=user,
            media=Media(host, _rtp_ports(), BrowserPhones(host, 0, lambda _token: None)),
        )
        self._line.report_to(self)
        self._host = host

    @property
    def address(self) -> str:
        """Where the phone can be called, once started."""
        return f"sip:phone@{self._host}:{self._line.port}"

    async def start(self) -> None:
        await self._line.start()

    async def stop(self) -> None:
        await self._line.stop()

    # --- what a person does with a phone ---------------------------------------------------------------------

    async def call(self, address: str, *, ring_for_s: float = 30.0) -> None:
        """Dial and wait for the answer. CallFailed when there is none."""
        self._begin(self._line.dial(address, ring_for_s=ring_for_s))
        await self._first_of(self.answered)
        if not self.answered.is_set():
            raise CallFailed(f"{address} did not answer: {self.end_why}")

    async def say(self, samples: bytes) -> None:
        """Speak 16-bit PCM at 8 kHz, to its last sample or the end of the call."""
        if self._leg is None:
            return
        self._said += 1
        tag = f"said-{self._said}"
        finished = self._finished[tag] = asyncio.Event()
        self._line.play(self._leg, [Clip(tag, samples)], tag=tag)
        await self._first_of(finished)

    def press(self, keys: str) -> None:
        """Press keys one after another (RFC 4733)."""
        if self._leg is not None:
            self._line.send_keys(self._leg, keys)

    async def wait_for_quiet(
        self, *, after_sound_s: float = 0.2, quiet_s: float = 0.7, at_most_s: float = 30.0
    ) -> bool:
        """Wait until the other side has made sound and then been quiet. False when that did not come."""
        self.heard.expect_sound()
        deadline = asyncio.get_running_loop().time() + at_most_s
        while asyncio.get_running_loop().time() < deadline and not self.ended.is_set():
            if self.heard.loud_s >= after_sound_s and self.heard.quiet_s >= quiet_s:
                return True
            await asyncio.sleep(LOOK_EACH_S)
        return False

    def hang_up(self) -> None:
        if self._leg is not None:
            self._line.hang_up(self._leg)
            self._end("hung_up_here")

    async def _first_of(self, event: asyncio.Event) -> None:
        """Wait for the event or the end of the call."""
        waits = [asyncio.ensure_future(e.wait()) for e in (event, self.ended)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    # --- PhoneEvents -----------------------------------------------------------------------------------------

    def call_arrived(self, leg: LegId, *, caller: str, dialled: str) -> None:
        if self._leg is not None or not self._answers:
            self._line.reject(leg, Rejection.BUSY)
            return
        self._begin(leg)
        self._line.ring(leg)
        self._line.answer(leg)
        self._up(leg)

    def leg_ringing(self, leg: LegId, *, with_sound: bool) -> None:
        self.rang.set()

    def leg_answered(self, leg: LegId) -> None:
        if leg == self._leg:
            self._up(leg)

    def leg_ended(self, leg: LegId, why: LegEnd) -> None:
        if leg == self._leg:
            self._end(str(why))

    def key_pressed(self, leg: LegId, key: str) -> None:
        self.keys_heard.append(key)

    def playback_finished(self, leg: LegId, tag: str) -> None:
        finished = self._finished.pop(tag, None)
        if finished is not None:
            finished.set()

    def transfer_asked(self, leg: LegId, *, target: str) -> None: ...

    def quality_measured(self, leg: LegId, quality: LegQuality) -> None: ...

    def phone_registered(self, operator: str, *, registered: bool) -> None: ...

    def browser_changed(self, operator: str, *, connected: bool, microphone: bool) -> None:
        """This phone has no browser."""

    def _begin(self, leg: LegId) -> None:
        self._leg = leg
        self.heard = SoundHeard()
        self.answered.clear()
        self.ended.clear()
        self.end_why = ""

    def _up(self, leg: LegId) -> None:
        self._line.listen(leg, self.heard.take)
        self.answered.set()
        self.on_answered()

    def _end(self, why: str) -> None:
        self._leg = None
        self.end_why = why
        self._finished.clear()
        self.ended.set()


def _rtp_ports() -> tuple[int, int]:
    first = random.randrange(RTP_PORTS.start, RTP_PORTS.stop, RTP_PORTS_OF_ONE)
    return first, first + RTP_PORTS_OF_ONE - 1
