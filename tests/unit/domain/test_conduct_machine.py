"""Random commands, one after another: what holds in every call whatever is done to it."""

from __future__ import annotations

import json
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Call, Direction, Phase, evolve, fold
from app.domain.conduct import decide
from app.domain.errors import BadInput, Refused
from app.domain.facts import By, Speaker
from app.domain.journal_form import from_json, to_json
from tests.unit.domain.samples import CALLER, LOGS, NOW, PROFILE, recorded

OPERATORS = st.sampled_from(["anna", "boris", "vera"])
WORDS = st.sampled_from(["добрый день", "меня зовут", "переключаю вас", "спасибо за обращение", "до свидания", ""])
STARTS = [phase for phase in Phase if phase not in (Phase.ARRIVED, Phase.PARTED, Phase.ENDED)]
"""Phases in which a call may rest; a machine that always began at the beginning would seldom reach the survey."""
TRANSFER_LIMIT = 2
ENDINGS = [c.End("finished"), c.Interrupt("p0"), c.CallerHangsUp(), c.CallerHangsUp("lost")]
NOTES = (
    f.PhraseHeard,
    f.StepTicked,
    f.StepUnticked,
    f.StageOpened,
    f.CallerNamed,
    f.NeedRestated,
    f.TopicChosen,
    f.NotesWritten,
    f.PromiseMade,
)
QUESTIONS = {q.id: {a.id for a in q.answers} for q in PROFILE.survey.questions}


