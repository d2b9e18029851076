"""Festival's `msu_ru` (Debian's festvox-ru): a man's recorded units, timed by the synthesiser's own segments."""

from __future__ import annotations

import os
import shutil
import subprocess
import wave
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from app.speech.phones import OF_FESTIVAL, SILENCE
from scripts.train_model.engines.spoken import NO_WORD, Segment, Spoken, joined

_AT_ONCE, _READ_AT_ONCE = 200, 400
_PAUSE, _DONE = "pau", "-- done --"
_MOST_IN_VAIN = 2
_VOWELS = frozenset(("a", "V", "o", "e", "i", "y", "u"))
_VOWEL_LETTERS = frozenset("аеёиоуыэюя")
_HUSHING = frozenset("шжц")
_LONGEST_S = 900
_ROW = """
(define (row s)
  (format t "%s %f %s %s\\n" (item.name s) (item.feat s "end")
    (item.feat s "R:SylStructure.parent.parent.name") (item.feat s "R:SylStructure.parent.parent.id")))
"""
_SPEAK = """
(define (speak number text file)
  (unwind-protect
    (let ((u (utt.synth (eval (list 'Utterance 'Text text)))))
      (begin
        (format t "SENTENCE %d\\n" number)
        (mapcar row (utt.relation.items u 'Segment))
        (utt.save.wave u file 'riff)))
    (format t "FAILED\\n")))
"""
_READ = """
(define (read number text)
  (unwind-protect
    (let ((u (eval (list 'Utterance 'Text text))))
      (begin
        (mapcar (lambda (step) (step u))
          (list Initialize Text Token_POS Token POS Phrasify Word Pauses Intonation PostLex))
        (format t "SENTENCE %d\\n" number)
        (mapcar row (utt.relation.items u 'Segment))))
    (format t "FAILED\\n")))
"""
"""All that the voice does before it gives the phones their time."""
_VOICE = "(voice_msu_ru_nsh_clunits)\n"


def missing() -> str | None:
    """What to install when Festival or its Russian voice is not there."""
    if shutil.which("festival") is None:
        return "festival is not installed: apt-get install festival festvox-ru"
    if not Path("/usr/share/festival/voices/russian").is_dir():
        return "Festival has no Russian voice: apt-get install festvox-ru"
    return None


@dataclass
class _Row:
    phone: str
    end_s: float
    word: str
    word_id: str


@dataclass
class _Reading:
    """What Festival printed of one sentence."""

    rows: list[_Row] = field(default_factory=list)


class Festival:
    """`dropped` counts the sentences that Festival read otherwise than word by word. RuntimeError when it or its
    voice is not installed."""

    def __init__(self) -> None:
        if (lack := missing()) is not None:
            raise RuntimeError(lack)
        self.dropped = 0

    def speak(self, sentences: Iterable[tuple[str, ...]], rng: np.random.Generator) -> Iterator[Spoken]:
        """The voice has one manner: `rng` is not asked."""
        waiting = iter(sentences)
        while some := tuple(islice(waiting, _AT_ONCE)):
            yield from self._speak(some)

    def _speak(self, sentences: Sequence[tuple[str, ...]]) -> Iterator[Spoken]:
        with TemporaryDirectory(prefix="festival-") as folder:
            readings = run(
                _ROW + _SPEAK + _VOICE,
                [_order(sentence, number, folder) for number, sentence in enumerate(sentences)],
            )
            for number, sentence in enumerate(sentences):
                spoken = _spoken(sentence, readings.get(number), Path(folder, f"{number}.wav"))
                if spoken is None:
                    self.dropped += 1
                else:
                    yield spoken


def _order(sentence: tuple[str, ...], number: int, folder: str) -> str:
    return f'(speak {number} "{" ".join(sentence)}" "{folder}/{number}.wav")'


