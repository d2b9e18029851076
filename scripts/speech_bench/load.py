"""Many streams of sound to one recogniser, in real time, from one thread: raw sockets and frames made beforehand.

A chunk leaves when its last sample would have been spoken. Streams begin spread over some seconds, and in twenty
phases of their chunks, so that they are not in step. What comes back is kept with its time, for later;
an answer that repeats the one before it is not kept.
"""

from __future__ import annotations

import gc
import json
import select
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scripts.speech_bench import wire
from scripts.speech_bench.conversations import RATE_HZ, Channel

PHASES = 20
DRAIN_S = 1.5
"""Answers are waited for so long after the last chunk; a word is late after a second."""
HOPELESS_S = 4.0
"""A server that is so far behind with half of its streams will not catch up: the run ends."""
_LOOKS_EVERY_S = 0.5
CONFIG = json.dumps({"config": {"sample_rate": RATE_HZ, "words": True, "max_alternatives": 0}}).encode()
END = b'{"eof" : 1}'


def frames(channel: Channel, chunk_ms: int) -> list[bytes]:
    """The sound as messages."""
    pcm, size = channel.pcm.tobytes(), 2 * RATE_HZ * chunk_ms // 1000
    return [wire.frame(wire.BINARY, pcm[at : at + size]) for at in range(0, len(pcm), size)]


@dataclass
class Stream:
    """One connection. `told` has (seconds of `time.monotonic`, payload); `began_s` is when its sound began."""

    connection: socket.socket
    frames: Sequence[bytes]
    first_tick: int = 0
    began_s: float = 0.0
    due: int = 0
    sent: int = 0
    answered: int = 0
    rest: bytes = b""
    incoming: wire.Incoming = field(default_factory=wire.Incoming)
    last: bytes = b""
    told: list[tuple[float, bytes]] = field(default_factory=list)

    def send_due(self) -> None:
        """What should have left by now, as far as the socket takes it."""
        while self.rest or self.sent < self.due:
            if not self.rest:
                self.rest = self.frames[self.sent]
                self.sent += 1
            try:
                taken = self.connection.send(self.rest)
            except BlockingIOError:
                return
            self.rest = self.rest[taken:]

    def read(self, now: float) -> None:
        """Take what has come. ConnectionResetError when the server has gone."""
        piece = self.connection.recv(1 << 16)
        if not piece:
            raise ConnectionResetError("the recogniser closed a stream")
        for opcode, payload in self.incoming.feed(piece):
            if opcode == wire.TEXT:
                self.answered += 1
                if payload != self.last:
                    self.last = payload
                    self.told.append((now, payload))
            elif opcode == wire.PING:
                self.connection.send(wire.frame(wire.PONG, payload))
            elif opcode == wire.CLOSE:
                raise ConnectionResetError(f"the recogniser ended a stream: {payload[2:].decode(errors='replace')}")


@dataclass(frozen=True)
class Ran:
    """What a run gave. `told` of each stream counts from the beginning of its sound; `steady_s` is when, on the
    same clock, all streams had begun, and when the feeding ended. `given_up`: the server was hopelessly behind."""

    told: list[list[tuple[float, bytes]]]
    steady_s: list[tuple[float, float]]
    given_up: bool
    cpu_s: float
    seconds: float
    client_cpu_share: float
    client_latest_ms: float


