"""`liniya model`: which speech models are here and can be had, whether one is whole, and bringing one."""

from __future__ import annotations

import sys
from pathlib import Path

from app.speech.model_download import Progress
from app.speech.model_files import check_model
from app.speech.model_install import KNOWN_MODELS, install, installed_models
from app.speech.progress_bar import ProgressBar


def show_list(models: Path) -> None:
    """Print what is in the folder, and what the publisher has."""
    for model in installed_models(models):
        if model.description is None:
            print(f"{model.name}: {model.fault}")
        else:
            words = model.description.vocabulary_size or "unknown"
            print(f"{model.name}: installed, {model.description.sample_rate_hz} Hz, {words} words")
    for known in KNOWN_MODELS:
        print(f"{known.name}: can be installed, {known.published_size}, {known.summary}")


def check(path: Path) -> None:
    """Print what the model is. Unavailable says what it lacks."""
    found = check_model(path)
    words = f"{found.vocabulary_size} words" if found.vocabulary_size else "its words are not listed"
    phrases = "can" if found.supports_grammar else "cannot"
    print(f"{found.path.name}: whole; {found.sample_rate_hz} Hz, {words}, {phrases} be narrowed to phrases")


def install_from(source: str, models: Path, sha256: str) -> None:
    """Install with a progress bar; the same command goes on where a broken one stopped."""
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
    print(f"{description.path.name} is installed; use it with LINIYA_MODEL={description.path}")
