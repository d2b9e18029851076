"""Every command in every phase: facts that follow each other, or a refusal; never anything else."""

from __future__ import annotations

from copy import deepcopy

import pytest

from app.domain import commands as c
from app.domain import facts as f
from app.domain.calls import Phase
from app.domain.conduct import decide
from app.domain.errors import BadInput, Refused
from app.domain.facts import By
from tests.unit.domain.samples import COMMANDS, NOW, PROFILE, after, call_in, does

ALLOWED: dict[type[c.Command], set[Phase]] = {
    c.TakeCall: {Phase.NEW},
    c.PlaceCall: {Phase.NEW},
    c.Offer: {Phase.WAITING},
    c.OperatorAnswers: {Phase.OFFERED, Phase.TRANSFERRING},
    c.OperatorMisses: {Phase.OFFERED, Phase.TRANSFERRING},
    c.CalleeAnswers: {Phase.DIALLING},
    c.CalleeMisses: {Phase.DIALLING},
    c.PlaceOnHold: {Phase.TALKING},
    c.Resume: {Phase.HELD},
    c.TellOfTransfer: {Phase.TALKING, Phase.HELD},
    c.Transfer: {Phase.TALKING, Phase.HELD},
    c.TakeBack: {Phase.TRANSFERRING},
    c.HangUp: {Phase.TALKING, Phase.HELD, Phase.TRANSFERRING, Phase.DIALLING},
    c.SendToSurvey: {Phase.TALKING, Phase.HELD, Phase.TRANSFERRING},
    c.CallerHangsUp: set(Phase) - {Phase.NEW, Phase.ENDED},
    c.End: set(Phase) - {Phase.NEW, Phase.ENDED},
    c.Interrupt: set(Phase) - {Phase.NEW, Phase.ENDED},
    c.LoseHearing: {Phase.TALKING},
    c.PressKey: {Phase.CLOSED, Phase.SURVEY},
    c.AnswerSurvey: {Phase.SURVEY},
    c.MissSurveyAnswer: {Phase.SURVEY},
    c.MeasureSound: set(Phase) - {Phase.NEW},
    c.KeepRecording: set(Phase) - {Phase.NEW},
    c.WriteAgenda: {
        *(Phase.TALKING, Phase.HELD, Phase.TRANSFERRING, Phase.SURVEY, Phase.LEAVING, Phase.ENDED, Phase.DIALLING),
    },
}
"""Where a command can make facts. The rest of the commands write up the call while an operator is or was in it."""
UNDER_CONDITIONS: dict[type[c.Command], set[Phase]] = {
    c.AskToHoldOn: {Phase.HELD},  # once the time of return has passed
    c.NoticeSilence: {Phase.TALKING},  # once it has lasted
    c.RegainHearing: {Phase.TALKING},  # once it was lost
    c.TypeNumber: {Phase.CLOSED},  # once a number was asked for
    c.SayNumber: {Phase.CLOSED},
    c.MissNumber: {Phase.CLOSED},
}
WITH_OPERATOR = {Phase.TALKING, Phase.HELD, Phase.TRANSFERRING, Phase.SURVEY, Phase.LEAVING, Phase.ENDED}
HEARD = WITH_OPERATOR | {Phase.WAITING, Phase.OFFERED}
DROPS = {Phase.OFFERED, Phase.TALKING, Phase.HELD, Phase.TRANSFERRING, Phase.DIALLING}
WRITTEN_UP = (
    c.Tick,
    c.Untick,
    c.OpenStage,
    c.NameCaller,
    c.RestateNeed,
    c.ChooseTopic,
    c.WriteNotes,
    c.AskOfAgenda,
    c.GiveReferral,
    c.NoteSatisfaction,
    c.UseArticle,
    c.MissArticle,
    c.MakePromise,
)


def test_every_kind_of_command_has_a_sample() -> None:
    assert {type(command) for command in COMMANDS} == set(c.Command.__subclasses__())


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("command", COMMANDS, ids=repr)
def test_a_command_makes_facts_in_order_or_is_refused(phase: Phase, command: c.Command) -> None:
    call = call_in(phase)
    before = deepcopy(call)
    try:
        facts = decide(PROFILE, call, command, NOW)
    except (Refused, BadInput) as error:
        assert str(error)
        facts = []
    assert call == before
    changed = after(call, *facts)
    assert changed.seq == call.seq + len(facts)
    if facts:
        assert phase in _allowed(command)


def _allowed(command: c.Command) -> set[Phase]:
    if isinstance(command, c.HearPhrase):
        return HEARD
    if isinstance(command, c.OperatorDrops):
        return DROPS
    return (
        WITH_OPERATOR if isinstance(command, WRITTEN_UP) else (ALLOWED | UNDER_CONDITIONS).get(type(command), set())
    )


@pytest.mark.parametrize(("kind", "phases"), ALLOWED.items(), ids=lambda p: getattr(p, "__name__", ""))
def test_a_command_works_wherever_it_is_said_to(kind: type[c.Command], phases: set[Phase]) -> None:
    for phase in phases:
        assert any(_makes(phase, command) for command in COMMANDS if type(command) is kind), phase


def _makes(phase: Phase, command: c.Command) -> bool:
    try:
        return bool(decide(PROFILE, call_in(phase), command, NOW))
    except (Refused, BadInput):
        return False


@pytest.mark.parametrize("phase", [Phase.TALKING, Phase.OFFERED, Phase.TRANSFERRING, Phase.DIALLING, Phase.HELD])
def test_the_telephone_of_somebody_else_means_nothing_here(phase: Phase) -> None:
    assert decide(PROFILE, call_in(phase), c.OperatorDrops("vera", lost=True), NOW) == []


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (c.Tick("greeting", "hello"), f.StepTicked("greeting", "hello", By.HAND)),
        (c.OpenStage("farewell"), f.StageOpened("farewell")),
        (c.NameCaller(" Иван Петрович "), f.CallerNamed("Иван Петрович")),
        (c.RestateNeed("крыша"), f.NeedRestated("крыша")),
        (c.ChooseTopic("repairs"), f.TopicChosen("repairs")),
        (c.WriteNotes("заметка"), f.NotesWritten("заметка")),
        (c.UseArticle("roof", 2, "Крыша"), f.ArticleUsed("roof", 2, "Крыша")),
        (c.MissArticle(" фонтан ", "said"), f.ArticleMissed("фонтан", "said")),
    ],
)
def test_the_same_written_twice_is_one_fact(command: c.Command, written: f.Fact) -> None:
    call = call_in(Phase.TALKING)
    assert decide(PROFILE, call, command, NOW) == [written]
    assert decide(PROFILE, does(call, command), command, NOW) == []


def test_too_long_a_text_says_how_long() -> None:
    with pytest.raises(BadInput, match="4001 characters, at most 4000"):
        decide(PROFILE, call_in(Phase.TALKING), c.WriteNotes("х" * 4001), NOW)
    assert decide(PROFILE, call_in(Phase.TALKING), c.WriteNotes("х" * 4000), NOW)


def test_a_topic_may_be_taken_back() -> None:
    call = does(call_in(Phase.TALKING), c.ChooseTopic("repairs"), c.ChooseTopic(""))
    assert call.topic == ""
