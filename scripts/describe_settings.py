"""Write docs/settings.md from the settings themselves: `python -m scripts.describe_settings`."""

from __future__ import annotations

from pathlib import Path

from pydantic.fields import FieldInfo

from app.config import PROJECT, Settings

TARGET = PROJECT / "docs" / "settings.md"

HEAD = """# Settings

Every setting is an environment variable, or a line `NAME=value` in a file that `liniya --settings FILE ...`,
the variable `LINIYA_SETTINGS` or the name `liniya.env` in the working folder points to. The environment wins over
the file. A setting that cannot be used stops the program with one line that names it. `liniya check` says what is
in force.

This page is written by `python -m scripts.describe_settings`; a test compares it with the program.

| setting | default | what it is |
| --- | --- | --- |
"""


def text() -> str:
    """The page as it should be."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return HEAD + "\n".join(rows) + "\n"


def _row(name: str, field: FieldInfo) -> str:
    return f"| `LINIYA_{name.upper()}` | {_default(field.default)} | {field.description} |"


def _default(value: object) -> str:
    if value is None or value == "":
        return "none"
    if isinstance(value, Path):
        return f"`{value.relative_to(PROJECT)}` of the project"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return f"`{value}`"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET.relative_to(PROJECT)} is written")
