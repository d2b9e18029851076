"""Documents as Markdown: DOCX by its own XML, PDF by pypdf, Markdown as it stands. Sizes are bounded; what
cannot be read is said in words."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from app.domain.errors import BadInput

LARGEST_FILE = 20 * 1024 * 1024
LARGEST_XML = 50 * 1024 * 1024
LONGEST_TEXT = 2_000_000
MOST_PAGES = 2000
KINDS = (".docx", ".pdf", ".md", ".markdown")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_HEADING = re.compile(r"(?:heading|заголовок)?\s*([1-6])", re.IGNORECASE)


def markdown_of(name: str, content: bytes) -> str:
    """The text of a document as Markdown, headings as `#`. BadInput says why there is none."""
    if len(content) > LARGEST_FILE:
        raise BadInput(f"is larger than {LARGEST_FILE // 1024 // 1024} MB: divide it")
    ending = name.lower().rpartition(".")[2]
    readers = {"docx": _docx, "pdf": _pdf, "md": _text, "markdown": _text}
    reader = readers.get(ending)
    if reader is None:
        raise BadInput(f"is no document that can be read: {', '.join(KINDS)}")
    text = reader(content).strip()
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"has more than {LONGEST_TEXT} characters: divide it")
    if not text:
        raise BadInput("has no text: a scan? Recognise it first" if ending == "pdf" else "has no text")
    return text


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("is not UTF-8: save it anew in that encoding") from None


def _pdf(content: bytes) -> str:
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadInput("is closed by a password: save it without one")
        if len(reader.pages) > MOST_PAGES:
            raise BadInput(f"has more than {MOST_PAGES} pages: divide it")
        pages = [page.extract_text() for page in reader.pages]
    except BadInput:
        raise
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        raise BadInput(f"is damaged ({type(error).__name__})") from None
    return "\n\n".join(page.strip() for page in pages if page.strip())


def _docx(content: bytes) -> str:
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        # An encrypted DOCX lies in the container of the old DOC.
        raise BadInput("is closed by a password, or an old DOC: save it as DOCX without one")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            info = archive.getinfo("word/document.xml")
            if info.file_size > LARGEST_XML:
                raise BadInput("is too large when unpacked: divide it")
            xml = archive.read(info)
        if b"<!DOCTYPE" in xml[:2000]:
            raise BadInput("is damaged (its XML declares entities)")
        body = ElementTree.fromstring(xml).find(f"{_W}body")
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, OSError, EOFError) as error:
        raise BadInput(f"is damaged ({type(error).__name__})") from None
    blocks = [_block(element) for element in (body if body is not None else ())]
    return "\n\n".join(block for block in blocks if block)


def _block(element: ElementTree.Element) -> str:
    if element.tag == f"{_W}tbl":
        return _table(element)
    if element.tag != f"{_W}p":
        return ""
    text = _words(element)
    style = element.find(f"{_W}pPr/{_W}pStyle")
    name = style.get(f"{_W}val", "") if style is not None else ""
    heading = _HEADING.fullmatch(name)
    if text and (heading or name.lower() == "title"):
        return f"{'#' * (int(heading[1]) if heading else 1)} {text}"
    listed = element.find(f"{_W}pPr/{_W}numPr") is not None
    return f"- {text}" if text and listed else text


def _table(element: ElementTree.Element) -> str:
    rows = [
        [
            " ".join(filter(None, map(_words, cell.iter(f"{_W}p")))).replace("|", "\\|")
            for cell in row.iter(f"{_W}tc")
        ]
        for row in element.iter(f"{_W}tr")
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return ""
    width = max(map(len, rows))
    lines = [f"| {' | '.join([*row, *[''] * (width - len(row))])} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * width}", *lines[1:]])


def _words(paragraph: ElementTree.Element) -> str:
    parts = []
    for element in paragraph.iter():
        if element.tag == f"{_W}t":
            parts.append(element.text or "")
        elif element.tag in (f"{_W}tab", f"{_W}br"):
            parts.append(" ")
    return " ".join("".join(parts).split())
