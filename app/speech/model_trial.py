"""Load a speech model once and let it hear a second of telephone sound, in a process of its own.

libvosk ends the whole process on a fault that no look at the files finds; nobody but this process is to fall.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import app
from app.domain.errors import Unavailable
from app.speech.model_files import TELEPHONE_RATE_HZ

LOAD_WITHIN_S = 300.0
"""The largest models are gigabytes, and come from a disk."""
_MOST_SAID = 200


def try_model(path: Path) -> None:
    """Returns when the model has heard. Raises `Unavailable` with libvosk's last words when it has not."""
    search = [str(Path(app.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
    try:
        trial = subprocess.run(
            [sys.executable, "-m", "app.speech.model_trial", str(path)],
            capture_output=True,
            timeout=LOAD_WITHIN_S,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, search))},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(
            f"the speech model at {path} cannot be used: it was not loaded within {LOAD_WITHIN_S:.0f} s; "
            "the machine may lack memory for it"
        ) from error
    if trial.returncode != 0:
        raise Unavailable(
            f"the speech model at {path} cannot be used: libvosk gave it up while loading"
            f"{_last_words(trial.stderr.decode(errors='replace'))}; its files are damaged or made for another "
            "version: install it anew"
        )


def _last_words(said: str) -> str:
    """The line in which libvosk names the fault: `ERROR (VoskAPI:Read():file.cc:12) what`."""
    faults = [line.partition(") ")[2] or line for line in said.splitlines() if "ERROR" in line or "Error" in line]
    return f" ({faults[-1].strip()[:_MOST_SAID]})" if faults else ""


def main(arguments: list[str]) -> int:
    """`model_trial <model directory>`"""
    import vosk

    recogniser = vosk.KaldiRecognizer(vosk.Model(arguments[0]), float(TELEPHONE_RATE_HZ))
    recogniser.AcceptWaveform(bytes(2 * TELEPHONE_RATE_HZ))
    recogniser.FinalResult()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
