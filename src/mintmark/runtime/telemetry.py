"""One trail: each log line and span carries the request, correlation and operation it belongs to."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

_TRAIL: dict[str, ContextVar[str | None]] = {
    name: ContextVar(name, default=None)
    for name in ("request_id", "correlation_id", "operation_id", "worker_id", "trace_id")
}
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@contextmanager
def trail(
    *,
    request_id: str | None = None,
    correlation_id: str | None = None,
    operation_id: str | None = None,
    worker_id: str | None = None,
    trace_id: str | None = None,
) -> Iterator[None]:
    """Put the given ids on every log line and span made inside."""
    given = {
        "request_id": request_id,
        "correlation_id": correlation_id,
        "operation_id": operation_id,
        "worker_id": worker_id,
        "trace_id": trace_id,
    }
    tokens = [(_TRAIL[name], _TRAIL[name].set(value)) for name, value in given.items() if value is not None]
    try:
        yield
    finally:
        for variable, token in reversed(tokens):
            variable.reset(token)


def trail_ids() -> dict[str, str]:
    """Return the ids in force here, by name."""
    return {name: value for name, variable in _TRAIL.items() if (value := variable.get()) is not None}


class JsonLines(logging.Formatter):
    """One JSON object per line: time, level, logger, message, the trail, and whatever ``extra`` gave."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **trail_ids(),
        }
        line |= {key: value for key, value in vars(record).items() if key not in _STANDARD and key not in line}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


def start_logging(stream: TextIO, level: str = "INFO") -> None:
    """Send the log of the house and of its engine to ``stream`` as JSON lines; safe to call again."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    for name, least in (("mintmark", level), ("dbos", "ERROR")):
        log = logging.getLogger(name)
        log.handlers = [handler]
        log.propagate = False
        log.setLevel(least)


@contextmanager
def span(name: str, **attributes: str | int | float | bool) -> Iterator[None]:
    """Open a span that carries the trail; nothing is sent anywhere unless an OpenTelemetry SDK was set up."""
    from opentelemetry import trace

    tracer = trace.get_tracer("mintmark")
    if isinstance(tracer, trace.ProxyTracer) and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        # Nobody collects, and an answer has many spans.
        yield
        return
    marks = {f"mintmark.{key}": value for key, value in trail_ids().items()}
    # The words of an exception may hold what no trace may: its type is enough.
    with tracer.start_as_current_span(
        name, attributes={**marks, **attributes}, record_exception=False, set_status_on_exception=False
    ) as opened:
        try:
            yield
        except BaseException as error:
            opened.set_attribute("error.type", str(getattr(error, "code", type(error).__name__)))
            opened.set_status(trace.StatusCode.ERROR)
            raise


def mark_span(**attributes: str | int | float | bool) -> None:
    """Put attributes on the span in force here."""
    from opentelemetry import trace

    trace.get_current_span().set_attributes(attributes)
