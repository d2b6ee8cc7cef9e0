"""The checklist of a company, from a file of its statements to its grade, by the one executor."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from portfolio_house import HandClock

from mintmark.app import local_owner, open_app
from mintmark.data import trading_days
from mintmark.domain import canonical_json
from mintmark.portfolio import Question, security_id

DAY = date(2016, 3, 31)
# Millions of dollars a year: payout 40 %, free cash flow 3.5 times the dividend, net cash of 20 billion.
STATEMENT = {
    "revenue": 50_000, "gross_profit": 25_000, "operating_income": 12_500, "interest_expense": 2_000,
    "net_income": 10_000, "dividends_paid": 4_000, "operating_cash_flow": 16_000, "capital_expenditure": 2_000,
    "cash": 30_000, "total_debt": 10_000, "equity": 40_000, "current_assets": 20_000, "current_liabilities": 16_000,
    "intangibles": 20_000, "total_assets": 100_000,
}  # fmt: skip


def statements(path: Path) -> Path:
    """Write thirteen years of statements in which the dividend grew twelve times."""
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("symbol", "period_end", "frequency", "item", "value", "released"))
        for year in range(2003, 2016):
            told = {**STATEMENT, "dividend_per_share": 100 + year - 2003}
            rows.writerows(
                ("ACME", f"{year}-12-31", "annual", item, value, f"{year + 1}-02-15") for item, value in told.items()
            )
    return path


def closes(path: Path) -> Path:
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("timestamp", "open", "high", "low", "close", "volume"))
        rows.writerows((day, 10, 10, 10, 10, 1000) for day in trading_days("XNYS", date(2016, 3, 1), DAY))
    return path


def test_a_company_with_its_statements_has_a_grade_and_only_the_explanation_is_refused(tmp_path: Path):
    app = open_app(home=tmp_path / "home", clock=HandClock(datetime(2016, 4, 1, 6, tzinfo=UTC)))
    told = {"symbol": "ACME", "timeframe": "1d", "asset_class": "equity", "source": "file:made"}
    app.data.import_file(closes(tmp_path / "acme.csv"), **told, timezone="UTC")
    figures = {"source": "file:filings", "rights": "research_only", "currency": "USD", "scale": Decimal(1_000_000)}
    app.data.import_fundamentals(statements(tmp_path / "figures.csv"), **figures)
    app.data.build(DAY, "EOD")
    question = Question("buffett_checklist", security_id=security_id("ACME"), require_fresh=False)

    answer = app.portfolio.execute(local_owner(), question, request_id=str(uuid4()))
    body = json.loads(canonical_json(answer.body))
    app.close()

    (badge,) = body["result"]["scorecard"]["badges"]
    # 7 x .3 + 10 x .35 + 9 x .2 + 8 x .15; 10 x .45 + 8 x .35 + 6 x .2; 10 x .4 + 7 x .25 + 8 x .2 + 10 x .15.
    rated = {name: Decimal(value) for name, value in badge["ratings"].items()}
    assert rated == {
        "dividend_safety": Decimal("8.6"),
        "moat_strength": Decimal("8.5"),
        "resilience": Decimal("8.85"),
    }
    assert Decimal(badge["rating"]) == Decimal("8.65")
    assert badge["grade"] == "A"
    assert len(body["result"]["components"]["components"]) == 11
    assert body["result"]["explanation"] is None
    assert [(one["capability"], one["code"]) for one in body["refusals"]] == [("ai.explain", "no_model_key")]
    assert "file:filings" in body["metadata"]["sources"]
