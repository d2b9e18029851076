"""The commands of the panel, by name (docs/protocols.md), to commands of the domain and moves of the roster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from app.application.audio_tokens import AudioTokens
from app.application.exchange import Exchange
from app.application.knowledge import Knowledge, NoKnowledge, Seeker, SeekerAtOnce
from app.application.live_call import LiveCall
from app.application.panel_view import PanelViews, View
from app.application.ports import Answered, PanelFeed
from app.application.roster import Device
from app.application.suggestions import Suggestions
from app.domain import commands as c
from app.domain.errors import BadInput, Refused
from app.domain.facts import Fact, Presence, PromiseClosed
from app.domain.promises import PromiseState
from app.domain.promising import clarification

Arguments = Mapping[str, Any]


class PanelCommands:
    """Implements `ports.LineCommands`."""

    def __init__(
        self,
        exchange: Exchange,
        tokens: AudioTokens,
        feed: PanelFeed,
        knowledge: Knowledge | None = None,
        seeker: Seeker | None = None,
    ) -> None:
        """Without a seeker articles are sought in the caller's own thread."""
        knowledge = knowledge or NoKnowledge()
        self._exchange = exchange
        self._roster = exchange.roster
        self._tokens = tokens
        self._feed = feed
        self._suggestions = Suggestions(exchange, knowledge, seeker or SeekerAtOnce(knowledge))
        self._views = PanelViews(exchange, self._suggestions)
        self._seen: set[str] = set()
        exchange.on_change = self._show
        exchange.before_forgetting = self._suggestions.settle
        self._of_the_desk: dict[str, Callable[[str, Arguments], View | None]] = {
            "ready": self._ready,
            "break": self._break,
            "sign_out": self._sign_out,
            "dial": self._dial,
            "dial_promise": self._dial_promise,
            "close_promise": self._close_promise,
            "clarify": self._plan_clarification,
            "audio_token": lambda login, _arguments: {"token": self._tokens.issue(login)},
            "accept": self._accept,
            "decline": self._decline,
            "transfer": self._transfer,
        }
        self._answered_later: dict[str, Callable[[str, Arguments, Answered], None]] = {
            "knowledge_search": lambda login, its, then: self._suggestions.search(
                login, self._call_of(login), _string(its, "text"), then
            ),
        }
        self._of_the_shelf: dict[str, Callable[[str, Arguments], View]] = {
            "article": lambda login, its: self._suggestions.article(self._call_of(login), _string(its, "id")),
            "article_used": self._article_used,
        }

    def command(self, operator: str, name: str, arguments: Mapping[str, Any], then: Answered) -> None:
        """Carry out a command; the answer is JSON-ready. Refused, or BadInput."""
        self._roster.place(operator)
        self._seen.add(operator)
        later = self._answered_later.get(name)
        if later is not None:
            later(operator, arguments, then)
        else:
            then(self._carry_out(operator, name, arguments))

    def _carry_out(self, operator: str, name: str, arguments: Arguments) -> View:
        desk = self._of_the_desk.get(name)
        if desk is not None:
            answer = desk(operator, arguments) or {}
            self.show_all()
        elif name in self._of_the_shelf:
            answer = self._of_the_shelf[name](operator, arguments)
        elif name in _OF_THE_CALL:
            live = self._written_by(operator) if name in _WRITING else self._conducted_by(operator)
            self._exchange.apply(live, _OF_THE_CALL[name](arguments, live, self._exchange))
            answer = {}
        else:
            raise BadInput(f"there is no command «{name}»")
        return answer

    def view(self, operator: str) -> Mapping[str, Any]:
        view = self._views.view(operator)
        self._seen.add(operator)
        return view

    def show_all(self) -> None:
        """Bring every panel that was ever asked for up to date; only differences travel."""
        for login in self._seen:
            self._feed.show(login, self._views.view(login))

    def _show(self, live: LiveCall | None) -> None:
        """Bring the panels at a call up to date, or all of them."""
        if live is None:
            self.show_all()
            return
        for place in self._roster.places():
            if place.call == live.id and place.login in self._seen:
                self._feed.show(place.login, self._views.view(place.login))

    # --- presence --------------------------------------------------------------------------------------------

    def _ready(self, login: str, arguments: Arguments) -> None:
        place = self._roster.place(login)
        device = _device(arguments.get("device", str(place.device)))
        person = self._roster.person(login)
        phone = _optional(arguments, "phone") or (person.phone if person else "")
        if phone and not phone.startswith("sip:") and phone != f"phone:{login}":
            raise BadInput("the telephone must be a sip: address")
        if device is Device.PHONE and not phone:
            raise BadInput("no telephone is set: write its sip: address in the settings", "no_phone")
        if device is Device.PHONE and phone.startswith("phone:") and not place.phone_registered:
            raise BadInput("the telephone is not registered at the line: see that it is on", "phone_gone")
        if place.presence in (Presence.BUSY, Presence.OFFERED):
            raise Refused("busy", "a call is under way")
        self._check_training(login)
        place.device, place.phone = device, phone
        self._exchange.make_ready(login)

    def _check_training(self, login: str) -> None:
        """Where the profile bars the untrained, who is not trained does not become ready (property 20)."""
        if self._exchange.profile.terms.training_bars and not self._exchange.training(login).holds:
            raise Refused("training_lapsed", "the training for the line is missing or has lapsed", "K3")

    def _break(self, login: str, arguments: Arguments) -> None:
        if self._roster.place(login).presence in (Presence.BUSY, Presence.OFFERED):
            raise Refused("busy", "a call is under way")
        self._roster.move(login, Presence.BREAK, why=_optional(arguments, "why"))

    def _sign_out(self, login: str, _arguments: Arguments) -> None:
        if self._roster.place(login).presence in (Presence.BUSY, Presence.OFFERED):
            raise Refused("busy", "a call is under way")
        self._roster.move(login, Presence.AWAY)

    # --- calls -----------------------------------------------------------------------------------------------

    def _call_of(self, login: str) -> LiveCall | None:
        return self._exchange.calls.get(self._roster.place(login).call)

    def _my_call(self, login: str) -> LiveCall:
        live = self._call_of(login)
        if live is None:
            raise Refused("not_now", "there is no call")
        return live

    def _conducted_by(self, login: str) -> LiveCall:
        """The operator's call while it is theirs: not while it rings at them, nor once a colleague has it."""
        live = self._my_call(login)
        if live.state.operator != login:
            raise Refused("not_now", "a colleague conducts the call")
        return live

    def _written_by(self, login: str) -> LiveCall:
        """The operator's call, also once it is handed on: the wrap-up is for writing."""
        live = self._my_call(login)
        if login not in live.state.operators:
            raise Refused("not_now", "answer the call first")
        return live

    def _accept(self, login: str, _arguments: Arguments) -> None:
        live = self._my_call(login)
        place = self._roster.place(login)
        if login not in (live.state.offered_to, live.state.target):
            raise Refused("not_now", "the call no longer rings here")
        if place.device is Device.PHONE:
            raise Refused("not_now", "answer on your telephone")
        self._exchange.bring(live, login, f"browser:{login}")

    def _decline(self, login: str, _arguments: Arguments) -> None:
        self._exchange.apply(self._my_call(login), c.OperatorMisses(login, "declined"))

    def _transfer(self, login: str, arguments: Arguments) -> None:
        live = self._conducted_by(login)
        target = _string(arguments, "to")
        told = _flag(arguments, "told") if "told" in arguments else False
        self._exchange.apply(live, c.Transfer(target, self._roster.takes_calls(target), told))

    def _article_used(self, login: str, arguments: Arguments) -> View:
        shown = self._suggestions.known(_string(arguments, "id"))
        used = c.UseArticle(shown.article.id, shown.version, shown.article.title)
        self._exchange.apply(self._written_by(login), used)
        return {}

    # --- promises --------------------------------------------------------------------------------------------

    def _dial(self, login: str, arguments: Arguments) -> View:
        return self._call_out(c.PlaceCall(login, _string(arguments, "number")))

    def _dial_promise(self, login: str, arguments: Arguments) -> View:
        promise = self._exchange.recorder.promises.get(_string(arguments, "promise"))
        if promise is None:
            raise Refused("unknown_promise", "there is no such promise")
        if promise.state is not PromiseState.OPEN:
            raise Refused("closed_promise", "the promise is already closed", "L11")
        if any(live.state.keeps == promise.id and live.state.open for live in self._exchange.calls.values()):
            raise Refused("not_now", "a colleague is calling this number now")
        return self._call_out(c.PlaceCall(login, promise.number, promise.id, promise.agenda))

    def _call_out(self, wish: c.PlaceCall) -> View:
        place = self._roster.place(wish.operator)
        if place.presence in (Presence.BUSY, Presence.OFFERED, Presence.AWAY):
            raise Refused("busy", "calls go out from «ready», a break or the wrap-up")
        if not place.reachable:
            raise BadInput("no sound: connect the browser's sound, or set your telephone", "no_sound")
        return {"call": self._exchange.place_call(wish).id}

    def _plan_clarification(self, login: str, arguments: Arguments) -> None:
        made = clarification(
            self._exchange.profile,
            promise=self._exchange.new_id(),
            operator=login,
            number=_string(arguments, "number"),
            asked=_string(arguments, "asked"),
            questions=_optional(arguments, "questions"),
            now=self._exchange.clock.now(),
        )
        self._record_of_promise(made.promise, made)

    def _close_promise(self, login: str, arguments: Arguments) -> None:
        promise = self._exchange.recorder.promises.get(_string(arguments, "promise"))
        if promise is None:
            raise Refused("unknown_promise", "there is no such promise")
        if promise.state is not PromiseState.OPEN:
            raise Refused("closed_promise", "the promise is already closed", "L11")
        why = _optional(arguments, "why").strip()
        if not why:
            raise BadInput("write why the promise is closed without a call", "why_empty")
        # A planned one began its stream; one made in a call has none yet.
        self._record_of_promise(promise.id, PromiseClosed(promise.id, login, why), already=0 if promise.call else 1)

    def _record_of_promise(self, promise: str, fact: Fact, *, already: int = 0) -> None:
        """A fact that belongs to no call, after those that its stream has already."""
        stream, recorder = f"promise:{promise}", self._exchange.recorder
        recorder.known(stream, already)
        recorder.record(stream, [fact])
        recorder.forget(stream)


