"""Gather the texts that the code uses into the catalogues: new ones come in empty, unused ones go.

    .venv/bin/python scripts/update_catalogue.py            every language
    .venv/bin/python scripts/update_catalogue.py --check    change nothing, fail when something would change

A new language: `--new de` makes an empty catalogue to fill in.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
LOCALE = ROOT / "app" / "web" / "locale"
METHODS = [("**.html", "jinja2"), ("**.py", "python"), ("**.js", "javascript")]
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "text": None,
    "plural": (1, 2),
    "t": None,
    "tn": (1, 2),
}
FOLDERS = ("app/web", "static/js")


def used_texts() -> Catalog:
    """Every text that templates, Python and scripts use, with the files it stands in."""
    used = Catalog(charset="utf-8")
    for folder in FOLDERS:
        for name, _line, message, comments, context in _found_in(ROOT / folder):
            used.add(message, None, [(f"{folder}/{name}", 0)], auto_comments=comments, context=context)
    return used


def _found_in(folder: Path) -> Iterator[tuple[str, int, str | tuple[str, ...], list[str], str | None]]:
    found = extract_from_dir(folder, METHODS, {"**.html": {"trimmed": "true"}}, keywords=KEYWORDS)
    return iter(sorted(found, key=lambda one: (one[0], one[1])))


def updated(catalogue: Path, used: Catalog) -> bytes:
    """The catalogue's file as it must be: translations kept, texts ordered, the places without line numbers."""
    language = catalogue.parents[1].name
    with catalogue.open("rb") as file:
        known = read_po(file, locale=language)
    header = known.header_comment
    dates = known.creation_date, known.revision_date
    known.update(used, no_fuzzy_matching=True)
    known.obsolete.clear()
    known.header_comment = header
    known.creation_date, known.revision_date = dates
    written = io.BytesIO()
    write_po(written, known, width=116, sort_output=True, ignore_obsolete=True, include_lineno=False)
    return written.getvalue()


def new_language(language: str) -> Path:
    path = LOCALE / language / "LC_MESSAGES" / "liniya.po"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        write_po(file, Catalog(locale=language, project="Liniya", charset="utf-8"))
    return path


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--check", action="store_true", help="change nothing, fail when something would change")
    arguments.add_argument("--new", metavar="LANGUAGE", help="make an empty catalogue for a language")
    given = arguments.parse_args()
    if given.new:
        new_language(given.new)
    used = used_texts()
    stale = False
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/liniya.po")):
        wanted = updated(path, used)
        if wanted == path.read_bytes():
            continue
        stale = True
        if not given.check:
            path.write_bytes(wanted)
        print(f"{path.relative_to(ROOT)}: {'is not up to date' if given.check else 'updated'}")
    return 1 if stale and given.check else 0


if __name__ == "__main__":
    sys.exit(main())
