"""The Parquet tables a simulation leaves."""

from __future__ import annotations

import io
from collections.abc import Mapping
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
