"""Pin what pyproject.toml asks for, with hashes, into `requirements/` (needs `uv` in the environment).

No address of a registry is written: pip takes the one it is set up with.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
COMMON = [
    "--universal",
    "--generate-hashes",
    "--python-version=3.11",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
]
BUILD = "setuptools>=77\n"
"""Installed from the pins too, because the project itself is installed without build isolation."""


def main() -> int:
    with tempfile.NamedTemporaryFile("w", suffix=".in") as build:
        build.write(BUILD)
        build.flush()
        for name in ("run", "test", "bench", "fuzz", "train"):
            extra = [] if name == "run" else ["--extra", name, "-c", "requirements/run.txt"]
            command = ["uv", "pip", "compile", *COMMON, *extra, "pyproject.toml", build.name]
            subprocess.run([*command, "-o", f"requirements/{name}.txt"], cwd=PROJECT, check=True)
            print(f"requirements/{name}.txt is pinned")
    return 0


if __name__ == "__main__":
    sys.exit(main())
