"""Digest: the vectors of RFC 2617, RFC 2069 (erratum 749) and RFC 7616, the choice of RFC 8760."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.digest import MAX_REALMS, Authenticator, Challenge, Credentials, Nonces, choose
from app.telephony.errors import BadMessage
from app.telephony.wire import ReceivedRequest, ReceivedResponse, read
from tests.unit.telephony.peer import CALLER, request, response

NONCE_2617 = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
NONCE_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
PROXY = 'Digest realm="r", nonce="n1", qop="auth"'
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def credentials(challenge: Challenge, password: str, cnonce: str) -> Credentials:
    return Credentials(challenge, "Mufasa", password, "GET", "/dir/index.html", 1, cnonce)


def test_rfc2617_3_5() -> None:
    challenge = Challenge("testrealm@host.com", NONCE_2617, qop=("auth", "auth-int"))
    answer = credentials(challenge, "Circle Of Life", "0a4f113b")
    assert answer.response == "6629fae49393a05397450978507c4ef1"


def test_rfc2069_2_4_without_qop() -> None:
    challenge = Challenge("testrealm@host.com", NONCE_2617)
    assert credentials(challenge, "CircleOfLife", "").response == "1949323746fe6a43ef61f9606e7febea"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc7616_3_9_1(algorithm: str, response: str) -> None:
    challenge = Challenge("http-auth@example.org", NONCE_7616, algorithm, qop=("auth",))
    assert credentials(challenge, "Circle of Life", CNONCE_7616).response == response


def test_rfc7616_3_4_what_is_quoted() -> None:
    challenge = Challenge('a "realm"', "n", opaque="o", qop=("auth",))
    text = str(credentials(challenge, "p", "c"))
    for part in (r'realm="a \"realm\""', "qop=auth,", "nc=00000001", "algorithm=MD5", 'opaque="o"', 'cnonce="c"'):
        assert part in text


def test_a_list_within_quotes_is_one_value() -> None:
    challenge = Challenge.parse(
        'Digest realm="a, b", domain="sip:x", nonce="n\\"q", qop="auth,auth-int", stale=TRUE, algorithm=sha-256'
    )
    assert challenge == Challenge("a, b", 'n"q', "sha-256", None, ("auth", "auth-int"), stale=True)
    assert challenge.usable


def test_rfc8760_2_4_the_topmost_that_is_known() -> None:
    values = [
        'Digest realm="r", nonce="1", algorithm=SHA3-512, qop="auth"',
        'Digest realm="r", nonce="1", algorithm=SHA-256, qop="auth-int"',
        'Basic realm="r"',
        'Digest realm="r", nonce="2", algorithm=SHA-256, qop="auth"',
        'Digest realm="r", nonce="3", algorithm=MD5, qop="auth"',
    ]
    chosen = choose(values)
    assert chosen is not None
    assert chosen.nonce == "2"


def test_integrity_alone_is_not_spoken() -> None:
    assert choose(['Digest realm="r", nonce="1", qop="auth-int"']) is None


def test_nonce_count_counts_the_uses_of_one_nonce() -> None:
    who = Authenticator("u", "p")
    assert who.headers("REGISTER", "sip:x") == []
    assert who.challenged(401, ['Digest realm="r", nonce="1", qop="auth"'])
    found = [who.headers("REGISTER", "sip:x")[0] for _ in range(2)]
    assert [name for name, _ in found] == ["Authorization"] * 2
    assert "nc=00000001" in found[0][1]
    assert "nc=00000002" in found[1][1]
    who.accepted()
    assert who.challenged(407, ['Digest realm="r", nonce="2", qop="auth"'])
    (_, registrar), (name, value) = who.headers("INVITE", "sip:x")
    assert "nc=00000003" in registrar, "22.3: whoever asked before finds its answer again"
    assert name == "Proxy-Authorization"
    assert "nc=00000001" in value


def test_a_wrong_password_is_tried_once() -> None:
    who = Authenticator("u", "p")
    assert who.challenged(401, ['Digest realm="r", nonce="1"'])
    assert not who.challenged(401, ['Digest realm="r", nonce="2"'])


def test_rfc7616_3_3_a_stale_nonce_is_no_refusal_but_not_for_ever() -> None:
    who = Authenticator("u", "p")
    tried = [who.challenged(401, [f'Digest realm="r", nonce="{n}", stale=true']) for n in range(4)]
    assert tried == [True, True, True, False]


def test_22_3_the_nonces_of_an_account_serve_all_its_requests() -> None:
    nonces = Nonces()
    registering = Authenticator("u", "p", nonces)
    assert registering.challenged(407, [PROXY])
    calling = Authenticator("u", "p", nonces)
    assert "nc=00000001" in calling.headers("INVITE", "sip:x")[0][1], "no challenge is waited for"
    assert "nc=00000002" in registering.headers("REGISTER", "sip:x")[0][1]
    assert calling.challenged(407, [PROXY.replace("n1", "n2")]), "a new nonce is no refusal of the password"
    assert 'nonce="n2"' in calling.headers("INVITE", "sip:x")[0][1]
    assert not calling.challenged(407, [PROXY.replace("n1", "n3")])
    assert registering.headers("REGISTER", "sip:x") == [], "what was refused is not shown again"


def test_22_3_proxies_of_several_realms() -> None:
    who = Authenticator("u", "p")
    assert who.challenged(407, [PROXY, PROXY.replace('"r"', '"other"')])
    found = who.headers("INVITE", "sip:x")
    assert [name for name, _ in found] == ["Proxy-Authorization"] * 2
    assert 'realm="other"' in found[1][1]


def test_a_server_of_ever_new_realms_is_not_followed_for_ever() -> None:
    who = Authenticator("u", "p")
    tried = [who.challenged(401, [f'Digest realm="{n}", nonce="1"']) for n in range(20)]
    assert False in tried
    assert len(who.headers("INVITE", "sip:x")) <= 2 * MAX_REALMS


@pytest.mark.parametrize(
    ("info", "nonce"),
    [('nextnonce="n2", qop=auth, nc=00000001', "n2"), ("qop=auth", "n1"), ('nextnonce="n', "n1"), ("", "n1")],
)
def test_rfc7616_3_5_the_nonce_to_use_next(info: str, nonce: str) -> None:
    who = Authenticator("u", "p")
    assert who.challenged(407, [PROXY])
    who.headers("INVITE", "sip:x")
    asked = read(request("OPTIONS").encode(), CALLER)
    assert isinstance(asked, ReceivedRequest)
    said = read(response(asked.message, 200, extra=[f"Proxy-Authentication-Info: {info}"]).encode(), CALLER)
    assert isinstance(said, ReceivedResponse)
    who.accepted(said)
    value = who.headers("BYE", "sip:x")[0][1]
    assert f'nonce="{nonce}"' in value
    assert ("nc=00000001" in value) is (nonce == "n2")


def test_rfc7616_3_9_2_sha_512_256_of_our_own_making() -> None:
    """The example of 3.9.2 was computed with another function (erratum 4897): this is FIPS 180-4's."""
    challenge = Challenge("api@example.org", "5TsQ", "SHA-512-256", qop=("auth",))
    answer = credentials(challenge, "Secret, or not?", "NTg6")

    def digest(text: str) -> str:
        return hashlib.new("sha512_256", text.encode()).hexdigest()

    secret, asked = digest("Mufasa:api@example.org:Secret, or not?"), digest("GET:/dir/index.html")
    assert answer.response == digest(f"{secret}:5TsQ:00000001:NTg6:auth:{asked}")


def test_no_password_in_what_is_printed() -> None:
    assert "Circle" not in repr(credentials(Challenge("r", "n"), "Circle of Life", "c"))


@given(st.text(max_size=200))
def test_any_text_is_a_challenge_or_none(text: str) -> None:
    for value in (text, "Digest " + text, 'Digest realm="r", nonce="n", ' + text):
        try:
            Challenge.parse(value)
        except BadMessage:
            assert choose([value]) is None
