"""The table of a speech model's errors, its speed and its weight.

Needs Debian's festival and festvox-ru. Errors are of words in free speech and digits, of utterances elsewhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from app.domain.errors import Unavailable
from scripts.evaluate_model.evaluation import HEADING, Evaluation, measure

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--model", type=Path, default=PROJECT / "models" / "liniya-demo-ru", help="the model's folder"
    )
    parser.add_argument("--json", type=Path, help="write the figures into this file too")
    parser.add_argument("--quick", action="store_true", help="a fifth of the utterances")
    options = parser.parse_args()
    print(HEADING, flush=True)
    try:
        found = measure(options.model, quick=options.quick, say=lambda line: print(line, flush=True))
    except (Unavailable, RuntimeError) as error:
        print(f"evaluate_model: {error}", file=sys.stderr)
        return 1
    print(summary(found))
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found.as_json(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return 0


def summary(found: Evaluation) -> str:
    weight = found.weight
    return (
        f"{found.model}: {found.real_time_factor:.4f} s of a core for a second of speech, "
        f"{weight.megabytes:.1f} MB, loads in {weight.load_ms:.0f} ms, {weight.memory_mb:.0f} MB of memory"
    )


if __name__ == "__main__":
    sys.exit(main())
