"""The operator's panel as it must look now: JSON-ready sections (docs/protocols.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.application.exchange import Exchange
from app.application.live_call import LiveCall
from app.application.ports import Operator
from app.application.roster import Place
from app.application.script_view import script_view
from app.application.sound_of_calls import CALLER, grade
from app.domain import listening
from app.domain.calls import Call, Phase
from app.domain.conduct import flow_of
from app.domain.facts import Speaker
from app.domain.flow import greeting_by_hour
from app.domain.phone_numbers import shown
from app.domain.promises import Promise, PromiseState
from app.domain.spoken_russian import minutes_accusative
from app.domain.working_time import add_working_time, is_open, next_opening

View = dict[str, Any]


class PanelViews:
    """Makes views; holds nothing but the texts that never change."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._profile = exchange.profile
        self._topics = [
            {"id": t.id, "title": t.title, "questions": list(t.questions)} for t in exchange.profile.topics
        ]

    def view(self, login: str) -> View:
        """All sections of one operator's panel. BadInput for an unknown login."""
        roster = self._exchange.roster
        place = roster.place(login)
        live = self._exchange.calls.get(place.call) if place.call else None
        person = roster.person(login)
        return {
            "me": _me(place, person),
            "line": self._line(),
            "call": self._call(live, place) if live else None,
            "script": script_view(self._profile, live.state, self._values(live.state, person)) if live else None,
            "transcript": self._transcript(live.state) if live else [],
            "colleagues": [_colleague(p, its) for p, its in roster.colleagues(login)],
            "promises": self._promises(),
            "topics": self._topics,
        }

    # --- sections --------------------------------------------------------------------------------------------

    def _line(self) -> View:
        now = self._exchange.clock.now()
        schedule = self._profile.schedule
        opened = is_open(schedule, now)
        # By whole minutes, or the panel would change with every look.
        due = add_working_time(schedule, now.replace(second=0, microsecond=0), self._profile.terms.callback)
        return {
            "body": self._profile.body,
            "open": opened,
            "hours": self._profile.hours_text,
            "next_opening": None if opened else _iso(next_opening(schedule, now)),
            "waiting": self._exchange.waiting(),
            "recogniser": "ok" if self._exchange.recogniser_available else "away",
            "promise_due": _iso(due),
        }

    def _call(self, live: LiveCall, place: Place) -> View:
        call = live.state
        flow = flow_of(self._profile, call)
        promise = self._exchange.recorder.promises.get(call.keeps)
        return {
            "id": call.id,
            "direction": str(call.direction),
            "phase": str(call.phase),
            "phase_since": _iso(call.phase_since),
            "number": call.number,
            "number_shown": shown(call.number),
            "dialled": call.dialled,
            "unit": next((u.name for u in self._profile.units if u.id == call.unit), call.unit),
            "arrived_at": _iso(call.arrived_at),
            "answered_at": _iso(call.answered_at),
            "waited_s": round(call.waited_s, 1),
            "role": _role(call, place.login),
            "operator_name": self._name(call.operator),
            "hold": {"since": _iso(call.hold.since), "return_in_s": call.hold.return_in_s} if call.hold else None,
            "told": call.told,
            "target_name": self._name(call.target),
            "transfers": call.transfers,
            "max_transfers": self._profile.terms.max_transfers,
            "caller_name": call.caller_name,
            "need": call.need,
            "topic": call.topic,
            "notes": call.notes,
            "ended_at": _iso(call.ended_at),
            "ended_by": str(call.ended_by) if call.ended_by else None,
            "end_why": call.end_why,
            "farewell_done": listening.farewell_said(flow, call),
            "promise": promise.asked if promise else "",
            "survey": self._survey(call),
            "sound": _sound(live, place.login),
            "recorded": live.recording is not None,
        }

    def _survey(self, call: Call) -> View | None:
        if call.phase is not Phase.SURVEY and call.survey_complete is None:
            return None
        questions = self._profile.survey.questions
        asking = self._profile.survey.question(call.question)
        answers = []
        for question in questions:
            given = call.answer(question.id)
            text = next((a.text for a in question.answers if given and a.id == given.answer), None)
            if text is not None:
                answers.append({"question": question.text, "answer": text})
        return {
            "asking": asking.text if asking else "",
            "answers": answers,
            "complete": call.survey_complete,
        }

    def _values(self, call: Call, person: Operator | None) -> Mapping[str, str]:
        zone = self._profile.schedule.zone
        topic = self._profile.topic(call.topic)
        return_in_s = call.hold.return_in_s if call.hold else self._profile.terms.hold_s
        return {
            "greeting": greeting_by_hour(self._exchange.clock.now().astimezone(zone).hour),
            "body": self._profile.body,
            "unit": next((u.name for u in self._profile.units if u.id == call.unit), ""),
            "surname": person.surname if person else "",
            "name": person.name if person else "",
            "patronymic": person.patronymic if person else "",
            "position": person.position if person else "",
            "caller": call.caller_name,
            "need": call.need,
            "topic": topic.title if topic else "",
            "hours": self._profile.hours_text,
            "next_opening": "",
            "due": self._due_of(call),
            "return_in": minutes_accusative(max(1, round(return_in_s / 60))),
            "target": self._name(call.target),
            "target_unit": self._unit_of(call.target),
        }

    def _unit_of(self, login: str) -> str:
        person = self._exchange.roster.person(login) if login else None
        unit = self._profile.unit(person.unit) if person else None
        return unit.name if unit else ""

    def _due_of(self, call: Call) -> str:
        made = self._exchange.recorder.promises.get(call.promises[-1]) if call.promises else None
        if made is None:
            return ""
        return made.due_at.astimezone(self._profile.schedule.zone).strftime("%d.%m %H:%M")

    def _transcript(self, call: Call) -> list[View]:
        return [
            {
                "n": n,
                "speaker": str(phrase.speaker),
                "who": self._name(phrase.operator) if phrase.speaker is Speaker.OPERATOR else call.caller_name,
                "text": phrase.text,
                "start_s": phrase.start_s,
                "end_s": phrase.end_s,
            }
            for n, phrase in enumerate(call.phrases, 1)
        ]

    def _promises(self) -> list[View]:
        now = self._exchange.clock.now()
        open_ones = [p for p in self._exchange.recorder.promises.values() if p.state is PromiseState.OPEN]
        return [self._promise(p, now) for p in sorted(open_ones, key=lambda p: p.due_at)]

    def _promise(self, promise: Promise, now: datetime) -> View:
        return {
            "id": promise.id,
            "number": promise.number,
            "number_shown": shown(promise.number),
            "asked": promise.asked,
            "due_at": _iso(promise.due_at),
            "interval": promise.interval,
            "standing": str(promise.standing(now)),
            "attempts": promise.attempts,
            "operator": self._name(promise.operator),
        }

    def _name(self, login: str) -> str:
        person = self._exchange.roster.person(login) if login else None
        return f"{person.surname} {person.name} {person.patronymic}".strip() if person else login


