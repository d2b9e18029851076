"""SDES keys (RFC 4568) and SRTP (RFC 3711), with the vectors that are published."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.media_port import SrtpKeys, SrtpSuite
from app.telephony.rtp import RtpPacket
from app.telephony.srtp import MOST_SOURCES, BadCrypto, Crypto, Protection, first_known, new_master

KEY = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"  # RFC 4568 9.1's example
MASTER = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6")  # RFC 3711 B.3
AUTHENTICATION_KEY = bytes.fromhex("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4")  # RFC 3711 B.3
LONG: SrtpSuite = "AES_CM_128_HMAC_SHA1_80"
SHORT: SrtpSuite = "AES_CM_128_HMAC_SHA1_32"
REPORT = struct.pack("!BBHI", 0x80, 201, 1, 7)


def ends(suite: SrtpSuite = LONG) -> tuple[Protection, Protection]:
    """Two ends of one call."""
    keys = [Crypto.parse(f"1 {suite} inline:{KEY}").keys, SrtpKeys(suite, MASTER)]
    return Protection(keys[0], keys[1]), Protection(keys[1], keys[0])


def packet(sequence: int, ssrc: int = 7) -> bytes:
    return RtpPacket(8, sequence, 160 * sequence, ssrc, b"\x55" * 160).serialise()


def test_rfc4568_9_1_the_attribute() -> None:
    crypto = Crypto.parse(f"1 {LONG} inline:{KEY}|2^20")
    assert (crypto.tag, crypto.keys.suite, len(crypto.keys.master), crypto.lifetime) == (1, LONG, 30, 2**20)
    assert Crypto.parse(f"12 {SHORT}  inline:{KEY}|1048576").lifetime == 2**20


def test_round_trip() -> None:
    line = f"3 {SHORT} inline:{KEY}"
    assert Crypto.parse(line).serialise() == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        f"x {LONG} inline:{KEY}",
        f"1 F8_128_HMAC_SHA1_80 inline:{KEY}",
        f"1 {LONG} inline:{KEY[:-1]}",
        f"1 {LONG} inline:{KEY}AAAA",
        f"1 {LONG} key:{KEY}",
        f"1 {LONG} inline:{KEY}|1:4",
        f"1 {LONG} inline:{KEY}|2^20|1:4",
        f"1 {LONG} inline:{KEY}|1:4;inline:{KEY}|2:4",
        f"1 {LONG} inline:{KEY}|2^49",
        f"1 {LONG} inline:{KEY}|0",
        f"1 {LONG} inline:{KEY} UNENCRYPTED_SRTP",
        f"1 {LONG} inline:{KEY} UNENCRYPTED_SRTCP",
        f"1 {LONG} inline:{KEY} UNAUTHENTICATED_SRTP",
        f"1 {LONG} inline:{KEY} KDR=1",
        f"1 {LONG} inline:{KEY} FEC_ORDER=FEC_SRTP",
        f"1 {LONG} inline:{KEY} something=new",
    ],
)
def test_rfc4568_6_what_we_do_not_follow(line: str) -> None:
    with pytest.raises(BadCrypto):
        Crypto.parse(line)


@pytest.mark.parametrize("parameter", ["KDR=0", "WSH=128", "-something=new"])
def test_rfc4568_6_3_parameters_without_weight(parameter: str) -> None:
    assert Crypto.parse(f"1 {LONG} inline:{KEY} {parameter}").keys.suite == LONG


def test_rfc4568_5_1_2_the_first_that_we_have() -> None:
    offered = [f"1 AEAD_AES_256_GCM inline:{KEY}{KEY}", f"2 {SHORT} inline:{KEY}", f"3 {LONG} inline:{KEY}"]
    chosen = first_known(offered)
    assert chosen is not None
    assert (chosen.tag, chosen.keys.suite) == (2, SHORT)
    assert first_known(offered[:1]) is None


def test_keys_are_never_shown() -> None:
    crypto = Crypto.parse(f"1 {LONG} inline:{KEY}")
    master = crypto.keys.master
    for shown in (repr(crypto), str(crypto), repr(crypto.keys), repr(Protection(crypto.keys, crypto.keys))):
        assert KEY not in shown
        assert repr(master)[2:-1] not in shown
    with pytest.raises(BadCrypto) as refused:
        Crypto.parse(f"1 {LONG} inline:{KEY}|1:4")
    assert KEY not in str(refused.value)


def test_new_keys_differ() -> None:
    assert len({new_master() for _ in range(4)}) == 4


def test_libsrtps_own_packet() -> None:
    plain = bytes.fromhex("800f1234decafbadcafebabe") + b"\xab" * 16
    wire = "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb"
    keys = SrtpKeys(LONG, MASTER)
    assert Protection(keys, keys).protect(plain).hex() == wire
    assert Protection(keys, keys).unprotect(bytes.fromhex(wire)) == plain


def test_rfc3711_b_3_the_tag_is_made_with_the_published_key() -> None:
    keys = SrtpKeys(LONG, MASTER)
    sent = Protection(keys, keys).protect(packet(1))
    rollover_counter = bytes(4)
    expected = hmac.new(AUTHENTICATION_KEY, sent[:-10] + rollover_counter, hashlib.sha1).digest()[:10]
    assert sent[-10:] == expected


@pytest.mark.parametrize(("suite", "tag_octets"), [(LONG, 10), (SHORT, 4)])
def test_both_ends_understand_each_other(suite: SrtpSuite, tag_octets: int) -> None:
    here, there = ends(suite)
    for sequence in (65534, 65535, 0, 1):  # over the wrap: the rollover counter moves (3.3.1)
        sent = here.protect(packet(sequence))
        assert len(sent) == len(packet(sequence)) + tag_octets
        assert packet(sequence)[12:] not in sent
        assert there.unprotect(sent) == packet(sequence)
    assert here.unprotect(there.protect(packet(5))) == packet(5)


@pytest.mark.parametrize("suite", [LONG, SHORT])
def test_rfc3711_3_4_reports_keep_the_long_tag(suite: SrtpSuite) -> None:
    here, there = ends(suite)
    sent = here.protect_report(REPORT)
    assert len(sent) == len(REPORT) + 4 + 10
    assert there.unprotect_report(sent) == REPORT
    assert there.unprotect_report(sent) is None


def test_rfc3711_3_3_what_was_changed_or_came_before_is_dropped() -> None:
    here, there = ends()
    sent = here.protect(packet(1))
    for place in range(len(sent)):
        changed = bytearray(sent)
        changed[place] ^= 1
        assert there.unprotect(bytes(changed)) is None
    assert there.unprotect(sent) == packet(1)
    assert there.unprotect(sent) is None


def test_order_does_not_matter_within_the_window() -> None:
    here, there = ends()
    sent = [here.protect(packet(sequence)) for sequence in range(1, 6)]
    assert [there.unprotect(one) for one in reversed(sent)] == [packet(n) for n in range(5, 0, -1)]


def test_rfc3711_9_1_a_key_that_stays_keeps_its_counters() -> None:
    ours, theirs, new = (SrtpKeys(LONG, bytes((n,)) * 30) for n in (1, 2, 3))
    here, there = Protection(theirs, ours), Protection(ours, theirs)
    for sequence in (65535, 0):  # the rollover counter moves to 1
        assert there.unprotect(here.protect(packet(sequence))) == packet(sequence)
    here.follow(new, ours)
    there.follow(ours, new)
    sent = here.protect(packet(1))
    assert there.unprotect(sent) == packet(1)
    there.follow(ours, new)
    assert there.unprotect(sent) is None  # came before
    assert here.unprotect(there.protect(packet(9))) == packet(9)
    here.follow(new, theirs)
    assert there.unprotect(here.protect(packet(2))) is None


def test_plain_sound_is_dropped() -> None:
    here, _ = ends()
    assert here.unprotect(packet(1)) is None


def test_what_cannot_be_protected_is_not_sent() -> None:
    here, _ = ends()
    assert here.protect(bytes(2000)) == b""
    assert here.protect(b"") == b""


def test_sources_are_bounded() -> None:
    here, there = ends()
    taken = [there.unprotect(here.protect(packet(1, ssrc))) is not None for ssrc in range(1, MOST_SOURCES + 5)]
    assert taken == [True] * MOST_SOURCES + [False] * 4
    assert there.unprotect(here.protect(packet(2, 1))) == packet(2, 1)


@given(st.binary(max_size=1600))
def test_anything_may_arrive(datagram: bytes) -> None:
    here, _ = ends()
    assert here.unprotect(datagram) is None
    assert here.unprotect_report(datagram) is None


@given(st.text(max_size=80) | st.text("0123456789 inline:AES_CM128HMACSHA80|^=-", max_size=120))
def test_any_attribute_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadCrypto):
        Crypto.parse(text)
