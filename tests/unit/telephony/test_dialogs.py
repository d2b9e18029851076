"""RFC 3261 12: tags, routes, sequence numbers, and where requests go."""

from __future__ import annotations

import pytest

from app.telephony.dialogs import Dialog
from app.telephony.errors import BadMessage
from app.telephony.messages import Identity
from app.telephony.wire import Hop, ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, request, response

ME = Identity("127.0.0.2", 5060, "Liniya")
SOURCE = Hop("UDP", "127.0.0.1", 6099)


def invited(*extra: str, contact: str = "<sip:caller@127.0.0.1:5090>", hop: Hop = SOURCE) -> Dialog:
    text = request("INVITE", extra=extra).replace("<sip:caller@127.0.0.1:5090>", contact)
    message = read(text.encode(), hop)
    assert isinstance(message, ReceivedRequest)
    return Dialog.of_invite(message, "ours")


def within(cseq: int) -> ReceivedRequest:
    message = read(request("BYE", cseq=cseq, to_tag="ours").encode(), SOURCE)
    assert isinstance(message, ReceivedRequest)
    return message


def test_12_1_1_the_callees_side() -> None:
    dialog = invited("Record-Route: <sip:127.0.0.8;lr>, <sip:127.0.0.9;lr>")
    assert (dialog.id.call_id, dialog.id.local_tag, dialog.id.remote_tag) == ("call-1", "ours", "caller")
    assert dialog.routes == ("<sip:127.0.0.8;lr>", "<sip:127.0.0.9;lr>")
    _, uri, headers = dialog.headers("BYE", ME, SOURCE)
    assert ("From", "<sip:245022@127.0.0.2>;tag=ours") in headers
    assert ("To", "<sip:+79170000000@127.0.0.1>;tag=caller") in headers
    assert str(uri) == "sip:caller@127.0.0.1:5090"


def test_12_1_2_the_callers_side_turns_the_routes_round() -> None:
    asked = read(request("INVITE").encode(), CALLER)
    assert isinstance(asked, ReceivedRequest)
    text = response(asked.message, 200, extra=["Record-Route: <sip:127.0.0.8;lr>, <sip:127.0.0.9;lr>"])
    answered = read(text.encode(), CALLER)
    assert isinstance(answered, ReceivedResponse)
    dialog = Dialog.of_answer(answered, "<sip:me@127.0.0.2>", "<sip:you@127.0.0.1>", 4)
    assert dialog.routes == ("<sip:127.0.0.9;lr>", "<sip:127.0.0.8;lr>")
    assert (dialog.id.local_tag, dialog.id.remote_tag) == ("caller", "callee")
    _, _, headers = dialog.headers("BYE", ME, CALLER)
    assert ("CSeq", "5 BYE") in headers
    assert [value for name, value in headers if name == "Route"] == list(dialog.routes)


def test_12_2_1_1_an_ack_carries_the_number_of_its_invite() -> None:
    dialog = invited()
    before = dialog.local_cseq
    _, _, headers = dialog.headers("ACK", ME, SOURCE, cseq=77)
    assert ("CSeq", "77 ACK") in headers
    assert dialog.local_cseq == before


def test_12_2_1_1_a_strict_router_becomes_the_request_uri() -> None:
    _, uri, headers = invited("Record-Route: <sip:127.0.0.8>").headers("BYE", ME, SOURCE)
    assert str(uri) == "sip:127.0.0.8"
    assert ("Route", "<sip:caller@127.0.0.1:5090>") in headers


def test_16_12_1_2_after_a_strict_router_come_the_other_routes_and_the_target() -> None:
    routes = "Record-Route: <sip:127.0.0.8;method=INVITE;x=1>, <sip:127.0.0.9;lr>"
    dialog = invited(routes, contact="<sip:caller@127.0.0.1:5090;method=INVITE>")
    _, uri, headers = dialog.headers("BYE", ME, SOURCE)
    assert str(uri) == "sip:127.0.0.8;x=1", "19.1.1: a request URI has no method"
    assert [value for name, value in headers if name == "Route"] == [
        "<sip:127.0.0.9;lr>",
        "<sip:caller@127.0.0.1:5090;method=INVITE>",
    ]
    assert dialog.next_hop() == Hop("UDP", "127.0.0.8", 5060)


def test_12_2_1_1_a_loose_router_leaves_the_target_in_the_request_uri() -> None:
    _, uri, _ = invited("Record-Route: <sip:127.0.0.8;LR>").headers("BYE", ME, SOURCE)
    assert str(uri) == "sip:caller@127.0.0.1:5090"


def test_12_2_2_a_lower_number_is_out_of_order() -> None:
    dialog = invited()
    assert [dialog.in_order(within(cseq)) for cseq in (1, 3, 2, 3, 4)] == [False, True, False, False, True]


def test_an_address_in_contact_is_where_requests_go() -> None:
    assert invited().next_hop() == Hop("UDP", "127.0.0.1", 5090)


@pytest.mark.parametrize(
    ("contact", "hop"),
    [
        ("<sip:c@127.0.0.1;transport=tcp>", Hop("TCP", "127.0.0.1", 5060)),
        ("<sip:c@127.0.0.1;transport=TLS>", Hop("TLS", "127.0.0.1", 5061)),
        ("<sips:c@127.0.0.1:5071>", Hop("TLS", "127.0.0.1", 5071)),
        ("<sips:c@127.0.0.1;transport=tcp>", Hop("TLS", "127.0.0.1", 5061)),
        ("<sips:c@127.0.0.1;transport=udp>", SOURCE),
        ("<sip:c@127.0.0.1;transport=sctp>", SOURCE),
    ],
)
def test_a_transport_in_contact_is_taken(contact: str, hop: Hop) -> None:
    assert invited(contact=contact).next_hop() == hop


def test_a_dialog_over_tls_does_not_leave_it() -> None:
    source = Hop("TLS", "127.0.0.1", 33333)
    dialog = invited(hop=source, contact="<sip:c@127.0.0.1:5061>")
    assert dialog.next_hop(connected=False) == Hop("TLS", "127.0.0.1", 5061)


@pytest.mark.parametrize(
    "contact",
    [
        "<sip:caller@phone.example.org>",
        "<sip:caller@0.0.0.0>",
        "<sip:caller@224.0.1.75>",
        "<sip:caller@255.255.255.255>",
        "<sip:caller@127.0.0.1:0>",
        "<sip:caller@127.0.0.1:65536>",
        "<tel:+79170000000>",
    ],
)
def test_no_name_is_resolved_and_no_group_is_called(contact: str) -> None:
    assert invited(contact=contact).next_hop() == SOURCE


def test_a_named_route_leads_back_to_the_source() -> None:
    assert invited("Record-Route: <sip:proxy.example.org;lr>").next_hop() == SOURCE


def test_a_dialog_over_a_connection_stays_on_it_while_it_is_there() -> None:
    source = Hop("TCP", "127.0.0.1", 33333)
    dialog = invited(hop=source, contact="<sip:c@127.0.0.1:5090;transport=tcp>")
    assert dialog.next_hop() == source
    assert dialog.next_hop(connected=False) == Hop("TCP", "127.0.0.1", 5090)


@pytest.mark.parametrize("extra", [("Contact: <sip:b@127.0.0.1>",), ("Record-Route: nonsense here",)])
def test_8_1_1_8_one_contact_and_readable_routes(extra: tuple[str, ...]) -> None:
    with pytest.raises(BadMessage):
        invited(*extra)
