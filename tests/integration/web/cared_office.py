"""The site with a database of articles, their owners and the questions that no article answered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from app.dictionary import normal_form
from app.domain import facts as f
from app.domain.profile import Profile, Unit
from app.knowledge.rendering import html_of
from app.knowledge.shelf import Shelf
from app.storage.article_book import SqlArticleBook
from app.storage.engine import open_engine
from app.storage.fact_store import FactStore
from app.storage.knowledge_care import SqlKnowledgeCare
from app.storage.upgrade import upgrade
from tests.integration.web.days import ZONE, Script
from tests.integration.web.office import NOW, Office, housing, open_office

ASKED = (
    ("call-1", timedelta(hours=3), "Кто чинит фонтан? Звоните Анне на +7 927 123-45-67"),
    ("call-2", timedelta(hours=2), "чинят ли фонтаны зимой"),
    ("call-3", timedelta(hours=1), "как перенести газовую трубу"),
    ("call-4", timedelta(days=40), "можно ли держать пчёл на балконе"),
)


def two_units() -> Profile:
    """Housing, and a unit whose part of the knowledge base is empty."""
    return replace(housing(), units=(*housing().units, Unit("archive", "Архив", ())))


@contextmanager
def cared_office(folder: Path) -> Iterator[Office]:
    engine = open_engine(f"sqlite:///{folder / 'office.sqlite'}")
    upgrade(engine)
    facts = []
    for call, ago, asked in ASKED:
        script = Script(f"call:{call}", NOW - ago)
        script.add(f.CallArrived("+79271234567", "78512245022", "line", "housing", "v1"), after=0)
        script.add(f.CallQueued("line"), f.CallOffered("ivanova"), f.OperatorJoined("ivanova"))
        script.add(f.CallerNamed("Анна Петровна"), f.TopicChosen("visit"), f.ArticleMissed(asked, "said"))
        facts += script.written
    rejected: list[bytes] = []
    FactStore(engine, ZONE, rejected.append).store(facts)
    assert rejected == []
    book = SqlArticleBook(engine)
    shelf = Shelf(book, normal_form, two_units(), refresh_every_s=3600)
    shelf.refresh()
    office = open_office()
    office.app.state.site = replace(
        office.app.state.site,
        profile=two_units(),
        knowledge=shelf,
        articles=book,
        html_of=html_of,
        care=SqlKnowledgeCare(engine),
        normal_form=normal_form,
    )
    yield office
    shelf.close()
    engine.dispose()
