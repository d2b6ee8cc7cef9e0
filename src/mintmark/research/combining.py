"""What a combination of a sweep runs: the built-in rule, or a strategy with other decisions and risk. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mintmark.research.sweep_keys import with_values
from mintmark.research.walking import Market, run_window
from mintmark.simulation import BacktestResult, CrossSweep, Grid
from mintmark.strategy import Model, StrategySpec, signals, targets

Combination = Mapping[str, Any]
RunOf = Callable[[Combination], BacktestResult]
Slippage = Callable[[], np.random.Generator]


def rule_sweep(
    market: Market, start: int, stop: int, grid: Grid | Sequence[Combination], slippage: Slippage
) -> CrossSweep:
    """Return what runs ``sma_cross`` in the window on all of the equity, each average computed once.

    The averages are warmed up on the bars before the window; where the instrument may not be sold short the rule is
    flat instead.
    """
    (instrument,) = market.instruments
    (window,) = market.window(start, stop)
    bars = market.bars[instrument.symbol]
    close = bars.close[: int(np.searchsorted(bars.stamps, stop))]
    return CrossSweep(
        window, grid, instrument, market.account, market.bars_per_year, close, rates=market.window_rates(window.stamps),
        slippage=slippage,
    )  # fmt: skip


def strategy_runs(spec: StrategySpec, model: Model, market: Market, start: int, stop: int, slippage: Slippage) -> RunOf:
    """Return what runs ``spec`` with the decisions and risk of a combination, all on the same answers of ``model``."""
    # The answers depend on no field a combination may change.
    answers = signals(spec, model, market.bars, market.years, start=start, stop=stop)

    def run(given: Combination) -> BacktestResult:
        varied = with_values(spec, given)
        return run_window(varied, targets(varied, answers, market.costs), market, start, stop, slippage())

    return run
