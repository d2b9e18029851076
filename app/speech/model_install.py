"""Installing speech models: from an archive, an address, or by the name of one that is known.

A model is put into the directory of models only when it has been unpacked whole and checked, and one for sound of a
higher rate than a telephone's was let to take that; until then it lies beside it under a name beginning with a full
stop. An earlier, damaged model of the name makes way for it.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from app.domain.errors import BadInput, Unavailable
from app.speech.model_archive import unpack
from app.speech.model_download import Progress, download, file_sha256
from app.speech.model_files import ModelDescription, check_model, let_upsample

PUBLISHER = "https://alphacephei.com/vosk/models"
_MEGABYTE = 1_000_000
_MOST_ARCHIVE_BYTES = 8 * 1024**3
_SIZE_TOLERANCE = 0.15
"""Sizes are published in two digits («45M», «1.8G»), and whether of 1000 or 1024 is not said."""

_ARCHIVE_ENDINGS = (".zip", ".tar.gz", ".tgz", ".tar")
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*\Z")

StartProgress = Callable[[str], Progress]
"""Makes the progress display of one step, given its title."""


@dataclass(frozen=True)
class KnownModel:
    """A model of the publisher; the size is that of its archive, as published."""

    name: str
    published_size: str
    approximate_bytes: int
    summary: str

    @property
    def url(self) -> str:
        return f"{PUBLISHER}/{self.name}.zip"


KNOWN_MODELS = (
    KnownModel(
        "vosk-model-small-ru-0.22",
        "45M",
        45 * _MEGABYTE,
        "small; recognises the answers of the survey and free speech with modest accuracy",
    ),
    KnownModel(
        "vosk-model-ru-0.42",
        "1.8G",
        1800 * _MEGABYTE,
        "large and accurate; several gigabytes of memory for each worker, and no run-time phrases",
    ),
)


@dataclass(frozen=True)
class InstalledModel:
    """A directory in `models/`: what it is, or why it cannot be used."""

    name: str
    description: ModelDescription | None
    fault: str


def installed_models(models: Path) -> list[InstalledModel]:
    """Look at every directory in `models`, by name."""
    found: list[InstalledModel] = []
    for path in sorted(models.iterdir()) if models.is_dir() else []:
        if path.name.startswith(".") or not path.is_dir():
            continue
        try:
            found.append(InstalledModel(path.name, check_model(path), ""))
        except Unavailable as error:
            found.append(InstalledModel(path.name, None, str(error)))
    return found


def install(
    source: str,
    models: Path,
    *,
    sha256: str = "",
    start_progress: StartProgress = lambda _title: lambda _done, _total: None,
) -> ModelDescription:
    """Install from a known name, an http(s) address, or the path of an archive (.zip, .tar.gz).

    What is installed already and sound stays. Raises BadInput for a source that cannot be used, Unavailable when
    it cannot be fetched or does not hold a model that libvosk can load.
    """
    known = next((model for model in KNOWN_MODELS if model.name == source), None)
    name = known.name if known else _name_of(source)
    if (present := _sound(models / name)) is not None:
        return present
    models.mkdir(parents=True, exist_ok=True)
    if known is None and urlsplit(source).scheme not in ("http", "https"):
        archive = Path(source)
        _check_local(archive, sha256)
        return _unpack_and_place(archive, models / name, source, start_progress)
    return _fetch_and_place(known.url if known else source, known, models / name, sha256, start_progress)


def _fetch_and_place(
    url: str, known: KnownModel | None, target: Path, sha256: str, start_progress: StartProgress
) -> ModelDescription:
    downloads = target.parent / ".downloads"
    downloads.mkdir(exist_ok=True)
    archive = downloads / (target.name + _ending(urlsplit(url).path))
    if not archive.exists():
        download(
            url,
            archive,
            sha256=sha256,
            most_bytes=_MOST_ARCHIVE_BYTES,
            progress=start_progress(f"download {target.name}"),
        )
    try:
        if known is not None:
            _check_published_size(archive, known)
        return _unpack_and_place(archive, target, url, start_progress)
    finally:
        # Used or unusable: in neither case is it wanted again.
        archive.unlink(missing_ok=True)


def _unpack_and_place(archive: Path, target: Path, source: str, start_progress: StartProgress) -> ModelDescription:
    staging = Path(tempfile.mkdtemp(prefix=".installing-", dir=target.parent))
    try:
        unpack(archive, staging, progress=start_progress(f"unpack {target.name}"))
        root = _model_root(staging)
        try:
            let_upsample(root)
        except Unavailable as error:
            reason = str(error).replace(str(root), source)
            raise Unavailable(f"{source} holds no usable model: {reason}") from error
        _put_in_place(root, target, staging)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return check_model(target)


def _put_in_place(root: Path, target: Path, staging: Path) -> None:
    # Two renames in one file system: at no moment does half a model stand under the name.
    if target.exists():
        target.rename(staging / ".replaced")
    root.chmod(0o755)
    root.rename(target)


def _model_root(staging: Path) -> Path:
    """Archives hold either the model's files or one directory with them."""
    children = [child for child in staging.iterdir() if child.name != "__MACOSX"]
    if len(children) == 1 and children[0].is_dir() and children[0].name not in ("am", "conf", "graph"):
        return children[0]
    inner = staging / "model"
    inner.mkdir()
    for child in children:
        child.rename(inner / child.name)
    return inner


def _sound(path: Path) -> ModelDescription | None:
    if not path.exists():
        return None
    try:
        return check_model(path)
    except Unavailable:
        return None


def _name_of(source: str) -> str:
    parts = urlsplit(source)
    last = unquote(parts.path).rsplit("/", 1)[-1] if parts.scheme in ("http", "https") else Path(source).name
    name = last.removesuffix(_ending(last))
    if not _NAME.match(name) or name == last:
        known = ", ".join(model.name for model in KNOWN_MODELS)
        raise BadInput(
            f"{source!r} is no source of a model: give an archive (.zip, .tar.gz), its address, or one of {known}"
        )
    return name


def _ending(name: str) -> str:
    return next((ending for ending in _ARCHIVE_ENDINGS if name.lower().endswith(ending)), "")


def _check_local(archive: Path, sha256: str) -> None:
    if not archive.is_file():
        raise BadInput(f"there is no archive {archive}: check the path")
    if sha256 and (found := file_sha256(archive)) != sha256.lower():
        raise BadInput(f"{archive} has the checksum {found} and not {sha256}: fetch it again")


def _check_published_size(archive: Path, known: KnownModel) -> None:
    size = archive.stat().st_size
    if abs(size - known.approximate_bytes) > known.approximate_bytes * _SIZE_TOLERANCE:
        raise Unavailable(
            f"{known.url} has {size} bytes, published are {known.published_size}: it is not that model; "
            "check the connection for a proxy's page, or install from a local archive"
        )
