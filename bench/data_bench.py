"""Market data: how fast a million bars come in, are sealed again and open."""

from __future__ import annotations

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl

from figures import Figure, below, median_seconds
from mintmark.data import DataRoom
from mintmark.domain import SystemClock
from mintmark.store import Blobs, migrate, open_database

ROWS = 1_000_000


def measure() -> list[Figure]:
    """Return the medians for a series of a million minute bars."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = open_database(f"sqlite:///{folder / 'mintmark.db'}")
        migrate(database)
        room = DataRoom(database, Blobs(folder / "blobs", database), SystemClock())
        figures = _measured(room, folder)
        database.close()
        return figures


def _measured(room: DataRoom, folder: Path) -> list[Figure]:
    # Each import gets bars of its own, so that every partition is new.
    paths = [walk_file(folder, seed) for seed in range(6)]

    def bring_in() -> None:
        room.import_file(paths.pop(), symbol="WALK", timeframe="1m", asset_class="crypto", source="bench")

    imported = median_seconds(bring_in)
    pack = room.seal(date(2024, 12, 31), "BENCH")["pack_id"]
    sealed = median_seconds(lambda: room.seal(date(2024, 12, 31), "BENCH"))
    opened = median_seconds(lambda: room.open(pack).bars("WALK"))
    return [
        below("import 1,000,000 rows of CSV with quality report", imported, "s", 5.0),
        below("seal the same content again, 1,000,000 bars", sealed, "s", 1.0),
        below("open a pack of 1,000,000 bars and read them", opened, "s", 0.5),
    ]


def walk_file(folder: Path, seed: int) -> Path:
    """Write a random walk of minute bars as CSV; only its size matters here."""
    generator = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(generator.normal(0.0, 1e-4, ROWS)))
    opened = np.concatenate([[100.0], close[:-1]])
    reach = close * np.abs(generator.normal(0.0, 1e-4, ROWS))
    stamps = pl.Series("timestamp", np.arange(ROWS) * 60_000_000).cast(pl.Duration("us"))
    columns = {
        "open": opened,
        "high": np.maximum(opened, close) + reach,
        "low": np.minimum(opened, close) - reach,
        "close": close,
        "volume": generator.integers(1, 1_000, ROWS).astype(float),
    }
    path = folder / f"walk_{seed}.csv"
    bars = pl.DataFrame({"timestamp": stamps + datetime(2022, 1, 1, tzinfo=UTC), **columns})
    bars.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    return path
