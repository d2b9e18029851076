"""Operators' phones that register at the line: their REGISTERs answered, and asked from time to time whether they
are still there, which also keeps the way to them through NAT open."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from app.application.ports import Timer
from app.telephony.errors import BadMessage
from app.telephony.messages import (
    MAX_FORWARDS,
    make_request,
    new_branch,
    new_call_id,
    new_tag,
)
from app.telephony.outbound_calls import Destination
from app.telephony.registrar import SHORTEST_S, Binding, Registrar
from app.telephony.transaction_layer import ServerTransaction
from app.telephony.user_agent import UserAgent
from app.telephony.wire import ReceivedResponse, bracketed

LOOK_EACH_S = 5.0
ASK_EACH_S = 25.0
"""Below the half minute after which home routers forget where a UDP stream came from (RFC 4787 4.3 asks for two
minutes; many keep 30 seconds)."""

log = structlog.get_logger()


class RegisteredPhones:
    """The registrar on its user agent. `wanted` says whether an operator may still have a phone; `told` hears who
    has one now and who has none any more."""

    def __init__(
        self,
        agent: UserAgent,
        now: Callable[[], float],
        wanted: Callable[[str], bool],
        told: Callable[[str, bool], None],
    ) -> None:
        self._agent = agent
        self._now = now
        self._wanted = wanted
        self._told = told
        self._bindings = Registrar(now, self._tell)
        self._asked: dict[tuple[str, str], float] = {}
        self._waiting: set[_Question] = set()
        self._timer: Timer | None = None
        agent.registrar = self.serve

    def start(self) -> None:
        self._timer = self._agent.layer.scheduler.call_later(LOOK_EACH_S, self._look)

    def stop(self) -> None:
        """Ask nobody any more. The phones find out by themselves."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def registered(self, login: str) -> bool:
        return bool(self._bindings.of(login))

    def at(self, host: str) -> bool:
        """Whether a phone is registered from that address."""
        return self._bindings.at(host)

    def destination(self, login: str) -> Destination | None:
        """How the operator is called: on the preferred phone, of several the one heard of last."""
        found = self._bindings.of(login)
        if not found:
            return None
        return Destination(found[0].uri, found[0].hop, self._sender, symmetric=True, may_refer=True)

    @property
    def _sender(self) -> str:
        identity = self._agent.station.identity
        return f"<sip:line@{bracketed(identity.host)}:{identity.port}>"

    # -- REGISTER

    def serve(self, transaction: ServerTransaction) -> None:
        """Answer a REGISTER that the gate let in. Raises BadMessage."""
        request, login = transaction.request, transaction.admitted.login
        if not login:
            raise BadMessage("who registers must prove who it is", 403)
        try:
            headers = self._bindings.register(request, login)
        except BadMessage as error:
            if error.code != 423:
                raise
            self._agent.station.respond(transaction, 423, extra={"Min-Expires": str(SHORTEST_S)})
            return
        contacts = ", ".join(value for _, value in headers)
        self._agent.station.respond(transaction, 200, extra={"Contact": contacts} if contacts else {})

    def _tell(self, login: str, registered: bool) -> None:
        log.info("phone_registered" if registered else "phone_gone", pd_login=login)
        self._told(login, registered)

    # -- whether they are still there

    def _look(self) -> None:
        self._timer = self._agent.layer.scheduler.call_later(LOOK_EACH_S, self._look)
        self._bindings.lapse()
        there = self._bindings.all()
        keys = {_key(one) for one in there}
        self._asked = {key: at for key, at in self._asked.items() if key in keys}
        for binding in there:
            if not self._wanted(binding.login):
                self._bindings.forget(binding.login)
            elif self._now() - self._asked.get(_key(binding), binding.updated_at) >= ASK_EACH_S:
                self._ask(binding)

    def _ask(self, binding: Binding) -> None:
        """OPTIONS, where the binding's last one is answered. Whatever answers it, somebody is there."""
        if any(_key(one.binding) == _key(binding) for one in self._waiting):
            return
        self._asked[_key(binding)] = self._now()
        question = _Question(self, binding)
        self._waiting.add(question)
        identity, branch = self._agent.station.identity, new_branch()
        headers = [
            ("Via", identity.via(binding.hop, branch)),
            ("Max-Forwards", MAX_FORWARDS),
            ("From", f"{self._sender};tag={new_tag()}"),
            ("To", f"<{binding.uri}>"),
            ("Call-ID", new_call_id()),
            ("CSeq", "1 OPTIONS"),
            ("Contact", identity.contact(binding.hop)),
            ("User-Agent", identity.name),
        ]
        request = make_request("OPTIONS", binding.uri, headers)
        self._agent.layer.request(request, branch, binding.hop, question)

    def answered(self, question: _Question, *, there: bool) -> None:
        """What became of one question."""
        self._waiting.discard(question)
        if not there:
            self._bindings.drop(question.binding)


class _Question:
    def __init__(self, phones: RegisteredPhones, binding: Binding) -> None:
        self._phones = phones
        self.binding = binding

    def on_response(self, response: ReceivedResponse) -> None:
        if response.code >= 200:
            self._phones.answered(self, there=response.code not in (408, 503))

    def on_silence(self, code: int) -> None:
        self._phones.answered(self, there=False)


def _key(binding: Binding) -> tuple[str, str]:
    return binding.login, str(binding.uri)
