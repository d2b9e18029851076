"""A record is read by the words of the version that led its call."""

from __future__ import annotations

from dataclasses import replace

from app.domain.flow import Flow, Stage, Step
from app.domain.script_texts import ScriptTexts, texts_of
from app.web.names import Names
from tests.fakes.profile import profile

OLD = ScriptTexts(
    version="old",
    profile="housing",
    flows=(
        Flow("incoming", (Stage("greeting", "Здравствуйте", steps=(Step("hello", "Сказать «здравствуйте»"),)),)),
        Flow("internal", (Stage("help", "Помочь коллеге"),)),
    ),
    topics={"heating": "Тепло", "gone": "Чего больше нет"},
    referrals={"fund": "Старый фонд"},
)
THEN, NOW = Names(profile(), (), OLD), Names(profile(), ())


def test_stages_and_steps_of_the_version() -> None:
    assert THEN.stage("incoming", "greeting") == "Здравствуйте"
    assert THEN.step("incoming", "greeting", "hello") == "Сказать «здравствуйте»"
    assert THEN.stage("internal", "help") == "Помочь коллеге"
    assert NOW.stage("incoming", "greeting") == "Приветствие"
    assert NOW.stage("internal", "help") == "help", "an id that nobody knows stays as it is"


def test_a_flow_that_the_version_had_not_is_that_of_the_profile() -> None:
    assert THEN.flow("outgoing") is profile().outgoing
    assert NOW.flow("nothing") is profile().incoming


def test_topics_and_referrals_of_the_version() -> None:
    assert (THEN.topic("heating"), THEN.topic("gone"), THEN.referral("fund")) == (
        *("Тепло", "Чего больше нет", "Старый фонд"),
    )
    assert (NOW.topic("heating"), NOW.topic("gone"), NOW.referral("fund")) == (
        *("Отопление", "gone", "Фонд капитального ремонта"),
    )
    assert (NOW.referral("nobody"), NOW.typical_need("heating", "cold"), NOW.typical_need("gone", "cold")) == (
        *("nobody", "Холодно в квартире", "cold"),
    )


def test_what_is_kept_of_a_profile_names_all_of_it() -> None:
    kept = Names(replace(profile(), topics=(), referrals=()), (), texts_of(profile()))
    assert (kept.topic("heating"), kept.referral("fund")) == ("Отопление", "Фонд капитального ремонта")
