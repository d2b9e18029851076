"""The versions of scripts that are remembered, and the records that are read by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from app.domain import facts as f
from app.domain.script_texts import ScriptTexts, texts_of
from app.storage import flow_versions as versions
from app.storage.calls_read import CallsRead
from app.storage.flow_versions import flow_of_version, keep_version
from app.storage.journal import SpooledJournal
from app.storage.tables import calls, flow_versions
from tests.fakes.profile import FUND, HEATING, profile

AT = datetime(2026, 11, 18, 6, 0, tzinfo=UTC)


def known(engine: Engine, version: str) -> ScriptTexts | None:
    with engine.connect() as connection:
        return flow_of_version(connection, version)


def test_a_version_is_read_as_it_was_kept(engine: Engine) -> None:
    keep_version(engine, profile(), AT)
    texts = known(engine, "test")
    assert texts is not None
    assert (texts.version, texts.profile) == ("test", "housing")
    assert [flow.id for flow in texts.flows] == ["incoming", "outgoing", "internal"]
    for kept, flow in zip(texts.flows, profile().flows, strict=True):
        assert [(s.id, s.title) for s in kept.stages] == [(s.id, s.title) for s in flow.stages]
        steps = [[(step.id, step.title) for step in stage.steps] for stage in flow.stages]
        assert [[(step.id, step.title) for step in stage.steps] for stage in kept.stages] == steps
    assert (texts.topics, texts.referrals) == ({"heating": HEATING.title}, {"fund": FUND.body})
    assert texts_of(profile()).topics == texts.topics


def test_a_version_that_is_known_stays_as_it_was(engine: Engine) -> None:
    keep_version(engine, profile(), AT)
    keep_version(engine, replace(profile(), topics=()), AT + timedelta(days=1))
    texts = known(engine, "test")
    assert texts is not None
    assert texts.topics == {"heating": "Отопление"}


def test_the_oldest_versions_are_forgotten(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MOST_VERSIONS", 3)
    for day in range(5):
        keep_version(engine, replace(profile(), version=f"v{day}"), AT + timedelta(days=day))
    assert [known(engine, f"v{day}") is not None for day in range(5)] == [False, False, True, True, True]
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(flow_versions)) == 3


def test_a_record_brings_the_words_of_its_own_version(engine: Engine, tmp_path: Path) -> None:
    keep_version(engine, profile(), AT)
    journal = SpooledJournal(engine, tmp_path / "spool", profile().schedule.zone)
    for call, version in (("old", "test"), ("unknown", "forgotten")):
        facts = (
            f.CallArrived("112", "line", "line", "housing", version, "internal"),
            f.CallQueued("line"),
            f.CallOffered("ivanova"),
            f.OperatorJoined("ivanova"),
            f.TopicChosen("heating", "cold"),
            f.ReferralGiven("fund"),
            f.ReferralGiven("court"),
            f.SatisfactionNoted(satisfied=False),
        )
        journal.append([f.Recorded(f"call:{call}", n, AT, fact) for n, fact in enumerate(facts, 1)])
    journal.close(10)
    reads = CallsRead(engine)
    old, unknown = reads.record("old"), reads.record("unknown")
    assert old is not None
    assert unknown is not None
    assert old.script == known(engine, "test")
    assert unknown.script is None
    with engine.connect() as connection:
        row = connection.execute(select(calls).where(calls.c.id == "old")).one()
    assert (row.flow, row.typical_need, row.referrals, row.satisfied) == ("internal", "cold", "fund court", False)
