"""backtesting.py: ``Backtest.run()`` of a strategy that turns at each crossing; its statistics are part of the run."""

from __future__ import annotations

from typing import Any

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy
from measured import CAPITAL, FAST, FEE, SIZE, SLOW, TENTH, WARM_BARS, Columns, first, least_seconds, main, pairs, say

NAME = f"backtesting.py {backtesting.__version__}"
EQUAL = 1e-12


def average(values: Any, length: int) -> Any:
    return pd.Series(values).rolling(length).mean()


class Cross(Strategy):  # type: ignore[misc]
    """Long while the fast average is above the slow one, else short."""

    fast, slow = FAST, SLOW

    def init(self) -> None:
        self.quick = self.I(average, self.data.Close, self.fast)
        self.slower = self.I(average, self.data.Close, self.slow)

    def next(self) -> None:
        apart = self.quick[-1] - self.slower[-1]
        if apart > EQUAL and not self.position.is_long:
            self.buy(size=SIZE)
        elif apart < -EQUAL and not self.position.is_short:
            self.sell(size=SIZE)


def backtest_of(columns: Columns) -> Backtest:
    names = {"Open": "open", "High": "high", "Low": "low", "Close": "close"}
    frame = pd.DataFrame(
        {title: columns[name] for title, name in names.items()}, index=pd.to_datetime(columns["stamps"])
    )
    return Backtest(frame, Cross, cash=CAPITAL, commission=FEE, exclusive_orders=True, finalize_trades=True)


def _found(stats: Any) -> dict[str, Any]:
    return {"trades": int(stats["# Trades"]), "net_profit": float(stats["Equity Final [$]"] - CAPITAL)}


def run(columns: Columns) -> None:
    backtest_of(first(columns, WARM_BARS)).run()
    seconds, stats = least_seconds(backtest_of(columns).run)
    say(NAME, seconds, **_found(stats))


def sweep(columns: Columns) -> None:
    """Measure every tenth pair: all of them would take minutes."""
    backtest = backtest_of(columns)
    backtest.run()
    seconds, rows = least_seconds(lambda: [_found(backtest.run(fast=f, slow=s)) for f, s in pairs()[::TENTH]])
    say(NAME, seconds, part=1 / TENTH, **{name: float(np.sum([row[name] for row in rows])) for name in rows[0]})


if __name__ == "__main__":
    main({"run": run, "sweep": sweep})
