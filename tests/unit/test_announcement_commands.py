"""`liniya announcements` with real files."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from app import announcement_commands
from app.config import Settings
from app.sounds import announcements_in_words
from tests.fakes.profile import profile

HOUSE = replace(
    profile(),
    announcements={"welcome": "Здравствуйте!", "position": "Вы {position} в очереди."},
)


def settings(tmp_path: Path, **more: object) -> Settings:
    return Settings(data_dir=tmp_path / "data", recordings_dir=tmp_path / "own", profile="housing", **more)  # type: ignore[arg-type]  # as a file would give them


def test_files_are_made_listed_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert announcement_commands.check(settings(tmp_path), HOUSE) == 6
    assert announcement_commands.make(settings(tmp_path), HOUSE) == 0
    made = tmp_path / "data" / "announcements" / "housing"
    assert sorted(path.name for path in made.glob("*.wav")) == [
        "hold_music.wav",
        "position.1.wav",
        "position.2.wav",
        "survey_answer_received.wav",
        "survey_satisfaction.wav",
        "welcome.wav",
    ]
    assert announcement_commands.check(settings(tmp_path), HOUSE) == 0
    capsys.readouterr()
    announcement_commands.show_list(settings(tmp_path), HOUSE)
    told = capsys.readouterr().out
    assert re.search(r"welcome +\d\.\d s +-(19\.[5-9]|20\.[0-5]) LUFS +espeak-ng ru", told)


def test_a_recording_that_cannot_be_used_or_is_older_than_its_text_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    made = tmp_path / "data" / "announcements" / "housing" / "welcome.wav"
    announcement_commands.make(settings(tmp_path), HOUSE)
    (own / "welcome.wav").write_bytes(made.read_bytes())
    announcement_commands.make(settings(tmp_path), HOUSE)
    assert announcement_commands.check(settings(tmp_path), HOUSE) == 0
    other = replace(HOUSE, announcements={**HOUSE.announcements, "welcome": "Добрый день!"})
    capsys.readouterr()
    assert announcement_commands.check(settings(tmp_path), other) == 1
    assert "welcome: its text has been changed since the recording" in capsys.readouterr().out
    (own / "welcome.wav").write_bytes(b"not a sound")
    announcement_commands.make(settings(tmp_path), HOUSE)
    capsys.readouterr()
    assert announcement_commands.check(settings(tmp_path), HOUSE) == 1
    assert "welcome: its recording cannot be used (kind)" in capsys.readouterr().out


def test_what_liniya_check_says(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "welcome.ogg").write_bytes(b"")
    said = announcements_in_words(settings(tmp_path), HOUSE)
    assert said == "voice: espeak-ng ru, 140 / 50; announcements: 5 files, 1 of them recorded"
