"""YAML with its places: every complaint names file, line and what is wrong, so that an author can mend it.

Values are read by what is asked for, not by what YAML guesses: the text of `id: yes` is «yes», not a truth value.
Only plain nodes are made: nothing of the file is ever constructed or run.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from app.domain.errors import BadFlow

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, ten times as fast, where PyYAML was built with it."""
MAPPING = "keys with values"
LIST = "a list"
TEXT = "a text"


@dataclass(frozen=True)
class Marked:
    """A node of a YAML file. Every method raises BadFlow with `file:line` when the node is of another kind."""

    file: str
    node: yaml.Node
    name: str = ""
    """The key or the list it stands under, for the message."""

    @property
    def place(self) -> str:
        return f"{self.file}:{self.node.start_mark.line + 1}"

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def fail(self, why: str) -> NoReturn:
        subject = f"«{self.name}» " if self.name else ""
        raise BadFlow(f"{self.place}: {subject}{why}")

    def pairs(self) -> Iterator[tuple[Marked, Marked]]:
        """The keys and values of a mapping, in their order; a key twice is refused."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(f"must have {MAPPING}, not {_kind(self.node)}")
        seen: dict[str, int] = {}
        for key_node, value_node in self.node.value:
            key = Marked(self.file, key_node)
            name = key.text()
            if name in seen:
                key.fail(f"key «{name}» stands twice, first in line {seen[name]}")
            seen[name] = key_node.start_mark.line + 1
            yield Marked(self.file, key_node, name), Marked(self.file, value_node, name)

    def fields(self, required: set[str], optional: Collection[str] = ()) -> dict[str, Marked]:
        """The values of a mapping with just these keys."""
        known = required | set(optional)
        found: dict[str, Marked] = {}
        for key, value in self.pairs():
            if key.name not in known:
                raise BadFlow(f"{key.place}: unknown key «{key.name}»; known are {', '.join(sorted(known))}")
            found[key.name] = value
        if missing := sorted(required - found.keys()):
            self.fail(f"lacks the key «{missing[0]}»")
        return found

    def items(self) -> list[Marked]:
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(f"must be {LIST}, not {_kind(self.node)}")
        return [Marked(self.file, node, self.name) for node in self.node.value]

    def text(self, *, empty: bool = False) -> str:
        """A text, as it is written; `empty` allows ""."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"must be {TEXT}, not {_kind(self.node)}")
        value = str(self.node.value).strip()
        if not empty and (not value or self.node.tag == "tag:yaml.org,2002:null"):
            self.fail(f"must be {TEXT}, and stands empty")
        return value

    def texts(self, check: Callable[[Marked], str] | None = None) -> tuple[str, ...]:
        return tuple((check or Marked.text)(item) for item in self.items())

    def flag(self) -> bool:
        """`true` or `false`."""
        return self.one_of(("true", "false")) == "true"

    def whole(self, least: int, most: int) -> int:
        """A whole number from `least` to `most`."""
        text = self.text()
        if not text.isdecimal() or not least <= int(text) <= most:
            self.fail(f"must be a whole number from {least} to {most}")
        return int(text)

    def number(self, least: float, most: float) -> float:
        """A number from `least` to `most`, with or without a fraction."""
        try:
            value = float(self.text())
        except ValueError:
            value = float("nan")
        if not least <= value <= most:
            self.fail(f"must be a number from {least:g} to {most:g}")
        return value

    def one_of(self, known: tuple[str, ...]) -> str:
        value = self.text(empty="" in known)
        if value not in known:
            named = ", ".join(known_value or '""' for known_value in known)
            self.fail(f"is «{value}»; known are {named}")
        return value


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return MAPPING
    return LIST if isinstance(node, yaml.SequenceNode) else TEXT


def parse(text: str, file: str) -> Marked:
    """The file's root. BadFlow for broken YAML, an empty file, or several documents in one."""
    try:
        node: Any = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise BadFlow(f"{file}:{line}: not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise BadFlow(f"{file}:1: not YAML: {' '.join(str(error).split())}") from None
    if node is None:
        raise BadFlow(f"{file}:1: the file is empty")
    return Marked(file, node)


def unique(marked: list[tuple[str, Marked]], what: str) -> None:
    """BadFlow at the second of two equal values."""
    seen: dict[str, Marked] = {}
    for value, where in marked:
        if value in seen:
            first = seen[value].place.rpartition(":")[2]
            raise BadFlow(f"{where.place}: {what} «{value}» stands twice, first in line {first}")
        seen[value] = where
