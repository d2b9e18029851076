"""Personal data never stands in a log line."""

from __future__ import annotations

from app.logs import drop_personal_data


def test_marked_fields_are_dropped() -> None:
    event = {"event": "call_arrived", "leg": "1", "pd_caller": "+79271234567"}
    assert drop_personal_data(None, "info", event) == {"event": "call_arrived", "leg": "1"}
