"""Errors at the edge: which HTTP status each has, and in which words a person is told.

LiniyaError
├── Refused            409
├── BadInput           422
├── IllegalFact        500
├── Unavailable        503
│   └── LineAway       503, the line process cannot be reached: calls go on without the panel
├── NotSignedIn        a redirect to the login for pages, 401 for everything else
├── NotAllowed         403
├── NotFound           404
└── TooManyAttempts    429
"""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import BadInput, LiniyaError, Refused, Unavailable
from app.web.catalogue import N_


class LineAway(Unavailable):
    """The line process cannot be reached by the gateway."""


class NotSignedIn(LiniyaError):
    """The page is for those who are signed in."""


class NotAllowed(LiniyaError):
    """The role of who is signed in does not have this page, or the request came from another site."""


class NotFound(LiniyaError):
    """There is no such page, call or file."""


class TooManyAttempts(LiniyaError):
    """Too many failed logins; the next is looked at after `retry_after_s`."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts, next in {retry_after_s} s")
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class Wording:
    """How an error looks to a person: the status, a headline and what to do about it (message ids)."""

    status: int
    title: str
    text: str


_FAULT = Wording(
    500,
    N_("Something went wrong"),
    N_("The fault has been written to the log. Calls go on; try the page again, and tell the administrator if it "
       "comes back."),
)  # fmt: skip

_WORDINGS: dict[type[LiniyaError], Wording] = {
    LineAway: Wording(
        503,
        N_("The line is not reachable"),
        N_("Calls under way go on. The page comes back by itself as soon as the line answers."),
    ),
    Unavailable: Wording(
        503,
        N_("The records are not reachable"),
        N_("The database does not answer. Calls go on and nothing is lost; try again in a minute."),
    ),
    NotSignedIn: Wording(401, N_("Please sign in"), N_("The session is over. Sign in again to go on.")),
    NotAllowed: Wording(
        403,
        N_("This page is not for your role"),
        N_("If you need it for your work, ask the administrator to change your role."),
    ),
    NotFound: Wording(
        404,
        N_("There is no such page"),
        N_("The address may be mistyped, or the record was removed after its term."),
    ),
    TooManyAttempts: Wording(
        429,
        N_("Too many attempts"),
        N_("To protect the accounts, signing in is paused for a while. Try again a little later."),
    ),
    BadInput: Wording(422, N_("That cannot be used"), N_("Check what was entered or the address of the page.")),
    Refused: Wording(409, N_("Not possible now"), N_("The rules of the line do not allow this at the moment.")),
}

_STATUS_WORDINGS: dict[int, Wording] = {
    404: _WORDINGS[NotFound],
    403: _WORDINGS[NotAllowed],
    401: _WORDINGS[NotSignedIn],
    405: Wording(405, N_("There is no such page"), N_("This address cannot be used in this way.")),
    422: _WORDINGS[BadInput],
    503: _WORDINGS[Unavailable],
}

REFUSALS: dict[str, str] = {
    "transfer_limit": N_("No more than two transfers are allowed within one call: promise to call back instead."),
    "tell_first": N_("Tell the caller about the transfer first."),
    "target_not_free": N_("This colleague is not free now."),
    "reason_needed": N_("Give a reason for ending the call before the farewell."),
    "not_now": N_("This is not possible at this point of the call."),
    "busy": N_("You are in a call."),
    "closed_promise": N_("This promise is already closed."),
    "unknown_promise": N_("There is no such promise."),
    "changed_meanwhile": N_("Somebody else has changed the article meanwhile: open it again."),
    "unknown_article": N_("There is no such article any more: search again."),
}
"""The codes of `Refused`, in words."""


def wording_of(error: LiniyaError) -> Wording:
    """The wording of the nearest class in the error's ancestry."""
    return next((_WORDINGS[cls] for cls in type(error).__mro__ if cls in _WORDINGS), _FAULT)


def wording_of_status(status: int) -> Wording:
    known = _STATUS_WORDINGS.get(status)
    if known is not None:
        return known
    return _FAULT if status >= 500 else Wording(status, _WORDINGS[BadInput].title, _WORDINGS[BadInput].text)
