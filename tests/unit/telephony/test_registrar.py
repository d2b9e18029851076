"""The registrar: RFC 3261 10.3, with digest (22), under a virtual clock."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sipmessage import Request, Response

from app.telephony.admission import Admission, WhoMayCall
from app.telephony.digest import Authenticator
from app.telephony.digest_server import Hashes
from app.telephony.registered_phones import ASK_EACH_S, LOOK_EACH_S, RegisteredPhones
from app.telephony.registrar import LONGEST_S, MAX_BINDINGS
from app.telephony.wire import Hop
from tests.unit.telephony.peer import CALLER, OFFER, Bench, codes, methods, request, response

PASSWORD = "correct horse"
AT = "sip:127.0.0.2"
CONTACT = "<sip:ivanova@192.168.1.50:5062>"
HASHES = Hashes.of("ivanova", "liniya", PASSWORD)


class Office(Bench):
    """A line that is a registrar, and one operator's phone at CALLER."""

    def __init__(self) -> None:
        super().__init__()
        self.known = {"ivanova": HASHES}
        self.told_of: list[tuple[str, bool]] = []
        self.agent.gate = Admission(
            WhoMayCall(hashes_of=self.known.get, office=()), self._now, phone_at=lambda host: self.phones.at(host)
        )
        self.phones = RegisteredPhones(
            self.agent, self._now, lambda login: login in self.known, lambda *what: self.told_of.append(what)
        )
        self.phones.start()
        self.cseq = 0

    def _now(self) -> float:
        return self.clock.now_s

    def register(
        self,
        *contacts: str,
        expires: str = "",
        user: str = "ivanova",
        to: str = "ivanova",
        hop: Hop = CALLER,
        call_id: str = "reg-1",
        cseq: int = 0,
        extra: Sequence[str] = (),
    ) -> Response:
        """A REGISTER, its challenge answered; what the line says to it."""
        lines = [*(f"Contact: {one}" for one in contacts), *([f"Expires: {expires}"] if expires else []), *extra]
        proof = Authenticator(user, PASSWORD)
        for _ in range(2):
            self.cseq += 1
            headers = [f"{name}: {value}" for name, value in proof.headers("REGISTER", AT)]
            text = request(
                "REGISTER",
                branch=f"r{self.cseq}",
                call_id=call_id,
                cseq=cseq or self.cseq,
                uri=AT,
                extra=[*headers, *lines],
            )
            text = text.replace("Contact: <sip:caller@127.0.0.1:5090>\r\n", "")
            text = text.replace("To: <sip:245022@", f"To: <sip:{to}@")
            answer = one_response(self.receive(text, hop))
            challenges = answer.headers.getlist("WWW-Authenticate")
            if answer.code != 401 or not proof.challenged(401, challenges):
                return answer
        return answer

    def target(self) -> str:
        found = self.phones.destination("ivanova")
        return str(found.target) if found else ""


@pytest.fixture
def office() -> Office:
    return Office()


def one_response(sent: Sequence[Request | Response]) -> Response:
    (only,) = sent
    assert isinstance(only, Response)
    return only


def shown(answer: Response) -> list[str]:
    assert answer.code == 200
    return [one.strip() for value in answer.headers.getlist("Contact") for one in value.split(",")]


def test_a_phone_registers_and_is_reached_where_it_came_from(office: Office) -> None:
    """Behind NAT the Contact is an address that nobody reaches."""
    assert shown(office.register(CONTACT, expires="3600")) == ["<sip:ivanova@192.168.1.50:5062>;expires=120"]
    found = office.phones.destination("ivanova")
    assert found is not None
    assert (str(found.target), found.hop) == ("sip:ivanova@192.168.1.50:5062", CALLER)
    assert found.may_refer
    assert office.told_of == [("ivanova", True)]


