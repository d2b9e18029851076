"""What the settings say of announcements, put together: voice, files, book."""

from __future__ import annotations

from app.config import Settings
from app.domain.announcements import announcements_of
from app.domain.profile import Profile
from app.speech import espeak
from app.speech.announcement_book import FileBook
from app.speech.announcement_files import AnnouncementFiles
from app.speech.voices import CommandVoice, EspeakVoice, Voice


def voice_of(settings: Settings) -> Voice:
    """The voice of the announcements. BadInput for a command that cannot be one."""
    own = EspeakVoice(settings.voice, settings.voice_rate, settings.voice_pitch)
    return CommandVoice(settings.voice_command, own) if settings.voice_command.strip() else own


def files_of(settings: Settings) -> AnnouncementFiles:
    """The files of this organisation's announcements."""
    return AnnouncementFiles(settings.announcements, settings.recordings, voice_of(settings))


def book_of(settings: Settings, profile: Profile) -> FileBook:
    """The book of announcements for pages and commands."""
    return FileBook(files_of(settings), announcements_of(profile))


def announcements_in_words(settings: Settings, profile: Profile) -> str:
    """A line for `liniya check`. Raises BadInput for a voice or a command that cannot be used."""
    voice = voice_of(settings)
    espeak.check_voice(settings.voice)
    if isinstance(voice, CommandVoice):
        voice.check()
    states = [piece for entry in book_of(settings, profile).entries() for piece in entry.pieces]
    recorded = sum(files_of(settings).recording(piece.name) is not None for piece in states)
    return f"voice: {voice.name}; announcements: {len(states)} files, {recorded} of them recorded"
