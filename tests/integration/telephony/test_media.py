"""The media engine between real sockets: what is sent on one side arrives at the other."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import closing
from itertools import pairwise

import numpy as np
import pytest

from app.application.ports import Clip, LegId
from app.domain.errors import BadInput
from app.telephony import g711
from app.telephony.media import Media
from app.telephony.media_port import Codec, NoPortFree
from app.telephony.rtp import RtpPacket
from app.telephony.telephone_events import TelephoneEvent
from tests.integration.telephony.media_engine import A, B, running
from tests.integration.telephony.rtp_peer import EVENT_TYPE, RtpPeer, Told, until
from tests.integration.telephony.sound import best_match, noise, samples_of, tone


def clip(samples: int, seed: int = 1) -> Clip:
    return Clip(f"clip {seed}", noise(samples, seed).astype("<i2").tobytes())


def join(media: Media, leg: LegId, peer: RtpPeer) -> int:
    port = media.open_rtp(leg)
    media.connect_rtp(leg, peer.remote())
    return port


async def test_silence_goes_out_from_the_first_tick_on(media: Media, peer: RtpPeer) -> None:
    join(media, A, peer)
    await until(lambda: len(peer.packets) >= 10, "ten packets")
    first = peer.packets[0]
    assert [p.marker for p in peer.packets] == [True] + [False] * (len(peer.packets) - 1)
    for n, packet in enumerate(peer.packets):
        assert packet.payload == bytes((g711.SILENCE["PCMA"],)) * 160
        assert packet.sequence == (first.sequence + n) & 0xFFFF
        assert packet.timestamp == (first.timestamp + 160 * n) & 0xFFFFFFFF
        assert packet.ssrc == first.ssrc


@pytest.mark.parametrize("law", g711.LAWS)
async def test_clips_are_played_without_gaps_and_end_after_the_last_sample(
    media: Media, told: Told, law: Codec
) -> None:
    clips = [clip(1000, 1), clip(77, 2), clip(1, 3), clip(1600, 4)]
    async with RtpPeer(law) as peer:
        join(media, A, peer)
        media.play(A, clips, tag="greeting")
        told.then = media.close
        sound = b"".join(g711.encode(law, c.samples).tobytes() for c in clips)
        padding = bytes((g711.SILENCE[law],)) * (-len(sound) % 160)
        await until(lambda: len(peer.codes) >= len(sound), "all of the sound")
        await until(lambda: told.finished == [(A, "greeting")], "end of playback")
        await asyncio.sleep(0.1)
    assert peer.codes == sound + padding


async def test_loop_joins_end_to_beginning(media: Media, told: Told, peer: RtpPeer) -> None:
    music = clip(250)
    join(media, A, peer)
    media.play(A, [music], tag="music", loop=True)
    await until(lambda: len(peer.codes) >= 3000, "twelve rounds")
    sound = g711.encode("PCMA", music.samples).tobytes()
    assert peer.codes[:3000] == sound * 12
    media.stop_playing(A)
    await until(lambda: peer.codes.endswith(b"\xd5" * 320), "silence")
    assert told.finished == []


async def test_replaced_playback_does_not_finish(media: Media, told: Told, peer: RtpPeer) -> None:
    join(media, A, peer)
    media.play(A, [clip(8000)], tag="one")
    media.play(A, [], tag="nothing")
    await until(lambda: told.finished, "end of nothing")
    media.play(A, [Clip("empty", b"")], tag="empty for ever", loop=True)
    await until(lambda: len(told.finished) == 2, "end of an empty loop")
    assert told.finished == [(A, "nothing"), (A, "empty for ever")]


async def test_playback_waits_for_the_answer(media: Media, told: Told, peer: RtpPeer) -> None:
    media.open_rtp(A)
    media.play(A, [clip(480)], tag="greeting")
    await asyncio.sleep(0.15)
    assert told.finished == []
    media.connect_rtp(A, peer.remote())
    await until(lambda: told.finished and len(peer.codes) >= 480, "end of playback")
    assert peer.codes.startswith(g711.encode("PCMA", clip(480).samples).tobytes())


@pytest.mark.parametrize("law", g711.LAWS)
async def test_listener_gets_every_sample_in_frames_of_320_bytes(media: Media, law: Codec) -> None:
    frames: list[bytes] = []
    codes = g711.encode(law, noise(12 * 160)).tobytes()
    async with RtpPeer(law) as peer:
        port = join(media, A, peer)
        media.listen(A, frames.append)
        await until(lambda: frames, "silence")
        peer.burst(codes, port)
        expected = g711.decode(law, codes).astype("<i2").tobytes()
        await until(lambda: expected in b"".join(frames), "the sound, bit by bit")
        media.listen(A, None)
        count = len(frames)
        await until(lambda: len(peer.packets) > count + 5, "some more ticks")
    assert {len(frame) for frame in frames} == {320}
    assert len(frames) == count


async def test_lost_sound_fades_within_60_ms(media: Media, peer: RtpPeer) -> None:
    """ITU-T G.711 Appendix I mutes after 60 ms."""
    frames: list[bytes] = []
    port = join(media, A, peer)
    media.listen(A, frames.append)
    loud = np.full(160, 16000, np.int16)
    peer.burst(g711.encode("PCMA", loud).tobytes(), port)
    await until(lambda: any(map(any, frames)) and len(frames) > 20, "the frame and what follows")
    level = int(g711.decode("PCMA", g711.encode("PCMA", loud))[0])
    heard = samples_of(b"".join(frames)).astype(float)
    start = int(np.argmax(np.abs(heard) > 100))
    faded = np.concatenate((np.full(240, level), np.linspace(level, 0, 400), np.zeros(160)))
    assert np.abs(heard[start : start + 800] - faded).max() <= level / 100


async def test_packets_in_the_other_law_are_understood(media: Media, peer: RtpPeer) -> None:
    frames: list[bytes] = []
    port = join(media, A, peer)
    media.listen(A, frames.append)
    sound = noise(1600)
    peer.codec = "PCMU"
    peer.burst(g711.encode("PCMU", sound).tobytes(), port)
    await until(lambda: best_match(sound, samples_of(bytes(3200) + b"".join(frames)))[0] > 0.99, "sound")


async def test_bridge_carries_sound_both_ways_bit_by_bit(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    ports = join(media, A, peer), join(media, B, other)
    media.bridge(A, B)
    one = g711.encode("PCMA", noise(1920, 5)).tobytes()
    two = g711.encode("PCMU", noise(1920, 6)).tobytes()
    peer.burst(one, ports[0])
    other.burst(two, ports[1])
    await until(lambda: one.translate(g711.TRANSCODE["PCMU"]) in other.codes, "A-law at the u-law end")
    await until(lambda: two.translate(g711.TRANSCODE["PCMA"]) in peer.codes, "u-law at the A-law end")


async def test_bridge_carries_paced_tones_both_ways(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    ports = join(media, A, peer), join(media, B, other)
    media.bridge(A, B)
    low, high = noise(12000, 7), noise(12000, 8)
    await asyncio.gather(
        peer.stream(g711.encode("PCMA", low).tobytes(), ports[0]),
        other.stream(g711.encode("PCMU", high).tobytes(), ports[1]),
    )
    await asyncio.sleep(0.2)
    for sent, codes, law in ((low, other.codes, "PCMU"), (high, peer.codes, "PCMA")):
        heard = g711.decode("PCMA" if law == "PCMA" else "PCMU", codes)
        # A loaded machine may lose a frame in the middle: its first half then still matches.
        assert max(best_match(sent[start : start + 3200], heard)[0] for start in (0, 4000, 8000)) > 0.99


async def test_part_and_play_over_a_bridge(media: Media, told: Told, peer: RtpPeer, other: RtpPeer) -> None:
    ports = join(media, A, peer), join(media, B, other)
    media.bridge(A, B)
    media.play(B, [clip(1600)], tag="notice")
    await until(lambda: told.finished == [(B, "notice")], "notice")
    one = g711.encode("PCMA", noise(1600, 5)).tobytes()
    peer.burst(one, ports[0])
    await until(lambda: one.translate(g711.TRANSCODE["PCMU"]) in other.codes, "the bridge is back")
    media.part(B)
    count = len(other.packets) + 2
    peer.burst(one, ports[0])
    await until(lambda: len(other.packets) > count + 20, "more ticks")
    assert set(b"".join(p.payload for p in other.packets[count:])) == {g711.SILENCE["PCMU"]}


async def test_bridging_parts_from_the_former_peer(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    third = LegId("c")
    async with RtpPeer() as last:
        ports = join(media, A, peer), join(media, B, other), join(media, third, last)
        media.bridge(A, B)
        media.bridge(A, third)
        one = g711.encode("PCMA", noise(1600, 5)).tobytes()
        peer.burst(one, ports[0])
        await until(lambda: one in last.codes, "sound at the new peer")
        assert set(other.codes) == {g711.SILENCE["PCMU"]}
        media.close(A)
        media.bridge(A, B)
        media.bridge(B, B)


async def test_rfc_4733_keys_come_in_once_each(media: Media, told: Told, peer: RtpPeer) -> None:
    port = join(media, A, peer)
    peer.press("1*2#33", port)
    await until(lambda: len(told.keys) >= 6, "six keys")
    await asyncio.sleep(0.1)
    assert told.keys == [(A, key) for key in "1*2#33"]


async def test_rfc_4733_keys_go_out_with_sound_between(media: Media, peer: RtpPeer) -> None:
    join(media, A, peer)
    media.play(A, [clip(160, 3)], tag="music", loop=True)
    media.send_keys(A, "5D")
    await until(lambda: sum(p.payload_type == EVENT_TYPE for p in peer.packets) >= 14, "both presses")
    await until(lambda: peer.packets[-1].payload_type == 8, "sound again")
    events = [p for p in peer.packets if p.payload_type == EVENT_TYPE]
    assert [TelephoneEvent.parse(p.payload).key for p in events] == ["5"] * 7 + ["D"] * 7
    assert [p.marker for p in events] == ([True] + [False] * 6) * 2
    assert len({p.timestamp for p in events}) == 2
    first = peer.packets[0].sequence
    assert [p.sequence for p in peer.packets] == [(first + n) & 0xFFFF for n in range(len(peer.packets))]


async def test_keys_that_are_none_are_refused(media: Media, peer: RtpPeer) -> None:
    join(media, A, peer)
    with pytest.raises(BadInput):
        media.send_keys(A, "1;2")


async def test_packets_from_elsewhere_are_ignored(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    frames: list[bytes] = []
    port = join(media, A, peer)
    media.listen(A, frames.append)
    peer.burst(b"\xd5" * 160, port)
    await until(lambda: len(frames) > 3, "the lock")
    other.codec = "PCMA"
    other.burst(g711.encode("PCMA", noise(1600)).tobytes(), port)
    other.press("9", port)
    count = len(frames)
    await until(lambda: len(frames) > count + 20, "twenty ticks")
    assert max(abs(samples_of(b"".join(frames)).astype(int))) <= 8
    assert other.packets == []


async def test_sound_goes_where_the_first_packet_came_from(media: Media, peer: RtpPeer) -> None:
    """RFC 4961 symmetric RTP: the address in the SDP is that inside of a NAT."""
    async with RtpPeer() as inside:
        port = media.open_rtp(A)
        media.connect_rtp(A, inside.remote())
        await until(lambda: inside.packets, "packets to the address of the SDP")
        peer.burst(b"\xd5" * 160, port)
        await until(lambda: len(peer.packets) > 5, "packets to where ours came from")
        count = len(inside.packets)
        await until(lambda: len(peer.packets) > 10, "more of them")
        assert len(inside.packets) == count
        inside.burst(b"\xd5" * 160, port)  # the true peer outranks a stranger that was quicker
        await until(lambda: len(inside.packets) > count + 5, "packets to the address of the SDP again")


async def test_garbage_does_not_lock_the_source(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    port = join(media, A, peer)
    for datagram in (b"", b"\x80", b"\x40" + bytes(20), bytes(2000)):
        other.transport.sendto(datagram, ("127.0.0.1", port))
    other.send(RtpPacket(77, 1, 1, 1, b"unknown kind"), port)
    other.send(RtpPacket(EVENT_TYPE, 1, 1, 1, b"\x01"), port)
    count = len(peer.packets)
    await until(lambda: len(peer.packets) > count + 10, "sound goes on")
    assert other.packets == []


async def test_reinvite_changes_codec_and_address(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    port = join(media, A, peer)
    peer.burst(b"\xd5" * 160, port)
    await until(lambda: len(peer.packets) > 3, "sound")
    media.connect_rtp(A, other.remote())
    await until(lambda: len(other.packets) > 3, "sound at the new address")
    assert other.packets[0].payload_type == 0
    assert other.packets[0].ssrc == peer.packets[0].ssrc
    assert set(other.codes) == {0xFF}


async def test_hold_sends_nothing_to_who_does_not_want_to_hear(media: Media, peer: RtpPeer) -> None:
    join(media, A, peer)
    await until(lambda: len(peer.packets) > 3, "sound")
    media.connect_rtp(A, peer.remote(receives=False))
    await asyncio.sleep(0.1)
    count = len(peer.packets)
    await asyncio.sleep(0.2)
    assert len(peer.packets) == count
    media.connect_rtp(A, peer.remote())
    await until(lambda: len(peer.packets) > count, "sound again")
    resumed = peer.packets[count]
    assert resumed.marker
    assert resumed.sequence == (peer.packets[count - 1].sequence + 1) & 0xFFFF


@pytest.mark.parametrize("address", ["0.0.0.0", "127.0.0.1"])
async def test_old_ways_of_hold_are_harmless(media: Media, peer: RtpPeer, address: str) -> None:
    join(media, A, peer)
    media.connect_rtp(A, peer.remote(host=address, port=0))
    await asyncio.sleep(0.1)
    media.connect_rtp(A, peer.remote())
    await until(lambda: len(peer.packets) > 3, "sound again")


async def test_names_are_not_resolved(media: Media, peer: RtpPeer) -> None:
    media.open_rtp(A)
    with pytest.raises(BadInput):
        media.connect_rtp(A, peer.remote(host="localhost"))


async def test_ports_are_even_kept_and_can_run_out(told: Told) -> None:
    async with running(told, (21201, 21207)) as media:
        assert {media.open_rtp(A), media.open_rtp(B)} == {21202, 21204}
        assert media.open_rtp(LegId("c")) == 21206
        with pytest.raises(NoPortFree):
            media.open_rtp(LegId("d"))
        media.close(B)
        media.close(B)
        assert media.open_rtp(LegId("d")) in (21202, 21204)


async def test_ports_of_other_programs_are_passed_over(told: Told) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as foreign:
        foreign.bind(("127.0.0.1", 21210))
        async with running(told, (21210, 21213)) as media:
            assert media.open_rtp(A) == 21212


async def test_stragglers_of_the_last_call_do_not_reach_the_next(told: Told, peer: RtpPeer, other: RtpPeer) -> None:
    async with running(told, (21220, 21221)) as media:
        port = join(media, A, peer)
        media.close(A)
        peer.burst(g711.encode("PCMA", noise(1600)).tobytes(), port)
        await asyncio.sleep(0.05)
        frames: list[bytes] = []
        assert join(media, B, other) == port
        media.listen(B, frames.append)
        await until(lambda: len(frames) > 10, "ten ticks")
        assert max(abs(samples_of(b"".join(frames)).astype(int))) <= 8


async def test_silent_leg_is_lost_once_but_not_while_it_holds(told: Told, peer: RtpPeer, other: RtpPeer) -> None:
    async with running(told, silent_for_s=0.2) as media:
        join(media, A, peer)
        port = media.open_rtp(B)
        media.connect_rtp(B, other.remote(sends=False))
        media.open_rtp(LegId("ringing"))
        await until(lambda: told.lost, "loss")
        await asyncio.sleep(2.1)
        assert told.lost == [A]
        media.connect_rtp(B, other.remote())
        other.burst(b"\xff" * 160, port)
        await until(lambda: told.lost == [A, B], "loss after the hold")


async def test_stall_of_the_loop_is_made_up_for_and_time_is_kept(media: Media, peer: RtpPeer) -> None:
    frames: list[bytes] = []
    join(media, A, peer)
    media.listen(A, frames.append)
    await until(lambda: len(peer.packets) > 3, "the first ticks")
    packets = len(peer.packets)
    time.sleep(0.6)  # noqa: ASYNC251 - the stall itself
    await until(lambda: len(peer.packets) > packets + 20, "ticks")
    media.listen(A, None)
    sent = peer.packets[packets - 1 :]
    gaps = [(after.timestamp - before.timestamp) & 0xFFFFFFFF for before, after in pairwise(sent)]
    assert max(gaps) > 160 * 10  # what was left out is silence in the stream's time, marked as such
    assert sent[gaps.index(max(gaps)) + 1].marker
    assert len(frames) * 160 >= sum(gaps)  # the listener got silence for it: its samples are times


async def test_callbacks_may_close_and_open_legs(media: Media, told: Told, peer: RtpPeer, other: RtpPeer) -> None:
    def next_leg(leg: LegId) -> None:
        media.close(leg)
        if leg == A:
            join(media, B, other)
            media.play(B, [clip(320)], tag="two")

    told.then = next_leg
    join(media, A, peer)
    media.play(A, [clip(320)], tag="one")
    await until(lambda: len(told.finished) == 2, "both")
    assert told.finished == [(A, "one"), (B, "two")]


async def test_fault_of_one_listener_does_not_silence_others(media: Media, peer: RtpPeer, other: RtpPeer) -> None:
    def faulty(frame: bytes) -> None:
        raise RuntimeError("the listener's own fault")

    frames: list[bytes] = []
    join(media, A, peer)
    join(media, B, other)
    media.listen(A, faulty)
    media.listen(B, frames.append)
    await until(lambda: len(frames) > 5, "frames of the other leg")


async def test_unknown_legs_make_everything_do_nothing(media: Media, told: Told, peer: RtpPeer) -> None:
    nobody = LegId("nobody")
    media.connect_rtp(nobody, peer.remote())
    media.play(nobody, [], tag="x")
    media.stop_playing(nobody)
    media.bridge(nobody, A)
    media.part(nobody)
    media.listen(nobody, None)
    media.send_keys(nobody, "1")
    media.close(nobody)
    await asyncio.sleep(0.05)
    assert (told.finished, told.lost) == ([], [])


async def test_snr_of_a_played_tone(media: Media, told: Told, peer: RtpPeer) -> None:
    join(media, A, peer)
    sound = tone(1000, 1.0)
    media.play(A, [Clip("tone", sound.astype("<i2").tobytes())], tag="tone")
    await until(lambda: told.finished and len(peer.codes) >= 8000, "the tone")
    heard = g711.decode("PCMA", peer.codes[:8000]).astype(float)
    error = heard - sound
    assert 10 * np.log10(np.sum(heard**2) / np.sum(error**2)) > 33
