"""The sound of one channel on its way to a recogniser, and the arithmetic of its time.

Pure: no socket, no clock. Sound is fed in small frames, leaves in chunks, and is kept until a final result has
settled it, so that a recogniser that crashes in mid-phrase can be told the phrase again. What waits is bounded: the
oldest goes first, and the times of what follows stay right. A connection counts from its own first sample;
`call_seconds` turns its times into those of the channel, which count from the first sample ever fed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass

BYTES_PER_SAMPLE = 2


@dataclass(frozen=True)
class Chunk:
    """A stretch of sound; `start` is its first sample's place in the channel, `came_s` when its last one came."""

    start: int
    pcm: bytes
    came_s: float = 0.0

    @property
    def samples(self) -> int:
        return len(self.pcm) // BYTES_PER_SAMPLE

    @property
    def end(self) -> int:
        return self.start + self.samples


class SoundQueue:
    """Sound waiting to be sent (bounded by `waiting_s`) and sent but not settled (told again: `again_s`)."""

    def __init__(
        self, sample_rate_hz: int, *, chunk_ms: int = 100, waiting_s: float = 3.0, again_s: float = 10.0
    ) -> None:
        self._rate = sample_rate_hz
        self._chunk_bytes = sample_rate_hz * chunk_ms // 1000 * BYTES_PER_SAMPLE
        self._waiting_limit = int(waiting_s * sample_rate_hz)
        self._again_limit = int(again_s * sample_rate_hz)
        self._gathering = bytearray()
        self._fed = 0
        self._waiting: deque[Chunk] = deque()
        self._again: deque[Chunk] = deque()
        self._sent: deque[Chunk] = deque()
        self._told_twice_before = 0
        self._unanswered = 0
        self._streamed = 0
        self._expected = -1
        # (samples of the connection, sample of the channel): from there on the two run together.
        self._anchors: list[tuple[int, int]] = []
        self.dropped_samples = 0

    @property
    def unanswered(self) -> int:
        """Chunks sent on this connection for which no answer has come yet."""
        return self._unanswered

    @property
    def is_empty(self) -> bool:
        """Nothing waits to be sent."""
        return not self._again and not self._waiting

    def feed(self, pcm: bytes, now_s: float = 0.0) -> bool:
        """Add sound that came at `now_s`; True when a chunk is ready to leave."""
        self._gathering += pcm
        ready = False
        while len(self._gathering) >= self._chunk_bytes:
            self._append(bytes(self._gathering[: self._chunk_bytes]), now_s)
            del self._gathering[: self._chunk_bytes]
            ready = True
        return ready

    def flush(self, now_s: float = 0.0) -> None:
        """Let the last, short chunk leave too."""
        whole = len(self._gathering) // BYTES_PER_SAMPLE * BYTES_PER_SAMPLE
        if whole:
            self._append(bytes(self._gathering[:whole]), now_s)
        self._gathering.clear()

    def pass_over(self, pcm: bytes) -> None:
        """Sound that nobody is to hear: it is gone at once, and the times of what follows stay right."""
        self._gathering += pcm
        samples = len(self._gathering) // BYTES_PER_SAMPLE
        del self._gathering[: samples * BYTES_PER_SAMPLE]
        self._fed += samples
        self.dropped_samples += samples
        self._drop_oldest()

    def drop_waiting(self) -> None:
        """Nobody is to hear what has not left yet either."""
        self.dropped_samples += sum(chunk.samples for chunk in (*self._again, *self._waiting))
        self._again.clear()
        self._waiting.clear()

    def lag_s(self, now_s: float) -> float:
        """The age of the oldest sound that is not answered; 0 when there is none."""
        if self._unanswered:
            oldest = self._sent[-self._unanswered]
        elif not self.is_empty:
            oldest = (self._again or self._waiting)[0]
        else:
            return 0.0
        return now_s - oldest.came_s

    def take(self) -> Chunk:
        """The next chunk to send; the caller sends it at once. Raises IndexError when nothing waits."""
        chunk = (self._again or self._waiting).popleft()
        if chunk.start != self._expected:
            self._anchors.append((self._streamed, chunk.start))
        self._streamed += chunk.samples
        self._expected = chunk.end
        self._sent.append(chunk)
        self._unanswered += 1
        return chunk

    def answered(self, *, final: bool) -> None:
        """One chunk was answered; a final result settles all sound up to it."""
        self._unanswered = max(0, self._unanswered - 1)
        if final:
            while len(self._sent) > self._unanswered:
                self._sent.popleft()

    def rewind(self) -> None:
        """The connection is gone: what was not settled is told again on the next one, as far as it is recent.

        Only once: sound that brings a recogniser down must not do so for ever.
        """
        again = deque(chunk for chunk in self._sent if chunk.end > self._told_twice_before)
        self.dropped_samples += sum(chunk.samples for chunk in self._sent) - sum(chunk.samples for chunk in again)
        if again:
            self._told_twice_before = max(self._told_twice_before, again[-1].end)
        again += self._again
        excess = sum(chunk.samples for chunk in again) - self._again_limit
        while excess > 0:
            lost = again.popleft().samples
            excess -= lost
            self.dropped_samples += lost
        self._sent.clear()
        self._again = again
        self._begin_connection()

    def call_seconds(self, connection_seconds: float) -> float:
        """The channel's time of a moment that this connection counted from its own first sample."""
        sample = connection_seconds * self._rate
        place = bisect_right(self._anchors, sample, key=lambda anchor: anchor[0])
        streamed, channel = self._anchors[max(0, place - 1)] if self._anchors else (0, 0)
        return (sample - streamed + channel) / self._rate

    def _begin_connection(self) -> None:
        self._unanswered = 0
        self._streamed = 0
        self._expected = -1
        self._anchors.clear()

    def _append(self, pcm: bytes, now_s: float) -> None:
        chunk = Chunk(self._fed, pcm, now_s)
        self._fed = chunk.end
        self._waiting.append(chunk)
        self._drop_oldest()

    def _drop_oldest(self) -> None:
        while self._waiting and self._fed - self._waiting[0].start > self._waiting_limit:
            self.dropped_samples += self._waiting.popleft().samples
