"""Questions over real packs and a real ledger, at both doors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from portfolio_house import HandClock

from mintmark.api import create_api
from mintmark.app import App, access_answers, local_owner, open_app
from mintmark.cli.program import run
from mintmark.data import PREWARM_STEPS
from mintmark.domain import canonical_json
from mintmark.ledger import Draft
from mintmark.portfolio import NewPortfolio, security_id

OVERVIEW = "portfolio_overview"
LATE = datetime(2025, 10, 22, 5, 0, tzinfo=UTC)


@dataclass
class Doors:
    """A house with portfolios, asked over HTTP and on the command line."""

    app: App
    clock: HandClock

    @cached_property
    def api(self) -> FastAPI:
        return create_api(self.app)

    @cached_property
    def owner(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.app.access.open_local()}"}

    def ask(self, method: str, path: str, headers: dict[str, str] | None = None, **given: Any) -> httpx.Response:
        async def once() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.api, raise_app_exceptions=False)
            shown = self.owner if headers is None else headers
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=shown) as client:
                return await client.request(method, path if path == "/health/pack" else f"/api/v1{path}", **given)

        return asyncio.run(once())

    def execute(self, code: str, **asked: Any) -> httpx.Response:
        portfolio = self.app.portfolio.portfolio(local_owner(), code)
        body = {"pattern_id": OVERVIEW, "portfolio_id": str(portfolio.portfolio_id), **asked}
        return self.ask("POST", "/execute", json=body)

    def result(self, code: str, **asked: Any) -> dict[str, Any]:
        answer = self.execute(code, **asked)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def make_fresh(self, pack_id: str) -> None:
        self.app.data.states.reconciled(pack_id, passed=True)
        for step in PREWARM_STEPS:
            self.app.data.states.prewarmed(pack_id, step)
        self.app.data.states.mark_fresh(pack_id)


def draft(code: str, kind: Any, day: str, **meta: Any) -> Draft:
    return Draft(code, kind, date.fromisoformat(day), meta)


@pytest.fixture(scope="module")
def apple(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    """100 shares of Apple across their split of 2014, in three base currencies, and packs of both days."""
    clock = HandClock(LATE)
    app = open_app(home=tmp_path_factory.mktemp("apple") / "home", clock=clock)
    for symbol, folder, kind in (("AAPL", "equities", "equity"), ("EURUSD", "bars", "fx"), ("USDCAD", "bars", "fx")):
        path = shared_data / folder / f"{symbol}_1d.parquet"
        options = {"symbol": symbol, "timeframe": "1d", "asset_class": kind, "source": "file:lean", "timezone": "UTC"}
        app.data.import_file(path, **options)
    app.data.actions(shared_data / "equities" / "corporate_actions.csv", source="file:lean", announce_lead_days=45)
    for code, base, fx in (("EURO", "EUR", "0.7278"), ("CANADA", "CAD", "1.1"), ("HOME", "USD", "1")):
        app.portfolio.create(local_owner(), NewPortfolio(code, base, benchmark="AAPL"))
        lot = {"acquired": "2014-03-04", "units": "100", "total": "53124", "currency": "USD"}
        lots = [lot if base == "USD" else {**lot, "fx": fx}]
        app.ledger.post(
            [
                draft(code, "transfer_in", "2014-06-05", symbol="AAPL", lots=lots),
                draft(code, "split", "2014-06-09", symbol="AAPL", ratio="7/1"),
            ]
        )
    doors = Doors(app, clock)
    for day in (6, 9):
        doors.make_fresh(app.data.build(date(2014, 6, day), "EOD")["pack_id"])
    yield doors
    app.close()


def test_100_apple_shares_are_worth_what_they_are_across_their_split_in_euros_and_canadian_dollars(apple: Doors):
    worth = {
        (code, day): apple.result(code, asof_date=f"2014-06-0{day}")["result"]["valued"]["nav"]
        for code in ("EURO", "CANADA")
        for day in (6, 9)
    }

    assert worth == {
        ("EURO", 6): {"amount": "47322.9339236758", "currency": "EUR"},
        ("EURO", 9): {"amount": "48253.4871402507", "currency": "EUR"},
        ("CANADA", 6): {"amount": "70571.13012", "currency": "CAD"},
        ("CANADA", 9): {"amount": "71512.1211", "currency": "CAD"},
    }


def test_the_return_of_that_day_is_told_by_price_and_currency(apple: Doors):
    euro = apple.result("EURO", inputs={"lookback_days": 1})["result"]["currency_attr"]
    home = apple.result("HOME", inputs={"lookback_days": 1})["result"]["currency_attr"]

    percent = {name: round(value * 100, 6) for name, value in euro["effects"].items()}
    assert percent == {
        "local": 1.600136, "fx": 0.360485, "interaction": 0.005768, "income": 0, "trading": 0, "costs": 0,
        "total": 1.96639,
    }  # fmt: skip
    assert euro["effects"]["total"] == pytest.approx(48253.4871402507 / 47322.9339236758 - 1, abs=1e-5)
    assert (home["effects"]["fx"], home["effects"]["interaction"]) == (0, 0)
    assert euro["opens"] == "2014-06-06"


def test_a_day_asks_for_its_own_pack_and_a_day_without_one_names_its_neighbours(apple: Doors):
    packs = [
        apple.result("EURO", **given)["metadata"]["pricing_pack_id"] for given in ({"asof_date": "2014-06-06"}, {})
    ]
    missing = apple.execute("EURO", asof_date="2014-06-07")

    assert packs == ["PP_2014-06-06_EOD_v1", "PP_2014-06-09_EOD_v1"]
    assert missing.status_code == 404
    assert missing.json()["error"] == "pricing_pack_not_found"
    assert missing.json()["details"] == {"before": "2014-06-06", "after": "2014-06-09"}


def test_an_answer_names_what_is_null_and_what_refused(apple: Doors):
    body = apple.result("EURO")

    assert body["undefined"]["perf_strip.sharpe_ratio"] == "rf_missing"
    assert body["undefined"]["rating_badges"] == "fundamentals_missing"
    assert [one["code"] for one in body["refusals"]] == ["fundamentals_missing"]
    assert body["result"]["perf_strip"]["sharpe_ratio"] is None
    assert body["metadata"]["sources"] == ["file:lean", "ledger"]
    assert [one["agent"] for one in body["metadata"]["trace"]["steps"]][:2] == ["financial_analyst"] * 2


def test_sent_twice_and_run_on_the_command_line_the_result_has_equal_bytes(
    apple: Doors, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("MINTMARK_HOME", str(apple.app.home))

    first, second = apple.execute("EURO"), apple.execute("EURO")
    code = run(["pattern", "run", OVERVIEW, "--portfolio", "EURO", "--json"])
    printed = json.loads(capsys.readouterr().out)

    assert code == 0
    assert canonical_json(first.json()["result"]) == canonical_json(second.json()["result"])
    assert canonical_json(first.json()["result"]) == canonical_json(printed["result"])
    assert canonical_json(first.json()["result"]) in first.content


def test_a_later_entry_changes_the_mark_and_the_old_head_gives_the_old_answer(apple: Doors):
    before = apple.result("HOME")
    head = before["metadata"]["ledger_commit_hash"]

    apple.app.ledger.post([draft("HOME", "deposit", "2014-06-09", amount="1000", currency="USD")])
    after, pinned = apple.result("HOME"), apple.result("HOME", ledger_commit_hash=head)

    assert after["metadata"]["ledger_commit_hash"] != head
    assert (
        Decimal(after["result"]["valued"]["nav"]["amount"])
        == Decimal(before["result"]["valued"]["nav"]["amount"]) + 1000
    )
    assert pinned["result"] == before["result"]
    # What comes in works from the start of its day: 1,033 were gained on 64,557 and the 1,000 together.
    assert after["result"]["perf_strip"]["twr"]["1d"]["twr"] == pytest.approx(1033 / 65557, abs=1e-12)


def test_bad_requests_are_told_by_their_codes(apple: Doors):
    unknown = {"pattern_id": OVERVIEW, "portfolio_id": str(uuid4())}
    asked = [
        apple.execute("EURO", pattern_id="nope"),
        apple.execute("EURO", asof_date="2025-13-01"),
        apple.ask("POST", "/execute", json={"pattern_id": OVERVIEW, "portfolio_id": "abc"}),
        apple.ask("POST", "/execute", json=unknown),
        apple.execute("EURO", what=1),
        apple.execute("EURO", inputs={"lookback_days": 0}),
        apple.ask("POST", "/execute", json=unknown, headers={"X-User-ID": str(local_owner().user_id)}),
    ]

    assert [(one.status_code, one.json()["error"]) for one in asked] == [
        (404, "pattern_not_found"),
        (400, "invalid_asof_date"),
        (400, "invalid_request"),
        (404, "portfolio_not_found"),
        (400, "invalid_request"),
        (400, "input_invalid"),
        (401, "unauthorized"),
    ]


def test_anothers_portfolio_and_an_unknown_one_have_one_body_but_for_ids_and_time(apple: Doors):
    key = access_answers.create_key(apple.app, "stranger", "admin", "stranger")["data"]["key"]
    there = {"pattern_id": OVERVIEW, "portfolio_id": apple.ask("GET", "/portfolios").json()["data"][0]["portfolio_id"]}
    shown = {"Authorization": f"Bearer {key}"}

    anothers = apple.ask("POST", "/execute", headers=shown, json=there)
    unknown = apple.ask("POST", "/execute", headers=shown, json={**there, "portfolio_id": str(uuid4())})

    assert (anothers.status_code, unknown.status_code) == (404, 404)
    bodies = [{**one.json(), "request_id": "", "timestamp": ""} for one in (anothers, unknown)]
    assert bodies[0] == bodies[1]
    assert bodies[0]["error"] == "portfolio_not_found"


def test_portfolios_and_patterns_are_listed_and_shown(apple: Doors):
    listed = apple.ask("GET", "/portfolios").json()["data"]
    taken = apple.ask("POST", "/portfolios", json={"code": "EURO", "base_currency": "EUR"})
    shown = apple.ask("GET", f"/portfolios/{listed[0]['portfolio_id']}").json()["data"]
    pattern = apple.ask("GET", f"/patterns/{OVERVIEW}").json()["data"]

    assert [one["code"] for one in listed] == ["CANADA", "EURO", "HOME"]
    assert shown == listed[0]
    assert (taken.status_code, taken.json()["error"]) == (422, "portfolio_exists")
    assert len(pattern["steps"]) == 7
    assert OVERVIEW in [one["id"] for one in apple.ask("GET", "/patterns").json()["data"]]


def test_a_holding_is_told_in_depth(apple: Doors):
    asked = {"pattern_id": "holding_deep_dive", "security_id": str(security_id("AAPL")), "inputs": {"lookback_days": 1}}

    body = apple.result("EURO", **asked)

    result = body["result"]
    assert (result["details"]["symbol"], result["details"]["units"]) == ("AAPL", "700")
    assert result["details"]["value_base"] == {"amount": "48253.4871402507", "currency": "EUR"}
    assert [lot["units"] for lot in result["details"]["lots"]] == ["700"]
    assert result["total_return"]["local"] == pytest.approx(0.01600136, abs=1e-8)
    assert result["total_return"]["base"] == pytest.approx(0.01966390, abs=1e-8)
    assert result["total_return"]["price"] == pytest.approx(0.01600136, abs=1e-8)
    assert result["contribution"]["share"] == pytest.approx(1.0)
    assert result["currency_attribution"]["local"] == pytest.approx(0.01600136, abs=1e-8)
    assert [one["kind"] for one in result["transactions"]["transactions"]] == ["split", "transfer_in"]
    assert body["undefined"]["risk.annual_volatility"] == "too_few_returns"
    assert [one["code"] for one in body["refusals"]] == ["fundamentals_missing"] * 2


def test_the_split_ahead_is_told_with_what_it_does(apple: Doors):
    body = apple.result("EURO", pattern_id="corporate_actions_upcoming", asof_date="2014-06-06")

    (split,) = body["result"]["impact"]["impacts"]
    assert (split["symbol"], split["kind"], split["ex_date"]) == ("AAPL", "split", "2014-06-09")
    assert (split["units"], split["units_after"], split["cash"]) == ("100", "700", None)
    assert body["result"]["impact"]["cash_base"] == {"amount": "0", "currency": "EUR"}
    assert [one["code"] for one in body["warnings"]] == ["announcement_assumed"]


def test_an_unknown_instrument_is_not_found(apple: Doors):
    answer = apple.execute("EURO", pattern_id="holding_deep_dive", security_id=str(uuid4()))

    assert (answer.status_code, answer.json()["error"]) == (404, "instrument_not_found")


def test_a_report_of_figures_that_may_only_be_shown_is_refused(apple: Doors):
    answer = apple.execute("EURO", pattern_id="export_portfolio_report")

    assert (answer.status_code, answer.json()["error"]) == (403, "export_not_permitted")
    assert answer.json()["details"]["blocked_sources"] == ["file:lean"]


@pytest.fixture
def warming(shared_data: Path, tmp_path: Path) -> Iterator[Doors]:
    """A portfolio of dollars, and the pack of 2025-10-21 that began to warm a minute ago."""
    clock = HandClock(datetime(2025, 10, 22, 4, 5, tzinfo=UTC))
    app = open_app(home=tmp_path / "home", clock=clock)
    path = shared_data / "bars" / "USDCAD_1d.parquet"
    options = {"symbol": "USDCAD", "timeframe": "1d", "asset_class": "fx", "source": "file:fx", "timezone": "UTC"}
    app.data.import_file(path, **options)
    app.portfolio.create(local_owner(), NewPortfolio("CASH", "USD"))
    app.ledger.post([draft("CASH", "deposit", "2025-10-20", amount="1000", currency="USD")])
    assert app.data.build(date(2025, 10, 21), "EOD")["pack_id"] == "PP_2025-10-21_EOD_v1"
    clock.moment = datetime(2025, 10, 22, 4, 6, tzinfo=UTC)
    yield Doors(app, clock)
    app.close()


def test_a_warming_pack_says_when_to_come_back_and_answers_only_who_asks_for_it(warming: Doors):
    refused = warming.execute("CASH")
    asked_for = warming.execute("CASH", require_fresh=False)
    export = warming.execute("CASH", require_fresh=False, format="pdf")
    health = warming.ask("GET", "/health/pack", headers={}).json()

    assert (refused.status_code, refused.json()["error"]) == (503, "pricing_pack_warming")
    assert refused.headers["retry-after"] == "840"
    assert refused.json()["details"]["estimated_ready"] == "2025-10-22T04:20:00Z"
    assert (health["status"], health["estimated_ready"]) == ("warming", "2025-10-22T04:20:00Z")
    assert (asked_for.status_code, export.status_code) == (200, 503)
    assert [one["code"] for one in asked_for.json()["warnings"]] == ["pack_not_fresh"]


def test_a_failed_reconciliation_is_told_whatever_freshness_was_asked_for_and_a_fresh_pack_answers(warming: Doors):
    pack_id = "PP_2025-10-21_EOD_v1"
    warming.app.data.states.reconciled(pack_id, passed=False, failure="chain_broken")
    failed = [warming.execute("CASH", require_fresh=fresh) for fresh in (True, False)]

    warming.make_fresh(pack_id)
    body = warming.result("CASH")

    assert [(one.status_code, one.json()["error"]) for one in failed] == [(500, "pricing_pack_error")] * 2
    assert failed[0].json()["details"] == {"pack_id": pack_id, "failure": "chain_broken", "error_bps": None}
    assert body["metadata"]["pack_state"] == "fresh"
    assert body["result"]["valued"]["nav"] == {"amount": "1000", "currency": "USD"}
    assert [one["index"] for one in body["metadata"]["trace"]["steps"]] == list(range(7))


def test_a_report_of_the_ledger_alone_leaves_with_its_mark(warming: Doors):
    warming.make_fresh("PP_2025-10-21_EOD_v1")

    answer = warming.execute("CASH", pattern_id="export_portfolio_report", inputs={"include_performance": False})

    assert answer.status_code == 200, answer.text
    assert answer.json()["result"]["report"]["format"] == "pdf"
    assert [one["status"] for one in answer.json()["metadata"]["trace"]["steps"]] == [
        "ok", "ok", "cached", "skipped", "skipped", "skipped", "skipped", "ok",
    ]  # fmt: skip
