"""A home full of portfolios: closes that stand for nothing, real macro series, entries of five years."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mintmark.app import App, local_owner
from mintmark.ledger import Draft
from mintmark.portfolio import NewPortfolio

FIRST: Final = date(2004, 6, 1)
DAY: Final = date(2009, 6, 29)
PACK: Final = "PP_2009-06-29_EOD_v1"
HOLDINGS: Final = 50
_SEED: Final = 7
_SOURCE: Final = "file:bench"
_LOTS: Final = 3


def codes(count: int) -> list[str]:
    """Return the codes of the portfolios, in order."""
    return [f"FOLIO-{number:02d}" for number in range(count)]


def fill(app: App, folder: Path, portfolios: int) -> None:
    """Load the bundled macro series, made-up closes of 50 shares and the euro, and the entries of ``portfolios``.

    Every portfolio is kept in euro, holds every share, bought in three lots over five years, and differs in units.
    """
    app.data.portfolio_sample()
    closes = {symbol: closes_of(number) for number, symbol in enumerate(symbols())}
    for symbol, walk in {**closes, "EURUSD": 1.25 + 0.001 * np.sin(np.arange(len(days())) / 40)}.items():
        _import(app, folder, symbol, walk, "fx" if symbol == "EURUSD" else "equity")
    for number, code in enumerate(codes(portfolios)):
        app.portfolio.create(local_owner(), NewPortfolio(code, "EUR", benchmark="SP500", tax_rule="us"))
        app.ledger.post(list(entries_of(code, number, closes)))


def symbols() -> list[str]:
    """Return the 50 shares."""
    return [f"BENCH{number:02d}" for number in range(HOLDINGS)]


def days() -> list[date]:
    """Return the weekdays of the five years and the month before them."""
    return [day for n in range((DAY - FIRST).days + 1) if (day := FIRST + timedelta(n)).weekday() < 5]


def closes_of(number: int) -> NDArray[np.float64]:
    """Return one random walk, in cents."""
    steps = np.random.default_rng((_SEED, number)).normal(0.0002, 0.012, len(days()))
    return np.round(20.0 * (1 + number % 7) * np.exp(np.cumsum(steps)), 2)


def _import(app: App, folder: Path, symbol: str, closes: NDArray[np.float64], asset_class: str) -> None:
    stamps = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days()]
    frame = pl.DataFrame(
        {"timestamp": stamps, "open": closes, "high": closes, "low": closes, "close": closes, "volume": 1000.0}
    )
    path = folder / f"{symbol}.csv"
    frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    app.data.import_file(
        path, symbol=symbol, timeframe="1d", asset_class=asset_class, source=_SOURCE, timezone="UTC",
        rights="exportable",
    )  # fmt: skip


def entries_of(code: str, number: int, closes: dict[str, NDArray[np.float64]]) -> Iterator[Draft]:
    """Give the entries of a portfolio: money, and three purchases of every share."""
    yield Draft(code, "deposit", date(2004, 6, 2), {"amount": "9000000", "currency": "USD", "fx": "0.8"})
    known = days()
    for lot in range(_LOTS):
        row = 5 + lot * 400
        for place, (symbol, walk) in enumerate(closes.items()):
            units = Decimal(100 + (number * 7 + place * 3 + lot) % 50)
            yield Draft(
                code, "trade", known[row],
                {"symbol": symbol, "units": str(units), "price": f"{walk[row]:.2f}", "currency": "USD", "fx": "0.8",
                 "fee": "1"},
            )  # fmt: skip
