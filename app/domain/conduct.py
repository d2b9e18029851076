"""How a call is conducted: `decide(profile, call, command, now) -> facts`.

Pure: no clock, no I/O. A command that the rules do not allow raises Refused and nothing has changed. This is the
only place where a third transfer is refused (L9); everything else guides (M4).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.domain import closed_line, listening, survey, transfers
from app.domain import commands as c
from app.domain import facts as f
from app.domain import writing_up as w
from app.domain.calls import Call, Direction, Phase
from app.domain.errors import BadInput, Refused
from app.domain.facts import By
from app.domain.flow import Flow
from app.domain.hold import promised, stands
from app.domain.profile import Profile
from app.domain.promising import can_be_called_back, number_to_call, proposed_due
from app.domain.speech_watch import noticed_silence, watched
from app.domain.working_time import ends_in_working_time, is_open, next_opening, why_closed
from app.domain.writing_up import WITH_OPERATOR, require, text_of

_CONVERSATION = (Phase.TALKING, Phase.HELD, Phase.TRANSFERRING)

Decider = Callable[[Profile, Call, Any, datetime], list[f.Fact]]


def decide(profile: Profile, call: Call, command: c.Command, now: datetime) -> list[f.Fact]:
    """The facts that the command makes. Refused when the rules say no, BadInput for what cannot be used."""
    return _DECIDERS[type(command)](profile, call, command, now)


# --- arriving and waiting ------------------------------------------------------------------------------------


def _take_call(profile: Profile, call: Call, command: c.TakeCall, now: datetime) -> list[f.Fact]:
    require(call, Phase.NEW)
    unit = profile.unit_of(command.dialled)
    flow = (profile.internal if profile.is_internal(command.caller) else profile.incoming).id
    arrived = f.CallArrived(command.caller, command.dialled, unit.id, profile.id, profile.version, flow)
    if is_open(profile.schedule, now):
        return [arrived, f.CallQueued(unit.id)]
    why = why_closed(profile.schedule, now)
    return [arrived, f.LineWasClosed(next_opening(profile.schedule, now), str(why or ""))]


def _offer(_profile: Profile, call: Call, command: c.Offer, _now: datetime) -> list[f.Fact]:
    require(call, Phase.WAITING)
    return [f.CallOffered(command.operator)]


def _operator_answers(_p: Profile, call: Call, command: c.OperatorAnswers, _now: datetime) -> list[f.Fact]:
    if call.phase is Phase.OFFERED and call.offered_to == command.operator:
        return [f.OperatorJoined(command.operator)]
    if call.phase is Phase.TRANSFERRING and call.target == command.operator:
        return [f.TransferCompleted(call.operator, command.operator)]
    raise Refused("not_now", "the call no longer rings at this operator")


def _operator_misses(_p: Profile, call: Call, command: c.OperatorMisses, _now: datetime) -> list[f.Fact]:
    if call.phase is Phase.OFFERED and call.offered_to == command.operator:
        return [f.OfferMissed(command.operator, command.why)]
    if call.phase is Phase.TRANSFERRING and call.target == command.operator:
        failed = f.TransferFailed(call.operator, command.operator, command.why)
        return [failed, *_nobody_left(call, "hung_up")] if call.source_left else [failed]
    raise Refused("not_now", "the call no longer rings at this operator")


def _caller_hangs_up(_p: Profile, call: Call, command: c.CallerHangsUp, _now: datetime) -> list[f.Fact]:
    if not call.open:
        return []
    ended = f.CallEnded(By.CALLER if command.why == "hung_up" else By.LINE, command.why)
    if call.phase in _CONVERSATION:
        return [f.OperatorLeft(call.operator, "caller_gone"), ended]
    if survey.is_asking(call):
        return [f.SurveyFinished(complete=False), ended]
    return [ended]


def _press_key(profile: Profile, call: Call, command: c.PressKey, now: datetime) -> list[f.Fact]:
    if call.phase is Phase.CLOSED:
        return closed_line.key_pressed(profile, call, command.key, now)
    if call.phase is Phase.SURVEY:
        return survey.key_pressed(profile.survey, call, command.key)
    return []


# --- conversation --------------------------------------------------------------------------------------------


def _hear(profile: Profile, call: Call, command: c.HearPhrase, _now: datetime) -> list[f.Fact]:
    text = command.text.strip()
    if not text or call.phase not in (*WITH_OPERATOR, Phase.WAITING, Phase.OFFERED):
        return []
    heard = f.PhraseHeard(command.speaker, command.operator, text, command.start_s, command.end_s, command.words)
    if call.phase in (Phase.WAITING, Phase.OFFERED):
        return [heard]
    flow = flow_of(profile, call)
    # The last words of a farewell come back from the recogniser once the telephone is down: they tick too.
    conducted = call.phase in (Phase.TALKING, Phase.HELD)
    told = conducted and not call.told and listening.told_of_transfer(flow, heard)
    told_now: list[f.Fact] = [f.CallerTold(By.SPEECH)] if told else []
    return [
        heard,
        *listening.ticks(flow, call, heard, command.model),
        *told_now,
        *watched(profile.speech, call, heard),
    ]


def _lose_hearing(_p: Profile, call: Call, command: c.LoseHearing, _now: datetime) -> list[f.Fact]:
    """Once for each side and operator: why it lasts may change, and nobody can do anything about it."""
    lost = call.unheard_now(command.speaker)
    if call.phase is not Phase.TALKING or (lost is not None and lost.operator == command.operator):
        return []
    return [f.HearingLost(command.speaker, command.operator, command.why)]


def _regain_hearing(_p: Profile, call: Call, command: c.RegainHearing, _now: datetime) -> list[f.Fact]:
    if call.phase is not Phase.TALKING or call.unheard_now(command.speaker) is None:
        return []
    return [f.HearingRegained(command.speaker, command.operator)]


def _hold(_profile: Profile, call: Call, command: c.PlaceOnHold, _now: datetime) -> list[f.Fact]:
    require(call, Phase.TALKING)
    return [f.PlacedOnHold(promised(command.return_in_s))]


def _ask_to_hold_on(_profile: Profile, call: Call, _command: c.AskToHoldOn, now: datetime) -> list[f.Fact]:
    if call.hold is None or not stands(call.hold.since, call.hold.return_in_s, now).overdue:
        return []
    return [f.HoldOverran(call.hold.asked + 1)]


def _resume(_profile: Profile, call: Call, _command: c.Resume, now: datetime) -> list[f.Fact]:
    require(call, Phase.HELD)
    return [_resumed(call, now)]


def _resumed(call: Call, now: datetime) -> f.ResumedFromHold:
    since = call.hold.since if call.hold else now
    return f.ResumedFromHold(round((now - since).total_seconds(), 1))


def _tick(profile: Profile, call: Call, command: c.Tick, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    if flow_of(profile, call).step(command.stage, command.step) is None:
        raise BadInput(f"the script has no step {command.stage}/{command.step}")
    if call.ticked(command.stage, command.step):
        return []
    return [f.StepTicked(command.stage, command.step, By.HAND)]


def _untick(_profile: Profile, call: Call, command: c.Untick, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    if not call.ticked(command.stage, command.step):
        return []
    return [f.StepUnticked(command.stage, command.step)]


def _open_stage(profile: Profile, call: Call, command: c.OpenStage, _now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    if flow_of(profile, call).stage(command.stage) is None:
        raise BadInput(f"the script has no stage {command.stage}")
    return [] if call.stage == command.stage else [f.StageOpened(command.stage)]


def _measure(_profile: Profile, call: Call, command: c.MeasureSound, _now: datetime) -> list[f.Fact]:
    if call.phase is Phase.NEW:
        return []
    loss_out = None if command.loss_out is None else round(command.loss_out, 4)
    round_trip_ms = None if command.round_trip_ms is None else round(command.round_trip_ms, 1)
    loss_in, jitter_ms, mos = round(command.loss_in, 4), round(command.jitter_ms, 1), round(command.mos, 2)
    return [f.SoundMeasured(command.party, loss_in, loss_out, jitter_ms, round_trip_ms, mos)]


def _keep_recording(_p: Profile, call: Call, command: c.KeepRecording, _now: datetime) -> list[f.Fact]:
    return [] if call.phase is Phase.NEW else [f.CallRecorded(command.recording, round(command.seconds, 1))]


# --- transfer, promise, outgoing -----------------------------------------------------------------------------


def _told(_profile: Profile, call: Call, _command: c.TellOfTransfer, _now: datetime) -> list[f.Fact]:
    require(call, Phase.TALKING, Phase.HELD)
    return [] if call.told else [f.CallerTold(By.HAND)]


def _transfer(profile: Profile, call: Call, command: c.Transfer, now: datetime) -> list[f.Fact]:
    require(call, Phase.TALKING, Phase.HELD)
    asked = transfers.Asked(
        completed=call.transfers,
        told=call.told or command.told,
        source=call.operator,
        target=command.target,
        target_is_free=command.target_is_free,
    )
    refusal = transfers.refusal(asked, profile.terms.max_transfers)
    if refusal is not None:
        raise refusal.refused()
    told: list[f.Fact] = [] if call.told else [f.CallerTold(By.HAND)]
    back: list[f.Fact] = [_resumed(call, now)] if call.phase is Phase.HELD else []
    return [*told, *back, f.TransferStarted(call.operator, command.target)]


def _take_back(_profile: Profile, call: Call, _command: c.TakeBack, _now: datetime) -> list[f.Fact]:
    require(call, Phase.TRANSFERRING)
    if call.source_left:
        raise Refused("not_now", "your telephone has hung up")
    return [f.TransferFailed(call.operator, call.target, "taken_back")]


def _promise(profile: Profile, call: Call, command: c.MakePromise, now: datetime) -> list[f.Fact]:
    require(call, *WITH_OPERATOR)
    asked = text_of(command.asked, "what was asked")
    if not asked:
        raise BadInput("what was asked is empty: write what the caller wants to know", "asked_empty")
    due = command.due_at or proposed_due(profile, call, now)
    if due <= now:
        raise BadInput("the term lies in the past: choose a later time", "due_past")
    if not ends_in_working_time(profile.schedule, due):
        raise BadInput(f"the term lies outside working hours ({profile.hours_text})", "due_outside_hours")
    number = number_to_call(profile, command.number)
    interval = text_of(command.interval, "interval")
    return [f.PromiseMade(command.promise, number, asked, due, interval, command.by, call.operator)]


def _place_call(profile: Profile, call: Call, command: c.PlaceCall, _now: datetime) -> list[f.Fact]:
    require(call, Phase.NEW)
    placed = f.CallPlaced(
        command.operator,
        number_to_call(profile, command.number),
        profile.units[0].id,
        profile.id,
        profile.version,
        command.promise,
    )
    return [placed, *([f.AgendaWritten(command.agenda)] if command.agenda else [])]


def _callee_answers(_profile: Profile, call: Call, command: c.CalleeAnswers, _now: datetime) -> list[f.Fact]:
    require(call, Phase.DIALLING)
    kept: list[f.Fact] = [f.PromiseKept(call.keeps, late=command.late)] if call.keeps else []
    return [f.CalleeAnswered(), *kept]


def _callee_misses(_profile: Profile, call: Call, command: c.CalleeMisses, _now: datetime) -> list[f.Fact]:
    require(call, Phase.DIALLING)
    attempt: list[f.Fact] = [f.PromiseAttempted(call.keeps, command.why)] if call.keeps else []
    return [f.CalleeNotReached(command.why), *attempt, f.CallEnded(By.LINE, command.why)]


# --- parting and the survey ----------------------------------------------------------------------------------


def _hang_up(profile: Profile, call: Call, command: c.HangUp, _now: datetime) -> list[f.Fact]:
    require(call, *_CONVERSATION, Phase.DIALLING)
    reason = text_of(command.reason, "reason")
    if call.phase is Phase.DIALLING:
        return [f.OperatorLeft(call.operator, "hung_up", reason), f.CallEnded(By.OPERATOR, "hung_up")]
    if listening.farewell_said(flow_of(profile, call), call):
        return _part(profile, call, "farewell")
    if not reason:
        raise Refused("reason_needed", "the farewell has not been said: give a reason", "L14")
    return [f.OperatorLeft(call.operator, "hung_up", reason), f.CallEnded(By.OPERATOR, "hung_up")]


def _to_survey(profile: Profile, call: Call, _command: c.SendToSurvey, _now: datetime) -> list[f.Fact]:
    require(call, *_CONVERSATION)
    return _part(profile, call, "to_survey")


def _part(profile: Profile, call: Call, why: str) -> list[f.Fact]:
    """The operator leaves and the caller goes on to the survey; an outgoing call ends, after the farewell by the
    other's hand where the profile has it so (heritage 3.2.5). A colleague who called is asked only where the
    operator wants it: the two questions are for clients (housing 5.12, property 30)."""
    left = f.OperatorLeft(call.operator, why)
    colleague = call.flow == profile.internal.id and why != "to_survey"
    if call.direction is Direction.OUTGOING or colleague:
        said = why == "farewell" and profile.terms.caller_hangs_up
        return [left, f.HangUpAwaited() if said else f.CallEnded(By.OPERATOR, "hung_up")]
    return [left, f.SurveyStarted(call.operator)]


def _operator_drops(profile: Profile, call: Call, command: c.OperatorDrops, now: datetime) -> list[f.Fact]:
    """The operator's telephone is gone. After a farewell, or when it was hung up, the caller goes on to the
    survey; a caller whose operator was lost waits for another (fail towards the caller)."""
    if command.operator in (call.offered_to, call.target):
        return _operator_misses(profile, call, c.OperatorMisses(command.operator, "unreachable"), now)
    if command.operator != call.operator or call.phase not in (*_CONVERSATION, Phase.DIALLING):
        return []
    if call.phase is Phase.DIALLING:
        return _nobody_left(call, "lost" if command.lost else "hung_up")
    if call.phase is Phase.TRANSFERRING:
        return [] if call.source_left else [f.SourceLeft(call.operator)]
    said = listening.farewell_said(flow_of(profile, call), call)
    if said or not command.lost:
        return _part(profile, call, "farewell" if said else "hung_up")
    return _nobody_left(call, "lost")


def _nobody_left(call: Call, why: str) -> list[f.Fact]:
    """Nobody is left with the caller: another operator is sought; an outgoing call ends. `why` is lost, or hung_up
    when the operator put the telephone down."""
    left = f.OperatorLeft(call.operator, why)
    if call.direction is Direction.OUTGOING:
        return [left, f.CallEnded(By.LINE if why == "lost" else By.OPERATOR, why)]
    return [left, f.CallQueued(call.unit, again=True)]


def _end(profile: Profile, call: Call, command: c.End, _now: datetime) -> list[f.Fact]:
    if not call.open:
        return []
    asked = call.phase is Phase.SURVEY and not survey.is_asking(call)
    if asked and command.why == "finished" and profile.terms.caller_hangs_up:
        return [f.HangUpAwaited()]
    ended = f.CallEnded(By.LINE, command.why)
    if call.phase in _CONVERSATION:
        return [f.OperatorLeft(call.operator, "lost"), ended]
    return [f.SurveyFinished(complete=False), ended] if survey.is_asking(call) else [ended]


def _interrupt(profile: Profile, call: Call, command: c.Interrupt, now: datetime) -> list[f.Fact]:
    """A call that the end of the program cut off; an incoming caller is called back, unless that is
    promised already."""
    if not call.open:
        return []
    promise: list[f.Fact] = []
    incoming = call.direction is Direction.INCOMING and call.phase is not Phase.SURVEY
    if incoming and not call.promises and can_be_called_back(profile, call):
        due = proposed_due(profile, call, now)
        promise = [f.PromiseMade(command.promise, call.number, "", due, "", By.LINE, call.operator)]
    return [*promise, *_end(profile, call, c.End("interrupted"), now)]


def flow_of(profile: Profile, call: Call) -> Flow:
    """The script that leads this call."""
    return profile.flow(call.flow) or profile.incoming


_DECIDERS: dict[type[c.Command], Decider] = {
    c.TakeCall: _take_call,
    c.Offer: _offer,
    c.OperatorAnswers: _operator_answers,
    c.OperatorMisses: _operator_misses,
    c.CalleeAnswers: _callee_answers,
    c.CalleeMisses: _callee_misses,
    c.CallerHangsUp: _caller_hangs_up,
    c.OperatorDrops: _operator_drops,
    c.PressKey: _press_key,
    c.HearPhrase: _hear,
    c.PlaceOnHold: _hold,
    c.Resume: _resume,
    c.AskToHoldOn: _ask_to_hold_on,
    c.LoseHearing: _lose_hearing,
    c.RegainHearing: _regain_hearing,
    c.NoticeSilence: lambda p, call, _c, now: noticed_silence(p.speech, call, now),
    c.TypeNumber: closed_line.number_typed,
    c.SayNumber: closed_line.number_said,
    c.MissNumber: lambda _p, call, cmd, _n: closed_line.number_missed(call, cmd.heard),
    c.MeasureSound: _measure,
    c.KeepRecording: _keep_recording,
    c.TellOfTransfer: _told,
    c.Transfer: _transfer,
    c.TakeBack: _take_back,
    c.HangUp: _hang_up,
    c.SendToSurvey: _to_survey,
    c.Tick: _tick,
    c.Untick: _untick,
    c.OpenStage: _open_stage,
    c.NameCaller: w.name,
    c.RestateNeed: w.need,
    c.ChooseTopic: w.topic,
    c.WriteNotes: w.notes,
    c.WriteAgenda: w.agenda,
    c.AskOfAgenda: w.asked,
    c.GiveReferral: w.referral,
    c.NoteSatisfaction: w.satisfaction,
    c.UseArticle: w.use_article,
    c.MissArticle: w.miss_article,
    c.MakePromise: _promise,
    c.PlaceCall: _place_call,
    c.BeginSurvey: lambda p, call, _c, _n: survey.begin(p.survey, call),
    c.AnswerSurvey: lambda p, call, cmd, _n: survey.answered(p.survey, call, cmd.question, cmd.answer, cmd.by),
    c.MissSurveyAnswer: lambda p, call, cmd, _n: survey.missed(p.survey, call, cmd.question, cmd.heard),
    c.End: _end,
    c.Interrupt: _interrupt,
}