class Load:
    """Streams on one port. Use it once."""

    def __init__(self, port: int, sounds: Sequence[Sequence[bytes]], chunk_ms: int) -> None:
        """Opens a connection for each sound. Raises what `wire.connect` does."""
        self._chunk_s = chunk_ms / 1000
        self._tick_s = self._chunk_s / PHASES
        self._epoll = select.epoll()
        self._streams: dict[int, Stream] = {}
        for sound in sounds:
            connection = wire.connect(port)
            connection.sendall(wire.frame(wire.TEXT, CONFIG))
            connection.setblocking(False)
            self._epoll.register(connection, select.EPOLLIN)
            self._streams[connection.fileno()] = Stream(connection, sound)

    def close(self) -> None:
        for stream in self._streams.values():
            wire.leave(stream.connection)
        self._epoll.close()

    def run(self, spread_s: float, seconds: float, cpu_s: Callable[[], float]) -> Ran:
        """Feed for `spread_s`, within which all streams begin, and for `seconds` more; `cpu_s` tells what the
        server has used so far."""
        steady_tick = round(spread_s / self._tick_s)
        began = time.monotonic() + 0.05
        phases = self._begin(began, steady_tick)
        steady, latest, given_up = began + spread_s, 0.0, False
        used = own = 0.0
        look = steady + _LOOKS_EVERY_S
        gc.collect()
        gc.disable()
        try:
            for tick in range(steady_tick + round(seconds / self._tick_s)):
                due = began + tick * self._tick_s
                self._read_until(due)
                if tick == steady_tick:
                    used, own = cpu_s(), time.process_time()
                for stream in phases[tick % PHASES]:
                    if tick >= stream.first_tick:
                        stream.due += 1
                        stream.send_due()
                latest = max(latest, time.monotonic() - due)
                if due > look:
                    look += _LOOKS_EVERY_S
                    if given_up := self._is_hopeless():
                        break
            ended = time.monotonic()
            used, own = cpu_s() - used, time.process_time() - own
            if not given_up:
                self._read_until(ended + DRAIN_S)
        finally:
            gc.enable()
        streams = list(self._streams.values())
        return Ran(
            [[(at - stream.began_s, payload) for at, payload in stream.told] for stream in streams],
            [(steady - stream.began_s, ended - stream.began_s) for stream in streams],
            given_up,
            used,
            ended - steady,
            own / (ended - steady),
            1000 * latest,
        )

    def _begin(self, began: float, ticks: int) -> list[list[Stream]]:
        """Give each stream its beginning within so many ticks; the streams of each phase."""
        phases: list[list[Stream]] = [[] for _ in range(PHASES)]
        for number, stream in enumerate(self._streams.values()):
            # Times the golden section: neighbours, which share a conversation, are far apart, and none in step.
            stream.first_tick = int(number * 0.618034 % 1 * ticks)
            # The first chunk leaves when it is full.
            stream.began_s = began + stream.first_tick * self._tick_s - self._chunk_s
            phases[stream.first_tick % PHASES].append(stream)
        return phases

    def _read_until(self, due: float) -> None:
        """Read what comes; at least what is there."""
        while True:
            ready = self._epoll.poll(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            for number, _ in ready:
                self._streams[number].read(now)
            if now >= due:
                return

    def _is_hopeless(self) -> bool:
        behind = sorted(stream.due - stream.answered for stream in self._streams.values())
        return bool(behind) and behind[len(behind) // 2] * self._chunk_s > HOPELESS_S


def recognised(port: int, sounds: Sequence[Sequence[bytes]], at_once: int) -> list[list[tuple[int, bytes]]]:
    """What the server makes of each whole sound when nothing hurries it: a chunk is sent when the one before it was
    answered, so many streams at once. In place of a time stands how many chunks had been sent."""
    told: list[list[tuple[int, bytes]]] = [[] for _ in sounds]
    waiting = list(enumerate(sounds))
    while waiting:
        group, waiting = waiting[:at_once], waiting[at_once:]
        open_now = [(number, wire.connect(port), wire.Incoming(), sound) for number, sound in group]
        for _, connection, _, _ in open_now:
            connection.sendall(wire.frame(wire.TEXT, CONFIG))
        end = wire.frame(wire.TEXT, END)
        for place in range(max(len(sound) for _, sound in group) + 1):
            asked = []
            for number, connection, incoming, sound in open_now:
                if place <= len(sound):
                    connection.sendall(sound[place] if place < len(sound) else end)
                    asked.append((number, connection, incoming))
            for number, connection, incoming in asked:
                told[number].append((min(place + 1, len(sounds[number])), _answer(connection, incoming)))
        for _, connection, _, _ in open_now:
            wire.leave(connection)
    return told


def _answer(connection: socket.socket, incoming: wire.Incoming) -> bytes:
    while True:
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionResetError("the recogniser closed a stream")
        told = b""
        for opcode, payload in incoming.feed(piece):
            if opcode == wire.TEXT:
                told = payload
            elif opcode == wire.PING:
                connection.sendall(wire.frame(wire.PONG, payload))
        if told:
            return told
