"""What a panel sends, well and badly formed (docs/protocols.md, "Commands of the panel")."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.application.panel_commands import _OF_THE_CALL
from app.domain import facts as f
from app.domain.errors import BadInput, Refused
from app.domain.facts import Presence
from tests.fakes.phone import FakeLeg
from tests.unit.application.house import CALLER, House

PROTOCOLS = Path(__file__).parents[3] / "docs" / "protocols.md"


def documented_commands() -> dict[str, list[str]]:
    """The commands that the protocol names, with the names of their arguments."""
    section = PROTOCOLS.read_text(encoding="utf-8").partition("## Commands of the panel")[2]
    listed = re.sub(r"\([^)]*\)", "", section.partition("Refusal codes")[0])
    found = re.findall(r"`([a-z_]+)(?: \{([a-z_, ]+)\})?`", listed)
    return {name: [one.strip() for one in arguments.split(",") if one.strip()] for name, arguments in found}


def documented_refusals() -> set[str]:
    codes = PROTOCOLS.read_text(encoding="utf-8").partition("Refusal codes:")[2]
    return set(re.findall(r"[a-z_]+", codes.partition(".")[0]))


GOOD: dict[str, Any] = {
    "questions": "Когда выдан паспорт?",
    "device": "browser",
    "phone": "sip:101@127.0.0.1",
    "why": "обед",
    "reason": "",
    "return_in_s": 30,
    "to": "petrov",
    "told": True,
    "stage": "greeting",
    "step": "hello",
    "name": "Пётр",
    "text": "текст",
    "topic": "heating",
    "notes": "заметка",
    "number": CALLER,
    "asked": "когда",
    "due_at": "",
    "interval": "",
    "promise": "id1",
    "need": "cold",
    "question": "Что случилось?",
    "done": True,
    "referral": "fund",
    "satisfied": True,
    "id": "roof-leak",
}


@pytest.fixture
def talking(house: House) -> tuple[FakeLeg, FakeLeg]:
    house.sit_down("ivanova")
    legs = house.talk()
    house.sit_down("petrov")
    return legs


def test_the_protocol_names_the_commands() -> None:
    assert {"ready", "take_back", "close_promise", "audio_token"} <= documented_commands().keys()
    assert documented_commands()["promise"] == ["number", "asked", "due_at", "interval"]


@pytest.mark.parametrize("presence", ["away", "ready", "offered", "busy", "wrap_up"])
@pytest.mark.parametrize("command", sorted(documented_commands()))
def test_every_command_of_the_protocol_is_known_at_any_moment(house: House, command: str, presence: str) -> None:
    if presence != "away":
        house.sit_down("ivanova")
    caller = house.dial() if presence in ("offered", "busy", "wrap_up") else None
    if presence in ("busy", "wrap_up"):
        house.accept("ivanova")
    if presence == "wrap_up" and caller is not None:
        house.phone.ends(caller)
    arguments = {name: GOOD[name] for name in documented_commands()[command]}
    try:
        answer = house.do("ivanova", command, **arguments)
    except Refused as refusal:
        assert refusal.code in documented_refusals()
    else:
        assert isinstance(answer, dict)


def test_no_command_is_undocumented(house: House) -> None:
    panels = house.panels
    known = {*panels._of_the_desk, *panels._of_the_shelf, *panels._answered_later, *_OF_THE_CALL}
    assert known == documented_commands().keys()


def test_unknown_command(house: House) -> None:
    with pytest.raises(BadInput, match="no command «dance»"):
        house.do("ivanova", "dance")


def test_unknown_operator_disturbs_nobody(house: House) -> None:
    house.sit_down("ivanova")
    with pytest.raises(BadInput, match="ghost"):
        house.do("ghost", "ready", device="browser")
    with pytest.raises(BadInput, match="ghost"):
        house.panels.view("ghost")
    house.dial()
    assert house.call_of("ivanova")["role"] == "offered"


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("hold", {"return_in_s": "60"}),
        ("hold", {"return_in_s": True}),
        ("hold", {"return_in_s": 2.5}),
        ("hang_up", {"reason": 5}),
        ("transfer", {"to": None, "told": True}),
        ("transfer", {"to": "petrov", "told": "да"}),
        ("transfer", {"told": True}),
        ("tick", {"stage": "greeting", "step": "dance"}),
        ("tick", {"stage": "dance", "step": "hello"}),
        ("tick", {}),
        ("open_stage", {"stage": "dance"}),
        ("topic", {"topic": "football"}),
        ("topic", {}),
        ("notes", {"notes": 5}),
        ("notes", {"text": "под чужим именем"}),
        ("notes", {"notes": "я" * 4001}),
        ("need", {}),
        ("caller_name", {"name": ["Пётр"]}),
        ("caller_name", {}),
        ("promise", {"number": "12", "asked": "когда", "due_at": "", "interval": ""}),
        ("promise", {"number": CALLER, "asked": " ", "due_at": "", "interval": ""}),
        ("promise", {"number": CALLER, "asked": "когда", "due_at": "завтра", "interval": ""}),
        ("promise", {"number": CALLER, "asked": "когда", "due_at": "2026-11-20T10:00", "interval": ""}),
        ("promise", {"number": CALLER, "asked": "когда", "due_at": 5, "interval": ""}),
        ("promise", {"asked": "когда"}),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    house: House, talking: tuple[FakeLeg, FakeLeg], command: str, arguments: dict[str, Any]
) -> None:
    house.do("ivanova", "notes", notes="заметка")
    before = house.facts()
    with pytest.raises(BadInput):
        house.do("ivanova", command, **arguments)
    assert house.facts() == before


@pytest.mark.parametrize(
    "arguments",
    [
        {"device": "pigeon"},
        {"device": 5},
        {"device": "phone"},
        {"device": "phone", "phone": "+79271234567"},
        {"device": "phone", "phone": "browser:petrov"},
        {"device": "phone", "phone": 101},
    ],
)
def test_ready_with_a_bad_device_changes_nothing(house: House, arguments: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        house.do("ivanova", "ready", **arguments)
    place = house.roster.place("ivanova")
    assert (place.presence, place.device, place.phone) == (Presence.AWAY, "browser", "")


def test_ready_during_a_call_changes_nothing(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    for command in ("ready", "break", "sign_out"):
        with pytest.raises(Refused) as refusal:
            house.do("ivanova", command, device="phone", phone="sip:101@127.0.0.1")
        assert refusal.value.code == "busy"
    place = house.roster.place("ivanova")
    assert (place.presence, place.device, place.phone) == (Presence.BUSY, "browser", "")


def test_ready_may_name_the_telephone(house: House) -> None:
    house.do("ivanova", "ready", device="phone", phone="sip:101@127.0.0.1")
    house.dial()
    assert house.phone.last("sip:101@127.0.0.1")


def test_ready_without_a_device_keeps_the_last(house: House) -> None:
    house.do("sidorova", "ready", device="phone")
    house.do("sidorova", "break", why="обед")
    house.do("sidorova", "ready")
    assert house.roster.place("sidorova").device == "phone"


def test_device_changes_while_ready(house: House) -> None:
    house.sit_down("sidorova", device="phone")
    house.do("sidorova", "ready", device="browser")
    house.dial()
    assert house.presence("sidorova") is Presence.READY, "its browser has no sound"


def test_sign_out(house: House) -> None:
    house.sit_down("ivanova")
    house.do("ivanova", "sign_out")
    assert house.presence("ivanova") is Presence.AWAY
    house.dial()
    assert house.presence("ivanova") is Presence.AWAY


def test_commands_of_a_call_without_one(house: House) -> None:
    house.sit_down("ivanova")
    for command in ("accept", "decline", "hang_up", "hold", "resume", "take_back", "notes", "to_survey"):
        with pytest.raises(Refused) as refusal:
            house.do("ivanova", command, notes="")
        assert refusal.value.code == "not_now"


def test_accept_is_refused_where_it_does_not_ring(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    for command in ("accept", "decline"):
        with pytest.raises(Refused) as refusal:
            house.do("ivanova", command)
        assert refusal.value.code == "not_now"


def test_a_telephone_is_answered_by_lifting_it(house: House) -> None:
    house.sit_down("sidorova", device="phone")
    house.dial()
    with pytest.raises(Refused):
        house.do("sidorova", "accept")
    house.do("sidorova", "decline")
    assert house.phone.last("sip:sidorova@127.0.0.1:5080").gone


def test_term_of_a_promise_is_in_the_time_of_the_organisation(
    house: House, talking: tuple[FakeLeg, FakeLeg]
) -> None:
    house.do("ivanova", "promise", number=CALLER, asked="когда", due_at="2026-11-24T15:00", interval="после обеда")
    (promise,) = house.recorder.promises.values()
    assert promise.due_at == datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
    house.do("ivanova", "promise", number=CALLER, asked="ещё", due_at="2026-11-24T12:00+00:00", interval="")
    assert [p.due_at.hour for p in house.recorder.promises.values()] == [15, 12]


def test_proposed_term_is_taken_without_one(house: House, talking: tuple[FakeLeg, FakeLeg]) -> None:
    proposed = house.feed.shown["ivanova"]["line"]["promise_due"]
    house.do("ivanova", "promise", number=CALLER, asked="когда", due_at="", interval="")
    (promise,) = house.recorder.promises.values()
    assert promise.due_at == datetime.fromisoformat(proposed)
    stage = next(s for s in house.feed.shown["ivanova"]["script"]["stages"] if s["id"] == "promise")
    assert stage["phrases"] == [{"text": "Перезвоним до 23.11 15:00.", "others": []}]


def test_audio_token_opens_the_sound_of_its_operator_only_for_a_day(house: House) -> None:
    tokens = house.panels._tokens
    token = house.do("ivanova", "audio_token")["token"]
    assert tokens.login_of(token) == "ivanova"
    assert tokens.login_of(token + "x") is None
    house.pass_s(12 * 3600)
    assert tokens.login_of(token) is None
    house.do("ivanova", "audio_token")
    assert len(tokens._given) == 1


def test_tokens_do_not_pile_up(house: House) -> None:
    for _ in range(1001):
        house.do("ivanova", "audio_token")
    assert len(house.panels._tokens._given) == 1000


def test_a_break_is_recorded_with_its_why(house: House) -> None:
    house.sit_down("ivanova")
    house.do("ivanova", "break", why="обед")
    changes = [one.fact for one in house.journal.of("operator:ivanova")]
    assert changes[-1] == f.PresenceChanged("ivanova", Presence.BREAK, "", "обед")
    house.do("ivanova", "break", why="совещание")
    assert house.feed.shown["ivanova"]["me"]["why"] == "совещание"