def read(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The phones that Festival would give each word by itself (a few ms each); those that it would read as several
    words are left out. RuntimeError when it or its voice is not installed."""
    if (lack := missing()) is not None:
        raise RuntimeError(lack)
    parts = [words[first : first + _READ_AT_ONCE] for first in range(0, len(words), _READ_AT_ONCE)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return {word: phones for part in pool.map(_read, parts) for word, phones in part.items()}


def _read(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    orders = [f'(read {number} "{word}")' for number, word in enumerate(words)]
    readings = run(_ROW + _READ + _VOICE, orders)
    told = {words[number]: _segments((words[number],), reading.rows) for number, reading in readings.items()}
    return {word: phones for word, segments in told.items() if (phones := _phones_of(segments or ()))}


def _phones_of(segments: Iterable[Segment]) -> tuple[str, ...]:
    return tuple(segment.phone for segment in segments if segment.word != NO_WORD)


def run(definitions: str, orders: Sequence[str]) -> dict[int, _Reading]:
    """One Festival for all orders; what it printed by sentence. An order that it dies of is passed over.
    RuntimeError when it could not begin."""
    readings: dict[int, _Reading] = {}
    waiting, in_vain = list(orders), 0
    while waiting:
        printed, complaint = _printed(definitions, waiting)
        done = printed.count(_DONE)
        in_vain = 0 if done else in_vain + 1
        if in_vain > _MOST_IN_VAIN:
            raise RuntimeError(f"Festival said nothing: {complaint[:300]}")
        readings |= _readings(printed)
        waiting = waiting[done + 1 :]
    return readings


def _printed(definitions: str, orders: Sequence[str]) -> tuple[str, str]:
    with TemporaryDirectory(prefix="festival-") as folder:
        script = Path(folder, "orders.scm")
        # What is not flushed is lost when it dies.
        lines = [f'{order} (format t "{_DONE}\\n") (fflush nil)' for order in orders]
        script.write_text(definitions + "\n".join(lines) + "\n", encoding="utf-8")
        done = subprocess.run(
            [shutil.which("festival") or "festival", "-b", str(script)],
            capture_output=True,
            timeout=_LONGEST_S,
            check=False,
        )
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace").strip()


def _readings(printed: str) -> dict[int, _Reading]:
    readings: dict[int, _Reading] = {}
    reading: _Reading | None = None
    for line in printed.splitlines():
        fields = line.split()
        if len(fields) == 2 and fields[0] == "SENTENCE":
            reading = readings.setdefault(int(fields[1]), _Reading())
        elif len(fields) == 4 and reading is not None:
            reading.rows.append(_Row(fields[0], float(fields[1]), fields[2], fields[3]))
    return readings


def read_wave(file: Path) -> tuple[NDArray[np.float32], int]:
    with wave.open(str(file)) as opened:
        samples = np.frombuffer(opened.readframes(opened.getnframes()), "<i2")
        return samples.astype(np.float32) / np.float32(32768), int(opened.getframerate())


def _spoken(sentence: tuple[str, ...], reading: _Reading | None, file: Path) -> Spoken | None:
    if reading is None or not file.is_file():
        return None
    segments = _segments(sentence, reading.rows)
    if segments is None:
        return None
    samples, rate_hz = read_wave(file)
    return Spoken(sentence, samples, rate_hz, segments)


def _segments(sentence: tuple[str, ...], rows: Sequence[_Row]) -> tuple[Segment, ...] | None:
    """None when a phone is unknown or the words that were read are not those of the sentence."""
    words: list[_Row] = []
    segments = []
    for before, row in pairwise([_Row(_PAUSE, 0.0, "", ""), *rows]):
        if row.phone == _PAUSE:
            segments.append(Segment(SILENCE, before.end_s, row.end_s, NO_WORD))
            continue
        if row.phone not in OF_FESTIVAL:
            return None
        if not words or words[-1].word_id != row.word_id:
            words.append(row)
        segments.append(Segment(OF_FESTIVAL[row.phone], before.end_s, row.end_s, len(words) - 1))
    if tuple(word.word for word in words) != sentence:
        return None
    return joined(_with_reduced_y(segments, sentence))


def _with_reduced_y(segments: Sequence[Segment], sentence: tuple[str, ...]) -> list[Segment]:
    """Festival names every vowel that is far from the stress alike; «ы» there, and «е» and «и» after «ш», «ж», «ц»,
    keep their own phone, as they do in the other engines' labels."""
    told = list(segments)
    for index, word in enumerate(sentence):
        places = [place for place, one in enumerate(told) if one.word == index and one.phone in _VOWELS]
        letters = [place for place, letter in enumerate(word) if letter in _VOWEL_LETTERS]
        if len(places) != len(letters):
            continue
        for place, letter in zip(places, letters, strict=True):
            hushed = word[letter] in "еи" and word[letter - 1 : letter] and word[letter - 1] in _HUSHING
            if told[place].phone in ("V", "i") and (word[letter] == "ы" or hushed):
                told[place] = replace(told[place], phone="y")
    return told
