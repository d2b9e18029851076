"""What the fuzzer throws bytes at: the paths that the line's datagrams and connections take, each with its checks.

Without the fuzzer they are plain objects: tests/unit/telephony/test_fuzz_targets.py runs the seeds through them.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
from collections.abc import Callable, Sequence
from typing import Protocol

from sipmessage import URI

from app.application.ports import LegId
from app.telephony.browser_phone import BrowserPhones
from app.telephony.errors import BadMessage, SipError
from app.telephony.framing import StreamFramer
from app.telephony.media import Media
from app.telephony.media_port import RtpRemote, SrtpKeys
from app.telephony.messages import Identity
from app.telephony.offer_answer import LocalSession, accept, answer, choose
from app.telephony.outbound_calls import Destination
from app.telephony.rtcp import parse_compound
from app.telephony.rtp import MalformedPacket
from app.telephony.sdp import parse
from app.telephony.user_agent import UserAgent
from app.telephony.wire import Hop
from tests.unit.telephony.peer import CALLER, OFFER, SilentMedia, Told, VirtualClock, request
from tests.unit.telephony.torture import RFC4475, RFC5118

LOOPBACK = "127.0.0.1"
BETWEEN = b"\0--\0"
"""Parts one input into several messages."""
MOST_PARTS = 6
OVER_S = 40.0
_BRANCH = re.compile(rb"\r\nVia: [^\r]*;branch=([^;\r]+)")
_CALL = re.compile(rb"\r\nFrom: [^\r]*;tag=([^;\r]+).*?\r\nCall-ID: ([^\r]+)\r\nCSeq: (\d+)", re.DOTALL)


class Target(Protocol):
    """One path in. `take` may raise nothing; `settle` is called now and then and finds whatever was left behind."""

    def seeds(self) -> Sequence[bytes]: ...

    def take(self, data: bytes) -> None: ...

    def settle(self) -> None: ...

    def close(self) -> None: ...


class _NoMedia(SilentMedia):
    """Keeps nothing of calls that are over, so that what grows is the user agent's."""

    def open_rtp(self, leg: LegId) -> int:
        return 10000

    def connect_rtp(self, leg: LegId, remote: RtpRemote) -> None: ...

    def close(self, leg: LegId) -> None: ...


class Datagrams:
    """Whole messages to `UserAgent.receive`, amid calls both ways. `@TAG@` stands for the tag of the last call that
    arrived; `@BRANCH@`, `@FROM@`, `@CALL@` and `@NUMBER@` for what the INVITE that we placed last bears."""

    hop = CALLER

    def __init__(self) -> None:
        self._clock = VirtualClock()
        self._told = Told()
        self._told.on_arrival = lambda call: call.ring()
        self._words: dict[bytes, bytes] = {}
        self.agent = UserAgent(
            Identity("127.0.0.2", 5060, "Liniya"), self._send, self._clock, _NoMedia(), self._told
        )

    def _send(self, data: bytes, hop: Hop) -> None:
        if data.startswith(b"INVITE "):
            branch, call = _BRANCH.search(data), _CALL.search(data)
            assert branch is not None
            assert call is not None
            self._words |= {b"@BRANCH@": branch.group(1), b"@FROM@": call.group(1)}
            self._words |= {b"@CALL@": call.group(2), b"@NUMBER@": call.group(3)}

    def seeds(self) -> Sequence[bytes]:
        return dialogues()

    def take(self, data: bytes) -> None:
        kind, rest = data[:1], data[1:]
        if kind in b"dD":
            destination = Destination(URI.parse("sip:op@127.0.0.1:5090"), self.hop, "<sip:line@127.0.0.2>")
            self.agent.place(LegId("leg"), destination, None)
        for part in rest.split(BETWEEN)[:MOST_PARTS]:
            self._receive(self._filled(part))
            for call in self.agent.calls:
                if kind in b"aA":
                    call.answer()
                elif kind in b"rR":
                    call.reject(486)
        if kind in b"hH":
            for call in self.agent.calls:
                call.hang_up()
        self._clock.pass_s(0.6)
        self._told.heard.clear()
        if len(self.agent.calls) > 20:
            self.settle()

    def _filled(self, part: bytes) -> bytes:
        if self._told.arrived:
            self._words[b"@TAG@"] = self._told.arrived[-1].local_tag.encode()
            del self._told.arrived[:-1]
        for word, value in self._words.items():
            part = part.replace(word, value)
        return part

    def _receive(self, part: bytes) -> None:
        self.agent.receive(part, self.hop)

    def settle(self) -> None:
        for _ in range(3):
            for call in self.agent.calls:
                call.hang_up()
            self._clock.pass_s(2 * OVER_S)
        assert self.agent.calls == [], f"left: {[(type(call).__name__, call.state) for call in self.agent.calls]}"
        assert self.agent.layer.empty, "transactions are left"
        self._clock.pass_s(700)
        assert self._clock.pending == 0, "timers are left"
        self._told.arrived.clear()
        self._told.heard.clear()

    def close(self) -> None:
        self.agent.layer.close()


