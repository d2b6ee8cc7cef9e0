"""The table of a backtest: every metric under its one name, and why one is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintmark.measures.formulas import REASONS

FloatArray = NDArray[np.float64]
Metric = float | int | None

CURVE_METRICS = (
    "total_return", "annual_return", "annual_volatility", "sharpe_per_bar", "sharpe_ratio", "sortino_ratio",
    "max_drawdown", "max_drawdown_bars", "ulcer_index", "calmar_ratio", "recovery_factor", "omega_ratio", "var_95",
    "cvar_95", "cvar_99", "skewness", "excess_kurtosis", "tail_ratio",
)  # fmt: skip
TRADE_METRICS = (
    "total_trades", "winning_trades", "losing_trades", "win_rate", "profit_factor", "expectancy", "average_win",
    "average_loss", "largest_win", "largest_loss", "average_holding_bars", "mfe_capture",
)  # fmt: skip
MONEY_METRICS = ("net_profit", "price_profit", "spread_cost", "slippage_cost", "fees", "financing_cost")
METRICS = (*CURVE_METRICS, *TRADE_METRICS, "exposure", "turnover", *MONEY_METRICS)
"""Every metric, in the order of the table."""

_COUNTS = {"max_drawdown_bars", "total_trades", "winning_trades", "losing_trades"}
_COUNT_PLACES = tuple(place for place, name in enumerate(METRICS) if name in _COUNTS)
_PART = 2_048
_TRADED = np.dtype([(name, "f8") for name in (*MONEY_METRICS, "return", "mfe", "bars_held")], align=True)


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
    from mintmark.measures import put_table

    curve, rows = _plain(np.asarray(equity, np.float64)), trades if isinstance(trades, np.ndarray) else _rows(trades)
    values, reasons = np.empty(len(METRICS)), np.empty(len(METRICS), np.uint8)
    put_table(
        curve, float(capital), float(bars_per_year), float(risk_free), _plain(rows),
        int(held_bars), float(traded_notional), np.empty(min(len(curve), _PART)), values, reasons,
    )  # fmt: skip
    return named(values, reasons), why(METRICS, reasons)


def equity_performance(
    equity: FloatArray, capital: float, bars_per_year: float, risk_free: float = 0.0
) -> tuple[dict[str, Metric], dict[str, str]]:
    """Return the metrics that need no trades, and the reason for each that is None; see ``performance``."""
    from mintmark.measures import put_curve

    curve = _plain(np.asarray(equity, np.float64))
    values, reasons = np.empty(len(CURVE_METRICS)), np.empty(len(CURVE_METRICS), np.uint8)
    put_curve(
        curve, float(capital), float(bars_per_year), float(risk_free), np.empty(min(len(curve), _PART)), values, reasons
    )  # fmt: skip
    return named(values, reasons), why(CURVE_METRICS, reasons)


def named(values: FloatArray, reasons: NDArray[np.uint8]) -> dict[str, Metric]:
    """Return the first ``values`` of the table by name, None where there is a reason against one."""
    return named_rows(values[None], reasons[None])[0]


def named_rows(values: FloatArray, reasons: NDArray[np.uint8]) -> list[dict[str, Metric]]:
    """Return each row of ``values`` (n, n_metrics) as ``named`` does one."""
    rows: list[list[Metric]] = values.tolist()
    for place in _COUNT_PLACES:
        if place < values.shape[1]:
            for row, count in zip(rows, values[:, place].astype(np.int64).tolist(), strict=True):
                row[place] = count
    for number, place in np.argwhere(reasons).tolist():
        rows[number][place] = None
    return [dict(zip(METRICS, row, strict=False)) for row in rows]


def why(names: Sequence[str], reasons: NDArray[np.uint8]) -> dict[str, str]:
    """Return the reason of each metric that has one."""
    return {names[place]: REASONS[reasons[place]] for place in np.flatnonzero(reasons).tolist()}


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.flags.carray else np.require(values, requirements=["C", "W"])


def _rows(columns: Mapping[str, Any]) -> NDArray[Any]:
    rows = np.zeros(len(columns["net_profit"]), _TRADED)
    for name in _TRADED.names or ():
        rows[name] = columns[name]
    return rows
