"""A graph written here is one that libvosk decodes with: around the bundled model's network, with real speech."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vosk

from app.domain.errors import Unavailable
from app.speech.body_words import PHONE_WORDS
from app.speech.espeak import synthesise
from app.speech.phones import PHONES, SILENCE
from scripts.train_model.graph import AnythingElse, phone_pairs, write_graph
from scripts.train_model.language_model import estimate
from scripts.train_model.lexicon import lexicon_of
from scripts.train_model.openfst import Automaton, run

BUNDLED = Path(__file__).resolve().parents[4] / "models" / "liniya-demo-ru"
STAYS = dict.fromkeys(PHONES, 0.62) | {SILENCE: 0.9}
SENTENCES = [
    (tuple(text.split()), 1.0)
    for text in ("добрый день", "нет воды в квартире", "прорвало трубу", "позовите юриста", "да", "нет", "спасибо")
]
VOCABULARY = tuple(sorted({word for sentence, _weight in SENTENCES for word in sentence}))


def write_tiny_model(folder: Path) -> None:
    lexicon = lexicon_of({word: [word] for word in VOCABULARY})
    language = estimate(SENTENCES, VOCABULARY, keep_above=(0.0, 0.0, 0.0))
    write_graph(folder / "graph", lexicon, language, STAYS, AnythingElse(phone_pairs(lexicon, SENTENCES)))
    for part in ("am", "conf"):
        (folder / part).symlink_to(BUNDLED / part)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-model")
    write_tiny_model(folder)
    return folder


def heard(model: vosk.Model, text: str, grammar: str | None = None) -> str:
    recogniser = vosk.KaldiRecognizer(model, 8000, *([grammar] if grammar else []))
    recogniser.AcceptWaveform(bytes(6400) + synthesise(text) + bytes(9600))
    return str(json.loads(recogniser.FinalResult())["text"])


@pytest.mark.needs_debian("fstcompile")
def test_libvosk_hears_the_words_of_the_graph(tiny: Path) -> None:
    vosk.SetLogLevel(-1)
    model = vosk.Model(str(tiny))
    for text in ("прорвало трубу", "добрый день", "нет воды", "позовите юриста"):
        assert heard(model, text) == text
    assert heard(model, "нет", '["да", "нет", "[unk]"]') == "нет"
    assert heard(model, "постановление департамента", '["да", "нет", "[unk]"]') in ("[unk]", "[unk] [unk]")


@pytest.mark.needs_debian("fstcompile")
def test_the_files_hold_every_word_once(tiny: Path) -> None:
    lines = [line.split() for line in (tiny / "graph" / "words.txt").read_text(encoding="utf-8").splitlines()]
    assert [word for word, _number in lines] == ["<eps>", *VOCABULARY, "[unk]", *PHONE_WORDS]
    assert len({number for _word, number in lines}) == len(lines)


@pytest.mark.needs_debian("fstcompile")
def test_a_tool_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="fstcompile failed with status 1"):
        run("fstcompile", str(tmp_path / "missing"))


def test_a_word_that_cannot_be_said_is_named(tmp_path: Path) -> None:
    lexicon = lexicon_of({"да": ["да"]})
    language = estimate([(("да", "нет"), 1.0)], ("да", "нет"))
    with pytest.raises(ValueError, match="lacks words of the language model: нет"):
        write_graph(tmp_path, lexicon, language, STAYS, AnythingElse({}))


def test_an_automaton_begins_at_its_start() -> None:
    graph = Automaton()
    graph.add_state()
    with pytest.raises(ValueError, match="leaves the start"):
        graph.add_arc(1, 0, 1, 1)
