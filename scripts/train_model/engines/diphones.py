"""Recorded voices of other languages made to speak Russian: Festival's Czech diphone voices.

No third Russian synthesiser is to be had (docs/decisions), but human timbre is what formant synthesis lacks. The
phones and their lengths are espeak-ng's, varied; the pitch is made here; each phone is said with the nearest of the
voice (`stand_ins`), the labels stay Russian.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from app.speech.phones import SILENCE
from scripts.train_model.engines import festival
from scripts.train_model.engines.espeak import Espeak
from scripts.train_model.engines.spoken import NO_WORD, Segment, Spoken
from scripts.train_model.engines.stand_ins import StandIn, chosen, pairs_of, table

_AT_ONCE = 150
_LONGEST_PAUSE_S = 0.4
_VOWELS = frozenset(("a", "V", "o", "e", "i", "y", "u"))
_VOICES = Path("/usr/share/festival/voices")
_SCHEME = """
(define (speak number segments file)
  (unwind-protect
    (let ((u (utt.synth (eval (list 'Utterance 'Segments segments)))))
      (begin
        (format t "SENTENCE %d\\n" number)
        (utt.save.wave u file 'riff)))
    (format t "FAILED\\n")))
"""
_CZECH = table("""
    SIL:#
    a:a:,a,j/1 a:,j/1 a
    V:a,a:,j/1 a
    o:o:,o,j/1 o
    e:e,e:,j/1 e:,j/1 e
    i:i:,i,j/2 i:,j/2 i
    y:i,u/2 i,e/3 i,j/1 i
    u:u:,u,j/1 u
    b:b,p
    bj:b j/3,p j/3,b
    v:v,f
    vj:v j/3,f j/3,v
    g:g,k
    gj:g j/3,k j/3,g
    d:d,t
    dj:d~,d j/2,t~
    zh:z~,s~
    z:z,s
    zj:z j/3,z,s j/3
    j:j,i/5 j
    k:k,g
    kj:k j/3,k,g j/3
    l:l
    lj:l j/3,l
    m:m
    mj:m j/3,m
    n:n
    nj:n~,n j/3
    p:p,b
    pj:p j/3,p,b j/3
    r:r
    rj:r j/3,r
    s:s,z
    sj:s j/3,s,z j/3
    t:t,d
    tj:t~,t j/3,d~
    f:f,v
    fj:f j/3,f,v j/3
    x:ch,k
    xj:ch j/3,ch
    ts:c,t/4 s
    ch:c~,t/4 s~
    sh:s~,z~
    sch:s~ j/2,s~
""")


@dataclass(frozen=True)
class Speaker:
    """A recorded speaker: Festival's name of the voice, where its pairs are told, how high the voice is."""

    voice: str
    index: Path
    pitch_hz: float


SPEAKERS = tuple(
    Speaker(f"czech_{name}", _VOICES / f"czech/czech_{name}/group/{name}.group", pitch_hz)
    for name, pitch_hz in (("dita", 205.0), ("krb", 230.0), ("machac", 115.0), ("ph", 105.0))
)


def missing() -> str | None:
    """What to install when Festival or one of the voices is not there."""
    lacking = [speaker.voice.replace("_", "-") for speaker in SPEAKERS if not speaker.index.is_file()]
    if lacking:
        return f"Festival lacks voices: apt-get install {' '.join(f'festvox-{name}' for name in lacking)}"
    return festival.missing()


class Diphones:
    """`dropped` counts the sentences that espeak-ng did not time or for which a voice lacks a pair of phones.
    RuntimeError when Festival or a voice is not installed."""

    def __init__(self, speakers: Sequence[Speaker] = SPEAKERS) -> None:
        if (lack := missing()) is not None:
            raise RuntimeError(lack)
        self._speakers = speakers
        self._timer = Espeak()
        self.dropped = 0

    def speak(self, sentences: Iterable[tuple[str, ...]], rng: np.random.Generator) -> Iterator[Spoken]:
        """Each sentence by one of the speakers."""
        waiting = iter(sentences)
        while some := tuple(islice(waiting, _AT_ONCE)):
            with TemporaryDirectory(prefix="diphones-") as folder:
                yield from self._spoken(some, Path(folder), rng)

    def _spoken(
        self, sentences: Sequence[tuple[str, ...]], folder: Path, rng: np.random.Generator
    ) -> Iterator[Spoken]:
        timed: dict[int, tuple[tuple[str, ...], tuple[Segment, ...]]] = {}
        orders: dict[str, list[str]] = {speaker.voice: [] for speaker in self._speakers}
        for number, spoken in enumerate(self._timer.speak(sentences, rng)):
            speaker = self._speakers[int(rng.integers(len(self._speakers)))]
            segments = with_own_rhythm(spoken.segments, rng)
            said = chosen([one.phone for one in segments], _CZECH, pairs_of(speaker.index), rng)
            if said is not None:
                timed[number] = (spoken.sentence, segments)
                orders[speaker.voice].append(_order(number, segments, said, speaker.pitch_hz, folder, rng))
        for voice, some in orders.items():
            festival.run(f"{_SCHEME}(voice_{voice})\n", some)
        made = 0
        for number, (sentence, segments) in timed.items():
            file = folder / f"{number}.wav"
            if file.is_file():
                made += 1
                samples, rate_hz = festival.read_wave(file)
                yield Spoken(sentence, samples, rate_hz, segments)
        self.dropped += len(sentences) - made


def with_own_rhythm(segments: Sequence[Segment], rng: np.random.Generator) -> tuple[Segment, ...]:
    """The same phones, each a little longer or shorter, between two silences: another one's rhythm."""
    lengths = np.array([one.end_s - one.start_s for one in segments]) * np.exp(rng.normal(0, 0.18, len(segments)))
    silent = np.array([one.phone == SILENCE for one in segments])
    lengths = np.where(silent, np.clip(lengths, 0.05, _LONGEST_PAUSE_S), np.clip(lengths, 0.025, 0.35))
    whole = list(segments)
    around = float(rng.uniform(0.1, 0.25))
    if not silent[0]:
        whole.insert(0, Segment(SILENCE, 0.0, 0.0, NO_WORD))
        lengths = np.insert(lengths, 0, around)
    if not silent[-1]:
        whole.append(Segment(SILENCE, 0.0, 0.0, NO_WORD))
        lengths = np.append(lengths, around)
    ends = np.cumsum(lengths).tolist()
    starts = [0.0, *ends[:-1]]
    return tuple(
        replace(one, start_s=start, end_s=end) for one, start, end in zip(whole, starts, ends, strict=True)
    )


def _order(
    number: int,
    segments: Sequence[Segment],
    said: Sequence[StandIn],
    pitch_hz: float,
    folder: Path,
    rng: np.random.Generator,
) -> str:
    """Festival's words for a sentence: each phone of the voice with its length, vowels with their pitch."""
    pitch = _pitch(segments, pitch_hz, rng)
    parts = []
    for segment, stand_in, hertz in zip(segments, said, pitch, strict=True):
        length_s = segment.end_s - segment.start_s
        for phone, share in zip(stand_in.phones, stand_in.shares, strict=True):
            target = f"({length_s * share / 2:.3f} {hertz:.0f})" if segment.phone in _VOWELS else ""
            parts.append(f"({phone} {length_s * share:.4f} {target})")
    return f'(speak {number} \'({" ".join(parts)}) "{folder / str(number)}.wav")'


def _pitch(segments: Sequence[Segment], pitch_hz: float, rng: np.random.Generator) -> list[float]:
    """For each segment: it falls towards the end and goes up and down with the words."""
    base = pitch_hz * float(np.exp(rng.normal(0, 0.15)))
    fall, liveliness = float(rng.uniform(0, 0.3)), float(rng.uniform(0.02, 0.2))
    words = max((one.word for one in segments), default=0) + 1
    accents = rng.normal(0, liveliness, words + 1)
    places = np.linspace(0, 1, len(segments))
    wander = rng.normal(0, liveliness / 3, len(segments))
    height = 1 - fall * places + accents[[one.word for one in segments]] + wander
    return [float(base * max(0.6, min(1.7, one))) for one in height]
