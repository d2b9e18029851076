from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.errors import Unavailable
from app.speech.fst_header import FST_MAGIC, SYMBOLS_MAGIC, NotAnFst, read_fst_header
from app.speech.model_files import check_model, check_telephone_model, let_upsample

BUNDLED = Path(__file__).parents[3] / "models" / "liniya-demo-ru"
NETWORK = b"\0B<TransitionModel> and the rest"


def text(name: str) -> bytes:
    return struct.pack("<i", len(name.encode())) + name.encode()


def symbols(words: list[str]) -> bytes:
    table = struct.pack("<i", SYMBOLS_MAGIC) + text("words") + struct.pack("<qq", len(words), len(words))
    return table + b"".join(text(word) + struct.pack("<q", number) for number, word in enumerate(words))


def fst(kind: str, inputs: list[str] | None = None, outputs: list[str] | None = None) -> bytes:
    flags = (1 if inputs else 0) | (2 if outputs else 0)
    header = struct.pack("<i", FST_MAGIC) + text(kind) + text("standard") + struct.pack("<ii", 1, flags) + bytes(32)
    return header + (symbols(inputs) if inputs else b"") + (symbols(outputs) if outputs else b"") + b"states"


def write(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


SMALL_022 = {
    "am/final.mdl": NETWORK,
    "conf/mfcc.conf": b"--sample-frequency=16000\n--num-ceps=40 # as trained\n\n",
    "conf/model.conf": b"--min-active=200\n--endpoint.silence-phones=1:2:3:4:5\n",
    "graph/HCLr.fst": fst("olabel_lookahead"),
    "graph/Gr.fst": fst("ngram", outputs=["<eps>", "да", "нет"]),
    "graph/disambig_tid.int": b"",
    "graph/phones/word_boundary.int": b"1 nonword\n",
    **{
        f"ivector/{name}": b"x"
        for name in ("final.ie", "final.dubm", "final.mat", "global_cmvn.stats", "online_cmvn.conf", "splice.conf")
    },
}
BIG_042 = {
    **{name: content for name, content in SMALL_022.items() if not name.startswith(("graph/", "ivector/"))},
    "graph/HCLG.fst": fst("const"),
    "graph/words.txt": "<eps> 0\nда 1\nнет 2\nдом 3\n[unk] 4\n#0 5\n".encode(),
    "rescore/G.carpa": b"x",
}
FLAT = {
    "final.mdl": NETWORK,
    "mfcc.conf": b"--num-ceps=40\n",
    "HCLr.fst": fst("olabel_lookahead"),
    "Gr.fst": fst("ngram", inputs=["<eps>", "a"], outputs=["<eps>", "да"]),
    "disambig_tid.int": b"1\n",
}


def test_the_bundled_model_is_described() -> None:
    description = check_model(BUNDLED)
    assert description.sample_rate_hz == 8000
    assert description.vocabulary_size == 19_002
    assert description.version == "liniya-demo-ru 5"
    assert description.supports_grammar


def test_a_model_bears_the_version_that_it_tells_or_its_folders_name(tmp_path: Path) -> None:
    model = write(tmp_path / "some-model-0.22", SMALL_022)
    assert check_model(model).version == "some-model-0.22"
    (model / "version.json").write_text('{"name": "liniya-demo-ru", "version": 7, "date": "2026-11-22"}')
    assert check_model(model).version == "liniya-demo-ru 7"
    for spoiled in (b"[]", b'{"name": "x"}', b"\xff", b"{"):
        (model / "version.json").write_bytes(spoiled)
        assert check_model(model).version == "some-model-0.22"


def test_the_layout_of_a_small_model(tmp_path: Path) -> None:
    description = check_model(write(tmp_path, SMALL_022))
    assert (description.sample_rate_hz, description.vocabulary_size, description.supports_grammar) == (
        16000,
        2,
        True,
    )


def test_the_layout_of_a_large_model_takes_no_phrases_at_run_time(tmp_path: Path) -> None:
    description = check_model(write(tmp_path, BIG_042))
    assert (description.vocabulary_size, description.supports_grammar) == (3, False)


def test_the_flat_layout_with_kaldis_default_rate(tmp_path: Path) -> None:
    description = check_model(write(tmp_path, FLAT))
    assert (description.sample_rate_hz, description.vocabulary_size, description.supports_grammar) == (
        16000,
        1,
        True,
    )


def without(name: str) -> Callable[[Path], object]:
    return lambda root: (root / name).unlink()


def holding(name: str, content: bytes) -> Callable[[Path], object]:
    return lambda root: (root / name).write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("am/final.mdl"), "am/final.mdl is missing"),
        (holding("am/final.mdl", b""), "am/final.mdl is empty"),
        (holding("am/final.mdl", b"<html>"), "not a Kaldi acoustic model"),
        (without("conf/mfcc.conf"), "conf/mfcc.conf is missing"),
        (holding("conf/mfcc.conf", b"--sample-frequency=fast\n"), "sample-frequency of 'fast'"),
        (holding("conf/mfcc.conf", b"--sample-frequency=80\n"), "sample-frequency of 80 Hz"),
        (holding("conf/mfcc.conf", b"sample-frequency=8000\n"), "line 1 that is not --option=value"),
        (without("conf/model.conf"), "conf/model.conf is missing"),
        (holding("conf/model.conf", b"--beam=10\n"), "silence-phones"),
        (holding("conf/model.conf", b"--endpoint.silence-phones=\n"), "silence-phones"),
        (without("graph/HCLr.fst"), "graph/HCLr.fst is missing"),
        (holding("graph/HCLr.fst", fst("const")), "not olabel_lookahead"),
        (holding("graph/HCLr.fst", b"x" * 100), "not a decoding graph"),
        (holding("graph/Gr.fst", fst("const")[:20]), "ends in its header"),
        (without("graph/Gr.fst"), "graph/Gr.fst is missing"),
        (without("graph/disambig_tid.int"), "graph/disambig_tid.int is missing"),
        (without("graph/words.txt"), "graph/words.txt is missing"),
        (holding("graph/words.txt", b"<html>\n"), "does not begin with a word and its number"),
        (holding("graph/phones/word_boundary.int", b""), "word_boundary.int is empty"),
    ],
)
def test_each_fault_is_one_clear_line(tmp_path: Path, spoil: Callable[[Path], object], said: str) -> None:
    root = tmp_path / "model"
    shutil.copytree(BUNDLED, root)
    spoil(root)
    with pytest.raises(Unavailable) as refused:
        check_model(root)
    line = str(refused.value)
    assert said in line
    assert str(root) in line
    assert "liniya model install" in line
    assert "\n" not in line


