"""One request of a page, followed from the page to the ledger and the pack by what a collector was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import date

import pytest
from opentelemetry import trace

from collector import Collector, told
from mintmark.api import create_api
from mintmark.app import App, local_owner
from mintmark.runtime import make_provider
from mintmark.ui.client import Api


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that is sent every trace of this test, at the latest when it is closed."""
    opened = Collector()
    provider = make_provider(opened.address, 1.0)
    monkeypatch.setattr(trace, "get_tracer", lambda name: provider.get_tracer(name))
    opened.flush = provider.force_flush  # type: ignore[attr-defined]
    yield opened
    provider.shutdown()
    opened.close()


def test_a_posting_and_a_sealing_leave_their_spans(fresh_sample: App, collector: Collector):
    fresh_sample.ledger.post([])
    sealed = fresh_sample.data.build(date(2018, 11, 30), "EOD")["pack_id"]
    collector.flush()  # type: ignore[attr-defined]

    spans = {one.name: told(one) for one in collector.spans}
    assert {"ledger.post", "pack.build"} <= set(spans)
    assert spans["pack.build"]["pricing_pack_id"] == sealed


def test_page_executor_pattern_capability_ledger_and_pack_are_one_trace_with_pack_and_ledger(
    fresh_sample: App, collector: Collector
):
    page = Api(create_api(fresh_sample), fresh_sample.access.open_local())
    whose = str(fresh_sample.portfolio.portfolio(local_owner(), "SAMPLE").portfolio_id)
    asked = {"pattern_id": "corporate_actions_upcoming", "portfolio_id": whose}

    answer = asyncio.run(page.post("/execute", asked))
    collector.flush()  # type: ignore[attr-defined]

    metadata = answer["metadata"]
    pack, head = metadata["pricing_pack_id"], metadata["ledger_commit_hash"]
    spans = {one.name: one for one in collector.spans}
    assert {one.trace_id.hex() for one in collector.spans} == {answer["trace_id"]}
    above = {one.span_id: one for one in collector.spans}
    chain, at = [], spans["capability.ledger.positions"]
    while at.parent_span_id:
        chain.append(at.name)
        at = above[at.parent_span_id]
    assert [*chain, at.name] == [
        "capability.ledger.positions", "pattern.corporate_actions_upcoming", "execute_pattern", "http.request",
        "page.request",
    ]  # fmt: skip
    for name in ("capability.ledger.positions", "pattern.corporate_actions_upcoming", "execute_pattern"):
        assert (told(spans[name])["pricing_pack_id"], told(spans[name])["ledger_commit_hash"]) == (pack, head)
    assert told(spans["ledger.view"])["ledger_commit_hash"] == head
    assert told(spans["pack.open"])["pricing_pack_id"] == pack
    assert {spans[name].parent_span_id for name in ("ledger.view", "pack.open")} == {spans["execute_pattern"].span_id}
    assert told(spans["page.request"])["route"] == "/execute"
