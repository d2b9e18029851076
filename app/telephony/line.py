"""The line: the application's `PhoneLine` over SIP, with the media engine beside it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from app.application.ports import Clip, LegEnd, LegId, LegQuality, PhoneEvents, Rejection, Timer
from app.domain.errors import BadInput
from app.telephony.access import Access
from app.telephony.account import Account
from app.telephony.accounts import AccountBook, contact_users, tls_servers
from app.telephony.admission import WhoMayCall
from app.telephony.calls import Call
from app.telephony.dialling import Dialler, NoWay
from app.telephony.leg_ends import REASONS_WHY, REJECTIONS, end_of
from app.telephony.limits import USUAL, Limits
from app.telephony.line_transfers import LineTransfers
from app.telephony.location import Locator
from app.telephony.media_policy import IN_THE_CLEAR, MediaPolicy
from app.telephony.media_port import MediaEngine
from app.telephony.messages import Identity
from app.telephony.reasons import HUNG_UP, Reason
from app.telephony.sdp import is_host
from app.telephony.tls import TlsListener
from app.telephony.transactions import Timing
from app.telephony.transport import Peers, SipTransport
from app.telephony.trunk import TrunkStatus
from app.telephony.user_agent import UserAgent
from app.telephony.wire import Hop

log = structlog.get_logger()

STOP_S = 2.0
"""How long the end of all calls may take before the line is closed over them."""


@dataclass
class _BrowserLeg:
    login: str
    answered: bool = False


class SipLine:
    """A `PhoneLine`. Made with plain values; `report_to` before `start`.

    `media` is started and stopped with the line, and reports to it. `advertised_host` is the address that messages
    and descriptions give: an IP literal that the peers can reach. `user` is who calls an address without a trunk.
    `policy` says which codecs are spoken, and whether under SRTP; `who_may_call` who is let in, and whose phones
    may register here. Numbers are dialled through the accounts that take them, of which `trunk` may be one; every
    account that `registers` is registered while the line is up. `tls` is where TLS is taken, `dns_server` the
    resolver (`host:port`) of their names, "" for the machine's.
    """

    def __init__(
        self,
        *,
        host: str,
        port: int,
        advertised_host: str,
        user_agent: str,
        user: str = "line",
        media: MediaEngine,
        accounts: Sequence[Account] = (),
        trunk: Account | None = None,
        tls: TlsListener | None = None,
        dns_server: str = "",
        timing: Timing | None = None,
        policy: MediaPolicy = IN_THE_CLEAR,
        who_may_call: WhoMayCall | None = None,
        limits: Limits = USUAL,
    ) -> None:
        self._host = host
        self._port = port
        self._advertised_host = advertised_host
        self._name = user_agent
        self._user = user
        self._timing = timing or Timing()
        self._policy = policy
        self._limits = limits
        self._who_may_call = who_may_call or WhoMayCall()
        self._access: Access | None = None
        self.media = media
        media.report_to(self)
        self._tls = tls
        self._dns_server = dns_server
        self._accounts = [*accounts, *([trunk] if trunk is not None and trunk not in accounts else [])]
        self._events: PhoneEvents | None = None
        self._transport: SipTransport | None = None
        self._agent: UserAgent | None = None
        self._book: AccountBook | None = None
        self._dialler: Dialler | None = None
        self._calls: dict[LegId, Call] = {}
        self._browsers: dict[LegId, _BrowserLeg] = {}
        self._transfers = LineTransfers(self._calls, self.hang_up)
        self._timers: dict[LegId, Timer] = {}
        self._connected: set[str] = set()
        self._answering: LegId | None = None

    @property
    def port(self) -> int:
        """The port that is listened on, once started."""
        return self._transport.port if self._transport is not None else 0

    def registered(self, account: Account) -> bool:
        """Whether the account's server has us now."""
        return self._book is not None and self._book.registered(account)

    @property
    def tls_port(self) -> int:
        """The port on which TLS is taken, 0 while it is not."""
        return self._transport.tls_port if self._transport is not None else 0

    @property
    def trunks(self) -> list[TrunkStatus]:
        """Every account as it is now."""
        return self._book.statuses if self._book is not None else []

    def report_to(self, events: PhoneEvents) -> None:
        """Who hears of calls."""
        self._events = events

    async def start(self) -> None:
        """Open the port and the media. Raises Unavailable or BadInput, in one line with how to mend it."""
        if not is_host(self._advertised_host) or self._advertised_host in ("0.0.0.0", "::"):
            raise BadInput(
                f"{self._advertised_host!r} cannot be advertised to SIP peers: set the advertised SIP address to an"
                " IP address of this machine that they can reach"
            )
        transport = SipTransport(self._on_message, self._on_failure, self._on_lost)
        servers = tls_servers(self._accounts)
        locator = Locator(self._dns_server, ipv6=":" in self._advertised_host)
        await transport.open(self._host, self._port, self._tls)
        try:
            await self.media.start()
        except BaseException:
            await transport.close()
            raise
        self._transport = transport
        identity = Identity(self._advertised_host, transport.port, self._name, transport.tls_port)
        loop = asyncio.get_running_loop()
        access = self._access = Access(self._who_may_call, self._host, self._accounts, self._account_at, loop.time)
        self._agent = UserAgent(
            identity,
            transport.send,
            loop,
            self.media,
            self,
            self._timing,
            access.gate,
            contact_users=contact_users(self._accounts),
            policy_for=self._policy_for,
            limits=self._limits,
        )
        access.open(self._agent, self._phone_changed)
        book = self._book = AccountBook(self._accounts, self._agent.layer, identity, locator, servers)
        transport.peers = Peers(book.tls_server, book.keeps, book.broke)
        self._dialler = Dialler(self._agent, book, self._calls, self._user, access.phone, self._fail_soon)
        book.start()
        log.info("line_open", host=self._host, port=transport.port, advertised_host=self._advertised_host)

    async def stop(self) -> None:
        """End every call and registration, wait for it within bounds, close."""
        agent, transport, book = self._agent, self._transport, self._book
        if agent is None or transport is None or book is None:
            return
        self._transfers.decline_all()
        for leg in [*self._calls, *self._browsers]:
            self.hang_up(leg)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._access is not None:
            self._access.close()
        if self._dialler is not None:
            self._dialler.close()
        await book.stop()
        answered = asyncio.Event()
        agent.layer.on_answered = answered.set
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_S):
                while agent.calls or agent.layer.busy:
                    answered.clear()
                    await answered.wait()
        agent.layer.close()
        await transport.close()
        await self.media.stop()
        self._agent = self._transport = self._book = self._dialler = None

    # -- PhoneLine, signalling

    def ring(self, leg: LegId) -> None:
        if leg in self._calls:
            self._calls[leg].ring()

    def answer(self, leg: LegId) -> None:
        if leg in self._calls:
            self._answering = leg
            self._calls[leg].answer()
            self._answering = None

    def reject(self, leg: LegId, why: Rejection) -> None:
        call = self._calls.pop(leg, None)
        if call is not None:
            call.reject(REJECTIONS[why])

    def dial(self, address: str, *, ring_for_s: float) -> LegId:
        leg = LegId(f"leg-{secrets.token_hex(8)}")
        scheme, _, rest = address.partition(":")
        if scheme == "browser":
            self._dial_browser(leg, rest)
        else:
            self._dial_sip(leg, address)
        if leg not in self._timers:
            self._later(leg, ring_for_s, lambda: self._end(leg, LegEnd.NO_ANSWER))
        return leg

    def hang_up(self, leg: LegId, why: Reason = HUNG_UP) -> None:
        self._cancel_timer(leg)
        call = self._calls.pop(leg, None)
        if call is not None:
            call.hang_up(why)
        if self._browsers.pop(leg, None) is not None:
            self.media.close(leg)

    # -- PhoneLine, media

    def bridge(self, one: LegId, other: LegId) -> None:
        self.media.bridge(one, other)

    def part(self, leg: LegId) -> None:
        self.media.part(leg)

    def play(self, leg: LegId, clips: Sequence[Clip], *, tag: str, loop: bool = False) -> None:
        self.media.play(leg, clips, tag=tag, loop=loop)

    def stop_playing(self, leg: LegId) -> None:
        self.media.stop_playing(leg)

    def listen(self, leg: LegId, sink: Callable[[bytes], None] | None) -> None:
        self.media.listen(leg, sink)

    def tap(self, leg: LegId, sink: Callable[[bytes, bytes], None] | None) -> None:
        self.media.tap(leg, sink)

    def confer(self, legs: Sequence[LegId]) -> None:
        self.media.confer(legs)

    def whisper(self, speaker: LegId, listener: LegId) -> None:
        self.media.whisper(speaker, listener)

    def answer_transfer(self, leg: LegId, *, accepted: bool) -> None:
        self._transfers.answer(leg, accepted=accepted)

    def refer(self, leg: LegId, target: str, then: Callable[[bool], None]) -> None:
        """Ask the leg's other side, a PBX, to take its call out of the line: to call `target`, a `sip:` address or
        a number of its own, instead. When that is reached the leg is hung up. `then` hears how it went, later,
        unless the leg ends first."""
        self._transfers.refer(leg, target, then)

    def refer_to_leg(self, leg: LegId, other: LegId, then: Callable[[bool], None]) -> None:
        """The same, to take the place of `other` (RFC 5589 7): both calls leave the line, and their far ends talk.
        `leg_ended` tells of the other leg, whose far end hangs up."""
        self._transfers.refer_to_leg(leg, other, then)

    def send_keys(self, leg: LegId, keys: str) -> None:
        """Press keys towards the leg, as the simulated caller does."""
        self.media.send_keys(leg, keys)

    # -- MediaEvents

    def on_key(self, leg: LegId, key: str) -> None:
        if self._events is not None and self._known(leg):
            self._events.key_pressed(leg, key)

    def on_playback_finished(self, leg: LegId, tag: str) -> None:
        if self._events is not None and self._known(leg):
            self._events.playback_finished(leg, tag)

    def on_lost(self, leg: LegId) -> None:
        self._end(leg, LegEnd.LOST)

    def on_quality(self, leg: LegId, quality: LegQuality) -> None:
        if self._events is not None and self._known(leg):
            self._events.quality_measured(leg, quality)

    def on_browser(self, login: str, connected: bool, microphone: bool) -> None:
        if connected:
            self._connected.add(login)
        else:
            self._connected.discard(login)
        for leg, browser in list(self._browsers.items()):
            if connected and browser.login == login and not browser.answered:
                self._later(leg, 0, partial(self._answered_by_browser, leg))
        if self._events is not None:
            self._events.browser_changed(login, connected=connected, microphone=microphone)

    # -- CallUser: what the user agent tells

    def call_arrived(self, call: Call, caller: str, dialled: str) -> None:
        if self._events is None:
            call.reject(503)
            return
        self._calls[call.leg] = call
        log.info("call_arrived", leg=call.leg, pd_caller=caller, pd_dialled=dialled)
        self._events.call_arrived(call.leg, caller=caller, dialled=dialled)

    def call_ringing(self, call: Call) -> None:
        if self._events is not None and call.leg in self._calls:
            self._events.leg_ringing(call.leg, with_sound=call.sounds_early)

    def call_answered(self, call: Call) -> None:
        self._cancel_timer(call.leg)
        if self._events is not None and call.leg in self._calls:
            self._events.leg_answered(call.leg)

    def call_ended(self, call: Call, code: int) -> None:
        if self._dialler is not None and self._dialler.goes_on(call, code):
            return
        log.info("call_ended", leg=call.leg, status=code)
        if self._calls.get(call.leg) is not call:
            return  # hung up, or given up for another way
        del self._calls[call.leg]
        if call.leg == self._answering:  # no command tells of its own leg before it returns
            self._later(call.leg, 0, partial(self._tell_ended, call.leg, end_of(code, call)))
        else:
            self._tell_ended(call.leg, end_of(code, call))

    def call_key(self, call: Call, key: str) -> None:
        self.on_key(call.leg, key)

    def call_transfer_asked(self, call: Call, target: str) -> None:
        log.info("transfer_asked", leg=call.leg, pd_target=target)
        self._transfers.asked(call)
        if self._events is None or call.leg not in self._calls:
            self.answer_transfer(call.leg, accepted=False)
        else:
            self._events.transfer_asked(call.leg, target=target)

    def call_replaced(self, call: Call, replaced: Call) -> None:
        log.info("call_replaced", leg=call.leg)
        if self._calls.get(call.leg) is replaced:
            self._calls[call.leg] = call

    def call_gone(self, call: Call) -> None:
        if self._dialler is not None:
            self._dialler.heard(call)
        if self._calls.get(call.leg) is call:
            del self._calls[call.leg]

    # -- dialling

    def _dial_browser(self, leg: LegId, login: str) -> None:
        self._browsers[leg] = _BrowserLeg(login)
        self.media.open_browser(leg, login)
        if login in self._connected:
            self._later(leg, 0, lambda: self._answered_by_browser(leg))

    def _dial_sip(self, leg: LegId, address: str) -> None:
        try:
            if self._dialler is None:
                raise NoWay("the line is not open")
            self._dialler.dial(leg, address)
        except NoWay as error:
            self._fail_soon(leg, str(error))

    def _fail_soon(self, leg: LegId, why: str) -> None:
        """`dial` returns before anything is told of its leg."""
        log.warning("dial_failed", leg=leg, why=why)
        self._later(leg, 0, lambda: self._tell_ended(leg, LegEnd.FAILED))

    # -- legs

    def _known(self, leg: LegId) -> bool:
        return leg in self._calls or leg in self._browsers

    def _answered_by_browser(self, leg: LegId) -> None:
        browser = self._browsers.get(leg)
        self._cancel_timer(leg)
        if browser is None or browser.answered or self._events is None:
            return
        browser.answered = True
        self._events.leg_answered(leg)

    def _end(self, leg: LegId, why: LegEnd) -> None:
        """End a leg of our own accord, and tell."""
        if self._known(leg):
            self.hang_up(leg, REASONS_WHY.get(why, HUNG_UP))
            self._tell_ended(leg, why)

    def _tell_ended(self, leg: LegId, why: LegEnd) -> None:
        self._cancel_timer(leg)
        if self._events is not None:
            self._events.leg_ended(leg, why)

    def _later(self, leg: LegId, seconds: float, action: Callable[[], None]) -> None:
        self._cancel_timer(leg)
        self._timers[leg] = asyncio.get_running_loop().call_later(seconds, action)

    def _cancel_timer(self, leg: LegId) -> None:
        timer = self._timers.pop(leg, None)
        if timer is not None:
            timer.cancel()

    def _policy_for(self, hop: Hop) -> MediaPolicy:
        """The policy of the account whose server is there or that calls in from there, else the line's."""
        return self._book.policy_at(hop.host, self._policy) if self._book is not None else self._policy

    # -- who may call

    def _account_at(self, host: str) -> Account | None:
        return self._book.account_at(host) if self._book is not None else None

    def _phone_changed(self, login: str, registered: bool) -> None:
        if self._events is not None:
            self._events.phone_registered(login, registered=registered)

    # -- the wire

    def _on_message(self, data: bytes, hop: Hop) -> None:
        if self._agent is not None:
            self._agent.receive(data, hop)

    def _on_failure(self, hop: Hop) -> None:
        if self._agent is not None:
            self._agent.transport_failed(hop)

    def _on_lost(self, hop: Hop) -> None:
        if self._agent is not None:
            self._agent.layer.transport_failed(hop, lost=True)
