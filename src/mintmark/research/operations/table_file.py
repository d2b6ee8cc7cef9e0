"""The Parquet tables a simulation leaves, written whole and read as far as they are shown."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl


def table_of(columns: Mapping[str, Any]) -> bytes:
    """Return ``columns`` as a Parquet table."""
    import polars as pl

    return parquet_of(pl.DataFrame(dict(columns), strict=False))


def parquet_of(frame: pl.DataFrame) -> bytes:
    """Return ``frame`` as a Parquet table."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


class TableColumns(Mapping[str, list[Any]]):
    """The columns of a Parquet table, each read when it is asked for: a page shows little of a million rows."""

    def __init__(self, table: bytes) -> None:
        import polars as pl

        self._table, self._names = table, list(pl.read_parquet_schema(io.BytesIO(table)))

    def __getitem__(self, name: str) -> list[Any]:
        import polars as pl

        if name not in self._names:
            raise KeyError(name)
        found: list[Any] = pl.read_parquet(io.BytesIO(self._table), columns=[name])[name].to_list()
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def height(self) -> int:
        """How many rows there are."""
        import polars as pl

        return int(pl.scan_parquet(io.BytesIO(self._table)).select(pl.len()).collect().item())

    def part(self, offset: int, limit: int, sort: str | None = None, descending: bool = False) -> pl.DataFrame:
        """Return ``limit`` rows from ``offset`` on, in the order of ``sort``; what has no value comes last."""
        import polars as pl

        lazy = pl.scan_parquet(io.BytesIO(self._table))
        if sort is None:
            return lazy.slice(offset, limit).collect()
        column = pl.read_parquet(io.BytesIO(self._table), columns=[sort]).with_row_index("at")
        ordered = column.sort(sort, descending=descending, nulls_last=True, maintain_order=True)
        chosen = ordered.slice(offset, limit).select("at")
        found = lazy.with_row_index("at").filter(pl.col("at").is_in(chosen["at"].implode())).collect()
        return chosen.join(found, on="at", how="left", maintain_order="left").drop("at")
