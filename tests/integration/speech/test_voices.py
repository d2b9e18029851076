"""Other synthesisers as commands: a real one of Debian's, and commands that fail in every way."""

from __future__ import annotations

import shlex
import sys
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app.domain.errors import BadInput
from app.speech.announcement_files import AnnouncementFiles
from app.speech.loudness import loudness_lufs
from app.speech.sound import from_pcm
from app.speech.voices import CommandVoice, EspeakVoice

TEXT = "Здравствуйте! Вы позвонили на консультационную линию."


def python(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


@pytest.mark.needs_debian("text2wave")
def test_festival_speaks_russian(tmp_path: Path) -> None:
    command = "text2wave -eval '(voice_msu_ru_nsh_clunits)' -o {wav_file} {text_file}"
    files = AnnouncementFiles(tmp_path, None, CommandVoice(command, EspeakVoice()))
    with capture_logs() as logged:
        kept = files.sound("welcome", TEXT)
    assert logged == []
    assert kept.manifest.voice.startswith("text2wave")
    assert 2 < kept.manifest.seconds < 8
    assert loudness_lufs(from_pcm(kept.pcm)) == pytest.approx(-20, abs=0.5)
    assert kept.manifest.peak_dbfs <= -3


def test_a_command_reads_its_input_and_writes_its_output(monkeypatch: pytest.MonkeyPatch) -> None:
    """espeak-ng itself in another process, as Debian's program would be."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    code = (
        "import sys; from app.speech.espeak import synthesise; from app.speech.announcement_files import wav_of; "
        "sys.stdout.buffer.write(wav_of(synthesise(sys.stdin.read())))"
    )
    sound, voice = CommandVoice(python(code), EspeakVoice()).speak(TEXT)
    assert 2 < sound.size / 8000 < 8
    assert voice.startswith(sys.executable)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("liniya-has-no-such-program", "cannot be started"),
        (python("import sys; sys.exit('the voice is not installed')"), "status 1: the voice is not installed"),
        (python("pass"), "wrote no sound"),
        (python("print('no sound at all')"), "cannot be used"),
        (python("import time; time.sleep(60)"), "not ready after 1 s"),
        (python("open(r'''{wav_file}''', 'w')"), "wrote no sound"),
    ],
)
def test_where_a_command_fails_espeak_speaks_and_the_log_names_it(command: str, reason: str) -> None:
    now = [0.0]
    voice = CommandVoice(command, EspeakVoice(), limit_s=1, clock=lambda: now[0])
    with capture_logs() as logged:
        sound, spoken_by = voice.speak("здравствуйте")
        # While it rests nobody waits for it again.
        voice.speak("здравствуйте")
    assert sound.size > 4000
    assert spoken_by == "espeak-ng ru, 140 / 50"
    (told,) = logged
    assert (told["event"], told["command"]) == ("voice_command_failed", shlex.split(command)[0])
    assert reason in told["reason"]
    with capture_logs() as logged:
        now[0] = 301
        voice.speak("здравствуйте")
    assert len(logged) == 1


def test_what_the_spare_voice_spoke_is_tried_anew_at_the_next_start(tmp_path: Path) -> None:
    broken = CommandVoice("liniya-has-no-such-program", EspeakVoice())
    files = AnnouncementFiles(tmp_path, None, broken)
    first = files.sound("welcome", TEXT)
    assert first.manifest.voice.startswith("espeak-ng")
    before = files.path("welcome").stat().st_mtime_ns
    assert files.sound("welcome", TEXT) == first
    assert files.path("welcome").stat().st_mtime_ns == before
    AnnouncementFiles(tmp_path, None, broken).sound("welcome", TEXT, again=True)
    assert files.path("welcome").stat().st_mtime_ns > before


def test_a_command_runs_without_a_shell_and_without_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINIYA_GATEWAY_SECRET", "a-secret-of-the-line")
    told = tmp_path / "told"
    code = f"import os, sys; open({str(told)!r}, 'w').write(repr(sys.argv) + repr(dict(os.environ)))"
    command = python(code) + " '$(touch broken)' ';' '{text_file}'"
    with capture_logs():
        CommandVoice(command, EspeakVoice()).speak("здравствуйте")
    said = told.read_text()
    assert "'$(touch broken)', ';'" in said
    assert "a-secret-of-the-line" not in said


def test_what_a_command_has_started_ends_with_it(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    child = f"import time, pathlib; time.sleep(1.5); pathlib.Path({str(alive)!r}).write_text('x')"
    parent = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    with capture_logs():
        CommandVoice(python(parent), EspeakVoice(), limit_s=0.7).speak("здравствуйте")
    time.sleep(1.5)
    assert not alive.exists()


@pytest.mark.parametrize(("command", "wrong"), [("", "empty"), ("say 'x", "quotation")])
def test_a_command_that_cannot_be_one_is_refused(command: str, wrong: str) -> None:
    with pytest.raises(BadInput, match=wrong):
        CommandVoice(command, EspeakVoice())


def test_a_program_that_is_not_there_is_found_before_the_start() -> None:
    with pytest.raises(BadInput, match="no program liniya-has-no-such-program"):
        CommandVoice("liniya-has-no-such-program -o {wav_file}", EspeakVoice()).check()
