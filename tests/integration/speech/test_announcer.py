"""Announcements with the real espeak-ng, their files, and recordings in their place."""

from __future__ import annotations

import asyncio
import json
import os
import time
import wave
from collections.abc import AsyncIterator, Mapping
from datetime import time as time_of_day
from pathlib import Path

import numpy as np
import pytest
import vosk

from app.application.ports import Clip
from app.domain.announcements import Announcement
from app.domain.errors import BadInput, Unavailable
from app.domain.spoken_numbers import ordinal
from app.domain.spoken_russian import spoken_hours
from app.speech import espeak
from app.speech.announcement_files import MUSIC, AnnouncementFiles
from app.speech.announcer import FileAnnouncer, attention_tone
from app.speech.espeak import synthesise
from app.speech.loudness import loudness_lufs
from app.speech.sound import active_level_dbfs, from_pcm
from app.speech.voices import EspeakVoice
from scripts.evaluate_model.scoring import word_errors
from tests.integration.speech.telephone import MODEL, say

TEMPLATE = "Вы {position} в очереди."


@pytest.fixture
def files(tmp_path: Path) -> AnnouncementFiles:
    return AnnouncementFiles(tmp_path / "made", tmp_path / "own", EspeakVoice())


@pytest.fixture
async def announcer(files: AnnouncementFiles) -> AsyncIterator[FileAnnouncer]:
    made = FileAnnouncer(files)
    yield made
    await made.aclose()


async def spoken(announcer: FileAnnouncer, name: str, text: str, values: Mapping[str, str] | None = None) -> Clip:
    arrived: asyncio.Future[Clip] = asyncio.get_running_loop().create_future()
    announcer.speak(name, text, arrived.set_result, values)
    return await asyncio.wait_for(arrived, 20)


def record(path: Path, value: float, seconds: float = 0.5, rate_hz: int = 8000) -> None:
    samples = value * np.sin(2 * np.pi * 500 * np.arange(int(seconds * rate_hz)) / rate_hz)
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def recognised(pcm: bytes) -> str:
    recogniser = vosk.KaldiRecognizer(vosk.Model(str(MODEL)), 8000)
    recogniser.AcceptWaveform(pcm)
    return str(json.loads(recogniser.FinalResult())["text"])


@pytest.mark.parametrize("voice", ["ru", "ru+m3", "ru+f3"])
def test_the_bundled_model_recognises_what_espeak_says(voice: str) -> None:
    for text in ("где посмотреть список документов для субсидии", "соедините меня пожалуйста со специалистом"):
        # The small model may mishear one word of what is clear to people.
        assert word_errors(text.split(), recognised(say(text, voice)).split()) <= 1


def test_working_hours_are_understood() -> None:
    words = spoken_hours(time_of_day(8, 30), time_of_day(12))
    assert recognised(say(f"мы работаем {words}")).endswith("до двенадцати")


@pytest.mark.parametrize("voice", ["ru", "ru+m3", "ru+f3", "ru+f5"])
def test_speech_has_the_lines_level_and_is_not_clipped(voice: str) -> None:
    sound = from_pcm(synthesise("здравствуйте, вы позвонили на линию консультаций", voice=voice))
    assert active_level_dbfs(sound) == pytest.approx(-20, abs=2)
    assert np.abs(sound).max() < 0.95


def test_rate_and_pitch_change_the_speech() -> None:
    slow, fast = (synthesise("здравствуйте", rate=rate) for rate in (100, 250))
    assert len(slow) > 1.3 * len(fast)
    assert synthesise("здравствуйте", pitch=20) != synthesise("здравствуйте", pitch=80)


def test_nothing_to_say_is_no_sound_and_an_unknown_voice_is_refused() -> None:
    assert synthesise("") == b""
    assert synthesise("...") == b""
    for voice in ("ru+nobody", "nolanguage"):
        with pytest.raises(BadInput, match="has no voice"):
            synthesise("да", voice=voice)


async def test_a_clip_is_made_once_and_then_known_at_once(announcer: FileAnnouncer) -> None:
    first = await spoken(announcer, "greeting", "здравствуйте")
    assert first.name == "greeting"
    assert 0.5 < first.seconds < 3
    again: list[Clip] = []
    announcer.speak("greeting", "здравствуйте", again.append)
    assert again == [first]
    other = await spoken(announcer, "greeting", "добрый день")
    assert other.samples != first.samples


async def test_all_who_wait_for_one_clip_get_it(announcer: FileAnnouncer) -> None:
    clips = await asyncio.gather(*(spoken(announcer, "greeting", "здравствуйте") for _ in range(5)))
    assert len({id(clip) for clip in clips}) == 1


async def test_what_is_played_is_the_file(announcer: FileAnnouncer, files: AnnouncementFiles) -> None:
    clip = await spoken(announcer, "greeting", "здравствуйте")
    with wave.open(str(files.path("greeting"))) as file:
        assert (file.getframerate(), file.getsampwidth(), file.getnchannels()) == (8000, 2, 1)
        assert file.readframes(file.getnframes()) == clip.samples


