"""Both sides of a conversation to the recogniser, and its words back into the call.

Channels are open only while the two talk: what is said on hold or while a caller waits is nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable

from app.application.live_call import LiveCall
from app.application.ports import Clock, Heard, LegId, PhoneLine, Recognizer
from app.domain.commands import HearPhrase
from app.domain.facts import Speaker

SILENCE = "silence"
"""The timer that runs while neither is heard."""

OnPhrase = Callable[[LiveCall, HearPhrase], None]
OnPartial = Callable[[LiveCall, Speaker, str], None]


class Hearing:
    """Opens and closes the recognition channels of calls."""

    def __init__(
        self,
        phone: PhoneLine,
        recognizer: Recognizer,
        clock: Clock,
        *,
        on_phrase: OnPhrase,
        on_partial: OnPartial,
        on_available: Callable[[bool], None],
        on_silence: Callable[[LiveCall], None] = lambda _live: None,
        model: str = "",
    ) -> None:
        """`model` names the speech model and its version: whatever is made of the words bears it."""
        self._phone = phone
        self._recognizer = recognizer
        self._clock = clock
        self._on_phrase = on_phrase
        self._on_partial = on_partial
        self._on_available = on_available
        self._available = True
        self._on_silence = on_silence
        self._model = model

    def start(self, live: LiveCall) -> None:
        """Listen to both sides of the conversation as it stands now."""
        self.stop(live)
        operator = live.state.operator
        if live.caller_leg is not None:
            self._open(live, live.caller_leg, Speaker.CALLER, "")
        leg = live.operator_legs.get(operator)
        if leg is not None:
            self._open(live, leg, Speaker.OPERATOR, operator)
        self._quiet_from_now(live)

    def stop(self, live: LiveCall) -> None:
        """Close the channels; words already said still come."""
        live.cancel(SILENCE)
        for leg in [live.caller_leg, *live.operator_legs.values()]:
            if leg is not None:
                self._phone.listen(leg, None)
        for channel in live.channels:
            channel.close()
        live.channels.clear()

    def _open(self, live: LiveCall, leg: LegId, speaker: Speaker, operator: str) -> None:
        arrived = live.state.arrived_at or self._clock.now()
        offset_s = (self._clock.now() - arrived).total_seconds()

        def on_heard(heard: Heard) -> None:
            if heard.text and channel in live.channels:
                self._quiet_from_now(live)
            if heard.final:
                self._on_partial(live, speaker, "")
                if heard.text:
                    self._on_phrase(live, _phrase(heard, speaker, operator, offset_s, self._model))
            else:
                self._on_partial(live, speaker, heard.text)

        channel = self._recognizer.listen(on_heard, self._is_available)
        live.channels.append(channel)
        self._phone.listen(leg, channel.feed)

    def _is_available(self, available: bool) -> None:
        self._available = available
        self._on_available(available)

    def _quiet_from_now(self, live: LiveCall) -> None:
        """Silence is told of once, when it has lasted; a recogniser that is away hears nothing."""
        if live.profile.speech.pause_s:
            live.after(self._clock, SILENCE, live.profile.speech.pause_s, lambda: self._silent(live))

    def _silent(self, live: LiveCall) -> None:
        if self._available:
            self._on_silence(live)


def _phrase(heard: Heard, speaker: Speaker, operator: str, offset_s: float, model: str) -> HearPhrase:
    words = tuple((w.text, round(w.start_s + offset_s, 2), round(w.end_s + offset_s, 2)) for w in heard.words)
    start = words[0][1] if words else round(offset_s, 2)
    end = words[-1][2] if words else start
    return HearPhrase(speaker, operator, heard.text, start, end, words, model)