class Connections(Datagrams):
    """Octets of a connection through the framer, in pieces, to the same user agent."""

    hop = Hop("TCP", LOOPBACK, 5090)

    def _receive(self, part: bytes) -> None:
        framer = StreamFramer()
        size = 1 + len(part) // 3
        with contextlib.suppress(BadMessage):
            for at in range(0, len(part), size):
                for message in framer.feed(part[at : at + size]):
                    self.agent.receive(message, self.hop)


class Descriptions:
    """Session descriptions, as an offer and as an answer."""

    def __init__(self) -> None:
        self._local = LocalSession(LOOPBACK, 40000, 1)

    def seeds(self) -> Sequence[bytes]:
        bodies = [one.data.partition(b"\r\n\r\n")[2] for one in (*RFC4475, *RFC5118) if b"\r\nm=audio" in one.data]
        crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + "A" * 40 + "|2^20\r\n"
        wide = (
            OFFER.replace("0 8 101", "9 0 8 13 101")
            + "a=rtpmap:9 G722/8000\r\na=rtcp-mux\r\na=rtcp:40001 IN IP4 127.0.0.1\r\n"
        )
        secure = OFFER.replace("RTP/AVP", "RTP/SAVP") + crypto
        return [
            *bodies,
            OFFER.encode(),
            wide.encode(),
            secure.encode(),
            OFFER.encode() + b"a=ptime:20\r\na=inactive\r\n",
        ]

    def take(self, data: bytes) -> None:
        with contextlib.suppress(SipError):
            described = parse(data)
            parse(described.serialise())
            with contextlib.suppress(SipError):
                accept(described, LOOPBACK)
            agreed = choose(described, LOOPBACK)
            parse(answer(described, agreed, self._local).serialise())

    def settle(self) -> None: ...

    def close(self) -> None: ...


