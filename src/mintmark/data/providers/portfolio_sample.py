"""Real shares and the quarterly United States, from files that come with ``skfolio`` and ``statsmodels``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import polars as pl

from mintmark.data.macro import MacroDeclared
from mintmark.data.providers.sample import RIGHTS, table

SHARES_SOURCE = "sample:skfolio"
MACRO_SOURCE = "sample:statsmodels"
SHARES = ("AAPL", "BAC", "GE", "JNJ", "JPM", "KO", "MSFT", "XOM")
DAYS = (date(2009, 6, 30), date(2018, 11, 30))
POLICY = "EOD"

_PERCENT = Decimal("0.01")
_COLUMNS: tuple[tuple[str, str, str, int, Decimal], ...] = (
    ("unemployment", "unemp", "fraction of the labour force", 10, _PERCENT),
    ("real_gdp", "realgdp", "billions of 2005 USD a year", 30, Decimal(1)),
    ("money_m1", "m1", "billions of USD", 30, Decimal(1)),
    ("bill_yield_quarterly", "tbilrate", "fraction per year", 30, _PERCENT),
)


def sample_closes(symbol: str) -> pl.DataFrame:
    """Return daily bars of one share, adjusted: line, stamp, timestamp, prices.

    The file holds closes alone; open, high and low repeat them.
    """
    frame = table("skfolio", "datasets/data/sp500_dataset.csv.gz")
    days = frame["Date"].str.to_datetime("%Y-%m-%d", time_unit="us").dt.replace_time_zone("UTC")
    prices = [pl.col(symbol).alias(name) for name in ("open", "high", "low", "close")]
    bars = frame.select(pl.col("Date").alias("stamp"), days.alias("timestamp"), *prices)
    return bars.with_row_index("line", offset=2)


def sample_quarters() -> Iterator[tuple[MacroDeclared, list[tuple[date, str]]]]:
    """Give each quarterly series with its rows: first day of the quarter, value as printed."""
    frame = table("statsmodels", "datasets/macrodata/macrodata.csv")
    starts = [
        date(int(float(year)), 3 * int(float(quarter)) - 2, 1)
        for year, quarter in zip(frame["year"], frame["quarter"], strict=True)
    ]
    for name, column, unit, release_days, scale in _COLUMNS:
        origin = f"statsmodels.datasets.macrodata {column} (FRED)"
        declared = MacroDeclared(name, unit, "quarterly", release_days, MACRO_SOURCE, RIGHTS, origin, scale)
        yield declared, list(zip(starts, frame[column], strict=True))
