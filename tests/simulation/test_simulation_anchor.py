"""The anchor on real bars: figures agreed on beforehand, and another engine on the same signals."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from simulation_anchor import UNITS, anchor_bars, crossing_targets, google_bars, run_anchor
from simulation_cases import reason_of

from mintmark.domain import Bars
from mintmark.measures import (
    bar_returns,
    deflated_sharpe,
    excess_kurtosis,
    overfitting_probability,
    sharpe_per_bar,
    skewness,
)
from mintmark.simulation import BacktestResult


@pytest.fixture(scope="module")
def bars(shared_data) -> Bars:
    return anchor_bars(shared_data)


def reasons(result: BacktestResult) -> dict[str, int]:
    names = [reason_of(code) for code in result.trades["exit_reason"]]
    return {name: names.count(name) for name in set(names)}


def test_the_anchor_by_signal_alone(bars):
    result = run_anchor(bars)

    metrics = result.metrics
    assert reasons(result) == {"signal": 278, "end_of_data": 1}
    assert metrics["price_profit"] == pytest.approx(40.60, abs=1e-9)
    assert metrics["fees"] == pytest.approx(-1_244.76542, abs=1e-8)
    assert metrics["net_profit"] == pytest.approx(-1_204.16542, abs=1e-8)
    assert metrics["winning_trades"] == 87
    assert metrics["max_drawdown"] == pytest.approx(0.001689304, abs=5e-10)


def test_the_anchor_with_a_stop_and_a_target(bars):
    result = run_anchor(bars, stop_loss=0.003, take_profit=0.006)

    assert reasons(result) == {"signal": 148, "stop": 77, "target": 53, "end_of_data": 1}
    assert result.metrics["net_profit"] == pytest.approx(-622.756201, abs=5e-7)
    assert result.metrics["max_drawdown"] == pytest.approx(0.001168636, abs=5e-10)


def test_the_anchor_with_a_trailing_stop(bars):
    result = run_anchor(bars, stop_loss=0.003, take_profit=0.006, trailing_stop=0.002, trailing_activation=0.002)

    found = reasons(result)
    assert (found["signal"], found["target"], found["end_of_data"]) == (92, 24, 1)
    assert found["stop"] + found["trailing"] == 162
    assert result.flags == {"gap": 12, "ambiguous": 1}
    assert result.metrics["net_profit"] == pytest.approx(-495.752038, abs=5e-7)
    assert result.metrics["max_drawdown"] == pytest.approx(0.000933344, abs=5e-10)


def backtesting_trades(bars: Bars, targets: np.ndarray[Any, Any], units: float) -> Any:
    """Return the trades another engine makes of the same signals."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pandas as pd
        from backtesting import Backtest, Strategy

        class Signals(Strategy):  # type: ignore[misc]
            def init(self) -> None: ...

            def next(self) -> None:
                target = targets[len(self.data) - 1]
                if target > 0 and not self.position.is_long:
                    self.position.close()
                    self.buy(size=int(units))
                elif target < 0 and not self.position.is_short:
                    self.position.close()
                    self.sell(size=int(units))

        prices = {"Open": bars.open, "High": bars.high, "Low": bars.low, "Close": bars.close}
        frame = pd.DataFrame(prices, index=pd.to_datetime(bars.stamps))
        return Backtest(frame, Signals, cash=1_000_000, commission=0.0002, finalize_trades=True).run()._trades


def check_another_engine(bars: Bars, units: float, trades: int) -> None:
    """Check that another engine makes the same trades; its last one ends at the last open, ours at the last close."""
    theirs = backtesting_trades(bars, crossing_targets(bars, 10, 20), units)

    ours = run_anchor(bars, units=units).trades
    same = trades - 1
    assert len(theirs) == len(ours) == trades
    assert theirs["EntryBar"][:same].tolist() == ours["entry_bar"][:same].tolist()
    assert theirs["ExitBar"][:same].tolist() == ours["exit_bar"][:same].tolist()
    assert ours["entry_price"][:same] == pytest.approx(theirs["EntryPrice"][:same].to_numpy(), rel=1e-9)
    assert ours["exit_price"][:same] == pytest.approx(theirs["ExitPrice"][:same].to_numpy(), rel=1e-9)
    assert ours["net_profit"][:same] == pytest.approx(theirs["PnL"][:same].to_numpy(), rel=1e-9, abs=1e-9)


def test_another_engine_makes_the_same_trades_of_the_same_signals_on_hours(bars):
    check_another_engine(bars, UNITS, trades=279)


def test_another_engine_makes_the_same_trades_of_the_same_signals_on_days():
    check_another_engine(google_bars(), 1_000.0, trades=95)


@pytest.mark.long
def test_a_thousand_combinations_of_the_anchor_are_what_luck_would_show(bars):
    runs = {(fast, slow): run_anchor(bars, fast, slow) for fast in range(5, 30) for slow in range(40, 80)}

    profits = {pair: float(run.metrics["net_profit"] or 0.0) for pair, run in runs.items()}
    best, worst = max(profits, key=profits.__getitem__), min(profits, key=profits.__getitem__)
    assert (best, len(runs[best].trades), worst) == ((5, 40), 169, (21, 44))
    assert profits[best] == pytest.approx(-68.266740, abs=5e-7)
    assert profits[worst] == pytest.approx(-2_148.692830, abs=5e-7)
    returns = np.column_stack([bar_returns(run.equity, 1e6) for run in runs.values()])
    found = overfitting_probability(returns)
    assert found is not None
    assert (found.splits, found.pbo) == (12_870, pytest.approx(0.3048, abs=1e-4))
    variance = float(np.var([sharpe_per_bar(column, 6_240) for column in returns.T], ddof=1))
    assert variance == pytest.approx(2.59184e-5, abs=5e-11)
    r = bar_returns(runs[best].equity, 1e6)
    moments = (skewness(r), excess_kurtosis(r) + 3.0)
    assert deflated_sharpe(sharpe_per_bar(r, 6_240), len(r), *moments, variance, 1_000) == pytest.approx(
        0.1060, abs=1e-4
    )
