"""What a waiting caller hears when the organisation has no recording of its own: soft chords, made by us.

Everything is written into a ring: the tail of the last chord sounds on into the beginning, so a loop has no seam.
"""

from __future__ import annotations

import numpy as np

from app.speech.sound import LINE_RATE_HZ, Sound, level_to, to_pcm

MUSIC_LEVEL_DBFS = -26.0
COMPOSED = "composed"
"""In the place of a voice: nobody spoke it."""
_CHORD_S = 3.0
_NOTE_S = 5.0
_ATTACK_S = 0.5
_BELL_S = 2.2
# Notes as semitones from A4 (440 Hz). A telephone carries 300 to 3400 Hz: nothing lies below D4.
_CHORDS = (
    (-7, -4, 0, 3),  # D F A C
    (-5, -2, 2, 5),  # E G B D
    (-4, 0, 3, 7),  # F A C E
    (-2, 2, 5, 9),  # G B D F#, open
    (-7, -4, 0, 5),  # D F A D
    (-5, -2, 3, 7),  # E G C E
    (-4, 0, 3, 8),  # F A C F
    (-2, 2, 5, 10),  # G B D G
)
_PARTIALS = ((1, 1.0), (2, 0.28), (3, 0.10), (4, 0.04))


def compose() -> bytes:
    """24 seconds of music that loops: 16-bit little-endian mono PCM at 8000 Hz, at -26 dBFS."""
    chord = int(_CHORD_S * LINE_RATE_HZ)
    ring = np.zeros(chord * len(_CHORDS))
    for place, notes in enumerate(_CHORDS):
        for note in notes:
            _add(ring, place * chord, _pad(_frequency_hz(note)), 0.5)
        for beat, note in enumerate((notes[0], notes[2], notes[3], notes[1])):
            start = place * chord + int((0.35 + 0.62 * beat) * LINE_RATE_HZ)
            _add(ring, start, _bell(_frequency_hz(note + 12)), 0.16)
    return to_pcm(level_to(ring, MUSIC_LEVEL_DBFS))


def _frequency_hz(semitones_from_a4: int) -> float:
    return float(440.0 * 2 ** (semitones_from_a4 / 12))


def _add(ring: Sound, start: int, note: Sound, gain: float) -> None:
    places = (start + np.arange(note.size)) % ring.size
    np.add.at(ring, places, gain * note)


def _tone(frequency_hz: float, seconds: float) -> Sound:
    time = np.arange(int(seconds * LINE_RATE_HZ)) / LINE_RATE_HZ
    tone = np.zeros_like(time)
    for number, strength in _PARTIALS:
        if number * frequency_hz < 3400.0:
            tone += strength * np.sin(2 * np.pi * number * frequency_hz * time)
    return tone


def _pad(frequency_hz: float) -> Sound:
    """A note that swells and fades, two voices slightly apart so that it does not stand still."""
    voices = _tone(frequency_hz * 0.9985, _NOTE_S) + _tone(frequency_hz * 1.0015, _NOTE_S)
    time = np.arange(voices.size) / LINE_RATE_HZ
    swell = 0.5 - 0.5 * np.cos(np.pi * np.clip(time / _ATTACK_S, 0.0, 1.0))
    fade = 0.5 + 0.5 * np.cos(np.pi * np.clip((time - 2.0) / (_NOTE_S - 2.0), 0.0, 1.0))
    return np.asarray(voices * swell * fade, dtype=np.float64)


def _bell(frequency_hz: float) -> Sound:
    tone = _tone(frequency_hz, _BELL_S)
    time = np.arange(tone.size) / LINE_RATE_HZ
    touch = np.clip(time / 0.02, 0.0, 1.0)
    end = np.clip((_BELL_S - time) / 0.2, 0.0, 1.0)
    return np.asarray(tone * touch * end * np.exp(-2.4 * time), dtype=np.float64)
