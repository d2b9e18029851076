"""The gate of the user agent: what may come in, asked before a request costs anything.

`app.telephony.admission` decides; this is the form of the question and of its answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from app.telephony.dialogs import Dialog
from app.telephony.wire import Hop, ReceivedRequest


@dataclass(frozen=True)
class Admitted:
    """Let in. `login` is who proved to be by digest, "" for nobody. `trusted`: the source is a trunk or a network
    of the office, whose word on identity counts and whose Contact and routes are followed."""

    login: str = ""
    trusted: bool = True


@dataclass(frozen=True)
class Refusal:
    """One small answer, given without a transaction (RFC 3261 8.2.7): never repeated, nothing is kept of it."""

    code: int
    headers: tuple[tuple[str, str], ...] = ()


Verdict: TypeAlias = Admitted | Refusal | None
"""None is silence."""


@dataclass(frozen=True)
class Load:
    """What a source holds already: its calls and open server transactions, and those of all sources."""

    calls: int = 0
    transactions: int = 0
    all_transactions: int = 0


class Gate(Protocol):
    """Who may ask what."""

    def hears(self, hop: Hop) -> bool:
        """Whether bytes from there are read at all."""

    def may_answer(self, hop: Hop) -> bool:
        """Whether what cannot be read is answered."""

    def trusts(self, hop: Hop) -> bool:
        """Whether it is a trunk or a network of the office: what it says of identity counts (RFC 3325 8)."""

    def judge(self, request: ReceivedRequest, load: Load) -> Verdict:
        """A request outside a dialog that belongs to no transaction yet."""

    def judge_within(self, request: ReceivedRequest, dialog: Dialog | None) -> Verdict:
        """A request with a To tag; `dialog` is the one of its Call-ID and tag, None where there is none."""


class OpenGate:
    """Lets everybody in: for user agents whose network is closed by other means."""

    def hears(self, hop: Hop) -> bool:
        return True

    def may_answer(self, hop: Hop) -> bool:
        return True

    def trusts(self, hop: Hop) -> bool:
        return True

    def judge(self, request: ReceivedRequest, load: Load) -> Verdict:
        return Admitted()

    def judge_within(self, request: ReceivedRequest, dialog: Dialog | None) -> Verdict:
        return Admitted()
