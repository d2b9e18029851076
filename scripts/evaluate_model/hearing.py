"""A model under test, heard through libvosk the way that the product listens."""

from __future__ import annotations

import json
import multiprocessing
import time
from dataclasses import dataclass
from pathlib import Path

import vosk

from app.application.survey_by_phone import SURE_ENOUGH
from app.domain.said_answers import UNKNOWN
from app.speech.decoding import fit_to_vocabulary
from scripts.evaluate_model.line import RATE_HZ

_CHUNK_BYTES = RATE_HZ * 2 * 40 // 1000


class Ear:
    """The model in this process; `cpu_s` and `sound_s` add up over all that it heard."""

    def __init__(self, model: Path) -> None:
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(model))
        self.cpu_s = 0.0
        self.sound_s = 0.0

    def knows(self, word: str) -> bool:
        return int(self._model.vosk_model_find_word(word)) >= 0

    def fitted(self, phrases: tuple[str, ...]) -> tuple[str, ...]:
        """The phrases as the recogniser would narrow itself to them, and anything else."""
        fitted = fit_to_vocabulary(phrases, self.knows).phrases
        return (*(phrase for phrase in fitted if phrase != UNKNOWN), UNKNOWN)

    def hear(self, pcm: bytes, phrases: tuple[str, ...] | None = None) -> str:
        """All words of the sound, in chunks of 40 ms with a partial after each, as a call brings them. Words of a
        grammar that are not sure enough count as unknown, as they do in the survey."""
        settings = (json.dumps(phrases, ensure_ascii=False),) if phrases else ()
        began = time.process_time()
        recogniser = vosk.KaldiRecognizer(self._model, RATE_HZ, *settings)
        recogniser.SetWords(phrases is not None)
        heard = []
        for at in range(0, len(pcm), _CHUNK_BYTES):
            if recogniser.AcceptWaveform(pcm[at : at + _CHUNK_BYTES]):
                heard.append(_sure(recogniser.Result()))
            else:
                recogniser.PartialResult()
        heard.append(_sure(recogniser.FinalResult()))
        self.cpu_s += time.process_time() - began
        self.sound_s += len(pcm) / 2 / RATE_HZ
        return " ".join(heard).strip()


def _sure(result: str) -> str:
    told = json.loads(result)
    if "result" not in told:
        return str(told["text"])
    return " ".join(word["word"] if word["conf"] >= SURE_ENOUGH else UNKNOWN for word in told["result"])


@dataclass(frozen=True)
class Weight:
    """What having the model costs: on disk, to load, in memory with one recogniser."""

    megabytes: float
    load_ms: float
    memory_mb: float


def weigh(model: Path) -> Weight:
    """Measured in processes of their own, the best of three loadings."""
    size = sum(file.stat().st_size for file in _own_files(model))
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        load_ms, memory_mb = min(pool.apply(_load, (str(model),)) for _ in range(3))
    return Weight(size / 1e6, load_ms, memory_mb)


def _own_files(model: Path) -> list[Path]:
    return [file for file in model.rglob("*") if file.is_file()]


def _load(model: str) -> tuple[float, float]:
    vosk.SetLogLevel(-1)
    before_kb, began = _resident_kb(), time.perf_counter()
    loaded = vosk.Model(model)
    took_ms = 1000 * (time.perf_counter() - began)
    recogniser = vosk.KaldiRecognizer(loaded, RATE_HZ)
    recogniser.AcceptWaveform(bytes(2 * RATE_HZ))
    recogniser.FinalResult()
    return took_ms, (_resident_kb() - before_kb) / 1024


def _resident_kb() -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
