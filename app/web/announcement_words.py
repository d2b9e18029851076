"""What the announcements are called, and when they sound: the words of the page `/announcements`."""

from __future__ import annotations

from dataclasses import dataclass

from app.application.announcement_book import Fault
from app.domain.announcements import HOURS, SURVEY
from app.web.catalogue import N_


@dataclass(frozen=True)
class Words:
    """Message ids: the name of an announcement, and when callers hear it."""

    title: str
    sounds: str


MUSIC = Words(N_("Hold music"), N_("While a caller waits or is on hold, between the announcements."))

_WAITING = {
    "welcome": Words(N_("Welcome"), N_("To every caller at once, in working hours.")),
    "position": Words(N_("Place in the queue"), N_("After the welcome, and again when the place has changed.")),
    "waiting": Words(N_("Please wait"), N_("Every 45 seconds to those who wait.")),
    "connecting": Words(N_("Connecting"), N_("During a transfer, and when a call comes back to the queue.")),
}
_CALL = {
    "hold_on": Words(N_("On hold"), N_("When the operator has asked the caller to wait.")),
    "hold_longer": Words(N_("A little longer"), N_("When the time that was promised for the return has passed.")),
    "hold_back": Words(N_("Return from hold"), N_("When the conversation goes on.")),
    "trouble": Words(N_("Trouble on the line"), N_("To everybody on the line when the program has to stop.")),
}
_CLOSED = {
    "closed": Words(N_("Closed"), N_("Outside working hours, and wherever there is no announcement of its own.")),
    "closed_lunch": Words(N_("Lunch break"), N_("In the lunch break.")),
    "closed_day_off": Words(N_("Day off"), N_("At weekends.")),
    "closed_holiday": Words(N_("Public holiday"), N_("On public holidays.")),
    "closed_number": Words(N_("Asks for a number"), N_("When the caller wants to leave a number.")),
    "closed_number_wrong": Words(
        N_("The number is wrong"), N_("When no call can reach the number that was typed.")
    ),
    "closed_number_back": Words(N_("Number read back"), N_("After a number was typed: digit by digit.")),
    "closed_number_voice": Words(
        N_("Asks to say or type a number"), N_("In place of that, while a recogniser hears the call.")
    ),
    "closed_number_again": Words(
        N_("Asks to say it again"),
        N_("When the number that was said could not be made out, or was read back wrong."),
    ),
    "closed_number_check": Words(
        N_("Number to confirm"), N_("After a number was said: digit by digit, with a question.")
    ),
    "closed_promised": Words(N_("Number is kept"), N_("After a number was left.")),
    "closed_goodbye": Words(N_("No number was left"), N_("When no number could be made out in all attempts.")),
    HOURS: Words(N_("Working hours"), N_("Within the announcements of the closed line.")),
}
_SURVEY = {
    "survey_intro": Words(N_("Before the survey"), N_("When the operator has sent the caller to the survey.")),
    "survey_repeat": Words(N_("Once more"), N_("Before a question is asked again.")),
    "survey_thanks": Words(N_("Thanks"), N_("After the survey.")),
}
_QUESTION = Words(N_("Question of the survey"), N_("In the survey, in its turn."))
_OTHER = Words("", N_("The scripts name it."))

GROUPS = (
    (N_("Until somebody answers"), _WAITING),
    (N_("During the call"), _CALL),
    (N_("When the line is closed"), _CLOSED),
    (N_("Survey"), _SURVEY),
)
OTHERS = N_("Others")

FAULTS = {
    Fault.KIND: N_("This file is no sound that can be read. Save it as WAV, FLAC, OGG or MP3."),
    Fault.RATE: N_("The recording must have a rate of 8 to 96 kHz and no more than eight channels."),
    Fault.LONG: N_("The recording is too long: two minutes at most, five for the hold music."),
    Fault.SHORT: N_("The recording is too short to be heard."),
    Fault.SILENT: N_("Nothing is heard in the recording. Was the microphone on?"),
    Fault.BIG: N_("The file is too large: 40 MB at most."),
    Fault.NONE: N_("Choose a file first."),
}


def words_of(name: str) -> Words:
    """The words for an announcement of that name."""
    for _, group in GROUPS:
        if name in group:
            return group[name]
    return _QUESTION if name.startswith(SURVEY) else _OTHER


def group_of(name: str) -> str:
    """The heading under which it stands."""
    for heading, group in GROUPS:
        if name in group or (group is _SURVEY and name.startswith(SURVEY)):
            return heading
    return OTHERS
