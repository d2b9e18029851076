"""Asking the two questions over the telephone: prompt, keys at any time, voice after the prompt (L15)."""

from __future__ import annotations

from collections.abc import Callable

from app.application.announcing import Announcing
from app.application.live_call import LiveCall
from app.application.ports import Clock, Heard, Listening, PhoneLine, Rank, Recognizer
from app.domain import commands as c
from app.domain.announcements import SURVEY
from app.domain.cues import words_of
from app.domain.facts import By
from app.domain.flow import SurveyQuestion
from app.domain.said_answers import UNKNOWN, grammar, understand, wants_it_again
from app.domain.survey import AGAIN

SURE_ENOUGH = 0.5
"""A word of less confidence counts as other speech (measured: `python -m scripts.measure_survey`)."""
STILL_SPEAKING_S = 3.0
"""How much longer the survey waits for a caller who has begun to speak."""


class SurveyByPhone:
    """Turns the facts of a survey into prompts, and what comes back into commands."""

    def __init__(
        self,
        phone: PhoneLine,
        recognizer: Recognizer,
        announcing: Announcing,
        clock: Clock,
        tell: Callable[[LiveCall, c.Command], None],
    ) -> None:
        self._phone = phone
        self._recognizer = recognizer
        self._announcing = announcing
        self._clock = clock
        self._tell = tell
        self._channels: dict[str, Listening] = {}
        self._speaking: set[str] = set()

    def introduce(self, live: LiveCall) -> None:
        self._announcing.say(live, "survey_intro", then=lambda: self._tell(live, c.BeginSurvey()))

    def ask(self, live: LiveCall, question_id: str, attempt: int) -> None:
        """Say the question, then wait for the answer."""
        question = live.profile.survey.question(question_id)
        if question is None:
            return
        prompt = (SURVEY + question.id, question.prompt)
        repeat = [("survey_repeat", live.profile.announcements["survey_repeat"])] if attempt > 1 else []
        self._announcing.say_texts(live, [*repeat, prompt], then=lambda: self._await_answer(live, question))

    def close(self, live: LiveCall) -> None:
        """The question has been dealt with: nothing that still comes belongs to it."""
        live.cancel("answer")
        channel = self._channels.pop(live.id, None)
        self._speaking.discard(live.id)
        if channel is not None:
            if live.caller_leg is not None:
                self._phone.listen(live.caller_leg, None)
            channel.close()

    def thank(self, live: LiveCall) -> None:
        self._announcing.say(live, "survey_thanks", then=lambda: self._tell(live, c.End("finished")))

    def _await_answer(self, live: LiveCall, question: SurveyQuestion) -> None:
        self._listen(live, question)
        self._wait(live, question, live.profile.terms.survey_answer_s)

    def _wait(self, live: LiveCall, question: SurveyQuestion, seconds: float) -> None:
        def time_is_up() -> None:
            if live.id in self._speaking:
                self._speaking.discard(live.id)
                self._wait(live, question, STILL_SPEAKING_S)
            else:
                self._tell(live, c.MissSurveyAnswer(question.id, "silence"))

        live.after(self._clock, "answer", seconds, time_is_up)

    def _listen(self, live: LiveCall, question: SurveyQuestion) -> None:
        def on_heard(heard: Heard) -> None:
            if self._channels.get(live.id) is not channel:
                return
            said = " ".join(words_of(heard.text.replace(UNKNOWN, "")))
            if heard.final and heard.text:
                self._made_of(live, question, with_doubts(heard, SURE_ENOUGH))
            elif said:
                self._speaking.add(live.id)

        channel = self._recognizer.listen(on_heard, lambda _reception: None, grammar(question), Rank.SURVEY)
        self._channels[live.id] = channel
        if live.caller_leg is not None:
            self._phone.listen(live.caller_leg, channel.feed)

    def _made_of(self, live: LiveCall, question: SurveyQuestion, said: str) -> None:
        answer = understand(question, said)
        if answer is not None:
            self._tell(live, c.AnswerSurvey(question.id, answer.id, By.VOICE))
        else:
            self._tell(live, c.MissSurveyAnswer(question.id, AGAIN if wants_it_again(said) else "nonsense"))


def with_doubts(heard: Heard, sure: float) -> str:
    """The text, with `[unk]` for words of less confidence; as it stands where the recogniser tells of no words."""
    if not heard.words:
        return heard.text
    return " ".join(word.text if word.confidence >= sure else UNKNOWN for word in heard.words)
