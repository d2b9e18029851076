"""The torture messages of RFC 4475 and RFC 5118, each with what those want of a user agent that takes calls."""

from __future__ import annotations

from tests.unit.telephony.torture.broken import BROKEN
from tests.unit.telephony.torture.ipv6 import IPV6
from tests.unit.telephony.torture.meaning import MEANING
from tests.unit.telephony.torture.message import SILENCE, Torture
from tests.unit.telephony.torture.sound import SOUND

RFC4475 = (*SOUND, *BROKEN, *MEANING)
RFC5118 = IPV6

__all__ = ["RFC4475", "RFC5118", "SILENCE", "Torture"]
