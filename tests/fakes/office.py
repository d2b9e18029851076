"""The journal, the panels' feed and the staff, in memory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from app.application.ports import Operator
from app.domain.facts import Fact, Recorded
from app.domain.journal_form import from_json, to_json
from app.domain.training import Training
from tests.fakes.panel_form import check_view

IVANOVA = Operator("ivanova", "Иванова", "Анна", "Петровна", "специалист", "line")
PETROV = Operator("petrov", "Петров", "Пётр", "Ильич", "консультант", "line")
SIDOROVA = Operator(
    "sidorova", "Сидорова", "Ольга", "Львовна", "юрист", "legal", phone="sip:sidorova@127.0.0.1:5080"
)


class MemoryJournal:
    """Implements `ports.CallJournal`; takes facts only in their turn and in the journal's form."""

    def __init__(self) -> None:
        self.recorded: list[Recorded] = []

    def append(self, recorded: Sequence[Recorded]) -> None:
        for one in recorded:
            assert one.seq == len(self.of(one.stream)) + 1, f"{one} is out of its turn"
            body = json.loads(json.dumps(to_json(one.fact)))
            assert from_json(type(one.fact).__name__, body) == one.fact
            self.recorded.append(one)

    def of(self, stream: str) -> list[Recorded]:
        return [one for one in self.recorded if one.stream == stream]

    def facts(self, call: str) -> list[Fact]:
        return [one.fact for one in self.of(f"call:{call}")]


class FakeFeed:
    """Implements `ports.PanelFeed`; every view that is shown is held against the protocol."""

    def __init__(self) -> None:
        self.shown: dict[str, Mapping[str, Any]] = {}
        self.partials: list[tuple[str, str, str]] = []

    def show(self, operator: str, view: Mapping[str, Any]) -> None:
        check_view(view)
        self.shown[operator] = view

    def partial(self, operator: str, speaker: str, text: str) -> None:
        self.partials.append((operator, speaker, text))


class FakeStaff:
    """Implements `ports.StaffDirectory`."""

    def __init__(self, *operators: Operator) -> None:
        self.trained: list[Training] = []
        self._operators = {one.login: one for one in operators or (IVANOVA, PETROV, SIDOROVA)}

    def operator(self, login: str) -> Operator | None:
        return self._operators.get(login)

    def operators(self) -> Sequence[Operator]:
        return list(self._operators.values())

    def trainings(self) -> Sequence[Training]:
        return self.trained

    def phones(self, **addresses: str) -> None:
        """Operators get telephones of their own."""
        for login, phone in addresses.items():
            self._operators[login] = replace(self._operators[login], phone=phone)

    def remove(self, login: str) -> None:
        """The administrator takes the person off the line."""
        del self._operators[login]
