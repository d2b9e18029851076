"""Install a speech model: `python scripts/install_model.py vosk-model-small-ru-0.22` (a name, an archive, an
address). The same as `liniya model install`, for a machine where the command is not on the path.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["model", "install", *sys.argv[1:]]))
