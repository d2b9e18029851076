"""The form in which facts stand in the journal: kind and body, JSON-ready."""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.domain import facts as f

KINDS: dict[str, type[f.Fact]] = {cls.__name__: cls for cls in f.Fact.__subclasses__()}
_HINTS = {kind: typing.get_type_hints(cls) for kind, cls in KINDS.items()}


def to_json(fact: f.Fact) -> dict[str, Any]:
    """The fact's fields as JSON-ready values (times as ISO 8601, tuples as lists)."""
    return {field.name: _plain(getattr(fact, field.name)) for field in dataclasses.fields(fact)}


def from_json(kind: str, body: dict[str, Any]) -> f.Fact:
    """The fact back from its kind and body. Unknown fields of a newer version are ignored.

    KeyError for an unknown kind, TypeError for a missing field.
    """
    cls = KINDS[kind]
    hints = _HINTS[kind]
    known = {field.name for field in dataclasses.fields(cls)}
    return cls(**{name: _typed(hints[name], value) for name, value in body.items() if name in known})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if hint is datetime:
        return datetime.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    origin = typing.get_origin(hint)
    if origin is tuple:
        return _typed_tuple(typing.get_args(hint), value)
    if origin is types.UnionType:
        return _typed(next(a for a in typing.get_args(hint) if a is not type(None)), value)
    return value


def _typed_tuple(arguments: tuple[Any, ...], value: list[Any]) -> tuple[Any, ...]:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        return tuple(_typed(arguments[0], item) for item in value)
    return tuple(_typed(hint, item) for hint, item in zip(arguments, value, strict=True))
