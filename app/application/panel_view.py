"""The operator's panel as it must look now: JSON-ready sections (docs/protocols.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.application.carrying_out import CALLER_HANGS_UP_S
from app.application.directory import directory
from app.application.exchange import Exchange
from app.application.live_call import LiveCall
from app.application.ports import Operator
from app.application.roster import Place
from app.application.script_view import script_view
from app.application.sound_of_calls import CALLER, grade
from app.application.suggestions import Suggestions
from app.domain import listening
from app.domain.calls import Call, Hold, Phase
from app.domain.closed_line import home_of
from app.domain.conduct import flow_of
from app.domain.convenient_times import convenient, when_to_call
from app.domain.dictated_numbers import dictated
from app.domain.facts import Speaker
from app.domain.flow import greeting_by_hour, render
from app.domain.hold import stands
from app.domain.phone_numbers import shown
from app.domain.profile import Profile
from app.domain.promises import Fate, Promise, PromiseState, fate
from app.domain.promising import proposed_due
from app.domain.spoken_hours import spoken_opening
from app.domain.spoken_russian import minutes_accusative
from app.domain.training import Standing
from app.domain.working_time import is_open, next_opening, opening_of_a_later_day

View = dict[str, Any]
KEPT_BOOKS = 3
"""Topics and referrals of so many older profiles are kept: calls under way are led by them."""


class PanelViews:
    """Makes views; holds nothing but texts of the profiles that never change."""

    def __init__(self, exchange: Exchange, suggestions: Suggestions) -> None:
        self._exchange = exchange
        self._suggestions = suggestions
        self._books: dict[str, View] = {}

    def view(self, login: str) -> View:
        """All sections of one operator's panel. BadInput for an unknown login."""
        roster = self._exchange.roster
        place = roster.place(login)
        live = self._exchange.calls.get(place.call) if place.call else None
        person = roster.person(login)
        profile = live.profile if live else self._exchange.profile
        return {
            "me": _me(place, person) | {"training": _training(self._exchange.training(login))},
            "line": self._line(live),
            "call": self._call(live, place) if live else None,
            "script": script_view(live.profile, live.state, self._values(live, person)) if live else None,
            "transcript": self._transcript(live.state) if live else [],
            "knowledge": self._suggestions.section(live) if live else [],
            "hint": _hint(live.state, login) if live else None,
            "colleagues": directory(roster.colleagues(login), profile, live.state.topic if live else ""),
            "promises": self._promises(),
            **self._books_of(profile),
        }

    def _books_of(self, profile: Profile) -> View:
        """Made once: a view is made for every word that is heard."""
        if profile.version not in self._books:
            self._books = dict(list(self._books.items())[-KEPT_BOOKS:])
            self._books[profile.version] = {"topics": _topics(profile), "referrals": _referrals(profile)}
        return self._books[profile.version]

    # --- sections --------------------------------------------------------------------------------------------

    def _line(self, live: LiveCall | None) -> View:
        now = self._exchange.clock.now()
        profile = self._exchange.profile
        schedule = profile.schedule
        opened = is_open(schedule, now)
        # By whole minutes, or the panel would change with every look.
        minute = now.replace(second=0, microsecond=0)
        due = proposed_due(live.profile if live else profile, live.state if live else None, minute)
        return {
            "body": profile.body,
            "short": profile.short or profile.body,
            "open": opened,
            "hours": profile.hours_text,
            "next_opening": None if opened else _iso(next_opening(schedule, now)),
            "waiting": self._exchange.waiting(),
            "recogniser": "ok" if self._exchange.recogniser_available else "away",
            "promise_due": _iso(due),
        }

    def _call(self, live: LiveCall, place: Place) -> View:
        call = live.state
        flow = flow_of(live.profile, call)
        promise = self._exchange.recorder.promises.get(call.keeps)
        unit = live.profile.unit(call.unit)
        return {
            "id": call.id,
            "direction": str(call.direction),
            "phase": str(call.phase),
            "phase_since": _iso(call.phase_since),
            "number": call.number,
            "number_shown": shown(call.number),
            "number_said": _number_said(live),
            "dialled": call.dialled,
            "unit": unit.name if unit else call.unit,
            "arrived_at": _iso(call.arrived_at),
            "answered_at": _iso(call.answered_at),
            "waited_s": round(call.waited_s, 1),
            "role": _role(call, place.login),
            "operator_name": self._name(call.operator),
            "hold": _hold(call.hold, self._exchange.clock.now()) if call.hold else None,
            "told": call.told,
            "target_name": self._name(call.target),
            "transfers": call.transfers,
            "max_transfers": live.profile.terms.max_transfers,
            "hold_s": live.profile.terms.hold_s,
            "internal": call.flow == live.profile.internal.id,
            "caller_hangs_up": live.profile.terms.caller_hangs_up,
            "caller_name": call.caller_name,
            "need": call.need,
            "topic": call.topic,
            "typical_need": call.typical_need,
            "notes": call.notes,
            "agenda": [{"question": q, "asked": q in call.asked} for q in call.agenda],
            "referral": call.referrals[-1] if call.referrals else "",
            "satisfied": call.satisfied,
            "leaves_by": _iso(_leaves_by(call)),
            "ended_at": _iso(call.ended_at),
            "ended_by": str(call.ended_by) if call.ended_by else None,
            "end_why": call.end_why,
            "farewell_done": listening.farewell_said(flow, call),
            "promise": promise.asked if promise else "",
            "survey": _survey(live),
            "sound": _sound(live, place.login),
            "recorded": live.recording is not None,
            "hearing": _hearing(live),
        }

    def _values(self, live: LiveCall, person: Operator | None) -> Mapping[str, str]:
        """What is known for the phrases: the rest is "" and keeps its phrases from being proposed."""
        call, profile = live.state, live.profile
        unit, topic = profile.unit(call.unit), profile.topic(call.topic)
        referral = profile.referral(call.referrals[-1]) if call.referrals else None
        return_in_s = call.hold.return_in_s if call.hold else profile.terms.hold_s
        return {
            "greeting": greeting_by_hour(self._exchange.clock.now().astimezone(profile.schedule.zone).hour),
            "body": profile.body,
            "unit": unit.name if unit else "",
            "surname": person.surname if person else "",
            "name": person.name if person else "",
            "patronymic": person.patronymic if person else "",
            "position": person.position if person else "",
            "caller": call.caller_name,
            "need": call.need,
            "topic": topic.title if topic else "",
            "hours": profile.hours_text,
            "next_opening": spoken_opening(opening_of_a_later_day(profile.schedule, self._exchange.clock.now())),
            "due": self._due_of(live),
            "return_in": minutes_accusative(max(1, round(return_in_s / 60))),
            "target": self._name(call.target),
            "target_unit": self._unit_of(call.target, profile),
            "referral": referral.body if referral else "",
            "referral_contacts": referral.contacts if referral else "",
            "question": call.next_question,
        }

    def _unit_of(self, login: str, profile: Profile) -> str:
        person = self._exchange.roster.person(login) if login else None
        unit = profile.unit(person.unit) if person else None
        return unit.name if unit else ""

    def _due_of(self, live: LiveCall) -> str:
        call = live.state
        made = self._exchange.recorder.promises.get(call.promises[-1]) if call.promises else None
        return made.due_at.astimezone(live.profile.schedule.zone).strftime("%d.%m %H:%M") if made else ""

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
        schedule = self._exchange.profile.schedule
        wish = convenient(promise.interval, promise.made_at.astimezone(schedule.zone).date())
        return {
            "id": promise.id,
            "kind": str(promise.kind),
            "number": promise.number,
            "number_shown": shown(promise.number),
            "asked": promise.asked,
            "due_at": _iso(promise.due_at),
            "interval": promise.interval,
            "standing": str(promise.standing(now)),
            "broken": fate(promise, schedule, now) is Fate.BROKEN,
            "call_at": _iso(when_to_call(schedule, wish, now.replace(second=0, microsecond=0), promise.due_at)),
            "attempts": promise.attempts,
            "operator": self._name(promise.operator),
        }

    def _name(self, login: str) -> str:
        person = self._exchange.roster.person(login) if login else None
        return f"{person.surname} {person.name} {person.patronymic}".strip() if person else login


