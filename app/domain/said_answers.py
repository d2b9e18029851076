"""Which answer to a question of the survey was said (L15): understood only where nothing else was said beside it.

People say more than a form: «ну да, спасибо большое», «нет, я не удовлетворена ответом». What no form covers may
be small talk; a second answer, a loose «нет» or much other speech makes it no answer, and the question is asked
again rather than guessed at: «да нет», «не знаю», «да, но не полностью».
"""

from __future__ import annotations

from functools import lru_cache

from app.domain.cues import words_of
from app.domain.flow import SurveyAnswer, SurveyQuestion

UNKNOWN = "[unk]"
_UNKNOWN_WORD = "unk"
MOST_OTHER_WORDS = 2
"""So many words that are neither a form nor small talk may stand beside an answer, fewer than its own:
«вас плохо слышно» is no «плохо»."""

NEITHER = (
    *("не знаю", "я не знаю", "затрудняюсь ответить", "трудно сказать", "сложно сказать", "как сказать"),
    *("да нет", "да нет наверное", "и да и нет", "ни да ни нет", "не очень", "так себе", "не понял", "не поняла"),
    *("алло", "оператор", "оператора", "соедините с оператором", "соедините со специалистом", "подождите"),
    *("один", "два", "три"),
)
"""What callers say that is no answer; as words of the grammar they are not bent into an answer."""
AGAIN = (
    *("повторите", "повторите пожалуйста", "повторите вопрос", "повторите пожалуйста вопрос", "еще раз"),
    *("еще раз пожалуйста", "что вы сказали", "не расслышал", "не расслышала", "я не расслышал", "я не расслышала"),
)
"""The caller asks to hear the question once more."""

_BESIDE = (
    "ну",
    "думаю",
    "я думаю",
    "наверное",
    "спасибо",
    "спасибо большое",
    "до свидания",
    "здравствуйте",
    "пожалуйста",
    "сейчас",
    "минуту",
    "секунду",
)
_SMALL_WORDS = (
    "ну э ээ эм м так вот значит же уж все я мне меня вы вам вас мы нам на это всем в целом общем спасибо большое"
    " огромное пожалуйста ответ ответом ответа вопрос вопросом консультацией консультация консультант консультантом"
    " консультанта работой работа качеством оператором специалистом ей им очень пожалуй наверное думаю скажем"
    " до свидания здравствуйте сейчас минуту секунду к как сожалению"
)
_SMALL_TALK = frozenset(_SMALL_WORDS.split())
"""The «к» of «к сожалению» is a breath, and is heard as anything."""
_YES, _NO, _NOT = "да", "нет", "не"
_DOUBTFUL_WORDS = "не ни но хотя если только почти частично отчасти наполовину скорее"
_DOUBTS = frozenset({*_DOUBTFUL_WORDS.split(), _UNKNOWN_WORD})
"""Beside an answer they may turn it round. So may a word that was not recognised: «отчасти удовлетворен» was heard
as «[unk] удовлетворен» by a model that did not know «отчасти» (measured)."""


def grammar(question: SurveyQuestion) -> list[str]:
    """What the recogniser is to listen for after the question."""
    forms = {form for answer in question.answers for form in answer.spoken}
    return [*sorted(forms | {*NEITHER, *AGAIN, *_BESIDE}), UNKNOWN]


def understand(question: SurveyQuestion, said: str) -> SurveyAnswer | None:
    """The answer that was said; None when there is none, more than one, or too much beside it. `said` has `[unk]`
    where the recogniser heard other speech."""
    parts, loose = _taken_apart(_forms_of(question), _words(said))
    meant = {answer for _, answer in parts}
    if len(meant) != 1 or NO_ANSWER in meant:
        return None
    negated = any(_NOT in words for words, _ in parts)
    if not all(_goes_with(word, negated=negated) for word in loose):
        return None
    other = [word for word in loose if word not in _SMALL_TALK and word not in (_YES, _NO)]
    if len(other) > min(MOST_OTHER_WORDS, sum(len(words) for words, _ in parts) - 1):
        return None
    return next(answer for answer in question.answers if answer.id in meant)


def wants_it_again(said: str) -> bool:
    """The caller asked for the question, and said nothing else."""
    parts, loose = _taken_apart(tuple((tuple(words_of(form)), NO_ANSWER) for form in AGAIN), _words(said))
    return bool(parts) and all(word in _SMALL_TALK for word in loose)


NO_ANSWER = ""
Form = tuple[tuple[str, ...], str]
"""Its words, and the id of the answer that it means."""


@lru_cache(maxsize=64)
def _forms_of(question: SurveyQuestion) -> tuple[Form, ...]:
    """The longest first."""
    answers = {tuple(words_of(form)): answer.id for answer in question.answers for form in answer.spoken}
    # A form of the organisation's own goes before what is commonly no answer.
    neither = {tuple(words_of(form)): NO_ANSWER for form in NEITHER}
    return tuple(sorted({**neither, **answers}.items(), key=lambda form: -len(form[0])))


def _taken_apart(forms: tuple[Form, ...], words: list[str]) -> tuple[list[Form], list[str]]:
    """The forms that follow each other in the words, the longest taken first, and the words between."""
    parts: list[Form] = []
    loose: list[str] = []
    at = 0
    while at < len(words):
        form = next((form for form in forms if tuple(words[at : at + len(form[0])]) == form[0]), None)
        if form is None:
            loose.append(words[at])
        else:
            parts.append(form)
        at += len(form[0]) if form else 1
    return parts, loose


def _goes_with(word: str, *, negated: bool) -> bool:
    """«нет» goes with «не удовлетворен», «да» with «удовлетворен»; a loose «не» with nothing."""
    if word == _NO:
        return negated
    if word == _YES:
        return not negated
    return word not in _DOUBTS


def _words(said: str) -> list[str]:
    """A «не» with nothing beside it is how «неа» is heard."""
    words = words_of(said.replace(UNKNOWN, f" {_UNKNOWN_WORD} "))
    return [_NO] if words == [_NOT] else words