@pytest.mark.parametrize("contact", ["<sip:+79001234567@198.51.100.1>", "<sip:ivanova@example.invalid>"])
def test_a_contact_that_points_elsewhere_leads_the_line_nowhere(office: Office, contact: str) -> None:
    office.register(contact)
    found = office.phones.destination("ivanova")
    assert found is not None
    assert found.hop == CALLER
    assert found.symmetric


def test_without_the_password_nothing_is_registered(office: Office) -> None:
    office.known["ivanova"] = Hashes.of("ivanova", "liniya", "another")
    assert office.register(CONTACT).code == 401
    assert office.register(CONTACT, user="nobody", to="nobody").code == 401
    assert office.told_of == []


def test_10_3_4_one_may_not_register_for_another(office: Office) -> None:
    assert office.register(CONTACT, to="petrov").code == 403
    assert office.told_of == []


def test_10_3_without_contact_the_bindings_are_fetched(office: Office) -> None:
    assert office.register().headers.getlist("Contact") == []
    office.register(CONTACT)
    office.pass_s(20)
    assert shown(office.register()) == ["<sip:ivanova@192.168.1.50:5062>;expires=100"]


@pytest.mark.parametrize(("contact", "expires"), [(f"{CONTACT};expires=0", "3600"), (CONTACT, "0"), ("*", "0")])
def test_10_2_2_removal(office: Office, contact: str, expires: str) -> None:
    office.register(CONTACT)
    assert shown_or_none(office.register(contact, expires=expires)) == []
    assert office.told_of == [("ivanova", True), ("ivanova", False)]


def shown_or_none(answer: Response) -> list[str]:
    assert answer.code == 200
    return answer.headers.getlist("Contact")


@pytest.mark.parametrize("expires", ["", "60", "3600"])
def test_10_3_6_a_star_goes_with_expires_0(office: Office, expires: str) -> None:
    office.register(CONTACT)
    assert office.register("*", expires=expires).code == 400
    assert office.register("*", CONTACT, expires="0").code == 400
    assert office.phones.registered("ivanova")


def test_10_3_7_a_short_interval_is_423_with_the_shortest(office: Office) -> None:
    answer = office.register(f"{CONTACT};expires=10")
    assert answer.code == 423
    assert answer.headers["Min-Expires"] == "60"
    assert office.told_of == []


def test_20_19_a_malformed_expiry_is_an_hour_and_no_error(office: Office) -> None:
    assert shown(office.register(f"{CONTACT};expires=soon")) == [f"{CONTACT};expires={LONGEST_S}"]
    assert shown(office.register(CONTACT, expires="-1")) == [f"{CONTACT};expires={LONGEST_S}"]


def test_10_3_7_an_older_register_changes_nothing(office: Office) -> None:
    office.register(CONTACT, cseq=50)
    assert office.register(f"{CONTACT};expires=0", cseq=48).code == 500
    assert office.register("*", expires="0", cseq=49).code == 500
    assert office.phones.registered("ivanova")
    assert office.register("*", expires="0", cseq=49, call_id="after-a-restart").code == 200


def test_10_3_a_refused_register_changes_nothing_at_all(office: Office) -> None:
    office.register(CONTACT)
    assert office.register(f"{CONTACT};expires=0", "<tel:+79001234567>").code == 400
    assert office.target() == "sip:ivanova@192.168.1.50:5062"


def test_the_preferred_phone_rings_else_the_one_heard_of_last(office: Office) -> None:
    office.register("<sip:desk@192.168.1.50>", call_id="desk")
    office.pass_s(1)
    office.register("<sip:soft@192.168.1.51>", call_id="soft")
    assert office.target() == "sip:soft@192.168.1.51"
    office.register("<sip:soft@192.168.1.51>;q=0.5", call_id="soft")
    assert office.target() == "sip:desk@192.168.1.50"


def test_bindings_are_bounded(office: Office) -> None:
    for n in range(MAX_BINDINGS + 3):
        office.pass_s(0.1)
        office.register(f"<sip:ivanova@192.168.1.{n}>")
    assert len(shown(office.register())) == MAX_BINDINGS
    assert office.target() == f"sip:ivanova@192.168.1.{MAX_BINDINGS + 2}"
    assert office.register(*(f"<sip:a@192.168.2.{n}>" for n in range(11))).code == 400


