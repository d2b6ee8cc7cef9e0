"""A series cut into calendar years, each named by its content."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mintmark.data.clocks import UTC_STAMPS
from mintmark.domain import Damaged, iso

_SCHEMA_WORDS = {pl.Datetime("us", "UTC"): "datetime[us,UTC]", pl.Float64(): "float64"}


@dataclass(frozen=True)
class Partition:
    """One calendar year of a series; ``name`` is the sha256 of its content, not of its file."""

    year: int
    name: str
    rows: int
    first: str
    last: str

    def as_json(self) -> dict[str, Any]:
        return {"year": self.year, "sha256": self.name, "rows": self.rows, "first": self.first, "last": self.last}


def partition_from(given: dict[str, Any]) -> Partition:
    """Return the partition ``as_json`` wrote."""
    return Partition(given["year"], given["sha256"], given["rows"], given["first"], given["last"])


def content_hash(frame: pl.DataFrame) -> str:
    """Return the sha256 of what ``frame`` holds: schema text, then each column's little-endian bytes.

    Shape: times as int64 microseconds, numbers as float64; the file format plays no part.
    """
    schema = ",".join(f"{name}:{_SCHEMA_WORDS[kind]}" for name, kind in frame.schema.items())
    digest = hashlib.sha256(schema.encode())
    for column in frame.get_columns():
        values = column.to_physical().to_numpy()
        digest.update(np.ascontiguousarray(values, dtype="<i8" if values.dtype.kind == "i" else "<f8").data)
    return digest.hexdigest()


def cut(frame: pl.DataFrame) -> Iterator[tuple[Partition, pl.DataFrame]]:
    """Give each calendar year of ``frame`` (sorted by ``timestamp``) and its rows, oldest first."""
    years = frame["timestamp"].dt.year().to_numpy()
    starts = np.flatnonzero(np.diff(years, prepend=years[:1] - 1))
    for start, stop in zip(starts, [*starts[1:], len(years)], strict=True):
        rows = frame.slice(int(start), int(stop - start))
        yield describe(rows), rows


def describe(rows: pl.DataFrame) -> Partition:
    """Return what names the rows of one year."""
    first, last = rows["timestamp"][0], rows["timestamp"][-1]
    return Partition(first.year, content_hash(rows), len(rows), iso(first), iso(last))


def to_bytes(frame: pl.DataFrame) -> bytes:
    """Return ``frame`` as a parquet file (zstd)."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def from_bytes(content: bytes, name: str) -> pl.DataFrame:
    """Return the frame in ``content``.

    Raises:
        Damaged: ``pack_damaged`` when the bytes are no parquet file, or not what ``name`` names.
    """
    try:
        frame = pl.read_parquet(content)
        # Row groups arrive as chunks; one chunk makes every later column a view.
        frame = frame.rechunk()
        found = content_hash(frame)
    except (pl.exceptions.PolarsError, KeyError) as error:
        raise damaged(name, "cannot be read") from error
    if found != name:
        raise damaged(name, f"holds {found}")
    return frame


def damaged(name: str, found: str) -> Damaged:
    """Return the fault of a partition that is not what its name says."""
    return Damaged(f"partition {name} {found}: remove it and import its series again", code="pack_damaged", blob=name)


def series_hash(partitions: Sequence[Partition]) -> str:
    """Return the sha256 of a whole series: of its partitions' names, oldest first."""
    return hashlib.sha256("\n".join(partition.name for partition in partitions).encode()).hexdigest()


def joined(frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return the years of one series as one frame."""
    return frames[0] if len(frames) == 1 else pl.concat(list(frames), rechunk=True)


def bar_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns a series keeps, in their order and types."""
    kept = [name for name in ("open", "high", "low", "close", "volume", "spread") if name in frame.columns]
    return frame.select(pl.col("timestamp").cast(UTC_STAMPS), *(pl.col(name).cast(pl.Float64) for name in kept))