def _sound(live: LiveCall, login: str) -> View:
    """How good the caller's and the operator's own sound is; None before it was measured."""
    caller, own = grade(live, CALLER), grade(live, login)
    return {"caller": str(caller) if caller else None, "own": str(own) if own else None}


def _me(place: Place, person: Operator | None) -> View:
    return {
        "login": place.login,
        "surname": person.surname if person else place.login,
        "name": person.name if person else "",
        "patronymic": person.patronymic if person else "",
        "position": person.position if person else "",
        "unit": person.unit if person else "",
        "presence": str(place.presence),
        "since": _iso(place.since),
        "why": place.why,
        "device": str(place.device),
        "phone": place.phone,
        "phone_registered": place.phone_registered if place.registers else None,
        "audio": {"connected": place.browser_connected, "microphone": place.microphone},
        "wrap_up_until": _iso(place.wrap_up_until),
    }


def _colleague(person: Operator, place: Place) -> View:
    return {
        "login": person.login,
        "name": f"{person.surname} {person.name} {person.patronymic}".strip(),
        "position": person.position,
        "unit": person.unit,
        "presence": str(place.presence),
        "free": place.free,
        "since": _iso(place.since),
    }


def _role(call: Call, login: str) -> str:
    if call.offered_to == login or call.target == login:
        return "offered"
    return "source" if call.phase is Phase.TRANSFERRING else "mine"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
