"""How many streams a core carries, and how soon their words are there."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scripts.speech_bench.conversations import Channel, Conversation
from scripts.speech_bench.heard import Match, answers, errors, heard, matched
from scripts.speech_bench.load import Load, Ran, frames, recognised
from scripts.speech_bench.subjects import Running

LATE_S = 1.0
IN_TIME = 0.99
"""The share of the words that must be there within LATE_S of their end for a number of streams to count, of those
that are when nothing hurries the recogniser: one or two in a hundred come late by themselves, when what is said
after them makes it think again."""
PARTS = 2
"""Of each conversation: other beginnings, so that many streams do not all say the same."""
_AT_ONCE = 8
_NEARLY = 0.9
_CLOSE = 0.05
"""The search ends when what holds and what does not are so close."""


@dataclass(frozen=True)
class Material:
    """What is streamed. Stream n gets sound n modulo their number; channels of one conversation are neighbours."""

    channels: tuple[Channel, ...]
    frames: tuple[list[bytes], ...]
    chunk_ms: int

    @classmethod
    def of(cls, channels: Iterable[Channel], chunk_ms: int) -> Material:
        known = tuple(channels)
        return cls(known, tuple(frames(channel, chunk_ms) for channel in known), chunk_ms)

    @classmethod
    def whole(cls, conversations: Sequence[Conversation], chunk_ms: int) -> Material:
        return cls.of((channel for one in conversations for channel in (one.caller, one.operator)), chunk_ms)

    @classmethod
    def parts(cls, conversations: Sequence[Conversation], seconds: float, chunk_ms: int) -> Material:
        """So many seconds of each, with several beginnings."""
        parts = [one.parts(seconds, PARTS) for one in conversations]
        return cls.of((channel for place in range(PARTS) for pairs in parts for channel in pairs[place]), chunk_ms)


@dataclass(frozen=True)
class Quiet:
    """What a subject makes of each sound when nothing hurries it."""

    known: tuple[tuple[bool, ...], ...]
    """For each sound and each of its words: was it there within LATE_S of its end?"""
    recognised: int
    spoken: int
    wrong: int
    cpu_s: float
    sound_s: float

    @property
    def word_error_rate(self) -> float:
        return self.wrong / self.spoken

    @property
    def in_time(self) -> float:
        """Of the recognised words."""
        return sum(map(sum, self.known)) / max(1, self.recognised)


def quiet(server: Running, material: Material) -> Quiet:
    """Let the server recognise each sound as fast as it can, a few at once."""
    used = server.cpu_s()
    told = recognised(server.port, material.frames, _AT_ONCE)
    chunk_s = material.chunk_ms / 1000
    found = [heard(answers((chunk_s * chunks, payload) for chunks, payload in stream)) for stream in told]
    used = server.cpu_s() - used
    pairs = list(zip(material.channels, found, strict=True))
    matches = [matched(channel.words, words) for channel, words in pairs]
    return Quiet(
        tuple(tuple(one.delay_s <= LATE_S for one in of_channel) for of_channel in matches),
        sum(one.at_s is not None for of_channel in matches for one in of_channel),
        sum(len(channel.words) for channel in material.channels),
        sum(errors(channel.words, words) for channel, words in pairs),
        used,
        sum(channel.seconds for channel in material.channels),
    )


@dataclass(frozen=True)
class Step:
    """A run with so many streams."""

    streams: int
    in_time: float
    """Of the words that are there within LATE_S when nothing hurries the subject: the share that was."""
    delays_ms: tuple[float, ...] = field(repr=False)
    cpu_ms_per_stream_second: float
    client_cpu_share: float
    client_latest_ms: float

    @property
    def holds(self) -> bool:
        return self.in_time >= IN_TIME

    @property
    def nearly(self) -> bool:
        """So near that a neighbour on the machine may be to blame."""
        return not self.holds and self.in_time >= _NEARLY

    def __str__(self) -> str:
        median = f"{statistics.median(self.delays_ms):.0f}" if self.delays_ms else "-"
        return (
            f"{self.streams} streams: {self.in_time:.2%} of the words within {LATE_S:g} s (median {median} ms),"
            f" {self.cpu_ms_per_stream_second:.2f} ms of CPU a stream-second; the load took"
            f" {self.client_cpu_share:.0%} of its core and was at most {self.client_latest_ms:.0f} ms late"
        )


def step(
    server: Running, material: Material, known: Quiet, streams: int, *, seconds: float, spread_s: float
) -> Step:
    """Stream in real time: all streams begin within `spread_s`, and go on for `seconds` together."""
    places = [number % len(material.channels) for number in range(streams)]
    load = Load(server.port, [material.frames[place] for place in places], material.chunk_ms)
    try:
        ran = load.run(spread_s, seconds, server.cpu_s)
    finally:
        load.close()
    matches = counted(ran, material, known, places)
    in_time = sum(match.delay_s <= LATE_S for match in matches)
    return Step(
        streams,
        0.0 if ran.given_up else in_time / max(1, len(matches)),
        tuple(1000 * match.delay_s for match in matches if match.at_s is not None),
        1000 * ran.cpu_s / (streams * ran.seconds),
        ran.client_cpu_share,
        ran.client_latest_ms,
    )


def counted(ran: Ran, material: Material, known: Quiet, places: Sequence[int]) -> list[Match]:
    """The words by which a run is judged: those that can be there in time, and ended while all streams were going,
    early enough to be there before the feeding ended."""
    found = []
    for place, told, (first_s, last_s) in zip(places, ran.told, ran.steady_s, strict=True):
        said = [word for word in material.channels[place].words if word.end_s <= last_s]
        for match, can_be in zip(matched(said, heard(answers(told))), known.known[place], strict=False):
            if can_be and first_s <= match.word.end_s <= last_s - LATE_S:
                found.append(match)
    return found


class Search:
    """For the largest even number of streams that holds: by doubling, then by halving what is left."""

    def __init__(self, first: int, most: int) -> None:
        self.held = 0
        self.next = min(first, most)
        self._most = most
        self._failed: int | None = None

    @property
    def done(self) -> bool:
        return self.next <= self.held

    def tell(self, *, holds: bool) -> None:
        """What came of `next`."""
        if holds:
            self.held = self.next
        else:
            self._failed = self.next
        if self._failed is None:
            self.next = min(2 * self.held, self._most)
        elif self._failed - self.held <= max(2, _CLOSE * self.held):
            self.next = 0
        else:
            self.next = (self.held + self._failed) // 4 * 2
