"""Fixtures of the tests of sound."""

from tests.integration.telephony.media_engine import media, other, peer, told

__all__ = ["media", "other", "peer", "told"]