async def test_what_is_prepared_is_there_before_anybody_waits(
    announcer: FileAnnouncer, files: AnnouncementFiles
) -> None:
    announcer.prepare([Announcement("greeting", "здравствуйте"), Announcement("position", TEMPLATE)])
    await asyncio.to_thread(announcer._maker.shutdown)
    assert sorted(path.name for path in files.folder.glob("*.wav")) == [
        "greeting.wav",
        "position.1.wav",
        "position.2.wav",
    ]


async def test_a_recording_stands_in_the_place_of_speech(announcer: FileAnnouncer, tmp_path: Path) -> None:
    record(tmp_path / "own" / "greeting.wav", 0.02, rate_hz=44100)
    clip = await spoken(announcer, "greeting", "здравствуйте")
    assert clip.seconds == pytest.approx(0.5, abs=0.05)
    assert loudness_lufs(from_pcm(clip.samples)) == pytest.approx(-20, abs=0.5)


async def test_a_recording_that_comes_or_goes_is_heard_at_the_next_play(
    announcer: FileAnnouncer, files: AnnouncementFiles, tmp_path: Path
) -> None:
    said = await spoken(announcer, "greeting", "здравствуйте")
    record(tmp_path / "own" / "greeting.wav", 0.1, seconds=3)
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds == pytest.approx(3, abs=0.05)
    record(tmp_path / "own" / "greeting.wav", 0.1, seconds=4)
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds == pytest.approx(4, abs=0.05)
    (tmp_path / "upload.wav").write_bytes((tmp_path / "own" / "greeting.wav").read_bytes())
    record(tmp_path / "upload.wav", 0.1, seconds=5)
    files.keep_recording("greeting", (tmp_path / "upload.wav").read_bytes())
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds == pytest.approx(5, abs=0.05)
    assert files.take_away("greeting")
    (tmp_path / "own" / "greeting.wav").unlink()
    last = await spoken(announcer, "greeting", "здравствуйте")
    assert last.seconds == pytest.approx(said.seconds, abs=0.2)


async def test_a_broken_recording_is_passed_over(announcer: FileAnnouncer, tmp_path: Path) -> None:
    said = await spoken(announcer, "greeting", "здравствуйте")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "greeting.wav").write_bytes(b"RIFF")
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds == pytest.approx(said.seconds, abs=0.2)


async def test_a_name_cannot_lead_out_of_the_folders(tmp_path: Path) -> None:
    record(tmp_path / "secret.wav", 0.5, seconds=0.2)
    files = AnnouncementFiles(tmp_path / "made", tmp_path / "own", EspeakVoice())
    for name in ("../secret", "a/b", "", ".", "welcome.wav", "x.1.2"):
        with pytest.raises(Unavailable, match="no name"):
            files.sound(name, "здравствуйте")


async def test_variables_are_said_between_the_pieces(announcer: FileAnnouncer) -> None:
    third = await spoken(announcer, "position", TEMPLATE, {"position": ordinal(3)})
    fourth = await spoken(announcer, "position", TEMPLATE, {"position": ordinal(4)})
    assert third.samples != fourth.samples
    assert 0.8 < third.seconds < 3
    again: list[Clip] = []
    announcer.speak("position", TEMPLATE, again.append, {"position": ordinal(3)})
    assert again == [third]


async def test_a_body_records_the_pieces_and_the_words(announcer: FileAnnouncer, tmp_path: Path) -> None:
    own = tmp_path / "own"
    record(own / "position.1.wav", 0.1, seconds=1)
    record(own / "position.2.wav", 0.1, seconds=2)
    record(own / "words" / "двадцать.wav", 0.1, seconds=3)
    record(own / "words" / "третий.wav", 0.1, seconds=4)
    clip = await spoken(announcer, "position", TEMPLATE, {"position": "двадцать третий"})
    assert clip.seconds == pytest.approx(1 + 3 + 4 + 2, abs=0.3)
    record(own / "words" / "двадцать третий.wav", 0.1, seconds=0.5)
    clip = await spoken(announcer, "position", TEMPLATE, {"position": "двадцать третий"})
    assert clip.seconds == pytest.approx(1 + 0.5 + 2, abs=0.3)
    # A word that nobody recorded: the voice says the whole, not one word of it.
    clip = await spoken(announcer, "position", TEMPLATE, {"position": "двадцать пятый"})
    assert clip.seconds < 1 + 2 + 2


async def test_a_body_may_say_it_without_the_variables(announcer: FileAnnouncer, tmp_path: Path) -> None:
    record(tmp_path / "own" / "position.wav", 0.1, seconds=3)
    clip = await spoken(announcer, "position", TEMPLATE, {"position": "третий"})
    assert clip.seconds == pytest.approx(3, abs=0.05)


async def test_hours_are_a_file_of_their_own(announcer: FileAnnouncer, files: AnnouncementFiles) -> None:
    values = {"hours": "по будням с девяти до восемнадцати"}
    await spoken(announcer, "closed", "Мы отвечаем {hours}. До свидания!", values)
    assert files.path("hours").is_file()


