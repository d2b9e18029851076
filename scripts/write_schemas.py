"""Write `call_flows/schema/*.json` for editors: `python -m scripts.write_schemas`."""

from __future__ import annotations

import json

from app.config import PROJECT
from scripts.flow_schemas import schemas

TARGET = PROJECT / "call_flows" / "schema"


def texts() -> dict[str, str]:
    """File name to its text, as it should be."""
    return {
        f"{name}.json": json.dumps(schema, ensure_ascii=False, indent=1) + "\n"
        for name, schema in schemas().items()
    }


if __name__ == "__main__":
    TARGET.mkdir(exist_ok=True)
    for name, text in texts().items():
        (TARGET / name).write_text(text, encoding="utf-8")
        print(f"{(TARGET / name).relative_to(PROJECT)} is written")