def _number_said(live: LiveCall) -> View | None:
    """The number that was dictated, unless it is the one that calls."""
    live.dictated = dictated(live.state.phrases, live.dictated, home_of(live.profile))
    said = live.dictated
    if said.number in ("", live.state.number):
        return None
    return {"number": said.number, "number_shown": shown(said.number), "by": str(said.by)}


def _survey(live: LiveCall) -> View | None:
    call, survey = live.state, live.profile.survey
    if call.phase is not Phase.SURVEY and call.survey_complete is None:
        return None
    asking = survey.question(call.question)
    answers = []
    for question in survey.questions:
        given = call.answer(question.id)
        text = next((a.text for a in question.answers if given and a.id == given.answer), None)
        if text is not None:
            answers.append({"question": question.text, "answer": text})
    return {
        "asking": asking.text if asking else "",
        "answers": answers,
        "complete": call.survey_complete,
    }


def _topics(profile: Profile) -> list[View]:
    return [
        {
            "id": topic.id,
            "title": topic.title,
            "questions": list(topic.questions),
            "needs": [{"id": need.id, "title": need.title} for need in topic.needs],
            "unit": topic.unit,
        }
        for topic in profile.topics
    ]


def _referrals(profile: Profile) -> list[View]:
    return [
        {
            "id": one.id,
            "body": one.body,
            "contacts": one.contacts,
            "say": " ".join(render((one.say,), {"referral": one.body, "referral_contacts": one.contacts})),
            "topics": list(one.topics),
            "questions": list(one.questions),
        }
        for one in profile.referrals
    ]


