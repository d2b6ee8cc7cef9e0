"""Policies, tax and headlines through the one executor, over a pack of made-up companies."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from portfolio_house import HandClock, a_runtime

from mintmark.app import App, local_owner, open_app
from mintmark.data import PREWARM_STEPS, trading_days
from mintmark.domain import MintmarkError, Refusal, canonical_json
from mintmark.ledger import Draft
from mintmark.portfolio import NewPortfolio, Question, security_id
from mintmark.portfolio.operations.running import Call

END = date(2019, 6, 28)
NAMES = tuple(f"N{index}" for index in range(10))
FREE = {"max_te": 1, "max_turnover": 1, "max_single_position": 1, "max_sector": 1}


@dataclass
class Asked:
    """A house asked by its owner."""

    app: App
    pack_id: str = ""

    def body(self, code: str, pattern: str, **inputs: Any) -> dict[str, Any]:
        portfolio = self.app.portfolio.portfolio(local_owner(), code)
        question = Question(pattern_id=pattern, portfolio_id=portfolio.portfolio_id, inputs=inputs)
        executed = self.app.portfolio.execute(local_owner(), question, request_id=str(uuid4()))
        body: dict[str, Any] = json.loads(canonical_json(executed.body))
        return body

    def refusal(self, code: str, pattern: str, **inputs: Any) -> MintmarkError:
        with pytest.raises(MintmarkError) as raised:
            self.body(code, pattern, **inputs)
        return raised.value


def closes(index: int, count: int) -> list[str]:
    """Return closes that end at 100."""
    rng = np.random.default_rng(index)
    levels = np.exp(np.cumsum(rng.normal(0.0, 0.01, count)))
    levels = np.round(levels / levels[-1] * 100.0, 2)
    levels[-1] = 100.0
    return [f"{level:.2f}" for level in levels]


def draft(code: str, kind: Any, day: date, **meta: Any) -> Draft:
    return Draft(code, kind, day, meta)


def buy(code: str, symbol: str, day: date, units: int, price: str, **more: Any) -> Draft:
    terms = {"symbol": symbol, "units": str(units), "price": price, "currency": "USD", **more}
    return draft(code, "trade", day, **terms)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """Ten companies at 100 each on the last day; portfolios POLICY, TEN, TAX and OTHER of one owner."""
    folder = tmp_path_factory.mktemp("proposals")
    app = open_app(home=folder / "home", clock=HandClock(datetime(2019, 6, 29, 12, tzinfo=UTC)))
    days = trading_days("XNYS", date(2018, 1, 2), END)
    for index, name in enumerate(NAMES):
        path = folder / f"{name}.csv"
        with path.open("w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("timestamp", "open", "high", "low", "close", "volume"))
            rows.writerows(
                (day, one, one, one, one, 1000) for day, one in zip(days, closes(index, len(days)), strict=True)
            )
        options = {"symbol": name, "timeframe": "1d", "asset_class": "equity", "source": "file:made"}
        app.data.import_file(path, **options, timezone="UTC")
    head = [{"published": "2019-06-28T08:00:00Z", "title": "N1 speaks", "url": "https://x.example/1",
             "publisher": "Desk", "symbols": ["N1"]},
            {"published": "2019-06-28T19:00:00Z", "title": "N2 speaks", "url": "https://x.example/2",
             "publisher": "Desk", "symbols": ["N2"]}]  # fmt: skip
    (folder / "news.json").write_text(json.dumps(head))
    app.data.import_news(folder / "news.json", source="file:desk", rights="research_only")
    for code, tax in (("POLICY", "none"), ("TEN", "none"), ("TAX", "us"), ("OTHER", "us"), ("SPLIT", "us")):
        app.portfolio.create(local_owner(), NewPortfolio(code, "USD", tax_rule=tax, benchmark="N0"))
    first = date(2018, 2, 1)
    post(app, first)
    asked = Asked(app)
    asked.pack_id = app.data.build(END, "EOD")["pack_id"]
    app.data.states.reconciled(asked.pack_id, passed=True)
    for step in PREWARM_STEPS:
        app.data.states.prewarmed(asked.pack_id, step)
    app.data.states.mark_fresh(asked.pack_id)
    yield asked
    app.close()


def post(app: App, first: date) -> None:
    """Book 40, 30, 10, 10, 10 % in POLICY, a tenth each in TEN, and sales at a loss in TAX."""
    drafts = []
    for code, units in (("POLICY", (4000, 3000, 1000, 1000, 1000)), ("TEN", (1000,) * 10)):
        spent = sum(units) * 100
        drafts.append(draft(code, "deposit", first, amount=str(spent), currency="USD"))
        drafts += [buy(code, name, first, one, "100") for name, one in zip(NAMES, units, strict=False)]
    drafts += [
        draft("TAX", "deposit", first, amount="100000", currency="USD"),
        buy("TAX", "N5", date(2018, 3, 1), 100, "200", fee="10"),
        buy("TAX", "N6", date(2018, 3, 1), 100, "110"),
        buy("TAX", "N7", date(2019, 6, 20), 100, "105"),
        draft("OTHER", "deposit", first, amount="100000", currency="USD"),
        buy("OTHER", "N5", date(2019, 4, 1), 40, "150"),
        buy("TAX", "N5", date(2019, 3, 15), -100, "150", fee="20"),
        draft("SPLIT", "deposit", first, amount="100000", currency="USD"),
        buy("SPLIT", "N8", date(2018, 3, 1), 100, "200"),
        draft("SPLIT", "split", date(2018, 6, 1), symbol="N8", ratio="2/1"),
        buy("SPLIT", "N8", date(2019, 3, 15), -200, "90"),
        buy("SPLIT", "N8", date(2019, 3, 20), 50, "80"),
    ]
    app.ledger.post(drafts)


CAPPED = {"rule": {"metric": "weight", "op": ">=", "value": "0.3"}, "action": {"cap_weight": "0.175"}}


def test_policies_that_need_35_percent_turnover_under_a_cap_of_20_are_met_by_20_35ths(asked: Asked):
    free = asked.body("POLICY", "policy_rebalance", policies=[CAPPED], constraints=FREE)["result"]["trades"]
    body = asked.body("POLICY", "policy_rebalance", policies=[CAPPED], constraints={**FREE, "max_turnover": "0.20"})

    capped = body["result"]["trades"]
    assert free["turnover_needed"] == pytest.approx(0.35, abs=1e-6)
    assert capped["turnover_needed"] == pytest.approx(0.35, abs=1e-6)
    assert capped["turnover"] == pytest.approx(0.20, abs=3e-4)
    moved = {one["symbol"]: Decimal(one["units"]) for one in free["trades"]}
    for one in capped["trades"]:
        assert float(one["units"]) == pytest.approx(float(moved[one["symbol"]]) * 20 / 35, abs=1.01)
    assert "turnover_capped" in [one["code"] for one in body["warnings"]]
    assert capped["unmet"] == ["weight >= 0.3"]


def test_what_the_proposed_trades_cost_is_5_each_and_15_basis_points(asked: Asked):
    body = asked.body("POLICY", "policy_rebalance", policies=[CAPPED], constraints={**FREE, "max_turnover": "0.20"})

    trades, impact = body["result"]["trades"], body["result"]["impact"]
    notional = sum(Decimal(one["notional"]["amount"]) for one in trades["trades"])
    expected = 5 * len(trades["trades"]) + notional * Decimal("0.0015")
    assert Decimal(trades["cost"]["amount"]) == Decimal(impact["cost"]["amount"]) == expected
    assert impact["turnover"] == trades["turnover"]
    assert impact["tracking_error"] > 0


def test_a_trade_under_500_is_dropped(asked: Asked):
    slight = {"rule": {"metric": "weight", "op": ">=", "value": "0.4"}, "action": {"cap_weight": "0.3996"}}

    body = asked.body("POLICY", "policy_rebalance", policies=[slight], constraints=FREE)

    assert body["result"]["trades"]["trades"] == []


def test_fully_invested_in_ten_names_capped_at_2_percent_is_infeasible(asked: Asked):
    every = {"rule": {"metric": "weight", "op": ">=", "value": 0}, "action": {"cap_weight": "0.02"}}

    refused = asked.refusal("TEN", "policy_rebalance", policies=[every], constraints={**FREE, "invested": 1})

    assert refused.code == "optimizer_infeasible"


def test_a_policy_of_an_unknown_shape_is_refused(asked: Asked):
    two = {**CAPPED, "action": {"cap_weight": "0.1", "min_weight_total": "0.1"}}

    assert asked.refusal("POLICY", "policy_rebalance", policies=[two]).code == "input_invalid"


def test_the_tax_of_a_year_counts_fees_and_what_another_portfolio_bought_back(asked: Asked):
    result = asked.body("TAX", "portfolio_tax_report", tax_year=2019)["result"]

    (gain,) = result["gains"]["gains"]
    # 100 x 150 - 20 against 100 x 200 + 10: a loss of 5,030, of which OTHER bought back 40 of 100 shares.
    assert (gain["gain"]["amount"], gain["disallowed"]["amount"]) == ("-5030", "2012")
    assert (gain["term"], gain["allowed_gain"]["amount"]) == ("long", "-3018")
    assert [one["lot"].split(":")[0] for one in result["wash_sales"]["wash_sales"][0]["replacements"]] == ["OTHER"]
    assert result["wash_sales"]["disallowed"] == {"amount": "2012", "currency": "USD"}
    (lot,) = result["lots"]["lots"]
    assert (lot["units_sold"], lot["units_open"]) == ("100", "0")
    assert (result["summary"]["long_losses"]["amount"], result["summary"]["net"]["amount"]) == ("-3018", "-3018")


def test_shares_bought_before_a_split_are_taxed_as_the_shares_they_became(asked: Asked):
    result = asked.body("SPLIT", "portfolio_tax_report", tax_year=2019)["result"]

    (gain,) = result["gains"]["gains"]
    # 200 x 90 against 100 x 200: a loss of 2,000, 10 a share, of which 50 shares were bought back within 30 days.
    assert (gain["units"], gain["gain"]["amount"], gain["disallowed"]["amount"]) == ("200", "-2000", "500")


def test_a_portfolio_without_a_tax_rule_says_so(asked: Asked):
    assert asked.refusal("POLICY", "portfolio_tax_report", tax_year=2019).code == "tax_rule_not_set"


def test_losses_worth_taking_are_ranked_by_what_they_save_at_the_given_rates(asked: Asked):
    rates = {"short_rate": "0.35", "long_rate": "0.15"}

    found = asked.body("TAX", "tax_harvesting_opportunities", **rates)["result"]["opportunities"]
    larger = asked.body("TAX", "tax_harvesting_opportunities", min_loss=600, **rates)["result"]["opportunities"]

    # N7 lost 500 within a year, N6 1,000 over more than one: 175 beats 150.
    assert [(one["loss"]["symbol"], one["benefit"]["amount"]) for one in found["opportunities"]] == [
        ("N7", "175"),
        ("N6", "150"),
    ]
    assert found["total"] == {"amount": "325", "currency": "USD"}
    assert found["opportunities"][0]["loss"]["buy_again"] == "2019-07-29"
    assert [one["loss"]["symbol"] for one in larger["opportunities"]] == ["N6"]


def test_a_headline_is_measured_by_the_session_after_it_and_one_after_the_open_waits(asked: Asked):
    body = asked.body("POLICY", "news_impact_analysis", min_impact_bps=0)

    known, waiting = body["result"]["impact"]["effects"]
    assert (known["symbol"], known["day"], waiting["symbol"]) == ("N1", "2019-06-28", "N2")
    assert Decimal(known["impact_bps"]) == pytest.approx(
        Decimal(known["weight"]) * Decimal(repr(known["abnormal_return"])) * 10_000, abs=Decimal("1e-6")
    )
    assert Decimal(known["impact_bps"]) == Decimal(body["result"]["impact"]["total_bps"])
    assert body["undefined"]["impact.effects.1.impact_bps"] == "session_ahead"
    assert body["result"]["alert"] is None


def test_an_alert_is_made_only_when_it_is_asked_for_and_the_effect_is_50_basis_points(asked: Asked):
    body = asked.body("POLICY", "news_impact_analysis", min_impact_bps=0, create_alert=True)

    alert, largest = body["result"]["alert"], Decimal(body["result"]["impact"]["largest_bps"])
    assert alert["created"] is (abs(largest) >= 50)
    assert Decimal(alert["observed"]) == largest


def called(asked: Asked, capability: str, *, code: str = "POLICY", **arguments: Any) -> Any:
    """Return what one capability answers about a portfolio, as the executor would ask it."""
    room = asked.app.portfolio
    portfolio = room.portfolio(local_owner(), code)
    question = Question(pattern_id="portfolio_overview", portfolio_id=portfolio.portfolio_id)
    ground = room.executor.check(local_owner(), question, request_id=str(uuid4()), trace_id="t" * 32).ground
    runtime = a_runtime(room.agents)
    given = runtime.read_arguments(capability, arguments)
    assert not isinstance(given, Refusal), given
    return runtime.call(Call(capability, given, "one"), ground)


def test_a_portfolio_that_is_its_benchmark_has_no_active_return_and_classes_add_to_it(asked: Asked):
    own = {"N0": "0.4", "N1": "0.3", "N2": "0.1", "N3": "0.1", "N4": "0.1"}
    classes = {"N0": "old", "N1": "old", "N2": "new", "N3": "new"}
    weights = called(asked, "attribution.brinson", weights=own, classes=classes, lookback_days=1).value

    half = called(asked, "attribution.brinson", weights={"N0": "0.5", "N3": "0.5"}, classes=classes).value

    effects = ("allocation", "selection", "interaction")
    assert {one["name"] for one in weights["classes"]} == {"old", "new", "unclassified"}
    # Weights drift with prices, so a day's start is near the day's end of 40, 30 and three times 10 %.
    assert weights["active"] == pytest.approx(0.0, abs=2e-3)
    assert sum(one[name] for one in half["classes"] for name in effects) == pytest.approx(half["active"], abs=1e-12)
    assert half["active"] == pytest.approx(half["portfolio_return"] - half["benchmark_return"], abs=1e-15)


def test_weights_of_a_benchmark_that_do_not_add_to_one_are_refused(asked: Asked):
    refused = called(asked, "attribution.brinson", weights={"N0": "0.4"})

    assert isinstance(refused, Refusal)
    assert (refused.code, refused.observed) == ("input_invalid", "0.4")


def test_what_the_pack_holds_is_read_and_what_it_lacks_names_the_import_that_brings_it(asked: Asked):
    quote = called(asked, "provider.fetch_quote", symbol="N1").value
    news = called(asked, "provider.fetch_news", symbol="N1").value
    missing = [
        called(asked, "provider.fetch_quote", symbol="ACME"),
        called(asked, "provider.fetch_fundamentals", symbol="N1"),
        called(asked, "provider.fetch_ratios", symbol="N1"),
        called(asked, "provider.fetch_news", symbol="N9"),
        called(asked, "provider.fetch_macro", name="UNRATE"),
    ]

    assert (quote["price"]["amount"], quote["day"]) == (Decimal(100), END)
    assert [one["title"] for one in news["items"]] == ["N1 speaks"]
    assert [one.code for one in missing] == [
        "price_missing", "fundamentals_missing", "fundamentals_missing", "news_missing", "macro_unknown",
    ]  # fmt: skip
    assert all(one.details["import"].startswith("mintmark data ") for one in missing)


def test_a_quality_checklist_flags_what_is_weak_first_and_tells_every_input(asked: Asked):
    inputs = {"payout_5y": Decimal("0.4"), "fcf_cover": Decimal("3.5"), "growth_streak": Decimal(3)}
    parts = [
        {"name": name, "value": value, "points": points, "weight": Decimal("0.25")}
        for (name, value), points in zip(inputs.items(), (7, 10, 5), strict=True)
    ]
    parts.append({"name": "net_cash", "value": None, "points": None, "weight": Decimal("0.25")})
    rated = {"symbol": "N1", "name": "dividend_safety", "method": "v1", "rating": None, "missing": ["net_cash"]}

    flags = called(asked, "ratings.flags", ratings=[{**rated, "components": parts}]).value
    components = called(asked, "ratings.components", ratings=[{**rated, "components": parts}])

    assert [(one["name"], one["kind"]) for one in flags["flags"]] == [
        ("growth_streak", "weak"), ("net_cash", "missing"), ("fcf_cover", "strong"),
    ]  # fmt: skip
    assert [one["name"] for one in components.value["components"]] == [*inputs, "net_cash"]
    assert components.undefined["components.3.value"] == "statements_incomplete"


def test_an_unrated_company_has_no_checklist(asked: Asked):
    with pytest.raises(MintmarkError) as raised:
        asked.app.portfolio.execute(
            local_owner(),
            Question(pattern_id="buffett_checklist", security_id=security_id("N1")),
            request_id=str(uuid4()),
        )

    assert raised.value.code == "fundamentals_missing"
