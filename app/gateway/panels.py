"""The panels that are open in web: several of one operator share what the line sends for that operator."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

from app.gateway import messages as m
from app.gateway.shown import apply

AWAY = {"line": "away"}
BACK = {"line": "back"}
LONGEST_BACKLOG = 200
"""Messages that wait for one browser before they are replaced by a snapshot."""

Told = dict[str, Any]


class Panel:
    """One open page: what it has still to be told."""

    def __init__(self, shared: SharedPanel) -> None:
        self._shared = shared
        self._backlog: deque[Told] = deque()
        self._something = asyncio.Event()

    def put(self, told: Told) -> None:
        if len(self._backlog) >= LONGEST_BACKLOG:
            self._backlog.clear()
            told = self._shared.snapshot() or AWAY
        self._backlog.append(told)
        self._something.set()

    async def next_message(self) -> Told:
        while not self._backlog:
            self._something.clear()
            await self._something.wait()
        return self._backlog.popleft()


class SharedPanel:
    """An operator's panel as the line last told it, and the pages that show it."""

    def __init__(self) -> None:
        self.panels: list[Panel] = []
        self._snapshot: m.Snapshot | None = None

    def join(self) -> Panel:
        """A page more; it begins with the snapshot, now or when the line sends one."""
        panel = Panel(self)
        self.panels.append(panel)
        if (snapshot := self.snapshot()) is not None:
            panel.put(snapshot)
        return panel

    def leave(self, panel: Panel) -> None:
        self.panels.remove(panel)

    def take(self, message: m.PanelMessage) -> bool:
        """Pass it on to the pages. False when a delta is missing: subscribe again."""
        match message:
            case m.Snapshot():
                self._snapshot = message
                self.tell(_for_browser(message))
            case m.Delta():
                if self._snapshot is None:
                    return True  # the snapshot that was asked for is on its way
                if message.seq != self._snapshot.seq + 1:
                    self._snapshot = None
                    return False
                view = apply(self._snapshot.view, message)
                self._snapshot = m.Snapshot(message.operator, message.seq, view)
                self.tell(_for_browser(message))
            case m.Partial():
                self.tell(_for_browser(message))
        return True

    def lose(self) -> None:
        """The line is gone: what was known is no longer."""
        self._snapshot = None
        self.tell(AWAY)

    def tell(self, told: Told) -> None:
        for panel in self.panels:
            panel.put(told)

    def snapshot(self) -> Told | None:
        return None if self._snapshot is None else _for_browser(self._snapshot)


def _for_browser(message: m.PanelMessage) -> Told:
    """As on the wire, without the operator: a page is one operator's."""
    return {key: value for key, value in message.to_wire().items() if key != "operator"}
