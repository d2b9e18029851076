"""Every script of every profile, walked along every way to every end: there is always something to say, it ticks
its own steps and no others, and the conversation ends with a farewell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, product
from pathlib import Path

import pytest

from app.domain import commands as c
from app.domain.calls import Phase
from app.domain.cues import Listened, words_of
from app.domain.facts import By, Speaker
from app.domain.flow import FIELDS, Flow, NeedWas, Stage, Step, SurveyAnswer, render
from app.domain.listening import FAREWELL
from app.domain.profile import ClosedReason, Profile
from app.domain.said_answers import understand
from app.storage.flows import load_profile
from tests.unit.domain.samples import call_in, does

FLOWS = Path(__file__).parents[3] / "call_flows"
PROFILES = [load_profile(one.parent, years=range(2026, 2028)) for one in sorted(FLOWS.glob("*/profile.yaml"))]

BY_FIELD = {
    "caller": {"caller": "Иван Петрович"},
    "need": {"need": "куда подать бумаги"},
    "topic": {"topic": "Бумаги"},
    "referral": {"referral": "городская библиотека", "referral_contacts": "улица Садовая"},
    "agenda": {"question": "Сколько этажей?"},
}
BY_STAGE = {
    "transfer": {"target": "Петров Олег Ильич", "target_unit": "архив"},
    "promise": {"due": "18.11 15:00"},
}
UNMET = {"promise", "referral"}


@dataclass(frozen=True)
class Walk:
    """A script of a profile, and what is known when it begins."""

    profile: Profile
    flow: Flow

    @property
    def first_values(self) -> dict[str, str]:
        # A patronymic may be wanting; the rest the panel always has.
        known = {"greeting": "Добрый день", "surname": "Иванова", "name": "Анна", "position": "специалист"}
        return {
            **known,
            "return_in": "3 минуты",
            "body": self.profile.body,
            "unit": self.profile.units[0].name,
            "hours": self.profile.hours_text,
        }

    @property
    def all_values(self) -> dict[str, str]:
        values = {**self.first_values, "patronymic": "Сергеевна"}
        for more in (*BY_FIELD.values(), *BY_STAGE.values()):
            values |= more
        return values

    def ways(self) -> Iterator[tuple[Stage, ...]]:
        """Every way from the start to an end that passes no stage twice; and for each edge that only leads back, as
        from «explain» to the answer, a way over it."""
        walked: set[tuple[str, str]] = set()
        for way in self._onward(()):
            walked |= {(one.id, other.id) for one, other in pairwise(way)}
            yield way
        for stage in self.flow.stages:
            for edge in stage.next:
                if (stage.id, edge.to) not in walked:
                    yield (*self._shortest(self.flow.start, {stage.id}), *self._shortest(edge.to, self._ends))

    @property
    def _ends(self) -> set[str]:
        return {stage.id for stage in self.flow.stages if stage.end}

    def _shortest(self, start: str, goals: set[str]) -> tuple[Stage, ...]:
        ways: list[tuple[str, ...]] = [(start,)]
        for way in ways:
            stage = self.flow.stage(way[-1])
            assert stage is not None
            if stage.id in goals:
                return tuple(one for name in way if (one := self.flow.stage(name)) is not None)
            ways += [(*way, edge.to) for edge in stage.next if edge.to not in way]
        raise AssertionError(f"no way from {start}")

    def _onward(self, passed: tuple[Stage, ...], at: str = "") -> Iterator[tuple[Stage, ...]]:
        stage = self.flow.stage(at or self.flow.start)
        assert stage is not None, at
        if stage in passed:
            return
        way = (*passed, stage)
        if stage.end:
            yield way
        for edge in stage.next:
            yield from self._onward(way, edge.to)


WALKS = [pytest.param(Walk(one, flow), id=f"{one.id}-{flow.id}") for one in PROFILES for flow in one.flows]
BY_PROFILE = [pytest.param(profile, id=profile.id) for profile in PROFILES]


@pytest.mark.parametrize("walk", WALKS)
def test_every_way_can_be_talked_along_to_a_farewell(walk: Walk) -> None:
    @cache
    def talked(stage: Stage, known: frozenset[tuple[str, str]], need: NeedWas) -> None:
        sayings = stage.sayings(dict(known), need, "c1")
        assert sayings, f"{stage.id} has nothing to say with {sorted(name for name, _ in known)}, need {need}"
        assert not [
            one for saying in sayings for one in (saying.text, *saying.others) if "{" in one or not one.strip()
        ]

    ways = list(walk.ways())
    assert ways
    for way in ways:
        values = walk.first_values
        for number, stage in enumerate(way):
            need = NeedWas.UNMET if UNMET & {one.id for one in way[:number]} else NeedWas.MET
            talked(stage, frozenset(values.items()), need)
            for field in stage.fields:
                values |= BY_FIELD.get(field, {})
            values |= BY_STAGE.get(stage.id, {})
            talked(stage, frozenset(values.items()), need)
        assert FAREWELL in {stage.id for stage in way}
    assert {stage.id for way in ways for stage in way} == {stage.id for stage in walk.flow.stages}


@pytest.mark.parametrize("walk", WALKS)
def test_every_stage_has_steps_and_fields_that_there_are(walk: Walk) -> None:
    for stage in walk.flow.stages:
        assert stage.steps, stage.id
        assert set(stage.fields) <= set(FIELDS)
        assert stage.source, stage.id
        assert all(walk.flow.step(stage.id, step.id) is step for step in stage.steps)


def heard(step: Step, listened: Listened) -> bool:
    return bool(listened.best(step.cues)) and not listened.best(step.unless)


@pytest.mark.parametrize("walk", WALKS)
def test_what_a_stage_says_ticks_its_own_steps_and_no_others(walk: Walk) -> None:
    for stage in walk.flow.stages:
        variants = tuple(variant for phrase in stage.phrases for variant in phrase.variants)
        ticked: set[str] = set()
        for text in render(variants, walk.all_values):
            listened = walk.flow.ear.listen(words_of(text))
            for other in walk.flow.stages:
                hit = {s.id for s in other.steps if s.speaker is Speaker.OPERATOR and heard(s, listened)}
                if other is stage:
                    ticked |= hit
                else:
                    assert not hit, f"«{text}» of {stage.id} ticks {other.id}/{sorted(hit)}"
        own = {step.id for step in stage.steps if step.speaker is Speaker.OPERATOR and step.cues}
        assert own <= ticked, f"{stage.id}: no phrase ticks {sorted(own - ticked)}"


@pytest.mark.parametrize("profile", BY_PROFILE)
def test_every_reason_of_being_closed_has_an_announcement(profile: Profile) -> None:
    values = {
        "hours": profile.hours_text,
        "next_opening": "в понедельник, двадцать третьего ноября, в девять часов",
    }
    for reason in ClosedReason:
        text = profile.announcements[profile.closed.announcement(reason)].format_map(values)
        assert values["next_opening"] in text
        for key in profile.closed.keys:
            assert {"1": "один", "2": "два", "3": "три"}[key.key] in text, f"{reason}: key {key.key} is not told of"
    assert profile.announcements["position"].format_map({"position": "третий"})


@pytest.mark.parametrize("profile", BY_PROFILE)
def test_the_survey_is_answered_in_every_way(profile: Profile) -> None:
    questions = profile.survey.questions
    for answers in product(*(question.answers for question in questions)):
        for spoken in (False, True):
            call = does(call_in(Phase.TALKING), c.SendToSurvey(), c.BeginSurvey(), profile=profile)
            for question, answer in zip(questions, answers, strict=True):
                assert call.question == question.id
                call = does(call, answered(question.id, answer, spoken=spoken), profile=profile)
            assert [(one, given.answer) for one, given in call.answers] == [
                (question.id, answer.id) for question, answer in zip(questions, answers, strict=True)
            ]
            assert call.survey_complete
    for question in questions:
        assert all(understand(question, form) is one for one in question.answers for form in one.spoken)
        assert all(one.spoken for one in question.answers)


def answered(question: str, answer: SurveyAnswer, *, spoken: bool) -> c.Command:
    if spoken:
        return c.AnswerSurvey(question, answer.id, By.VOICE)
    return c.PressKey(answer.key)
