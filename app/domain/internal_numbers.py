"""Which numbers are the organisation's own (education 3.5.8): a set of patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.errors import BadInput

_RANGE = re.compile(r"(\d{2,6})\s*[-–]\s*(\d{2,6})")
_MASK = re.compile(r"(?:\d|[xXхХ]|\[\d-\d\]){2,6}")


@dataclass(frozen=True)
class InternalNumbers:
    """Digits with `x` for any digit (`2xx`), with a choice (`1[0-4]x`), or a range of one length (`100-199`)."""

    written: str

    def __post_init__(self) -> None:
        """BadInput for what is no pattern."""
        if not self._range and not _MASK.fullmatch(self.written):
            raise BadInput(f"«{self.written}» is no internal number: write 112, 2xx, 1[0-4]x or 100-199")
        if self._range and not (len(self._range[0]) == len(self._range[1]) and self._range[0] <= self._range[1]):
            raise BadInput(f"«{self.written}»: a range goes up, between numbers of the same length: 100-199")
        if any(first > last for first, last in re.findall(r"\[(\d)-(\d)\]", self.written)):
            raise BadInput(f"«{self.written}»: a choice of digits goes up: [0-4]")

    def has(self, number: str) -> bool:
        if self._range:
            first, last = self._range
            return number.isdecimal() and len(number) == len(first) and first <= number <= last
        return re.fullmatch(re.sub("[xXхХ]", r"[0-9]", self.written), number) is not None

    @property
    def _range(self) -> tuple[str, str] | None:
        match = _RANGE.fullmatch(self.written)
        return (match[1], match[2]) if match else None