def _optional(arguments: Arguments, name: str) -> str:
    return _string(arguments, name) if name in arguments else ""


def _string(arguments: Arguments, name: str) -> str:
    """The text of that name. BadInput without it: nothing is to be emptied by a command that lacks its text."""
    value = arguments.get(name)
    if not isinstance(value, str):
        raise BadInput(f"«{name}» must be text")
    return value


def _flag(arguments: Arguments, name: str) -> bool:
    value = arguments.get(name)
    if not isinstance(value, bool):
        raise BadInput(f"«{name}» must be true or false")
    return value


def _device(value: object) -> Device:
    try:
        return Device(str(value))
    except ValueError:
        raise BadInput("the device is «browser» or «phone»") from None


def _seconds(arguments: Arguments, name: str) -> int:
    value = arguments.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"«{name}» must be a whole number of seconds")
    return value


def _moment(arguments: Arguments, name: str, zone: ZoneInfo) -> datetime | None:
    text = _optional(arguments, name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"«{text}» is not a time: write it as 2026-11-23T15:00") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _promise(arguments: Arguments, live: LiveCall, exchange: Exchange) -> c.Command:
    return c.MakePromise(
        promise=exchange.new_id(),
        number=_string(arguments, "number"),
        asked=_string(arguments, "asked"),
        due_at=_moment(arguments, "due_at", live.profile.schedule.zone),
        interval=_optional(arguments, "interval"),
    )


