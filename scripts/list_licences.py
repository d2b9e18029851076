"""Print the licences of what Liniya needs at run time, from the metadata of the installed packages:
`python -m scripts.list_licences`. THIRD-PARTY-NOTICES.md holds the table; a test says when a package is missing.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
REQUIREMENTS = PROJECT / "requirements" / "run.txt"

NOT_STATED = "not stated in its metadata"
NOT_HERE = "not installed on this system"

_PINNED = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "
_LONGEST = 80
"""A metadata field that is longer holds the licence's whole text and not its name."""


def required() -> list[str]:
    """The names of all packages pinned for the run, each once, in order."""
    return sorted({name for name, _version in _PINNED.findall(REQUIREMENTS.read_text(encoding="utf-8"))})


def licence_of(package: Distribution) -> str:
    """What the package says of itself: the expression (PEP 639), else the older field, else its classifiers."""
    fields = package.metadata
    for field in ("License-Expression", "License"):
        said = " ".join(fields.get_all(field) or ()).strip()
        if said and said not in ("UNKNOWN", "Dual License") and len(said) <= _LONGEST and "\n" not in said:
            return said
    approved = [
        text.removeprefix(_CLASSIFIER)
        for text in fields.get_all("Classifier") or ()
        if text.startswith(_CLASSIFIER)
    ]
    return " or ".join(approved) or NOT_STATED


def rows() -> list[tuple[str, str]]:
    """Package and licence."""
    found: list[tuple[str, str]] = []
    for name in required():
        try:
            found.append((name, licence_of(distribution(name))))
        except PackageNotFoundError:
            found.append((name, NOT_HERE))
    return found


def table() -> str:
    """The rows as Markdown."""
    lines = [f"| {name} | {licence} |" for name, licence in rows()]
    return "\n".join(["| package | licence |", "| --- | --- |", *lines]) + "\n"


def main() -> int:
    sys.stdout.write(table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
