"""The rules of speech of property and labour: they find what the orders forbid, and nothing in their own texts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain import facts as f
from app.domain.operators_speech import HintKind, all_slips
from app.domain.profile import Profile
from app.storage.flows import load_profile
from tests.unit.domain.read_aloud import said_in

CALL_FLOWS = Path(__file__).parents[3] / "call_flows"
PROPERTY, LABOUR = (load_profile(CALL_FLOWS / name, years=range(2026, 2028)) for name in ("property", "labour"))
IN_WORDS = (HintKind.STOP_WORD, HintKind.EVASION, HintKind.INTERJECTION, HintKind.FILLER)
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def _texts(profile: Profile) -> Iterator[tuple[str, str]]:
    """(Where, text) of whatever an operator reads out or a caller hears."""
    for flow in (profile.incoming, profile.outgoing):
        for stage in flow.stages:
            yield from ((f"{flow.id} {stage.id}", text) for text in (*said_in(profile, stage), *stage.questions))
    for topic in profile.topics:
        yield from ((f"topic {topic.id}", question) for question in topic.questions)
    yield from ((f"referral {one.id}", one.say) for one in profile.referrals)
    yield from ((f"announcement {name}", text) for name, text in profile.announcements.items())


def _slips(profile: Profile, text: str, kinds: tuple[HintKind, ...] = IN_WORDS) -> list[tuple[HintKind, str]]:
    """What the profile's own rules find in an operator's words: (kind, group or words)."""
    phrase = f.PhraseHeard(f.Speaker.OPERATOR, "anna", text, 0.0, 60.0, ())
    found = all_slips(profile.speech, [phrase])
    return [(slip.kind, slip.group or slip.heard) for slip in found if slip.kind in kinds]


@pytest.mark.parametrize("profile", [PROPERTY, LABOUR], ids=lambda profile: str(profile.id))
def test_no_text_of_a_profile_breaks_its_own_rules(profile: Profile) -> None:
    assert not [(where, text, found) for where, text in _texts(profile) if (found := _slips(profile, text))]


@pytest.mark.parametrize("profile", [PROPERTY, LABOUR], ids=lambda profile: str(profile.id))
def test_no_sentence_of_a_profile_says_a_word_twice(profile: Profile) -> None:
    found = [
        (stage.id, sentence, slips)
        for flow in (profile.incoming, profile.outgoing)
        for stage in flow.stages
        for text in said_in(profile, stage)
        for sentence in SENTENCE.split(text)
        if (slips := _slips(profile, sentence, (HintKind.TAUTOLOGY,)))
    ]
    assert not found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("ну это не сложно", (HintKind.INTERJECTION, "interjections")),
        ("это типа договора", (HintKind.FILLER, "fillers")),
        ("вы обязаны были прийти", (HintKind.STOP_WORD, "aggression")),
        ("понятия не имею", (HintKind.STOP_WORD, "indifference")),
        ("ихние документы", (HintKind.STOP_WORD, "vernacular")),
        ("скинуть на почту копию", (HintKind.STOP_WORD, "jargon")),
        ("дабы получить выписку", (HintKind.STOP_WORD, "archaisms")),
        ("произвести оплату можно в банке", (HintKind.STOP_WORD, "officialese")),
        ("напишите заявленьице", (HintKind.STOP_WORD, "diminutives")),
        ("милочка подождите", (HintKind.STOP_WORD, "familiarity")),
        ("вопрос взят на контроль", (HintKind.EVASION, "evasions")),
    ],
)
def test_property_22_what_the_clause_forbids_is_heard(said: str, found: tuple[HintKind, str]) -> None:
    assert found in _slips(PROPERTY, said)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("вопрос взят на контроль", (HintKind.EVASION, "evasions")),
        ("ваше заявление принято в обработку", (HintKind.EVASION, "evasions")),
        ("у нас сейчас много работы", (HintKind.STOP_WORD, "excuses")),
        ("такого не может быть", (HintKind.STOP_WORD, "denial")),
        ("вы ошибаетесь", (HintKind.STOP_WORD, "denial")),
        ("к сожалению ничем не могу помочь", (HintKind.STOP_WORD, "dead_end")),
        ("сами виноваты", (HintKind.STOP_WORD, "aggression")),
        ("подайте через епгу", (HintKind.STOP_WORD, "complex")),
        ("вот и молодец", (HintKind.STOP_WORD, "sarcasm")),
        ("милочка подождите", (HintKind.STOP_WORD, "familiarity")),
        ("принесите справочку", (HintKind.STOP_WORD, "diminutives")),
    ],
)
def test_labour_7_what_the_clause_forbids_is_heard(said: str, found: tuple[HintKind, str]) -> None:
    assert found in _slips(LABOUR, said)


@pytest.mark.parametrize(
    "said",
    [
        "подождите минуту, я найду Ваше заявление",
        "положите справку и паспорт к договору",
        "участок предоставят в аренду, его номер я назову",
        "на следующей неделе Вы обязательно получите ответ",
        "у Вас много вопросов, отвечу по порядку",
    ],
)
@pytest.mark.parametrize("profile", [PROPERTY, LABOUR], ids=lambda profile: str(profile.id))
def test_plain_words_are_left_alone(profile: Profile, said: str) -> None:
    assert not _slips(profile, said)


def test_labour_9_a_calling_officer_speaks_without_haste() -> None:
    assert LABOUR.speech.pace.fastest < PROPERTY.speech.pace.fastest
