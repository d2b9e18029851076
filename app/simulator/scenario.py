"""A scenario: who says and does what in a simulated call, as YAML.

    caller: "+7 927 123-45-67"
    caller_voice: {voice: ru+f3, rate: 140, pitch: 60}
    operator_voice: {voice: ru+m3}
    steps:
      - operator: {stage: greeting}        # reads the phrase of that stage from the panel
      - caller: Здравствуйте!              # speech from text
      - caller: {wav: question.wav}        # or from a recording beside the scenario
      - pause: 1.5                         # seconds
      - operator: {command: topic, arguments: {topic: fees}}   # does something on the panel
      - operator: hang_up
      - wait: quiet                        # until the other side has spoken and is quiet
      - keys: "1"
      - caller: hang_up

Without a simulated operator the steps of the operator are waited for: the other side speaks, then is quiet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from app.domain.errors import BadInput

SCENARIOS = Path(__file__).parent / "scenarios"


@dataclass(frozen=True)
class Voice:
    """A voice of espeak-ng: `rate` in words a minute, `pitch` 0-99."""

    voice: str = "ru"
    rate: int = 140
    pitch: int = 50


@dataclass(frozen=True)
class Say:
    who: str
    text: str = ""
    wav: Path | None = None
    stage: str = ""


@dataclass(frozen=True)
class HangUp:
    who: str


@dataclass(frozen=True)
class Command:
    """A command of the operator's panel."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Keys:
    keys: str


@dataclass(frozen=True)
class Pause:
    seconds: float


@dataclass(frozen=True)
class WaitForQuiet:
    pass


Step = Say | HangUp | Command | Keys | Pause | WaitForQuiet


@dataclass(frozen=True)
class Scenario:
    caller: str
    steps: tuple[Step, ...]
    caller_voice: Voice = Voice()
    operator_voice: Voice = Voice()


def load(name_or_path: str) -> Scenario:
    """A bundled scenario by name, or one from a file. BadInput names the file and the step."""
    path = Path(name_or_path)
    if not path.suffix:
        path = SCENARIOS / f"{name_or_path}.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        known = ", ".join(sorted(p.stem for p in SCENARIOS.glob("*.yaml")))
        raise BadInput(f"there is no scenario «{name_or_path}»; there are: {known}, or give a file") from None
    except yaml.YAMLError as error:
        raise BadInput(f"{path}: {error}") from None
    if not isinstance(content, dict) or not isinstance(content.get("steps"), list):
        raise BadInput(f"{path}: a scenario is a mapping with a list of `steps`")
    steps = tuple(_step(raw, path, n) for n, raw in enumerate(content["steps"], 1))
    return Scenario(
        caller=str(content.get("caller", "")),
        steps=steps,
        caller_voice=_voice(content.get("caller_voice"), path),
        operator_voice=_voice(content.get("operator_voice"), path),
    )


def _voice(raw: Any, path: Path) -> Voice:
    try:
        return Voice(**(raw or {}))
    except TypeError:
        raise BadInput(f"{path}: a voice has `voice`, `rate` and `pitch`, not {raw}") from None


def _step(raw: Any, path: Path, number: int) -> Step:
    where = f"{path}, step {number}"
    if not isinstance(raw, dict) or len(raw) != 1:
        raise BadInput(f"{where}: a step is one of caller, operator, keys, pause, wait")
    ((key, value),) = raw.items()
    match key, value:
        case (("caller" | "operator"), "hang_up"):
            return HangUp(key)
        case (("caller" | "operator"), str()):
            return Say(key, text=value)
        case (("caller" | "operator"), {"wav": str(wav)}):
            return Say(key, wav=_existing(path.parent / wav, where))
        case "operator", {"stage": str(stage)}:
            return Say(key, stage=stage)
        case "operator", {"command": str(name)}:
            return Command(name, value.get("arguments", {}))
        case "keys", str():
            return Keys(value)
        case "pause", int() | float():
            return Pause(float(value))
        case "wait", "quiet":
            return WaitForQuiet()
    raise BadInput(f"{where}: «{key}: {value}» is not understood")


def _existing(path: Path, where: str) -> Path:
    if not path.is_file():
        raise BadInput(f"{where}: there is no recording {path}")
    return path
