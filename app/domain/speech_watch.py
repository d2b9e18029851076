"""The operator's speech in a call under way: which hint is given now (L6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.domain import facts as f
from app.domain.calls import Call, Phase
from app.domain.operators_speech import Hinted, HintKind, Slip, choose, silence, slips
from app.domain.speech_rules import SpeechRules


def watched(rules: SpeechRules, call: Call, heard: f.PhraseHeard) -> list[f.Fact]:
    """The hint to which this phrase gives cause, if any: to whoever conducts the call."""
    if call.phase is not Phase.TALKING:
        return []
    found = [one for one in slips(rules, call.phrases, heard) if one.operator == call.operator]
    return _hint(rules, call, found, heard.end_s)


def noticed_silence(rules: SpeechRules, call: Call, now: datetime) -> list[f.Fact]:
    """The hint that both have been silent, unless one has spoken meanwhile."""
    if call.phase is not Phase.TALKING or call.arrived_at is None or call.phase_since is None:
        return []
    since_s = (call.phase_since - call.arrived_at).total_seconds()
    last_s = max((phrase.end_s for phrase in call.phrases), default=since_s)
    now_s = round((now - call.arrived_at).total_seconds(), 1)
    found = silence(rules, call.operator, max(since_s, last_s), now_s)
    return _hint(rules, call, [found], now_s) if found else []


def _hint(rules: SpeechRules, call: Call, found: Sequence[Slip], now_s: float) -> list[f.Fact]:
    given = [Hinted(HintKind(hint.kind), hint.at_s) for hint in call.hints if hint.operator == call.operator]
    slip = choose(rules, found, given, call.phrases, now_s)
    if slip is None:
        return []
    return [
        f.HintGiven(
            operator=slip.operator,
            kind=str(slip.kind),
            advice=slip.advice,
            at_s=now_s,
            heard=slip.heard,
            value=slip.value,
            group=slip.group,
        )
    ]
