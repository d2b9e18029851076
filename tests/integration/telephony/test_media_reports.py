"""RTCP of the media engine between real sockets (RFC 3550 6, RFC 5761)."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator
from contextlib import closing

import pytest
import pytest_asyncio

from app.telephony import g711
from app.telephony.media import Media
from app.telephony.media_port import SrtpKeys
from app.telephony.reports import middle
from app.telephony.rtcp import Goodbye, ReceiverReport, ReportBlock, SenderReport, SourceDescription
from app.telephony.srtp import Protection, new_master
from tests.integration.telephony.media_engine import A
from tests.integration.telephony.rtp_peer import RtpPeer, Told, until
from tests.integration.telephony.sound import tone


@pytest_asyncio.fixture
async def sound() -> AsyncIterator[RtpPeer]:
    async with RtpPeer() as end:
        yield end


@pytest_asyncio.fixture
async def reports() -> AsyncIterator[RtpPeer]:
    async with RtpPeer() as end:
        yield end


def sender_reports(peer: RtpPeer) -> list[SenderReport]:
    return [one for one in peer.reports if isinstance(one, SenderReport)]


def about(report: SenderReport, *, lost: int = 0) -> ReportBlock:
    """What we say of the line's sound, with the time of its last report."""
    return ReportBlock(report.ssrc, 0, lost, 100, 16, middle(report.ntp), 0)


async def say_with_gaps(peer: RtpPeer, port: int) -> None:
    """One second of sound, of which every tenth packet is lost."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    codes = g711.encode("PCMA", tone(440, 1)).tobytes()
    for n, packet in enumerate(peer._sound(codes)):
        await asyncio.sleep(began + 0.02 * n - loop.time())
        if n % 10 != 5:
            peer.send(packet, port)


async def test_reports_go_and_come_on_the_port_beside(
    media: Media, told: Told, sound: RtpPeer, reports: RtpPeer
) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, sound.remote(rtcp_port=reports.port))
    await say_with_gaps(sound, port)
    await until(lambda: sender_reports(reports), "a sender report")
    report = sender_reports(reports)[0]
    assert {packet.ssrc for packet in sound.packets} == {report.ssrc}
    assert 20 <= report.packets <= len(sound.packets)
    assert report.octets == 160 * report.packets
    names = [one for one in reports.reports if isinstance(one, SourceDescription)]
    assert names[0].ssrc == report.ssrc
    (block,) = report.blocks
    assert block.ssrc == sound.ssrc
    assert block.lost >= 1  # of those that came until then

    told.qualities.clear()
    reports.report([ReceiverReport(sound.ssrc, (about(report, lost=report.packets // 4),))], port + 1)
    await until(lambda: told.qualities, "the quality at a report's arrival")
    leg, quality = told.qualities[0]
    assert leg == A
    assert quality.loss_in == pytest.approx(0.1, abs=0.03)
    assert quality.loss_out is not None
    assert 0.05 < quality.loss_out <= 0.25
    assert quality.round_trip_ms is not None
    assert quality.round_trip_ms >= 0
    assert 1.0 < quality.mos < 4.0

    media.close(A)
    await until(lambda: Goodbye((report.ssrc,)) in reports.reports, "goodbye")


async def test_reports_of_strangers_and_garbage_change_nothing(
    media: Media, told: Told, sound: RtpPeer, reports: RtpPeer
) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, sound.remote(rtcp_port=reports.port))
    await until(lambda: sender_reports(reports), "a sender report")
    lies = ReceiverReport(7, (about(sender_reports(reports)[0], lost=50),)).serialise()
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as stranger:
        stranger.bind(("127.0.0.9", 0))
        for _ in range(100):
            stranger.sendto(lies, ("127.0.0.1", port + 1))
    for garbage in (b"", b"\x80", b"\x81\xc9\x00\x01" + bytes(4), bytes(1400), lies[:-1]):
        reports.transport.sendto(garbage, ("127.0.0.1", port + 1))
    truth = ReceiverReport(7, (about(sender_reports(reports)[0]),))
    reports.report([truth], port + 1)
    await until(lambda: told.qualities, "the quality")
    assert [quality.loss_out for _, quality in told.qualities] == [0]


async def test_reports_beside_the_sound_on_one_port(media: Media, told: Told, sound: RtpPeer) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, sound.remote(rtcp_port=sound.port))
    sound.burst(g711.encode("PCMA", tone(440, 0.2)).tobytes(), port)
    await until(lambda: sender_reports(sound), "a sender report")
    report = sender_reports(sound)[0]
    assert report.blocks[0].ssrc == sound.ssrc
    sound.report([ReceiverReport(sound.ssrc, (about(report),))], port)
    await until(lambda: told.qualities, "the quality")
    assert told.qualities[0][1].loss_out == 0


@pytest.mark.parametrize("multiplexed", [False, True])
async def test_reports_are_under_keys_where_the_sound_is(
    media: Media, told: Told, sound: RtpPeer, reports: RtpPeer, multiplexed: bool
) -> None:
    ours, theirs = (SrtpKeys("AES_CM_128_HMAC_SHA1_80", new_master()) for _ in range(2))
    sound.protection = reports.protection = Protection(ours, theirs)
    beside = sound if multiplexed else reports
    port = media.open_rtp(A)
    remote = sound.remote(rtcp_port=beside.port, srtp_in=theirs, srtp_out=ours)
    media.connect_rtp(A, remote)
    sound.burst(g711.encode("PCMA", tone(440, 0.2)).tobytes(), port)
    await until(lambda: sender_reports(beside), "a sender report")
    report = sender_reports(beside)[0]
    assert report.blocks[0].ssrc == sound.ssrc
    report_port = port if multiplexed else port + 1
    beside.transport.sendto(
        ReceiverReport(1, (about(report, lost=50),)).serialise(), ("127.0.0.1", report_port)
    )  # without the key
    beside.report([ReceiverReport(sound.ssrc, (about(report),))], report_port)
    await until(lambda: told.qualities, "the quality")
    assert [quality.loss_out for _, quality in told.qualities] == [0]
    assert (sound.unreadable, reports.unreadable) == (0, 0)


async def test_no_report_goes_where_there_is_no_port_for_it(media: Media, told: Told, sound: RtpPeer) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, sound.remote(rtcp_port=0))
    codes = g711.encode("PCMA", tone(440, 6)).tobytes()
    await sound.stream(codes, port)
    await until(lambda: told.qualities, "the quality after five seconds")
    quality = told.qualities[0][1]
    assert (quality.loss_out, quality.round_trip_ms) == (None, None)
    assert quality.loss_in == 0
    assert sound.reports == []
    media.close(A)


async def test_jitter_within_one_tick_is_seen(media: Media, told: Told, sound: RtpPeer, reports: RtpPeer) -> None:
    port = media.open_rtp(A)
    media.connect_rtp(A, sound.remote(rtcp_port=reports.port))
    loop = asyncio.get_running_loop()
    began = loop.time()
    late = random.Random(7)
    for n, packet in enumerate(sound._sound(g711.encode("PCMA", tone(440, 5)).tobytes())):
        await asyncio.sleep(began + 0.02 * n + late.uniform(0, 0.018) - loop.time())
        sound.send(packet, port)
    await until(lambda: told.qualities, "the quality")
    # Two delays that are drawn from 0..18 ms differ by 6 ms in the mean; a busy machine can only add to that.
    assert told.qualities[-1][1].jitter_ms > 3
    # The first report may go out when hardly a packet has come.
    await until(lambda: sender_reports(reports)[-1].blocks[0].jitter > 0, "a report that tells of it")