def test_a_binding_lapses_and_the_application_hears_of_it(office: Office) -> None:
    office.register(CONTACT)
    for _ in range(4):
        asked = office.pass_s(ASK_EACH_S)
        answer_all(office, asked)
    office.pass_s(LONGEST_S - 4 * ASK_EACH_S + LOOK_EACH_S)
    assert office.told_of == [("ivanova", True), ("ivanova", False)]
    assert office.phones.destination("ivanova") is None


def answer_all(office: Office, asked: Sequence[Request | Response]) -> None:
    assert methods(list(asked)) == ["OPTIONS"]
    for one in asked:
        assert isinstance(one, Request)
        office.receive(response(one, 501))


def test_a_phone_that_does_not_answer_is_gone(office: Office) -> None:
    office.register(CONTACT)
    asked = office.pass_s(ASK_EACH_S)
    assert methods(asked) == ["OPTIONS"]
    office.pass_s(33)
    assert office.told_of == [("ivanova", True), ("ivanova", False)]


def test_a_phone_that_registers_again_meanwhile_stays(office: Office) -> None:
    office.register(CONTACT)
    office.pass_s(ASK_EACH_S)
    office.pass_s(10)
    office.register(CONTACT)
    office.pass_s(24)
    assert office.told_of == [("ivanova", True)]


def test_a_connection_that_is_gone_takes_its_phone_along(office: Office) -> None:
    hop = Hop("TCP", "203.0.113.9", 40000)
    office.register(CONTACT, hop=hop)
    found = office.phones.destination("ivanova")
    assert found is not None
    assert found.hop == hop
    office.pass_s(ASK_EACH_S)
    office.agent.transport_failed(hop)
    assert office.told_of == [("ivanova", True), ("ivanova", False)]


def test_who_may_have_no_phone_any_more_loses_it(office: Office) -> None:
    office.register(CONTACT)
    del office.known["ivanova"]
    office.pass_s(LOOK_EACH_S)
    assert office.told_of == [("ivanova", True), ("ivanova", False)]


def test_a_registered_phone_calls_the_line_as_its_operator(office: Office) -> None:
    office.register(CONTACT)
    uri = "sip:245022@127.0.0.2"
    proof = Authenticator("ivanova", PASSWORD)
    (challenged,) = office.receive(request("INVITE", body=OFFER))
    assert isinstance(challenged, Response)
    assert proof.challenged(challenged.code, challenged.headers.getlist("WWW-Authenticate"))
    headers = [f"{name}: {value}" for name, value in proof.headers("INVITE", uri)]
    office.receive(request("INVITE", body=OFFER, branch="two", cseq=2, extra=headers))
    assert office.told.heard == [("arrived", "ivanova", "245022")]
    assert office.receive(request("OPTIONS", branch="three"))


@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=12))
def test_whatever_contacts_say_the_phone_is_answered(contacts: list[str], expires: str) -> None:
    office = Office()
    printable = ["".join(char for char in one if char.isprintable()) for one in contacts]
    named = "".join(char for char in expires if char.isprintable())
    answer = office.register(*printable, *(f"<sip:a@192.0.2.1{one}>" for one in printable), expires=named)
    assert answer.code in (200, 400, 423)
    assert len(office.phones._bindings.of("ivanova")) <= MAX_BINDINGS


def test_8_2_7_refusals_keep_nothing_and_repeat_nothing(office: Office) -> None:
    first = office.receive(request("INVITE", body=OFFER))
    again = office.receive(request("INVITE", body=OFFER))
    assert codes(first) == codes(again) == [401]
    assert first[0].headers["To"] == again[0].headers["To"]
    assert office.agent.layer.served == 0
    assert office.pass_s(4) == []
