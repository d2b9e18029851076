"""Who is at the desk: the operators' presence, and who is asked next."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.application.ports import Clock, Operator, StaffDirectory
from app.application.recorder import Recorder
from app.domain.errors import BadInput, Refused
from app.domain.facts import Presence, PresenceChanged
from app.domain.training import Standing, standing

UnitOf = Callable[[str], str]
"""From the unit that an operator is kept with to its id in the profile."""


class Device(StrEnum):
    BROWSER = "browser"
    PHONE = "phone"


@dataclass
class Place:
    """One operator's place at the desk."""

    login: str
    presence: Presence
    since: datetime
    device: Device = Device.BROWSER
    phone: str = ""
    phone_registered: bool = False
    call: str = ""
    browser_connected: bool = False
    microphone: bool = False
    wrap_up_until: datetime | None = None
    why: str = ""

    @property
    def reachable(self) -> bool:
        """A call would ring somewhere."""
        if self.device is Device.BROWSER:
            return self.browser_connected
        return self.phone_registered if self.registers else bool(self.phone)

    @property
    def registers(self) -> bool:
        """The telephone registers at the line, which then knows whether it is there; others have an address."""
        return self.phone.startswith("phone:")

    @property
    def free(self) -> bool:
        return self.presence is Presence.READY and self.reachable


_P = Presence
PRESENCE: dict[Presence, frozenset[Presence]] = {
    _P.AWAY: frozenset({_P.READY, _P.BREAK}),
    _P.BREAK: frozenset({_P.READY, _P.AWAY, _P.BUSY}),
    _P.READY: frozenset({_P.BREAK, _P.AWAY, _P.OFFERED, _P.BUSY}),
    _P.OFFERED: frozenset({_P.READY, _P.BREAK, _P.BUSY}),
    _P.BUSY: frozenset({_P.WRAP_UP, _P.BREAK}),
    _P.WRAP_UP: frozenset({_P.READY, _P.BREAK, _P.AWAY, _P.BUSY}),
}
"""From each presence to those that may follow. BREAK and WRAP_UP to BUSY: an outgoing call."""


class Roster:
    """The places of all operators who came to the desk since the line started."""

    def __init__(self, staff: StaffDirectory, recorder: Recorder, clock: Clock) -> None:
        self._staff = staff
        self._recorder = recorder
        self._clock = clock
        self._places: dict[str, Place] = {}
        self.on_move: Callable[[], None] = lambda: None
        """Told after each change: who comes may take a call, and who leaves may leave one to another unit."""

    def place(self, login: str) -> Place:
        """The operator's place; BadInput for a login that the directory does not have."""
        place = self._places.get(login)
        if place is None:
            person = self._staff.operator(login)
            if person is None:
                raise BadInput(f"there is no operator «{login}»; the administrator adds operators")
            place = Place(login, Presence.AWAY, self._clock.now(), phone=person.phone)
            self._places[login] = place
        return place

    def person(self, login: str) -> Operator | None:
        return self._staff.operator(login)

    def training(self, login: str, months: int, today: date) -> Standing:
        """How the operator's training stands (K3)."""
        return standing(self._staff.trainings(), login, months, today)

    def at_phone(self, user: str) -> str | None:
        """The login of whoever is meant by what was dialled on a telephone: a login, or the user part of the
        operator's own address."""
        for person in self._staff.operators():
            address = person.phone.partition(":")[2].partition("@")[0]
            if user in (person.login, address):
                return person.login
        return None

    def places(self) -> Iterable[Place]:
        return list(self._places.values())

    def colleagues(self, login: str) -> list[tuple[Operator, Place]]:
        """All other operators, in the directory's order."""
        return [(p, self.place(p.login)) for p in self._staff.operators() if p.login != login]

    def move(self, login: str, presence: Presence, *, call: str = "", why: str = "") -> None:
        """Change an operator's presence; Refused when it cannot follow the present one."""
        place = self.place(login)
        if place.presence is presence and place.call == call:
            place.why = why
            return
        if presence not in PRESENCE[place.presence] and place.presence is not presence:
            raise Refused("not_now", f"{login} is {place.presence}")
        self._recorder.record(f"operator:{login}", [PresenceChanged(login, presence, call, why)])
        place.presence, place.call, place.why = presence, call, why
        place.since = self._clock.now()
        place.wrap_up_until = None
        self.on_move()

    def free_for(self, units: Sequence[str], unit_of: UnitOf, passed_over: Collection[str]) -> Place | None:
        """Who is asked next: a free operator of the first of the units that has one, the longest idle first."""
        free = [p for p in self._places.values() if self.takes_calls(p.login) and p.login not in passed_over]
        asked = [(units.index(unit), p) for p in free if (unit := unit_of(self._unit(p.login))) in units]
        return min(asked, key=lambda one: (one[0], one[1].since), default=(0, None))[1]

    def at_desk(self, unit_of: UnitOf) -> frozenset[str]:
        """The units that have an operator who takes calls, or will after the present one."""
        at_work = (Presence.OFFERED, Presence.BUSY, Presence.WRAP_UP)
        present = (p for p in self._places.values() if p.presence in at_work or self.takes_calls(p.login))
        return frozenset(unit_of(self._unit(p.login)) for p in present)

    def takes_calls(self, login: str) -> bool:
        """The operator is free, and still in the directory."""
        return self._staff.operator(login) is not None and self.place(login).free

    def _unit(self, login: str) -> str:
        person = self._staff.operator(login)
        return person.unit if person else ""
