"""Calls with baresip and linphone over TLS, under SRTP, and in wide band."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.application.ports import Clip, LegEnd, LegId
from app.telephony.account import Account
from app.telephony.media_policy import MediaPolicy
from tests.integration.telephony.authority import Authority
from tests.integration.telephony.baresip_phone import baresip
from tests.integration.telephony.exchange import LOOPBACK, Exchange, open_exchange
from tests.integration.telephony.linphone_phone import linphone
from tests.integration.telephony.rtp_peer import until
from tests.integration.telephony.sound import share_of_tone, tone

pytestmark = pytest.mark.needs_debian("baresip", "linphonec", "openssl")

ITS_TONE_HZ = 300
OUR_TONE_HZ = 440
SAYS = tone(ITS_TONE_HZ, 20)
GREETING = Clip("tone", tone(OUR_TONE_HZ, 1).astype("<i2").tobytes())
HERE = f"IP:{LOOPBACK}", f"DNS:{LOOPBACK}"
"""linphone looks among the names only, for an address too."""
WIDE = MediaPolicy(codecs=("G722", "PCMA"))
KEYED = MediaPolicy(srtp="required", keys_in_clear=True)


def hears_it(exchange: Exchange, leg: LegId) -> bool:
    """Whether its tone came in the last quarter of a second."""
    heard = exchange.samples(leg)[-2000:]
    return len(heard) == 2000 and abs(heard).max() > 1000 and share_of_tone(heard, ITS_TONE_HZ) > 0.9


async def test_rfc3551_4_5_2_baresip_in_wide_band(tmp_path: Path) -> None:
    async with (
        open_exchange(policy=WIDE) as exchange,
        baresip(tmp_path, "g722/16000/1", SAYS, config="module g722.so", rate=16000) as peer,
    ):
        exchange.greeting = GREETING
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.port}")
        await until(lambda: exchange.legs and hears_it(exchange, exchange.legs[0]), "it is heard")
        await until(lambda: len(exchange.samples(exchange.legs[0])) > 12000, "a second and a half of the call")
        assert exchange.agreed[0].codec == "G722"
        await peer.command("hangup")
        await exchange.until_heard("ended")
        await until(lambda: len(peer.heard()) > 8000, "what baresip heard is written")
        assert share_of_tone(peer.heard()[-8000:], OUR_TONE_HZ) > 0.9


async def test_rfc3551_4_5_2_linphone_in_wide_band(tmp_path: Path) -> None:
    async with open_exchange(policy=WIDE) as exchange, linphone(tmp_path, SAYS, codecs=["G722"]) as phone:
        exchange.greeting = GREETING
        phone.type(f"call sip:245022@{LOOPBACK}:{exchange.port}")
        await until(lambda: exchange.legs and hears_it(exchange, exchange.legs[0]), "it is heard")
        assert exchange.agreed[0].codec == "G722"
        await until(lambda: len(phone.heard(16000)) > 12000, "a second and more of what linphone hears")
        assert share_of_tone(phone.heard(16000)[-4000:], OUR_TONE_HZ) > 0.9


async def test_rfc4568_baresip_under_srtp(tmp_path: Path) -> None:
    async with (
        open_exchange(policy=KEYED) as exchange,
        baresip(tmp_path, "pcma", SAYS, account=";mediaenc=srtp-mand", config="module srtp.so") as peer,
    ):
        exchange.greeting = GREETING
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.port}")
        await until(lambda: exchange.legs and hears_it(exchange, exchange.legs[0]), "it is heard")
        await until(lambda: len(exchange.samples(exchange.legs[0])) > 12000, "a second and a half of the call")
        assert exchange.agreed[0].srtp_in is not None
        await peer.command("hangup")
        await exchange.until_heard("ended")
        await until(lambda: len(peer.heard()) > 8000, "what baresip heard is written")
        assert share_of_tone(peer.heard()[-4000:], OUR_TONE_HZ) > 0.9


@pytest.mark.parametrize("dialled", [False, True])
async def test_rfc4568_linphone_under_srtp(tmp_path: Path, dialled: bool) -> None:
    async with (
        open_exchange(policy=KEYED) as exchange,
        linphone(tmp_path, SAYS, sip="media_encryption=srtp", answers=True) as phone,
    ):
        assert exchange.line is not None
        exchange.greeting = GREETING
        if dialled:
            exchange.legs.append(exchange.line.dial(f"sip:linphone@{LOOPBACK}:{phone.port}", ring_for_s=10))
        else:
            phone.type(f"call sip:245022@{LOOPBACK}:{exchange.port}")
        await until(lambda: exchange.legs and hears_it(exchange, exchange.legs[0]), "it is heard")
        assert exchange.agreed[0].srtp_in is not None
        await until(lambda: len(phone.heard()) > 12000, "a second and more of what linphone hears")
        assert share_of_tone(phone.heard()[-4000:], OUR_TONE_HZ) > 0.9


async def test_who_will_not_be_protected_is_turned_away(tmp_path: Path) -> None:
    async with open_exchange(policy=KEYED) as exchange, linphone(tmp_path, SAYS) as phone:
        phone.type(f"call sip:245022@{LOOPBACK}:{exchange.port}")
        await phone.until_said("error.")
        assert exchange.heard == []


async def test_26_2_baresip_calls_over_tls_under_srtp(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.sign(*HERE).listener
    config = f"module srtp.so\nsip_cafile {authority.file}\nsip_verify_server yes"
    async with (
        open_exchange(policy=MediaPolicy(srtp="required"), tls=tls) as exchange,
        baresip(tmp_path, "pcma", SAYS, account=";mediaenc=srtp-mand", config=config) as peer,
    ):
        assert exchange.line is not None
        await peer.command("dial", f"sip:245022@{LOOPBACK}:{exchange.line.tls_port};transport=tls")
        await until(lambda: exchange.legs and hears_it(exchange, exchange.legs[0]), "it is heard")
        for key in "7#":
            await peer.command("sndcode", key)
        await until(lambda: exchange.keys == "7#", "its keys")
        await peer.command("hold")
        await peer.command("resume")
        await until(lambda: [one.receives for one in exchange.agreed] == [True, False, True], "its re-INVITEs")
        await peer.command("hangup")
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


async def test_26_3_1_we_call_baresip_over_tls_and_know_it_by_its_certificate(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    its = authority.sign(*HERE)
    both = tmp_path / "both.pem"
    both.write_text(its.certificate.read_text() + its.key.read_text())
    answers = f"<sip:+78512245022@{LOOPBACK};transport=tls>;regint=0;answermode=auto;audio_codecs=pcma"
    config = f"sip_certificate {both}"
    async with baresip(tmp_path, "pcma", SAYS, accounts=answers, config=config) as peer:
        trunk = Account(
            LOOPBACK, "line", "", port=peer.port + 1, transport="TLS", registers=False, tls=authority.trust
        )
        async with open_exchange(trunk=trunk) as exchange:
            assert exchange.line is not None
            leg = exchange.line.dial("+78512245022", ring_for_s=10)
            await exchange.until_heard("answered")
            await until(lambda: hears_it(exchange, leg), "it is heard")
            exchange.line.hang_up(leg)


async def test_26_2_linphone_calls_over_tls_under_srtp(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = authority.sign(*HERE).listener
    sip = f"root_ca={authority.file}\nverify_server_certs=1\nmedia_encryption=srtp"
    async with (
        open_exchange(policy=MediaPolicy(srtp="required"), tls=tls) as exchange,
        linphone(tmp_path, SAYS, sip=sip) as phone,
    ):
        assert exchange.line is not None
        phone.type(f"call sip:245022@{LOOPBACK}:{exchange.line.tls_port};transport=tls")
        await until(lambda: exchange.legs and hears_it(exchange, exchange.legs[0]), "it is heard")
        phone.type("terminate")
        await exchange.until_heard("ended")
        assert exchange.ends() == [LegEnd.HUNG_UP]


async def test_26_3_1_linphone_will_not_talk_to_a_line_it_cannot_know(tmp_path: Path) -> None:
    tls = Authority(tmp_path).sign(*HERE).listener
    sip = f"root_ca={Authority(tmp_path, 'stranger').file}\nverify_server_certs=1"
    async with open_exchange(tls=tls) as exchange, linphone(tmp_path, SAYS, sip=sip) as phone:
        assert exchange.line is not None
        phone.type(f"call sip:245022@{LOOPBACK}:{exchange.line.tls_port};transport=tls")
        await phone.until_said("error.")
        assert exchange.heard == []
