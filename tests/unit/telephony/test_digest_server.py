"""Digest, the server's side: RFC 7616, RFC 8760, RFC 3261 22."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.digest import Challenge, Credentials
from app.telephony.digest_server import MAX_NONCES, NONCE_LASTS_S, DigestServer, Hashes, Outcome, Proof
from app.telephony.wire import Hop, ReceivedRequest, read
from tests.unit.telephony.peer import CALLER, VirtualClock, request

URI = "sip:245022@127.0.0.2"
PASSWORD = "correct horse"
HASHES = Hashes.of("ivanova", "liniya", PASSWORD)


class Desk:
    """A digest server, and a client that answers its challenges."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        known = {"ivanova": HASHES}
        self.server = DigestServer("liniya", known.get, self._now, ("SHA-256", "MD5"))

    def _now(self) -> float:
        return self.clock.now_s

    def challenge(self, algorithm: str = "SHA-256", host: str = CALLER.host) -> Challenge:
        challenges = [Challenge.parse(value) for value in self.server.challenges(host)]
        return next(one for one in challenges if one.algorithm == algorithm)

    def check(self, authorization: str, method: str = "INVITE", hop: Hop = CALLER, uri: str = URI) -> Proof:
        text = request(method, uri=uri, extra=[f"Authorization: {authorization}"])
        received = read(text.encode(), hop)
        assert isinstance(received, ReceivedRequest)
        return self.server.check(received)


def answer(challenge: Challenge, *, user: str = "ivanova", password: str = PASSWORD, count: int = 1) -> Credentials:
    return Credentials(challenge, user, password, "INVITE", URI, count, "c0ffee")


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_the_right_password_proves_the_user(desk: Desk, algorithm: str) -> None:
    assert desk.check(str(answer(desk.challenge(algorithm)))) == Proof(Outcome.PROVEN, "ivanova")


def test_rfc8760_2_3_the_stronger_algorithm_comes_first(desk: Desk) -> None:
    first, second = (Challenge.parse(value) for value in desk.server.challenges(CALLER.host))
    assert (first.algorithm, second.algorithm) == ("SHA-256", "MD5")
    assert first.realm == second.realm == "liniya"
    assert first.qop == second.qop == ("auth",)
    assert not first.stale


def test_rfc7616_3_9_1_the_example_of_the_rfc() -> None:
    """The hashes of the RFC's own user, in its realm."""
    known = Hashes.of("Mufasa", "http-auth@example.org", "Circle of Life")
    assert known.md5 == "3d78807defe7de2157e2b0b6573a855f"
    assert known.sha256 == "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"


def test_an_algorithm_that_was_not_offered_proves_nothing() -> None:
    desk = Desk()
    desk.server = DigestServer("liniya", lambda _user: HASHES, desk._now)
    (value,) = desk.server.challenges(CALLER.host)
    challenge = Challenge.parse(value)
    assert challenge.algorithm == "MD5"
    assert desk.check(str(answer(challenge))).outcome is Outcome.PROVEN
    stronger = dataclasses.replace(challenge, algorithm="SHA-256")
    assert desk.check(str(answer(stronger, count=2))).outcome is Outcome.WRONG


@pytest.mark.parametrize("changed", [{"password": "guess"}, {"user": "petrov"}])
def test_a_wrong_password_and_an_unknown_user_look_alike(desk: Desk, changed: dict[str, str]) -> None:
    assert desk.check(str(answer(desk.challenge(), **changed))).outcome is Outcome.WRONG  # type: ignore[arg-type]


def test_the_method_is_bound(desk: Desk) -> None:
    assert desk.check(str(answer(desk.challenge())), method="REGISTER").outcome is Outcome.WRONG


def test_22_4_the_uri_is_that_of_the_request(desk: Desk) -> None:
    proof = desk.check(str(answer(desk.challenge())), uri="sip:+79001234567@127.0.0.2")
    assert proof.outcome is Outcome.WRONG


def test_22_4_parameters_of_the_uri_may_differ(desk: Desk) -> None:
    proof = desk.check(str(answer(desk.challenge())), uri=f"{URI};transport=udp")
    assert proof.outcome is Outcome.PROVEN


