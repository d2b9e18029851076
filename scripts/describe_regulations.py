"""Write docs/regulations.md from the registers of the orders: `python -m scripts.describe_regulations`."""

from __future__ import annotations

from app.config import PROJECT
from app.domain.regulations import Carried, Clause, Regulation
from app.storage.regulations import FOLDER, load_regulations

FLOWS = PROJECT / "call_flows"
TARGET = PROJECT / "docs" / "regulations.md"

HEAD = """# Пять порядков, пункт за пунктом

Где выполняется каждый пункт порядков, которым служит программа, а где нет, то почему. Буква с числом — требование,
которым пункт стал: L — линия, C — общение помимо звонка, K — знания, M — наблюдение.

*In English: clause by clause, where each order is carried out, or why not. Written by
`python -m scripts.describe_regulations` from `call_flows/regulations/`; a test compares it.*

"""

MARKS = {Carried.DONE: "да", Carried.LATER: "впереди", Carried.NOT: "не для программы"}


def text() -> str:
    """The page as it should be."""
    regulations = [found for _, found in sorted(load_regulations(FLOWS / FOLDER).items())]
    return HEAD + _summary(regulations) + "".join(_chapter(one) for one in regulations)


def _summary(regulations: list[Regulation]) -> str:
    heads = ["порядок", "пунктов", *(MARKS[carried] for carried in Carried)]
    rows = [
        [f"[{one.id}](#{one.id})", str(len(one.clauses)), *(str(one.count(carried)) for carried in Carried)]
        for one in regulations
    ]
    sums = [sum(len(one.clauses) for one in regulations), *_sums(regulations)]
    return _table(heads, [*rows, ["всего", *(str(number) for number in sums)]])


def _sums(regulations: list[Regulation]) -> list[int]:
    return [sum(one.count(carried) for one in regulations) for carried in Carried]


def _chapter(regulation: Regulation) -> str:
    order = f", {regulation.order}" if regulation.order else ""
    rows = [_row(clause) for clause in regulation.clauses]
    heads = ["пункт", "о чём", "требование", "выполнен", "где или почему нет"]
    return f"\n## {regulation.id}\n\n{regulation.title}{order}.\n\n{_table(heads, rows)}"


def _row(clause: Clause) -> list[str]:
    return [clause.id, clause.says, ", ".join(clause.rules), MARKS[clause.carried], clause.how]


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET.relative_to(PROJECT)} is written")
