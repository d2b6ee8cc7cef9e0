"""Mintmark, doing what the peers do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
from measured import CAPITAL, FAST, FEE, SIZE, SLOW, TENTH, WARM_BARS, Columns, first, least_seconds, main, pairs, say

from mintmark import __version__
from mintmark.domain import Bars, CostProfile, Instrument, Timeframe, default_instrument
from mintmark.measures import MONEY_METRICS, performance
from mintmark.simulation import Account, BacktestResult, SweepRow, run_targets, sma_cross, sweep_crosses

ACCOUNT = Account("USD", Decimal(int(CAPITAL)))
BARS_A_YEAR = 525_600
NAME = f"Mintmark {__version__}"


def bars_of(columns: Columns) -> Bars:
    prices = (columns[name] for name in ("open", "high", "low", "close"))
    return Bars("EURUSD", Timeframe.M1, columns["stamps"], *prices)


def instrument() -> Instrument:
    return replace(
        default_instrument("EURUSD", "fx", "USD"), tick=Decimal(0), spread_ticks=Decimal(0),
        contract_size=Decimal(1), size_min=Decimal(1), size_step=Decimal(1), size_max=Decimal(10**6),
        costs=CostProfile(fee_bps=Decimal(str(FEE)) * 10_000),
    )  # fmt: skip


def backtest(columns: Columns) -> BacktestResult:
    """Return the run of the rule with its metrics made."""
    bars = bars_of(columns)
    targets = sma_cross(bars.close, FAST, SLOW)
    targets *= SIZE
    result = run_targets([bars], targets, [instrument()], ACCOUNT, bars_per_year=BARS_A_YEAR, sizing="size")
    assert result.metrics["total_trades"]
    return result


def run(columns: Columns) -> None:
    backtest(first(columns, WARM_BARS))
    seconds, result = least_seconds(lambda: backtest(columns))
    say(NAME, seconds, trades=len(result.trades), net_profit=result.metrics["net_profit"], metrics=len(result.metrics))


def swept(columns: Columns, every: int = 1) -> list[SweepRow]:
    grid: list[dict[str, Any]] = [{"fast": fast, "slow": slow} for fast, slow in pairs()[::every]]
    return sweep_crosses(bars_of(columns), grid, instrument(), ACCOUNT, bars_per_year=BARS_A_YEAR, size=SIZE, threads=1)


def sweep(columns: Columns) -> None:
    swept(columns, 100)
    seconds, rows = least_seconds(lambda: swept(columns))
    say(NAME, seconds, **_sums(rows), tenth=_sums(rows[::TENTH]), metrics=len(rows[0].metrics))


def _sums(rows: list[SweepRow]) -> dict[str, Any]:
    return {
        "trades": sum(row.metrics["total_trades"] or 0 for row in rows),
        "net_profit": sum(row.metrics["net_profit"] or 0.0 for row in rows),
    }


def returns(columns: Columns) -> None:
    equity = np.cumprod(1.0 + columns["returns"])
    none = {name: np.zeros(0) for name in (*MONEY_METRICS, "return", "mfe", "bars_held")}

    def table() -> dict[str, Any]:
        return performance(equity, 1.0, none, 252, held_bars=0, traded_notional=0.0)[0]

    table()
    seconds, found = least_seconds(table)
    agreed = {name: found[name] for name in ("sharpe_ratio", "max_drawdown", "total_return")}
    say(NAME, seconds, metrics=len(found), **agreed)


if __name__ == "__main__":
    main({"run": run, "sweep": sweep, "returns": returns})
