"""What the media engine makes of sound that is not G.711 in the clear: SRTP, G.722, comfort noise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio
from G722 import G722

from app.application.ports import Clip
from app.telephony import g711
from app.telephony.media import Media
from app.telephony.media_port import SrtpKeys
from app.telephony.rtp import RtpPacket
from app.telephony.srtp import Protection, new_master
from tests.integration.telephony.media_engine import A, B
from tests.integration.telephony.rtp_peer import RtpPeer, Told, until
from tests.integration.telephony.sound import Samples, best_match, noise, samples_of, share_of_tone, tone


@pytest_asyncio.fixture
async def other() -> AsyncIterator[RtpPeer]:
    async with RtpPeer() as end:
        yield end


def keys() -> tuple[SrtpKeys, SrtpKeys]:
    first, second = (SrtpKeys("AES_CM_128_HMAC_SHA1_80", new_master()) for _ in range(2))
    return first, second


def clip(sound: Samples) -> Clip:
    return Clip("clip", sound.astype("<i2").tobytes())


def wide_tone(hertz: float, seconds: float) -> Samples:
    times = np.arange(round(seconds * 16000)) / 16000
    return np.round(8000 * np.sin(2 * np.pi * hertz * times)).astype(np.int16)


def share_of_wide_tone(codes: bytes, hertz: float) -> float:
    """As a telephone hears it; the beginning, in which sound sets in, left out."""
    heard = np.asarray(G722(16000, 64000).decode(codes))[8000:].astype(float)
    power = np.abs(np.fft.rfft(heard * np.hanning(len(heard)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(heard), 1 / 16000) - hertz) <= 25
    return float(power[near].sum() / max(power.sum(), 1.0))


# -- SRTP


async def test_sound_under_keys_in_both_directions(media: Media, told: Told, peer: RtpPeer) -> None:
    ours, theirs = keys()
    peer.protection = Protection(ours, theirs)
    port = media.open_rtp(A)
    media.connect_rtp(A, peer.remote(srtp_in=theirs, srtp_out=ours))
    heard = bytearray()
    media.listen(A, heard.extend)
    played, said = noise(8000, 2), noise(8000, 3)
    media.play(A, [clip(played)], tag="clip")
    await peer.stream(g711.encode("PCMA", said).tobytes(), port)
    peer.press("5", port)
    await until(lambda: told.finished and told.keys, "the clip's end and the key")
    await until(lambda: len(heard) > 2 * 9000, "all that was said")
    assert peer.unreadable == 0
    assert best_match(played, g711.decode("PCMA", peer.codes))[0] > 0.98
    assert best_match(said[:7000], samples_of(bytes(heard)))[0] > 0.95
    assert told.keys == [(A, "5")]


async def test_what_has_no_key_or_came_before_is_not_heard(media: Media, peer: RtpPeer) -> None:
    ours, theirs = keys()
    peer.protection = Protection(ours, theirs)
    port = media.open_rtp(A)
    media.connect_rtp(A, peer.remote(srtp_in=theirs, srtp_out=ours))
    heard = bytearray()
    media.listen(A, heard.extend)
    loud = g711.encode("PCMA", tone(440, 0.1)).tobytes()
    protected = [peer.protection.protect(packet.serialise()) for packet in peer._sound(loud)]
    in_the_clear = [packet.serialise() for packet in peer._sound(loud)]
    changed = [packet[:-1] + bytes((packet[-1] ^ 1,)) for packet in protected]
    for datagram in (*in_the_clear, *changed, b"", b"\x80\x08", bytes(1500)):
        peer.transport.sendto(datagram, ("127.0.0.1", port))
    await until(lambda: len(heard) >= 320 * 15, "some ticks")
    assert not samples_of(bytes(heard)).any()
    for datagram in protected:
        peer.transport.sendto(datagram, ("127.0.0.1", port))
    await until(lambda: samples_of(bytes(heard)).any(), "the sound that has the key")
    await asyncio.sleep(0.3)
    heard.clear()
    for datagram in protected:
        peer.transport.sendto(datagram, ("127.0.0.1", port))
    await until(lambda: len(heard) >= 320 * 10, "some ticks")
    assert not samples_of(bytes(heard)).any()


async def test_a_new_agreement_with_the_same_keys_goes_on_and_with_others_begins(
    media: Media, peer: RtpPeer
) -> None:
    ours, theirs = keys()
    peer.protection = Protection(ours, theirs)
    port = media.open_rtp(A)
    media.connect_rtp(A, peer.remote(srtp_in=theirs, srtp_out=ours))
    await until(lambda: len(peer.packets) > 5, "packets")
    media.connect_rtp(A, peer.remote(srtp_in=theirs, srtp_out=ours, sends=False))
    count = len(peer.packets)
    await until(lambda: len(peer.packets) > count + 5, "packets after the hold")
    assert peer.unreadable == 0
    new_ours, new_theirs = keys()
    media.connect_rtp(A, peer.remote(srtp_in=new_theirs, srtp_out=new_ours))
    peer.protection = Protection(new_ours, new_theirs)
    count = len(peer.packets)
    await until(lambda: len(peer.packets) > count + 5, "packets under the new keys")
    assert peer.unreadable <= 2  # were on their way
    heard = bytearray()
    media.listen(A, heard.extend)
    peer.burst(g711.encode("PCMA", tone(440, 0.2)).tobytes(), port)
    await until(lambda: samples_of(bytes(heard)).any(), "sound under the new keys")


async def test_a_bridge_between_keys_and_none(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    ours, theirs = keys()
    peer.protection = Protection(ours, theirs)
    port_a, port_b = media.open_rtp(A), media.open_rtp(B)
    media.connect_rtp(A, peer.remote(srtp_in=theirs, srtp_out=ours))
    media.connect_rtp(B, other.remote())
    media.bridge(A, B)
    said = [noise(8000, seed) for seed in (4, 5)]
    codes = [g711.encode("PCMA", sound).tobytes() for sound in said]
    await asyncio.gather(peer.stream(codes[0], port_a), other.stream(codes[1], port_b))
    await until(lambda: min(len(peer.codes), len(other.codes)) > 9000, "both")
    assert best_match(said[0][:7000], g711.decode("PCMA", other.codes))[0] > 0.98
    assert best_match(said[1][:7000], g711.decode("PCMA", peer.codes))[0] > 0.98
    assert peer.unreadable == 0


# -- G.722


@pytest_asyncio.fixture
async def wide() -> AsyncIterator[RtpPeer]:
    async with RtpPeer("G722") as end:
        yield end


@pytest_asyncio.fixture
async def wide_too() -> AsyncIterator[RtpPeer]:
    async with RtpPeer("G722") as end:
        yield end


async def test_clips_and_listening_on_a_wide_leg(media: Media, told: Told, wide: RtpPeer) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, wide.remote())
    heard = bytearray()
    media.listen(A, heard.extend)
    media.play(A, [clip(tone(440, 0.4)), clip(tone(440, 0.4, 4000)), clip(tone(440, 1.2))], tag="clip")
    await wide.stream(G722(16000, 64000).encode(wide_tone(1000, 1.5)), port)
    await until(lambda: told.finished, "the clip's end")
    sound = np.asarray(G722(16000, 64000).decode(wide.codes)).astype(int)
    assert np.abs(sound).max() < 10000  # no click between the clips, nor after the silence before them
    assert share_of_wide_tone(wide.codes[: len(wide.codes) // 2 + 4000], 440) > 0.8
    assert share_of_tone(samples_of(bytes(heard))[4000:10000], 1000) > 0.99


async def test_wide_sound_passes_between_two_wide_legs(media: Media, wide: RtpPeer, wide_too: RtpPeer) -> None:
    ports = media.open_rtp(A), media.open_rtp(B)
    media.connect_rtp(A, wide.remote())
    media.connect_rtp(B, wide_too.remote())
    await until(lambda: len(wide.packets) > 10, "silence before the bridge")
    media.bridge(A, B)
    codes = [G722(16000, 64000).encode(wide_tone(hertz, 1.5)) for hertz in (5000, 6000)]
    await asyncio.gather(wide.stream(codes[0], ports[0]), wide_too.stream(codes[1], ports[1]))
    assert share_of_wide_tone(wide_too.codes[:12000], 5000) > 0.97
    assert share_of_wide_tone(wide.codes[:12000], 6000) > 0.97


async def test_a_bridge_of_a_wide_leg_and_a_narrow_one(media: Media, wide: RtpPeer, peer: RtpPeer) -> None:
    ports = media.open_rtp(A), media.open_rtp(B)
    media.connect_rtp(A, wide.remote())
    media.connect_rtp(B, peer.remote())
    media.bridge(A, B)
    await asyncio.gather(
        wide.stream(G722(16000, 64000).encode(wide_tone(1000, 1.5)), ports[0]),
        peer.stream(g711.encode("PCMA", tone(600, 1.5)).tobytes(), ports[1]),
    )
    assert share_of_tone(g711.decode("PCMA", peer.codes)[4000:10000], 1000) > 0.98
    assert share_of_wide_tone(wide.codes[:12000], 600) > 0.97


# -- comfort noise


def comfort_noise(peer: RtpPeer, payload: bytes, port: int) -> None:
    peer.send(RtpPacket(13, peer.sequence, peer.timestamp, peer.ssrc, payload), port)
    peer.sequence = (peer.sequence + 1) & 0xFFFF


@pytest.mark.parametrize("bridged", [False, True])
async def test_pauses_are_filled_with_noise_of_the_level_told(
    media: Media, peer: RtpPeer, other: RtpPeer, bridged: bool
) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, peer.remote(comfort_noise=True))
    heard = bytearray()
    media.listen(A, heard.extend)
    if bridged:
        media.open_rtp(B)
        media.connect_rtp(B, other.remote())
        media.bridge(A, B)
    await peer.stream(g711.encode("PCMA", tone(440, 0.3)).tobytes(), port)
    comfort_noise(peer, b"\x28", port)  # 40 dB below overload: 328 of 32768
    await asyncio.sleep(0.2)
    start, start_other = len(heard), len(other.codes)
    await until(lambda: len(heard) >= start + 320 * 25, "half a second of pause")
    pause = samples_of(bytes(heard[start:])).astype(float)
    assert np.sqrt(np.mean(pause**2)) == pytest.approx(328, rel=0.15)
    if bridged:
        passed = g711.decode("PCMA", other.codes[start_other : start_other + 3200]).astype(float)
        assert np.sqrt(np.mean(passed**2)) == pytest.approx(328, rel=0.2)
    peer.timestamp = (peer.timestamp + 160 * 40) & 0xFFFFFFFF
    await peer.stream(g711.encode("PCMA", tone(1000, 0.3)).tobytes(), port)
    await until(lambda: share_of_tone(samples_of(bytes(heard[-3200:])), 1000) > 0.5, "speech again")


async def test_noise_that_was_not_agreed_is_silence(media: Media, peer: RtpPeer) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, peer.remote())
    heard = bytearray()
    media.listen(A, heard.extend)
    peer.burst(g711.encode("PCMA", np.zeros(320, np.int16)).tobytes(), port)
    comfort_noise(peer, b"\x14", port)
    comfort_noise(peer, b"", port)
    await until(lambda: len(heard) >= 320 * 20, "some ticks")
    assert np.abs(samples_of(bytes(heard))).max() <= 8