def _sound(live: LiveCall, login: str) -> View:
    """How good the caller's and the operator's own sound is; None before it was measured."""
    caller, own = grade(live, CALLER), grade(live, login)
    return {"caller": str(caller) if caller else None, "own": str(own) if own else None}


def _hearing(live: LiveCall) -> View:
    """How the recogniser hears both sides: "" before it has told, or while it does not listen."""
    sides = {str(speaker): live.receptions.get(speaker) for speaker in Speaker}
    ears = {side: str(reception.ear) if reception else "" for side, reception in sides.items()}
    return {**ears, "late_s": max((reception.late_s for reception in sides.values() if reception), default=0)}


def _training(its: Standing) -> View:
    return {
        "status": str(its.status),
        "until": its.until.isoformat() if its.until else "",
        "missing": list(its.missing),
    }


def _hold(hold: Hold, now: datetime) -> View:
    its = stands(hold.since, hold.return_in_s, now)
    return {
        "since": _iso(hold.since),
        "return_in_s": hold.return_in_s,
        "warn": its.warn,
        "overdue": its.overdue,
    }


def _hint(call: Call, login: str) -> View | None:
    """The latest hint about the operator's own speech: a colleague's is nobody else's (L6)."""
    own = [(n, hint) for n, hint in enumerate(call.hints, 1) if hint.operator == login]
    if not own:
        return None
    number, hint = own[-1]
    return {
        "id": f"{call.id}/{number}",
        "kind": hint.kind,
        "group": hint.group,
        "text": hint.advice,
        "heard": hint.heard,
        "value": hint.value,
    }


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


def _leaves_by(call: Call) -> datetime | None:
    """Until when the line waits for the caller to hang up (heritage 3.2.5)."""
    if call.phase is not Phase.LEAVING or call.phase_since is None:
        return None
    return call.phase_since + timedelta(seconds=CALLER_HANGS_UP_S)


def _role(call: Call, login: str) -> str:
    if call.offered_to == login or call.target == login:
        return "offered"
    return "source" if call.phase is Phase.TRANSFERRING else "mine"


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
