"""What leaves the process: spans to a collector, figures to Prometheus, faults to Sentry; nothing of a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import trace
from prometheus_client.parser import text_string_to_metric_families

from collector import Collector, told
from mintmark.domain import Refused
from mintmark.runtime import Meters, make_provider, request_trace, span, trail_ids, user_hash
from mintmark.runtime.scrubbing import scrubbed

INCOMING = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0{flag}"


@pytest.fixture
def collector() -> Iterator[Collector]:
    opened = Collector()
    yield opened
    opened.close()


@pytest.fixture
def tracer_of(monkeypatch: pytest.MonkeyPatch, collector: Collector):
    """Send the spans of the test to the collector, at a share of traces; gives how to flush them."""
    providers: list[Any] = []

    def start(sample: float):
        provider = make_provider(collector.address, sample)
        providers.append(provider)
        monkeypatch.setattr(trace, "get_tracer", lambda name: provider.get_tracer(name))
        return provider.force_flush

    yield start
    for provider in providers:
        provider.shutdown()


def work(*, fails: bool = False, traceparent: str | None = None) -> str:
    with request_trace(traceparent, "http.request", request_id="r-1") as trace_id:
        try:
            with span("execute_pattern", pricing_pack_id="PP_1", user_hash=user_hash("7")), span("capability.a.b"):
                if fails:
                    raise Refused("SELECT amount FROM /a/path", code="price_missing")
        except Refused:
            pass
    return trace_id


def test_spans_arrive_in_one_trace_with_their_attributes(collector: Collector, tracer_of):
    flush = tracer_of(1.0)

    trace_id = work()
    flush()

    spans = {one.name: one for one in collector.spans}
    assert set(spans) == {"http.request", "execute_pattern", "capability.a.b"}
    assert {one.trace_id.hex() for one in spans.values()} == {trace_id}
    assert spans["capability.a.b"].parent_span_id == spans["execute_pattern"].span_id
    assert spans["execute_pattern"].parent_span_id == spans["http.request"].span_id
    said = told(spans["execute_pattern"])
    assert said["pricing_pack_id"] == "PP_1"
    assert len(said["user_hash"]) == 16


def test_a_trace_out_of_the_sample_is_sent_only_when_something_failed(collector: Collector, tracer_of):
    flush = tracer_of(0.0)

    work()
    failed = work(fails=True)
    flush()

    assert {one.trace_id.hex() for one in collector.spans} == {failed}
    assert len(collector.spans) == 3
    told = "".join(str(one) for one in collector.spans)
    assert "price_missing" in told
    assert "SELECT" not in told


def test_an_incoming_trace_is_continued_and_sent_as_its_caller_said(collector: Collector, tracer_of):
    flush = tracer_of(0.0)

    left = work(traceparent=INCOMING.format(flag=0))
    kept = work(traceparent=INCOMING.format(flag=1).replace("0af7", "1af7"))
    flush()

    assert left == "0af7651916cd43dd8448eb211c80319c"
    assert {one.trace_id.hex() for one in collector.spans} == {kept} == {"1af7651916cd43dd8448eb211c80319c"}


@pytest.mark.parametrize("given", ["nonsense", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", ""])
def test_without_a_collector_each_request_has_a_trace_id_of_its_own_in_its_log(given: str):
    with request_trace(given, "http.request") as first:
        assert trail_ids()["trace_id"] == first
    with request_trace(None, "http.request") as second:
        pass

    assert len(first) == len(second) == 32
    assert first != second


def test_without_a_collector_an_incoming_trace_id_is_kept():
    with request_trace(INCOMING.format(flag=1), "http.request") as found:
        assert found == "0af7651916cd43dd8448eb211c80319c"


def families(meters: Meters) -> dict[str, Any]:
    return {one.name: one for one in text_string_to_metric_families(meters.exposition().decode())}


def test_an_answer_is_counted_and_timed_by_its_pattern_and_end():
    meters = Meters({"pattern_id": ("portfolio_overview",)})
    now = iter([0.0, 0.12, 1.0, 1.02])

    with meters.answering("portfolio_overview", lambda: next(now)):
        pass
    with pytest.raises(Refused), meters.answering("u'; DROP", lambda: next(now)):
        raise Refused("no", code="pattern_not_found")

    found = families(meters)
    counted = {(s.labels["pattern_id"], s.labels["status"]): s.value for s in found["mintmark_requests"].samples}
    assert {key: value for key, value in counted.items() if value}.keys() >= {
        ("portfolio_overview", "ok"),
        ("other", "refused"),
    }
    buckets = {
        s.labels["le"]: s.value
        for s in found["mintmark_api_request_seconds"].samples
        if s.name.endswith("_bucket") and s.labels["status"] == "ok"
    }
    assert list(buckets) == [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.15", "0.25", "0.5", "1.0", "1.2", "2.5", "5.0", "10.0", "+Inf",
    ]  # fmt: skip
    assert (buckets["0.1"], buckets["0.15"]) == (0.0, 1.0)
    errors = [s for s in found["mintmark_request_errors"].samples if s.name.endswith("_total")]
    assert [(s.labels["error"], s.value) for s in errors] == [("pattern_not_found", 1.0)]


def test_a_label_that_no_registry_knows_is_other():
    meters = Meters({"agent_name": ("ratings",), "capability": ("ratings.aggregate",)})

    meters.called("ratings", "ratings.aggregate", "ok", 0.2)
    meters.called("mallory", "AAPL", "ok", 0.2)

    labels = {
        (s.labels["agent_name"], s.labels["capability"]) for s in families(meters)["mintmark_agent_invocations"].samples
    }
    assert labels == {("ratings", "ratings.aggregate"), ("other", "other")}


EVENT = {
    "message": "key mmk_0123456789ab_" + "x" * 43,
    "request": {"data": {"amount": "5"}, "headers": {"Authorization": "Bearer x"}},
    "user": {"id": 7},
    "extra": {"inputs": {"portfolio_id": "p"}},
    "tags": {"account": "GROWTH", "step": "valued", "trace_id": "abc"},
    "exception": {
        "values": [
            {
                "type": "ValueError",
                "value": "expected 'DE89 3704' of 12345.67",
                "stacktrace": {
                    "frames": [{"filename": "a.py", "lineno": 3, "vars": {"amount": "5"}, "context_line": "x"}]
                },
            }
        ]
    },
}


def test_a_fault_is_told_without_bodies_headers_locals_names_or_amounts():
    said = scrubbed(EVENT)

    told = json.dumps(said)
    for secret in ("Bearer", "GROWTH", "12345", "DE89", "x" * 43, "portfolio_id", "vars", "context_line"):
        assert secret not in told
    assert said["tags"] == {"account": "[redacted]", "step": "valued", "trace_id": "abc"}
    assert said["exception"]["values"][0]["stacktrace"]["frames"] == [{"filename": "a.py", "lineno": 3}]


def test_a_fault_in_the_log_reaches_sentry_scrubbed():
    import logging

    import sentry_sdk
    from sentry_sdk.transport import Transport

    from mintmark.runtime import start_reporting

    sent: list[Any] = []

    class Kept(Transport):
        def capture_envelope(self, envelope: Any) -> None:
            sent.append(envelope.get_event())

    start_reporting("http://public@127.0.0.1:9/1", "mintmark@test", transport=Kept)
    try:
        raise RuntimeError("SELECT 'GROWTH' 100000")
    except RuntimeError:
        logging.getLogger("mintmark.test").exception("a step broke", extra={"user_id": "u-7"})
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)

    (event,) = sent
    assert event["exception"]["values"][0]["type"] == "RuntimeError"
    told = json.dumps(event, default=str)
    assert "GROWTH" not in told
    assert "100000" not in told
    assert "u-7" not in told