def test_half_a_speaker_vector_is_refused(tmp_path: Path) -> None:
    root = write(tmp_path, SMALL_022)
    (root / "ivector/final.mat").unlink()
    with pytest.raises(Unavailable, match=r"ivector/final\.mat is missing"):
        check_model(root)


def test_no_directory_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such directory"):
        check_model(tmp_path / "nowhere")
    with pytest.raises(Unavailable, match=r"neither am/final\.mdl nor final\.mdl"):
        check_model(tmp_path)


def test_a_model_one_directory_deeper_is_pointed_at(tmp_path: Path) -> None:
    write(tmp_path / "vosk-model-small-ru-0.22", SMALL_022)
    with pytest.raises(Unavailable, match=r"use .*vosk-model-small-ru-0\.22"):
        check_model(tmp_path)


@pytest.mark.parametrize("cut", [0, 3, 7, 20, 60])
def test_a_graph_cut_in_its_header_is_not_an_fst(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "Gr.fst"
    path.write_bytes(fst("const", outputs=["<eps>"])[:cut])
    with pytest.raises(NotAnFst):
        read_fst_header(path)


# --- telephone sound -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [SMALL_022, BIG_042, FLAT])
def test_a_model_for_a_higher_rate_is_refused_until_it_may_upsample(
    tmp_path: Path, model: dict[str, bytes]
) -> None:
    root = write(tmp_path / "m", model)
    assert check_model(root).sample_rate_hz == 16000
    with pytest.raises(
        Unavailable, match=r"16000 Hz and a telephone brings 8000; .*--allow-upsample=true to its \S+"
    ) as at:
        check_telephone_model(root)
    assert "\n" not in str(at.value)
    assert let_upsample(root)
    assert check_telephone_model(root).sample_rate_hz == 16000
    assert not let_upsample(root)


@pytest.mark.parametrize(("line", "fine"), [(b"--allow-upsample", True), (b"--allow-upsample=false", False)])
def test_the_option_is_read_as_kaldi_reads_it(tmp_path: Path, line: bytes, fine: bool) -> None:
    root = write(tmp_path / "m", {**SMALL_022, "conf/mfcc.conf": b"--sample-frequency=16000\n" + line + b"\n"})
    assert let_upsample(root) is not fine


def test_the_bundled_model_is_for_telephones() -> None:
    assert check_telephone_model(BUNDLED) == check_model(BUNDLED)
