"""The schemas for editors: written from the program, true to every profile, and no laxer than they must be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from app.config import PROJECT
from app.domain.errors import BadFlow
from app.storage import flow_scripts
from app.storage.closed_line import closed, referrals
from app.storage.flow_graph import flow
from app.storage.flows import FILES
from app.storage.marked_yaml import Marked, parse
from app.storage.regulations import load_regulation
from app.storage.speech_rules import speech_rules
from scripts.write_schemas import TARGET, texts

FLOWS = PROJECT / "call_flows"
KINDS = [name.removesuffix(".yaml") for name in FILES]
YAMLS = sorted(FLOWS.glob("*/*.yaml"))


def validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((TARGET / f"{kind}.json").read_text(encoding="utf-8")))


def kind_of(path: Path) -> str:
    return "regulation" if path.parent.name == "regulations" else path.stem


def as_yaml(text: str) -> Any:
    return yaml.safe_load(text)


@pytest.mark.parametrize("name", texts())
def test_the_schemas_are_written_from_the_program(name: str) -> None:
    assert (TARGET / name).read_text(encoding="utf-8") == texts()[name], "run `python -m scripts.write_schemas`"
    Draft202012Validator.check_schema(json.loads(texts()[name]))


def test_every_kind_of_file_has_a_schema() -> None:
    assert {f"{kind}.json" for kind in (*KINDS, "regulation")} == set(texts()) == {p.name for p in TARGET.iterdir()}


@pytest.mark.parametrize("path", YAMLS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_file_of_every_profile_is_of_its_schema(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = [
        f"{'/'.join(map(str, one.path))}: {one.message[:200]}"
        for one in validator(kind_of(path)).iter_errors(as_yaml(text))
    ]
    assert not found
    first = text.splitlines()[0]
    assert first == f"# yaml-language-server: $schema=../schema/{kind_of(path)}.json", "editors look for this line"


def _flow(root: Marked) -> object:
    return flow(root, "incoming", {"body": "служба", "short": "служба"})


def _closed(root: Marked) -> object:
    return closed(root, {"closed": "Закрыто."})


def _referrals(root: Marked) -> object:
    return referrals(root, ["status"])


LOADERS = {
    "incoming": _flow,
    "closed": _closed,
    "survey": flow_scripts.survey,
    "topics": flow_scripts.topics,
    "announcements": flow_scripts.announcements,
    "referrals": _referrals,
    "speech": speech_rules,
}
STAGE = "stages: [{id: one, title: Раз, end: true%s}]"
ANSWERS = "answers: [{id: a, text: да, key: '1'}, {id: b, text: нет, key: '2'}]"
QUESTION = f"source: housing 5.12\nquestions: [{{id: q, text: 'Да?', prompt: 'Да?', {ANSWERS}%s}}]"
BROKEN = [
    ("incoming", STAGE % ", stops: []"),
    ("incoming", "stages: []"),
    ("incoming", "stage: []"),
    ("incoming", STAGE % ", phrases: ['{caler}']"),
    ("incoming", STAGE % ", phrases: ['{caller']"),
    ("incoming", STAGE % ", phrases: [[]]"),
    ("incoming", STAGE % ", phrases: [[а, а]]"),
    ("incoming", STAGE % ", phrases: [{when: maybe, variants: [а]}]"),
    ("incoming", STAGE % ", fields: [caler]"),
    ("incoming", STAGE % ", fields: [need, need]"),
    ("incoming", STAGE % ", next: []"),
    ("incoming", STAGE % ", next: [{to: one, when: sometime}]"),
    ("incoming", STAGE % ", next: [{when: back}]"),
    ("incoming", STAGE % ", steps: [{id: s}]"),
    ("incoming", STAGE % ", steps: [{id: s, title: Ш, cues: ['{caller}']}]"),
    ("incoming", STAGE % ", steps: [{id: s, title: Ш, speaker: nobody}]"),
    ("incoming", "stages: [{id: 'о д и н', title: Раз, end: true}]"),
    ("incoming", "stages: [{id: one, title: '', end: true}]"),
    ("closed", "say: {lunch: closed}"),
    ("closed", "say: {night: closed}\nkeys: [{key: '12', action: call_back}]"),
    ("closed", "say: {night: closed}\nkeys: [{key: '1', action: sing}]"),
    ("closed", "say: {night: closed}\nwait_s: 0"),
    ("survey", QUESTION % ", hint: а"),
    ("survey", "source: housing 5.12\nquestions: [{id: q, text: 'Да?', prompt: 'Да?', answers: []}]"),
    ("survey", f"source: housing 5.12\nattempts: 9\nquestions: [{{id: q, text: 'Да?', prompt: 'Да?', {ANSWERS}}}]"),
    ("topics", "topics: [{id: status}]"),
    ("topics", "topics: [{id: status, title: С, needs: [{id: one}]}]"),
    ("announcements", "welcome: Здравствуйте!"),
    ("referrals", "referrals: [{id: one, body: Полиция}]"),
    ("referrals", "referrals: [{id: one, body: '', contacts: '102'}]"),
    ("speech", "pause_s: 12"),
    ("speech", "source: housing 5.4\npause_s: 1"),
    ("speech", "source: housing 5.4\npace: {slowest: 80}"),
    ("speech", "source: housing 5.4\nfillers: {phrases: [а], advice: б}"),
]


@pytest.mark.parametrize(("kind", "text"), BROKEN)
def test_what_the_loader_refuses_the_schema_refuses(kind: str, text: str) -> None:
    with pytest.raises(BadFlow):
        LOADERS[kind](parse(text, f"{kind}.yaml"))
    assert list(validator(kind).iter_errors(as_yaml(text)))


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("incoming", STAGE % ", phrases: [а, [а, б], {when: met, variants: ['{caller}, а']}], next: one"),
        ("closed", "say: {night: closed}\nkeys: [{key: '#', action: other_number}]\nwait_s: 6"),
        ("survey", QUESTION % ""),
        ("topics", "topics: [{id: status, title: С, unit: line, needs: [{id: one, title: О}]}]"),
        ("referrals", "referrals: [{id: one, body: Полиция, contacts: '102', topics: [status]}]"),
        ("speech", "source: [housing 5.4]\npace: {slowest: 80, fastest: 140}"),
    ],
)
def test_what_the_loader_takes_the_schema_takes(kind: str, text: str) -> None:
    LOADERS[kind](parse(text, f"{kind}.yaml"))
    assert not list(validator(kind).iter_errors(as_yaml(text)))


@pytest.mark.parametrize(
    "row", ["{id: '1', says: а}", "{id: '1', says: а, done: б, not: в}", "{id: a, says: а, done: б}"]
)
def test_a_clause_is_done_or_not_or_to_come(tmp_path: Path, row: str) -> None:
    text = f"id: some\ntitle: П\norder: ''\nclauses: [{row}]"
    (tmp_path / "some.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(BadFlow):
        load_regulation(tmp_path / "some.yaml")
    assert list(validator("regulation").iter_errors(as_yaml(text)))
