"""The errors of Liniya: one root, so that whoever catches knows what it catches.

LiniyaError
├── Refused            a command that the rules of the organisation do not allow now; nothing has changed
├── IllegalFact        a fact that cannot follow the call's present phase: a fault of the program
├── BadInput           something a person wrote cannot be used: a number, a form, a file, a setting
│   └── BadFlow        a file of call_flows, with its file and place
└── Unavailable        a part that is needed cannot be reached: database, model, port

HTTP statuses and SIP codes are given to them at the edge (app.web, app.telephony), not here.
"""

from __future__ import annotations


class LiniyaError(Exception):
    """The root."""


class Refused(LiniyaError):
    """The rules do not allow the command now.

    `code` is stable and translated at the edge; `reason` is for the log and for tests; `rule` is the id in
    requirements.md or the clause that refuses.
    """

    def __init__(self, code: str, reason: str, rule: str = "") -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
        self.rule = rule


class IllegalFact(LiniyaError):
    """A fact that the table of transitions does not have for this phase."""


class BadInput(LiniyaError):
    """What was wrong, where, and how to mend it, in one line.

    `code` is stable where a page puts the words of its own language in place of the message, "" elsewhere.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class BadFlow(BadInput):
    """A file of `call_flows/` that cannot be used: the message names file and place."""


class Unavailable(LiniyaError):
    """A part that is needed cannot be reached or opened, and how to mend it."""