_WRITING = frozenset(
    {
        "tick",
        "untick",
        "caller_name",
        "need",
        "topic",
        "notes",
        "promise",
        "agenda",
        "agenda_asked",
        "referral",
        "satisfied",
        "no_article",
    }
)
"""Commands that write the call up; the others of the call conduct it."""

_OF_THE_CALL: dict[str, Callable[[Arguments, LiveCall, Exchange], c.Command]] = {
    "hang_up": lambda a, _l, _e: c.HangUp(_optional(a, "reason")),
    "to_survey": lambda _a, _l, _e: c.SendToSurvey(),
    "hold": lambda a, live, _e: c.PlaceOnHold(
        _seconds(a, "return_in_s") if "return_in_s" in a else live.profile.terms.hold_s
    ),
    "resume": lambda _a, _l, _e: c.Resume(),
    "told": lambda _a, _l, _e: c.TellOfTransfer(),
    "take_back": lambda _a, _l, _e: c.TakeBack(),
    "tick": lambda a, _l, _e: c.Tick(_string(a, "stage"), _string(a, "step")),
    "untick": lambda a, _l, _e: c.Untick(_string(a, "stage"), _string(a, "step")),
    "open_stage": lambda a, _l, _e: c.OpenStage(_string(a, "stage")),
    "caller_name": lambda a, _l, _e: c.NameCaller(_string(a, "name")),
    "need": lambda a, _l, _e: c.RestateNeed(_string(a, "text")),
    "topic": lambda a, _l, _e: c.ChooseTopic(_string(a, "topic"), _optional(a, "need")),
    "agenda": lambda a, _l, _e: c.WriteAgenda(_string(a, "text")),
    "agenda_asked": lambda a, _l, _e: c.AskOfAgenda(_string(a, "question"), _flag(a, "done")),
    "referral": lambda a, _l, _e: c.GiveReferral(_string(a, "referral")),
    "satisfied": lambda a, _l, _e: c.NoteSatisfaction(_flag(a, "satisfied")),
    "notes": lambda a, _l, _e: c.WriteNotes(_string(a, "notes")),
    "promise": _promise,
    "no_article": lambda a, _l, _e: c.MissArticle(_string(a, "text"), "said"),
}
