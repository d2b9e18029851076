"""`liniya flows`: find what is wrong in the scripts, and draw them."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from app.application.flow_svg import svg
from app.domain.drafts import Finding, Place, Severity
from app.domain.errors import BadInput
from app.storage.check_profile import check_profile
from app.storage.flows import load_profile

FLOW_TITLES = {
    "incoming": "Сценарий входящего звонка",
    "outgoing": "Сценарий исходящего звонка",
    "internal": "Сценарий внутреннего звонка",
}


def profiles(flows: Path) -> list[str]:
    """The profiles that stand in the folder of scripts."""
    return sorted(path.parent.name for path in flows.glob("*/profile.yaml"))


def check(flows: Path, names: Sequence[str], *, as_json: bool = False) -> int:
    """Print the findings of the named profiles, or of all; 1 when there is an error."""
    chosen = [folder_of(flows, name) for name in names or profiles(flows)]
    if not chosen:
        raise BadInput(f"{flows}: there is no profile, a folder with profile.yaml")
    found = sorted({finding for folder in chosen for finding in check_profile(folder)})
    errors = sum(finding.severity is Severity.ERROR for finding in found)
    if as_json:
        print(json.dumps([_as_json(finding) for finding in found], ensure_ascii=False, indent=1))
    else:
        for finding in found:
            print(f"{_shown(finding.place)}: {finding.severity}: {finding.text}")
        print(
            f"{_counted(len(chosen), 'profile')}: {_counted(errors, 'error')}, "
            f"{_counted(len(found) - errors, 'warning')}"
        )
    return 1 if errors else 0


def show(flows: Path, profile: str, flow_id: str, target: Path | None) -> None:
    """Draw a script as SVG into a file, or print it."""
    loaded = load_profile(folder_of(flows, profile), years=range(2026, 2028))
    flow = loaded.flow(flow_id)
    if flow is None:
        raise BadInput(f"there is no script «{flow_id}»; known are {', '.join(FLOW_TITLES)}")
    drawn = svg(flow, f"{FLOW_TITLES[flow_id]}, {loaded.body}")
    if target is None:
        sys.stdout.write(drawn)
        return
    try:
        target.write_text(drawn, encoding="utf-8")
    except OSError as problem:
        raise BadInput(f"{target}: cannot be written: {problem.strerror}") from None
    print(f"{target} is written")


def folder_of(flows: Path, profile: str) -> Path:
    """The profile's folder. BadInput names those that there are."""
    if profile not in profiles(flows):
        raise BadInput(
            f"there is no profile «{profile}» in {flows}; there are: {', '.join(profiles(flows)) or 'none'}"
        )
    return flows / profile


def _as_json(finding: Finding) -> dict[str, str | int]:
    return {
        "file": _shown_file(finding.place.file),
        "line": finding.place.line,
        "severity": str(finding.severity),
        "text": finding.text,
    }


def _shown(place: Place) -> str:
    return f"{_shown_file(place.file)}:{place.line}"


def _shown_file(file: str) -> str:
    """From the working folder, when it lies below: an editor opens it at a click."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
