"""The formulas of a portfolio: how long a figure takes, on drawn numbers of the size of a large portfolio."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from figures import Figure, below, median_seconds, seen
from mintmark.measures import (
    compile_kernels,
    day_effects,
    drawdown_at_risk,
    factor_exposures,
    linked_effects,
    money_weighted,
)
from mintmark.portfolio.tax import Purchase, Sale, view_sales

HOLDINGS = 50
DAYS = 1_260
SALES = 10_000


def measure() -> list[Figure]:
    """Return the figures of 50 holdings over five years, and of 10,000 sales."""
    compile_kernels()
    draw = np.random.default_rng(1)
    returns, values = draw.normal(0.0, 0.01, (DAYS, HOLDINGS)), draw.uniform(1e3, 9e3, HOLDINGS)
    factors, flows = draw.normal(0.0, 0.01, (DAYS, 5)), draw.uniform(-2.0, 1.0, 500)
    when = np.sort(draw.integers(0, 3_650, 500))
    sales, purchases = _trades()
    return [
        below(
            "drawdown at risk, 50 holdings, 10,000 paths of 30 days",
            median_seconds(lambda: drawdown_at_risk(returns, values, 1e4, np.random.default_rng(2))), "s", 3.0,
        ),
        seen("attribution of 1,260 days and 50 holdings", median_seconds(lambda: _attributed(returns)) * 1_000, "ms"),
        seen(
            "exposures of 50 holdings to five factors",
            median_seconds(lambda: [factor_exposures(one, factors, 252) for one in returns.T]) * 1_000, "ms",
        ),
        seen("money-weighted return of 500 flows", median_seconds(lambda: money_weighted(flows, when)) * 1_000, "ms"),
        seen("wash sales among 10,000 sales", median_seconds(lambda: view_sales(sales, purchases)), "s"),
    ]  # fmt: skip


def _attributed(returns: np.ndarray) -> np.ndarray:
    opened, nothing = np.full_like(returns, 100.0), np.zeros_like(returns)
    effects = day_effects(
        opened.sum(axis=1), opened, returns, returns / 4.0, income=nothing, trading=nothing, costs=nothing
    )
    return linked_effects(effects, effects.sum(axis=(0, 2)))


def _trades() -> tuple[list[Sale], list[Purchase]]:
    first, sales, purchases = date(2015, 1, 1), [], []
    for number in range(SALES):
        symbol, lot, bought = f"S{number % HOLDINGS}", str(number), first + timedelta(days=number // 5)
        sold = bought + timedelta(days=20 + number % 400)
        purchases.append(Purchase(symbol, lot, bought, Decimal(100)))
        sales.append(Sale(symbol, lot, bought, sold, Decimal(100), Decimal(900 + number % 200), Decimal(1_000)))
    return sales, purchases
