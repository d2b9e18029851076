"""Our recogniser with one worker, measured.

    python -m scripts.speech_bench.our_server MODEL

Says "ready PORT"; ends with its standard input.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import structlog

from app.speech.recogniser import Recogniser

MOST_STREAMS = 10_000
"""What is looked for is where the machine ends, not what the recogniser would admit."""


async def run(model: Path) -> None:
    """Serve until standard input ends."""
    recogniser = Recogniser(model, "127.0.0.1", 0, workers=1, streams=MOST_STREAMS)
    await recogniser.start()
    print("ready", recogniser.port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await recogniser.aclose()


def main() -> None:
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(run(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
