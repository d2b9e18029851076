"""The gateway's wire forms (docs/protocols.md, "Gateway") and the differences of views."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway import messages as m
from app.gateway.shown import Shown, apply

REQUESTS: list[m.Request] = [
    m.Subscribe(1, "ivanova"),
    m.Unsubscribe(2, "ivanova"),
    m.Command(3, "ivanova", "hold", {"return_in_s": 60}),
]
FROM_LINE: list[m.FromLine] = [
    m.Done(1, {"token": "x"}),
    m.RefusedAnswer(2, "transfer_limit", "two were made", "L9"),
    m.BadInputAnswer(3, "«12» is not a telephone number"),
    m.Failed(4, "see the log"),
    m.Snapshot("ivanova", 7, {"call": None}),
    m.Delta("ivanova", 8, {"call": {"id": "c1"}}, {"transcript": [{"n": 1}]}),
    m.Partial("ivanova", "caller", "здрав"),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: type(r).__name__)
def test_a_request_survives_the_wire(request_: m.Request) -> None:
    assert m.parse_request(m.encode(request_)) == request_


@pytest.mark.parametrize("message", FROM_LINE, ids=lambda r: type(r).__name__)
def test_a_message_of_the_line_survives_the_wire(message: m.FromLine) -> None:
    assert m.parse_from_line(m.encode(message)) == message


def test_the_forms_are_those_of_the_protocol() -> None:
    assert json.loads(m.encode(REQUESTS[2])) == {
        "id": 3,
        "operator": "ivanova",
        "command": "hold",
        "arguments": {"return_in_s": 60},
    }
    assert json.loads(m.encode(FROM_LINE[1])) == {
        "id": 2,
        "refused": {"code": "transfer_limit", "reason": "two were made", "rule": "L9"},
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "nonsense",
        '{"subscribe": "ivanova"}',
        '{"id": true, "subscribe": "ivanova"}',
        '{"id": -1, "subscribe": "ivanova"}',
        '{"id": 1}',
        '{"id": 1, "subscribe": ""}',
        '{"id": 1, "subscribe": "' + "x" * 65 + '"}',
        '{"id": 1, "operator": "ivanova", "command": "hold", "arguments": []}',
        '{"id": 1, "operator": "ivanova", "command": 5, "arguments": {}}',
        '{"id": 1, "command": "hold", "arguments": {}}',
    ],
)
def test_what_is_no_request_is_told_as_such(text: str) -> None:
    with pytest.raises(m.BadMessage):
        m.parse_request(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1}',
        '{"id": 1, "ok": 1}',
        '{"id": 1, "refused": {"code": "x"}}',
        '{"operator": "ivanova", "seq": "1", "snapshot": {}}',
        '{"operator": "ivanova", "seq": 1, "set": {}, "append": {"transcript": 1}}',
        '{"operator": "ivanova", "partial": {"speaker": "caller"}}',
    ],
)
def test_what_the_line_cannot_have_said_is_told_as_such(text: str) -> None:
    with pytest.raises(m.BadMessage):
        m.parse_from_line(text)


def test_only_what_changed_travels() -> None:
    shown = Shown("ivanova")
    shown.turn_to({"call": None, "line": {"waiting": 0}, "transcript": []})
    assert shown.turn_to({"call": None, "line": {"waiting": 0}, "transcript": []}) is None
    delta = shown.turn_to({"call": None, "line": {"waiting": 1}, "transcript": []})
    assert delta == m.Delta("ivanova", 2, {"line": {"waiting": 1}}, {})


def test_a_transcript_that_grew_is_appended_to_and_another_one_is_set() -> None:
    shown = Shown("ivanova")
    shown.turn_to({"transcript": [{"n": 1}]})
    assert shown.turn_to({"transcript": [{"n": 1}, {"n": 2}]}) == m.Delta(
        "ivanova", 2, {}, {"transcript": [{"n": 2}]}
    )
    assert shown.turn_to({"transcript": [{"n": 3}]}) == m.Delta("ivanova", 3, {"transcript": [{"n": 3}]}, {})
    assert shown.turn_to({"transcript": []}) == m.Delta("ivanova", 4, {"transcript": []}, {})


def test_a_transcript_that_grows_in_place_is_noticed() -> None:
    shown, transcript = Shown("ivanova"), [{"n": 1}]
    shown.turn_to({"transcript": transcript})
    transcript.append({"n": 2})
    assert shown.turn_to({"transcript": transcript}) == m.Delta("ivanova", 2, {}, {"transcript": [{"n": 2}]})


_VIEWS = st.fixed_dictionaries(
    {
        "call": st.none() | st.dictionaries(st.sampled_from(["phase", "need"]), st.sampled_from(["", "а", "б"])),
        "transcript": st.lists(st.integers(0, 2).map(lambda n: {"n": n}), max_size=4),
    },
    optional={"line": st.integers(0, 2)},
)


@given(st.lists(_VIEWS, max_size=8))
def test_deltas_fold_to_what_was_shown(views: list[dict[str, Any]]) -> None:
    shown = Shown("ivanova")
    seen: dict[str, Any] = {}
    numbers: list[int] = []
    for view in views:
        delta = shown.turn_to(view)
        assert shown.turn_to(view) is None
        if delta is not None:
            seen = apply(seen, delta)
            numbers.append(delta.seq)
        assert {name: content for name, content in seen.items() if name in view} == view
        assert all(seen[name] is None for name in seen if name not in view)
    assert numbers == list(range(1, len(numbers) + 1))
