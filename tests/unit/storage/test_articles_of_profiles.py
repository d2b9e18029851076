"""The knowledge base of the five bodies: whole, answerable to their orders, and said as the orders want it said.

The questions that callers put to it stand in `tests/unit/domain/kb_questions.yaml`; the search is measured by them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from app.domain.articles import Article, ArticleKind
from app.domain.cues import heard, words_of
from app.domain.profile import Profile
from app.domain.regulations import unknown_clauses
from app.domain.speech_rules import WordList
from app.storage.flows import load_profile
from app.storage.marked_yaml import Marked, parse
from app.storage.regulations import load_regulations
from app.storage.texts import text_of

ROOT = Path(__file__).parents[3]
FLOWS = ROOT / "call_flows"
ASKED = ROOT / "tests" / "unit" / "domain" / "kb_questions.yaml"
ALL = ("housing", "property", "heritage", "labour", "education")
BODIES = tuple(body for body in ALL if (FLOWS / body / "profile.yaml").is_file())
NONE = "none"
YEARS = range(2026, 2027)

LEAST_QUESTIONS = 65
LEAST_QUESTIONS_OF_A_BODY = 13
READ_OUT_WORDS = 45
"""Words that are said in about fifteen seconds and a breath (L6)."""
WORDS = range(60, 201)

_CLAUSE = re.compile(r"[a-z]+ \d")


@lru_cache
def profile(body: str) -> Profile:
    return load_profile(FLOWS / body, years=YEARS)


def each_article() -> Iterator[tuple[str, Article]]:
    for body in BODIES:
        for article in profile(body).articles:
            yield body, article


@lru_cache
def asked() -> dict[str, Marked]:
    return parse(text_of(ASKED), ASKED.name).fields({*ALL, NONE})


def questions_of(body: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in asked()[body].items():
        fields = entry.fields({"ask", "articles"})
        yield fields["ask"].text(), fields["articles"].texts()


def plain(text: str) -> str:
    return " ".join(words_of(text))


def test_there_are_enough_answers_and_every_body_has_its_share() -> None:
    kinds = {body: Counter(article.kind for article in profile(body).articles) for body in BODIES}
    answers = {body: kinds[body][ArticleKind.QUESTION] for body in BODIES}
    assert sum(answers.values()) >= LEAST_QUESTIONS
    assert all(answers[body] >= LEAST_QUESTIONS_OF_A_BODY for body in BODIES), answers
    for body in BODIES:
        others = {ArticleKind.CONTACT, ArticleKind.ACT, ArticleKind.TEMPLATE, ArticleKind.SOLUTION}
        assert others <= kinds[body].keys(), body


@pytest.mark.parametrize("body", BODIES)
def test_every_unit_that_is_asked_has_an_article_of_its_own(body: str) -> None:
    # property 32-33: the knowledge base covers all functions, each unit fills its part.
    if body == "property":
        assert {article.unit for article in profile(body).articles} == {unit.id for unit in profile(body).units}


def test_articles_can_be_found_read_out_and_reviewed() -> None:
    for body, article in each_article():
        place = f"{body}/{article.id}"
        assert article.topics, place
        assert article.sources, place
        assert 3 <= len(article.questions) <= 6, place
        assert len(set(map(plain, article.questions))) == len(article.questions), place
        first = article.text.split("\n\n")[0]
        assert len(words_of(first)) <= READ_OUT_WORDS, place
        assert not first.startswith(("-", "1.", "#")), f"{place}: the first paragraph is read out as it stands"
        assert len(article.text.split()) in WORDS, place
        # K2: reviewed at least monthly from then on; a day to come is a slip of the pen.
        assert article.reviewed.year >= 2026, place


@pytest.mark.parametrize("body", BODIES)
def test_no_two_articles_of_a_body_are_asked_for_with_the_same_words(body: str) -> None:
    said = Counter(plain(text) for article in profile(body).articles for text in article.questions)
    assert not [text for text, times in said.items() if times > 1]
    titles = Counter(plain(article.title) for article in profile(body).articles)
    assert not [text for text, times in titles.items() if times > 1]


def test_clauses_that_articles_cite_exist_and_are_of_the_own_order() -> None:
    known = load_regulations(FLOWS / "regulations")
    for body, article in each_article():
        clauses = [source for source in article.sources if _CLAUSE.match(source)]
        assert not list(unknown_clauses(clauses, known)), f"{body}/{article.id}"
        assert all(clause.startswith(f"{body} ") for clause in clauses), f"{body}/{article.id}"


def avoided(article: Article, lists: tuple[WordList, ...]) -> Iterator[str]:
    """The words of the lists that stand in the title or the text. A question is the caller's: it may say anything.

    Sentence by sentence, since a phrase of the list that is parted by a full stop is none.
    """
    for sentence in re.split(r"[.!?:;]\s|\n", f"{article.title}\n{article.text}"):
        said = words_of(sentence)
        for one in lists:
            yield from (f"{word} ({one.id}): {sentence}" for word in one.words if heard(word, said))


def test_answers_hold_to_the_rules_of_speech() -> None:
    # L6: an answer that is read out as it is written must not earn the operator a hint.
    for body, article in each_article():
        rules = profile(body).speech
        lists = (rules.interjections, rules.fillers, *rules.stop_words, rules.evasions)
        assert not list(avoided(article, lists)), f"{body}/{article.id}"


def test_a_forbidden_phrase_is_seen() -> None:
    [article] = [one for one in profile("housing").articles if one.id == "term-of-answer"]
    bad = replace(article, text="Ваше заявление принято в обработку. Ждите ответа.")
    evasions = profile("housing").speech.evasions
    assert any("принято в обработку" in found for found in avoided(bad, (evasions,)))
    assert not list(avoided(article, (evasions,)))


def test_the_line_never_fills_in_forms_for_the_client() -> None:
    # housing 5.10, property 28: the answer says so where callers ask it.
    for body, id_ in (("housing", "contact-line"), ("property", "what-operator-cannot-do")):
        [article] = [one for one in profile(body).articles if one.id == id_]
        assert re.search(r"не заполня|[Зз]аполнить форму за Вас", article.text), body


def test_the_lines_own_numbers_and_hours_are_those_of_the_order() -> None:
    # housing 5.2-5.3, property 18-19
    [housing] = [one for one in profile("housing").articles if one.kind is ArticleKind.CONTACT]
    assert all(word in housing.text for word in ("+7 (8512) 24-50-22", "8:30", "12:00", "13:00", "17:30"))
    [property_] = [one for one in profile("property").articles if one.kind is ArticleKind.CONTACT]
    assert all(word in property_.text for word in ("9:00", "18:00", "17:00"))
    for unit in profile("property").units:
        own = [number for number in unit.numbers if re.fullmatch(r"\d{3}-\d\d-\d\d", number)]
        assert own, unit.id
        assert all(number in property_.text for number in own), unit.id


@pytest.mark.parametrize("body", BODIES)
def test_callers_questions_lead_to_articles_that_exist(body: str) -> None:
    ids = {article.id: article.kind for article in profile(body).articles}
    put = list(questions_of(body))
    assert len(put) >= 30
    for text, right in put:
        assert right, text
        assert set(right) <= ids.keys(), f"{text}: {right}"
    answered = {id_ for _, right in put for id_ in right}
    meant = {ArticleKind.QUESTION, ArticleKind.CONTACT, ArticleKind.ACT}
    assert {id_ for id_, kind in ids.items() if kind in meant} == answered


def test_callers_put_it_in_other_words_than_the_articles() -> None:
    for body in BODIES:
        own = {plain(text) for article in profile(body).articles for text in (*article.questions, article.title)}
        put = [text for text, _ in questions_of(body)]
        assert not own & set(map(plain, put)), body
        assert len(set(put)) == len(put), body
        assert not [text for text in put if re.search(r"[.,?!:;]", text)], "speech has no punctuation"


def test_what_nobody_answers_is_asked_too() -> None:
    put = asked()[NONE].texts()
    assert len(set(put)) >= 20
