"""`liniya model use`, and what a model that cannot be used makes of every command, with the real libvosk."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest

from app import model_commands
from app.__main__ import WRONG_SETTINGS, main
from app.config import load
from app.domain.errors import BadInput, Unavailable
from app.speech.model_trial import try_model
from tests.integration.speech.telephone import MODEL


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder with a sound model, one for wide-band sound, and one that only libvosk finds out about."""
    folder = tmp_path / "models"
    for name in ("sound", "wide", "broken"):
        shutil.copytree(MODEL, folder / name)
    mfcc = folder / "wide/conf/mfcc.conf"
    mfcc.write_text(mfcc.read_text().replace("=8000", "=16000"))
    network = folder / "broken/am/final.mdl"
    network.write_bytes(network.read_bytes()[:2000])
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "liniya.env"


def test_the_chosen_model_runs_from_the_next_start_on(
    models: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model_commands.use("sound", models, file, environment="", elsewhere="")
    assert load(file).model == models / "sound"
    told = capsys.readouterr().out
    assert "but" not in told
    assert "start the recogniser and the line anew" in told
    model_commands.show_list(models, load(file).model)
    listed = capsys.readouterr().out.splitlines()
    assert [line.partition(", version")[0] for line in listed[:3]] == [
        "broken: installed",
        "sound: in use",
        "wide: installed",
    ]
    assert "16000 Hz, not for telephones" in listed[2]


def test_what_wins_over_the_file_is_told(models: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model_commands.use("sound", models, file, environment="/srv/other", elsewhere="ws://vosk:2700")
    told = capsys.readouterr().out
    assert "LINIYA_MODEL=/srv/other, which wins over the file" in told
    assert "LINIYA_RECOGNISER_URL=ws://vosk:2700" in told


@pytest.mark.parametrize(
    ("name", "why"),
    [("wide", "16000 Hz and a telephone brings 8000"), ("broken", r"gave it up while loading \(.+\);")],
)
def test_a_model_that_cannot_run_is_not_set(models: Path, file: Path, name: str, why: str) -> None:
    with pytest.raises(Unavailable, match=why):
        model_commands.use(name, models, file, environment="", elsewhere="")
    assert not file.exists()


def test_a_name_that_is_none_says_which_there_are(models: Path, file: Path) -> None:
    with pytest.raises(BadInput, match="no model 'nothing'; installed are: broken, sound, wide;"):
        model_commands.use("nothing", models, file, environment="", elsewhere="")


def test_a_wide_model_that_may_upsample_hears_telephones(models: Path) -> None:
    """What `liniya model install` writes into a model of a higher rate is what libvosk asks for."""
    with pytest.raises(Unavailable, match="gave it up"):
        try_model(models / "wide")
    with (models / "wide/conf/mfcc.conf").open("a") as options:
        options.write("--allow-upsample=true\n")
    try_model(models / "wide")


@pytest.mark.parametrize("command", ["recogniser", "serve", "check"])
@pytest.mark.parametrize("name", ["absent", "wide"])
def test_every_command_stops_with_one_clear_line(
    models: Path,
    tmp_path: Path,
    command: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LINIYA_MODEL", str(models / name))
    monkeypatch.setenv("LINIYA_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LINIYA_GATEWAY_SECRET", "sixteen characters")
    assert main([command]) == WRONG_SETTINGS
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("liniya: ")
    assert str(models / name) in line


def test_a_broken_model_ends_the_recogniser_with_one_clear_line(
    models: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LINIYA_MODEL", str(models / "broken"))
    with socket.create_server(("127.0.0.1", 0)) as probe:
        monkeypatch.setenv("LINIYA_RECOGNISER_PORT", str(probe.getsockname()[1]))
    assert main(["recogniser"]) == WRONG_SETTINGS
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith(("liniya:", "Traceback"))]
    assert len(lines) == 1
    assert "libvosk gave it up" in lines[0]
