"""A busy application: one pure-Python thread that never rests, as a page that computes would be.

    python -m scripts.line_bench.spinning

As a program it stands for `web`, which `liniya serve` runs beside the line and lets stand back for it; a peer's
application has the thread in the peer's own process. It ends with its standard input.
"""

from __future__ import annotations

import os
import sys
import threading

from app.__main__ import NICENESS


def spin() -> None:
    """Start the thread; it ends with the process."""
    threading.Thread(target=_forever, name="spinning", daemon=True).start()


def _forever() -> None:
    count = 0
    while True:
        count = (count + 1) % 1_000_003


def main() -> None:
    os.nice(NICENESS["web"])
    spin()
    print("ready 0", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