def test_a_nonce_is_bound_to_its_source(desk: Desk) -> None:
    proof = desk.check(str(answer(desk.challenge())), hop=Hop("UDP", "127.0.0.9", 5090))
    assert proof.outcome is Outcome.STALE


def test_a_nonce_goes_stale(desk: Desk) -> None:
    challenge = desk.challenge()
    desk.clock.pass_s(NONCE_LASTS_S)
    assert desk.check(str(answer(challenge))).outcome is Outcome.PROVEN
    desk.clock.pass_s(1)
    assert desk.check(str(answer(challenge, count=2))).outcome is Outcome.STALE
    assert all("stale=true" in value for value in desk.server.challenges(CALLER.host, stale=True))


def test_a_nonce_of_an_earlier_start_is_stale_whatever_the_password(desk: Desk) -> None:
    """It must not tell whether the password was right."""
    old = Desk().challenge()
    assert desk.check(str(answer(old))).outcome is Outcome.STALE
    assert desk.check(str(answer(old, password="guess"))).outcome is Outcome.STALE


@pytest.mark.parametrize("nonce", ["", "0" * 60, "\N{GREEK SMALL LETTER ALPHA}" * 60, "f" * 59, "g" * 60])
def test_a_nonce_that_we_never_made(desk: Desk, nonce: str) -> None:
    assert desk.check(str(answer(dataclasses.replace(desk.challenge(), nonce=nonce)))).outcome is Outcome.STALE


def test_opaque_comes_back(desk: Desk) -> None:
    other = dataclasses.replace(desk.challenge(), opaque="1234")
    assert desk.check(str(answer(other))).outcome is Outcome.STALE


def test_rfc7616_3_4_a_count_is_good_once(desk: Desk) -> None:
    challenge = desk.challenge()
    outcomes = [desk.check(str(answer(challenge, count=n))).outcome for n in (1, 1, 3, 2, 2, 100, 3, 36, 37, 37)]
    good, replayed = Outcome.PROVEN, Outcome.STALE
    # 36 lies 64 below 100: beyond the window.
    assert outcomes == [good, replayed, good, good, replayed, good, replayed, replayed, good, replayed]


@pytest.mark.parametrize("cut", ["qop=auth, ", "nc=00000001, ", 'cnonce="c0ffee", '])
def test_without_qop_nothing_is_proven(desk: Desk, cut: str) -> None:
    text = str(answer(desk.challenge())) + ", "
    assert cut in text
    assert desk.check(text.replace(cut, "").rstrip(", ")).outcome is Outcome.WRONG


@pytest.mark.parametrize("algorithm", ["MD5-sess", "SHA-512-256", "AKAv1-MD5"])
def test_another_algorithm_is_refused(desk: Desk, algorithm: str) -> None:
    text = str(answer(desk.challenge("MD5"))).replace("algorithm=MD5", f"algorithm={algorithm}")
    assert desk.check(text).outcome is Outcome.WRONG


@pytest.mark.parametrize(
    "value", ["", "Basic aXZhbm92YTo=", "Digest", 'Digest realm="other", nonce="1"', "Digest a b"]
)
def test_credentials_of_another_kind_are_none(desk: Desk, value: str) -> None:
    assert desk.check(value) == Proof(Outcome.MISSING)


def test_a_forgotten_nonce_cannot_be_replayed(desk: Desk) -> None:
    first = str(answer(desk.challenge()))
    assert desk.check(first).outcome is Outcome.PROVEN
    for _ in range(MAX_NONCES):
        desk.clock.pass_s(0.01)
        assert desk.check(str(answer(desk.challenge()))).outcome is Outcome.PROVEN
    assert desk.check(first).outcome is Outcome.STALE
    assert len(desk.server._used) == MAX_NONCES


@given(st.text(max_size=200))
def test_no_header_raises(text: str) -> None:
    desk = Desk()
    headers = ["".join(char for char in text if char.isprintable()), f'Digest realm="liniya", {text!r}']
    for value in headers:
        assert desk.check(value).outcome is not Outcome.PROVEN


def test_what_is_not_asked_for_is_not_taken() -> None:
    md5_only = DigestServer("liniya", lambda _: HASHES, lambda: 0.0, ("MD5",))
    assert [challenge.rpartition("=")[2] for challenge in md5_only.challenges("192.0.2.1")] == ["MD5"]
