"""What is written as the bundled model hears it: spoken by espeak-ng, through A-law at 8 kHz."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache

import vosk

from app.domain.facts import Speaker
from app.speech.espeak import synthesise
from app.telephony.g711 import decode, encode
from scripts.dialogues import PROJECT, Dialogue, Turn

MODEL = PROJECT / "models" / "liniya-demo-ru"
RATE_HZ = 8000
VOICES = {Speaker.OPERATOR: "ru+f3", Speaker.CALLER: "ru+m3"}
PAUSE = bytes(2 * int(0.3 * RATE_HZ))


def recognised(everything: Iterable[Dialogue]) -> Callable[[Dialogue, Turn], str]:
    """What was heard of each turn; every turn is recognised once, here."""
    on_the_phone = listener()
    heard = {turn: on_the_phone(turn.text, turn.speaker) for dialogue in everything for turn in dialogue.turns}
    return lambda _dialogue, turn: heard[turn]


def listener() -> Callable[[str, Speaker], str]:
    """Tells what is heard of a text that this side says; the same text is said once."""
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(MODEL))
    return cache(lambda text, speaker: _heard(model, text, VOICES[speaker]))


def _heard(model: vosk.Model, text: str, voice: str) -> str:
    recogniser = vosk.KaldiRecognizer(model, RATE_HZ)
    pieces = []
    if recogniser.AcceptWaveform(_spoken(text, voice)):
        pieces.append(json.loads(recogniser.Result())["text"])
    pieces.append(json.loads(recogniser.FinalResult())["text"])
    return " ".join(filter(None, pieces)).replace("[unk]", "").strip()


def _spoken(text: str, voice: str) -> bytes:
    sound = PAUSE + synthesise(text, voice=voice) + PAUSE
    return decode("PCMA", encode("PCMA", sound)).tobytes()
