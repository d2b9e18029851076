"""A model with the words of a body: a folder derived from the bundled model, whose language model also has the
names of services, streets and operators, each as a chain of phone-words (see `body_words`)."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import structlog

from app.dictionary import cases_of
from app.domain.errors import BadInput, Unavailable
from app.speech.body_words import PHONE_WORDS, BodyWords, chain_of
from app.speech.const_fst import ConstFst
from app.speech.fst_header import NotAnFst
from app.speech.pronunciation import pronounce

MOST_WORDS, MOST_FORMS = 2000, 12_000
"""A name has some five cases."""
_LONGEST_WORD = 40
_ADDED_COST = 8.0
"""About one word in 3000: a name said is heard, other words are not mistaken for it (measured by the tests)."""
_KNOWN_COST = 7.0
_TABLE = "body_words.json"
_LAYOUT = 1
"""Written into the name of the folder: another version makes it anew."""
logger = structlog.get_logger()
_WORD = re.compile(r"[а-яё]+")


class NotAllowed(Exception):
    """The model takes no words at run time; the text says why."""


def words_wanted(names: Iterable[str], file: Path | None) -> list[str]:
    """The words of the administrator's file and of names. Raises BadInput for a bad line of the file, or when it
    cannot be read."""
    try:
        listed = words_of_file(file) if file else []
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"LINIYA_VOCABULARY={file}: cannot be read ({error}); write a text file in UTF-8") from error
    return [*listed, *words_of_texts(names)]


def prepared(model: Path, words: Iterable[str], folder: Path) -> Path:
    """The model to load: with the words in every case, or as it is where it takes none (one log line says so)."""
    try:
        return with_words(model.resolve(), in_every_case(words), folder)
    except (NotAllowed, OSError, ValueError, Unavailable) as error:
        logger.warning("vocabulary_not_added", model=model.name, reason=str(error))
        return model


def words_of_file(path: Path) -> list[str]:
    """The words of the administrator's file: a word or phrase a line, «#» begins a comment.

    Raises BadInput with file and line for what is no Russian word, OSError when the file cannot be read.
    """
    words: list[str] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        for word in line.partition("#")[0].replace("-", " ").split():
            if not _WORD.fullmatch(word.lower()) or len(word) > _LONGEST_WORD:
                raise BadInput(
                    f"{path}:{number}: {word!r} is not a Russian word: write it in Russian letters, as it is said"
                )
            words.append(word.lower())
    return list(dict.fromkeys(words))


def words_of_texts(texts: Iterable[str]) -> list[str]:
    """The Russian words of names (of operators, units, topics), each once."""
    return list(dict.fromkeys(word for text in texts for word in _WORD.findall(text.lower()) if len(word) > 1))


def in_every_case(words: Iterable[str]) -> list[str]:
    """At most `MOST_WORDS` of the words (lower-case) with their cases: «терновского» is asked for as «терновский»,
    too."""
    every = list(dict.fromkeys(words))
    some = every[:MOST_WORDS]
    if len(some) < len(every):
        logger.warning("vocabulary_cut", given=len(every), kept=len(some))
    return list(dict.fromkeys((*some, *(form for word in some for form in cases_of(word)))))


def with_words(model: Path, words: Iterable[str], folder: Path) -> Path:
    """A model like `model` that also hears `words` (lower-case, at most `MOST_FORMS`, further ones are left out).

    It lies in `folder` under a name made of what it is made of, and is made once. Raises NotAllowed for a model
    that has no phone-words or no look-ahead graph, OSError when it cannot be written.
    """
    wanted = sorted(list(dict.fromkeys(words))[:MOST_FORMS])
    if not wanted:
        return model
    numbers = _numbers(model)
    if any(symbol not in numbers for symbol in PHONE_WORDS):
        raise NotAllowed("it has no phone-words")
    made = folder / _name(model, wanted)
    if made.is_dir():
        return made
    folder.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
    try:
        _make(model, wanted, numbers, aside)
        aside.replace(made)
    except OSError:
        if not made.is_dir():  # another process may have made it meanwhile
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return made


def body_words_of(model: Path) -> BodyWords:
    """The words that `with_words` gave a model; none for any other model."""
    table = model / _TABLE
    if not table.is_file():
        return BodyWords({})
    return BodyWords(
        {tuple(chain.split()): word for chain, word in json.loads(table.read_text(encoding="utf-8")).items()}
    )


def _numbers(model: Path) -> dict[str, int]:
    try:
        lines = (model / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise NotAllowed("it has no words.txt") from None
    return {word: int(number) for word, _, number in (line.rpartition(" ") for line in lines) if number.isdigit()}


def _name(model: Path, words: list[str]) -> str:
    digest = hashlib.blake2b(f"{_LAYOUT} {model.resolve()} {' '.join(words)}".encode(), digest_size=12)
    for part in ("am/final.mdl", "graph/Gr.fst", "graph/words.txt"):
        if (model / part).is_file():
            digest.update(f"{(model / part).stat().st_size} {(model / part).stat().st_mtime_ns}".encode())
    return digest.hexdigest()


def _make(model: Path, words: list[str], numbers: dict[str, int], folder: Path) -> None:
    try:
        language = ConstFst.read(model / "graph" / "Gr.fst")
    except (NotAnFst, FileNotFoundError) as error:
        raise NotAllowed(f"its graph has no language model of its own ({error})") from error
    chains = _add(language, words, numbers)
    (folder / "graph").mkdir()
    for part in sorted(model.iterdir()):
        if part.name != "graph":
            (folder / part.name).symlink_to(part.resolve())
    for part in sorted((model / "graph").iterdir()):
        if part.name != "Gr.fst":
            (folder / "graph" / part.name).symlink_to(part.resolve())
    language.write(folder / "graph" / "Gr.fst")
    table = {" ".join(chain): word for chain, word in chains.items()}
    (folder / _TABLE).write_text(json.dumps(table, ensure_ascii=False), encoding="utf-8")
    # mkdtemp makes it its owner's only.
    folder.chmod(0o755)


def _add(language: ConstFst, words: list[str], numbers: dict[str, int]) -> dict[tuple[str, ...], str]:
    """Chains from the state of unigrams back to it, and a better cost for words that the model knows."""
    unigrams = max(
        range(language.states), key=lambda state: int(language.firsts[state + 1] - language.firsts[state])
    )
    arcs = language.arcs_of(unigrams)
    chains: dict[tuple[str, ...], str] = {}
    for word in words:
        label = numbers.get(word.replace("ё", "е"))
        if label is not None:
            known = arcs["taken"] == label
            arcs["cost"][known] = arcs["cost"][known].clip(max=_KNOWN_COST)
            continue
        try:
            ways = pronounce(word)
        except BadInput:
            continue
        for phones in ways:
            chain = chain_of(phones)
            if chain not in chains:
                chains[chain] = word.replace("ё", "е")
                _add_chain(language, unigrams, [numbers[symbol] for symbol in chain])
    return chains


def _add_chain(language: ConstFst, unigrams: int, labels: list[int]) -> None:
    state, cost = unigrams, _ADDED_COST
    for label in labels[:-1]:
        following = language.add_state()
        language.add_arc(state, label, cost, following)
        state, cost = following, 0.0
    language.add_arc(state, labels[-1], cost, unigrams)
