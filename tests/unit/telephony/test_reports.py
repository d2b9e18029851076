"""What is reported of a leg, and when (RFC 3550 6.3, 6.4, A.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from app.telephony.reports import Reports, interval_s, lost_share, middle, ntp_time
from app.telephony.rtcp import Goodbye, ReceiverReport, SenderReport, SourceDescription, parse_compound

OFFSET_S = 1_700_000_000.0


@dataclass(frozen=True)
class Out:
    ssrc: int = 11
    packets: int = 100
    octets: int = 16000
    timestamp: int = 16000


@dataclass(frozen=True)
class In:
    ssrc: int = 22
    packets: int = 100
    expected: int = 100
    highest: int = 65635
    jitter: float = 8.9


def reports() -> Reports:
    return Reports(OFFSET_S)


def test_6_4_one_who_sent_reports_as_a_sender() -> None:
    report, name = parse_compound(reports().compose(5.0, Out(), In()))
    assert isinstance(report, SenderReport)
    assert (report.ssrc, report.packets, report.octets, report.timestamp) == (11, 100, 16000, 16000)
    assert report.ntp == ntp_time(OFFSET_S + 5)
    assert isinstance(name, SourceDescription)
    assert (name.ssrc, len(name.cname)) == (11, 16)


def test_6_4_one_who_sent_nothing_since_reports_as_a_receiver() -> None:
    ours = reports()
    ours.compose(5.0, Out(), None)
    second = parse_compound(ours.compose(10.0, Out(), None))
    assert second[0] == ReceiverReport(11)
    third = parse_compound(ours.compose(15.0, replace(Out(), packets=101), None))
    assert isinstance(third[0], SenderReport)


def test_6_6_goodbye_comes_last() -> None:
    packets = parse_compound(reports().compose(5.0, Out(), None, goodbye=True))
    assert packets[-1] == Goodbye((11,))
    assert isinstance(packets[0], SenderReport)


def test_a_3_loss_since_the_last_report_and_since_the_beginning() -> None:
    ours = reports()

    def block(received: In) -> tuple[int, int]:
        report = parse_compound(ours.compose(5.0, Out(), received))[0]
        assert isinstance(report, SenderReport | ReceiverReport)
        return report.blocks[0].fraction_lost, report.blocks[0].lost

    assert block(In(expected=100, packets=100)) == (0, 0)
    assert block(In(expected=200, packets=175)) == (64, 25)
    assert block(In(expected=300, packets=275)) == (0, 25)
    assert block(In(expected=300, packets=280)) == (0, 20)  # they came late, or twice
    assert block(In(expected=400, packets=280)) == (255, 120)
    assert block(In(ssrc=23, expected=10, packets=5)) == (128, 5)  # another source begins anew
    assert block(In(ssrc=23, expected=4, packets=4)) == (0, 0)  # so does one that was reset


def test_6_4_1_a_block_names_the_last_report_and_its_age() -> None:
    ours = reports()
    theirs = SenderReport(22, 0x0000_1234_5678_0000, 0, 0, 0)
    assert not ours.take(5.0, [theirs], Out())
    report = parse_compound(ours.compose(7.5, Out(), In()))[0]
    assert isinstance(report, SenderReport)
    block = report.blocks[0]
    assert (block.last_report, block.delay) == (0x12345678, 2 * 65536 + 32768)
    assert (block.highest, block.jitter) == (65635, 8)
    other = parse_compound(ours.compose(8.0, Out(), In(ssrc=23)))[0]
    assert isinstance(other, SenderReport | ReceiverReport)
    assert other.blocks[0].last_report == 0


def test_6_4_1_round_trip_between_two_ends() -> None:
    here, there = reports(), Reports(OFFSET_S - 1000)  # clocks need not agree
    out_there = Out(ssrc=22)
    to_there = here.compose(10.0, Out(), None)
    assert not there.take(1010.060, parse_compound(to_there), out_there)
    back = there.compose(1012.0, out_there, In(ssrc=11, expected=100, packets=90, jitter=40))
    assert here.take(12.050, parse_compound(back), Out())
    assert here.returned is not None
    assert here.returned.round_trip_s == pytest.approx(0.110, abs=0.001)
    assert here.returned.loss == pytest.approx(0.10)
    assert here.returned.jitter == 40


@pytest.mark.parametrize(
    ("last_report_s", "delay_s", "expected"),
    [(0.0, 0.0, None), (9.0, 1.0, 0.0), (9.0, 1.005, 0.0), (9.0, 3.0, None), (10.5, 0.0, None), (8.0, 1.5, 0.5)],
)
def test_6_4_1_round_trips_that_cannot_be(last_report_s: float, delay_s: float, expected: float | None) -> None:
    ours = reports()
    last_report = middle(ntp_time(OFFSET_S + last_report_s)) if last_report_s else 0
    packets = parse_compound(ours.compose(5.0, Out(ssrc=22), In(ssrc=11)))
    report = packets[0]
    assert isinstance(report, SenderReport)
    block = replace(report.blocks[0], last_report=last_report, delay=int(delay_s * 65536))
    assert ours.take(10.0, [replace(report, blocks=(block,))], Out())
    assert ours.returned is not None
    assert ours.returned.round_trip_s == (None if expected is None else pytest.approx(expected, abs=0.001))


def test_blocks_of_other_sources_are_not_ours() -> None:
    ours = reports()
    packets = parse_compound(ours.compose(5.0, Out(ssrc=22), In(ssrc=12)))
    assert not ours.take(6.0, packets, Out())
    assert ours.returned is None


def test_6_2_intervals() -> None:
    compensation = 2.71828 - 1.5
    assert interval_s(initial=True, drawn=lambda low, _: low) == pytest.approx(1.25 / compensation, rel=1e-4)
    assert interval_s(initial=False, drawn=lambda _, high: high) == pytest.approx(7.5 / compensation, rel=1e-4)
    crowd = interval_s(initial=False, members=400, drawn=lambda low, high: (low + high) / 2)
    assert crowd == pytest.approx(128 / compensation, rel=1e-4)
    assert len({interval_s(initial=False) for _ in range(8)}) == 8


def test_a_3_share_lost() -> None:
    assert lost_share(None) == 0
    assert lost_share(In(expected=200, packets=190)) == pytest.approx(0.05)
    assert lost_share(In(expected=200, packets=210)) == 0


def test_names_differ_from_call_to_call() -> None:
    names = {reports().compose(1.0, Out(), None) for _ in range(4)}
    assert len(names) == 4
