"""Whatever callers, operators, telephones and the clock do in whatever order, the house stays in order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from app.application.live_call import ASK_AGAIN
from app.application.ports import LegEnd
from app.domain.calls import Phase
from app.domain.errors import LiniyaError
from app.domain.facts import Presence
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import CALLER, House

LOGINS = ("ivanova", "petrov", "sidorova")
PHRASES = ("здравствуйте меня зовут", "переключаю вас", "спасибо за обращение до свидания", "да", "не удовлетворен")
Command = tuple[str, dict[str, Any]]
OF_THE_DESK: tuple[Command, ...] = (
    ("ready", {}),
    ("ready", {}),
    ("ready", {"device": "browser"}),
    ("break", {"why": "обед"}),
    ("sign_out", {}),
    ("accept", {}),
    ("decline", {}),
    ("dial", {"number": CALLER}),
)
OF_THE_CALL: tuple[Command, ...] = (
    ("hang_up", {"reason": "проверка"}),
    ("to_survey", {}),
    ("hold", {}),
    ("hold", {"return_in_s": 5}),
    ("resume", {}),
    ("take_back", {}),
    *(("transfer", {"to": login, "told": True}) for login in LOGINS),
    ("promise", {"number": CALLER, "asked": "когда", "due_at": "", "interval": ""}),
    ("notes", {"notes": "заметка"}),
)

Action = tuple[Any, ...]
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.just(("arrive",)),
    st.just(("arrive",)),
    st.tuples(st.just("command"), st.sampled_from(LOGINS), st.sampled_from(OF_THE_DESK)),
    st.tuples(st.just("conduct"), st.integers(0, 2), st.sampled_from(OF_THE_CALL)),
    st.tuples(st.just("conduct"), st.integers(0, 2), st.sampled_from(OF_THE_CALL)),
    st.tuples(st.just("meddle"), st.sampled_from(LOGINS), st.sampled_from(OF_THE_CALL)),
    st.just(("answer",)),
    st.just(("answer",)),
    st.tuples(st.just("pick_up"), st.integers(0, 5)),
    st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from(list(LegEnd))),
    st.tuples(st.just("key"), st.integers(0, 5), st.sampled_from("1239*#")),
    st.tuples(st.just("say"), st.integers(0, 5), st.sampled_from(PHRASES), st.booleans()),
    st.tuples(st.just("pass"), st.sampled_from([1, 2, 5, 10, 20, 60])),
    st.tuples(st.just("browser"), st.sampled_from(LOGINS), st.booleans()),
)


def act(house: House, action: Action) -> None:
    kind, *rest = action
    _DEEDS[kind](house, *rest)


def _arrive(house: House) -> None:
    if len(house.phone.alive()) < 6:
        house.dial(f"+7927123{len(house.phone.legs):04}")


def _answer(house: House) -> None:
    """Whoever is rung at answers."""
    for place in house.roster.places():
        if place.presence is Presence.OFFERED:
            _command(house, place.login, ("accept", {}))
    for leg in house.phone.alive():
        if not leg.incoming and not leg.answered:
            house.phone.picks_up(leg)


def _conduct(house: House, which: int, command: Command) -> None:
    """One of those in a call does something with it."""
    busy = [place.login for place in house.roster.places() if place.presence is Presence.BUSY]
    if busy:
        _command(house, busy[which % len(busy)], command)


def _meddle(house: House, login: str, command: Command) -> None:
    """Who does not have the call changes nothing in it but what is written."""
    before = {live.id: (live.state.phase, live.state.operator) for live in house.exchange.calls.values()}
    mine = house.exchange.calls.get(house.roster.place(login).call)
    _command(house, login, command)
    if mine is not None and before[mine.id][1] != login:
        assert (mine.state.phase, mine.state.operator) == before[mine.id]


def _command(house: House, login: str, command: Command) -> None:
    try:
        house.do(login, command[0], **command[1])
    except LiniyaError:
        return


def _pick_up(house: House, which: int) -> None:
    ringing = [leg for leg in house.phone.alive() if not leg.answered]
    if ringing:
        house.phone.picks_up(ringing[which % len(ringing)])


def _end(house: House, which: int, why: LegEnd) -> None:
    legs = house.phone.alive()
    if legs:
        house.phone.ends(legs[which % len(legs)], why)


def _key(house: House, which: int, key: str) -> None:
    legs = house.phone.alive()
    if legs:
        house.phone.presses(legs[which % len(legs)], key)


def _say(house: House, which: int, text: str, final: bool) -> None:
    # Closed channels too: words come late.
    channels = house.recognizer.channels[-6:]
    if channels:
        channel = channels[which % len(channels)]
        channel.final(text) if final else channel.partial(text)


def _browser(house: House, login: str, connected: bool) -> None:
    house.exchange.browser_changed(login, connected=connected, microphone=connected)


_DEEDS: dict[str, Callable[..., None]] = {
    "arrive": _arrive,
    "command": _command,
    "conduct": _conduct,
    "meddle": _meddle,
    "answer": _answer,
    "pick_up": _pick_up,
    "end": _end,
    "key": _key,
    "say": _say,
    "pass": House.pass_s,
    "browser": _browser,
}


def check(house: House) -> None:
    """What must hold at every moment."""
    assert house.phone.faults == []
    assert {leg.id for leg in house.phone.alive()} == set(house.exchange._legs)
    check_listening(house)
    check_places(house)
    for live in house.exchange.calls.values():
        state = live.state
        house.facts(live.id)
        if state.phase is Phase.TALKING:
            assert live.caller_leg is not None
            leg = house.phone.legs[live.caller_leg]
            assert leg.hears == live.operator_legs[state.operator]
        if state.phase is Phase.SURVEY:
            assert live.operator_legs == {}
        if state.phase is Phase.ENDED:
            assert (live.timers, live.channels, live.operator_legs) == ({}, [], {})
        if state.phase is Phase.WAITING and ASK_AGAIN not in live.timers:
            asked = house.exchange._units_asked(live, house.roster.at_desk(house.exchange._unit_of))
            free = [p for p in house.staff.operators() if house.roster.takes_calls(p.login)]
            assert not any(house.exchange._unit_of(person.unit) in asked for person in free)


def check_places(house: House) -> None:
    for place in house.roster.places():
        live = house.exchange.calls.get(place.call)
        if place.presence is Presence.OFFERED:
            assert live is not None
            assert place.login in (live.state.offered_to, live.state.target)
            assert live.state.phase in (Phase.OFFERED, Phase.TRANSFERRING)
        if place.presence is Presence.BUSY:
            assert live is not None
            assert live.state.operator == place.login
            assert live.state.phase in (Phase.TALKING, Phase.HELD, Phase.TRANSFERRING, Phase.DIALLING)


def check_listening(house: House) -> None:
    """Every open channel is fed by one living leg, and no leg feeds a closed one."""
    legs: list[FakeLeg] = [leg for leg in house.phone.alive() if leg.sink is not None]
    fed = [one for one in house.recognizer.channels for leg in legs if one.feed == leg.sink]
    assert len(fed) == len(legs)
    assert sorted(map(id, fed)) == sorted(map(id, house.recognizer.open()))


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTIONS, min_size=20, max_size=60), st.sampled_from([None, 1.5]))
def test_any_course_of_a_day_keeps_the_house_in_order(actions: list[Action], sound_after_s: float | None) -> None:
    with capture_logs() as entries:
        house = House(sound_after_s=sound_after_s)
        house.sit_down("ivanova", "petrov")
        house.sit_down("sidorova", device="phone")
        for action in actions:
            act(house, action)
            check(house)
        assert house.empty() == []
    assert [entry for entry in entries if entry["log_level"] in ("warning", "error")] == []