async def test_when_speech_fails_the_caller_hears_a_tone_and_the_next_attempt_speaks(
    announcer: FileAnnouncer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_settings: object) -> bytes:
        raise Unavailable("espeak-ng is broken")

    with monkeypatch.context() as broken:
        broken.setattr(espeak, "synthesise", fail)
        assert (await spoken(announcer, "greeting", "здравствуйте")).samples == attention_tone()
    assert (await spoken(announcer, "greeting", "здравствуйте")).samples != attention_tone()
    # Text without a word in it is no reason for silence either.
    assert (await spoken(announcer, "empty", "...")).samples == attention_tone()


async def test_a_folder_that_cannot_be_written_does_not_silence_the_line(tmp_path: Path) -> None:
    (tmp_path / "made").write_text("a file where the folder should be")
    announcer = FileAnnouncer(AnnouncementFiles(tmp_path / "made", None, EspeakVoice()))
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds > 0.5
    await announcer.aclose()


async def test_a_listener_that_fails_leaves_the_others_their_clip(announcer: FileAnnouncer) -> None:
    def fail(_clip: Clip) -> None:
        raise RuntimeError("a fault of the listener")

    announcer.speak("greeting", "здравствуйте", fail)
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds > 0.5


async def test_the_loop_stays_live_while_a_long_text_is_spoken(announcer: FileAnnouncer) -> None:
    long_text = "вы позвонили на линию консультаций. " * 60
    making = asyncio.create_task(spoken(announcer, "long", long_text))
    turns = 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    assert making.result().seconds > 60
    assert turns > 10


async def test_music_loops_without_a_seam_unless_it_was_recorded(
    announcer: FileAnnouncer, files: AnnouncementFiles, tmp_path: Path
) -> None:
    assert announcer.music() is announcer.music()
    assert announcer.music().seconds == pytest.approx(24, abs=0.01)
    assert loudness_lufs(from_pcm(announcer.music().samples)) == pytest.approx(-28, abs=0.5)
    record(tmp_path / "own" / "hold_music.wav", 0.5, seconds=2)
    before = announcer.music()
    await asyncio.gather(*announcer._tasks)
    assert before.seconds == pytest.approx(24, abs=0.01), "nobody waits for the new one"
    assert announcer.music().seconds == pytest.approx(2, abs=0.01)
    assert loudness_lufs(from_pcm(announcer.music().samples)) == pytest.approx(-28, abs=0.5)
    assert files.path(MUSIC).is_file()


async def test_closing_does_not_wait_for_what_nobody_will_hear(announcer: FileAnnouncer) -> None:
    handed: list[Clip] = []
    announcer.prepare([Announcement(f"prepared_{number}", f"линия номер {number}") for number in range(200)])
    for number in range(200):
        announcer.speak("greeting", f"вы позвонили на линию консультаций {number}", handed.append)
    await asyncio.sleep(0)
    before = time.monotonic()
    await announcer.aclose()
    assert time.monotonic() - before < 10
    assert len(handed) < 200


def test_a_file_is_made_anew_when_text_voice_or_the_file_itself_changed(tmp_path: Path) -> None:
    made = tmp_path / "made"
    first = AnnouncementFiles(made, None, EspeakVoice()).sound("greeting", "здравствуйте")
    assert AnnouncementFiles(made, None, EspeakVoice()).sound("greeting", "здравствуйте") == first
    higher = AnnouncementFiles(made, None, EspeakVoice("ru+f2", 150, 60)).sound("greeting", "здравствуйте")
    assert higher.manifest.voice == "espeak-ng ru+f2, 150 / 60"
    assert higher.pcm != first.pcm
    longer = AnnouncementFiles(made, None, EspeakVoice()).sound("greeting", "здравствуйте, вы позвонили к нам")
    assert longer.manifest.text == "здравствуйте, вы позвонили к нам"
    damaged = AnnouncementFiles(made, None, EspeakVoice())
    damaged.path("greeting").write_bytes(b"RIFF")
    os.utime(damaged.path("greeting"))
    assert damaged.sound("greeting", longer.manifest.text).manifest.seconds == pytest.approx(
        longer.manifest.seconds, abs=0.2
    )
    damaged.path("greeting").with_suffix(".json").write_text("{")
    assert damaged.standing("greeting", longer.manifest.text) is None
    assert len(damaged.sound("greeting", longer.manifest.text).pcm) > 8000
    assert [path.name for path in made.iterdir() if path.name.startswith(".")] == []


def test_a_manifest_tells_a_person_what_the_file_was_made_from(files: AnnouncementFiles) -> None:
    files.sound("greeting", "здравствуйте")
    told = json.loads(files.path("greeting").with_suffix(".json").read_text())
    assert told["text"] == "здравствуйте"
    assert told["voice"] == "espeak-ng ru, 140 / 50"
    assert (told["target_lufs"], round(told["lufs"])) == (-20.0, -20)
