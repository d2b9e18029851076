"""Words of a body added to a model at run time: written into its graph, heard by libvosk, joined in its answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import vosk
from structlog.testing import capture_logs

from app.domain.errors import BadInput
from app.speech import body_vocabulary
from app.speech.body_vocabulary import (
    NotAllowed,
    body_words_of,
    in_every_case,
    with_words,
    words_of_file,
    words_of_texts,
)
from app.speech.body_words import BodyWords, chain_of
from app.speech.const_fst import ConstFst
from app.speech.espeak import synthesise
from app.speech.fst_header import NotAnFst
from tests.unit.scripts.train_model.test_graph import BUNDLED, write_tiny_model

CHAIN = chain_of(("k", "t", "u"))
WORDS = BodyWords({CHAIN: "кту"})


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tiny-model")
    write_tiny_model(folder)
    return folder


def answer_of(model: Path, text: str) -> dict[str, object]:
    vosk.SetLogLevel(-1)
    recogniser = vosk.KaldiRecognizer(vosk.Model(str(model)), 8000)
    recogniser.SetWords(True)
    recogniser.AcceptWaveform(bytes(6400) + synthesise(text) + bytes(9600))
    return body_words_of(model).joined(json.loads(recogniser.FinalResult()))


@pytest.mark.needs_debian("fstcompile")
def test_a_name_is_heard_after_it_was_added_and_not_before(tiny: Path, tmp_path: Path) -> None:
    richer = with_words(tiny, ["ктухулова", "спасибо"], tmp_path)
    assert answer_of(tiny, "позовите ктухулова")["text"] != "позовите ктухулова"
    heard = answer_of(richer, "позовите ктухулова")
    assert heard["text"] == "позовите ктухулова"
    assert [word["word"] for word in heard["result"]] == ["позовите", "ктухулова"]  # type: ignore[attr-defined]
    assert answer_of(richer, "прорвало трубу")["text"] == "прорвало трубу"


@pytest.mark.needs_debian("fstcompile")
def test_a_name_is_heard_in_its_other_cases(tiny: Path, tmp_path: Path) -> None:
    richer = with_words(tiny, in_every_case(["ктухулов"]), tmp_path)
    assert answer_of(richer, "позовите ктухулова")["text"] == "позовите ктухулова"


def test_names_have_cases_and_too_many_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    assert in_every_case(["анри", "терновского"])[:3] == ["анри", "терновского", "терновский"]
    monkeypatch.setattr(body_vocabulary, "MOST_WORDS", 2)
    with capture_logs() as logs:
        assert "бзыбской" not in in_every_case(["анри", "терновского", "бзыбская"])
    assert logs == [{"event": "vocabulary_cut", "log_level": "warning", "given": 3, "kept": 2}]


@pytest.mark.needs_debian("fstcompile")
def test_a_model_is_derived_once_for_the_same_words(tiny: Path, tmp_path: Path) -> None:
    first = with_words(tiny, ["бзыбская", "ктухулова"], tmp_path)
    assert with_words(tiny, ["ктухулова", "бзыбская"], tmp_path) == first
    assert with_words(tiny, ["ктухулова"], tmp_path) != first
    assert with_words(tiny, [], tmp_path) == tiny
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        {first.name, *(p.name for p in tmp_path.iterdir())}
    )
    assert not list(tmp_path.glob(".making-*"))


def test_a_model_without_phone_words_says_that_it_takes_none(tmp_path: Path) -> None:
    model = tmp_path / "model"
    (model / "graph").mkdir(parents=True)
    (model / "graph" / "words.txt").write_text("<eps> 0\nда 1\n", encoding="utf-8")
    with pytest.raises(NotAllowed, match="phone-words"):
        with_words(model, ["ктухулова"], tmp_path / "derived")


def test_the_language_model_is_written_as_it_was_read(tmp_path: Path) -> None:
    source = BUNDLED / "graph" / "Gr.fst"
    fst = ConstFst.read(source)
    fst.write(tmp_path / "Gr.fst")
    again = ConstFst.read(tmp_path / "Gr.fst")
    assert again.start == fst.start
    assert (again.arcs == fst.arcs).all()
    assert (again.finals == fst.finals).all()


def test_added_arcs_stand_in_the_order_of_their_labels(tmp_path: Path) -> None:
    fst = ConstFst.read(BUNDLED / "graph" / "Gr.fst")
    state = fst.add_state()
    fst.add_arc(0, 1, 0.5, state)
    fst.add_arc(state, 3, 0.0, 0)
    fst.write(tmp_path / "Gr.fst")
    again = ConstFst.read(tmp_path / "Gr.fst")
    labels = again.arcs_of(0)["taken"].tolist()
    assert labels == sorted(labels)
    assert again.arcs_of(state)["target"].tolist() == [0]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Gr.fst"
    for content in (b"", b"no automaton at all", (BUNDLED / "graph" / "Gr.fst").read_bytes()[:-1]):
        path.write_bytes(content)
        with pytest.raises(NotAnFst):
            ConstFst.read(path)


def test_chains_are_joined_in_texts_and_words() -> None:
    word = {"conf": 1.0, "start": 0.0, "end": 0.3, "word": "оператор"}
    parts = [
        {"conf": 1.0 - place / 10, "start": 0.3 + place / 10, "end": 0.4 + place / 10, "word": symbol}
        for place, symbol in enumerate(CHAIN)
    ]
    joined = WORDS.joined({"text": f"оператор {' '.join(CHAIN)} да", "result": [word, *parts]})
    assert joined["text"] == "оператор кту да"
    assert joined["result"] == [word, {"conf": 0.8, "start": 0.3, "end": pytest.approx(0.6), "word": "кту"}]


def test_a_chain_not_yet_whole_is_left_out_of_a_partial() -> None:
    assert WORDS.joined({"partial": f"оператор {' '.join(CHAIN[:2])}"}) == {"partial": "оператор"}


def test_the_words_of_a_file_and_of_names(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    path.write_text("# улицы\nБзыбская # новая\nАнри Барбюса\nсанкт-петербург\n", encoding="utf-8")
    assert words_of_file(path) == ["бзыбская", "анри", "барбюса", "санкт", "петербург"]
    path.write_text("да\nstreet\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"vocabulary\.txt:2: 'street' is not a Russian word"):
        words_of_file(path)
    assert words_of_texts(["Отдел № 5, приёмная", "Отдел"]) == ["отдел", "приёмная"]
