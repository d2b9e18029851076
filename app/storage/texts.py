"""Text files of the profiles."""

from __future__ import annotations

from pathlib import Path

from app.domain.errors import BadFlow


def text_of(path: Path) -> str:
    """The file's text. BadFlow when it cannot be read or is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFlow(f"{path}: not UTF-8 at byte {error.start}; save the file as UTF-8") from None
    except OSError as error:
        raise BadFlow(f"{path}: cannot be read: {error.strerror}") from None
