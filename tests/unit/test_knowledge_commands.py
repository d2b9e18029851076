"""`liniya knowledge` over real documents and a real database."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from pypdf import PdfWriter

from app import knowledge_commands
from app.domain.articles import Article, ArticleKind
from app.domain.errors import BadInput
from app.knowledge.documents import markdown_of
from app.storage.article_book import SqlArticleBook
from app.storage.engine import open_engine
from app.storage.flows import load_profile
from app.storage.upgrade import upgrade

PROFILE = load_profile(Path(__file__).parents[2] / "call_flows" / "housing", years=range(2026, 2027))
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"


def docx(*blocks: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        body = "".join(blocks)
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
    return out.getvalue()


def pdf(text: str = "", password: str = "") -> bytes:
    """A page with a line of Latin letters, or a blank one as of a scan."""
    if text:
        stream = f"BT /F1 12 Tf 50 700 Td ({text}) Tj ET"
        objects = [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ]
        out, places = b"%PDF-1.4\n", []
        for number, one in enumerate(objects, 1):
            places.append(len(out))
            out += f"{number} 0 obj{one}endobj\n".encode()
        table = "".join(f"{place:010} 00000 n \n" for place in places)
        xref = f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF"
        return out + xref.encode()
    writer = PdfWriter()
    writer.add_blank_page(600, 800)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqlArticleBook]:
    engine = open_engine(f"sqlite:///{tmp_path / 'office.sqlite'}")
    upgrade(engine)
    yield SqlArticleBook(engine)
    engine.dispose()


def kept(book: SqlArticleBook) -> dict[str, Article]:
    read = book.read(PROFILE, None)
    assert read is not None
    return {one.article.id: one.article for one in read[0] if one.version}


def bring_in(book: SqlArticleBook, folder: Path, *, dry_run: bool = False) -> int:
    return knowledge_commands.bring_in(PROFILE, book, folder, "", ArticleKind.OTHER, dry_run=dry_run)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "вопросы.docx").write_bytes(
        docx(
            paragraph("Вопросы жителей", "Title"),
            paragraph("Кто чинит фонтан?", "Heading1"),
            paragraph("Фонтаны чинит <город> & округ."),
            paragraph("Когда включат фонтан?", "Heading1"),
            "<w:tbl><w:tr><w:tc>" + paragraph("Месяц") + "</w:tc><w:tc>" + paragraph("День") + "</w:tc></w:tr>"
            "<w:tr><w:tc>" + paragraph("май") + "</w:tc><w:tc>" + paragraph("1|2") + "</w:tc></w:tr></w:tbl>",
        )
    )
    (folder / "order.pdf").write_bytes(pdf("Order of fountains"))
    (folder / "порядок.md").write_text("# Порядок\n\nТекст порядка.", encoding="utf-8")
    return folder


BROKEN = {
    "scan.pdf": (pdf(), "a scan"),
    "closed.pdf": (pdf(password="тайна"), "password"),
    "damaged.pdf": (b"%PDF-1.4 nothing", "damaged"),
    "damaged.docx": (b"PK nothing", "damaged"),
    "old.docx": (b"\xd0\xcf\x11\xe0 nothing", "password"),
    "bomb.docx": (docx("<!-- -->").replace(b"x", b"y"), "damaged"),
    "ansi.md": ("Привет".encode("cp1251"), "not UTF-8"),
    "empty.md": (b" ", "no text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_said(name: str) -> None:
    content, why = BROKEN[name]
    with pytest.raises(BadInput, match=why):
        markdown_of(name, content)


def test_a_folder_is_taken_in_once(book: SqlArticleBook, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert bring_in(book, folder, dry_run=True) == 0
    assert "would import 2 articles" in capsys.readouterr().out
    assert kept(book) == {}
    assert bring_in(book, folder) == 0
    articles = kept(book)
    assert sorted(articles) == ["kogda-vklyuchat-fontan", "kto-chinit-fontan", "order", "poryadok"]
    fountain = articles["kto-chinit-fontan"]
    assert (fountain.kind, fountain.unit) == (ArticleKind.QUESTION, PROFILE.units[0].id)
    assert fountain.text == "Фонтаны чинит <город> & округ."
    assert fountain.questions == ("Кто чинит фонтан?",)
    assert articles["kogda-vklyuchat-fontan"].text == "| Месяц | День |\n| --- | --- |\n| май | 1\\|2 |"
    assert "Order of fountains" in articles["order"].text
    assert articles["poryadok"].text == "Текст порядка."
    capsys.readouterr()
    assert bring_in(book, folder) == 0
    assert "imported 0 articles, 2 known already" in capsys.readouterr().out
    assert kept(book) == articles


def test_a_bad_file_does_not_keep_the_others_out(
    book: SqlArticleBook, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, (content, _why) in BROKEN.items():
        (folder / name).write_bytes(content)
    assert bring_in(book, folder) == len(BROKEN)
    said = capsys.readouterr().out
    assert "scan.pdf: has no text: a scan? Recognise it first" in said
    assert "closed.pdf: is closed by a password" in said
    assert len(kept(book)) == 4


def test_what_is_given_out_is_read_back(book: SqlArticleBook, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    assert knowledge_commands.give_out(PROFILE, book, folder) == len(PROFILE.articles)
    with pytest.raises(BadInput, match="not empty"):
        knowledge_commands.give_out(PROFILE, book, folder)
    engine = open_engine(f"sqlite:///{tmp_path / 'other.sqlite'}")
    upgrade(engine)
    other = SqlArticleBook(engine)
    bare = replace(PROFILE, articles=())
    assert knowledge_commands.bring_in(bare, other, folder, "", ArticleKind.OTHER, dry_run=False) == 0
    read = other.read(bare, None)
    assert read is not None
    assert {one.article for one in read[0]} == set(PROFILE.articles)
    engine.dispose()


def test_folders_and_units_that_are_not_there(book: SqlArticleBook, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such folder"):
        bring_in(book, tmp_path / "nowhere")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadInput, match="has no document"):
        bring_in(book, empty)
    with pytest.raises(BadInput, match="no such unit"):
        knowledge_commands.bring_in(PROFILE, book, empty, "moon", ArticleKind.OTHER, dry_run=False)
