"""The forms of a transfer: RFC 3515, RFC 3891, RFC 6665, RFC 3420."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.errors import BadMessage
from app.telephony.refer_forms import EventName, Fragment, ReferTo, Replaces, SubscriptionState

TOKENS = st.text("abcXYZ019-._", min_size=1, max_size=20)


@given(TOKENS, TOKENS, TOKENS, st.booleans())
def test_round_trip_of_replaces(call_id: str, to_tag: str, from_tag: str, early_only: bool) -> None:
    replaces = Replaces(call_id, to_tag, from_tag, early_only)
    assert Replaces.parse(str(replaces)) == replaces
    referred = ReferTo.parse(str(ReferTo(ReferTo.parse("<sip:op@127.0.0.1:5090>").uri, replaces)))
    assert referred.replaces == replaces


def test_rfc3891_6_1_its_own_examples() -> None:
    assert Replaces.parse("98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff") == Replaces(
        "98732@sip.example.com", "ff87ff", "r33th4x0r"
    )
    assert Replaces.parse("12adf2f34456gs5;to-tag=12345;from-tag=54321;early-only;x=y").early_only


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";to-tag=1;from-tag=2",
        "a;to-tag=1",
        "a;to-tag=1;from-tag=2;to-tag=3",
        "a;to-tag=1;from-tag=2 rubbish",
        "a, b;to-tag=1;from-tag=2",
        f"{'a' * 1100};to-tag=1;from-tag=2",
    ],
)
def test_rfc3891_6_1_what_names_no_dialog(value: str) -> None:
    with pytest.raises(BadMessage):
        Replaces.parse(value)


@pytest.mark.parametrize(
    ("value", "user"),
    [
        ("<sip:1203@127.0.0.1>", "1203"),
        ('"Petrova" <sip:petrova@127.0.0.1:5070;transport=tcp>;x=y', "petrova"),
        ("sip:1203@127.0.0.1", "1203"),
        ("<tel:+78512245022>", "+78512245022"),
        ("<sip:1203@127.0.0.1;method=INVITE>", "1203"),
        ("<sip:1203@127.0.0.1?Subject=x>", "1203"),
        ("<sip:a?b@127.0.0.1>", "a?b"),
    ],
)
def test_rfc3515_2_1_refer_to(value: str, user: str) -> None:
    found = ReferTo.parse(value)
    assert (found.uri.user, found.replaces) == (user, None)


def test_rfc5589_7_refer_to_with_replaces() -> None:
    value = (
        "<sips:b@example.org?Replaces=090459243588173445%3Bto-tag%3D7553452%3Bfrom-tag%3D31431&Require=replaces>"
    )
    assert ReferTo.parse(value).replaces == Replaces("090459243588173445", "7553452", "31431")


@pytest.mark.parametrize(
    "value",
    [
        "",
        "<>",
        "<mailto:x@y>",
        "<sip:1@127.0.0.1;method=BYE>",
        "<sip:1@h?Replaces=x>",
        "<sip:1@h?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        f"<sip:{'1' * 1100}@h>",
    ],
)
def test_rfc3515_2_4_2_what_cannot_be_called(value: str) -> None:
    with pytest.raises(BadMessage):
        ReferTo.parse(value)


@pytest.mark.parametrize(
    ("value", "event"),
    [
        ("refer", EventName("refer")),
        ("Refer; id=93809823", EventName("refer", "93809823")),
        ("message-summary", EventName("message-summary")),
    ],
)
def test_rfc6665_8_2_1_event(value: str, event: EventName) -> None:
    assert EventName.parse(value) == event
    assert EventName.parse(str(event)) == event


@pytest.mark.parametrize(
    ("value", "state"),
    [
        ("active;expires=60", SubscriptionState("active", expires_s=60)),
        ("terminated;reason=noresource", SubscriptionState("terminated", "noresource")),
        ("Terminated ; Reason=NoResource;retry-after=9", SubscriptionState("terminated", "noresource")),
        ("pending;expires=99999999999", SubscriptionState("pending")),
    ],
)
def test_rfc6665_8_2_3_subscription_state(value: str, state: SubscriptionState) -> None:
    assert SubscriptionState.parse(value) == state
    assert SubscriptionState.parse(str(state)) == state
    assert state.over is (state.state == "terminated")


@pytest.mark.parametrize("form", [EventName, SubscriptionState])
@pytest.mark.parametrize("value", ["", ";id=1", "a b", "a;=", "x" * 1100])
def test_rfc6665_8_2_what_says_nothing(form: type[EventName] | type[SubscriptionState], value: str) -> None:
    with pytest.raises(BadMessage):
        form.parse(value)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"SIP/2.0 100 Trying\r\n", 100),
        (b"SIP/2.0 200 OK", 200),
        (b"SIP/2.0 603 \r\nTo: <sip:x@y>\r\n\r\nrubbish\xff", 603),
        (b"SIP/2.0 486 Busy\n", 486),
    ],
)
def test_rfc3420_2_1_a_status_line(body: bytes, code: int) -> None:
    fragment = Fragment.parse(body)
    assert fragment.code == code
    assert Fragment.parse(bytes(fragment)) == fragment


@pytest.mark.parametrize("body", [b"", b"INVITE sip:x SIP/2.0", b"SIP/2.0 999 x", b"SIP/2.0 20 x", b"\xff" * 9000])
def test_rfc3420_what_is_no_status_line(body: bytes) -> None:
    with pytest.raises(BadMessage):
        Fragment.parse(body)


@given(st.text('<>sip:a@b?;=%"& Replacsto-tgfrm', max_size=1200))
def test_nothing_raises_anything_else(text: str) -> None:
    for form in (Replaces, ReferTo, EventName, SubscriptionState):
        with contextlib.suppress(BadMessage):
            assert isinstance(form.parse(text), form)
    with contextlib.suppress(BadMessage):
        Fragment.parse(text.encode())
