"""The rules of the regulations, each by its id in requirements.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Direction, Outcome, Phase
from app.domain.conduct import decide
from app.domain.errors import BadInput, Refused
from app.domain.facts import By, Speaker
from app.domain.listening import AGAIN_AFTER_S, CONTEST_HOLDS_S
from tests.unit.domain.samples import CALLER, LUNCH, NOW, PROFILE, after, call_in, does

NEW = Call(id="c1")


def said(text: str, operator: str = "anna", at: float = 1.0) -> c.HearPhrase:
    return c.HearPhrase(Speaker.OPERATOR, operator, text, at, at + 1)


def arrival_of(call: Call) -> datetime:
    assert call.arrived_at is not None
    return call.arrived_at


def transferred(call: Call, target: str) -> Call:
    return does(call, c.Transfer(target, target_is_free=True, told=True), c.OperatorAnswers(target))


# --- L1, L2: arriving ----------------------------------------------------------------------------------------


def test_l1_in_working_hours_the_caller_waits() -> None:
    call = does(NEW, c.TakeCall(CALLER, "line"))
    assert (call.phase, call.unit, call.number, call.profile) == (Phase.WAITING, "line", CALLER, "sample")


def test_l1_in_the_lunch_break_the_line_is_closed_and_says_when_it_opens() -> None:
    call = does(NEW, c.TakeCall(CALLER, "line"), now=LUNCH)
    assert (call.phase, call.outcome) == (Phase.CLOSED, Outcome.OUT_OF_HOURS)
    assert call.next_opening == datetime(2026, 11, 18, 9, 0, tzinfo=UTC)


def test_l1_a_closed_call_is_never_lost() -> None:
    call = does(NEW, c.TakeCall(CALLER, "line"), c.CallerHangsUp(), now=LUNCH)
    assert (call.phase, call.outcome) == (Phase.ENDED, Outcome.OUT_OF_HOURS)


def test_l1_one_key_leaves_a_promise_due_in_working_time() -> None:
    closed = does(NEW, c.TakeCall(CALLER, "line"), now=LUNCH)
    (promise,) = decide(PROFILE, closed, c.PressKey("1"), LUNCH)
    due = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
    assert promise == f.PromiseMade("c1", CALLER, "", due, "", By.CALLER)
    assert decide(PROFILE, after(closed, promise), c.PressKey("1"), LUNCH) == []
    assert decide(PROFILE, closed, c.PressKey("2"), LUNCH) == []


@pytest.mark.parametrize("number", ["", "101"])
def test_l1_who_calls_without_a_number_that_can_be_called_is_asked_for_one(number: str) -> None:
    closed = does(NEW, c.TakeCall(number, "line"), now=LUNCH)
    assert decide(PROFILE, closed, c.PressKey("1"), LUNCH) == [f.NumberAsked(1)]


@pytest.mark.parametrize(
    ("dialled", "unit"),
    [
        ("line", "line"),
        ("+78512245022", "line"),
        ("88512245022", "line"),
        ("78512245023", "visits"),
        ("8 (8512) 24-50-23", "visits"),
        ("visits", "visits"),
        ("Visits", "visits"),
        ("+74951234567", "line"),
        ("", "line"),
        ("nobody", "line"),
    ],
)
def test_l2_the_dialled_number_leads_to_a_unit_and_unknown_ones_to_the_first(dialled: str, unit: str) -> None:
    assert does(NEW, c.TakeCall(CALLER, dialled)).unit == unit


def test_who_missed_the_call_is_remembered_while_it_waits() -> None:
    call = does(call_in(Phase.OFFERED), c.OperatorMisses("anna", "declined"), c.Offer("boris"))
    assert (call.passed_over, call.offered_to) == (("anna",), "boris")
    with pytest.raises(Refused, match="not_now"):
        decide(PROFILE, call, c.OperatorAnswers("anna"), NOW)


# --- L8, L9: transfer ----------------------------------------------------------------------------------------


def test_l8_without_telling_the_caller_there_is_no_transfer() -> None:
    with pytest.raises(Refused) as refused:
        decide(PROFILE, call_in(Phase.TALKING), c.Transfer("boris", target_is_free=True), NOW)
    assert (refused.value.code, refused.value.rule) == ("tell_first", "L8")


@pytest.mark.parametrize("phase", [Phase.TALKING, Phase.HELD])
@pytest.mark.parametrize("how", [c.TellOfTransfer(), said("сейчас я переключаю вас на коллегу")])
def test_l8_told_by_hand_or_by_speech(phase: Phase, how: c.Command) -> None:
    call = does(call_in(phase), how, c.Transfer("boris", target_is_free=True))
    assert (call.phase, call.target) == (Phase.TRANSFERRING, "boris")


def test_l8_confirming_while_transferring_is_telling_by_hand() -> None:
    facts = decide(PROFILE, call_in(Phase.TALKING), c.Transfer("boris", target_is_free=True, told=True), NOW)
    assert facts == [f.CallerTold(By.HAND), f.TransferStarted("anna", "boris")]


def test_l8_words_of_the_caller_do_not_tell_the_caller() -> None:
    heard = c.HearPhrase(Speaker.CALLER, "", "переключаю вас", 1.0, 2.0)
    assert not does(call_in(Phase.TALKING), heard).told


def test_l8_each_transfer_is_told_anew_even_when_its_step_is_ticked() -> None:
    call = transferred(does(call_in(Phase.TALKING), said("переключаю вас")), "boris")
    assert not call.told
    with pytest.raises(Refused, match="tell_first"):
        decide(PROFILE, call, c.Transfer("vera", target_is_free=True), NOW)
    assert does(call, said("переключаю вас", "boris", 30.0)).told


@pytest.mark.parametrize("target", ["anna", "boris"])
def test_l8_not_to_oneself_and_not_to_who_is_not_free(target: str) -> None:
    command = c.Transfer(target, target_is_free=target == "anna", told=True)
    with pytest.raises(Refused, match="target_not_free"):
        decide(PROFILE, call_in(Phase.TALKING), command, NOW)


def test_l8_a_transfer_from_hold_ends_the_hold() -> None:
    transfer = c.Transfer("boris", target_is_free=True, told=True)
    call = does(call_in(Phase.HELD), transfer, now=NOW + timedelta(seconds=30))
    assert (call.phase, call.hold, call.held_s) == (Phase.TRANSFERRING, None, 30.0)


def test_l9_the_third_transfer_is_refused_and_nothing_else_is() -> None:
    call = transferred(transferred(call_in(Phase.TALKING), "boris"), "vera")
    assert (call.transfers, call.operators) == (2, ("anna", "boris", "vera"))
    with pytest.raises(Refused) as refused:
        decide(PROFILE, call, c.Transfer("anna", target_is_free=True, told=True), NOW)
    assert (refused.value.code, refused.value.rule) == ("transfer_limit", "L9")
    assert decide(PROFILE, call, c.MakePromise("p1", CALLER, "крыша", None, ""), NOW)


def test_l9_transfers_that_fail_or_are_taken_back_do_not_count() -> None:
    call = call_in(Phase.TALKING)
    for _ in range(5):
        call = does(call, c.Transfer("boris", target_is_free=True, told=True), c.OperatorMisses("boris", "busy"))
        call = does(call, c.Transfer("boris", target_is_free=True, told=True), c.TakeBack())
    assert (call.transfers, call.failed_transfers, call.operator, call.phase) == (0, 10, "anna", Phase.TALKING)
    assert transferred(transferred(call, "boris"), "vera").transfers == 2


def test_l9_the_count_survives_the_loss_of_an_operator() -> None:
    call = transferred(transferred(call_in(Phase.TALKING), "boris"), "vera")
    call = does(call, c.OperatorDrops("vera", lost=True), c.Offer("anna"), c.OperatorAnswers("anna"))
    with pytest.raises(Refused, match="transfer_limit"):
        decide(PROFILE, call, c.Transfer("boris", target_is_free=True, told=True), NOW)


def test_l9_failed_because_the_target_is_unreachable() -> None:
    call = does(call_in(Phase.TRANSFERRING), c.OperatorDrops("boris", lost=True))
    assert (call.phase, call.failed_transfers, call.transfers) == (Phase.TALKING, 1, 0)


def test_l9_a_transfer_goes_on_when_the_source_hangs_up() -> None:
    left = does(call_in(Phase.TRANSFERRING), c.OperatorDrops("anna", lost=False))
    assert left.source_left
    with pytest.raises(Refused, match="hung up"):
        decide(PROFILE, left, c.TakeBack(), NOW)
    assert does(left, c.OperatorAnswers("boris")).operator == "boris"
    nobody = does(left, c.OperatorMisses("boris", "no_answer"))
    assert (nobody.phase, nobody.transfers, nobody.source_left) == (Phase.WAITING, 0, False)


# --- L10: hold -----------------------------------------------------------------------------------------------


def test_l10_hold_keeps_the_promised_time_and_what_it_became() -> None:
    held = does(call_in(Phase.TALKING), c.PlaceOnHold(90))
    assert held.hold is not None
    assert (held.phase, held.hold.return_in_s) == (Phase.HELD, 90)
    back = does(held, c.Resume(), now=NOW + timedelta(seconds=71.26))
    assert (back.phase, back.hold, back.held_s) == (Phase.TALKING, None, 71.3)


@pytest.mark.parametrize(("seconds", "fits"), [(4, False), (5, True), (1800, True), (1801, False), (-60, False)])
def test_l10_the_time_of_return_has_bounds(seconds: int, fits: bool) -> None:
    if fits:
        assert decide(PROFILE, call_in(Phase.TALKING), c.PlaceOnHold(seconds), NOW) == [f.PlacedOnHold(seconds)]
    else:
        with pytest.raises(BadInput, match="5 seconds and 30 minutes"):
            decide(PROFILE, call_in(Phase.TALKING), c.PlaceOnHold(seconds), NOW)


# --- L11: promise --------------------------------------------------------------------------------------------


def test_l11_the_term_is_the_profiles_in_working_time_and_the_number_e164() -> None:
    command = c.MakePromise("p1", "8 (927) 123-45-67", " крыша ", None, "утром")
    (promise,) = decide(PROFILE, call_in(Phase.TALKING), command, NOW)
    due = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
    # Four hours from 10:00 with the lunch break between: 15:00 in Astrakhan.
    assert promise == f.PromiseMade("p1", CALLER, "крыша", due, "утром", By.OPERATOR, "anna")


@pytest.mark.parametrize(
    ("number", "asked", "due", "why"),
    [
        ("12", "крыша", None, "not a"),
        (CALLER, "  ", None, "empty"),
        (CALLER, "крыша", NOW, "past"),
        (CALLER, "крыша", NOW - timedelta(hours=1), "past"),
        (CALLER, "х" * 4001, None, "4001"),
        (CALLER, "крыша", NOW.replace(hour=20), "outside working hours"),
    ],
)
def test_l11_what_cannot_be_promised(number: str, asked: str, due: datetime | None, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        decide(PROFILE, call_in(Phase.TALKING), c.MakePromise("p1", number, asked, due, ""), NOW)


def test_l11_a_promise_can_be_written_in_the_wrap_up() -> None:
    call = does(call_in(Phase.ENDED), c.MakePromise("p1", CALLER, "крыша", None, ""))
    assert (call.promises, call.phase) == (("p1",), Phase.ENDED)


def test_l11_reaching_the_person_keeps_the_promise() -> None:
    placed = does(NEW, c.PlaceCall("anna", CALLER, "p1"))
    assert (placed.direction, placed.operator, placed.keeps) == (Direction.OUTGOING, "anna", "p1")
    late = c.CalleeAnswers(late=True)
    assert decide(PROFILE, placed, late, NOW) == [f.CalleeAnswered(), f.PromiseKept("p1", late=True)]
    missed = decide(PROFILE, placed, c.CalleeMisses("busy"), NOW)
    assert missed[:2] == [f.CalleeNotReached("busy"), f.PromiseAttempted("p1", "busy")]
    assert after(placed, *missed).outcome is Outcome.NOT_REACHED


def test_an_outgoing_call_without_a_promise_keeps_none() -> None:
    placed = does(NEW, c.PlaceCall("anna", CALLER))
    assert decide(PROFILE, placed, c.CalleeAnswers(), NOW) == [f.CalleeAnswered()]
    assert len(decide(PROFILE, placed, c.CalleeMisses("busy"), NOW)) == 2


# --- L14: the end --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ticks", [(), (c.Tick("farewell", "thanks"),)])
def test_l14_before_the_whole_farewell_hanging_up_needs_a_reason(ticks: tuple[c.Command, ...]) -> None:
    call = does(call_in(Phase.TALKING), *ticks)
    for reason in ("", "  "):
        with pytest.raises(Refused) as refused:
            decide(PROFILE, call, c.HangUp(reason), NOW)
        assert (refused.value.code, refused.value.rule) == ("reason_needed", "L14")
    ended = does(call, c.HangUp("угрозы"))
    assert (ended.phase, ended.ended_by, ended.leave_reason) == (Phase.ENDED, By.OPERATOR, "угрозы")


def test_l14_after_the_farewell_the_caller_goes_on_to_the_survey() -> None:
    call = does(call_in(Phase.TALKING), said("спасибо за обращение до свидания"), c.HangUp())
    assert (call.phase, call.leave_why, call.operator) == (Phase.SURVEY, "farewell", "anna")


def test_l14_the_caller_may_hang_up_at_any_time() -> None:
    call = does(call_in(Phase.HELD), c.CallerHangsUp(), now=NOW + timedelta(seconds=5))
    assert (call.ended_by, call.leave_why, call.held_s) == (By.CALLER, "caller_gone", 5.0)
    assert does(call_in(Phase.TALKING), c.CallerHangsUp("lost")).ended_by is By.LINE


def test_l14_a_lost_operator_leaves_the_caller_to_another() -> None:
    call = does(call_in(Phase.TALKING), c.OperatorDrops("anna", lost=True))
    assert (call.phase, call.outcome) == (Phase.WAITING, Outcome.ANSWERED)
    again = does(call, c.Offer("boris"), c.OperatorAnswers("boris"))
    assert again.operators == ("anna", "boris")


def test_l14_an_operator_lost_after_the_farewell_sends_the_caller_to_the_survey() -> None:
    done = does(call_in(Phase.TALKING), c.Tick("farewell", "thanks"), c.Tick("farewell", "goodbye"))
    assert does(done, c.OperatorDrops("anna", lost=True)).phase is Phase.SURVEY
    assert does(call_in(Phase.TALKING), c.OperatorDrops("anna", lost=False)).leave_why == "hung_up"


def test_an_outgoing_call_has_no_survey() -> None:
    talking = does(NEW, c.PlaceCall("anna", CALLER), c.CalleeAnswers())
    for command in (c.SendToSurvey(), c.OperatorDrops("anna", lost=True), c.OperatorDrops("anna", lost=False)):
        assert does(talking, command).phase is Phase.ENDED
    assert does(talking, said("до свидания"), c.HangUp()).phase is Phase.ENDED


# --- what speech ticks ---------------------------------------------------------------------------------------


def test_l3_the_greeting_ticks_as_it_is_heard_and_only_once() -> None:
    call = does(call_in(Phase.TALKING), said("добрый день меня зовут анна"), said("добрый день"))
    assert [(t.stage, t.step, t.by) for t in call.ticks] == [
        ("greeting", "hello", By.SPEECH),
        ("greeting", "name", By.SPEECH),
    ]


def test_a_step_belongs_to_its_speaker() -> None:
    caller = c.HearPhrase(Speaker.CALLER, "", "добрый день у меня вопрос", 1.0, 2.0)
    assert [t.stage for t in does(call_in(Phase.TALKING), caller).ticks] == ["needs"]


@pytest.mark.parametrize(("pause_s", "heard"), [(2.0, True), (6.0, True), (7.0, False)])
def test_a_phrase_cut_in_two_is_heard_as_one(pause_s: float, heard: bool) -> None:
    call = does(call_in(Phase.TALKING), said("спасибо", at=1.0), said("за обращение", at=2.0 + pause_s))
    assert call.ticked("farewell", "thanks") is heard


@pytest.mark.parametrize(
    ("text", "after_s", "ticked"),
    [
        ("добрый день", 1.0, False),
        ("добрый день", 1000.0, False),
        ("здравствуйте", CONTEST_HOLDS_S - 1, False),
        ("здравствуйте", CONTEST_HOLDS_S + 1, True),
    ],
)
def test_a_contested_step_is_ticked_by_other_words_only_and_after_a_while(
    text: str, after_s: float, ticked: bool
) -> None:
    call = does(call_in(Phase.TALKING), said("добрый день"), c.Untick("greeting", "hello"))
    contested_s = (call.contested[0].at - arrival_of(call)).total_seconds()
    call = does(call, said(text, at=contested_s + after_s))
    assert call.ticked("greeting", "hello") is ticked
    assert does(call, c.Tick("greeting", "hello")).ticked("greeting", "hello")


@pytest.mark.parametrize(("after_s", "times"), [(AGAIN_AFTER_S - 1, 1), (AGAIN_AFTER_S + 1, 2)])
def test_a_step_that_recurs_is_ticked_again_after_a_while(after_s: float, times: int) -> None:
    call = does(call_in(Phase.TALKING), said("переключаю вас", at=1.0))
    told_s = (call.ticks[0].at - arrival_of(call)).total_seconds()
    call = does(call, said("переключаю вас", at=told_s + after_s))
    assert [tick.stage for tick in call.ticks] == ["transfer"] * times


def test_a_step_that_does_not_recur_is_ticked_once() -> None:
    call = does(call_in(Phase.TALKING), said("добрый день", at=1.0), said("добрый день", at=900.0))
    assert len(call.ticks) == 1


@pytest.mark.parametrize("phase", [Phase.SURVEY, Phase.ENDED])
def test_words_that_come_back_after_the_operator_hung_up_still_tick(phase: Phase) -> None:
    call = does(call_in(phase), said("добрый день"))
    assert call.phrases[-1].text == "добрый день"
    assert call.ticked("greeting", "hello")


# --- after a crash -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.OFFERED, Phase.TALKING, Phase.HELD, Phase.TRANSFERRING])
def test_an_interrupted_caller_is_called_back(phase: Phase) -> None:
    call = does(call_in(phase), c.Interrupt("p9"))
    assert (call.phase, call.promises, call.end_why) == (Phase.ENDED, ("p9",), "interrupted")


@pytest.mark.parametrize("phase", [Phase.SURVEY, Phase.DIALLING])
def test_nobody_is_called_back_who_was_helped_or_was_called_by_us(phase: Phase) -> None:
    call = does(call_in(phase), c.Interrupt("p9"))
    assert (call.phase, call.promises) == (Phase.ENDED, ())


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.TALKING])
def test_who_is_promised_a_call_already_is_not_promised_another(phase: Phase) -> None:
    promise = f.PromiseMade("p1", CALLER, "", NOW + timedelta(hours=1), "", By.CALLER)
    assert does(call_in(phase, promise), c.Interrupt("p9")).promises == ("p1",)


def test_a_withheld_number_cannot_be_called_back() -> None:
    assert does(NEW, c.TakeCall("", "line"), c.Interrupt("p9")).promises == ()


@pytest.mark.parametrize(("lost", "by", "why"), [(True, By.LINE, "lost"), (False, By.OPERATOR, "hung_up")])
def test_who_ended_an_outgoing_call_that_still_rang(lost: bool, by: By, why: str) -> None:
    call = does(call_in(Phase.DIALLING), c.OperatorDrops("anna", lost=lost))
    assert (call.phase, call.ended_by, call.end_why, call.leave_why) == (Phase.ENDED, by, why, why)


@pytest.mark.parametrize("phase", [Phase.WAITING, Phase.OFFERED])
def test_words_that_come_while_the_caller_waits_again_are_kept(phase: Phase) -> None:
    call = does(call_in(phase), said("добрый день"))
    assert ([p.text for p in call.phrases], call.ticks) == (["добрый день"], ())
