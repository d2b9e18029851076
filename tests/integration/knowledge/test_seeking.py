"""Seeking beside a real event loop."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from app.dictionary import normal_form
from app.domain.search import Found, Query
from app.knowledge.seeking import BackgroundSeeker
from app.knowledge.shelf import OfFiles, Shelf
from app.storage.flows import load_profile

FLOWS = Path(__file__).parents[3] / "call_flows"
WITHIN_S = 10


class Held:
    """A knowledge base in which a search lasts until it is let go; one for «fault» fails."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.let_go = threading.Event()
        self.sought: list[str] = []
        self.threads: set[int] = set()

    def search(self, query: Query) -> Sequence[Found]:
        self.sought.append(query.text)
        self.threads.add(threading.get_ident())
        self.begun.set()
        assert self.let_go.wait(WITHIN_S)
        if query.text == "fault":
            raise ValueError("a fault of the search")
        return ()


class Answers:
    """Collects answers by the words that were sought, in the loop's thread."""

    def __init__(self, seeker: BackgroundSeeker) -> None:
        self._seeker = seeker
        self.came: list[str] = []
        self._more = asyncio.Event()

    def seek(self, name: str, text: str) -> None:
        self._seeker.seek(name, Query(text), lambda found: self._take(text, found))

    def _take(self, text: str, found: Sequence[Found]) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.came.append(text)
        self._more.set()

    async def until(self, number: int) -> list[str]:
        async with asyncio.timeout(WITHIN_S):
            while len(self.came) < number:
                self._more.clear()
                await self._more.wait()
        return self.came


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.let_go.set()


def until_closing(seeker: BackgroundSeeker) -> None:
    end = time.monotonic() + WITHIN_S
    while not seeker._closing:
        assert time.monotonic() < end
        time.sleep(0.001)


async def begun(held: Held) -> None:
    assert await asyncio.to_thread(held.begun.wait, WITHIN_S)


async def test_the_real_articles_are_found_beside_the_loop() -> None:
    profile = load_profile(FLOWS / "housing", years=range(2026, 2027))
    found: asyncio.Future[Sequence[Found]] = asyncio.get_running_loop().create_future()
    with (
        closing(Shelf(OfFiles(), normal_form, profile, refresh_every_s=3600)) as shelf,
        closing(BackgroundSeeker(shelf)) as seeker,
    ):
        await asyncio.to_thread(shelf.refresh)
        seeker.seek("one", Query("у меня с потолка течёт, крыша"), found.set_result)
        assert not found.done()
        async with asyncio.timeout(WITHIN_S):
            assert (await found)[0].article.id == "roof-leak"


async def test_the_loop_goes_on_while_it_is_sought(held: Held) -> None:
    with closing(BackgroundSeeker(held)) as seeker:
        answers = Answers(seeker)
        answers.seek("one", "long")
        await begun(held)
        await asyncio.sleep(0)
        assert answers.came == []
        held.let_go.set()
        assert await answers.until(1) == ["long"]
        assert threading.get_ident() not in held.threads


async def test_a_newer_wish_overtakes_the_one_that_waits(held: Held) -> None:
    with closing(BackgroundSeeker(held)) as seeker:
        answers = Answers(seeker)
        answers.seek("one", "first")
        await begun(held)
        answers.seek("one", "second")
        answers.seek("other", "else")
        answers.seek("one", "third")
        assert await answers.until(1) == ["second"]
        held.let_go.set()
        assert await answers.until(4) == ["second", "first", "third", "else"]
        assert held.sought == ["first", "third", "else"]


async def test_one_wish_too_many_is_answered_with_nothing(held: Held) -> None:
    with closing(BackgroundSeeker(held, most_waiting=2)) as seeker:
        answers = Answers(seeker)
        answers.seek("begun", "begun")
        await begun(held)
        for name in ("a", "b", "c"):
            answers.seek(name, name)
        assert await answers.until(1) == ["c"]
        answers.seek("a", "newer")  # who waits already may still change the wish
        assert await answers.until(2) == ["c", "a"]
        held.let_go.set()
        await answers.until(5)
        assert held.sought == ["begun", "newer", "b"]


async def test_a_search_that_fails_is_answered_and_the_next_is_sought(held: Held) -> None:
    held.let_go.set()
    with closing(BackgroundSeeker(held)) as seeker:
        answers = Answers(seeker)
        answers.seek("one", "fault")
        answers.seek("other", "good")
        assert await answers.until(2) == ["fault", "good"]


async def test_at_the_end_no_thread_is_left_and_what_waits_is_dropped(held: Held) -> None:
    seeker = BackgroundSeeker(held)
    answers = Answers(seeker)
    answers.seek("one", "begun")
    await begun(held)
    answers.seek("other", "waits")
    closing_it = asyncio.create_task(asyncio.to_thread(seeker.close))
    await asyncio.to_thread(until_closing, seeker)
    held.let_go.set()
    await closing_it
    assert "seeking" not in [thread.name for thread in threading.enumerate()]
    assert held.sought == ["begun"]
