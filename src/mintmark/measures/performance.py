"""The table of a backtest: every metric under its one name, and why one is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.measures import returns as gains
from mintmark.measures import risk
from mintmark.measures.undefined import Undefined

FloatArray = NDArray[np.float64]
Metric = float | int | None

MONEY_METRICS = ("net_profit", "price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost")


def performance(
    equity: FloatArray,
    capital: float,
    trades: Mapping[str, Any] | NDArray[Any],
    bars_per_year: float,
    *,
    held_bars: int,
    traded_notional: float,
    risk_free: float = 0.0,
) -> tuple[dict[str, Metric], dict[str, str]]:
    """Return the metrics, and the reason for each that is None.

    ``equity``: (n_bars,), its base is ``capital``. ``trades``: columns net_profit, return, mfe, bars_held and
    the parts of the net profit. ``held_bars``: bars with a position at the close. ``traded_notional``: the
    sum over all fills, in the account's currency. ``risk_free``: a yearly rate.
    """
    table = _Table()
    _of_equity(table, equity, capital, bars_per_year, risk_free)
    _of_trades(table, trades)
    table.put("exposure", lambda: held_bars / len(equity))
    table.put("turnover", lambda: _ratio(traded_notional, float(equity.mean()), "no_equity"))
    table.metrics |= {name: float(np.sum(trades[name])) for name in MONEY_METRICS}
    return table.metrics, table.undefined


def equity_performance(
    equity: FloatArray, capital: float, bars_per_year: float, risk_free: float = 0.0
) -> tuple[dict[str, Metric], dict[str, str]]:
    """Return the metrics that need no trades, and the reason for each that is None; see ``performance``."""
    table = _Table()
    _of_equity(table, equity, capital, bars_per_year, risk_free)
    return table.metrics, table.undefined


class _Table:
    def __init__(self) -> None:
        self.metrics: dict[str, Metric] = {}
        self.undefined: dict[str, str] = {}

    def put(self, name: str, formula: Callable[[], float | int]) -> None:
        try:
            self.metrics[name] = formula()
        except Undefined as why:
            self.metrics[name] = None
            self.undefined[name] = why.reason


def _of_equity(table: _Table, equity: FloatArray, capital: float, bars_per_year: float, risk_free: float) -> None:
    r = gains.bar_returns(equity, capital)
    depths = risk.drawdowns(equity, capital)
    deepest = float(depths.max())
    total = gains.total_return(equity, capital)
    table.put("total_return", lambda: total)
    table.put("annual_return", lambda: gains.annual_return(equity, capital, bars_per_year))
    table.put("annual_volatility", lambda: gains.annual_volatility(r, bars_per_year))
    table.put("sharpe_per_bar", lambda: gains.sharpe_per_bar(r, bars_per_year, risk_free))
    table.put("sharpe_ratio", lambda: gains.sharpe_ratio(r, bars_per_year, risk_free))
    table.put("sortino_ratio", lambda: gains.sortino_ratio(r, bars_per_year, risk_free))
    table.put("max_drawdown", lambda: deepest)
    table.put("max_drawdown_bars", lambda: risk.longest_drawdown(depths))
    table.put("ulcer_index", lambda: risk.ulcer_index(depths))
    table.put(
        "calmar_ratio", lambda: _ratio(gains.annual_return(equity, capital, bars_per_year), deepest, "no_drawdown")
    )
    table.put("recovery_factor", lambda: _ratio(total, deepest, "no_drawdown"))
    table.put("omega_ratio", lambda: gains.omega_ratio(r))
    table.put("var_95", lambda: risk.value_at_risk(r, 0.95))
    table.put("cvar_95", lambda: risk.expected_shortfall(r, 0.95))
    table.put("cvar_99", lambda: risk.expected_shortfall(r, 0.99))
    table.put("skewness", lambda: risk.skewness(r))
    table.put("excess_kurtosis", lambda: risk.excess_kurtosis(r))
    table.put("tail_ratio", lambda: risk.tail_ratio(r))


def _of_trades(table: _Table, trades: Mapping[str, Any] | NDArray[Any]) -> None:
    net = np.asarray(trades["net_profit"], dtype=np.float64)
    wins, losses = net[net > 0.0], net[net < 0.0]
    count = len(net)
    lost = -float(losses.sum())
    table.put("total_trades", lambda: count)
    table.put("winning_trades", lambda: len(wins))
    table.put("losing_trades", lambda: len(losses))
    table.put("win_rate", lambda: _ratio(len(wins), count, "no_trades"))
    table.put("profit_factor", lambda: _ratio(float(wins.sum()), lost, "no_losses" if count else "no_trades"))
    table.put("expectancy", lambda: _of(net, np.mean, "no_trades"))
    table.put("average_win", lambda: _of(wins, np.mean, "no_wins" if count else "no_trades"))
    table.put("average_loss", lambda: _of(losses, np.mean, "no_losses" if count else "no_trades"))
    table.put("largest_win", lambda: _of(wins, np.max, "no_wins" if count else "no_trades"))
    table.put("largest_loss", lambda: _of(losses, np.min, "no_losses" if count else "no_trades"))
    table.put("average_holding_bars", lambda: _of(np.asarray(trades["bars_held"]), np.mean, "no_trades"))
    reach = float(np.sum(trades["mfe"]))
    table.put(
        "mfe_capture",
        lambda: _ratio(float(np.sum(trades["return"])), reach, "no_variation" if count else "no_trades"),
    )


def _of(values: NDArray[Any], formula: Callable[[NDArray[Any]], Any], reason: str) -> float:
    if len(values) == 0:
        raise Undefined(reason)
    return float(formula(values))


def _ratio(above: float, below: float, reason: str) -> float:
    if below <= 0.0:
        raise Undefined(reason)
    return above / below
