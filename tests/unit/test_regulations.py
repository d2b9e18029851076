"""The registers of the orders: whole, and true of this tree."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.config import PROJECT
from app.domain.errors import BadFlow, BadInput
from app.domain.regulations import Carried, Clause, Reference, gaps, reference, unknown_clauses
from app.storage.regulations import FOLDER, load_regulation, load_regulations
from scripts.describe_regulations import TARGET, text

FLOWS = PROJECT / "call_flows"
REGULATIONS = load_regulations(FLOWS / FOLDER)
CLAUSES = [(name, clause) for name, regulation in REGULATIONS.items() for clause in regulation.clauses]
DONE = [(name, clause) for name, clause in CLAUSES if clause.carried is Carried.DONE]

_PATH = re.compile(r"\b(?:app|call_flows|docs|scripts|static|tests)/[\w/-]+(?:\.\w+)?")
_BARE = re.compile(r"(?<![\w/])[a-z_]+\.yaml\b")
_SYMBOL = re.compile(r"\b(app/[\w/]+\.py): ([A-Za-z_][\w.]*)")


def _name(part: object) -> str:
    return part.id if isinstance(part, Clause) else str(part)


def test_the_page_is_written_from_the_registers() -> None:
    assert TARGET.read_text(encoding="utf-8") == text(), "run `python -m scripts.describe_regulations`"


@pytest.mark.parametrize("name", REGULATIONS)
def test_no_clause_is_left_out(name: str) -> None:
    assert not gaps(clause.id for clause in REGULATIONS[name].clauses)


@pytest.mark.parametrize(("name", "clause"), DONE, ids=_name)
def test_what_is_said_to_carry_a_clause_out_exists(name: str, clause: Clause) -> None:
    assert not [path for path in _PATH.findall(clause.how) if not (PROJECT / path).exists()]
    folders = (FLOWS / name, FLOWS / "default")
    assert not [file for file in _BARE.findall(clause.how) if not any((one / file).is_file() for one in folders)]
    for file, symbol in _SYMBOL.findall(clause.how):
        last = symbol.rstrip(".").rpartition(".")[2]
        assert re.search(rf"\b{last}\b", (PROJECT / file).read_text(encoding="utf-8")), f"{file}: {symbol}"


def test_gaps_are_found_at_every_level() -> None:
    assert gaps(["1", "3", "3.1", "3.3", "3.2.1"]) == ["2"]
    assert gaps(["2.1", "2.3", "4"]) == ["1", "3", "2.2"]
    assert gaps(["1.1", "1.2", "2.1"]) == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("housing 5.8", Reference("housing", "5.8")),
        (" property 26 ", Reference("property", "26")),
        ("housing 5.5-5.12", Reference("housing", "5.5", "5.12")),
        ("education 3.5.5 (б, в)", Reference("education", "3.5.5")),
    ],
)
def test_a_source_is_read(written: str, read: Reference) -> None:
    assert reference(written) == read


@pytest.mark.parametrize("written", ["", "housing", "5.8", "housing5.8", "housing 5.", "housing 5.8 и 5.9"])
def test_a_source_that_names_no_clause_says_how_to_write_it(written: str) -> None:
    with pytest.raises(BadInput, match=r"write it as «housing 5\.8»"):
        reference(written)


def test_sources_that_lead_nowhere_are_told() -> None:
    given = ["housing 5.8", "housing 5.12-5.13", "taxes 1", "nonsense"]
    found = dict(unknown_clauses(given, REGULATIONS))
    assert list(found) == ["housing 5.12-5.13", "taxes 1", "nonsense"]
    assert found["housing 5.12-5.13"] == "housing has no clause 5.13"
    assert "housing" in found["taxes 1"]


CLAUSE = """id: some
title: Порядок
order: ""
clauses:
  - {id: "1", says: что, rules: [L2], done: здесь}
  - %s
"""


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{id: "2", says: что}', "just one of done, later and not"),
        ('{id: "2", says: что, done: да, later: нет}', "just one of done, later and not"),
        ('{id: "1", says: что, done: да}', "clause «1» stands twice"),
        ('{id: "2a", says: что, done: да}', "a clause has a number"),
        ('{id: "2", says: что, done: да, rules: [L19]}', "L1 to L18"),
        ('{id: "2", says: "", done: да}', "stands empty"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "some.yaml").write_text(CLAUSE % row, encoding="utf-8")
    with pytest.raises(BadFlow, match=re.escape("some.yaml:6")) as refused:
        load_regulations(tmp_path)
    assert said in str(refused.value)


def test_a_register_is_named_as_its_file(tmp_path: Path) -> None:
    path = tmp_path / "other.yaml"
    path.write_text(CLAUSE % '{id: "2", says: что, done: да}', encoding="utf-8")
    with pytest.raises(BadFlow, match="named as its file: «other»"):
        load_regulation(path)
    path.write_bytes("id: \xff".encode("latin-1"))
    with pytest.raises(BadFlow, match="not UTF-8"):
        load_regulation(path)
    with pytest.raises(BadFlow, match="cannot be read"):
        load_regulation(tmp_path / "none.yaml")
