"""A telephone number said into the closed line (L1): synthesised callers, A-law, the real libvosk with the grammar
of a number, and what is made of the words."""

from __future__ import annotations

import json
from typing import Any

import pytest
import vosk

from app.domain.numeral_words import UNKNOWN, VOCABULARY
from app.domain.spoken_phone import understood, with_pauses
from app.speech.decoding import Decoding, StreamConfig
from tests.integration.speech.telephone import MODEL, say, silence

VOICES = ["ru+m3", "ru+f3"]
"""The bundled model was not trained on them (model-notes)."""
CHUNK_BYTES = 1600


@pytest.fixture(scope="module")
def model() -> Any:
    vosk.SetLogLevel(-1)
    return vosk.Model(str(MODEL))


def phrases_heard(model: Any, said: str, voice: str) -> str:
    """The words with their pauses, as the line takes them."""
    stream = Decoding(model, StreamConfig(8000.0, phrases=(*VOCABULARY, UNKNOWN)), supports_grammar=True)
    sound = say(said, voice, rate=135, pause_s=0.5) + silence(1.0)
    answers = [stream.accept(sound[at : at + CHUNK_BYTES]) for at in range(0, len(sound), CHUNK_BYTES)]
    results = [json.loads(answer).get("result", ()) for answer in (*answers, stream.finish())]
    return " , ".join(with_pauses((w["word"], w["start"], w["end"]) for w in words) for words in results if words)


@pytest.mark.parametrize("voice", VOICES)
@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("восемь, девятьсот тринадцать, двести сорок пять, шестьдесят семь, ноль восемь", "+79132456708"),
        ("восемь, девять, два, семь, один, два, три, четыре, пять, шесть, семь", "+79271234567"),
        ("двадцать четыре, пятьдесят, двадцать два", "+78512245022"),
    ],
)
def test_a_number_is_heard_as_it_was_said(model: Any, said: str, number: str, voice: str) -> None:
    heard = phrases_heard(model, said, voice)
    reading = understood(heard, "+78512245022")
    assert reading is not None, heard
    assert reading.number == number, heard
