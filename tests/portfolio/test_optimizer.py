"""Proposals on real returns: policies, the turnover cap, whole lots, costs, and refusals."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from mintmark.domain import Refusal
from mintmark.measures import turnover
from mintmark.portfolio.costs import trade_cost
from mintmark.portfolio.optimizer import Held, Impact, Proposal, analyze_impact, propose_trades, trades_to
from mintmark.portfolio.policies import Constraints, Figures, Policy, Rule

NAMES = ("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO")
WIDE = {"max_te": Decimal(1), "max_turnover": Decimal(1), "max_single_position": Decimal(1), "max_sector": Decimal(1)}


@pytest.fixture(scope="module")
def real(shared_data):
    table = pl.read_parquet(shared_data / "equities" / "sp500_20names_adjclose_daily.parquet")
    levels = table.select(NAMES).to_numpy()[-253:]
    return levels[1:] / levels[:-1] - 1


def holding(weights, nav=1_000_000):
    return [
        Held(name, Decimal(nav) * Decimal(weight) / 100, Decimal(1))
        for name, weight in zip(NAMES, weights, strict=False)
    ]


def figures(sectors=None, **metrics):
    return Figures({name: {"rating": metrics.get(name)} for name in NAMES}, sectors or {})


def propose(held, returns, policies=(), known=None, cash=0, **more):
    constraints = Constraints(**(WIDE | {name: one for name, one in more.items() if name != "method"}))
    chosen = {"method": more["method"]} if "method" in more else {}
    return propose_trades(
        held, Decimal(cash), policies, constraints, known or figures(), returns[:, : len(held)], **chosen
    )


UNRATED = Policy("avoid the unsafe", Rule("rating", "<", Decimal(5)), cap_weight=Decimal("0.05"))


def test_over_the_cap_every_trade_is_scaled_and_the_policy_still_waits(real):
    held, known = holding([40, 30, 10, 10, 10]), figures(AAPL=Decimal(2), AMD=Decimal(9))

    free = propose(held, real, [UNRATED], known)
    capped = propose(held, real, [UNRATED], known, max_turnover=Decimal("0.20"))

    assert isinstance(free, Proposal)
    assert isinstance(capped, Proposal)
    assert free.after["AAPL"] == pytest.approx(Decimal("0.05"), abs=Decimal("1e-5"))
    assert free.turnover_needed == pytest.approx(0.35, abs=1e-6)
    assert (free.unmet, capped.unmet) == ((), ("avoid the unsafe",))
    moved = {trade.symbol: trade.units for trade in free.trades}
    for trade in capped.trades:
        assert float(trade.units) == pytest.approx(float(moved[trade.symbol]) * 20 / 35, abs=1.5)
    assert capped.turnover == pytest.approx(0.20, abs=1e-5)
    codes = dict(capped.warnings)
    assert "avoid the unsafe" in codes["turnover_capped"]
    assert codes["metric_missing"] == "avoid the unsafe: no rating of BAC, BBY, CVX"


def test_four_trades_of_ten_thousand_cost_eighty():
    moves = np.array([0.01, -0.01, 0.01, -0.01])

    trades = trades_to(holding([25, 25, 25, 25]), moves, Decimal(1_000_000), Decimal(500))

    assert [(trade.side, trade.notional) for trade in trades] == [("buy", 10_000), ("sell", 10_000)] * 2
    assert sum(trade.cost for trade in trades) == Decimal("80.00")
    assert trade_cost(Decimal(0)) == 0


def test_a_trade_under_five_hundred_is_left_out():
    trades = trades_to(holding([50, 50]), np.array([0.00049, -0.0005]), Decimal(1_000_000), Decimal(500))

    assert [(trade.symbol, trade.notional) for trade in trades] == [("AMD", 500)]


def test_ten_names_of_two_percent_cannot_be_fully_invested(real):
    found = propose(holding([10] * 10), real, max_single_position=Decimal("0.02"), invested=Decimal(1))

    assert isinstance(found, Refusal)
    assert found.code == "optimizer_infeasible"


def test_lots_are_whole_and_cut_towards_nothing():
    held = [
        Held("AAPL", Decimal(100), Decimal("33.3"), Decimal(10)),
        Held("AMD", Decimal(100), Decimal("33.3"), Decimal(10)),
    ]

    trades = trades_to(held, np.array([0.29, -0.29]), Decimal(10_000), Decimal(1))

    assert [trade.units for trade in trades] == [80, 80]


def test_what_is_to_be_left_is_sold_to_the_last_unit():
    held = [Held("AAPL", Decimal("100.5"), Decimal(10))]

    (trade,) = trades_to(held, np.array([-0.1005]), Decimal(10_000), Decimal(1))

    assert trade.units == Decimal("100.5")


def test_a_least_weight_and_a_sector_cap_are_kept_beside_cash(real):
    sectors = {"AAPL": "tech", "AMD": "tech", "BAC": "banks", "JPM": "banks"}
    known = figures(sectors, JNJ=Decimal(9), KO=Decimal(9))
    policy = Policy("the safe", Rule("rating", ">=", Decimal(8)), min_weight_total=Decimal("0.4"))

    found = propose(
        holding([20, 15, 5, 5, 5, 5, 5, 5, 5, 5]), real, [policy], known, cash=250_000, max_sector=Decimal("0.25")
    )

    assert isinstance(found, Proposal)
    assert found.unmet == ()
    after = found.after
    assert after["AAPL"] + after["AMD"] <= Decimal("0.2501")
    assert after["JNJ"] + after["KO"] >= Decimal("0.3999")
    assert sum(after.values()) == pytest.approx(Decimal("0.75"), abs=Decimal("1e-4"))


@pytest.mark.parametrize("method", ["min_variance", "risk_parity", "min_cvar", "max_sharpe"])
def test_other_methods_stay_within_the_tracking_error(real, method):
    found = propose(holding([10] * 10), real, method=method, max_te=Decimal("0.02"))

    assert isinstance(found, Proposal)
    impact = analyze_impact(holding([10] * 10), Decimal(0), found.trades, real)
    assert isinstance(impact, Impact)
    assert impact.tracking_error <= 0.02 + 1e-5
    assert impact.turnover == pytest.approx(found.turnover)
    assert impact.cost == found.cost


def test_a_holding_without_its_history_is_named_and_nothing_is_filled(real):
    returns = real.copy()
    returns[:10, 2] = np.nan

    found = propose(holding([10] * 10), returns)

    assert isinstance(found, Refusal)
    assert (found.code, found.details) == ("history_too_short", {"symbols": ["BAC"]})
    assert propose(holding([10] * 10), real[1:]).code == "history_too_short"


def test_what_keeps_its_policies_is_left_alone(real):
    found = propose(holding([10] * 10, nav=10**12), real)

    assert isinstance(found, Proposal)
    assert (found.trades, found.cost, found.wished) == ((), 0, found.before)
    assert found.turnover == turnover(np.full(10, 0.1), np.full(10, 0.1))
