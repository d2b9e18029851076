"""A line in miniature, to be killed: appends facts without end and says each that it may act on.

`python -m tests.integration.storage.appender <database> <spool> <call>`
"""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta
from pathlib import Path

from app.domain import facts as f
from app.domain.facts import Recorded
from app.storage.engine import open_engine
from app.storage.journal import SpooledJournal
from tests.integration.storage.logs import ARRIVAL, NOON, ZONE


def main() -> None:
    url, spool, call = sys.argv[1:]
    journal = SpooledJournal(open_engine(url), Path(spool), ZONE)
    for seq in itertools.count(1):
        fact = ARRIVAL if seq == 1 else f.PromiseMade(f"{call}-{seq}", "+7", "?" * 500, NOON, "", f.By.LINE)
        journal.append([Recorded(f"call:{call}", seq, NOON + timedelta(seconds=seq), fact)])
        sys.stdout.write(f"{seq}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
