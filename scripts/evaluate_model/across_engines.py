"""Models trained without an engine, to be tested on it: the honest figure, since people are no engine either.

Beside the bundled model lie acoustic models that were trained, with a smaller budget, without one synthesiser.
Lexicon and grammar are the model's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

FOLDER = "held-out"
ESPEAK, FESTIVAL = "espeak-ng", "Festival"


@dataclass(frozen=True)
class HeldOut:
    """`engine` is the shards' name of what was left out, `tested_on` its name for people."""

    engine: str
    tested_on: str

    @property
    def name(self) -> str:
        return f"without-{self.engine}"

    def file(self, model: Path) -> Path:
        return model / FOLDER / f"{self.name}.mdl"


ACROSS = (HeldOut("festival", FESTIVAL), HeldOut("espeak", ESPEAK))


@contextmanager
def assembled(model: Path, held_out: HeldOut) -> Iterator[Path | None]:
    """A model of links that libvosk can load, while the context lasts; None where it has not been trained."""
    network = held_out.file(model)
    if not network.is_file():
        yield None
        return
    with TemporaryDirectory(prefix="held-out-") as folder:
        whole = Path(folder)
        (whole / "am").mkdir()
        (whole / "am" / "final.mdl").symlink_to(network.resolve())
        for part in ("conf", "graph"):
            (whole / part).symlink_to((model / part).resolve())
        yield whole
