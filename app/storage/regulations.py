"""The registers of the orders, from `call_flows/regulations/*.yaml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from app.domain.errors import BadFlow
from app.domain.regulations import RULES, Carried, Clause, Regulation
from app.storage.marked_yaml import Marked, parse, unique

FOLDER = "regulations"

_NAME = re.compile(r"[a-z][a-z_]{0,31}")
_NUMBER = re.compile(r"\d+(\.\d+)*")


def load_regulations(folder: Path) -> Mapping[str, Regulation]:
    """Every register in `folder`, by name. BadFlow names file and line of the first thing that cannot be used."""
    found = [load_regulation(path) for path in sorted(folder.glob("*.yaml"))]
    return {regulation.id: regulation for regulation in found}


def load_regulation(path: Path) -> Regulation:
    """One register; its name is that of its file."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFlow(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise BadFlow(f"{path}: cannot be read: {error.strerror}") from None
    fields = parse(text, str(path)).fields({"id", "title", "order", "clauses"})
    name = fields["id"].text()
    if name != path.stem or not _NAME.fullmatch(name):
        fields["id"].fail(f"is «{name}»; a register is named as its file: «{path.stem}»")
    clauses = [(_clause(item), item) for item in fields["clauses"].items()]
    unique([(clause.id, item) for clause, item in clauses], "clause")
    return Regulation(
        name, fields["title"].text(), fields["order"].text(empty=True), tuple(clause for clause, _ in clauses)
    )


def _clause(marked: Marked) -> Clause:
    fields = marked.fields({"id", "says"}, {"rules", *Carried})
    given = [carried for carried in Carried if carried in fields]
    if len(given) != 1:
        marked.fail("must have just one of done, later and not")
    number = fields["id"].text()
    if not _NUMBER.fullmatch(number):
        fields["id"].fail(f"is «{number}»; a clause has a number such as 3.2.4")
    rules = fields["rules"].texts(_rule) if "rules" in fields else ()
    return Clause(number, fields["says"].text(), given[0], fields[given[0]].text(), rules)


def _rule(marked: Marked) -> str:
    rule = marked.text()
    if rule not in RULES:
        marked.fail(f"has «{rule}»; requirements have L1 to L18, C1 to C7, K1 to K3, M1 to M4")
    return rule
