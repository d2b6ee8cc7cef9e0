"""The anchor: EURUSD 1 h, the first 5,000 bars of 2016, 10,000 units, 2 bp a side, by the sign of two averages."""

from __future__ import annotations

import warnings
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.domain import Bars, CostProfile, Instrument, Timeframe, default_instrument
from mintmark.simulation import Account, BacktestResult, Protection, run_targets

UNITS = 10_000.0
ACCOUNT = Account("USD", Decimal(1_000_000))


def anchor_bars(shared_data: Path) -> Bars:
    table = pl.read_parquet(shared_data / "bars" / "EURUSD_1h.parquet")
    table = table.filter(pl.col("timestamp") >= pl.datetime(2016, 1, 1, time_zone="UTC")).head(5_000)
    stamps = table["timestamp"].cast(pl.Datetime("ns", "UTC")).cast(pl.Int64).to_numpy()
    prices = [table[name].to_numpy() for name in ("open", "high", "low", "close")]
    return Bars("EURUSD", Timeframe.H1, stamps, *prices)


def google_bars() -> Bars:
    """Return the daily bars of Google from 2004 to 2013 that come with backtesting.py."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from backtesting.test import GOOG
    stamps = GOOG.index.to_numpy().astype("datetime64[ns]").astype(np.int64)
    prices = [GOOG[name].to_numpy(np.float64) for name in ("Open", "High", "Low", "Close")]
    return Bars("GOOG", Timeframe.D1, stamps, *prices)


def anchor_instrument(symbol: str = "EURUSD", **costs: Any) -> Instrument:
    base = default_instrument(symbol, "fx", "USD")
    return replace(
        base, tick=Decimal(0), spread_ticks=Decimal(0), contract_size=Decimal(1), size_min=Decimal(1),
        size_step=Decimal(1), size_max=Decimal(10**6), costs=CostProfile(**{"fee_bps": Decimal(2), **costs}),
    )  # fmt: skip


def moving_average(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    average = np.full(len(values), np.nan)
    sums = np.cumsum(np.insert(values, 0, 0.0))
    average[length - 1 :] = (sums[length:] - sums[:-length]) / length
    return average


def crossing_targets(bars: Bars, fast: int, slow: int) -> NDArray[np.float64]:
    """Return +1 or -1 by the sign of fast less slow from bar ``slow`` on; no change where they are equal."""
    apart = moving_average(bars.close, fast) - moving_average(bars.close, slow)
    targets = np.where(np.abs(apart) > 1e-12, np.sign(apart), np.nan)
    targets[:slow] = np.nan
    return targets


def run_anchor(bars: Bars, fast: int = 10, slow: int = 20, units: float = UNITS, **protection: Any) -> BacktestResult:
    return run_targets(
        [bars],
        crossing_targets(bars, fast, slow) * units,
        [anchor_instrument(bars.symbol)],
        ACCOUNT,
        bars_per_year=6_240,
        sizing="size",
        protection=Protection(**protection),
    )
