"""What the pages need of the line process: commands and panels, through the gateway."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol


class LineGateway(Protocol):
    @property
    def connected(self) -> bool:
        """Whether the line can be reached now."""

    async def command(self, operator: str, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Refused, BadInput as the line says; Unavailable when it is away."""

    def subscribe(self, operator: str) -> AsyncGenerator[dict[str, Any], None]:
        """One panel's messages: a snapshot, then deltas and partials, and whether the line is there."""
