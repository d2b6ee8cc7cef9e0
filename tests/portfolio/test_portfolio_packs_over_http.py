"""Packs that lack something, and packs that were restated, as whoever asks over HTTP or the command line meets them."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from portfolio_house import HandClock

from mintmark.api import create_api
from mintmark.app import App, local_owner, open_app, pack_answers
from mintmark.data import PREWARM_STEPS, trading_days
from mintmark.domain import Refused
from mintmark.ledger import Draft
from mintmark.portfolio import NewPortfolio

DAY = date(2016, 3, 31)
FIRST, SECOND = "PP_2016-03-31_EOD_v1", "PP_2016-03-31_EOD_v2"
CLOSES = {"SPY": "205.52", "IBM": "151.45"}


@dataclass
class Street:
    """A house that is asked over HTTP by its owner."""

    app: App
    folder: Path

    def get(self, path: str) -> httpx.Response:
        return self._sent("GET", path)

    def execute(self, code: str, pattern: str = "portfolio_overview", **asked: Any) -> httpx.Response:
        whose = str(self.app.portfolio.portfolio(local_owner(), code).portfolio_id)
        return self._sent("POST", "/api/v1/execute", {"pattern_id": pattern, "portfolio_id": whose, **asked})

    def _sent(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=create_api(self.app), raise_app_exceptions=False)
            shown = {"Authorization": f"Bearer {self.app.access.open_local()}"}
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=shown) as client:
                return await client.request(method, path, json=body)

        return asyncio.run(once())

    def closes(self, symbol: str, last: str) -> None:
        """Bring the closes of ``symbol`` in, the last of them as given."""
        path = self.folder / f"{symbol}.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("timestamp", "open", "high", "low", "close", "volume"))
            for day in trading_days("XNYS", date(2016, 3, 1), DAY):
                close = last if day == DAY else CLOSES[symbol]
                rows.writerow((day, close, close, close, close, 1000))
        told = {"symbol": symbol, "timeframe": "1d", "asset_class": "equity", "source": "file:made"}
        self.app.data.import_file(path, **told, timezone="UTC")

    def ready(self, pack_id: str) -> None:
        self.app.data.states.reconciled(pack_id, passed=True)
        for step in PREWARM_STEPS:
            self.app.data.states.prewarmed(pack_id, step)


def draft(code: str, kind: Any, **meta: Any) -> Draft:
    return Draft(code, kind, date(2016, 3, 30), {"currency": "USD", **meta})


@pytest.fixture
def street(tmp_path: Path) -> Iterator[Street]:
    """SPY and IBM; HOME holds dollars and shares, AWAY a share and euros whose rate nobody brought."""
    app = open_app(home=tmp_path / "home", clock=HandClock(datetime(2016, 4, 1, 6, tzinfo=UTC)))
    found = Street(app, tmp_path)
    for symbol, close in CLOSES.items():
        found.closes(symbol, close)
    for code in ("HOME", "AWAY"):
        app.portfolio.create(local_owner(), NewPortfolio(code, "USD"))
    app.ledger.post(
        [
            draft("HOME", "deposit", amount="10000"),
            draft("HOME", "trade", symbol="IBM", units="10", price="150"),
            draft("AWAY", "deposit", amount="1000"),
            draft("AWAY", "trade", symbol="SPY", units="1", price="200"),
            draft("AWAY", "deposit", amount="100", currency="EUR"),
        ]
    )
    yield found
    app.close()


def test_a_pack_without_eurusd_stays_warming_and_answers_those_alone_who_need_no_euros(street: Street):
    built = pack_answers.build(street.app, DAY.isoformat(), "EOD")["data"]
    street.ready(FIRST)

    with pytest.raises(Refused) as fresh:
        street.app.data.states.mark_fresh(FIRST)
    home, away = (street.execute(code, require_fresh=False) for code in ("HOME", "AWAY"))

    assert (built["pack_id"], built["status"], built["missing"]) == (FIRST, "warming", ["EURUSD"])
    assert fresh.value.code == "pack_incomplete"
    health = street.get("/health/pack").json()
    assert (health["status"], health["missing"]) == ("warming", ["EURUSD"])
    assert (home.status_code, home.json()["result"]["valued"]["nav"]["amount"]) == (200, "10014.5")
    assert (away.status_code, away.json()["error"]) == (422, "rate_missing")


def test_ten_ibm_are_worth_1514_50_pinned_to_the_first_version_and_1515_40_by_the_day(street: Street):
    street.app.ledger.post([draft("AWAY", "withdrawal", amount="100", currency="EUR")])
    for _ in range(2):
        assert pack_answers.build(street.app, DAY.isoformat(), "EOD")["data"]["pack_id"] == FIRST
    street.ready(FIRST)
    street.app.data.states.mark_fresh(FIRST)
    street.closes("IBM", "151.54")
    restated = pack_answers.restate(street.app, DAY.isoformat(), "EOD", "price_correction", "the close was corrected")
    street.ready(SECOND)
    street.app.data.states.mark_fresh(SECOND)

    pinned = street.execute("HOME", pack_id=FIRST).json()
    dated = street.execute("HOME", asof_date=DAY.isoformat()).json()

    assert restated["data"]["pack_id"] == SECOND
    worth = [one["result"]["valued"]["positions"][0]["value"]["amount"] for one in (pinned, dated)]
    assert worth == ["1514.5", "1515.4"]
    assert [[one["code"] for one in body["warnings"]] for body in (pinned, dated)] == [
        ["pack_superseded"], ["pack_restated"],
    ]  # fmt: skip
    live = [one["pack_id"] for one in street.app.data.packs() if one["superseded_by"] is None]
    assert live == [SECOND]


def test_after_a_failed_reconciliation_the_health_of_the_pack_says_error_and_then_fresh(street: Street):
    street.app.ledger.post([draft("AWAY", "withdrawal", amount="100", currency="EUR")])
    pack_answers.build(street.app, DAY.isoformat(), "EOD")
    street.app.data.states.reconciled(FIRST, passed=False, failure="chain_broken")
    failed = street.get("/health/pack")

    street.ready(FIRST)
    street.app.data.states.mark_fresh(FIRST)
    twice = [street.execute("HOME").json() for _ in range(2)]

    assert (failed.status_code, failed.json()["status"]) == (200, "error")
    assert street.get("/health/pack").json()["status"] == "fresh"
    assert json.dumps(twice[0]["result"]) == json.dumps(twice[1]["result"])
