"""Calls through a network that loses and delays: they are set up, keys arrive once each, speech stays speech."""

from __future__ import annotations

from tests.integration.telephony.lossy_calls import CONDITIONS, KEYS, call_through

MOST_WORD_ERRORS = {0.01: 0.2, 0.05: 0.5, 0.10: 0.8}
"""By the share lost: far above what is measured (docs/figures.md), far below what silence or noise would give."""


async def test_in_six_weathers_calls_stand_keys_arrive_once_and_speech_is_understood() -> None:
    outcomes = await call_through(CONDITIONS)
    assert len(outcomes) == 6
    for outcome in outcomes:
        assert outcome.lost > 0
        assert outcome.keys == KEYS, str(outcome.weather)
        assert outcome.word_errors <= MOST_WORD_ERRORS[outcome.weather.loss], f"{outcome.weather}: {outcome.text}"
