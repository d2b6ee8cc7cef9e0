"""Bars of an exchange become a series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import polars as pl

from mintmark.data.clocks import UTC_STAMPS
from mintmark.data.operations.intake import Declared, Intake, declare
from mintmark.data.operations.shelf import Shelf
from mintmark.data.partitions import joined
from mintmark.data.providers.exchange import Asked, fetch_rows
from mintmark.data.tables import add_page, stored_pages, stored_series
from mintmark.domain import Clock, Refused, Timeframe, day_end, day_start, iso, moment_of, stamp_of
from mintmark.store import Database

_COLUMNS = ("stamp", "open", "high", "low", "close", "volume")

Progress = Callable[[float, str], None]


class Fetching:
    """Fetches bars page by page. What came is kept; a series is stored only when all of it came."""

    def __init__(
        self, database: Database, shelf: Shelf, intake: Intake, clock: Clock, open_exchange: Callable[[str], Any]
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._intake = intake
        self._clock = clock
        self._open_exchange = open_exchange

    def fetch(
        self,
        exchange: str,
        symbol: str,
        timeframe: Timeframe | str,
        since: date,
        until: date | None,
        progress: Progress | None,
    ) -> dict[str, Any]:
        """Fetch public bars from ``since`` to the end of ``until`` (or to now) and store them with what was held.

        Safe to run again: pages that came are not asked for twice. Leaves on a failure: the pages, no series.
        """
        declared = declare(symbol, timeframe, "crypto", exchange)
        now = self._clock.now()
        end = now if until is None else min(day_end(until), now)
        if day_start(since) >= end:
            raise Refused(f"expected a day before {iso(end)}, found {since}", path="since")
        asked = Asked(symbol, declared.timeframe, _milliseconds(day_start(since)), _milliseconds(end))
        rows = self._rows(exchange, asked, progress)
        if not rows:
            message = f"{exchange} gave no {symbol} {declared.timeframe.value} bars from {since} to {iso(end)}"
            raise Refused(message, code="no_bars", symbol=symbol)
        report = self._intake.take_frame(
            self._with_held(_frame(rows), declared).with_row_index("line", 1), declared, volume_kind="base"
        )
        return {
            **report,
            "fetched": len(rows),
            "asked_from": since.isoformat(),
            "came_from": iso(moment_of(int(rows[0][0]) * 1_000_000)),
        }

    def _rows(self, exchange: str, asked: Asked, progress: Progress | None) -> list[Sequence[float]]:
        key = {"exchange": exchange, "symbol": asked.symbol, "timeframe": asked.timeframe.value}
        with self._database.read() as connection:
            known = stored_pages(connection, **key)

        def keep(since_ms: int, page: Sequence[Sequence[float]]) -> None:
            with self._database.write() as connection:
                add_page(connection, {**key, "since_ms": since_ms}, page, self._clock.now())

        found = fetch_rows(self._open_exchange(exchange), asked, known, keep, progress)
        return [row for row in found if row[0] + asked.step_ms <= asked.until_ms]

    def _with_held(self, fetched: pl.DataFrame, declared: Declared) -> pl.DataFrame:
        with self._database.read() as connection:
            held = stored_series(connection, declared.symbol, declared.timeframe.value)
        if not held or held[0].source != declared.source:
            return fetched
        before = joined([self._shelf.read(part.name) for part in held[0].partitions])
        both = pl.concat([before, fetched], how="diagonal").unique("timestamp", keep="last", maintain_order=True)
        return both.sort("timestamp")


def _frame(rows: Sequence[Sequence[float]]) -> pl.DataFrame:
    columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
    stamps = pl.Series("timestamp", columns.pop("stamp"), dtype=pl.Int64) * 1_000
    numbers = [pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items()]
    return pl.DataFrame([stamps.cast(pl.Datetime("us")).dt.replace_time_zone("UTC").cast(UTC_STAMPS), *numbers])


def _milliseconds(moment: datetime) -> int:
    return stamp_of(moment) // 1_000_000
