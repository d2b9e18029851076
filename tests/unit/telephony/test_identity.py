"""Who calls, and which number was dialled: RFC 3323, 3325, 4244, 5806, 7044, 7315 and draft-ietf-sip-privacy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.gate import Admitted, Load, OpenGate, Verdict
from app.telephony.identity import MAX_USER, MAX_VALUES, CallIdentity, identify
from app.telephony.wire import ReceivedRequest, read
from tests.unit.telephony.peer import CALLER, OFFER, Bench, request

FROM = "<sip:+79170000000@127.0.0.1>"
HIDDEN = '"Anonymous" <sip:anonymous@anonymous.invalid>'


def invite(*headers: str, sender: str = FROM, uri: str = "sip:245022@127.0.0.2") -> ReceivedRequest:
    text = request("INVITE", body=OFFER, extra=headers, uri=uri).replace(FROM, sender)
    message = read(text.encode(), CALLER)
    assert isinstance(message, ReceivedRequest), message
    return message


def caller(*headers: str, sender: str = FROM, trusted: bool = True) -> str:
    return identify(invite(*headers, sender=sender), trusted=trusted).caller


def dialled(*headers: str, uri: str = "sip:245022@127.0.0.2", trusted: bool = True) -> str:
    return identify(invite(*headers, uri=uri), trusted=trusted, contact_users=("line",)).dialled


# -- From


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (FROM, "+79170000000"),
        ("<tel:+7-917-000(00)00>", "+79170000000"),
        ("<sip:8(917)000-00.00@127.0.0.1;user=phone>", "89170000000"),
        ("<sip:+7917;phone-context=example.org@127.0.0.1;user=phone>", "+7917"),
        ("<tel:24-50-22;phone-context=+78512>", "245022"),
        ("<sip:%2B79170000000@127.0.0.1>", "+79170000000"),
        ("<sip:ivanova.a-b@127.0.0.1>", "ivanova.a-b"),
        ("<sips:1203@127.0.0.1>", "1203"),
        ("<sip:127.0.0.1>", ""),
        (f"<sip:{'7' * (MAX_USER + 1)}@127.0.0.1>", ""),
        ("<sip:7917%0d%0a7@127.0.0.1>", ""),
        ("<sip:7917%00@127.0.0.1>", ""),
    ],
)
def test_a_number_is_cleaned_and_no_country_guessed(sender: str, expected: str) -> None:
    assert caller(sender=sender, trusted=False) == expected


@pytest.mark.parametrize(
    "sender",
    [
        HIDDEN,
        "<sip:x@anonymous.invalid>",
        "<sip:ANONYMOUS@127.0.0.1>",
        "<sip:unavailable@unknown.invalid>",
        "<sip:restricted@127.0.0.1>",
        '"Anonymous" <sip:+79170000000@127.0.0.1>',
    ],
)
def test_rfc3323_4_1_1_3_a_withheld_from(sender: str) -> None:
    assert caller(sender=sender) == caller(sender=sender, trusted=False) == ""


@pytest.mark.parametrize("privacy", ["id", "header", "user", "user;header;critical", "ID", "session; id"])
@pytest.mark.parametrize("trusted", [True, False])
def test_rfc3323_4_2_privacy_is_kept_whoever_asks(privacy: str, trusted: bool) -> None:
    headers = (f"Privacy: {privacy}", "P-Asserted-Identity: <tel:+79171111111>")
    assert caller(*headers, trusted=trusted) == ""


@pytest.mark.parametrize("privacy", ["none", "session", "history", "critical", ""])
def test_rfc3323_4_2_privacy_that_is_not_about_the_number(privacy: str) -> None:
    assert caller(f"Privacy: {privacy}", "P-Asserted-Identity: <tel:+79171111111>") == "+79171111111"


# -- P-Asserted-Identity


def test_rfc3325_9_1_what_the_network_asserts_goes_before_from() -> None:
    asserted = "P-Asserted-Identity: <sip:+79171111111@trunk.example>"
    assert caller(asserted) == "+79171111111"
    assert caller(asserted, trusted=False) == "+79170000000"


@pytest.mark.parametrize(
    "headers",
    [
        ("P-Asserted-Identity: <sip:ivanova@trunk.example>, <tel:+79171111111>",),
        ("P-Asserted-Identity: <tel:+79171111111>", "P-Asserted-Identity: <sip:ivanova@trunk.example>"),
        ('P-Asserted-Identity: "Ivanova, A. <x>" <sip:ivanova@trunk.example>, tel:+7-917-111-11-11',),
    ],
)
def test_rfc3325_9_1_of_sip_and_tel_the_number(headers: tuple[str, ...]) -> None:
    assert caller(*headers) == "+79171111111"


def test_rfc3325_9_2_a_preferred_identity_says_nothing() -> None:
    assert caller("P-Preferred-Identity: <tel:+79171111111>") == "+79170000000"


def test_rfc3325_10_1_who_hides_in_from_is_shown_only_where_no_privacy_is_asked() -> None:
    asserted = "P-Asserted-Identity: <tel:+79171111111>"
    assert caller(asserted, sender=HIDDEN) == ""
    assert caller(asserted, "Privacy: none", sender=HIDDEN) == "+79171111111"


def test_an_assertion_that_cannot_be_read_leaves_from() -> None:
    assert caller("P-Asserted-Identity: <<<", "P-Asserted-Identity: http://x") == "+79170000000"


# -- Remote-Party-ID


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("party=calling;privacy=off;screen=yes", "+79171111111"),
        ("screen=yes", "+79171111111"),
        ("party=calling;privacy=name;screen=yes", "+79171111111"),
        ("party=calling;privacy=full;screen=yes", ""),
        ("party=calling;privacy=uri;screen=yes", ""),
        ("party=calling;privacy=full-network;screen=no", ""),
        ("party=calling;screen=no", "+79170000000"),
        ("party=calling", "+79170000000"),
        ("party=called;screen=yes", "+79170000000"),
    ],
)
def test_remote_party_6_1(value: str, expected: str) -> None:
    header = f"Remote-Party-ID: <sip:+79171111111@trunk.example>;{value}"
    assert caller(header) == expected
    assert caller(header, trusted=False) == "+79170000000"


def test_an_assertion_goes_before_the_older_header() -> None:
    older = "Remote-Party-ID: <sip:1@trunk.example>;screen=yes"
    assert caller(older, "P-Asserted-Identity: <tel:+79171111111>") == "+79171111111"


# -- the number that was dialled


@pytest.mark.parametrize(
    "headers",
    [
        ("History-Info: <sip:222222@a.example>;index=1, <sip:line@b.example>;index=1.1;rc=1",),
        ("History-Info: <sip:222222@a.example?Reason=SIP%3Bcause%3D302>;index=1",),
        ("History-Info: <sip:222222@a.example?Privacy=history&Reason=x>;index=1;foo, <sip:3@b>;index=1.1;mp=1",),
        ("History-Info: <sip:7@b.example>;index=1.1", "History-Info: <sip:22-22-22@a.example>;index=1"),
        # RFC 7044: a change without a change of the target is no forwarding
        (
            "History-Info: <sip:01@a>;index=1,<sip:222222@b>;index=1.1;np=1,<sip:3@c>;index=1.1.1;mp=1.1",
            "History-Info: <sip:line@d>;index=1.1.1.1;rc=1.1.1",
        ),
    ],
)
def test_rfc7044_the_target_before_the_first_change(headers: tuple[str, ...]) -> None:
    assert dialled(*headers) == "222222"
    assert dialled(*headers, trusted=False) == "245022"


@pytest.mark.parametrize(
    "header",
    [
        "History-Info: <sip:222222@a.example>",
        "History-Info: <sip:222222@a.example>;index=one",
        "History-Info: <sip:anonymous@anonymous.invalid>;index=1",
        "History-Info: <<>>;index=1, ,,",
        "History-Info: " + ", ".join(f"<sip:2@a>;index=1.{n}" for n in range(MAX_VALUES + 1)),
    ],
)
def test_rfc7044_a_history_that_tells_nothing(header: str) -> None:
    assert dialled(header) == "245022"


def test_rfc5806_4_the_last_diversion_is_the_number_called_first() -> None:
    headers = (
        "Diversion: <sip:333333@a.example>;reason=no-answer;counter=1",
        'Diversion: "The, office" <sip:444444@a.example>;reason=unconditional, <tel:222222>;reason=user-busy',
    )
    assert dialled(*headers) == "222222"
    assert dialled(*headers, trusted=False) == "245022"


def test_rfc7544_history_goes_before_diversion() -> None:
    headers = ("Diversion: <sip:333333@a.example>", "History-Info: <sip:222222@a.example>;index=1")
    assert dialled(*headers) == "222222"


def test_rfc7315_4_2_the_called_party_behind_our_contact() -> None:
    header = "P-Called-Party-ID: <sip:222222@pbx.example>"
    assert dialled(header, uri="sip:line@127.0.0.2") == "222222"
    assert dialled(header, uri="sip:line@127.0.0.2", trusted=False) == "line"


def test_to_helps_only_where_the_request_goes_to_our_contact() -> None:
    assert dialled(uri="sip:line@127.0.0.2") == "245022"
    assert dialled(uri="sip:line@127.0.0.2", trusted=False) == "line"
    assert dialled(uri="sip:111111@127.0.0.2") == "111111"


def test_a_request_uri_is_cleaned_too() -> None:
    assert dialled(uri="sip:+7(8512)24-50-22;npdi@127.0.0.2;user=phone") == "+78512245022"
    assert dialled(uri="sip:127.0.0.2") == ""


class Suspicious(OpenGate):
    """Lets everybody in and believes nobody."""

    def judge(self, request: ReceivedRequest, load: Load) -> Verdict:
        return Admitted(trusted=False)


@pytest.mark.parametrize(
    ("gate", "told"), [(OpenGate(), ("+79171111111", "222222")), (Suspicious(), ("+79170000000", "245022"))]
)
def test_a_call_is_told_as_far_as_its_source_is_believed(gate: OpenGate, told: tuple[str, str]) -> None:
    bench = Bench()
    bench.agent.gate = gate
    extra = ["P-Asserted-Identity: <tel:+79171111111>", "Diversion: <sip:222222@a.example>"]
    bench.receive(request("INVITE", body=OFFER, extra=extra))
    assert bench.told.heard == [("arrived", *told)]


HEADERS = st.sampled_from(["P-Asserted-Identity", "Remote-Party-ID", "History-Info", "Diversion", "Privacy", "To2"])
VALUES = st.text(st.sampled_from('<>";,?=@:.+-1sip tel%0indexmprc\\'), max_size=300)


@given(st.lists(st.tuples(HEADERS, VALUES), max_size=8))
def test_nothing_in_these_headers_raises_or_leaves_the_bounds(headers: list[tuple[str, str]]) -> None:
    found = identify(invite(*(f"{name}: {value}" for name, value in headers)), trusted=True)
    assert isinstance(found, CallIdentity)
    assert len(found.caller) <= MAX_USER
    assert len(found.dialled) <= MAX_USER
    assert (found.caller + found.dialled).isprintable()
