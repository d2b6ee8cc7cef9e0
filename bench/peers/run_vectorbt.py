"""vectorbt by its fast road: averages by ``MA.run``, orders to a target amount at the next open, numba engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import vectorbt as vbt
from measured import CAPITAL, FAST, FEE, SIZE, SLOW, WARM_BARS, Columns, first, least_seconds, main, pairs, say

NAME = f"vectorbt {vbt.__version__}"
EQUAL = 1e-12


def frame_of(columns: Columns) -> pd.DataFrame:
    prices = {name: columns[name] for name in ("open", "close")}
    return pd.DataFrame(prices, index=pd.to_datetime(columns["stamps"]))


def portfolio(frame: pd.DataFrame, chosen: list[tuple[int, int]]) -> Any:
    """Return the portfolio of every chosen pair of averages, simulated; one column each."""
    close = frame["close"]
    lengths = sorted({length for pair in chosen for length in pair})
    averages = vbt.MA.run(close, window=lengths).ma.to_numpy().reshape(len(close), -1)
    fast, slow = (np.searchsorted(lengths, side) for side in zip(*chosen, strict=True))
    apart = averages[:, fast] - averages[:, slow]
    sizes = np.where(np.abs(apart) > EQUAL, np.sign(apart) * SIZE, np.nan)
    sizes = np.concatenate((np.full((1, len(chosen)), np.nan), sizes[:-1]))
    return vbt.Portfolio.from_orders(
        close, size=sizes.squeeze(), size_type="targetamount", price=frame["open"], fees=FEE, init_cash=CAPITAL,
        freq="1min", engine="numba",
    )  # fmt: skip


def _found(simulated: Any) -> dict[str, Any]:
    trades = simulated.trades.records
    return {"trades": len(trades), "net_profit": float(trades["pnl"].sum())}


def run(columns: Columns) -> None:
    """Measure the simulation alone."""
    portfolio(frame_of(first(columns, WARM_BARS)), [(FAST, SLOW)])
    frame = frame_of(columns)
    seconds, simulated = least_seconds(lambda: portfolio(frame, [(FAST, SLOW)]))
    say(NAME, seconds, **_found(simulated))


def run_stats(columns: Columns) -> None:
    """Measure the simulation and its statistics."""

    def work(frame: pd.DataFrame) -> tuple[Any, Any]:
        simulated = portfolio(frame, [(FAST, SLOW)])
        return simulated, simulated.stats()

    work(frame_of(first(columns, WARM_BARS)))
    frame = frame_of(columns)
    seconds, (simulated, stats) = least_seconds(lambda: work(frame))
    say(f"{NAME} with statistics", seconds, **_found(simulated), metrics=len(stats))


def sweep(columns: Columns) -> None:
    """Measure all pairs in one simulation, with the statistics of each."""

    def work(chosen: list[tuple[int, int]]) -> tuple[Any, Any]:
        simulated = portfolio(frame, chosen)
        return simulated, simulated.stats(agg_func=None)

    frame = frame_of(columns)
    work(pairs()[::100])
    seconds, (simulated, stats) = least_seconds(lambda: work(pairs()))
    say(f"{NAME} with statistics", seconds, **_found(simulated), metrics=stats.shape[1])


if __name__ == "__main__":
    main({"run": run, "run_stats": run_stats, "sweep": sweep})
