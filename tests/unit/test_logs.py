"""Where log lines go, and that personal data never stands in one."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import pytest
import structlog

from app import logs
from app.logs import drop_personal_data


@pytest.fixture
def _settings_kept() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)
    structlog.contextvars.clear_contextvars()


def test_marked_fields_are_dropped() -> None:
    event = {"event": "call_arrived", "leg": "1", "pd_caller": "+79271234567"}
    assert drop_personal_data(None, "info", event) == {"event": "call_arrived", "leg": "1"}


@pytest.mark.usefixtures("_settings_kept")
def test_a_logger_outlives_a_standard_error_that_was_replaced_for_a_while() -> None:
    first, second = io.StringIO(), io.StringIO()
    log = structlog.get_logger()
    with contextlib.redirect_stderr(first):
        logs.set_up("line")
        log.info("one")
    first.close()
    with contextlib.redirect_stderr(second):
        log.info("two")
    assert "two" in second.getvalue()