class AnyCall(RuleBasedStateMachine):
    """One call, and everything that can be done to it, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.call = Call(id="c1")
        self.log: list[f.Recorded] = []

    @initialize(phase=st.sampled_from([*STARTS, Phase.NEW, Phase.TALKING, Phase.SURVEY]))
    def begin_somewhere(self, phase: Phase) -> None:
        for entry in recorded(self.call, LOGS[phase]):
            self.call = evolve(self.call, entry)
            self.log.append(entry)

    def do(self, command: c.Command) -> None:
        self.now += timedelta(seconds=1)
        before = self.call
        try:
            facts = decide(PROFILE, before, command, self.now)
        except (Refused, BadInput):
            facts = []
        for fact in facts:
            assert before.phase is not Phase.ENDED or isinstance(fact, NOTES)
            entry = f.Recorded("call:c1", self.call.seq + 1, self.now, fact)
            self.call = evolve(self.call, entry)
            self.log.append(entry)

    @precondition(lambda self: self.call.phase is Phase.NEW)
    @rule(dialled=st.sampled_from(["line", "+78512245023", "0"]), number=st.sampled_from([CALLER, "", "101"]))
    def call_comes(self, dialled: str, number: str) -> None:
        self.do(c.TakeCall(number, dialled))

    @precondition(lambda self: self.call.phase is Phase.NEW)
    @rule(operator=OPERATORS, promise=st.sampled_from(["", "p1"]))
    def call_goes_out(self, operator: str, promise: str) -> None:
        self.do(c.PlaceCall(operator, CALLER, promise))

    @rule(operator=OPERATORS)
    def offer(self, operator: str) -> None:
        self.do(c.Offer(operator))

    @rule(operator=OPERATORS, rung=st.booleans())
    def answer(self, operator: str, rung: bool) -> None:
        ringing = self.call.offered_to or self.call.target
        self.do(c.OperatorAnswers(ringing if rung else operator))

    @rule(late=st.booleans())
    def callee_answers(self, late: bool) -> None:
        self.do(c.CalleeAnswers(late=late))

    @precondition(lambda self: self.call.phase in (Phase.OFFERED, Phase.DIALLING, Phase.TRANSFERRING))
    @rule(operator=OPERATORS, callee=st.booleans())
    def miss(self, operator: str, callee: bool) -> None:
        self.do(c.CalleeMisses("busy") if callee else c.OperatorMisses(operator, "no_answer"))

    @rule(command=st.sampled_from([c.PlaceOnHold(60), c.Resume(), c.TakeBack(), c.TellOfTransfer()]))
    def hold_and_back(self, command: c.Command) -> None:
        self.do(command)

    @rule(colleague=OPERATORS, free=st.booleans(), told=st.booleans())
    def transfer(self, colleague: str, free: bool, told: bool) -> None:
        self.do(c.Transfer(colleague, target_is_free=free, told=told))

    @rule(speaker=st.sampled_from(Speaker), text=WORDS)
    def hear(self, speaker: Speaker, text: str) -> None:
        self.do(c.HearPhrase(speaker, self.call.operator, text, 1.0, 2.0))

    @rule(stage=st.sampled_from(["greeting", "farewell", "nothing"]), tick=st.booleans())
    def tick(self, stage: str, tick: bool) -> None:
        step = "hello" if stage == "greeting" else "goodbye"
        self.do(c.Tick(stage, step) if tick else c.Untick(stage, step))

    @rule(number=st.sampled_from(["8 927 123-45-67", "12"]))
    def promise(self, number: str) -> None:
        self.do(c.MakePromise(f"p{self.call.seq}", number, "крыша", None, "утром"))

    @precondition(lambda self: self.call.answered_at is not None)
    @rule(command=st.sampled_from([c.SendToSurvey(), c.HangUp(), c.HangUp("угрозы")]))
    def part(self, command: c.Command) -> None:
        self.do(command)

    @precondition(lambda self: self.call.phase not in (Phase.NEW, Phase.ARRIVED))
    @rule(operator=OPERATORS, lost=st.booleans())
    def drop(self, operator: str, lost: bool) -> None:
        self.do(c.OperatorDrops(operator, lost=lost))

    @rule(key=st.sampled_from("123*"))
    def press(self, key: str) -> None:
        self.do(c.PressKey(key))

    @rule(question=st.sampled_from([*QUESTIONS, "", "other"]), answer=st.sampled_from(["yes", "partly", "other"]))
    def say_answer(self, question: str, answer: str) -> None:
        self.do(c.AnswerSurvey(question, answer, By.VOICE))

    @rule(question=st.sampled_from([*QUESTIONS, "", "other"]))
    def miss_answer(self, question: str) -> None:
        self.do(c.MissSurveyAnswer(question, "silence"))

    @rule()
    def begin_survey(self) -> None:
        self.do(c.BeginSurvey())

    @precondition(lambda self: self.call.seq > 12)
    @rule(
        command=st.sampled_from([c.End("finished"), c.Interrupt("p0"), c.CallerHangsUp(), c.CallerHangsUp("lost")])
    )
    def end(self, command: c.Command) -> None:
        self.do(command)

    @invariant()
    def the_call_is_the_fold_of_its_log(self) -> None:
        assert fold("c1", self.log) == self.call
        assert [entry.seq for entry in self.log] == list(range(1, self.call.seq + 1))

    @invariant()
    def the_log_survives_the_journal(self) -> None:
        for entry in self.log[-3:]:
            body = json.loads(json.dumps(to_json(entry.fact), ensure_ascii=False))
            assert from_json(type(entry.fact).__name__, body) == entry.fact

    @invariant()
    def no_third_transfer(self) -> None:
        completed = sum(isinstance(entry.fact, f.TransferCompleted) for entry in self.log)
        assert self.call.transfers == completed <= TRANSFER_LIMIT
        assert not (self.call.phase is Phase.TRANSFERRING and self.call.transfers >= TRANSFER_LIMIT)

    @invariant()
    def one_operator_at_a_time(self) -> None:
        call = self.call
        assert bool(call.offered_to) <= (call.phase in (Phase.OFFERED, Phase.ENDED))
        assert bool(call.target) == (call.phase is Phase.TRANSFERRING)
        assert call.target != call.operator or not call.target
        if call.phase in (Phase.TALKING, Phase.HELD, Phase.TRANSFERRING):
            assert call.operators[-1] == call.operator
        assert len(call.operators) == self._joinings()

    def _joinings(self) -> int:
        joins = (f.OperatorJoined, f.TransferCompleted, f.CallPlaced)
        return sum(isinstance(entry.fact, joins) for entry in self.log)

    @invariant()
    def nobody_is_held_who_is_not_on_hold(self) -> None:
        assert (self.call.hold is not None) == (self.call.phase is Phase.HELD)
        assert self.call.held_s >= 0

    @invariant()
    def every_transfer_was_told_of(self) -> None:
        told = False
        for fact in (entry.fact for entry in self.log):
            if isinstance(fact, f.TransferStarted):
                assert told
            if isinstance(fact, f.CallerTold):
                told = True
            elif isinstance(fact, f.TransferCompleted | f.TransferFailed | f.CallQueued):
                told = False

    @invariant()
    def answers_are_those_of_the_survey(self) -> None:
        for question, given in self.call.answers:
            assert given.answer in QUESTIONS[question]
        if self.call.survey_complete:
            assert {question for question, _ in self.call.answers} == set(QUESTIONS)

    @invariant()
    def a_survey_that_began_is_finished_when_the_call_ends(self) -> None:
        began = any(isinstance(entry.fact, f.SurveyStarted) for entry in self.log)
        if self.call.phase is Phase.ENDED:
            assert (self.call.survey_complete is not None) == began
        assert not (began and self.call.direction is Direction.OUTGOING)

    @invariant()
    def what_is_decided_in_one_breath_leaves_no_call_between(self) -> None:
        assert self.call.phase not in (Phase.ARRIVED, Phase.PARTED)


TestAnyCall = AnyCall.TestCase
TestAnyCall.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
