"""`liniya model`: which speech models are here and can be had, whether one is whole; installing, choosing one."""

from __future__ import annotations

import sys
from pathlib import Path

from app.domain.errors import BadInput
from app.settings_file import write_setting
from app.speech.model_download import Progress
from app.speech.model_files import (
    TELEPHONE_RATE_HZ,
    UPSAMPLING,
    ModelDescription,
    check_telephone_model,
    hears_telephones,
)
from app.speech.model_install import KNOWN_MODELS, install, installed_models
from app.speech.model_trial import try_model
from app.speech.progress_bar import ProgressBar

MODEL = "LINIYA_MODEL"


def show_list(models: Path, in_use: Path) -> None:
    """Print what is in the folder, which one runs, and what the publisher has."""
    for model in installed_models(models):
        if model.description is None:
            print(f"{model.name}: {model.fault}")
        else:
            print(f"{model.name}: {_standing(model.description, in_use)}, {_in_words(model.description)}")
    if in_use.resolve().parent != models.resolve():
        print(f"{in_use}: in use")
    for known in KNOWN_MODELS:
        print(f"{known.name}: can be installed, {known.published_size}, {known.summary}")


def _standing(model: ModelDescription, in_use: Path) -> str:
    standing = "in use" if model.path.resolve() == in_use.resolve() else "installed"
    return f"{standing}, version {model.version}"


def _in_words(model: ModelDescription) -> str:
    words = f"{model.vocabulary_size} words" if model.vocabulary_size else "its words are not listed"
    deaf = "" if hears_telephones(model.path, model) else ", not for telephones"
    return f"{model.sample_rate_hz} Hz{deaf}, {words}"


def check(path: Path) -> None:
    """Print what the model is. Unavailable says what it lacks."""
    found = check_telephone_model(path)
    phrases = "can" if found.supports_grammar else "cannot"
    print(
        f"{found.path.name}: whole; version {found.version}, {_in_words(found)}, {phrases} be narrowed to phrases"
    )


def use(name: str, models: Path, file: Path, environment: str, elsewhere: str) -> None:
    """Let the model `name` of the folder (or at that path) be the one that runs: checked, tried once, written into
    the settings `file`. `environment` is what the environment, which wins, says of it; `elsewhere` the address of
    another recogniser.

    Raises BadInput for a name that is none, Unavailable for a model that cannot run or a file closed to writing.
    """
    path = _path_of(name, models)
    found = check_telephone_model(path)
    try_model(path)
    write_setting(file, MODEL, str(path))
    print(f"{found.version} is written into {file} as {MODEL}={path}")
    if environment and Path(environment).resolve() != path:
        print(f"but the environment says {MODEL}={environment}, which wins over the file: change it there")
    if elsewhere:
        print(f"but LINIYA_RECOGNISER_URL={elsewhere}: that recogniser is asked, and has a model of its own")
    print("start the recogniser and the line anew: systemctl restart liniya (calls under way are interrupted)")


def _path_of(name: str, models: Path) -> Path:
    given = models / name if "/" not in name else Path(name)
    if given.is_dir():
        return given.resolve()
    here = ", ".join(model.name for model in installed_models(models)) or "none"
    raise BadInput(f"there is no model {name!r}; installed are: {here}; others come with `liniya model install`")


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
    if description.sample_rate_hz > TELEPHONE_RATE_HZ:
        print(f"it is for sound of {description.sample_rate_hz} Hz: with {UPSAMPLING} it takes a telephone's too")
    print(f"{description.path.name} is installed; let it run with: liniya model use {description.path.name}")
