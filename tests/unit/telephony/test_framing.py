"""RFC 3261 18.3 and RFC 5626 4.4.1: messages out of a stream, however it is cut."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.errors import BadMessage
from app.telephony.framing import MAX_HEAD, StreamFramer
from tests.unit.telephony.peer import OFFER, request

FIRST = request("INVITE", body=OFFER).encode()
SECOND = request("OPTIONS").encode()


@given(st.lists(st.integers(1, 700), max_size=12))
def test_18_3_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = FIRST + b"\r\n" + SECOND + b"\r\n\r\n" + SECOND
    framer, found = StreamFramer(), []
    for cut in [*cuts, len(stream)]:
        found += framer.feed(stream[:cut])
        stream = stream[cut:]
    assert found == [FIRST, SECOND, b"", SECOND]
    assert not framer.waiting


def test_byte_by_byte() -> None:
    framer = StreamFramer()
    stream = b"\r\n\r\n" + FIRST + b"\r\n\r\n" + SECOND
    found = [message for byte in stream for message in framer.feed(bytes([byte]))]
    assert found == [b"", FIRST, b"", SECOND]


def test_without_a_length_there_is_no_body() -> None:
    head = b"OPTIONS sip:a SIP/2.0\r\nVia: x\r\n\r\n"
    assert StreamFramer().feed(head + SECOND) == [head, SECOND]


def test_the_compact_length() -> None:
    text = FIRST.replace(b"Content-Length:", b"l  :")
    assert StreamFramer().feed(text) == [text]


@pytest.mark.parametrize(
    "stream",
    [
        b"A" * (MAX_HEAD + 1),
        b"A: " + b"b" * MAX_HEAD + b"\r\n\r\n",
    ],
)
def test_what_cannot_be_parted_into_messages(stream: bytes) -> None:
    with pytest.raises(BadMessage):
        StreamFramer().feed(stream)


@pytest.mark.parametrize(
    "lengths", ["Content-Length: 99999999", "Content-Length: 1\r\nl: 2", "L: -9", "l:", "l: 1 2"]
)
def test_rfc4475_3_1_2_3_a_message_without_a_usable_length_is_the_last(lengths: str) -> None:
    framer = StreamFramer()
    head = f"A\r\n{lengths}\r\n\r\n".encode()
    assert framer.feed(SECOND + head + FIRST) == [SECOND, head]
    assert framer.lost
    assert not framer.waiting
    with pytest.raises(BadMessage):
        framer.feed(b"")


@given(
    st.lists(st.binary(max_size=200) | st.sampled_from([b"\r", b"\n", b"\r\n", b"\r\n\r\n", FIRST]), max_size=20)
)
def test_any_stream_is_parted_or_refused(pieces: list[bytes]) -> None:
    framer = StreamFramer()
    with contextlib.suppress(BadMessage):
        for piece in pieces:
            framer.feed(piece)
