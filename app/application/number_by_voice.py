"""Listening to a telephone number that a caller of the closed line says, and to the word that confirms it (L1).

What is heard stays here and in the call's memory until it is a whole number: it is nobody's business in a log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from app.application.live_call import LiveCall
from app.application.ports import Clock, Ear, Heard, Listening, PhoneLine, Rank, Reception, Recognizer
from app.application.survey_by_phone import with_doubts
from app.domain.closed_line import CONFIRMATION, home_of
from app.domain.numeral_words import UNKNOWN, VOCABULARY
from app.domain.said_answers import grammar, understand
from app.domain.spoken_phone import Reading, has_numerals, understood, with_pauses
from app.domain.spoken_russian import spoken_digits

SURE_OF_A_YES = 0.7
"""Surer than an answer of the survey has to be: a number taken wrongly is a caller who is never called back."""
MORE_COMES_S, WHOLE_S = 3.0, 1.2
"""How long a caller is waited for who has said a part of a number, and all of one. The recogniser has already
waited for the end of the phrase."""
SPEAKING_S = 8.0
"""How long a phrase may last after its last new word."""
MOST_PHRASES = 30
TIMER = "closed"
KNOCK = bytes(1600)
"""A tenth of a second of silence. A recogniser answers to sound and to nothing else (the protocol of vosk-server):
without any it is not known to hear anybody."""


@dataclass
class _Ear:
    """What is listened to in one call."""

    listening: Listening | None = None
    told: Callable[[Heard], None] | None = None
    phrases: list[str] = field(default_factory=list)
    noise: bool = False
    """Something was said that had no digits in it."""


class NumberByVoice:
    """One channel a call: for a number, then for its confirmation."""

    def __init__(self, phone: PhoneLine, recognizer: Recognizer, clock: Clock) -> None:
        self._phone = phone
        self._recognizer = recognizer
        self._clock = clock
        self._ears: dict[str, _Ear] = {}
        self._hears: dict[str, bool] = {}

    def prepare(self, live: LiveCall) -> None:
        """Reach for the recogniser, so that it is known whether the caller can be asked to speak."""
        self._hears[live.id] = False
        ear = self._open(live, [*VOCABULARY, UNKNOWN])
        if ear.listening is not None:
            ear.listening.feed(KNOCK)

    def renew(self, live: LiveCall) -> None:
        """Forget what was heard for the last question, and be ready for the next."""
        if live.id in self._hears:
            self.close(live)
            self._open(live, [*VOCABULARY, UNKNOWN])

    def ready(self, live: LiveCall) -> bool:
        """A recogniser hears this call."""
        return self._hears.get(live.id, False)

    def forget(self, live: LiveCall) -> None:
        self.close(live)
        self._hears.pop(live.id, None)

    def heard_noise(self, live: LiveCall) -> bool:
        ear = self._ears.get(live.id)
        return ear is not None and ear.noise

    def number(self, live: LiveCall, done: Callable[[Reading | None], None]) -> None:
        """Listen for a number; `done` is told it, or None, when the caller has fallen silent after digits."""
        ear = self._ears.get(live.id) or self._open(live, [*VOCABULARY, UNKNOWN])
        home = home_of(live.profile)

        def on_heard(heard: Heard) -> None:
            if not has_numerals(heard.text):
                ear.noise = ear.noise or bool(heard.text)
                return
            if not heard.final:
                live.after(self._clock, TIMER, SPEAKING_S, made_of_it)
                return
            ear.phrases = [*ear.phrases, _with_pauses(heard)][-MOST_PHRASES:]
            reading = understood(" , ".join(ear.phrases), home)
            complete = reading is not None and reading.whole and reading.sure
            live.after(self._clock, TIMER, WHOLE_S if complete else MORE_COMES_S, made_of_it)

        def made_of_it() -> None:
            done(understood(" , ".join(ear.phrases), home))

        self._hear(live, ear, on_heard)

    def confirmation(self, live: LiveCall, number: str, done: Callable[[str, Reading | None], None]) -> None:
        """Listen for what is said to the number that was read back. `done` is told the answer's id, "" for neither
        yes nor no, and another number where one was said: anew («нет, восемь девятьсот…»), or with a digit put
        right («не пять, а шесть»)."""
        self.close(live)
        ear = self._open(live, [*dict.fromkeys((*grammar(CONFIRMATION)[:-1], *VOCABULARY)), UNKNOWN])
        home = home_of(live.profile)

        def on_heard(heard: Heard) -> None:
            if not heard.final:
                if heard.text:
                    live.after(self._clock, TIMER, SPEAKING_S, lambda: done("", None))
            elif heard.text:
                done(*_answer_to(number, heard, home))

        self._hear(live, ear, on_heard)

    def close(self, live: LiveCall) -> None:
        """Nothing that still comes belongs to what was asked."""
        ear = self._ears.pop(live.id, None)
        if ear is None or ear.listening is None:
            return
        if ear.told is not None and live.caller_leg is not None:
            self._phone.listen(live.caller_leg, None)
        ear.listening.close()

    def _open(self, live: LiveCall, phrases: list[str]) -> _Ear:
        ear = _Ear()

        def on_heard(heard: Heard) -> None:
            if self._ears.get(live.id) is ear and ear.told is not None:
                ear.told(heard)

        def on_reception(reception: Reception) -> None:
            if self._ears.get(live.id) is ear:
                self._hears[live.id] = reception.ear is Ear.HEARS

        self._ears[live.id] = ear
        ear.listening = self._recognizer.listen(on_heard, on_reception, phrases, Rank.SURVEY)
        return ear

    def _hear(self, live: LiveCall, ear: _Ear, told: Callable[[Heard], None]) -> None:
        ear.told = told
        if live.caller_leg is not None and ear.listening is not None:
            self._phone.listen(live.caller_leg, ear.listening.feed)


def _answer_to(number: str, heard: Heard, home: str) -> tuple[str, Reading | None]:
    answer = understand(CONFIRMATION, with_doubts(heard, SURE_OF_A_YES))
    said = _with_pauses(heard)
    if answer is not None or not has_numerals(said):
        return answer.id if answer else "", None
    anew = understood(said, home)
    return "", anew or understood(f"{spoken_digits(number)} , {said}", home)


def _with_pauses(heard: Heard) -> str:
    """The words with their pauses; the text where the recogniser tells of no words."""
    if not heard.words:
        return heard.text
    return with_pauses((word.text, word.start_s, word.end_s) for word in heard.words)
