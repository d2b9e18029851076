"""What travels between web and line (docs/protocols.md, "Gateway"): one JSON object a message.

From web: `Subscribe`, `Unsubscribe`, `Command`. From the line: an answer to each numbered request (`Done`,
`RefusedAnswer`, `BadInputAnswer`, `Failed`), and for the panels `Snapshot`, `Delta` and `Partial`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from app.domain.errors import LiniyaError

LONGEST_LOGIN = 64
LONGEST_COMMAND = 32

JsonObject = Mapping[str, Any]
_T = TypeVar("_T")


class BadMessage(LiniyaError):
    """A message that is not one of this protocol: what was expected in its place."""


@dataclass(frozen=True)
class Subscribe:
    id: int
    operator: str

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.id, "subscribe": self.operator}


@dataclass(frozen=True)
class Unsubscribe:
    id: int
    operator: str

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.id, "unsubscribe": self.operator}


@dataclass(frozen=True)
class Command:
    id: int
    operator: str
    name: str
    arguments: JsonObject

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {"id": self.id, "operator": self.operator}
        return {**wire, "command": self.name, "arguments": dict(self.arguments)}


Request = Subscribe | Unsubscribe | Command


@dataclass(frozen=True)
class Done:
    """The command was carried out; `answer` is what it gives back, mostly nothing."""

    id: int
    answer: JsonObject = field(default_factory=dict)

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.id, "ok": dict(self.answer)}


@dataclass(frozen=True)
class RefusedAnswer:
    """`app.domain.errors.Refused` on its way."""

    id: int
    code: str
    reason: str
    rule: str

    def to_wire(self) -> dict[str, Any]:
        refused = {"code": self.code, "reason": self.reason, "rule": self.rule}
        return {"id": self.id, "refused": refused}


@dataclass(frozen=True)
class BadInputAnswer:
    """`app.domain.errors.BadInput` on its way."""

    id: int
    text: str
    code: str = ""

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.id, "bad_input": {"text": self.text, "code": self.code}}


@dataclass(frozen=True)
class Failed:
    """The line could not carry the command out, by a fault of the program; the log of the line has it."""

    id: int
    text: str

    def to_wire(self) -> dict[str, Any]:
        return {"id": self.id, "failed": self.text}


Answer = Done | RefusedAnswer | BadInputAnswer | Failed


@dataclass(frozen=True)
class Snapshot:
    """The whole panel of an operator, after delta `seq`."""

    operator: str
    seq: int
    view: JsonObject

    def to_wire(self) -> dict[str, Any]:
        return {"operator": self.operator, "seq": self.seq, "snapshot": dict(self.view)}


@dataclass(frozen=True)
class Delta:
    """Delta number `seq`: `set` replaces sections, `append` lengthens them."""

    operator: str
    seq: int
    set: JsonObject
    append: Mapping[str, list[Any]]

    def to_wire(self) -> dict[str, Any]:
        wire: dict[str, Any] = {"operator": self.operator, "seq": self.seq}
        return {**wire, "set": dict(self.set), "append": dict(self.append)}


@dataclass(frozen=True)
class Partial:
    """What the recogniser has so far of a phrase; "" clears it. Unnumbered: may be lost."""

    operator: str
    speaker: str
    text: str

    def to_wire(self) -> dict[str, Any]:
        return {"operator": self.operator, "partial": {"speaker": self.speaker, "text": self.text}}


PanelMessage = Snapshot | Delta | Partial
FromLine = Answer | PanelMessage


def encode(message: Request | FromLine) -> str:
    return json.dumps(message.to_wire(), ensure_ascii=False, separators=(",", ":"))


def parse_request(text: str | bytes) -> Request:
    """A message from web. BadMessage says what is wrong."""
    wire = _object(text)
    number = _get(wire, "id", _number)
    if "subscribe" in wire:
        return Subscribe(number, _get(wire, "subscribe", _login))
    if "unsubscribe" in wire:
        return Unsubscribe(number, _get(wire, "unsubscribe", _login))
    if "command" in wire:
        name = _get(wire, "command", _short_text)
        return Command(number, _get(wire, "operator", _login), name, _get(wire, "arguments", _mapping))
    raise BadMessage("none of subscribe, unsubscribe, command")


def parse_from_line(text: str | bytes) -> FromLine:
    """A message from the line. BadMessage says what is wrong."""
    wire = _object(text)
    return _answer(wire) if "id" in wire else _panel_message(wire)


def _answer(wire: JsonObject) -> Answer:
    number = _get(wire, "id", _number)
    if "ok" in wire:
        return Done(number, _get(wire, "ok", _mapping))
    if "refused" in wire:
        refused = _get(wire, "refused", _mapping)
        code, reason, rule = (_get(refused, key, _text) for key in ("code", "reason", "rule"))
        return RefusedAnswer(number, code, reason, rule)
    if "bad_input" in wire:
        bad = _get(wire, "bad_input", _mapping)
        return BadInputAnswer(number, _get(bad, "text", _text), _get(bad, "code", _text))
    if "failed" in wire:
        return Failed(number, _get(wire, "failed", _text))
    raise BadMessage("none of ok, refused, bad_input, failed")


def _panel_message(wire: JsonObject) -> PanelMessage:
    operator = _get(wire, "operator", _login)
    if "partial" in wire:
        partial = _get(wire, "partial", _mapping)
        return Partial(operator, _get(partial, "speaker", _text), _get(partial, "text", _text))
    seq = _get(wire, "seq", _number)
    if "snapshot" in wire:
        return Snapshot(operator, seq, _get(wire, "snapshot", _mapping))
    return Delta(operator, seq, _get(wire, "set", _mapping), _get(wire, "append", _lists))


def _object(text: str | bytes) -> JsonObject:
    try:
        return _mapping(json.loads(text))
    except ValueError as error:
        raise BadMessage(f"no JSON object: {error}") from None


def _get(wire: JsonObject, key: str, check: Callable[[Any], _T]) -> _T:
    try:
        return check(wire[key])
    except KeyError:
        raise BadMessage(f"no «{key}»") from None
    except ValueError as error:
        raise BadMessage(f"«{key}»: {error}") from None


def _number(value: Any) -> int:
    # bool is an int in Python, and not one in JSON.
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("not a number from 0")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("not a text")  # noqa: TRY004 - one error for whatever the wire brings
    return value


def _short_text(value: Any) -> str:
    if not 0 < len(_text(value)) <= LONGEST_COMMAND:
        raise ValueError(f"not of 1 to {LONGEST_COMMAND} characters")
    return str(value)


def _login(value: Any) -> str:
    if not 0 < len(_text(value)) <= LONGEST_LOGIN:
        raise ValueError(f"not of 1 to {LONGEST_LOGIN} characters")
    return str(value)


def _mapping(value: Any) -> JsonObject:
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one error for whatever the wire brings
    return value


def _lists(value: Any) -> Mapping[str, list[Any]]:
    if not all(isinstance(items, list) for items in _mapping(value).values()):
        raise ValueError("not lists by section")
    return dict(value)
