"""The same sound for many legs: music while they wait, each at its own place in it, in one array operation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from app.telephony.leg_rows import Octets
from app.telephony.legs import Leg
from app.telephony.playback import FRAME, Form, Playback

_LEAST: Final = 4
"""Fewer legs cost less one by one."""

Playing = tuple[Leg, Playback, Form]


class Chorus:
    """Legs that hear one sound in one law. It knows how far each playback is; `settle` tells them."""

    def __init__(self, playing: list[Playing], sound: bytes) -> None:
        self._playing = playing
        self._frames = np.lib.stride_tricks.sliding_window_view(np.frombuffer(sound, np.uint8), FRAME)
        self._last = len(sound) - FRAME  # from here on a frame reaches the end
        self._rows = np.array([leg.row for leg, _, _ in playing], np.int64)
        self._played = np.array([playback.played for _, playback, _ in playing], np.int64)

    def play(self, payloads: Octets) -> list[Leg]:
        """Give the rows of the legs their next frames; the legs whose playback is over."""
        ending = self._played >= self._last
        if not ending.any():
            payloads[self._rows] = self._frames[self._played]
            self._played += FRAME
            return []
        return self._play_to_the_end(payloads, np.flatnonzero(ending).tolist())

    def _play_to_the_end(self, payloads: Octets, ending: list[int]) -> list[Leg]:
        payloads[self._rows] = self._frames[np.minimum(self._played, self._last)]
        finished = []
        played = self._played + FRAME
        for place in ending:
            leg, playback, form = self._playing[place]
            playback.played = int(self._played[place])
            payloads[leg.row] = np.frombuffer(playback.frame(form), np.uint8)
            played[place] = playback.played
            if playback.finished:
                finished.append(leg)
        self._played = played
        return finished

    def settle(self) -> None:
        """Tell the playbacks how far they are."""
        for (_, playback, _), played in zip(self._playing, self._played.tolist(), strict=True):
            playback.played = played


def choruses_of(playing: Iterable[Playing]) -> tuple[list[Chorus], list[Playing]]:
    """Those of the legs that can hear together, and the others. A tap wants each frame by itself."""
    by_sound: dict[tuple[int, Form], tuple[bytes, list[Playing]]] = {}
    others = []
    for one in playing:
        leg, playback, form = one
        sound = playback.sound(form)
        if form is None or leg.tap is not None or len(sound) < FRAME:
            others.append(one)
        else:
            by_sound.setdefault((id(sound), form), (sound, []))[1].append(one)
    choruses = []
    for sound, together in by_sound.values():
        if len(together) < _LEAST:
            others += together
        else:
            choruses.append(Chorus(together, sound))
    return choruses, others
