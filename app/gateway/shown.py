"""What an operator's panel shows, and how it becomes something else: differences by section, and their fold.

The line makes deltas of views (`Shown.turn_to`), web folds them again (`apply`); a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.gateway.messages import Delta, Snapshot

GROWING = ("transcript",)
"""Sections that are lists and mostly grow at the end: what is new travels, not the whole."""


class Shown:
    """The last shown view of one operator, and the number of the delta that made it."""

    def __init__(self, operator: str) -> None:
        self.operator = operator
        self.seq = 0
        self._view: dict[str, Any] = {}

    def turn_to(self, view: Mapping[str, Any]) -> Delta | None:
        """The delta that leads to `view`, or None when nothing is different. The view is kept: its sections must
        not be changed afterwards, except that growing lists may grow."""
        replaced: dict[str, Any] = {}
        grown: dict[str, list[Any]] = {}
        for section, content in view.items():
            before = self._view.get(section)
            if section in self._view and content == before:
                continue
            if section in GROWING and before and content and content[: len(before)] == before:
                grown[section] = list(content[len(before) :])
            else:
                replaced[section] = list(content) if section in GROWING and content else content
        replaced |= {name: None for name, was in self._view.items() if name not in view and was is not None}
        if not replaced and not grown:
            return None
        self.seq += 1
        delta = Delta(self.operator, self.seq, replaced, grown)
        self._view = apply(self._view, delta)
        return delta

    def snapshot(self) -> Snapshot:
        return Snapshot(self.operator, self.seq, self._view)


def apply(view: Mapping[str, Any], delta: Delta) -> dict[str, Any]:
    """The view after the delta; the old one stays as it was."""
    after = {**view, **delta.set}
    for section, items in delta.append.items():
        after[section] = [*(after.get(section) or []), *items]
    return after