class Packets:
    """RTP, telephone events, RTCP and SRTP into real media, by a real socket of loopback."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        first = _free_ports()
        self._media = Media(LOOPBACK, (first, first + 8), BrowserPhones(LOOPBACK, 0, lambda _: None))
        self._peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._peer.bind((LOOPBACK, 0))
        port = self._peer.getsockname()[1]
        keys = SrtpKeys("AES_CM_128_HMAC_SHA1_80", bytes(30))
        plain = RtpRemote(LOOPBACK, port, "PCMA", 8, 101, rtcp_port=port, comfort_noise=True)
        forms = [plain, RtpRemote(LOOPBACK, port, "PCMU", 0, 101, srtp_in=keys, srtp_out=keys)]
        self._ports: list[int] = []
        self._loop.run_until_complete(self._open(forms))

    async def _open(self, forms: Sequence[RtpRemote]) -> None:
        for number, remote in enumerate(forms):
            leg = LegId(f"leg-{number}")
            self._ports.append(self._media.open_rtp(leg))
            self._media.connect_rtp(leg, remote)
            self._media.listen(leg, lambda _: None)

    def seeds(self) -> Sequence[bytes]:
        head = bytes.fromhex("8008000100000100deadbeef")
        sound = head + bytes(160)
        key = bytes.fromhex("8065000200000200deadbeef") + bytes.fromhex("050a00a0")
        extended = bytes.fromhex("9108000300000300deadbeefcafebabebede0001aabbccdd") + bytes(160)
        noise = bytes.fromhex("800d000400000400deadbeef") + b"\x40\x10"
        report = bytes.fromhex("81c90007deadbeef12345678000000000000000100000000000000000000000a")
        sender = bytes.fromhex("80c80006deadbeef") + bytes(20) + bytes.fromhex("81ca0002deadbeef01016100")
        several = BETWEEN.join([sound, key, key[:1] + b"\xe5" + key[2:-4] + b"\x05\x8a\x03\x20", noise, sound])
        return [b"\0" + one for one in (sound, key, extended, noise, report, sender, several)] + [b"\1" + sound]

    def take(self, data: bytes) -> None:
        port = self._ports[data[0] % len(self._ports)] if data else self._ports[0]
        for part in data[1:].split(BETWEEN)[:MOST_PARTS]:
            self._peer.sendto(part, (LOOPBACK, port))
            with contextlib.suppress(MalformedPacket):
                parse_compound(part)
        self._loop.run_until_complete(self._tick())
        with contextlib.suppress(BlockingIOError):
            while True:
                self._peer.recv(2048, socket.MSG_DONTWAIT)

    async def _tick(self) -> None:
        self._media.forward()
        self._media.tick()

    def settle(self) -> None: ...

    def close(self) -> None:
        self._loop.run_until_complete(self._media.stop())
        self._loop.close()
        self._peer.close()


def dialogues() -> list[bytes]:
    """Messages alone and in the order of real calls."""
    invite = request("INVITE", body=OFFER)
    ack = request("ACK", branch="ack", to_tag="@TAG@")
    answered = "".join(
        [
            "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=@BRANCH@;rport\r\n",
            "From: <sip:line@127.0.0.2>;tag=@FROM@\r\nTo: <sip:op@127.0.0.1:5090>;tag=them\r\nCall-ID: @CALL@\r\n",
            "CSeq: @NUMBER@ INVITE\r\nContact: <sip:op@127.0.0.1:5090>\r\nContent-Type: application/sdp\r\n",
            f"Content-Length: {len(OFFER)}\r\n\r\n{OFFER}",
        ]
    )
    ringing = answered.replace("200 OK", "180 Ringing").replace(
        "\r\nContent-Type", "\r\nRequire: 100rel\r\nRSeq: 1\r\nContent-Type"
    )
    refused = answered.replace("200 OK", "486 Busy").partition("Content-Type")[0] + "\r\n"
    challenged = (
        refused.replace("486 Busy", "401 No").rstrip() + '\r\nWWW-Authenticate: Digest realm="a", nonce="b"\r\n\r\n'
    )
    reinvite = request("INVITE", branch="two", cseq=2, body=OFFER + "a=sendonly\r\n", to_tag="@TAG@")
    update = request(
        "UPDATE", branch="three", cseq=3, body=OFFER, extra=["Session-Expires: 90;refresher=uac"], to_tag="@TAG@"
    )
    refer = request(
        "REFER",
        branch="four",
        cseq=4,
        extra=["Refer-To: <sip:+7900@127.0.0.1?Replaces=a%3Bto-tag%3Db>"],
        to_tag="@TAG@",
    )
    info = request(
        "INFO", branch="five", cseq=5, body="Signal=5\r\n", kind="application/dtmf-relay", to_tag="@TAG@"
    )
    bye = request("BYE", branch="six", cseq=6, extra=['Reason: Q.850;cause=16;text="x"'], to_tag="@TAG@")
    cancel = request("CANCEL")
    who = [
        'P-Asserted-Identity: "A" <tel:+7900>',
        "Diversion: <sip:1@127.0.0.1>;reason=no-answer",
        "Supported: 100rel, timer, replaces",
    ]
    who += [
        "History-Info: <sip:1@127.0.0.1?Reason=SIP%3Bcause%3D302>;index=1",
        "Session-Expires: 1800",
        "Privacy: id",
    ]
    known = request("INVITE", body=OFFER, extra=who)
    replacing = request(
        "INVITE",
        branch="seven",
        call_id="other",
        body=OFFER,
        extra=["Replaces: call-1;to-tag=@TAG@;from-tag=caller"],
    )
    calls = [
        "a" + _joined(invite, ack, reinvite, ack, bye),
        "a" + _joined(known, ack, update, refer, info, bye),
        "a" + _joined(invite, ack, replacing, ack),
        "n" + _joined(invite, cancel),
        "r" + _joined(invite, request("ACK", to_tag="@TAG@")),
        "d" + _joined(ringing, answered, reinvite.replace("@TAG@", "@FROM@").replace("call-1", "@CALL@"), answered),
        "d" + _joined(refused),
        "d" + _joined(challenged, answered),
        "h" + _joined(invite, ack),
    ]
    alone = [request(method) for method in ("OPTIONS", "REGISTER", "SUBSCRIBE", "NOTIFY", "PRACK", "PUBLISH")]
    return [b"n" + one.data for one in (*RFC4475, *RFC5118)] + [
        text.encode() for text in (*calls, *("n" + one for one in alone))
    ]


def _joined(*messages: str) -> str:
    return BETWEEN.decode().join(messages)


def _free_ports() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        return min(int(probe.getsockname()[1]) & ~1, 64000)


TARGETS: dict[int, Callable[[], Target]] = {0: Datagrams, 1: Connections, 2: Descriptions, 3: Packets}
"""By the first octet of an input."""
