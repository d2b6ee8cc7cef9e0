"""Spans over OTLP: sent when a collector is named, a tenth of all traces and every one in which something failed."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from mintmark.domain import Refused
from mintmark.runtime.telemetry import trail

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

_TRACES = 1_000
_SPANS = 2_000
_WHOLE = 2**64


class _Sink(Protocol):
    def on_end(self, span: Any) -> None: ...
    def shutdown(self) -> None: ...
    def force_flush(self, timeout_millis: int = 30_000) -> bool: ...


def start_tracing(endpoint: str, sample: float, *, service: str = "mintmark") -> TracerProvider:
    """Send spans to the OTLP collector at ``endpoint`` (http) from here on.

    ``sample`` is the share of traces that are sent although nothing failed.
    Raises:
        Refused: ``extra_missing`` without the extra ``otel``.
    """
    from opentelemetry import trace

    provider = make_provider(endpoint, sample, service=service)
    trace.set_tracer_provider(provider)
    return provider


def make_provider(endpoint: str, sample: float, *, service: str = "mintmark") -> TracerProvider:
    """Return the provider ``start_tracing`` sets; raises as it does."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ALWAYS_ON
    except ModuleNotFoundError as error:
        raise Refused("traces need the extra: pip install mintmark[otel]", code="extra_missing") from error

    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    # Whether a trace is sent is known at its end only: until then all of it is recorded.
    provider = TracerProvider(sampler=ALWAYS_ON, resource=Resource.create({"service.name": service}))
    provider.add_span_processor(_chosen(BatchSpanProcessor(exporter), sample))
    return provider


def _chosen(sink: _Sink, sample: float) -> Any:
    from opentelemetry.sdk.trace import SpanProcessor

    class Chosen(SpanProcessor):
        """Holds the spans of a trace until its first span here ends, then sends all of them or none."""

        def __init__(self) -> None:
            self._held: OrderedDict[int, list[ReadableSpan]] = OrderedDict()
            self._lock = threading.Lock()

        def on_end(self, span: ReadableSpan) -> None:
            context = span.get_span_context()
            assert context is not None
            with self._lock:
                spans = self._held.setdefault(context.trace_id, [])
                spans.append(span)
                del spans[_SPANS:]
                while len(self._held) > _TRACES:
                    self._held.popitem(last=False)
                if span.parent is not None and not span.parent.is_remote:
                    return
                del self._held[context.trace_id]
            asked = span.parent is not None and span.parent.trace_flags.sampled
            if asked or in_sample(context.trace_id, sample) or any(failed(one) for one in spans):
                for one in spans:
                    sink.on_end(one)

        def shutdown(self) -> None:
            sink.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return sink.force_flush(timeout_millis)

    return Chosen()


def failed(span: ReadableSpan) -> bool:
    """Return whether a span ended in an error."""
    return span.status.status_code.name == "ERROR"


def in_sample(trace_id: int, share: float) -> bool:
    """Return whether a trace is among the ``share`` that is sent, the same for all who see its id.

    >>> in_sample(0, 0.1), in_sample(2**64 - 1, 0.1), in_sample(2**64 - 1, 1.0)
    (True, False, True)
    """
    return (trace_id & (_WHOLE - 1)) < share * _WHOLE


@contextmanager
def request_trace(traceparent: str | None, name: str, **attributes: str) -> Iterator[str]:
    """Give the trace id of one request: that of ``traceparent``, else of the span in force here, else a new one.

    Spans made inside belong to it, and log lines carry it.
    """
    from opentelemetry import context, trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # A page asks in the process and task of the server: its span is in force here. Nothing else is.
    incoming = None
    if traceparent is not None:
        incoming = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, context.Context())
    with trace.get_tracer("mintmark").start_as_current_span(
        name, context=incoming, kind=trace.SpanKind.SERVER, attributes=attributes, record_exception=False
    ) as span:
        found = span.get_span_context()
        if found.is_valid:
            with trail(trace_id=trace.format_trace_id(found.trace_id)):
                yield trace.format_trace_id(found.trace_id)
            return
        # Nobody collects: the id is still one and the same in answer and log.
        made = secrets.token_hex(16)
        with trail(trace_id=made):
            yield made


def user_hash(user_id: object) -> str:
    """Return what stands for a user in spans: 16 hex digits that lead back to nobody."""
    return hashlib.sha256(f"mintmark.user:{user_id}".encode()).hexdigest()[:16]
