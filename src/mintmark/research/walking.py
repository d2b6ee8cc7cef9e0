"""The walk-forward of a backtest: which configurations run on each fold, and what they come to. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.domain import Bars, Instrument
from mintmark.measures import (
    Undefined,
    bar_returns,
    drawdowns,
    overfitting_probability,
    sharpe_per_bar,
    sharpe_ratio,
)
from mintmark.simulation import Account, BacktestResult, Protection, between, run_targets
from mintmark.strategy import Model, StrategySpec, Targets, signals, targets, variation

FloatArray = NDArray[np.float64]

ENTER_AT = (0.50, 0.55, 0.60, 0.65)
EDGE_MULTIPLE = (1.0, 1.5, 2.0, 3.0)
HOLDING_BARS = (0, 20)
_BPS = 10_000.0


@dataclass(frozen=True)
class Market:
    """What a run trades on: bars from the first of each series on, and the account's terms.

    ``rates``: the account's currency for one of each symbol's, by stamp; empty where all are the account's own.
    ``years``: bars per year of each symbol. ``costs``: of an entry and its exit, a fraction of the notional.
    """

    bars: Mapping[str, Bars]
    instruments: Sequence[Instrument]
    account: Account
    years: Mapping[str, int]
    costs: Mapping[str, float]
    rates: Mapping[str, FloatArray]

    @property
    def bars_per_year(self) -> int:
        """Bars per year of the first symbol: what figures are annualised by."""
        return self.years[self.instruments[0].symbol]

    @property
    def shortable(self) -> bool:
        """Whether every instrument may be sold short."""
        return all(instrument.shortable for instrument in self.instruments)

    def window(self, start: int, stop: int) -> list[Bars]:
        """Return the bars with ``start`` <= stamp < ``stop`` of each symbol."""
        return [between(self.bars[instrument.symbol], start, stop) for instrument in self.instruments]

    def window_rates(self, stamps: NDArray[np.int64]) -> FloatArray | None:
        """Return the rates at ``stamps`` (n_stamps, n_symbols), by the last one at or before; None when all are 1."""
        if not self.rates:
            return None
        columns = []
        for instrument in self.instruments:
            known = self.rates.get(instrument.symbol)
            own = self.bars[instrument.symbol].stamps
            place = np.maximum(np.searchsorted(own, stamps, side="right") - 1, 0)
            columns.append(np.ones(len(stamps)) if known is None else known[place])
        return np.column_stack(columns)


@dataclass(frozen=True)
class Configuration:
    """One way to decide on a fold's model; ``own`` is the strategy as written."""

    values: Mapping[str, float | int | bool]
    own: bool

    def of(self, spec: StrategySpec) -> StrategySpec:
        """Return ``spec`` with these decisions."""
        return variation(spec, **self.values)  # type: ignore[arg-type]


def configurations(spec: StrategySpec, shortable: bool) -> tuple[Configuration, ...]:
    """Return the eight configurations: four thresholds times two ways to hold.

    The strategy's own value replaces the nearest of each grid, of two the lower.
    """
    name = "edge_multiple" if spec.regression else "enter_at"
    own = getattr(spec.decisions, name)
    thresholds = with_own(EDGE_MULTIPLE if spec.regression else ENTER_AT, own)
    choices: Sequence[float]
    if shortable:
        other, mine, choices = "allow_short", float(spec.decisions.allow_short), (False, True)
    else:
        other, mine = "max_holding_bars", float(spec.risk.max_holding_bars)
        choices = [int(bars) for bars in with_own(HOLDING_BARS, mine)]
    return tuple(
        Configuration({name: threshold, other: choice}, threshold == own and choice == mine)
        for threshold in thresholds
        for choice in choices
    )


def with_own(grid: Sequence[float], own: float) -> tuple[float, ...]:
    """Return ``grid`` with its value nearest to ``own`` replaced, of two the lower.

    >>> with_own((0.50, 0.55, 0.60, 0.65), 0.58)
    (0.5, 0.55, 0.58, 0.65)
    """
    gaps = [round(abs(value - own), 12) for value in grid]
    place = gaps.index(min(gaps))
    return tuple(own if at == place else value for at, value in enumerate(grid))


def run_window(
    spec: StrategySpec, made: Targets, market: Market, start: int, stop: int, slippage: np.random.Generator
) -> BacktestResult:
    """Return what trading ``made`` in the window comes to, all costs paid."""
    return run_targets(
        market.window(start, stop),
        made.weights,
        market.instruments,
        market.account,
        bars_per_year=market.bars_per_year,
        protection=protection_of(spec),
        rates=market.window_rates(made.stamps),
        slippage=slippage,
    )


def protection_of(spec: StrategySpec) -> Protection:
    """Return the exits the engine makes for ``spec``."""
    risk = spec.risk
    return Protection(
        stop_loss=risk.stop_loss or 0.0,
        take_profit=risk.take_profit or 0.0,
        trailing_stop=risk.trailing_stop or 0.0,
        max_holding_bars=risk.max_holding_bars,
    )


def run_configurations(
    spec: StrategySpec, model: Model, market: Market, start: int, stop: int, seeds: Sequence[np.random.SeedSequence]
) -> list[BacktestResult]:
    """Return the run of each configuration in the window, all on the same answers of ``model``."""
    found = signals(spec, model, market.bars, market.years, start=start, stop=stop)
    runs = []
    for configuration, seed in zip(configurations(spec, market.shortable), seeds, strict=True):
        varied = configuration.of(spec)
        made = targets(varied, found, market.costs)
        runs.append(run_window(varied, made, market, start, stop, np.random.default_rng(seed)))
    return runs


def summed_up(returns: FloatArray, bars_per_year: int) -> dict[str, Any]:
    """Return the figures of bar ``returns`` (n_bars,); a Sharpe ratio that does not exist is None."""
    equity: FloatArray = np.cumprod(1.0 + returns, dtype=np.float64)
    return {
        "sharpe_ratio": _or_none(lambda: sharpe_ratio(returns, bars_per_year)),
        "sharpe_per_bar": _or_none(lambda: sharpe_per_bar(returns, bars_per_year)),
        "total_return": float(equity[-1] - 1.0),
        "max_drawdown": float(drawdowns(equity, 1.0).max()),
    }


def returns_of(run: BacktestResult) -> FloatArray:
    """Return the bar returns of a run, the first from its capital."""
    return bar_returns(run.equity, float(run.capital))


def overfitting(returns: FloatArray) -> tuple[float | None, int | None]:
    """Return the probability of overfitting over the configurations' returns (n_bars, 8) and its splits."""
    found = overfitting_probability(returns)
    return (None, None) if found is None else (found.pbo, found.splits)


def round_trip_cost(instrument: Instrument, price: float) -> float:
    """Return what an entry and its exit cost, as a fraction of the notional at ``price``."""
    costs, notional = instrument.costs, price * float(instrument.contract_size)
    slippage = float(costs.slippage_size) / _BPS if costs.slippage == "fixed_bps" else 0.0
    spread = float(instrument.spread_ticks) * float(instrument.tick) / price
    units = (float(costs.per_lot) + float(costs.per_unit) * float(instrument.contract_size)) / notional
    return 2.0 * (float(costs.fee_bps) / _BPS + slippage + units) + spread


def _or_none(formula: Any) -> float | None:
    try:
        return float(formula())
    except Undefined:
        return None
