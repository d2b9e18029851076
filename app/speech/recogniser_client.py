"""The line's side of recognition: `ports.Recognizer` over the protocol of vosk-server, one WebSocket a channel.

Works against our own recogniser and against any `alphacep/vosk-server`. Nothing here waits in the caller's face:
`feed` queues, a task sends; what comes back is told in the event loop's thread. The line's channels are looked at
together: where the recogniser cannot keep up, or has too few places, those of the lowest rank make room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import count
from urllib.parse import urlsplit

import structlog

from app.application.ports import Heard, Listening, Rank, Reception
from app.domain.errors import BadInput
from app.speech.recognition_channel import LAST_WORDS_WITHIN_S, Channel
from app.speech.strain import Strain

LOOK_EACH_S = 0.5
_KEEPS_BEYOND_LIMIT_S = 2.0
"""So much more sound than the limit waits, so that doing without something is tried before sound is let go."""

logger = structlog.get_logger()


class VoskRecognizer:
    """Channels to the recogniser at `url` (`ws://host:port`). Use it in the event loop's thread."""

    def __init__(self, url: str, *, answer_within_s: float = 5.0, limit_s: float = 4.0) -> None:
        """A recogniser that owes an answer for longer than `answer_within_s` counts as away. Once words lag by
        more than `limit_s`, the line does without some recognition (`app.speech.strain`).

        Raises `BadInput` when the address cannot be one of a recogniser."""
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise BadInput(f"the recogniser's address {url!r} is not of the form ws://host:port")
        self._url = url
        self._answer_within_s = answer_within_s
        self._limit_s = limit_s
        self._strain = Strain(limit_s)
        self._numbers = count()
        self._channels: set[Channel] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    def listen(
        self,
        on_heard: Callable[[Heard], None],
        on_reception: Callable[[Reception], None],
        phrases: Sequence[str] | None = None,
        rank: Rank = Rank.CALLER,
    ) -> Listening:
        """Open one channel (see `ports.Recognizer.listen`). The connection is made behind the scenes."""
        channel = Channel(
            self,
            self._url,
            on_heard,
            on_reception,
            phrases,
            rank=rank,
            number=next(self._numbers),
            answer_within_s=self._answer_within_s,
            waiting_s=self._limit_s + _KEEPS_BEYOND_LIMIT_S,
        )
        channel.follow(self._strain.degree)
        task = asyncio.get_running_loop().create_task(channel.run(), name="recognition")
        self._channels.add(channel)
        self._tasks.add(task)

        def forget(ended: asyncio.Task[None]) -> None:
            self._channels.discard(channel)
            self._tasks.discard(ended)

        task.add_done_callback(forget)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.get_running_loop().create_task(self._watch(), name="recognition lag")
        return channel

    async def aclose(self) -> None:
        """Close every channel, wait (bounded) for the last words, end the tasks."""
        for channel in list(self._channels):
            channel.close()
        tasks = list(self._tasks)
        if self._watching is not None:
            self._watching.cancel()
            tasks.append(self._watching)
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=LAST_WORDS_WITHIN_S + 1)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- what channels tell ----------------------------------------------------------------------------------

    def wants_place(self, channel: Channel) -> None:
        """The newest channel of the lowest rank below this one's gives up its place."""
        others = [one for one in self._channels if one.has_place and one.rank > channel.rank]
        if others:
            giving = max(others, key=lambda one: (one.rank, one.number))
            logger.warning("recognition_gives_way", rank=giving.rank.name, to=channel.rank.name)
            giving.give_way()

    def left_place(self) -> None:
        """Whoever matters most, and has waited longest, tries to get the place."""
        waiting = [one for one in self._channels if one.waits_for_place]
        if waiting:
            min(waiting, key=lambda one: (one.rank, one.number)).try_now()

    # --- the lag of the line ---------------------------------------------------------------------------------

    async def _watch(self) -> None:
        """Look at all channels while there are any."""
        now_s = asyncio.get_running_loop().time
        while self._channels:
            await asyncio.sleep(LOOK_EACH_S)
            lag_s = max([channel.look(now_s()) for channel in self._channels], default=0.0)
            before = self._strain.degree
            degree = self._strain.seen(lag_s, now_s())
            if degree is not before:
                logger.warning("recognition_degree", degree=degree.name, before=before.name, lag_s=round(lag_s, 1))
                for channel in list(self._channels):
                    channel.follow(degree)
