"""`liniya announcements`: the sounds that callers hear, made, listed and checked."""

from __future__ import annotations

from app.application.announcement_book import PieceState, Sounding
from app.config import Settings
from app.domain.errors import LiniyaError
from app.domain.profile import Profile
from app.sounds import book_of, files_of, voice_of
from app.speech.announcement_files import target_lufs
from app.speech.loudness import PEAK_DBFS

EVEN_WITHIN_LU = 1.0


def make(settings: Settings, profile: Profile) -> int:
    """Make what is missing or out of date; what a spare voice spoke is tried with the wanted one. Returns how many
    failed."""
    files, voice, failed = files_of(settings), voice_of(settings).name, 0
    for state in _states(settings, profile):
        try:
            made = files.sound(state.name, state.text, again=True).manifest
        except LiniyaError as error:
            print(f"{state.name}: {error}")
            failed += 1
            continue
        by = made.recording or made.voice
        spare = "  (spare voice)" if made.voice and made.wanted == voice != made.voice else ""
        print(f"{files.path(state.name)}  {made.seconds:5.1f} s  {made.lufs:6.1f} LUFS  {by}{spare}")
    return failed


def show_list(settings: Settings, profile: Profile) -> None:
    """A line for each file: its length, its loudness, what it is made from."""
    for state in _states(settings, profile):
        print(f"{state.name:<28} {_in_words(state.sounding)}")


def check(settings: Settings, profile: Profile) -> int:
    """Say what is wrong; returns how many things are."""
    faults = [f"{state.name}: {fault}" for state in _states(settings, profile) for fault in _faults(state)]
    for fault in faults:
        print(fault)
    if not faults:
        print("every announcement has a sound that is up to date and even")
    return len(faults)


def _states(settings: Settings, profile: Profile) -> list[PieceState]:
    book = book_of(settings, profile)
    return [book.music(), *(piece for entry in book.entries() for piece in entry.pieces)]


def _in_words(sounding: Sounding | None) -> str:
    if sounding is None:
        return "not made yet: liniya announcements make"
    by = f"recording {sounding.recording}" if sounding.recording else sounding.voice
    return f"{sounding.seconds:5.1f} s  {sounding.lufs:6.1f} LUFS  {by}"


def _faults(state: PieceState) -> list[str]:
    found = []
    if state.fault:
        found.append(f"its recording cannot be used ({state.fault}); the voice speaks in its place")
    if state.text_changed:
        found.append("its text has been changed since the recording: record it anew, or `make` it on the page")
    if state.sounding is None:
        return [*found, "not made yet: liniya announcements make"]
    sounding = state.sounding
    if abs(sounding.lufs - target_lufs(state.name)) > EVEN_WITHIN_LU:
        found.append(f"it has {sounding.lufs:.1f} LUFS in place of {target_lufs(state.name):.0f}")
    if sounding.peak_dbfs > PEAK_DBFS:
        found.append(f"its peak of {sounding.peak_dbfs:.1f} dBFS is above {PEAK_DBFS:.0f}")
    return found
