"""Install a speech model: `python scripts/install_model.py install vosk-model-small-ru-0.22`.

The same as `liniya model ...`, for machines where the command is not installed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.domain.errors import LiniyaError
from app.speech.model_download import Progress
from app.speech.model_files import check_model
from app.speech.model_install import KNOWN_MODELS, install, installed_models
from app.speech.progress_bar import ProgressBar

MODELS = Path(__file__).resolve().parent.parent / "models"


def main(arguments: list[str]) -> int:
    """Carry out one command. Returns the exit code; what went wrong is one line on stderr."""
    parser = argparse.ArgumentParser(description="Speech models of Liniya")
    parser.add_argument("--models", type=Path, default=MODELS, help="directory of models")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="what is installed and what is known")
    check = commands.add_parser("check", help="whether libvosk will load a model")
    check.add_argument("path", type=Path)
    installing = commands.add_parser("install", help="install from a name, an address or an archive")
    installing.add_argument("source")
    installing.add_argument("--sha256", default="", help="checksum that the archive must have")
    chosen = parser.parse_args(arguments)
    try:
        if chosen.command == "list":
            _list(chosen.models)
        elif chosen.command == "check":
            print(check_model(chosen.path))
        else:
            _install(chosen.source, chosen.models, chosen.sha256)
    except LiniyaError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on where it stopped", file=sys.stderr)
        return 130
    return 0


def _list(models: Path) -> None:
    for model in installed_models(models):
        if model.description is None:
            print(f"{model.name}: {model.fault}")
        else:
            words = model.description.vocabulary_size
            print(f"{model.name}: installed, {model.description.sample_rate_hz} Hz, {words or 'unknown'} words")
    for known in KNOWN_MODELS:
        print(f"{known.name}: known, {known.published_size}, {known.summary}")


def _install(source: str, models: Path, sha256: str) -> None:
    bars: list[ProgressBar] = []

    def start_progress(title: str) -> Progress:
        for bar in bars:
            bar.finish()
        bars.append(ProgressBar(sys.stderr, title))
        return bars[-1]

    try:
        description = install(source, models, sha256=sha256, start_progress=start_progress)
    finally:
        for bar in bars:
            bar.finish()
    print(f"{description.path.name} is installed in {description.path.parent}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
