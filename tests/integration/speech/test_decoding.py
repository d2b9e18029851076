"""One stream through the real libvosk, without processes."""

from __future__ import annotations

import json
from typing import Any

import pytest
import vosk

from app.speech import decoding
from app.speech.decoding import Decoding, StreamConfig
from tests.integration.speech.telephone import MODEL, say, silence

QUESTION = "какой срок рассмотрения моего обращения"
REPLY = "ваше заявление на рассмотрении"


@pytest.fixture(scope="module")
def model() -> Any:
    vosk.SetLogLevel(-1)
    return vosk.Model(str(MODEL))


def words_of(stream: Decoding, pcm: bytes, chunk_bytes: int = 1600) -> list[dict[str, Any]]:
    answers = [stream.accept(pcm[start : start + chunk_bytes]) for start in range(0, len(pcm), chunk_bytes)]
    answers.append(stream.finish())
    return [word for answer in answers for word in json.loads(answer).get("result", ())]


def test_a_recogniser_made_anew_keeps_words_and_times(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = say(QUESTION) + silence(2.0) + say(REPLY) + silence(2.0) + say(QUESTION)
    config = StreamConfig(8000.0)
    kept = words_of(Decoding(model, config, supports_grammar=True), sound)
    monkeypatch.setattr(decoding, "RECYCLE_AFTER_S", 1.0)
    renewed = words_of(Decoding(model, config, supports_grammar=True), sound)
    assert [word["word"] for word in renewed] == f"{QUESTION} {REPLY} {QUESTION}".split()
    assert [word["word"] for word in renewed] == [word["word"] for word in kept]
    for one, other in zip(renewed, kept, strict=True):
        assert one["start"] == pytest.approx(other["start"], abs=0.2)


def test_samples_cut_in_the_middle_are_put_together(model: Any) -> None:
    words = words_of(Decoding(model, StreamConfig(8000.0), supports_grammar=True), say(REPLY), chunk_bytes=801)
    assert " ".join(word["word"] for word in words) == REPLY


def test_a_model_without_run_time_phrases_hears_free_speech_and_says_so(model: Any) -> None:
    stream = Decoding(model, StreamConfig(8000.0, phrases=("да", "нет")), supports_grammar=False)
    assert stream.grammar_refused
    assert " ".join(word["word"] for word in words_of(stream, say(REPLY))) == REPLY


def test_partials_can_be_left_out_and_taken_up_again_in_a_stream(model: Any) -> None:
    stream = Decoding(model, StreamConfig(8000.0, partials=False), supports_grammar=True)
    sound = say(QUESTION)
    half = len(sound) // 2 // 2 * 2
    assert json.loads(stream.accept(sound[:half])) == {"partial": ""}
    stream.partials = True
    assert json.loads(stream.accept(sound[half:]))["partial"] == QUESTION
