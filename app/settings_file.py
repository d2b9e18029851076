"""Changing one setting in the file of settings, and nothing else of it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from app.domain.errors import Unavailable

_PLAIN = re.compile(r"[\w./:@%+,=-]*\Z")


def write_setting(file: Path, name: str, value: str) -> None:
    """Let `name` be `value` in `file`, which is made when it is not there. Comments, order and the file's rights
    stay; of a setting that stands there twice the last one counts, and is changed.

    Raises Unavailable when the file may not be written.
    """
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        _replace(file, _with(text, name, value))
    except OSError as error:
        raise Unavailable(
            f"{file} cannot be written ({error.strerror}): give the command as its owner, or write there: "
            f"{name}={_quoted(value)}"
        ) from error


def _with(text: str, name: str, value: str) -> str:
    lines = text.splitlines()
    setting = re.compile(rf"\s*(export\s+)?{re.escape(name)}\s*=", re.IGNORECASE)
    places = [number for number, line in enumerate(lines) if setting.match(line)]
    line = f"{name}={_quoted(value)}"
    if places:
        lines[places[-1]] = line
    else:
        lines.append(line)
    return "\n".join(lines) + "\n"


def _quoted(value: str) -> str:
    """As a settings file wants it: `#` and blanks would end the value."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return value if _PLAIN.match(value) else f"'{escaped}'"


def _replace(file: Path, text: str) -> None:
    """At once: a process that reads meanwhile finds the old file or the new one."""
    target = file.resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as newer:
            newer.write(text)
        if target.exists():
            shutil.copymode(target, name)
            its = target.stat()
            os.chown(name, its.st_uid, its.st_gid)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
