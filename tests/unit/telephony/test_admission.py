"""Who may call: the policy, the rates and the lock-outs, under a virtual clock."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from app.domain.errors import BadInput
from app.telephony.admission import (
    ANSWERS,
    ANSWERS_TO_ALL,
    INVITES,
    LOG_EACH_S,
    MAX_SOURCES,
    MAX_TRANSACTIONS,
    MAX_TRANSACTIONS_OF_ONE,
    PACKETS,
    REGISTERS,
    TOLD_TIMES,
    Admission,
    WhoMayCall,
    networks_of,
    speaks_for,
)
from app.telephony.dialogs import Dialog
from app.telephony.digest import Challenge, Credentials
from app.telephony.digest_server import Hashes
from app.telephony.gate import Admitted, Load, Refusal, Verdict
from app.telephony.lockouts import FIRST_LOCK_S, TRIES, TRIES_OF_ALL
from app.telephony.rates import Bucket, Rate, Recent, source_of
from app.telephony.wire import Hop, ReceivedRequest, read
from tests.unit.telephony.peer import VirtualClock, request

STRANGER = Hop("UDP", "203.0.113.9", 5060)
OFFICE = Hop("UDP", "10.1.2.3", 5060)
TRUNK = Hop("UDP", "198.51.100.1", 5060)
PASSWORD = "correct horse"
LINE = "sip:245022@127.0.0.2"
PROVEN = Admitted("ivanova", trusted=False)


class House:
    """A gate, its clock, and whoever comes to it."""

    def __init__(self, **policy: Any) -> None:
        self.clock = VirtualClock()
        hashes = Hashes.of("ivanova", "liniya", PASSWORD)
        policy = {"office": (ipaddress.ip_network("10.0.0.0/8"),), **policy}
        who = WhoMayCall(hashes_of=lambda login: hashes if login == "ivanova" else None, **policy)
        self.gate = Admission(
            who,
            lambda: self.clock.now_s,
            lambda host: "trunk" if host == TRUNK.host else "",
            lambda host: host == "203.0.113.77",
        )

    def asks(
        self,
        method: str,
        hop: Hop = STRANGER,
        *,
        user: str = "+79170000000",
        load: Load | None = None,
        proof: str = "",
    ) -> Verdict:
        return self.gate.judge(received(method, hop, user, proof), load or Load())

    def proves(
        self,
        method: str,
        hop: Hop = STRANGER,
        *,
        user: str = "ivanova",
        password: str = PASSWORD,
        load: Load | None = None,
    ) -> Verdict:
        """Take the challenge and answer it."""
        challenged = self.asks(method, hop, user=user)
        if challenged is None:
            return None
        return self.asks(method, hop, user=user, load=load, proof=answer(challenged, method, user, password))


def received(
    method: str, hop: Hop, user: str = "+79170000000", proof: str = "", to_tag: str = ""
) -> ReceivedRequest:
    text = request(method, to_tag=to_tag, extra=[f"Authorization: {proof}"] if proof else [])
    message = read(text.replace("+79170000000", user).encode(), hop)
    assert isinstance(message, ReceivedRequest)
    return message


def answer(verdict: Verdict, method: str, user: str, password: str) -> str:
    assert isinstance(verdict, Refusal)
    assert verdict.code == 401
    challenge = Challenge.parse(verdict.headers[0][1])
    return str(Credentials(challenge, user, password, method, LINE, 1, "c0ffee"))


@pytest.fixture
def house() -> House:
    return House()


def code(verdict: Verdict) -> int | None:
    return verdict.code if isinstance(verdict, Refusal) else None


# --- by address -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hop", [OFFICE, TRUNK])
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "MESSAGE"])
def test_trunks_and_the_office_come_in_by_their_address(house: House, hop: Hop, method: str) -> None:
    for _ in range(3000):
        assert house.gate.hears(hop)
        assert house.asks(method, hop) == Admitted()
    assert house.gate.trusts(hop)


def test_loopback_is_the_office_where_nothing_else_is_said() -> None:
    gate = Admission(WhoMayCall(), lambda: 0.0)
    assert gate.trusts(Hop("UDP", "127.0.0.9", 5060))
    assert gate.trusts(Hop("TCP", "::1", 5060))
    assert gate.trusts(Hop("UDP", "::ffff:127.0.0.1", 5060))
    assert not gate.trusts(OFFICE)


def test_nobody_registers_by_address_alone(house: House) -> None:
    assert code(house.asks("REGISTER", OFFICE)) == code(house.asks("REGISTER", TRUNK)) == 401


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_a_stranger_must_prove_who_it_is(house: House, method: str) -> None:
    verdict = house.asks(method)
    assert isinstance(verdict, Refusal)
    assert verdict.code == 401
    assert [name for name, _ in verdict.headers] == ["WWW-Authenticate"]


def test_22_known_and_unknown_users_are_answered_alike(house: House) -> None:
    known, unknown = house.proves("INVITE", password="guess"), house.proves("INVITE", user="nobody")
    assert code(known) == code(unknown) == 401


def test_a_stranger_without_a_call_is_told_little(house: House) -> None:
    assert house.asks("OPTIONS") is None
    assert house.asks("CANCEL") is None
    assert house.asks("MESSAGE") == Refusal(403)


def test_a_registered_phone_may_ask_whether_we_are_there(house: House) -> None:
    assert house.asks("OPTIONS", Hop("UDP", "203.0.113.77", 5060)) == Admitted(trusted=False)


def test_anonymous_calls_come_in_only_where_the_policy_says_so() -> None:
    house = House(anonymous=True)
    assert house.asks("INVITE") == Admitted(trusted=False)
    assert code(house.asks("INVITE", load=Load(calls=4))) == 503
    assert code(house.asks("REGISTER")) == 401


# --- by digest --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
@pytest.mark.parametrize("hop", [STRANGER, OFFICE])
def test_a_phone_proves_itself_and_is_trusted_no_further(house: House, method: str, hop: Hop) -> None:
    assert house.proves(method, hop) == PROVEN


@pytest.mark.parametrize("policy", [{}, {"anonymous": True}])
@pytest.mark.parametrize("hop", [STRANGER, OFFICE])
def test_the_name_of_an_operator_is_not_taken_on_trust(policy: dict[str, Any], hop: Hop) -> None:
    house = House(**policy)
    assert code(house.asks("INVITE", hop, user="ivanova")) == 401
    assert house.proves("INVITE", hop) == PROVEN


def test_a_trunk_may_send_any_name(house: House) -> None:
    assert house.asks("INVITE", TRUNK, user="ivanova") == Admitted()


def test_a_trunk_without_an_address_comes_in_by_digest() -> None:
    house = House(trunk_users={"city": Hashes.of("city", "liniya", "trunk secret")})
    assert house.proves("INVITE", user="city", password="trunk secret") == Admitted()
    assert house.proves("REGISTER", user="city", password="trunk secret") == Refusal(403)
    assert code(house.proves("INVITE", user="city", password="guess")) == 401


def test_a_phone_outside_has_as_many_calls_as_any_source(house: House) -> None:
    assert code(house.proves("INVITE", load=Load(calls=4))) == 503
    assert house.proves("INVITE", OFFICE, load=Load(calls=4)) == PROVEN


def test_an_old_nonce_is_stale_and_no_failure(house: House) -> None:
    challenged = house.asks("REGISTER")
    house.clock.pass_s(301)
    for _ in range(20):
        verdict = house.asks("REGISTER", proof=answer(challenged, "REGISTER", "ivanova", PASSWORD))
        assert isinstance(verdict, Refusal)
        assert "stale=true" in verdict.headers[0][1]


# --- who guesses ------------------------------------------------------------------------------------------------


def guess_until_locked(house: House, hop: Hop, user: str = "ivanova") -> int:
    for times in range(1, 100):
        if house.proves("REGISTER", hop, user=user, password="guess") is None:
            return times
    raise AssertionError("nobody is locked out")


def test_who_guesses_is_locked_out_and_for_longer_each_time(house: House) -> None:
    assert guess_until_locked(house, STRANGER) == TRIES.burst + 1
    assert house.proves("REGISTER") is None
    house.clock.pass_s(FIRST_LOCK_S + 1)
    assert guess_until_locked(house, STRANGER) == 2
    house.clock.pass_s(FIRST_LOCK_S + 1)
    assert house.proves("REGISTER") is None
    house.clock.pass_s(FIRST_LOCK_S)
    assert house.proves("REGISTER") == PROVEN


def test_other_phones_of_the_same_address_are_not_locked_out(house: House) -> None:
    guess_until_locked(house, STRANGER, "petrov")
    assert house.proves("REGISTER") == PROVEN


def test_a_scan_of_names_locks_the_source_out(house: House) -> None:
    seen = [house.proves("REGISTER", user=f"user{n}", password="1234") for n in range(int(TRIES_OF_ALL.burst) + 1)]
    assert seen[-1] is None
    assert house.asks("INVITE") is None
    assert house.asks("INVITE", Hop("UDP", "203.0.113.10", 5060)) is not None


def test_the_office_is_not_locked_out_as_a_whole(house: House) -> None:
    for n in range(3 * int(TRIES_OF_ALL.burst)):
        house.proves("REGISTER", OFFICE, user=f"user{n}", password="1234")
    assert house.proves("REGISTER", OFFICE) == PROVEN


def test_a_forged_source_locks_nobody_out(house: House) -> None:
    """Without the nonce that was sent to that source nothing counts as a failure."""
    mine = house.asks("REGISTER", Hop("UDP", "203.0.113.66", 5060))
    for _ in range(70):
        forged = house.asks("REGISTER", proof=answer(mine, "REGISTER", "ivanova", "guess"))
        assert code(forged) in (401, 503, None)
    house.clock.pass_s(5)
    assert house.proves("REGISTER") == PROVEN


# --- who asks too often -----------------------------------------------------------------------------------------


def test_over_its_rate_a_source_is_told_so_and_then_nothing(house: House) -> None:
    verdicts = [house.asks("INVITE") for _ in range(int(INVITES.burst) + TOLD_TIMES + 5)]
    codes = [code(one) for one in verdicts]
    assert codes == [401] * int(INVITES.burst) + [503] * TOLD_TIMES + [None] * 5
    told = verdicts[int(INVITES.burst)]
    assert isinstance(told, Refusal)
    assert told.headers == (("Retry-After", "30"),)
    assert house.asks("INVITE", Hop("UDP", "203.0.113.10", 5060)) is not None
    house.clock.pass_s(LOG_EACH_S + 1)
    assert code(house.asks("INVITE")) == 401


def test_methods_have_rates_of_their_own(house: House) -> None:
    while code(house.asks("INVITE")) == 401:
        pass
    assert code(house.asks("REGISTER")) == 401


def test_a_flood_of_packets_is_not_read(house: House) -> None:
    heard = sum(house.gate.hears(STRANGER) for _ in range(10 * int(PACKETS.burst)))
    assert heard == PACKETS.burst


def test_what_cannot_be_read_is_answered_within_bounds(house: House) -> None:
    assert sum(house.gate.may_answer(STRANGER) for _ in range(1000)) == ANSWERS.burst
    assert all(house.gate.may_answer(TRUNK) for _ in range(1000))


def test_forged_sources_together_get_a_bounded_number_of_answers(house: House) -> None:
    hops = [Hop("UDP", f"203.0.{n // 250}.{n % 250}", 5060) for n in range(2000)]
    assert sum(house.asks("INVITE", hop) is not None for hop in hops) == ANSWERS_TO_ALL.burst
    assert house.asks("INVITE", Hop("TCP", "203.0.0.1", 5060)) is not None


def test_server_transactions_are_bounded_for_one_source_and_for_all(house: House) -> None:
    assert code(house.asks("INVITE", load=Load(transactions=MAX_TRANSACTIONS_OF_ONE))) == 503
    assert code(house.asks("INVITE", TRUNK, load=Load(all_transactions=MAX_TRANSACTIONS))) == 503


def test_the_table_of_sources_does_not_grow(house: House) -> None:
    for n in range(MAX_SOURCES + 100):
        house.asks("OPTIONS", Hop("UDP", str(ipaddress.ip_address(0x0B000000 + n)), 5060))
    assert len(house.gate._sources) == MAX_SOURCES


def test_a_phone_fits_into_the_rates(house: House) -> None:
    """Thirty phones behind one address, all at once after a power cut."""
    assert all(house.proves("REGISTER") == PROVEN for _ in range(30))
    assert int(REGISTERS.burst) >= 60


# --- within dialogs ---------------------------------------------------------------------------------------------


def dialog(hop: Hop, *extra: str, symmetric: bool = False) -> Dialog:
    text = request("INVITE", extra=extra).replace("caller@127.0.0.1:5090", "caller@10.9.9.9:5090")
    message = read(text.encode(), hop)
    assert isinstance(message, ReceivedRequest)
    made = Dialog.of_invite(message, "ours")
    made.symmetric = symmetric
    return made


@pytest.mark.parametrize("host", ["203.0.113.9", "10.9.9.9", "192.0.2.1"])
def test_12_2_a_trusted_dialog_goes_on_from_its_source_contact_and_routes(host: str) -> None:
    assert speaks_for(dialog(STRANGER, "Record-Route: <sip:192.0.2.1;lr>"), host)


@pytest.mark.parametrize("host", ["10.9.9.9", "192.0.2.1", "203.0.113.10"])
def test_the_dialog_of_a_stranger_goes_on_from_its_source_only(host: str) -> None:
    its = dialog(STRANGER, "Record-Route: <sip:192.0.2.1;lr>", symmetric=True)
    assert speaks_for(its, STRANGER.host)
    assert not speaks_for(its, host)


def test_the_right_tags_from_elsewhere_look_like_no_dialog_at_all(house: House) -> None:
    bye = received("BYE", STRANGER, to_tag="ours")
    assert house.gate.judge_within(bye, dialog(OFFICE, symmetric=True)) == Refusal(481)
    assert house.gate.judge_within(bye, None) == Refusal(481)
    assert house.gate.judge_within(bye, dialog(STRANGER, symmetric=True)) == Admitted(trusted=False)
    assert house.gate.judge_within(received("BYE", TRUNK, to_tag="ours"), dialog(OFFICE)) == Admitted()


# --- the parts --------------------------------------------------------------------------------------------------


def test_networks_are_read_from_a_list() -> None:
    assert [str(one) for one in networks_of("10.0.0.0/8, 192.0.2.7 ::1", "X")] == [
        "10.0.0.0/8",
        "192.0.2.7/32",
        "::1/128",
    ]
    for wrong in ("office", "10.0.0.1/8", "10.0.0.0/99"):
        with pytest.raises(BadInput, match="LINIYA_SIP_ACCEPT_FROM"):
            networks_of(wrong, "LINIYA_SIP_ACCEPT_FROM")


def test_a_source_of_ipv6_is_its_64() -> None:
    assert source_of("2001:db8::1") == source_of("2001:db8::ffff:1") != source_of("2001:db8:0:1::1")
    assert source_of("::ffff:192.0.2.1") == source_of("192.0.2.1") == "192.0.2.1"
    assert source_of("fe80::1%eth0") == "fe80::/64"


def test_a_bucket_fills_again_with_time_and_never_above_its_burst() -> None:
    bucket = Bucket(Rate(2, 0.5), 0)
    assert [bucket.take(0), bucket.take(0), bucket.take(0)] == [True, True, False]
    assert [bucket.take(2), bucket.take(2)] == [True, False]
    assert [bucket.take(1000) for _ in range(3)] == [True, True, False]
    assert not bucket.take(0), "a clock that went back gives nothing"


def test_the_entry_unused_for_longest_gives_way() -> None:
    made = iter(range(10))
    table: Recent[str, int] = Recent(2, lambda: next(made))
    assert [table.of(key) for key in "abacb"] == [0, 1, 0, 2, 3]
    assert (table.known("a"), table.known("c")) == (None, 2)
