"""A human voice that no model was trained on: the Russian prompts of Asterisk, as Debian packages them.

A woman reads some five hundred prompts at 8 kHz; a text file says what each one says (CC-BY-SA 3.0). Only those are
taken of which it is certain how they are spoken: no notes in brackets, no letters of another alphabet, no
abbreviations, no numbers but single digits, which the prompts themselves write out («нажмите пять»).
"""

from __future__ import annotations

import gzip
import re
import subprocess
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PACKAGES = ("asterisk-core-sounds-ru", "asterisk-core-sounds-ru-wav")
_RATE_HZ = 8000
_DIGITS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_SLIPS = {
    "завршить": "завершить",
    "демонтрационным": "демонстрационным",
    "октрября": "октября",
    "взёздочка": "звёздочка",
    "съерра": "сьерра",
    "по-этому": "поэтому",
}
"""What is misspelt in the file."""
_RUN_TOGETHER = (("что бы", "чтобы"), ("за тем", "затем"))
_UNCERTAIN = re.compile(r"[a-z\[\]()<>/\\@$%&#+=]|\d[\d.,]*\d|\d-", re.IGNORECASE)
_ABBREVIATION = re.compile(r"\b\w*[А-ЯЁ]\w*[А-ЯЁ]\w*\b|\b[А-ЯЁ](?: [А-ЯЁ])+\b")
_WORD = re.compile(r"[а-яё]+|\d")
_FOREIGN_LETTERS = re.compile(r"letters/[a-z]|letters/zed|spy-.*")
"""Letters of the Latin alphabet by their English names, and names of programs."""


@dataclass(frozen=True)
class Prompt:
    """`samples` is int16 at 8 kHz; `words` are lower case as they are spoken, with «ё» where the file has it."""

    name: str
    words: tuple[str, ...]
    samples: NDArray[np.int16]


def human_prompts() -> Iterator[Prompt]:
    """By name. RuntimeError with what to install when the packages are not there."""
    files = [file for package in PACKAGES for file in _files_of(package)]
    texts = [file for file in files if file.name == "core-sounds-ru.txt.gz"]
    sounds = [file for file in files if file.suffix == ".wav"]
    if not texts or not sounds:
        raise RuntimeError(f"the human prompts are not installed: apt-get install {' '.join(PACKAGES)}")
    folder = min((file.parent for file in sounds), key=lambda parent: len(parent.parts))
    for name, text in sorted(transcripts(gzip.decompress(texts[0].read_bytes()).decode("utf-8")).items()):
        sound = folder / f"{name}.wav"
        words = as_spoken(name, text)
        if words and sound.is_file():
            yield Prompt(name, words, _samples(sound))


def _files_of(package: str) -> list[Path]:
    """Where dpkg put the package's files; none when it is not installed, or there is no dpkg."""
    try:
        listed = subprocess.run(["dpkg-query", "--listfiles", package], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return []
    return [Path(line) for line in listed.stdout.splitlines() if listed.returncode == 0]


def _samples(file: Path) -> NDArray[np.int16]:
    with wave.open(str(file)) as opened:
        if opened.getframerate() != _RATE_HZ or opened.getnchannels() != 1 or opened.getsampwidth() != 2:
            raise RuntimeError(
                f"{file} is not 16-bit mono at {_RATE_HZ} Hz: install the package {PACKAGES[1]} anew"
            )
        return np.frombuffer(opened.readframes(opened.getnframes()), "<i2")


def transcripts(told: str) -> dict[str, str]:
    """Name of the prompt to its text, from lines of `name: text`; what begins with a semicolon is a remark."""
    lines = (line.partition(":") for line in told.splitlines() if not line.startswith(";"))
    return {name.strip(): text.strip() for name, colon, text in lines if colon}


def as_spoken(name: str, text: str) -> tuple[str, ...]:
    """The words of a prompt; none when it is not certain how it is spoken."""
    if _UNCERTAIN.search(text) or _ABBREVIATION.search(text) or _FOREIGN_LETTERS.fullmatch(name):
        return ()
    lower = " ".join(text.lower().split())
    for slip, right in (*_SLIPS.items(), *_RUN_TOGETHER):
        lower = re.sub(rf"\b{slip}\b", right, lower)
    return tuple(_DIGITS[int(word)] if word.isdigit() else word for word in _WORD.findall(lower))
