"""Beside each file of sound: what it was made from, so that a change of that has it made anew."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from app.domain.errors import Unavailable

FORM = 1
"""Counted up when the sounds of this program are to be made otherwise than before."""


@dataclass(frozen=True)
class Manifest:
    """`wanted` is the voice of the settings, `voice` the one that spoke. `stamp` tells a recording from others of
    its name; `fault` says why it was passed over."""

    text: str
    target_lufs: float
    wanted: str = ""
    voice: str = ""
    recording: str = ""
    stamp: str = ""
    fault: str = ""
    seconds: float = 0.0
    lufs: float = 0.0
    peak_dbfs: float = 0.0
    digest: str = ""
    form: int = FORM


def manifest_path(sound: Path) -> Path:
    return sound.with_suffix(".json")


def read_manifest(sound: Path) -> Manifest | None:
    """None when there is none that can be used: the sound is made anew then."""
    try:
        fields = json.loads(manifest_path(sound).read_text(encoding="utf-8"))
        made = Manifest(**fields)
    except (OSError, ValueError, TypeError):
        return None
    return made if made.form == FORM else None


def keep(sound: Path, wav: bytes, manifest: Manifest) -> None:
    """Write both, each whole or not at all. Raises Unavailable."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=1) + "\n"
    write_whole(sound, wav)
    # In this order: a manifest without its sound would vouch for another one, but the digest tells.
    write_whole(manifest_path(sound), text.encode("utf-8"))


def digest_of(wav: bytes) -> str:
    return hashlib.sha256(wav).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Beside, then renamed. Raises Unavailable."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(content)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise Unavailable(f"{path} cannot be written: {error.strerror}") from None


def stamp_of(path: Path) -> str:
    """Size and time of a file, "" when it is gone."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_size}-{found.st_mtime_ns}"
