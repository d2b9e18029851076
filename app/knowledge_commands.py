"""`liniya knowledge`: a folder of documents into the knowledge base, and all of it into a folder."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from app.domain.article_form import id_for
from app.domain.article_import import fingerprint, fingerprints, parts_of
from app.domain.articles import Article, ArticleKind
from app.domain.errors import BadInput
from app.domain.profile import Profile
from app.knowledge.documents import KINDS, LARGEST_FILE, markdown_of
from app.speech.progress_bar import ProgressBar
from app.storage.article_book import SqlArticleBook
from app.storage.articles_files import article as article_of
from app.storage.articles_files import text_of_article

MOST_FILES = 5000
AUTHOR = "import"
FRONT = "---"


class Import:
    """One run over a folder. A file is taken whole or not at all; the others go on."""

    def __init__(
        self, profile: Profile, book: SqlArticleBook, unit: str, kind: ArticleKind, *, dry_run: bool
    ) -> None:
        self._profile = profile
        self._book = book
        self._unit = unit
        self._kind = kind
        self._dry_run = dry_run
        read = book.read(profile, None)
        known = [stored.article for stored in read[0]] if read else []
        self._fingerprints = fingerprints(known)
        self._ids = {one.id for one in known} | {one.id for one in profile.articles}

    def file(self, path: Path) -> str:
        """What became of one file, in words. BadInput when it cannot be used."""
        if path.stat().st_size > LARGEST_FILE:
            raise BadInput(f"is larger than {LARGEST_FILE // 1024 // 1024} MB: divide it")
        markdown = markdown_of(path.name, path.read_bytes())
        found = self._articles(path, markdown)
        fresh = [one for one in found if fingerprint(one.title, one.text) not in self._fingerprints]
        if not found:
            raise BadInput("has headings, but no text below them")
        if not self._dry_run:
            now = datetime.now(UTC)
            self._book.keep_new(self._profile.id, fresh, author=AUTHOR, at=now)
        self._fingerprints |= fingerprints(fresh)
        doubled = len(found) - len(fresh)
        also = f", {doubled} known already" if doubled else ""
        return f"{'would import' if self._dry_run else 'imported'} {len(fresh)} articles{also}"

    def _articles(self, path: Path, markdown: str) -> list[Article]:
        if markdown.startswith(FRONT) and path.suffix.lower() != ".docx":
            topics = [topic.id for topic in self._profile.topics]
            units = [unit.id for unit in self._profile.units]
            one = article_of(markdown, path, units, topics, least_questions=0)
            return [Article(**{**vars(one), "id": self._new_id(path.stem)})]
        today = datetime.now(UTC).date()
        return [
            Article(
                id=self._new_id(part.title),
                title=part.title,
                kind=ArticleKind.QUESTION if part.asks else self._kind,
                unit=self._unit,
                text=part.text,
                reviewed=today,
                questions=(part.title,) if part.asks else (),
            )
            for part in parts_of(markdown, path.stem)
        ]

    def _new_id(self, title: str) -> str:
        chosen = id_for(title, self._ids)
        while self._book.versions(self._profile.id, chosen):
            self._ids.add(chosen)
            chosen = id_for(title, self._ids)
        self._ids.add(chosen)
        return chosen


def bring_in(
    profile: Profile, book: SqlArticleBook, folder: Path, unit: str, kind: ArticleKind, *, dry_run: bool
) -> int:
    """Import a folder; returns how many files could not be used."""
    units = [one.id for one in profile.units]
    unit = unit or units[0]
    if unit not in units:
        raise BadInput(f"--unit {unit}: there is no such unit; there are {', '.join(units)}")
    if not folder.is_dir():
        raise BadInput(f"{folder}: no such folder")
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in KINDS and path.is_file())
    if not paths:
        raise BadInput(f"{folder}: has no document ({', '.join(KINDS)})")
    if len(paths) > MOST_FILES:
        raise BadInput(f"{folder}: has {len(paths)} documents, at most {MOST_FILES} are read at once")
    work = Import(profile, book, unit, kind, dry_run=dry_run)
    bar = ProgressBar(sys.stderr, "import")
    total = sum(path.stat().st_size for path in paths) or 1
    done, failed, told = 0, 0, []
    for path in paths:
        try:
            told.append(f"{path.relative_to(folder)}: {work.file(path)}")
        except BadInput as error:
            failed += 1
            told.append(f"{path.relative_to(folder)}: {error}")
        done += path.stat().st_size
        bar(done, total)
    bar.finish()
    print("\n".join(told))
    return failed


def give_out(profile: Profile, book: SqlArticleBook, folder: Path) -> int:
    """Write every article as Markdown that the import reads back; returns how many. BadInput for a folder in which
    something lies already."""
    if folder.exists() and any(folder.iterdir()):
        raise BadInput(f"{folder}: is not empty; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    read = book.read(profile, None)
    stored = [one.article for one in read[0]] if read else []
    for one in stored:
        (folder / f"{one.id}.md").write_text(text_of_article(one), encoding="utf-8")
    print(f"{len(stored)} articles in {folder}")
    return len(stored)
