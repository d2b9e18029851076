"""Our line, measured: answers every call, plays to it and reads it.

    python -m scripts.line_bench.our_line CALLER_PORT FIRST_RTP_PORT LAST_RTP_PORT answer|bridge

`bridge` connects each second call with the one before it in the place of playing. Says "ready PORT"; for each line
of its standard input says what its listeners heard so far; ends with it.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys

import structlog

from app.application.ports import Clip, LegEnd, LegId, LegQuality
from app.telephony.browser_phone import BrowserPhones
from app.telephony.limits import Limits
from app.telephony.line import SipLine
from app.telephony.media import Media
from scripts.line_bench.generator import raise_file_limit
from scripts.line_bench.heard import Heard, music

HERE = "127.0.0.1"
MOST_CALLS = 10_000
"""What is looked for is where the machine ends, not the setting."""


class Answering:
    """`PhoneEvents`."""

    def __init__(self, line: SipLine, heard: Heard, *, bridges: bool) -> None:
        self._line = line
        self._heard = heard
        self._bridges = bridges
        self._single: LegId | None = None
        self._clip = Clip("music", music())

    def call_arrived(self, leg: LegId, *, caller: str, dialled: str) -> None:
        self._line.answer(leg)
        self._line.listen(leg, self._heard.take)
        if not self._bridges:
            self._line.play(leg, [self._clip], tag="music", loop=True)
        elif self._single is None:
            self._single = leg
        else:
            self._line.bridge(self._single, leg)
            self._single = None

    def leg_ringing(self, leg: LegId, *, with_sound: bool) -> None: ...

    def leg_answered(self, leg: LegId) -> None: ...

    def leg_ended(self, leg: LegId, why: LegEnd) -> None: ...

    def key_pressed(self, leg: LegId, key: str) -> None: ...

    def playback_finished(self, leg: LegId, tag: str) -> None: ...

    def transfer_asked(self, leg: LegId, *, target: str) -> None: ...

    def quality_measured(self, leg: LegId, quality: LegQuality) -> None: ...

    def phone_registered(self, operator: str, *, registered: bool) -> None: ...

    def browser_changed(self, operator: str, *, connected: bool, microphone: bool) -> None: ...


async def serve(first: int, last: int, *, bridges: bool) -> None:
    media = Media(HERE, (first, last), BrowserPhones(HERE, 0, lambda _: None))
    line = SipLine(
        host=HERE,
        port=0,
        advertised_host=HERE,
        user_agent="Liniya",
        media=media,
        limits=Limits(most_calls=MOST_CALLS),
    )
    heard = Heard()
    line.report_to(Answering(line, heard, bridges=bridges))
    await line.start()
    gc.collect()
    gc.freeze()  # as `app.main.run_line` does
    print("ready", line.port, flush=True)
    await heard.tell_when_asked()
    await line.stop()


def main() -> None:
    raise_file_limit()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,  # as `app.logs` does
    )
    _, first, last, mode = sys.argv[1:5]
    asyncio.run(serve(int(first), int(last), bridges=mode == "bridge"))


if __name__ == "__main__":
    main()
