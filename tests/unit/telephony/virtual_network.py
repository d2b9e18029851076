"""Two user agents of ours and a network between them that loses, doubles, delays and so reorders."""

from __future__ import annotations

import random
from collections import Counter

from sipmessage import URI

from app.application.ports import LegId
from app.telephony.calls import Call
from app.telephony.messages import Identity
from app.telephony.outbound_calls import Destination
from app.telephony.user_agent import UserAgent
from app.telephony.wire import Hop
from tests.unit.telephony.peer import SilentMedia, Told, VirtualClock

MOST_LOST = 2
"""Copies of one message that are lost before one comes through: an INVITE has seven, and each of them one 100."""


class Network:
    """Carries datagrams between the ends that joined it, as badly as it is told to."""

    def __init__(self, seed: int) -> None:
        self.clock = VirtualClock()
        self.loss = self.doubling = self.delay_s = 0.0
        self.cut = False
        """Nothing goes through any more."""
        self.carried: Counter[bytes] = Counter()
        self._chance = random.Random(seed)
        self._lost: Counter[bytes] = Counter()
        self._ends: dict[Hop, UserAgent] = {}

    def join(self, hop: Hop, agent: UserAgent) -> None:
        self._ends[hop] = agent

    def carry(self, data: bytes, source: Hop, target: Hop) -> None:
        """Send a datagram on its way."""
        assert target in self._ends, f"nobody is at {target}"
        self.carried[data] += 1
        if self.cut:
            return
        if self._chance.random() < self.loss and self._lost[data] < MOST_LOST:
            self._lost[data] += 1
            return
        for _ in range(2 if self._chance.random() < self.doubling else 1):
            delay = self._chance.random() * self.delay_s
            self.clock.call_later(delay, lambda: self._ends[target].receive(data, source))


class End(Told):
    """One user agent, what was asked of it, and what it told."""

    def __init__(self, network: Network, host: str) -> None:
        super().__init__()
        self.network = network
        self.hop = Hop("UDP", host, 5060)
        self.media = SilentMedia(range(20000, 60000, 2))
        self.told: dict[LegId, list[str]] = {}
        identity = Identity(host, 5060, "Liniya")
        self.agent = UserAgent(identity, self._send, network.clock, self.media, self)
        network.join(self.hop, self.agent)
        self._dialled = 0

    def _send(self, data: bytes, hop: Hop) -> None:
        self.network.carry(data, self.hop, hop)

    def dial(self, other: End) -> Call:
        self._dialled += 1
        leg = LegId(f"leg-{self._dialled}")
        self.told[leg] = []
        target = URI.parse(f"sip:somebody@{other.hop.host}")
        return self.agent.place(leg, Destination(target, other.hop, f"<sip:line@{self.hop.host}>"), None)

    @property
    def calls(self) -> list[Call]:
        return self.agent.calls

    # -- CallUser

    def call_arrived(self, call: Call, caller: str, dialled: str) -> None:
        assert call.leg not in self.told
        self.told[call.leg] = ["arrived"]

    def call_ringing(self, call: Call) -> None:
        self._tell(call, "ringing")

    def call_answered(self, call: Call) -> None:
        self._tell(call, "answered")

    def call_ended(self, call: Call, code: int) -> None:
        self._tell(call, "ended")

    def call_key(self, call: Call, key: str) -> None:
        self._tell(call, "key")

    def call_gone(self, call: Call) -> None:
        self._tell(call, "gone")

    def _tell(self, call: Call, what: str) -> None:
        assert "gone" not in self.told[call.leg], f"{what} after gone"
        self.told[call.leg].append(what)
