"""A speech model's directory, checked before libvosk touches it.

libvosk aborts the whole process on a fault in a model and Python cannot catch that, so whatever it demands is
looked at here first. Two layouts exist: the present one (`am/final.mdl`, `conf/`, `graph/`), as in
vosk-model-small-ru-0.22 and vosk-model-ru-0.42, and the older flat one (`final.mdl` beside `mfcc.conf`), whose
decoding options are built into libvosk.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import Unavailable
from app.speech.fst_header import FstHeader, NotAnFst, read_fst_header

INSTALL_HINT = "install a model with: liniya model install vosk-model-small-ru-0.22"
KALDI_DEFAULT_SAMPLE_RATE_HZ = 16000
TELEPHONE_RATE_HZ = 8000
UPSAMPLING = "--allow-upsample=true"
_TRUE = ("true", "t", "1", "")
"""As Kaldi reads them; an option without a value is on."""
_SAMPLE_RATES_HZ = range(8000, 48001)
_NO_WORDS = (b"<", b"[", b"#", b"+", b"-")
_IVECTOR_COMPANIONS = ("final.dubm", "final.mat", "global_cmvn.stats", "online_cmvn.conf", "splice.conf")
_SILENCE_PHONES = re.compile(r"\d+(:\d+)*\Z")


@dataclass(frozen=True)
class ModelDescription:
    """A model that libvosk will load. `vocabulary_size` is None where the files do not tell it;
    `supports_grammar` is True for look-ahead graphs, which take a list of phrases at run time.
    `version` names the model and, where its `version.json` tells it, the release: `liniya-demo-ru 2`."""

    path: Path
    sample_rate_hz: int
    vocabulary_size: int | None
    supports_grammar: bool
    version: str


@dataclass(frozen=True)
class _Layout:
    network: str
    configuration: str
    graph: str
    word_boundaries: str
    decoding: str | None


_PRESENT = _Layout("am/final.mdl", "conf/mfcc.conf", "graph", "graph/phones/word_boundary.int", "conf/model.conf")
_FLAT = _Layout("final.mdl", "mfcc.conf", ".", "word_boundary.int", None)


def check_model(path: Path) -> ModelDescription:
    """Check all that libvosk demands. Raises `Unavailable` with one line: what, where, how to mend it."""
    if not path.is_dir():
        raise Unavailable(f"no speech model at {path}: there is no such directory; {INSTALL_HINT}")
    layout = _layout_of(path)
    _check_network(path, layout)
    sample_rate_hz = _sample_rate_hz(path, layout)
    _check_decoding_options(path, layout)
    _check_ivector(path)
    supports_grammar, vocabulary_size = _check_graph(path, layout)
    return ModelDescription(path, sample_rate_hz, vocabulary_size, supports_grammar, version_of(path))


def version_of(path: Path) -> str:
    """What a record can name the model by. Publishers' models bear their version in the folder's name; a file that
    cannot be read says nothing about whether the model can be used."""
    try:
        told = json.loads((path / "version.json").read_bytes())
        name, version = told["name"], told["version"]
    except (OSError, ValueError, KeyError, TypeError):
        return path.resolve().name
    return f"{name} {version}"


def check_telephone_model(path: Path) -> ModelDescription:
    """As `check_model`, and that it takes telephone sound: libvosk refuses every sound of a lower rate than the
    model's (measured: `AcceptWaveform` fails), unless the model's own options let it be upsampled."""
    found = check_model(path)
    if not hears_telephones(path, found):
        raise Unavailable(
            f"the speech model at {path} cannot be used: it is for sound of {found.sample_rate_hz} Hz and a "
            f"telephone brings {TELEPHONE_RATE_HZ}; choose one for telephones, or add the line {UPSAMPLING} to its "
            f"{_layout_of(path).configuration}, with which it errs more than one for telephones"
        )
    return found


def hears_telephones(path: Path, found: ModelDescription) -> bool:
    """A higher rate than the sound's needs `UPSAMPLING`; a lower one does not: libvosk downsamples by itself."""
    allowed = _options(path, _layout_of(path).configuration).get("allow-upsample", "false")
    return found.sample_rate_hz <= TELEPHONE_RATE_HZ or allowed.lower() in _TRUE


def let_upsample(path: Path) -> bool:
    """Let a model of a higher rate take telephone sound; True when its options had to be changed."""
    if hears_telephones(path, check_model(path)):
        return False
    with (path / _layout_of(path).configuration).open("a", encoding="utf-8") as options:
        options.write(f"\n{UPSAMPLING}\n")
    return True


