"""Articles on the operator's panel: suggested, sought, opened, used, missed (L7, K2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from app.application.audio_tokens import AudioTokens
from app.application.knowledge import ShownArticle
from app.application.panel_commands import PanelCommands
from app.domain import facts as f
from app.domain.articles import Article, ArticleKind
from app.domain.errors import BadInput, Refused
from app.domain.profile import Profile
from app.domain.search import Found, Index, Query
from app.domain.word_forms import stem
from tests.fakes.knowledge import SeekerWhenTold
from tests.unit.application.house import House

ROOF = Article("roof", "Течёт крыша", ArticleKind.QUESTION, "line", "**Сообщите** нам.", date(2026, 11, 1))
LIFT = Article("lift", "Не работает лифт", ArticleKind.QUESTION, "line", "Позвоните.", date(2026, 11, 1))


class Shelf:
    """Implements `Knowledge`; counts how often it was asked."""

    def __init__(self, *articles: Article) -> None:
        self.edition = 1
        self.sought: list[Query] = []
        self._index = Index(articles, stem)

    def search(self, query: Query) -> Sequence[Found]:
        self.sought.append(query)
        return self._index.search(query)

    def article(self, article_id: str) -> ShownArticle | None:
        known = {one.id: one for one in self._index.articles}
        return ShownArticle(known[article_id], 3, "<p>…</p>") if article_id in known else None

    def articles(self) -> Sequence[ShownArticle]:
        return [ShownArticle(one, 3, "") for one in self._index.articles]

    def use_profile(self, profile: Profile) -> None:
        return

    def refresh(self) -> None:
        return


@pytest.fixture
def shelf(house: House) -> Shelf:
    shelf = Shelf(ROOF, LIFT)
    house.panels = PanelCommands(house.exchange, AudioTokens(house.clock), house.feed, shelf)
    house.sit_down("ivanova")
    return shelf


def suggested(house: House) -> list[dict[str, Any]]:
    return list(house.feed.shown["ivanova"]["knowledge"])


def test_the_callers_words_suggest_articles(house: House, shelf: Shelf) -> None:
    caller, operator = house.talk()
    assert suggested(house) == []
    house.channel(operator).final("лифт")
    assert suggested(house) == []
    house.channel(caller).final("у нас крыша течёт")
    house.pass_s(1)
    (line,) = suggested(house)
    assert line["id"] == "roof"
    assert line["short"] == "Сообщите нам."
    assert not line["used"]


def test_the_need_and_the_topic_suggest_too(house: House, shelf: Shelf) -> None:
    house.talk()
    house.do("ivanova", "need", text="стоит лифт")
    house.pass_s(1)
    assert [line["id"] for line in suggested(house)] == ["lift"]
    topic = house.exchange.profile.topics[0].id
    house.do("ivanova", "topic", topic=topic)
    house.pass_s(1)
    assert shelf.sought[-1].topic == topic


def test_it_seeks_at_most_once_a_second(house: House, shelf: Shelf) -> None:
    caller, _ = house.talk()
    house.pass_s(5)
    for word in ("крыша", "лифт", "опять"):
        house.channel(caller).final(word)
    assert len(shelf.sought) == 1
    house.pass_s(1)
    assert len(shelf.sought) == 2
    assert {line["id"] for line in suggested(house)} == {"roof", "lift"}
    house.pass_s(30)
    assert len(shelf.sought) == 2


@pytest.fixture
def seeker(house: House, shelf: Shelf) -> SeekerWhenTold:
    seeker = SeekerWhenTold(shelf)
    house.panels = PanelCommands(house.exchange, AudioTokens(house.clock), house.feed, shelf, seeker)
    return seeker


def test_suggestions_come_when_they_are_found(house: House, shelf: Shelf, seeker: SeekerWhenTold) -> None:
    caller, _ = house.talk()
    house.channel(caller).final("у нас крыша течёт")
    house.pass_s(5)
    assert suggested(house) == []
    assert shelf.sought == []
    seeker.find()
    assert [line["id"] for line in suggested(house)] == ["roof"]
    house.pass_s(30)
    assert seeker.waiting == {}


def test_what_was_found_too_late_is_not_suggested(house: House, shelf: Shelf, seeker: SeekerWhenTold) -> None:
    house.talk()
    house.do("ivanova", "need", text="крыша")
    house.pass_s(1)
    late = seeker.hold_back()
    house.do("ivanova", "need", text="лифт")
    house.pass_s(1)
    late()
    assert suggested(house) == []
    seeker.find()
    assert [line["id"] for line in suggested(house)] == ["lift"]


def test_old_suggestions_stay_until_newer_are_found(house: House, shelf: Shelf, seeker: SeekerWhenTold) -> None:
    house.talk()
    house.do("ivanova", "need", text="крыша")
    house.pass_s(1)
    seeker.find()
    house.do("ivanova", "need", text="фонтан")
    house.pass_s(1)
    assert [line["id"] for line in suggested(house)] == ["roof"]
    seeker.find()
    assert suggested(house) == []


def test_what_is_found_for_a_call_that_is_over_is_dropped(
    house: House, shelf: Shelf, seeker: SeekerWhenTold
) -> None:
    house.talk()
    house.do("ivanova", "need", text="крыша")
    house.pass_s(1)
    assert house.empty() == []
    assert seeker.waiting
    seeker.find()
    assert suggested(house) == []


def test_a_typed_search_is_answered_when_it_is_found(house: House, shelf: Shelf, seeker: SeekerWhenTold) -> None:
    house.talk()
    first = house.ask("ivanova", "knowledge_search", text="крыша")
    assert first == []
    second = house.ask("ivanova", "knowledge_search", text="лифт")
    assert first == [{"articles": []}]  # overtaken
    seeker.find()
    assert [line["id"] for line in second[0]["articles"]] == ["lift"]
    assert len(first) == len(second) == 1


def test_a_search_is_answered_at_any_time(house: House, shelf: Shelf) -> None:
    answer = house.do("ivanova", "knowledge_search", text="крышу")
    assert [line["id"] for line in answer["articles"]] == ["roof"]
    assert house.do("ivanova", "knowledge_search", text=" ") == {"articles": []}
    with pytest.raises(BadInput, match="at most 500"):
        house.do("ivanova", "knowledge_search", text="а" * 501)


def test_an_article_is_opened(house: House, shelf: Shelf) -> None:
    shown = house.do("ivanova", "article", id="roof")
    assert shown["html"] == "<p>…</p>"
    assert shown["version"] == 3
    assert not shown["used"]
    with pytest.raises(Refused, match="no such article"):
        house.do("ivanova", "article", id="nothing")


def test_what_was_used_is_recorded_and_stays_on_the_panel(house: House, shelf: Shelf) -> None:
    house.talk()
    house.do("ivanova", "article_used", id="roof")
    house.do("ivanova", "article_used", id="roof")
    assert [x for x in house.facts() if isinstance(x, f.ArticleUsed)] == [f.ArticleUsed("roof", 3, "Течёт крыша")]
    assert [(line["id"], line["used"]) for line in suggested(house)] == [("roof", True)]
    assert house.do("ivanova", "article", id="roof")["used"]


def test_without_a_call_nothing_is_used_or_missed(house: House, shelf: Shelf) -> None:
    for command, arguments in (("article_used", {"id": "roof"}), ("no_article", {"text": "фонтан"})):
        with pytest.raises(Refused):
            house.do("ivanova", command, **arguments)


def test_the_operator_says_that_an_article_is_missing(house: House, shelf: Shelf) -> None:
    house.talk()
    house.do("ivanova", "no_article", text=" кто чинит фонтан ")
    house.do("ivanova", "no_article", text="кто чинит фонтан")
    assert missed(house) == [f.ArticleMissed("кто чинит фонтан", "said")]
    with pytest.raises(BadInput, match="what was asked"):
        house.do("ivanova", "no_article", text=" ")


def missed(house: House) -> list[f.Fact]:
    return [x for x in house.journal.facts("id1") if isinstance(x, f.ArticleMissed)]


def test_a_need_without_a_suggestion_is_noted_when_the_call_is_over(house: House, shelf: Shelf) -> None:
    house.talk()
    house.do("ivanova", "need", text="фонтан на площади")
    house.do("ivanova", "knowledge_search", text="фонтан")
    assert house.empty() == []
    assert missed(house) == [f.ArticleMissed("фонтан на площади", "need"), f.ArticleMissed("фонтан", "search")]


def test_a_search_whose_article_was_opened_is_not_noted(house: House, shelf: Shelf) -> None:
    house.talk()
    house.do("ivanova", "knowledge_search", text="лифт")
    house.do("ivanova", "article", id="lift")
    house.do("ivanova", "need", text="стоит лифт")
    assert house.empty() == []
    assert missed(house) == []


def test_a_call_in_which_an_article_was_used_misses_none(house: House, shelf: Shelf) -> None:
    house.talk()
    house.do("ivanova", "need", text="фонтан")
    house.do("ivanova", "knowledge_search", text="вода")
    house.do("ivanova", "article_used", id="roof")
    assert house.empty() == []
    assert missed(house) == []
