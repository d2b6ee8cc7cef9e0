"""The page, the executor and the command line are one path to one answer."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from browsing import Keep, OpenPage, environment, free_port, wait_for
from playwright.sync_api import expect

from collector import Collector, told
from mintmark.cli.program import run
from mintmark.domain import canonical_json


@dataclass(frozen=True)
class RealHouse:
    """A server over real packs and a real ledger, and what it saw."""

    address: str
    home: Path
    collector: Collector

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.address}/health/seen").json()
        return found


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHouse]:
    """A house with one portfolio over the sample packs."""
    home, port = tmp_path_factory.mktemp("real") / "home", free_port()
    script = Path(__file__).parent / "house_real.py"
    collector = Collector()
    command = [sys.executable, str(script), str(port), str(home), collector.address]
    process = subprocess.Popen(command, env=environment())
    try:
        wait_for(f"http://127.0.0.1:{port}/health", process, seconds=120)
        yield RealHouse(f"http://127.0.0.1:{port}", home, collector)
    finally:
        process.terminate()
        process.wait(10)
        collector.close()


@pytest.mark.long
def test_the_page_asks_once_and_one_trace_leads_to_the_capability_whose_bytes_the_command_line_prints_again(
    real: RealHouse,
    open_page: OpenPage,
    keep: Keep,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setenv("MINTMARK_HOME", str(real.home))
    page = open_page(f"{real.address}/portfolio")
    nav = page.locator("[data-path='valued.nav']")
    expect(nav).to_be_visible()
    keep(page, "real_portfolio_1440_dark")
    nav.click()
    drawer = page.locator("[data-drawer='mark']")
    expect(drawer.locator("li.here")).to_contain_text("financial_analyst")
    command = drawer.locator("code.command").inner_text()

    code = run([*command.split()[1:], "--json"])
    printed = json.loads(capsys.readouterr().out)

    assert code == 0
    seen = real.seen()
    assert len(seen["posts"]) == 1
    trace = next(one["trace"] for one in seen["spans"] if one["name"] == "execute_pattern")
    assert trace in drawer.inner_text()
    spans = {one["name"]: one for one in seen["spans"] if one["trace"] == trace}
    assert {"execute_pattern", "pattern.portfolio_overview", "capability.pricing.apply_pack"} <= set(spans)
    assert spans["capability.pricing.apply_pack"]["attributes"]["agent_name"] == "financial_analyst"
    step = next(one for one in printed["metadata"]["trace"]["steps"] if one["as"] == "valued")
    assert (step["agent"], step["capability"]) == ("financial_analyst", "pricing.apply_pack")
    assert step["duration_ms"] > 0
    arrived = _arrived(real.collector, trace)
    for name in ("execute_pattern", "pattern.portfolio_overview", "capability.pricing.apply_pack"):
        said = told(arrived[name])
        assert said["pricing_pack_id"] == printed["metadata"]["pricing_pack_id"]
        assert said["ledger_commit_hash"] == printed["metadata"]["ledger_commit_hash"]
    assert {"page.request", "http.request", "ledger.view", "pack.open"} <= set(arrived)
    again = _asked_over_http(real, printed["metadata"])
    assert canonical_json(again["result"]) == canonical_json(printed["result"])
    amount = float(printed["result"]["valued"]["nav"]["amount"])
    assert nav.inner_text() == f"{amount:,.2f} USD"


def _arrived(collector: Collector, trace: str, seconds: float = 30.0) -> dict[str, Any]:
    """Return the spans of ``trace`` that the collector was sent, once its first has come; they leave in batches."""
    deadline = time.monotonic() + seconds
    while True:
        found = {one.name: one for one in list(collector.spans) if one.trace_id.hex() == trace}
        if "page.request" in found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def _asked_over_http(real: RealHouse, meta: dict[str, Any]) -> dict[str, Any]:
    """Return the answer of the same question over HTTP, pinned to the same pack and ledger."""
    from keys import bearer

    shown = bearer(f"sqlite:///{real.home / 'mintmark.db'}")
    pinned = {"pack_id": meta["pricing_pack_id"], "ledger_commit_hash": meta["ledger_commit_hash"]}
    with httpx.Client(base_url=f"{real.address}/api/v1", headers=shown, timeout=60) as api:
        portfolio = api.get("/portfolios").json()["data"][0]["portfolio_id"]
        asked = {"pattern_id": "portfolio_overview", "portfolio_id": portfolio, **pinned}
        found: dict[str, Any] = api.post("/execute", json=asked).json()
    return found
