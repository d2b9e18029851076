"""The recogniser's process: its workers, and the words of the body, which change while it runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from app.config import Settings
from app.domain.errors import BadInput, Unavailable
from app.main import read_profile, until_told_to_stop
from app.speech.body_vocabulary import NotAllowed, in_every_case, prepared, with_words, words_wanted
from app.speech.model_files import check_telephone_model
from app.speech.recogniser import Minding, Recogniser
from app.storage.directory import names_of_operators
from app.storage.engine import open_engine

WORDS_EVERY_S = 60.0
log = structlog.get_logger()


async def run_recogniser(settings: Settings) -> None:
    """The recogniser process and its workers."""
    check_telephone_model(settings.model)
    names = _names_of_the_body(settings)
    words = words_wanted([*_operators_if_any(settings), *names], settings.vocabulary)
    recogniser = Recogniser(
        prepared(settings.model, words, _folder(settings)),
        settings.recogniser_host,
        settings.recogniser_port,
        settings.recogniser_workers,
        streams=settings.recogniser_streams,
        minding=Minding(growth_bytes=settings.recogniser_growth_mb << 20),
    )
    async with AsyncExitStack() as stack:
        await recogniser.start()
        stack.push_async_callback(recogniser.aclose)
        following = asyncio.create_task(follow_words(recogniser, settings, names, words))
        stack.callback(following.cancel)
        await until_told_to_stop()


async def follow_words(
    recogniser: Recogniser,
    settings: Settings,
    names: Sequence[str],
    known: Sequence[str],
    every_s: float = WORDS_EVERY_S,
) -> None:
    """Who is hired is heard by name soon after, without a restart; so is what is written into the file of words.
    `names` are the body's own, which stay; `known` are all words that the recogniser has."""
    told = ""
    while True:
        await asyncio.sleep(every_s)
        try:
            operators = await asyncio.to_thread(_operators, settings)
            words = words_wanted([*operators, *names], settings.vocabulary)
            if words != known:
                recogniser.use(await asyncio.to_thread(_model_with, words, settings))
                known = words
            told = ""
        except (BadInput, Unavailable, NotAllowed, OSError, ValueError) as error:
            if str(error) != told:
                log.error("words_not_changed", reason=str(error))
            told = str(error)


def _names_of_the_body(settings: Settings) -> list[str]:
    """Of the body, its units and topics; none where a recogniser on a machine of its own has no scripts."""
    if not settings.profile_dir.is_dir():
        return []
    profile = read_profile(settings)
    return [profile.body, *(unit.name for unit in profile.units), *profile.topic_titles.values()]


def _model_with(words: Sequence[str], settings: Settings) -> Path:
    """Unlike at the start, what fails leaves the words that are known."""
    return with_words(settings.model.resolve(), in_every_case(words), _folder(settings))


def _folder(settings: Settings) -> Path:
    return settings.data_dir / "vocabulary"


def _operators_if_any(settings: Settings) -> list[str]:
    """A recogniser begins also while the database is away."""
    try:
        return _operators(settings)
    except Unavailable as error:
        log.warning("operators_names_not_added", reason=str(error))
        return []


def _operators(settings: Settings) -> list[str]:
    """None where the staff's database is not here or not made yet. Unavailable when it does not answer."""
    if not settings.database_url and not (settings.data_dir / "liniya.db").is_file():
        return []
    engine = open_engine(settings.database)
    try:
        return names_of_operators(engine)
    finally:
        engine.dispose()
