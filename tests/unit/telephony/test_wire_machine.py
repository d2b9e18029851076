"""The parser under every change that RFC 3261 7.3 lets a sender or a proxy make, and under damage."""

from __future__ import annotations

import contextlib
import re

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sipmessage import URI

from app.telephony.errors import BadMessage
from app.telephony.framing import StreamFramer
from app.telephony.messages import make_request, make_response
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.effort import effort
from tests.unit.telephony.peer import CALLER, OFFER, request
from tests.unit.telephony.torture import RFC4475, RFC5118

COMPACT = {"Via": "v", "From": "f", "To": "t", "Call-ID": "i", "Contact": "m", "Content-Length": "l"}
ESSENTIAL = ("Via", "From", "To", "Call-ID", "CSeq")
NAMES = st.sampled_from([*ESSENTIAL, "Contact", "Content-Length", "Max-Forwards"])
TOKENS = st.text("abcXYZ019-.!%*_+`'~", min_size=1, max_size=30)
BLANKS = st.sampled_from([" ", "\t", "  ", "\r\n ", "\r\n\t  "])


class MessageRewritten(RuleBasedStateMachine):
    """However a message is written, it says the same."""

    @initialize(method=st.sampled_from(["INVITE", "OPTIONS", "BYE"]), tag=TOKENS, branch=TOKENS)
    def write(self, method: str, tag: str, branch: str) -> None:
        text = request(method, from_tag=tag, branch=branch, body=OFFER)
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *self.lines = head.split("\r\n")
        self.meant = self.said()

    def text(self) -> bytes:
        return "\r\n".join([self.first, *self.lines, "", self.body]).encode()

    def said(self) -> tuple[object, ...]:
        message = read(self.text(), CALLER)
        assert isinstance(message, ReceivedRequest)
        return (
            (message.method, message.branch, message.from_tag, message.to_tag, message.call_id, message.cseq),
            (message.sender, message.recipient, message.message.uri, message.message.body),
            (message.via.host, message.via.port, message.message.headers.getlist("Via")[0]),
        )

    def _line(self, name: str) -> int:
        written = {name.lower(), COMPACT.get(name, name)}
        return next(n for n, line in enumerate(self.lines) if line.partition(":")[0].strip().lower() in written)

    @rule(name=NAMES)
    def shorten(self, name: str) -> None:
        at = self._line(name)
        self.lines[at] = COMPACT.get(name, name) + ":" + self.lines[at].partition(":")[2]

    @rule(name=NAMES, small=st.booleans())
    def recase(self, name: str, small: bool) -> None:
        at = self._line(name)
        before, _, after = self.lines[at].partition(":")
        self.lines[at] = (before.lower() if small else before.upper()) + ":" + after

    @rule(name=NAMES, before=BLANKS, after=BLANKS)
    def spread(self, name: str, before: str, after: str) -> None:
        at = self._line(name)
        head, _, value = self.lines[at].partition(":")
        self.lines[at] = head.strip() + before.replace("\r\n", "") + ":" + after + value.lstrip()

    @rule(place=st.integers(0, 99), value=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40))
    def add_unknown(self, place: int, value: str) -> None:
        self.lines.insert(place % (len(self.lines) + 1), f"X-Unknown-{place}: {value}")

    @rule(one=st.integers(0, 99), other=st.integers(0, 99))
    def swap(self, one: int, other: int) -> None:
        one, other = one % len(self.lines), other % len(self.lines)
        if not any(self.lines[n][:1].lower() == "v" for n in (one, other)):  # the order of Vias is the way back
            self.lines[one], self.lines[other] = self.lines[other], self.lines[one]

    @rule(separate=st.booleans())
    def pass_a_proxy(self, separate: bool) -> None:
        """What stands below the topmost Via is only carried."""
        if separate:
            self.lines.append("Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKproxy")
        else:
            at = self._line("Via")
            self.lines[at] += ", SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKother"

    @rule(rest=st.binary(max_size=20))
    def trail(self, rest: bytes) -> None:
        message = read(self.text() + rest, CALLER)
        assert isinstance(message, ReceivedRequest)
        assert message.message.body == self.body.encode()

    @invariant()
    def says_the_same(self) -> None:
        if not hasattr(self, "meant"):
            return
        assert self.said() == self.meant
        framer = StreamFramer()
        text = self.text()
        assert framer.feed(text + b"\r\n\r\n" + text) == [text, b"", text]


MessageRewritten.TestCase.settings = effort(60, steps=15)
TestMessageRewritten = MessageRewritten.TestCase

HEADERS = st.lists(
    st.tuples(
        st.text("abcXYZ019-", min_size=1, max_size=20).map("X-".__add__),
        st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=60),
    ),
    max_size=8,
)


@effort(150)
@given(
    user=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    tag=TOKENS,
    branch=TOKENS,
    number=st.integers(0, 2**31 - 1),
    extra=HEADERS,
    body=st.binary(max_size=300),
    code=st.sampled_from([180, 200, 486]),
)
def test_what_is_written_is_read(
    user: str, tag: str, branch: str, number: int, extra: list[tuple[str, str]], body: bytes, code: int
) -> None:
    sender, target = URI("sip", "127.0.0.1", user=user), URI("sip", "[2001:db8::1]", user=user, port=5070)
    headers = [
        ("Via", f"SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bK{branch};rport"),
        ("From", f"<{sender}>;tag={tag}"),
        ("To", f"<{target}>"),
        ("Call-ID", "call"),
        ("CSeq", f"{number} INFO"),
        *extra,
    ]
    asked = read(bytes(make_request("INFO", target, headers, body)), CALLER)
    assert isinstance(asked, ReceivedRequest)
    assert (asked.sender.uri.user, asked.message.uri, asked.message.body) == (user, target, body)
    assert (asked.from_tag, asked.branch, asked.cseq.sequence) == (tag, f"z9hG4bK{branch}", number)
    for name, value in extra:
        assert re.sub(" +", " ", value).strip() in asked.message.headers.getlist(name)
    answer = read(bytes(make_response(asked, code, to_tag="us", body=body)), CALLER)
    assert isinstance(answer, ReceivedResponse)
    assert (answer.code, answer.to_tag, answer.from_tag, answer.branch) == (code, "us", tag, asked.branch)
    assert answer.message.body == body


@effort(300)
@given(
    seed=st.sampled_from([one.data for one in (*RFC4475, *RFC5118)]),
    blows=st.lists(
        st.tuples(
            st.integers(0, 10**6),
            st.integers(0, 30),
            st.binary(max_size=4) | st.sampled_from([b"\r\n", b'"', b"<", b">", b";", b",", b"%", b":", b"\0"]),
        ),
        max_size=8,
    ),
    hop=st.sampled_from([CALLER, Hop("TCP", "127.0.0.1", 5090)]),
)
def test_torture_under_blows_raises_nothing_else(
    seed: bytes, blows: list[tuple[int, int, bytes]], hop: Hop
) -> None:
    data = bytearray(seed)
    for at, removed, added in blows:
        at %= len(data) + 1
        data[at : at + removed] = added
    with contextlib.suppress(BadMessage):
        read(bytes(data), hop)
    with contextlib.suppress(BadMessage):
        StreamFramer().feed(bytes(data))
