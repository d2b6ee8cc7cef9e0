"""What the pages draw: series and shares, ready made."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from mintmark.measures import Undefined, growth_index
from mintmark.portfolio.capabilities.financial_analyst_performance import benchmark_returns
from mintmark.portfolio.capability import Answer, Arguments, Capability, Reading
from mintmark.portfolio.shapes import GivenHistory, GivenValued, NavHistory

Plain = dict[str, Any]


class OverviewGiven(Arguments):
    """What ``pricing.apply_pack`` and ``portfolio.nav_history`` gave."""

    valued: GivenValued
    history: GivenHistory


class Point(Answer):
    """One day of a line."""

    date: date
    value: float | None


class Share(Answer):
    """One part of the whole; null where the whole is not above zero."""

    name: str
    weight: Decimal | None


class OverviewCharts(Answer):
    """Values and the growth of one unit over the days asked for, its benchmark's, and the shares of what is held."""

    nav: list[Point]
    growth: list[Point]
    benchmark: list[Point] | None
    allocation: list[Share]
    currencies: list[Share]


def overview(reading: Reading, given: OverviewGiven) -> OverviewCharts:
    """Return the lines and shares of the overview."""
    history, valued = given.history, given.valued
    first = len(history.dates) - history.lookback_days
    dates = history.dates[first:]
    lines = {
        "nav": _line(dates, history.nav[first:]),
        "growth": _growth(reading, dates, history.returns[first:]),
        "benchmark": _benchmark(reading, history, first),
    }
    shares = {
        "allocation": [
            *({"name": one.symbol, "weight": one.weight} for one in valued.positions),
            *({"name": f"{one.kind} {one.amount.currency}", "weight": one.weight} for one in valued.money),
        ],
        "currencies": _currencies(given),
    }
    # A point by itself would be checked once more than the whole.
    return OverviewCharts.model_validate({**lines, **shares})


def _line(dates: list[date], values: list[float | None]) -> list[Plain]:
    return [{"date": day, "value": value} for day, value in zip(dates, values, strict=True)]


def _growth(reading: Reading, dates: list[date], returns: list[float | None]) -> list[Plain]:
    found = np.array([np.nan if one is None else one for one in returns[1:]])
    try:
        index = growth_index(found)
    except Undefined as undefined:
        reading.notes.undefined("growth", undefined.reason)
        return []
    return _line(dates, index.tolist())


def _benchmark(reading: Reading, history: NavHistory, first: int) -> list[Plain] | None:
    market = benchmark_returns(reading, history, ("benchmark",))
    if market is None:
        return None
    return _line(history.dates[first:], growth_index(market[first:]).tolist())


def _currencies(given: OverviewGiven) -> list[Plain]:
    if given.valued.nav.amount <= 0:
        return []
    by_name: dict[str, Decimal] = {}
    for currency, weight in (
        *((one.price.currency, one.weight) for one in given.valued.positions),
        *((one.amount.currency, one.weight) for one in given.valued.money),
    ):
        by_name[currency] = by_name.get(currency, Decimal(0)) + (weight or Decimal(0))
    return [{"name": name, "weight": weight} for name, weight in sorted(by_name.items())]


def capabilities() -> tuple[Capability, ...]:
    """Return the capabilities of this file."""
    found: tuple[tuple[str, Any, Any, Any, str], ...] = (
        ("charts.overview", OverviewGiven, OverviewCharts, overview, "Lines and shares of the overview."),
    )
    return tuple(Capability(name, arguments, result, run, summary) for name, arguments, result, run, summary in found)
