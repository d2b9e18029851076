"""Who may call one line, and whose phones are registered at it: the gate and the registrar, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from ipaddress import ip_network

from app.telephony.account import Account, Network
from app.telephony.admission import Admission, WhoMayCall, trunk_users_of
from app.telephony.outbound_calls import Destination
from app.telephony.registered_phones import RegisteredPhones
from app.telephony.user_agent import UserAgent


class Access:
    """`host` is the line's own address, `accounts` its trunks, `account_at` finds the one that an address belongs
    to. `now` gives seconds that never go back. `open` once there is a user agent with the `gate`."""

    def __init__(
        self,
        policy: WhoMayCall,
        host: str,
        accounts: Iterable[Account],
        account_at: Callable[[str], Account | None],
        now: Callable[[], float],
    ) -> None:
        trunk_users = {**trunk_users_of(accounts, policy.realm), **policy.trunk_users}
        office = (*policy.office, *_this_machine(host))
        self._policy = replace(policy, trunk_users=trunk_users, office=office)
        self._account_at = account_at
        self._now = now
        self._phones: RegisteredPhones | None = None
        self.gate = Admission(self._policy, now, self._trunk_at, self._phone_at)

    def open(self, agent: UserAgent, told: Callable[[str, bool], None]) -> None:
        """Let phones register; `told` hears whose phone came and whose is gone."""
        self._phones = RegisteredPhones(agent, self._now, self._may_have_a_phone, told)
        self._phones.start()

    def close(self) -> None:
        if self._phones is not None:
            self._phones.stop()
            self._phones = None

    def phone(self, login: str) -> Destination | None:
        """How the operator's registered phone is called; None while there is none."""
        return self._phones.destination(login) if self._phones is not None else None

    def _trunk_at(self, host: str) -> str:
        account = self._account_at(host)
        return account.label if account is not None else ""

    def _phone_at(self, host: str) -> bool:
        return self._phones is not None and self._phones.at(host)

    def _may_have_a_phone(self, login: str) -> bool:
        return self._policy.hashes_of(login) is not None


def _this_machine(host: str) -> tuple[Network, ...]:
    """Programs on this machine are of the office, whichever address the line has; a name stands for loopback."""
    try:
        return (ip_network(host),)
    except ValueError:
        return ()
