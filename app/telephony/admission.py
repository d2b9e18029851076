"""Who may call (docs/decisions/0012-who-may-call.md): the gate of a line that is open to a network.

Trunks and the networks of the office are let in by their address, operators' phones and trunks without an address
of their own by digest, anybody else only where `anonymous` says so. Nobody is told more than that they must prove
who they are; who asks too often is told nothing. What an unknown source is answered is small, never repeated, and
counted: by source, and for datagrams, whose source may be forged, also for all sources together.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import structlog

from app.domain.errors import BadInput
from app.telephony.account import Account, Network
from app.telephony.dialogs import Dialog
from app.telephony.digest_server import MD5_ALONE, DigestServer, Hashes, HashesOf, Outcome
from app.telephony.errors import BadMessage
from app.telephony.gate import Admitted, Load, Refusal, Verdict
from app.telephony.lockouts import Lockouts
from app.telephony.rates import Bucket, Rate, Recent, source_of
from app.telephony.wire import Hop, ReceivedRequest, hop_of, parse_address

LOOPBACK: tuple[Network, ...] = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))

MAX_SOURCES = 4096
MAX_TRANSACTIONS = 20_000
"""Of all sources: two minutes of a hundred calls a second."""
MAX_TRANSACTIONS_OF_ONE = 64
TOLD_TIMES = 3
"""How often a source over its rate is told so before it meets silence."""
LOG_EACH_S = 60.0
RETRY_AFTER_S = 30

log = structlog.get_logger()


PACKETS = Rate(400, 100)
INVITES = Rate(20, 1)
REGISTERS = Rate(80, 4)
OTHERS = Rate(20, 1)
ANSWERS = Rate(100, 5)
"""What one source that is not trusted may send, and how many refusals it gets. An office of thirty phones behind
one address fits in."""
ANSWERS_TO_ALL = Rate(500, 100)
"""Refusals over UDP to all sources together."""


@dataclass(frozen=True)
class WhoMayCall:
    """The policy of a line, in plain values. `hashes_of` gives the digest hashes of an operator's phone by its
    login, `trunk_users` those of trunks that prove themselves by digest. `algorithms` are the digests asked for:
    some telephones give up where one is unknown to them (baresip 1.0), though RFC 8760 lets them choose."""

    office: tuple[Network, ...] = LOOPBACK
    anonymous: bool = False
    realm: str = "liniya"
    algorithms: tuple[str, ...] = MD5_ALONE
    calls_per_source: int = 4
    hashes_of: HashesOf = field(default=lambda _login: None, repr=False)
    trunk_users: Mapping[str, Hashes] = field(default_factory=dict, repr=False)


def trunk_users_of(accounts: Iterable[Account], realm: str) -> dict[str, Hashes]:
    """A PBX that calls from an address that nobody told us may prove itself with what we prove ourselves with."""
    return {one.digest_user: Hashes.of(one.digest_user, realm, one.password) for one in accounts if one.password}


def networks_of(text: str, setting: str) -> tuple[Network, ...]:
    """`10.0.0.0/8, 192.0.2.7` -> networks. BadInput names the setting."""
    found: list[Network] = []
    for part in text.replace(",", " ").split():
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError:
            raise BadInput(f"{setting}: «{part}» is no address or network; write 192.0.2.7 or 10.0.0.0/8") from None
    return tuple(found)


class _Source:
    """What is known of a source that is not trusted."""

    def __init__(self, now: float) -> None:
        self.packets = Bucket(PACKETS, now)
        self.answers = Bucket(ANSWERS, now)
        self.by_method = {
            "INVITE": Bucket(INVITES, now),
            "REGISTER": Bucket(REGISTERS, now),
            "OPTIONS": Bucket(OTHERS, now),
        }
        self.others = Bucket(OTHERS, now)
        self.told = 0
        self.over_at = now
        self.logged_at = -LOG_EACH_S
        self.refused = 0


class Admission:
    """A `Gate` by the policy. `trunk_at` names the trunk that an address belongs to, "" for none, `phone_at` says
    whether a phone is registered from an address; `now` gives seconds that never go back."""

    def __init__(
        self,
        policy: WhoMayCall,
        now: Callable[[], float],
        trunk_at: Callable[[str], str] = lambda _host: "",
        phone_at: Callable[[str], bool] = lambda _host: False,
    ) -> None:
        self._policy = policy
        self._trunk_at = trunk_at
        self._phone_at = phone_at
        self._now = now
        self._digest = DigestServer(policy.realm, self._hashes_of, now, policy.algorithms)
        self._lockouts = Lockouts(now)
        self._sources: Recent[str, _Source] = Recent(MAX_SOURCES, lambda: _Source(now()))
        self._answers = Bucket(ANSWERS_TO_ALL, now())
        self._in_office = lru_cache(maxsize=MAX_SOURCES)(self._is_in_office)

    def _hashes_of(self, user: str) -> Hashes | None:
        return self._policy.trunk_users.get(user) or self._policy.hashes_of(user)

    # -- Gate

    def trusts(self, hop: Hop) -> bool:
        return self._of_the_office(hop) or bool(self._trunk_at(hop.host))

    def hears(self, hop: Hop) -> bool:
        return self.trusts(hop) or self._source(hop).packets.take(self._now())

    def may_answer(self, hop: Hop) -> bool:
        return self.trusts(hop) or self._may_answer(hop)

    def judge(self, request: ReceivedRequest, load: Load) -> Verdict:
        if load.all_transactions >= MAX_TRANSACTIONS:
            return self._over(request, "too much under way")
        if not self.trusts(request.hop):
            return self._judge_stranger(request, load)
        if request.method == "REGISTER" or (self._claims_a_phone(request) and not self._trunk_at(request.hop.host)):
            return self._by_digest(request, load, trusted=True)
        return Admitted()

    def judge_within(self, request: ReceivedRequest, dialog: Dialog | None) -> Verdict:
        if self.trusts(request.hop):
            return Admitted()
        if dialog is not None and speaks_for(dialog, request.hop.host):
            return Admitted(trusted=False)
        return self._refused(request, Refusal(481), "no dialog of this source")

    # -- strangers

    def _judge_stranger(self, request: ReceivedRequest, load: Load) -> Verdict:
        source = self._source(request.hop)
        if self._lockouts.locked_out(source_of(request.hop.host)):
            return self._unheard(request, "locked out")
        bucket = source.by_method.get(request.method, source.others)
        if not bucket.take(self._now()) or load.transactions >= MAX_TRANSACTIONS_OF_ONE:
            return self._over(request, "asks too often")
        match request.method:
            case "INVITE" if self._policy.anonymous and not self._has_credentials(request):
                return self._anonymous(request, load)
            case "INVITE" | "REGISTER":
                return self._by_digest(request, load, trusted=False)
            case "OPTIONS" if self._policy.anonymous or self._phone_at(request.hop.host):
                return Admitted(trusted=False)
            case "OPTIONS" | "CANCEL":
                return self._unheard(request, "unknown source")
        return self._refused(request, Refusal(403), "unknown source")

    def _anonymous(self, request: ReceivedRequest, load: Load) -> Verdict:
        if self._claims_a_phone(request):
            return self._by_digest(request, load, trusted=False)
        if load.calls >= self._policy.calls_per_source:
            return self._over(request, "too many calls of one source")
        return Admitted(trusted=False)

    def _by_digest(self, request: ReceivedRequest, load: Load, *, trusted: bool) -> Verdict:
        source = source_of(request.hop.host)
        proof = self._digest.check(request)
        if self._lockouts.locked(source, proof.user):
            return self._unheard(request, "locked out")
        match proof.outcome:
            case Outcome.PROVEN:
                return self._proven(request, proof.user, load, trusted=trusted)
            case Outcome.WRONG:
                seconds = self._lockouts.failed(source, proof.user, lock_source=not trusted)
                if seconds:
                    log.warning("sip_guesser_locked_out", pd_host=source, pd_user=proof.user[:64], for_s=seconds)
                    return None
        return self._challenge(request, stale=proof.outcome is Outcome.STALE)

    def _proven(self, request: ReceivedRequest, user: str, load: Load, *, trusted: bool) -> Verdict:
        self._lockouts.succeeded(source_of(request.hop.host), user)
        if user in self._policy.trunk_users:
            # A trunk speaks for others, but it is no phone of the office.
            return Refusal(403) if request.method == "REGISTER" else Admitted()
        full = request.method == "INVITE" and load.calls >= self._policy.calls_per_source and not trusted
        return self._over(request, "too many calls of one source") if full else Admitted(user, trusted=False)

    def _challenge(self, request: ReceivedRequest, *, stale: bool) -> Verdict:
        values = self._digest.challenges(request.hop.host, stale=stale)
        refusal = Refusal(401, tuple(("WWW-Authenticate", value) for value in values))
        return self._refused(request, refusal, "must prove who it is")

    def _has_credentials(self, request: ReceivedRequest) -> bool:
        return bool(request.message.headers.getlist("Authorization"))

    def _claims_a_phone(self, request: ReceivedRequest) -> bool:
        """The name of an operator's phone is shown to others as the caller: whoever bears it must prove it."""
        if request.method != "INVITE":
            return False
        return self._policy.hashes_of(request.sender.uri.user or "") is not None or self._has_ours(request)

    def _has_ours(self, request: ReceivedRequest) -> bool:
        values = request.message.headers.getlist("Authorization")[:4]
        return any(f'realm="{self._policy.realm}"' in value for value in values)

    # -- answers

    def _refused(self, request: ReceivedRequest, refusal: Refusal, why: str) -> Verdict:
        if refusal.code not in (401, 481):
            self._note(request, why)
        return refusal if self.may_answer(request.hop) else None

    def _over(self, request: ReceivedRequest, why: str) -> Verdict:
        self._note(request, why)
        source, now = self._source(request.hop), self._now()
        if now - source.over_at > LOG_EACH_S:
            source.told = 0
        source.over_at = now
        source.told += 1
        if source.told > TOLD_TIMES or not self.may_answer(request.hop):
            return None
        return Refusal(503, (("Retry-After", str(RETRY_AFTER_S)),))

    def _unheard(self, request: ReceivedRequest, why: str) -> Verdict:
        self._note(request, why)
        return None

    def _may_answer(self, hop: Hop) -> bool:
        """Whoever came over a connection has shown that it receives there."""
        now = self._now()
        return self._source(hop).answers.take(now) and (hop.reliable or self._answers.take(now))

    def _note(self, request: ReceivedRequest, why: str) -> None:
        """One line a source and minute, however much it sends."""
        source, now = self._source(request.hop), self._now()
        source.refused += 1
        if now - source.logged_at >= LOG_EACH_S:
            log.warning(
                "sip_source_refused",
                pd_host=request.hop.host,
                method=request.method,
                why=why,
                refused=source.refused,
            )
            source.logged_at, source.refused = now, 0

    # -- addresses

    def _source(self, hop: Hop) -> _Source:
        return self._sources.of(source_of(hop.host))

    def _of_the_office(self, hop: Hop) -> bool:
        return self._in_office(hop.host)

    def _is_in_office(self, host: str) -> bool:
        address = _address(host)
        return any(address in network for network in self._policy.office)


def speaks_for(dialog: Dialog, host: str) -> bool:
    """Whether a request of the dialog may come from there: from where the dialog's requests came, and for a dialog
    of a trusted source also from its Contact or its routes (RFC 3261 12.2.1.1)."""
    if host == dialog.source.host:
        return True
    if dialog.symmetric:
        return False
    try:
        uris = [dialog.target, *(parse_address("Record-Route", route).uri for route in dialog.routes)]
    except BadMessage:
        return False
    return any(hop is not None and hop.host == host for hop in map(hop_of, uris))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(host.partition("%")[0])
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
