"""A user agent under a virtual clock, what it sent, and the messages of an imaginary other side."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sipmessage import URI, Request, Response

from app.application.ports import Clip, LegId
from app.telephony.calls import Call
from app.telephony.digest import Authenticator
from app.telephony.limits import USUAL, Limits
from app.telephony.media_policy import IN_THE_CLEAR, MediaPolicy
from app.telephony.media_port import MediaEvents, NoPortFree, RtpRemote
from app.telephony.messages import Identity
from app.telephony.outbound_calls import Destination, OutboundCall
from app.telephony.user_agent import UserAgent
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read

CALLER = Hop("UDP", "127.0.0.1", 5090)
LINE = Hop("UDP", "127.0.0.2", 5060)

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=sendrecv\r\n"
)


@dataclass(order=True)
class Alarm:
    at_s: float
    number: int
    action: Callable[[], object] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class VirtualClock:
    """A scheduler whose time passes when it is told to."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._alarms: list[Alarm] = []
        self._number = 0

    def call_later(self, delay: float, callback: Callable[[], object]) -> Alarm:
        self._number += 1
        alarm = Alarm(self.now_s + delay, self._number, callback)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def pass_s(self, seconds: float) -> None:
        until = self.now_s + seconds
        while self._alarms and self._alarms[0].at_s <= until + 1e-9:
            alarm = heapq.heappop(self._alarms)
            self.now_s = max(self.now_s, alarm.at_s)
            if not alarm.cancelled:
                alarm.action()
        self.now_s = until
        if len(self._alarms) > 1000:  # cancelled ones go, as in asyncio
            self._alarms = [alarm for alarm in self._alarms if not alarm.cancelled]
            heapq.heapify(self._alarms)

    @property
    def pending(self) -> int:
        return sum(1 for alarm in self._alarms if not alarm.cancelled)


class SilentMedia:
    """A media engine that only keeps what it was told."""

    def __init__(self, ports: Sequence[int] = (42000, 42002, 42004)) -> None:
        self._free = list(ports)
        self.remotes: list[tuple[LegId, RtpRemote]] = []
        self.closed: list[LegId] = []

    def report_to(self, events: MediaEvents) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def open_rtp(self, leg: LegId) -> int:
        if not self._free:
            raise NoPortFree("no port")
        return self._free.pop(0)

    def connect_rtp(self, leg: LegId, remote: RtpRemote) -> None:
        self.remotes.append((leg, remote))

    def open_browser(self, leg: LegId, login: str) -> None: ...

    def close(self, leg: LegId) -> None:
        self.closed.append(leg)

    def send_keys(self, leg: LegId, keys: str) -> None: ...

    def bridge(self, one: LegId, other: LegId) -> None: ...

    def part(self, leg: LegId) -> None: ...

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None: ...

    def stop_playing(self, leg: LegId) -> None: ...

    def listen(self, leg: LegId, sink: Callable[[bytes], None] | None) -> None: ...

    def tap(self, leg: LegId, sink: Callable[[bytes, bytes], None] | None) -> None: ...

    def confer(self, legs: Sequence[LegId]) -> None: ...

    def whisper(self, speaker: LegId, listener: LegId) -> None: ...


class Told:
    """A `CallUser` that keeps what it hears."""

    def __init__(self) -> None:
        self.arrived: list[Call] = []
        self.heard: list[tuple[object, ...]] = []
        self.on_arrival: Callable[[Call], None] = lambda _: None

    def call_arrived(self, call: Call, caller: str, dialled: str) -> None:
        self.arrived.append(call)
        self.heard.append(("arrived", caller, dialled))
        self.on_arrival(call)

    def call_ringing(self, call: Call) -> None:
        self.heard.append(("ringing",))

    def call_answered(self, call: Call) -> None:
        self.heard.append(("answered",))

    def call_ended(self, call: Call, code: int) -> None:
        self.heard.append(("ended", code))

    def call_key(self, call: Call, key: str) -> None:
        self.heard.append(("key", key))

    def call_transfer_asked(self, call: Call, target: str) -> None:
        self.heard.append(("transfer_asked", target))

    def call_replaced(self, call: Call, replaced: Call) -> None:
        self.arrived.append(call)
        self.heard.append(("replaced",))

    def call_gone(self, call: Call) -> None:
        self.heard.append(("gone",))


