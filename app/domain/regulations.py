"""The orders that the product serves, clause by clause: what each says and what became of it.

A script names the clause that a stage comes from as `source: property 26`: the register's name and the clause's
number. What a clause asks is carried out (`done`), to come (`later`), or no work for software (`not`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.errors import BadInput

RULES = frozenset(
    f"{letter}{number}"
    for letter, last in {"L": 18, "C": 7, "K": 3, "M": 4}.items()
    for number in range(1, last + 1)
)
"""The ids of requirements.md: L the line, C contacts beside the call, K knowledge, M monitoring."""

_REFERENCE = re.compile(r"([a-z][a-z_]*) (\d+(?:\.\d+)*)(?:-(\d+(?:\.\d+)*))?(?: \([а-яёa-z0-9, ]+\))?")


class Carried(StrEnum):
    """What became of a clause."""

    DONE = "done"
    LATER = "later"
    NOT = "not"


@dataclass(frozen=True)
class Clause:
    """One numbered clause: `says` is our own short summary, `how` the place where it is carried out or the reason
    why not, `rules` the requirements it became."""

    id: str
    says: str
    carried: Carried
    how: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True)
class Regulation:
    """An order: `order` is its number and date as far as the text has them."""

    id: str
    title: str
    order: str
    clauses: tuple[Clause, ...]

    def has(self, clause: str) -> bool:
        return any(one.id == clause for one in self.clauses)

    def count(self, carried: Carried) -> int:
        return sum(clause.carried is carried for clause in self.clauses)


@dataclass(frozen=True)
class Reference:
    """`housing 5.8`, or `housing 5.5-5.12` with `last`; a letter of a list in brackets may follow."""

    regulation: str
    clause: str
    last: str = ""

    @property
    def clauses(self) -> tuple[str, ...]:
        return (self.clause, self.last) if self.last else (self.clause,)


def reference(source: str) -> Reference:
    """The clause that a `source` names. BadInput says how to write it."""
    match = _REFERENCE.fullmatch(source.strip())
    if match is None:
        raise BadInput(f"«{source}» names no clause; write it as «housing 5.8»")
    return Reference(match[1], match[2], match[3] or "")


def unknown_clauses(sources: Iterable[str], known: Mapping[str, Regulation]) -> Iterator[tuple[str, str]]:
    """The sources that lead nowhere, each with the reason."""
    for source in sources:
        try:
            named = reference(source)
        except BadInput as error:
            yield source, str(error)
            continue
        regulation = known.get(named.regulation)
        if regulation is None:
            yield source, f"there is no regulation «{named.regulation}»; known are {', '.join(sorted(known))}"
        else:
            yield from (
                (source, f"{named.regulation} has no clause {clause}")
                for clause in named.clauses
                if not regulation.has(clause)
            )


def gaps(clauses: Iterable[str]) -> list[str]:
    """The numbers that are left out between clauses of one level: 3.1, 3.3 leave out 3.2."""
    numbers: dict[tuple[int, ...], set[int]] = {}
    for clause in clauses:
        *above, own = (int(part) for part in clause.split("."))
        numbers.setdefault(tuple(above), set()).add(own)
    return [
        ".".join(str(part) for part in (*above, missing))
        for above, found in sorted(numbers.items())
        for missing in sorted(set(range(1, max(found) + 1)) - found)
        # A heading without a text of its own has no row, only its clauses do.
        if (*above, missing) not in numbers and not _heads(numbers, (*above, missing))
    ]


def _heads(numbers: Iterable[tuple[int, ...]], place: tuple[int, ...]) -> bool:
    return any(one[: len(place)] == place for one in numbers)
