"""Announcements with the real espeak-ng, its thread and its recordings."""

from __future__ import annotations

import asyncio
import json
import time
import wave
from collections.abc import AsyncIterator
from datetime import time as time_of_day
from pathlib import Path

import numpy as np
import pytest
import vosk

from app.application.ports import Clip
from app.domain.errors import BadInput, Unavailable
from app.domain.spoken_russian import spoken_hours
from app.speech import espeak
from app.speech.announcer import EspeakAnnouncer, attention_tone
from app.speech.espeak import synthesise
from app.speech.sound import active_level_dbfs, from_pcm
from tests.integration.speech.telephone import MODEL, say


@pytest.fixture
async def announcer(tmp_path: Path) -> AsyncIterator[EspeakAnnouncer]:
    made = EspeakAnnouncer(tmp_path)
    yield made
    await made.aclose()


async def spoken(announcer: EspeakAnnouncer, name: str, text: str) -> Clip:
    arrived: asyncio.Future[Clip] = asyncio.get_running_loop().create_future()
    announcer.speak(name, text, arrived.set_result)
    return await asyncio.wait_for(arrived, 20)


def record(path: Path, value: float, seconds: float = 0.5, rate_hz: int = 8000) -> None:
    samples = value * np.sin(2 * np.pi * 500 * np.arange(int(seconds * rate_hz)) / rate_hz)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((samples * 32767).astype("<i2").tobytes())


def recognised(pcm: bytes) -> str:
    recogniser = vosk.KaldiRecognizer(vosk.Model(str(MODEL)), 8000)
    recogniser.AcceptWaveform(pcm)
    return str(json.loads(recogniser.FinalResult())["text"])


def is_spoken(clip: Clip, text: str) -> bool:
    """espeak-ng's breath is random noise: two renderings of a text are alike, not the same."""
    return abs(len(clip.samples) - len(synthesise(text, rate=140))) < 1600


@pytest.mark.parametrize("voice", ["ru", "ru+m3", "ru+f3"])
def test_the_bundled_model_recognises_what_espeak_says(voice: str) -> None:
    for text in ("где посмотреть список документов для субсидии", "соедините меня пожалуйста со специалистом"):
        assert recognised(say(text, voice)) == text


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


async def test_a_clip_is_made_once_and_then_known_at_once(announcer: EspeakAnnouncer) -> None:
    first = await spoken(announcer, "greeting", "здравствуйте")
    assert first.name == "greeting"
    assert 0.5 < first.seconds < 3
    again: list[Clip] = []
    announcer.speak("greeting", "здравствуйте", again.append)
    assert again == [first]
    other = await spoken(announcer, "greeting", "добрый день")
    assert other.samples != first.samples


async def test_all_who_wait_for_one_clip_get_it(announcer: EspeakAnnouncer) -> None:
    clips = await asyncio.gather(*(spoken(announcer, "greeting", "здравствуйте") for _ in range(5)))
    assert len({id(clip) for clip in clips}) == 1


async def test_a_recording_stands_in_the_place_of_speech(announcer: EspeakAnnouncer, tmp_path: Path) -> None:
    record(tmp_path / "greeting.wav", 0.02, rate_hz=44100)
    clip = await spoken(announcer, "greeting", "здравствуйте")
    assert clip.seconds == pytest.approx(0.5, abs=0.01)
    assert active_level_dbfs(from_pcm(clip.samples)) == pytest.approx(-20, abs=0.5)


async def test_a_broken_recording_is_passed_over(announcer: EspeakAnnouncer, tmp_path: Path) -> None:
    (tmp_path / "greeting.wav").write_bytes(b"RIFF")
    clip = await spoken(announcer, "greeting", "здравствуйте")
    assert is_spoken(clip, "здравствуйте")


async def test_a_name_cannot_lead_out_of_the_recordings(tmp_path: Path) -> None:
    inner = tmp_path / "recordings"
    inner.mkdir()
    record(tmp_path / "secret.wav", 0.5, seconds=0.2)
    announcer = EspeakAnnouncer(inner)
    clip = await spoken(announcer, "../secret", "здравствуйте")
    assert is_spoken(clip, "здравствуйте")
    await announcer.aclose()


async def test_when_speech_fails_the_caller_hears_a_tone_and_the_next_attempt_speaks(
    announcer: EspeakAnnouncer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_settings: object) -> bytes:
        raise Unavailable("espeak-ng is broken")

    with monkeypatch.context() as broken:
        broken.setattr(espeak, "synthesise", fail)
        assert (await spoken(announcer, "greeting", "здравствуйте")).samples == attention_tone()
    assert (await spoken(announcer, "greeting", "здравствуйте")).samples != attention_tone()
    # Text without a word in it is no reason for silence either.
    assert (await spoken(announcer, "empty", "...")).samples == attention_tone()


async def test_a_listener_that_fails_leaves_the_others_their_clip(announcer: EspeakAnnouncer) -> None:
    def fail(_clip: Clip) -> None:
        raise RuntimeError("a fault of the listener")

    announcer.speak("greeting", "здравствуйте", fail)
    assert (await spoken(announcer, "greeting", "здравствуйте")).seconds > 0.5


async def test_the_loop_stays_live_while_a_long_text_is_spoken(announcer: EspeakAnnouncer) -> None:
    long_text = "вы позвонили на линию консультаций. " * 60
    making = asyncio.create_task(spoken(announcer, "long", long_text))
    turns = 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    assert making.result().seconds > 60
    assert turns > 10


async def test_music_is_made_once_unless_it_was_recorded(announcer: EspeakAnnouncer, tmp_path: Path) -> None:
    assert announcer.music() is announcer.music()
    assert announcer.music().seconds == pytest.approx(24, abs=0.01)
    record(tmp_path / "hold_music.wav", 0.5, seconds=2)
    other = EspeakAnnouncer(tmp_path)
    assert other.music().seconds == pytest.approx(2, abs=0.01)
    assert active_level_dbfs(from_pcm(other.music().samples)) == pytest.approx(-26, abs=0.5)
    await other.aclose()


async def test_closing_does_not_wait_for_what_nobody_will_hear() -> None:
    announcer = EspeakAnnouncer()
    handed: list[Clip] = []
    for number in range(200):
        announcer.speak("greeting", f"вы позвонили на линию консультаций {number}", handed.append)
    await asyncio.sleep(0)
    before = time.monotonic()
    await announcer.aclose()
    assert time.monotonic() - before < 10
    assert len(handed) < 200
