"""The branches of a call of ours that ring: each an early dialog of its own (RFC 3261 12.1.2, 13.2.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from app.telephony.dialogs import Dialog
from app.telephony.media_port import RtpRemote
from app.telephony.wire import ReceivedResponse

MAX_BRANCHES = 16
"""A forking proxy with more has the first ones heard; whoever answers is talked to all the same."""


@dataclass
class EarlyDialog:
    """One branch. `remote` is what it described last; `answered`: by a reliable answer, which the 2xx only repeats
    (RFC 3261 13.2.1). `rseq` is the last reliable answer heard."""

    dialog: Dialog
    remote: RtpRemote | None = None
    answered: bool = False
    rseq: int | None = None

    def in_order(self, rseq: int) -> bool:
        """RFC 3262 4: the next number, or the first; a repeated answer and one after a gap are passed over."""
        if self.rseq is not None and rseq != self.rseq + 1:
            return False
        self.rseq = rseq
        return True


class EarlyDialogs:
    """The branches of one INVITE by their tags."""

    def __init__(self) -> None:
        self._branches: dict[str, EarlyDialog] = {}

    def find(self, tag: str) -> EarlyDialog | None:
        return self._branches.get(tag)

    def of(self, response: ReceivedResponse, local: str, remote: str, cseq: int) -> EarlyDialog | None:
        """The branch of a provisional answer, begun by its first. None for an answer that makes no dialog (12.1).
        Raises BadMessage when its Contact or routes cannot be used."""
        tag = response.to_tag
        if not tag or response.code == 100:
            return None
        known = self._branches.get(tag)
        if known is not None or len(self._branches) >= MAX_BRANCHES or not response.message.headers.get("Contact"):
            return known
        branch = EarlyDialog(Dialog.of_answer(response, local, remote, cseq))
        self._branches[tag] = branch
        return branch

    def clear(self) -> None:
        """The INVITE is sent anew: its branches are gone."""
        self._branches.clear()
