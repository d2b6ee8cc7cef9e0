"""What a combination of a sweep runs: the built-in rule, or a strategy with other decisions and risk. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mintmark.research.sweep_keys import with_values
from mintmark.research.walking import Market, run_window
from mintmark.simulation import BacktestResult, Grid, averages_of, crossing, run_targets
from mintmark.strategy import Model, StrategySpec, signals, targets

Combination = Mapping[str, Any]
RunOf = Callable[[Combination], BacktestResult]
Slippage = Callable[[], np.random.Generator]


def rule_runs(market: Market, start: int, stop: int, grid: Grid, slippage: Slippage) -> RunOf:
    """Return what runs ``sma_cross`` in the window on all of the equity, each average computed once.

    The averages are warmed up on the bars before the window; where the instrument may not be sold short the rule is
    flat instead.
    """
    (instrument,) = market.instruments
    (window,) = market.window(start, stop)
    close, rates = market.bars[instrument.symbol].close, market.window_rates(window.stamps)
    first = int(np.searchsorted(market.bars[instrument.symbol].stamps, start))
    averages = averages_of(close, grid)

    def run(given: Combination) -> BacktestResult:
        found = crossing(averages, close, given, short=instrument.shortable)
        return run_targets(
            [window], found[first : first + len(window)], [instrument], market.account,
            bars_per_year=market.bars_per_year, rates=rates, slippage=slippage(),
        )  # fmt: skip

    return run


def strategy_runs(spec: StrategySpec, model: Model, market: Market, start: int, stop: int, slippage: Slippage) -> RunOf:
    """Return what runs ``spec`` with the decisions and risk of a combination, all on the same answers of ``model``."""
    # The answers depend on no field a combination may change.
    answers = signals(spec, model, market.bars, market.years, start=start, stop=stop)

    def run(given: Combination) -> BacktestResult:
        varied = with_values(spec, given)
        return run_window(varied, targets(varied, answers, market.costs), market, start, stop, slippage())

    return run
