"""Both sides of a conversation to the recogniser, and its words back into the call.

Channels are open only while the two talk: what is said on hold or while a caller waits is nobody's business. A side
that the recogniser does not hear is told of on the panel at once, and in the record once it costs words.
"""

from __future__ import annotations

from collections.abc import Callable

from app.application.live_call import LiveCall
from app.application.ports import Clock, Ear, Heard, LegId, PhoneLine, Rank, Reception, Recognizer
from app.domain.commands import Command, HearPhrase, LoseHearing, RegainHearing
from app.domain.facts import Speaker

SILENCE = "silence"
"""The timer that runs while neither is heard."""
UNHEARD_S = 3.0
"""A recogniser that is back within this has missed no word: the channel has kept the sound for it."""

RANKS = {Speaker.CALLER: Rank.CALLER, Speaker.OPERATOR: Rank.OPERATOR}
OnPartial = Callable[[LiveCall, Speaker, str], None]


class Hearing:
    """Opens and closes the recognition channels of calls."""

    def __init__(
        self,
        phone: PhoneLine,
        recognizer: Recognizer,
        clock: Clock,
        *,
        tell: Callable[[LiveCall, Command], None],
        on_partial: OnPartial,
        on_available: Callable[[bool], None],
        on_reception: Callable[[LiveCall], None] = lambda _live: None,
        on_silence: Callable[[LiveCall], None] = lambda _live: None,
        model: str = "",
    ) -> None:
        """`tell` takes what becomes of a call, `on_available` whether the recogniser answers at all, `on_reception`
        that a call is heard differently. `model` names the speech model and its version: whatever is made of the
        words bears it."""
        self._phone = phone
        self._recognizer = recognizer
        self._clock = clock
        self._tell = tell
        self._on_partial = on_partial
        self._on_available = on_available
        self._on_reception = on_reception
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
        for speaker in Speaker:
            live.cancel(_unheard(speaker))
        live.receptions.clear()
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
                    heard_s = (self._clock.now() - arrived).total_seconds()
                    self._tell(live, _phrase(heard, speaker, operator, offset_s, heard_s, self._model))
            else:
                self._on_partial(live, speaker, heard.text)

        def on_reception(reception: Reception) -> None:
            self._on_available(reception.ear is not Ear.AWAY)
            if channel in live.channels:
                self._received(live, speaker, operator, reception)

        channel = self._recognizer.listen(on_heard, on_reception, rank=RANKS[speaker])
        live.channels.append(channel)
        self._phone.listen(leg, channel.feed)

    def _received(self, live: LiveCall, speaker: Speaker, operator: str, reception: Reception) -> None:
        live.receptions[speaker] = reception
        if reception.ear is Ear.HEARS:
            live.cancel(_unheard(speaker))
            if live.state.unheard_now(speaker) is not None:
                self._tell(live, RegainHearing(speaker, operator))
        elif reception.ear is Ear.SPARED:
            live.cancel(_unheard(speaker))
            self._tell(live, LoseHearing(speaker, operator, str(reception.ear)))
        elif _unheard(speaker) not in live.timers:
            lost = LoseHearing(speaker, operator, str(reception.ear))
            live.after(self._clock, _unheard(speaker), UNHEARD_S, lambda: self._tell(live, lost))
        self._on_reception(live)

    def _quiet_from_now(self, live: LiveCall) -> None:
        """Silence is told of once, when it has lasted; who is not heard, or late, is not silent."""
        if live.profile.speech.pause_s:
            live.after(self._clock, SILENCE, live.profile.speech.pause_s, lambda: self._silent(live))

    def _silent(self, live: LiveCall) -> None:
        if all(reception == Reception() for reception in live.receptions.values()):
            self._on_silence(live)


def _unheard(speaker: Speaker) -> str:
    """The timer that runs until it is sure that words of this side are lost."""
    return f"unheard {speaker}"


def _phrase(
    heard: Heard, speaker: Speaker, operator: str, offset_s: float, heard_s: float, model: str
) -> HearPhrase:
    """Without the times of its words (a server of others may not tell them) a phrase was said when it was heard."""
    words = tuple((w.text, round(w.start_s + offset_s, 2), round(w.end_s + offset_s, 2)) for w in heard.words)
    start = words[0][1] if words else round(heard_s, 2)
    end = words[-1][2] if words else start
    return HearPhrase(speaker, operator, heard.text, start, end, words, model)