class Bench:
    """A user agent, its clock and media, and the wire."""

    def __init__(
        self,
        ports: Sequence[int] = (42000, 42002, 42004),
        *,
        policy: MediaPolicy = IN_THE_CLEAR,
        limits: Limits = USUAL,
        told: Told | None = None,
    ) -> None:
        self.clock = VirtualClock()
        self.media = SilentMedia(ports)
        self.told = told or Told()
        self.wire: list[tuple[bytes, Hop]] = []
        self._history: list[tuple[bytes, Hop]] = []
        identity = Identity(LINE.host, LINE.port, "Liniya")
        self.agent = UserAgent(
            identity,
            self._send,
            self.clock,
            self.media,
            self.told,
            policy_for=lambda _: policy,
            limits=limits,
        )

    def _send(self, data: bytes, hop: Hop) -> None:
        self.wire.append((data, hop))
        self._history.append((data, hop))

    def receive(self, text: str | bytes, hop: Hop = CALLER) -> list[Request | Response]:
        """Let a message arrive; what the agent sent meanwhile."""
        self.wire.clear()
        self.agent.receive(text.encode() if isinstance(text, str) else text, hop)
        return self.sent()

    def receive_raw(self, text: str) -> bytes:
        """Let a message arrive; the bytes that went."""
        self.wire.clear()
        self.agent.receive(text.encode(), CALLER)
        return b"".join(data for data, _ in self.wire)

    def pass_s(self, seconds: float) -> list[Request | Response]:
        """Let time pass; what the agent sent meanwhile."""
        self.wire.clear()
        self.clock.pass_s(seconds)
        return self.sent()

    def sent(self) -> list[Request | Response]:
        """What went since the last message or time."""
        return self._read(self.wire)

    def all_sent(self) -> list[Request | Response]:
        """What ever went."""
        return self._read(self._history)

    def _read(self, wire: list[tuple[bytes, Hop]]) -> list[Request | Response]:
        found: list[Request | Response] = []
        for data, hop in wire:
            message = read(data, hop)
            assert isinstance(message, ReceivedRequest | ReceivedResponse), message
            found.append(message.message)
        return found

    def codes(self, text: str | bytes, hop: Hop = CALLER) -> list[int]:
        return codes(self.receive(text, hop))

    def arrive(self, invite: str | None = None) -> Call:
        self.receive(invite or request("INVITE", body=OFFER))
        return self.told.arrived[-1]

    def talk(self, invite: str | None = None) -> Call:
        """A call of theirs, answered and acknowledged."""
        call = self.arrive(invite)
        call.answer()
        self.receive(request("ACK", to_tag=call.local_tag, branch="ack"))
        return call

    def dial(self, authenticator: Authenticator | None = None, *, may_refer: bool = False) -> OutboundCall:
        self.wire.clear()
        target = URI.parse("sip:op@127.0.0.1:5090")
        destination = Destination(target, CALLER, "<sip:line@127.0.0.2>", may_refer=may_refer)
        return self.agent.place(LegId("leg"), destination, authenticator)


def codes(messages: list[Request | Response]) -> list[int]:
    return [message.code for message in messages if isinstance(message, Response)]


def methods(messages: list[Request | Response]) -> list[str]:
    return [message.method for message in messages if isinstance(message, Request)]


def request(
    method: str,
    *,
    branch: str = "one",
    to_tag: str = "",
    from_tag: str = "caller",
    cseq: int = 1,
    call_id: str = "call-1",
    body: str = "",
    extra: Sequence[str] = (),
    rport: bool = True,
    uri: str = "sip:245022@127.0.0.2",
    kind: str = "application/sdp",
) -> str:
    """A request of the imaginary caller."""
    lines = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bK{branch}" + (";rport" if rport else ""),
        "Max-Forwards: 70",
        f"From: <sip:+79170000000@127.0.0.1>;tag={from_tag}",
        "To: <sip:245022@127.0.0.2>" + (f";tag={to_tag}" if to_tag else ""),
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} {'INVITE' if method == 'INVITE' else method}",
        "Contact: <sip:caller@127.0.0.1:5090>",
        *extra,
        *([f"Content-Type: {kind}"] if body else []),
        f"Content-Length: {len(body.encode())}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def response(to: Request, code: int, *, tag: str = "callee", body: str = "", extra: Sequence[str] = ()) -> str:
    """An answer of the imaginary callee to a request of ours."""
    headers = to.headers
    tagged = headers["To"] if ";tag=" in headers["To"] or code == 100 else f"{headers['To']};tag={tag}"
    lines = [
        f"SIP/2.0 {code} Said",
        *(f"Via: {via}" for via in headers.getlist("Via")),
        f"From: {headers['From']}",
        f"To: {tagged}",
        f"Call-ID: {headers['Call-ID']}",
        f"CSeq: {headers['CSeq']}",
        "Contact: <sip:op@127.0.0.1:5090>",
        *extra,
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body.encode())}",
    ]
    return "\r\n".join(lines) + "\r\n\r\n" + body
