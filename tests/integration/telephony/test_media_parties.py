"""Who hears whom: bridges that forward, conferences, whispers, taps; over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import numpy as np
import pytest_asyncio

from app.application.ports import Clip
from app.telephony import g711
from app.telephony.browser_phone import BrowserPhones
from app.telephony.media import Media
from app.telephony.rtp import samples_between
from tests.integration.telephony.media_engine import A, B, C
from tests.integration.telephony.rtp_peer import EVENT_TYPE, RtpPeer, Told, until
from tests.integration.telephony.sound import Samples, best_match, noise, samples_of

LEGS = A, B, C
SECONDS = 0.8


@pytest_asyncio.fixture
async def peers() -> AsyncIterator[list[RtpPeer]]:
    async with RtpPeer() as one, RtpPeer("PCMU") as two, RtpPeer() as three:
        yield [one, two, three]


def join(media: Media, peers: list[RtpPeer]) -> list[int]:
    ports = [media.open_rtp(leg) for leg in LEGS]
    for leg, peer in zip(LEGS, peers, strict=True):
        media.connect_rtp(leg, peer.remote())
    return ports


def quiet_noise(seed: int, seconds: float = SECONDS) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (noise(int(8000 * seconds), seed) // 4).astype(np.int16)


async def speak(
    peers: list[RtpPeer], ports: list[int], sounds: list[np.ndarray[tuple[int], np.dtype[np.int16]]]
) -> None:
    await asyncio.gather(
        *(
            peer.stream(g711.encode(peer.codec, sound).tobytes(), port)
            for peer, port, sound in zip(peers, ports, sounds, strict=True)
        )
    )
    await asyncio.sleep(0.2)


def heard_by(peer: RtpPeer) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return g711.decode(peer.codec, peer.codes)


def share_of(
    sound: np.ndarray[tuple[int], np.dtype[np.int16]], heard: np.ndarray[tuple[int], np.dtype[np.int16]]
) -> float:
    """How much of what is heard is that sound; a loaded machine may lose a frame of it, but not everywhere."""
    return max(best_match(sound[start : start + 1600], heard)[0] for start in (0, 2000, 4000))


async def test_conference_lets_each_hear_the_others_and_not_itself(media: Media, peers: list[RtpPeer]) -> None:
    ports = join(media, peers)
    media.confer(LEGS)
    sounds = [quiet_noise(seed) for seed in (1, 2, 3)]
    await speak(peers, ports, sounds)
    for n, peer in enumerate(peers):
        shares = [share_of(sound, heard_by(peer)) for sound in sounds]
        assert shares[n] < 0.3
        assert min(shares[:n] + shares[n + 1 :]) > 0.5
    media.part(C)
    for peer in peers:
        peer.packets.clear()
    await speak(peers, ports, sounds)
    assert share_of(sounds[0], heard_by(peers[1])) > 0.9
    assert share_of(sounds[1], heard_by(peers[0])) > 0.9
    assert not np.abs(heard_by(peers[2])[1600:].astype(int)).max() > 8


async def test_whisper_is_heard_by_one_only_on_top_of_the_bridge(media: Media, peers: list[RtpPeer]) -> None:
    ports = join(media, peers)
    media.bridge(A, B)
    media.whisper(C, B)
    sounds = [quiet_noise(seed) for seed in (1, 2, 3)]
    await speak(peers, ports, sounds)
    assert share_of(sounds[1], heard_by(peers[0])) > 0.9  # the caller hears the operator and nobody else
    assert share_of(sounds[2], heard_by(peers[0])) < 0.3
    assert share_of(sounds[0], heard_by(peers[1])) > 0.5
    assert share_of(sounds[2], heard_by(peers[1])) > 0.5
    assert not np.abs(heard_by(peers[2]).astype(int)).max() > 8
    media.part(C)
    for peer in peers:
        peer.packets.clear()
    await speak(peers, ports, sounds)
    assert share_of(sounds[0], heard_by(peers[1])) > 0.9


async def test_tap_gives_what_a_leg_says_and_what_it_hears(media: Media, told: Told, peers: list[RtpPeer]) -> None:
    said: list[bytes] = []
    heard: list[bytes] = []

    def tap(one: bytes, other: bytes) -> None:
        said.append(one)
        heard.append(other)

    ports = join(media, peers)
    media.tap(A, tap)
    greeting = Clip("greeting", (noise(1600, 9) // 2).astype("<i2").tobytes())
    media.play(A, [greeting], tag="greeting")
    await until(lambda: told.finished, "the greeting")
    media.bridge(A, B)
    sounds = [quiet_noise(seed) for seed in (1, 2, 3)]
    await speak(peers, ports, sounds)
    media.confer([A, B])
    await speak(peers, ports, sounds)
    assert {len(frame) for frame in said + heard} == {320}
    assert len(said) == len(heard)
    played = g711.decode("PCMA", g711.encode("PCMA", greeting.samples)).astype("<i2").tobytes()
    everything = b"".join(heard)
    assert played in everything
    half = everything.index(played) + len(played) + int(16000 * (SECONDS + 0.1))
    assert share_of(sounds[1], samples_of(everything[:half])) > 0.9  # while forwarded
    assert share_of(sounds[1], samples_of(everything[half:])) > 0.9  # while mixed
    assert share_of(sounds[0], samples_of(b"".join(said))) > 0.9
    count = len(said)
    media.tap(A, None)
    await asyncio.sleep(0.1)
    assert len(said) == count


def passed_on(sent: Samples, heard: Samples) -> bool:
    """Whether 300 ms arrived as they were. A pause of the test's own sender on a busy machine is filled with
    silence: so much that one of three stretches is whole."""
    return max(best_match(sent[at : at + 800], heard)[0] for at in (0, 800, 1600)) > 0.99


async def test_forwarding_begins_stops_for_an_announcement_and_goes_on_in_one_stream(
    media: Media, told: Told, peers: list[RtpPeer]
) -> None:
    ports = join(media, peers)
    media.bridge(A, B)
    sound = quiet_noise(4, 1.6)
    stream = asyncio.create_task(peers[0].stream(g711.encode("PCMA", sound).tobytes(), ports[0]))
    await asyncio.sleep(0.5)
    notice = Clip("notice", noise(1600, 9).astype("<i2").tobytes())
    media.play(B, [notice], tag="notice")
    await until(lambda: told.finished, "the notice")
    await stream
    await asyncio.sleep(0.2)
    packets = peers[1].packets
    assert g711.encode("PCMU", notice.samples).tobytes() in peers[1].codes
    assert passed_on(sound[:2400], heard_by(peers[1]))
    assert passed_on(sound[-2400:], heard_by(peers[1]))
    assert len({packet.ssrc for packet in packets}) == 1
    first = packets[0].sequence
    assert [packet.sequence for packet in packets] == [(first + n) & 0xFFFF for n in range(len(packets))]
    assert all(samples_between(one.timestamp, other.timestamp) > 0 for one, other in pairwise(packets))
    # The beginning, the notice, its end, and pauses of the test's own sender on a busy machine.
    assert 3 <= sum(packet.marker for packet in packets) <= len(packets) // 6


async def test_forwarded_packets_keep_the_speakers_pauses_and_silence_fills_long_ones(
    media: Media, peers: list[RtpPeer]
) -> None:
    ports = join(media, peers)
    media.bridge(A, B)
    code = g711.encode("PCMA", np.full(160, 8000, np.int16)).tobytes()
    peers[0].burst(code, ports[0])
    await until(lambda: peers[1].codes.count(code.translate(g711.TRANSCODE["PCMU"])) == 1, "the sound")
    count = len(peers[1].packets)
    await until(lambda: len(peers[1].packets) > count + 10, "silence for the other side's time-outs")
    assert {packet.payload for packet in peers[1].packets[count:]} == {b"\xff" * 160}


async def test_keys_on_a_bridge_are_told_once_and_heard_by_nobody(
    media: Media, told: Told, peers: list[RtpPeer]
) -> None:
    ports = join(media, peers)
    media.bridge(A, B)
    sound = g711.encode("PCMA", np.full(160 * 10, 4000, np.int16)).tobytes()
    await peers[0].stream(sound, ports[0])
    peers[0].press("12", ports[0])
    await peers[0].stream(sound, ports[0])
    await until(lambda: told.keys == [(A, "1"), (A, "2")], "both keys")
    await asyncio.sleep(0.1)
    assert told.keys == [(A, "1"), (A, "2")]
    assert {packet.payload_type for packet in peers[1].packets} == {0}


async def test_keys_that_we_press_go_out_paced_over_a_bridge(media: Media, peers: list[RtpPeer]) -> None:
    ports = join(media, peers)
    media.bridge(A, B)
    sound = quiet_noise(5, 1.2)
    stream = asyncio.create_task(peers[0].stream(g711.encode("PCMA", sound).tobytes(), ports[0]))
    await asyncio.sleep(0.3)
    media.send_keys(B, "7#")
    await stream
    await asyncio.sleep(0.2)
    packets = peers[1].packets
    events = [packet for packet in packets if packet.payload_type == EVENT_TYPE]
    assert len(events) == 14
    assert len({packet.timestamp for packet in events}) == 2
    first = packets[0].sequence
    assert [packet.sequence for packet in packets] == [(first + n) & 0xFFFF for n in range(len(packets))]
    assert passed_on(sound[:2400], heard_by(peers[1]))
    assert passed_on(sound[-2400:], heard_by(peers[1]))


async def test_legs_on_ipv6_are_locked_and_forwarded_too(told: Told) -> None:
    engine = Media("::1", (21400, 21419), BrowserPhones("127.0.0.1", 0, lambda token: token or None))
    engine.report_to(told)
    await engine.start()
    try:
        async with RtpPeer(host="::1") as one, RtpPeer(host="::1") as two:
            ports = [engine.open_rtp(leg) for leg in (A, B)]
            for leg, peer in ((A, one), (B, two)):
                engine.connect_rtp(leg, peer.remote())
            engine.bridge(A, B)
            sound = quiet_noise(6, 0.6)
            await asyncio.gather(
                one.stream(g711.encode("PCMA", sound).tobytes(), ports[0]),
                two.stream(g711.encode("PCMA", sound).tobytes(), ports[1]),
            )
            await asyncio.sleep(0.2)
            assert best_match(sound[:1600], heard_by(one))[0] > 0.99
            assert best_match(sound[:1600], heard_by(two))[0] > 0.99
    finally:
        await engine.stop()


async def test_peer_that_goes_away_and_comes_back_is_spoken_to_again(media: Media, peers: list[RtpPeer]) -> None:
    """A connected socket is told of ICMP's "port unreachable"; sound goes on all the same."""
    ports = join(media, peers)
    silence = b"\xd5" * 160
    peers[0].burst(silence, ports[0])
    await until(lambda: len(peers[0].packets) > 5, "sound")
    port = peers[0].port
    peers[0].transport.close()
    await asyncio.sleep(0.2)
    async with RtpPeer(port=port) as back:
        await until(lambda: len(back.packets) > 10, "sound again")


async def test_moved_peer_is_followed_and_the_port_is_free_for_the_next(media: Media, peers: list[RtpPeer]) -> None:
    ports = join(media, peers)
    frames: list[bytes] = []
    peers[0].burst(b"\xd5" * 160, ports[0])  # locks and connects
    await until(lambda: len(peers[0].packets) > 3, "sound")
    media.connect_rtp(A, peers[2].remote())
    media.listen(A, frames.append)
    await until(lambda: len(peers[2].packets) > 3, "sound at the new address")
    sound = noise(1600, 11)
    peers[2].burst(g711.encode("PCMA", sound).tobytes(), ports[0])
    await until(lambda: best_match(sound, samples_of(bytes(3200) + b"".join(frames)))[0] > 0.99, "sound from there")
    peers[0].burst(g711.encode("PCMA", noise(1600, 12)).tobytes(), ports[0])
    count = len(frames)
    await until(lambda: len(frames) > count + 15, "some ticks")
    assert np.abs(samples_of(b"".join(frames[count + 5 :])).astype(int)).max() <= 8
