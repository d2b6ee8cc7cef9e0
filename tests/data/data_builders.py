"""Builders of bars, files and clocks for the tests of the data room."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy import select

from mintmark.data import DataRoom
from mintmark.data.clocks import UTC_STAMPS
from mintmark.runtime.tables import counters
from mintmark.store import Database

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MONDAY = datetime(2024, 1, 8, tzinfo=UTC)


class FixedClock:
    """A clock that stands until it is set."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def hours(count: int, start: datetime = MONDAY, step: timedelta = timedelta(hours=1)) -> list[datetime]:
    """Return ``count`` stamps."""
    return [start + n * step for n in range(count)]


def bars(stamps: Sequence[datetime | None], close: Sequence[float] | None = None, **columns: Any) -> pl.DataFrame:
    """Return plausible bars at ``stamps``: each opens at the close before it and reaches one further."""
    count = len(stamps)
    closes = np.array(close if close is not None else 100.0 + np.arange(count) % 7, dtype=float)
    opens = np.concatenate([closes[:1], closes[:-1]])
    given = {
        "open": opens,
        "high": np.maximum(opens, closes) + 1,
        "low": np.minimum(opens, closes) * 0.99,
        "close": closes,
        "volume": np.full(count, 10.0),
    }
    frame = pl.DataFrame({"timestamp": pl.Series(list(stamps), dtype=UTC_STAMPS), **given})
    return frame.with_columns(**{name: pl.Series(values, dtype=pl.Float64) for name, values in columns.items()})


def judged(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``frame`` as the rules get it: with the line each row stood on."""
    return frame.with_row_index("line", offset=2)


def a_file(folder: Path, frame: pl.DataFrame, name: str = "bars.csv") -> Path:
    """Write ``frame`` as CSV with offsets, or as parquet."""
    path = folder / name
    if name.endswith(".parquet"):
        frame.write_parquet(path)
    else:
        frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return path


def bring_in(room: DataRoom, path: Path, **options: Any) -> dict[str, Any]:
    """Import a file of hourly coins unless told otherwise."""
    defaults = {"symbol": "COIN", "timeframe": "1h", "asset_class": "crypto", "source": "file:test"}
    return room.import_file(path, **{**defaults, **options})


def requests_of(store: Database) -> dict[tuple[str, str], float]:
    """Return how many requests were counted, by provider and how they ended."""
    query = select(counters).where(counters.c.name == "mintmark_provider_requests_total")
    with store.read() as connection:
        rows = [(json.loads(row.labels), row.value) for row in connection.execute(query)]
    return {(labels["provider"], labels["status"]): value for labels, value in rows}
