"""RTP of many calls, both ways: what is sent carries a code, what comes is kept with the kernel's time of arrival.

One loop serves all: 20 ms are cut into `phases`, and each phase sends its share of the calls (callers are not in
step), then empties the sockets. Nothing is worked out before the end, so that the load takes little of the machine.
"""

from __future__ import annotations

import gc
import select
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.telephony import g711
from scripts.line_bench.sip_caller import CONTROL_SIZE, HERE, SO_TIMESTAMPNS

PERIOD_S = 0.02
MARK = b"\xa7\x3c"
"""After the RTP header: the mark, the number of the leg, the number of the packet; two octets each."""
HEAD = struct.Struct(">BBHII2sHH")
_PAYLOAD = 160
_TONE_HZ = 400  # whole periods in a packet, so that packets join

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Record:
    """What was sent and what came. Times are nanoseconds of the realtime clock; the window is what is measured.

    `sent_ns` is (packets, legs). The others have one entry for each packet that came, in the order of arrival:
    the leg it came to, its time, its RTP timestamp, and the code it carried (`code_leg` is -1 where it has none).
    """

    began_ns: int
    ended_ns: int
    sent_ns: Ints
    leg: Ints
    came_ns: Ints
    timestamp: Ints
    code_leg: Ints
    code_number: Ints
    latest_ms: float


class Streams:
    """Sockets of so many legs."""

    def __init__(self) -> None:
        self.sockets: list[socket.socket] = []
        self._packets: list[bytearray] = []
        self._poll = select.epoll()
        self._leg_of: dict[int, int] = {}
        self._legs: list[int] = []
        self._stamps: list[bytes] = []
        self._heads: list[bytes] = []

    def open(self, legs: int) -> list[int]:
        """Bind so many more; their ports."""
        for _ in range(legs):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            sock.bind((HERE, 0))
            sock.setblocking(False)
            self._leg_of[sock.fileno()] = len(self.sockets)
            self._packets.append(packet(len(self.sockets)))
            self.sockets.append(sock)
        return [sock.getsockname()[1] for sock in self.sockets[-legs:]]

    def connect(self, leg: int, port: int) -> None:
        self.sockets[leg].connect((HERE, port))
        self._poll.register(self.sockets[leg].fileno(), select.EPOLLIN)

    def close(self) -> None:
        for sock in self.sockets:
            sock.close()
        self._poll.close()

    def run(
        self, warm_s: float, seconds: float, phases: int, on_mark: Callable[[], None], beside: Callable[[], None]
    ) -> Record:
        """Talk for `warm_s` and then for `seconds`, which are the window; `on_mark` is called at both its ends,
        `beside` every 20 ms."""
        gc.collect()
        gc.disable()
        self._drain()  # what came while nobody read
        self._legs, self._stamps, self._heads = [], [], []
        try:
            marks, sent, latest = self._talk(
                round(warm_s / PERIOD_S), round(seconds / PERIOD_S), phases, on_mark, beside
            )
        finally:
            gc.enable()
        return self._record(marks, sent, latest)

    def _talk(
        self, warm: int, packets: int, phases: int, on_mark: Callable[[], None], beside: Callable[[], None]
    ) -> tuple[list[int], list[int], float]:
        shares = [list(zip(self.sockets, self._packets, strict=True))[phase::phases] for phase in range(phases)]
        order = [leg for phase in range(phases) for leg in range(len(self.sockets))[phase::phases]]
        self._order = order
        sent: list[int] = []
        marks: list[int] = []
        latest = 0.0
        began = time.monotonic()
        for number in range(warm + packets):
            if number == warm:
                on_mark()
                marks.append(time.time_ns())
            beside()
            for phase, share in enumerate(shares):
                due = began + (number + phase / phases) * PERIOD_S
                early = due - time.monotonic()
                if early > 0:
                    time.sleep(early)
                elif number >= warm:
                    latest = max(latest, -early)
                self._send(number, share, sent)
                self._drain()
        marks.append(time.time_ns())
        on_mark()
        time.sleep(0.2)  # what is under way may still come
        self._drain()
        return marks, sent, latest

    def _send(self, number: int, share: list[tuple[socket.socket, bytearray]], sent: list[int]) -> None:
        counters = struct.pack(">HI", number & 0xFFFF, 160 * number & 0xFFFFFFFF)
        code = struct.pack(">H", number & 0xFFFF)
        for sock, octets in share:
            octets[2:8] = counters
            octets[16:18] = code
            sent.append(time.time_ns())
            try:
                sock.send(octets)
            except OSError:
                continue  # nobody there any more, or no room: it shows in what comes back

    def _drain(self) -> None:
        sockets, leg_of = self.sockets, self._leg_of
        legs, stamps, heads = self._legs, self._stamps, self._heads
        for _ in range(64):
            ready = self._poll.poll(0, 2048)
            if not ready:
                return
            for number, _ in ready:
                leg = leg_of[number]
                try:
                    data, control, _, _ = sockets[leg].recvmsg(256, CONTROL_SIZE)
                except OSError:
                    continue
                if len(data) >= HEAD.size:
                    legs.append(leg)
                    stamps.append(control[0][2])
                    heads.append(data[: HEAD.size])

    def _record(self, marks: list[int], sent: list[int], latest: float) -> Record:
        stamps = np.frombuffer(b"".join(self._stamps), np.int64).reshape(-1, 2)
        heads = np.frombuffer(b"".join(self._heads), HEAD_FIELDS)
        by_leg = np.empty((len(sent) // max(len(self._order), 1), len(self._order)), np.int64)
        by_leg[:, self._order] = np.array(sent, np.int64).reshape(by_leg.shape)
        return Record(
            began_ns=marks[0],
            ended_ns=marks[1],
            sent_ns=by_leg,
            leg=np.array(self._legs, np.int64),
            came_ns=stamps[:, 0] * 1_000_000_000 + stamps[:, 1],
            timestamp=heads["timestamp"].astype(np.int64),
            code_leg=np.where(heads["mark"] == int.from_bytes(MARK, "big"), heads["leg"], -1).astype(np.int64),
            code_number=heads["number"].astype(np.int64),
            latest_ms=1000 * latest,
        )


HEAD_FIELDS = np.dtype(
    [
        ("version", "u1"),
        ("kind", "u1"),
        ("sequence", ">u2"),
        ("timestamp", ">u4"),
        ("ssrc", ">u4"),
        ("mark", ">u2"),
        ("leg", ">u2"),
        ("number", ">u2"),
    ]
)


def packet(leg: int) -> bytearray:
    """A packet of a tone, with the leg's code; the counters are filled in when it is sent."""
    times = np.arange(_PAYLOAD) / 8000
    tone = np.round(8000 * np.sin(2 * np.pi * _TONE_HZ * times)).astype("<i2").tobytes()
    head = HEAD.pack(0x80, 8, 0, 0, 0x10000 + leg, MARK, leg, 0)
    return bytearray(head + g711.encode("PCMA", tone).tobytes()[HEAD.size - 12 :])
