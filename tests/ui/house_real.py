"""A real house with one portfolio behind the real pages: the sample packs, a ledger, and every span kept.

Run as ``python house_real.py PORT HOME COLLECTOR``: spans go to the collector at that address.
``GET /health/seen`` tells the posts to the executor and the spans.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import Request
from opentelemetry import trace
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mintmark.api import create_api
from mintmark.app import App, local_owner, open_app
from mintmark.data import PREWARM_STEPS
from mintmark.ledger import Draft
from mintmark.portfolio import NewPortfolio, Question
from mintmark.runtime import make_provider
from mintmark.ui import LocalEntry, mount

BOUGHT = (("JNJ", "90", "105"), ("KO", "300", "38"), ("XOM", "150", "70"))


def fill(app: App) -> None:
    """Open a portfolio, book what it bought, and make the newest pack fresh."""
    packs = app.data.portfolio_sample()["packs"]
    app.portfolio.create(local_owner(), NewPortfolio("GROWTH", "USD", name="Growth", benchmark="SP500"))
    cash = {"amount": "100000", "currency": "USD"}
    drafts = [Draft("GROWTH", "deposit", date(2018, 1, 2), cash, narration="Opening deposit")]
    for symbol, units, price in BOUGHT:
        meta = {"symbol": symbol, "units": units, "price": price, "currency": "USD", "fee": "5"}
        drafts.append(Draft("GROWTH", "trade", date(2018, 1, 3), meta, narration=f"Buy {symbol}"))
    app.ledger.post(drafts)
    app.data.states.reconciled(packs[-1], passed=True)
    for step in PREWARM_STEPS:
        app.data.states.prewarmed(packs[-1], step)
    app.data.states.mark_fresh(packs[-1])


def main(port: int, home: Path, collector: str) -> None:
    spans = InMemorySpanExporter()
    provider = make_provider(collector, 1.0)
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    app = open_app(home=home)
    fill(app)
    # What is loaded at the first question would be counted against the time of its steps.
    growth = app.portfolio.portfolio(local_owner(), "GROWTH").portfolio_id
    app.portfolio.execute(local_owner(), Question("portfolio_overview", portfolio_id=growth), request_id=str(uuid4()))
    spans.clear()
    api = create_api(app)
    posts: list[str] = []

    @api.middleware("http")
    async def count(request: Request, call_next: Any) -> Any:
        if request.method == "POST" and request.url.path == "/api/v1/execute":
            posts.append(request.url.path)
        return await call_next(request)

    @api.get("/health/seen", include_in_schema=False)
    def seen() -> dict[str, Any]:
        told = [
            {"name": one.name, "trace": format(one.context.trace_id, "032x"), "attributes": dict(one.attributes or {})}
            for one in spans.get_finished_spans()
            if one.context is not None
        ]
        return {"posts": posts, "spans": told}

    mount(api, LocalEntry(app))
    uvicorn.run(api, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