def _layout_of(path: Path) -> _Layout:
    # The same order of trying as libvosk's own.
    for layout in (_PRESENT, _FLAT):
        if (path / layout.network).exists() or (path / layout.configuration).exists():
            return layout
    inner = [child.name for child in path.iterdir() if (child / _PRESENT.network).exists()]
    if inner:
        raise Unavailable(f"no speech model at {path}: it lies one directory deeper, use {path / inner[0]}")
    raise Unavailable(f"no speech model at {path}: neither am/final.mdl nor final.mdl is there; {INSTALL_HINT}")


def _fault(path: Path, name: str, what: str) -> Unavailable:
    return Unavailable(f"the speech model at {path} cannot be used: {name} {what}; {INSTALL_HINT}")


def _require(path: Path, name: str, *, may_be_empty: bool = False) -> Path:
    file = path / name
    if not file.is_file():
        raise _fault(path, name, "is missing")
    if not os.access(file, os.R_OK):
        raise _fault(path, name, "may not be read by this user")
    if not may_be_empty and file.stat().st_size == 0:
        raise _fault(path, name, "is empty")
    return file


def _check_network(path: Path, layout: _Layout) -> None:
    with _require(path, layout.network).open("rb") as file:
        head = file.read(64)
    # Kaldi's binary mark, and the object that every acoustic model begins with.
    if not head.startswith(b"\0B") or b"TransitionModel" not in head:
        raise _fault(path, layout.network, "is not a Kaldi acoustic model")


def _options(path: Path, name: str) -> dict[str, str]:
    """The `--key=value` lines of a Kaldi configuration; another kind of line aborts libvosk."""
    options: dict[str, str] = {}
    text = _require(path, name).read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#", 1)[0].strip()
        if not bare:
            continue
        if not bare.startswith("--"):
            raise _fault(path, name, f"has a line {number} that is not --option=value")
        key, _, value = bare[2:].partition("=")
        options[key.strip()] = value.strip()
    return options


def _sample_rate_hz(path: Path, layout: _Layout) -> int:
    written = _options(path, layout.configuration).get("sample-frequency")
    if written is None:
        return KALDI_DEFAULT_SAMPLE_RATE_HZ
    try:
        rate = int(float(written))
    except ValueError as error:
        raise _fault(path, layout.configuration, f"has a sample-frequency of {written!r}") from error
    if rate not in _SAMPLE_RATES_HZ:
        raise _fault(path, layout.configuration, f"has a sample-frequency of {written} Hz")
    return rate


def _check_decoding_options(path: Path, layout: _Layout) -> None:
    if layout.decoding is None:
        return
    silence = _options(path, layout.decoding).get("endpoint.silence-phones", "")
    if not _SILENCE_PHONES.match(silence):
        raise _fault(path, layout.decoding, "lacks --endpoint.silence-phones=1:2:..., without which libvosk aborts")


def _check_ivector(path: Path) -> None:
    """The speaker vector is optional, but not by halves: its extractor brings five other files with it."""
    if (path / "ivector/final.ie").exists():
        for name in ("final.ie", *_IVECTOR_COMPANIONS):
            # splice.conf may hold nothing but defaults.
            _require(path, f"ivector/{name}", may_be_empty=name.endswith(".conf"))


def _check_graph(path: Path, layout: _Layout) -> tuple[bool, int | None]:
    """Whether run-time grammars work, and how many words there are."""
    graph = layout.graph
    if (path / layout.word_boundaries).exists():
        _require(path, layout.word_boundaries)
    if (path / graph / "HCLG.fst").exists():
        return False, _vocabulary_size(path, graph, _fst(path, f"{graph}/HCLG.fst"))
    lookahead = _fst(path, f"{graph}/HCLr.fst")
    if lookahead.kind != "olabel_lookahead":
        raise _fault(path, f"{graph}/HCLr.fst", f"is of the kind {lookahead.kind!r} and not olabel_lookahead")
    _require(path, f"{graph}/disambig_tid.int", may_be_empty=True)
    return True, _vocabulary_size(path, graph, _fst(path, f"{graph}/Gr.fst"))


def _fst(path: Path, name: str) -> FstHeader:
    file = _require(path, name)
    try:
        return read_fst_header(file)
    except NotAnFst as error:
        raise _fault(path, name, f"is not a decoding graph ({error})") from error


def _vocabulary_size(path: Path, graph: str, header: FstHeader) -> int | None:
    """The symbols stand in the graph itself or in `words.txt`; `<eps>`, `[unk]`, `#0` and the
    phones of words added at run time (`body_words`) are not words."""
    if header.output_symbols is not None:
        return max(0, header.output_symbols - 1)
    words = _require(path, f"{graph}/words.txt").read_bytes()
    first = words.split(b"\n", 1)[0].split()
    if len(first) != 2 or not first[1].isdigit():
        raise _fault(path, f"{graph}/words.txt", "does not begin with a word and its number")
    return sum(1 for line in words.splitlines() if line.strip() and not line.startswith(_NO_WORDS))
