"""Logs: events with fields. Fields that begin with `pd_` are personal data and are dropped unless asked for."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from io import TextIOBase
from typing import Any, TextIO, cast

import structlog

MARK = "pd_"


class _StandardError(TextIOBase):
    """What `sys.stderr` is at the time of writing: loggers outlive whoever replaces it for a while."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def set_up(process: str, *, as_json: bool = False, personal_data: bool = False, lowest: int = logging.INFO) -> None:
    """Configure structlog and the standard library's loggers for this process; everything goes to stderr."""
    structlog.contextvars.bind_contextvars(process=process)
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S" if not as_json else "iso", utc=as_json),
    ]
    if not personal_data:
        shared.append(drop_personal_data)
    if as_json:
        ending: list[Any] = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        ending = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                pad_event_to=0,
                # The pretty tracebacks print local values, personal data among them.
                exception_formatter=structlog.dev.plain_traceback,
            )
        ]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(lowest),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING, format=f"%(asctime)s [{process}] %(levelname)s %(name)s: %(message)s"
    )


def drop_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: marked fields do not reach the log."""
    for key in [key for key in event if key.startswith(MARK)]:
        del event[key]
    return event
